import { describe, expect, it, vi } from 'vitest';
import type { Logger } from '../contracts/logger.ts';
import { silentLogger } from '../contracts/logger.ts';
import { ServingError } from '../contracts/serving-error.ts';
import { LOG_COMMANDS, LogBoard, type LogLevel } from '../contracts/ui-logs.ts';
import { createLogThreshold } from './log-threshold.ts';
import { createLogBook, type LogBookOptions, type LogRange } from './log-book.ts';

function setUp(
  { level = 'info', ...options }: Partial<Omit<LogBookOptions, 'threshold'>> & { readonly level?: LogLevel } = {},
  log: Logger = silentLogger,
) {
  let nowMs = 1000;
  const book = createLogBook(
    { threshold: createLogThreshold(level), ...options },
    { log, clock: { now: () => (nowMs += 1) } },
  );
  const messages = (range: Partial<LogRange> = {}) => book.read({ limit: 5, ...range }).map(({ message }) => message);
  const write = (count: number, from = 1): void => {
    for (let index = from; index < from + count; index += 1) book.log.info({}, `line ${index}`);
  };
  return { book, messages, write };
}

it('keeps what a line says, by its fields', () => {
  const { book } = setUp();
  const error = new ServingError('UNAVAILABLE', 'gone');
  const source = book.log.child({ component: 'source' });
  source.warn({ servable: 'resnet', version: '7', basePath: '/models/re snet', error }, 'a poll\u001b failed');
  const lines = book.read({ limit: 1 });
  expect(lines).toEqual([
    {
      sequence: 1,
      atMs: 1001,
      level: 'warn',
      component: 'source',
      model: 'resnet',
      version: '7',
      message: 'a poll\\u001b failed',
      detail: 'basePath="/models/re snet" error="UNAVAILABLE: gone"',
    },
  ]);
  expect(LOG_COMMANDS.readLogs.result.parse({ lines })).toEqual({ lines });
});

it('has the stack of an error that nobody foresaw, and cuts what is too long', () => {
  const { book } = setUp();
  book.log.error({ error: new TypeError('bug') }, 'failed');
  book.log.info({ text: 'x'.repeat(20_000) }, 'long');
  const [failed, long] = book.read({ limit: 2 });
  expect(failed?.detail).toMatch(/message":"bug".*\n {4}TypeError: bug\n {4}at /su);
  expect(long?.detail).toHaveLength(8192);
});

it('hands each line on, and keeps those that are important enough', () => {
  const debug = vi.fn<Logger['debug']>();
  const error = vi.fn<Logger['error']>();
  const log: Logger = { ...silentLogger, debug, error, child: () => log };
  const { book, messages } = setUp({ level: 'warn' }, log);
  const child = book.log.child({ component: 'manager' });
  child.debug({ a: 1 }, 'left out');
  child.info({}, 'left out too');
  child.error({ b: 2 }, 'kept');
  expect(debug).toHaveBeenCalledWith({ a: 1 }, 'left out');
  expect(error).toHaveBeenCalledWith({ b: 2 }, 'kept');
  expect(messages()).toEqual(['kept']);
});

describe('reading', () => {
  it.each<[string, Partial<LogRange>, readonly string[]]>([
    ['the newest', {}, ['line 5', 'line 6', 'line 7', 'line 8', 'line 9']],
    ['the first after one', { afterLine: 3, limit: 2 }, ['line 4', 'line 5']],
    ['the last before one', { beforeLine: 4, limit: 2 }, ['line 2', 'line 3']],
    ['between two', { afterLine: 6, beforeLine: 9 }, ['line 7', 'line 8']],
    ['after the end', { afterLine: 9 }, []],
    ['before the start', { beforeLine: 1 }, []],
    [
      'beyond both',
      { afterLine: 0, beforeLine: 100, limit: 100 },
      Array.from({ length: 9 }, (_, at) => `line ${at + 1}`),
    ],
  ])('%s', (_, range, expected) => {
    const { messages, write } = setUp();
    write(9);
    expect(messages(range)).toEqual(expected);
  });

  it('gives no line that was dropped', () => {
    const { book, messages, write } = setUp({ maxLines: 4 });
    write(6);
    expect(messages({ afterLine: 0 })).toEqual(['line 3', 'line 4', 'line 5', 'line 6']);
    expect(messages({ beforeLine: 4 })).toEqual(['line 3']);
    expect(book.current()).toMatchObject({ firstLine: 3, lastLine: 6 });
    write(1, 7);
    expect(messages()).toEqual(['line 4', 'line 5', 'line 6', 'line 7']);
  });

  it('drops lines for their size, but never the newest', () => {
    const { book, messages, write } = setUp({ maxCharacters: 250 });
    write(5);
    expect(messages()).toEqual(['line 4', 'line 5']);
    book.log.info({ text: 'x'.repeat(1000) }, 'large');
    expect(messages()).toEqual(['large']);
    write(1, 6);
    expect(messages()).toEqual(['line 6']);
  });
});

it('tells of each line, and counts warnings and errors from the start', () => {
  const { book } = setUp({ maxLines: 2 });
  const onChange = vi.fn<() => void>();
  const unsubscribe = book.subscribe(onChange);
  expect(LogBoard.parse(book.current())).toEqual({ firstLine: 0, lastLine: 0, errors: 0, warnings: 0 });
  for (const level of ['error', 'warn', 'error', 'info', 'debug'] as const) book.log[level]({}, level);
  expect(book.current()).toEqual({ firstLine: 3, lastLine: 4, errors: 2, warnings: 1 });
  expect(onChange).toHaveBeenCalledTimes(4);
  unsubscribe();
  book.log.error({}, 'unheard');
  expect(onChange).toHaveBeenCalledTimes(4);
});
