import nodePath from 'node:path';
import type { Logger } from '../contracts/logger.ts';
import type { ServableId, ServableName } from '../contracts/ids.ts';
import type { BatchingParameters, ModelOptions } from '../contracts/model-config.ts';
import { type ModelServable, takenBytes } from '../contracts/model-servable.ts';
import { asServingError, ServingError } from '../contracts/serving-error.ts';
import type { LoadContext, Loader } from '../core/loader.ts';
import type { ServableData, SourceAdapter } from '../core/source.ts';
import type { DownloadProgress } from '../storage/download/progress.ts';
import type { LocalCopy } from '../storage/file-system.ts';
import type { StoragePath } from '../storage/storage-path.ts';
import { readSmallFile } from './small-file.ts';
import { type WarmupCode, WorkerLostError, type WorkerModel } from './inference-worker.ts';
import type { WorkerPool } from './worker-pool.ts';

/** What is said about models one by one. */
export interface PerModelOptions {
  /** Looked up at each load. */
  readonly optionsFor?: (name: ServableName) => ModelOptions | undefined;
  /**
   * Reads the `batching_params.pbtxt` of a version folder. Where this is given, that file says how a model without
   * batching parameters of its own is batched, and the parameters for all models count for none.
   * @throws ServingError for a text that is no such file.
   */
  readonly parseBatchingParameters?: (text: string) => {
    readonly parameters: BatchingParameters;
    readonly warnings: readonly string[];
  };
  /** Told of each warm-up: how many of its requests were run, how long that took, and how it ended. */
  readonly onWarmedUp?: (
    id: ServableId,
    warmup: { readonly records: number; readonly ms: number; readonly code: WarmupCode },
  ) => void;
}

/** How it ended; `cancelled`: by the signal of {@link DownloadListener.began}. */
export type DownloadResult = 'complete' | 'failed' | 'cancelled';

/** Hears how the files of versions come from stores. Its methods must not throw. */
export interface DownloadListener {
  /**
   * Files are to be made available, which may mean that they are downloaded.
   * @returns aborts when somebody wants no more of it: the load then ends in CANCELLED, and is not tried again by itself.
   */
  began(id: ServableId): AbortSignal;
  progressed(id: ServableId, progress: DownloadProgress): void;
  /**
   * All files are there, or no more will come for now; called after every attempt, with bytes or without.
   * @param verified how complete files were compared with the store's.
   */
  ended(id: ServableId, result: DownloadResult, verified?: LocalCopy['verified']): void;
}

export interface OnnxSourceAdapterDeps extends PerModelOptions {
  readonly downloads?: DownloadListener;
  readonly pool: Pick<WorkerPool, 'load' | 'estimateBytes'>;
  readonly log: Logger;
}

/** Turns storage paths of ONNX models into loaders that load them in worker processes. Errors pass through. */
export function createOnnxSourceAdapter(
  deps: OnnxSourceAdapterDeps,
): SourceAdapter<StoragePath, Loader<ModelServable>> {
  return {
    adapt: (_name: ServableName, versions: readonly ServableData<StoragePath>[]) =>
      versions.map((version): ServableData<Loader<ModelServable>> =>
        version.ok ? { id: version.id, ok: true, data: new OnnxLoader(version.id, version.data, deps) } : version,
      ),
  };
}

/** One version of an ONNX model. Its local copy lives as long as the model is loaded, or being loaded. */
class OnnxLoader implements Loader<ModelServable> {
  readonly fingerprint: string;
  readonly #id: ServableId;
  readonly #storagePath: StoragePath;
  readonly #deps: OnnxSourceAdapterDeps;
  #copy: LocalCopy | undefined;
  #model: WorkerModel | undefined;
  #attempts = 0;
  /** Its worker died under it once, so it never again shares one. */
  #suspect = false;

  constructor(id: ServableId, storagePath: StoragePath, deps: OnnxSourceAdapterDeps) {
    this.#id = id;
    this.#storagePath = storagePath;
    this.#deps = deps;
    this.fingerprint = storagePath.fingerprint;
  }

  get memoryBytes(): number {
    if (this.#model) return takenBytes(this.#model.memory);
    const options = this.#deps.optionsFor?.(this.#id.name) ?? {};
    return this.#deps.pool.estimateBytes({ sizeBytes: this.#storagePath.sizeBytes, alone: this.#suspect, options });
  }

  async load(context: LoadContext): Promise<ModelServable> {
    const { signal } = context;
    const { sizeBytes } = this.#storagePath;
    this.#attempts += 1;
    const attempt = this.#attempts;
    try {
      // After a loss the copy of the first load is still here.
      this.#copy ??= await this.#localize(signal);
      this.#model = await this.#deps.pool.load({
        id: this.#id,
        path: this.#copy.path,
        sizeBytes,
        options: await this.#options(this.#copy.path, signal),
        alone: this.#suspect,
        signal,
        onWarmedUp: ({ files, records, ms }, code) => {
          this.#deps.onWarmedUp?.(this.#id, { records, ms, code });
          if (code === 'OK') this.#logWarmup(files, records, ms);
        },
        onLost: (error, blamed) => {
          this.#suspect ||= blamed;
          // What a worker says about an earlier load is not about the model that is there now.
          if (attempt === this.#attempts) this.#model = undefined;
          context.onLost(error, blamed);
        },
      });
    } catch (error) {
      if (error instanceof WorkerLostError) this.#suspect ||= error.blamed;
      await this.#dropCopy();
      if (signal.aborted) throw new ServingError('CANCELLED', 'the load is no longer wanted', { cause: error });
      throw error;
    }
    const { placement, loadMs, memory, warmup } = this.#model;
    const { name, version } = this.#id;
    const fields = { servable: name, version, ...placement, ...memory, loadMs: Math.round(loadMs) };
    this.#deps.log.info(warmup ? { ...fields, warmup } : fields, 'model loaded');
    return this.#model;
  }

  /** Wording: TensorFlow Serving servables/tensorflow/saved_model_warmup_util.cc. */
  #logWarmup(files: readonly string[], records: number, ms: number): void {
    const { name, version } = this.#id;
    const where = files.map((file) => `${this.#storagePath.path}/${file}`).join(' and ');
    this.#deps.log.info(
      { servable: name, version },
      `Finished reading warmup data for model at ${where}. Number of warmup records read: ${records}. ` +
        `Elapsed time (microseconds): ${Math.round(ms * 1000)}.`,
    );
  }

  /** @returns undefined where the folder has no such file, or is a file itself. */
  async #batchingFile(
    folder: string,
    parse: NonNullable<PerModelOptions['parseBatchingParameters']>,
    signal: AbortSignal,
  ): Promise<BatchingParameters | undefined> {
    const text = await readSmallFile(nodePath.join(folder, BATCHING_FILE), MAX_BATCHING_BYTES, signal);
    if (text === undefined) return undefined;
    try {
      const { parameters, warnings } = parse(text);
      const { name, version } = this.#id;
      for (const warning of warnings) this.#deps.log.warn({ servable: name, version }, `${BATCHING_FILE}: ${warning}`);
      return parameters;
    } catch (error) {
      const { code, message } = asServingError(error);
      throw new ServingError(code, `${BATCHING_FILE}: ${message}`, { cause: error });
    }
  }

  async #localize(signal: AbortSignal): Promise<LocalCopy> {
    const { fileSystem, path } = this.#storagePath;
    const { downloads } = this.#deps;
    const unwanted = downloads?.began(this.#id);
    const over = unwanted ? AbortSignal.any([signal, unwanted]) : signal;
    try {
      const copy = await fileSystem.localize(path, over, (progress) => downloads?.progressed(this.#id, progress));
      downloads?.ended(this.#id, 'complete', copy.verified);
      return copy;
    } catch (error) {
      const isCancelled = unwanted?.aborted === true && !signal.aborted;
      downloads?.ended(this.#id, isCancelled ? 'cancelled' : 'failed');
      throw isCancelled
        ? new ServingError('CANCELLED', 'the download was cancelled; retry the version to load it', { cause: error })
        : error;
    }
  }

  async #options(folder: string, signal: AbortSignal): Promise<ModelOptions> {
    const { optionsFor, parseBatchingParameters } = this.#deps;
    const options = optionsFor?.(this.#id.name) ?? {};
    const batching =
      options.batching ??
      (parseBatchingParameters && ((await this.#batchingFile(folder, parseBatchingParameters, signal)) ?? UNBATCHED));
    return batching ? { ...options, batching } : options;
  }

  /** To be called after a loss too, when no other load follows; has no effect where nothing is loaded. */
  async unload(): Promise<void> {
    const model = this.#model;
    this.#model = undefined;
    await model?.unload();
    await this.#dropCopy();
  }

  async #dropCopy(): Promise<void> {
    const copy = this.#copy;
    this.#copy = undefined;
    try {
      await copy?.[Symbol.asyncDispose]();
    } catch (error) {
      const { name, version } = this.#id;
      this.#deps.log.warn({ servable: name, version, error: asServingError(error) }, 'local copy stays behind');
    }
  }
}

/** In a version folder. Source: TensorFlow Serving servables/tensorflow/saved_model_bundle_factory.cc. */
const BATCHING_FILE = 'batching_params.pbtxt';
const MAX_BATCHING_BYTES = 64 * 1024;
/** As upstream has it: with a file for each model, one without it is not batched. */
const UNBATCHED: BatchingParameters = { enabled: false };
