import { formatAbsolute, formatAgo, formatCountdown } from '../format/time.ts';
import { useServer, useTimeText } from '../stores/services.tsx';
import { strings } from '../strings/index.ts';

const words = strings.components.countdown;

/** `3 min ago`, with the absolute time on hover. */
export function Ago({ atMs }: { readonly atMs: number }) {
  const text = useTimeText((now) => formatAgo(now - atMs));
  const offset = useServer((state) => state.clockOffsetMs);
  return (
    <time dateTime={new Date(atMs).toISOString()} title={formatAbsolute(atMs - offset)} className="whitespace-nowrap">
      {text}
    </time>
  );
}

/** `in 8 s`, then `now`; ticks by itself. */
export function Countdown({ untilMs }: { readonly untilMs: number }) {
  const text = useTimeText((now) => (untilMs <= now ? words.now : words.in(formatCountdown(untilMs - now))));
  return <span className="whitespace-nowrap">{text}</span>;
}
