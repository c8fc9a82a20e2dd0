import type { Socket } from 'node:net';
import type { Logger } from '../contracts/logger.ts';
import type { InferenceRequest, InferenceResponse } from '../contracts/model-servable.ts';
import { asServingError, ServingError } from '../contracts/serving-error.ts';
import { CALL, callOf } from './protocol/call.ts';
import { FRAME, FrameReader, FrameWriter, MAX_FRAME_BYTES, readResult } from './protocol/frames.ts';
import { decodeMessage, encodeMessage } from './protocol/encoding.ts';
import type { MainMessage } from './protocol/main-message.ts';
import { RequestFailure, WorkerMessage } from './protocol/worker-message.ts';

/**
 * How often the signals of waiting requests are looked at. A listener per request would cost more than its frame, and
 * nobody waits for a cancelled answer, so an abort may take effect this much later.
 */
const ABORT_CHECK_MS = 5;

/**
 * Bounds on what waits for one worker, answered or not: beyond them a request is refused rather than kept in memory. One
 * request of any size is always taken.
 */
export const MAX_PENDING_REQUESTS = 16_384;
export const MAX_PENDING_BYTES = 2 ** 31;

/** How often within `stuckMs` it is looked whether a run does not end. */
const STUCK_CHECKS = 4;

const MAX_REQUEST_ID = 0x7fff_ffff;
const NO_CHUNKS: readonly Uint8Array[] = [];

interface Pending {
  readonly handle: number;
  readonly bytes: number;
  readonly sentMs: number;
  readonly signal: AbortSignal;
  readonly resolve: (response: InferenceResponse) => void;
  readonly reject: (error: ServingError) => void;
  /** Whether the caller got its error although the worker's answer is still to come. */
  abandoned: boolean;
}

export interface WorkerConnectionEvents {
  onMessage(message: WorkerMessage): void;
  /** A run of this model ended well after so long. */
  onRun(handle: number, runMs: number): void;
  /**
   * A run has gone on for at least `stuckMs`, and a caller gave up meanwhile: a request that waits in the worker's queue
   * would have been answered at once then. Called again as long as that is so.
   * @param busyMs how long the run has gone on.
   */
  onStuck(busyMs: number): void;
  /** Once; nothing comes after it. Requests stay pending until {@link WorkerConnection.fail}. */
  onClosed(): void;
}

export interface WorkerConnectionOptions {
  readonly stuckMs: number;
  readonly log: Logger;
}

/** The main process's end of the connection to one worker. Bodies are framed and never looked into. */
export class WorkerConnection {
  readonly #socket: Socket;
  readonly #log: Logger;
  readonly #stuckMs: number;
  readonly #events: WorkerConnectionEvents;
  readonly #writer: FrameWriter;
  readonly #pending = new Map<number, Pending>();
  #pendingBytes = 0;
  #receivedMs = 0;
  #lastId = 0;
  #flushPlanned = false;
  #abortCheckPlanned = false;
  #stuckCheck: NodeJS.Timeout | undefined;
  #failure: ServingError | undefined;

  /** Takes over the socket. */
  constructor(socket: Socket, events: WorkerConnectionEvents, { stuckMs, log }: WorkerConnectionOptions) {
    this.#socket = socket;
    this.#stuckMs = stuckMs;
    this.#events = events;
    this.#log = log;
    this.#writer = new FrameWriter(socket);
    const reader = new FrameReader((type, requestId, _handle, payload) => this.#receive(type, requestId, payload));
    socket.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk, false);
      } catch (error) {
        this.#broken(error);
      }
    });
    socket.on('close', () => events.onClosed());
    socket.resume();
  }

  send(message: MainMessage): void {
    const payload = encodeMessage(message);
    this.#writer.add(FRAME.control, 0, 0, [payload], payload.length);
    this.#planFlush();
  }

  /** See ModelServable.infer; `handle` names the model on this connection. */
  infer(handle: number, request: InferenceRequest, signal: AbortSignal): Promise<InferenceResponse> {
    const { body, bodyBytes } = request;
    return new Promise((resolve, reject) => {
      const call = callOf(request);
      if (call === undefined) {
        throw new ServingError('UNIMPLEMENTED', `${request.method} is not served as ${request.encoding}`);
      }
      if (this.#failure) throw this.#failure;
      if (signal.aborted) throw abortError(signal);
      if (bodyBytes > MAX_FRAME_BYTES) {
        throw new ServingError('INVALID_ARGUMENT', 'the request body is larger than a model can take (2 GiB)');
      }
      if (this.#full(bodyBytes)) {
        throw new ServingError(
          'UNAVAILABLE',
          'too many requests wait for the worker process of this model; try again later',
        );
      }
      const id = this.#nextId();
      const sentMs = performance.now();
      this.#pending.set(id, { handle, bytes: bodyBytes, sentMs, signal, resolve, reject, abandoned: false });
      this.#pendingBytes += bodyBytes;
      this.#writer.add(FRAME.request, id, handle, body, bodyBytes, CALL[call]);
      this.#planFlush();
      this.#planAbortCheck();
    });
  }

  /** Handles that have requests in the worker, those of callers that wait no longer included. */
  busyHandles(): ReadonlySet<number> {
    return new Set(Array.from(this.#pending.values(), ({ handle }) => handle));
  }

  /** Rejects the requests of one model; the connection stays. */
  failHandle(handle: number, error: ServingError): void {
    for (const pending of this.#pending.values()) {
      if (pending.handle === handle) this.#abandon(pending, error);
    }
  }

  /** Rejects all requests, those to come too, and closes the connection. */
  fail(error: ServingError): void {
    this.#failure = error;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    this.#pendingBytes = 0;
    for (const { abandoned, reject } of pending) if (!abandoned) reject(error);
    clearTimeout(this.#stuckCheck);
    this.#socket.destroy();
  }

  #full(bytes: number): boolean {
    if (this.#pending.size === 0) return false;
    return this.#pending.size >= MAX_PENDING_REQUESTS || this.#pendingBytes + bytes > MAX_PENDING_BYTES;
  }

  #forget(requestId: number, { bytes }: Pending): void {
    this.#pending.delete(requestId);
    this.#pendingBytes -= bytes;
  }

  #nextId(): number {
    do this.#lastId = this.#lastId === MAX_REQUEST_ID ? 1 : this.#lastId + 1;
    while (this.#pending.has(this.#lastId));
    return this.#lastId;
  }

  /** Everything that one turn of the event loop has to say goes out in one write. */
  #planFlush(): void {
    if (this.#flushPlanned) return;
    this.#flushPlanned = true;
    setImmediate(() => {
      this.#flushPlanned = false;
      if (!this.#socket.destroyed) this.#writer.flush();
    });
  }

  #planAbortCheck(): void {
    if (this.#abortCheckPlanned) return;
    this.#abortCheckPlanned = true;
    setTimeout(() => {
      this.#abortCheckPlanned = false;
      this.#checkAborts();
    }, ABORT_CHECK_MS);
  }

  #checkAborts(): void {
    let waiting = false;
    for (const [id, pending] of this.#pending) {
      if (pending.abandoned) continue;
      if (!pending.signal.aborted) {
        waiting = true;
        continue;
      }
      this.#abandon(pending, abortError(pending.signal));
      this.#writer.add(FRAME.cancel, id, pending.handle, NO_CHUNKS, 0);
      this.#planFlush();
    }
    if (waiting) this.#planAbortCheck();
  }

  #abandon(pending: Pending, error: ServingError): void {
    if (pending.abandoned) return;
    pending.abandoned = true;
    pending.reject(error);
    this.#planStuckCheck();
  }

  #planStuckCheck(): void {
    if (this.#stuckCheck) return;
    this.#stuckCheck = setTimeout(() => {
      this.#stuckCheck = undefined;
      let abandoned = false;
      for (const pending of this.#pending.values()) abandoned ||= pending.abandoned;
      if (!abandoned) return;
      const busyMs = this.#busyMs();
      if (busyMs >= this.#stuckMs) this.#events.onStuck(busyMs);
      this.#planStuckCheck();
    }, this.#stuckMs / STUCK_CHECKS);
    this.#stuckCheck.unref();
  }

  /**
   * How long the worker has been silent although it has something to do, which is for how long its current run goes on:
   * it sends the answers of one run before it begins the next, and does nothing before it has a request.
   */
  #busyMs(): number {
    const [oldest] = this.#pending.values();
    return oldest ? performance.now() - Math.max(this.#receivedMs, oldest.sentMs) : 0;
  }

  #receive(type: number, requestId: number, payload: Buffer): void {
    this.#receivedMs = performance.now();
    try {
      if (type === FRAME.result) this.#settle(requestId, payload);
      else if (type === FRAME.failure) this.#settleFailed(requestId, payload);
      else if (type === FRAME.control) this.#events.onMessage(decodeMessage(WorkerMessage, payload));
      else throw new Error(`unknown frame type ${type}`);
    } catch (error) {
      this.#broken(error);
    }
  }

  #settle(requestId: number, payload: Buffer): void {
    const pending = this.#pending.get(requestId);
    if (!pending) return;
    const result = readResult(payload);
    this.#forget(requestId, pending);
    this.#events.onRun(pending.handle, result.runMs);
    if (!pending.abandoned) pending.resolve(result);
  }

  #settleFailed(requestId: number, payload: Buffer): void {
    const pending = this.#pending.get(requestId);
    if (!pending) return;
    const { code, message } = decodeMessage(RequestFailure, payload);
    this.#forget(requestId, pending);
    if (!pending.abandoned) pending.reject(new ServingError(code, message));
  }

  /** The worker does not keep to the protocol, so nothing it says can be trusted any more. */
  #broken(error: unknown): void {
    this.#log.error({ error }, 'a worker broke the protocol');
    this.#socket.destroy();
  }
}

function abortError(signal: AbortSignal): ServingError {
  const reason: unknown = signal.reason;
  if (reason instanceof Error && reason.name === 'TimeoutError') {
    return new ServingError('DEADLINE_EXCEEDED', 'the request took longer than its deadline', { cause: reason });
  }
  if (reason instanceof ServingError) return reason;
  const aborted = asServingError(reason);
  return aborted.code === 'CANCELLED' ? aborted : new ServingError('CANCELLED', 'request cancelled', { cause: reason });
}
