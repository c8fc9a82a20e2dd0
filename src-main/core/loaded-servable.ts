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
  readonly #controller = new AbortController();
  #onIdle: (() => void) | undefined;

  constructor(id: ServableId, servable: S) {
    this.id = id;
    this.servable = servable;
  }

  /** Handles that are held now. */
  get held(): number {
    return this.#held;
  }

  /** One for all handles, so that whoever serves many requests needs one listener. Aborts on {@link giveUp}. */
  get signal(): AbortSignal {
    return this.#controller.signal;
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

  /** Aborts the signal of the handles, with `reason`; nobody waits for their disposal any more. */
  giveUp(reason: ServingError): void {
    this.#onIdle = undefined;
    this.#controller.abort(reason);
  }

  /** For handles only: once per handle. */
  release(): void {
    this.#held -= 1;
    if (this.#held > 0 || !this.#onIdle) return;
    const onIdle = this.#onIdle;
    this.#onIdle = undefined;
    onIdle();
  }
}

class Handle<S> implements ServableHandle<S> {
  readonly #loaded: LoadedServable<S>;
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

  get signal(): AbortSignal {
    return this.#loaded.signal;
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#loaded.release();
  }
}
