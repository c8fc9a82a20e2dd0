import { type ServingError, STATUS } from '../../contracts/serving-error.ts';

/** Longest message in bytes. Source: TensorFlow Serving model_servers/grpc_status_util.cc. */
const MAX_MESSAGE_BYTES = 1024;

/** A status as grpc-js takes it. */
export interface GrpcStatus {
  readonly code: number;
  readonly details: string;
  readonly metadata: null;
}

export const OK: GrpcStatus = { code: 0, details: 'OK', metadata: null };

/** The status that a failed call ends with: canonical codes one to one, a message that is too long cut. */
export function statusOf(error: ServingError): GrpcStatus {
  return { code: STATUS[error.code].grpc, details: statusMessage(error.message), metadata: null };
}

/** A message as it is sent. */
function statusMessage(message: string): string {
  // The library writes it with encodeURI, which throws at half a surrogate pair.
  const text = message.toWellFormed();
  if (text.length * 3 <= MAX_MESSAGE_BYTES) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_MESSAGE_BYTES) return text;
  let end = MAX_MESSAGE_BYTES;
  // Not within a character.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${bytes.toString('utf8', 0, end)}...TRUNCATED`;
}
