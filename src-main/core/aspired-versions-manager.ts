import { compareVersions, type ServableId, type ServableName, type ServableVersion } from '../contracts/ids.ts';
import type { Logger } from '../contracts/logger.ts';
import { ServableNotFoundError, ServingError } from '../contracts/serving-error.ts';
import type { Clock } from './clock.ts';
import type { LoadedServable } from './loaded-servable.ts';
import type { Loader } from './loader.ts';
import { type HarnessOwner, LoaderHarness, type LoaderHarnessOptions } from './loader-harness.ts';
import { createMemoryBudget, type MemoryBudget, type MemoryHolder } from './memory-budget.ts';
import { type AspiredVersionPolicy, availabilityPreserving, type PolicyAction } from './policy.ts';
import type { ServableHandle, ServableHandles } from './servable-handle.ts';
import {
  createServableStateMonitor,
  type ServableStateMonitorOptions,
  type ServableStates,
} from './servable-state-monitor.ts';
import type { ServableData, Target, Withdrawals } from './source.ts';
import { servableInWords } from './words.ts';

export interface AspiredVersionsManagerOptions extends Partial<LoaderHarnessOptions>, ServableStateMonitorOptions {
  /**
   * Loads that run at once, at least 1 (default 2). Where it is more than one, a single servable takes up all places but
   * one, so that its slow versions never keep another servable waiting.
   */
  readonly maxConcurrentLoads?: number;
  /**
   * The same until the versions aspired first have all been loaded or have failed; never less than
   * {@link maxConcurrentLoads}. Default: 4, or {@link maxConcurrentLoads} where that is given, so that who asks for one
   * load at a time gets it from the start.
   */
  readonly initialConcurrentLoads?: number;
  /** Unloads that run at once, at least 1 (default 2). A version that still drains does not count. */
  readonly maxConcurrentUnloads?: number;
  /**
   * Bytes of memory that all versions together may take, as their loaders say (default: without limit). What a load is
   * expected to take is reserved when it begins. A load that does not fit waits while something is under way that may make
   * room; else it ends in RESOURCE_EXHAUSTED, and begins by itself as soon as there is room after all. What was lost loads
   * again whatever it takes then: who was served is not refused for a limit.
   */
  readonly totalModelMemoryLimitBytes?: number;
  /**
   * The policy of one servable (default: availability preserving for all). Asked at each decision; tell
   * {@link AspiredVersionsManager.policyChanged} when it would answer something else.
   */
  readonly policyFor?: (name: ServableName) => AspiredVersionPolicy;
  /** False: nothing is begun but by {@link AspiredVersionsManager.tick} (default true). */
  readonly automatic?: boolean;
}

/** A step that the manager took. */
export interface ServableAction {
  /** `load`: an attempt began. `unload`: the version gives out no more handles; it unloads when those held are gone. */
  readonly kind: PolicyAction['kind'];
  readonly id: ServableId;
}

/**
 * Loads and unloads versions so that those which are aspired, and only those, serve.
 * Source: TensorFlow Serving core/aspired_versions_manager.h and core/basic_manager.h. Deviations: driven by events
 * instead of every 100 ms; loads and unloads run side by side; draining counts the handles of one version, with a
 * deadline; retries back off and end at once when cancelled; a version that failed is tried again when its content
 * changes, and one that was refused for lack of memory when there is enough; a version that serves and is aspired again
 * simply goes on.
 */
export interface AspiredVersionsManager<S> extends Target<Loader<S>>, ServableHandles<S> {
  readonly states: ServableStates;
  /** Memory that versions take now: those that load, are loaded, drain, or were lost and load again. */
  memory(): { readonly usedBytes: number; readonly limitBytes?: number };
  /**
   * Bytes of memory that a version is expected to take, as its loader says; undefined where it is loaded, or is no longer
   * among the versions to serve.
   */
  expectedBytes(id: ServableId): number | undefined;
  /** Takes the steps that have become possible because another policy holds for a servable. */
  policyChanged(name: ServableName): void;
  /** Takes all steps that are possible now. Needed only where `automatic` is off. @returns the steps, in order. */
  tick(): readonly ServableAction[];
  /**
   * Loads at once a version that waits for its next attempt or ended in an error, with a new series of attempts in the
   * latter case. A version that loads already is left alone. It still takes its turn among the concurrent loads.
   * @throws ServingError NOT_FOUND when the version is not aspired, FAILED_PRECONDITION when there is nothing to retry.
   */
  retry(id: ServableId): void;
  /**
   * Unloads a servable that was removed and then drops all traces of it from `states`.
   * @returns when that is done, or when the servable was aspired again meanwhile and so stays.
   */
  forget(name: ServableName): Promise<void>;
  /**
   * Un-aspires everything and takes no more aspired versions. Calls after the first get the same promise.
   * @param signal on abort, versions that still drain wait no longer for their handles.
   * @returns when everything is unloaded.
   */
  shutDown(signal?: AbortSignal): Promise<void>;
}

/** All that is kept of one servable. */
interface Servable<S> {
  readonly name: ServableName;
  /** Versions that are aspired or hold something. */
  readonly harnesses: Map<ServableVersion, LoaderHarness<S>>;
  /** Versions that requests can reach. */
  readonly serving: Map<ServableVersion, LoadedServable<S>>;
  /** The highest of them. */
  latest: LoadedServable<S> | undefined;
  /** Grows with each load that began, over all servables; for fairness. */
  lastTurn: number;
  /** To be called when it is forgotten, or will not be. */
  forgetting: (() => void)[];
  /** The version to be loaded next. */
  nextLoad: LoaderHarness<S> | undefined | 'unknown';
}

export function createAspiredVersionsManager<S>(
  options: AspiredVersionsManagerOptions,
  deps: { readonly clock: Clock; readonly log: Logger },
): AspiredVersionsManager<S> {
  return new Manager<S>(options, deps);
}

class Manager<S> implements AspiredVersionsManager<S> {
  readonly states: ServableStates;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #harnessOptions: LoaderHarnessOptions;
  readonly #maxLoads: number;
  readonly #initialLoads: number;
  readonly #maxUnloads: number;
  readonly #automatic: boolean;
  readonly #policyFor: (name: ServableName) => AspiredVersionPolicy;
  readonly #memoryLimitBytes: number | undefined;

  readonly #servables = new Map<ServableName, Servable<S>>();
  /** Those that have changed since the last steps. */
  readonly #changed = new Set<Servable<S>>();
  /** Those of which something waits for a place or for memory, and those that have changed. */
  readonly #waiting = new Set<Servable<S>>();
  /** Those that may have nothing left and can then go. */
  readonly #emptied = new Set<Servable<S>>();
  /** Those that may have a version which was refused for lack of memory. */
  readonly #refused = new Set<Servable<S>>();
  /** Something has ended since it was last seen whether one of those fits. */
  #mayHaveRoom = false;
  /** Taken when somebody asks for it; undefined from the next change on. */
  #budget: MemoryBudget | undefined;
  readonly #loading = new Set<LoaderHarness<S>>();
  readonly #unloading = new Set<LoaderHarness<S>>();
  #turns = 0;
  #firstWave: 'ahead' | 'running' | 'over' = 'ahead';

  /** What others are to be told, held back until the manager's own state is consistent again. */
  readonly #outbox: (() => void)[] = [];
  #depth = 0;
  #delivering = false;
  readonly #monitor;
  #shutDown: { readonly done: Promise<void>; readonly resolve: () => void } | undefined;

  constructor(options: AspiredVersionsManagerOptions, { clock, log }: { clock: Clock; log: Logger }) {
    this.#clock = clock;
    this.#log = log;
    this.#harnessOptions = {
      maxNumLoadRetries: options.maxNumLoadRetries ?? 5,
      loadRetryIntervalMs: options.loadRetryIntervalMs ?? 60_000,
      firstLoadRetryDelayMs: options.firstLoadRetryDelayMs ?? 1000,
      drainDeadlineMs: options.drainDeadlineMs ?? 30_000,
      maxLosses: options.maxLosses ?? 3,
      lossWindowMs: options.lossWindowMs ?? 600_000,
    };
    this.#maxLoads = Math.max(1, options.maxConcurrentLoads ?? 2);
    const initialDefault = options.maxConcurrentLoads === undefined ? 4 : this.#maxLoads;
    this.#initialLoads = Math.max(this.#maxLoads, options.initialConcurrentLoads ?? initialDefault);
    this.#maxUnloads = Math.max(1, options.maxConcurrentUnloads ?? 2);
    this.#policyFor = options.policyFor ?? (() => availabilityPreserving);
    this.#memoryLimitBytes = options.totalModelMemoryLimitBytes;
    this.#automatic = options.automatic ?? true;
    this.#monitor = createServableStateMonitor(options, {
      clock,
      log,
      inFlight: ({ name, version }) => this.#servables.get(name)?.harnesses.get(version)?.inFlight ?? 0,
    });
    this.states = this.#monitor;
  }

  // A field, because sources call it detached from the manager.
  readonly setAspiredVersions = (
    name: ServableName,
    versions: readonly ServableData<Loader<S>>[],
    withdrawn?: Withdrawals,
  ): void => {
    if (this.#shutDown) return;
    const wanted = this.#checked(name, versions);
    const servable = this.#servables.get(name) ?? (wanted.size > 0 ? this.#addServable(name) : undefined);
    if (!servable) return;
    this.#enter(servable, () => {
      if (wanted.size > 0) this.#stopForgetting(servable);
      for (const harness of servable.harnesses.values()) {
        if (!wanted.has(harness.id.version)) harness.unaspire(withdrawn?.get(harness.id.version));
      }
      for (const [version, item] of wanted) {
        const harness = servable.harnesses.get(version);
        if (!harness) this.#addHarness(servable, item, 'aspired; waits to be loaded');
        else if (harness.aspire(item, this.#whyNeeded(servable, harness, wanted)))
          this.#addHarness(servable, item, 'its files changed: loading it afresh');
      }
    });
  };

  acquire(name: ServableName, version?: ServableVersion): ServableHandle<S> {
    const servable = this.#servables.get(name);
    const loaded = version === undefined ? servable?.latest : servable?.serving.get(version);
    if (!loaded) throw this.#refusal(servable, name, version);
    return loaded.acquire();
  }

  memory(): { readonly usedBytes: number; readonly limitBytes?: number } {
    let usedBytes = 0;
    for (const { harnesses } of this.#servables.values()) {
      for (const { reservedBytes } of harnesses.values()) usedBytes += reservedBytes;
    }
    return { usedBytes, ...(this.#memoryLimitBytes !== undefined && { limitBytes: this.#memoryLimitBytes }) };
  }

  expectedBytes({ name, version }: ServableId): number | undefined {
    return this.#servables.get(name)?.harnesses.get(version)?.expectedBytes;
  }

  policyChanged(name: ServableName): void {
    const servable = this.#servables.get(name);
    if (servable) this.#enter(servable, () => undefined);
  }

  tick(): readonly ServableAction[] {
    return this.#enter(undefined, () => this.#takeSteps());
  }

  retry({ name, version }: ServableId): void {
    const servable = this.#servables.get(name);
    const harness = servable?.harnesses.get(version);
    if (!servable || !harness) {
      throw new ServingError('NOT_FOUND', `Version ${version} of ${name} is not among the versions to serve`);
    }
    this.#enter(servable, () => {
      if (harness.retry()) this.#addHarness(servable, harness.offered, 'asked for by hand');
    });
  }

  async forget(name: ServableName): Promise<void> {
    const servable = this.#servables.get(name);
    if (!servable) {
      this.#monitor.forget(name);
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    servable.forgetting.push(resolve);
    this.#enter(servable, () => this.#unaspireAll(servable));
    await promise;
  }

  shutDown(signal?: AbortSignal): Promise<void> {
    if (!this.#shutDown) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#shutDown = { done: promise, resolve };
      this.#log.info({ servables: this.#servables.size }, 'unloading all servables');
      for (const servable of this.#servables.values()) this.#enter(servable, () => this.#unaspireAll(servable));
      if (this.#servables.size === 0) resolve();
    }
    if (signal) this.#cutDrainsShortOn(signal);
    return this.#shutDown.done;
  }

  /** The list by version. What cannot be meant is left out and logged. */
  #checked(
    name: ServableName,
    versions: readonly ServableData<Loader<S>>[],
  ): Map<ServableVersion, ServableData<Loader<S>>> {
    const wanted = new Map<ServableVersion, ServableData<Loader<S>>>();
    for (const item of versions) {
      if (item.id.name !== name) {
        this.#log.error({ servable: name, other: item.id.name }, 'aspired version of another servable is ignored');
      } else if (wanted.has(item.id.version)) {
        this.#log.error({ servable: name, version: item.id.version }, 'version is aspired twice; the first one counts');
      } else {
        wanted.set(item.id.version, item);
      }
    }
    return wanted;
  }

  #addServable(name: ServableName): Servable<S> {
    const servable: Servable<S> = {
      name,
      harnesses: new Map(),
      serving: new Map(),
      latest: undefined,
      lastTurn: 0,
      forgetting: [],
      nextLoad: 'unknown',
    };
    this.#servables.set(name, servable);
    return servable;
  }

  #addHarness(servable: Servable<S>, item: ServableData<Loader<S>>, reason: string): LoaderHarness<S> {
    const harness = new LoaderHarness(item, this.#harnessOptions, this.#ownerFor(servable));
    servable.harnesses.set(item.id.version, harness);
    harness.accept(reason);
    return harness;
  }

  #ownerFor(servable: Servable<S>): HarnessOwner<S> {
    const { serving, harnesses } = servable;
    return {
      clock: this.#clock,
      log: this.#log,
      enter: (change) => this.#enter(servable, change),
      publish: (change) => this.#outbox.push(() => this.#monitor.publish(change)),
      startServing: (loaded) => {
        serving.set(loaded.id.version, loaded);
        servable.latest = highest(serving);
      },
      stopServing: (loaded) => {
        serving.delete(loaded.id.version);
        servable.latest = highest(serving);
      },
      loadSettled: (harness) => {
        this.#loading.delete(harness);
        // Also when it is loaded: what was measured may be less than what was expected.
        this.#mayHaveRoom = true;
        this.#warnAboveLimit(harness);
      },
      unloadSettled: (harness) => this.#unloading.delete(harness),
      ended: (harness, again) => {
        this.#mayHaveRoom = true;
        if (again !== undefined) this.#addHarness(servable, harness.offered, again);
        else if (!harness.aspired) harnesses.delete(harness.id.version);
        if (harnesses.size === 0) this.#emptied.add(servable);
      },
    };
  }

  #unaspireAll(servable: Servable<S>): void {
    for (const harness of servable.harnesses.values()) harness.unaspire(undefined);
  }

  /**
   * Every change of the manager's state happens in here. Others (listeners of the monitor) are told only afterwards, so
   * whatever they call finds the manager in order.
   */
  #enter<T>(servable: Servable<S> | undefined, change: () => T): T {
    this.#depth += 1;
    try {
      if (servable) this.#change(servable);
      const result = change();
      if (this.#depth === 1 && this.#automatic) this.#takeSteps();
      if (this.#depth === 1) this.#dropEmptyServables();
      return result;
    } finally {
      this.#depth -= 1;
      if (this.#depth === 0) this.#deliver();
    }
  }

  #deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    for (let tell = this.#outbox.shift(); tell; tell = this.#outbox.shift()) tell();
    this.#delivering = false;
  }

  #takeSteps(): readonly ServableAction[] {
    const actions: ServableAction[] = [];
    this.#budget = undefined;
    // Steps change servables, too; it is over when none has changed.
    while (this.#changed.size > 0) {
      const changed = [...this.#changed];
      this.#changed.clear();
      // Unloads first, as upstream: they may make room for the loads.
      for (const servable of changed) this.#retireVersions(servable, actions);
      this.#recallRefused();
      this.#refuseLoads();
      this.#startUnloads();
      this.#startLoads(actions);
      for (const servable of changed) {
        this.#explainKept(servable);
        const waits = [...servable.harnesses.values()].some(({ waitsFor }) => waitsFor !== undefined);
        if (!waits && !this.#nextLoadOf(servable)) this.#waiting.delete(servable);
      }
    }
    return actions;
  }

  /** What follows from its new state is to be seen. */
  #change(servable: Servable<S>): void {
    this.#changed.add(servable);
    this.#waiting.add(servable);
    servable.nextLoad = 'unknown';
  }

  #retireVersions(servable: Servable<S>, actions: ServableAction[]): void {
    for (let next = this.#decide(servable); next?.kind === 'unload'; next = this.#decide(servable)) {
      const { harness } = next;
      harness.retire(this.#whyRetired(servable, harness));
      this.#budget = undefined;
      servable.nextLoad = 'unknown';
      actions.push({ kind: 'unload', id: harness.id });
    }
  }

  #startUnloads(): void {
    for (const servable of this.#waiting) {
      for (const harness of servable.harnesses.values()) {
        if (this.#unloading.size >= this.#maxUnloads) return;
        if (harness.waitsFor !== 'unload') continue;
        this.#unloading.add(harness);
        harness.startUnload();
        this.#change(servable);
      }
    }
  }

  #startLoads(actions: ServableAction[]): void {
    for (let next = this.#nextLoad(); next; next = this.#nextLoad()) {
      const { servable } = next;
      const harness = next.harness.recalled
        ? this.#addHarness(servable, next.harness.offered, 'there is enough memory now: loading it')
        : next.harness;
      this.#loading.add(harness);
      harness.startLoad();
      this.#change(servable);
      this.#budget = undefined;
      actions.push({ kind: 'load', id: harness.id });
      this.#turns += 1;
      servable.lastTurn = this.#turns;
    }
    if (this.#loading.size > 0) {
      if (this.#firstWave === 'ahead') this.#firstWave = 'running';
    } else if (this.#firstWave === 'running') {
      this.#firstWave = 'over';
    }
  }

  /** The load to begin next, if there is a place for one: what was lost first, then who loads least, then who waited longest. */
  #nextLoad(): { readonly harness: LoaderHarness<S>; readonly servable: Servable<S> } | undefined {
    const limit = this.#firstWave === 'over' ? this.#maxLoads : this.#initialLoads;
    if (this.#loading.size >= limit) return undefined;
    const limitOfOne = Math.max(1, limit - 1);
    let best: { readonly harness: LoaderHarness<S>; readonly servable: Servable<S>; readonly rank: number } | undefined;
    for (const servable of this.#waiting) {
      const harness = this.#nextLoadOf(servable);
      if (!harness || !this.#fits(harness)) continue;
      const running = [...this.#loading].filter(({ id }) => id.name === servable.name).length;
      if (running >= limitOfOne) continue;
      const rank = harness.lost ? -1 : running;
      const better = !best || rank < best.rank || (rank === best.rank && servable.lastTurn < best.servable.lastTurn);
      if (better) best = { harness, servable, rank };
    }
    return best;
  }

  /** What one servable would load next; found once per change, since many may wait for one place. */
  #nextLoadOf(servable: Servable<S>): LoaderHarness<S> | undefined {
    if (servable.nextLoad === 'unknown') servable.nextLoad = this.#findNextLoad(servable);
    return servable.nextLoad;
  }

  #findNextLoad(servable: Servable<S>): LoaderHarness<S> | undefined {
    const due = [...servable.harnesses.values()].filter(({ waitsFor }) => waitsFor === 'load');
    due.sort((left, right) => compareVersions(right.id.version, left.id.version));
    const first = due.find(({ lost }) => lost) ?? due[0];
    if (first) return first;
    const next = this.#decide(servable);
    return next?.kind === 'load' ? next.harness : undefined;
  }

  /** Looks again at servables that have a version which was refused, and for which there is room now. */
  #recallRefused(): void {
    if (!this.#mayHaveRoom) return;
    this.#mayHaveRoom = false;
    for (const servable of this.#refused) {
      const refused = [...servable.harnesses.values()].filter((harness) => harness.isRefusal);
      if (refused.length === 0) this.#refused.delete(servable);
      for (const harness of refused) {
        if (!harness.refused || !this.#fits(harness)) continue;
        harness.recall();
        this.#change(servable);
      }
    }
  }

  /** Of loads that do not fit: ends those that cannot ever, as things stand, and tells the others what they wait for. */
  #refuseLoads(): void {
    if (this.#memoryLimitBytes === undefined) return;
    for (const servable of this.#waiting) {
      for (let next = this.#nextLoadOf(servable); next && !this.#fits(next); next = this.#nextLoadOf(servable)) {
        if (next.recalled) {
          // Somebody else took the memory that there was for it.
          next.dismiss();
          this.#refused.add(servable);
          this.#change(servable);
          continue;
        }
        const need = { id: next.id, bytes: next.neededBytes ?? 0, heldBytes: next.reservedBytes };
        const budget = (this.#budget ??= this.#takeStock(this.#memoryLimitBytes));
        if (budget.mayFitSoon(need)) {
          if (!next.waitsForMemory) next.waitForMemory(`waits for memory: ${budget.explain(need)}`);
          break;
        }
        const text = `Insufficient resources to load servable ${servableInWords(next.id)}: ${budget.explain(need)}`;
        this.#refused.add(servable);
        next.refuse(new ServingError('RESOURCE_EXHAUSTED', text));
        this.#change(servable);
        this.#budget = undefined;
      }
    }
  }

  /** What a version takes is known only when it is loaded; then it serves, but not in silence. */
  #warnAboveLimit({ id }: LoaderHarness<S>): void {
    const { usedBytes, limitBytes } = this.memory();
    if (limitBytes === undefined || usedBytes <= limitBytes) return;
    const fields = { servable: id.name, version: id.version, usedBytes, limitBytes };
    this.#log.warn(fields, 'models take more memory than the limit: this one takes more than was expected');
  }

  #fits(harness: LoaderHarness<S>): boolean {
    const { id, neededBytes, reservedBytes } = harness;
    if (this.#memoryLimitBytes === undefined || neededBytes === undefined) return true;
    this.#budget ??= this.#takeStock(this.#memoryLimitBytes);
    return this.#budget.fits({ id, bytes: neededBytes, heldBytes: reservedBytes });
  }

  #takeStock(limitBytes: number): MemoryBudget {
    const holders = [...this.#servables.values()].flatMap(({ harnesses }) => {
      const replaced = [...harnesses.values()].some(({ loads }) => loads);
      return [...harnesses.values()].map((harness): MemoryHolder => {
        const { id, reservedBytes, aspired, mayGiveBack } = harness;
        return {
          id,
          bytes: reservedBytes,
          goes: mayGiveBack || (replaced && !aspired),
          kept: !mayGiveBack && !aspired,
        };
      });
    });
    return createMemoryBudget(limitBytes, holders);
  }

  /** What the policy wants for one servable now, checked. */
  #decide(servable: Servable<S>): { kind: PolicyAction['kind']; harness: LoaderHarness<S> } | undefined {
    // Nothing is aspired at a shutdown, so the default policy unloads it all; another one might not.
    const policy = this.#shutDown ? availabilityPreserving : this.#policyFor(servable.name);
    const snapshots = [...servable.harnesses.values()].map((harness) => harness.snapshot());
    const action = policy(snapshots);
    if (!action) return undefined;
    const { kind, version } = action;
    const harness = servable.harnesses.get(version);
    const { phase, aspired } = snapshots.find((snapshot) => snapshot.version === version) ?? {};
    const possible = kind === 'load' ? aspired && phase === 'new' : !aspired && (phase === 'ready' || phase === 'lost');
    if (harness && possible) return { kind, harness };
    this.#log.error({ servable: servable.name, version, kind, phase }, 'the policy wants something impossible');
    return undefined;
  }

  #whyRetired(servable: Servable<S>, leaving: LoaderHarness<S>): string {
    const replacement = this.#aspiredOf(servable).find((harness) => harness.snapshot().phase === 'ready');
    if (leaving.withdrawn !== undefined)
      return replacement ? `${leaving.withdrawn}; v${replacement.id.version} serves` : leaving.withdrawn;
    if (replacement) return `v${replacement.id.version} is available instead`;
    const coming = this.#aspiredOf(servable)[0];
    return coming
      ? `no longer aspired; makes way for v${coming.id.version}`
      : `v${leaving.id.version} is no longer aspired`;
  }

  /** Why a version that serves has to step in: a higher one that is wanted too failed. */
  #whyNeeded(
    { harnesses }: Servable<S>,
    harness: LoaderHarness<S>,
    wanted: ReadonlyMap<ServableVersion, unknown>,
  ): string | undefined {
    const failed = [...harnesses.values()]
      .filter(
        ({ id, failing }) => failing && wanted.has(id.version) && compareVersions(id.version, harness.id.version) > 0,
      )
      .toSorted((left, right) => compareVersions(right.id.version, left.id.version))[0];
    return failed && whyFailed(failed);
  }

  #explainKept(servable: Servable<S>): void {
    for (const harness of servable.harnesses.values()) {
      const { phase, aspired } = harness.snapshot();
      if (aspired || (phase !== 'ready' && phase !== 'lost')) continue;
      harness.explainKept(this.#whyKept(servable, harness, phase === 'lost'));
    }
  }

  #whyKept(servable: Servable<S>, kept: LoaderHarness<S>, lost: boolean): string {
    const self = `v${kept.id.version}`;
    const aspired = this.#aspiredOf(servable);
    const coming = aspired.find((harness) => harness.snapshot().phase !== 'ended');
    if (coming && coming.snapshot().phase !== 'ready') {
      return `${self} ${lost ? 'loads again and serves' : 'serves'} until v${coming.id.version} is available`;
    }
    const failed = coming ? undefined : aspired[0];
    if (!failed) return `${self} is no longer aspired; its policy keeps it`;
    return `${self} ${lost ? 'loads again' : 'keeps serving'}: ${whyFailed(failed)}`;
  }

  /** Highest first. */
  #aspiredOf({ harnesses }: Servable<S>): LoaderHarness<S>[] {
    return [...harnesses.values()]
      .filter(({ aspired }) => aspired)
      .toSorted((left, right) => compareVersions(right.id.version, left.id.version));
  }

  #dropEmptyServables(): void {
    for (const servable of this.#emptied) {
      this.#emptied.delete(servable);
      if (servable.harnesses.size > 0 || this.#servables.get(servable.name) !== servable) continue;
      this.#servables.delete(servable.name);
      const { forgetting } = servable;
      if (forgetting.length === 0) continue;
      // After the events that are still to be told.
      this.#outbox.push(() => {
        this.#monitor.forget(servable.name);
        for (const done of forgetting) done();
      });
    }
    const shutDown = this.#shutDown;
    if (shutDown && this.#servables.size === 0) this.#outbox.push(shutDown.resolve);
  }

  #stopForgetting(servable: Servable<S>): void {
    const { forgetting } = servable;
    servable.forgetting = [];
    this.#outbox.push(() => {
      for (const done of forgetting) done();
    });
  }

  #cutDrainsShortOn(signal: AbortSignal): void {
    const cut = (): void => {
      for (const servable of this.#servables.values()) {
        this.#enter(servable, () => {
          for (const harness of servable.harnesses.values()) harness.cutDrainShort('the server stops');
        });
      }
    };
    if (signal.aborted) cut();
    else signal.addEventListener('abort', cut, { once: true });
  }

  #refusal(servable: Servable<S> | undefined, name: ServableName, version: ServableVersion | undefined): ServingError {
    if (this.#shutDown) return new ServingError('UNAVAILABLE', 'The server is shutting down');
    const lost = [...(servable?.harnesses.values() ?? [])]
      .filter((harness) => harness.lost && (version === undefined || harness.id.version === version))
      .toSorted((left, right) => compareVersions(right.id.version, left.id.version))[0];
    if (!lost?.lost) return new ServableNotFoundError(name, version);
    const { message } = lost.lost;
    return new ServingError(
      'UNAVAILABLE',
      `Version ${lost.id.version} of ${name} was lost and loads again: ${message}`,
      {
        cause: lost.lost,
      },
    );
  }
}

function whyFailed<S>({ id, error }: LoaderHarness<S>): string {
  return `v${id.version} failed to load${error ? ` (${error.message})` : ''}`;
}

function highest<S>(serving: ReadonlyMap<ServableVersion, LoadedServable<S>>): LoadedServable<S> | undefined {
  let best: LoadedServable<S> | undefined;
  for (const loaded of serving.values()) {
    if (!best || compareVersions(loaded.id.version, best.id.version) > 0) best = loaded;
  }
  return best;
}
