import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../errno.ts';
import { createCrc, crcToBase64, isCrcAlgorithm } from '../download/crc.ts';
import { readPieces } from '../download/local-disk.ts';
import { createCacheFolder, type CopyFacts } from './cache-folder.ts';
import { createClaims } from './claims.ts';
import { VERIFIED, type Verified } from '../verified.ts';
import { type Manifest } from './manifest.ts';
import { VERSIONS_FOLDER } from './version-cache.ts';

/** One complete copy of a version. */
export interface Copy {
  /** Name of its folder. */
  readonly name: string;
  readonly source: string;
  readonly version: string;
  readonly files: number;
  readonly sizeBytes: number;
  readonly completedMs: number;
  readonly usedMs: number;
  /** How it was compared with the store's when it came; that of its worst file. */
  readonly verified: Verified;
}

export interface VerifiedCopy extends Copy {
  /** What is wrong with it, file by file; none where its bytes are those that came. */
  readonly faults: readonly string[];
}

export interface Pruned {
  readonly removed: readonly Copy[];
  /** Copies that were to be removed and are in use. */
  readonly inUse: readonly Copy[];
  /** What the copies that are left take. */
  readonly leftBytes: number;
}

/** The complete copies in a cache that others may be using; those used longest ago first. @param directory absolute. */
export async function readCopies(directory: string): Promise<readonly Copy[]> {
  await using folder = openFolder(directory);
  return (await sorted(folder.copies())).map(copyOf);
}

/**
 * Computes the checksums of all copies anew, from the disk.
 * @param onCopy told of each as soon as it is known.
 */
export async function verifyCopies(directory: string, onCopy: (copy: VerifiedCopy) => void): Promise<void> {
  await using folder = openFolder(directory);
  for (const facts of await sorted(folder.copies())) {
    // Whoever evicts it meanwhile must not make it look broken.
    const lease = await folder.lease(facts.name);
    if (!lease) continue;
    await using _ = lease;
    const faults: string[] = [];
    for (const file of facts.manifest.files) {
      const fault = await faultOf(join(folder.filesOf(facts.name), ...file.path.split('/')), file);
      if (fault !== undefined) faults.push(`${file.path}: ${fault}`);
    }
    onCopy({ ...copyOf(facts), faults });
  }
}

/**
 * Removes the copies that were used longest ago until the rest takes no more than so much, and what downloads left that
 * nobody is at. What is in use stays.
 * @param mostBytes 0 removes all that is not in use.
 */
export async function pruneCopies(directory: string, mostBytes: number): Promise<Pruned> {
  await using folder = openFolder(directory);
  const copies = await sorted(folder.copies());
  let leftBytes = copies.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
  const removed: Copy[] = [];
  const inUse: Copy[] = [];
  for (const facts of copies) {
    if (leftBytes <= mostBytes) break;
    if (await folder.evict(facts.name)) {
      leftBytes -= facts.sizeBytes;
      removed.push(copyOf(facts));
    } else inUse.push(copyOf(facts));
  }
  if (mostBytes === 0) await folder.sweep(0);
  return { removed, inUse, leftBytes };
}

/** Removes these copies, unless they are in use. @returns the names of those that were. */
export async function removeCopies(directory: string, names: readonly string[]): Promise<readonly string[]> {
  await using folder = openFolder(directory);
  const removed: string[] = [];
  for (const name of names) if (await folder.evict(name)) removed.push(name);
  return removed;
}

function openFolder(directory: string) {
  const claims = createClaims();
  const folder = createCacheFolder(join(directory, VERSIONS_FOLDER), claims);
  return { ...folder, [Symbol.asyncDispose]: () => claims[Symbol.asyncDispose]() };
}

async function sorted(copies: Promise<readonly CopyFacts[]>): Promise<readonly CopyFacts[]> {
  return (await copies).toSorted((one, other) => one.usedMs - other.usedMs);
}

function copyOf({ name, manifest, sizeBytes, usedMs }: CopyFacts): Copy {
  const { source, version, files, completedMs } = manifest;
  const worst = files.reduce((most, { verified }) => Math.max(most, VERIFIED.indexOf(verified)), 0);
  const verified = VERIFIED[worst] ?? 'size';
  return { name, source, version, files: files.length, sizeBytes, completedMs, usedMs, verified };
}

async function faultOf(path: string, file: Manifest['files'][number]): Promise<string | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    return errnoOf(error) === 'ENOENT' ? 'it is missing' : `it cannot be read (${errnoOf(error) ?? 'unknown error'})`;
  }
  try {
    const { size } = await handle.stat();
    if (size !== file.sizeBytes) return `it has ${size} bytes, not ${file.sizeBytes}`;
    // A checksum over those of parts needs the parts; its manifest has one of the bytes themselves.
    const { algorithm, value } = file.checksum;
    const actual = await checksumOf(handle, algorithm, size);
    return actual === value ? undefined : `its ${algorithm} is another than when it came`;
  } catch (error) {
    return `it cannot be read (${errnoOf(error) ?? 'unknown error'})`;
  } finally {
    await handle.close();
  }
}

async function checksumOf(
  handle: FileHandle,
  algorithm: Manifest['files'][number]['checksum']['algorithm'],
  sizeBytes: number,
): Promise<string> {
  if (isCrcAlgorithm(algorithm)) {
    const crc = createCrc(algorithm);
    for await (const piece of readPieces(handle, 0, sizeBytes)) crc.update(piece);
    return crcToBase64(algorithm, crc.value());
  }
  const hash = createHash(algorithm);
  for await (const piece of readPieces(handle, 0, sizeBytes)) hash.update(piece);
  return hash.digest('base64');
}
