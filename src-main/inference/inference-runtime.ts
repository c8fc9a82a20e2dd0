import type { Logger } from '../contracts/logger.ts';
import type { ModelServable } from '../contracts/model-servable.ts';
import type { Loader } from '../core/loader.ts';
import type { SourceAdapter } from '../core/source.ts';
import type { StoragePath } from '../storage/storage-path.ts';
import { checkInstalledOrt } from './installed-ort.ts';
import { createOnnxSourceAdapter, type DownloadListener, type PerModelOptions } from './onnx-source-adapter.ts';
import type { WorkerHost } from './worker-host.ts';
import { DEFAULT_POOL_OPTIONS, type PoolStats, WorkerPool, type WorkerPoolOptions } from './worker-pool.ts';

export interface InferenceRuntimeOptions extends PerModelOptions {
  readonly host: WorkerHost;
  readonly log: Logger;
  readonly downloads?: DownloadListener;
  /** What differs from {@link DEFAULT_POOL_OPTIONS}. */
  readonly options?: Partial<WorkerPoolOptions>;
}

/** Everything that runs models. */
export interface InferenceRuntime {
  /** Between the storage path source and the manager. */
  readonly adapter: SourceAdapter<StoragePath, Loader<ModelServable>>;
  /**
   * Checks, without starting anything, that ONNX Runtime is installed in a version that will do. Call it at the start, so
   * that not every model fails instead.
   * @throws ServingError FAILED_PRECONDITION with the installed and the needed version.
   */
  ready(): Promise<void>;
  /** The worker processes that exist now. Cheap: nothing is asked of them. */
  stats(): PoolStats;
  /** Ends every worker, by force after a deadline (5 s by default). Unload the models before. */
  close(): Promise<void>;
}

/** Nothing is started before the first load. */
export function createInferenceRuntime({
  host,
  log,
  options = {},
  ...perModel
}: InferenceRuntimeOptions): InferenceRuntime {
  const pool = new WorkerPool({ host, log }, { ...DEFAULT_POOL_OPTIONS, ...options });
  return {
    adapter: createOnnxSourceAdapter({ ...perModel, pool, log }),
    ready: () => checkInstalledOrt(),
    stats: () => pool.stats(),
    close: () => pool.close(),
  };
}
