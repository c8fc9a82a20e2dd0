import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { abandonedFileSystemCalls, createFileSystemCalls, type FileSystemCalls } from './file-system-calls.ts';
import { createLocalFileSystem } from './local-file-system.ts';

const { signal } = new AbortController();
const UNAVAILABLE = { code: 'UNAVAILABLE' };

/** Calls under a clock that the test sets, and work that ends when the test says so. */
function world(limit: number) {
  const time = { ms: 0 };
  const calls = createFileSystemCalls({ limit, now: () => time.ms });
  const begun: string[] = [];
  function hang(root: string, ownSignal = signal) {
    const { promise, resolve } = Promise.withResolvers<string>();
    const result = calls.run(root, ownSignal, () => {
      begun.push(root);
      return promise;
    });
    result.catch(() => undefined);
    return { result, end: () => resolve(root) };
  }
  return { time, calls, begun, hang };
}

const ask = (calls: FileSystemCalls, root: string) => calls.run(root, signal, () => Promise.resolve('done'));

describe('createFileSystemCalls', () => {
  it('refuses a path, and what is below it, whose earlier call hangs, until that has come back', async () => {
    const { time, calls, hang } = world(8);
    const { result, end } = hang('/mnt/dead');
    time.ms = 9999;
    await expect(ask(calls, '/mnt/dead')).resolves.toBe('done');
    time.ms = 10_000;
    const work = vi.fn<() => Promise<void>>();
    await expect(calls.run('/mnt/dead', signal, work)).rejects.toMatchObject({
      ...UNAVAILABLE,
      message: expect.stringMatching(/^"dead" does not answer/u),
    });
    await expect(calls.run('/mnt/dead/1', signal, work)).rejects.toMatchObject(UNAVAILABLE);
    expect(work).not.toHaveBeenCalled();
    for (const other of ['/mnt', '/mnt/dead2', '/mnt/alive', '/'])
      await expect(ask(calls, other)).resolves.toBe('done');
    end();
    await result;
    await expect(ask(calls, '/mnt/dead')).resolves.toBe('done');
  });

  it.each([
    ['/', '/x'],
    ['C:\\', 'C:\\x'],
    ['\\\\host\\share', '\\\\host\\share\\x'],
  ])('knows that of %s also %s hangs', async (root, below) => {
    const { time, calls, hang } = world(8);
    hang(root);
    time.ms = 10_000;
    await expect(ask(calls, below)).rejects.toMatchObject(UNAVAILABLE);
  });

  it('is sooner certain of a call that nobody waits for, but not at once', async () => {
    const { time, calls, hang } = world(8);
    const stop = new AbortController();
    hang('/mnt/dead', stop.signal);
    expect(calls.abandoned()).toBe(0);
    stop.abort();
    expect(calls.abandoned()).toBe(1);
    await expect(ask(calls, '/mnt/dead')).resolves.toBe('done');
    time.ms = 2000;
    await expect(ask(calls, '/mnt/dead')).rejects.toMatchObject(UNAVAILABLE);
  });

  it('counts calls that hang until they come back', async () => {
    const { time, calls, hang } = world(8);
    const { result, end } = hang('/mnt/dead');
    time.ms = 10_000;
    expect(calls.abandoned()).toBe(1);
    end();
    await result;
    expect(calls.abandoned()).toBe(0);
  });

  it('has no more calls out than its limit, in the order in which they came', async () => {
    const { begun, hang } = world(2);
    const all = ['/a', '/b', '/c', '/d'].map((root) => hang(root));
    expect(begun).toEqual(['/a', '/b']);
    all[1]?.end();
    await all[1]?.result;
    await vi.waitFor(() => expect(begun).toEqual(['/a', '/b', '/c']));
    for (const { end } of all) end();
    await expect(Promise.all(all.map(({ result }) => result))).resolves.toHaveLength(4);
  });

  it('refuses everything at once when as many calls hang as may be out', async () => {
    const { time, calls, hang } = world(2);
    const first = hang('/dead1');
    hang('/dead2');
    time.ms = 10_000;
    await expect(ask(calls, '/alive')).rejects.toMatchObject({
      ...UNAVAILABLE,
      message: expect.stringMatching(/^"alive" cannot be read now/u),
    });
    first.end();
    await first.result;
    await expect(ask(calls, '/alive')).resolves.toBe('done');
  });

  it('lets nobody wait for a turn that does not come', async () => {
    vi.useFakeTimers();
    try {
      const { time, calls, hang } = world(1);
      hang('/dead');
      const answer = ask(calls, '/alive').catch((error: unknown) => error);
      time.ms = 10_000;
      await vi.runOnlyPendingTimersAsync();
      expect(await answer).toMatchObject(UNAVAILABLE);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('begins no call that nobody waits for', async () => {
    const { calls, hang } = world(1);
    const first = hang('/a');
    const stop = new AbortController();
    const work = vi.fn<() => Promise<void>>();
    const answer = calls.run('/b', stop.signal, work).catch((error: unknown) => error);
    stop.abort();
    first.end();
    expect(await answer).toMatchObject({ code: 'CANCELLED' });
    await expect(calls.run('/c', stop.signal, work)).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(work).not.toHaveBeenCalled();
  });

  it.each([
    ['64', 32],
    ['5', 2],
    ['1', 1],
    ['0', 1],
    ['nonsense', 2],
    ['100000', 512],
  ])('takes half of %s threads', (threads, limit) => {
    vi.stubEnv('UV_THREADPOOL_SIZE', threads);
    try {
      const calls = createFileSystemCalls();
      const work = vi.fn<() => Promise<void>>().mockReturnValue(new Promise(() => undefined));
      for (let count = 0; count < 1000; count += 1) void calls.run(`/${count}`, signal, work);
      expect(work).toHaveBeenCalledTimes(limit);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe('the local file system', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'slipway calls é-'));
    await writeFile(join(directory, 'file'), 'content');
    await symlink(directory, join(directory, 'link'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('asks for nothing where an earlier call hangs', async () => {
    const { time, calls, hang } = world(8);
    const fileSystem = createLocalFileSystem({ calls });
    await using file = await fileSystem.open(join(directory, 'file'), signal);
    hang(directory);
    time.ms = 10_000;
    await expect(fileSystem.stat(directory, signal)).rejects.toMatchObject(UNAVAILABLE);
    await expect(fileSystem.list(directory, signal)).rejects.toMatchObject(UNAVAILABLE);
    await expect(fileSystem.listRecursive(directory, signal)).rejects.toMatchObject(UNAVAILABLE);
    await expect(fileSystem.open(join(directory, 'file'), signal)).rejects.toMatchObject(UNAVAILABLE);
    await expect(file.read(0, 1)).rejects.toMatchObject(UNAVAILABLE);
  });

  it('does not show a link that it could not follow for that reason as one that leads nowhere', async () => {
    const calls = createFileSystemCalls();
    let asked = 0;
    const refusing: FileSystemCalls = {
      ...calls,
      run(root, ownSignal, work) {
        asked += 1;
        if (asked === 1) return calls.run(root, ownSignal, work);
        return ask(createFileSystemCalls({ limit: 0 }), root).then(work);
      },
    };
    const listing = createLocalFileSystem({ calls: refusing }).list(directory, signal);
    await expect(listing).rejects.toMatchObject(UNAVAILABLE);
  });

  it('has no more calls out for one walk than it should', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, count) => writeFile(join(directory, `${count}`), '')));
    const calls = createFileSystemCalls({ limit: 16 });
    let out = 0;
    let most = 0;
    const counting: FileSystemCalls = {
      ...calls,
      async run(root, ownSignal, work) {
        out += 1;
        most = Math.max(most, out);
        try {
          return await calls.run(root, ownSignal, work);
        } finally {
          out -= 1;
        }
      },
    };
    const entries = await createLocalFileSystem({ calls: counting }).listRecursive(directory, signal);
    expect(entries).toHaveLength(22);
    expect(most).toBe(4);
  });

  it('shares its calls with the whole process', async () => {
    await createLocalFileSystem().stat(directory, signal);
    expect(abandonedFileSystemCalls()).toBe(0);
  });
});
