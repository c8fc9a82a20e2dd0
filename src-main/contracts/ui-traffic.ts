/** What the user interface shows of the calls of the public APIs. */
import { z } from 'zod';
import { EpochMs } from './epoch-ms.ts';

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

/** The calls of one second, or of one model within it. */
export const TrafficCounts = z.object({
  ok: z.number().int().nonnegative(),
  /** Refused because of what the caller sent: HTTP 4xx and what is like it. */
  clientErrors: z.number().int().nonnegative(),
  serverErrors: z.number().int().nonnegative(),
});
export type TrafficCounts = z.infer<typeof TrafficCounts>;

/** One model of late: for its row in the list. */
export const ModelTraffic = z.object({
  name: z.string(),
  /** Calls in each of the last seconds, oldest first; the last one is the newest full second. */
  perSecond: z.array(z.number().int().nonnegative()).readonly(),
  /** Of the calls of those seconds, milliseconds; undefined where there was none. */
  p95Ms: z.number().nonnegative().optional(),
  errorsPerSecond: z.number().nonnegative(),
});
export type ModelTraffic = z.infer<typeof ModelTraffic>;

/** Changes once a second while there is traffic. */
export const TrafficBoard = z.object({
  atMs: EpochMs,
  models: z.array(ModelTraffic).readonly(),
  /** The last record that is kept; a reader that has fewer asks for the others. */
  lastRequest: z.number().int().nonnegative(),
});
export type TrafficBoard = z.infer<typeof TrafficBoard>;

export const TRAFFIC_COMMANDS = {
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
