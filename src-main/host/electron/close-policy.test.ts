import { describe, expect, it } from 'vitest';
import { decideClose, decideStart } from './close-policy.ts';

describe('decideClose', () => {
  it.each([
    [undefined, true, 'ask'],
    [true, true, 'hide'],
    [false, true, 'quit'],
    [undefined, false, 'quit'],
    [true, false, 'minimise'],
    [false, false, 'quit'],
  ])('keep serving %s, can come back %s: %s', (keepServing, canComeBack, decision) => {
    expect(decideClose({ keepServing, canComeBack })).toBe(decision);
  });
});

describe('decideStart', () => {
  const hidden = { startHidden: true, isLoginStart: true, canComeBack: true, hasRequest: false };
  it.each([
    [hidden, 'hide'],
    [{ ...hidden, canComeBack: false }, 'minimise'],
    [{ ...hidden, isLoginStart: false }, 'show'],
    [{ ...hidden, startHidden: false }, 'show'],
    [{ ...hidden, hasRequest: true }, 'show'],
  ])('%j: %s', (situation, decision) => {
    expect(decideStart(situation)).toBe(decision);
  });
});
