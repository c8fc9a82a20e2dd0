import 'uplot/dist/uPlot.min.css';
import type { ReactNode } from 'react';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import uPlot from 'uplot';
import { formatClock } from '../format/time.ts';
import { useAppearance } from '../stores/services.tsx';
import { strings } from '../strings/index.ts';
import { axisTimes } from './axis-times.ts';
import { ChartFrame, ChartKey } from './chart-frame.tsx';
import { useSystemLook } from './system-look.ts';
import { readThemeColours } from './theme-colours.ts';

/** Colours that a line may have: names of the theme, never of a colour. */
export type ChartTone = 'accent' | 'ok' | 'busy' | 'warn' | 'bad' | 'idle';

export interface ChartSeries {
  readonly key: string;
  readonly label: string;
  readonly tone: ChartTone;
  /** One for each time; undefined is a gap. */
  readonly values: readonly (number | undefined)[];
  /** Fills the space below the line. */
  readonly isFilled?: boolean;
  /** Dashed, so that lines are told apart without their colour. */
  readonly isDashed?: boolean;
}

export interface ChartProps {
  /** Name of the chart, for screen readers and its table. */
  readonly label: string;
  /** Milliseconds since the epoch, ascending. */
  readonly timesMs: readonly number[];
  readonly series: readonly ChartSeries[];
  /** What the axis shows at least, in milliseconds since the epoch: empty axes come before the data. */
  readonly fromMs: number;
  readonly toMs: number;
  /** A value in words, such as `12 ms`. */
  readonly format: (value: number) => string;
  readonly heightPx?: number;
  /** Lowest top of the scale, so that a quiet line stays low. */
  readonly minTop?: number;
  /** The user drew a range with the mouse; undefined when it was cleared by a double click. */
  readonly onRange?: (range: { readonly fromMs: number; readonly toMs: number } | undefined) => void;
}

const DEFAULT_HEIGHT_PX = 160;

/** Rows of the twin table: the newest; more would not be read. */
const TABLE_ROWS = 60;

/** Lines over time. The same numbers are in a table that screen readers find, and that everybody can unfold. */
export function Chart(props: ChartProps) {
  const { label, timesMs, series, format, heightPx = DEFAULT_HEIGHT_PX } = props;
  const [at, setAt] = useState<number | undefined>();
  const look = useAppearance((state) => `${state.theme} ${state.contrast}`);
  const systemLook = useSystemLook();
  const shape = series.map(({ key, tone, isFilled, isDashed }) => `${key} ${tone} ${isFilled} ${isDashed}`).join();
  const shownAt = at ?? timesMs.length - 1;
  return (
    <ChartFrame
      label={label}
      atMs={at === undefined ? undefined : timesMs[at]}
      legend={series.map(({ key, label: name, tone, values, isDashed = false }) => {
        const value = values[shownAt];
        return (
          <ChartKey
            key={key}
            name={name}
            stroke={STROKE[tone]}
            dash={isDashed ? '3 2' : undefined}
            value={value === undefined ? '–' : format(value)}
          />
        );
      })}
    >
      {/* Time runs to the right in every language, as charts are read. */}
      <div className="relative" dir="ltr">
        {/* Drawn anew where the lines or the colours are others. */}
        <Plot key={`${look} ${systemLook} ${heightPx} ${shape}`} {...props} onHover={setAt} />
        {timesMs.length === 0 && (
          <p className="pointer-events-none absolute inset-0 flex items-center justify-center text-xs text-faint">
            {strings.components.chartNoData}
          </p>
        )}
      </div>
      <Twin {...props} />
    </ChartFrame>
  );
}

/** To uPlot an undefined value is one to draw across; null interrupts the line. */
const asGap = (value: number | undefined): number | null => value ?? null;

/** The canvas. Its lines, colours and height are those that it was mounted with. */
function Plot(props: ChartProps & { readonly onHover: (index: number | undefined) => void }) {
  const { timesMs, series, fromMs, toMs, heightPx = DEFAULT_HEIGHT_PX } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const newest = useEffectEvent(() => props);

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const chart = new uPlot(
      chartOptions(element, newest(), () => newest()),
      undefined,
      element,
    );
    plot.current = chart;
    const resizing = new ResizeObserver(() => {
      if (element.clientWidth > 0) chart.setSize({ width: element.clientWidth, height: chart.height });
    });
    resizing.observe(element);
    return () => {
      resizing.disconnect();
      chart.destroy();
      plot.current = undefined;
    };
  }, []);

  useEffect(() => {
    plot.current?.setData([timesMs.map((ms) => ms / 1000), ...series.map(({ values }) => values.map(asGap))], false);
    plot.current?.setScale('x', { min: fromMs / 1000, max: toMs / 1000 });
  }, [timesMs, series, fromMs, toMs]);

  return <div ref={box} aria-hidden className="chart" style={{ height: heightPx }} />;
}

/** The numbers of a chart as a table, folded up. */
function Twin({ label, timesMs, series, format }: ChartProps): ReactNode {
  const [open, setOpen] = useState(false);
  const from = Math.max(0, timesMs.length - TABLE_ROWS);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)} className="sr-only focus-within:not-sr-only">
      <summary className="w-fit rounded-sm text-xs text-muted">{strings.components.chartAsTable(label)}</summary>
      {open && (
        <table className="mt-1 w-full text-xs">
          <thead>
            <tr className="text-faint">
              <th scope="col" className="text-start font-medium">
                {strings.components.chartTime}
              </th>
              {series.map(({ key, label: name }) => (
                <th key={key} scope="col" className="text-end font-medium">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {timesMs.slice(from).map((ms, row) => (
              <tr key={ms}>
                <th scope="row" className="text-start font-normal">
                  {formatClock(ms)}
                </th>
                {series.map(({ key, values }) => {
                  const value = values[from + row];
                  return (
                    <td key={key} className="text-end">
                      {value === undefined ? '–' : format(value)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </details>
  );
}

const STROKE: Readonly<Record<ChartTone, string>> = {
  accent: 'stroke-accent',
  ok: 'stroke-ok',
  busy: 'stroke-busy',
  warn: 'stroke-warn',
  bad: 'stroke-bad',
  idle: 'stroke-idle',
};

/** @param newest gives the properties as they are when something is drawn or touched. */
function chartOptions(
  element: HTMLElement,
  { series, heightPx = DEFAULT_HEIGHT_PX }: ChartProps,
  newest: () => ChartProps & { readonly onHover: (index: number | undefined) => void },
): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string): string => readThemeColours(element, [name]).get(name) ?? '';
  const axis: uPlot.Axis = {
    stroke: colour('faint'),
    font: `11px ${style.fontFamily}`,
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: Math.max(1, element.clientWidth),
    height: heightPx,
    legend: { show: false },
    padding: [8, 28, 0, 0],
    cursor: {
      y: false,
      points: { size: 6 },
      drag: { x: true, y: false, setScale: false },
      bind: {
        dblclick: () => () => {
          newest().onRange?.(undefined);
          return null;
        },
      },
    },
    scales: {
      x: { time: true, auto: false },
      y: { range: (_chart, _low, high) => [0, Math.max(newest().minTop ?? 0, high > 0 ? high * 1.1 : 1)] },
    },
    axes: [
      {
        ...axis,
        size: 24,
        grid: { show: false },
        splits: ({ bbox }, _axis, from, to) =>
          axisTimes(from * 1000, to * 1000, bbox.width / uPlot.pxRatio).map((ms) => ms / 1000),
        values: (_chart, splits) => splits.map((second) => formatClock(second * 1000)),
      },
      { ...axis, size: 56, space: 32, values: (_chart, splits) => splits.map((value) => newest().format(value)) },
    ],
    series: [
      {},
      ...series.map(({ label, tone, isFilled = false, isDashed = false }) => {
        const stroke = colour(tone);
        return {
          label,
          stroke,
          width: 1.5,
          ...(isFilled ? { fill: colour(`${tone}-soft`) } : {}),
          ...(isDashed ? { dash: [5, 4] } : {}),
          points: { show: false },
        };
      }),
    ],
    hooks: {
      setCursor: [({ cursor }) => newest().onHover(cursor.idx ?? undefined)],
      setSelect: [
        (chart) => {
          if (chart.select.width < 4) return;
          newest().onRange?.({
            fromMs: chart.posToVal(chart.select.left, 'x') * 1000,
            toMs: chart.posToVal(chart.select.left + chart.select.width, 'x') * 1000,
          });
        },
      ],
    },
  };
}
