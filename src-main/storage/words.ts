import prettyBytes from 'pretty-bytes';

/** A size for people: `12.3 MB`. */
export function bytesInWords(sizeBytes: number): string {
  return prettyBytes(sizeBytes);
}

/** A duration for people: `0.4 s`, `1 s`. */
export function secondsInWords(ms: number): string {
  return `${Number((Math.max(0, ms) / 1000).toFixed(1))} s`;
}
