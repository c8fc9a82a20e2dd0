import type { ReactNode } from 'react';
import { formatClock } from '../format/time.ts';

/** Name, legend and numbers of a chart around its plot. */
export function ChartFrame({
  label,
  legend,
  atMs,
  children,
}: {
  readonly label: string;
  readonly legend: ReactNode;
  /** The time that the legend tells of, where it is not the newest. */
  readonly atMs: number | undefined;
  readonly children: ReactNode;
}) {
  return (
    <figure className="flex min-w-0 flex-col gap-1" aria-label={label}>
      <figcaption className="flex flex-wrap items-baseline gap-x-4 gap-y-0.5 text-xs">
        <span className="font-medium text-ink">{label}</span>
        <span className="flex flex-wrap gap-x-2.5 text-muted">{legend}</span>
        <span className="ms-auto text-faint">{atMs === undefined ? '' : formatClock(atMs)}</span>
      </figcaption>
      {children}
    </figure>
  );
}

/** One entry of a legend: a line or a filled square, its name, and its value. */
export function ChartKey({
  name,
  value,
  stroke,
  dash,
  fill,
}: {
  readonly name: string;
  readonly value: string;
  /** Classes that give the colour of the line, or of the square. */
  readonly stroke?: string;
  readonly fill?: string;
  readonly dash?: string | undefined;
}) {
  return (
    <span className="flex items-center gap-1.5">
      <svg aria-hidden width="12" height="8" className={`shrink-0 ${stroke ?? ''}`}>
        {fill === undefined ? (
          <path d="M0 4H12" strokeWidth="2" strokeDasharray={dash} />
        ) : (
          <rect x="2" width="8" height="8" rx="1" className={fill} />
        )}
      </svg>
      {name}
      <span className="min-w-7 text-ink">{value}</span>
    </span>
  );
}
