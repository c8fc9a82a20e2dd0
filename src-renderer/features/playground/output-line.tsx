import { strings } from '../../strings/index.ts';
import { statsOf } from '../../tensors/image-tensor.ts';

const WIDTH = 600;
const HEIGHT = 160;
/** More points than this fall on the same pixels. */
const MAX_POINTS = 1200;

/** A row of numbers as a line from left to right, with the least and greatest value told. */
export function LineView({ values, name }: { readonly values: readonly number[]; readonly name: string }) {
  const stats = statsOf(values);
  if (!stats) return null;
  const { min, max } = stats;
  const step = Math.max(1, Math.ceil(values.length / MAX_POINTS));
  const shown = values.filter((_, index) => index % step === 0);
  const points = shown
    .map((value, index) =>
      Number.isFinite(value)
        ? `${((index / Math.max(1, shown.length - 1)) * WIDTH).toFixed(1)},${(HEIGHT - ((value - min) / (max - min || 1)) * HEIGHT).toFixed(1)}`
        : '',
    )
    .join(' ');
  return (
    <figure className="flex flex-col gap-1">
      <svg
        role="img"
        aria-label={strings.playground.answer.lineOf(name)}
        viewBox={`-2 -4 ${WIDTH + 4} ${HEIGHT + 8}`}
        className="w-full max-w-3xl rounded-md border border-line bg-sunken"
      >
        {min < 0 && max > 0 && (
          <line
            x1={0}
            x2={WIDTH}
            y1={HEIGHT - ((0 - min) / (max - min)) * HEIGHT}
            y2={HEIGHT - ((0 - min) / (max - min)) * HEIGHT}
            className="stroke-line-strong"
            strokeDasharray="4 4"
          />
        )}
        <polyline points={points} fill="none" strokeWidth={1.5} strokeLinejoin="round" className="stroke-accent" />
      </svg>
      <MinMax min={min} max={max} />
    </figure>
  );
}

/** The ends of a scale in words. */
export function MinMax({ min, max }: { readonly min: number; readonly max: number }) {
  const { least, greatest } = strings.playground.answer;
  return (
    <figcaption className="flex gap-4 font-mono text-2xs">
      <span>
        <span className="font-sans text-faint">{least}</span> {Number(min.toPrecision(6))}
      </span>
      <span>
        <span className="font-sans text-faint">{greatest}</span> {Number(max.toPrecision(6))}
      </span>
    </figcaption>
  );
}
