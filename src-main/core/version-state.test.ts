import { describe, expect, it } from 'vitest';
import { ServingError } from '../contracts/serving-error.ts';
import { servableId, servableVersion } from './testing/servables.ts';
import { advance, isFailing, needsReplacement, type Phase, type VersionState } from './version-state.ts';

const states: Readonly<Record<Phase, VersionState>> = {
  start: { phase: 'start' },
  loading: { phase: 'loading', attempt: 1 },
  available: { phase: 'available', loadMs: 5 },
  unloading: { phase: 'unloading' },
  end: { phase: 'end', error: new ServingError('INTERNAL', 'why') },
};
const legal = new Set([
  'start>loading',
  'start>end',
  'loading>loading',
  'loading>available',
  'loading>end',
  'available>loading',
  'available>unloading',
  'unloading>end',
]);
const moves = Object.values(states).flatMap((from) =>
  Object.values(states).map((to) => ({ from, to, isLegal: legal.has(`${from.phase}>${to.phase}`) })),
);

describe('advance', () => {
  it.each(moves.filter(({ isLegal }) => isLegal))('goes from $from.phase to $to.phase', ({ from, to }) => {
    expect(advance(from, to)).toBe(to);
  });

  it.each(moves.filter(({ isLegal }) => !isLegal))('refuses $from.phase to $to.phase', ({ from, to }) => {
    expect(() => advance(from, to)).toThrow(`illegal servable move ${from.phase} -> ${to.phase}`);
  });

  it('knows eight legal moves', () => {
    expect(moves.filter(({ isLegal }) => isLegal)).toHaveLength(8);
  });
});

describe('isFailing', () => {
  const error = new ServingError('UNAVAILABLE', 'why');
  it.each<{ when: string; state: VersionState | undefined; expected: boolean }>([
    { when: 'unknown', state: undefined, expected: false },
    { when: 'new', state: { phase: 'start' }, expected: false },
    { when: 'loading', state: { phase: 'loading', attempt: 1 }, expected: false },
    {
      when: 'waiting after a failed attempt',
      state: { phase: 'loading', attempt: 1, retryAtMs: 5, error },
      expected: true,
    },
    { when: 'trying again', state: { phase: 'loading', attempt: 2, error }, expected: true },
    { when: 'lost', state: { phase: 'loading', attempt: 1, error, lost: true }, expected: false },
    { when: 'available', state: { phase: 'available', loadMs: 1 }, expected: false },
    { when: 'unloading', state: { phase: 'unloading' }, expected: false },
    { when: 'unloaded', state: { phase: 'end' }, expected: false },
    { when: 'ended in an error', state: { phase: 'end', error }, expected: true },
  ])('$when: $expected', ({ state, expected }) => {
    expect(isFailing(state)).toBe(expected);
  });
});

describe('needsReplacement', () => {
  const refused: VersionState = { phase: 'end', error: new ServingError('RESOURCE_EXHAUSTED', 'no room') };
  const failed: VersionState = { phase: 'end', error: new ServingError('INTERNAL', 'why') };
  const serving: VersionState = { phase: 'available', loadMs: 1 };
  it.each<{ when: string; two: VersionState; one?: { state: VersionState; aspired: boolean }; expected: boolean }>([
    { when: 'it serves', two: serving, expected: false },
    { when: 'it failed', two: failed, expected: true },
    { when: 'it failed beside one that is kept', two: failed, one: { state: serving, aspired: false }, expected: true },
    { when: 'it was refused, alone', two: refused, expected: true },
    { when: 'it was refused; one is kept', two: refused, one: { state: serving, aspired: false }, expected: false },
    {
      when: 'it was refused; another one has stepped in',
      two: refused,
      one: { state: serving, aspired: true },
      expected: true,
    },
    {
      when: 'it was refused; the one that was kept is on its way out',
      two: refused,
      one: { state: { phase: 'unloading' }, aspired: false },
      expected: true,
    },
  ])('$when: $expected', ({ two, one, expected }) => {
    const versions = [{ id: servableId('m', 2), state: two, aspired: true }];
    if (one) versions.push({ id: servableId('m', 1), ...one });
    expect(needsReplacement(versions, servableVersion(2))).toBe(expected);
  });

  it('is not so for a version that nobody knows', () => {
    expect(needsReplacement([], servableVersion(1))).toBe(false);
  });
});
