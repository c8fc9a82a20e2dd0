import { expect, it } from 'vitest';
import type { LogLine } from '#contracts/ui-logs.ts';
import { createLineSearch } from './line-search.ts';
import { createSearcher, type SearchAnswer, type SearchRequest } from './search-messages.ts';

const lines = (from: number, to: number): readonly LogLine[] =>
  Array.from({ length: to - from + 1 }, (_, at) => ({
    sequence: from + at,
    atMs: 0,
    level: 'info',
    component: '',
    message: `line ${from + at}`,
    detail: '',
  }));

/** A thread that answers when it is told to. */
function setUp() {
  const threads: {
    readonly search: ReturnType<typeof createSearcher>;
    readonly onAnswer: (answer: SearchAnswer) => void;
    ended: boolean;
  }[] = [];
  const requests: SearchRequest[] = [];
  let timer: (() => void) | undefined;
  const search = createLineSearch({
    startThread(onAnswer) {
      const started = { search: createSearcher(), onAnswer, ended: false };
      threads.push(started);
      return {
        send: (request) => requests.push(request),
        end: () => {
          started.ended = true;
        },
      };
    },
    after(_, run) {
      timer = run;
      return () => {
        timer = undefined;
      };
    },
  });
  const answer = (): readonly SearchRequest['kind'][] => {
    const asked = requests.splice(0);
    const current = threads.at(-1);
    for (const request of asked) current?.onAnswer(current.search(request));
    return asked.map(({ kind }) => kind);
  };
  const hits = (): readonly number[] | undefined => {
    const found = search.store.getState().hits;
    return found && [...found].toSorted((a, b) => a - b);
  };
  return { search, answer, hits, threads, isWaiting: () => timer !== undefined, timeOut: () => timer?.() };
}

it('starts no thread without a query', () => {
  const { search, threads, hits } = setUp();
  search.linesChanged(lines(1, 5));
  expect(threads).toHaveLength(0);
  expect(hits()).toBeUndefined();
});

it('finds what is there, what comes later and what is older, and sends each line once', () => {
  const { search, answer, hits, isWaiting } = setUp();
  search.linesChanged(lines(20, 30));
  search.setQuery({ pattern: '2', regex: false });
  expect(search.store.getState().searching).toBe(true);
  expect(answer()).toEqual(['query', 'add']);
  expect(hits()).toEqual([20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
  search.linesChanged(lines(20, 32));
  expect(answer()).toEqual(['add']);
  expect(hits()?.at(-1)).toBe(32);
  search.linesChanged(lines(10, 32));
  answer();
  expect(hits()?.slice(0, 2)).toEqual([12, 20]);
  search.linesChanged(lines(10, 32));
  expect(answer()).toEqual([]);
  expect(search.store.getState().searching).toBe(false);
  expect(isWaiting()).toBe(false);
});

it('looks for another text in all lines, whatever is still being answered', () => {
  const { search, answer, hits } = setUp();
  search.linesChanged(lines(1, 30));
  search.setQuery({ pattern: 'line', regex: false });
  search.setQuery({ pattern: '^line 1.$', regex: false });
  search.setQuery({ pattern: 'line 1.$', regex: true });
  answer();
  expect(hits()).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
});

it('ends its thread with the query', () => {
  const { search, answer, hits, threads } = setUp();
  search.linesChanged(lines(1, 3));
  search.setQuery({ pattern: '2', regex: false });
  answer();
  search.setQuery(undefined);
  expect(threads.map(({ ended }) => ended)).toEqual([true]);
  expect(hits()).toBeUndefined();
  search.setQuery({ pattern: '3', regex: false });
  expect(answer()).toEqual(['query', 'add']);
  expect(hits()).toEqual([3]);
});

it('gives a search up that takes too long, and can search again', () => {
  const { search, answer, threads, timeOut } = setUp();
  search.linesChanged(lines(1, 3));
  search.setQuery({ pattern: '(a+)+$', regex: true });
  timeOut();
  expect(threads.map(({ ended }) => ended)).toEqual([true]);
  expect(search.store.getState()).toEqual({ hits: undefined, searching: false, gaveUp: true });
  search.linesChanged(lines(1, 4));
  search.setQuery({ pattern: '4', regex: false });
  answer();
  expect(search.store.getState().gaveUp).toBe(false);
});

it('forgets the lines of a server that started anew', () => {
  const { search, answer, hits } = setUp();
  search.linesChanged(lines(1, 30));
  search.setQuery({ pattern: '2', regex: false });
  answer();
  search.linesChanged(lines(1, 3));
  expect(answer()).toEqual(['clear', 'query', 'add']);
  expect(hits()).toEqual([2]);
});
