import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServableVersion } from '../contracts/ids.ts';
import { availabilityPreserving, resourcePreserving, type SnapshotPhase, unloadingAtOnce } from './policy.ts';
import { createFakeLoader } from './testing/fake-loader.ts';
import { createManaged } from './testing/managed.ts';
import { servableName } from './testing/servables.ts';
import { type PlannedVersion, planVersions } from './version-plan.ts';

const SEED = 20_261_122;
const MB = 1_000_000;
const PHASES: Readonly<Record<string, SnapshotPhase>> = {
  loading: 'loading',
  ready: 'ready',
  unloading: 'unloading',
  ended: 'ended',
};
const eight = unloadingAtOnce(availabilityPreserving, (version) => version === '8');

/** `7 ready`, `8 new!`: with a mark where it is aspired, `8 ready?` where it will be once it is unloaded. */
function versions(...texts: readonly string[]): readonly PlannedVersion[] {
  return texts.map((text) => {
    const [version = '', phase = '', bytes] = text.replace(/[!?]/u, '').split(' ');
    return {
      version: ServableVersion.parse(version),
      phase: PHASES[phase] ?? 'new',
      aspired: text.includes('!'),
      comesBack: text.includes('?'),
      ...(bytes !== undefined && { bytes: Number(bytes) * MB }),
    };
  });
}

const plain = (steps: ReturnType<typeof planVersions>): readonly string[] =>
  steps.map(({ kind, version, serving }) => `${kind} ${version} (${serving.join(' ') || 'nothing'} serves)`);

describe('planVersions', () => {
  it.each([
    {
      name: 'a new version takes over before the old one goes',
      from: versions('7 ready', '8 new!'),
      policy: availabilityPreserving,
      steps: ['load 8 (7 serves)', 'available 8 (8 7 serves)', 'unload 7 (8 serves)'],
    },
    {
      name: 'the old one goes first where memory counts more',
      from: versions('7 ready', '8 new!'),
      policy: resourcePreserving,
      steps: ['unload 7 (nothing serves)', 'load 8 (nothing serves)', 'available 8 (8 serves)'],
    },
    {
      name: 'a load that runs comes first',
      from: versions('7 ready', '8 loading!'),
      policy: availabilityPreserving,
      steps: ['available 8 (8 7 serves)', 'unload 7 (8 serves)'],
    },
    {
      name: 'nothing is to be done',
      from: versions('7 ready!', '6 ended'),
      policy: availabilityPreserving,
      steps: [],
    },
    {
      name: 'nothing is aspired any more',
      from: versions('7 ready', '6 ready'),
      policy: availabilityPreserving,
      steps: ['unload 6 (7 serves)', 'unload 7 (nothing serves)'],
    },
    {
      name: 'a version that is wanted gone goes though its successor loads still',
      from: versions('8 ready', '9 loading!'),
      policy: eight,
      steps: ['unload 8 (nothing serves)', 'available 9 (9 serves)'],
    },
    {
      name: 'a version that is loaded afresh leaves a gap',
      from: versions('8 ready?'),
      policy: eight,
      steps: ['unload 8 (nothing serves)', 'load 8 (nothing serves)', 'available 8 (8 serves)'],
    },
    {
      name: 'a version that is loaded afresh beside another leaves none',
      from: versions('8 ready?', '7 ready!'),
      policy: unloadingAtOnce(resourcePreserving, (version) => version === '8'),
      steps: ['unload 8 (7 serves)', 'load 8 (7 serves)', 'available 8 (8 7 serves)'],
    },
    {
      name: 'what unloads already is waited for, and comes back where it is wanted again',
      from: versions('8 unloading!', '7 unloading', '6 new!'),
      policy: resourcePreserving,
      steps: [
        'load 8 (nothing serves)',
        'load 6 (nothing serves)',
        'available 8 (8 serves)',
        'available 6 (8 6 serves)',
      ],
    },
  ])('$name', ({ from, policy, steps }) => {
    expect(plain(planVersions(from, policy, { usedBytes: 0 }))).toEqual(steps);
  });

  it('counts the memory, and what does not fit is refused', () => {
    const from = versions('7 ready 60', '8 new! 50');
    const memory = { usedBytes: 60 * MB, limitBytes: 100 * MB };
    expect(planVersions(from, availabilityPreserving, memory).map(({ kind, usedBytes }) => [kind, usedBytes])).toEqual([
      ['refused', 60 * MB],
    ]);
    expect(planVersions(from, resourcePreserving, memory).map(({ kind, usedBytes }) => [kind, usedBytes])).toEqual([
      ['unload', 0],
      ['load', 50 * MB],
      ['available', 50 * MB],
    ]);
  });

  it('waits for what loads where that makes room', () => {
    const from = versions('1 ready 60', '2 new! 10', '3 new! 30');
    const steps = planVersions(from, availabilityPreserving, { usedBytes: 60 * MB, limitBytes: 95 * MB });
    expect(plain(steps)).toEqual([
      'load 3 (1 serves)',
      'available 3 (3 1 serves)',
      'unload 1 (3 serves)',
      'load 2 (3 serves)',
      'available 2 (3 2 serves)',
    ]);
  });
});

it('does what the manager does, for any versions before and after', async () => {
  const some = fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { maxLength: 4 });
  const policies = fc.constantFrom(availabilityPreserving, resourcePreserving);
  await fc.assert(
    fc.asyncProperty(some, some, policies, async (before, after, policy) => {
      const t = createManaged({ policyFor: () => policy, maxConcurrentLoads: 20, maxConcurrentUnloads: 20 });
      const loaders = (list: readonly number[]) =>
        Object.fromEntries(list.map((version) => [version, createFakeLoader()]));
      await t.aspire('m', loaders(before));
      t.newMoves();
      // As the manager has them: one policy takes the first that it finds.
      const ascending = (list: readonly number[]) => list.toSorted((a, b) => a - b);
      const all = new Set([...ascending(before), ...ascending(after)]);
      const from = [...all].map((version): PlannedVersion => ({
        version: ServableVersion.parse(String(version)),
        phase: before.includes(version) ? 'ready' : 'new',
        aspired: after.includes(version),
      }));
      await t.aspire('m', { ...loaders(after) });
      const done = t
        .newMoves()
        .filter((move) => !/^(?:START|END)/u.test(move))
        .map((move) => move.replace('LOADING', 'load').replace('AVAILABLE', 'available').replace('UNload', 'unload'));
      const planned = planVersions(from, policy, { usedBytes: 0 }).map(({ kind, version }) => `${kind} ${version}`);
      expect(done).toEqual(planned);
      const serving = t.manager.states
        .versions(servableName('m'))
        .filter(({ state }) => state.phase === 'available')
        .map(({ id }) => String(id.version));
      expect(serving).toEqual(after.toSorted((a, b) => b - a).map(String));
    }),
    { seed: SEED, numRuns: 150 },
  );
});
