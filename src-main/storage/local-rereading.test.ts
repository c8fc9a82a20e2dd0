import { link, mkdir, mkdtemp, rename, rm, stat, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FileSystemCalls } from './file-system-calls.ts';
import type { DirectoryEntry, TreeEntry } from './file-system.ts';
import { createLocalFileSystem } from './local-file-system.ts';

const { signal } = new AbortController();
const LONG_AGO = new Date('2020-01-01T00:00:00Z');
/** On a Linux disk of this computer readings are spared; elsewhere directories are read each time, with the same result. */
const spares = process.platform === 'linux';

describe('reading a directory again', () => {
  let root: string;
  let calls: number;
  const counting: FileSystemCalls = {
    width: 8,
    run(_root, _signal, work) {
      calls += 1;
      return work();
    },
    abandoned: () => 0,
  };
  const fileSystem = createLocalFileSystem({ calls: counting });

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'slipway-reread-'));
    await mkdir(join(root, '1/assets.extra'), { recursive: true });
    await writeFile(join(root, '1/model.onnx'), 'abc');
    await writeFile(join(root, '1/assets.extra/labels.txt'), 'cat');
    await writeFile(join(root, 'notes.txt'), '');
    vi.useFakeTimers({ toFake: ['Date'] });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await Promise.all([root, `${root}-probe`].map((path) => rm(path, { recursive: true, force: true })));
  });

  /**
   * As if what was written had been there for long: status-change times cannot be set. What is written from now on has
   * another stamp, as it has where so much time has really passed.
   */
  async function later(): Promise<void> {
    const probe = `${root}-probe`;
    const stamp = async (): Promise<bigint> => {
      await writeFile(probe, 'x');
      return (await stat(probe, { bigint: true })).ctimeNs;
    };
    const first = await stamp();
    while ((await stamp()) === first);
    vi.setSystemTime(Date.now() + 10_000);
  }

  async function listTwice(): Promise<readonly DirectoryEntry[]> {
    return fileSystem.list(root, signal, await fileSystem.list(root, signal));
  }
  async function walkTwice(): Promise<readonly TreeEntry[]> {
    const path = join(root, '1');
    return fileSystem.listRecursive(path, signal, undefined, await fileSystem.listRecursive(path, signal));
  }
  const listed = (entries: readonly DirectoryEntry[]) => entries.map(({ name, kind }) => `${name} ${kind}`).toSorted();

  it('gives the same object and costs one call for a listing, one for each entry and the folder for a walk', async () => {
    await later();
    const entries = await listTwice();
    const tree = await walkTwice();
    calls = 0;
    expect(await fileSystem.list(root, signal, entries)).toBe(entries);
    expect(calls).toBe(1);
    calls = 0;
    expect(await fileSystem.listRecursive(join(root, '1'), signal, undefined, tree)).toBe(tree);
    expect(calls).toBe(spares ? 4 : 5);
  });

  it.each([
    {
      change: 'a version comes',
      make: () => mkdir(join(root, '2')),
      expected: ['1 directory', '2 directory', 'notes.txt file'],
    },
    { change: 'one goes', make: () => rm(join(root, '1'), { recursive: true }), expected: ['notes.txt file'] },
    {
      change: 'one gets another name',
      make: () => rename(join(root, '1'), join(root, '2')),
      expected: ['2 directory', 'notes.txt file'],
    },
    {
      change: 'a file takes the place of a folder',
      make: async () => {
        await rm(join(root, '1'), { recursive: true });
        await writeFile(join(root, '1'), '');
      },
      expected: ['1 file', 'notes.txt file'],
    },
    {
      change: 'a change is followed by setting the old time back',
      make: async () => {
        await mkdir(join(root, '2'));
        await utimes(root, LONG_AGO, LONG_AGO);
      },
      expected: ['1 directory', '2 directory', 'notes.txt file'],
    },
  ])('sees in a listing that $change', async ({ make, expected }) => {
    await later();
    await utimes(root, LONG_AGO, LONG_AGO);
    const entries = await listTwice();
    await make();
    expect(listed(await fileSystem.list(root, signal, entries))).toEqual(expected);
  });

  it('sees another folder under the same name', async () => {
    await later();
    const entries = await listTwice();
    await rename(root, `${root}-old`);
    await mkdir(join(root, '7'), { recursive: true });
    expect(listed(await fileSystem.list(root, signal, entries))).toEqual(['7 directory']);
    await rm(`${root}-old`, { recursive: true });
  });

  it('sees changes that come in one tick of the clock with a reading', async () => {
    let entries = await listTwice();
    for (let version = 2; version < 60; version += 1) {
      await mkdir(join(root, String(version)));
      entries = await fileSystem.list(root, signal, entries);
      expect(entries).toHaveLength(version + 1);
      entries = await fileSystem.list(root, signal, entries);
    }
  });

  it('sees where a link leads now', async () => {
    await mkdir(join(root, 'elsewhere'));
    await symlink(join(root, 'elsewhere/9'), join(root, '9'), 'junction');
    await later();
    const entries = await listTwice();
    expect(listed(entries)).toContain('9 other');
    await mkdir(join(root, 'elsewhere/9'));
    expect(listed(await fileSystem.list(root, signal, entries))).toContain('9 directory');
  });

  it.each([
    { change: 'a file is written', make: () => writeFile(join(root, '1/model.onnx'), 'xyz') },
    { change: 'a file is added in a sub-folder', make: () => writeFile(join(root, '1/assets.extra/more'), '') },
    { change: 'a file goes', make: () => unlink(join(root, '1/model.onnx')) },
    { change: 'the folder goes', make: () => rm(join(root, '1/assets.extra'), { recursive: true }) },
    {
      change: 'a file is replaced by one of the same size and time',
      make: async () => {
        await writeFile(join(root, 'new'), 'xyz');
        await utimes(join(root, 'new'), LONG_AGO, LONG_AGO);
        await rename(join(root, 'new'), join(root, '1/model.onnx'));
      },
    },
  ])('sees in a walk that $change', async ({ make }) => {
    await utimes(join(root, '1/model.onnx'), LONG_AGO, LONG_AGO);
    await later();
    const tree = await walkTwice();
    await make();
    const again = await fileSystem.listRecursive(join(root, '1'), signal, undefined, tree);
    expect(again).not.toBe(tree);
    expect(again).toEqual(await fileSystem.listRecursive(join(root, '1'), signal));
  });

  it('sees through links what is written elsewhere, as blob stores keep their models', async () => {
    await writeFile(join(root, 'blob'), 'abc');
    await symlink(join(root, 'blob'), join(root, '1/weights.bin'), 'file');
    await link(join(root, 'blob'), join(root, '1/hard.bin'));
    await later();
    const tree = await walkTwice();
    await writeFile(join(root, 'blob'), 'abcdef');
    const again = await fileSystem.listRecursive(join(root, '1'), signal, undefined, tree);
    const sizes = again.filter(({ path }) => path.endsWith('.bin')).map(({ sizeBytes }) => sizeBytes);
    expect(sizes).toEqual([6, 6]);
  });

  it('refuses a tree that is larger than asked for, whatever it was before', async () => {
    await later();
    const tree = await walkTwice();
    await expect(fileSystem.listRecursive(join(root, '1'), signal, 2, tree)).rejects.toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
    });
  });

  it('says that the folder has gone', async () => {
    await later();
    const entries = await listTwice();
    await rm(root, { recursive: true });
    await expect(fileSystem.list(root, signal, entries)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
