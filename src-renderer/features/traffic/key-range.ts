/** A time span, in milliseconds since the Unix epoch. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Steps of the keys, as shares of the time that is shown. */
const STEPS = 30;
/** What is marked first: the newest steps. */
const FIRST_STEPS = 5;

/**
 * What a key makes of the marked time: arrows move it, with Shift they move its end, Home and End take it to the ends of
 * what is shown, Enter marks the newest part, Escape marks nothing. It stays within what is shown, and one step long.
 * @returns undefined for a key that does nothing here; `{ range: undefined }` where nothing is marked any more.
 */
export function keyRange(
  { key, shiftKey }: { readonly key: string; readonly shiftKey: boolean },
  shown: TimeRange,
  marked: TimeRange | undefined,
): { readonly range: TimeRange | undefined } | undefined {
  const stepMs = (shown.toMs - shown.fromMs) / STEPS;
  const first: TimeRange = { fromMs: shown.toMs - FIRST_STEPS * stepMs, toMs: shown.toMs };
  const by = { ArrowLeft: -stepMs, ArrowDown: -stepMs, ArrowRight: stepMs, ArrowUp: stepMs }[key];
  if (key === 'Escape') return marked ? { range: undefined } : undefined;
  if (!marked) return by !== undefined || key === 'Enter' || key === ' ' ? { range: first } : undefined;
  const lengthMs = marked.toMs - marked.fromMs;
  if (by !== undefined && shiftKey) {
    const toMs = Math.min(shown.toMs, Math.max(marked.fromMs + stepMs, marked.toMs + by));
    return { range: { fromMs: Math.min(marked.fromMs, toMs - stepMs), toMs } };
  }
  if (by !== undefined) return { range: movedTo(shown, marked.fromMs + by, lengthMs) };
  if (key === 'Home') return { range: movedTo(shown, shown.fromMs, lengthMs) };
  if (key === 'End') return { range: movedTo(shown, shown.toMs, lengthMs) };
  return undefined;
}

function movedTo(shown: TimeRange, wantedMs: number, lengthMs: number): TimeRange {
  const fromMs = Math.max(shown.fromMs, Math.min(shown.toMs - lengthMs, wantedMs));
  return { fromMs, toMs: Math.min(shown.toMs, fromMs + lengthMs) };
}
