import prettyBytes from 'pretty-bytes';
import type { ServableId } from '../contracts/ids.ts';

/**
 * A length of time as a person reads it: `80 ms`, `1.5 s`, `2 min`; in the largest unit of which it is at least one, once
 * rounded. A negative one is `0 ms`.
 */
export function inWords(ms: number): string {
  const wholeMs = Math.max(0, Math.round(ms));
  if (wholeMs < 1000) return `${wholeMs} ms`;
  const seconds = withOneDecimal(wholeMs / 1000);
  return seconds < 60 ? `${seconds} s` : `${withOneDecimal(wholeMs / 60_000)} min`;
}

/** An amount of memory as a person reads it: `120 MB`; decimal units, at most three digits. */
export function bytesInWords(bytes: number): string {
  return prettyBytes(bytes);
}

/** A version as TensorFlow Serving's log and errors write it: `{name: m version: 1}`. Source: core/servable_id.h. */
export function servableInWords({ name, version }: ServableId): string {
  return `{name: ${name} version: ${version}}`;
}

/** `1 request`, `3 requests`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function withOneDecimal(value: number): number {
  return Number(value.toFixed(1));
}
