import type { ModelInfo } from './signature.ts';

/** One request to a model. The bytes are the caller's own; nobody writes to them afterwards. */
export interface InferenceRequest {
  readonly method: 'predict';
  /** The JSON body as it arrived, in order, not joined; inflated already where it came compressed. */
  readonly body: readonly Uint8Array[];
  /** Sum of the chunks' lengths. */
  readonly bodyBytes: number;
}

/** The answer to one request. */
export interface InferenceResponse {
  /** The JSON body of the HTTP response, UTF-8; owned by the receiver. */
  readonly body: Uint8Array;
  /** Milliseconds between the request's arrival in the worker and the start of its run. */
  readonly queueMs: number;
  /** Milliseconds of the run, which may have served other requests of the same batch too. */
  readonly runMs: number;
}

/** Where a loaded version lives. */
export interface WorkerPlacement {
  readonly pid: number;
  /** Whether other models share the process. */
  readonly shared: boolean;
}

/** A model version that is loaded and answers requests: what the manager keeps and a handle gives access to. */
export interface ModelServable {
  readonly info: ModelInfo;
  readonly placement: WorkerPlacement;
  /**
   * Runs one request in the version's worker process.
   * @param signal ends the wait; a request that has not started to run is dropped from its queue.
   * @throws ServingError INVALID_ARGUMENT for a bad body, UNAVAILABLE when the worker died, CANCELLED or
   *   DEADLINE_EXCEEDED on abort (the signal's reason when that is a ServingError), INTERNAL for a failed run.
   */
  infer(request: InferenceRequest, signal: AbortSignal): Promise<InferenceResponse>;
}
