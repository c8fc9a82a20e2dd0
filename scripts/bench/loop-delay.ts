/**
 * Preloaded into a server (`node --import`): measures its event-loop delay between two messages of the parent.
 * `reset` starts a measurement, `report` answers with milliseconds: delays, and the longest turn in CPU time.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { followTurns } from './longest-turn.ts';

const RESOLUTION_MS = 5;
const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
histogram.enable();
const turns = followTurns();
process.on('message', (message: unknown) => {
  if (message === 'reset') {
    histogram.reset();
    turns.reset();
  }
  // The histogram holds the whole interval between two ticks of its own timer; what exceeds the resolution is delay.
  if (message === 'report') {
    process.send?.({
      p99Ms: histogram.percentile(99) / 1e6 - RESOLUTION_MS,
      maxMs: histogram.max / 1e6 - RESOLUTION_MS,
      turnMs: turns.longestMs(),
    });
  }
});
process.channel?.unref();
