import { describe, expect, it } from 'vitest';
import type { LogLevel, LogLine } from '#contracts/ui-logs.ts';
import { compile, lineText, logRows, parseTextQuery, queryProblem } from './line-query.ts';

const line = (sequence: number, over: Partial<LogLine> = {}): LogLine => ({
  sequence,
  atMs: sequence,
  level: 'info',
  component: 'source',
  message: `line ${sequence}`,
  detail: '',
  ...over,
});
const LINES = [1, 2, 3, 4, 5, 6, 7, 8].map((sequence) => line(sequence));
const ALL = { level: 'debug' as LogLevel, component: undefined, model: undefined };
const shown = (rows: ReturnType<typeof logRows>): readonly string[] =>
  rows.map((row) => (row.kind === 'gap' ? `gap of ${row.count}` : `${row.line.sequence}${row.hit ? '!' : ''}`));

it.each([
  ['', undefined],
  ['  ', undefined],
  [' a.b ', { pattern: 'a.b', regex: false }],
  ['/load.*fail/', { pattern: 'load.*fail', regex: true }],
  ['/models/x', { pattern: '/models/x', regex: false }],
  ['//', { pattern: '//', regex: false }],
])('reads %j', (text, query) => {
  expect(parseTextQuery(text)).toEqual(query);
});

it('finds plain text as it stands, in both cases', () => {
  const text = lineText(line(1, { model: 'ResNet', version: '3', message: 'load (a.b) failed', detail: 'x=1' }));
  expect(text).toBe('INFO source ResNet/3 load (a.b) failed x=1');
  for (const pattern of ['resnet/3', '(A.B)', 'x=1'])
    expect(text.match(compile({ pattern, regex: false }))).toHaveLength(1);
  expect(text.match(compile({ pattern: 'a.b)x', regex: false }))).toBeNull();
  expect(text.match(compile({ pattern: 'load.*FAILED', regex: true }))).toHaveLength(1);
});

it('says what is wrong with a regular expression', () => {
  expect(queryProblem({ pattern: '(', regex: true })).toBe('Unterminated group');
  expect(queryProblem({ pattern: '[a/', regex: true })).toBe('Unterminated character class');
  expect(queryProblem({ pattern: '(', regex: false })).toBeUndefined();
  expect(queryProblem(undefined)).toBeUndefined();
});

describe('rows', () => {
  it.each<[string, Parameters<typeof logRows>, readonly string[]]>([
    ['are all lines', [LINES, [], ALL, undefined, 0], ['1', '2', '3', '4', '5', '6', '7', '8']],
    ['mark what is found', [LINES.slice(0, 3), [], ALL, new Set([2]), undefined], ['1', '2!', '3']],
    ['are only what is found', [LINES, [], ALL, new Set([2, 7]), 0], ['2!', '7!']],
    ['with lines around it, each once', [LINES, [], ALL, new Set([1, 2, 7]), 1], ['1!', '2!', '3', '6', '7!', '8']],
    ['are none where nothing is found', [LINES, [], ALL, new Set(), 3], []],
    [
      'tell what is missing',
      [LINES.slice(4), [{ beforeLine: 6, count: 9 }], ALL, undefined, 0],
      ['5', 'gap of 9', '6', '7', '8'],
    ],
  ])('%s', (_, args, expected) => {
    expect(shown(logRows(...args))).toEqual(expected);
  });

  it.each([
    [{ ...ALL, level: 'warn' as LogLevel }, ['3', '4']],
    [{ ...ALL, component: 'worker' }, ['2', '4']],
    [{ ...ALL, model: 'm' }, ['4']],
  ])('are filtered by %j', (filter, expected) => {
    const lines = [
      line(1),
      line(2, { component: 'worker' }),
      line(3, { level: 'warn' }),
      line(4, { level: 'error', component: 'worker', model: 'm' }),
    ];
    expect(shown(logRows(lines, [], filter, undefined, 0))).toEqual(expected);
  });

  it('stay the same when others come, and when a search ends', () => {
    const before = logRows(LINES.slice(0, 4), [], ALL, undefined, 0);
    const after = logRows(LINES, [], ALL, new Set([2]), undefined);
    expect([0, 1, 2, 3].map((index) => after[index] === before[index])).toEqual([true, false, true, true]);
    expect(logRows(LINES, [], ALL, undefined, 0)[1]).toBe(before[1]);
  });
});
