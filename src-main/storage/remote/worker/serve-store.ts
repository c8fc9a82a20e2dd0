import type { MessagePort } from 'node:worker_threads';
import type { Logger } from '../../../contracts/logger.ts';
import { asServingError, ServingError } from '../../../contracts/serving-error.ts';
import { StoreError } from '../store-error.ts';
import { type StoreCall, StoreCommand, type StoreMessage } from '../store-protocol.ts';
import type { RemoteStore, StoreAnswer } from './remote-store.ts';

/**
 * Answers the server's commands until it sends `end`.
 * @param onEnd gives back what the store holds; the thread ends after that by itself.
 */
export function serveStore(port: MessagePort, store: RemoteStore, log: Logger, onEnd: () => Promise<void>): void {
  const calls = new Map<number, AbortController>();

  const post = (message: StoreMessage, transfer: readonly ArrayBuffer[] = []): void =>
    port.postMessage(message, transfer);

  async function answer(call: StoreCall): Promise<void> {
    const { id } = call;
    const stop = new AbortController();
    calls.set(id, stop);
    try {
      const done = await store.do(call, stop.signal, ({ doneBytes, totalBytes, file }) => {
        if (calls.has(id)) post({ kind: 'progress', id, doneBytes, totalBytes, file });
      });
      post({ kind: 'done', id, answer: done }, transferable(done));
    } catch (thrown) {
      // Errors of libraries have been judged before: what is none of ours is a bug.
      if (!(thrown instanceof ServingError)) {
        log.error({ stack: thrown instanceof Error ? thrown.stack : '' }, 'a call failed by a bug');
      }
      post(failure(thrown, id));
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
    const command = StoreCommand.parse(message);
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

function failure(thrown: unknown, id: number): StoreMessage {
  const { code, message } = asServingError(thrown);
  const storeCode = thrown instanceof StoreError ? { storeCode: thrown.storeCode } : {};
  return { kind: 'failed', id, code, ...storeCode, message };
}

/** What need not be copied on its way. */
function transferable(answer: StoreAnswer): readonly ArrayBuffer[] {
  if ('bytes' in answer) return ownBuffer(answer.bytes);
  return 'sizesAndTimes' in answer ? ownBuffer(answer.sizesAndTimes) : [];
}

function ownBuffer({ buffer }: Uint8Array | Float64Array): readonly ArrayBuffer[] {
  return buffer instanceof ArrayBuffer ? [buffer] : [];
}
