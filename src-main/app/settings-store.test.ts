import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServableName } from '../contracts/ids.ts';
import { silentLogger } from '../contracts/logger.ts';
import { LATEST_ONE } from '../contracts/model-config.ts';
import { openSettingsStore } from './settings-store.ts';

const model = (name: string) => ({
  name: ServableName.parse(name),
  basePath: `/models/${name}`,
  versionPolicy: LATEST_ONE,
});

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway settings é-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('openSettingsStore', () => {
  it('starts empty and writes nothing by itself', async () => {
    const store = await openSettingsStore(join(directory, 'new'), silentLogger);
    expect(store.current()).toEqual({ formatVersion: 1, models: [], removedSamples: [] });
    expect(await readdir(directory)).toEqual([]);
  });

  it('keeps what was written for the next run', async () => {
    const data = join(directory, 'deep', 'data');
    const store = await openSettingsStore(data, silentLogger);
    await store.update((current) => ({ ...current, models: [model('a')] }));
    expect((await openSettingsStore(data, silentLogger)).current().models).toEqual([model('a')]);
    expect(await readdir(data)).toEqual(['settings.json']);
  });

  it.skipIf(process.platform === 'win32')('writes a file that only its owner can read', async () => {
    const store = await openSettingsStore(directory, silentLogger);
    await store.update((current) => current);
    expect((await stat(join(directory, 'settings.json'))).mode & 0o777).toBe(0o600);
  });

  it('applies changes made at once one after the other', async () => {
    const store = await openSettingsStore(directory, silentLogger);
    await Promise.all(
      ['a', 'b', 'c'].map((name) =>
        store.update((current) => ({ ...current, models: [...current.models, model(name)] })),
      ),
    );
    expect(store.current().models.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  it.each(['not json', '{"formatVersion": 2}', ''])('sets a file with %j aside and loses nothing', async (text) => {
    await writeFile(join(directory, 'settings.json'), text);
    const store = await openSettingsStore(directory, silentLogger);
    await store.update((current) => ({ ...current, models: [model('a')] }));
    const aside = (await readdir(directory)).find((name) => name.includes('unreadable'));
    expect(await readFile(join(directory, aside ?? 'missing'), 'utf8')).toBe(text);
  });

  it('says when the file cannot be written and keeps the current settings', async () => {
    await writeFile(join(directory, 'data'), 'a file where the folder should be');
    const store = await openSettingsStore(join(directory, 'data'), silentLogger);
    const update = store.update((current) => ({ ...current, models: [model('a')] }));
    await expect(update).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(store.current().models).toEqual([]);
  });
});
