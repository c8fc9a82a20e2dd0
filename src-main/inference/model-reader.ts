import { Worker } from 'node:worker_threads';
import { ServingError } from '../contracts/serving-error.ts';
import { abortable, throwIfCancelled } from '../storage/abortable.ts';
import { createGate } from '../storage/download/gate.ts';
import { type FileSum, type ModelReaderJob, ModelReaderMessage } from './model-reader-protocol.ts';

export interface ModelReaderOptions {
  /** Absolute path of the built thread. */
  readonly entry: string;
  /** How long reading a graph may take; default 2 min. */
  readonly graphTimeoutMs?: number;
  /** Memory of a thread for what it reads; default 512 MiB. */
  readonly maxMemoryMiB?: number;
}

/**
 * Reads the files of versions in threads of their own, one for each call, which ends with it. Files are taken for hostile.
 * On abort all reject with CANCELLED at once, and the thread is ended.
 */
export interface ModelReader {
  /**
   * The graph in a version's model file: a ModelGraph as JSON in UTF-8.
   * @param location absolute native path of a version folder or a model file.
   * @throws ServingError INVALID_ARGUMENT for a file that is no sound ONNX file, NOT_FOUND, RESOURCE_EXHAUSTED for one
   *   that is too large to be shown, DEADLINE_EXCEEDED, PERMISSION_DENIED, FAILED_PRECONDITION, UNAVAILABLE.
   */
  graph(location: string, signal: AbortSignal): Promise<Uint8Array>;
  /**
   * The SHA-256 of files, in their order, or why there is none.
   * @param folder absolute native path.
   * @param files relative to the folder, separated by `/`.
   * @throws ServingError where the folder cannot be read.
   */
  checksums(folder: string, files: readonly string[], signal: AbortSignal): Promise<readonly FileSum[]>;
}

/** Threads at a time: each may take all of a processor and its share of memory. */
const MAX_THREADS = 2;
/** Deepest calls and small things besides what is read. */
const YOUNG_MIB = 32;

export function createModelReader({
  entry,
  graphTimeoutMs = 120_000,
  maxMemoryMiB = 512,
}: ModelReaderOptions): ModelReader {
  const gate = createGate(MAX_THREADS);

  function start(job: ModelReaderJob): { readonly answer: Promise<ModelReaderMessage>; readonly stop: () => void } {
    const worker = new Worker(entry, {
      workerData: job,
      name: 'model-reader',
      resourceLimits: { maxOldGenerationSizeMb: maxMemoryMiB, maxYoungGenerationSizeMb: YOUNG_MIB },
    });
    const { promise, resolve, reject } = Promise.withResolvers<ModelReaderMessage>();
    worker.on('message', (message: unknown) => resolve(ModelReaderMessage.parse(message)));
    worker.on('error', (error) => reject(lost(error)));
    worker.on('exit', () => reject(new ServingError('INTERNAL', 'the thread that reads the files has ended')));
    return { answer: promise, stop: () => void worker.terminate() };
  }

  /** @param timeoutMs undefined: as long as it takes. */
  function run(job: ModelReaderJob, timeoutMs: number | undefined, signal: AbortSignal): Promise<ModelReaderMessage> {
    return gate.run(signal, async () => {
      throwIfCancelled(signal);
      const { answer, stop } = start(job);
      const late = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
      try {
        const message = await abortable(late ? AbortSignal.any([signal, late]) : signal, () => answer);
        if (message.kind === 'failed') throw new ServingError(message.code, message.message);
        return message;
      } catch (error) {
        if (late?.aborted !== true || signal.aborted) throw error;
        const words = `reading the graph took longer than ${(timeoutMs ?? 0) / 1000} s and was given up`;
        throw new ServingError('DEADLINE_EXCEEDED', words, { cause: error });
      } finally {
        stop();
      }
    });
  }

  return {
    async graph(location, signal) {
      const message = await run({ kind: 'graph', location }, graphTimeoutMs, signal);
      if (message.kind !== 'graph') throw new Error(`the thread answered with ${message.kind}`);
      return message.json;
    },
    async checksums(folder, files, signal) {
      const message = await run({ kind: 'checksums', folder, files: [...files] }, undefined, signal);
      if (message.kind !== 'checksums') throw new Error(`the thread answered with ${message.kind}`);
      return message.sums;
    },
  };
}

function lost(error: unknown): ServingError {
  const isFull = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return isFull
    ? new ServingError('RESOURCE_EXHAUSTED', 'the graph is too large to be shown: reading it takes too much memory', {
        cause: error,
      })
    : new ServingError('INTERNAL', 'the files cannot be read', { cause: error });
}
