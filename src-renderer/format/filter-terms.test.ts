import { describe, expect, it } from 'vitest';
import { filterTerms } from './filter-terms.ts';

const term = (key: string, values: readonly string[], isOpposite = false) => ({ key, values, isOpposite });

describe('filterTerms', () => {
  it.each([
    { text: 'Res net', expected: [term('', ['res']), term('', ['net'])] },
    { text: '"two words"', expected: [term('', ['two words'])] },
    { text: 'op:Conv,Relu name~res', expected: [term('op', ['conv', 'relu']), term('name', ['res'])] },
    { text: '-OP:Conv -x', expected: [term('op', ['conv'], true), term('', ['x'], true)] },
    { text: 'name:"a b"', expected: [term('name', ['a b'])] },
    { text: 'op:', expected: [] },
    { text: 'other:x', expected: [term('', ['other:x'])] },
    { text: '', expected: [] },
  ])('$text', ({ text, expected }) => {
    expect(filterTerms(text, ['op', 'name'])).toEqual(expected);
  });
});
