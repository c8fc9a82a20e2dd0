import { createMetrics, type Metrics } from '../api/metrics/metrics.ts';
import type { ModelDirectory } from '../api/ui/model-directory.ts';
import { parseBatchingParameters } from '../config/batching-parameters.ts';
import type { Settings } from '../config/settings.ts';
import type { Logger } from '../contracts/logger.ts';
import type { ModelServable } from '../contracts/model-servable.ts';
import { noSecretStore, type SecretStore } from '../contracts/secret-store.ts';
import { type AspiredVersionsManager, createAspiredVersionsManager } from '../core/aspired-versions-manager.ts';
import type { Clock } from '../core/clock.ts';
import { adaptTarget, connectSourceToTarget } from '../core/connect-source.ts';
import { type HeldVersions, holdBackVersions } from '../core/held-versions.ts';
import { type AspiredVersionPolicy, aspiredVersionPolicy, unloadingAtOnce } from '../core/policy.ts';
import { createVersionLabels, type VersionLabelsStore } from '../core/version-labels.ts';
import { outcomeOf } from '../core/version-state.ts';
import { createInferenceRuntime, type InferenceRuntime } from '../inference/inference-runtime.ts';
import { createOnnxCompletenessCheck } from '../inference/onnx-completeness.ts';
import type { StoragePath } from '../storage/storage-path.ts';
import { createFileSystemStoragePathSource, type FileSystemStoragePathSource } from '../storage/storage-path-source.ts';
import { createDownloadBoard, type DownloadBoard } from './download-board.ts';
import { createDownloadRetries } from './download-retries.ts';
import { createDownloadTasks } from './download-tasks.ts';
import { pollWhenFailing, retryFailed, stateOf } from './manager-queries.ts';
import type { ModelCatalogue } from './model-catalogue.ts';
import { createModelConfiguration, type ModelConfiguration } from './model-configuration.ts';
import { createModelDirectory } from './model-directory.ts';
import type { SettingsStore } from './settings-store.ts';
import { createSources, type Sources } from './sources.ts';
import type { Stores } from './stores.ts';
import type { TaskBoard } from './task-board.ts';
import { SLIPWAY_VERSION } from './version.ts';
import { createVersionHolds, type VersionHolds } from './version-holds.ts';
import type { WorkerHost } from './worker-host.ts';

export interface ModelPipelineDeps {
  readonly settings: Settings;
  readonly store: SettingsStore;
  readonly stores: Stores;
  readonly catalogue: ModelCatalogue;
  readonly tasks: TaskBoard;
  readonly workerHost: WorkerHost;
  /** Default: nowhere. */
  readonly secrets: SecretStore | undefined;
  readonly clock: Clock;
  readonly logOf: (component: string) => Logger;
}

/** All that lies between the base paths of models and the servables that requests get, and what is told of it. */
export interface ModelPipeline {
  readonly runtime: InferenceRuntime;
  readonly manager: AspiredVersionsManager<ModelServable>;
  readonly source: FileSystemStoragePathSource;
  readonly labels: VersionLabelsStore;
  readonly configuration: ModelConfiguration;
  readonly directory: ModelDirectory;
  readonly sources: Sources;
  readonly downloads: DownloadBoard;
  readonly holds: VersionHolds;
  readonly metrics: Metrics;
  /** Has the source tell the manager what is aspired, until the signal aborts. @returns when that is over. */
  run(): Promise<void>;
  /** Nothing is followed or told from now on; runtime and manager are for the caller to end. */
  close(): void;
}

/**
 * Storage path source, ONNX adapter and manager, connected; nothing is looked for before {@link ModelPipeline.run}.
 * @param signal ends the source, and what goes on by itself.
 * @throws ServingError when ONNX Runtime is missing or too old.
 */
export async function createModelPipeline(deps: ModelPipelineDeps, signal: AbortSignal): Promise<ModelPipeline> {
  const { settings, store, stores, catalogue, tasks, clock, logOf } = deps;
  const { registry, s3 } = stores;
  const log = logOf('server');

  const downloads = createDownloadBoard({ clock, log: logOf('download') });
  const downloadTasks = createDownloadTasks(downloads, tasks, ({ name }) => catalogue.find(name)?.config.basePath);
  const runtime = createInferenceRuntime({
    host: deps.workerHost,
    log: logOf('worker'),
    downloads: {
      began: (id) => downloads.began(id),
      progressed(id, progress) {
        downloads.progressed(id, progress);
        downloadTasks.progressed(id, progress);
      },
      ended(id, result, verified) {
        downloads.ended(id, result, verified);
        downloadTasks.ended(id, result);
        downloadRetries.ended(id, result);
        if (result === 'complete') void sources.cacheUse.look();
      },
    },
    options: { tensorContent: settings.grpc?.tensorContent ?? false },
    optionsFor: (name) => configuration.optionsFor(name),
    onWarmedUp: (id, warmup) => metrics.warmedUp(id, warmup),
    ...(settings.modelDefaults.perModelBatchingFile && { parseBatchingParameters }),
  });
  const manager = createAspiredVersionsManager<ModelServable>(
    {
      ...settings.manager,
      ...(settings.totalMemoryLimitBytes !== undefined && {
        totalModelMemoryLimitBytes: settings.totalMemoryLimitBytes,
      }),
      policyFor: (name): AspiredVersionPolicy =>
        unloadingAtOnce(aspiredVersionPolicy(configuration.aspiredVersionPolicyFor(name)), (version) =>
          held.isHeld({ name, version }),
        ),
    },
    { clock, log: logOf('manager') },
  );
  const held: HeldVersions<StoragePath> = holdBackVersions(adaptTarget(runtime.adapter, manager));
  const source = createFileSystemStoragePathSource(settings.source, {
    registry,
    clock,
    log: logOf('source'),
    completenessCheck: createOnnxCompletenessCheck({ clock }),
    outcomeOf: (id) => outcomeOf(manager.states.versions(id.name), id.version),
    isHeld: (id) => held.isHeld(id),
    isReloading: (id) => holds.view(id)?.as === 'reloading',
    onPolled(name, result) {
      metrics.polled(name, result);
      if (result === 'ok') downloadRetries.polled(name);
    },
  });
  const downloadRetries = createDownloadRetries({
    states: manager.states,
    retry: (id) => manager.retry(id),
    clock,
  });
  const labels = createVersionLabels({
    isAvailable: (id) => stateOf(manager, id)?.phase === 'available',
    allowUnavailable: settings.allowLabelsForUnavailableVersions,
  });
  const configuration: ModelConfiguration = createModelConfiguration(settings.modelDefaults, {
    catalogue,
    labels,
    states: manager.states,
    source,
    checkBasePath: (basePath) => void registry.resolve(basePath),
    onOptionsChanged: (name) => retryFailed(manager, name, log),
    onPolicyChanged: (name) => manager.policyChanged(name),
    clock,
    log: logOf('config'),
  });
  await runtime.ready();
  const directory = createModelDirectory(
    catalogue,
    source,
    settings.manager.maxNumLoadRetries + 1,
    settings.modelDefaults.aspiredVersionPolicy,
  );
  const sources = createSources(
    {
      store,
      s3,
      catalogue,
      directory,
      registry,
      tasks,
      cache: stores.cache,
      clock,
      secrets: deps.secrets ?? noSecretStore,
      pollIntervalMs: settings.source.pollIntervalMs,
      onReachedAnew(name) {
        void source.pollNow(name);
        retryFailed(manager, name, log);
      },
      log: logOf('storage'),
    },
    signal,
  );
  const metrics = createMetrics({
    states: manager.states,
    directory,
    runtime: () => runtime.stats(),
    memory: () => manager.memory(),
    version: SLIPWAY_VERSION,
  });
  const holds = createVersionHolds({
    held,
    directory,
    states: manager.states,
    pollNow: (name) => source.pollNow(name),
    clock,
    log: logOf('manager'),
  });
  const unfollowFailures = pollWhenFailing(manager, (name) => source.pollNow(name));
  return {
    runtime,
    manager,
    source,
    labels,
    configuration,
    directory,
    sources,
    downloads,
    holds,
    metrics,
    run: () => connectSourceToTarget(source, held, signal),
    close() {
      unfollowFailures();
      holds.close();
      metrics.close();
    },
  };
}
