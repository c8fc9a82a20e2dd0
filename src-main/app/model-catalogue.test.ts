import { describe, expect, it, vi } from 'vitest';
import type { ConfiguredModel } from '../config/settings.ts';
import { ServableName } from '../contracts/ids.ts';
import { LATEST_ONE } from '../contracts/model-config.ts';
import { createModelCatalogue } from './model-catalogue.ts';
import type { SettingsStore, StoredSettings } from './settings-store.ts';

const name = (text: string) => ServableName.parse(text);
const config = (text: string, basePath = `/models/${text}`) => ({
  name: name(text),
  basePath,
  versionPolicy: LATEST_ONE,
});

function memoryStore(initial: Partial<StoredSettings> = {}): SettingsStore {
  let current: StoredSettings = { formatVersion: 1, models: [], removedSamples: [], ...initial };
  return {
    current: () => current,
    async update(change) {
      current = change(current);
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

  it('never brings a removed sample back, but lets its name be used again', async () => {
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

  it('says when there is no such model', async () => {
    await expect(catalogue().models.remove(name('nobody'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
