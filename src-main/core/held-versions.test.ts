import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../contracts/logger.ts';
import { createAspiredVersionsManager } from './aspired-versions-manager.ts';
import { type HeldVersions, holdBackVersions } from './held-versions.ts';
import type { Loader } from './loader.ts';
import { availabilityPreserving, resourcePreserving, unloadingAtOnce } from './policy.ts';
import type { ServableData, Target, Withdrawals } from './source.ts';
import { createFakeLoader, type FakeLoader, type FakeServable } from './testing/fake-loader.ts';
import { createManualClock } from './testing/manual-clock.ts';
import { good, moves, recordEvents, servableId, servableName, servableVersion } from './testing/servables.ts';

const M = servableName('m');
const SEED = 20_261_122;

/** What reaches the target: `8 7`, and why others went. */
function recordingTarget(): Target<string> & { readonly told: string[] } {
  const told: string[] = [];
  return {
    told,
    setAspiredVersions(name, versions: readonly ServableData<string>[], withdrawn: Withdrawals = new Map()) {
      const reasons = [...withdrawn].map(([version, reason]) => `, ${version} ${reason}`);
      told.push(`${name}: ${versions.map(({ id }) => id.version).join(' ')}${reasons.join('')}`);
    },
  };
}

describe('versions that are held back', () => {
  it('stay off the list until they are released', () => {
    const target = recordingTarget();
    const held = holdBackVersions(target);
    held.setAspiredVersions(M, [good('m', 8, 'x'), good('m', 7, 'x')]);
    held.hold(servableId('m', 8), 'unloaded by you');
    held.hold(servableId('m', 8), 'said only once');
    held.setAspiredVersions(M, [good('m', 9, 'x'), good('m', 8, 'x')], new Map([[servableVersion(7), 'gone']]));
    expect([held.isHeld(servableId('m', 8)), held.of(M), held.of(servableName('n'))]).toEqual([true, ['8'], []]);
    held.release(servableId('m', 8));
    held.release(servableId('m', 8));
    expect(target.told).toEqual(['m: 8 7', 'm: 7, 8 unloaded by you', 'm: 9, 7 gone', 'm: 9 8']);
    expect(held.of(M)).toEqual([]);
  });

  it('are forgotten with their files, and the list from before does not bring them back', () => {
    const target = recordingTarget();
    const held = holdBackVersions(target);
    held.setAspiredVersions(M, [good('m', 8, 'x'), good('m', 7, 'x')]);
    held.hold(servableId('m', 8), 'unloaded by you');
    held.forget(servableId('m', 8));
    held.forget(servableId('m', 7));
    expect(held.isHeld(servableId('m', 8))).toBe(false);
    held.hold(servableId('m', 7), 'unloaded by you');
    held.release(servableId('m', 7));
    held.setAspiredVersions(M, [good('m', 8, 'x')]);
    expect(target.told).toEqual(['m: 8 7', 'm: 7, 8 unloaded by you', 'm: , 7 unloaded by you', 'm: 7', 'm: 8']);
  });

  it('are told of though they are on no list: a policy may keep them', () => {
    const target = recordingTarget();
    const held = holdBackVersions(target);
    held.hold(servableId('m', 8), 'unloaded by you');
    held.setAspiredVersions(M, [good('m', 8, 'x')]);
    expect(target.told).toEqual(['m: , 8 unloaded by you', 'm: ']);
  });
});

/** A manager behind held versions, as the application has it. */
function createWorld(policy = availabilityPreserving) {
  const clock = createManualClock();
  const names: { held?: HeldVersions<Loader<FakeServable>> } = {};
  const manager = createAspiredVersionsManager<FakeServable>(
    {
      policyFor: (name) => unloadingAtOnce(policy, (version) => names.held?.isHeld({ name, version }) ?? false),
      maxConcurrentLoads: 20,
      maxConcurrentUnloads: 20,
      firstLoadRetryDelayMs: 10,
      maxNumLoadRetries: 1,
    },
    { clock, log: silentLogger },
  );
  const held = (names.held = holdBackVersions(manager));
  const events = recordEvents(manager.states);
  const serving = () =>
    manager.states
      .versions(M)
      .filter(({ state }) => state.phase === 'available')
      .map(({ id }) => id.version)
      .join(' ');
  const aspire = async (versions: Readonly<Record<number, FakeLoader>>): Promise<void> => {
    held.setAspiredVersions(
      M,
      Object.entries(versions).map(([version, loader]) => good('m', Number(version), loader)),
    );
    await clock.settle();
  };
  return { clock, manager, held, events, serving, aspire };
}

describe('a manager behind them', () => {
  it('unloads a version that is held back when its requests are done, and says why', async () => {
    const { held, manager, events, serving, aspire, clock } = createWorld();
    await aspire({ 8: createFakeLoader() });
    const handle = manager.acquire(M);
    held.hold(servableId('m', 8), 'unloaded by you');
    await clock.settle();
    expect(() => manager.acquire(M, servableVersion(8))).toThrow('Servable not found for request: Specific(m, 8)');
    expect(moves(events)).toEqual(['START 8', 'LOADING 8', 'AVAILABLE 8', 'UNLOADING 8']);
    expect(handle.signal.aborted).toBe(false);
    handle[Symbol.dispose]();
    await clock.settle();
    expect(events.slice(-3).map(({ kind, reason }) => `${kind}: ${reason}`)).toEqual([
      'unaspired: unloaded by you',
      'state: unloaded by you; 1 request may finish within 30 s',
      'state: unloaded',
    ]);
    held.release(servableId('m', 8));
    await clock.settle();
    expect(serving()).toBe('8');
  });

  it('loads a version afresh that is held back and released at once', async () => {
    const { held, events, aspire, clock } = createWorld();
    const loader = createFakeLoader();
    await aspire({ 8: loader });
    held.hold(servableId('m', 8), 'unloaded by you');
    held.release(servableId('m', 8));
    await clock.settle();
    expect(moves(events).slice(3)).toEqual(['UNLOADING 8', 'END 8', 'START 8', 'LOADING 8', 'AVAILABLE 8']);
    expect(loader.violations).toEqual([]);
  });

  it('begins no load of a version that is let go with its folder', async () => {
    const { held, events, aspire, clock } = createWorld();
    await aspire({ 8: createFakeLoader(), 7: createFakeLoader() });
    held.hold(servableId('m', 8), 'unloaded by you');
    await clock.settle();
    const before = events.length;
    held.forget(servableId('m', 8));
    await clock.settle();
    await aspire({ 7: createFakeLoader() });
    expect(moves(events.slice(before))).toEqual([]);
  });

  it('lets a version go that only its policy keeps', async () => {
    const { held, serving, aspire, clock } = createWorld();
    await aspire({ 8: createFakeLoader() });
    await aspire({ 9: createFakeLoader({ failures: 9 }) });
    await clock.advance(100);
    expect(serving()).toBe('8');
    held.hold(servableId('m', 8), 'unloaded by you');
    await clock.settle();
    expect(serving()).toBe('');
  });

  it('serves what is aspired and not held back, whatever happens', async () => {
    const version = fc.integer({ min: 1, max: 4 });
    const step = fc.oneof(
      fc.record({ kind: fc.constant('aspire' as const), versions: fc.uniqueArray(version, { maxLength: 3 }) }),
      fc.record({ kind: fc.constantFrom('hold' as const, 'release' as const), version }),
    );
    const policies = fc.constantFrom(availabilityPreserving, resourcePreserving);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), policies, async (steps, policy) => {
        const { held, manager, serving, aspire, clock } = createWorld(policy);
        let aspired: readonly number[] = [];
        const holds = new Set<number>();
        for (const taken of steps) {
          if (taken.kind === 'aspire') {
            aspired = taken.versions;
            // The highest never loads, so that policies keep others in its stead.
            await aspire(
              Object.fromEntries(aspired.map((each) => [each, createFakeLoader({ failures: each === 4 ? 99 : 0 })])),
            );
          } else if (taken.kind === 'hold') {
            holds.add(taken.version);
            held.hold(servableId('m', taken.version), 'unloaded by you');
          } else {
            holds.delete(taken.version);
            held.release(servableId('m', taken.version));
          }
          // No request reaches a version that is held back, from the very moment on.
          for (const each of holds) expect(() => manager.acquire(M, servableVersion(each))).toThrow('not found');
          await clock.advance(20);
        }
        const served = new Set(serving().split(' ').map(Number));
        expect([...holds].filter((each) => served.has(each))).toEqual([]);
        expect(aspired.filter((each) => each !== 4 && !holds.has(each) && !served.has(each))).toEqual([]);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });
});
