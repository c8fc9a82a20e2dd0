import { setTimeout as sleep } from 'node:timers/promises';
import { type LoadTestAnswer, type LoadTestTally } from './load-test-tally.ts';

/** A caller whose request was not answered waits: a server that is gone must not be asked as fast as possible. */
const PAUSE_MS = 100;

export interface LoadTestLoop {
  readonly concurrency: number;
  readonly durationMs: number;
  /** Sends one request. Never rejects. */
  readonly send: () => Promise<LoadTestAnswer>;
  /** Milliseconds, of a clock that never goes back. */
  readonly now: () => number;
}

/**
 * A closed loop: each caller sends its next request when the one before was answered, until the time is over. Resolves
 * when the last answers are in.
 */
export async function runLoadTestLoop(loop: LoadTestLoop, tally: LoadTestTally): Promise<void> {
  const { concurrency, durationMs, send, now } = loop;
  const startMs = now();
  const caller = async (): Promise<void> => {
    while (now() - startMs < durationMs) {
      const answer = await send();
      tally.add(answer, now() - startMs);
      if (answer.status === undefined) await sleep(PAUSE_MS);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
}
