/** What the thread of a load test and its starter say to each other. */
import { z } from 'zod';
import { LoadTestCounts, LoadTestPlan } from '../contracts/ui-traffic.ts';

/** What the thread is started with. */
export const LoadTestJob = LoadTestPlan.pick({ concurrency: true, durationMs: true }).extend({
  /** Of the predict method. */
  url: z.url(),
  body: z.string(),
});
export type LoadTestJob = z.infer<typeof LoadTestJob>;

/** `progress` comes several times a second, `end` once, and then the thread ends by itself. */
export const LoadTestMessage = z.object({ kind: z.enum(['progress', 'end']), counts: LoadTestCounts });
export type LoadTestMessage = z.infer<typeof LoadTestMessage>;
