import { describe, expect, it } from 'vitest';
import { counted, inWords } from './words.ts';

describe('inWords', () => {
  it.each([
    [-5, '0 ms'],
    [0, '0 ms'],
    [79.6, '80 ms'],
    [999.4, '999 ms'],
    [999.6, '1 s'],
    [1500, '1.5 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min'],
    [90_000, '1.5 min'],
    [600_000, '10 min'],
  ])('says %d ms as %s', (ms, expected) => {
    expect(inWords(ms)).toBe(expected);
  });
});

describe('counted', () => {
  it.each([
    [0, '0 requests'],
    [1, '1 request'],
    [2, '2 requests'],
  ])('says %d as %s', (count, expected) => {
    expect(counted(count, 'request')).toBe(expected);
  });
});
