import type { ModelDirectory } from '../api/ui/model-directory.ts';
import type { HoldChange, VersionHoldsView } from '../api/ui/version-holds-view.ts';
import { type ServableId, servableKey, type ServableName, type ServableVersion } from '../contracts/ids.ts';
import type { Logger } from '../contracts/logger.ts';
import { ServingError } from '../contracts/serving-error.ts';
import type { VersionView } from '../contracts/ui.ts';
import type { Clock } from '../core/clock.ts';
import { createEventBus } from '../core/event-bus.ts';
import type { HeldVersions } from '../core/held-versions.ts';
import type { ServableStates, VersionStatus } from '../core/servable-state-monitor.ts';

export interface VersionHoldsDeps {
  readonly held: Pick<HeldVersions<unknown>, 'hold' | 'release' | 'forget'>;
  readonly directory: Pick<ModelDirectory, 'find' | 'subscribe'>;
  readonly states: Pick<ServableStates, 'versions'>;
  /** Resolves when the model's folder was looked at, well or not. */
  readonly pollNow: (name: ServableName) => Promise<void>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Logger;
}

/**
 * Unloads, loads and reloads single versions by hand. Files are looked at before a version is loaded: it loads by what is
 * there then, and only when that is complete. Nothing of it outlives the process.
 */
export interface VersionHolds extends VersionHoldsView {
  /**
   * @throws ServingError NOT_FOUND for a version that is not there, FAILED_PRECONDITION for one that neither serves nor is
   *   picked by its policy.
   */
  unload(id: ServableId): void;
  /**
   * @returns when it loads, or waits for its files.
   * @throws ServingError FAILED_PRECONDITION for a version that was not unloaded by hand.
   */
  load(id: ServableId): Promise<void>;
  /** As {@link load}. A version that serves does so until its files are complete. @throws ServingError as {@link unload}. */
  reload(id: ServableId): Promise<void>;
  /** Versions of one model that are unloaded by hand, or are so still. */
  of(name: ServableName): readonly ServableVersion[];
  close(): void;
}

interface Hold {
  readonly id: ServableId;
  readonly as: NonNullable<VersionView['held']>;
  readonly sinceMs: number;
  /** Its files were looked at since somebody asked for them to be loaded. */
  readonly isLookedAt: boolean;
}

const STAYS = 'unloaded by you, until you load it, Slipway starts again or its folder goes';

export function createVersionHolds({ held, directory, states, pollNow, clock, log }: VersionHoldsDeps): VersionHolds {
  const holds = new Map<string, Hold>();
  const bus = createEventBus<HoldChange>(log);

  const holdOf = (id: ServableId): Hold | undefined => holds.get(servableKey(id));

  function set(id: ServableId, as: Hold['as'], isLookedAt = false): void {
    const sinceMs = holdOf(id)?.sinceMs ?? clock.now();
    holds.set(servableKey(id), { id, as, sinceMs, isLookedAt });
  }

  const statusOf = ({ name, version }: ServableId): VersionStatus | undefined =>
    states.versions(name).find(({ id }) => id.version === version);

  function foundOf({ name, version }: ServableId) {
    const model = directory.find(name);
    if (!model) throw new ServingError('NOT_FOUND', `no model named "${name}" is served`);
    return model.report.versions.find((each) => each.version === version);
  }

  /** Loads what is to be loaded and complete. */
  function proceed({ id, as, isLookedAt }: Hold): void {
    if (as === 'unloaded' || !isLookedAt || foundOf(id)?.waiting !== undefined) return;
    // What serves is not given up for files of which nothing is known now.
    if (as === 'reloading' && directory.find(id.name)?.report.status !== 'ok') return;
    holds.delete(servableKey(id));
    // It goes at once, and being wanted again it is loaded as soon as it has gone.
    if (as === 'reloading') held.hold(id, 'reloaded by you');
    held.release(id);
    bus.publish({ id });
  }

  async function loadWhenComplete(id: ServableId, as: 'loading' | 'reloading'): Promise<void> {
    set(id, as);
    await pollNow(id.name);
    // Somebody may have thought better of it, or the model be gone.
    const hold = holdOf(id);
    if (hold?.as !== as || !directory.find(id.name)) return;
    set(id, as, true);
    proceed({ ...hold, isLookedAt: true });
    if (holdOf(id)) bus.publish({ id });
  }

  function forget({ id }: Hold): void {
    holds.delete(servableKey(id));
    held.forget(id);
    bus.publish({ id });
  }

  function looked(name: ServableName): void {
    if (holds.size === 0) return;
    const report = directory.find(name)?.report;
    const there = new Set(report?.versions.map(({ version }) => version));
    for (const hold of [...holds.values()].filter(({ id }) => id.name === name)) {
      if (!report || (report.status === 'ok' && !there.has(hold.id.version))) forget(hold);
      else proceed(hold);
    }
  }

  async function load(id: ServableId): Promise<void> {
    const hold = holdOf(id);
    if (!hold || hold.as === 'reloading') {
      throw new ServingError('FAILED_PRECONDITION', `Version ${id.version} of ${id.name} was not unloaded by hand`);
    }
    bus.publish({ id, event: { kind: 'released', reason: 'loaded by you' } });
    await loadWhenComplete(id, 'loading');
  }

  const unsubscribe = directory.subscribe(looked);

  return {
    unload(id) {
      const before = holdOf(id);
      if (before?.as === 'unloaded') return;
      const found = foundOf(id);
      const status = statusOf(id);
      if (!found && !status) throw new ServingError('NOT_FOUND', `there is no version ${id.version} of "${id.name}"`);
      const isPicked = status?.aspired === true || found?.aspired === true || found?.waiting !== undefined;
      const isLive = status !== undefined && status.state.phase !== 'end';
      if (!before && !isPicked && !isLive) {
        const message = `Version ${id.version} of ${id.name} is not loaded, and its policy does not pick it`;
        throw new ServingError('FAILED_PRECONDITION', message);
      }
      set(id, 'unloaded');
      bus.publish({ id, event: { kind: 'held', reason: STAYS } });
      held.hold(id, 'unloaded by you');
    },

    load,

    async reload(id) {
      const hold = holdOf(id);
      if (hold && hold.as !== 'reloading') return load(id);
      const found = foundOf(id);
      if (!found) throw new ServingError('NOT_FOUND', `there is no version ${id.version} of "${id.name}"`);
      if (statusOf(id)?.aspired !== true) {
        const message = `Version ${id.version} of ${id.name} is not among the versions to serve`;
        throw new ServingError('FAILED_PRECONDITION', message);
      }
      return loadWhenComplete(id, 'reloading');
    },

    view: holdOf,
    of: (name) =>
      [...holds.values()].filter(({ id, as }) => id.name === name && as !== 'reloading').map(({ id }) => id.version),
    subscribe: (listener) => bus.subscribe(listener),
    close: unsubscribe,
  };
}
