import { EventEmitter } from 'node:events';
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { Duplex, PassThrough } from 'node:stream';
import { Server, ServerCredentials, ServerInterceptingCall, type ServerInterceptingCallInterface } from '@grpc/grpc-js';

/*
 * All that is done with parts of the gRPC library that are not public: it has limits for a whole server only, none for
 * what compressed messages inflate to together, and shows no message before it is complete. The parts are looked for at
 * every start, and tests hold every version of the library to what they do.
 */

/** The longest time that a timer can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** The same in the form of the header. */
const MAX_TIMEOUT = `${Math.floor(MAX_TIMER_MS / 1000)}S`;
/** As the library reads it: it takes the first thing that looks so. */
const TIMEOUT = /(\d{1,8})\s*([HMSmun])/u;
const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000 };
/** For the look at the library. */
const PROBE_PATH = '/slipway.Probe/Probe';

/** The library's end of one call, as its transport sees it. */
export interface LibraryCall extends ServerInterceptingCallInterface {
  readonly stream: ServerHttp2Stream;
  /** What `grpc-encoding` says. */
  readonly incomingEncoding: string;
  readonly decoder: { maxReadMessageLength: number };
  maxReceiveMessageSize: number;
  /** Its own length of 5 bytes is before the message. */
  decompressMessage: (framed: Buffer, encoding: string) => Buffer | Promise<Buffer>;
}

/** Inflates a message. What it rejects with is not sent: the call must have failed by then. */
export type Inflate = (message: Buffer, encoding: string) => Promise<Buffer>;

const FRAME_HEADER_BYTES = 5;

/** @throws Error where the library has changed. */
export function libraryCall(base: ServerInterceptingCallInterface): LibraryCall {
  if (!isLibraryCall(base)) throw changed('a call');
  return base;
}

/** Refuses messages of the call that are larger; to be called before the first is read. */
export function limitMessages(call: LibraryCall, maxBytes: number): void {
  call.decoder.maxReadMessageLength = maxBytes;
  call.maxReceiveMessageSize = maxBytes;
}

/** Takes the call's compressed messages to a function of ours; to be called before the first is read. */
export function inflateWith(call: LibraryCall, inflate: Inflate): void {
  call.decompressMessage = (framed, encoding) => {
    const message = framed.subarray(FRAME_HEADER_BYTES);
    return encoding === 'identity' ? message : inflate(message, encoding);
  };
}

/**
 * Makes the library hand every call to its interceptors, those of unknown methods too, which it would answer before any
 * guard is asked; and gives no deadline to it that is longer than its timers, which it would take for none at all.
 * To be called once the connection injector is there.
 * @param onSession called for each connection that HTTP/2 is spoken on, or is to be.
 * @throws Error where the library has changed.
 */
export function openLibrary(library: Server, onSession: (session: ServerHttp2Session) => void): void {
  if (typeof Reflect.get(library, '_retrieveHandler') !== 'function') throw changed('its handlers');
  Object.defineProperty(library, '_retrieveHandler', { value: libraryHandler });
  const transport = transportOf(library);
  transport.prependListener('stream', (_stream: unknown, headers: IncomingHttpHeaders) => clampTimeout(headers));
  transport.on('session', onSession);
}

/**
 * Looks at the parts of the library on which the limits of calls depend.
 * @throws Error where it has changed: better no server than one without limits.
 */
export function checkLibrary(): void {
  const stream: Duplex = new PassThrough();
  const seen: ServerInterceptingCallInterface[] = [];
  const library = new Server({
    'grpc.enable_channelz': 0,
    interceptors: [
      (_method, base) => {
        seen.push(base);
        return new ProbeCall(base);
      },
    ],
  });
  library.createConnectionInjector(ServerCredentials.createInsecure());
  openLibrary(library, () => undefined);
  const transport = transportOf(library);
  transport.emit('stream', stream, { ':path': PROBE_PATH, 'content-type': 'application/grpc' });
  stream.destroy();
  const [base] = seen;
  if (base === undefined) throw changed('its interceptors');
  if (libraryCall(base).stream !== stream) throw changed('the stream of a call');
}

class ProbeCall extends ServerInterceptingCall {
  override start(): void {
    // Nobody is there to call.
  }
}

/** Shortens a deadline that is too long for a timer. */
export function clampTimeout(headers: IncomingHttpHeaders): void {
  const header = headers['grpc-timeout'];
  if (header === undefined) return;
  const [, digits, unit = ''] = TIMEOUT.exec(String(header)) ?? [];
  // Eight digits of a smaller unit are less than a timer can wait.
  const unitMs = UNIT_MS[unit];
  if (unitMs !== undefined && Number(digits) * unitMs > MAX_TIMER_MS) headers['grpc-timeout'] = MAX_TIMEOUT;
}

/** The HTTP/2 server that connections are injected into. */
function transportOf(library: Server): EventEmitter {
  const transports: unknown = Reflect.get(library, 'http2Servers');
  const transport: unknown = transports instanceof Map ? transports.keys().next().value : undefined;
  if (!isEmitter(transport) || transport.listenerCount('stream') === 0) throw changed('its transport');
  return transport;
}

function isEmitter(value: unknown): value is EventEmitter {
  return value instanceof EventEmitter;
}

function isLibraryCall(base: ServerInterceptingCallInterface): base is LibraryCall {
  return (
    'stream' in base &&
    base.stream instanceof Duplex &&
    'incomingEncoding' in base &&
    typeof base.incomingEncoding === 'string' &&
    'decoder' in base &&
    typeof base.decoder === 'object' &&
    base.decoder !== null &&
    'maxReadMessageLength' in base.decoder &&
    typeof base.decoder.maxReadMessageLength === 'number' &&
    'maxReceiveMessageSize' in base &&
    typeof base.maxReceiveMessageSize === 'number' &&
    'decompressMessage' in base &&
    typeof base.decompressMessage === 'function'
  );
}

/** What the library needs to know of a method: messages stay bytes, and its handler is not used. */
function libraryHandler(path: unknown): object {
  return { type: 'unary', path: String(path), func: unused, serialize: asItIs, deserialize: asItIs };
}

function asItIs(message: Buffer): Buffer {
  return message;
}

function unused(): void {
  // Calls are driven by GrpcCall.
}

function changed(what: string): Error {
  return new Error(`@grpc/grpc-js has changed in ${what}, on which the limits of gRPC calls depend: use version 1.14`);
}
