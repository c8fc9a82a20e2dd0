import { gzip } from 'node:zlib';

/**
 * Answers from this size on are compressed for clients that want it. What fits into the first window of a TCP connection
 * (RFC 6928: ten segments, 14 kB) is there after one round trip anyway.
 */
export const COMPRESS_FROM_BYTES = 16 * 1024;

/** Fast: numbers in JSON shrink to nearly the same size at every level. */
const LEVEL = 1;
const MIN_CHUNK_BYTES = 16 * 1024;
/** Bounds how long one piece of work keeps a thread of the pool, which file systems need too. */
const MAX_CHUNK_BYTES = 256 * 1024;

/**
 * Whether a client takes gzip, and does not prefer the body as it is. Source: RFC 9110, 12.5.3.
 * @param acceptEncoding the header's value, empty where there is none.
 */
export function acceptsGzip(acceptEncoding: string): boolean {
  let gzipWeight: number | undefined;
  let identityWeight = 0;
  let anyWeight = 0;
  for (const item of acceptEncoding.split(',')) {
    const [coding = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    const weight = weightOf(parameters);
    if (coding === 'gzip' || coding === 'x-gzip') gzipWeight = Math.max(gzipWeight ?? 0, weight);
    else if (coding === 'identity') identityWeight = weight;
    else if (coding === '*') anyWeight = weight;
  }
  const weight = gzipWeight ?? anyWeight;
  return weight > 0 && weight >= identityWeight;
}

/** Compresses on the thread pool. @returns a buffer owned by the caller. */
export function compress(bytes: Uint8Array): Promise<Buffer> {
  const chunkSize = Math.min(MAX_CHUNK_BYTES, Math.max(MIN_CHUNK_BYTES, bytes.byteLength >> 2));
  return new Promise((resolve, reject) => {
    gzip(bytes, { level: LEVEL, chunkSize }, (error, compressed) => {
      if (error === null) resolve(compressed);
      else reject(error);
    });
  });
}

/** 1 where none is given, 0 for one that is no weight. */
function weightOf(parameters: readonly string[]): number {
  const text = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  if (text === undefined) return 1;
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/u.test(text) ? Number(text) : 0;
}
