import type { ServableName } from '../../contracts/ids.ts';
import { LATEST_ONE, type ModelConfig } from '../../contracts/model-config.ts';
import type { SourceReport } from '../../contracts/source-report.ts';
import type { ServerView } from '../../contracts/ui.ts';
import type { DirectoryModel, ModelDirectory } from '../ui/model-directory.ts';
import { name } from './fake-models.ts';

export function serverView(): ServerView {
  return {
    version: '0.1.0',
    instanceId: 'i1',
    startedAtMs: 1,
    isQuitting: false,
    serving: { state: 'running', sinceMs: 1, fixed: [] },
    restUrl: 'http://127.0.0.1:8501',
    memory: { usedBytes: 0 },
    modelVersionHeader: 'Slipway-Model-Version',
    platform: 'linux',
  };
}

/** Configured models that are set by hand. */
export class FakeDirectory implements ModelDirectory {
  readonly maxLoadAttempts = 6;
  readonly #models = new Map<ServableName, DirectoryModel>();
  readonly #listeners = new Set<(name: ServableName) => void>();

  set(model: string, report: Partial<SourceReport> = {}, config: Partial<ModelConfig> = {}): void {
    this.#models.set(name(model), {
      config: { name: name(model), basePath: `/models/${model}`, versionPolicy: LATEST_ONE, ...config },
      origin: 'settings',
      report: { status: 'ok', versions: [], ignored: [], ...report },
    });
    this.#changed(model);
  }

  remove(model: string): void {
    this.#models.delete(name(model));
    this.#changed(model);
  }

  models(): readonly DirectoryModel[] {
    return [...this.#models.values()];
  }

  find(model: ServableName): DirectoryModel | undefined {
    return this.#models.get(model);
  }

  subscribe(onChange: (name: ServableName) => void): () => void {
    this.#listeners.add(onChange);
    return () => this.#listeners.delete(onChange);
  }

  #changed(model: string): void {
    for (const listener of this.#listeners) listener(name(model));
  }
}
