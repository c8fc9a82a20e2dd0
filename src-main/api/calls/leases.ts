import { asServingError, type ServingError } from '../../contracts/serving-error.ts';

/** Controllers kept for further calls. */
const MAX_SPARE = 1024;

/** One call that a model is working on. It ends once: answered, or given up with an error. */
export class Lease {
  readonly controller: AbortController;
  readonly versionSignal: AbortSignal;
  readonly onGivenUp: (error: ServingError) => void;

  constructor(controller: AbortController, versionSignal: AbortSignal, onGivenUp: (error: ServingError) => void) {
    this.controller = controller;
    this.versionSignal = versionSignal;
    this.onGivenUp = onGivenUp;
  }

  /** Aborts with a ServingError as reason when the call is given up. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }
}

/**
 * The calls that models are working on, in the order in which they began. One listener per version serves all its calls,
 * and a controller one call after the other, because a listener and a controller per call would cost a good part of a
 * small prediction.
 */
export class Leases<T extends Lease> implements Iterable<T> {
  readonly #leases = new Set<T>();
  // Making an AbortController costs a tenth of a small request; one that was never aborted is as good as new.
  readonly #spare: AbortController[] = [];
  readonly #watched = new WeakSet<AbortSignal>();
  readonly #onRemoved: ((lease: T) => void) | undefined;

  /** @param onRemoved called when a call has ended in whatever way, before anybody is told that it was given up. */
  constructor(onRemoved?: (lease: T) => void) {
    this.#onRemoved = onRemoved;
  }

  /** A controller for the next call's lease. */
  controller(): AbortController {
    return this.#spare.pop() ?? new AbortController();
  }

  /** Begins a call; it is given up when its version is, at once where that has happened already. */
  begin(lease: T): void {
    const { versionSignal } = lease;
    this.#leases.add(lease);
    if (versionSignal.aborted) this.giveUp(lease, asServingError(versionSignal.reason));
    else if (!this.#watched.has(versionSignal)) this.#watch(versionSignal);
  }

  /** Tells those who work for the call, and whoever began it, that it is over; nothing where it has ended before. */
  giveUp(lease: T, error: ServingError): void {
    if (!this.#remove(lease)) return;
    lease.controller.abort(error);
    lease.onGivenUp(error);
  }

  /**
   * To be called when the servable is done with the call and no longer listens to its signal, which may then serve
   * another call.
   * @returns false when the call was given up before, so that its outcome no longer matters.
   */
  end(lease: T): boolean {
    if (!this.#remove(lease)) return false;
    if (this.#spare.length < MAX_SPARE) this.#spare.push(lease.controller);
    return true;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#leases.values();
  }

  #remove(lease: T): boolean {
    if (!this.#leases.delete(lease)) return false;
    this.#onRemoved?.(lease);
    return true;
  }

  #watch(versionSignal: AbortSignal): void {
    this.#watched.add(versionSignal);
    versionSignal.addEventListener(
      'abort',
      () => {
        const error = asServingError(versionSignal.reason);
        for (const lease of this.#leases) if (lease.versionSignal === versionSignal) this.giveUp(lease, error);
      },
      { once: true },
    );
  }
}
