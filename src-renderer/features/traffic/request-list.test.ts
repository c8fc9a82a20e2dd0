import { expect, it } from 'vitest';
import type { RequestFilter, RequestRow } from '#contracts/ui-traffic.ts';
import { NOW_MS } from '../../testing/fixtures.ts';
import { fakeCommands } from '../../testing/services.ts';
import { createRequestList } from './request-list.ts';

const SETTINGS = { enabled: true, sampleRate: 1, bodies: false, maxBodyBytes: 4096 };
const row = (sequence: number): RequestRow => ({
  sequence,
  atMs: NOW_MS + sequence,
  entrypoint: 'REST',
  method: 'predict',
  model: sequence % 2 === 0 ? 'even' : 'odd',
  code: 'OK',
  durationMs: 1,
  requestBytes: 1,
  responseBytes: 1,
  bodies: 'off',
});

/** A server with records 1 to `last`, which answers as the real one does. */
function setUp(last: number) {
  const server = { last, fails: false, asked: 0 };
  const page = (filter: RequestFilter, before: number | undefined, after: number | undefined) => {
    const all = Array.from({ length: server.last }, (_, at) => row(at + 1));
    const passing = all.filter(({ model }) => filter.model === undefined || model === filter.model);
    const found =
      after === undefined
        ? passing.filter(({ sequence }) => sequence < (before ?? Infinity)).slice(-500)
        : passing.filter(({ sequence }) => sequence > after).slice(0, 500);
    const more =
      after === undefined
        ? passing.some(({ sequence }) => sequence < (found[0]?.sequence ?? 0))
        : passing.some(({ sequence }) => sequence > (found.at(-1)?.sequence ?? Infinity));
    return {
      requests: found,
      firstSeen: found.length === 0 ? 0 : more || after !== undefined ? (found[0]?.sequence ?? 0) : 1,
      lastSeen:
        found.length === 0 && after === undefined
          ? 0
          : more && after !== undefined
            ? (found.at(-1)?.sequence ?? 0)
            : server.last,
      more,
      kept: server.last,
      settings: SETTINGS,
    };
  };
  const list = createRequestList(
    fakeCommands({
      listRequests: async ({ beforeSequence, afterSequence, ...filter }) => {
        server.asked += 1;
        if (server.fails) throw new Error('out of order');
        return page(filter, beforeSequence, afterSequence);
      },
    }),
  );
  /** Until nothing is asked any more. */
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
  };
  const shown = (): readonly number[] => {
    const { rows } = list.store.getState();
    return [rows[0]?.sequence ?? 0, rows.at(-1)?.sequence ?? 0, rows.length];
  };
  return { server, list, settle, shown };
}

it('begins with the newest, goes on with what comes, and goes back when asked', async () => {
  const { server, list, settle, shown } = setUp(1200);
  list.setFilter({});
  list.boardChanged(1200);
  await settle();
  expect(shown()).toEqual([701, 1200, 500]);
  server.last = 1210;
  list.boardChanged(1210);
  await settle();
  expect(shown()).toEqual([701, 1210, 510]);
  await list.loadOlder();
  expect(shown()).toEqual([201, 1210, 1010]);
  expect(list.store.getState().complete).toBe(false);
  await list.loadOlder();
  expect(shown()).toEqual([1, 1210, 1210]);
  expect(list.store.getState().complete).toBe(true);
});

it('begins anew with another filter', async () => {
  const { list, settle, shown } = setUp(100);
  list.setFilter({});
  await settle();
  list.setFilter({ model: 'even' });
  await settle();
  expect(shown()).toEqual([2, 100, 50]);
});

it('jumps to the newest when it is far behind and follows, and stays where it is when it does not', async () => {
  const { server, list, settle, shown } = setUp(100);
  list.setFilter({});
  await settle();
  list.setFollow(false);
  server.last = 9000;
  list.boardChanged(9000);
  await settle();
  expect(shown()).toEqual([1, 100, 100]);
  list.setFollow(true);
  await settle();
  expect(shown()).toEqual([8501, 9000, 500]);
});

it('begins anew with a server that has started anew', async () => {
  const { server, list, settle, shown } = setUp(100);
  list.setFilter({});
  list.boardChanged(90);
  await settle();
  // The first page was newer than the board: nothing to begin anew for.
  expect([server.asked, ...shown()]).toEqual([1, 1, 100, 100]);
  server.last = 3;
  list.boardChanged(3);
  await settle();
  expect(shown()).toEqual([1, 3, 3]);
});

it('says what went wrong, keeps what it has, and tries again when told to', async () => {
  const { server, list, settle, shown } = setUp(10);
  list.setFilter({});
  await settle();
  server.fails = true;
  server.last = 11;
  list.boardChanged(11);
  await settle();
  expect(list.store.getState()).toMatchObject({ problem: 'out of order', loading: false });
  expect(shown()).toEqual([1, 10, 10]);
  const { asked } = server;
  list.boardChanged(12);
  await settle();
  expect(server.asked).toBe(asked);
  server.fails = false;
  list.reload();
  await settle();
  expect(list.store.getState().problem).toBeUndefined();
  expect(shown()).toEqual([1, 11, 11]);
});
