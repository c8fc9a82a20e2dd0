import type { MessagePort } from 'node:worker_threads';
import type { Logger } from '../../../contracts/logger.ts';
import { asServingError, ServingError } from '../../../contracts/serving-error.ts';
import { StoreError } from '../store-error.ts';
import { type StoreCall, StoreCommand, type StoreMessage } from '../store-protocol.ts';
import type { RemoteStore, StoreAnswer } from './remote-store.ts';

/** What only one scheme's thread can do. */
export interface SchemeExtras {
  /** @param settings of the scheme's own protocol. */
  configure(settings: unknown): void;
  /** @returns the answer; both it and the news are of the scheme's own protocol. Rejects with ServingError. */
  ask(question: unknown, signal: AbortSignal, onNews: (news: unknown) => void): Promise<unknown>;
}

/**
 * Answers the server's commands until it sends `end`.
 * @param onEnd gives back what the store holds; the thread ends after that by itself.
 */
export function serveStore(
  port: MessagePort,
  store: RemoteStore,
  log: Logger,
  onEnd: () => Promise<void>,
  extras?: SchemeExtras,
): void {
  const calls = new Map<number, AbortController>();

  const post = (message: StoreMessage, transfer: readonly ArrayBuffer[] = []): void =>
    port.postMessage(message, transfer);

  function answerCall(call: StoreCall): Promise<void> {
    const { id } = call;
    return answer(id, async (signal) => {
      const done = await store.do(call, signal, ({ doneBytes, totalBytes, file }) => {
        if (calls.has(id)) post({ kind: 'progress', id, doneBytes, totalBytes, file });
      });
      post({ kind: 'done', id, answer: done }, transferable(done));
    });
  }

  function answerQuestion(id: number, question: unknown): Promise<void> {
    return answer(id, async (signal) => {
      const asked = extras?.ask(question, signal, (news) => {
        if (calls.has(id)) post({ kind: 'news', id, news });
      });
      post({ kind: 'done', id, answer: await asked });
    });
  }

  async function answer(id: number, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const stop = new AbortController();
    calls.set(id, stop);
    try {
      await work(stop.signal);
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
        void answerCall(command.call);
        return;
      case 'ask':
        void answerQuestion(command.id, command.question);
        return;
      case 'configure':
        extras?.configure(command.settings);
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
