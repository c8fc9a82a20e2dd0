import type { ServableId, ServableVersion } from '../contracts/ids.ts';
import type { ServingError } from '../contracts/serving-error.ts';

/**
 * Where one servable version stands.
 * `available` is published after requests can reach the version, `unloading` before they no longer can.
 * Source: TensorFlow Serving core/servable_state.h. Deviation: `available` may fall back to `loading` when the servable
 * is lost (its worker process died) and loads again; one that was lost too often goes by `unloading` to an `end` in error.
 */
export type VersionState =
  | { readonly phase: 'start' }
  /**
   * The first attempt is 1. `error` is why the last attempt failed or the servable was lost; `retryAtMs` (epoch) is set
   * while the version waits for its next attempt; `lost` from a loss until an attempt after it fails.
   */
  | {
      readonly phase: 'loading';
      readonly attempt: number;
      readonly retryAtMs?: number;
      readonly error?: ServingError;
      readonly lost?: true;
    }
  | { readonly phase: 'available'; readonly loadMs: number }
  | { readonly phase: 'unloading' }
  | { readonly phase: 'end'; readonly error?: ServingError };
export type Phase = VersionState['phase'];

const NEXT: Readonly<Record<Phase, readonly Phase[]>> = {
  start: ['loading', 'end'],
  loading: ['loading', 'available', 'end'],
  available: ['loading', 'unloading'],
  unloading: ['end'],
  end: [],
};

/** @throws Error on an illegal move: always a bug in the caller, never bad input. */
export function advance(from: VersionState, to: VersionState): VersionState {
  if (!NEXT[from.phase].includes(to.phase)) throw new Error(`illegal servable move ${from.phase} -> ${to.phase}`);
  return to;
}

/**
 * Whether the last attempt to load a version failed and it has not been available since, so another version may have to
 * step in. A loss alone is no failure: what could be loaded once is expected back in a moment.
 */
export function isFailing(state: VersionState | undefined): boolean {
  if (state?.phase === 'loading') return state.error !== undefined && state.lost !== true;
  return state?.phase === 'end' && state.error !== undefined;
}

/**
 * Whether an older version is to be aspired too because one is failing. Not for one that was refused for lack of memory
 * as long as a version which is no longer aspired goes on serving: that one does so anyway, and has to go, not to stay,
 * when room is to be made for the new one (under another policy, say).
 * @param versions all versions of one servable.
 */
export function needsReplacement(
  versions: readonly { readonly id: ServableId; readonly state: VersionState; readonly aspired: boolean }[],
  version: ServableVersion,
): boolean {
  const state = versions.find(({ id }) => id.version === version)?.state;
  if (state?.phase !== 'end' || state.error?.code !== 'RESOURCE_EXHAUSTED') return isFailing(state);
  return !versions.some((other) => !other.aspired && other.state.phase === 'available');
}
