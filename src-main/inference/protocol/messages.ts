/** Control messages between the main process and a worker, and the failure of one request. They travel as JSON. */
import { z } from 'zod';
import { type ErrorCode, isErrorCode, type ServingError } from '../../contracts/serving-error.ts';
import { ModelInfo } from '../../contracts/signature.ts';

const Code = z.custom<ErrorCode>(isErrorCode, 'not a canonical status code');

/** Names a loaded model on one connection; given by the main process, at least 1. */
const Handle = z.number().int().min(1).max(0xffff_ffff);

/** Bounds of what runs as one batch. */
export const BatchLimits = z.object({
  /** Rows (sizes of dimension 0) of one batch; 1 turns batching off. */
  maxRows: z.number().int().min(1),
  /** Bytes of all input tensors of one batch. */
  maxBytes: z.number().min(1),
  /** A batch is kept so small that, as far as earlier runs tell, it takes no longer than this. */
  targetMs: z.number().positive(),
});
export type BatchLimits = z.infer<typeof BatchLimits>;

export const MainMessage = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('load'),
    handle: Handle,
    /** Absolute native path of a version directory, or of a single model file. */
    path: z.string().min(1),
    /** Threads that one run may use. */
    threads: z.number().int().min(1),
    batch: BatchLimits,
  }),
  /** Answered by `unloaded`, also when the handle was never loaded or its load is in progress. */
  z.object({ kind: z.literal('unload'), handle: Handle }),
  /** Finish the current run, release everything and end the process. */
  z.object({ kind: z.literal('exit') }),
]);
export type MainMessage = z.infer<typeof MainMessage>;

/** First message of a worker; nothing else is read before it. */
export const Hello = z.object({
  kind: z.literal('hello'),
  workerId: z.string().max(64),
  token: z.string().max(256),
});
export type Hello = z.infer<typeof Hello>;

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
    rssBytes: z.number(),
  }),
  z.object({ kind: z.literal('loadFailed'), handle: Handle, code: Code, message: z.string() }),
  z.object({ kind: z.literal('unloaded'), handle: Handle, rssBytes: z.number() }),
  /** Requests of this model run one by one from now on. */
  z.object({ kind: z.literal('batchingStopped'), handle: Handle, reason: z.string() }),
  z.object({ kind: z.literal('memory'), rssBytes: z.number() }),
]);
export type WorkerMessage = z.infer<typeof WorkerMessage>;

/** Why one request failed. */
export const RequestFailure = z.object({ code: Code, message: z.string() });
export type RequestFailure = z.infer<typeof RequestFailure>;

/** The payload of a control frame. */
export function encodeMessage(message: MainMessage | WorkerMessage | Hello): Buffer {
  return Buffer.from(JSON.stringify(message));
}

/** The payload of a failure frame. */
export function encodeFailure({ code, message }: ServingError): Buffer {
  return Buffer.from(JSON.stringify({ code, message } satisfies RequestFailure));
}

/** @throws z.ZodError or SyntaxError when the payload is no such message: the peer is broken. */
export function decodeMessage<T>(schema: z.ZodType<T>, payload: Buffer): T {
  return schema.parse(JSON.parse(payload.toString('utf8')));
}
