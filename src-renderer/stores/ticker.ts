/** A clock that tells its listeners to look again; one timer for the whole page, and none while nobody listens. */
export interface Ticker {
  now(): number;
  /** @returns a function that ends the subscription. */
  subscribe(listener: () => void): () => void;
}

/** Often enough that a countdown in seconds never seems to skip one. */
const PERIOD_MS = 500;

export function createTicker(now: () => number = () => Date.now()): Ticker {
  const listeners = new Set<() => void>();
  let timer: ReturnType<typeof setInterval> | undefined;
  return {
    now,
    subscribe(listener) {
      listeners.add(listener);
      timer ??= setInterval(() => {
        for (const listen of listeners) listen();
      }, PERIOD_MS);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
  };
}
