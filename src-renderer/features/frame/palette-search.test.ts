import { describe, expect, it } from 'vitest';
import { bestMatches, matchScore } from './palette-search.ts';

const item = (title: string, note = '', words = '') => ({ id: title, title, note, words });

describe('matchScore', () => {
  it.each([
    { query: 'mod', found: true },
    { query: 'MODELS', found: true },
    { query: 'go models', found: true },
    { query: 'models go', found: true },
    { query: 'port', found: true },
    { query: 'screens', found: true },
    { query: 'modelx', found: false },
    { query: 'go logs', found: false },
  ])('“$query” finds it: $found', ({ query, found }) => {
    expect(matchScore(query, item('Go to models', 'Screens', 'port')) !== undefined).toBe(found);
  });
});

describe('bestMatches', () => {
  const titles = (query: string, ...items: ReturnType<typeof item>[]) =>
    bestMatches(query, items, 3).map(({ title }) => title);

  it.each([
    {
      rule: 'the title itself before one that begins so, before a word, before the middle of one',
      query: 'churn',
      items: [item('unchurned'), item('Play churn'), item('churn v3'), item('churn')],
      expected: ['churn', 'churn v3', 'Play churn'],
    },
    {
      rule: 'the title before the other words',
      query: 'server',
      items: [item('Appearance', '', 'server'), item('Server')],
      expected: ['Server', 'Appearance'],
    },
    {
      rule: 'the shorter of two',
      query: 'res',
      items: [item('resnet50-large'), item('resnet')],
      expected: ['resnet', 'resnet50-large'],
    },
    {
      rule: 'underscores part words',
      query: 'two',
      items: [item('atwo'), item('half_plus_two')],
      expected: ['half_plus_two', 'atwo'],
    },
    {
      rule: 'no more than asked for',
      query: 'a',
      items: ['a1', 'a2', 'a3', 'a4'].map((title) => item(title)),
      expected: ['a1', 'a2', 'a3'],
    },
  ])('$rule', ({ query, items, expected }) => {
    expect(titles(query, ...items)).toEqual(expected);
  });
});
