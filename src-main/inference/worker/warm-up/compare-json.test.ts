import { describe, expect, it } from 'vitest';
import { compareJson } from './compare-json.ts';
import { parseJsonTree } from './json-tree.ts';

const compare = (got: string, expected: string, tolerance = 0.01) =>
  compareJson(parseJsonTree(got), parseJsonTree(expected), tolerance);

describe('compareJson', () => {
  it.each([
    { got: '{"predictions": [2.5, 3.0]}', expected: '{ "predictions": [2.5, 3] }' },
    { got: '1.0199', expected: '1.0' },
    { got: '1009.9', expected: '1e3' },
    { got: '0.0099', expected: '0' },
    { got: '[NaN, Infinity, -Infinity]', expected: '[NaN, Infinity, -Infinity]' },
    { got: '[NaN, -Infinity]', expected: '["NaN", "-Infinity"]' },
    { got: '-0.0', expected: '0.0' },
    { got: '9007199254740993', expected: '9007199254740993' },
    { got: '{"a": 1, "b": "x"}', expected: '{"b": "x", "a": 1}' },
    { got: '[null, true, {}, []]', expected: '[null, true, {}, []]' },
  ])('$got is as good as $expected', ({ got, expected }) => {
    expect(compare(got, expected)).toBeUndefined();
  });

  it.each([
    { got: '1.021', expected: '1.0', first: 'the answer is 1.021, expected 1.0 (tolerance 0.01)' },
    { got: '[1, 2]', expected: '[1, 3]', first: '[1] is 2, expected 3 (tolerance 0.01)' },
    // As floats both would be the same.
    { got: '9007199254740993', expected: '9007199254740992', first: /9007199254740993, expected 9007199254740992/u },
    { got: '[1e308]', expected: '[Infinity]', first: '[0] is 1e308, expected Infinity (tolerance 0.01)' },
    { got: '[Infinity]', expected: '[-Infinity]', first: /is Infinity/u },
    { got: '[0.0]', expected: '[NaN]', first: /is 0.0, expected NaN/u },
    { got: '[NaN]', expected: '[0.0]', first: /is NaN, expected 0.0/u },
    {
      got: '{"predictions": [[1, 2], [3, 4]]}',
      expected: '{"predictions": [[1, 2], [3, 5]]}',
      first: /^predictions\[1\]\[1\] is 4, expected 5/u,
    },
    { got: '{"outputs": {"y z": [1]}}', expected: '{"outputs": {"y z": [2]}}', first: /^outputs\["y z"\]\[0\] is 1/u },
    { got: '[1, 2]', expected: '[1]', first: 'the answer has 2 elements, expected 1' },
    { got: '{"p": [1]}', expected: '{"p": []}', first: 'p has 1 element, expected 0' },
    { got: '{"a": 1}', expected: '{"a": 1, "b": 1}', first: 'b is missing, expected 1' },
    { got: '{"a": 1, "b": [2]}', expected: '{"a": 1}', first: 'b is an array of 1, expected nothing' },
    { got: '"cat"', expected: '"dog"', first: 'the answer is "cat", expected "dog"' },
    { got: '"NaN"', expected: 'NaN', first: 'the answer is "NaN", expected NaN' },
    { got: '[true]', expected: '[{}]', first: '[0] is true, expected an object' },
    { got: 'null', expected: 'false', first: 'the answer is null, expected false' },
    { got: `"${'x'.repeat(200)}"`, expected: '""', first: `the answer is "${'x'.repeat(99)}…, expected ""` },
  ])('tells $got from $expected', ({ got, expected, first }) => {
    const difference = compare(got, expected);
    expect(difference?.count).toBe(1);
    expect(difference?.first).toMatch(first);
  });

  it('counts what differs and shows the first', () => {
    expect(compare('[1.5, 2.5, [3]]', '[1, 2.5, [4]]')).toEqual({
      first: '[0] is 1.5, expected 1 (tolerance 0.01)',
      count: 2,
    });
  });

  it.each([
    { tolerance: 0, same: false },
    { tolerance: 1e-6, same: true },
  ])('goes by the tolerance $tolerance', ({ tolerance, same }) => {
    expect(compare('1.000001', '1.0', tolerance) === undefined).toBe(same);
  });
});
