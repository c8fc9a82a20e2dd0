import type { ServableVersion } from './ids.ts';
import type { ErrorCode } from './serving-error.ts';

/** What a call was for. */
export type ApiMethod =
  | 'predict'
  | 'classify'
  | 'regress'
  | 'multi_inference'
  | 'metadata'
  | 'status'
  /** Everything else that the listeners answer: the list of models, health, reload, what is malformed. */
  | 'other';

/** One answered call of a public API, for metrics and records. */
export interface RequestOutcome {
  readonly entrypoint: 'REST' | 'GRPC';
  readonly method: ApiMethod;
  /** As the caller named it, whether there is such a model or not; empty where the call names none. */
  readonly model: string;
  /** The version that answered, or was to. */
  readonly version: ServableVersion | undefined;
  readonly code: 'OK' | ErrorCode;
  /** HTTP status of a REST answer. */
  readonly httpStatus: number | undefined;
  /** The program that called, as it calls itself (User-Agent): any text, and undefined where it does not say. */
  readonly client: string | undefined;
  /** The message of a failed call, as it was sent. */
  readonly error: string | undefined;
  /** Milliseconds since the Unix epoch, and from the request's headers to its answer. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  /** Of the run; undefined where none took place. See InferenceResponse. */
  readonly queueMs: number | undefined;
  readonly runMs: number | undefined;
  readonly batchRows: number | undefined;
  readonly rows: number | undefined;
  readonly runRows: number | undefined;
  readonly paddingRows: number | undefined;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** The bodies where there are any; nobody may write to them. Kept only as long as the observer's call lasts. */
  readonly requestBody: readonly Uint8Array[];
  readonly responseBody: Uint8Array | undefined;
  /** What the bodies are. */
  readonly encoding: 'json' | 'proto';
}

/** Is told of each call right after it was answered. It must be quick, and must not throw. */
export type RequestObserver = (outcome: RequestOutcome) => void;
