import type { ServableId } from './ids.ts';
import type { ModelInfo } from './signature.ts';

/** What a model is asked to do. `multi_inference` exists over gRPC only. */
export type InferenceMethod = 'predict' | 'classify' | 'regress' | 'multi_inference';

/** One request to a model. The bytes are the caller's own; nobody writes to them afterwards. */
export interface InferenceRequest {
  readonly method: InferenceMethod;
  /**
   * How the body is to be read, and the answer written. `json`: the body of a REST call. `proto`: the request message of
   * TensorFlow Serving's PredictionService; the answer is the complete response message, model_spec included.
   */
  readonly encoding: 'json' | 'proto';
  /** The body as it arrived, in order, not joined; inflated already where it came compressed. */
  readonly body: readonly Uint8Array[];
  /** Sum of the chunks' lengths. */
  readonly bodyBytes: number;
}

/** The answer to one request. */
export interface InferenceResponse {
  /** The body of the response in the encoding of the request; owned by the receiver. */
  readonly body: Uint8Array;
  /** Milliseconds between the request's arrival in the worker and the start of its run. */
  readonly queueMs: number;
  /** Milliseconds of the run, which may have served other requests of the same batch too. */
  readonly runMs: number;
  /** Rows of the run, those of the other requests in its batch included; 1 where the request has no rows. */
  readonly batchRows: number;
  /** Rows of this request alone: examples of classify and regress; 1 where the request has no rows. */
  readonly rows: number;
  /**
   * Rows of a run that this answer is the one to tell of; 0 where another answer of its batch does. Less than `batchRows`
   * where the request ran in pieces: all of them but the last have so many rows.
   */
  readonly runRows: number;
  /** Rows that were added to the run, or to the last piece, so that it had one of the allowed sizes. */
  readonly paddingRows: number;
}

/** Where a loaded version lives. */
export interface WorkerPlacement {
  readonly pid: number;
  /** Whether other models share the process. */
  readonly shared: boolean;
  /** Bytes of memory that a shared process takes besides its models; left out for a process of the version's own. */
  readonly processBytes?: number;
}

/** Memory that a loaded version takes, in bytes. */
export interface ModelMemory {
  /** What was expected before the load, from the size of its files. */
  readonly estimatedBytes: number;
  /**
   * By how much the load made its worker process grow; for a process of its own, all that this has resident. What a shared
   * process takes besides its models counts for the oldest of them, so it may change when another one is unloaded. 0 where
   * it cannot be told: the process had room that an unloaded model had left.
   */
  readonly measuredBytes: number;
  /** How much of that is the shared process itself; left out for all but the model that it counts for. */
  readonly processBytes?: number;
}

/** What counts for a loaded version: what was measured, or else what was expected. */
export const takenBytes = ({ estimatedBytes, measuredBytes }: ModelMemory): number =>
  measuredBytes > 0 ? measuredBytes : estimatedBytes;

/** A model version that is loaded and answers requests: what the manager keeps and a handle gives access to. */
export interface ModelServable {
  readonly id: ServableId;
  readonly info: ModelInfo;
  readonly placement: WorkerPlacement;
  readonly memory: ModelMemory;
  /**
   * Runs one request in the version's worker process.
   * @param signal ends the wait; a request that has not started to run is dropped from its queue.
   * @throws ServingError INVALID_ARGUMENT for a bad body, UNAVAILABLE when the worker died or too many requests wait,
   *   FAILED_PRECONDITION for a method that the model's outputs do not fit, CANCELLED or DEADLINE_EXCEEDED on abort (the
   *   signal's reason when that is a ServingError), INTERNAL for a failed run.
   */
  infer(request: InferenceRequest, signal: AbortSignal): Promise<InferenceResponse>;
}
