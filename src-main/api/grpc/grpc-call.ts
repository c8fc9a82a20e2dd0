import { constants, type Http2Session } from 'node:http2';
import { type Metadata, ServerInterceptingCall, type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { ServableVersion } from '../../contracts/ids.ts';
import type { InferenceResponse } from '../../contracts/model-servable.ts';
import type { ApiMethod, RefusedCall, RequestObserver } from '../../contracts/request-outcome.ts';
import { asServingError, type ErrorCode, ServingError } from '../../contracts/serving-error.ts';
import type { Access, ConnectionEnds } from '../http/access.ts';
import type { Guard, GuardedRequest } from '../http/guard.ts';
import { readRequestFacts } from '../http/request-facts.ts';
import { inflateMessage } from './inflate.ts';
import { inflateWith, type LibraryCall, libraryCall, limitMessages } from './library-internals.ts';
import { OK, statusOf } from './status.ts';

/** What comes before a message: whether it is compressed, and its length. */
const FRAME_HEADER_BYTES = 5;
/** What a part of a message counts at least, but for the first: each is an object, however small. */
const MIN_PART_BYTES = 256;
/** A client that takes its response slower than this is cut, though it takes some. */
const MIN_BYTES_PER_SECOND = 64 * 1024;
/** A client's own deadline ends before ours by the time that its request took to get here. */
const DEADLINE_SLACK_MS = 50;

/** What the calls of one server share. */
export interface CallContext {
  /** @returns why the call is refused, or undefined. Called for every call, whatever it is for. */
  readonly guard: Guard;
  /** Asked after the guard, and for streams again when something about access has changed. */
  readonly access: Access | undefined;
  readonly observer: RequestObserver;
  /** Told of each call that is let in, with its connection. */
  readonly onLetIn: (ends: ConnectionEnds) => void;
  /** Told of errors that are bugs. */
  readonly onFailure: (path: string, error: unknown) => void;
  readonly onRefused: (path: string, call: RefusedCall) => void;
  /** The calls that are not answered yet. */
  readonly open: Set<GrpcCall>;
  /** Ends a connection whether it takes what is still to be written or not, for which HTTP/2 itself would wait. */
  readonly cutConnection: (session: Http2Session) => void;
  /** Those with a message that has not left for the network. */
  readonly sending: Set<GrpcCall>;
  /** Largest message that a client may send. */
  readonly maxMessageBytes: number;
  /**
   * Bytes of requests that are held at one time, of those too that are still arriving, and of responses that their clients
   * have not taken; of each at most `maxBytes`, but that no response is thrown away for it.
   */
  readonly memory: { readonly maxBytes: number; usedBytes: number; responseBytes: number };
}

/**
 * One call, driven directly by the library's transport: from the guard to the one outcome that its observer is told, unless it was refused.
 * The library's own handlers make a stream object for each call, which costs a good part of a small prediction.
 */
export abstract class GrpcCall extends ServerInterceptingCall {
  readonly path: string;
  /** What is known of the outcome so far, for the observer. */
  model = '';
  version: ServableVersion | undefined;
  /** Set where a model ran. */
  result: InferenceResponse | undefined;
  protected readonly base: LibraryCall;
  protected readonly context: CallContext;
  protected request: Buffer | undefined;
  protected responseBytes = 0;
  protected ended = false;
  readonly #method: ApiMethod;
  readonly #startedAtMs = Date.now();
  readonly #startMs = performance.now();
  readonly #maxRequestBytes: number;
  #authorization: readonly string[] = [];
  /** Who called may not, whatever for. */
  #isRefused = false;
  #isRead = false;
  #client: string | undefined;
  /** What the call's request counts for in the memory of all. */
  #heldBytes = 0;
  /** Since when a message is waited for; undefined where none is, and when it is complete. */
  #arrivingSinceMs: number | undefined;
  /** What has come of the first message's header. */
  #headerBytes = 0;
  #declaredBytes = 0;
  /** Compressed messages are inflated one after the other. */
  #inflating: Promise<unknown> | undefined;
  #sendingBytes = 0;
  #sendingSinceMs = 0;
  /** When its connection last took something, and how much it had taken then. */
  #takenAtMs = 0;
  #takenBytes = -1;
  #isCut = false;

  constructor(
    path: string,
    method: ApiMethod,
    base: ServerInterceptingCallInterface,
    context: CallContext,
    maxRequestBytes = context.maxMessageBytes,
  ) {
    super(base);
    this.path = path;
    this.#method = method;
    this.base = libraryCall(base);
    this.context = context;
    this.#maxRequestBytes = Math.min(maxRequestBytes, context.maxMessageBytes);
  }

  /** Begins the call; the listener of the library's own handler is not used. */
  override start(): void {
    this.context.open.add(this);
    this.base.start(this);
  }

  onReceiveMetadata(metadata: Metadata): void {
    try {
      this.#client = metadata.get('user-agent').map(String)[0];
      const refusal = this.context.guard({
        method: 'POST',
        url: this.path,
        localAddress: this.base.getConnectionInfo().localAddress,
        facts: factsOf(this.base.getHost(), metadata),
      });
      if (refusal !== undefined) {
        this.#refuse('PERMISSION_DENIED', refusal);
        return;
      }
      if (this.context.access !== undefined) this.#authorization = metadata.get('authorization').map(String);
      this.checkAccess();
      if (!this.ended) this.onAdmitted();
    } catch (error) {
      this.failUnexpectedly(error);
    }
  }

  abstract onReceiveMessage(message: unknown): void;
  abstract onReceiveHalfClose(): void;

  /** Called by the library when the call is over for whatever reason, an answer included. */
  onCancel(): void {
    if (this.ended) return;
    const late = Number(this.base.getDeadline()) - Date.now() <= DEADLINE_SLACK_MS;
    const error = late
      ? new ServingError('DEADLINE_EXCEEDED', 'Deadline exceeded')
      : new ServingError('CANCELLED', 'client cancelled the call');
    this.end(error.code, error.message, undefined);
    this.onAbandoned(error);
  }

  /** Fails the call where who makes it may not, or may not any more. */
  checkAccess(): void {
    const ends = this.base.getConnectionInfo();
    const denied = this.context.access?.(this.#authorization, ends);
    if (denied !== undefined) this.#refuse('UNAUTHENTICATED', denied.message);
    else this.context.onLetIn(ends);
  }

  #refuse(code: RefusedCall['code'], reason: string): void {
    this.#isRefused = true;
    const address = this.base.getConnectionInfo().remoteAddress;
    this.context.onRefused(this.path, { entrypoint: 'GRPC', code, address, reason });
    this.fail(new ServingError(code, reason));
  }

  /** Ends the call with an error of the server's own doing, and the work for it. */
  giveUp(error: ServingError): void {
    if (this.ended) return;
    this.fail(error);
    this.onAbandoned(error);
  }

  /** Ends the call with an error, once; what comes later is dropped. */
  fail(error: ServingError): void {
    if (this.ended) return;
    const status = statusOf(error);
    this.base.sendStatus(status);
    this.end(error.code, status.details, undefined);
  }

  /** Fails the call where a message of the client has been waited for since this moment of `performance.now()`. */
  failIfWaitingSince(moment: number): void {
    if (this.#arrivingSinceMs === undefined || this.#arrivingSinceMs > moment) return;
    this.fail(new ServingError('DEADLINE_EXCEEDED', 'The rest of the request did not arrive in time'));
  }

  /**
   * Ends the stream of a client that does not take its response, and then its connection.
   * @param nowMs of `performance.now()`.
   * @param timeoutMs time in which a connection has to take something.
   */
  cutIfStalled(nowMs: number, timeoutMs: number): void {
    const { stream } = this.base;
    if (stream.destroyed || this.#isCut) {
      // A stream that was cut is gone by now, unless its connection takes nothing at all.
      if (!stream.destroyed && stream.session !== undefined) this.context.cutConnection(stream.session);
      this.#sent(this.#sendingBytes);
      return;
    }
    const takenBytes = stream.session?.socket.bytesWritten ?? 0;
    if (takenBytes !== this.#takenBytes) {
      this.#takenBytes = takenBytes;
      this.#takenAtMs = nowMs;
    }
    const slowestMs = timeoutMs + (this.#sendingBytes / MIN_BYTES_PER_SECOND) * 1000;
    if (nowMs - this.#takenAtMs < timeoutMs && nowMs - this.#sendingSinceMs < slowestMs) return;
    this.#isCut = true;
    stream.close(constants.NGHTTP2_CANCEL);
  }

  /** Asks for the first message. */
  protected startReading(): void {
    this.#isRead = true;
    this.#arrivingSinceMs = this.#startMs;
    limitMessages(this.base, this.#maxRequestBytes);
    if (this.base.incomingEncoding !== 'identity') {
      inflateWith(this.base, (message, encoding) => this.#inflate(message, encoding));
    }
    // Before the library sees them.
    this.base.stream.prependListener('data', (bytes: Uint8Array) => this.#onBytes(bytes));
    this.base.startRead();
  }

  /** To be called with each message. @returns false where it is too much, and the call has failed. */
  protected hold(bytes: number): boolean {
    const { memory } = this.context;
    const others = memory.usedBytes - this.#heldBytes;
    const isTooMuch = others + bytes > memory.maxBytes;
    if (bytes > this.#heldBytes && (isTooMuch || memory.responseBytes > memory.maxBytes)) {
      const held = isTooMuch ? `${others} bytes of requests` : `${memory.responseBytes} bytes of responses`;
      const message = `Server holds ${held} and takes at most ${memory.maxBytes}; try again later`;
      this.fail(new ServingError('RESOURCE_EXHAUSTED', message));
      return false;
    }
    memory.usedBytes = others + bytes;
    this.#heldBytes = bytes;
    return true;
  }

  /** To be called when a message is complete, and no other one is waited for. */
  protected arrived(): void {
    this.#arrivingSinceMs = undefined;
  }

  /** @param onSent called when the message has left. */
  protected sendMessageCounted(message: Buffer, onSent: () => void): void {
    const { memory, sending } = this.context;
    const { length } = message;
    memory.responseBytes += length;
    if (this.#sendingBytes === 0) {
      this.#sendingSinceMs = performance.now();
      this.#takenBytes = -1;
    }
    this.#sendingBytes += length;
    sending.add(this);
    this.base.sendMessage(message, () => {
      this.#sent(length);
      onSent();
    });
  }

  #sent(bytes: number): void {
    const { memory, sending } = this.context;
    // It may have been cut before.
    const left = Math.min(bytes, this.#sendingBytes);
    memory.responseBytes -= left;
    this.#sendingBytes -= left;
    if (this.#sendingBytes === 0) sending.delete(this);
  }

  #onBytes(bytes: Uint8Array): void {
    if (this.ended || this.request !== undefined) return;
    this.#arrivingSinceMs ??= performance.now();
    if (this.#headerBytes < FRAME_HEADER_BYTES && !this.#readHeader(bytes)) return;
    this.hold(
      this.#heldBytes === 0
        ? Math.max(0, bytes.length - FRAME_HEADER_BYTES)
        : this.#heldBytes + Math.max(bytes.length, MIN_PART_BYTES),
    );
  }

  /** Reads on in the first message's length. @returns false where it is too large, and the call has failed. */
  #readHeader(bytes: Uint8Array): boolean {
    for (let at = 0; at < bytes.length && this.#headerBytes < FRAME_HEADER_BYTES; at += 1) {
      // The first byte tells whether it is compressed.
      if (this.#headerBytes > 0) this.#declaredBytes = this.#declaredBytes * 256 + (bytes[at] ?? 0);
      this.#headerBytes += 1;
    }
    if (this.#headerBytes < FRAME_HEADER_BYTES || this.#declaredBytes <= this.#maxRequestBytes) return true;
    const message = `Received message larger than max (${this.#declaredBytes} vs ${this.#maxRequestBytes})`;
    this.fail(new ServingError('RESOURCE_EXHAUSTED', message));
    return false;
  }

  async #inflate(message: Buffer, encoding: string): Promise<Buffer> {
    const before = this.#inflating;
    const inflated = (async () => {
      await before;
      return inflateMessage(message, encoding, {
        maxBytes: this.#maxRequestBytes,
        onGrown: (bytes) =>
          this.ended || !this.hold(message.length + bytes) ? new ServingError('CANCELLED', 'nobody waits') : undefined,
      });
    })();
    this.#inflating = inflated.catch(ignore);
    try {
      return await inflated;
    } catch (error) {
      this.failUnexpectedly(error);
      throw error;
    }
  }

  protected failUnexpectedly(thrown: unknown): void {
    const error = asServingError(thrown);
    if (error.code === 'INTERNAL') this.context.onFailure(this.path, thrown);
    this.fail(error);
  }

  /** The guard let the call pass. */
  protected abstract onAdmitted(): void;
  /** Nobody waits any more; not called where the call ended before. */
  protected abstract onAbandoned(error: ServingError): void;

  /** Tells the observer; the status has been sent, or nobody waits for it. */
  protected end(code: 'OK' | ErrorCode, error: string | undefined, responseBody: Uint8Array | undefined): void {
    this.ended = true;
    this.context.open.delete(this);
    this.context.memory.usedBytes -= this.#heldBytes;
    this.#heldBytes = 0;
    // The library keeps a part of a message as long as the client keeps the stream; and it would read the rest. A stream of
    // which nothing is read would be kept as long as its client does not close its side.
    if (this.#arrivingSinceMs !== undefined || !this.#isRead) this.base.stream.close(constants.NGHTTP2_NO_ERROR);
    this.#arrivingSinceMs = undefined;
    // As over REST: strangers must not fill the record of calls, nor what is counted of them.
    if (this.#isRefused) return;
    const { result, request } = this;
    this.context.observer({
      entrypoint: 'GRPC',
      method: this.#method,
      model: this.model,
      version: this.version,
      code,
      httpStatus: undefined,
      client: this.#client,
      error,
      startedAtMs: this.#startedAtMs,
      durationMs: performance.now() - this.#startMs,
      queueMs: result?.queueMs,
      runMs: result?.runMs,
      batchRows: result?.batchRows,
      rows: result?.rows,
      runRows: result?.runRows,
      paddingRows: result?.paddingRows,
      requestBytes: request?.length ?? 0,
      responseBytes: this.responseBytes,
      requestBody: request === undefined ? [] : [request],
      responseBody,
      encoding: 'proto',
    });
  }
}

/** A call of a method that there is none of. */
export class UnknownCall extends GrpcCall {
  protected override onAdmitted(): void {
    this.fail(new ServingError('UNIMPLEMENTED', `The server does not implement the method ${this.path}`));
  }
  override onReceiveMessage(): void {
    // It is answered before it is read.
  }
  override onReceiveHalfClose(): void {
    // As above.
  }
  protected override onAbandoned(): void {
    // Nobody works for it.
  }
}

/** Answers a call with one message, or lets it fail; may do so after it returned. What it throws fails the call. */
export type UnaryHandler = (call: UnaryCall, request: Buffer) => void;

/** A call with one request message and one response message. */
export class UnaryCall extends GrpcCall {
  /** Called when nobody waits any more, with what to tell those who work for it. */
  onGivenUp: ((error: ServingError) => void) | undefined;
  readonly #handler: UnaryHandler;

  constructor(
    handler: UnaryHandler,
    path: string,
    method: ApiMethod,
    base: ServerInterceptingCallInterface,
    context: CallContext,
    maxRequestBytes?: number,
  ) {
    super(path, method, base, context, maxRequestBytes);
    this.#handler = handler;
  }

  protected override onAdmitted(): void {
    this.startReading();
  }

  override onReceiveMessage(message: unknown): void {
    if (this.ended) return;
    if (!Buffer.isBuffer(message) || this.request !== undefined) {
      this.fail(new ServingError('UNIMPLEMENTED', `Received a second request message for unary method ${this.path}`));
      return;
    }
    // It may have come compressed.
    if (!this.hold(message.length)) return;
    this.request = message;
    this.base.startRead();
  }

  override onReceiveHalfClose(): void {
    if (this.ended) return;
    if (this.request === undefined) {
      this.fail(new ServingError('UNIMPLEMENTED', `Received no request message for unary method ${this.path}`));
      return;
    }
    this.arrived();
    try {
      this.#handler(this, this.request);
    } catch (error) {
      this.failUnexpectedly(error);
    }
  }

  /** Sends the response and ends the call. */
  answer(response: Uint8Array): void {
    if (this.ended) return;
    const message = Buffer.isBuffer(response)
      ? response
      : Buffer.from(response.buffer, response.byteOffset, response.byteLength);
    this.responseBytes = message.length;
    // Message and status leave together; should the write fail, the connection is gone and there is nobody to tell.
    this.sendMessageCounted(message, ignore);
    this.base.sendStatus(OK);
    this.end('OK', undefined, message);
  }

  protected override onAbandoned(error: ServingError): void {
    this.onGivenUp?.(error);
  }
}

/** What a method with a stream of responses does with one call. */
export interface StreamHandler {
  /** A message came; the next one is read after {@link StreamCall.send} or {@link StreamCall.readOn}. */
  onMessage(message: Buffer): void;
  /** The call is over. */
  onEnd(): void;
}

/** A call whose responses are a stream. */
export class StreamCall extends GrpcCall {
  readonly #open: (call: StreamCall) => StreamHandler;
  #handler: StreamHandler | undefined;

  constructor(
    open: (call: StreamCall) => StreamHandler,
    path: string,
    method: ApiMethod,
    base: ServerInterceptingCallInterface,
    context: CallContext,
    maxRequestBytes?: number,
  ) {
    super(path, method, base, context, maxRequestBytes);
    this.#open = open;
  }

  protected override onAdmitted(): void {
    this.#handler = this.#open(this);
    this.startReading();
  }

  override onReceiveMessage(message: unknown): void {
    if (this.ended || !Buffer.isBuffer(message)) return;
    this.arrived();
    this.hold(0);
    try {
      this.#handler?.onMessage(message);
    } catch (error) {
      this.failUnexpectedly(error);
    }
  }

  /** The client has sent all; that ends the call, unless the handler goes on by itself. */
  override onReceiveHalfClose(): void {
    if (this.ended || this.staysOpen) return;
    this.base.sendStatus(OK);
    this.end('OK', undefined, undefined);
  }

  /** Whether the call goes on after the client's last message. */
  staysOpen = false;

  /** @param onSent called when the message has left, so that another one may be sent. */
  send(message: Buffer, onSent: () => void): void {
    if (this.ended) return;
    this.responseBytes += message.length;
    this.sendMessageCounted(message, onSent);
  }

  /** Asks for the client's next message. */
  readOn(): void {
    if (!this.ended) this.base.startRead();
  }

  protected override onAbandoned(): void {
    // The handler hears of every end in one way.
  }

  protected override end(...outcome: Parameters<GrpcCall['end']>): void {
    super.end(...outcome);
    this.#handler?.onEnd();
  }
}

const ignore = (): void => undefined;

const NO_FACTS = readRequestFacts([]);

/** The facts that the guard asks for; the rest is not looked at. */
function factsOf(host: string | undefined, metadata: Metadata): GuardedRequest['facts'] {
  const origins = metadata.get('origin');
  const sites = metadata.get('sec-fetch-site');
  return {
    ...NO_FACTS,
    host,
    hostCount: host === undefined ? 0 : 1,
    origin: origins.length === 0 ? undefined : origins.join(', '),
    originCount: origins.length,
    fetchSite: sites.length === 0 ? undefined : sites.join(',').toLowerCase(),
  };
}
