import type { ConfiguredModel } from '../config/settings.ts';
import type { ServableName } from '../contracts/ids.ts';
import { LATEST_ONE, type ModelConfig } from '../contracts/model-config.ts';
import { ServingError } from '../contracts/serving-error.ts';
import type { Clock } from '../core/clock.ts';
import type { SettingsStore, StoredSettings } from './settings-store.ts';

/** One model that is to be served, and where the wish comes from. */
export interface CatalogueModel {
  readonly config: ModelConfig;
  readonly origin: 'flags' | 'config' | 'settings' | 'sample';
}

/** The models that are to be served now; what is added or removed is kept in the settings file. */
export interface ModelCatalogue {
  models(): readonly CatalogueModel[];
  find(name: ServableName): CatalogueModel | undefined;
  /** What {@link models} would be after {@link configure}. */
  configuredWith(configured: readonly ConfiguredModel[]): readonly CatalogueModel[];
  /**
   * Puts these in the place of the models of the command line and its config file, and of the samples. What was added by
   * hand stays, behind a configured model of the same name.
   */
  configure(configured: readonly ConfiguredModel[]): void;
  /**
   * Adds models under the default policy; all of them or none.
   * @throws ServingError ALREADY_EXISTS when a name is taken, UNAVAILABLE when the settings cannot be written.
   */
  add(models: readonly Pick<ModelConfig, 'name' | 'basePath'>[]): Promise<void>;
  /**
   * Serves a model by another configuration; its name and base path stay.
   * @param change a pure function.
   * @throws ServingError NOT_FOUND, FAILED_PRECONDITION for a model that flags or the config file ask for, UNAVAILABLE when
   *   the settings cannot be written.
   */
  change(name: ServableName, change: (config: ModelConfig) => ModelConfig): Promise<void>;
  /**
   * Removes a model; a sample never comes back by itself.
   * @throws ServingError NOT_FOUND, FAILED_PRECONDITION for a model that flags or the config file ask for.
   */
  remove(name: ServableName): Promise<void>;
  /** Samples that were removed and could be served again. */
  removedSamples(): readonly ServableName[];
  /**
   * Serves them again, as they were before.
   * @returns those that were removed.
   * @throws ServingError UNAVAILABLE when the settings cannot be written.
   */
  restoreSamples(): Promise<readonly ServableName[]>;
  /** Takes over what other processes with the same settings have added or removed. Never rejects. */
  refresh(): Promise<void>;
  /** Calls back after each change, with the new list in place. */
  subscribe(onChange: () => void): () => void;
}

/**
 * Joins the models of the command line with those of the settings and the samples. Where two have one name, the command
 * line goes before the settings, and these before the samples.
 */
export function createModelCatalogue(
  sources: {
    readonly configured: readonly ConfiguredModel[];
    readonly samples: readonly ModelConfig[];
    /** A base path without what must not be shown; by default all may be. */
    readonly conceal?: (basePath: string) => string;
  },
  store: SettingsStore,
): ModelCatalogue {
  const listeners = new Set<() => void>();
  let { samples } = sources;
  let configured = concealed(sources.configured);
  /** The last list, and what it was made of. */
  let last:
    { readonly configured: typeof configured; readonly stored: StoredSettings; readonly list: Listed } | undefined;

  /** The same objects where there is nothing to hide. */
  function concealed(models: readonly ConfiguredModel[]): readonly ConfiguredModel[] {
    return models.map((model) => {
      const basePath = sources.conceal?.(model.config.basePath) ?? model.config.basePath;
      return basePath === model.config.basePath ? model : { ...model, config: { ...model.config, basePath } };
    });
  }

  function listed(): Listed {
    const stored = store.current();
    if (last?.configured === configured && last.stored === stored) return last.list;
    const byName = joined(configured, stored, samples);
    const list = { byName, models: [...byName.values()] };
    last = { configured, stored, list };
    return list;
  }

  const models = () => listed().models;

  const removedSamples = (): readonly ServableName[] => {
    const removed = new Set(store.current().removedSamples);
    return samples.map(({ name }) => name).filter((name) => removed.has(name));
  };

  function changed(): void {
    for (const listener of listeners) listener();
  }

  return {
    models,
    find: (name) => listed().byName.get(name),
    configuredWith: (wanted) => [...joined(concealed(wanted), store.current(), []).values()],
    configure(wanted) {
      configured = concealed(wanted);
      samples = [];
      changed();
    },
    async add(added) {
      await store.update((current) => {
        const taken = new Set(models().map(({ config }) => config.name));
        for (const { name } of added) {
          if (taken.has(name))
            throw new ServingError('ALREADY_EXISTS', `a model named "${name}" is served already; choose another name`);
          taken.add(name);
        }
        const configs = added.map(({ name, basePath }) => ({ name, basePath, versionPolicy: LATEST_ONE }));
        return { ...current, models: [...current.models, ...configs] };
      });
      changed();
    },
    async change(name, change) {
      await store.update((current) => {
        const model = listed().byName.get(name);
        if (!model) throw noModel(name);
        const { basePath, ...config } = change(model.config);
        switch (model.origin) {
          case 'settings':
            return {
              ...current,
              models: current.models.map((kept) => (kept.name === name ? { ...config, basePath } : kept)),
            };
          case 'sample':
            return {
              ...current,
              changedSamples: [...(current.changedSamples ?? []).filter((kept) => kept.name !== name), config],
            };
          case 'flags':
          case 'config':
            throw new ServingError('FAILED_PRECONDITION', `"${name}" is configured elsewhere; change it there`);
          default:
            return model.origin satisfies never;
        }
      });
      changed();
    },
    async remove(name) {
      await store.update((current) => {
        const model = listed().byName.get(name);
        if (!model) throw noModel(name);
        switch (model.origin) {
          case 'settings':
            return { ...current, models: current.models.filter((kept) => kept.name !== name) };
          case 'sample':
            return { ...current, removedSamples: [...current.removedSamples, name] };
          case 'flags':
            throw new ServingError('FAILED_PRECONDITION', `"${name}" is named on the command line; take it out there`);
          case 'config':
            throw new ServingError(
              'FAILED_PRECONDITION',
              `"${name}" is part of the configuration (a config file or a reload request); take it out there`,
            );
          default:
            return model.origin satisfies never;
        }
      });
      changed();
    },
    removedSamples,
    async restoreSamples() {
      let restored: readonly ServableName[] = [];
      await store.update((current) => {
        restored = removedSamples();
        return { ...current, removedSamples: current.removedSamples.filter((name) => !restored.includes(name)) };
      });
      if (restored.length > 0) changed();
      return restored;
    },
    async refresh() {
      if (await store.refresh()) changed();
    },
    subscribe(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
  };
}

interface Listed {
  readonly byName: ReadonlyMap<ServableName, CatalogueModel>;
  readonly models: readonly CatalogueModel[];
}

function joined(
  configured: readonly ConfiguredModel[],
  stored: StoredSettings,
  samples: readonly ModelConfig[],
): ReadonlyMap<ServableName, CatalogueModel> {
  const byName = new Map<ServableName, CatalogueModel>();
  const removed = new Set(stored.removedSamples);
  const changes = new Map(stored.changedSamples?.map((change) => [change.name, change]));
  for (const sample of samples) {
    if (removed.has(sample.name)) continue;
    const change = changes.get(sample.name);
    byName.set(sample.name, { config: change ? { ...change, basePath: sample.basePath } : sample, origin: 'sample' });
  }
  for (const config of stored.models) byName.set(config.name, { config, origin: 'settings' });
  for (const model of configured) byName.set(model.config.name, model);
  return byName;
}

function noModel(name: ServableName): ServingError {
  return new ServingError('NOT_FOUND', `no model named "${name}" is served`);
}

/** Processes that share their settings see each other's changes within about this time. */
const SETTINGS_POLL_MS = 2000;

/** Has a catalogue take over, again and again until the signal aborts, what other processes write into the settings. */
export async function followSettings(
  catalogue: Pick<ModelCatalogue, 'refresh'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(SETTINGS_POLL_MS, signal);
    if (!signal.aborted) await catalogue.refresh();
  }
}
