import type { Clock } from '../clock.ts';

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /** Sleeps that have neither ended nor been aborted. */
  readonly pendingSleeps: number;
  /**
   * Moves time forward. Sleeps that fall due end in the order of their times, each at its own time, and what follows from
   * one has settled before the next one ends. `advance(0)` ends what is due now.
   */
  advance(ms: number): Promise<void>;
  /** Lets promises settle that need no time. */
  settle(): Promise<void>;
}

/** @param startMs the first time it shows, milliseconds since the Unix epoch. */
export function createManualClock(startMs = 1_700_000_000_000): ManualClock {
  const sleepers = new Set<{ readonly untilMs: number; readonly wake: () => void }>();
  let nowMs = startMs;

  // A macrotask runs only when all microtasks are done, however many turns they take.
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  return {
    now: () => nowMs,
    sleep(ms, signal) {
      if (signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const sleeper = { untilMs: nowMs + Math.max(0, ms), wake };
        function wake(): void {
          sleepers.delete(sleeper);
          signal.removeEventListener('abort', wake);
          resolve();
        }
        sleepers.add(sleeper);
        signal.addEventListener('abort', wake, { once: true });
      });
    },
    get pendingSleeps() {
      return sleepers.size;
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      await settle();
      for (;;) {
        const [next] = [...sleepers].toSorted((left, right) => left.untilMs - right.untilMs);
        if (!next || next.untilMs > untilMs) break;
        nowMs = Math.max(nowMs, next.untilMs);
        next.wake();
        await settle();
      }
      nowMs = untilMs;
      await settle();
    },
    settle,
  };
}
