import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireFileLock } from './file-lock.ts';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway lock é-'));
  path = join(directory, 'settings.json.lock');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('acquireFileLock', () => {
  it('lets one at a time in and leaves nothing behind', async () => {
    const events: string[] = [];
    await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (name) => {
        await using lock = await acquireFileLock(path);
        events.push(`${name} in`);
        await readdir(directory);
        expect(await lock.isHeld()).toBe(true);
        events.push(`${name} out`);
      }),
    );
    for (const [index, event] of events.entries())
      expect(event).toBe(index % 2 === 0 ? event : events[index - 1]?.replace('in', 'out'));
    expect(events).toHaveLength(8);
    expect(await readdir(directory)).toEqual([]);
  });

  it('takes over at once from a process that is gone', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    await writeFile(path, JSON.stringify({ pid, host: hostname() }));
    await using lock = await acquireFileLock(path, { staleAfterMs: Infinity });
    expect(await lock.isHeld()).toBe(true);
  });

  it.each([
    ['a process of another computer', JSON.stringify({ pid: 1, host: 'elsewhere' })],
    ['a process that lives', JSON.stringify({ pid: process.pid, host: hostname() })],
    ['nobody knows whom', ''],
  ])('is patient with a lock of %s, but not for ever', async (_, text) => {
    await writeFile(path, text);
    await expect(acquireFileLock(path, { staleAfterMs: Infinity, waitMs: 0 })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    expect(await readFile(path, 'utf8')).toBe(text);
    await using lock = await acquireFileLock(path, { staleAfterMs: 0 });
    expect(await lock.isHeld()).toBe(true);
  });

  it('tells the one from whom the lock was taken, whose end leaves it alone', async () => {
    const slow = await acquireFileLock(path);
    await using fast = await acquireFileLock(path, { staleAfterMs: 0 });
    expect(await slow.isHeld()).toBe(false);
    await slow[Symbol.asyncDispose]();
    expect(await fast.isHeld()).toBe(true);
  });

  it('says at once when the lock file cannot be made', async () => {
    await expect(acquireFileLock(join(directory, 'missing', 'lock'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
