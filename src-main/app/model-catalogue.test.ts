import { describe, expect, it, vi } from 'vitest';
import type { ConfiguredModel } from '../config/settings.ts';
import { ServableName } from '../contracts/ids.ts';
import { LATEST_ONE } from '../contracts/model-config.ts';
import { createManualClock } from '../core/testing/manual-clock.ts';
import { createModelCatalogue, followSettings } from './model-catalogue.ts';
import type { SettingsStore, StoredSettings } from './settings-store.ts';

const name = (text: string) => ServableName.parse(text);
const config = (text: string, basePath = `/models/${text}`) => ({
  name: name(text),
  basePath,
  versionPolicy: LATEST_ONE,
});

function memoryStore(
  initial: Partial<StoredSettings> = {},
): SettingsStore & { writtenByOthers(settings: Partial<StoredSettings>): void } {
  let written: StoredSettings | undefined;
  let current: StoredSettings = { formatVersion: 1, models: [], removedSamples: [], ...initial };
  return {
    current: () => current,
    async update(change) {
      current = change(current);
    },
    async refresh() {
      if (written === undefined) return false;
      current = written;
      written = undefined;
      return true;
    },
    writtenByOthers(settings) {
      written = { ...current, ...settings };
    },
  };
}

function catalogue({
  configured = [],
  stored = {},
  samples = [config('sample')],
}: {
  configured?: ConfiguredModel[];
  stored?: Partial<StoredSettings>;
  samples?: ReturnType<typeof config>[];
} = {}) {
  const store = memoryStore(stored);
  return { store, models: createModelCatalogue({ configured, samples }, store) };
}

describe('createModelCatalogue', () => {
  it('serves a model by another configuration, wherever it comes from by hand', async () => {
    const { store, models } = catalogue({ stored: { models: [config('own')] } });
    const all = { kind: 'all' } as const;
    const onChange = vi.fn<() => void>();
    models.subscribe(onChange);
    for (const each of ['own', 'sample']) {
      await models.change(name(each), (before) => ({ ...before, versionPolicy: all, basePath: before.basePath }));
      expect(models.find(name(each))?.config).toEqual({ ...config(each), versionPolicy: all });
    }
    expect(onChange).toHaveBeenCalledTimes(2);
    // Another installation has its samples elsewhere.
    expect(store.current().changedSamples).toEqual([{ name: 'sample', versionPolicy: all }]);
    const moved = createModelCatalogue({ configured: [], samples: [config('sample', '/new/sample')] }, store);
    expect(moved.find(name('sample'))).toMatchObject({
      origin: 'sample',
      config: { basePath: '/new/sample', versionPolicy: all },
    });
    await expect(models.change(name('none'), (before) => before)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each(['flags', 'config'] as const)('does not change a model of %s', async (origin) => {
    const { models } = catalogue({ configured: [{ config: config('a'), origin }] });
    await expect(models.change(name('a'), (before) => before)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
  });

  it('hides secrets in base paths, and leaves the other models as they are', () => {
    const plain: ConfiguredModel = { config: config('b'), origin: 'config' };
    const secret: ConfiguredModel = { config: config('a', 'https://h/m.json?s3cr3t'), origin: 'config' };
    const conceal = (basePath: string): string => basePath.replace('s3cr3t', '…');
    const models = createModelCatalogue({ configured: [secret], samples: [], conceal }, memoryStore());
    expect(models.find(name('a'))?.config.basePath).toBe('https://h/m.json?…');
    expect(models.configuredWith([secret])[0]?.config.basePath).toBe('https://h/m.json?…');
    models.configure([secret, plain]);
    expect(models.find(name('a'))?.config.basePath).toBe('https://h/m.json?…');
    expect(models.find(name('b'))).toBe(plain);
  });

  it('lets the command line win over the settings, and these over the samples', () => {
    const { models } = catalogue({
      configured: [{ config: config('a', '/flags/a'), origin: 'flags' }],
      stored: { models: [config('a', '/kept/a'), config('b', '/kept/b')] },
      samples: [config('b', '/samples/b'), config('c', '/samples/c')],
    });
    const listed = Object.fromEntries(models.models().map((model) => [model.config.name, model]));
    expect(listed).toMatchObject({
      a: { origin: 'flags', config: { basePath: '/flags/a' } },
      b: { origin: 'settings', config: { basePath: '/kept/b' } },
      c: { origin: 'sample' },
    });
  });

  it('keeps what is added, tells its listeners, and forgets what is removed', async () => {
    const { models, store } = catalogue({ samples: [] });
    const onChange = vi.fn<() => void>();
    const unsubscribe = models.subscribe(onChange);
    await models.add([{ name: name('x'), basePath: '/x' }]);
    expect(store.current().models).toEqual([config('x', '/x')]);
    await models.remove(name('x'));
    expect(models.models()).toEqual([]);
    expect(onChange).toHaveBeenCalledTimes(2);
    unsubscribe();
    await models.add([{ name: name('y'), basePath: '/y' }]);
    expect(onChange).toHaveBeenCalledTimes(2);
  });

  it('adds all models of one command or none', async () => {
    const { models, store } = catalogue();
    const add = models.add([
      { name: name('new'), basePath: '/new' },
      { name: name('sample'), basePath: '/other' },
    ]);
    await expect(add).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(store.current().models).toEqual([]);
  });

  it('serves removed samples again when that is asked for, as they were changed before', async () => {
    const { store, models } = catalogue({
      stored: { removedSamples: [name('of another installation')] },
      samples: [config('a'), config('b')],
    });
    const all = { kind: 'all' } as const;
    await models.change(name('a'), (before) => ({ ...before, versionPolicy: all }));
    await models.remove(name('a'));
    expect(models.removedSamples()).toEqual(['a']);
    const onChange = vi.fn<() => void>();
    models.subscribe(onChange);
    expect(await models.restoreSamples()).toEqual(['a']);
    expect(models.find(name('a'))).toEqual({ config: { ...config('a'), versionPolicy: all }, origin: 'sample' });
    // It is not ours to forget.
    expect(store.current().removedSamples).toEqual(['of another installation']);
    expect(await models.restoreSamples()).toEqual([]);
    expect(onChange).toHaveBeenCalledOnce();
  });

  it('never brings a removed sample back by itself, but lets its name be used again', async () => {
    const { models, store } = catalogue();
    await models.remove(name('sample'));
    expect(models.models()).toEqual([]);
    expect(store.current().removedSamples).toEqual(['sample']);
    await models.add([{ name: name('sample'), basePath: '/mine' }]);
    expect(models.models()).toMatchObject([{ origin: 'settings' }]);
  });

  it.each(['flags', 'config'] as const)('refuses to remove a model that comes from %s', async (origin) => {
    const { models } = catalogue({ configured: [{ config: config('a'), origin }] });
    await expect(models.remove(name('a'))).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
  });

  it('announces what other processes write into the settings, and nothing else', async () => {
    const { models, store } = catalogue({ samples: [] });
    const clock = createManualClock();
    const stop = new AbortController();
    const following = followSettings(models, clock, stop.signal);
    const onChange = vi.fn<() => void>();
    models.subscribe(onChange);
    await clock.advance(2000);
    expect(onChange).not.toHaveBeenCalled();
    store.writtenByOthers({ models: [config('theirs')] });
    await clock.advance(2000);
    expect(onChange).toHaveBeenCalledTimes(1);
    expect(models.find(name('theirs'))).toMatchObject({ origin: 'settings' });
    stop.abort();
    await following;
  });

  it('puts a new configuration in the place of the old one and of the samples', () => {
    const { models } = catalogue({
      configured: [{ config: config('a'), origin: 'flags' }],
      stored: { models: [config('kept'), config('b', '/mine')] },
    });
    const wanted = [{ config: config('b'), origin: 'config' as const }];
    const preview = models.configuredWith(wanted);
    expect(models.find(name('a'))).toBeDefined();
    models.configure(wanted);
    expect(models.models()).toEqual(preview);
    expect(models.models()).toEqual([
      { config: config('kept'), origin: 'settings' },
      { config: config('b'), origin: 'config' },
    ]);
  });

  it('says when there is no such model', async () => {
    await expect(catalogue().models.remove(name('nobody'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
