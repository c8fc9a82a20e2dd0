import { ServingError } from '../../../contracts/serving-error.ts';
import type { Call } from '../../protocol/call.ts';
import { MessageParts } from '../codec/message-parts.ts';
import { tagOf, WIRE, WireReader } from '../codec/wire-reader.ts';

/** What a logged request was, by the field that holds it. Source: TensorFlow Serving apis/prediction_log.proto. */
const CALLS: ReadonlyMap<number, Call> = new Map([
  [2, 'classifyProto'],
  [3, 'regressProto'],
  [4, 'multiInferenceProto'],
  [6, 'predictProto'],
]);
/** `session_run_log` and `predict_streamed_log`. */
const UNSUPPORTED: ReadonlySet<number> = new Set([5, 7]);
/** In each of these messages: the request as it arrived. */
const REQUEST = tagOf(1, WIRE.bytes);

/** A request that was logged. */
export interface LoggedRequest {
  readonly call: Call;
  /** The request message. */
  readonly body: Buffer;
}

/**
 * Reads a tensorflow.serving.PredictionLog message.
 * @returns undefined where the bytes are no such message.
 * @throws ServingError UNIMPLEMENTED for a kind of request that cannot be replayed. Wording: TensorFlow Serving
 *   servables/tensorflow/saved_model_warmup.cc.
 */
export function readPredictionLog(bytes: Buffer): LoggedRequest | undefined {
  const { kind, request } = lastMember(bytes) ?? {};
  if (kind === undefined || !request) return undefined;
  const call = CALLS.get(kind);
  if (!call) throw new ServingError('UNIMPLEMENTED', `Unsupported log_type for warmup: ${kind}`);
  return { call, body: request.joined() };
}

/** Of the members of a oneof, the last one counts; one that comes again continues the message. */
function lastMember(bytes: Buffer): { readonly kind: number; readonly request: MessageParts } | undefined {
  const reader = new WireReader(bytes, 'tensorflow.serving.PredictionLog');
  let kind = 0;
  let request = new MessageParts();
  try {
    while (reader.next()) {
      const field = reader.tag >>> 3;
      if ((reader.tag & 7) !== WIRE.bytes || (!CALLS.has(field) && !UNSUPPORTED.has(field))) continue;
      if (field !== kind) request = new MessageParts();
      kind = field;
      const outerEnd = reader.enter();
      while (reader.next()) if (reader.tag === REQUEST) request.take(reader);
      reader.leave(outerEnd);
    }
    return { kind, request };
  } catch (error) {
    if (error instanceof ServingError) return undefined;
    throw error;
  }
}
