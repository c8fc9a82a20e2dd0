import type { ServingError } from '../contracts/serving-error.ts';

/** What a loader may tell while it loads and afterwards. */
export interface LoadContext {
  /** Aborts when the load is no longer wanted; `load` then rejects soon and leaves nothing behind. */
  readonly signal: AbortSignal;
  /**
   * To be called at most once, after `load` resolved, when the servable is gone without having been unloaded (its worker
   * process died). The manager then loads it again through the same loader.
   * @param blamed whether this servable may have caused the loss itself: only such losses count towards giving up.
   */
  readonly onLost: (error: ServingError, blamed: boolean) => void;
}

/**
 * Loads and unloads one version of a servable. Source: TensorFlow Serving core/loader.h.
 * Load and unload alternate on one object, one at a time. After a loss either may come: `load` to load again, `unload`
 * when that is no longer wanted. A failed `load` has cleaned up behind itself, and behind a loss before it.
 */
export interface Loader<S> {
  /**
   * Names the content that would be loaded (sizes and times of its files, say). A version that ended in an error is
   * tried again when a loader with another fingerprint is aspired.
   */
  readonly fingerprint: string;
  /**
   * Bytes of memory that the version takes: an estimate until it is loaded, then what was measured. Read when a load is
   * planned and whenever the sum is asked for.
   */
  readonly memoryBytes: number;
  /**
   * @throws ServingError when the servable cannot be loaded; anything else counts as INTERNAL. After CANCELLED (somebody
   *   wanted no more of it) and ABORTED (what was to be loaded is no longer what there is) no other attempt is made by
   *   itself; after the latter the source is expected to look again. Nor is one after INVALID_ARGUMENT and UNIMPLEMENTED:
   *   the content itself is at fault, so it is tried again when that changes, or by hand. What a configuration is to blame
   *   for (a connection, an option) is FAILED_PRECONDITION: it may be mended without any change of the content.
   */
  load(context: LoadContext): Promise<S>;
  /**
   * Gives back all that `load` took. Never rejects. Called after the last handle is gone, the drain deadline, or a loss:
   * then it gives back what outlives the servable (a local copy). Idempotent: without anything to give back it does
   * nothing.
   */
  unload(): Promise<void>;
}
