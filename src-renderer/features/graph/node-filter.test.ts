import { describe, expect, it } from 'vitest';
import { indexGraph } from './graph-index.ts';
import { filteredOperators, parseNodeFilter, toggleOperator } from './node-filter.ts';
import { smallNetwork } from './testing/fixtures.ts';

const { rows } = indexGraph(smallNetwork, 0);
const found = (text: string) => rows.filter(parseNodeFilter(text)).map(({ index }) => index);

describe('parseNodeFilter', () => {
  it.each([
    { text: '', expected: [0, 1, 2, 3, 4, 5] },
    { text: 'op:conv', expected: [0] },
    { text: 'op:relu,Mul', expected: [1, 3] },
    { text: 'op:con', expected: [] },
    { text: 'con', expected: [0, 2] },
    { text: 'name~block', expected: [3, 4] },
    { text: 'name~block -op:add', expected: [3] },
    { text: 'in:two', expected: [3] },
    { text: 'out:two', expected: [2] },
    { text: 'attr:strides', expected: [0] },
  ])('$text', ({ text, expected }) => {
    expect(found(text)).toEqual(expected);
  });
});

describe('toggleOperator', () => {
  it.each([
    { text: '', opType: 'Conv', expected: 'op:conv' },
    { text: 'op:conv', opType: 'Relu', expected: 'op:conv,relu' },
    { text: 'op:conv,relu stem', opType: 'Conv', expected: 'op:relu stem' },
    { text: 'stem op:conv -op:add', opType: 'Conv', expected: 'stem  -op:add' },
  ])('$text and $opType', ({ text, opType, expected }) => {
    expect(toggleOperator(text, opType)).toBe(expected);
  });

  it('takes an operator that is excluded as not chosen', () => {
    expect([...filteredOperators('op:Conv -op:Add')]).toEqual(['conv']);
  });
});
