import { cancelled, throwIfCancelled } from '../abortable.ts';

/** Lets so many requests through at a time; fewer after a store said that they are too many. */
export interface Gate {
  /** Does the work when it is its turn. Rejects with CANCELLED when the signal aborts before. */
  run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
  /**
   * Halves the width, down to one.
   * @param startedMs when the request began that was too many, by `performance.now`: those that began before the last
   *   halving were sent when it had no effect yet, and change nothing.
   */
  narrow(startedMs: number): void;
  /** Widens by one, up to the first width. */
  widen(): void;
  readonly width: number;
}

export function createGate(maxWidth: number): Gate {
  let width = maxWidth;
  let running = 0;
  let narrowedMs = Number.NEGATIVE_INFINITY;
  /** In order of arrival. */
  const waiting = new Set<() => void>();

  const admit = (): void => {
    for (const enter of waiting) {
      if (running >= width) return;
      waiting.delete(enter);
      running++;
      enter();
    }
  };

  const entered = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      throwIfCancelled(signal);
      const onAbort = (): void => {
        waiting.delete(enter);
        reject(cancelled(signal));
      };
      const enter = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      waiting.add(enter);
      admit();
    });

  return {
    async run(signal, work) {
      await entered(signal);
      try {
        return await work();
      } finally {
        running--;
        admit();
      }
    },
    narrow(startedMs) {
      if (startedMs <= narrowedMs) return;
      narrowedMs = performance.now();
      width = Math.max(1, Math.floor(width / 2));
    },
    widen() {
      width = Math.min(maxWidth, width + 1);
      admit();
    },
    get width() {
      return width;
    },
  };
}
