import type { ApiMethod } from '../../contracts/request-outcome.ts';
import type { StreamCall, StreamHandler, UnaryHandler } from './grpc-call.ts';

/** Largest request of a method whose requests name little more than a model; they are decoded in the main process. */
export const SMALL_REQUEST_BYTES = 64 * 1024;

interface AnyMethod {
  readonly api: ApiMethod;
  /** Largest message that a client may send, where it is not the server's. */
  readonly maxRequestBytes?: number;
}

/** One method of a service. */
export type GrpcMethod =
  | (AnyMethod & { readonly kind: 'unary'; readonly handle: UnaryHandler })
  | (AnyMethod & { readonly kind: 'stream'; readonly open: (call: StreamCall) => StreamHandler });

/** Methods by path: `/tensorflow.serving.PredictionService/Predict`. */
export type GrpcMethods = Readonly<Record<string, GrpcMethod>>;

/** Puts the methods of a service under their paths. */
export function serviceMethods(service: string, methods: Readonly<Record<string, GrpcMethod>>): GrpcMethods {
  return Object.fromEntries(Object.entries(methods).map(([name, method]) => [`/${service}/${name}`, method]));
}
