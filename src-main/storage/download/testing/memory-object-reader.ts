import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { ObjectChecksum, ObjectRange, ObjectReader, RemoteObject } from '../object-reader.ts';
import { TransferError } from '../transfer-error.ts';

/** One request that a reader was asked for. */
export interface ReadRequest {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  /** How many requests came before it. */
  readonly index: number;
}

/** What goes wrong with a request. */
export type ReadFault =
  | { readonly kind: 'reject'; readonly error: Error }
  /** The head never comes; `deaf`: not even an abort ends it. */
  | { readonly kind: 'hang'; readonly deaf?: boolean }
  /** The body fails after so many bytes. */
  | { readonly kind: 'break'; readonly after: number; readonly error: Error }
  /** The body ends after so many bytes. */
  | { readonly kind: 'truncate'; readonly after: number }
  /** No more comes after so many bytes; `deaf`: not even an abort ends it. */
  | { readonly kind: 'stall'; readonly after: number; readonly deaf?: boolean }
  | { readonly kind: 'flip bit'; readonly at: number }
  | { readonly kind: 'extra'; readonly bytes: number }
  /** Before the first byte, something happens elsewhere. */
  | { readonly kind: 'after'; readonly wait: () => Promise<void> };

export interface MemoryObjectReaderOptions {
  readonly fault?: (request: ReadRequest) => ReadFault | undefined;
  /** Bytes in each piece of a body; default 64 KiB. */
  readonly pieceBytes?: number;
  /** Bodies are streams, as those of connections are. */
  readonly asStreams?: boolean;
  /** Sent along with each answer. */
  readonly answerChecksum?: (path: string) => ObjectChecksum | undefined;
  /** Sizes of the parts in which everything was uploaded; by default the store cannot tell. */
  readonly partSizes?: readonly number[];
}

/** A store in memory, with what was asked of it. */
export interface MemoryObjectReader extends ObjectReader {
  readonly requests: readonly ReadRequest[];
  /** Parts whose size was asked for. */
  readonly askedParts: readonly number[];
  /** Answers whose bodies have neither ended nor been closed. */
  readonly openBodies: number;
  /** Most that were open at a time. */
  readonly mostOpenBodies: number;
  /** Bytes that were sent. */
  readonly sentBytes: number;
  /** Replaces an object, so that reads of its old revision fail. */
  replace(path: string, revision: string): void;
}

/** Bytes that look random and are the same each time. */
export function sampleBytes(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed >>> 0 || 1;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

export function objectOf(path: string, bytes: Uint8Array, rest: Partial<RemoteObject> = {}): RemoteObject {
  const revision = `"${createHash('md5').update(bytes).digest('hex')}"`;
  return { key: `models/m/1/${path}`, path, sizeBytes: bytes.length, revision, modifiedMs: 1_700_000_000_000, ...rest };
}

export function crc32Of(bytes: Uint8Array): ObjectChecksum {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(crc32(bytes));
  return { algorithm: 'CRC32', value: value.toString('base64'), wholeObject: true };
}

/** @param contents by path; their revisions are those of {@link objectOf}. */
export function createMemoryObjectReader(
  contents: Readonly<Record<string, Uint8Array>>,
  options: MemoryObjectReaderOptions = {},
): MemoryObjectReader {
  const revisions = new Map(Object.entries(contents).map(([path, bytes]) => [path, objectOf(path, bytes).revision]));
  const requests: ReadRequest[] = [];
  let openBodies = 0;
  let mostOpenBodies = 0;
  let sentBytes = 0;

  async function* bodyOf(bytes: Uint8Array, fault: ReadFault | undefined, signal: AbortSignal) {
    openBodies++;
    mostOpenBodies = Math.max(mostOpenBodies, openBodies);
    try {
      const until = fault !== undefined && 'after' in fault && typeof fault.after === 'number' ? fault.after : Infinity;
      const pieceBytes = options.pieceBytes ?? 64 * 1024;
      for (let at = 0; at < Math.min(bytes.length, until); at += pieceBytes) {
        // As a socket does it: never within the same turn.
        await new Promise((resolve) => setImmediate(resolve));
        signal.throwIfAborted();
        const piece = bytes.slice(at, Math.min(at + pieceBytes, until, bytes.length));
        if (fault?.kind === 'flip bit' && fault.at >= at && fault.at < at + piece.length) {
          piece[fault.at - at] = (piece[fault.at - at] ?? 0) ^ 1;
        }
        sentBytes += piece.length;
        yield piece;
      }
      if (fault?.kind === 'break') throw fault.error;
      if (fault?.kind === 'stall') await hang(signal, fault.deaf);
      if (fault?.kind === 'extra') yield new Uint8Array(fault.bytes);
    } finally {
      openBodies--;
    }
  }

  const askedParts: number[] = [];
  const { partSizes } = options;
  return {
    ...(partSizes && {
      partSize(_, part) {
        askedParts.push(part);
        return Promise.resolve(partSizes[part - 1]);
      },
    }),
    askedParts,
    requests,
    get openBodies() {
      return openBodies;
    },
    get mostOpenBodies() {
      return mostOpenBodies;
    },
    get sentBytes() {
      return sentBytes;
    },
    replace(path, revision) {
      revisions.set(path, revision);
    },
    async read(object, start, end, signal): Promise<ObjectRange> {
      const request = { path: object.path, start, end, index: requests.length };
      requests.push(request);
      const fault = options.fault?.(request);
      if (fault?.kind === 'after') await fault.wait();
      signal.throwIfAborted();
      if (fault?.kind === 'reject') throw fault.error;
      if (fault?.kind === 'hang') await hang(signal, fault.deaf);
      const bytes = contents[object.path];
      if (!bytes || revisions.get(object.path) !== object.revision) {
        throw new TransferError('changed', `${object.path}: was replaced while it was read`);
      }
      const checksum = options.answerChecksum?.(object.path);
      const pieces = bodyOf(bytes.subarray(start, end), fault, signal);
      const body = options.asStreams === true ? Readable.from(pieces, { signal }) : pieces;
      return { body, ...(checksum && { checksum }) };
    },
  };
}

function hang(signal: AbortSignal, deaf = false): Promise<never> {
  return new Promise((_, reject) => {
    if (!deaf) signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
