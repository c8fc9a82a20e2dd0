import { asServingError } from '../contracts/serving-error.ts';
import type { Logger } from '../contracts/logger.ts';
import type { ServableId, ServableName } from '../contracts/ids.ts';
import type { ServingError } from '../contracts/serving-error.ts';
import type { ServableData, Source, SourceAdapter, Target } from './source.ts';

/**
 * Lets `source` tell `target` what is aspired, until `signal` aborts. After the abort nothing reaches the target, even
 * from a source that still calls. Connect the far end of a chain first. Source: TensorFlow Serving core/target.h.
 * @returns when the source has stopped.
 */
export function connectSourceToTarget<T>(source: Source<T>, target: Target<T>, signal: AbortSignal): Promise<void> {
  return source.run((name, versions, withdrawn) => {
    if (!signal.aborted) target.setAspiredVersions(name, versions, withdrawn);
  }, signal);
}

/** The source as seen behind an adapter. An adapter that throws makes every version of that list an error item. */
export function adaptSource<I, O>(source: Source<I>, adapter: SourceAdapter<I, O>): Source<O> {
  return {
    run: (onAspired, signal) =>
      source.run((name, versions, withdrawn) => onAspired(name, adapt(adapter, name, versions), withdrawn), signal),
  };
}

/** The target as seen in front of an adapter; for the ports of a router. Adapts as {@link adaptSource} does. */
export function adaptTarget<I, O>(adapter: SourceAdapter<I, O>, target: Target<O>): Target<I> {
  return {
    setAspiredVersions: (name, versions, withdrawn) =>
      target.setAspiredVersions(name, adapt(adapter, name, versions), withdrawn),
  };
}

/**
 * An adapter that converts one version at a time. Where `convert` throws, that version becomes an error item, which
 * stays aspired; error items that come in pass through. Source: TensorFlow Serving core/source_adapter.h.
 */
export function createUnarySourceAdapter<I, O>(convert: (id: ServableId, data: I) => O): SourceAdapter<I, O> {
  return {
    adapt: (_name, versions) =>
      versions.map((version): ServableData<O> => {
        if (!version.ok) return version;
        try {
          return { id: version.id, ok: true, data: convert(version.id, version.data) };
        } catch (error) {
          return { id: version.id, ok: false, error: asServingError(error) };
        }
      }),
  };
}

/**
 * An adapter that turns every good version into the given error, for names that nothing can serve.
 * Source: TensorFlow Serving core/source_adapter.h ErrorInjectingSourceAdapter.
 */
export function createErrorInjectingAdapter<I, O>(error: ServingError): SourceAdapter<I, O> {
  return createUnarySourceAdapter<I, O>(() => {
    throw error;
  });
}

/**
 * Sends each list to the target that `route` picks for it. A list without a route is dropped and logged; give a default
 * target with an error-injecting adapter to make it visible. A name whose route changes is not withdrawn from the old
 * target: where both lead to one manager, that would unload it for a moment.
 * Source: TensorFlow Serving core/source_router.h. Deviation: the route is a target, so no port number can be wrong.
 */
export function createSourceRouter<T>(
  route: (name: ServableName, versions: readonly ServableData<T>[]) => Target<T> | undefined,
  deps: { readonly log: Logger },
): Target<T> {
  return {
    setAspiredVersions(name, versions, withdrawn) {
      const target = route(name, versions);
      if (target === undefined) {
        deps.log.warn({ servable: name, versions: versions.length }, 'no route for servable; its versions are dropped');
        return;
      }
      target.setAspiredVersions(name, versions, withdrawn);
    },
  };
}

function adapt<I, O>(
  adapter: SourceAdapter<I, O>,
  name: ServableName,
  versions: readonly ServableData<I>[],
): readonly ServableData<O>[] {
  try {
    return adapter.adapt(name, versions);
  } catch (thrown) {
    // The versions stay aspired, so that a fault in an adapter unloads nothing.
    const error = asServingError(thrown);
    return versions.map(({ id }) => ({ id, ok: false, error }));
  }
}
