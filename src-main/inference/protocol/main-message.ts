/**
 * What the main process tells a worker in control messages. Workers parse these, so the schemas are made with `zod/mini`:
 * to load the classic API would make the start of each worker about 20 ms longer.
 */
import * as z from 'zod/mini';
import type { ServableName, ServableVersion } from '../../contracts/ids.ts';

/** Names a loaded model on one connection; given by the main process, at least 1. */
const Handle = z.int().check(z.minimum(1), z.maximum(0xffff_ffff));

const Count = z.int().check(z.minimum(1));
const isText = (value: unknown): boolean => typeof value === 'string';

/** The main process has checked both. */
const Id = z.object({ name: z.custom<ServableName>(isText), version: z.custom<ServableVersion>(isText) });

/** Bounds of what runs as one batch. What is left out is not bounded. */
export const BatchLimits = z.object({
  /** Rows (sizes of dimension 0) of one batch; 1 turns batching off. */
  maxRows: Count,
  /** Bytes of all input tensors of one batch. */
  maxBytes: z.number().check(z.minimum(1)),
  /** A batch is kept so small that, as far as earlier runs tell, it takes no longer than this. */
  targetMs: z.optional(z.number().check(z.positive())),
  /** A request with more rows is refused. */
  maxRequestRows: z.optional(Count),
  /** Whether a request with more than `maxRows` rows runs in pieces of so many. */
  split: z.optional(z.boolean()),
  /** How long a batch that is not full waits for company, from the arrival of its oldest request. */
  waitMs: z.optional(z.number().check(z.minimum(0))),
  /** Batches that may wait; a request beyond them is refused. */
  maxWaiting: z.optional(Count),
  /** Increasing, up to `maxRows`: a batch is padded to the next of these. */
  allowedRows: z.optional(z.array(Count).check(z.minLength(1))),
});
export type BatchLimits = z.infer<typeof BatchLimits>;

/** How ONNX Runtime opens a model; see contracts/model-config.ts. */
export const SessionSettings = z.object({
  intraOpNumThreads: Count,
  interOpNumThreads: Count,
  graphOptimizationLevel: z.enum(['disabled', 'basic', 'extended', 'all']),
  executionProviders: z.array(z.string()).check(z.minLength(1)),
});
export type SessionSettings = z.infer<typeof SessionSettings>;

export const MainMessage = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('load'),
    handle: Handle,
    /** Absolute native path of a version directory, or of a single model file. */
    path: z.string().check(z.minLength(1)),
    id: Id,
    session: SessionSettings,
    batch: BatchLimits,
    /** Whether responses over gRPC hold `tensor_content` instead of typed values. */
    tensorContent: z.boolean(),
    /** How often each warm-up request of the version is run; 0: they are not even read. */
    warmupIterations: z.int().check(z.minimum(0)),
  }),
  /** Answered by `unloaded`, also when the handle was never loaded or its load is in progress. */
  z.object({ kind: z.literal('unload'), handle: Handle }),
  /** Finish the current run, release everything and end the process. */
  z.object({ kind: z.literal('exit') }),
]);
export type MainMessage = z.infer<typeof MainMessage>;
