import { describe, expect, it } from 'vitest';
import { ServingError } from '../contracts/serving-error.ts';
import { createLogThreshold } from './log-threshold.ts';
import { createProcessLogger } from './process-logger.ts';

function setUp(format: Parameters<typeof createProcessLogger>[1], { isTTY = false, colors = false } = {}) {
  const written: string[] = [];
  let failed: (() => void) | undefined;
  const stream: NonNullable<Parameters<typeof createProcessLogger>[2]> = Object.assign(Object.create(process.stderr), {
    isTTY,
    hasColors: () => colors,
    write: (text: string): boolean => {
      written.push(text);
      return true;
    },
    on: (_event: string, listener: () => void) => {
      failed = listener;
      return process.stderr;
    },
  });
  const threshold = createLogThreshold('info');
  return { log: createProcessLogger(threshold, format, stream), threshold, written, fail: () => failed?.() };
}

const refused = new ServingError('UNAVAILABLE', 'worker died', {
  cause: Object.assign(new Error('gone'), { code: 'EPIPE' }),
});

describe('the log as JSON', () => {
  it('has level, time, fields and message on one line', () => {
    const { log, written } = setUp('json');
    log.child({ servable: 'm' }).warn({ version: '3', error: refused }, 'load failed');
    log.debug({}, 'left out');
    expect(written.map((line): unknown => JSON.parse(line))).toEqual([
      {
        level: 'warn',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/u),
        servable: 'm',
        version: '3',
        error: { code: 'UNAVAILABLE', message: 'worker died', cause: { code: 'EPIPE', message: 'gone' } },
        msg: 'load failed',
      },
    ]);
  });
});

it.each(['json', 'text'] as const)('as %s is as detailed as is wanted at the time, for child loggers too', (format) => {
  const { log, threshold, written } = setUp(format);
  const child = log.child({ component: 'source' });
  child.debug({}, 'first');
  threshold.set('debug');
  child.debug({}, 'second');
  threshold.set('error');
  child.warn({}, 'third');
  expect(threshold.level).toBe('error');
  expect(written).toEqual([expect.stringContaining('second')]);
});

describe('the log as text', () => {
  it.each([
    {
      what: 'fields',
      fields: { servable: 'm', count: 3, none: undefined, on: true },
      text: 'servable=m count=3 on=true',
    },
    { what: 'values with spaces', fields: { path: 'a b', list: ['x', 'y'] }, text: 'path="a b" list=["x","y"]' },
    {
      what: 'a foreseen error',
      fields: { error: new ServingError('NOT_FOUND', 'no such folder') },
      text: 'error="NOT_FOUND: no such folder"',
    },
    {
      what: 'an error with a cause',
      fields: { error: refused },
      text: 'error={"code":"UNAVAILABLE","message":"worker died","cause":{"code":"EPIPE","message":"gone"}}',
    },
    {
      what: 'what would steer a terminal',
      fields: { name: '\u001b[2Jx', other: '\u009b\u202e' },
      text: 'name=\\u001b[2Jx other=\\u009b\\u202e',
    },
    { what: 'a number that JSON has not got', fields: { big: 12n }, text: 'big=12n' },
  ])('has $what', ({ fields, text }) => {
    const { log, written } = setUp('text');
    log.info(fields, 'it\nhappened');
    expect(written.join('')).toMatch(/^\d\d:\d\d:\d\d\.\d{3} INFO {2}it\\u000ahappened {2}/u);
    expect(written.join('').slice(37)).toBe(`${text}\n`);
  });

  it('has the level, the fields of its parents, and nothing below its level', () => {
    const { log, written } = setUp('text');
    log.child({ a: 1 }).child({ b: 2 }).error({ a: 3 }, 'no');
    log.debug({}, 'left out');
    log.warn({}, 'careful');
    expect(written.map((line) => line.slice(13))).toEqual(['ERROR no  a=3 b=2\n', 'WARN  careful\n']);
  });

  it('has the stack of an unforeseen error on lines of its own', () => {
    const { log, written } = setUp('text');
    log.error({ error: new TypeError('bug') }, 'failed');
    const [first = '', second = '', third = ''] = written.join('').split('\n');
    expect(first.slice(13)).toBe('ERROR failed  error={"type":"TypeError","message":"bug"}');
    expect(second).toBe('    TypeError: bug');
    expect(third).toMatch(/^ {4}at .*process-logger\.test/u);
  });
});

describe('the form of the log', () => {
  it.each([
    { format: undefined, isTTY: true, colors: false, start: /^\d\d:/u },
    { format: undefined, isTTY: true, colors: true, start: /^.\[2m\d\d:.*\[32mINFO /u },
    { format: undefined, isTTY: false, colors: true, start: /^\{/u },
    { format: 'json', isTTY: true, colors: true, start: /^\{/u },
    { format: 'text', isTTY: false, colors: true, start: /^\d\d:/u },
  ] as const)('where $format is asked for, terminal $isTTY, colours $colors', ({ format, start, ...terminal }) => {
    const { log, written } = setUp(format, terminal);
    log.info({}, 'hello');
    expect(written.join('')).toMatch(start);
  });

  it('outlives whoever reads it', () => {
    const { fail } = setUp('text');
    expect(fail).not.toThrow();
  });
});
