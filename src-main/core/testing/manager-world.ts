import { servableKey, type ServableId, type ServableName } from '../../contracts/ids.ts';
import type { AspiredVersionPolicyName } from '../../contracts/model-config.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import type { LoadContext } from '../loader.ts';
import { aspiredVersionPolicy } from '../policy.ts';
import type { ServableHandle } from '../servable-handle.ts';
import type { ServableEvent } from '../servable-state-monitor.ts';
import { advance, type VersionState } from '../version-state.ts';
import { createFakeLoader, type FakeLoader, type FakeServable } from './fake-loader.ts';
import { createManaged } from './managed.ts';
import { servableId, servableName } from './servables.ts';

export const NAMES = ['a', 'b', 'c'] as const;
export type Name = (typeof NAMES)[number];
export const VERSIONS = [1, 2, 3, 4] as const;

/** What the source says of one version, and how its loader behaves. */
export interface Offer {
  readonly version: (typeof VERSIONS)[number];
  /** An error item, with one of two messages. */
  readonly unreadable: 0 | 1 | undefined;
  readonly fingerprint: 0 | 1;
  readonly held: boolean;
  readonly ignoresAbort: boolean;
  readonly failures: number;
}

/** One thing that happens to a manager. Numbers pick among what is there, so that any sequence makes sense. */
export type Step =
  | { readonly kind: 'aspire'; readonly name: Name; readonly offers: readonly Offer[] }
  | { readonly kind: 'finishLoad'; readonly pick: number; readonly fails: boolean }
  | { readonly kind: 'finishUnload'; readonly pick: number }
  | { readonly kind: 'acquire'; readonly name: Name; readonly pick: number; readonly latest: boolean }
  | { readonly kind: 'dispose'; readonly pick: number }
  | { readonly kind: 'lose'; readonly pick: number; readonly blamed: boolean }
  | { readonly kind: 'retry'; readonly name: Name; readonly version: number }
  | { readonly kind: 'policy'; readonly name: Name; readonly policy: AspiredVersionPolicyName }
  | { readonly kind: 'forget'; readonly name: Name }
  | { readonly kind: 'advance'; readonly ms: number };

export interface WorldOptions {
  readonly policies: readonly [AspiredVersionPolicyName, AspiredVersionPolicyName, AspiredVersionPolicyName];
  readonly memoryLimit: number | undefined;
  /** Bytes of memory of each content of each version: what is expected, and how much less is measured. */
  readonly memory: readonly { readonly expected: number; readonly spared: number }[];
  readonly maxLoads: number;
  readonly retries: number;
  readonly maxLosses: number;
}

/** A manager to which steps happen, and which is watched for broken promises. */
export interface ManagerWorld {
  /** Each promise that was broken: `NAME: what happened`. */
  readonly faults: readonly string[];
  take(step: Step): Promise<void>;
  /** Ends all that is held up and lets time pass until nothing more happens; handles stay. */
  settle(): Promise<void>;
  /** Disposes all handles and shuts the manager down; what is left then is a fault. */
  stop(): Promise<void>;
}

const DRAIN_DEADLINE_MS = 5000;

/** What is known of one servable. */
interface Watched {
  aspired: ReadonlyMap<string, Offer>;
  policy: AspiredVersionPolicyName;
  /** By version. */
  readonly available: Set<string>;
  /** It has to answer from now on: it did, and nothing has happened since that excuses it. */
  answers: boolean;
}

/** One load that handles are held on. */
interface Held {
  readonly loader: FakeLoader;
  readonly handle: ServableHandle<FakeServable>;
}

export function createManagerWorld(options: WorldOptions): ManagerWorld {
  const faults: string[] = [];
  const memoryOf = ({ version, fingerprint }: Offer): WorldOptions['memory'][number] =>
    options.memory[(version * 2 + fingerprint) % options.memory.length] ?? { expected: 0, spared: 0 };
  const servables = new Map<string, Watched>(
    NAMES.map((name, index) => [
      name,
      {
        aspired: new Map(),
        policy: options.policies[index] ?? 'availability_preserving',
        available: new Set(),
        answers: false,
      },
    ]),
  );
  const states = new Map<string, VersionState>();
  /** When a version was taken out of service, by its key. */
  const drainingSinceMs = new Map<string, number>();
  const loaders = new Set<FakeLoader>();
  const idOf = new Map<FakeLoader, ServableId>();
  const loaderOf = new WeakMap<FakeServable, FakeLoader>();
  const lastAttempt = new Map<string, FakeLoader>();
  const held = new Set<Held>();
  const lostHandles = new WeakSet<AbortSignal>();
  /** What a loss leaves behind is no memory, though it is to be unloaded. */
  const lostLoaders = new WeakSet<FakeLoader>();
  let forgetting = 0;
  let stopped = false;

  const t = createManaged({
    policyFor: (name) => aspiredVersionPolicy(watched(name).policy),
    drainDeadlineMs: DRAIN_DEADLINE_MS,
    maxConcurrentLoads: options.maxLoads,
    maxNumLoadRetries: options.retries,
    maxLosses: options.maxLosses,
    ...(options.memoryLimit !== undefined && { totalModelMemoryLimitBytes: options.memoryLimit }),
  });
  t.manager.states.subscribe(follow);

  function watched(name: string): Watched {
    const servable = servables.get(name);
    if (!servable) throw new Error(`no servable ${name}`);
    return servable;
  }

  function fault(promise: string, what: string): void {
    faults.push(`${promise}: ${what}`);
  }

  function follow({ id, kind, state, reason, atMs }: ServableEvent): void {
    const key = servableKey(id);
    const where = `${key} ${kind} ${state.phase} (${reason})`;
    const before = states.get(key);
    if (reason === '') fault('reasons', where);
    if (kind === 'state' || kind === 'lost') {
      // After its end a version may come back, or bring another error.
      const from: VersionState = before && before.phase !== 'end' ? before : { phase: 'start' };
      const legal = state.phase === 'start' ? before === undefined || before.phase === 'end' : isMove(from, state);
      if (!legal) fault('legal moves', `from ${before?.phase ?? 'nothing'} to ${where}`);
    } else if (before?.phase !== state.phase) {
      fault('legal moves', `not told: ${where}`);
    }
    states.set(key, state);

    const servable = watched(id.name);
    const wasAvailable = servable.available.has(id.version);
    if (state.phase === 'available') {
      servable.available.add(id.version);
      if (servable.policy === 'availability_preserving' && servable.aspired.size > 0) servable.answers = true;
    } else {
      servable.available.delete(id.version);
    }
    if (kind === 'lost') servable.answers = false;
    if (state.phase === 'unloading' && kind === 'state') drainingSinceMs.set(key, atMs);
    if (wasAvailable && state.phase !== 'available' && kind !== 'lost' && servable.aspired.has(id.version)) {
      fault('aspired stays ready', where);
    }
    // Listeners, too, find what was promised.
    checkAnswers();
  }

  function createLoader(id: ServableId, offer: Offer): FakeLoader {
    const { expected, spared } = memoryOf(offer);
    const fake = createFakeLoader({
      fingerprint: `content ${offer.fingerprint}`,
      held: offer.held,
      ignoresAbort: offer.ignoresAbort,
      failures: offer.failures,
      memoryBytes: expected,
      measuredBytes: Math.max(0, expected - spared),
    });
    // Not a spread: that would freeze the fake's getters.
    const loader: FakeLoader = Object.create(fake, {
      load: {
        value: async (context: LoadContext) => {
          lastAttempt.set(servableKey(id), loader);
          lostLoaders.delete(loader);
          const loading = fake.load(context);
          checkLoads();
          const servable = await loading;
          loaderOf.set(servable, loader);
          return servable;
        },
      },
      unload: {
        value: () => {
          checkHandlesOf(loader);
          return fake.unload();
        },
      },
    });
    loaders.add(loader);
    idOf.set(loader, id);
    return loader;
  }

  function checkLoads(): void {
    const loading = [...loaders].filter(({ doing }) => doing === 'loading');
    if (loading.length > options.maxLoads) fault('bounded loads', `${loading.length} at once`);
    checkMemory();
  }

  function checkMemory(): void {
    const { memoryLimit } = options;
    if (memoryLimit === undefined) return;
    const taking = [...loaders].filter((loader) => loader.doing !== 'empty' && !lostLoaders.has(loader));
    const taken = sum(taking.map(({ memoryBytes }) => memoryBytes));
    const { usedBytes } = t.manager.memory();
    if (taken > memoryLimit) fault('memory limit', `${taken} of ${memoryLimit} are taken`);
    if (usedBytes > memoryLimit) fault('memory limit', `${usedBytes} of ${memoryLimit} are reserved`);
    if (taken > usedBytes) fault('memory limit', `${taken} are taken, ${usedBytes} reserved`);
  }

  /** A handle may outlive its version only past the deadline or after a loss, and then has been told. */
  function checkHandlesOf(loader: FakeLoader): void {
    for (const { loader: other, handle } of held) {
      if (other !== loader) continue;
      const key = servableKey(handle.id);
      const drainedMs = t.clock.now() - (drainingSinceMs.get(key) ?? Infinity);
      if (!handle.signal.aborted) fault('handles', `${key} is unloaded under a handle that was not told`);
      else if (!lostHandles.has(handle.signal) && drainedMs < DRAIN_DEADLINE_MS && !stopped) {
        fault('handles', `${key} is unloaded after ${drainedMs} ms under a handle`);
      }
    }
  }

  function checkAnswers(): void {
    for (const [name, { answers }] of servables) {
      if (!answers) continue;
      try {
        t.acquire(name)[Symbol.dispose]();
      } catch (error) {
        fault('keeps answering', `${name}: ${String(error)}`);
      }
    }
  }

  /** What is said to be available can be had, and its loader has it. */
  function checkReady(): void {
    for (const [name, { available }] of servables) {
      for (const version of available) {
        using handle = t.acquire(name, Number(version));
        const doing = loaderOf.get(handle.servable)?.doing;
        if (doing !== 'loaded') fault('aspired stays ready', `${name}/${version} is ${doing}`);
        if (handle.signal.aborted) fault('aspired stays ready', `${name}/${version} gives aborted handles`);
      }
      const highest = Math.max(...[...available].map(Number));
      if (available.size === 0) continue;
      using latest = t.acquire(name);
      if (Number(latest.id.version) !== highest) fault('latest', `${name} is ${latest.id.version}, not ${highest}`);
    }
    for (const { handle, loader } of held) {
      if (!handle.signal.aborted && loader.doing !== 'loaded') {
        fault('handles', `${servableKey(handle.id)} is ${loader.doing} under a handle`);
      }
    }
  }

  /** Where nothing runs and no timer does, all is as it is to be. */
  function checkSettled(): void {
    const busy = [...loaders].some(({ doing }) => doing === 'loading' || doing === 'unloading');
    if (busy || t.clock.pendingSleeps > 0) return;
    if (forgetting > 0) fault('everything settles', `${forgetting} forgotten servables are still there`);
    for (const name of t.manager.states.names()) {
      for (const status of t.manager.states.versions(name)) checkSettledVersion(name, status.id, status.state);
    }
  }

  function checkSettledVersion(name: ServableName, id: ServableId, state: VersionState): void {
    const servable = watched(name);
    const where = `${servableKey(id)} is ${state.phase}`;
    const offer = servable.aspired.get(id.version);
    if (state.phase !== 'available' && state.phase !== 'end') return fault('everything settles', where);
    if (!offer) {
      const replaced = [...servable.aspired.keys()].some((version) => servable.available.has(version));
      const kept = servable.policy === 'availability_preserving' && servable.aspired.size > 0 && !replaced;
      if (state.phase === 'available' && !kept) fault('everything settles', `${where}, and nothing keeps it`);
      return undefined;
    }
    if (state.phase === 'available') return undefined;
    if (!state.error || state.error.code === 'CANCELLED') return fault('everything settles', `${where}, but aspired`);
    if (offer.unreadable !== undefined) return undefined;
    if (state.error.code === 'RESOURCE_EXHAUSTED') {
      const { usedBytes, limitBytes = Infinity } = t.manager.memory();
      if (usedBytes + memoryOf(offer).expected <= limitBytes) fault('refused comes back', `${where}, and would fit`);
    } else if (lastAttempt.get(servableKey(id))?.fingerprint !== `content ${offer.fingerprint}`) {
      fault('new content is tried', where);
    }
    return undefined;
  }

  function check(): void {
    checkAnswers();
    checkReady();
    checkMemory();
    checkSettled();
    for (const [loader, id] of idOf) {
      for (const violation of loader.violations) fault('load and unload alternate', `${servableKey(id)}: ${violation}`);
    }
  }

  async function aspire(name: Name, offers: readonly Offer[]): Promise<void> {
    const servable = watched(name);
    servable.aspired = new Map(offers.map((offer) => [String(offer.version), offer]));
    if (offers.length === 0) servable.answers = false;
    await t.aspire(
      name,
      Object.fromEntries(
        offers.map((offer) => [
          offer.version,
          offer.unreadable === undefined
            ? createLoader(servableId(name, offer.version), offer)
            : new ServingError('DATA_LOSS', `unreadable ${offer.unreadable}`),
        ]),
      ),
    );
  }

  function oneOf(doing: FakeLoader['doing'], pick: number): FakeLoader | undefined {
    return picked(
      [...loaders].filter((loader) => loader.doing === doing),
      pick,
    );
  }

  function lose(loader: FakeLoader | undefined, blamed: boolean): void {
    if (!loader) return;
    for (const { loader: other, handle } of held) {
      if (other === loader) lostHandles.add(handle.signal);
    }
    lostLoaders.add(loader);
    loader.lose(undefined, blamed);
  }

  function acquire(name: Name, pick: number, latest: boolean): void {
    const version = picked([...watched(name).available], pick);
    if (version === undefined) return;
    const handle = t.acquire(name, latest ? undefined : Number(version));
    const loader = loaderOf.get(handle.servable);
    if (loader) held.add({ handle, loader });
  }

  function dispose(one: Held | undefined): void {
    if (!one) return;
    held.delete(one);
    one.handle[Symbol.dispose]();
    // The second time counts for nothing.
    one.handle[Symbol.dispose]();
  }

  function retry(name: Name, version: number): void {
    try {
      t.manager.retry(servableId(name, version));
    } catch (error) {
      if (!(error instanceof ServingError)) throw error;
    }
  }

  function setPolicy(name: Name, policy: AspiredVersionPolicyName): void {
    const servable = watched(name);
    servable.policy = policy;
    if (policy === 'resource_preserving') servable.answers = false;
    else servable.answers = servable.available.size > 0 && servable.aspired.size > 0;
    t.manager.policyChanged(servableName(name));
  }

  function forget(name: Name): void {
    const servable = watched(name);
    servable.aspired = new Map();
    servable.answers = false;
    forgetting += 1;
    void t.manager.forget(servableName(name)).then(() => (forgetting -= 1));
  }

  async function act(step: Step): Promise<void> {
    switch (step.kind) {
      case 'aspire':
        return aspire(step.name, step.offers);
      case 'finishLoad':
        return oneOf('loading', step.pick)?.finishLoad(
          step.fails ? new ServingError('INTERNAL', 'bad luck') : undefined,
        );
      case 'finishUnload':
        return oneOf('unloading', step.pick)?.finishUnload();
      case 'acquire':
        return acquire(step.name, step.pick, step.latest);
      case 'dispose':
        return dispose(picked([...held], step.pick));
      case 'lose':
        return lose(oneOf('loaded', step.pick), step.blamed);
      case 'retry':
        return retry(step.name, step.version);
      case 'policy':
        return setPolicy(step.name, step.policy);
      case 'forget':
        return forget(step.name);
      case 'advance':
        return t.clock.advance(step.ms);
      default:
        return step satisfies never;
    }
  }

  async function settle(): Promise<void> {
    for (let round = 0; round < 100; round += 1) {
      const loader = oneOf('loading', 0) ?? oneOf('unloading', 0);
      if (!loader && t.clock.pendingSleeps === 0) return;
      if (loader?.doing === 'loading') loader.finishLoad();
      else loader?.finishUnload();
      await t.clock.advance(loader ? 0 : DRAIN_DEADLINE_MS);
    }
    fault('everything settles', 'it goes on and on');
  }

  return {
    faults,
    async take(step) {
      await act(step);
      await t.clock.settle();
      check();
    },
    async settle() {
      await settle();
      check();
    },
    async stop() {
      stopped = true;
      for (const one of held) dispose(one);
      for (const servable of servables.values()) {
        servable.aspired = new Map();
        servable.answers = false;
      }
      let done = false;
      void t.manager.shutDown().then(() => (done = true));
      await t.clock.settle();
      await settle();
      check();
      if (!done) fault('everything settles', 'the shutdown does not end');
      for (const [loader, id] of idOf) {
        if (loader.doing !== 'empty') fault('everything settles', `${servableKey(id)} is left ${loader.doing}`);
      }
      const { usedBytes } = t.manager.memory();
      if (usedBytes > 0) fault('memory limit', `${usedBytes} are left reserved`);
    },
  };
}

function isMove(from: VersionState, to: VersionState): boolean {
  try {
    advance(from, to);
    return true;
  } catch {
    return false;
  }
}

function picked<T>(items: readonly T[], pick: number): T | undefined {
  return items[pick % items.length];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
