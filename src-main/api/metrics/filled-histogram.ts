import { Histogram } from 'prom-client';
import type { HistogramTally } from './histogram-tally.ts';

export type Labels = Readonly<Record<string, string>>;

/** One series of a histogram. The same object for the same labels is best: prom-client remembers its text. */
export interface HistogramSeries {
  readonly labels: Labels;
  readonly tally: HistogramTally;
}

interface FilledHistogramOptions {
  readonly name: string;
  readonly help: string;
  /** Asked at each scrape; series without an observation are left out. */
  readonly series: () => Iterable<HistogramSeries>;
}

/** One line of the exposition, in prom-client's form. */
interface Sample {
  readonly metricName: string;
  readonly labels: Labels;
  readonly sharedLabels: Labels;
  readonly value: number;
}

/** Series written without a pause; about 4000 lines. */
const PAGE_SERIES = 100;

/**
 * A histogram that prom-client writes and that is counted elsewhere: to observe through prom-client costs more than a
 * microsecond for each request and histogram, since it makes a text of the labels each time.
 */
export class FilledHistogram extends Histogram {
  readonly metricName: string;
  readonly #help: string;
  readonly #series: () => Iterable<HistogramSeries>;
  #page: readonly HistogramSeries[] = [];

  constructor({ name, help, series }: FilledHistogramOptions) {
    super({ name, help, buckets: [], registers: [] });
    this.metricName = name;
    this.#help = help;
    this.#series = series;
  }

  /** Calls back for each page of series, one after the other; prom-client then writes that page. At least one. */
  async eachPage(write: (isFirst: boolean) => Promise<void>): Promise<void> {
    const all = [...this.#series()].filter(({ tally }) => tally.count > 0);
    for (let start = 0; start === 0 || start < all.length; start += PAGE_SERIES) {
      this.#page = all.slice(start, start + PAGE_SERIES);
      await write(start === 0);
    }
    this.#page = [];
  }

  /** What prom-client's registry asks for, instead of `get`, where it writes a histogram. */
  async getForPromString(): Promise<{ name: string; help: string; type: 'histogram'; values: readonly Sample[] }> {
    const name = this.metricName;
    const values: Sample[] = [];
    for (const { labels: sharedLabels, tally } of this.#page) {
      const cumulative = tally.cumulative();
      for (const [index, le] of tally.scale.labels.entries()) {
        values.push({ metricName: `${name}_bucket`, labels: { le }, sharedLabels, value: cumulative[index] ?? 0 });
      }
      values.push(
        { metricName: `${name}_bucket`, labels: { le: '+Inf' }, sharedLabels, value: tally.count },
        { metricName: `${name}_sum`, labels: {}, sharedLabels, value: tally.sum },
        { metricName: `${name}_count`, labels: {}, sharedLabels, value: tally.count },
      );
    }
    return { name, help: this.#help, type: 'histogram', values };
  }
}
