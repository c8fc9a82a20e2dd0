import { compareVersions, type ServableVersion } from '../contracts/ids.ts';
import type { AspiredVersionPolicy, VersionSnapshot } from './policy.ts';

/** One version at the start of a plan. */
export interface PlannedVersion extends VersionSnapshot {
  /** Bytes of memory that it takes, or would take; undefined where nobody knows. */
  readonly bytes?: number | undefined;
  /** It is not aspired, but will be, as new, as soon as it is unloaded: that is how a version is loaded afresh. */
  readonly comesBack?: boolean;
}

/** One thing that would happen. */
export interface PlanStep {
  /** `refused`: there is no memory for it, nor will there be by what else the plan does. */
  readonly kind: 'load' | 'available' | 'unload' | 'refused';
  readonly version: ServableVersion;
  /** Versions that answer requests after the step, highest first. */
  readonly serving: readonly ServableVersion[];
  /** Memory that all models take after the step. */
  readonly usedBytes: number;
}

/** What a plan may take of the machine. */
export interface PlanMemory {
  /** Taken by all models as things stand, those of the plan included. */
  readonly usedBytes: number;
  readonly limitBytes?: number | undefined;
}

/** More steps than any plan has; one that went on would be a bug of a policy. */
const MAX_STEPS = 10_000;

/**
 * What a manager would do with one servable, in order, if every load went well and the loads that run together ended in
 * the order in which they began: the policy itself, run without a loader. Pure.
 * @param versions all of the servable, each once; a load that runs already is taken to be the first to end. What
 *   unloads already takes no memory any more.
 */
export function planVersions(
  versions: readonly PlannedVersion[],
  policy: AspiredVersionPolicy,
  memory: PlanMemory,
): readonly PlanStep[] {
  const steps: PlanStep[] = [];
  const current = new Map(versions.map((version) => [version.version, version]));
  const loading = versions.filter(({ phase }) => phase === 'loading').map(({ version }) => version);
  const unloading = versions.filter(({ phase }) => phase === 'unloading').map(({ version }) => version);
  let { usedBytes } = memory;

  const move = (
    version: ServableVersion,
    phase: VersionSnapshot['phase'],
    aspired?: boolean,
  ): PlannedVersion | undefined => {
    const before = current.get(version);
    if (before) current.set(version, { ...before, phase, aspired: aspired ?? before.aspired });
    return before;
  };
  const tell = (kind: PlanStep['kind'], version: ServableVersion): void => {
    const serving = [...current.values()]
      .filter(({ phase }) => phase === 'ready')
      .map((each) => each.version)
      .toSorted((left, right) => compareVersions(right, left));
    steps.push({ kind, version, serving, usedBytes });
  };

  while (steps.length < MAX_STEPS) {
    const action = policy([...current.values()]);
    if (action?.kind === 'unload') {
      const { bytes = 0 } = move(action.version, 'unloading') ?? {};
      unloading.push(action.version);
      usedBytes = Math.max(0, usedBytes - bytes);
      tell('unload', action.version);
      continue;
    }
    if (action?.kind === 'load') {
      const { bytes = 0 } = current.get(action.version) ?? {};
      const fits = memory.limitBytes === undefined || usedBytes + bytes <= memory.limitBytes;
      if (fits) {
        move(action.version, 'loading');
        loading.push(action.version);
        usedBytes += bytes;
        tell('load', action.version);
        continue;
      }
      // What loads or unloads now may make room; without that it never fits.
      if (loading.length === 0 && unloading.length === 0) {
        move(action.version, 'ended');
        tell('refused', action.version);
        continue;
      }
    }
    const leaving = unloading.shift();
    if (leaving !== undefined) {
      const { aspired = false, comesBack = false } = current.get(leaving) ?? {};
      const again = aspired || comesBack;
      move(leaving, again ? 'new' : 'ended', again);
      continue;
    }
    const next = loading.shift();
    if (next === undefined) return steps;
    move(next, 'ready');
    tell('available', next);
  }
  throw new Error('a policy never comes to an end');
}
