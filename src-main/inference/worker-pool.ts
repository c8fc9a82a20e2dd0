import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { ServableId } from '../contracts/ids.ts';
import type { Logger } from '../contracts/logger.ts';
import type { BatchingParameters, ModelOptions, SessionOptions, WarmupOptions } from '../contracts/model-config.ts';
import { ServingError } from '../contracts/serving-error.ts';
import { batchLimits } from './batch-limits.ts';
import {
  InferenceWorker,
  ORPHAN_WATCH_BYTES,
  type WarmupCode,
  type WorkerModel,
  type WorkerTimeouts,
} from './inference-worker.ts';
import type { BatchLimits, SessionSettings } from './protocol/main-message.ts';
import type { WarmupFacts } from './protocol/worker-message.ts';
import type { WorkerHost } from './worker-host.ts';
import { openWorkerListener, type WorkerListener } from './worker-listener.ts';

export interface WorkerPoolOptions {
  /** Models up to this size share processes; larger ones get their own. */
  readonly sharedModelBytes: number;
  /** Most processes that are shared. */
  readonly sharedWorkers: number;
  /** How long a shared process without models is kept for the next one. */
  readonly sharedIdleMs: number;
  /** Threads that one run may use in a shared process and in one of its own. */
  readonly sharedThreads: number;
  readonly dedicatedThreads: number;
  /** Bounds of a batch where no parameters are given. */
  readonly batch: BatchLimits;
  readonly timeouts: WorkerTimeouts;
  /** For models whose own options leave something out. */
  readonly session?: SessionOptions;
  readonly warmup?: WarmupOptions;
  /** For models without batching parameters of their own, which replace these as a whole. */
  readonly batching?: BatchingParameters;
  /** Whether responses over gRPC hold `tensor_content` instead of typed values. */
  readonly tensorContent: boolean;
}

export const DEFAULT_POOL_OPTIONS: WorkerPoolOptions = {
  sharedModelBytes: 16 * 1024 * 1024,
  sharedWorkers: Math.min(2, availableParallelism()),
  sharedIdleMs: 60_000,
  sharedThreads: 1,
  dedicatedThreads: defaultThreads(availableParallelism()),
  batch: { maxRows: 128, maxBytes: 16 * 1024 * 1024, targetMs: 20 },
  timeouts: { startMs: 15_000, exitMs: 5000, unloadMs: 5000, stuckMs: 300_000 },
  tensorContent: false,
};

/**
 * Memory that a model is expected to take for each byte of its files. Source: TensorFlow Serving
 * servables/tensorflow/util.cc; measured with models that are mostly weights: 1.0.
 */
const MEMORY_PER_BYTE = 1.2;
/** Resident memory of a process of its own beside that, measured on Linux: Node, and ONNX Runtime with a tiny model. */
const PROCESS_BYTES = 118_000_000 + ORPHAN_WATCH_BYTES;

/** Where a model is to go, and what to load. */
export interface PoolLoadRequest {
  readonly id: ServableId;
  /** Absolute native path of the version directory or model file. */
  readonly path: string;
  readonly sizeBytes: number;
  /** What is said about this model alone. */
  readonly options?: ModelOptions;
  /** Keeps the model apart from all others whatever its size: it is suspected of having ended a worker. */
  readonly alone: boolean;
  readonly signal: AbortSignal;
  /** As ModelLoadRequest.onWarmedUp. */
  onWarmedUp(warmup: WarmupFacts, code: WarmupCode): void;
  /** As LoadContext.onLost. */
  onLost(error: ServingError, blamed: boolean): void;
}

export interface WorkerStats {
  readonly pid: number;
  readonly shared: boolean;
  /** Labels of the models inside. */
  readonly models: readonly string[];
  /** Resident memory as the worker last told: after each load and unload, and every few seconds while it runs. */
  readonly rssBytes: number;
}

export interface PoolStats {
  readonly workers: readonly WorkerStats[];
  /** Processes that were lost since the start: they ended without having been asked to. */
  readonly restarts: number;
}

/** Puts models into worker processes. The first load opens the listener and starts the first process. */
export class WorkerPool {
  readonly #host: WorkerHost;
  readonly #log: Logger;
  readonly #options: WorkerPoolOptions;
  readonly #workers = new Set<InferenceWorker>();
  readonly #idleTimers = new Map<InferenceWorker, NodeJS.Timeout>();
  #listener: Promise<WorkerListener> | undefined;
  readonly #oldListeners: WorkerListener[] = [];
  #restarts = 0;
  #closed = false;

  constructor(deps: { readonly host: WorkerHost; readonly log: Logger }, options: WorkerPoolOptions) {
    this.#host = deps.host;
    this.#log = deps.log;
    this.#options = options;
  }

  /**
   * @throws WorkerLostError when the process dies meanwhile; ServingError CANCELLED on abort; UNAVAILABLE when no
   *   process can be started or the temporary folder cannot be written; FAILED_PRECONDITION for batching parameters that
   *   contradict each other; and what the worker says about the model.
   */
  async load(request: PoolLoadRequest): Promise<WorkerModel> {
    const { options = {} } = request;
    const batching = options.batching ?? this.#options.batching;
    const batch = batchLimits(batching, this.#options.batch);
    if (batching?.padVariableLengthInputs === true) {
      this.#log.warn(
        { servable: request.id.name, version: request.id.version },
        'pad_variable_length_inputs has no effect: requests of different shapes are answered, in batches of their own',
      );
    }
    if (this.#closed) throw new ServingError('UNAVAILABLE', 'the inference workers are shut down');
    const listener = await this.#openListener();
    if (this.#closed) throw new ServingError('UNAVAILABLE', 'the inference workers are shut down');
    const shared = this.#shares(request);
    const worker = shared ? this.#sharedWorker(listener) : this.#startWorker(listener, false);
    try {
      return await worker.load({
        model: {
          id: request.id,
          path: request.path,
          session: this.#sessionSettings(options.session, shared),
          batch,
          tensorContent: this.#options.tensorContent,
          warmupIterations: warmupIterations({ ...this.#options.warmup, ...options.warmup }),
        },
        estimatedBytes: this.estimateBytes(request),
        signal: request.signal,
        onWarmedUp: (warmup, code) => request.onWarmedUp(warmup, code),
        onLost: (error, blamed) => request.onLost(error, blamed),
      });
    } catch (error) {
      if (!shared) await worker.end();
      throw error;
    }
  }

  /**
   * Bytes of memory that a model is expected to take, see ModelMemory. That a shared process is started for it is not
   * foreseen: of many models that come at once each would count one.
   */
  estimateBytes(request: Pick<PoolLoadRequest, 'sizeBytes' | 'alone' | 'options'>): number {
    return Math.ceil(request.sizeBytes * MEMORY_PER_BYTE) + (this.#shares(request) ? 0 : PROCESS_BYTES);
  }

  /** The processes that exist now, and what became of others. */
  stats(): PoolStats {
    const workers = Array.from(this.#workers, ({ pid, shared, models, rssBytes }) => ({
      pid,
      shared,
      models,
      rssBytes,
    }));
    return { workers, restarts: this.#restarts };
  }

  /** Ends every process, by force after a deadline, and removes the socket. Loads fail from now on. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(Array.from(this.#workers, (worker) => worker.end()));
    const listener = await this.#listener?.catch(() => undefined);
    await Promise.all([...this.#oldListeners, ...(listener ? [listener] : [])].map(async (open) => open.close()));
  }

  #shares({ alone, sizeBytes, options }: Pick<PoolLoadRequest, 'sizeBytes' | 'alone' | 'options'>): boolean {
    if (alone || options?.isolation === 'dedicated') return false;
    return options?.isolation === 'shared' || sizeBytes <= this.#options.sharedModelBytes;
  }

  #sessionSettings(own: SessionOptions | undefined, shared: boolean): SessionSettings {
    const { session, sharedThreads, dedicatedThreads } = this.#options;
    const chosen = { ...session, ...own };
    return {
      intraOpNumThreads: chosen.intraOpNumThreads ?? (shared ? sharedThreads : dedicatedThreads),
      interOpNumThreads: chosen.interOpNumThreads ?? 1,
      graphOptimizationLevel: chosen.graphOptimizationLevel ?? 'all',
      executionProviders: [...(chosen.executionProviders ?? ['cpu'])],
    };
  }

  /** Opens the listener where there is none, an earlier attempt failed, or somebody cleaned the temporary folder. */
  #openListener(): Promise<WorkerListener> {
    const previous = this.#listener;
    const open = async (): Promise<WorkerListener> => {
      const listener = await previous?.catch(() => undefined);
      if (listener && (await listener.inPlace())) return listener;
      if (listener) {
        this.#log.warn({}, 'the worker socket was removed from the temporary folder; there is a new one');
        // The workers it has live on.
        this.#oldListeners.push(listener);
      }
      return openWorkerListener(this.#log);
    };
    this.#listener = open();
    return this.#listener;
  }

  /** The shared process with the fewest models, or a new one while there is room and none is empty. */
  #sharedWorker(listener: WorkerListener): InferenceWorker {
    const open = [...this.#workers].filter((worker) => worker.shared && worker.open);
    let best: InferenceWorker | undefined;
    for (const worker of open) if (!best || worker.models.length < best.models.length) best = worker;
    if (!best || (best.models.length > 0 && open.length < this.#options.sharedWorkers)) {
      best = this.#startWorker(listener, true);
    }
    clearTimeout(this.#idleTimers.get(best));
    this.#idleTimers.delete(best);
    return best;
  }

  #startWorker(listener: WorkerListener, shared: boolean): InferenceWorker {
    const worker = new InferenceWorker(randomBytes(6).toString('hex'), shared, {
      host: this.#host,
      listener,
      log: this.#log,
      timeouts: this.#options.timeouts,
      onChange: (changed) => this.#onChange(changed),
    });
    this.#workers.add(worker);
    return worker;
  }

  #onChange(worker: InferenceWorker): void {
    if (worker.gone) {
      if (this.#workers.delete(worker) && worker.lost) this.#restarts += 1;
      clearTimeout(this.#idleTimers.get(worker));
      this.#idleTimers.delete(worker);
    } else if (worker.shared && worker.models.length === 0 && !this.#idleTimers.has(worker)) {
      const timer = setTimeout(() => {
        this.#idleTimers.delete(worker);
        if (worker.models.length === 0) void worker.end();
      }, this.#options.sharedIdleMs);
      timer.unref();
      this.#idleTimers.set(worker, timer);
    }
  }
}

/** All of a few cores; half of many, which are mostly two hardware threads to a core. */
function defaultThreads(cores: number): number {
  return cores <= 4 ? cores : Math.ceil(cores / 2);
}

function warmupIterations({ enabled = true, iterations = 1 }: WarmupOptions): number {
  return enabled ? iterations : 0;
}
