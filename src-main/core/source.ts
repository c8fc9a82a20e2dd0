import type { ServableId, ServableName, ServableVersion } from '../contracts/ids.ts';
import type { ServingError } from '../contracts/serving-error.ts';

/** One aspired version: either what is needed to serve it, or why that cannot be given. */
export type ServableData<T> =
  | { readonly id: ServableId; readonly ok: true; readonly data: T }
  | { readonly id: ServableId; readonly ok: false; readonly error: ServingError };

/** Why versions are no longer in a list, in words that a person reads: `removed from the configuration`. */
export type Withdrawals = ReadonlyMap<ServableVersion, string>;

/**
 * Gets the complete list for one servable. A version left out is to be unloaded; `[]` unloads them all.
 * @param withdrawn why, where there is more to say than that others are in the list.
 */
export type AspiredVersionsCallback<T> = (
  name: ServableName,
  versions: readonly ServableData<T>[],
  withdrawn?: Withdrawals,
) => void;

/** Decides which versions of which servables are to be served. Source: TensorFlow Serving core/source.h. */
export interface Source<T> {
  /**
   * Reports aspired versions until `signal` aborts, then resolves; no callback is made after the abort.
   * Never rejects: a failed listing is logged and tried again, and one bad version is reported as `ok: false`.
   */
  run(onAspired: AspiredVersionsCallback<T>, signal: AbortSignal): Promise<void>;
}

/** Takes aspired versions. Source: TensorFlow Serving core/target.h. */
export interface Target<T> {
  readonly setAspiredVersions: AspiredVersionsCallback<T>;
}

/**
 * Turns a list of one kind of aspired versions into another, whole list by whole list: an item that cannot be converted
 * becomes an error item and so stays aspired. Source: TensorFlow Serving core/source_adapter.h.
 */
export interface SourceAdapter<I, O> {
  adapt(name: ServableName, versions: readonly ServableData<I>[]): readonly ServableData<O>[];
}
