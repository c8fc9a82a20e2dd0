import { UiMessage } from '#contracts/ui.ts';
import type { ServerStore } from './server-store.ts';
import { strings } from '../strings/index.ts';

const words = strings.stores;

/** Told by an open stream; neither is called after it was closed. */
export interface StreamHandlers {
  /** @param arrivedMs by this computer's clock; left out for now. */
  readonly onMessage: (data: string, arrivedMs?: number) => void;
  readonly onError: () => void;
}

/** What the stream needs of the browser; tests bring their own. */
export interface StreamPorts {
  /** Opens the stream. Nothing is called after `close`. */
  open(handlers: StreamHandlers): { close(): void };
  /** HTTP status that the stream's address gives now, or undefined when nothing answers. */
  probe(): Promise<number | undefined>;
  /** @returns a function that calls the timer off. */
  after(delayMs: number, run: () => void): () => void;
  now(): number;
}

export interface EventStream {
  /** Connects at once instead of at the end of the wait. */
  tryNow(): void;
  close(): void;
}

const RETRY_DELAYS_MS = [500, 1000, 2000, 4000, 8000, 10_000] as const;
/** A connection that lasted this long was a good one: the next loss starts with short waits again. */
const STABLE_AFTER_MS = 5000;

/**
 * Keeps the store fed until closed: connects, parses, connects again with growing waits when the stream breaks, when a
 * number is missing or when a message is not understood. Ends by itself only when the session is void.
 */
export function connectEventStream(store: ServerStore, ports: StreamPorts): EventStream {
  let closed = false;
  let attempt = 0;
  let liveSinceMs: number | undefined;
  let lostSinceMs: number | undefined;
  let stream: { close(): void } | undefined;
  let cancelTimer: (() => void) | undefined;

  const connect = (): void => {
    cancelTimer?.();
    cancelTimer = undefined;
    stream?.close();
    liveSinceMs = undefined;
    // While waiting out a loss the old data stays in sight, with its banner.
    if (lostSinceMs === undefined) store.getState().connectionChanged({ phase: 'connecting', attempt });
    stream = ports.open({ onMessage: take, onError: () => void broken() });
  };

  const take = (data: string, arrivedMs = ports.now()): void => {
    const message = parse(data);
    if (!message) {
      lose(words.badMessage);
      return;
    }
    if (!store.getState().received(message, arrivedMs)) {
      lose(words.missingMessage);
      return;
    }
    if (message.kind === 'snapshot') {
      liveSinceMs = ports.now();
      lostSinceMs = undefined;
      store.getState().connectionChanged({ phase: 'live', sinceMs: liveSinceMs });
    }
  };

  const broken = async (): Promise<void> => {
    const failed = stream;
    failed?.close();
    const status = await ports.probe();
    if (closed || stream !== failed) return;
    if (status === 401 || status === 403) {
      stream = undefined;
      store.getState().connectionChanged({ phase: 'signedOut' });
      return;
    }
    lose(status === undefined || status < 400 ? words.noAnswer : words.status(String(status)));
  };

  const lose = (reason: string): void => {
    stream?.close();
    stream = undefined;
    const now = ports.now();
    if (liveSinceMs !== undefined && now - liveSinceMs >= STABLE_AFTER_MS) attempt = 0;
    liveSinceMs = undefined;
    lostSinceMs ??= now;
    const delayMs = RETRY_DELAYS_MS[Math.min(attempt, RETRY_DELAYS_MS.length - 1)] ?? 0;
    attempt += 1;
    store
      .getState()
      .connectionChanged({ phase: 'lost', sinceMs: lostSinceMs, reason, retryAtMs: now + delayMs, attempt });
    cancelTimer = ports.after(delayMs, connect);
  };

  connect();
  return {
    tryNow() {
      if (!closed && stream === undefined) connect();
    },
    close() {
      closed = true;
      cancelTimer?.();
      stream?.close();
    },
  };
}

function parse(data: string): UiMessage | undefined {
  try {
    return UiMessage.safeParse(JSON.parse(data)).data;
  } catch {
    return undefined;
  }
}
