import { compareVersions, type ServableVersion } from '../contracts/ids.ts';
import type { AspiredVersionPolicyName } from '../contracts/model-config.ts';

/**
 * What a policy needs to know of a version's phase:
 * - `new`: accepted, nothing done yet.
 * - `loading`: to be available for the first time; a load runs, or waits for its turn or for a retry.
 * - `ready`: requests can reach it.
 * - `lost`: was ready, is gone (its worker process died), and loads again.
 * - `unloading`: on its way out, and may hold resources still; also a load that is being cancelled.
 * - `ended`: holds nothing and will not move by itself.
 */
export type SnapshotPhase = 'new' | 'loading' | 'ready' | 'lost' | 'unloading' | 'ended';

/** One version of a servable as a policy sees it. */
export interface VersionSnapshot {
  readonly version: ServableVersion;
  readonly phase: SnapshotPhase;
  /** True for a version that is unloading, too, when it is to be loaded again afterwards. */
  readonly aspired: boolean;
}

/** To load a version that is `new`, or to unload one that is `ready` or `lost`. */
export interface PolicyAction {
  readonly kind: 'load' | 'unload';
  readonly version: ServableVersion;
}

/**
 * Decides what to do next with one servable. Pure; asked again with new snapshots after each of its actions has begun,
 * so several may run at once. Source: TensorFlow Serving core/aspired_version_policy.h.
 * @param versions all versions of one servable, in any order, each once.
 * @returns undefined when there is nothing to do until something changes.
 */
export type AspiredVersionPolicy = (versions: readonly VersionSnapshot[]) => PolicyAction | undefined;

/**
 * Keeps a version that serves, although no longer aspired, until one of the aspired versions is ready. Of several such
 * versions the lowest goes first. New versions load highest first. A version that is lost serves nobody, so it goes
 * before those that are ready. Source: TensorFlow Serving core/availability_preserving_policy.cc.
 */
export const availabilityPreserving: AspiredVersionPolicy = (versions) => {
  const leaving = versions.filter((version) => !version.aspired && holdsServable(version));
  const aspired = versions.filter((version) => version.aspired);
  const replaced = aspired.length === 0 || aspired.some((version) => version.phase === 'ready');
  if (replaced || leaving.length > 1) {
    const lowest = lowestOf(leaving.filter(({ phase }) => phase === 'lost')) ?? lowestOf(leaving);
    if (lowest) return { kind: 'unload', version: lowest.version };
  }
  return loadHighestNew(aspired);
};

/**
 * Unloads everything that is no longer aspired before it loads anything, so that old and new versions never take up
 * memory at once; in between the servable may be unavailable. New versions load highest first.
 * Source: TensorFlow Serving core/resource_preserving_policy.cc.
 */
export const resourcePreserving: AspiredVersionPolicy = (versions) => {
  const leaving = versions.find((version) => !version.aspired && holdsServable(version));
  if (leaving) return { kind: 'unload', version: leaving.version };
  const releasing = versions.some(
    ({ phase, aspired }) => phase === 'unloading' || (!aspired && phase !== 'ended' && phase !== 'new'),
  );
  return releasing ? undefined : loadHighestNew(versions.filter((version) => version.aspired));
};

/**
 * A policy under which versions that somebody wants gone are unloaded at once, whatever else serves; the rest is decided
 * as `policy` would.
 */
export function unloadingAtOnce(
  policy: AspiredVersionPolicy,
  isUnwanted: (version: ServableVersion) => boolean,
): AspiredVersionPolicy {
  return (versions) => {
    const leaving = versions.filter(
      (version) => !version.aspired && holdsServable(version) && isUnwanted(version.version),
    );
    const lowest = lowestOf(leaving);
    return lowest ? { kind: 'unload', version: lowest.version } : policy(versions);
  };
}

/** The policy of this name. */
export function aspiredVersionPolicy(name: AspiredVersionPolicyName): AspiredVersionPolicy {
  return name === 'resource_preserving' ? resourcePreserving : availabilityPreserving;
}

function holdsServable({ phase }: VersionSnapshot): boolean {
  return phase === 'ready' || phase === 'lost';
}

function loadHighestNew(aspired: readonly VersionSnapshot[]): PolicyAction | undefined {
  const highest = aspired
    .filter(({ phase }) => phase === 'new')
    .toSorted((left, right) => compareVersions(right.version, left.version))[0];
  return highest && { kind: 'load', version: highest.version };
}

function lowestOf(versions: readonly VersionSnapshot[]): VersionSnapshot | undefined {
  return versions.toSorted((left, right) => compareVersions(left.version, right.version))[0];
}
