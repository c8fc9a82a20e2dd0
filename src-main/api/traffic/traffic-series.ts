import type { TrafficHistory } from '../../contracts/ui-traffic.ts';
import { exponentialScale } from '../metrics/histogram-tally.ts';
import type { Verdict } from '../recording/request-filter.ts';
import { quantile } from './quantile.ts';
import { TimeRing } from './time-ring.ts';

/** Eight bounds to each power of ten, from 0.1 ms to 100 s: a quantile is right within a row, which is a third wide. */
export const LATENCY_SCALE = exponentialScale(0.1, 10 ** (1 / 8), 49);
const { bounds: BOUNDS } = LATENCY_SCALE;
const ROWS = BOUNDS.length + 1;

/** One call as far as it is counted. Times in milliseconds. */
export interface CountedCall {
  readonly verdict: Verdict;
  readonly durationMs: number;
  readonly queueMs: number | undefined;
  readonly runMs: number | undefined;
}

/**
 * Counts calls in steps of time, for a while back. Its memory is taken when it is made, and a call costs some additions.
 * Times are milliseconds since the Unix epoch.
 */
export class TrafficSeries {
  readonly stepMs: number;
  readonly #ring: TimeRing;
  readonly #ok: Uint32Array;
  readonly #clientErrors: Uint32Array;
  readonly #serverErrors: Uint32Array;
  readonly #latency: Uint32Array;
  readonly #queueMs: Float64Array;
  readonly #runMs: Float64Array;
  readonly #runs: Uint32Array;
  readonly #inFlight: Uint32Array;
  #lastCallMs = -Infinity;

  /** @param steps that are kept, the one that is not over included. */
  constructor(span: { readonly stepMs: number; readonly steps: number; readonly nowMs: number }) {
    const { stepMs, steps } = span;
    this.stepMs = stepMs;
    this.#ring = new TimeRing(span, (slot) => this.#empty(slot));
    this.#ok = new Uint32Array(steps);
    this.#clientErrors = new Uint32Array(steps);
    this.#serverErrors = new Uint32Array(steps);
    this.#latency = new Uint32Array(steps * ROWS);
    this.#queueMs = new Float64Array(steps);
    this.#runMs = new Float64Array(steps);
    this.#runs = new Uint32Array(steps);
    this.#inFlight = new Uint32Array(steps);
  }

  /** When the newest call was counted; -Infinity before the first. */
  get lastCallMs(): number {
    return this.#lastCallMs;
  }

  count({ verdict, durationMs, queueMs, runMs }: CountedCall, nowMs: number): void {
    const slot = this.#ring.slotAt(nowMs);
    this.#lastCallMs = nowMs;
    const counts = verdict === 'ok' ? this.#ok : verdict === 'clientError' ? this.#clientErrors : this.#serverErrors;
    add(counts, slot, 1);
    add(this.#latency, slot * ROWS + rowOf(durationMs), 1);
    if (runMs === undefined) return;
    add(this.#runs, slot, 1);
    add(this.#runMs, slot, runMs);
    add(this.#queueMs, slot, queueMs ?? 0);
  }

  /** @param inFlight calls that are being answered now. */
  sawInFlight(inFlight: number, nowMs: number): void {
    const slot = this.#ring.slotAt(nowMs);
    this.#inFlight[slot] = Math.max(this.#inFlight[slot] ?? 0, inFlight);
  }

  /** Over the last full steps and the one that runs. */
  recent(
    steps: number,
    nowMs: number,
  ): { readonly p95Ms: number | undefined; readonly clientErrors: number; readonly serverErrors: number } {
    const slots = [...this.#ring.last(steps, nowMs), this.#ring.slotAt(nowMs)];
    const rows = new Float64Array(ROWS);
    for (const slot of slots) this.#addRows(rows, slot);
    return {
      p95Ms: quantile(rows, BOUNDS, 0.95) ?? undefined,
      clientErrors: sum(slots.map((slot) => this.#clientErrors[slot] ?? 0)),
      serverErrors: sum(slots.map((slot) => this.#serverErrors[slot] ?? 0)),
    };
  }

  /**
   * The full steps from the one that holds `sinceMs`, as far back as they are kept.
   * @param factor as many steps are taken together as one, beginning at a multiple of them since the epoch.
   */
  history(sinceMs: number, nowMs: number, factor = 1): TrafficHistory {
    const groups = this.#groups(Math.floor(sinceMs / this.stepMs / factor), nowMs, factor);
    const cells: [number, number, number][] = [];
    const quantiles = groups.map((slots, step) => {
      const rows = new Float64Array(ROWS);
      for (const slot of slots) this.#addRows(rows, slot);
      for (const [row, count] of rows.entries()) if (count > 0) cells.push([step, row, count]);
      return { p50: quantile(rows, BOUNDS, 0.5), p95: quantile(rows, BOUNDS, 0.95), p99: quantile(rows, BOUNDS, 0.99) };
    });
    const valuesOf = (values: Uint32Array | Float64Array, slots: readonly number[]): readonly number[] =>
      slots.map((slot) => values[slot] ?? 0);
    const sums = (counts: Uint32Array): readonly number[] => groups.map((slots) => sum(valuesOf(counts, slots)));
    const means = (totals: Float64Array): readonly (number | null)[] =>
      groups.map((slots) => {
        const runs = sum(valuesOf(this.#runs, slots));
        return runs === 0 ? null : sum(valuesOf(totals, slots)) / runs;
      });
    const running = Math.floor(this.#ring.advance(nowMs) / factor);
    return {
      startMs: (running - groups.length) * factor * this.stepMs,
      stepMs: factor * this.stepMs,
      ok: sums(this.#ok),
      clientErrors: sums(this.#clientErrors),
      serverErrors: sums(this.#serverErrors),
      p50Ms: quantiles.map(({ p50 }) => p50),
      p95Ms: quantiles.map(({ p95 }) => p95),
      p99Ms: quantiles.map(({ p99 }) => p99),
      queueMs: means(this.#queueMs),
      runMs: means(this.#runMs),
      inFlight: groups.map((slots) => Math.max(0, ...valuesOf(this.#inFlight, slots))),
      boundsMs: [...BOUNDS],
      cells,
    };
  }

  /** The places of the steps of each full group, oldest first, from the group with this number since the epoch. */
  #groups(fromGroup: number, nowMs: number, factor: number): readonly (readonly number[])[] {
    const newest = this.#ring.advance(nowMs);
    const { first, size } = this.#ring;
    const oldest = Math.max(first, newest - size + 1);
    // Of the very first group nobody knows more; one that is half forgotten would show a dent.
    const oldestGroup = oldest === first ? Math.floor(oldest / factor) : Math.ceil(oldest / factor);
    const groups: number[][] = [];
    for (let group = Math.max(fromGroup, oldestGroup); group < Math.floor(newest / factor); group += 1) {
      const slots: number[] = [];
      for (let step = Math.max(oldest, group * factor); step < (group + 1) * factor; step += 1) slots.push(step % size);
      groups.push(slots);
    }
    return groups;
  }

  #empty(slot: number): void {
    for (const counts of [this.#ok, this.#clientErrors, this.#serverErrors, this.#runs, this.#inFlight])
      counts[slot] = 0;
    this.#queueMs[slot] = 0;
    this.#runMs[slot] = 0;
    this.#latency.fill(0, slot * ROWS, (slot + 1) * ROWS);
  }

  #addRows(rows: Float64Array, slot: number): void {
    for (let row = 0; row < ROWS; row += 1) add(rows, row, this.#latency[slot * ROWS + row] ?? 0);
  }
}

function add(values: Uint32Array | Float64Array, at: number, value: number): void {
  values[at] = (values[at] ?? 0) + value;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The first row whose bound is not below the time. */
function rowOf(durationMs: number): number {
  let low = 0;
  let high = BOUNDS.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (durationMs <= (BOUNDS[middle] ?? Infinity)) high = middle;
    else low = middle + 1;
  }
  return low;
}
