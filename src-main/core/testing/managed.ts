import { silentLogger } from '../../contracts/logger.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import {
  type AspiredVersionsManager,
  type AspiredVersionsManagerOptions,
  createAspiredVersionsManager,
} from '../aspired-versions-manager.ts';
import type { ServableHandle } from '../servable-handle.ts';
import type { ServableEvent, VersionStatus } from '../servable-state-monitor.ts';
import type { FakeLoader, FakeServable } from './fake-loader.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';
import { bad, good, moves, recordEvents, servableName, servableVersion } from './servables.ts';

/** A manager of fake servables on a manual clock, with short words for what tests do to it. */
export interface Managed {
  readonly clock: ManualClock;
  readonly manager: AspiredVersionsManager<FakeServable>;
  readonly events: readonly ServableEvent[];
  /** The complete list of one servable: what each version is loaded by, or why it cannot be. Then promises settle. */
  aspire(name: string, versions: Readonly<Record<number, FakeLoader | ServingError>>): Promise<void>;
  /** The moves since it was last asked, of one servable or of all: `LOADING 2`. */
  newMoves(name?: string): string[];
  status(name: string, version: number): VersionStatus | undefined;
  acquire(name: string, version?: number): ServableHandle<FakeServable>;
  /** Code and message of the error that `acquire` throws. */
  refusal(name: string, version?: number): string;
}

export function createManaged(options: AspiredVersionsManagerOptions = {}): Managed {
  const clock = createManualClock();
  const manager = createAspiredVersionsManager<FakeServable>(options, { clock, log: silentLogger });
  const events = recordEvents(manager.states);
  let told = 0;

  const acquire: Managed['acquire'] = (name, version) =>
    manager.acquire(servableName(name), version === undefined ? undefined : servableVersion(version));

  return {
    clock,
    manager,
    events,
    async aspire(name, versions) {
      manager.setAspiredVersions(
        servableName(name),
        Object.entries(versions).map(([version, what]) =>
          what instanceof ServingError ? bad(name, Number(version), what) : good(name, Number(version), what),
        ),
      );
      await clock.settle();
    },
    newMoves(name) {
      const fresh = events.slice(told).filter(({ id }) => name === undefined || id.name === name);
      told = events.length;
      return moves(fresh);
    },
    status: (name, version) =>
      manager.states.versions(servableName(name)).find(({ id }) => id.version === String(version)),
    acquire,
    refusal(name, version) {
      try {
        acquire(name, version)[Symbol.dispose]();
      } catch (error) {
        if (error instanceof ServingError) return `${error.code}: ${error.message}`;
        throw error;
      }
      throw new Error(`${name} is not refused`);
    },
  };
}
