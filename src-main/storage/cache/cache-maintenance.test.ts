import { mkdtemp, readdir, rm, truncate, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { crc32Of, createMemoryObjectReader, objectOf, sampleBytes } from '../download/testing/memory-object-reader.ts';
import { pruneCopies, readCopies, removeCopies, type VerifiedCopy, verifyCopies } from './cache-maintenance.ts';
import type { CachedVersion, VersionCache } from './cached-version.ts';
import { createVersionCache } from './version-cache.ts';

const KIB = 1024;
const { signal } = new AbortController();

let directory: string;
let cache: VersionCache;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cache-maintenance-'));
  cache = createVersionCache({ directory, minFreeBytes: 0 });
});
afterEach(async () => {
  await cache[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** A copy of a version of so many KiB that was used so many minutes ago; in use until its lease is disposed. */
async function keep(version: string, kib: number, minutesAgo: number): Promise<CachedVersion> {
  const contents = { 'model.onnx': sampleBytes(kib * KIB, Number(version)), 'data/labels.txt': sampleBytes(1) };
  const objects = Object.entries(contents).map(([path, bytes]) => objectOf(path, bytes, { checksum: crc32Of(bytes) }));
  const copy = await cache.localize(
    { source: 's3://models/m', version },
    objects,
    createMemoryObjectReader(contents),
    signal,
  );
  const used = new Date(Date.now() - minutesAgo * 60_000);
  await utimes(join(copy.path, '..', 'manifest.json'), used, used);
  return copy;
}

/** The same, of no use to anybody. */
async function keepUnused(...of: Parameters<typeof keep>): Promise<CachedVersion> {
  const copy = await keep(...of);
  await copy.lease[Symbol.asyncDispose]();
  return copy;
}

async function verify(): Promise<readonly VerifiedCopy[]> {
  const copies: VerifiedCopy[] = [];
  await verifyCopies(directory, (copy) => copies.push(copy));
  return copies;
}

const versionsOf = (copies: readonly { readonly version: string }[]) => copies.map(({ version }) => version);

describe('copies', () => {
  it('are none where there is no cache yet', async () => {
    const nowhere = join(directory, 'nowhere');
    expect(await readCopies(nowhere)).toEqual([]);
    expect(await pruneCopies(nowhere, 0)).toEqual({ removed: [], inUse: [], leftBytes: 0 });
  });

  it('are listed with what is known of them, those used longest ago first', async () => {
    await keepUnused('1', 10, 1);
    await keepUnused('2', 20, 60);
    const copies = await readCopies(directory);
    expect(versionsOf(copies)).toEqual(['2', '1']);
    expect(copies[0]).toMatchObject({
      source: 's3://models/m',
      files: 2,
      sizeBytes: 20 * KIB + 1,
      verified: 'checksum',
    });
  });

  it('are found broken when a byte, a length or a file is not what came', async () => {
    const flipped = await keepUnused('1', 10, 4);
    const shorter = await keepUnused('2', 10, 3);
    const missing = await keepUnused('3', 10, 2);
    await keepUnused('4', 10, 1);
    expect((await verify()).flatMap(({ faults }) => faults)).toEqual([]);

    const bytes = Buffer.from(sampleBytes(10 * KIB, 1));
    bytes.writeUInt8(bytes.readUInt8(5000) ^ 1, 5000);
    await writeFile(join(flipped.path, 'model.onnx'), bytes);
    await truncate(join(shorter.path, 'model.onnx'), 5);
    await unlink(join(missing.path, 'data', 'labels.txt'));
    const found = Object.fromEntries((await verify()).map(({ version, faults }) => [version, faults]));
    expect(found).toEqual({
      1: ['model.onnx: its CRC32 is another than when it came'],
      2: ['model.onnx: it has 5 bytes, not 10240'],
      3: ['data/labels.txt: it is missing'],
      4: [],
    });
  });

  it('count as unused after they were verified, and as old as before', async () => {
    await keepUnused('1', 10, 60);
    await keepUnused('2', 10, 1);
    await verify();
    expect(versionsOf(await readCopies(directory))).toEqual(['1', '2']);
    expect(versionsOf((await pruneCopies(directory, 0)).removed)).toEqual(['1', '2']);
  });

  it('are removed from the oldest on until the rest fits', async () => {
    for (const [index, version] of ['1', '2', '3'].entries()) await keepUnused(version, 10, 10 - index);
    const { removed, leftBytes } = await pruneCopies(directory, 25 * KIB);
    expect(versionsOf(removed)).toEqual(['1']);
    expect(leftBytes).toBe(20 * KIB + 2);
    expect(versionsOf(await readCopies(directory))).toEqual(['2', '3']);
  });

  it('stay while they are in use', async () => {
    await keep('1', 10, 10);
    await keepUnused('2', 10, 5);
    const { removed, inUse, leftBytes } = await pruneCopies(directory, 0);
    expect([versionsOf(removed), versionsOf(inUse), leftBytes]).toEqual([['2'], ['1'], 10 * KIB + 1]);
    const [left] = await readCopies(directory);
    expect(await removeCopies(directory, [left?.name ?? ''])).toEqual([]);
    expect(versionsOf(await verify())).toEqual(['1']);
  });

  it('leave nothing behind', async () => {
    await keepUnused('1', 10, 10);
    const [copy] = await readCopies(directory);
    expect(await removeCopies(directory, [copy?.name ?? ''])).toEqual([copy?.name]);
    expect(await readdir(join(directory, 'versions'))).toEqual([]);
  });
});
