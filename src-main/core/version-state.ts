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

/** What has come of a version that was picked: it serves, it fails so that an older one has to step in, or neither yet. */
export type PickOutcome = 'serves' | 'fails' | 'open';

/**
 * What has come of a version. One that is not aspired has another chance, whatever it failed of before. One that was
 * refused for lack of memory does not count as failing as long as a version which is no longer aspired goes on serving:
 * that one does so anyway, and has to go, not to stay, when room is to be made for the new one (under another policy, say).
 * @param versions all versions of one servable.
 */
export function outcomeOf(
  versions: readonly { readonly id: ServableId; readonly state: VersionState; readonly aspired: boolean }[],
  version: ServableVersion,
): PickOutcome {
  const status = versions.find(({ id }) => id.version === version);
  if (status?.state.phase === 'available') return 'serves';
  if (!status?.aspired || !isFailing(status.state)) return 'open';
  const { state } = status;
  const isRefused = state.phase === 'end' && state.error?.code === 'RESOURCE_EXHAUSTED';
  const isCovered = isRefused && versions.some((other) => !other.aspired && other.state.phase === 'available');
  return isCovered ? 'open' : 'fails';
}
