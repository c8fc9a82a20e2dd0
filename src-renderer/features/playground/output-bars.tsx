import { useState } from 'react';
import { Button } from '../../components/button.tsx';
import { formatCount } from '../../format/quantity.ts';
import { strings } from '../../strings/index.ts';
import { topBars } from '../../tensors/output-view.ts';

const text = strings.playground.answer;

const FIRST_BARS = 10;
const MORE_BARS = 100;
const MAX_ROWS = 8;
/** Smaller shares of one are noise. */
const LEAST_SHARE = 0.0001;

/** The greatest values of each row, with the names of their classes. */
export function BarsView({
  values,
  columns,
  labels,
}: {
  readonly values: readonly number[];
  readonly columns: number;
  readonly labels: readonly string[] | undefined;
}) {
  const [count, setCount] = useState(FIRST_BARS);
  const rows = Math.min(MAX_ROWS, Math.ceil(values.length / columns));
  return (
    <div className="flex flex-col gap-4">
      {Array.from({ length: rows }, (_, row) => (
        <Bars
          key={row}
          title={rows > 1 ? text.rowOf(row) : undefined}
          values={values.slice(row * columns, (row + 1) * columns)}
          labels={labels}
          count={count}
        />
      ))}
      {count < columns && (
        <span className="flex items-center gap-3 text-xs text-faint">
          {text.first(formatCount(count), formatCount(columns))}
          {count < MORE_BARS && (
            <Button size="sm" variant="ghost" onClick={() => setCount(MORE_BARS)}>
              {text.more(formatCount(Math.min(columns, MORE_BARS) - count))}
            </Button>
          )}
        </span>
      )}
    </div>
  );
}

function Bars({
  title,
  values,
  labels,
  count,
}: {
  readonly title: string | undefined;
  readonly values: readonly number[];
  readonly labels: readonly string[] | undefined;
  readonly count: number;
}) {
  const bars = topBars(values, labels, count);
  // Shares of one are drawn on that scale; scores from the least to the greatest, so that none is below nothing.
  const least = Math.min(0, ...values.filter(Number.isFinite));
  const greatest = Math.max(...values.filter(Number.isFinite), least);
  const top = least === 0 && greatest <= 1 ? 1 : greatest;
  // The names take the room that the longest of them needs.
  const columns = `min(9rem, ${Math.max(...bars.map(({ label }) => label.length)) + 1}ch) 1fr 4.5rem`;
  const width = (value: number): string => `${top === least ? 0 : (100 * (value - least)) / (top - least)}%`;
  return (
    <div>
      {title !== undefined && <h3 className="mb-1 text-xs font-medium text-muted">{title}</h3>}
      <ol className="flex flex-col gap-1">
        {bars.map(({ index, label, value }, rank) => (
          <li key={index} className="grid items-center gap-2.5 text-xs" style={{ gridTemplateColumns: columns }}>
            <span className={`truncate text-end ${rank === 0 ? 'font-semibold' : 'text-muted'}`} title={label}>
              {label}
            </span>
            <span aria-hidden className="h-4 overflow-hidden rounded-sm bg-sunken">
              <span
                className={`block h-full forced-color-adjust-none rounded-sm ${rank === 0 ? 'bg-accent-fill' : 'bg-control'}`}
                style={{ width: width(value) }}
              />
            </span>
            <span className="font-mono tabular-nums">
              {top === 1 && value > 0 && value < LEAST_SHARE ? `< ${LEAST_SHARE}` : shortValue(value)}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}

function shortValue(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || value === 0) return String(value);
  return size < 0.0001 || size >= 1e6 ? value.toExponential(2) : value.toFixed(size >= 100 ? 1 : 4);
}
