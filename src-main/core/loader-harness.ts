import type { ServableId } from '../contracts/ids.ts';
import type { Logger } from '../contracts/logger.ts';
import { asServingError, ServingError } from '../contracts/serving-error.ts';
import type { Clock } from './clock.ts';
import {
  afterFailedLoad,
  createLossHistory,
  type LoadRetryOptions,
  type LossHistory,
  maxAttempts,
} from './load-retries.ts';
import { LoadedServable } from './loaded-servable.ts';
import type { Loader } from './loader.ts';
import type { VersionSnapshot } from './policy.ts';
import type { ServableChange } from './servable-state-monitor.ts';
import type { ServableData } from './source.ts';
import { advance, isFailing, type VersionState } from './version-state.ts';
import { counted, inWords, servableInWords } from './words.ts';

export interface LoaderHarnessOptions extends LoadRetryOptions {
  /** How long a version that unloads waits for its handles. */
  readonly drainDeadlineMs: number;
}

/** What a harness needs from the manager that owns it. */
export interface HarnessOwner<S> {
  readonly clock: Clock;
  readonly log: Logger;
  /** Runs a change that comes from outside (a load ended, a timer fired) and then takes the steps that follow from it. */
  enter(change: () => void): void;
  publish(change: ServableChange): void;
  /** From now on requests get handles on `loaded`. */
  startServing(loaded: LoadedServable<S>): void;
  /** From now on they no longer do. */
  stopServing(loaded: LoadedServable<S>): void;
  /** A load that was begun with {@link LoaderHarness.startLoad} no longer runs. */
  loadSettled(harness: LoaderHarness<S>): void;
  /** The same for {@link LoaderHarness.startUnload}. */
  unloadSettled(harness: LoaderHarness<S>): void;
  /** The harness holds nothing any more. `again`: why its version is to be loaded afresh at once, in words. */
  ended(harness: LoaderHarness<S>, again: string | undefined): void;
}

/** What a harness does now; finer than the public state. */
type Stage<S> =
  /** Waits for the policy. */
  | { readonly at: 'new' }
  /** Waits for a free place among the running loads. */
  | { readonly at: 'due' }
  /** Waits for the next attempt. */
  | { readonly at: 'backoff'; readonly cancel: () => void }
  /** The loader loads. Once `cancelled`, what it ends with no longer counts. */
  | { readonly at: 'loading'; readonly controller: AbortController; cancelled?: 'unwanted' | 'contentChanged' }
  | { readonly at: 'ready'; readonly loaded: LoadedServable<S> }
  /** Gives out no more handles and waits for those that are held. */
  | { readonly at: 'draining'; readonly loaded: LoadedServable<S>; readonly cancel: () => void }
  /** Waits for a free place among the running unloads; without `loaded` once that is lost. */
  | { readonly at: 'drained'; readonly loaded: LoadedServable<S> | undefined }
  | { readonly at: 'unloading' }
  | { readonly at: 'ended' };

/** What a version ends with after its unload. */
interface Ending {
  readonly error?: ServingError;
  readonly reason: string;
}

/**
 * The life of one version from being accepted to its end. The manager decides when it may load and unload; the harness
 * knows how: attempts and back-off, losses, draining. All methods are called by the manager inside `enter`.
 * Source: TensorFlow Serving core/loader_harness.h. A version that comes back after its end gets a new harness.
 */
export class LoaderHarness<S> {
  readonly id: ServableId;
  readonly #options: LoaderHarnessOptions;
  readonly #owner: HarnessOwner<S>;
  readonly #log: Logger;
  #state: VersionState = { phase: 'start' };
  #stage: Stage<S> = { at: 'new' };
  #aspired = true;
  /** What the source said last. */
  #offered: ServableData<Loader<S>>;
  /** The loader that loads, or loaded last. It stays the same object while the content does. */
  #loader: Loader<S> | undefined;
  /** Attempts of the current series. */
  #attempt = 0;
  /** Of the last failed attempt or the loss; cleared once available. */
  #error: ServingError | undefined;
  /** Set from a loss until the version is available again. */
  #lost: ServingError | undefined;
  /** An attempt has failed since it was lost. */
  #reloadFailed = false;
  readonly #losses: LossHistory;
  #retriedByHand = false;
  /** Why it is not aspired, where somebody said so. */
  #withdrawn: string | undefined;
  /** What was last said about why it serves although it is not aspired. */
  #keptBecause: string | undefined;
  /** Its loader has loaded and not given that back: it is to be unloaded, even when it was lost. */
  #holds = false;
  #ending: Ending = { reason: 'unloaded' };
  /** Lost too often, or refused: it stays ended, although aspired. */
  #givenUp = false;
  /** Whether the next load waits for memory, or the last one was refused for lack of it, and then perhaps recalled. */
  #memory: 'ample' | 'awaited' | 'refused' | 'recalled' = 'ample';

  constructor(offered: ServableData<Loader<S>>, options: LoaderHarnessOptions, owner: HarnessOwner<S>) {
    this.id = offered.id;
    this.#offered = offered;
    this.#options = options;
    this.#losses = createLossHistory(options);
    this.#owner = owner;
    this.#log = owner.log.child({ servable: this.id.name, version: this.id.version });
  }

  get aspired(): boolean {
    return this.#aspired;
  }

  /** Why it is no longer aspired, in words; undefined where nobody said, or it is aspired. */
  get withdrawn(): string | undefined {
    return this.#withdrawn;
  }

  get offered(): ServableData<Loader<S>> {
    return this.#offered;
  }

  get error(): ServingError | undefined {
    return this.#state.phase === 'end' ? this.#state.error : this.#error;
  }

  /** Its last attempt failed: it may take another version to serve. */
  get failing(): boolean {
    return isFailing(this.#state);
  }

  /** Why it was lost, while it loads again. */
  get lost(): ServingError | undefined {
    return this.#lost;
  }

  /**
   * Bytes of memory that count as taken by it: from the beginning of a load until all is given back. What was lost keeps
   * its place for the time when it loads again; what failed gives it back until its next attempt.
   */
  get reservedBytes(): number {
    const { at } = this.#stage;
    const reserves = at !== 'new' && at !== 'ended' && (this.#lost !== undefined || (at !== 'due' && at !== 'backoff'));
    return reserves ? (this.#loader?.memoryBytes ?? 0) : 0;
  }

  /** Bytes that its next load would take; undefined where it has them already, or cannot load at all. */
  get neededBytes(): number | undefined {
    const offered = this.#offered;
    const before = this.#loader;
    const next = offered.ok && offered.data.fingerprint !== before?.fingerprint ? offered.data : before;
    return this.#lost && next === before ? undefined : next?.memoryBytes;
  }

  /** As {@link neededBytes} before its load is done, or after it failed; undefined where it is loaded, or was. */
  get expectedBytes(): number | undefined {
    switch (this.#stage.at) {
      case 'new':
      case 'due':
      case 'backoff':
      case 'loading':
      case 'ended':
        return this.neededBytes;
      default:
        return undefined;
    }
  }

  /** What it has reserved may be free soon, because it is on its way out or may fail to load. */
  get mayGiveBack(): boolean {
    const { at } = this.#stage;
    return at === 'loading' || at === 'draining' || at === 'drained' || at === 'unloading';
  }

  /** Whether it loads, and is to become available. */
  get loads(): boolean {
    return this.#stage.at === 'loading' && this.#stage.cancelled === undefined;
  }

  /** Ended for lack of memory, and aspired still: it may be loaded afresh when there is enough. */
  get refused(): boolean {
    return this.#memory === 'refused' && this.#mayComeBack;
  }

  /** It was refused, and may be {@link refused} once it has given back what it holds. */
  get isRefusal(): boolean {
    return this.#memory === 'refused' && this.#aspired;
  }

  /** It was refused, and there is enough memory now: to the policy it is new. A new harness must take over to load it. */
  get recalled(): boolean {
    return this.#memory === 'recalled' && this.#mayComeBack;
  }

  get #mayComeBack(): boolean {
    return this.#stage.at === 'ended' && this.#aspired && this.#offered.ok;
  }

  get waitsForMemory(): boolean {
    return this.#memory === 'awaited';
  }

  /** What it would begin as soon as there is a free place. */
  get waitsFor(): 'load' | 'unload' | undefined {
    if (this.#stage.at === 'due') return 'load';
    return this.#stage.at === 'drained' ? 'unload' : undefined;
  }

  /** Handles that are held on what it has loaded. */
  get inFlight(): number {
    return 'loaded' in this.#stage ? (this.#stage.loaded?.held ?? 0) : 0;
  }

  snapshot(): VersionSnapshot {
    const phase = this.recalled ? 'new' : this.#snapshotPhase();
    return { version: this.id.version, phase, aspired: this.#aspired };
  }

  /** To be called once, first. An error item ends at once, without a START (as upstream). */
  accept(reason: string): void {
    if (this.#offered.ok) this.#tell('state', reason);
    else this.#end(this.#offered.error, `cannot be loaded: ${this.#offered.error.message}`);
  }

  /**
   * The version is in the newest list, as `offered`.
   * @param because why a version that serves has to step in, in words; undefined where it need not.
   * @returns true when a new harness must take over, because this one has ended and there is new content.
   */
  aspire(offered: ServableData<Loader<S>>, because: string | undefined): boolean {
    const changed = !sameContent(this.#offered, offered);
    const again = !this.#aspired;
    this.#offered = offered;
    this.#aspired = true;
    this.#withdrawn = undefined;
    if (again) this.#keptBecause = undefined;
    const stage = this.#stage;
    switch (stage.at) {
      case 'new':
        if (!offered.ok) this.#end(offered.error, `cannot be loaded: ${offered.error.message}`);
        return false;
      case 'due':
      case 'backoff':
        if (again) this.#tell('aspired', 'aspired again');
        if (changed && offered.ok) this.#startOver();
        return false;
      case 'loading':
        if (stage.cancelled === 'unwanted') {
          if (again) this.#tell('aspired', 'aspired again: it is loaded afresh once the cancelled load has ended');
          return false;
        }
        if (again) this.#tell('aspired', 'aspired again');
        if (changed && offered.ok) {
          stage.cancelled = 'contentChanged';
          stage.controller.abort(new ServingError('CANCELLED', 'The files changed during the load'));
        }
        return false;
      case 'ready':
        if (again) this.#tell('aspired', `aspired again: ${this.#servesWhat()}${because ? `: ${because}` : ''}`);
        else if (changed) this.#tell('aspired', this.#servesWhat());
        return false;
      case 'draining':
      case 'drained':
      case 'unloading':
        if (again) this.#tell('aspired', 'aspired again: it is loaded afresh once it is unloaded');
        else if (changed && this.#givenUp) {
          this.#tell('aspired', 'its files changed: it is loaded afresh once it is unloaded');
        }
        if (again || changed) this.#givenUp = false;
        return false;
      case 'ended':
        return changed;
      default:
        return stage satisfies never;
    }
  }

  /**
   * The version is not in the newest list. What has not been available yet is cancelled at once; when a version that
   * serves is unloaded is for the policy to say.
   * @param because why it is not, where there is more to say than that; also for a version that has not been for a while.
   */
  unaspire(because: string | undefined): void {
    if (because !== undefined) this.#withdrawn = because;
    if (!this.#aspired) return;
    this.#aspired = false;
    this.#keptBecause = undefined;
    const stage = this.#stage;
    switch (stage.at) {
      case 'new':
        this.#end(undefined, `${this.#whyUnwanted()}; it was not loaded yet`);
        return;
      case 'due':
      case 'backoff':
      case 'loading':
        if (!this.#lost) this.#cancelLoad();
        return;
      case 'ready':
        return;
      case 'draining':
      case 'drained':
      case 'unloading':
        this.#tell('unaspired', this.#whyUnwanted());
        return;
      case 'ended':
        this.#tell('unaspired', this.#whyUnwanted());
        this.#owner.ended(this, undefined);
        return;
      default:
        stage satisfies never;
    }
  }

  /** Says, once per reason, why a version still serves that is no longer aspired. */
  explainKept(reason: string): void {
    if (this.#keptBecause === reason) return;
    this.#keptBecause = reason;
    this.#tell('unaspired', reason);
  }

  /** Says that its load waits for memory. Only for a version that is new or waits for a load. */
  waitForMemory(reason: string): void {
    this.#memory = 'awaited';
    this.#tell('aspired', reason);
  }

  /** Only for a version that is {@link refused}. */
  recall(): void {
    this.#memory = 'recalled';
  }

  /** Takes {@link recall} back. */
  dismiss(): void {
    this.#memory = 'refused';
  }

  /** Ends a version for which there is not enough memory. Only for one that is new or waits for a load. */
  refuse(error: ServingError): void {
    this.#memory = 'refused';
    this.#givenUp = true;
    if (this.#holds) this.#endAfterUnload({ error, reason: error.message });
    else this.#end(error, error.message);
  }

  /** Begins an attempt. Only for a version that is new or waits for a load. */
  startLoad(): void {
    const offered = this.#offered;
    const before = this.#loader;
    if (offered.ok && offered.data.fingerprint !== before?.fingerprint) this.#loader = offered.data;
    const loader = this.#loader;
    if (!loader) throw new Error('a version without a loader cannot load');
    // Lost, and its files changed since: the old loader is not used again.
    const leftover = this.#holds && before !== loader ? before : undefined;

    this.#attempt += 1;
    this.#memory = 'ample';
    const controller = new AbortController();
    this.#stage = { at: 'loading', controller };
    this.#move(this.#loadingState(), this.#whyItLoads());
    if (this.#attempt > 1) {
      this.#log.info(
        { attempt: this.#attempt },
        `Retrying of Loading servable: ${this.#words} retry: ${this.#attempt - 1}`,
      );
    } else {
      const { memoryBytes } = loader;
      this.#log.info({ memoryBytes }, `Successfully reserved resources to load servable ${this.#words}`);
      this.#log.info({}, `Approving load for servable version ${this.#words}`);
      this.#log.info({ attempt: 1 }, `Loading servable version ${this.#words}`);
    }
    this.#retriedByHand = false;
    void this.#load(loader, controller, leftover);
  }

  /**
   * Takes the version out of service: a ready one gives out no more handles and waits for those that are held, a lost
   * one is not loaded again. Other stages are left alone.
   */
  retire(reason: string): void {
    const stage = this.#stage;
    if (stage.at !== 'ready') {
      if (this.#lost) this.#cancelLoad();
      return;
    }
    if (this.#keptBecause === undefined) this.#tell('unaspired', this.#whyUnwanted());
    const { loaded } = stage;
    const { drainDeadlineMs } = this.#options;
    const waiting =
      loaded.held > 0 ? `; ${counted(loaded.held, 'request')} may finish within ${inWords(drainDeadlineMs)}` : '';
    this.#move({ phase: 'unloading' }, `${reason}${waiting}`);
    this.#log.info({ inFlight: loaded.held }, `Quiescing servable version ${this.#words}`);
    this.#owner.stopServing(loaded);
    if (loaded.held === 0) {
      this.#drained(loaded);
      return;
    }
    const cancel = this.#after(drainDeadlineMs, () =>
      this.cutDrainShort(`it still ran ${inWords(drainDeadlineMs)} after the version was taken out of service`),
    );
    this.#stage = { at: 'draining', loaded, cancel };
    loaded.onceIdle(() =>
      this.#owner.enter(() => {
        cancel();
        this.#drained(loaded);
      }),
    );
  }

  /** Ends the wait for handles, if there is one: their signals abort. */
  cutDrainShort(why: string): void {
    if (this.#stage.at !== 'draining') return;
    const { loaded, cancel } = this.#stage;
    const { held } = loaded;
    cancel();
    this.#ending = { reason: `unloaded; ${counted(held, 'request')} cut off` };
    this.#log.warn({ inFlight: held }, `Quiescing servable version ${this.#words} was cut short`);
    this.#drained(loaded);
    loaded.giveUp(
      new ServingError('UNAVAILABLE', `${this.#title()} is being unloaded, and the request was cut off: ${why}`),
    );
  }

  /** Begins to give back what the load took. Only for a version that waits for it. */
  startUnload(): void {
    const loader = this.#loader;
    if (this.#stage.at !== 'drained' || !loader) throw new Error('only a drained version can be unloaded');
    this.#stage = { at: 'unloading' };
    this.#log.info({}, `Unloading just-loaded servable version ${this.#words}`);
    void this.#unload(loader);
  }

  /**
   * Loads at once what waits for its next attempt; what loads or is about to is left alone.
   * @returns true when a new harness must take over, because this one has ended.
   * @throws ServingError FAILED_PRECONDITION when there is nothing to retry.
   */
  retry(): boolean {
    const stage = this.#stage;
    switch (stage.at) {
      case 'backoff':
        stage.cancel();
        this.#stage = { at: 'due' };
        this.#retriedByHand = true;
        return false;
      case 'new':
      case 'due':
      case 'loading':
        return false;
      case 'ended':
        if (this.#offered.ok) return true;
        throw new ServingError(
          'FAILED_PRECONDITION',
          `${this.#title()} cannot be loaded: ${this.#offered.error.message}`,
        );
      case 'ready':
        throw new ServingError('FAILED_PRECONDITION', `${this.#title()} is available; there is nothing to retry`);
      case 'draining':
      case 'drained':
      case 'unloading':
        throw new ServingError('FAILED_PRECONDITION', `${this.#title()} is being unloaded`);
      default:
        return stage satisfies never;
    }
  }

  #snapshotPhase(): VersionSnapshot['phase'] {
    const stage = this.#stage;
    switch (stage.at) {
      case 'new':
      case 'ready':
      case 'ended':
        return stage.at;
      case 'loading':
        if (stage.cancelled === 'unwanted') return 'unloading';
        return this.#lost ? 'lost' : 'loading';
      case 'due':
      case 'backoff':
        return this.#lost ? 'lost' : 'loading';
      case 'draining':
      case 'drained':
      case 'unloading':
        return 'unloading';
      default:
        return stage satisfies never;
    }
  }

  /** @param leftover a loader to unload first. */
  async #load(loader: Loader<S>, { signal }: AbortController, leftover: Loader<S> | undefined): Promise<void> {
    if (leftover) await this.#giveBack(leftover);
    const startedAtMs = this.#owner.clock.now();
    let loaded: LoadedServable<S> | undefined;
    // A worker may die between the end of `load` and the moment we hear of it.
    let lostEarly: { readonly error: ServingError; readonly blamed: boolean } | undefined;
    const onLost = (error: ServingError, blamed: boolean): void => {
      const current = loaded;
      if (current) this.#owner.enter(() => this.#lose(current, error, blamed));
      else lostEarly ??= { error, blamed };
    };
    const result = await this.#outcome(loader, { signal, onLost });
    // Loaded although it is not wanted any more: what it took must go back before anybody else may load it.
    if (result.ok && signal.aborted) await this.#giveBack(loader);

    this.#owner.enter(() => {
      this.#owner.loadSettled(this);
      if (signal.aborted) return this.#loadCancelled();
      if (!result.ok) return this.#loadFailed(result.error);
      loaded = new LoadedServable(this.id, result.servable);
      this.#loadSucceeded(loaded, this.#owner.clock.now() - startedAtMs);
      if (lostEarly) this.#lose(loaded, lostEarly.error, lostEarly.blamed);
    });
  }

  async #outcome(
    loader: Loader<S>,
    context: Parameters<Loader<S>['load']>[0],
  ): Promise<{ readonly ok: true; readonly servable: S } | { readonly ok: false; readonly error: ServingError }> {
    try {
      // It may have been aborted while a leftover was unloaded.
      context.signal.throwIfAborted();
      const servable = await loader.load(context);
      this.#holds = true;
      return { ok: true, servable };
    } catch (thrown) {
      this.#holds = false;
      return { ok: false, error: asServingError(thrown) };
    }
  }

  #loadSucceeded(loaded: LoadedServable<S>, loadMs: number): void {
    const again = this.#lost ? ' again' : '';
    this.#stage = { at: 'ready', loaded };
    this.#attempt = 0;
    this.#error = undefined;
    this.#lost = undefined;
    this.#owner.startServing(loaded);
    this.#move({ phase: 'available', loadMs }, `loaded${again} in ${inWords(loadMs)}`);
    this.#log.info({ loadMs }, `Successfully loaded servable version ${this.#words}`);
  }

  #loadFailed(error: ServingError): void {
    this.#error = error;
    this.#reloadFailed = true;
    this.#log.error({ attempt: this.#attempt, error }, `Loading servable: ${this.#words} failed: ${inStatus(error)}`);
    const next = afterFailedLoad(error, this.#attempt, this.#options);
    if (next.kind === 'retry') {
      this.#waitForAttempt(next.delayMs, next.reason);
      return;
    }
    if (next.isExhausted === true) {
      this.#log.error(
        { attempt: this.#attempt },
        `Retrying of Loading servable: ${this.#words} exhausted max_num_retries: ${this.#attempt - 1}`,
      );
    }
    this.#end(error, next.reason);
  }

  /** The attempt was aborted, and whatever it did is undone. */
  #loadCancelled(): void {
    if (this.#stage.at === 'loading' && this.#stage.cancelled === 'contentChanged') {
      this.#startOver();
      return;
    }
    this.#end(
      new ServingError('CANCELLED', 'Loading of servable cancelled'),
      `${this.#whyUnwanted()}; its load was cancelled`,
    );
  }

  /** Does away with an attempt that runs or waits. */
  #cancelLoad(): void {
    const stage = this.#stage;
    if (stage.at === 'loading' && stage.cancelled === 'unwanted') return;
    this.#log.info({ attempt: this.#attempt }, `Retrying of Loading servable: ${this.#words} was cancelled.`);
    if (stage.at === 'loading') {
      stage.cancelled = 'unwanted';
      if (this.#keptBecause === undefined)
        this.#tell('unaspired', `${this.#whyUnwanted()}: its load is being cancelled`);
      stage.controller.abort(new ServingError('CANCELLED', 'Loading of servable cancelled'));
      return;
    }
    if (stage.at === 'backoff') stage.cancel();
    if (!this.#holds) {
      this.#loadCancelled();
      return;
    }
    if (this.#keptBecause === undefined) this.#tell('unaspired', `${this.#whyUnwanted()}: it is not loaded again`);
    this.#endAfterUnload({
      error: new ServingError('CANCELLED', 'Loading of servable cancelled'),
      reason: `${this.#whyUnwanted()}; it was not loaded again after it was lost`,
    });
  }

  /** For what was lost and is not loaded again: its loader may have something left to give back, a local copy say. */
  #endAfterUnload(ending: Ending): void {
    this.#lost = undefined;
    this.#ending = ending;
    this.#stage = { at: 'drained', loaded: undefined };
  }

  /** Another series of attempts, from the first, with the newest content. */
  #startOver(): void {
    if (this.#stage.at === 'backoff') this.#stage.cancel();
    this.#stage = { at: 'due' };
    this.#attempt = 0;
    this.#error = undefined;
    this.#memory = 'ample';
    this.#move(this.#loadingState(), 'its files changed: loading from the start');
  }

  #lose(loaded: LoadedServable<S>, error: ServingError, blamed: boolean): void {
    const stage = this.#stage;
    if (!('loaded' in stage) || stage.loaded !== loaded) return;
    const reason = new ServingError('UNAVAILABLE', `${this.#title()} was lost: ${error.message}`, { cause: error });
    this.#log.warn({ error, blamed, inFlight: loaded.held }, 'servable version was lost');

    if (stage.at !== 'ready') {
      // It was on its way out anyway: there is nothing to wait for, and nothing to load again.
      if (stage.at === 'draining') stage.cancel();
      this.#endAfterUnload({ reason: `gone before it was unloaded: ${error.message}` });
      loaded.giveUp(reason);
      return;
    }

    this.#owner.stopServing(loaded);
    const next = this.#losses.lost(error, blamed, this.#owner.clock.now());
    if (next.kind === 'end') {
      // New files are not to blame for what the old ones did.
      this.#givenUp = !this.#hasNewContent();
      this.#move({ phase: 'unloading' }, next.reason, 'lost');
      this.#endAfterUnload({
        error: new ServingError('UNAVAILABLE', `${this.#title()} was given up: ${next.reason}`, { cause: error }),
        reason: next.reason,
      });
    } else {
      this.#lost = error;
      this.#reloadFailed = false;
      this.#error = error;
      const when = next.delayMs === 0 ? 'at once' : `in ${inWords(next.delayMs)}`;
      this.#waitForAttempt(next.delayMs, `lost: ${error.message}; loads again ${when}`, 'lost');
    }
    // Last, because it runs the requests' own code.
    loaded.giveUp(reason);
  }

  async #unload(loader: Loader<S>): Promise<void> {
    await this.#giveBack(loader);
    this.#log.info({ reason: this.#ending.reason }, `Done unloading servable version ${this.#words}`);
    this.#owner.enter(() => {
      this.#owner.unloadSettled(this);
      this.#end(this.#ending.error, this.#ending.reason);
    });
  }

  async #giveBack(loader: Loader<S>): Promise<void> {
    try {
      await loader.unload();
    } catch (error) {
      // Against the loader's contract. There is no way back, so the version counts as unloaded.
      this.#log.error({ error }, 'unloading a servable version failed');
    }
    this.#holds = false;
  }

  #drained(loaded: LoadedServable<S>): void {
    this.#stage = { at: 'drained', loaded };
    this.#log.info({}, `Done quiescing servable version ${this.#words}`);
  }

  #waitForAttempt(delayMs: number, reason: string, kind: ServableChange['kind'] = 'state'): void {
    if (delayMs <= 0) {
      this.#stage = { at: 'due' };
      this.#move(this.#loadingState(), reason, kind);
      return;
    }
    const cancel = this.#after(delayMs, () => {
      this.#stage = { at: 'due' };
    });
    this.#stage = { at: 'backoff', cancel };
    this.#move({ ...this.#loadingState(), retryAtMs: this.#owner.clock.now() + delayMs }, reason, kind);
  }

  #loadingState(): Extract<VersionState, { phase: 'loading' }> {
    return {
      phase: 'loading',
      attempt: Math.max(1, this.#attempt),
      ...(this.#error && { error: this.#error }),
      ...(this.#lost && !this.#reloadFailed && { lost: true }),
    };
  }

  #end(error: ServingError | undefined, reason: string): void {
    const again =
      !this.#aspired || this.#snapshotPhase() !== 'unloading' || this.#givenUp
        ? undefined
        : this.#hasNewContent()
          ? 'its files changed: loading it afresh'
          : 'aspired again; waits to be loaded';
    this.#stage = { at: 'ended' };
    this.#lost = undefined;
    this.#move({ phase: 'end', ...(error && { error }) }, reason);
    if (error && error.code !== 'CANCELLED') {
      this.#log.error({ error }, `Encountered an error for servable version ${this.#words}: ${inStatus(error)}`);
    }
    this.#owner.ended(this, again);
  }

  #move(state: VersionState, reason: string, kind: ServableChange['kind'] = 'state'): void {
    this.#state = advance(this.#state, state);
    this.#tell(kind, reason);
  }

  #tell(kind: ServableChange['kind'], reason: string): void {
    this.#owner.publish({ id: this.id, kind, state: this.#state, aspired: this.#aspired, reason });
  }

  /** @returns a function that calls the timer off. */
  #after(ms: number, fire: () => void): () => void {
    const controller = new AbortController();
    void this.#fireAfter(ms, fire, controller.signal);
    return () => controller.abort();
  }

  async #fireAfter(ms: number, fire: () => void, signal: AbortSignal): Promise<void> {
    await this.#owner.clock.sleep(ms, signal);
    if (!signal.aborted) this.#owner.enter(fire);
  }

  #whyItLoads(): string {
    const byHand = this.#retriedByHand ? ', asked for by hand' : '';
    if (this.#attempt > 1) return `attempt ${this.#attempt} of ${maxAttempts(this.#options)}${byHand}`;
    return this.#lost ? `loading again after it was lost${byHand}` : 'loading';
  }

  #whyUnwanted(): string {
    return this.#withdrawn ?? 'no longer aspired';
  }

  #servesWhat(): string {
    const self = `v${this.id.version}`;
    const offered = this.#offered;
    if (!offered.ok) return `${self} keeps serving, although it could not be loaded now: ${offered.error.message}`;
    return this.#hasNewContent()
      ? `${self} keeps serving its old content: its files changed after it was loaded`
      : `${self} keeps serving`;
  }

  /** What the source offers is not what its loader has loaded. */
  #hasNewContent(): boolean {
    return (
      this.#offered.ok && this.#loader !== undefined && this.#offered.data.fingerprint !== this.#loader.fingerprint
    );
  }

  get #words(): string {
    return servableInWords(this.id);
  }

  #title(): string {
    return `Version ${this.id.version} of ${this.id.name}`;
  }
}

/** As TensorFlow Serving's log writes a status. */
function inStatus({ code, message }: ServingError): string {
  return `${code}: ${message}`;
}

function sameContent<S>(left: ServableData<Loader<S>>, right: ServableData<Loader<S>>): boolean {
  if (left.ok !== right.ok) return false;
  if (left.ok && right.ok) return left.data.fingerprint === right.data.fingerprint;
  if (left.ok || right.ok) return false;
  return left.error.code === right.error.code && left.error.message === right.error.message;
}
