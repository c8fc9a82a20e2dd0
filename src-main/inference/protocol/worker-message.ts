/** What a worker tells the main process: control messages, and the failure of one request. */
import { z } from 'zod';
import { type ErrorCode, isErrorCode } from '../../contracts/serving-error.ts';
import { ModelInfo } from '../../contracts/signature.ts';

const Code = z.custom<ErrorCode>(isErrorCode, 'not a canonical status code');

/** As the main process gave it in `load`. */
const Handle = z.number().int().min(1).max(0xffff_ffff);

/** First message of a worker; nothing else is read before it. */
export const Hello = z.object({
  kind: z.literal('hello'),
  workerId: z.string().max(64),
  token: z.string().max(256),
});
export type Hello = z.infer<typeof Hello>;

/** What was run before a version became available, or before it failed to. */
export const WarmupFacts = z.object({
  /** That requests came from, relative to the version folder. */
  files: z.array(z.string().max(256)).max(4).readonly(),
  /** Requests that were run as often as they were to be. */
  records: z.number().int().min(0),
  /** Runs, failed ones included. */
  requests: z.number().int().min(0),
  ms: z.number().min(0),
});
export type WarmupFacts = z.infer<typeof WarmupFacts>;

export const WorkerMessage = z.discriminatedUnion('kind', [
  /** ONNX Runtime is loaded and fit for use. */
  z.object({ kind: z.literal('ready'), runtimeVersion: z.string(), rssBytes: z.number() }),
  /** The worker cannot work at all, for the reason given; it ends after this. */
  z.object({ kind: z.literal('unfit'), reason: z.string() }),
  z.object({
    kind: z.literal('loaded'),
    handle: Handle,
    info: ModelInfo,
    loadMs: z.number(),
    /** Resident memory of the process, and by how much this load made it grow; that may be less than 0. */
    rssBytes: z.number(),
    grownBytes: z.number(),
    /** Undefined where the version has no warm-up requests. */
    warmup: WarmupFacts.optional(),
  }),
  /** A load goes on: the next warm-up request is about to be read or run. Not sent for each of many short ones. */
  z.object({ kind: z.literal('warmingUp'), handle: Handle }),
  z.object({
    kind: z.literal('loadFailed'),
    handle: Handle,
    code: Code,
    message: z.string(),
    /** Present where the model was opened and its warm-up failed. */
    warmup: WarmupFacts.optional(),
  }),
  z.object({ kind: z.literal('unloaded'), handle: Handle, rssBytes: z.number() }),
  /** Requests of this model run one by one from now on. */
  z.object({ kind: z.literal('batchingStopped'), handle: Handle, reason: z.string() }),
  z.object({ kind: z.literal('memory'), rssBytes: z.number() }),
]);
export type WorkerMessage = z.infer<typeof WorkerMessage>;

/** Why one request failed. */
export const RequestFailure = z.object({ code: Code, message: z.string() });
export type RequestFailure = z.infer<typeof RequestFailure>;
