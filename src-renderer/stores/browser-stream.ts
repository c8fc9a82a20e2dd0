import { UI_PATHS } from '#contracts/ui-commands.ts';
import type { StreamHandlers, StreamPorts } from './event-stream.ts';

/** The stream that `boot.js` has opened, and what has come by it. */
interface EarlyStream {
  readonly socket: WebSocket;
  readonly messages: readonly { readonly data: string; readonly arrivedMs: number }[];
  readonly hasFailed: boolean;
  /** Ends what listens to it so far. */
  letGo(): void;
}

declare global {
  interface Window {
    slipwayEarlyStream?: EarlyStream | undefined;
  }
}

interface Opened {
  close(): void;
}

/** The server speaks first, and at once. */
const FIRST_WORD_MS = 10_000;

/**
 * The stream by a WebSocket: of those a browser keeps as many to one server as there are tabs, while of other connections
 * it keeps six, in all tabs together, and a seventh waits without a word. Where nothing comes by the WebSocket, as some
 * proxies and virus scanners have it, the same messages come as server-sent events: when it breaks, or is still silent
 * after 10 s.
 */
export const browserStreamPorts: StreamPorts = {
  open(handlers) {
    let hasTold = false;
    let isClosed = false;
    const takeEvents = (): void => {
      clearTimeout(patience);
      opened.close();
      if (!isClosed) opened = openEventSource(handlers);
    };
    const patience = setTimeout(takeEvents, FIRST_WORD_MS);
    let opened = openSocket({
      onMessage(...message) {
        hasTold = true;
        clearTimeout(patience);
        handlers.onMessage(...message);
      },
      onError() {
        if (hasTold) handlers.onError();
        else takeEvents();
      },
    });
    return {
      close() {
        isClosed = true;
        clearTimeout(patience);
        opened.close();
      },
    };
  },
  async probe() {
    try {
      // HEAD: only the status is wanted, and the body of a good answer never ends.
      return (await fetch(UI_PATHS.events, { method: 'HEAD' })).status;
    } catch {
      return undefined;
    }
  },
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
  now: () => Date.now(),
};

function openSocket({ onMessage, onError }: StreamHandlers): Opened {
  const early = takeEarlyStream();
  const socket = early?.socket ?? new WebSocket(`${location.origin.replace(/^http/u, 'ws')}${UI_PATHS.events}`);
  const listening = new AbortController();
  const { signal } = listening;
  // Once there is a stream to close, and before anything else comes by it.
  if (early) {
    queueMicrotask(() => {
      for (const { data, arrivedMs } of early.messages) if (!signal.aborted) onMessage(data, arrivedMs);
      if (early.hasFailed && !signal.aborted) onError();
    });
  }
  const take = ({ data }: MessageEvent<unknown>): void => onMessage(String(data));
  socket.addEventListener('message', take, { signal });
  // Comes after each error too.
  socket.addEventListener('close', () => onError(), { signal });
  return {
    close() {
      listening.abort();
      socket.close();
    },
  };
}

/** Its own reconnecting is switched off: it would hide the loss from the user. */
function openEventSource({ onMessage, onError }: StreamHandlers): Opened {
  const source = new EventSource(UI_PATHS.events);
  source.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (source.readyState !== source.CLOSED) onMessage(String(data));
  });
  source.addEventListener('error', () => {
    source.close();
    onError();
  });
  return { close: () => source.close() };
}

function takeEarlyStream(): EarlyStream | undefined {
  const early = window.slipwayEarlyStream;
  window.slipwayEarlyStream = undefined;
  early?.letGo();
  return early;
}
