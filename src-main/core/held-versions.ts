import { type ServableId, servableKey, type ServableName, type ServableVersion } from '../contracts/ids.ts';
import type { ServableData, Target, Withdrawals } from './source.ts';

/**
 * Stands in front of a target and keeps versions from it that somebody wants gone, although their source would have them
 * served. Each change reaches the target at once, by the last list of the source. Nothing is kept over a restart.
 */
export interface HeldVersions<T> extends Target<T> {
  /** Holds a version back, on the list or not; `because` is said of it where it goes. Does nothing where it is held. */
  hold(id: ServableId, because: string): void;
  /** Lets it be served again, as its source wants. Does nothing where it is not held. */
  release(id: ServableId): void;
  /**
   * Ends a hold on a version that is gone, without a word to the target: the list that its source made before it went must
   * not bring it back. Does nothing where it is not held.
   */
  forget(id: ServableId): void;
  isHeld(id: ServableId): boolean;
  /** Versions of one servable that are held back. */
  of(name: ServableName): readonly ServableVersion[];
}

export function holdBackVersions<T>(target: Target<T>): HeldVersions<T> {
  const held = new Map<string, ServableId>();
  /** What each source said last; nothing for a servable of which none is aspired. */
  const lists = new Map<ServableName, readonly ServableData<T>[]>();

  function send(name: ServableName, withdrawn?: Withdrawals): void {
    const versions = lists.get(name) ?? [];
    const passed = versions.filter(({ id }) => !held.has(servableKey(id)));
    target.setAspiredVersions(name, passed, withdrawn);
  }

  return {
    setAspiredVersions(name, versions, withdrawn) {
      if (versions.length > 0) lists.set(name, versions);
      else lists.delete(name);
      send(name, withdrawn);
    },
    hold(id, because) {
      if (held.has(servableKey(id))) return;
      held.set(servableKey(id), id);
      // Also where it is not on the list: it may serve still, kept by a policy.
      send(id.name, new Map([[id.version, because]]));
    },
    release(id) {
      if (held.delete(servableKey(id))) send(id.name);
    },
    forget(id) {
      if (!held.delete(servableKey(id))) return;
      const left = lists.get(id.name)?.filter((each) => each.id.version !== id.version) ?? [];
      if (left.length > 0) lists.set(id.name, left);
      else lists.delete(id.name);
    },
    isHeld: (id) => held.has(servableKey(id)),
    of: (name) => [...held.values()].filter((id) => id.name === name).map(({ version }) => version),
  };
}
