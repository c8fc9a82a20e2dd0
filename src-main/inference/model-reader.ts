import { basename } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { ServingError } from '../contracts/serving-error.ts';
import { abortable } from '../storage/abortable.ts';
import { createGate } from '../storage/download/gate.ts';
import { type FileSum, type ModelReaderJob, ModelReaderMessage } from './model-reader-protocol.ts';

export interface ModelReaderOptions {
  /** Absolute path of the built thread. */
  readonly entry: string;
  /** How long reading a graph may take; default 2 min. */
  readonly graphTimeoutMs?: number;
  /** Memory of a thread for what it reads; default 512 MiB. */
  readonly maxMemoryMiB?: number;
  /** How long a thread that is to end may take before it counts as hanging; default 2 s. */
  readonly hangsAfterMs?: number;
}

/**
 * Reads the files of versions in threads of their own, one for each call, which ends with it. Files are taken for hostile.
 * On abort all reject with CANCELLED at once, and the thread is ended. One that waits for a drive that is gone does not end
 * before the drive answers: what it reads is refused with UNAVAILABLE until then, and so is everything when there are
 * several.
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
  /** Ends all threads, and resolves when they are gone or hang. */
  close(): Promise<void>;
}

/** Threads at a time: each may take all of a processor and its share of memory. */
const MAX_THREADS = 2;
/** Threads that may hang, besides those. */
const MAX_HANGING = 2;
/** Deepest calls and small things besides what is read. */
const YOUNG_MIB = 32;

/** Those of the whole process. */
const living = new Set<Worker>();

/**
 * How many threads there are now. Node waits at its exit for each of them: where there are any after {@link ModelReader.close},
 * only a signal ends the process for certain.
 */
export function livingModelReaders(): number {
  return living.size;
}

/** A thread that reads, and what it reads. */
interface Reading {
  readonly place: string;
  readonly answer: Promise<ModelReaderMessage>;
  /** Asks it to end. Resolves when it is gone. */
  readonly end: () => Promise<unknown>;
}

export function createModelReader({
  entry,
  graphTimeoutMs = 120_000,
  maxMemoryMiB = 512,
  hangsAfterMs = 2000,
}: ModelReaderOptions): ModelReader {
  const gate = createGate(MAX_THREADS);
  const hanging = new Set<Reading>();
  /** Those that were told to end, each until it is gone or hangs. */
  const ending = new Map<Reading, Promise<void>>();
  const closed = new AbortController();
  /** Each ends when its thread is gone, or hangs. */
  const running = new Set<Promise<void>>();

  function start(job: ModelReaderJob): Reading {
    const worker = new Worker(entry, {
      workerData: job,
      name: 'model-reader',
      resourceLimits: { maxOldGenerationSizeMb: maxMemoryMiB, maxYoungGenerationSizeMb: YOUNG_MIB },
    });
    living.add(worker);
    const { promise, resolve, reject } = Promise.withResolvers<ModelReaderMessage>();
    worker.on('message', (message: unknown) => resolve(ModelReaderMessage.parse(message)));
    worker.on('error', (error) => reject(lost(error)));
    worker.on('exit', () => {
      living.delete(worker);
      reject(new ServingError('INTERNAL', 'the thread that reads the files has ended'));
    });
    return { place: placeOf(job), answer: promise, end: () => worker.terminate() };
  }

  /** @throws ServingError UNAVAILABLE for what an earlier thread waits for in vain, and where too many do. */
  function refuseWhatHangs(place: string): void {
    const name = JSON.stringify(basename(place));
    if ([...hanging].some((each) => each.place === place)) {
      const why =
        'does not answer: an earlier reading of it has not come back (is it on a network drive that is gone?)';
      throw new ServingError('UNAVAILABLE', `${name} ${why}`);
    }
    if (hanging.size < MAX_HANGING) return;
    const why = 'cannot be read now: too many other files do not answer (are network drives gone?)';
    throw new ServingError('UNAVAILABLE', `${name} ${why}`);
  }

  /** Resolves when the thread is gone, or hangs. */
  async function endOf(reading: Reading): Promise<void> {
    const gone = reading.end();
    const over = new AbortController();
    const isGone = await Promise.race([
      gone.then(() => true),
      setTimeout(hangsAfterMs, false, { signal: over.signal }).catch(() => true),
    ]);
    over.abort();
    if (isGone) return;
    hanging.add(reading);
    void gone.finally(() => hanging.delete(reading));
  }

  /** Resolves when what becomes of earlier threads at the same place is known: a drive that hangs must not take another. */
  async function afterEarlier(place: string): Promise<void> {
    await Promise.all([...ending].filter(([earlier]) => earlier.place === place).map(([, ended]) => ended));
  }

  /** @param timeoutMs undefined: as long as it takes. */
  async function messageOf(
    { answer }: Reading,
    timeoutMs: number | undefined,
    signal: AbortSignal,
  ): Promise<ModelReaderMessage> {
    const late = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
    try {
      const message = await abortable(late ? AbortSignal.any([signal, late]) : signal, () => answer);
      if (message.kind === 'failed') throw new ServingError(message.code, message.message);
      return message;
    } catch (error) {
      if (late?.aborted !== true || signal.aborted) throw error;
      const words = `reading the graph took longer than ${(timeoutMs ?? 0) / 1000} s and was given up`;
      throw new ServingError('DEADLINE_EXCEEDED', words, { cause: error });
    }
  }

  /** Whoever asked is told at once; the place at the gate is free when the thread is gone. */
  function run(job: ModelReaderJob, timeoutMs: number | undefined, caller: AbortSignal): Promise<ModelReaderMessage> {
    const told = Promise.withResolvers<ModelReaderMessage>();
    const signal = AbortSignal.any([caller, closed.signal]);
    const occupied = gate.run(signal, async () => {
      await abortable(signal, () => afterEarlier(placeOf(job)));
      refuseWhatHangs(placeOf(job));
      const reading = start(job);
      await messageOf(reading, timeoutMs, signal).then(told.resolve, told.reject);
      const ended = endOf(reading).finally(() => ending.delete(reading));
      ending.set(reading, ended);
      await ended;
    });
    occupied.catch(told.reject).finally(() => running.delete(occupied));
    running.add(occupied);
    return told.promise;
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
    async close() {
      closed.abort(new ServingError('CANCELLED', 'server is shutting down'));
      await Promise.allSettled(running);
    },
  };
}

function placeOf(job: ModelReaderJob): string {
  return job.kind === 'graph' ? job.location : job.folder;
}

function lost(error: unknown): ServingError {
  const isFull = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return isFull
    ? new ServingError('RESOURCE_EXHAUSTED', 'the graph is too large to be shown: reading it takes too much memory', {
        cause: error,
      })
    : new ServingError('INTERNAL', 'the files cannot be read', { cause: error });
}
