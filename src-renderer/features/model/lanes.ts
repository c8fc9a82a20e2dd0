import type { ServableVersion } from '#contracts/ids.ts';
import { compareVersions } from '#contracts/ids.ts';
import type { EventView, VersionView } from '#contracts/ui.ts';
import type { EventStatus, LaneStatus } from '../models/version-status.ts';
import { eventStatus, versionStatus } from '../models/version-status.ts';

/** What a stretch of a lane shows. `failed` and `ended` are what is left after a version: a thin line at most. */
export type SegmentKind = 'waiting' | 'start' | 'loading' | 'retrying' | 'available' | 'unloading' | 'failed' | 'held';

/** A stretch of time in which a version was in one state. Milliseconds since the Unix epoch, by the server's clock. */
export interface Segment {
  readonly kind: SegmentKind;
  readonly fromMs: number;
  /** Undefined while it goes on. */
  readonly toMs: number | undefined;
  readonly reason: string;
}

/** Something that happened at one moment. */
export interface Marker {
  readonly sequence: number;
  readonly atMs: number;
  readonly status: EventStatus;
  readonly reason: string;
}

/** The life of one version. */
export interface Lane {
  readonly version: ServableVersion;
  readonly segments: readonly Segment[];
  readonly markers: readonly Marker[];
  /** When it last changed. */
  readonly lastMs: number;
  /** Nothing of it is left but its history. */
  readonly isOver: boolean;
}

/**
 * The lanes of a model, highest version first.
 * @param events oldest first; those before the first one are not known any more.
 * @param versions as they are now.
 * @param found versions that are there, whether anybody wants them or not.
 */
export function lanesOf(
  events: readonly EventView[],
  versions: readonly VersionView[],
  found: readonly ServableVersion[] = [],
): readonly Lane[] {
  const byVersion = new Map<ServableVersion, EventView[]>();
  for (const event of events) {
    const known = byVersion.get(event.version);
    if (known) known.push(event);
    else byVersion.set(event.version, [event]);
  }
  const views = new Map(versions.map((view) => [view.version, view]));
  return [...new Set([...byVersion.keys(), ...views.keys(), ...found])]
    .toSorted((left, right) => compareVersions(right, left))
    .map((version) => laneOf(version, byVersion.get(version) ?? [], views.get(version)));
}

function laneOf(version: ServableVersion, events: readonly EventView[], view: VersionView | undefined): Lane {
  const segments: Segment[] = [];
  const begin = (kind: SegmentKind | undefined, atMs: number, reason: string): void => {
    const last = segments.at(-1);
    if (last?.toMs === undefined && last?.kind === kind) return;
    if (last && last.toMs === undefined) segments[segments.length - 1] = { ...last, toMs: atMs };
    if (kind !== undefined) segments.push({ kind, fromMs: atMs, toMs: undefined, reason });
  };
  let heldBecause: string | undefined;
  for (const event of events) {
    if (event.kind === 'held') heldBecause = event.reason;
    if (event.kind === 'released' || event.kind === 'gone') heldBecause = undefined;
    const kind = kindOf(event);
    // Until it has gone it is shown as what it is.
    if (heldBecause !== undefined && isOut(kind)) begin('held', event.atMs, heldBecause);
    else if (kind !== 'none') begin(kind === 'over' ? undefined : kind, event.atMs, event.reason);
  }
  // What the events do not tell any more, the version itself does.
  if (view) {
    const now = kindOf({ ...view, kind: view.phase === 'waiting' ? 'waiting' : 'state' });
    const shown = versionStatus(view) === 'held' ? 'held' : now === 'over' || now === 'none' ? undefined : now;
    const last = segments.at(-1);
    const open = last?.toMs === undefined ? last?.kind : undefined;
    if (open !== shown) begin(shown, view.sinceMs, view.reason);
  }
  const isOver = view === undefined || (view.phase === 'end' && view.held === undefined);
  return {
    version,
    segments,
    markers: events.map((event) => ({
      sequence: event.sequence,
      atMs: event.atMs,
      status: eventStatus(event),
      reason: event.error?.message ?? event.reason,
    })),
    lastMs: Math.max(events.at(-1)?.atMs ?? 0, view?.sinceMs ?? 0),
    isOver,
  };
}

/** Whether a version in such a state neither serves nor is on its way there or back. */
const isOut = (kind: ReturnType<typeof kindOf>): boolean => kind === 'over' || kind === 'failed' || kind === 'waiting';

/** `none`: the event changes nothing about the state. `over`: the version has no state from then on. */
function kindOf(event: Pick<EventView, 'kind' | 'phase' | 'retryAtMs' | 'error'>): SegmentKind | 'none' | 'over' {
  switch (event.kind) {
    case 'waiting':
      return event.phase === 'waiting' || event.phase === 'end' ? 'waiting' : 'none';
    case 'gone':
      return event.phase === 'waiting' || event.phase === 'end' ? 'over' : 'none';
    case 'found':
    case 'aspired':
    case 'unaspired':
    case 'label':
    case 'firstRequest':
      return 'none';
    case 'held':
    case 'released':
      return event.phase === 'end' || event.phase === 'waiting' ? 'over' : 'none';
    case 'state':
    case 'lost':
      break;
    default:
      return event.kind satisfies never;
  }
  switch (event.phase) {
    case 'end':
      return event.error === undefined || event.error.code === 'CANCELLED' ? 'over' : 'failed';
    case 'loading':
      return event.retryAtMs === undefined ? 'loading' : 'retrying';
    case 'waiting':
    case 'start':
    case 'available':
    case 'unloading':
      return event.phase;
    default:
      return event.phase satisfies never;
  }
}

/** What a version is at the moment, in one word. @param isFound whether its folder is there. */
export function laneStatus({ segments }: Lane, view: VersionView | undefined, isFound: boolean): LaneStatus {
  const status = view ? versionStatus(view) : isFound ? 'unloaded' : 'gone';
  const wasLoaded = segments.some(({ kind }) => kind === 'available' || kind === 'unloading');
  return status === 'unloaded' && !wasLoaded ? 'notLoaded' : status;
}

/** Lanes that are always shown, and how many older ones are folded away. */
export function shownLanes(
  lanes: readonly Lane[],
  maxOver: number,
): { readonly shown: readonly Lane[]; readonly older: number } {
  const over = lanes.filter(({ isOver }) => isOver).toSorted((left, right) => right.lastMs - left.lastMs);
  const hidden = new Set(over.slice(maxOver));
  return { shown: lanes.filter((lane) => !hidden.has(lane)), older: hidden.size };
}

/** The stretch of time that is in view. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Where a moment is, in percent of the width; below 0 or above 100 outside of the range. */
export const percentAt = ({ fromMs, toMs }: TimeRange, atMs: number): number =>
  ((atMs - fromMs) / Math.max(1, toMs - fromMs)) * 100;

const STEPS_MS = [
  1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 7_200_000,
  14_400_000, 21_600_000, 43_200_000, 86_400_000,
];

/** Round moments of the local day for the axis, as many as there is room for. */
export function axisTicks({ fromMs, toMs }: TimeRange, most: number, zoneOffsetMs: number): readonly number[] {
  const span = toMs - fromMs;
  const stepMs = STEPS_MS.find((step) => span / step <= most) ?? Math.ceil(span / most / 86_400_000) * 86_400_000;
  const first = Math.ceil((fromMs - zoneOffsetMs) / stepMs) * stepMs + zoneOffsetMs;
  const ticks: number[] = [];
  for (let tick = first; tick <= toMs; tick += stepMs) ticks.push(tick);
  return ticks;
}
