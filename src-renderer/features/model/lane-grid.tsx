import './lanes.css';
import { Ellipsis } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import { useSyncExternalStore } from 'react';
import type { ModelView, VersionView } from '#contracts/ui.ts';
import { IconButton } from '../../components/button.tsx';
import { downloadText, formatCount } from '../../format/quantity.ts';
import { formatClock } from '../../format/time.ts';
import { useAppearance, useServer, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { StatusBadge } from '../models/status-badge.tsx';
import { LabelChip } from '../models/version-row.tsx';
import { unpickedVersions } from '../models/version-choice.ts';
import { EVENT_LOOK, LANE_LOOK, notPickedText } from '../models/version-status.ts';
import type { Lane, Marker, Segment, TimeRange } from './lanes.ts';
import { axisTicks, laneStatus, percentAt } from './lanes.ts';
import { SEGMENT_ICON } from './segment-look.ts';

const text = strings.model;

/** More ticks would run into each other. */
const MOST_TICKS = 8;
/** Markers that tell what the segments show anyway are left out; waits and queues may be too short to be seen as such. */
const SHOWN_MARKERS: ReadonlySet<Marker['status']> = new Set([
  'found',
  'waiting',
  'queued',
  'gone',
  'wanted',
  'unwanted',
  'lost',
  'label',
  'firstRequest',
  'retrying',
  'failed',
  'held',
  'released',
]);
const MARKED: ReadonlySet<Segment['kind']> = new Set(['retrying', 'waiting', 'start']);
/** Markers nearer to each other than this share of the width are drawn as one, the newest. */
const CLUSTER_PERCENT = 1.6;
/** Room for the word of a segment, in percent of the lane. */
const WORD_PERCENT = 12;
/** Half of a marker, and a gap. */
const MARKER_PX = 14;

/** The time by the server's clock, and until when anything is known: less while there is no connection. */
export function useNow(stepMs: number): { readonly nowMs: number; readonly knownMs: number } {
  const { ticker } = useServices();
  const offset = useServer((state) => state.clockOffsetMs);
  const isLive = useServer((state) => state.connection.phase === 'live');
  const lastMessageAtMs = useServer((state) => state.lastMessageAtMs);
  // In steps, so that nothing is drawn anew that would look the same.
  const nowMs = useSyncExternalStore(
    (listener) => ticker.subscribe(listener),
    () => Math.floor((ticker.now() + offset) / stepMs) * stepMs,
  );
  return {
    nowMs,
    knownMs: isLive || lastMessageAtMs === undefined ? nowMs : Math.min(nowMs, lastMessageAtMs + offset),
  };
}

export interface LaneGridProps {
  readonly model: ModelView;
  readonly lanes: readonly Lane[];
  readonly range: TimeRange;
  /** Until when anything is known; before the end of the range only while there is no connection. */
  readonly knownMs: number;
  readonly selected: string | undefined;
  readonly onSelect: (version: string | undefined) => void;
  readonly onMenu: (version: string, anchor: HTMLElement) => void;
  readonly onMarker: (marker: Marker) => void;
  /** A letter was pressed in a lane; asks whether it meant something. */
  readonly onKey: (key: string, version: string) => boolean;
}

/** One lane for each version, on a common axis of time that ends now. */
export function LaneGrid({ model, lanes, range, knownMs, selected, onSelect, onMenu, onMarker, onKey }: LaneGridProps) {
  const letterKeys = useAppearance((state) => state.letterKeys);
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    const lane = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>('[data-lane]') : null;
    if (!lane || event.altKey || event.ctrlKey || event.metaKey) return;
    const version = lane.dataset['lane'] ?? '';
    if (event.key.length > 1 || event.shiftKey || event.repeat) moveBetweenLanes(event, lane);
    else if (letterKeys === 'on' && onKey(event.key.toLowerCase(), version)) event.preventDefault();
  };
  const views = new Map(model.versions.map((view) => [view.version, view]));
  const found = new Set<string>(model.source.versions.map(({ version }) => version));
  const unpicked = new Set<string>(unpickedVersions(model));
  const offset = useServer((state) => state.clockOffsetMs);
  const ticks = axisTicks(range, MOST_TICKS, new Date(range.toMs).getTimezoneOffset() * 60_000);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the keys of the buttons in it
    <section aria-label={text.lanes} className="lane-grid" onKeyDown={onKeyDown}>
      <div
        aria-hidden
        className="grid grid-cols-[11rem_minmax(0,1fr)_8.5rem] gap-x-3 pb-1 @max-3xl:grid-cols-[7rem_minmax(0,1fr)]"
      >
        <span />
        <div className="relative h-4 text-2xs text-faint">
          {ticks.map((tick) => {
            const at = percentAt(range, tick);
            return at < 3 || at > 93 ? null : (
              <span
                key={tick}
                className="absolute -translate-x-1/2 font-mono rtl:translate-x-1/2"
                style={{ insetInlineStart: `${at}%` }}
              >
                {axisText(tick - offset, range)}
              </span>
            );
          })}
          <span className="absolute end-0 font-medium text-muted">{text.now}</span>
        </div>
        <span className="@max-3xl:hidden" />
      </div>
      <ul className="flex flex-col">
        {lanes.map((lane) => (
          <LaneRow
            key={lane.version}
            lane={lane}
            view={views.get(lane.version)}
            isFound={found.has(lane.version)}
            notPicked={unpicked.has(lane.version) ? notPickedText(model.versionPolicy) : undefined}
            labels={model.labels.filter(({ version }) => version === lane.version)}
            range={range}
            knownMs={knownMs}
            ticks={ticks}
            isSelected={selected === lane.version}
            onSelect={() => onSelect(selected === lane.version ? undefined : lane.version)}
            onMenu={(anchor) => onMenu(lane.version, anchor)}
            onMarker={onMarker}
          />
        ))}
      </ul>
    </section>
  );
}

function LaneRow({
  lane,
  view,
  isFound,
  notPicked,
  labels,
  range,
  knownMs,
  ticks,
  isSelected,
  onSelect,
  onMenu,
  onMarker,
}: {
  readonly lane: Lane;
  readonly view: VersionView | undefined;
  readonly isFound: boolean;
  /** Why the policy leaves it out; undefined where it does not. */
  readonly notPicked: string | undefined;
  readonly labels: ModelView['labels'];
  readonly range: TimeRange;
  readonly knownMs: number;
  readonly ticks: readonly number[];
  readonly isSelected: boolean;
  readonly onSelect: () => void;
  readonly onMenu: (anchor: HTMLElement) => void;
  readonly onMarker: (marker: Marker) => void;
}) {
  const offset = useServer((state) => state.clockOffsetMs);
  const status = laneStatus(lane, view, isFound);
  const segments = lane.segments.filter(({ fromMs, toMs = knownMs }) => toMs >= range.fromMs && fromMs <= range.toMs);
  const markers = clustered(
    lane.markers.filter(({ status: of, atMs }) => SHOWN_MARKERS.has(of) && atMs >= range.fromMs && atMs <= range.toMs),
    range,
  );
  const summary = segments.map((segment) => `${text.segments[segment.kind]} ${spanText(segment, knownMs, offset)}`);
  return (
    <li
      data-lane={lane.version}
      data-status={status}
      className={`grid min-h-9 grid-cols-[11rem_minmax(0,1fr)_8.5rem] items-center gap-x-3 border-t border-line @max-3xl:grid-cols-[7rem_minmax(0,1fr)] ${isSelected ? 'bg-accent-soft' : ''}`}
    >
      <div className="flex min-w-0 items-center gap-1 ps-1">
        <button
          type="button"
          data-lane-name
          aria-pressed={isSelected}
          onClick={onSelect}
          className="flex min-w-0 flex-1 flex-wrap items-center gap-x-2 gap-y-0.5 rounded-md px-1.5 py-1 text-start text-xs hover:bg-hover"
        >
          <span className="truncate font-mono font-semibold">v{lane.version}</span>
          <StatusBadge look={LANE_LOOK[status]} />
          {labels.map((each) => (
            <LabelChip key={each.label} label={each} />
          ))}
        </button>
        <IconButton
          icon={Ellipsis}
          label={text.laneMenu(lane.version)}
          aria-haspopup="menu"
          onClick={(event) => onMenu(event.currentTarget)}
        />
      </div>
      <div className="lane-track h-9">
        <span className="sr-only">
          {text.laneSummary(lane.version, summary.length === 0 ? text.laneNothing : summary.join('; '))}
        </span>
        {notPicked !== undefined && segments.length === 0 && <span className="lane-note">{notPicked}</span>}
        {ticks.map((tick) => (
          <span
            key={tick}
            aria-hidden
            className="absolute inset-y-0 w-px bg-line"
            style={{ insetInlineStart: `${percentAt(range, tick)}%` }}
          />
        ))}
        {segments.map((segment) => (
          <SegmentBar
            key={`${segment.kind}-${segment.fromMs}`}
            segment={segment}
            range={range}
            knownMs={knownMs}
            view={view}
            coveredPercent={coveredPercent(segment, markers, range, knownMs)}
          />
        ))}
        {knownMs < range.toMs && (
          <span
            title={text.cut}
            className="lane-gap end-0"
            style={{ insetInlineStart: `${percentAt(range, knownMs)}%` }}
          />
        )}
        {markers.map((marker) => (
          <MarkerButton key={marker.sequence} marker={marker} range={range} onOpen={() => onMarker(marker)} />
        ))}
      </div>
      <span className="truncate pe-1 text-end text-xs text-muted @max-3xl:hidden">{view ? factText(view) : ''}</span>
    </li>
  );
}

function SegmentBar({
  segment,
  range,
  knownMs,
  view,
  coveredPercent: covered,
}: {
  readonly segment: Segment;
  readonly range: TimeRange;
  readonly knownMs: number;
  readonly view: VersionView | undefined;
  /** Where the last marker lies that would cover its word; see {@link coveredPercent}. */
  readonly coveredPercent: number | undefined;
}) {
  const offset = useServer((state) => state.clockOffsetMs);
  const { kind, fromMs, toMs, reason } = segment;
  const start = Math.max(0, percentAt(range, fromMs));
  const end = Math.min(100, percentAt(range, toMs ?? knownMs));
  const Icon = SEGMENT_ICON[kind];
  const share = toMs === undefined ? view?.download : undefined;
  const word = text.segments[kind];
  return (
    <span
      aria-hidden
      className="lane-segment"
      data-kind={kind}
      data-open={toMs === undefined ? '' : undefined}
      title={`${word}, ${spanText(segment, knownMs, offset)}${reason === '' ? '' : `\n${reason}`}`}
      style={{
        insetInlineStart: `${start}%`,
        width: `${Math.max(0, end - start)}%`,
        // At most up to the padding at its end: more would make it wider.
        ...(covered !== undefined && {
          paddingInlineStart: `min(${Math.max(0, covered - start)}% + ${MARKER_PX}px, ${Math.max(0, end - start)}% - 0.375rem)`,
        }),
      }}
    >
      {kind !== 'failed' && (
        <>
          {/* Some begin with a marker, which has the icon. */}
          <Icon size={12} strokeWidth={2.5} className={`lane-icon shrink-0 ${MARKED.has(kind) ? 'invisible' : ''}`} />
          <span className="lane-word">
            {word}
            {share && share.totalBytes > 0 && ` ${Math.floor((share.doneBytes / share.totalBytes) * 100)} %`}
          </span>
        </>
      )}
    </span>
  );
}

function MarkerButton({
  marker,
  range,
  onOpen,
}: {
  readonly marker: Marker;
  readonly range: TimeRange;
  readonly onOpen: () => void;
}) {
  const offset = useServer((state) => state.clockOffsetMs);
  const look = EVENT_LOOK[marker.status];
  const Icon = look.icon;
  const name = `${look.word}, ${formatClock(marker.atMs - offset)}${marker.reason === '' ? '' : `: ${marker.reason}`}`;
  return (
    <button
      type="button"
      tabIndex={-1}
      data-marker
      data-tone={look.tone}
      aria-label={name}
      title={name}
      onClick={onOpen}
      className="lane-marker text-muted hover:text-ink"
      style={{ insetInlineStart: `${percentAt(range, marker.atMs)}%` }}
    >
      <Icon aria-hidden size={11} strokeWidth={2.5} />
    </button>
  );
}

/** Of markers that would lie on each other the one that matters most. */
function clustered(markers: readonly Marker[], range: TimeRange): readonly Marker[] {
  const kept: Marker[] = [];
  for (const marker of markers) {
    const last = kept.at(-1);
    if (last && percentAt(range, marker.atMs) - percentAt(range, last.atMs) < CLUSTER_PERCENT) {
      if (weight(marker) >= weight(last)) kept[kept.length - 1] = marker;
    } else {
      kept.push(marker);
    }
  }
  return kept;
}

/**
 * Where the last of the markers lies, in percent of the lane, that would cover the word of a segment: it begins behind that
 * one. `undefined` where it can stand at the beginning.
 */
function coveredPercent(
  { kind, fromMs, toMs }: Segment,
  markers: readonly Marker[],
  range: TimeRange,
  knownMs: number,
): number | undefined {
  const start = Math.max(0, percentAt(range, fromMs));
  const end = percentAt(range, toMs ?? knownMs);
  let covered: number | undefined;
  for (const { atMs } of markers) {
    const at = percentAt(range, atMs);
    const isAtStart = Math.abs(at - start) < CLUSTER_PERCENT;
    // It is the icon of such a segment.
    if (at < start - CLUSTER_PERCENT || (isAtStart && MARKED.has(kind))) continue;
    if (at > end || at - (covered ?? start) > WORD_PERCENT) break;
    covered = at;
  }
  return covered;
}

function weight({ status }: Marker): number {
  // A segment tells of these, too, where there is room.
  if (status === 'waiting' || status === 'queued') return -1;
  const { tone } = EVENT_LOOK[status];
  return tone === 'bad' ? 3 : tone === 'warn' ? 2 : tone === 'ok' ? 1 : 0;
}

function factText(view: VersionView): string {
  if (view.download) return downloadText(view.download);
  if (view.phase === 'available') return `${formatCount(view.inFlight)} in flight`;
  if (view.attempt !== undefined && view.maxAttempts !== undefined)
    return `attempt ${view.attempt} of ${view.maxAttempts}`;
  return '';
}

const spanText = ({ fromMs, toMs }: Segment, knownMs: number, offset: number): string =>
  text.segmentSpan(
    formatClock(fromMs - offset),
    toMs === undefined ? text.now : formatClock(Math.min(toMs, knownMs) - offset),
  );

/** Without seconds where the ticks are whole minutes. */
function axisText(atMs: number, { fromMs, toMs }: TimeRange): string {
  const clock = formatClock(atMs);
  return toMs - fromMs > 5 * 60_000 ? clock.slice(0, 5) : clock;
}

/** Up and Down move between the lanes, Left and Right along what happened in one. */
function moveBetweenLanes(event: KeyboardEvent<HTMLElement>, lane: HTMLElement): void {
  const lanes = [...event.currentTarget.querySelectorAll('[data-lane]')];
  const stops = [...lane.querySelectorAll<HTMLElement>('[data-lane-name], [data-marker]')];
  const at = stops.findIndex((stop) => stop === event.target);
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const next =
    step === undefined
      ? stops[{ ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: stops.length - 1 }[event.key] ?? -1]
      : lanes[lanes.indexOf(lane) + step]?.querySelector<HTMLElement>('[data-lane-name]');
  if (!next) return;
  event.preventDefault();
  next.focus();
}
