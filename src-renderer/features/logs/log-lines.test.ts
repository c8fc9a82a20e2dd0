import { expect, it, vi } from 'vitest';
import type { LogBoard, LogLine } from '#contracts/ui-logs.ts';
import { MAX_LOG_LINES } from '#contracts/ui-logs.ts';
import type { Command } from '../../stores/commands.ts';
import { fakeCommands } from '../../testing/services.ts';
import { createLogLines } from './log-lines.ts';

const line = (sequence: number): LogLine => ({
  sequence,
  atMs: 1000 + sequence,
  level: 'info',
  component: 'source',
  message: `line ${sequence}`,
  detail: '',
});

/** A server with lines from `first` to `last`. */
function setUp(first: number, last: number) {
  const kept = { first, last };
  const readLogs = vi.fn<Command<'readLogs'>>(({ afterLine, beforeLine = kept.last + 1, limit }) => {
    const end = Math.min(beforeLine, kept.last + 1);
    const begin = Math.max(kept.first, afterLine === undefined ? end - limit : afterLine + 1);
    const count = Math.max(0, Math.min(limit, end - begin));
    return Promise.resolve({ lines: Array.from({ length: count }, (_, at) => line(begin + at)) });
  });
  const logs = createLogLines(fakeCommands({ readLogs }));
  const board = (): LogBoard => ({ firstLine: kept.first, lastLine: kept.last, errors: 0, warnings: 0 });
  const state = () => logs.store.getState();
  const range = (): readonly (number | undefined)[] => [state().lines[0]?.sequence, state().lines.at(-1)?.sequence];
  return { kept, logs, readLogs, board, state, range };
}

it('reads the newest lines first, then what is new', async () => {
  const { kept, logs, readLogs, board, state, range } = setUp(1, 3000);
  logs.boardChanged(board());
  await vi.waitFor(() => expect(range()).toEqual([2001, 3000]));
  expect(state()).toMatchObject({ complete: false, gaps: [] });
  kept.last = 3007;
  logs.boardChanged(board());
  await vi.waitFor(() => expect(range()).toEqual([2001, 3007]));
  expect(readLogs).toHaveBeenLastCalledWith({ afterLine: 3000, limit: MAX_LOG_LINES }, expect.anything());
  expect(state()).toMatchObject({ loading: false, problem: undefined });
});

it('reads older lines down to the first', async () => {
  const { logs, board, state, range } = setUp(1, 12_000);
  logs.boardChanged(board());
  await vi.waitFor(() => expect(range()).toEqual([11_001, 12_000]));
  await logs.loadOlder('some');
  expect(range()).toEqual([6001, 12_000]);
  expect(state().complete).toBe(false);
  await logs.loadOlder('all');
  expect(range()).toEqual([1, 12_000]);
  expect(state().complete).toBe(true);
});

it('knows of whom the lines were, old and new', async () => {
  const { kept, logs, readLogs, board, state } = setUp(1, 6000);
  logs.boardChanged(board());
  await vi.waitFor(() => expect(state()).toMatchObject({ components: ['source'], models: [] }));
  readLogs.mockResolvedValueOnce({ lines: [{ ...line(4999), component: 'manager', model: 'old' }] });
  await logs.loadOlder('some');
  expect(state()).toMatchObject({ components: ['manager', 'source'], models: ['old'] });
  const { components } = state();
  readLogs.mockResolvedValueOnce({ lines: [{ ...line(6001), component: '', model: 'new' }] });
  kept.last = 6001;
  logs.boardChanged(board());
  await vi.waitFor(() => expect(state().models).toEqual(['new', 'old']));
  expect(state().components).toBe(components);
});

it('is complete at once where there is nothing', () => {
  const { logs, board, state, readLogs } = setUp(0, 0);
  logs.boardChanged(board());
  expect(state()).toMatchObject({ lines: [], complete: true });
  expect(readLogs).not.toHaveBeenCalled();
});

it('tells of lines that were gone before they were read', async () => {
  const { kept, logs, board, state, range } = setUp(1, 10);
  logs.boardChanged(board());
  await vi.waitFor(() => expect(range()).toEqual([1, 10]));
  Object.assign(kept, { first: 31, last: 40 });
  logs.boardChanged(board());
  await vi.waitFor(() => expect(range()).toEqual([1, 40]));
  expect(state().gaps).toEqual([{ beforeLine: 31, count: 20 }]);
});

it('keeps what it has where lines pour in, so that what is read is newer than what was told', async () => {
  const { kept, logs, board, range } = setUp(1, 500);
  const lengths: number[] = [];
  logs.store.subscribe(({ lines }) => lengths.push(lines.length));
  for (const last of [600, 700, 800]) {
    kept.last = last;
    logs.boardChanged({ ...board(), lastLine: last - 50 });
    await vi.waitFor(() => expect(range()).toEqual([1, last]));
  }
  expect(lengths.toSorted((a, b) => a - b)).toEqual(lengths);
});

it('starts anew with a server that has', async () => {
  const { kept, logs, board, range } = setUp(1, 500);
  logs.boardChanged(board());
  await vi.waitFor(() => expect(range()).toEqual([1, 500]));
  kept.last = 3;
  logs.boardChanged(board());
  await vi.waitFor(() => expect(range()).toEqual([1, 3]));
});

it('says why it cannot read, and goes on with the next board', async () => {
  const { kept, logs, readLogs, board, state, range } = setUp(1, 5);
  readLogs.mockRejectedValueOnce(new Error('The server does not answer.'));
  logs.boardChanged(board());
  await vi.waitFor(() => expect(state().problem).toBe('The server does not answer.'));
  kept.last = 6;
  logs.boardChanged(board());
  await vi.waitFor(() => expect(range()).toEqual([1, 6]));
  expect(state().problem).toBeUndefined();
});
