/** Long jobs of the server: they go on whatever screen is open, and outlive a reload of the page. */
import { z } from 'zod';
import { EpochMs } from './epoch-ms.ts';

export const TaskView = z.object({
  id: z.string(),
  kind: z.enum(['download', 'load', 'loadTest', 'connectionTest']),
  /** In a few words, such as `resnet v8 from s3://ml/resnet`. */
  title: z.string(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  startedMs: EpochMs,
  endedMs: EpochMs.optional(),
  /** How far, in units that `unit` names; without `total` nobody knows how much there is. */
  progress: z
    .object({
      done: z.number().nonnegative(),
      total: z.number().nonnegative().optional(),
      unit: z.enum(['bytes', 'requests', 'milliseconds']),
      perSecond: z.number().nonnegative().optional(),
    })
    .optional(),
  /** What it is at, or why it failed. */
  detail: z.string().optional(),
  cancellable: z.boolean(),
  /** Route of the screen that shows more, such as `/models/resnet`. */
  route: z.string().optional(),
});
export type TaskView = z.infer<typeof TaskView>;

/** Those that run, oldest first, and then the last twenty that ended, newest first. */
export const TaskBoard = z.array(TaskView).readonly();
export type TaskBoard = z.infer<typeof TaskBoard>;

export const TASK_COMMANDS = {
  /** Asks a task to stop; it ends as `cancelled` when it has. NOT_FOUND once it has ended. */
  cancelTask: { request: z.object({ id: z.string() }), result: z.object({}) },
} as const;
