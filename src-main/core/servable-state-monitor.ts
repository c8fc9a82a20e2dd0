import type { ServableId, ServableName } from '../contracts/ids.ts';
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
