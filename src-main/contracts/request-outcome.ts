import type { ServableVersion } from './ids.ts';
import type { ErrorCode } from './serving-error.ts';

/** What Slipway's own programs call themselves when they call its public APIs. */
export const OWN_CLIENTS = { playground: 'slipway-playground', loadTest: 'slipway-load-test' } as const;

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
  /**
   * The program that called, as it calls itself (User-Agent): any text, and undefined where it does not say. A page of the
   * own user interface is `slipway-playground`, whatever its browser is.
   */
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

/**
 * Is told of each call right after it was answered, and where a version worked for it, before the call lets go of that
 * version. It must be quick, and must not throw.
 */
export type RequestObserver = (outcome: RequestOutcome) => void;

/** A call that was turned away at a public listener before anything was read of what it wants. */
export interface RefusedCall {
  readonly entrypoint: 'REST' | 'GRPC';
  /** `UNAUTHENTICATED`: without a valid token where one is needed. `PERMISSION_DENIED`: see createGuard. */
  readonly code: Extract<ErrorCode, 'PERMISSION_DENIED' | 'UNAUTHENTICATED'>;
  /** The caller's; undefined where its connection is gone. */
  readonly address: string | undefined;
  /** As the caller was told; what it sent as a token is never in it. */
  readonly reason: string;
}

/** Is told of each call that was turned away, which no {@link RequestObserver} is. It must be quick, and must not throw. */
export type RefusalObserver = (call: RefusedCall) => void;
