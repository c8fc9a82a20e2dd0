import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ServingError } from '../../contracts/serving-error.ts';
import { Lease, Leases } from '../calls/leases.ts';

/** One call that a model is working on. */
export class PendingCall extends Lease {
  /** When the call is given up, in milliseconds of `performance.now()`. */
  readonly dueMs: number;
  readonly socket: Socket;

  constructor(
    controller: AbortController,
    dueMs: number,
    socket: Socket,
    versionSignal: AbortSignal,
    onGivenUp: (error: ServingError) => void,
  ) {
    super(controller, versionSignal, onGivenUp);
    this.dueMs = dueMs;
    this.socket = socket;
  }
}

/**
 * The calls that models are working on, and the three things that end one before its answer: the deadline, the client
 * going away, and its version being given up. One timer serves all calls, because one per call would cost a good part of
 * a small prediction.
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
  // Kept for a connection's next calls; it goes with the connection.
  const bySocket = new WeakMap<Duplex, Set<PendingCall>>();
  // All calls have the same time, so the order in which they began is the order in which they are due.
  const calls = new Leases<PendingCall>((call) => bySocket.get(call.socket)?.delete(call));
  let timer: NodeJS.Timeout | undefined;

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
      calls.giveUp(
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
      const call = new PendingCall(calls.controller(), performance.now() + timeoutMs, socket, versionSignal, onGivenUp);
      const ofSocket = bySocket.get(socket);
      if (ofSocket === undefined) bySocket.set(socket, new Set([call]));
      else ofSocket.add(call);
      calls.begin(call);
      if (timer === undefined) arm();
      return call;
    },
    end: (call) => calls.end(call),
    connectionClosed(socket) {
      for (const call of bySocket.get(socket) ?? []) {
        calls.giveUp(call, new ServingError('CANCELLED', 'client closed the connection'));
      }
    },
    has: (socket) => (bySocket.get(socket)?.size ?? 0) > 0,
  };
}
