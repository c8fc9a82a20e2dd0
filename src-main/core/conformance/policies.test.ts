/**
 * What the two policies decide, case by case as the tests of TensorFlow Serving have it, and the moves that follow from
 * it. Upstream's states as ours: kNew `new`, kLoading `loading`, kReady `ready`, kUnloadRequested and kUnloading
 * `unloading`, kDisabled and kError `ended`.
 */
import { describe, expect, it } from 'vitest';
import {
  type AspiredVersionPolicy,
  availabilityPreserving,
  type PolicyAction,
  resourcePreserving,
  type SnapshotPhase,
} from '../policy.ts';
import { play, type Offered } from '../testing/lifecycle-scenario.ts';
import { servableVersion } from '../testing/servables.ts';

type Row = readonly [version: number, phase: SnapshotPhase, aspired: 'aspired' | 'not aspired'];

interface Case {
  readonly upstream: string;
  readonly versions: readonly Row[];
  /** `load 5`, or nothing. */
  readonly expected: string | undefined;
}

function decide(policy: AspiredVersionPolicy, versions: readonly Row[]): string | undefined {
  const action: PolicyAction | undefined = policy(
    versions.map(([version, phase, aspired]) => ({
      version: servableVersion(version),
      phase,
      aspired: aspired === 'aspired',
    })),
  );
  return action && `${action.kind} ${action.version}`;
}

describe('core/availability_preserving_policy_test.cc', () => {
  it.each<Case>([
    {
      upstream: 'LoadsNewAspired',
      versions: [
        [1, 'unloading', 'not aspired'],
        [2, 'ended', 'not aspired'],
        [3, 'ready', 'aspired'],
        [4, 'new', 'aspired'],
        [5, 'new', 'aspired'],
      ],
      expected: 'load 5',
    },
    {
      upstream: 'UnloadsNonAspiredFirst',
      versions: [
        [1, 'unloading', 'not aspired'],
        [2, 'ended', 'not aspired'],
        [3, 'ready', 'not aspired'],
        [4, 'ready', 'aspired'],
        [5, 'new', 'aspired'],
      ],
      expected: 'unload 3',
    },
    {
      upstream: 'UnloadsFirstNonAspiredWhenNoAspired',
      versions: [
        [1, 'ended', 'not aspired'],
        [2, 'ready', 'not aspired'],
        [3, 'ended', 'not aspired'],
      ],
      expected: 'unload 2',
    },
    {
      upstream: 'ReturnsNoActionWhenNone',
      versions: [
        [1, 'ready', 'aspired'],
        [2, 'ended', 'aspired'],
        [3, 'loading', 'aspired'],
        [4, 'unloading', 'not aspired'],
        [5, 'ended', 'not aspired'],
      ],
      expected: undefined,
    },
    {
      upstream: 'DoesNotUnloadWhenOtherNotReady',
      versions: [
        [1, 'ready', 'not aspired'],
        [2, 'loading', 'aspired'],
      ],
      expected: undefined,
    },
    {
      upstream: 'DoesNotUnloadWhenOtherInError',
      versions: [
        [1, 'ready', 'not aspired'],
        [2, 'ended', 'aspired'],
      ],
      expected: undefined,
    },
    {
      upstream: 'UnloadIfOtherReadyEvenIfLoading',
      versions: [
        [1, 'ready', 'not aspired'],
        [2, 'loading', 'aspired'],
        [3, 'ready', 'aspired'],
      ],
      expected: 'unload 1',
    },
    {
      upstream: 'UnloadIfOtherReadyEvenIfError',
      versions: [
        [1, 'ready', 'not aspired'],
        [2, 'ended', 'aspired'],
        [3, 'ready', 'aspired'],
      ],
      expected: 'unload 1',
    },
    {
      upstream: 'UnloadIfNoAspiredVersionsReady',
      versions: [
        [2, 'ready', 'not aspired'],
        [1, 'ready', 'not aspired'],
        [3, 'ended', 'aspired'],
        [4, 'loading', 'aspired'],
      ],
      expected: 'unload 1',
    },
  ])('$upstream', ({ versions, expected }) => {
    expect(decide(availabilityPreserving, versions)).toBe(expected);
  });
});

describe('core/resource_preserving_policy_test.cc', () => {
  it.each<Case>([
    {
      upstream: 'UnloadsFirstNonAspired',
      versions: [
        [1, 'unloading', 'not aspired'],
        [2, 'ready', 'aspired'],
        [3, 'ready', 'not aspired'],
        [4, 'new', 'aspired'],
        [5, 'ready', 'not aspired'],
      ],
      expected: 'unload 3',
    },
    {
      upstream: 'LoadsFirstAspiredWhenNoneToUnload',
      versions: [
        [1, 'ready', 'aspired'],
        [2, 'loading', 'aspired'],
        [3, 'new', 'aspired'],
        [4, 'ended', 'not aspired'],
        [5, 'new', 'aspired'],
      ],
      expected: 'load 5',
    },
    {
      upstream: 'ReturnsNoActionWhenNone',
      versions: [
        [1, 'ready', 'aspired'],
        [2, 'ended', 'aspired'],
        [3, 'loading', 'aspired'],
        [4, 'unloading', 'not aspired'],
        [5, 'ended', 'not aspired'],
      ],
      expected: undefined,
    },
    {
      upstream: 'DoesNotLoadWhenOthersStillUnloading',
      versions: [
        [1, 'unloading', 'not aspired'],
        [2, 'new', 'aspired'],
      ],
      expected: undefined,
    },
    {
      upstream: 'LoadIfUnaspiredIsError',
      versions: [
        [1, 'ended', 'not aspired'],
        [2, 'new', 'aspired'],
      ],
      expected: 'load 2',
    },
    {
      upstream: 'ErrorAndUnloadRequestedPreventLoading',
      versions: [
        [1, 'ended', 'not aspired'],
        [2, 'unloading', 'not aspired'],
        [3, 'new', 'aspired'],
      ],
      expected: undefined,
    },
    {
      upstream: 'ErrorAndDisabledAllowLoading',
      versions: [
        [1, 'ended', 'not aspired'],
        [2, 'ended', 'not aspired'],
        [3, 'new', 'aspired'],
      ],
      expected: 'load 3',
    },
  ])('$upstream', ({ versions, expected }) => {
    expect(decide(resourcePreserving, versions)).toBe(expected);
  });
});

// Source: upstream's policies, simulated. Where two moves do not depend on each other they may overlap here: an unload
// and the load that follows it under the availability-preserving policy.
describe('from one list to another', () => {
  const list = (versions: readonly number[], failing?: number): Record<number, Offered> =>
    Object.fromEntries(versions.map((version) => [version, version === failing ? { failures: 1 } : {}]));
  it.each<{
    upstream: string;
    policy: AspiredVersionPolicy;
    from: number[];
    to: number[];
    failing?: number;
    expected: string[];
    latest: string;
  }>([
    {
      upstream: 'core/availability_preserving_policy.cc',
      policy: availabilityPreserving,
      from: [1],
      to: [2],
      expected: ['START 2', 'LOADING 2', 'AVAILABLE 2', 'UNLOADING 1', 'END 1'],
      latest: 'v2',
    },
    {
      upstream: 'core/availability_preserving_policy.cc',
      policy: availabilityPreserving,
      from: [1],
      to: [2],
      failing: 2,
      expected: ['START 2', 'LOADING 2', 'END 2 (bad content (load 1))'],
      latest: 'v1',
    },
    {
      upstream: 'core/availability_preserving_policy.cc',
      policy: availabilityPreserving,
      from: [1, 2],
      to: [2, 3],
      expected: ['START 3', 'UNLOADING 1', 'LOADING 3', 'END 1', 'AVAILABLE 3'],
      latest: 'v3',
    },
    {
      upstream: 'core/availability_preserving_policy.cc',
      policy: availabilityPreserving,
      from: [1],
      to: [2, 3],
      expected: ['START 2', 'START 3', 'LOADING 3', 'AVAILABLE 3', 'UNLOADING 1', 'LOADING 2', 'END 1', 'AVAILABLE 2'],
      latest: 'v3',
    },
    {
      upstream: 'core/availability_preserving_policy.cc',
      policy: availabilityPreserving,
      from: [2],
      to: [1],
      expected: ['START 1', 'LOADING 1', 'AVAILABLE 1', 'UNLOADING 2', 'END 2'],
      latest: 'v1',
    },
    {
      upstream: 'core/resource_preserving_policy.cc',
      policy: resourcePreserving,
      from: [1],
      to: [2],
      expected: ['START 2', 'UNLOADING 1', 'END 1', 'LOADING 2', 'AVAILABLE 2'],
      latest: 'v2',
    },
    {
      upstream: 'core/resource_preserving_policy.cc',
      policy: resourcePreserving,
      from: [1],
      to: [2],
      failing: 2,
      expected: ['START 2', 'UNLOADING 1', 'END 1', 'LOADING 2', 'END 2 (bad content (load 1))'],
      latest: 'NOT_FOUND: Servable not found for request: Latest(m)',
    },
    {
      upstream: 'core/resource_preserving_policy.cc',
      policy: resourcePreserving,
      from: [1, 2],
      to: [2, 3],
      expected: ['START 3', 'UNLOADING 1', 'END 1', 'LOADING 3', 'AVAILABLE 3'],
      latest: 'v3',
    },
    {
      upstream: 'core/resource_preserving_policy.cc',
      policy: resourcePreserving,
      from: [1],
      to: [2, 3],
      expected: ['START 2', 'START 3', 'UNLOADING 1', 'END 1', 'LOADING 3', 'AVAILABLE 3', 'LOADING 2', 'AVAILABLE 2'],
      latest: 'v3',
    },
    {
      upstream: 'core/resource_preserving_policy.cc',
      policy: resourcePreserving,
      from: [2],
      to: [1],
      expected: ['START 1', 'UNLOADING 2', 'END 2', 'LOADING 1', 'AVAILABLE 1'],
      latest: 'v1',
    },
    {
      upstream: 'core/aspired_versions_manager.cc FlushServables',
      policy: availabilityPreserving,
      from: [1],
      to: [],
      expected: ['UNLOADING 1', 'END 1'],
      latest: 'NOT_FOUND: Servable not found for request: Latest(m)',
    },
  ])('$upstream: {$from} -> {$to}, failing: $failing', async ({ policy, from, to, failing, expected, latest }) => {
    const outcome = await play({
      options: { policyFor: () => policy, maxNumLoadRetries: 0, initialConcurrentLoads: 2 },
      given: [['aspire', 'm', list(from)]],
      steps: [['aspire', 'm', list(to, failing)]],
    });
    expect(outcome.moves).toEqual(expected.map((move) => `m ${move}`));
    expect(outcome.answer('m')).toBe(latest);
  });
});
