import { describe, expect, it } from 'vitest';
import { fromHalfBits, toHalfBits } from './half.ts';
import { randomSource } from './testing/random.ts';

describe('halves', () => {
  it.each([
    [0x0000, 0],
    [0x8000, -0],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3c00, 1],
    [0xc000, -2],
    [0x3555, 0.333251953125],
    [0x7bff, 65504],
    [0x7c00, Infinity],
    [0xfc00, -Infinity],
    [0x7e00, NaN],
  ])('%i is %d both ways', (bits, value) => {
    expect(fromHalfBits(bits)).toBe(value);
    expect(toHalfBits(value)).toBe(bits);
  });

  it('keeps every finite half', () => {
    const wrong: number[] = [];
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = fromHalfBits(bits);
      if (!Number.isNaN(value) && toHalfBits(value) !== bits) wrong.push(bits);
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    ['halfway goes to the even neighbour below', 1 + 2 ** -11, 0x3c00],
    ['halfway goes to the even neighbour above', 1 + 3 * 2 ** -11, 0x3c02],
    ['a bit more than halfway goes up, even by less than a float32 holds', 1 + 2 ** -11 + 2 ** -40, 0x3c01],
    ['halfway to infinity overflows', 65520, 0x7c00],
    ['less than halfway does not', 65519.999, 0x7bff],
    ['half of the smallest is zero', 2 ** -25, 0],
    ['more than half of the smallest is not', 2 ** -25 * 1.0001, 1],
    ['the largest denormal rounds up to the smallest normal', 1023.7 * 2 ** -24, 0x0400],
    ['below all', 1e-300, 0],
    ['beyond all', -1e300, 0xfc00],
  ])('%s', (_, value, bits) => {
    expect(toHalfBits(value)).toBe(bits);
  });

  it('rounds to the nearest', () => {
    const random = randomSource(5);
    const wrong: number[] = [];
    for (let round = 0; round < 50_000; round++) {
      const value = (random.next() - 0.5) * 2 ** (random.below(42) - 25);
      const bits = toHalfBits(value);
      const error = Math.abs(fromHalfBits(bits) - value);
      for (const neighbour of [bits - 1, bits + 1]) {
        const isFinite = (neighbour & 0x7fff) < 0x7c00;
        if (isFinite && Math.abs(fromHalfBits(neighbour) - value) < error) wrong.push(value);
      }
    }
    expect(wrong).toEqual([]);
  });
});
