import type { ServableName } from '../contracts/ids.ts';
import type { Logger } from '../contracts/logger.ts';
import type { ModelConfig } from '../contracts/model-config.ts';
import { asServingError, ServingError } from '../contracts/serving-error.ts';
import type { SourceReport } from '../contracts/source-report.ts';
import type { Clock } from '../core/clock.ts';
import type { AspiredVersionsCallback, Source, Withdrawals } from '../core/source.ts';
import { inWords } from '../core/words.ts';
import type { FileSystemRegistry, OfflineNotice } from './file-system.ts';
import type { CompletenessCheck, StoragePath } from './storage-path.ts';
import {
  allRemoved,
  chooseVersions,
  type Emission,
  type VersionChoice,
  type VersionKnowledge,
  withdrawalsOf,
} from './version-choice.ts';
import type { VersionFolders } from './version-folders.ts';
import { type BasePath, type Listing, listVersions, resolveBase } from './version-listing.ts';
import { createVersionObserver, type VersionObserver } from './version-observer.ts';

export interface FileSystemStoragePathSourceOptions {
  /**
   * From the start of one poll of a model to the start of the next; 0: one poll that goes well, as upstream. Default: what
   * the file system advises, else 1000. It is not less than a file system wants at least.
   */
  readonly pollIntervalMs?: number;
  /**
   * How long a version's files must be unchanged before it is offered; 0 = off. Default: what the file system advises,
   * else 1000.
   */
  readonly settleMs?: number;
  /** Whether the file systems' watches start polls early; default true. */
  readonly watch?: boolean;
}

export interface FileSystemStoragePathSourceDeps extends VersionKnowledge {
  readonly registry: FileSystemRegistry;
  readonly clock: Clock;
  readonly log: Logger;
  readonly completenessCheck: CompletenessCheck;
  /** Called after each poll, for counting. It must be quick, and must not throw. */
  readonly onPolled?: (name: ServableName, result: 'ok' | 'error') => void;
  /** From 0 to 1; spreads the polls of stores over a network. Default `Math.random`. */
  readonly random?: () => number;
}

export type SourceReportListener = (name: ServableName, report: SourceReport) => void;

/**
 * Watches the base paths of models and reports which of their versions are to be served.
 *
 * Source: TensorFlow Serving sources/storage_path/file_system_storage_path_source.cc. Deviations: each model is polled on
 * its own, so a bad or slow base path holds up no other; a version is offered only when it is finished (settled and
 * complete); with `latest` a version that is failing uses up no place; lists are highest version first whatever the
 * policy, and emitted when they changed only, not at every poll; file systems may ask for longer intervals, which double
 * as long as polls fail, and even the only poll is then made again until it goes well.
 */
export interface FileSystemStoragePathSource extends Source<StoragePath> {
  /**
   * Sets the models, by name; may be called at any time. A new or changed one is polled at once; one that is left out
   * gets an empty list during the call. A changed one keeps its versions until its poll found others.
   */
  updateModels(models: readonly ModelConfig[]): void;
  /**
   * Polls one model at once; a poll that is under way is followed by another.
   * @returns resolves when the poll is done, well or not, or was found to hang; at once for a name that is not
   *   configured. Before {@link run} it waits for its start.
   */
  pollNow(name: ServableName): Promise<void>;
  /** What the last poll found; `pending` for a name that is not configured. Messages may name the base path. */
  report(name: ServableName): SourceReport;
  /** Calls back when a report changed in more than the times of polls. A listener that throws stops nothing. */
  onReport(listener: SourceReportListener): () => void;
}

/** Between two looks at a place where a look costs next to nothing. */
export const DEFAULT_INTERVAL_MS = 1000;
/** Intervals that double after errors do so up to this, or to what they were where that is more. */
const LONGEST_BACK_OFF_MS = 300_000;
/** Part of an interval by which polls over a network come earlier or later. */
const JITTER = 0.1;

/** A poll that takes longer is reported as hanging (a network drive that is gone). It is neither ended nor doubled. */
const HANGING_AFTER_MS = 10_000;
const HANGING_CHECK_MS = 2000;
/** Watches come in swarms while files are written: polls they start are at least so far apart. */
const WATCH_GAP_MS = 200;
/** Polls that wait for a version to settle are at least so far apart. */
const SETTLE_GAP_MS = 20;
/** Polls due within so much of another begin with it: waking up for each alone would cost more than the poll. */
const TOGETHER_MS = 100;
/** After so many polls begun in a row others get their turn, so that a thousand new models hold nothing up. */
const POLLS_IN_A_ROW = 16;
/** Longest sleep in one piece; timers overflow at 2^31 ms. */
const LONGEST_SLEEP_MS = 3_600_000;

/** One for all: a controller that makes its own takes a stack trace each time, which a thousand models would notice. */
const NO_LONGER_WANTED = new ServingError('CANCELLED', 'no longer wanted');
const PENDING: SourceReport = { status: 'pending', versions: [], ignored: [] };

/** One model being followed. */
interface Followed {
  config: ModelConfig;
  /** Where that is; undefined until it could be resolved. */
  base: BasePath | undefined;
  observer: VersionObserver;
  listing: Listing | undefined;
  /** What was found last, without the times of polls. */
  report: SourceReport;
  /** Undefined until the first list was emitted. */
  emitted: Emission | undefined;
  /** The configuration by which that list was made. */
  emittedFor: ModelConfig | undefined;
  /** When the next poll is due, milliseconds since the Unix epoch; `Infinity`: never. */
  dueAtMs: number;
  /** The same as it was planned at the end of the last poll. */
  plannedAtMs: number;
  lastPollEndMs: number;
  /** Part of the interval that the sleep after the first poll takes; spreads the polls of many models. */
  readonly phase: number;
  polls: number;
  /** Polls in a row that failed, up to the last one. */
  failures: number;
  /** Whether the last listing was kept from earlier, because the store could not be reached. */
  isOffline: boolean;
  stopped: boolean;
  /** Those who wait for a poll that has not begun. */
  waiters: (() => void)[];
  isPolling: boolean;
  /** Ends the poll under way; one for many polls, made anew after it was used. */
  cancel: AbortController;
  /** The poll that is under way, until it is done or was reported as hanging, and those who wait for it. */
  unanswered: { readonly sinceMs: number; readonly waiters: readonly (() => void)[] } | undefined;
  watch: { readonly path: string; readonly stop: AbortController } | undefined;
}

/** What a poll of one model found. */
interface Findings extends VersionChoice, Pick<Listing, 'ignored' | 'conflicts'> {
  readonly offline: OfflineNotice | undefined;
}

/** A source that runs. */
interface Running {
  readonly onAspired: AspiredVersionsCallback<StoragePath>;
  readonly signal: AbortSignal;
  /** Everything that must have ended before the run has. */
  readonly tasks: Set<Promise<void>>;
  /** Until when the sleep between polls lasts, and its end before the time. */
  sleep: { readonly untilMs: number; readonly end: AbortController } | undefined;
  /** When the clock was last looked at. */
  nowMs: number;
}

export function createFileSystemStoragePathSource(
  options: FileSystemStoragePathSourceOptions,
  deps: FileSystemStoragePathSourceDeps,
): FileSystemStoragePathSource {
  const { pollIntervalMs, settleMs, watch = true } = options;
  const { registry, clock, log, completenessCheck, random = Math.random } = deps;
  const models = new Map<ServableName, Followed>();
  const listeners = new Set<SourceReportListener>();
  let running: Running | undefined;
  let followedSoFar = 0;

  function createFollowed(config: ModelConfig): Followed {
    // The golden ratio spreads any number of models evenly; the first one keeps to the interval.
    const phase = 1 - ((followedSoFar * 0.618_033_988_7) % 1);
    followedSoFar += 1;
    return {
      config,
      base: undefined,
      observer: createVersionObserver({ ...(settleMs !== undefined && { settleMs }), clock, completenessCheck }),
      listing: undefined,
      report: PENDING,
      emitted: undefined,
      emittedFor: undefined,
      dueAtMs: 0,
      plannedAtMs: Infinity,
      lastPollEndMs: 0,
      phase,
      polls: 0,
      failures: 0,
      isOffline: false,
      stopped: false,
      waiters: [],
      isPolling: false,
      cancel: new AbortController(),
      unanswered: undefined,
      watch: undefined,
    };
  }

  function track({ tasks }: Running, work: Promise<void>): void {
    const task = work
      .catch((error: unknown) => log.error({ error }, 'polling ended by a bug'))
      .finally(() => tasks.delete(task));
    tasks.add(task);
  }

  function stop(model: Followed): void {
    model.stopped = true;
    model.cancel.abort(NO_LONGER_WANTED);
    model.watch?.stop.abort(NO_LONGER_WANTED);
    for (const resolve of model.waiters.splice(0)) resolve();
  }

  function emit(model: Followed, emission: Emission, withdrawn: Withdrawals): void {
    model.emitted = emission;
    model.emittedFor = model.config;
    try {
      running?.onAspired(model.config.name, emission, withdrawn);
    } catch (error) {
      log.error({ servable: model.config.name, error }, 'the target of aspired versions threw');
    }
  }

  /** Begins the polls that are due, again and again. One sleeper for all models. */
  async function beginPolls(run: Running): Promise<void> {
    while (!run.signal.aborted) {
      await beginDuePolls(run);
      let nextAtMs = Infinity;
      for (const { isPolling, dueAtMs } of models.values()) if (!isPolling) nextAtMs = Math.min(nextAtMs, dueAtMs);
      const sleepMs = Math.min(nextAtMs - clock.now(), LONGEST_SLEEP_MS);
      if (sleepMs > 0 && !run.signal.aborted) await sleepFor(run, sleepMs);
    }
  }

  async function beginDuePolls(run: Running): Promise<void> {
    noticeSetBack(run, 0);
    const dueBeforeMs = run.nowMs + Math.min(TOGETHER_MS, (pollIntervalMs ?? DEFAULT_INTERVAL_MS) / 10);
    const due: Followed[] = [];
    for (const model of models.values()) if (!model.isPolling && model.dueAtMs <= dueBeforeMs) due.push(model);
    let begun = 0;
    for (const model of due) {
      if (model.stopped) continue;
      track(run, pollOnce(model));
      begun += 1;
      if (begun % POLLS_IN_A_ROW === 0) await clock.sleep(0, run.signal);
    }
  }

  async function sleepFor(run: Running, ms: number): Promise<void> {
    const end = new AbortController();
    run.sleep = { untilMs: clock.now() + ms, end };
    await clock.sleep(ms, end.signal);
    run.sleep = undefined;
    noticeSetBack(run, end.signal.aborted ? 0 : ms);
  }

  /**
   * A clock that is set back must not prolong the waits.
   * @param passedMs what has passed at least since the clock was last looked at.
   */
  function noticeSetBack(run: Running, passedMs: number): void {
    const nowMs = clock.now();
    const setBackMs = run.nowMs + passedMs - nowMs;
    if (setBackMs > 0) for (const model of models.values()) model.dueAtMs -= setBackMs;
    run.nowMs = nowMs;
  }

  /** Has the sleep between polls end when a poll is due earlier. */
  function wakeAt(dueAtMs: number): void {
    if (running?.sleep && dueAtMs < running.sleep.untilMs) running.sleep.end.abort(NO_LONGER_WANTED);
  }

  /** Has the next poll begin in `delayMs` at the latest. */
  function hasten(model: Followed, delayMs: number): void {
    const dueAtMs = clock.now() + delayMs;
    if (dueAtMs >= model.dueAtMs) return;
    model.dueAtMs = dueAtMs;
    if (!model.isPolling) wakeAt(dueAtMs);
  }

  async function pollOnce(model: Followed): Promise<void> {
    const { config } = model;
    const waiters = model.waiters.splice(0);
    // One that begins before it is due, together with others, counts from when it was.
    const startMs = Math.max(clock.now(), Math.min(model.dueAtMs, clock.now() + TOGETHER_MS));
    model.isPolling = true;
    model.dueAtMs = Infinity;
    model.unanswered = { sinceMs: startMs, waiters };
    const findings = await look(model, model.cancel.signal).catch((thrown: unknown) => asServingError(thrown));
    model.isPolling = false;
    model.unanswered = undefined;
    if (model.config !== config && !model.stopped) {
      // Changed meanwhile: what was found is of no use, and who asked for a poll waits for the next.
      model.waiters.unshift(...waiters);
      model.dueAtMs = startMs;
      wakeAt(startMs);
      return;
    }
    if (!model.stopped) {
      model.polls += 1;
      model.lastPollEndMs = clock.now();
      const isGood = 'emission' in findings && findings.offline === undefined;
      model.failures = isGood ? 0 : model.failures + 1;
      const readyAtMs = 'emission' in findings ? findings.readyAtMs : Infinity;
      model.dueAtMs = Math.min(model.dueAtMs, nextPollAt(model, startMs, readyAtMs));
      model.plannedAtMs = model.dueAtMs;
      wakeAt(model.dueAtMs);
      if ('emission' in findings) found(model, findings);
      else failed(model, findings);
      deps.onPolled?.(config.name, isGood ? 'ok' : 'error');
    }
    for (const resolve of waiters) resolve();
  }

  function nextPollAt(model: Followed, startMs: number, readyAtMs: number): number {
    const nowMs = clock.now();
    const settledMs = Math.max(readyAtMs, nowMs + SETTLE_GAP_MS);
    const intervalMs = intervalOf(model);
    if (intervalMs === 0) return settledMs;
    const isSpread = model.polls === 1 && !model.base?.fileSystem.polling;
    const waitMs = isSpread ? intervalMs * model.phase : intervalMs;
    // From start to start; the rest keeps a base path that is slow to list from being listed without a pause.
    return Math.min(settledMs, Math.max(Math.min(startMs, nowMs + TOGETHER_MS) + waitMs, nowMs + intervalMs / 10));
  }

  /** @returns 0 where there is to be no other poll. */
  function intervalOf({ base, failures }: Followed): number {
    const advice = base?.fileSystem.polling;
    if (!advice) return pollIntervalMs ?? DEFAULT_INTERVAL_MS;
    // A network that was away for the only poll must not be the end of it.
    if (pollIntervalMs === 0 && failures === 0) return 0;
    const wantedMs = pollIntervalMs === undefined || pollIntervalMs === 0 ? advice.intervalMs : pollIntervalMs;
    const intervalMs = Math.max(wantedMs, advice.leastIntervalMs);
    const doubledMs = intervalMs * 2 ** Math.max(0, failures - 1);
    const backOffMs = Math.min(doubledMs, Math.max(intervalMs, LONGEST_BACK_OFF_MS));
    return Math.max(advice.leastIntervalMs, backOffMs * (1 + JITTER * (2 * random() - 1)));
  }

  /** One sleeper for all models: a timer for each poll would cost more than the poll. */
  async function watchForHanging(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(HANGING_CHECK_MS, signal);
      if (signal.aborted) return;
      for (const model of models.values()) {
        if (model.unanswered && clock.now() - model.unanswered.sinceMs >= HANGING_AFTER_MS) reportHanging(model);
      }
    }
  }

  function reportHanging(model: Followed): void {
    const { name, basePath } = model.config;
    const message = `the folder has not answered for ${inWords(HANGING_AFTER_MS)}; what was found before stands`;
    log.warn({ servable: name, basePath }, 'a poll hangs');
    setReport(model, { ...model.report, status: 'error', message });
    for (const resolve of model.unanswered?.waiters ?? []) resolve();
    model.unanswered = undefined;
  }

  function failed(model: Followed, error: ServingError): void {
    const { name, basePath } = model.config;
    // First wording: TensorFlow Serving file_system_storage_path_source.cc.
    const message =
      error.code === 'NOT_FOUND'
        ? `Could not find base path ${basePath} for servable ${name} with error ${error.message}`
        : `Could not read base path ${basePath} for servable ${name}: ${error.message}`;
    if (!isSameNews(model.report.message, message)) {
      log.warn({ servable: name, basePath, error }, 'a poll failed; the last list stands');
    }
    setReport(model, { ...model.report, status: 'error', message });
  }

  function found(model: Followed, findings: Findings): void {
    const { name, basePath } = model.config;
    const { emission, versions, ignored, conflicts, isWaiting, offline } = findings;
    // Never down to nothing while something better is on its way: the version that was replaced keeps serving.
    const isKept = emission.length === 0 && isWaiting && model.emitted !== undefined && model.emitted.length > 0;
    const message = isKept
      ? 'no finished version is left; what was served before stays until one is finished'
      : findings.message;
    if (model.report.status === 'error' && !offline) {
      log.info({ servable: name, basePath }, 'the base path can be read again');
    }
    if (message !== undefined && !isSameNews(model.report.message, message)) {
      log.warn({ servable: name, basePath }, message);
    }
    logConflicts(model, conflicts);

    const ids = new Set(emission.map(({ id }) => id.version));
    model.observer.retain(new Set(versions.map(({ version }) => version)), ids);
    // The report first: whoever is told about a version by the target finds it here.
    setReport(model, {
      status: offline ? 'error' : 'ok',
      ...(message === undefined ? {} : { message }),
      versions,
      ignored,
    });
    if (!isKept && !isSameEmission(model.emitted, emission)) {
      const before = { emission: model.emitted ?? [], config: model.emittedFor ?? model.config };
      emit(model, emission, withdrawalsOf(before, { emission, versions, config: model.config }));
    }
  }

  function logConflicts(model: Followed, conflicts: VersionFolders['conflicts']): void {
    for (const { version, taken, left } of conflicts) {
      if (model.report.ignored.some(({ entry }) => entry === left)) continue;
      log.warn({ servable: model.config.name, version, taken, left }, 'duplicate version directories');
    }
  }

  function setReport(model: Followed, report: SourceReport): void {
    if (isSameReport(model.report, report)) return;
    model.report = report;
    for (const listener of listeners) {
      try {
        listener(model.config.name, withTimes(model));
      } catch (error) {
        log.error({ servable: model.config.name, error }, 'a listener of reports threw');
      }
    }
  }

  async function look(model: Followed, signal: AbortSignal): Promise<Findings> {
    const { config, observer, emitted } = model;
    const base = (model.base ??= resolveBase(config, registry));
    watchBasePath(model, base);
    const listing = await listVersions(base, config, model.listing, signal);
    model.listing = listing;
    const offline = base.fileSystem.offline?.(base.path);
    const wasOffline = model.isOffline;
    model.isOffline = offline !== undefined;
    const choice = await chooseVersions(config, listing, { observer, offline, wasOffline, emitted }, deps, signal);
    return { ...choice, ignored: listing.ignored, conflicts: listing.conflicts, offline };
  }

  function watchBasePath(model: Followed, { fileSystem, path }: BasePath): void {
    if (!watch || pollIntervalMs === 0 || model.watch?.path === path) return;
    model.watch?.stop.abort(NO_LONGER_WANTED);
    const stopWatch = new AbortController();
    model.watch = { path, stop: stopWatch };
    const onChange = (): void => {
      if (stopWatch.signal.aborted) return;
      const pollEndMs = model.isPolling ? clock.now() : model.lastPollEndMs;
      hasten(model, Math.max(0, pollEndMs + WATCH_GAP_MS - clock.now()));
    };
    fileSystem.watch?.(path, onChange, stopWatch.signal);
  }

  return {
    async run(onAspired, signal) {
      if (running) throw new Error('the source runs already');
      if (signal.aborted) return;
      const run: Running = { onAspired, signal, tasks: new Set(), sleep: undefined, nowMs: clock.now() };
      running = run;
      const { promise: ended, resolve: end } = Promise.withResolvers<void>();
      const onAbort = (): void => {
        running = undefined;
        run.sleep?.end.abort(NO_LONGER_WANTED);
        for (const model of models.values()) stop(model);
        end();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      track(run, beginPolls(run));
      track(run, watchForHanging(signal));
      await ended;
      await Promise.all(run.tasks);
    },

    updateModels(configs) {
      const wanted = new Map(configs.map((config) => [config.name, config]));
      for (const [name, model] of models) {
        if (wanted.has(name)) continue;
        models.delete(name);
        stop(model);
        emit(model, [], allRemoved(model.emitted ?? []));
      }
      for (const [name, config] of wanted) {
        const model = models.get(name);
        if (!model) {
          models.set(name, createFollowed(config));
          wakeAt(0);
        } else if (!isSameConfig(model.config, config)) {
          if (model.config.basePath !== config.basePath) model.observer = model.observer.moved();
          model.config = config;
          model.base = undefined;
          model.cancel.abort(NO_LONGER_WANTED);
          model.cancel = new AbortController();
          hasten(model, 0);
        }
      }
    },

    pollNow(name) {
      const model = models.get(name);
      if (!model || model.stopped) return Promise.resolve();
      return new Promise((resolve) => {
        model.waiters.push(resolve);
        hasten(model, 0);
      });
    },

    report(name) {
      const model = models.get(name);
      return model ? withTimes(model) : PENDING;
    },

    onReport(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Whether two messages differ in nothing but the name that a store gives to each request. */
function isSameNews(left: string | undefined, right: string): boolean {
  const withoutIds = (text: string | undefined): string | undefined => text?.replaceAll(/\brequest [\w+/=.-]+/gu, '');
  return withoutIds(left) === withoutIds(right);
}

function withTimes({ report, polls, lastPollEndMs, plannedAtMs }: Followed): SourceReport {
  if (polls === 0) return report;
  return { ...report, polledAtMs: lastPollEndMs, ...(plannedAtMs < Infinity ? { nextPollAtMs: plannedAtMs } : {}) };
}

/** Whether two reports without times say the same. */
function isSameReport(left: SourceReport, right: SourceReport): boolean {
  return (
    left.status === right.status &&
    left.message === right.message &&
    isSameList(left.versions, right.versions, isSameVersion) &&
    isSameList(left.ignored, right.ignored, (one, other) => one.entry === other.entry && one.reason === other.reason)
  );
}

function isSameVersion(left: SourceReport['versions'][number], right: SourceReport['versions'][number]): boolean {
  return (
    left.version === right.version &&
    left.entry === right.entry &&
    left.aspired === right.aspired &&
    left.waiting === right.waiting &&
    left.sizeBytes === right.sizeBytes
  );
}

function isSameList<T>(left: readonly T[], right: readonly T[], isSame: (one: T, other: T) => boolean): boolean {
  if (left === right) return true;
  if (left.length !== right.length) return false;
  return left.every((one, index) => {
    const other = right[index];
    return other !== undefined && isSame(one, other);
  });
}

function isSameConfig(left: ModelConfig, right: ModelConfig): boolean {
  if (left === right) return true;
  const whatCounts = ({ basePath, versionPolicy, options }: ModelConfig): string =>
    JSON.stringify([basePath, versionPolicy, options?.storage?.markerFile, options?.storage?.files]);
  return whatCounts(left) === whatCounts(right);
}

/** The same versions with the very same data: {@link VersionObserver} makes a new object for a new content only. */
function isSameEmission(left: Emission | undefined, right: Emission): boolean {
  if (left?.length !== right.length) return false;
  return left.every((item, index) => {
    const other = right[index];
    return item.id.version === other?.id.version && item.ok && other.ok && item.data === other.data;
  });
}
