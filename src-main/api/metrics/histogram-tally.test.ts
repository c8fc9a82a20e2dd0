import { describe, expect, it } from 'vitest';
import { exponentialScale, HistogramTally, scaleOf, sixDigits } from './histogram-tally.ts';

describe('six digits', () => {
  it.each([
    [10, '10'],
    [32.4, '32.4'],
    [188.9568, '188.957'],
    [340.12224, '340.122'],
    [123_456.4, '123456'],
    [999_999.6, '1e+06'],
    [1_234_567, '1.23457e+06'],
    [1_474_755_000, '1.47476e+09'],
    [0.0001, '0.0001'],
    [0.000_05, '5e-05'],
    [0, '0'],
  ])('%d is %s', (value, text) => {
    expect(sixDigits(value)).toBe(text);
  });
});

describe('the scale of latencies', () => {
  it('is that of TensorFlow Serving', () => {
    const { labels } = exponentialScale(10, 1.8, 33);
    expect(labels).toHaveLength(33);
    expect(labels.slice(0, 7)).toEqual(['10', '18', '32.4', '58.32', '104.976', '188.957', '340.122']);
    expect(labels.at(-1)).toBe('1.47476e+09');
    expect(new Set(labels).size).toBe(33);
  });
});

describe('a histogram', () => {
  it.each([
    { when: 'a value lies below all bounds', values: [-1], expected: [1, 1, 1] },
    { when: 'a value is a bound', values: [2], expected: [0, 1, 1] },
    { when: 'a value lies between', values: [2.5], expected: [0, 0, 1] },
    { when: 'a value lies above all bounds', values: [5], expected: [0, 0, 0] },
    { when: 'there are several', values: [1, 1, 4, 9, 2], expected: [2, 3, 4] },
  ])('counts cumulatively where $when', ({ values, expected }) => {
    const tally = new HistogramTally(scaleOf([1, 2, 4]));
    for (const value of values) tally.observe(value);
    expect(tally.cumulative()).toEqual(expected);
    expect(tally.count).toBe(values.length);
    expect(tally.sum).toBe(values.reduce((sum, value) => sum + value, 0));
  });
});
