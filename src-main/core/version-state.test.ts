import { describe, expect, it } from 'vitest';
import { ServingError } from '../contracts/serving-error.ts';
import { servableId, servableVersion } from './testing/servables.ts';
import { advance, isFailing, outcomeOf, type Phase, type PickOutcome, type VersionState } from './version-state.ts';

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

describe('outcomeOf', () => {
  const refused: VersionState = { phase: 'end', error: new ServingError('RESOURCE_EXHAUSTED', 'no room') };
  const failed: VersionState = { phase: 'end', error: new ServingError('INTERNAL', 'why') };
  const serving: VersionState = { phase: 'available', loadMs: 1 };
  const loading: VersionState = { phase: 'loading', attempt: 1 };
  it.each<{
    when: string;
    two: VersionState;
    aspired?: boolean;
    one?: { state: VersionState; aspired: boolean };
    expected: PickOutcome;
  }>([
    { when: 'it serves', two: serving, expected: 'serves' },
    { when: 'it serves still, though no longer aspired', two: serving, aspired: false, expected: 'serves' },
    { when: 'it loads', two: loading, expected: 'open' },
    { when: 'it failed', two: failed, expected: 'fails' },
    { when: 'it failed when it was aspired before', two: failed, aspired: false, expected: 'open' },
    {
      when: 'it failed beside one that is kept',
      two: failed,
      one: { state: serving, aspired: false },
      expected: 'fails',
    },
    { when: 'it was refused, alone', two: refused, expected: 'fails' },
    { when: 'it was refused; one is kept', two: refused, one: { state: serving, aspired: false }, expected: 'open' },
    {
      when: 'it was refused; another one has stepped in',
      two: refused,
      one: { state: serving, aspired: true },
      expected: 'fails',
    },
    {
      when: 'it was refused; the one that was kept is on its way out',
      two: refused,
      one: { state: { phase: 'unloading' }, aspired: false },
      expected: 'fails',
    },
  ])('$when: $expected', ({ two, aspired = true, one, expected }) => {
    const versions = [{ id: servableId('m', 2), state: two, aspired }];
    if (one) versions.push({ id: servableId('m', 1), ...one });
    expect(outcomeOf(versions, servableVersion(2))).toBe(expected);
  });

  it('is open for a version that nobody knows', () => {
    expect(outcomeOf([], servableVersion(1))).toBe('open');
  });
});
