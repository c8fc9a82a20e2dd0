import { formatDuration } from '../../format/time.ts';
import type { PlotArea } from './time-plot.tsx';
import type { TrafficSteps } from './traffic-steps.ts';

/** Rows of the heat map that are shown: from the first to the last, both in. */
export interface HeatRows {
  readonly low: number;
  readonly high: number;
}

/** So many rows are shown at least: two and a half powers of ten. */
const MIN_ROWS = 20;
/** Where nothing was measured: from 0.1 ms to about 30 ms. */
const EMPTY_ROWS: HeatRows = { low: 1, high: MIN_ROWS };

/** The rows that hold something, and one more on each side. */
export function heatRows({ steps, boundsMs }: TrafficSteps): HeatRows {
  const rows = steps.flatMap(({ cells }) => cells.map(([row]) => row));
  if (rows.length === 0) return EMPTY_ROWS;
  const last = boundsMs.length;
  let low = rows.reduce((least, row) => Math.min(least, row), last) - 1;
  let high = rows.reduce((most, row) => Math.max(most, row), 0) + 1;
  const missing = MIN_ROWS - (high - low + 1);
  if (missing > 0) {
    low -= Math.ceil(missing / 2);
    high += Math.floor(missing / 2);
  }
  if (low < 0) [low, high] = [0, Math.min(last, high - low)];
  if (high > last) [low, high] = [Math.max(0, low - (high - last)), last];
  return { low, high };
}

/** Place of a time on the scale of these rows: 0 at the bottom, 1 at the top; a row takes the same height everywhere. */
export function heightOf(ms: number, boundsMs: readonly number[], { low, high }: HeatRows): number {
  const first = boundsMs[0] ?? 1;
  const second = boundsMs[1] ?? 10 * first;
  // Row 0 ends at the first bound; each further one is as much longer again.
  const row = 1 + Math.log(Math.max(ms, Number.MIN_VALUE) / first) / Math.log(second / first);
  return Math.min(1, Math.max(0, (row - low) / (high - low + 1)));
}

/** Powers of ten within the rows. */
export function heatTicks(boundsMs: readonly number[], rows: HeatRows): readonly { at: number; label: string }[] {
  const ticks: { at: number; label: string }[] = [];
  for (let ms = 0.1; ms <= 100_000; ms *= 10) {
    const rounded = Number(ms.toPrecision(1));
    const at = heightOf(rounded, boundsMs, rows);
    if (at > 0.02 && at < 0.98) ticks.push({ at, label: tickText(rounded) });
  }
  return ticks;
}

const tickText = (ms: number): string => (ms >= 1000 ? `${ms / 1000} s` : ms < 1 ? formatDuration(ms) : `${ms} ms`);

const QUANTILES = [
  { key: 'p50Ms', colour: 'ink', dash: [] },
  { key: 'p95Ms', colour: 'warn', dash: [5, 3] },
  { key: 'p99Ms', colour: 'bad', dash: [2, 2] },
] as const;

/** The faintest cell is still seen. */
const MIN_ALPHA = 0.14;

/** @param offsetMs what to take from the server's clock to get the local one. */
export function drawHeatMap(area: PlotArea, data: TrafficSteps, rows: HeatRows, offsetMs: number): void {
  const { context, top, height, xOf, colour } = area;
  const { steps, stepMs, boundsMs } = data;
  const rowHeight = height / (rows.high - rows.low + 1);
  let most = 1;
  for (const { cells } of steps) for (const [, count] of cells) most = Math.max(most, count);
  context.fillStyle = colour('accent');
  for (const { atMs, cells } of steps) {
    const x = Math.floor(xOf(atMs - offsetMs));
    const width = Math.max(1, Math.floor(xOf(atMs - offsetMs + stepMs)) - x);
    for (const [row, count] of cells) {
      // By the logarithm: single slow calls are what one looks for, beside thousands of quick ones.
      context.globalAlpha = MIN_ALPHA + (0.72 - MIN_ALPHA) * (Math.log1p(count) / Math.log1p(most));
      const y = Math.round(top + height - (row - rows.low + 1) * rowHeight);
      const below = Math.round(top + height - (row - rows.low) * rowHeight);
      context.fillRect(x, y, width, Math.max(1, below - y));
    }
  }
  context.globalAlpha = 1;
  context.lineWidth = 1.5;
  context.lineJoin = 'round';
  for (const { key, colour: tone, dash } of QUANTILES) {
    context.strokeStyle = colour(tone);
    context.setLineDash([...dash]);
    context.beginPath();
    let endMs: number | undefined;
    for (const step of steps) {
      const value = step[key];
      if (value === undefined) {
        endMs = undefined;
        continue;
      }
      const x = xOf(step.atMs - offsetMs + stepMs / 2);
      const y = top + height * (1 - heightOf(value, boundsMs, rows));
      if (endMs === step.atMs) context.lineTo(x, y);
      else {
        // A single step is a short line, not nothing.
        context.moveTo(x - 2, y);
        context.lineTo(x, y);
      }
      endMs = step.atMs + stepMs;
    }
    context.stroke();
  }
  context.setLineDash([]);
}

/** Requests per second of each step, stacked: what went well at the bottom. */
export function drawRates(area: PlotArea, { steps, stepMs }: TrafficSteps, top: number, offsetMs: number): void {
  const { context, height, xOf, colour } = area;
  const bottom = area.top + height;
  const scale = height / (top * (stepMs / 1000));
  for (const step of steps) {
    const x = Math.floor(xOf(step.atMs - offsetMs));
    const width = Math.max(1, Math.floor(xOf(step.atMs - offsetMs + stepMs)) - x);
    let below = 0;
    for (const [count, tone] of [
      [step.ok, 'accent'],
      [step.clientErrors, 'warn'],
      [step.serverErrors, 'bad'],
    ] as const) {
      if (count === 0) continue;
      // One failure among thousands is to be seen.
      const tall = Math.max(tone === 'accent' ? 1 : 2, count * scale);
      context.fillStyle = colour(tone);
      context.globalAlpha = tone === 'accent' ? 0.62 : 1;
      context.fillRect(x, bottom - below - tall, width > 3 ? width - 1 : width, tall);
      below += tall;
    }
  }
  context.globalAlpha = 1;
}

/** A round number not below the highest rate, and at least 1. */
export function rateTop({ steps, stepMs }: TrafficSteps): number {
  const most = steps.reduce((top, step) => Math.max(top, step.ok + step.clientErrors + step.serverErrors), 0);
  const perSecond = Math.max(1, (most / stepMs) * 1000);
  const power = 10 ** Math.floor(Math.log10(perSecond));
  return ([1, 2, 5, 10].find((times) => times * power >= perSecond) ?? 10) * power;
}
