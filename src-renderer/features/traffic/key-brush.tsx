import type { ReactNode } from 'react';
import { formatClock } from '../../format/time.ts';
import { strings } from '../../strings/index.ts';
import { keyRange, type TimeRange } from './key-range.ts';

const text = strings.traffic;

/** The keyboard's way to mark a time in a chart: what dragging does with a pointer. */
export function KeyBrush({
  label,
  range,
  selected,
  onRange,
  children,
}: {
  readonly label: string;
  readonly range: TimeRange;
  readonly selected: TimeRange | undefined;
  readonly onRange: (range: TimeRange | undefined) => void;
  readonly children: ReactNode;
}) {
  const seconds = (ms: number): number => Math.round((ms - range.fromMs) / 1000);
  const last = seconds(range.toMs);
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={selected ? Math.min(last, Math.max(0, seconds(selected.fromMs))) : last}
      aria-valuetext={
        selected ? text.range(formatClock(selected.fromMs), formatClock(selected.toMs)) : text.brushNothing
      }
      title={text.brushHint}
      className="rounded-md outline-offset-2"
      onKeyDown={(event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const next = keyRange(event, range, selected);
        if (!next) return;
        event.preventDefault();
        event.stopPropagation();
        onRange(next.range);
      }}
    >
      {children}
    </div>
  );
}
