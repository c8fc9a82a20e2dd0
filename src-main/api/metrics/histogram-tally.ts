/** The upper bounds of a histogram's buckets, ascending, without the last one, which has none. */
export interface Scale {
  readonly bounds: Float64Array;
  /** The same as text, for the label `le`: six significant digits, as C's `%g` and so as TensorFlow Serving. */
  readonly labels: readonly string[];
}

export function scaleOf(bounds: readonly number[]): Scale {
  return { bounds: Float64Array.from(bounds), labels: bounds.map(sixDigits) };
}

/** Bounds `first`, `first * factor`, …; `count` of them. Source: tensorflow core/lib/monitoring/sampler.cc. */
export function exponentialScale(first: number, factor: number, count: number): Scale {
  const bounds: number[] = [];
  for (let bound = first; bounds.length < count; bound *= factor) bounds.push(bound);
  return scaleOf(bounds);
}

/** The number as C's `%g` writes it: `18`, `188.957`, `1.47476e+09`. */
export function sixDigits(value: number): string {
  const [mantissa = '', exponent] = value.toExponential(5).split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(Number(value.toPrecision(6)));
  const digits = String(Math.abs(power)).padStart(2, '0');
  return `${Number(mantissa)}e${power < 0 ? '-' : '+'}${digits}`;
}

/** Counts values by bucket; an observation costs some comparisons and nothing else. */
export class HistogramTally {
  readonly scale: Scale;
  /** How many values fell into each bucket alone; one place more than there are bounds. */
  readonly #counts: Float64Array;
  #count = 0;
  #sum = 0;

  constructor(scale: Scale) {
    this.scale = scale;
    this.#counts = new Float64Array(scale.bounds.length + 1);
  }

  get count(): number {
    return this.#count;
  }

  get sum(): number {
    return this.#sum;
  }

  /** @param times how often the value was seen. */
  observe(value: number, times = 1): void {
    const { bounds } = this.scale;
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (value <= (bounds[middle] ?? Infinity)) high = middle;
      else low = middle + 1;
    }
    this.#counts[low] = (this.#counts[low] ?? 0) + times;
    this.#count += times;
    this.#sum += value * times;
  }

  /** How many values are at most each bound, in the order of the scale. */
  cumulative(): readonly number[] {
    let sum = 0;
    return this.scale.labels.map((_, index) => (sum += this.#counts[index] ?? 0));
  }
}
