import { expect, it } from 'vitest';
import { quantile } from './quantile.ts';

it.each([
  [[], 0.5, undefined],
  [[7], 0.95, 7],
  [[4, 1, 3, 2], 0.5, 2],
  [[4, 1, 3, 2], 0, 1],
  [[4, 1, 3, 2], 1, 4],
])('of %j at %d is %s', (values, share, expected) => {
  expect(quantile(values, share)).toBe(expected);
});
