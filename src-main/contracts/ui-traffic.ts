/** What the user interface shows of the calls of the public APIs. */
import { z } from 'zod';
import { EpochMs } from './epoch-ms.ts';
import { ServableName, ServableVersion } from './ids.ts';

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

/** One recorded call, without its bodies. */
export const RequestRow = z.object({
  /** Counts up by one from record to record. */
  sequence: z.number().int().positive(),
  atMs: EpochMs,
  entrypoint: z.enum(['REST', 'GRPC']),
  method: z.string(),
  model: z.string(),
  version: z.string().optional(),
  code: z.string(),
  httpStatus: z.number().int().optional(),
  /** The program that called, as it calls itself: its product, such as `curl/8.5.0`. Not to be trusted. */
  client: z.string().optional(),
  error: z.string().optional(),
  durationMs: z.number().nonnegative(),
  queueMs: z.number().nonnegative().optional(),
  runMs: z.number().nonnegative().optional(),
  batchRows: z.number().nonnegative().optional(),
  requestBytes: z.number().nonnegative(),
  responseBytes: z.number().nonnegative(),
  /** `off`: they were not recorded. `dropped`: they were, and made room for newer ones. */
  bodies: z.enum(['kept', 'off', 'dropped']),
});
export type RequestRow = z.infer<typeof RequestRow>;

/** One recorded call in full; a body that is left out is not there, or see `bodies`. */
export const RecordedRequest = RequestRow.extend({
  requestBody: RecordedBody.optional(),
  responseBody: RecordedBody.optional(),
});
export type RecordedRequest = z.infer<typeof RecordedRequest>;

/** Which records are wanted; what is left out lets everything through. */
export const RequestFilter = z.object({
  /** As its callers named it. */
  model: z.string().optional(),
  /** `error`: of either kind. */
  outcome: z.enum(['ok', 'clientError', 'serverError', 'error']).optional(),
  /** Words that are all in it somewhere: in model, version, method, code, status, client or error, in either case. */
  text: z.string().max(200).optional(),
  /** By the time of the call's start; the first is in, the second is not. */
  fromMs: EpochMs.optional(),
  toMs: EpochMs.optional(),
});
export type RequestFilter = z.infer<typeof RequestFilter>;

/** Records of one page at most. */
export const MAX_REQUEST_PAGE = 500;

/**
 * A page of records, oldest first. It may hold fewer than asked for, or none, though there are more: a look at very many
 * records is cut into several.
 */
export const RequestPage = z.object({
  requests: z.array(RequestRow).readonly(),
  /** The numbers of the oldest and newest record that was looked at: the next page begins beyond. 0 where none was. */
  firstSeen: z.number().int().nonnegative(),
  lastSeen: z.number().int().nonnegative(),
  /** Whether there are others that were not looked at, in the direction that was asked for. */
  more: z.boolean(),
  /** All that are kept, whatever the filter. */
  kept: z.number().int().nonnegative(),
});
export type RequestPage = z.infer<typeof RequestPage>;

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

/** Calls that were turned away before anything was read of them: of one address, in one way, for one kind of reason. */
export const RefusedCalls = z.object({
  /** Of an IPv6 address its network, as `2001:db8:1:2::/64`. Undefined: all addresses for which there was no room. */
  address: z.string().optional(),
  entrypoint: z.enum(['REST', 'GRPC']),
  /** `UNAUTHENTICATED` (401): without a valid token. `PERMISSION_DENIED` (403): under a wrong name, or from a web page. */
  code: z.enum(['UNAUTHENTICATED', 'PERMISSION_DENIED']),
  /** What the last of them was told. */
  reason: z.string(),
  count: z.number().int().positive(),
  firstMs: EpochMs,
  lastMs: EpochMs,
});
export type RefusedCalls = z.infer<typeof RefusedCalls>;

/** Changes once a second while there is traffic. Only models that had inferences in the last minute are in it. */
export const TrafficBoard = z.object({
  /** The end of the newest full second. */
  atMs: EpochMs,
  models: z.array(ModelTraffic).readonly(),
  /** The newest record that is kept; 0 without one. A reader that has fewer asks for the others. */
  lastRequest: z.number().int().nonnegative(),
  /** How many calls were turned away, and when the last one was; absent while none was. See `refusedCalls`. */
  refused: z.object({ count: z.number().int().positive(), lastMs: EpochMs }).optional(),
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
  /** Most requests that were in flight at once, as far as was seen by looking as calls end, and once a second. */
  inFlight: Counts,
  /** Upper bounds of the rows of the heat map, ascending; above the last one is one row more. */
  boundsMs: z.array(z.number().positive()).readonly(),
  /** Its cells that are not empty: step, row (0 is the fastest), count. */
  cells: z.array(z.tuple([z.number().int(), z.number().int(), z.number().int()])).readonly(),
});
export type TrafficHistory = z.infer<typeof TrafficHistory>;

/** How hard a load test presses. */
export const LOAD_TEST_LIMITS = {
  maxConcurrency: 256,
  minDurationMs: 1000,
  maxDurationMs: 10 * 60_000,
  /** Bytes of the body, as UTF-8: a few pictures as JSON. */
  maxBodyBytes: 16 * 1024 ** 2,
  /** Reports that are kept; the oldest make room. */
  maxReports: 50,
} as const;

/** What a load test does: so many callers, each of which sends its next request when the one before was answered. */
export const LoadTestPlan = z.object({
  model: ServableName,
  /** Undefined: whichever version answers by default. */
  version: ServableVersion.optional(),
  concurrency: z.number().int().min(1).max(LOAD_TEST_LIMITS.maxConcurrency),
  durationMs: z.number().int().min(LOAD_TEST_LIMITS.minDurationMs).max(LOAD_TEST_LIMITS.maxDurationMs),
});
export type LoadTestPlan = z.infer<typeof LoadTestPlan>;

/** What the callers have seen so far. Times in milliseconds, as a caller sees them: connection and JSON included. */
export const LoadTestCounts = z.object({
  elapsedMs: z.number().nonnegative(),
  ok: z.number().int().nonnegative(),
  /** Answers with status 4xx, with 5xx, and requests without an answer. */
  clientErrors: z.number().int().nonnegative(),
  serverErrors: z.number().int().nonnegative(),
  unanswered: z.number().int().nonnegative(),
  /** The first failure in words; undefined while there is none. */
  firstError: z.string().optional(),
  /** How many answers took at most as long as each bound; the last one is for all that took longer. */
  boundsMs: z.array(z.number().positive()).readonly(),
  latency: Counts,
  minMs: z.number().nonnegative(),
  meanMs: z.number().nonnegative(),
  maxMs: z.number().nonnegative(),
  p50Ms: z.number().nonnegative(),
  p95Ms: z.number().nonnegative(),
  p99Ms: z.number().nonnegative(),
  /** Answers in each full second, oldest first. */
  perSecond: Counts,
});
export type LoadTestCounts = z.infer<typeof LoadTestCounts>;

export const LoadTestReport = z.object({
  id: z.string().regex(/^[0-9a-f-]{36}$/u),
  plan: LoadTestPlan,
  startedMs: EpochMs,
  bodyBytes: z.number().int().nonnegative(),
  /** `stopped`: by the user, before its time. `failed`: see `problem`. */
  state: z.enum(['running', 'done', 'stopped', 'failed']),
  problem: z.string().optional(),
  counts: LoadTestCounts,
});
export type LoadTestReport = z.infer<typeof LoadTestReport>;

export const TRAFFIC_COMMANDS = {
  /**
   * What there was since a time, at most a quarter of an hour back; of one model or, without a name, of all. Steps that
   * are not over yet are left out. `stepMs`: how long a step should be; it is the next longer one that there is.
   */
  trafficHistory: {
    request: z.object({
      sinceMs: EpochMs.optional(),
      model: ServableName.optional(),
      stepMs: z.number().int().positive().max(60_000).optional(),
    }),
    result: TrafficHistory,
  },
  /**
   * With `afterSequence` the oldest records after that one, otherwise the newest before `beforeSequence`, or the newest
   * of all. `limit` is {@link MAX_REQUEST_PAGE} where it is left out.
   */
  listRequests: {
    request: RequestFilter.extend({
      beforeSequence: z.number().int().nonnegative().optional(),
      afterSequence: z.number().int().nonnegative().optional(),
      limit: z.number().int().min(1).max(MAX_REQUEST_PAGE).optional(),
    }),
    result: RequestPage.extend({ settings: RecordingSettings }),
  },
  /** NOT_FOUND for a record that is not kept any more. */
  requestDetail: { request: z.object({ sequence: z.number().int().positive() }), result: RecordedRequest },
  /** What is recorded already stays, but for bodies: those are dropped when they are switched off. */
  setRecording: { request: RecordingSettings, result: RecordingSettings },
  clearRequests: { request: z.object({}), result: z.object({}) },
  /** Who was turned away since the server started or `clearRequests`, newest first; neither records nor charts have them. */
  refusedCalls: { request: z.object({}), result: z.object({ callers: z.array(RefusedCalls).readonly() }) },
  /** What is recorded now, with bodies, as JSON lines. */
  exportRequests: { request: RequestFilter, result: z.object({ text: z.string() }) },
  /**
   * Starts a load test against the public REST address; it is a task as well, by which it can be stopped. `body` is JSON.
   * FAILED_PRECONDITION while another runs, INVALID_ARGUMENT for a body that is too long. @returns the report's id.
   */
  startLoadTest: {
    request: LoadTestPlan.extend({ body: z.string() }),
    result: z.object({ id: z.string(), taskId: z.string() }),
  },
  /** The report of a test that runs or ran. NOT_FOUND for an unknown one. */
  loadTestResult: { request: z.object({ id: z.string() }), result: LoadTestReport },
  /** The saved reports, newest first, and before them the one that runs. */
  listLoadTests: { request: z.object({}), result: z.object({ reports: z.array(LoadTestReport).readonly() }) },
  /** NOT_FOUND for an unknown one, FAILED_PRECONDITION while it runs. */
  deleteLoadTest: { request: z.object({ id: z.string() }), result: z.object({}) },
} as const;
