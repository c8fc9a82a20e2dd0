import type { ServableName, ServableVersion } from './ids.ts';

/**
 * The canonical status codes. HTTP column: TensorFlow Serving model_servers/http_server.cc ToHTTPStatusCode.
 * gRPC column: the numbers of google.rpc.Code.
 */
export const STATUS = {
  CANCELLED: { grpc: 1, http: 499 },
  UNKNOWN: { grpc: 2, http: 500 },
  INVALID_ARGUMENT: { grpc: 3, http: 400 },
  DEADLINE_EXCEEDED: { grpc: 4, http: 504 },
  NOT_FOUND: { grpc: 5, http: 404 },
  ALREADY_EXISTS: { grpc: 6, http: 409 },
  PERMISSION_DENIED: { grpc: 7, http: 403 },
  RESOURCE_EXHAUSTED: { grpc: 8, http: 429 },
  FAILED_PRECONDITION: { grpc: 9, http: 400 },
  ABORTED: { grpc: 10, http: 409 },
  OUT_OF_RANGE: { grpc: 11, http: 400 },
  UNIMPLEMENTED: { grpc: 12, http: 501 },
  INTERNAL: { grpc: 13, http: 500 },
  UNAVAILABLE: { grpc: 14, http: 503 },
  DATA_LOSS: { grpc: 15, http: 500 },
  UNAUTHENTICATED: { grpc: 16, http: 401 },
} as const satisfies Record<string, { grpc: number; http: number }>;

export type ErrorCode = keyof typeof STATUS;

/** Whether a text that came from outside is one of the canonical codes. */
export function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === 'string' && Object.hasOwn(STATUS, text);
}

/**
 * An error with a canonical code. Its message is fit for the caller of the public API: it names the place and the fix,
 * and holds no absolute path, credential or stack trace.
 */
export class ServingError extends Error {
  override readonly name: string = 'ServingError';
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** No version of the servable, or not the wanted one, can serve. Wording: TensorFlow Serving core/basic_manager.cc. */
export class ServableNotFoundError extends ServingError {
  constructor(name: ServableName, version?: ServableVersion) {
    const wanted = version === undefined ? `Latest(${name})` : `Specific(${name}, ${version})`;
    super('NOT_FOUND', `Servable not found for request: ${wanted}`);
  }
}

/** The only place where an unknown thrown value gets a code. What is not a {@link ServingError} stays in `cause`. */
export function asServingError(thrown: unknown): ServingError {
  if (thrown instanceof ServingError) return thrown;
  const aborted = thrown instanceof Error && thrown.name === 'AbortError';
  return new ServingError(aborted ? 'CANCELLED' : 'INTERNAL', aborted ? 'request cancelled' : 'internal error', {
    cause: thrown,
  });
}
