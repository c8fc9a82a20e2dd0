import { asServingError, type ServingError } from '../../contracts/serving-error.ts';

/** Controllers kept for further calls. */
const MAX_SPARE = 1024;

/** The signal of one call that a model is working on. */
export class CallLease {
  readonly versionSignal: AbortSignal;
  readonly onVersionLost: (error: ServingError) => void;
  readonly controller: AbortController;

  constructor(controller: AbortController, versionSignal: AbortSignal, onVersionLost: (error: ServingError) => void) {
    this.controller = controller;
    this.versionSignal = versionSignal;
    this.onVersionLost = onVersionLost;
  }

  /** Aborts with a ServingError as reason when the call is given up. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }
}

/**
 * Signals of the calls that models are working on. A deadline and a client's cancellation come with each call from the
 * gRPC library; the end of a version comes by one listener for all its calls, and controllers serve one call after the
 * other, because a listener and a controller per call would cost a good part of a small prediction.
 */
export interface CallLeases {
  /**
   * @param versionSignal aborts when the version that answers is given up.
   * @param onVersionLost called at most once, when it does so before {@link end}.
   */
  begin(versionSignal: AbortSignal, onVersionLost: (error: ServingError) => void): CallLease;
  /** Tells those who work for the call that nobody waits any more. */
  giveUp(lease: CallLease, error: ServingError): void;
  /** To be called when the servable is done with the call and no longer listens to its signal. */
  end(lease: CallLease): void;
}

export function createCallLeases(): CallLeases {
  const leases = new Set<CallLease>();
  const spare: AbortController[] = [];
  const watched = new WeakSet<AbortSignal>();

  const giveUp = (lease: CallLease, error: ServingError): void => {
    // It may be at an end already, and its controller another call's.
    if (leases.delete(lease)) lease.controller.abort(error);
  };

  const watch = (versionSignal: AbortSignal): void => {
    watched.add(versionSignal);
    versionSignal.addEventListener(
      'abort',
      () => {
        const error = asServingError(versionSignal.reason);
        for (const lease of leases) {
          if (lease.versionSignal !== versionSignal) continue;
          giveUp(lease, error);
          lease.onVersionLost(error);
        }
      },
      { once: true },
    );
  };

  return {
    begin(versionSignal, onVersionLost) {
      versionSignal.throwIfAborted();
      if (!watched.has(versionSignal)) watch(versionSignal);
      const lease = new CallLease(spare.pop() ?? new AbortController(), versionSignal, onVersionLost);
      leases.add(lease);
      return lease;
    },
    giveUp,
    end(lease) {
      if (leases.delete(lease) && spare.length < MAX_SPARE) spare.push(lease.controller);
    },
  };
}
