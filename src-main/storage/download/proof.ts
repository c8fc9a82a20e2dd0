import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { throwIfCancelled } from '../abortable.ts';
import type { Verified } from '../verified.ts';
import { createCrc, crcToBase64, isCrcAlgorithm, type RunningCrc } from './crc.ts';
import { onDisk, readPieces } from './local-disk.ts';
import type { ObjectChecksum, ObjectReader, RemoteObject } from './object-reader.ts';

/** A checksum that a local file was found to have. */
export type FileChecksum = Pick<ObjectChecksum, 'algorithm' | 'value'>;

/** What a comparison of a local file with what its store says came to. */
export interface Proof {
  /** Of the local bytes. */
  readonly checksum: FileChecksum;
  /** Undefined: the bytes are not the store's. */
  readonly verified: Verified | undefined;
}

/** The part sizes that are asked for at a time. */
const ASKED_AT_ONCE = 8;
const COMPOSITE = /^[A-Za-z0-9+/=]+-([1-9]\d{0,4})$/u;

/**
 * Compares a file that is all there with the checksum that its store has.
 * @param own a checksum that was computed as the bytes came; it is all there is to tell where the store has none.
 * @param expected what the store has; of the whole, or over the checksums of the parts in which it was uploaded.
 * @throws ServingError what the reader throws that is worth another try.
 */
export async function prove(
  file: { readonly object: RemoteObject; readonly handle: FileHandle; readonly own: FileChecksum },
  expected: ObjectChecksum | undefined,
  reader: ObjectReader,
  signal: AbortSignal,
): Promise<Proof> {
  const { own, handle, object } = file;
  if (expected && !expected.wholeObject) return proveParts(file, expected, reader, signal);
  if (!expected) return { checksum: own, verified: 'size' };
  const { algorithm } = expected;
  const value =
    algorithm === own.algorithm
      ? own.value
      : await onDisk(async () => (await digest(handle, algorithm, 0, object.sizeBytes)).toString('base64'));
  const verified = algorithm === 'MD5' ? 'md5' : 'checksum';
  return { checksum: { algorithm, value }, verified: value === expected.value ? verified : undefined };
}

/**
 * The checksum of the checksums of parts proves a file once it is known where its parts end. Most uploaders make all parts
 * but the last of one size, so that of the first tells; where that proves nothing, each is asked for.
 */
async function proveParts(
  { object, handle, own }: Parameters<typeof prove>[0],
  { algorithm, value }: ObjectChecksum,
  reader: ObjectReader,
  signal: AbortSignal,
): Promise<Proof> {
  const unproven: Proof = { checksum: own, verified: 'size' };
  const count = Number(COMPOSITE.exec(value)?.[1] ?? 0);
  const sizeOf = async (part: number): Promise<number | undefined> => reader.partSize?.(object, part, signal);
  const first = count > 0 ? await sizeOf(1) : undefined;
  if (first === undefined) return unproven;

  const composite = async (sizes: readonly number[]): Promise<string> => {
    const digests: Buffer[] = [];
    let start = 0;
    for (const size of sizes) {
      throwIfCancelled(signal);
      digests.push(await onDisk(() => digest(handle, algorithm, start, start + size)));
      start += size;
    }
    return `${finish(algorithm, digests)}-${count}`;
  };
  const alike = sameSizes(object.sizeBytes, first, count);
  if (alike && (await composite(alike)) === value) return { checksum: { algorithm, value }, verified: 'composite' };

  const sizes = [first];
  for (let part = 2; part <= count; part += ASKED_AT_ONCE) {
    const parts = Array.from({ length: Math.min(ASKED_AT_ONCE, count - part + 1) }, (_, index) => part + index);
    for (const size of await Promise.all(parts.map(sizeOf))) if (size !== undefined) sizes.push(size);
  }
  const isWhole = sizes.length === count && sizes.reduce((sum, size) => sum + size, 0) === object.sizeBytes;
  if (!isWhole) return unproven;
  const actual = await composite(sizes);
  return { checksum: { algorithm, value: actual }, verified: actual === value ? 'composite' : undefined };
}

/** @returns undefined where parts of that size cannot be that many. */
function sameSizes(totalBytes: number, size: number, count: number): readonly number[] | undefined {
  const last = totalBytes - size * (count - 1);
  if (last <= 0 || last > size) return undefined;
  return [...Array.from({ length: count - 1 }, () => size), last];
}

/** The checksum of a range of a file, as bytes. */
async function digest(
  file: FileHandle,
  algorithm: ObjectChecksum['algorithm'],
  start: number,
  end: number,
): Promise<Buffer> {
  if (isCrcAlgorithm(algorithm)) {
    const crc = createCrc(algorithm);
    await feed(crc, file, start, end);
    return Buffer.from(crcToBase64(algorithm, crc.value()), 'base64');
  }
  const hash = createHash(algorithm);
  await feed(hash, file, start, end);
  return hash.digest();
}

/** Updates a running checksum with a range of a file. */
export async function feed(
  running: Pick<RunningCrc, 'update'>,
  file: FileHandle,
  start: number,
  end: number,
): Promise<void> {
  for await (const piece of readPieces(file, start, end)) running.update(piece);
}

/** The checksum of checksums, in base64. */
function finish(algorithm: ObjectChecksum['algorithm'], digests: readonly Buffer[]): string {
  const all = Buffer.concat(digests);
  if (!isCrcAlgorithm(algorithm)) return createHash(algorithm).update(all).digest('base64');
  const crc = createCrc(algorithm);
  crc.update(all);
  return crcToBase64(algorithm, crc.value());
}
