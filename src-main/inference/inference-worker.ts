import { readFileSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ServableId, servableKey } from '../contracts/ids.ts';
import type { Logger } from '../contracts/logger.ts';
import {
  type InferenceRequest,
  type InferenceResponse,
  type ModelMemory,
  type ModelServable,
  takenBytes,
  type WorkerPlacement,
} from '../contracts/model-servable.ts';
import { type ErrorCode, ServingError } from '../contracts/serving-error.ts';
import type { ModelInfo } from '../contracts/signature.ts';
import type { MainMessage } from './protocol/main-message.ts';
import { environmentForWorker } from './protocol/worker-environment.ts';
import type { WarmupFacts, WorkerMessage } from './protocol/worker-message.ts';
import { WorkerConnection } from './worker-connection.ts';
import { describeExit, type WorkerExit, type WorkerHost, type WorkerProcess } from './worker-host.ts';
import type { WorkerListener } from './worker-listener.ts';

/** Lines of a worker's standard error that are kept for the log entry about its end. */
const KEPT_LOG_LINES = 20;
/** How long after the process's end its last answers may still be on their way. */
const LAST_WORDS_MS = 200;
/** How long a killed process may take to be reported as gone before its requests are given up anyway. */
const KILL_REPORT_MS = 2000;

/**
 * A shared process that grew by a smaller share of what was expected used memory again that an unloaded model had left in
 * it: its growth does not tell what the load took.
 */
const LEAST_GROWTH = 0.5;
/** Resident memory of the thread that a worker starts after its first load, measured on Linux. */
export const ORPHAN_WATCH_BYTES = 15_000_000;

/** How many times as long as the longest run that a model finished another one may take. */
const LONGEST_RUNS = 10;

/** A load that ended because the worker process died. */
export class WorkerLostError extends ServingError {
  /** Whether the model that was being loaded may have caused it. */
  readonly blamed: boolean;
  constructor(message: string, blamed: boolean) {
    super('UNAVAILABLE', message);
    this.blamed = blamed;
  }
}

export interface WorkerTimeouts {
  /** From the start of the process to its being ready. */
  readonly startMs: number;
  /** From the message to end to SIGKILL. */
  readonly exitMs: number;
  /** How long an unload, or an aborted load, in a shared worker is waited for; it goes on after that. */
  readonly unloadMs: number;
  /**
   * How long a run may take, from its start; when the caller of a request gives up, too, the process is killed. Models
   * that have finished long runs get {@link LONGEST_RUNS} times as long as the longest.
   */
  readonly stuckMs: number;
}

/** How a warm-up ended. */
export type WarmupCode = 'OK' | ErrorCode;

type LoadMessage = Extract<MainMessage, { kind: 'load' }>;

export interface ModelLoadRequest {
  /** What the worker is told. */
  readonly model: Omit<LoadMessage, 'kind' | 'handle'>;
  /** See ModelMemory. */
  readonly estimatedBytes: number;
  readonly signal: AbortSignal;
  /** Called where a warm-up was run, or failed, before the load ends. */
  onWarmedUp(warmup: WarmupFacts, code: WarmupCode): void;
  /** As LoadContext.onLost. */
  onLost(error: ServingError, blamed: boolean): void;
}

/** A model in a worker. */
export interface WorkerModel extends ModelServable {
  readonly loadMs: number;
  /** What was run before the load was done; undefined where the version has nothing to run. */
  readonly warmup: WarmupFacts | undefined;
  /** Gives everything back; requests still in flight get UNAVAILABLE. Never rejects. */
  unload(): Promise<void>;
}

type LoadFailedMessage = Extract<WorkerMessage, { kind: 'loadFailed' }>;
type LoadedMessage = Extract<WorkerMessage, { kind: 'loaded' }>;

interface ModelEntry {
  readonly id: ServableId;
  /** `name/version`, for logs and statistics. */
  readonly label: string;
  readonly onLost: (error: ServingError, blamed: boolean) => void;
  readonly onWarmedUp: (warmup: WarmupFacts, code: WarmupCode) => void;
  readonly loaded: PromiseWithResolvers<LoadedMessage>;
  /** Resolves when the model is out of the worker, or the worker gone. */
  readonly unloaded: PromiseWithResolvers<void>;
  phase: 'loading' | 'loaded' | 'unloading';
  info: ModelInfo | undefined;
  /** Of the runs that ended well; undefined before the first. */
  longestRunMs: number | undefined;
}

export interface InferenceWorkerDeps {
  readonly host: WorkerHost;
  readonly listener: WorkerListener;
  readonly log: Logger;
  readonly timeouts: WorkerTimeouts;
  /** Called when a model is out, and when the process is gone. */
  onChange(worker: InferenceWorker): void;
}

/** One worker process as the main process sees it: its start, its models, and what its death means for them. */
export class InferenceWorker {
  readonly shared: boolean;
  readonly #id: string;
  readonly #deps: InferenceWorkerDeps;
  readonly #markerPath: string;
  #log: Logger;
  readonly #models = new Map<number, ModelEntry>();
  readonly #started = Promise.withResolvers<WorkerConnection>();
  readonly #gone = Promise.withResolvers<void>();
  readonly #logLines: string[] = [];
  #state: 'starting' | 'ready' | 'ending' | 'gone' = 'starting';
  #process: WorkerProcess | undefined;
  #connection: WorkerConnection | undefined;
  #connectionClosed = Promise.withResolvers<void>();
  #startFailure: ServingError | undefined;
  #killedBecause: string | undefined;
  #stuck = false;
  #lost = false;
  /** Models that have the thread for a warm-up request, and since when they have not been heard of. */
  readonly #warmingUp = new Map<number, NodeJS.Timeout>();
  /** Models that are given up, but still in the worker. */
  readonly #leftBehind = new Set<number>();
  #lastHandle = 0;
  #rssBytes = 0;
  /** Of the process without models. */
  #baseBytes = 0;

  /** Starts the process at once; loads wait until it is ready. */
  constructor(id: string, shared: boolean, deps: InferenceWorkerDeps) {
    this.#id = id;
    this.shared = shared;
    this.#deps = deps;
    this.#log = deps.log.child({ worker: id, shared });
    this.#markerPath = path.join(deps.listener.directory, `${id}.running`);
    // A worker that nobody waits for may fail to start, too.
    this.#started.promise.catch(() => undefined);
    void this.#start();
  }

  /** 0 before the process exists. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** As the worker last told. */
  get rssBytes(): number {
    return this.#rssBytes;
  }

  /** Labels of the models that are in the worker, or on their way in or out. */
  get models(): readonly string[] {
    return Array.from(this.#models.values(), ({ label }) => label);
  }

  /** Whether a model may be put here. */
  get open(): boolean {
    return this.#state === 'starting' || this.#state === 'ready';
  }

  /** Whether the process is no more. */
  get gone(): boolean {
    return this.#state === 'gone';
  }

  /** Whether the process ended without having been asked to. */
  get lost(): boolean {
    return this.#lost;
  }

  /**
   * @throws WorkerLostError when the process dies meanwhile; ServingError CANCELLED on abort, UNAVAILABLE when the
   *   process does not start, or as the worker says.
   */
  async load(request: ModelLoadRequest): Promise<WorkerModel> {
    const handle = ++this.#lastHandle;
    const entry: ModelEntry = {
      id: request.model.id,
      label: servableKey(request.model.id),
      onLost: (error, blamed) => request.onLost(error, blamed),
      onWarmedUp: (warmup, code) => request.onWarmedUp(warmup, code),
      loaded: Promise.withResolvers(),
      unloaded: Promise.withResolvers(),
      phase: 'loading',
      info: undefined,
      longestRunMs: undefined,
    };
    this.#models.set(handle, entry);
    // Both are settled whether or not somebody waits by then.
    entry.loaded.promise.catch(() => undefined);
    const { signal } = request;
    const aborted = Promise.withResolvers<never>();
    aborted.promise.catch(() => undefined);
    const onAbort = (): void => aborted.reject(new ServingError('CANCELLED', 'the load is no longer wanted'));
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      if (signal.aborted) onAbort();
      const connection = await Promise.race([this.#started.promise, aborted.promise]);
      connection.send({ kind: 'load', handle, ...request.model });
      const { info, loadMs, rssBytes, grownBytes, warmup } = await Promise.race([
        entry.loaded.promise,
        aborted.promise,
      ]);
      entry.info = info;
      const isTold = grownBytes >= request.estimatedBytes * LEAST_GROWTH;
      const ownBytes = isTold ? grownBytes : 0;
      const measuredBytes = this.shared ? ownBytes : rssBytes + ORPHAN_WATCH_BYTES;
      const memory = { estimatedBytes: request.estimatedBytes, measuredBytes };
      return this.#model(handle, entry, connection, { loadMs, memory, warmup });
    } catch (error) {
      if (signal.aborted) await this.#abandonLoad(handle, entry);
      else this.#forget(handle);
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Ends the process: by message, and by force when it does not obey in time. Resolves when it is gone. */
  async end(): Promise<void> {
    if (this.#state === 'ready') {
      this.#state = 'ending';
      this.#connection?.send({ kind: 'exit' });
      const timer = setTimeout(() => {
        this.#log.warn({ exitMs: this.#deps.timeouts.exitMs }, 'worker did not end in time and is killed');
        this.#process?.kill();
      }, this.#deps.timeouts.exitMs);
      await this.#gone.promise;
      clearTimeout(timer);
      return;
    }
    if (this.#state === 'starting') this.kill();
    await this.#gone.promise;
  }

  /** Ends the process by force. */
  kill(): void {
    if (this.#state === 'gone') return;
    const starting = this.#state === 'starting';
    this.#state = 'ending';
    if (starting) this.#started.reject(new ServingError('CANCELLED', 'the inference worker is no longer wanted'));
    this.#process?.kill();
  }

  async #start(): Promise<void> {
    const { host, listener, timeouts } = this.#deps;
    const expected = listener.expect(this.#id);
    const timer = setTimeout(() => {
      this.#failStart(startError(`was not ready within ${timeouts.startMs} ms`));
    }, timeouts.startMs);
    // A worker that is not ready yet is no reason to keep this process alive.
    timer.unref();
    try {
      const facts = {
        socket: listener.address,
        workerId: this.#id,
        token: expected.token,
        marker: this.#markerPath,
      };
      const started = await host.start({
        env: environmentForWorker(facts, process.env),
        onLogLine: (line) => this.#logLine(line),
      });
      this.#process = started;
      this.#log = this.#log.child({ pid: started.pid });
      void this.#watch(started);
      // Killed, or out of time, before the process existed.
      if (this.#state !== 'starting' || this.#startFailure) started.kill();
      void this.#connect(expected.connected);
      await this.#started.promise;
    } catch (error) {
      if (this.#state === 'starting') this.#log.error({ error, output: this.#logLines }, 'worker did not start');
      if (!this.#process) {
        this.#started.reject(error);
        this.#finish({ code: undefined, signal: undefined });
      }
    } finally {
      clearTimeout(timer);
      expected.forget();
    }
  }

  async #connect(connected: Promise<Socket>): Promise<void> {
    this.#connection = new WorkerConnection(
      await connected,
      {
        onMessage: (message) => this.#onMessage(message),
        onRun: (handle, runMs) => this.#onRun(handle, runMs),
        onStuck: (busyMs) => this.#onStuck(busyMs),
        onClosed: () => this.#onClosed(),
      },
      { stuckMs: this.#deps.timeouts.stuckMs, log: this.#log },
    );
  }

  #failStart(error: ServingError): void {
    if (this.#state !== 'starting') return;
    this.#startFailure = error;
    this.#started.reject(error);
    this.#process?.kill();
  }

  async #watch(started: WorkerProcess): Promise<void> {
    const exit = await started.exited;
    if (this.#connection) {
      // Answers that were written before the end are still in the socket.
      await Promise.race([this.#connectionClosed.promise, delay(LAST_WORDS_MS)]);
    }
    this.#finish(exit);
  }

  #onClosed(): void {
    this.#connectionClosed.resolve();
    // A worker that was asked to end closes first; its deadline is running.
    if (this.#state === 'ending') return;
    this.#process?.kill();
    const timer = setTimeout(() => this.#finish({ code: undefined, signal: undefined }), KILL_REPORT_MS);
    void this.#gone.promise.then(() => clearTimeout(timer));
  }

  #onRun(handle: number, runMs: number): void {
    const entry = this.#models.get(handle);
    if (entry) entry.longestRunMs = Math.max(entry.longestRunMs ?? 0, runMs);
  }

  #onStuck(busyMs: number): void {
    let longestRunMs = 0;
    for (const handle of this.#suspects()) {
      longestRunMs = Math.max(longestRunMs, this.#models.get(handle)?.longestRunMs ?? 0);
    }
    const limitMs = Math.max(this.#deps.timeouts.stuckMs, LONGEST_RUNS * longestRunMs);
    if (busyMs < limitMs || this.#stuck) return;
    this.#stuck = true;
    this.#killedBecause = `was killed because a run did not end within ${Math.round(limitMs)} ms and its request was given up`;
    this.#process?.kill();
  }

  #onMessage(message: WorkerMessage): void {
    if ('rssBytes' in message) this.#rssBytes = message.rssBytes;
    switch (message.kind) {
      case 'ready':
        if (this.#state === 'starting' && this.#connection) {
          this.#state = 'ready';
          this.#baseBytes = message.rssBytes + ORPHAN_WATCH_BYTES;
          this.#started.resolve(this.#connection);
          this.#log.debug({ onnxruntime: message.runtimeVersion }, 'worker is ready');
        }
        return;
      case 'unfit':
        this.#failStart(new ServingError('FAILED_PRECONDITION', message.reason));
        return;
      case 'warmingUp':
        this.#watchWarmUp(message.handle);
        return;
      case 'loaded':
        this.#endWarmUp(message.handle);
        this.#onLoaded(message);
        return;
      case 'loadFailed':
        this.#endWarmUp(message.handle);
        this.#onLoadFailed(message);
        return;
      case 'unloaded':
        this.#endWarmUp(message.handle);
        this.#leftBehind.delete(message.handle);
        this.#models.get(message.handle)?.unloaded.resolve();
        return;
      case 'batchingStopped': {
        const entry = this.#models.get(message.handle);
        if (!entry?.info) return;
        entry.info = { ...entry.info, batching: { enabled: false, reason: message.reason } };
        this.#log.warn({ servable: entry.label, reason: message.reason }, 'requests are not batched any more');
        return;
      }
      case 'memory':
        return;
      default:
        message satisfies never;
    }
  }

  /** A warm-up request has nobody who would give it up, so it may not take longer than `stuckMs` in any case. */
  #watchWarmUp(handle: number): void {
    clearTimeout(this.#warmingUp.get(handle));
    const { stuckMs } = this.#deps.timeouts;
    const timer = setTimeout(() => {
      // It may wait for its turn behind another model's run.
      if (this.#runningHandle() !== handle) {
        this.#watchWarmUp(handle);
        return;
      }
      this.#killedBecause = `was killed because a warm-up request did not end within ${stuckMs} ms`;
      this.#process?.kill();
    }, stuckMs);
    timer.unref();
    this.#warmingUp.set(handle, timer);
  }

  #endWarmUp(handle: number): void {
    clearTimeout(this.#warmingUp.get(handle));
    this.#warmingUp.delete(handle);
  }

  #onLoaded(message: LoadedMessage): void {
    const entry = this.#models.get(message.handle);
    if (!entry || entry.phase !== 'loading') return;
    entry.phase = 'loaded';
    if (message.warmup) entry.onWarmedUp(message.warmup, 'OK');
    entry.loaded.resolve(message);
  }

  #onLoadFailed({ handle, code, message, warmup }: LoadFailedMessage): void {
    const entry = this.#models.get(handle);
    if (!entry) return;
    if (warmup && entry.phase === 'loading') entry.onWarmedUp(warmup, code);
    entry.loaded.reject(new ServingError(code, message));
    entry.unloaded.resolve();
  }

  #model(
    handle: number,
    entry: ModelEntry,
    connection: WorkerConnection,
    { loadMs, memory: own, warmup }: Pick<WorkerModel, 'loadMs' | 'memory' | 'warmup'>,
  ): WorkerModel {
    const info = (): ModelInfo => entry.info ?? unreachable();
    const memory = (): ModelMemory =>
      this.#bearsBase(entry)
        ? { ...own, measuredBytes: takenBytes(own) + this.#baseBytes, processBytes: this.#baseBytes }
        : own;
    const placement: WorkerPlacement = {
      pid: this.pid,
      shared: this.shared,
      ...(this.shared && { processBytes: this.#baseBytes }),
    };
    return {
      id: entry.id,
      get info() {
        return info();
      },
      get memory() {
        return memory();
      },
      loadMs,
      warmup,
      placement,
      infer: (request: InferenceRequest, signal: AbortSignal): Promise<InferenceResponse> =>
        connection.infer(handle, request, signal),
      unload: () => this.#unload(handle, entry, connection),
    };
  }

  /** Whether what a shared process takes without models counts for this one: the oldest of those in it. */
  #bearsBase(entry: ModelEntry): boolean {
    if (!this.shared) return false;
    for (const candidate of this.#models.values()) if (candidate.phase === 'loaded') return candidate === entry;
    return false;
  }

  async #unload(handle: number, entry: ModelEntry, connection: WorkerConnection): Promise<void> {
    if (this.#state === 'gone') return;
    entry.phase = 'unloading';
    connection.failHandle(handle, new ServingError('UNAVAILABLE', 'the model version was unloaded'));
    if (this.shared) {
      connection.send({ kind: 'unload', handle });
      await this.#waitUnloaded(entry);
      this.#forget(handle);
    } else {
      await this.end();
    }
  }

  /** A load cannot be interrupted from inside: a process of its own is killed, a shared one unloads when it is done. */
  async #abandonLoad(handle: number, entry: ModelEntry): Promise<void> {
    entry.phase = 'unloading';
    if (!this.shared) {
      this.kill();
      await this.#gone.promise;
    } else if (this.#connection && this.#state === 'ready') {
      this.#connection.send({ kind: 'unload', handle });
      this.#leftBehind.add(handle);
      await this.#waitUnloaded(entry);
    }
    this.#forget(handle);
  }

  async #waitUnloaded(entry: ModelEntry): Promise<void> {
    const { unloadMs } = this.#deps.timeouts;
    const wait = new AbortController();
    await Promise.race([
      entry.unloaded.promise,
      delay(unloadMs, undefined, { signal: wait.signal }).then(
        () => this.#log.warn({ servable: entry.label, unloadMs }, 'worker is too busy to unload; it will later'),
        () => undefined,
      ),
    ]);
    wait.abort();
  }

  #forget(handle: number): void {
    if (this.#models.delete(handle)) this.#deps.onChange(this);
  }

  #logLine(line: string): void {
    this.#logLines.push(line);
    if (this.#logLines.length > KEPT_LOG_LINES) this.#logLines.shift();
    this.#log.warn({ line }, 'worker output');
  }

  /** The process is gone: everybody who waits for it learns why. */
  #finish(exit: WorkerExit): void {
    if (this.#state === 'gone') return;
    const wanted = this.#state === 'ending';
    const starting = this.#state === 'starting';
    const what = this.#killedBecause ?? describeExit(exit);
    if (starting) {
      this.#startFailure ??= startError(`${what} before it was ready`);
      this.#started.reject(this.#startFailure);
    }
    const suspects = this.#suspects();
    rmSync(this.#markerPath, { force: true });
    for (const timer of this.#warmingUp.values()) clearTimeout(timer);
    this.#state = 'gone';
    this.#lost = !wanted;
    if (wanted) this.#log.debug({ ...exit }, 'worker ended');
    else this.#log.error({ ...exit, models: this.models, output: this.#logLines }, 'worker process was lost');

    this.#connection?.fail(new ServingError('UNAVAILABLE', `the model's worker process ${what}`));
    const entries = [...this.#models];
    this.#models.clear();
    for (const [handle, entry] of entries) {
      // A model that has finished runs may have got a request that takes very long: that says nothing about others.
      const blamed = suspects.has(handle) && !(this.#stuck && entry.longestRunMs !== undefined);
      const whose = this.shared && !blamed ? 'the worker process that the model shared' : "the model's worker process";
      entry.unloaded.resolve();
      if (entry.phase === 'loading')
        entry.loaded.reject(new WorkerLostError(`${whose} ${what} during the load`, blamed));
      else if (entry.phase === 'loaded' && !wanted) {
        entry.onLost(new ServingError('UNAVAILABLE', `${whose} ${what}`), blamed);
      }
    }
    this.#gone.resolve();
    this.#deps.onChange(this);
  }

  /**
   * Who may have caused the end: the model the worker noted as running, when it had something to do; else everyone who
   * had. Nobody, where that model was given up before. A process of its own has nobody else to blame.
   */
  #suspects(): ReadonlySet<number> {
    if (!this.shared) return new Set(this.#models.keys());
    const active = new Set(this.#connection?.busyHandles());
    for (const [handle, { phase }] of this.#models) if (phase === 'loading') active.add(handle);
    const running = this.#runningHandle();
    if (running !== undefined && this.#leftBehind.has(running)) return new Set();
    return running !== undefined && active.has(running) ? new Set([running]) : active;
  }

  #runningHandle(): number | undefined {
    try {
      const marker = readFileSync(this.#markerPath);
      return marker.length >= 4 ? marker.readUInt32LE(0) : undefined;
    } catch {
      return undefined;
    }
  }
}

function startError(what: string): ServingError {
  return new ServingError('UNAVAILABLE', `the inference worker ${what}; the log has its last output`);
}

function unreachable(): never {
  throw new Error('a loaded model has no info');
}
