/**
 * Binary frames between the main process and a worker: a 16-byte header (payload length u32, type u8, call u8, two bytes
 * zero, request id u32, model handle u32; little-endian), then the payload. Request and response bodies travel as they are.
 */
import type { InferenceResponse } from '../../contracts/model-servable.ts';

/** Bytes before each payload. */
export const FRAME_HEADER_BYTES = 16;

/** Default bound on one frame's payload: above the largest request body that the server takes. */
export const MAX_FRAME_BYTES = 2 ** 31 - 1;

export const FRAME = {
  /** A control message of messages.ts as JSON. Request id and handle are 0. */
  control: 1,
  /** Main to worker: the body of a request to a model. The header says what is called: see call.ts. */
  request: 2,
  /** Main to worker: the request is no longer wanted. No payload. */
  cancel: 3,
  /**
   * Worker to main: queue and run milliseconds as two float32; batchRows, rows, runRows and paddingRows as four u32; then
   * the body of the response. See InferenceResponse.
   */
  result: 4,
  /** Worker to main: the request failed; a RequestFailure as JSON. Every request gets exactly one result or failure. */
  failure: 5,
} as const;

/** Bytes before the body in the payload of a result frame. */
const RESULT_PREFIX_BYTES = 24;

/** Bytes that break the framing: the connection cannot go on. */
export class FrameError extends Error {
  override readonly name: string = 'FrameError';
}

/** Gets each whole frame. The payload is the receiver's own. It must not throw. */
export type FrameHandler = (type: number, requestId: number, handle: number, payload: Buffer, call: number) => void;

/** A frame of at least this many missing bytes is worth reading straight into its own buffer. */
const DIRECT_READ_BYTES = 32 * 1024;

/** Cuts a byte stream into frames. A frame that spans chunks is put together in one buffer of exactly its size. */
export class FrameReader {
  readonly #onFrame: FrameHandler;
  readonly #maxFrameBytes: number;
  readonly #header = Buffer.allocUnsafeSlow(FRAME_HEADER_BYTES);
  #headerBytes = 0;
  #type = 0;
  #call = 0;
  #requestId = 0;
  #handle = 0;
  #payload: Buffer | undefined;
  #payloadBytes = 0;

  constructor(onFrame: FrameHandler, maxFrameBytes: number = MAX_FRAME_BYTES) {
    this.#onFrame = onFrame;
    this.#maxFrameBytes = maxFrameBytes;
  }

  /**
   * Takes the next bytes of the stream.
   * @param reused the chunk's memory will be written to again by its owner, so payloads are copied out of it.
   * @throws FrameError when a frame is larger than allowed.
   */
  push(chunk: Buffer, reused: boolean): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#payload) {
        const copied = chunk.copy(this.#payload, this.#payloadBytes, at);
        at += copied;
        this.filled(copied);
        continue;
      }
      if (this.#headerBytes > 0 || chunk.length - at < FRAME_HEADER_BYTES) {
        const copied = chunk.copy(this.#header, this.#headerBytes, at);
        at += copied;
        this.#headerBytes += copied;
        if (this.#headerBytes < FRAME_HEADER_BYTES) return;
        this.#headerBytes = 0;
        at += this.#begin(this.#header, 0, chunk, at, reused);
      } else {
        const bodyAt = at + FRAME_HEADER_BYTES;
        at = bodyAt + this.#begin(chunk, at, chunk, bodyAt, reused);
      }
    }
  }

  /**
   * Where the next bytes of the stream can be read to without a copy, when that is worth while; report them with
   * {@link filled} instead of {@link push}.
   */
  vacant(): Buffer | undefined {
    if (!this.#payload || this.#payload.length - this.#payloadBytes < DIRECT_READ_BYTES) return undefined;
    return this.#payload.subarray(this.#payloadBytes);
  }

  /** The first `bytes` of what {@link vacant} returned now hold the next bytes of the stream. */
  filled(bytes: number): void {
    this.#payloadBytes += bytes;
    const payload = this.#payload;
    if (!payload || this.#payloadBytes < payload.length) return;
    this.#payload = undefined;
    this.#onFrame(this.#type, this.#requestId, this.#handle, payload, this.#call);
  }

  /** Starts the frame whose header is at `headerAt`; returns how many bytes of its payload it took from the chunk. */
  #begin(header: Buffer, headerAt: number, chunk: Buffer, bodyAt: number, reused: boolean): number {
    const length = header.readUInt32LE(headerAt);
    if (length > this.#maxFrameBytes) {
      throw new FrameError(`a frame of ${length} bytes is above the limit of ${this.#maxFrameBytes}`);
    }
    this.#type = header.readUInt8(headerAt + 4);
    this.#call = header.readUInt8(headerAt + 5);
    this.#requestId = header.readUInt32LE(headerAt + 8);
    this.#handle = header.readUInt32LE(headerAt + 12);
    if (chunk.length - bodyAt < length) {
      this.#payload = Buffer.allocUnsafeSlow(length);
      this.#payloadBytes = 0;
      return 0;
    }
    const view = chunk.subarray(bodyAt, bodyAt + length);
    this.#onFrame(this.#type, this.#requestId, this.#handle, reused ? Buffer.from(view) : view, this.#call);
    return length;
  }
}

/**
 * The first frame of what has been received, and what follows it.
 * @returns undefined while it is not complete. @throws FrameError when its payload is larger than allowed.
 */
export function firstFrame(
  received: Buffer,
  maxFrameBytes: number,
): { readonly type: number; readonly payload: Buffer; readonly rest: Buffer } | undefined {
  if (received.length < FRAME_HEADER_BYTES) return undefined;
  const end = FRAME_HEADER_BYTES + received.readUInt32LE(0);
  if (end > FRAME_HEADER_BYTES + maxFrameBytes) throw new FrameError('the first frame is too large');
  if (received.length < end) return undefined;
  return {
    type: received.readUInt8(4),
    payload: received.subarray(FRAME_HEADER_BYTES, end),
    rest: received.subarray(end),
  };
}

/** @throws RangeError when the payload is too short: the peer is broken. */
export function readResult(payload: Buffer): Result {
  return {
    queueMs: payload.readFloatLE(0),
    runMs: payload.readFloatLE(4),
    batchRows: payload.readUInt32LE(8),
    rows: payload.readUInt32LE(12),
    runRows: payload.readUInt32LE(16),
    paddingRows: payload.readUInt32LE(20),
    body: payload.subarray(RESULT_PREFIX_BYTES),
  };
}

/** Where frames are written to; a net.Socket is one. */
export interface ByteSink {
  write(bytes: Uint8Array): unknown;
  cork(): void;
  uncork(): void;
}

/** What a result frame says. */
export type Result = InferenceResponse;

const SLAB_BYTES = 64 * 1024;
/** Bodies up to this size are copied beside their header: cheaper than one more vector of a `writev`. */
const COPY_BYTES = 8 * 1024;

/** Collects frames and hands them to the sink in one go. Bodies above 8 KiB are passed on without a copy. */
export class FrameWriter {
  readonly #sink: ByteSink;
  /** Bytes from #start to #end are collected; those before are with the sink, and memory is never written twice. */
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  #start = 0;
  #end = 0;
  #parts: Uint8Array[] = [];

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /**
   * Adds one frame; the chunks must not change until the sink has written them.
   * @param bytes sum of the chunks' lengths.
   * @param call of a request frame.
   */
  add(type: number, requestId: number, handle: number, chunks: readonly Uint8Array[], bytes: number, call = 0): void {
    const copied = bytes <= COPY_BYTES;
    this.#reserve(FRAME_HEADER_BYTES + (copied ? bytes : 0));
    this.#header(type, call, requestId, handle, bytes);
    if (copied) this.#copy(chunks);
    else this.#pass(chunks);
  }

  /** Adds a result frame. The body must not change until the sink has written it. */
  addResult(requestId: number, handle: number, result: Result): void {
    const { body } = result;
    const copied = body.length <= COPY_BYTES;
    this.#reserve(FRAME_HEADER_BYTES + RESULT_PREFIX_BYTES + (copied ? body.length : 0));
    this.#header(FRAME.result, 0, requestId, handle, RESULT_PREFIX_BYTES + body.length);
    this.#slab.writeFloatLE(result.queueMs, this.#end);
    this.#slab.writeFloatLE(result.runMs, this.#end + 4);
    this.#slab.writeUInt32LE(result.batchRows, this.#end + 8);
    this.#slab.writeUInt32LE(result.rows, this.#end + 12);
    this.#slab.writeUInt32LE(result.runRows, this.#end + 16);
    this.#slab.writeUInt32LE(result.paddingRows, this.#end + 20);
    this.#end += RESULT_PREFIX_BYTES;
    if (copied) this.#copy([body]);
    else this.#pass([body]);
  }

  /** Hands everything that was added to the sink, as one write where the sink can. */
  flush(): void {
    if (this.#parts.length === 0) {
      if (this.#end > this.#start) this.#sink.write(this.#slab.subarray(this.#start, this.#end));
      this.#start = this.#end;
      return;
    }
    this.#cut();
    const parts = this.#parts;
    this.#parts = [];
    this.#sink.cork();
    for (const part of parts) this.#sink.write(part);
    this.#sink.uncork();
  }

  #reserve(bytes: number): void {
    if (SLAB_BYTES - this.#end >= bytes) return;
    this.#cut();
    this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    this.#start = 0;
    this.#end = 0;
  }

  #header(type: number, call: number, requestId: number, handle: number, bytes: number): void {
    const slab = this.#slab;
    const at = this.#end;
    slab.writeUInt32LE(bytes, at);
    slab.writeUInt32LE(type | (call << 8), at + 4);
    slab.writeUInt32LE(requestId, at + 8);
    slab.writeUInt32LE(handle, at + 12);
    this.#end = at + FRAME_HEADER_BYTES;
  }

  #copy(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      this.#slab.set(chunk, this.#end);
      this.#end += chunk.length;
    }
  }

  #pass(chunks: readonly Uint8Array[]): void {
    this.#cut();
    for (const chunk of chunks) this.#parts.push(chunk);
  }

  /** Moves what the slab collected to the parts, so that the order is kept. */
  #cut(): void {
    if (this.#end > this.#start) this.#parts.push(this.#slab.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }
}
