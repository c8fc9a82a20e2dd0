import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ServingError } from '../../contracts/serving-error.ts';
import { createPendingCalls } from './pending-calls.ts';

function setUp() {
  const calls = createPendingCalls(60_000);
  const version = new AbortController();
  const ended: string[] = [];
  const begin = (socket: Socket, label: string) =>
    calls.begin(socket, version.signal, (error: ServingError) => ended.push(`${label} ${error.code}`));
  return { calls, version, ended, begin };
}

describe('the calls of a connection', () => {
  it('are given up with it, and no others', () => {
    const { calls, ended, begin } = setUp();
    const [gone, kept] = [new Socket(), new Socket()];
    const first = begin(gone, 'first');
    begin(kept, 'other');
    begin(gone, 'second');
    expect([calls.has(gone), calls.has(kept), calls.has(new Socket())]).toEqual([true, true, false]);
    calls.connectionClosed(gone);
    calls.connectionClosed(gone);
    expect(ended).toEqual(['first CANCELLED', 'second CANCELLED']);
    expect([calls.has(gone), calls.has(kept), calls.end(first)]).toEqual([false, true, false]);
  });

  it('are found without a look at those of others, so that many clients may leave together', () => {
    const { calls, ended, begin } = setUp();
    const [gone, kept] = [new Socket(), new Socket()];
    let looks = 0;
    Object.defineProperty(begin(kept, 'other'), 'socket', {
      get() {
        looks += 1;
        return kept;
      },
    });
    begin(gone, 'call');
    calls.connectionClosed(gone);
    expect([ended, looks]).toEqual([['call CANCELLED'], 0]);
  });

  it('that have ended hear nothing any more', () => {
    const { calls, version, ended, begin } = setUp();
    const socket = new Socket();
    expect(calls.end(begin(socket, 'first'))).toBe(true);
    expect(calls.has(socket)).toBe(false);
    begin(socket, 'second');
    version.abort(new ServingError('UNAVAILABLE', 'gone'));
    calls.connectionClosed(socket);
    expect(ended).toEqual(['second UNAVAILABLE']);
  });
});

it('listens once to each version, however many calls it answers', () => {
  const { version, begin } = setUp();
  let listeners = 0;
  const { signal } = version;
  const original = signal.addEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof original>) => {
    listeners += 1;
    original(...args);
  };
  for (let call = 0; call < 100; call += 1) begin(new Socket(), 'call');
  expect(listeners).toBe(1);
});
