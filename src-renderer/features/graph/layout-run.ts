import ELK from 'elkjs/lib/elk-api.js';
import type { ElkNode } from 'elkjs/lib/elk-api.js';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import type { StoreApi } from 'zustand';
import { createStore } from 'zustand';
import { z } from 'zod';
import { strings } from '../../strings/index.ts';
import type { Drawing, SizedGraph } from './layout.ts';
import { placed } from './layout.ts';
import type { GraphIndex } from './graph-index.ts';

/** A thread that finds places. */
export interface LayoutThread {
  readonly layout: (request: ElkNode) => Promise<ElkNode>;
  /** No answer comes any more. */
  readonly end: () => void;
}

export interface LayoutState {
  readonly phase: 'idle' | 'running' | 'done' | 'cancelled' | 'failed';
  /** By this computer's clock, while it runs. */
  readonly sinceMs: number;
  /** The last one that was finished; it stays while another is made. */
  readonly drawing: Drawing | undefined;
  /** Of which wish the drawing, or what runs now, is. */
  readonly key: string;
  /** Why it failed. */
  readonly reason: string | undefined;
}

/** Makes drawings one after the other, in a thread of its own. */
export interface Layouts {
  readonly store: StoreApi<LayoutState>;
  /** Starts what `key` stands for; what runs is given up for it. The same key again does nothing. */
  readonly draw: (key: string, index: GraphIndex, sized: SizedGraph) => void;
  readonly cancel: () => void;
  /** Ends the thread; the drawing stays. */
  readonly close: () => void;
}

export interface LayoutPorts {
  readonly startThread: () => LayoutThread;
  readonly now: () => number;
}

export function createLayouts({ startThread, now }: LayoutPorts): Layouts {
  const store = createStore<LayoutState>(() => ({
    phase: 'idle',
    sinceMs: 0,
    drawing: undefined,
    key: '',
    reason: undefined,
  }));
  let thread: LayoutThread | undefined;
  const stop = (): void => {
    thread?.end();
    thread = undefined;
  };
  return {
    store,
    draw(key, index, sized) {
      const { phase, key: known } = store.getState();
      if (key === known && (phase === 'running' || phase === 'done')) return;
      // What runs cannot be told to stop, only be ended.
      if (phase === 'running') stop();
      const mine = (thread ??= startThread());
      store.setState({ phase: 'running', sinceMs: now(), key, reason: undefined });
      const isCurrent = (): boolean => thread === mine && store.getState().key === key;
      mine.layout(sized.request).then(
        (answer) => {
          if (isCurrent()) store.setState({ phase: 'done', drawing: placed(index, sized, answer) });
        },
        (error: unknown) => {
          if (!isCurrent()) return;
          stop();
          store.setState({ phase: 'failed', reason: reasonOf(error) });
        },
      );
    },
    cancel() {
      if (store.getState().phase !== 'running') return;
      stop();
      store.setState({ phase: 'cancelled' });
    },
    close: stop,
  };
}

/** The library throws objects of its own; a thread that could not be loaded tells nothing at all. */
function reasonOf(error: unknown): string {
  const message = WithMessage.safeParse(error).data?.message ?? '';
  return message === '' ? strings.graph.noThread : message;
}
const WithMessage = z.object({ message: z.string() });

/** The ports in a browser. The library brings its thread's code as a file of its own, which the page's policy allows. */
export const browserLayoutPorts: LayoutPorts = {
  now: () => Date.now(),
  startThread() {
    const worker = new Worker(workerUrl);
    const broken = new Promise<never>((_resolve, reject) => {
      worker.addEventListener('error', ({ message }) => reject(new Error(message)));
    });
    // Without a layout under way nobody waits for it.
    broken.catch(() => undefined);
    const elk = new ELK({ workerFactory: () => worker, algorithms: ['layered'] });
    return {
      layout: (request) => Promise.race([elk.layout(request), broken]),
      end: () => worker.terminate(),
    };
  },
};
