import { ServingError } from '../../../contracts/serving-error.ts';
import type { Call } from '../../protocol/call.ts';

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
const REQUEST_FIELD = 1;

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
  // Of the members of a oneof, the last one counts; one that comes again continues the message.
  let kind = 0;
  let log: Buffer[] = [];
  const complete = eachMessage(bytes, (field, value) => {
    if (!CALLS.has(field) && !UNSUPPORTED.has(field)) return;
    log = kind === field ? [...log, value] : [value];
    kind = field;
  });
  if (!complete) return undefined;
  const call = CALLS.get(kind);
  if (!call) throw new ServingError('UNIMPLEMENTED', `Unsupported log_type for warmup: ${kind}`);
  const request: Buffer[] = [];
  const whole = eachMessage(Buffer.concat(log), (field, value) => {
    if (field === REQUEST_FIELD) request.push(value);
  });
  return whole ? { call, body: Buffer.concat(request) } : undefined;
}

/** Names each length-delimited field and steps over the others. @returns false where the bytes are no message. */
function eachMessage(bytes: Buffer, visit: (field: number, value: Buffer) => void): boolean {
  let at = 0;
  while (at < bytes.length) {
    const tag = readVarint(bytes, at);
    if (!tag || tag.value < 8n || tag.value > 0xffff_ffffn) return false;
    at = tag.end;
    const field = Number(tag.value >> 3n);
    switch (Number(tag.value & 7n)) {
      case 0: {
        const varint = readVarint(bytes, at);
        if (!varint) return false;
        at = varint.end;
        break;
      }
      case 1:
        at += 8;
        break;
      case 2: {
        const length = readVarint(bytes, at);
        if (!length || length.value > BigInt(bytes.length - length.end)) return false;
        at = length.end + Number(length.value);
        visit(field, bytes.subarray(length.end, at));
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        return false;
    }
    if (at > bytes.length) return false;
  }
  return true;
}

function readVarint(bytes: Buffer, start: number): { readonly value: bigint; readonly end: number } | undefined {
  let value = 0n;
  for (let index = 0; index < 10; index += 1) {
    const byte = bytes[start + index];
    if (byte === undefined) return undefined;
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) return { value, end: start + index + 1 };
  }
  return undefined;
}
