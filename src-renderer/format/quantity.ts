import prettyBytes from 'pretty-bytes';
import type { DownloadView, VersionView } from '#contracts/ui.ts';
import { formatCountdown } from './time.ts';

const COUNT = new Intl.NumberFormat('en');
const BYTES = new Intl.NumberFormat('en', { maximumFractionDigits: 1, useGrouping: false });
const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const;

/** `98 MB in memory` where that was measured, else `≈ 120 MB of memory expected`. */
export const memoryText = ({ estimatedBytes, measuredBytes }: NonNullable<VersionView['memory']>): string =>
  measuredBytes === undefined
    ? `≈ ${formatBytes(estimatedBytes)} of memory expected`
    : `${formatBytes(measuredBytes)} in memory`;

/** `downloading 12.3 MB of 97.8 MB, 4.1 MB/s, 21 s left`; without the last two until they can be told. */
export function downloadText({ doneBytes, totalBytes, bytesPerSecond = 0 }: DownloadView): string {
  const sofar = `downloading ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`;
  if (bytesPerSecond === 0) return sofar;
  const left = formatCountdown(((totalBytes - doneBytes) / bytesPerSecond) * 1000);
  return `${sofar}, ${formatBytes(bytesPerSecond)}/s${doneBytes < totalBytes ? `, ${left} left` : ''}`;
}

/** `1,284` */
export const formatCount = (count: number): string => COUNT.format(count);

/** `97.8 MB`, decimal units as file managers show them. */
export function formatBytes(bytes: number): string {
  // By hand, since tables ask for thousands: a formatter that is made for each number takes longer than all else of a row.
  let [value, unit] = [bytes, 0];
  while (Math.round(Math.abs(value) * 10) >= 10_000 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${BYTES.format(value)} ${BYTE_UNITS[unit] ?? ''}`;
}

/** A limit as it was meant: `1 GiB` for a whole number of them, else in decimal units. */
export const limitText = (bytes: number): string =>
  prettyBytes(bytes, { binary: bytes >= 1024 && bytes % 1024 === 0, maximumFractionDigits: 1 });

/** `1 model`, `12 models`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

/** A shape as text: `[batch, 3, 224, 224]`, `?` for an axis of unknown size, `unknown rank` for null. */
export function formatShape(dims: readonly (number | string | null)[] | null): string {
  if (dims === null) return 'unknown rank';
  return `[${dims.map((dim) => dim ?? '?').join(', ')}]`;
}
