import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { asServingError, ServingError } from '../../contracts/serving-error.ts';

/** Controllers kept for further calls. */
const MAX_SPARE = 1024;

/** One call that a model is working on. It ends once: answered, or given up with an error. */
export class PendingCall {
  /** When the call is given up, in milliseconds of `performance.now()`. */
  readonly dueMs: number;
  readonly socket: Socket;
  readonly versionSignal: AbortSignal;
  readonly #onGivenUp: (error: ServingError) => void;
  readonly controller: AbortController;

  constructor(
    controller: AbortController,
    dueMs: number,
    socket: Socket,
    versionSignal: AbortSignal,
    onGivenUp: (error: ServingError) => void,
  ) {
    this.controller = controller;
    this.dueMs = dueMs;
    this.socket = socket;
    this.versionSignal = versionSignal;
    this.#onGivenUp = onGivenUp;
  }

  /** Aborts with a ServingError as reason when the call is given up. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  giveUp(error: ServingError): void {
    this.controller.abort(error);
    this.#onGivenUp(error);
  }
}

/**
 * The calls that models are working on, and the three things that end one before its answer: the deadline, the client
 * going away, and its version being given up. One timer and one listener per version serve all calls, because a timer
 * and listeners per call would cost a good part of a small prediction.
 */
export interface PendingCalls {
  /**
   * @param versionSignal aborts when the version that answers is given up.
   * @param onGivenUp called at most once, at once, when the call is given up; not after {@link end}.
   */
  begin(socket: Socket, versionSignal: AbortSignal, onGivenUp: (error: ServingError) => void): PendingCall;
  /**
   * To be called when the servable is done with the call and no longer listens to its signal, which may then serve
   * another call.
   * @returns false when the call was given up before, so that its outcome no longer matters.
   */
  end(call: PendingCall): boolean;
  /** Gives up the calls of this connection. */
  connectionClosed(socket: Socket): void;
  /** Whether a call of this connection is pending. */
  has(socket: Duplex): boolean;
}

/** @param timeoutMs time that a model has for one call. */
export function createPendingCalls(timeoutMs: number): PendingCalls {
  // All calls have the same time, so the order in which they were added is the order in which they are due.
  const calls = new Set<PendingCall>();
  // Kept for a connection's next calls; it goes with the connection.
  const bySocket = new WeakMap<Duplex, Set<PendingCall>>();
  // Making an AbortController costs a tenth of a small request; one that was never aborted is as good as new.
  const spare: AbortController[] = [];
  const watched = new WeakSet<AbortSignal>();
  let timer: NodeJS.Timeout | undefined;

  const add = (call: PendingCall): void => {
    calls.add(call);
    const ofSocket = bySocket.get(call.socket);
    if (ofSocket === undefined) bySocket.set(call.socket, new Set([call]));
    else ofSocket.add(call);
  };
  const remove = (call: PendingCall): boolean => {
    bySocket.get(call.socket)?.delete(call);
    return calls.delete(call);
  };
  const giveUp = (call: PendingCall, error: ServingError): void => {
    if (remove(call)) call.giveUp(error);
  };

  const arm = (): void => {
    const [first] = calls;
    timer = undefined;
    if (first === undefined) return;
    timer = setTimeout(expire, Math.max(1, Math.ceil(first.dueMs - performance.now())));
    timer.unref();
  };
  const expire = (): void => {
    const now = performance.now();
    for (const call of calls) {
      if (call.dueMs > now) break;
      giveUp(
        call,
        new ServingError(
          'DEADLINE_EXCEEDED',
          `Request exceeded its deadline of ${timeoutMs} ms (--rest_api_timeout_in_ms)`,
        ),
      );
    }
    arm();
  };

  return {
    begin(socket, versionSignal, onGivenUp) {
      const call = new PendingCall(
        spare.pop() ?? new AbortController(),
        performance.now() + timeoutMs,
        socket,
        versionSignal,
        onGivenUp,
      );
      add(call);
      if (timer === undefined) arm();
      if (versionSignal.aborted) {
        giveUp(call, asServingError(versionSignal.reason));
      } else if (!watched.has(versionSignal)) {
        watched.add(versionSignal);
        versionSignal.addEventListener(
          'abort',
          () => {
            const error = asServingError(versionSignal.reason);
            for (const each of calls) if (each.versionSignal === versionSignal) giveUp(each, error);
          },
          { once: true },
        );
      }
      return call;
    },
    end(call) {
      if (!remove(call)) return false;
      if (spare.length < MAX_SPARE) spare.push(call.controller);
      return true;
    },
    connectionClosed(socket) {
      for (const call of bySocket.get(socket) ?? []) {
        giveUp(call, new ServingError('CANCELLED', 'client closed the connection'));
      }
    },
    has: (socket) => (bySocket.get(socket)?.size ?? 0) > 0,
  };
}
