import { constants, type ServerHttp2Stream } from 'node:http2';
import { Duplex } from 'node:stream';
import { type Metadata, ServerInterceptingCall, type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { ServableVersion } from '../../contracts/ids.ts';
import type { InferenceResponse } from '../../contracts/model-servable.ts';
import type { ApiMethod, RequestObserver } from '../../contracts/request-outcome.ts';
import { asServingError, type ErrorCode, ServingError } from '../../contracts/serving-error.ts';
import type { Guard, GuardedRequest } from '../http/guard.ts';
import { readRequestFacts } from '../http/request-facts.ts';
import { OK, statusOf } from './status.ts';

/** What comes before a message: whether it is compressed, and its length. */
const FRAME_HEADER_BYTES = 5;
/** A client's own deadline ends before ours by the time that its request took to get here. */
const DEADLINE_SLACK_MS = 50;

/** What the calls of one server share. */
export interface CallContext {
  /** @returns why the call is refused, or undefined. Called for every call, whatever it is for. */
  readonly guard: Guard;
  readonly observer: RequestObserver;
  /** Told of errors that are bugs. */
  readonly onFailure: (path: string, error: unknown) => void;
  readonly onRefused: (path: string, reason: string) => void;
  /** The calls that are not answered yet. */
  readonly open: Set<GrpcCall>;
  /** Bytes of the requests of unary calls that are held at one time, of those too that are still arriving. */
  readonly memory: { readonly maxBytes: number; usedBytes: number };
}

/**
 * One call, driven directly by the library's transport: from the guard to the one outcome that its observer is told.
 * The library's own handlers make a stream object for each call, which costs a good part of a small prediction.
 */
export abstract class GrpcCall extends ServerInterceptingCall {
  readonly path: string;
  /** What is known of the outcome so far, for the observer. */
  model = '';
  version: ServableVersion | undefined;
  /** Set where a model ran. */
  result: InferenceResponse | undefined;
  protected readonly base: ServerInterceptingCallInterface;
  protected readonly context: CallContext;
  protected request: Buffer | undefined;
  protected responseBytes = 0;
  protected ended = false;
  readonly #method: ApiMethod;
  readonly #startedAtMs = Date.now();
  readonly #startMs = performance.now();

  constructor(path: string, method: ApiMethod, base: ServerInterceptingCallInterface, context: CallContext) {
    super(base);
    this.path = path;
    this.#method = method;
    this.base = base;
    this.context = context;
  }

  /** Begins the call; the listener of the library's own handler is not used. */
  override start(): void {
    this.context.open.add(this);
    this.base.start(this);
  }

  onReceiveMetadata(metadata: Metadata): void {
    try {
      const refusal = this.context.guard({
        method: 'POST',
        url: this.path,
        localAddress: this.base.getConnectionInfo().localAddress,
        facts: factsOf(this.base.getHost(), metadata),
      });
      if (refusal === undefined) {
        this.onAdmitted();
      } else {
        this.context.onRefused(this.path, refusal);
        this.fail(new ServingError('PERMISSION_DENIED', refusal));
      }
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
    const { result, request } = this;
    this.context.observer({
      entrypoint: 'GRPC',
      method: this.#method,
      model: this.model,
      version: this.version,
      code,
      httpStatus: undefined,
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
  /** What the call counts for in the memory of all. */
  #heldBytes = 0;
  #stream: Pick<ServerHttp2Stream, 'close'> | undefined;
  /** When the request last went on; undefined where it is not read, and when it is complete. */
  #arrivingMs: number | undefined;

  constructor(
    handler: UnaryHandler,
    path: string,
    method: ApiMethod,
    base: ServerInterceptingCallInterface,
    context: CallContext,
  ) {
    super(path, method, base, context);
    this.#handler = handler;
  }

  protected override onAdmitted(): void {
    this.#arrivingMs = performance.now();
    // There is no public way to see a message grow; a test holds every version of the library to this one.
    const stream: unknown = Reflect.get(this.base, 'stream');
    if (isHttp2Stream(stream)) {
      this.#stream = stream;
      stream.on('data', (bytes: Uint8Array) => this.#onBytes(bytes.length));
    }
    this.base.startRead();
  }

  #onBytes(length: number): void {
    if (this.ended || this.request !== undefined) return;
    this.#arrivingMs = performance.now();
    this.#hold(this.#heldBytes + (this.#heldBytes === 0 ? Math.max(0, length - FRAME_HEADER_BYTES) : length));
  }

  /** Counts so many bytes for the call. @returns false where they are too many, and the call has failed. */
  #hold(bytes: number): boolean {
    const { memory } = this.context;
    const others = memory.usedBytes - this.#heldBytes;
    if (others + bytes > memory.maxBytes) {
      this.fail(
        new ServingError(
          'RESOURCE_EXHAUSTED',
          `Server holds ${others} bytes of requests and takes at most ${memory.maxBytes}; try again later`,
        ),
      );
      return false;
    }
    memory.usedBytes = others + bytes;
    this.#heldBytes = bytes;
    return true;
  }

  /** Fails the call where its request stopped arriving before this moment of `performance.now()`. */
  failIfSilentSince(moment: number): void {
    if (this.#arrivingMs === undefined || this.#arrivingMs > moment) return;
    this.fail(new ServingError('DEADLINE_EXCEEDED', 'The rest of the request did not arrive in time'));
  }

  override onReceiveMessage(message: unknown): void {
    if (this.ended) return;
    if (!Buffer.isBuffer(message) || this.request !== undefined) {
      this.fail(new ServingError('UNIMPLEMENTED', `Received a second request message for unary method ${this.path}`));
      return;
    }
    // It may have come compressed.
    if (!this.#hold(message.length)) return;
    this.request = message;
    this.base.startRead();
  }

  override onReceiveHalfClose(): void {
    if (this.ended) return;
    if (this.request === undefined) {
      this.fail(new ServingError('UNIMPLEMENTED', `Received no request message for unary method ${this.path}`));
      return;
    }
    this.#arrivingMs = undefined;
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
    this.base.sendMessage(message, ignore);
    this.base.sendStatus(OK);
    this.end('OK', undefined, message);
  }

  protected override onAbandoned(error: ServingError): void {
    this.onGivenUp?.(error);
  }

  protected override end(...outcome: Parameters<GrpcCall['end']>): void {
    this.context.memory.usedBytes -= this.#heldBytes;
    // The library keeps a part of a message as long as the client keeps the stream; and it would read the rest.
    if (this.request === undefined) this.#stream?.close(constants.NGHTTP2_NO_ERROR);
    this.#arrivingMs = undefined;
    super.end(...outcome);
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
  ) {
    super(path, method, base, context);
    this.#open = open;
  }

  protected override onAdmitted(): void {
    this.#handler = this.#open(this);
    this.base.startRead();
  }

  override onReceiveMessage(message: unknown): void {
    if (this.ended || !Buffer.isBuffer(message)) return;
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
    this.base.sendMessage(message, onSent);
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

function isHttp2Stream(stream: unknown): stream is Pick<ServerHttp2Stream, 'on' | 'close'> {
  return stream instanceof Duplex && 'close' in stream && typeof stream.close === 'function';
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
