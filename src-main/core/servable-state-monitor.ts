import { compareVersions, type ServableId, type ServableName, type ServableVersion } from '../contracts/ids.ts';
import type { Logger } from '../contracts/logger.ts';
import type { Clock } from './clock.ts';
import { createEventBus } from './event-bus.ts';
import type { VersionState } from './version-state.ts';

/** Something that happened to one version, for the timeline. */
export interface ServableEvent {
  /** Counts up by one per event in this process. */
  readonly sequence: number;
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
  readonly id: ServableId;
  readonly kind: 'state' | 'aspired' | 'unaspired' | 'lost';
  /** The version's state after the event. */
  readonly state: VersionState;
  /** Why, in words that a person reads: `v7 keeps serving until v8 is available`. */
  readonly reason: string;
}

/** How one version stands now. */
export interface VersionStatus {
  readonly id: ServableId;
  readonly state: VersionState;
  readonly aspired: boolean;
  /** Reason of the last event. */
  readonly reason: string;
  /** When the current phase began, milliseconds since the Unix epoch. */
  readonly sinceMs: number;
  /** Handles that are held now. */
  readonly inFlight: number;
}

/** Read side of the monitor. Source: TensorFlow Serving core/servable_state_monitor.h. */
export interface ServableStates {
  /** Names that have at least one version that was ever aspired and not forgotten. */
  names(): readonly ServableName[];
  /** Versions of one servable, highest first; those that ended stay until they are forgotten (bounded per servable). */
  versions(name: ServableName): readonly VersionStatus[];
  /** The last events of one servable, oldest first (bounded). */
  history(name: ServableName): readonly ServableEvent[];
  /** Calls back synchronously with each event, in order. A listener that throws does not stop the others. */
  subscribe(listener: (event: ServableEvent) => void): () => void;
}

/** A change that the manager tells: an event without its number and time, and whether the version is aspired now. */
export type ServableChange = Omit<ServableEvent, 'sequence' | 'atMs'> & { readonly aspired: boolean };

/** Both sides of the monitor. */
export interface ServableStateMonitor extends ServableStates {
  publish(change: ServableChange): void;
  /** Drops all versions and the history of a servable that was removed. */
  forget(name: ServableName): void;
}

export interface ServableStateMonitorOptions {
  /** Events kept per servable. */
  readonly historyLength?: number;
  /** Versions kept per servable after they ended and are no longer aspired; the ones that ended first go first. */
  readonly endedVersions?: number;
}

interface Entry {
  readonly id: ServableId;
  readonly state: VersionState;
  readonly aspired: boolean;
  readonly reason: string;
  readonly sinceMs: number;
  readonly sinceSequence: number;
}

/**
 * Keeps the last state of each version, a bounded history, and tells listeners. Deviation from TensorFlow Serving, which
 * keeps ended versions for ever and no history: both are bounded.
 * @param deps.inFlight how many handles are held on a version now; asked when somebody looks.
 */
export function createServableStateMonitor(
  { historyLength = 200, endedVersions = 16 }: ServableStateMonitorOptions,
  deps: { readonly clock: Clock; readonly log: Logger; readonly inFlight: (id: ServableId) => number },
): ServableStateMonitor {
  const servables = new Map<ServableName, { entries: Map<ServableVersion, Entry>; history: ServableEvent[] }>();
  const bus = createEventBus<ServableEvent>(deps.log);
  let sequence = 0;

  function dropOldestEnded(entries: Map<ServableVersion, Entry>): void {
    const ended = [...entries.values()].filter(({ state, aspired }) => state.phase === 'end' && !aspired);
    if (ended.length <= endedVersions) return;
    ended.sort((left, right) => left.sinceSequence - right.sinceSequence);
    for (const { id } of ended.slice(0, ended.length - endedVersions)) entries.delete(id.version);
  }

  return {
    publish({ aspired, ...change }) {
      sequence += 1;
      const event: ServableEvent = { ...change, sequence, atMs: deps.clock.now() };
      const { id, state, reason, atMs } = event;
      let servable = servables.get(id.name);
      if (!servable) servables.set(id.name, (servable = { entries: new Map(), history: [] }));

      const before = servable.entries.get(id.version);
      const samePhase = before?.state.phase === state.phase;
      const { sinceMs, sinceSequence } = before && samePhase ? before : { sinceMs: atMs, sinceSequence: sequence };
      servable.entries.set(id.version, { id, state, aspired, reason, sinceMs, sinceSequence });
      servable.history.push(event);
      if (servable.history.length > historyLength) servable.history.shift();
      dropOldestEnded(servable.entries);
      bus.publish(event);
    },
    forget(name) {
      servables.delete(name);
    },
    names: () => [...servables.keys()],
    versions: (name) =>
      [...(servables.get(name)?.entries.values() ?? [])]
        .toSorted((left, right) => compareVersions(right.id.version, left.id.version))
        .map(({ id, state, aspired, reason, sinceMs }) => ({
          id,
          state,
          aspired,
          reason,
          sinceMs,
          inFlight: deps.inFlight(id),
        })),
    history: (name) => [...(servables.get(name)?.history ?? [])],
    subscribe: (listener) => bus.subscribe(listener),
  };
}
