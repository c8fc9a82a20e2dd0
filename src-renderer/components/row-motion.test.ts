import { describe, expect, it } from 'vitest';
import { indexOfKey, movedRow, rowsAfter } from './row-motion.ts';

describe('movedRow', () => {
  it.each([
    { key: 'ArrowDown', at: 3, to: 4 },
    { key: 'ArrowDown', at: 99, to: 99 },
    { key: 'ArrowUp', at: 0, to: 0 },
    { key: 'PageDown', at: 10, to: 19 },
    { key: 'PageDown', at: 95, to: 99 },
    { key: 'PageUp', at: 4, to: 0 },
    { key: 'Home', at: 50, to: 0 },
    { key: 'End', at: 50, to: 99 },
    { key: 'x', at: 50, to: undefined },
  ])('$key at $at of 100 goes to $to', ({ key, at, to }) => {
    expect(movedRow(key, at, 100, 10)).toBe(to);
  });

  it('moves at least one row where the window is lower than a row', () => {
    expect(movedRow('PageDown', 5, 100, 0)).toBe(6);
  });

  it('goes nowhere in an empty list', () => {
    expect(movedRow('End', 0, 0, 10)).toBeUndefined();
  });
});

describe('indexOfKey', () => {
  const keys = ['a', 'b', 'c', 'd'];
  const keyAt = (index: number): string => keys[index] ?? '';
  it.each([
    { when: 'it stands where it was', key: 'c', last: 2, found: 2 },
    { when: 'rows were added before it', key: 'd', last: 1, found: 3 },
    { when: 'rows before it were removed', key: 'a', last: 3, found: 0 },
    { when: 'the list is shorter than it was', key: 'b', last: 9, found: 1 },
    { when: 'it is gone', key: 'x', last: 1, found: undefined },
    { when: 'nothing was active', key: undefined, last: 0, found: undefined },
  ])('$when', ({ key, last, found }) => {
    expect(indexOfKey(key, last, keys.length, keyAt)).toBe(found);
  });
});

describe('rowsAfter', () => {
  const keyAt = (index: number): number => index + 100;
  it.each([
    { when: 'nothing came', key: 109, count: 10, rows: 0 },
    { when: 'three came', key: 106, count: 10, rows: 3 },
    { when: 'it was dropped at the front', key: 99, count: 10, rows: 10 },
  ])('$when', ({ key, count, rows }) => {
    expect(rowsAfter(key, count, keyAt)).toBe(rows);
  });
});
