import { RotateCw, TriangleAlert } from 'lucide-react';
import { useCallback, useMemo, useState } from 'react';
import { Button } from '../../components/button.tsx';
import type { ChartSeries } from '../../components/chart.tsx';
import { Chart } from '../../components/chart.tsx';
import { ChartFrame, ChartKey } from '../../components/chart-frame.tsx';
import { Notice } from '../../components/notice.tsx';
import { formatCount } from '../../format/quantity.ts';
import { formatClock, formatDuration } from '../../format/time.ts';
import { useLocalTimeText, useServer } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import { ChartTwin } from './chart-twin.tsx';
import { drawHeatMap, drawRates, heatRows, heatTicks, rateTop } from './heat-map.ts';
import type { TimeRange } from './key-range.ts';
import type { PlotArea } from './time-plot.tsx';
import { TimePlot } from './time-plot.tsx';
import { windowMs, type TrafficHistoryState } from './traffic-history.ts';
import { knownUntil, type TrafficStep, type TrafficSteps, withGaps } from './traffic-steps.ts';
import { useMedia } from './use-media.ts';
import type { TrafficWindow } from './use-traffic-view.ts';

const text = strings.traffic;
const HEIGHT_PX = 168;
const LOW_HEIGHT_PX = 104;
/** So low that the table needs the room. */
const LOW_WINDOW = '(max-height: 740px)';
const NOTHING: TrafficSteps = { stepMs: 1000, boundsMs: [0.1, 0.1 * 10 ** (1 / 8)], steps: [] };

const duration = (ms: number | undefined): string => (ms === undefined ? text.missing : formatDuration(ms));
const rateText = (perSecond: number): string =>
  Number.isInteger(perSecond) || perSecond >= 100
    ? formatCount(Math.round(perSecond))
    : perSecond.toFixed(perSecond < 10 ? 1 : 0);
const rate = (count: number, stepMs: number): string => rateText((count * 1000) / stepMs);

interface ChartsProps {
  readonly history: TrafficHistoryState;
  readonly window: TrafficWindow;
  /** By the server's clock, as `onRange` gives it. */
  readonly selected: TimeRange | undefined;
  readonly onRange: (range: TimeRange | undefined) => void;
  readonly onRetry: () => void;
}

/** Latency, rate and calls in flight of the last minutes; dragging over one marks a time. */
export function TrafficCharts({ history, window, selected, onRange, onRetry }: ChartsProps) {
  const offsetMs = useServer((state) => state.clockOffsetMs);
  // Moves on by the second, however often it is asked.
  const toMs = Number(useLocalTimeText((nowMs) => String(Math.floor(nowMs / 1000) * 1000)));
  const isLow = useMedia(LOW_WINDOW);
  const [hoverMs, setHoverMs] = useState<number | undefined>();
  const data = history.steps ?? NOTHING;
  const range = { fromMs: toMs - windowMs(window), toMs };
  const at = hoverMs === undefined ? undefined : stepAt(data, hoverMs + offsetMs);
  const shown = at ?? lastWithCalls(data);
  const mark = (local: TimeRange | undefined): void =>
    onRange(local && { fromMs: local.fromMs + offsetMs, toMs: local.toMs + offsetMs });
  const common = {
    data,
    offsetMs,
    range,
    shown,
    atMs: at && at.atMs - offsetMs,
    selected: selected && { fromMs: selected.fromMs - offsetMs, toMs: selected.toMs - offsetMs },
    onRange: mark,
    onHover: setHoverMs,
    heightPx: isLow ? LOW_HEIGHT_PX : HEIGHT_PX,
    note: history.steps && data.steps.every(isQuiet) ? text.noTraffic : undefined,
  };
  return (
    <section aria-label={text.title} className="flex flex-col gap-2 px-5 pb-3">
      {history.problem !== undefined && (
        <Notice
          tone="warn"
          icon={TriangleAlert}
          title={`${text.chartsProblem}${knownUntil(data) > 0 ? ` ${formatClock(knownUntil(data) - offsetMs)}` : ''}`}
          actions={
            <Button size="sm" icon={RotateCw} onClick={onRetry}>
              {text.tryAgain}
            </Button>
          }
        >
          <p className="text-xs text-muted">{history.problem}</p>
        </Notice>
      )}
      {/* Side by side in every window, so that the table has its place: where they do not fit they are scrolled. */}
      <div className="flex snap-x gap-x-4 overflow-x-auto overflow-y-hidden *:min-w-84 *:shrink-0 *:snap-start *:basis-0">
        <div className="grow-5">
          <LatencyMap {...common} />
        </div>
        <div className="grow-4">
          <Rates {...common} />
        </div>
        <div className="grow-3">
          <InFlight {...common} />
        </div>
      </div>
    </section>
  );
}

interface PlotPart {
  readonly data: TrafficSteps;
  readonly offsetMs: number;
  readonly range: TimeRange;
  /** What the legend tells of: the step below the pointer, or the newest with a call. */
  readonly shown: TrafficStep | undefined;
  readonly atMs: number | undefined;
  readonly selected: TimeRange | undefined;
  readonly onRange: (range: TimeRange | undefined) => void;
  readonly onHover: (atMs: number | undefined) => void;
  readonly note: string | undefined;
  readonly heightPx: number;
}

function LatencyMap({ data, offsetMs, range, shown, atMs, selected, onRange, onHover, note, heightPx }: PlotPart) {
  const rows = useMemo(() => heatRows(data), [data]);
  const ticks = useMemo(() => heatTicks(data.boundsMs, rows), [data.boundsMs, rows]);
  const draw = useCallback((area: PlotArea) => drawHeatMap(area, data, rows, offsetMs), [data, rows, offsetMs]);
  return (
    <ChartFrame
      label={text.latency}
      atMs={atMs}
      legend={
        <>
          <ChartKey name={text.p50} stroke="stroke-ink" value={duration(shown?.p50Ms)} />
          <ChartKey name={text.p95} stroke="stroke-warn" dash="5 3" value={duration(shown?.p95Ms)} />
          <ChartKey name={text.p99} stroke="stroke-bad" dash="2 2" value={duration(shown?.p99Ms)} />
        </>
      }
    >
      <TimePlot
        range={range}
        heightPx={heightPx}
        ticks={ticks}
        draw={draw}
        selected={selected}
        onRange={onRange}
        onHover={onHover}
        note={note}
        brushLabel={text.brush}
      />
      <ChartTwin
        label={text.latency}
        steps={localSteps(data, offsetMs)}
        columns={[
          { key: 'p50', header: text.p50, cell: ({ p50Ms }) => duration(p50Ms) },
          { key: 'p95', header: text.p95, cell: ({ p95Ms }) => duration(p95Ms) },
          { key: 'p99', header: text.p99, cell: ({ p99Ms }) => duration(p99Ms) },
          { key: 'queue', header: text.queue, cell: ({ queueMs }) => duration(queueMs) },
          { key: 'run', header: text.run, cell: ({ runMs }) => duration(runMs) },
        ]}
      />
    </ChartFrame>
  );
}

function Rates({ data, offsetMs, range, shown, atMs, selected, onRange, onHover, note, heightPx }: PlotPart) {
  const { stepMs } = data;
  const top = useMemo(() => rateTop(data), [data]);
  const ticks = useMemo(() => [0, 0.5, 1].map((share) => ({ at: share, label: rateText(share * top) })), [top]);
  const draw = useCallback((area: PlotArea) => drawRates(area, data, top, offsetMs), [data, top, offsetMs]);
  const of = (count: number | undefined): string => (count === undefined ? text.missing : rate(count, stepMs));
  return (
    <ChartFrame
      label={text.rate}
      atMs={atMs}
      legend={
        <>
          <ChartKey name={text.ok} fill="fill-accent" value={of(shown?.ok)} />
          <ChartKey name={text.clientErrors} fill="fill-warn" value={of(shown?.clientErrors)} />
          <ChartKey name={text.serverErrors} fill="fill-bad" value={of(shown?.serverErrors)} />
        </>
      }
    >
      <TimePlot
        range={range}
        heightPx={heightPx}
        ticks={ticks}
        draw={draw}
        selected={selected}
        onRange={onRange}
        onHover={onHover}
        note={note}
      />
      <ChartTwin
        label={text.rate}
        steps={localSteps(data, offsetMs)}
        columns={[
          { key: 'ok', header: text.ok, cell: ({ ok }) => rate(ok, stepMs) },
          { key: 'client', header: text.clientErrors, cell: ({ clientErrors }) => rate(clientErrors, stepMs) },
          { key: 'server', header: text.serverErrors, cell: ({ serverErrors }) => rate(serverErrors, stepMs) },
        ]}
      />
    </ChartFrame>
  );
}

function InFlight({ data, offsetMs, range, onRange, heightPx }: PlotPart) {
  const { timesMs, series } = useMemo(() => {
    const points = withGaps(data);
    const values = points.map((point) => ('inFlight' in point ? point.inFlight : undefined));
    return {
      timesMs: points.map(({ atMs }) => atMs - offsetMs + data.stepMs / 2),
      series: [{ key: 'inFlight', label: text.most, tone: 'ok', isFilled: true, values }] satisfies ChartSeries[],
    };
  }, [data, offsetMs]);
  return (
    <Chart
      label={text.inFlight}
      timesMs={timesMs}
      series={series}
      fromMs={range.fromMs}
      toMs={range.toMs}
      format={wholeCount}
      heightPx={heightPx}
      minTop={4}
      onRange={onRange}
    />
  );
}

const wholeCount = (value: number): string => (Number.isInteger(value) ? formatCount(value) : '');

const isQuiet = ({ ok, clientErrors, serverErrors }: TrafficStep): boolean => ok + clientErrors + serverErrors === 0;

const lastWithCalls = ({ steps }: TrafficSteps): TrafficStep | undefined => {
  const step = steps.at(-1);
  return step && isQuiet(step) ? { ...step, p50Ms: undefined, p95Ms: undefined, p99Ms: undefined } : step;
};

const stepAt = ({ steps, stepMs }: TrafficSteps, ms: number): TrafficStep | undefined =>
  steps.find(({ atMs }) => atMs <= ms && ms < atMs + stepMs);

const localSteps = ({ steps }: TrafficSteps, offsetMs: number): readonly TrafficStep[] =>
  offsetMs === 0 ? steps : steps.map((step) => ({ ...step, atMs: step.atMs - offsetMs }));
