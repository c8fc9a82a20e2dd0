import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../core/clock.ts';

/** The longest delay that Node's timers take; longer ones would fire at once. */
const MAX_DELAY_MS = 2_147_483_647;

/** The real time. A pending sleep does not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    try {
      await delay(Math.min(Math.max(0, ms), MAX_DELAY_MS), undefined, { signal, ref: false });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  },
};
