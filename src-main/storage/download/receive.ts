import { Readable } from 'node:stream';
import { ServingError } from '../../contracts/serving-error.ts';
import { errnoOf } from '../errno.ts';
import { bytesInWords } from '../words.ts';
import type { ObjectChecksum, ObjectReader, RemoteObject } from './object-reader.ts';
import { TransferError } from './transfer-error.ts';

/** When a connection counts as dead. */
export interface Patience {
  /** Longest wait for the head of an answer, and between two pieces of its body. */
  readonly idleTimeoutMs: number;
  /** Fewer bytes in each second, over {@link slowForMs} of waiting, count as none. */
  readonly minBytesPerSecond: number;
  readonly slowForMs: number;
}

/** What is done with an answer. */
export interface Receiver {
  /** Called before the first bytes, with what the answer says about the whole object. */
  readonly onHead: (checksum: ObjectChecksum | undefined) => void;
  /** Called with bytes that are valid until it returns, or its promise resolves; undefined: it is ready for more. */
  readonly onBytes: (bytes: Uint8Array) => Promise<void> | undefined;
}

/**
 * Makes one request and hands on what comes, piece by piece, until the range is complete.
 * Time that `onBytes` takes does not count as waiting. A reader that ignores its signal is left behind.
 * @throws TransferError `stalled`, `truncated` or `bad server`; ServingError UNAVAILABLE for a broken connection; what
 *   the reader and `onBytes` throw; the signal's reason when it aborts.
 */
export async function receive(
  request: {
    readonly reader: ObjectReader;
    readonly object: RemoteObject;
    readonly start: number;
    readonly end: number;
  },
  { onHead, onBytes }: Receiver,
  patience: Patience,
  signal: AbortSignal,
): Promise<void> {
  const { reader, object, start, end } = request;
  const length = end - start;
  const dead = new AbortController();
  const over = AbortSignal.any([signal, dead.signal]);
  let received = 0;
  let waiting: { readonly sinceMs: number } | undefined;
  const slow = { waitedMs: 0, received: 0 };

  const giveUp = (words: string): void => {
    const so = `${bytesInWords(received)} of ${bytesInWords(length)} of this request had come`;
    dead.abort(new TransferError('stalled', `${object.path}: ${words}; ${so}`));
  };
  const everyMs = Math.max(1, Math.min(1000, patience.idleTimeoutMs / 4));
  const timer = setInterval(() => {
    if (!waiting) return;
    const waitedMs = performance.now() - waiting.sinceMs;
    if (waitedMs >= patience.idleTimeoutMs) giveUp(`nothing came for ${seconds(patience.idleTimeoutMs)}`);
    if (slow.waitedMs + waitedMs < patience.slowForMs) return;
    const least = (patience.minBytesPerSecond * patience.slowForMs) / 1000;
    if (received - slow.received < least) giveUp(`next to nothing came for ${seconds(patience.slowForMs)}`);
    slow.received = received;
    slow.waitedMs = -waitedMs;
  }, everyMs);
  const awaited = async <T>(promise: Promise<T>): Promise<T> => {
    const sinceMs = performance.now();
    waiting = { sinceMs };
    try {
      return await unlessAborted(over, promise);
    } finally {
      waiting = undefined;
      slow.waitedMs += performance.now() - sinceMs;
    }
  };

  const onPiece = (piece: Uint8Array): Promise<void> | undefined => {
    received += piece.length;
    if (received > length) {
      throw new TransferError('bad server', `${object.path}: the server sent more bytes than it was asked for`);
    }
    return onBytes(piece);
  };
  /** The same for streams, which need no promise for each piece: those cost more than the bytes in them. */
  const flow = (body: Readable): Promise<void> => {
    const startWaiting = (): void => {
      waiting = { sinceMs: performance.now() };
    };
    const stopWaiting = (): void => {
      if (waiting) slow.waitedMs += performance.now() - waiting.sinceMs;
      waiting = undefined;
    };
    const take = (piece: Uint8Array): Promise<void> | undefined => {
      stopWaiting();
      const busy = onPiece(piece);
      if (!busy) startWaiting();
      return busy?.then(startWaiting);
    };
    startWaiting();
    return flowThrough(body, take, over).finally(stopWaiting);
  };

  let iterator: AsyncIterator<Uint8Array> | undefined;
  let stream: Readable | undefined;
  try {
    const { body, checksum } = await awaited(reader.read(object, start, end, over));
    if (body instanceof Readable) stream = body;
    else iterator = body[Symbol.asyncIterator]();
    onHead(checksum);
    if (stream) await flow(stream);
    while (iterator) {
      const piece = await awaited(iterator.next());
      if (piece.done === true) break;
      await onPiece(piece.value);
    }
    if (received < length) {
      const words = `ended after ${bytesInWords(received)} of ${bytesInWords(length)}`;
      throw new TransferError('truncated', `${object.path}: the server's answer ${words}`);
    }
  } catch (error) {
    // Closes the connection, whatever the reader is doing; a body that does not end is not waited for.
    dead.abort(error);
    iterator?.return?.().catch(() => undefined);
    stream?.destroy();
    if (signal.aborted || error instanceof ServingError) throw error;
    const errno = errnoOf(error);
    if (errno === undefined && error instanceof Error && error.name === 'TimeoutError') {
      throw new TransferError('stalled', `${object.path}: the server stopped sending`, { cause: error });
    }
    const words = `the connection broke${errno === undefined ? '' : ` (${errno})`}`;
    throw new ServingError('UNAVAILABLE', `${object.path}: ${words}`, { cause: error });
  } finally {
    clearInterval(timer);
  }
}

/**
 * Hands on what a stream brings until its end; it rests as long as a piece is being worked on.
 * Rejects with what breaks it, and with the signal's reason, but not before the work on a piece has ended.
 */
function flowThrough(
  body: Readable,
  onPiece: (piece: Uint8Array) => Promise<void> | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let busy: Promise<void> | undefined;
  const fail = (reason: unknown): void => {
    body.destroy();
    const give = (): void => reject(reason);
    // Not at once: it may be the work on a piece, which is about to begin, that makes it fail.
    void Promise.resolve()
      .then(() => busy)
      .then(give, give);
  };
  const onAbort = (): void => fail(signal.reason);
  body.on('error', fail);
  body.once('end', resolve);
  body.once('close', () => fail(new Error('the answer broke off')));
  body.on('data', (piece: unknown) => {
    try {
      if (!(piece instanceof Uint8Array)) throw new Error('a body of text');
      busy = onPiece(piece);
      if (!busy) return;
      body.pause();
      busy.then(() => {
        busy = undefined;
        body.resume();
      }, fail);
    } catch (error) {
      fail(error);
    }
  });
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return promise.finally(() => signal.removeEventListener('abort', onAbort));
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

/** The result, or a rejection with the signal's reason as soon as it aborts. */
function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    // eslint-disable-next-line typescript/prefer-promise-reject-errors -- a reason is an error wherever it comes from
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
