import { rmSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServableName } from '../contracts/ids.ts';
import { type LogFields, type Logger, silentLogger } from '../contracts/logger.ts';
import { LATEST_ONE } from '../contracts/model-config.ts';
import { ServingError } from '../contracts/serving-error.ts';
import { openSettingsStore, type StoredSettings } from './settings-store.ts';

const model = (name: string) => ({
  name: ServableName.parse(name),
  basePath: `/models/${name}`,
  versionPolicy: LATEST_ONE,
});

const EMPTY: StoredSettings = { formatVersion: 1, models: [], removedSamples: [] };

let directory: string;
const file = () => join(directory, 'settings.json');

/** What is in the copies that were kept. */
async function copies(): Promise<readonly string[]> {
  const names = (await readdir(directory)).filter((name) => name.includes('unreadable'));
  return Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')));
}

function recordingLogger(): { readonly log: Logger; readonly lines: LogFields[] } {
  const lines: LogFields[] = [];
  const log: Logger = { ...silentLogger, error: (fields) => void lines.push(fields), child: () => log };
  return { log, lines };
}

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

  it('keeps what was chosen for the switch of the endpoints, and of a broken part the rest', async () => {
    const store = await openSettingsStore(directory, silentLogger);
    const token = { id: 'a', name: 'laptop', createdAtMs: 5, digest: 'ab'.repeat(32) };
    const exposure = { interfaces: [{ interface: 'en0', family: 'ipv4' as const }], tokenRequired: true };
    const serving = { restPort: 9001, grpcPort: 0, isOff: true as const, exposure, tokens: [token] };
    await store.update((current) => ({ ...current, serving }));
    expect((await openSettingsStore(directory, silentLogger)).current().serving).toEqual(serving);
    const broken = { ...serving, restPort: -1, tokens: [token, { ...token, digest: 'short' }] };
    await writeFile(file(), JSON.stringify({ ...EMPTY, serving: broken }));
    const { log, lines } = recordingLogger();
    const { restPort: _restPort, ...rest } = serving;
    expect((await openSettingsStore(directory, log)).current().serving).toEqual(rest);
    expect(lines.map(({ fault }) => fault).join()).toMatch(/serving\.tokens\[1\].*serving\.restPort/u);
    await expect(copies()).resolves.toEqual([expect.stringContaining('short')]);
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

  it.each(['not json', '[]', '', '{"formatVersion": "1"}', '\ufeff{"formatVersion": 0}'])(
    'keeps a copy of a file with %j',
    async (text) => {
      await writeFile(file(), text);
      const store = await openSettingsStore(directory, silentLogger);
      expect(store.current().models).toEqual([]);
      await store.update((current) => ({ ...current, models: [model('a')] }));
      expect(await copies()).toEqual([text]);
      expect((await openSettingsStore(directory, silentLogger)).current().models).toEqual([model('a')]);
    },
  );

  it('leaves out a bad entry only, says why, and keeps a copy', async () => {
    const bad = { ...model('bad'), versionPolicy: { kind: 'latest', count: 0 } };
    const text = JSON.stringify({ ...EMPTY, models: [model('a'), bad, model('b')], removedSamples: ['', 's'] });
    await writeFile(file(), text);
    const { log, lines } = recordingLogger();
    const store = await openSettingsStore(directory, log);
    expect(store.current()).toEqual({ ...EMPTY, models: [model('a'), model('b')], removedSamples: ['s'] });
    expect(lines.map(({ fault }) => fault)).toEqual([
      expect.stringContaining('models[1]: versionPolicy: count: '),
      'removedSamples[0]: a model name must not be empty',
      undefined,
    ]);
    await store.update((current) => current);
    await openSettingsStore(directory, log);
    expect(lines).toHaveLength(3);
    expect(await copies()).toEqual([text]);
  });

  it('keeps a copy of what it would drop silently', async () => {
    const text = JSON.stringify({ ...EMPTY, models: [{ ...model('a'), note: 'mine' }] });
    await writeFile(file(), text);
    const store = await openSettingsStore(directory, silentLogger);
    expect(store.current().models).toEqual([model('a')]);
    await store.update((current) => current);
    expect(await copies()).toEqual([text]);
  });

  it('changes nothing while the file is of a newer format', async () => {
    const text = JSON.stringify({ formatVersion: 2, models: { a: {} } });
    await writeFile(file(), text);
    const { log, lines } = recordingLogger();
    const store = await openSettingsStore(directory, log);
    expect(store.current()).toEqual(EMPTY);
    expect(lines).toHaveLength(1);
    await expect(store.update((current) => current)).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringMatching(/^settings\.json .* newer version .* update this server/u),
    });
    expect(await readFile(file(), 'utf8')).toBe(text);
    expect(await readdir(directory)).toEqual(['settings.json']);
  });

  it('changes nothing while the file cannot be read, and then what is in it', async () => {
    const unreadable = join(directory, 'elsewhere');
    await writeFile(unreadable, JSON.stringify({ ...EMPTY, models: [model('a')] }));
    await mkdir(file()); // answers EISDIR, to every user
    const store = await openSettingsStore(directory, silentLogger);
    const add = () => store.update((current) => ({ ...current, models: [...current.models, model('b')] }));
    const refusal = await add().catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringMatching(/^settings\.json .* \(EISDIR\).* read access/u),
    });
    expect(String(refusal)).not.toContain(directory);
    await rmdir(file());
    await rename(unreadable, file());
    await add();
    expect(store.current().models).toEqual([model('a'), model('b')]);
  });

  it('changes nothing while no copy can be kept', async () => {
    await writeFile(file(), 'not json');
    await openSettingsStore(directory, silentLogger);
    const copy = (await readdir(directory)).find((name) => name.includes('unreadable')) ?? 'missing';
    await rm(join(directory, copy));
    await mkdir(join(directory, copy));
    const store = await openSettingsStore(directory, silentLogger);
    await expect(store.update((current) => current)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    expect(await readFile(file(), 'utf8')).toBe('not json');
  });

  it('takes no model away when the file is emptied meanwhile', async () => {
    const store = await openSettingsStore(directory, silentLogger);
    await store.update((current) => ({ ...current, models: [model('a')] }));
    await writeFile(file(), '');
    await store.update((current) => ({ ...current, models: [...current.models, model('b')] }));
    await rm(file());
    await store.update((current) => ({ ...current, models: [...current.models, model('c')] }));
    expect(store.current().models.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  it('undoes nothing of what another process writes', async () => {
    const one = await openSettingsStore(directory, silentLogger);
    const other = await openSettingsStore(directory, silentLogger);
    const adding = (name: string) => (current: StoredSettings) => ({
      ...current,
      models: [...current.models, model(name)],
    });
    await Promise.all([
      ...['a', 'b', 'c', 'd'].map((name) => one.update(adding(name))),
      ...['e', 'f', 'g', 'h'].map((name) => other.update(adding(name))),
    ]);
    const { models } = (await openSettingsStore(directory, silentLogger)).current();
    expect(models.map(({ name }) => name).toSorted()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
    expect(await readdir(directory)).toEqual(['settings.json']);
  });

  it("shows another process's models to the change, and to all others when it is written", async () => {
    const one = await openSettingsStore(directory, silentLogger);
    const other = await openSettingsStore(directory, silentLogger);
    await other.update((current) => ({ ...current, models: [model('a')] }));
    const refused = one.update((current) => {
      expect(current.models).toEqual([model('a')]);
      expect(one.current()).toBe(current);
      throw new ServingError('ALREADY_EXISTS', 'a');
    });
    await expect(refused).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(one.current().models).toEqual([]);
    await one.update((current) => ({ ...current, removedSamples: [ServableName.parse('s')] }));
    expect(one.current()).toEqual({ ...EMPTY, models: [model('a')], removedSamples: ['s'] });
  });

  it('takes over what another process has written, and says whether it did', async () => {
    const one = await openSettingsStore(directory, silentLogger);
    const other = await openSettingsStore(directory, silentLogger);
    expect(await one.refresh()).toBe(false);
    await other.update((current) => ({ ...current, models: [model('theirs')] }));
    expect(await one.refresh()).toBe(true);
    expect(one.current().models).toEqual([model('theirs')]);
    expect(await one.refresh()).toBe(false);
    await one.update((current) => ({ ...current, models: [...current.models, model('mine')] }));
    // Its own change is no news.
    expect(await one.refresh()).toBe(false);
    expect(one.current().models).toEqual([model('theirs'), model('mine')]);
  });

  it.each([
    { what: 'is broken', text: '{' },
    { what: 'cannot be understood in full', text: '{"formatVersion":1,"models":[{}],"removedSamples":[]}' },
    { what: 'is of a newer format', text: '{"formatVersion":2}' },
    { what: 'is gone', text: undefined },
  ])('takes nothing over from a file that $what', async ({ text }) => {
    const store = await openSettingsStore(directory, silentLogger);
    await store.update((current) => ({ ...current, models: [model('a')] }));
    if (text === undefined) await rm(file());
    else await writeFile(file(), text);
    expect(await store.refresh()).toBe(false);
    expect(store.current().models).toEqual([model('a')]);
  });

  it('starts again when the lock was taken from it', async () => {
    const slow = await openSettingsStore(directory, silentLogger);
    let calls = 0;
    await slow.update((current) => {
      calls += 1;
      if (calls === 1) {
        rmSync(`${file()}.lock`);
        writeFileSync(file(), JSON.stringify({ ...EMPTY, models: [model('a')] }));
      }
      return { ...current, models: [...current.models, model('b')] };
    });
    expect(slow.current().models).toEqual([model('a'), model('b')]);
  });

  it('says when the file cannot be written and keeps the current settings', async () => {
    await writeFile(join(directory, 'data'), 'a file where the folder should be');
    const store = await openSettingsStore(join(directory, 'data'), silentLogger);
    const update = store.update((current) => ({ ...current, models: [model('a')] }));
    await expect(update).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(store.current().models).toEqual([]);
  });
});
