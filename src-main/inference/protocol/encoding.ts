/** Control messages and failures as the payload of a frame: JSON. */
import type { ServingError } from '../../contracts/serving-error.ts';
import type { MainMessage } from './main-message.ts';
import type { Hello, RequestFailure, WorkerMessage } from './worker-message.ts';

/** The payload of a control frame. */
export function encodeMessage(message: MainMessage | WorkerMessage | Hello): Buffer {
  return Buffer.from(JSON.stringify(message));
}

/** The payload of a failure frame. */
export function encodeFailure({ code, message }: ServingError): Buffer {
  return Buffer.from(JSON.stringify({ code, message } satisfies RequestFailure));
}

/** A schema of either API of zod. */
interface MessageSchema<T> {
  parse(value: unknown): T;
}

/** @throws ZodError or SyntaxError when the payload is no such message: the peer is broken. */
export function decodeMessage<T>(schema: MessageSchema<T>, payload: Buffer): T {
  return schema.parse(JSON.parse(payload.toString('utf8')));
}
