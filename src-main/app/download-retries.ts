import { type ServableId, servableKey, type ServableName } from '../contracts/ids.ts';
import type { Clock } from '../core/clock.ts';
import type { ServableStates } from '../core/servable-state-monitor.ts';
import { isFailing } from '../core/version-state.ts';
import type { DownloadResult } from '../inference/onnx-source-adapter.ts';

const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 600_000;

export interface DownloadRetries {
  /** To be told of the end of each download, as a loader is done with it. */
  ended(id: ServableId, result: DownloadResult): void;
  /** To be told of each poll that went well. */
  polled(name: ServableName): void;
}

/**
 * Has versions loaded again that were given up because their files could not be had from their store. The store answers
 * polls again, and its listing is the same as before, so nobody else would notice that it is worth a try: a cable was
 * plugged in, a permission was given, a disk was emptied. Waits a minute after the end, twice as long after the next.
 */
export function createDownloadRetries({
  states,
  retry,
  clock,
}: {
  readonly states: Pick<ServableStates, 'versions'>;
  readonly retry: (id: ServableId) => void;
  readonly clock: Pick<Clock, 'now'>;
}): DownloadRetries {
  /** Versions whose last download failed, and the wait before the next try. */
  const waits = new Map<string, number>();

  return {
    ended(id, result) {
      const key = servableKey(id);
      // Who cancelled it does not want it back in a minute.
      if (result !== 'failed') waits.delete(key);
      else if (!waits.has(key)) waits.set(key, FIRST_WAIT_MS);
    },
    polled(name) {
      if (waits.size === 0) return;
      for (const { id, state, aspired, sinceMs } of states.versions(name)) {
        const key = servableKey(id);
        const waitMs = waits.get(key);
        if (waitMs === undefined || state.phase !== 'end') continue;
        if (!aspired || !isFailing(state)) waits.delete(key);
        else if (clock.now() - sinceMs >= waitMs) {
          waits.set(key, Math.min(LONGEST_WAIT_MS, waitMs * 2));
          retry(id);
        }
      }
    },
  };
}
