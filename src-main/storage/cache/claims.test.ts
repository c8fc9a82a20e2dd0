import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createClaims } from './claims.ts';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway claims-'));
  path = join(directory, 'claim');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** What a claim of this process says, with changes. */
async function written(changes: Readonly<Record<string, unknown>>): Promise<string> {
  const other = join(directory, 'other');
  await using claims = createClaims();
  await claims.make(other);
  return JSON.stringify({ ...JSON.parse(await readFile(other, 'utf8')), id: 'x', ...changes });
}

describe('claims', () => {
  it('are made once, and again when they are given back', async () => {
    await using claims = createClaims();
    await using others = createClaims();
    const claim = await claims.make(path);
    expect(await claims.make(path)).toBeUndefined();
    expect(await others.make(path)).toBeUndefined();
    expect(await others.isAlive(path)).toBe(true);
    await claim?.[Symbol.asyncDispose]();
    expect(await others.isAlive(path)).toBe(false);
    expect(await others.make(path)).toBeDefined();
  });

  it('are given back all at once at the end', async () => {
    const claims = createClaims();
    await claims.make(path);
    await claims.make(`${path}-2`);
    await claims[Symbol.asyncDispose]();
    expect(await readdir(directory)).toEqual([]);
  });

  it('leave alone what another one made since', async () => {
    await using claims = createClaims();
    const claim = await claims.make(path);
    await writeFile(path, 'taken over');
    await claim?.[Symbol.asyncDispose]();
    expect(await readFile(path, 'utf8')).toBe('taken over');
  });

  it('stay fresh', async () => {
    await using claims = createClaims({ heartbeatMs: 5 });
    await claims.make(path);
    await utimes(path, new Date(0), new Date(0));
    await vi.waitUntil(async () => (await stat(path)).mtimeMs > 0);
    expect(Date.now() - (await stat(path)).mtimeMs).toBeLessThan(60_000);
  });

  it.each([
    {
      whose: 'a process that is gone',
      changes: () => ({ pid: spawnSync(process.execPath, ['-e', '']).pid }),
      seconds: 0,
      alive: false,
    },
    {
      whose: 'a process that runs, though silent for a while',
      changes: () => ({ pid: process.ppid, ...startOfParent() }),
      seconds: 300,
      alive: true,
    },
    {
      whose: 'a process that runs, silent for long',
      changes: () => ({ pid: process.ppid, ...startOfParent() }),
      seconds: 3600,
      alive: false,
    },
    {
      whose: 'an earlier life of this process number',
      changes: () => ({ started: 'before' }),
      seconds: 0,
      alive: false,
    },
    { whose: 'another thread of this process', changes: () => ({}), seconds: 10, alive: true },
    { whose: 'a thread of this process that is gone', changes: () => ({}), seconds: 120, alive: false },
    { whose: 'another computer', changes: () => ({ host: 'elsewhere', pid: 1 }), seconds: 10, alive: true },
    {
      whose: 'another computer that is silent',
      changes: () => ({ host: 'elsewhere', pid: 1 }),
      seconds: 120,
      alive: false,
    },
  ])('of $whose: alive is $alive', async ({ changes, seconds, alive }) => {
    await writeFile(path, await written(changes()));
    await aged(seconds);
    await using claims = createClaims();
    expect(await claims.isAlive(path)).toBe(alive);
  });

  it.each([
    { seconds: 0, alive: true },
    { seconds: 120, alive: false },
  ])('that say nothing are judged by their age of $seconds s', async ({ seconds, alive }) => {
    await writeFile(path, '');
    await aged(seconds);
    await using claims = createClaims();
    expect(await claims.isAlive(path)).toBe(alive);
  });

  it('are taken by one only where several find that its process is gone', async () => {
    await using claims = createClaims();
    await writeFile(path, await written({ started: 'an earlier life' }));
    const others = await Promise.all(Array.from({ length: 8 }, () => claims.take(path)));
    expect(others.filter((claim) => claim !== undefined)).toHaveLength(1);
    expect(await claims.take(path)).toBeUndefined();
    for (const claim of others) await claim?.[Symbol.asyncDispose]();
    expect(await claims.take(path)).toBeDefined();
  });

  it('are taken though somebody died while taking them', async () => {
    await using claims = createClaims();
    const dead = await written({ started: 'an earlier life' });
    await writeFile(path, dead);
    await writeFile(`${path}-ending`, dead);
    await vi.waitUntil(() => claims.take(path));
    expect(await claims.isAlive(path)).toBe(true);
  });

  async function aged(seconds: number): Promise<void> {
    const time = new Date(Date.now() - seconds * 1000);
    await utimes(path, time, time);
  }
});

/** Only Linux tells when another process started. */
function startOfParent(): { readonly started?: string } {
  if (process.platform !== 'linux') return {};
  const { stdout } = spawnSync('cat', [`/proc/${process.ppid}/stat`], { encoding: 'utf8' });
  const started = stdout
    .slice(stdout.lastIndexOf(')') + 2)
    .split(' ')
    .at(19);
  return started === undefined ? {} : { started };
}
