import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ServableName, ServableVersion } from '../contracts/ids.ts';
import { silentLogger } from '../contracts/logger.ts';
import { PLAY_LIMITS, PresetName } from '../contracts/ui-play.ts';
import { createFileSystemRegistry } from '../storage/file-system-registry.ts';
import { createLocalFileSystem } from '../storage/local-file-system.ts';
import { createPlayHistory } from './play-history.ts';
import { createPlayModelFiles } from './play-model-files.ts';
import { createPlayPresets } from './play-presets.ts';

const model = ServableName.parse('a/b: ünïcode');
const { signal } = new AbortController();
const preset = (name: string): PresetName => PresetName.parse(name);

async function setUp() {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-play-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const base = join(directory, 'model');
  await mkdir(join(base, '007'), { recursive: true });
  const files = createPlayModelFiles({
    registry: createFileSystemRegistry([createLocalFileSystem()]),
    basePath: (name) => (name === model ? base : undefined),
  });
  return { directory, base, files, presets: createPlayPresets(join(directory, 'presets'), files, silentLogger) };
}

describe('presets', () => {
  it('are kept privately under any name that a file could have, and replaced', async () => {
    const { presets, base } = await setUp();
    await presets.save(model, 'private', preset('Ein Bild 2'), '{"a": 1}');
    await presets.save(model, 'private', preset('Ein Bild 2'), '{"a": 2}');
    await presets.save(model, 'private', preset('Ein Bild 10'), '{}');
    expect(await presets.list(model, signal)).toEqual({
      presets: [
        { place: 'private', name: 'Ein Bild 2', sizeBytes: 8 },
        { place: 'private', name: 'Ein Bild 10', sizeBytes: 2 },
      ],
      canWriteToModel: true,
    });
    expect(await presets.read(model, 'private', 'Ein Bild 2', signal)).toBe('{"a": 2}');
    // Nothing was put where others look.
    expect(await readdir(base)).toEqual(['007']);
    await presets.remove(model, 'private', 'Ein Bild 2', signal);
    await expect(presets.read(model, 'private', 'Ein Bild 2', signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('are read from the folder of the model, and written there when asked', async () => {
    const { presets, base } = await setUp();
    await mkdir(join(base, 'examples'));
    await writeFile(join(base, 'examples', 'shipped.json'), '{"instances": [1]}');
    await writeFile(join(base, 'examples', 'notes.txt'), 'x');
    await writeFile(join(base, 'secret.json'), 'x');
    await presets.save(model, 'model', preset('mine'), '{"instances": [2]}');
    const { presets: found } = await presets.list(model, signal);
    expect(found.map(({ place, name }) => `${place} ${name}`)).toEqual(['model mine', 'model shipped']);
    expect(await readFile(join(base, 'examples', 'mine.json'), 'utf8')).toBe('{"instances": [2]}\n');
    expect(await presets.read(model, 'model', 'shipped', signal)).toBe('{"instances": [1]}');
    await expect(presets.read(model, 'model', '../secret', signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(presets.remove(model, 'model', '../secret', signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await presets.remove(model, 'model', 'mine', signal);
    expect(await readdir(join(base, 'examples'))).not.toContain('mine.json');
  });

  it('are refused where they are too large, and for a model that is not served', async () => {
    const { presets } = await setUp();
    const long = 'x'.repeat(PLAY_LIMITS.maxBodyBytes + 1);
    await expect(presets.save(model, 'private', preset('x'), long)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(presets.list(ServableName.parse('other'), signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('may be large, hold line breaks, and have a long name', async () => {
    const { presets } = await setUp();
    const body = `{"instances": [\n${'1.5, '.repeat(600_000)}2\n]}\n`;
    const name = preset('ü'.repeat(PLAY_LIMITS.maxPresetName));
    await presets.save(model, 'private', name, body);
    expect((await presets.list(model, signal)).presets).toEqual([
      { place: 'private', name, sizeBytes: Buffer.byteLength(body) },
    ]);
    expect((await presets.read(model, 'private', name, signal)) === body).toBe(true);
  });

  it.each(['../x', 'a/b', 'a\\b', '', ' x', 'x.', 'CON', 'nul.json', 'a:b', '.hidden', 'x'.repeat(61)])(
    'may not be called %j',
    (name) => {
      expect(PresetName.safeParse(name).success).toBe(false);
    },
  );
});

describe('labels', () => {
  const version = ServableVersion.parse('7');
  it('are looked for in the version, its assets, then the model', async () => {
    const { files, base } = await setUp();
    expect(await files.labels(model, version, signal)).toBeUndefined();
    await writeFile(join(base, 'labels.txt'), 'of the model');
    expect(await files.labels(model, version, signal)).toEqual({ text: 'of the model', file: 'labels.txt' });
    await mkdir(join(base, '007', 'assets'));
    await writeFile(join(base, '007', 'assets', 'labels.txt'), 'assets');
    expect(await files.labels(model, version, signal)).toEqual({ text: 'assets', file: '007/assets/labels.txt' });
    await writeFile(join(base, '007', 'labels.txt'), 'version');
    expect(await files.labels(model, version, signal)).toEqual({ text: 'version', file: '007/labels.txt' });
    expect(await files.labels(model, undefined, signal)).toMatchObject({ text: 'of the model' });
  });
});

describe('history', () => {
  const entry = (atMs: number, request = '{}') => ({
    model,
    atMs,
    status: 200,
    latencyMs: 1.5,
    requestBytes: request.length,
    responseBytes: 2,
    request,
    response: '[]',
  });

  it('keeps requests over a restart, newest first, until it is cleared', async () => {
    const { directory } = await setUp();
    const history = createPlayHistory(join(directory, 'history'), silentLogger);
    const first = await history.add(entry(1000));
    const second = await history.add(entry(2000));
    const again = createPlayHistory(join(directory, 'history'), silentLogger);
    expect((await again.list(model)).map(({ id }) => id)).toEqual([second, first]);
    expect(await again.read(model, first)).toEqual({ ...entry(1000), id: first });
    expect(await again.list(ServableName.parse('other'))).toEqual([]);
    await again.clear(model);
    expect(await again.list(model)).toEqual([]);
    await expect(again.read(model, first)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('lets the oldest make room, by number and by size', async () => {
    const { directory } = await setUp();
    const few = createPlayHistory(join(directory, 'few'), silentLogger, { maxEntries: 2, maxBytes: 1e6 });
    await Promise.all([1, 2, 3].map((atMs) => few.add(entry(atMs))));
    expect((await few.list(model)).map(({ atMs }) => atMs)).toEqual([3, 2]);
    const small = createPlayHistory(join(directory, 'small'), silentLogger, { maxEntries: 100, maxBytes: 900 });
    await Promise.all([1, 2, 3].map((atMs) => small.add(entry(atMs, 'x'.repeat(200)))));
    expect((await small.list(model)).map(({ atMs }) => atMs)).toEqual([3, 2]);
  });

  it('leaves out a body that is too large', async () => {
    const { directory } = await setUp();
    const history = createPlayHistory(join(directory, 'history'), silentLogger);
    const id = await history.add(entry(1, 'x'.repeat(PLAY_LIMITS.maxHistoryBodyBytes + 1)));
    const kept = await history.read(model, id);
    expect(kept.request).toBeUndefined();
    expect(kept.response).toBe('[]');
  });
});
