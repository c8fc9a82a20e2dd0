import { describe, expect, it } from 'vitest';
import { ServingError } from '../contracts/serving-error.ts';
import { availabilityPreserving, resourcePreserving } from './policy.ts';
import type { ServableHandle } from './servable-handle.ts';
import type { ServableEvent } from './servable-state-monitor.ts';
import { createFakeLoader, type FakeLoader, type FakeServable } from './testing/fake-loader.ts';
import { createManaged } from './testing/managed.ts';
import { servableId, servableName } from './testing/servables.ts';
import { advance, type VersionState } from './version-state.ts';

const NAMES = ['a', 'b', 'c'];
const VERSIONS = [1, 2, 3, 4];
const STEPS = 250;
const DRAIN_DEADLINE_MS = 5000;
const MAX_LOADS = 3;

/** Mulberry32: small, and the same everywhere. */
function createRandom(seed: number) {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    chance: (probability: number): boolean => next() < probability,
    below: (limit: number): number => Math.floor(next() * limit),
    pick: <T>(items: readonly T[]): T | undefined => items[Math.floor(next() * items.length)],
  };
}

/** Follows the events and notes each one that must not be. */
function createWatch(keepsAvailable: boolean) {
  const faults: string[] = [];
  const states = new Map<string, VersionState>();
  const available = new Map<string, Set<string>>();
  const aspired = new Map<string, ReadonlySet<string>>();

  function follow({ id, kind, state, reason }: ServableEvent): void {
    const key = `${id.name}/${id.version}`;
    const where = `${key} ${kind} ${state.phase} (${reason})`;
    const before = states.get(key);
    if (reason === '') faults.push(`no reason: ${where}`);
    if (kind === 'state' || kind === 'lost') {
      // After its end a version may come back, or bring another error.
      const from: VersionState = before && before.phase !== 'end' ? before : { phase: 'start' };
      if (state.phase === 'start' ? before && before.phase !== 'end' : !moves(from, state)) {
        faults.push(`illegal move from ${before?.phase ?? 'nothing'}: ${where}`);
      }
    } else if (before?.phase !== state.phase) {
      faults.push(`moved without saying so: ${where}`);
    }
    states.set(key, state);

    const serving = available.get(id.name) ?? new Set();
    available.set(id.name, serving);
    if (state.phase === 'available') serving.add(id.version);
    else serving.delete(id.version);
    if (state.phase !== 'unloading' || kind !== 'state') return;
    const wanted = aspired.get(id.name) ?? new Set();
    if (wanted.has(id.version)) faults.push(`unloaded although aspired: ${where}`);
    if (keepsAvailable && wanted.size > 0 && serving.size === 0) faults.push(`left nothing that serves: ${where}`);
  }
  return { faults, states, available, aspired, follow };
}

function moves(from: VersionState, to: VersionState): boolean {
  try {
    advance(from, to);
    return true;
  } catch {
    return false;
  }
}

describe.each([
  { name: 'availability preserving', policy: availabilityPreserving, keepsAvailable: true },
  { name: 'resource preserving', policy: resourcePreserving, keepsAvailable: false },
])('a random life under the $name policy', ({ policy, keepsAvailable }) => {
  it.each(Array.from({ length: 15 }, (_, seed) => seed + 1))('number %i breaks no promise', async (seed) => {
    const random = createRandom(seed);
    const t = createManaged({
      policyFor: () => policy,
      drainDeadlineMs: DRAIN_DEADLINE_MS,
      maxConcurrentLoads: MAX_LOADS,
      initialConcurrentLoads: MAX_LOADS,
      maxNumLoadRetries: 2,
      maxLosses: 3,
    });
    const watch = createWatch(keepsAvailable);
    const { faults } = watch;
    t.manager.states.subscribe(watch.follow);
    const loaders: FakeLoader[] = [];
    const handles = new Map<ServableHandle<FakeServable>, FakeLoader | undefined>();
    const byServable = new WeakMap<FakeServable, FakeLoader>();

    function newLoader(): FakeLoader {
      const fake = createFakeLoader({
        fingerprint: `content ${random.below(2)}`,
        held: random.chance(0.7),
        ignoresAbort: random.chance(0.3),
        failures: random.chance(0.3) ? random.below(5) : 0,
      });
      // Not a spread: that would freeze the fake's getters.
      const watched: FakeLoader = Object.create(fake, {
        load: {
          value: async (context: Parameters<FakeLoader['load']>[0]) => {
            const servable = await fake.load(context);
            byServable.set(servable, watched);
            return servable;
          },
        },
        unload: {
          value: () => {
            for (const [handle, loader] of handles) {
              if (loader === watched && !handle.signal.aborted)
                faults.push(`unloaded under ${handle.id.name}'s handle`);
            }
            return fake.unload();
          },
        },
      });
      loaders.push(watched);
      return watched;
    }

    async function aspire(name: string, versions: readonly number[], items: () => FakeLoader | ServingError) {
      watch.aspired.set(name, new Set(versions.map(String)));
      await t.aspire(name, Object.fromEntries(versions.map((version) => [version, items()])));
    }

    const randomVersions = (): number[] => VERSIONS.filter(() => random.chance(0.35));
    const oneOf = (doing: FakeLoader['doing']): FakeLoader | undefined =>
      random.pick(loaders.filter((loader) => loader.doing === doing));

    async function step(): Promise<void> {
      const name = random.pick(NAMES) ?? 'a';
      const kind = random.below(100);
      if (kind < 25) {
        const faulty = new ServingError('DATA_LOSS', `unreadable ${random.below(2)}`);
        await aspire(name, randomVersions(), () => (random.chance(0.1) ? faulty : newLoader()));
      } else if (kind < 45) {
        oneOf('loading')?.finishLoad(random.chance(0.25) ? new ServingError('INTERNAL', 'bad luck') : undefined);
      } else if (kind < 55) {
        oneOf('unloading')?.finishUnload();
      } else if (kind < 70) {
        const version = random.pick([...(watch.available.get(name) ?? [])]);
        if (version !== undefined) {
          const handle = t.acquire(name, random.chance(0.5) ? Number(version) : undefined);
          handles.set(handle, byServable.get(handle.servable));
        }
      } else if (kind < 82) {
        const handle = random.pick([...handles.keys()]);
        if (handle) {
          handles.delete(handle);
          handle[Symbol.dispose]();
        }
      } else if (kind < 88) {
        oneOf('loaded')?.lose(undefined, random.chance(0.5));
      } else if (kind < 92) {
        const { version } = servableId(name, random.pick(VERSIONS) ?? 1);
        try {
          t.manager.retry({ name: servableName(name), version });
        } catch (error) {
          if (!(error instanceof ServingError)) throw error;
        }
      } else if (kind < 93) {
        watch.aspired.set(name, new Set());
        void t.manager.forget(servableName(name));
      } else {
        await t.clock.advance(random.below(4000));
      }
      await t.clock.settle();
    }

    function check(): void {
      const loading = loaders.filter(({ doing }) => doing === 'loading').length;
      if (loading > MAX_LOADS) faults.push(`${loading} loads at once`);
      for (const [name, versions] of watch.available) {
        const numbers = [...versions].map(Number).toSorted((left, right) => right - left);
        for (const number of numbers) t.acquire(name, number)[Symbol.dispose]();
        if (numbers.length === 0) continue;
        using latest = t.acquire(name);
        if (Number(latest.id.version) !== numbers[0]) faults.push(`latest of ${name} is not ${numbers[0]}`);
      }
    }

    /** Ends all that is held up, again and again, until time alone brings no more. */
    async function finishAll(): Promise<void> {
      for (let round = 0; round < 60; round += 1) {
        for (const loader of loaders) {
          if (loader.doing === 'loading') loader.finishLoad();
          else if (loader.doing === 'unloading') loader.finishUnload();
        }
        await t.clock.advance(DRAIN_DEADLINE_MS);
      }
    }

    for (let count = 0; count < STEPS; count += 1) {
      await step();
      check();
    }
    expect(faults).toEqual([]);

    // Whatever happened before: what is aspired in the end, and can be loaded, serves, and nothing else does.
    for (const name of NAMES) await aspire(name, [2, 3], () => createFakeLoader({ fingerprint: 'last' }));
    await finishAll();
    for (const name of NAMES) {
      expect([...(watch.available.get(name) ?? [])].toSorted()).toEqual(['2', '3']);
    }
    for (const handle of handles.keys()) handle[Symbol.dispose]();
    handles.clear();

    watch.aspired.clear();
    const stopped = t.manager.shutDown();
    await finishAll();
    await stopped;
    expect(new Set([...watch.states.values()].map(({ phase }) => phase))).toEqual(new Set(['end']));
    expect(new Set(loaders.map(({ doing }) => doing))).toEqual(new Set(['empty']));
    expect(loaders.flatMap(({ violations }) => violations)).toEqual([]);
    expect(faults).toEqual([]);
    expect(t.clock.pendingSleeps).toBe(0);
  });
});
