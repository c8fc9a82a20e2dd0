import { type ChildProcess, execFileSync, fork, type ForkOptions } from 'node:child_process';
import { once } from 'node:events';
import {
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServingError } from '../../contracts/serving-error.ts';
import type { ObjectReader, RemoteObject } from '../download/object-reader.ts';
import {
  crc32Of,
  createMemoryObjectReader,
  type MemoryObjectReader,
  objectOf,
  sampleBytes,
} from '../download/testing/memory-object-reader.ts';
import { TransferError } from '../download/transfer-error.ts';
import type { CachedVersion, VersionCache } from './cached-version.ts';
import { type CacheTask, type CacheWord, TASK_KEY, TASK_PART_BYTES } from './testing/cache-process.ts';
import { createVersionCache, type VersionCacheOptions } from './version-cache.ts';

const KIB = 1024;
const MODEL = sampleBytes(600 * KIB);
const WEIGHTS = sampleBytes(300 * KIB, 2);
const CONTENTS = { 'model.onnx': MODEL, 'data/weights.bin': WEIGHTS };
const never = new AbortController().signal;
const key = (version: string) => ({ source: 's3://models/m', version });
const objectsOf = (contents: Readonly<Record<string, Uint8Array>>): RemoteObject[] =>
  Object.entries(contents).map(([path, bytes]) => objectOf(path, bytes, { checksum: crc32Of(bytes) }));
const objects = objectsOf(CONTENTS);
/** A version of one file of so many KiB, unlike any with another seed. */
const version = (kib: number, seed: number) => {
  const contents = { 'model.onnx': sampleBytes(kib * KIB, seed) };
  return { objects: objectsOf(contents), reader: createMemoryObjectReader(contents) };
};

let directory: string;
const caches: VersionCache[] = [];
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'slipway cache é-')), 'cache');
});
afterEach(async () => {
  for (const cache of caches.splice(0)) await cache[Symbol.asyncDispose]();
  await rm(join(directory, '..'), { recursive: true, force: true });
});

function cacheWith(options: Partial<VersionCacheOptions> = {}): VersionCache {
  const cache = createVersionCache({
    directory,
    minFreeBytes: 0,
    download: { partSizeBytes: 128 * KIB, partsFromBytes: 256 * KIB, retryDelayMs: () => 0 },
    ...options,
  });
  caches.push(cache);
  return cache;
}

const entries = async (): Promise<string[]> => (await readdir(join(directory, 'versions'))).toSorted();
/** Compared as bytes: to compare elements takes seconds. */
const holds = async ({ path }: CachedVersion, file: string, bytes: Uint8Array): Promise<boolean> =>
  Buffer.from(bytes).equals(await readFile(join(path, ...file.split('/'))));
const COPY = /^[0-9a-f]{16}-[0-9a-f]{16}$/u;
/** A store that only fails. */
const failing = (thrown: Error): ObjectReader => ({
  async read() {
    throw thrown;
  },
});

describe('localize', () => {
  it('downloads once what is asked for again and again', async () => {
    const cache = cacheWith();
    const reader = createMemoryObjectReader(CONTENTS);
    const first = await cache.localize(key('1'), objects, reader, never);
    const requests = reader.requests.length;
    const second = await cache.localize(key('1'), objects.toReversed(), reader, never);
    expect(second.path).toBe(first.path);
    expect(reader.requests).toHaveLength(requests);
    expect((await readdir(first.path, { recursive: true })).toSorted()).toEqual([
      'data',
      join('data', 'weights.bin'),
      'model.onnx',
    ]);
    expect(await holds(first, 'model.onnx', MODEL)).toBe(true);
    expect(first.manifest).toMatchObject({
      source: 's3://models/m',
      version: '1',
      files: [
        { path: 'model.onnx', verified: 'checksum', checksum: { algorithm: 'CRC32', value: crc32Of(MODEL).value } },
        { path: 'data/weights.bin', sizeBytes: WEIGHTS.length },
      ],
    });
    expect(await entries()).toEqual([expect.stringMatching(COPY)]);
  });

  it('needs no store for what a process before it downloaded', async () => {
    await using before = createVersionCache({ directory, minFreeBytes: 0 });
    await before.localize(key('1'), objects, createMemoryObjectReader(CONTENTS), never);
    const copy = await cacheWith().localize(key('1'), objects, failing(new Error('down')), never);
    expect(await holds(copy, 'data/weights.bin', WEIGHTS)).toBe(true);
  });

  it('keeps the old content apart from the new one of the same version', async () => {
    const cache = cacheWith();
    const before = await cache.localize(key('1'), objects, createMemoryObjectReader(CONTENTS), never);
    const changed = { ...CONTENTS, 'model.onnx': sampleBytes(600 * KIB, 9) };
    const after = await cache.localize(key('1'), objectsOf(changed), createMemoryObjectReader(changed), never);
    expect(after.path).not.toBe(before.path);
    expect(await holds(before, 'model.onnx', MODEL)).toBe(true);
  });

  it('does not mix up versions with the same content', async () => {
    const cache = cacheWith();
    const reader = createMemoryObjectReader(CONTENTS);
    const one = await cache.localize(key('1'), objects, reader, never);
    const two = await cache.localize(key('2'), objects, reader, never);
    expect(two.path).not.toBe(one.path);
    expect(two.manifest.version).toBe('2');
  });

  it.each([
    { what: 'a file that is too short', damage: (path: string) => truncate(join(path, 'model.onnx'), 7) },
    { what: 'a file that is gone', damage: (path: string) => rm(join(path, 'data', 'weights.bin')) },
    { what: 'no manifest', damage: (path: string) => rm(join(path, '..', 'manifest.json')) },
    { what: 'a manifest that is cut off', damage: (path: string) => truncate(join(path, '..', 'manifest.json'), 50) },
  ])('downloads anew a copy with $what', async ({ damage }) => {
    const cache = cacheWith();
    const before = await cache.localize(key('1'), objects, createMemoryObjectReader(CONTENTS), never);
    await damage(before.path);
    const after = await cache.localize(key('1'), objects, createMemoryObjectReader(CONTENTS), never);
    expect(await holds(after, 'model.onnx', MODEL)).toBe(true);
    expect(await holds(after, 'data/weights.bin', WEIGHTS)).toBe(true);
    expect(await entries()).toEqual([expect.stringMatching(COPY)]);
  });

  it('goes on after an error with what has come', async () => {
    const modelCame = Promise.withResolvers<void>();
    const store = createMemoryObjectReader(CONTENTS);
    const broken: ObjectReader = {
      async read(object, ...rest) {
        if (object.path === 'model.onnx') return store.read(object, ...rest);
        await modelCame.promise;
        throw new ServingError('PERMISSION_DENIED', 'denied');
      },
    };
    const isNoted = async (): Promise<boolean> => {
      const name = (await entries().catch(() => [])).find((entry) => entry.includes('.tmp-')) ?? '';
      const journal = await readFile(join(directory, 'versions', name, 'journal'), 'utf8').catch(() => '');
      return journal.split('\n').length > 5;
    };
    const cache = cacheWith();
    const failed = cache.localize(key('1'), objects, broken, never);
    void vi.waitUntil(isNoted).then(() => modelCame.resolve(), modelCame.reject);
    await expect(failed).rejects.toMatchObject({ message: 'denied' });
    expect(await entries()).toEqual([expect.stringContaining('.tmp-')]);

    const reader = createMemoryObjectReader(CONTENTS);
    const copy = await cache.localize(key('1'), objects, reader, never);
    expect(reader.requests.map(({ path }) => path)).not.toContain('model.onnx');
    expect(await holds(copy, 'model.onnx', MODEL)).toBe(true);
    expect(await entries()).toEqual([expect.stringMatching(COPY)]);
  });

  it.each([
    { what: 'it is replaced meanwhile', fault: 'changed' },
    { what: 'its bits are wrong', fault: 'corrupt' },
  ] as const)('leaves nothing of a version when $what', async ({ fault }) => {
    const cache = cacheWith();
    const reader = failing(new TransferError(fault, 'model.onnx: no'));
    await expect(cache.localize(key('1'), objects, reader, never)).rejects.toMatchObject({ fault });
    expect(await entries()).toEqual([]);
  });

  it('asks once more, at the end, whether the store still has the same', async () => {
    const reader: MemoryObjectReader = createMemoryObjectReader(CONTENTS);
    const seen: (readonly RemoteObject[])[] = [];
    const confirm = (all: readonly RemoteObject[]): Promise<void> => {
      seen.push(all);
      return Promise.reject(new TransferError('changed', 'data/weights.bin: was replaced'));
    };
    const replaced = cacheWith().localize(key('1'), objects, { ...reader, confirm }, never);
    await expect(replaced).rejects.toMatchObject({ fault: 'changed' });
    expect(seen).toEqual([objects]);
    expect(reader.openBodies).toBe(0);
    expect(await entries()).toEqual([]);
  });

  it('leaves what is not complete alone until it has the lock: a copy may be coming there', async () => {
    const cache = cacheWith();
    const { path, lease, manifest } = await cache.localize(
      key('1'),
      objects,
      createMemoryObjectReader(CONTENTS),
      never,
    );
    await lease[Symbol.asyncDispose]();
    await rm(join(path, '..', 'manifest.json'));
    expect(await cache.find(key('1'), manifest.fingerprint)).toBeUndefined();
    expect(await readdir(path)).not.toEqual([]);
    const again = await cache.localize(key('1'), objects, createMemoryObjectReader(CONTENTS), never);
    expect(await holds(again, 'model.onnx', MODEL)).toBe(true);
    expect(await entries()).toHaveLength(1);
  });

  it.skipIf(process.platform === 'win32')('takes no link for a file, even to the same bytes', async () => {
    const cache = cacheWith();
    const { path, manifest } = await cache.localize(key('1'), objects, createMemoryObjectReader(CONTENTS), never);
    const elsewhere = join(directory, 'elsewhere');
    await rename(join(path, 'model.onnx'), elsewhere);
    await symlink(elsewhere, join(path, 'model.onnx'));
    expect(await cache.find(key('1'), manifest.fingerprint)).toBeUndefined();
  });

  it.skipIf(process.platform === 'win32')('refuses a folder that another user owns', async () => {
    await mkdir(join(directory, 'versions'), { recursive: true });
    if (process.getuid?.() === 0) await chown(join(directory, 'versions'), 4243, 4243);
    vi.spyOn(process, 'getuid').mockReturnValue(4242);
    await expect(cacheWith().localize(key('1'), objects, failing(new Error('asked')), never)).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringContaining('--cache_dir'),
    });
  });

  it('removes what was begun when it is cancelled', async () => {
    const stop = new AbortController();
    const reader = createMemoryObjectReader(CONTENTS, {
      fault({ index }) {
        if (index === 3) setImmediate(() => stop.abort());
        return { kind: 'stall', after: 1 };
      },
    });
    await expect(cacheWith().localize(key('1'), objects, reader, stop.signal)).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    expect(reader.openBodies).toBe(0);
    expect(await entries()).toEqual([]);
  });

  it('refuses keys that cannot be files, and versions without any', async () => {
    const cache = cacheWith();
    const unsafe = [...objects, objectOf('../../escaped', MODEL)];
    await expect(cache.localize(key('1'), unsafe, failing(new Error('asked')), never)).rejects.toMatchObject({
      fault: 'unsafe key',
    });
    await expect(cache.localize(key('1'), [], failing(new Error('asked')), never)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('lets one download for all who want the same', async () => {
    const one = createMemoryObjectReader(CONTENTS);
    const all = [cacheWith(), cacheWith(), cacheWith()].flatMap((cache) => [cache, cache]);
    const copies = await Promise.all(all.map((cache) => cache.localize(key('1'), objects, one, never)));
    expect(new Set(copies.map(({ path }) => path)).size).toBe(1);
    expect(one.requests).toHaveLength(8);
    expect(await entries()).toEqual([expect.stringMatching(COPY)]);
  });

  it('waits for another one only as long as it is wanted', async () => {
    const begun = Promise.withResolvers<void>();
    const end = new AbortController();
    const hanging = createMemoryObjectReader(CONTENTS, {
      fault() {
        begun.resolve();
        return { kind: 'hang' };
      },
    });
    const first = cacheWith().localize(key('1'), objects, hanging, end.signal);
    await begun.promise;
    const stop = new AbortController();
    const second = cacheWith().localize(key('1'), objects, createMemoryObjectReader(CONTENTS), stop.signal);
    stop.abort();
    await expect(second).rejects.toMatchObject({ code: 'CANCELLED' });
    end.abort();
    await expect(first).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('names no local path when the folder cannot be made', async () => {
    await mkdir(join(directory, '..'), { recursive: true });
    await writeFile(directory, 'a file');
    const failed: unknown = await cacheWith()
      .localize(key('1'), objects, createMemoryObjectReader(CONTENTS), never)
      .catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringMatching(/cache cannot be written/u) });
    expect(String(failed)).not.toContain(directory);
  });
});

describe('room', () => {
  const use = async (cache: VersionCache, name: string, kib: number, seed: number): Promise<CachedVersion> => {
    const { objects: files, reader } = version(kib, seed);
    return cache.localize(key(name), files, reader, never);
  };
  const release = ({ lease }: CachedVersion): PromiseLike<void> => lease[Symbol.asyncDispose]();
  /** Versions of which there are copies. */
  async function kept(): Promise<string[]> {
    const manifests = await Promise.all(
      (await entries()).map(async (name) =>
        JSON.parse(await readFile(join(directory, 'versions', name, 'manifest.json'), 'utf8')),
      ),
    );
    return manifests.map(({ version: name }) => String(name)).toSorted();
  }
  /** File systems keep times coarsely: what was used when is said, not waited for. */
  async function usedAt(copy: CachedVersion, secondsAgo: number): Promise<void> {
    const time = new Date(Date.now() - secondsAgo * 1000);
    await utimes(join(copy.path, '..', 'manifest.json'), time, time);
  }

  it('evicts what was used longest ago, and nothing that is in use', async () => {
    const cache = cacheWith({ capBytes: 300 * KIB });
    const one = await use(cache, '1', 100, 1);
    const two = await use(cache, '2', 100, 2);
    const three = await use(cache, '3', 100, 3);
    await release(two);
    await release(three);
    await usedAt(one, 30);
    await usedAt(two, 10);
    await usedAt(three, 20);
    await use(cache, '4', 100, 4);
    expect(await kept()).toEqual(['1', '2', '4']);
    await use(cache, '5', 100, 5);
    expect(await kept()).toEqual(['1', '4', '5']);
  });

  it('says so when all that is there is in use', async () => {
    const cache = cacheWith({ capBytes: 250 * KIB });
    const one = await use(cache, '1', 100, 1);
    const two = await use(cacheWith(), '2', 100, 2); // of another owner
    const expected = {
      fault: 'no space',
      code: 'RESOURCE_EXHAUSTED',
      message: expect.stringMatching(/needs 102 kB.*may hold 256 kB.*205 kB.*in use/u),
    };
    await expect(use(cache, '3', 100, 3)).rejects.toMatchObject(expected);
    expect(await kept()).toEqual(['1', '2']);
    await release(two);
    await use(cache, '3', 100, 3);
    expect(await kept()).toEqual(['1', '3']);
    expect(await holds(one, 'model.onnx', sampleBytes(100 * KIB, 1))).toBe(true);
  });

  it('leaves the disk what it was told to leave', async () => {
    const evictable = await use(cacheWith(), '1', 100, 1);
    await release(evictable);
    // A disk of 300 KiB, of which each copy takes its part.
    const freeBytes = async (): Promise<number> => {
      const copies = (await entries()).filter((name) => COPY.test(name));
      return (300 - 100 * copies.length) * KIB;
    };
    const cache = cacheWith({ minFreeBytes: 150 * KIB, freeBytes });
    await use(cache, '2', 100, 2);
    expect(await kept()).toEqual(['2']);
    const expected = {
      fault: 'no space',
      message: expect.stringMatching(/needs 102 kB of disk, 205 kB are free, of which 154 kB stay free/u),
    };
    await expect(use(cache, '3', 100, 3)).rejects.toMatchObject(expected);
    expect(await kept()).toEqual(['2']);
  });

  it('forgets the leases of processes that are gone', async () => {
    const cache = cacheWith({ capBytes: 100 * KIB });
    const one = await use(cache, '1', 100, 1);
    await release(one);
    const lease = join(one.path, '..', 'leases', 'left');
    await writeFile(lease, JSON.stringify({ pid: 1, host: 'elsewhere', started: '1', id: 'x' }));
    await expect(use(cache, '2', 100, 2)).rejects.toMatchObject({ fault: 'no space' });
    const longAgo = new Date(Date.now() - 3600_000);
    await utimes(lease, longAgo, longAgo);
    await use(cache, '2', 100, 2);
    expect(await kept()).toEqual(['2']);
  });

  it('keeps what a download left for the next try, until the disk is needed', async () => {
    const cache = cacheWith();
    await use(cache, '1', 1, 1);
    const left = `${'a'.repeat(16)}-${'b'.repeat(16)}.tmp-12345678`;
    await mkdir(join(directory, 'versions', left));
    await use(cache, '2', 1, 2);
    expect(await entries()).toContain(left);
    const full = cacheWith({ minFreeBytes: 1, freeBytes: () => Promise.resolve(0) });
    await expect(use(full, '3', 1, 3)).rejects.toMatchObject({ fault: 'no space' });
    expect(await kept()).toEqual(['1', '2']);
  });
});

/** @throws Error where this user may not. */
function asSuperuser(command: string, ...options: readonly string[]): void {
  execFileSync(command, options, { stdio: 'ignore' });
}

describe('a disk that fills up', () => {
  const small = join(tmpdir(), `slipway-small-disk-${process.pid}`);
  let mounted = false;
  beforeEach(async () => {
    await mkdir(small, { recursive: true });
    try {
      asSuperuser('mount', '-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', small);
      mounted = true;
    } catch {
      mounted = false; // only the superuser may
    }
  });
  afterEach(async () => {
    if (mounted) asSuperuser('umount', small);
    await rm(small, { recursive: true, force: true });
  });

  it('makes room by what is not in use, once, then gives up and leaves nothing', async ({ skip }) => {
    skip(!mounted, 'no right to mount');
    // A disk that says it has room, and has not: another program was faster.
    const cache = cacheWith({ directory: small, freeBytes: () => Promise.resolve(1e12) });
    const old = version(1200, 1);
    const copy = await cache.localize(key('1'), old.objects, old.reader, never);
    const next = version(1200, 2);
    await expect(cache.localize(key('2'), next.objects, next.reader, never)).rejects.toMatchObject({
      fault: 'no space',
      code: 'RESOURCE_EXHAUSTED',
      message: expect.stringMatching(/^the disk of the model cache is full/u),
    });
    expect(await readdir(join(small, 'versions'))).toHaveLength(1);

    await copy.lease[Symbol.asyncDispose]();
    const second = await cache.localize(key('2'), next.objects, next.reader, never);
    expect(await holds(second, 'model.onnx', sampleBytes(1200 * KIB, 2))).toBe(true);
    expect(await readdir(join(small, 'versions'))).toHaveLength(1);
  });
});

describe('offline', () => {
  it('knows the complete copies of what was last listed', async () => {
    const cache = cacheWith();
    const one = objectsOf({ 'model.onnx': MODEL });
    const two = objectsOf({ 'model.onnx': WEIGHTS });
    await cache.localize(key('1'), one, createMemoryObjectReader({ 'model.onnx': MODEL }), never);
    const before = Date.now();
    await cache.remember(
      's3://models/m',
      new Map([
        ['1', one],
        ['2', two],
      ]),
    );
    const offline = await cacheWith().offline('s3://models/m');
    expect([...(offline?.versions.keys() ?? [])]).toEqual(['1']);
    expect(offline?.seenMs).toBeGreaterThan(before - 5000);
    const remembered = offline?.versions.get('1') ?? [];
    const copy = await cacheWith().localize(key('1'), remembered, failing(new Error('down')), never);
    expect(copy.manifest.version).toBe('1');
  });

  it('does not offer a version that the store had no more, or had with another content', async () => {
    const cache = cacheWith();
    const one = objectsOf({ 'model.onnx': MODEL });
    await cache.localize(key('1'), one, createMemoryObjectReader({ 'model.onnx': MODEL }), never);
    await cache.remember('s3://models/m', new Map([['1', objectsOf({ 'model.onnx': WEIGHTS })]]));
    expect((await cache.offline('s3://models/m'))?.versions.size).toBe(0);
    await cache.remember('s3://models/m', new Map());
    expect((await cache.offline('s3://models/m'))?.versions.size).toBe(0);
  });

  it('knows nothing of what was never seen, or cannot be read', async () => {
    const cache = cacheWith();
    expect(await cache.offline('s3://models/m')).toBeUndefined();
    await cache.remember('s3://models/m', new Map());
    const [name = ''] = await readdir(join(directory, 'listings'));
    await writeFile(join(directory, 'listings', name), '{"format":1');
    expect(await cache.offline('s3://models/m')).toBeUndefined();
  });

  it('writes a listing only when it is another one', async () => {
    const cache = cacheWith();
    await cache.remember('s3://models/m', new Map([['1', objects]]));
    const [name = ''] = await readdir(join(directory, 'listings'));
    await writeFile(join(directory, 'listings', name), 'touched by a test');
    await cache.remember('s3://models/m', new Map([['1', objects]]));
    expect(await readFile(join(directory, 'listings', name), 'utf8')).toBe('touched by a test');
    await cache.remember('s3://models/m', new Map());
    expect(await cache.offline('s3://models/m')).toMatchObject({ versions: new Map() });
  });

  it('goes on without what it cannot keep', async () => {
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'listings'), 'in the way');
    await expect(cacheWith().remember('s3://models/m', new Map())).resolves.toBeUndefined();
  });
});

describe('several processes', () => {
  const SCRIPT = fileURLToPath(new URL('./testing/cache-process.ts', import.meta.url));
  const children: ChildProcess[] = [];
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
  });

  function start(
    task: CacheTask,
    options: ForkOptions = { execArgv: ['--no-warnings'] },
  ): { child: ChildProcess; word: Promise<CacheWord> } {
    const child = fork(SCRIPT, [JSON.stringify(task)], options);
    children.push(child);
    const word = Promise.withResolvers<CacheWord>();
    child.once('message', (message: CacheWord) => word.resolve(message));
    child.once('exit', (code, signal) => word.reject(new Error(`ended without a word (${code ?? signal})`)));
    return { child, word: word.promise };
  }

  it('goes on where a process was killed, at once', async () => {
    const sizeBytes = 10 * TASK_PART_BYTES;
    const { child, word } = start({ directory, sizeBytes, hangsAt: 7 });
    expect(await word).toEqual({ kind: 'hangs' });
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    expect((await entries()).map((name) => name.replace(/^.*\./u, '').replace(/-.*/u, ''))).toEqual(['lock', 'tmp']);

    const bytes = sampleBytes(sizeBytes);
    const reader = createMemoryObjectReader({ 'model.onnx': bytes });
    const cache = cacheWith({ download: { partSizeBytes: TASK_PART_BYTES, partsFromBytes: 0 } });
    const copy = await cache.localize(TASK_KEY, [objectOf('model.onnx', bytes)], reader, never);
    expect(reader.requests.map(({ start: at }) => at / TASK_PART_BYTES)).toEqual([7, 8, 9]);
    expect(await holds(copy, 'model.onnx', bytes)).toBe(true);
    expect(await entries()).toEqual([expect.stringMatching(COPY)]);
  }, 30_000);

  // A limit of the system's own on the size of files is to who writes like a full disk, and needs no disk for itself.
  it.skipIf(process.platform === 'win32')(
    'tells of a disk that is full in mid-download, and leaves nothing',
    async () => {
      const script = `trap '' XFSZ; ulimit -f 1024; exec "$NODE" --no-warnings "$@"`;
      const { word } = start(
        { directory, sizeBytes: 20 * TASK_PART_BYTES },
        { execPath: '/bin/sh', execArgv: ['-c', script, 'sh'], env: { ...process.env, NODE: process.execPath } },
      );
      expect(await word).toEqual({
        kind: 'failed',
        message: expect.stringMatching(/the disk of the model cache is full \((?:EFBIG|ENOSPC)\): free some space/u),
      });
      expect(await entries()).toEqual([]);
    },
    30_000,
  );

  it('lets six at once download once', async () => {
    const sizeBytes = 20 * TASK_PART_BYTES;
    const words = await Promise.all(Array.from({ length: 6 }, () => start({ directory, sizeBytes }).word));
    const done = words.filter((word) => word.kind === 'done');
    expect(words).toEqual(done);
    expect(new Set(done.map(({ path }) => path)).size).toBe(1);
    expect(done.map(({ requests }) => requests).toSorted((left, right) => left - right)).toEqual([0, 0, 0, 0, 0, 20]);
    expect(await entries()).toEqual([expect.stringMatching(COPY)]);
  }, 60_000);
});
