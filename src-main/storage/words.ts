import prettyBytes from 'pretty-bytes';

/** A size for people: `12.3 MB`. */
export function bytesInWords(sizeBytes: number): string {
  return prettyBytes(sizeBytes);
}
