import { describe, expect, it } from 'vitest';
import type { RemoteObject } from './object-reader.ts';
import { checkRangeAnswer, type RangeAnswer } from './range-answer.ts';

const object: RemoteObject = { key: 'm/1/a.bin', path: 'a.bin', sizeBytes: 100, revision: '"r1"', modifiedMs: 0 };
const good: RangeAnswer = { status: 206, contentRange: 'bytes 10-19/100', contentLength: 10, revision: '"r1"' };
const whole: RangeAnswer = { status: 200, contentLength: 100, revision: '"r1"' };

describe('checkRangeAnswer', () => {
  it.each([
    { when: 'the very range', range: [10, 20], answer: good },
    { when: 'without a length, as in chunks', range: [10, 20], answer: { ...good, contentLength: undefined } },
    { when: 'everything, as was asked', range: [0, 100], answer: whole },
    {
      when: 'everything, as a range',
      range: [0, 100],
      answer: { ...good, contentRange: 'bytes 0-99/100', contentLength: 100 },
    },
  ] as const)('accepts $when', ({ range: [start, end], answer }) => {
    expect(() => checkRangeAnswer(object, start, end, answer)).not.toThrow();
  });

  it.each([
    { when: 'another revision', answer: { ...good, revision: '"r2"' }, fault: 'changed' },
    { when: 'another total', answer: { ...good, contentRange: 'bytes 10-19/101' }, fault: 'changed' },
    { when: 'no revision', answer: { ...good, revision: undefined }, fault: 'bad server' },
    { when: 'another start', answer: { ...good, contentRange: 'bytes 0-9/100' }, fault: 'bad server' },
    { when: 'another end', answer: { ...good, contentRange: 'bytes 10-20/100' }, fault: 'bad server' },
    { when: 'no total', answer: { ...good, contentRange: 'bytes 10-19/*' }, fault: 'bad server' },
    { when: 'a 206 without a range', answer: { ...good, contentRange: undefined }, fault: 'bad server' },
    { when: 'all instead of a range', answer: whole, fault: 'bad server' },
    { when: 'another length', answer: { ...good, contentLength: 9 }, fault: 'bad server' },
    { when: 'no content', answer: { ...whole, status: 204 }, fault: 'bad server' },
  ])('refuses $when', ({ answer, fault }) => {
    expect(() => checkRangeAnswer(object, 10, 20, answer)).toThrow(expect.objectContaining({ fault }));
  });

  it('sees another size of the whole as a change', () => {
    const answer = { ...whole, contentLength: 99 };
    expect(() => checkRangeAnswer(object, 0, 100, answer)).toThrow(expect.objectContaining({ fault: 'changed' }));
  });
});
