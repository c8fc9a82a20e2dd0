import { appendFile, cp, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../contracts/logger.ts';
import type { Clock } from '../core/clock.ts';
import { createFileSystemRegistry } from './file-system-registry.ts';
import { createLocalFileSystem } from './local-file-system.ts';
import {
  createFileSystemStoragePathSource,
  type FileSystemStoragePathSource,
  type FileSystemStoragePathSourceOptions,
} from './storage-path-source.ts';
import { MODEL, modelConfig } from './testing/source-world.ts';

const realClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
};
const LIMITS = { timeout: 20_000, interval: 10 };
const LONG_AGO = new Date('2020-01-01T00:00:00Z');

/** On the real disk with real time and real watches; waits for what must come, never for a time to pass. */
describe('the storage path source on a local disk', { timeout: 60_000 }, () => {
  let root: string;
  let life: AbortController;
  let run: Promise<void> | undefined;
  let emissions: { readonly versions: readonly string[]; readonly sizeBytes: number | undefined }[];
  let waits: string[];

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'slipway source ü '));
    life = new AbortController();
    emissions = [];
    waits = [];
  });
  afterEach(async () => {
    life.abort();
    await run;
    await rm(root, { recursive: true, force: true });
  });

  function start(options: FileSystemStoragePathSourceOptions, basePath = root): FileSystemStoragePathSource {
    const source = createFileSystemStoragePathSource(options, {
      registry: createFileSystemRegistry([createLocalFileSystem()]),
      clock: realClock,
      log: silentLogger,
      completenessCheck: () => Promise.resolve(undefined),
      outcomeOf: () => 'open',
    });
    source.onReport((_, report) => waits.push(...report.versions.flatMap(({ waiting }) => waiting ?? [])));
    source.updateModels([modelConfig(MODEL, basePath)]);
    run = source.run((_, versions) => {
      emissions.push({
        versions: versions.map(({ id }) => id.version),
        sizeBytes: versions[0]?.ok ? versions[0].data.sizeBytes : undefined,
      });
    }, life.signal);
    return source;
  }

  async function writeOldVersion(path: string): Promise<void> {
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'model.onnx'), 'x');
    await utimes(join(path, 'model.onnx'), LONG_AGO, LONG_AGO);
    await utimes(path, LONG_AGO, LONG_AGO);
  }

  it('offers a version copied in slowly once, when all of it is there', async () => {
    await writeOldVersion(join(root, '1'));
    start({ pollIntervalMs: 200, settleMs: 3000 });
    await vi.waitFor(() => expect(emissions).toHaveLength(1), LIMITS);

    await mkdir(join(root, '2'));
    for (let part = 0; part < 15; part += 1) {
      await appendFile(join(root, '2', 'model.onnx'), Buffer.alloc(100_000));
      await delay(100); // a writer that takes its time, though always far less than the settle time
    }
    await vi.waitFor(() => expect(emissions).toHaveLength(2), LIMITS);
    expect(emissions).toEqual([
      { versions: ['1'], sizeBytes: 1 },
      { versions: ['2'], sizeBytes: 1_500_000 },
    ]);
    expect(waits.some((words) => words.startsWith('model.onnx is still growing ('))).toBe(true);
  });

  it('sees a version moved into place by its watch, long before the next poll', async () => {
    await writeOldVersion(join(root, 'served', '1'));
    start({ pollIntervalMs: 3_600_000 }, join(root, 'served'));
    await vi.waitFor(() => expect(emissions).toHaveLength(1), LIMITS);
    await writeOldVersion(join(root, 'staging'));
    let next = 2;
    // The watch begins at some moment after the first poll: versions are moved in until one is seen.
    await vi.waitFor(
      async () => {
        await cp(join(root, 'staging'), join(root, String(next)), { recursive: true, preserveTimestamps: true });
        await rename(join(root, String(next)), join(root, 'served', String(next)));
        next += 1;
        expect(emissions.length).toBeGreaterThan(1);
      },
      { timeout: 20_000, interval: 300 },
    );
    expect(Number(emissions.at(-1)?.versions[0])).toBeGreaterThan(1);
  });

  it('follows a base path that is a link to another folder', async () => {
    await writeOldVersion(join(root, 'real', '7'));
    await mkdir(join(root, 'links'));
    await symlink(join(root, 'real'), join(root, 'links', 'model'), 'junction');
    start({ pollIntervalMs: 100 }, join(root, 'links', 'model'));
    await vi.waitFor(() => expect(emissions).toEqual([{ versions: ['7'], sizeBytes: 1 }]), LIMITS);
  });

  it('keeps what it had while the folder is away', async () => {
    await writeOldVersion(join(root, 'model', '1'));
    const source = start({ pollIntervalMs: 100 }, join(root, 'model'));
    await vi.waitFor(() => expect(emissions).toHaveLength(1), LIMITS);
    await rename(join(root, 'model'), join(root, 'away'));
    await vi.waitFor(() => expect(source.report(MODEL).status).toBe('error'), LIMITS);
    await rename(join(root, 'away'), join(root, 'model'));
    await vi.waitFor(() => expect(source.report(MODEL).status).toBe('ok'), LIMITS);
    expect(emissions).toEqual([{ versions: ['1'], sizeBytes: 1 }]);
  });
});
