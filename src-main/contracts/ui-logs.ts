/** What the user interface shows of the server's log. */
import { z } from 'zod';
import { EpochMs } from './epoch-ms.ts';

export const LogLevel = z.enum(['debug', 'info', 'warn', 'error']);
export type LogLevel = z.infer<typeof LogLevel>;

export const LogLine = z.object({
  /** Numbers have no gaps: a reader that finds one has missed lines. */
  sequence: z.number().int().positive(),
  atMs: EpochMs,
  level: LogLevel,
  /** The part of the server that speaks, such as `source` or `worker`; empty where it does not say. */
  component: z.string(),
  /** The model it is about, where it is about one. */
  model: z.string().optional(),
  version: z.string().optional(),
  message: z.string(),
  /** The other fields as text, `name=value`, in the order of the line; for an error its message and cause. */
  detail: z.string(),
});
export type LogLine = z.infer<typeof LogLine>;

/** Changes as lines come, a few times a second at most. */
export const LogBoard = z.object({
  /** The first and the last line that are kept; both 0 while there is none. */
  firstLine: z.number().int().nonnegative(),
  lastLine: z.number().int().nonnegative(),
  /** Lines of this level and worse since the start. */
  errors: z.number().int().nonnegative(),
  warnings: z.number().int().nonnegative(),
});
export type LogBoard = z.infer<typeof LogBoard>;

/** Most lines of one answer. */
export const MAX_LOG_LINES = 5000;

export const LOG_COMMANDS = {
  /**
   * Lines that are kept, in their order: the first ones after `afterLine`, or where only `beforeLine` is given the last
   * ones before it; without both, the newest.
   */
  readLogs: {
    request: z.object({
      afterLine: z.number().int().nonnegative().optional(),
      beforeLine: z.number().int().positive().optional(),
      limit: z.number().int().min(1).max(MAX_LOG_LINES),
    }),
    result: z.object({ lines: z.array(LogLine).readonly() }),
  },
} as const;
