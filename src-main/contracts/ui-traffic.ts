/** What the user interface shows of the calls of the public APIs. */
import { z } from 'zod';
import { EpochMs } from './epoch-ms.ts';
import { ServableName } from './ids.ts';

/** How calls of the public APIs are recorded. */
export const RecordingSettings = z.object({
  enabled: z.boolean(),
  /** Share of the calls that is kept, from 0 to 1; failed calls are always kept. */
  sampleRate: z.number().min(0).max(1),
  /** Whether bodies are kept too, each up to so many bytes. */
  bodies: z.boolean(),
  maxBodyBytes: z
    .number()
    .int()
    .min(0)
    .max(1024 ** 2),
});
export type RecordingSettings = z.infer<typeof RecordingSettings>;

/** A body as far as it was kept. */
export const RecordedBody = z.object({
  bytes: z.number().int().nonnegative(),
  /** UTF-8 text, or base64 for what is binary. */
  text: z.string(),
  encoding: z.enum(['utf8', 'base64']),
  truncated: z.boolean(),
});
export type RecordedBody = z.infer<typeof RecordedBody>;

/** One recorded call. */
export const RecordedRequest = z.object({
  sequence: z.number().int().positive(),
  atMs: EpochMs,
  entrypoint: z.enum(['REST', 'GRPC']),
  method: z.string(),
  model: z.string(),
  version: z.string().optional(),
  code: z.string(),
  httpStatus: z.number().int().optional(),
  error: z.string().optional(),
  durationMs: z.number().nonnegative(),
  queueMs: z.number().nonnegative().optional(),
  runMs: z.number().nonnegative().optional(),
  batchRows: z.number().nonnegative().optional(),
  requestBytes: z.number().nonnegative(),
  responseBytes: z.number().nonnegative(),
  requestBody: RecordedBody.optional(),
  responseBody: RecordedBody.optional(),
});
export type RecordedRequest = z.infer<typeof RecordedRequest>;

const Counts = z.array(z.number().int().nonnegative()).readonly();
/** Milliseconds; null where there was no call. */
const Times = z.array(z.number().nonnegative().nullable()).readonly();

/** One model of late: for its row in the list. */
export const ModelTraffic = z.object({
  name: ServableName,
  /** Inferences in each of the last seconds, oldest first; the last one is the newest full second. */
  perSecond: Counts,
  /** Of the inferences of the last minute, milliseconds. */
  p95Ms: z.number().nonnegative(),
  /** Inferences of the last minute that failed for a reason of the caller's, and of the server's. */
  clientErrors: z.number().int().nonnegative(),
  serverErrors: z.number().int().nonnegative(),
});
export type ModelTraffic = z.infer<typeof ModelTraffic>;

/** Changes once a second while there is traffic. Only models that had inferences in the last minute are in it. */
export const TrafficBoard = z.object({
  /** The end of the newest full second. */
  atMs: EpochMs,
  models: z.array(ModelTraffic).readonly(),
  /** The newest record that is kept; 0 without one. A reader that has fewer asks for the others. */
  lastRequest: z.number().int().nonnegative(),
});
export type TrafficBoard = z.infer<typeof TrafficBoard>;

/** Inferences over time, in steps of one length, oldest first; all arrays of steps are equally long. */
export const TrafficHistory = z.object({
  /** Start of the first step. */
  startMs: EpochMs,
  stepMs: z.number().positive(),
  ok: Counts,
  clientErrors: Counts,
  serverErrors: Counts,
  /** Of the time from a request's headers to its answer; as exact as the bounds are close. */
  p50Ms: Times,
  p95Ms: Times,
  p99Ms: Times,
  /** Means of the waiting for a batch or a place, and of the run in the model. */
  queueMs: Times,
  runMs: Times,
  /** Most requests that were in flight at once, as far as was seen by looking once a second. */
  inFlight: Counts,
  /** Upper bounds of the rows of the heat map, ascending; above the last one is one row more. */
  boundsMs: z.array(z.number().positive()).readonly(),
  /** Its cells that are not empty: step, row (0 is the fastest), count. */
  cells: z.array(z.tuple([z.number().int(), z.number().int(), z.number().int()])).readonly(),
});
export type TrafficHistory = z.infer<typeof TrafficHistory>;

export const TRAFFIC_COMMANDS = {
  /**
   * What there was since a time, at most a quarter of an hour back; of one model or, without a name, of all. Steps that
   * are not over yet are left out.
   */
  trafficHistory: {
    request: z.object({ sinceMs: EpochMs.optional(), model: ServableName.optional() }),
    result: TrafficHistory,
  },
  /** Calls recorded after the one with this number, oldest first, those that are still kept. */
  listRequests: {
    request: z.object({ afterSequence: z.number().int().nonnegative().optional() }),
    result: z.object({ settings: RecordingSettings, requests: z.array(RecordedRequest).readonly() }),
  },
  setRecording: { request: RecordingSettings, result: RecordingSettings },
  clearRequests: { request: z.object({}), result: z.object({}) },
  /** What is recorded now as JSON lines. */
  exportRequests: { request: z.object({}), result: z.object({ text: z.string() }) },
} as const;
