import type { ServableId } from '../contracts/ids.ts';
import type { ServingError } from '../contracts/serving-error.ts';
import type { ServableHandle } from './servable-handle.ts';

/**
 * What one successful load gave, and the handles that are held on it. Each load has its own, so the holders of a lost
 * servable never get mixed up with those of the load that follows.
 */
export class LoadedServable<S> {
  readonly id: ServableId;
  readonly servable: S;
  #held = 0;
  /** Those whose signal somebody has looked at; the others have nothing to be told. */
  readonly #watched = new Set<Handle<S>>();
  #givenUp: ServingError | undefined;
  #onIdle: (() => void) | undefined;

  constructor(id: ServableId, servable: S) {
    this.id = id;
    this.servable = servable;
  }

  /** Handles that are held now. */
  get held(): number {
    return this.#held;
  }

  /** Why the handles' signals are aborted, once they are. */
  get givenUp(): ServingError | undefined {
    return this.#givenUp;
  }

  /** On the path of every request: a counter and one small object. */
  acquire(): ServableHandle<S> {
    this.#held += 1;
    return new Handle(this);
  }

  /** Calls back once, when the last handle is disposed. There must be one. */
  onceIdle(callback: () => void): void {
    this.#onIdle = callback;
  }

  /** Aborts the signal of every handle that is held, with `reason`; nobody waits for their disposal any more. */
  giveUp(reason: ServingError): void {
    this.#givenUp = reason;
    this.#onIdle = undefined;
    const watched = [...this.#watched];
    this.#watched.clear();
    for (const handle of watched) handle.abort(reason);
  }

  /** For handles only. */
  watch(handle: Handle<S>): void {
    this.#watched.add(handle);
  }

  /** For handles only: once per handle. */
  release(handle: Handle<S>): void {
    this.#held -= 1;
    if (this.#watched.size > 0) this.#watched.delete(handle);
    if (this.#held > 0 || !this.#onIdle) return;
    const onIdle = this.#onIdle;
    this.#onIdle = undefined;
    onIdle();
  }
}

class Handle<S> implements ServableHandle<S> {
  readonly #loaded: LoadedServable<S>;
  #controller: AbortController | undefined;
  #disposed = false;

  constructor(loaded: LoadedServable<S>) {
    this.#loaded = loaded;
  }

  get id(): ServableId {
    return this.#loaded.id;
  }

  get servable(): S {
    return this.#loaded.servable;
  }

  // Made on first sight: most requests never need it.
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      const { givenUp } = this.#loaded;
      if (givenUp) this.#controller.abort(givenUp);
      else if (!this.#disposed) this.#loaded.watch(this);
    }
    return this.#controller.signal;
  }

  abort(reason: ServingError): void {
    this.#controller?.abort(reason);
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#loaded.release(this);
  }
}
