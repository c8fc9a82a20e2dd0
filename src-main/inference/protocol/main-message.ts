/**
 * What the main process tells a worker in control messages. Workers parse these, so the schemas are made with `zod/mini`:
 * to load the classic API would make the start of each worker about 20 ms longer.
 */
import * as z from 'zod/mini';

/** Names a loaded model on one connection; given by the main process, at least 1. */
const Handle = z.int().check(z.minimum(1), z.maximum(0xffff_ffff));

/** Bounds of what runs as one batch. */
export const BatchLimits = z.object({
  /** Rows (sizes of dimension 0) of one batch; 1 turns batching off. */
  maxRows: z.int().check(z.minimum(1)),
  /** Bytes of all input tensors of one batch. */
  maxBytes: z.number().check(z.minimum(1)),
  /** A batch is kept so small that, as far as earlier runs tell, it takes no longer than this. */
  targetMs: z.number().check(z.positive()),
});
export type BatchLimits = z.infer<typeof BatchLimits>;

export const MainMessage = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('load'),
    handle: Handle,
    /** Absolute native path of a version directory, or of a single model file. */
    path: z.string().check(z.minLength(1)),
    /** Threads that one run may use. */
    threads: z.int().check(z.minimum(1)),
    batch: BatchLimits,
  }),
  /** Answered by `unloaded`, also when the handle was never loaded or its load is in progress. */
  z.object({ kind: z.literal('unload'), handle: Handle }),
  /** Finish the current run, release everything and end the process. */
  z.object({ kind: z.literal('exit') }),
]);
export type MainMessage = z.infer<typeof MainMessage>;
