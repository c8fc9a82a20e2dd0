import { expect, it } from 'vitest';
import { formatBytes } from './quantity.ts';

it.each([
  [0, '0 B'],
  [1, '1 B'],
  [999, '999 B'],
  [1000, '1 kB'],
  [1500, '1.5 kB'],
  [97_800_000, '97.8 MB'],
  [999_949, '999.9 kB'],
  [999_950, '1 MB'],
  [2565, '2.6 kB'],
  [2 ** 53, '9 PB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
