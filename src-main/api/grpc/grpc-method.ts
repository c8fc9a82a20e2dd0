import type { ApiMethod } from '../../contracts/request-outcome.ts';
import type { StreamCall, StreamHandler, UnaryHandler } from './grpc-call.ts';

/** One method of a service. */
export type GrpcMethod =
  | { readonly kind: 'unary'; readonly api: ApiMethod; readonly handle: UnaryHandler }
  | { readonly kind: 'stream'; readonly api: ApiMethod; readonly open: (call: StreamCall) => StreamHandler };

/** Methods by path: `/tensorflow.serving.PredictionService/Predict`. */
export type GrpcMethods = Readonly<Record<string, GrpcMethod>>;

/** Puts the methods of a service under their paths. */
export function serviceMethods(service: string, methods: Readonly<Record<string, GrpcMethod>>): GrpcMethods {
  return Object.fromEntries(Object.entries(methods).map(([name, method]) => [`/${service}/${name}`, method]));
}
