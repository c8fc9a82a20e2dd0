import { Label, ProgressBar as AriaProgressBar } from 'react-aria-components';
import type { Tone } from './notice.tsx';

const FILL: Readonly<Record<Tone, string>> = {
  ok: 'bg-ok',
  busy: 'bg-busy',
  warn: 'bg-warn',
  bad: 'bg-bad',
  idle: 'bg-idle',
};

/** How far something is. Without a fraction nobody knows: the bar then moves, and says so to screen readers. */
export function ProgressBar({
  label,
  fraction,
  valueText,
  labelHidden = false,
  tone = 'busy',
}: {
  readonly label: string;
  /** 0 to 1; undefined where the whole is not known. */
  readonly fraction: number | undefined;
  /** Instead of a percentage, such as `12 of 98 MB`. */
  readonly valueText?: string;
  readonly labelHidden?: boolean;
  readonly tone?: Tone;
}) {
  return (
    <AriaProgressBar
      value={(fraction ?? 0) * 100}
      isIndeterminate={fraction === undefined}
      {...(valueText === undefined ? {} : { valueLabel: valueText })}
      className="flex w-full min-w-0 flex-col gap-1"
    >
      {({ percentage = 0, valueText: said }) => (
        <>
          <span className={labelHidden ? 'sr-only' : 'flex justify-between gap-3 text-xs text-muted'}>
            <Label className="min-w-0 truncate">{label}</Label>
            <span>{fraction === undefined ? valueText : said}</span>
          </span>
          <span className="block h-1 overflow-hidden rounded-full bg-track">
            <span
              className={`block h-full rounded-full transition-[width] duration-300 ${FILL[tone]} ${fraction === undefined ? 'w-1/3 animate-progress' : ''}`}
              style={fraction === undefined ? undefined : { width: `${percentage}%` }}
            />
          </span>
        </>
      )}
    </AriaProgressBar>
  );
}
