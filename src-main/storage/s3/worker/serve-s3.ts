import type { MessagePort } from 'node:worker_threads';
import type { Logger } from '../../../contracts/logger.ts';
import { asServingError, ServingError } from '../../../contracts/serving-error.ts';
import { TransferError } from '../../download/transfer-error.ts';
import { s3CodeOfTransfer, S3Error } from '../s3-error.ts';
import { type S3Call, S3Command, type S3Message } from '../s3-protocol.ts';
import { describeS3Location, parseS3Uri } from '../s3-uri.ts';
import type { S3Answer, S3Store } from './s3-store.ts';

/**
 * Answers the server's commands until it sends `end`.
 * @param onEnd gives back what the store holds; the thread ends after that by itself.
 */
export function serveS3(port: MessagePort, store: S3Store, log: Logger, onEnd: () => Promise<void>): void {
  const calls = new Map<number, AbortController>();

  const post = (message: S3Message, transfer: readonly ArrayBuffer[] = []): void => port.postMessage(message, transfer);

  async function answer(call: S3Call): Promise<void> {
    const { id } = call;
    const stop = new AbortController();
    calls.set(id, stop);
    try {
      const done = await store.do(call, stop.signal, ({ doneBytes, totalBytes, file }) => {
        if (calls.has(id)) post({ kind: 'progress', id, doneBytes, totalBytes, file });
      });
      post({ kind: 'done', id, answer: done }, transferable(done));
    } catch (thrown) {
      // Errors of the SDK have been judged before: what is none of ours is a bug.
      if (!(thrown instanceof ServingError)) {
        log.error({ stack: thrown instanceof Error ? thrown.stack : '' }, 'a call failed by a bug');
      }
      post(failure(thrown, call));
    } finally {
      calls.delete(id);
    }
  }

  async function end(): Promise<void> {
    for (const stop of calls.values()) stop.abort();
    await onEnd();
    port.close();
  }

  port.on('message', (message: unknown) => {
    const command = S3Command.parse(message);
    switch (command.kind) {
      case 'call':
        void answer(command.call);
        return;
      case 'cancel':
        calls.get(command.id)?.abort();
        return;
      case 'release':
        void store.release(command.lease).then(
          () => post({ kind: 'done', id: command.id, answer: null }),
          () => post({ kind: 'done', id: command.id, answer: null }),
        );
        return;
      case 'end':
        void end();
        return;
      default:
        command satisfies never;
    }
  });
}

function failure(thrown: unknown, { id, uri }: S3Call): S3Message {
  const error = withS3Code(thrown, uri);
  return {
    kind: 'failed',
    id,
    code: error.code,
    ...(error instanceof S3Error ? { s3Code: error.s3Code } : {}),
    message: error.message,
  };
}

/** Downloads know nothing of S3: their errors begin with the path in the version, if with any. */
function withS3Code(thrown: unknown, uri: string): ServingError {
  const error = asServingError(thrown);
  if (error instanceof S3Error) return error;
  const place = describeS3Location(parseS3Uri(uri));
  if (error instanceof TransferError) return new S3Error(s3CodeOfTransfer(error.fault), `${place}: ${error.message}.`);
  return error.code === 'UNAVAILABLE' ? new S3Error('S3_UNAVAILABLE', `${place}: ${error.message}.`) : error;
}

/** What need not be copied on its way. */
function transferable(answer: S3Answer): readonly ArrayBuffer[] {
  if ('bytes' in answer) return ownBuffer(answer.bytes);
  return 'sizesAndTimes' in answer ? ownBuffer(answer.sizesAndTimes) : [];
}

function ownBuffer({ buffer }: Uint8Array | Float64Array): readonly ArrayBuffer[] {
  return buffer instanceof ArrayBuffer ? [buffer] : [];
}
