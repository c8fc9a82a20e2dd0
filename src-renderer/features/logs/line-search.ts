import type { LogLine } from '#contracts/ui-logs.ts';
import type { StoreApi } from 'zustand';
import { createStore } from 'zustand';
import { lineText, type TextQuery } from './line-query.ts';
import type { SearchAnswer, SearchRequest } from './search-messages.ts';

/** A search that takes longer is given up. */
const PATIENCE_MS = 4000;

/** A thread that searches. */
export interface SearchThread {
  send(request: SearchRequest): void;
  /** No answer comes any more. */
  end(): void;
}

export interface LineSearchState {
  /** Numbers of the lines that match; undefined without a query. */
  readonly hits: ReadonlySet<number> | undefined;
  readonly searching: boolean;
  /** Set when the query took too long and was given up. */
  readonly gaveUp: boolean;
}

/** Finds the lines that match a query, in a thread of its own, also among those that come later. */
export interface LineSearch {
  readonly store: StoreApi<LineSearchState>;
  /** All lines that there are. Those that the thread has already are not sent again. */
  linesChanged(lines: readonly LogLine[]): void;
  /** @param query one that `queryProblem` finds nothing wrong with; undefined for none. */
  setQuery(query: TextQuery | undefined): void;
  close(): void;
}

export interface LineSearchPorts {
  /** @param onAnswer gets one answer to each request, in their order. */
  readonly startThread: (onAnswer: (answer: SearchAnswer) => void) => SearchThread;
  /** Calls back after a time, unless cancelled. @returns cancels. */
  readonly after: (ms: number, run: () => void) => () => void;
}

const IDLE: LineSearchState = { hits: undefined, searching: false, gaveUp: false };

export function createLineSearch({ startThread, after }: LineSearchPorts): LineSearch {
  const store = createStore<LineSearchState>(() => IDLE);
  let thread: SearchThread | undefined;
  let query: TextQuery | undefined;
  let lines: readonly LogLine[] = [];
  /** The first and last line that the thread has. */
  let sent: { readonly first: number; readonly last: number } | undefined;
  let lastId = 0;
  let answeredId = 0;
  /** Answers to requests before this one are about another query. */
  let queryId = 0;
  let stopWaiting: (() => void) | undefined;

  const post = (request: SearchRequest): void => {
    thread?.send(request);
    store.setState({ searching: true });
    stopWaiting ??= after(PATIENCE_MS, giveUp);
  };

  const start = (): void => {
    thread = startThread(({ id, hits }) => {
      answeredId = id;
      stopWaiting?.();
      stopWaiting = answeredId === lastId ? undefined : after(PATIENCE_MS, giveUp);
      if (id < queryId) return;
      const known = store.getState().hits ?? [];
      store.setState({
        searching: answeredId !== lastId,
        hits: query && (id === queryId ? new Set(hits) : new Set([...known, ...hits])),
      });
    });
  };

  const stop = (): void => {
    thread?.end();
    thread = undefined;
    sent = undefined;
    stopWaiting?.();
    stopWaiting = undefined;
  };

  function giveUp(): void {
    stop();
    query = undefined;
    store.setState({ hits: undefined, searching: false, gaveUp: true }, true);
  }

  const send = (): void => {
    const first = lines[0]?.sequence;
    const last = lines.at(-1)?.sequence;
    if (!thread || first === undefined || last === undefined) return;
    // Numbers that went back are of a server that started anew: nothing that the thread has counts any more.
    if (sent && (last < sent.last || first > sent.last)) {
      post({ kind: 'clear', id: (lastId += 1) });
      post({ kind: 'query', id: (queryId = lastId += 1), query });
      sent = undefined;
    }
    const known = sent;
    const added = known ? lines.filter(({ sequence }) => sequence < known.first || sequence > known.last) : lines;
    sent = { first: Math.min(first, known?.first ?? first), last };
    if (added.length === 0) return;
    post({
      kind: 'add',
      id: (lastId += 1),
      lines: added.map((line) => ({ sequence: line.sequence, text: lineText(line) })),
    });
  };

  return {
    store,
    linesChanged(next) {
      lines = next;
      send();
    },
    setQuery(next) {
      if (next?.pattern === query?.pattern && next?.regex === query?.regex) return;
      query = next;
      if (!next) {
        // The thread has nothing to do then, and its copy of the lines is not needed.
        stop();
        store.setState(IDLE, true);
        return;
      }
      if (!thread) start();
      store.setState({ gaveUp: false });
      post({ kind: 'query', id: (queryId = lastId += 1), query });
      send();
    },
    close: stop,
  };
}

/** The ports in a browser. */
export const browserSearchPorts: LineSearchPorts = {
  startThread(onAnswer) {
    const worker = new Worker(new URL('search-worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<SearchAnswer>) => onAnswer(data));
    return {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
      send: (request) => worker.postMessage(request),
      end: () => worker.terminate(),
    };
  },
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
