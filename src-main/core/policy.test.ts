import { describe, expect, it } from 'vitest';
import {
  aspiredVersionPolicy,
  availabilityPreserving,
  type PolicyAction,
  resourcePreserving,
  type VersionSnapshot,
} from './policy.ts';
import { servableVersion } from './testing/servables.ts';

type Phase = VersionSnapshot['phase'];

const aspired = (version: number, phase: Phase): VersionSnapshot => ({
  version: servableVersion(version),
  phase,
  aspired: true,
});
const left = (version: number, phase: Phase): VersionSnapshot => ({ ...aspired(version, phase), aspired: false });
const load = (version: number): PolicyAction => ({ kind: 'load', version: servableVersion(version) });
const unload = (version: number): PolicyAction => ({ kind: 'unload', version: servableVersion(version) });

interface Case {
  readonly when: string;
  readonly versions: readonly VersionSnapshot[];
  readonly expected: PolicyAction | undefined;
}

const commonCases: readonly Case[] = [
  { when: 'there are no versions', versions: [], expected: undefined },
  { when: 'all that is aspired is ready', versions: [aspired(1, 'ready'), aspired(2, 'ready')], expected: undefined },
  { when: 'several are new: highest first', versions: [aspired(9, 'new'), aspired(10, 'new')], expected: load(10) },
  { when: 'one loads already: the next one', versions: [aspired(3, 'loading'), aspired(2, 'new')], expected: load(2) },
  { when: 'what is aspired failed', versions: [aspired(1, 'ended')], expected: undefined },
  { when: 'what is aspired was lost', versions: [aspired(1, 'lost')], expected: undefined },
  { when: 'nothing is aspired any more', versions: [left(1, 'ready')], expected: unload(1) },
  { when: 'nothing is aspired and it loads again', versions: [left(1, 'lost')], expected: unload(1) },
  {
    when: 'an aspired one is ready and another one is not wanted',
    versions: [left(1, 'ready'), aspired(2, 'ready'), aspired(3, 'new')],
    expected: unload(1),
  },
  { when: 'a version that left has ended', versions: [left(1, 'ended'), aspired(2, 'new')], expected: load(2) },
];

describe('availabilityPreserving', () => {
  const cases: readonly Case[] = [
    ...commonCases,
    { when: 'a newer one is aspired: load first', versions: [left(1, 'ready'), aspired(2, 'new')], expected: load(2) },
    { when: 'the newer one loads', versions: [left(1, 'ready'), aspired(2, 'loading')], expected: undefined },
    { when: 'the newer one failed', versions: [left(1, 'ready'), aspired(2, 'ended')], expected: undefined },
    { when: 'the newer one was lost', versions: [left(1, 'ready'), aspired(2, 'lost')], expected: undefined },
    {
      when: 'two that left are ready: one of them is enough, the lowest goes',
      versions: [left(10, 'ready'), left(9, 'ready'), aspired(11, 'new')],
      expected: unload(9),
    },
    {
      when: 'one that left is ready and one is lost: the lost one goes',
      versions: [left(1, 'ready'), left(2, 'lost'), aspired(3, 'new')],
      expected: unload(2),
    },
    {
      when: 'the only one that served was lost: it loads again while its successor loads',
      versions: [left(1, 'lost'), aspired(2, 'loading')],
      expected: undefined,
    },
    {
      when: 'another one is unloading: no reason to wait',
      versions: [left(1, 'unloading'), aspired(2, 'new')],
      expected: load(2),
    },
    {
      when: 'the wanted one is unloading and will load again: the other one keeps serving',
      versions: [aspired(1, 'unloading'), left(2, 'ready')],
      expected: undefined,
    },
  ];
  it.each(cases)('$when', ({ versions, expected }) => {
    expect(availabilityPreserving(versions)).toEqual(expected);
    expect(availabilityPreserving(versions.toReversed())).toEqual(expected);
  });
});

describe('aspiredVersionPolicy', () => {
  it.each([
    { name: 'availability_preserving' as const, expected: availabilityPreserving },
    { name: 'resource_preserving' as const, expected: resourcePreserving },
  ])('$name', ({ name, expected }) => {
    expect(aspiredVersionPolicy(name)).toBe(expected);
  });
});

describe('resourcePreserving', () => {
  const cases: readonly Case[] = [
    ...commonCases,
    {
      when: 'a newer one is aspired: unload first',
      versions: [left(1, 'ready'), aspired(2, 'new')],
      expected: unload(1),
    },
    { when: 'the old one was lost: give it up', versions: [left(1, 'lost'), aspired(2, 'new')], expected: unload(1) },
    { when: 'the old one is unloading', versions: [left(1, 'unloading'), aspired(2, 'new')], expected: undefined },
    { when: 'the old one still loads', versions: [left(1, 'loading'), aspired(2, 'new')], expected: undefined },
    {
      when: 'one that will load again is still unloading',
      versions: [aspired(1, 'unloading'), aspired(2, 'new')],
      expected: undefined,
    },
    {
      when: 'one has ended and one is still unloading',
      versions: [left(1, 'ended'), left(2, 'unloading'), aspired(3, 'new')],
      expected: undefined,
    },
  ];
  it.each(cases)('$when', ({ versions, expected }) => {
    expect(resourcePreserving(versions)).toEqual(expected);
  });
});
