import type { ServableId, ServableName, ServableVersion } from '../contracts/ids.ts';

/**
 * Access to one version of a servable, which cannot unload before the handle is disposed.
 * Source: TensorFlow Serving core/servable_handle.h. Use it with `using`.
 */
export interface ServableHandle<S> extends Disposable {
  readonly id: ServableId;
  readonly servable: S;
  /**
   * Aborts when the version is given up: it was lost, or drained past its deadline. The reason is a ServingError
   * UNAVAILABLE that says so. One and the same for all handles of one load; a load that follows has its own. It may
   * abort after the handle was disposed, and then means nothing to its holder.
   */
  readonly signal: AbortSignal;
}

/** Where requests get their handles from. */
export interface ServableHandles<S> {
  /**
   * @param version undefined means the latest (highest) one that is available.
   * @throws ServableNotFoundError when no such version is available; ServingError UNAVAILABLE with the reason when the
   *   wanted version was available, was lost and is loading again.
   */
  acquire(name: ServableName, version?: ServableVersion): ServableHandle<S>;
}
