import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { silentLogger } from '../../contracts/logger.ts';
import { openJsonFile } from './json-file.ts';
import { isForOwnerOnly, testFolder } from './testing/run-shell.ts';

const Content = z.object({ count: z.number() });
const opened = (path: string) => openJsonFile(path, Content, { count: 0 }, silentLogger);

describe('openJsonFile', () => {
  it('makes the file on the first write, for the user only, and keeps it', async () => {
    const path = join(await testFolder(), 'deep', 'state.json');
    const file = await opened(path);
    expect(file.current()).toEqual({ count: 0 });
    await Promise.all([1, 2, 3].map(() => file.update(({ count }) => ({ count: count + 1 }))));
    expect((await opened(path)).current()).toEqual({ count: 3 });
    await expect(isForOwnerOnly(path)).resolves.toBe(true);
    expect(await readdir(join(path, '..'))).toEqual(['state.json']);
  });

  it.each(['not json', '{"count":"many"}', ''])('keeps a copy of %j, which it cannot understand', async (text) => {
    const path = join(await testFolder(), 'state.json');
    await writeFile(path, text);
    const file = await opened(path);
    expect(file.current()).toEqual({ count: 0 });
    await file.update(() => ({ count: 1 }));
    expect(await readFile(`${path}.unreadable`, 'utf8')).toBe(text);
    expect((await opened(path)).current()).toEqual({ count: 1 });
  });

  it('keeps what there was when a change cannot be written, and goes on', async () => {
    const folder = await testFolder();
    await writeFile(join(folder, 'file'), '');
    const file = await opened(join(folder, 'file', 'state.json'));
    await expect(file.update(() => ({ count: 1 }))).rejects.toHaveProperty('code');
    expect(file.current()).toEqual({ count: 0 });
    await expect(file.update(() => Content.parse({}))).rejects.toThrow('expected number');
  });
});
