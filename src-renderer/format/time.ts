/** Times in words. All take and give milliseconds; all are pure, so that a ticker can compare their results. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Without news of a poll for longer than this, nothing is said of when it was: polls that find nothing new are not always
 * told.
 */
export const POLL_NEWS_MS = 8000;

const two = (value: number): string => String(value).padStart(2, '0');

/** Time left, rounded up so that it reaches `now` only when it is over: `8 s`, `1 min 05 s`, `2 h 03 min`. */
export function formatCountdown(leftMs: number): string {
  if (leftMs <= 0) return 'now';
  const seconds = Math.ceil(leftMs / SECOND);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${two(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** How long ago: `just now`, `12 s ago`, `3 min ago`, `2 h ago`, `5 d ago`. A time ahead of the clock is `just now`. */
export function formatAgo(agoMs: number): string {
  if (agoMs < 5 * SECOND) return 'just now';
  return `${formatSpan(agoMs)} ago`;
}

/** A span in its largest unit, rounded down: `12 s`, `3 min`, `2 h`, `5 d`. */
export function formatSpan(spanMs: number): string {
  const span = Math.max(0, spanMs);
  if (span < MINUTE) return `${Math.floor(span / SECOND)} s`;
  if (span < HOUR) return `${Math.floor(span / MINUTE)} min`;
  if (span < DAY) return `${Math.floor(span / HOUR)} h`;
  return `${Math.floor(span / DAY)} d`;
}

/** A measured duration: `0.42 ms`, `12 ms`, `1.24 s`, `1 min 05 s`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 10) return `${durationMs < 1 ? durationMs.toFixed(2) : durationMs.toFixed(1)} ms`;
  if (Math.round(durationMs) < SECOND) return `${Math.round(durationMs)} ms`;
  if (durationMs < MINUTE) return `${(durationMs / SECOND).toFixed(2)} s`;
  const seconds = Math.round(durationMs / SECOND);
  return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
}

/** Local time of day: `14:02:11`. */
export function formatClock(atMs: number): string {
  const at = new Date(atMs);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** Local date and time to the millisecond, for hovers and copies: `2026-11-22 14:02:11.120`. */
export function formatAbsolute(atMs: number): string {
  const at = new Date(atMs);
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${formatClock(atMs)}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}
