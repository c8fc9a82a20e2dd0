import { describe, expect, it } from 'vitest';
import { modelMessage, modelView, snapshot } from '../testing/fixtures.ts';
import type { StreamHandlers } from './event-stream.ts';
import { connectEventStream } from './event-stream.ts';
import { createServerStore } from './server-store.ts';

/** A stream whose messages, losses and clock the test makes. */
function harness(probed?: number) {
  const store = createServerStore();
  const opened: (StreamHandlers & { closed: boolean })[] = [];
  const timers: { delayMs: number; run: () => void }[] = [];
  let nowMs = 1000;
  const stream = connectEventStream(store, {
    open(handlers) {
      const entry = { ...handlers, closed: false };
      opened.push(entry);
      return { close: () => void (entry.closed = true) };
    },
    probe: () => Promise.resolve(probed),
    after(delayMs, run) {
      const timer = { delayMs, run };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), 1);
    },
    now: () => nowMs,
  });
  return {
    stream,
    opened,
    timers,
    connection: () => store.getState().connection,
    send: (message: unknown) => opened.at(-1)?.onMessage(JSON.stringify(message)),
    breaks: async () => {
      opened.at(-1)?.onError();
      await Promise.resolve();
      await Promise.resolve();
    },
    wait: (ms: number) => {
      nowMs += ms;
    },
    runTimer: () => {
      const timer = timers.shift();
      timer?.run();
      return timer?.delayMs;
    },
  };
}

describe('connectEventStream', () => {
  it('is live from the first snapshot on', () => {
    const { connection, send } = harness();
    expect(connection().phase).toBe('connecting');
    send(snapshot([]));
    expect(connection()).toEqual({ phase: 'live', sinceMs: 1000 });
  });

  it('waits longer after each loss, and starts again after a good connection', async () => {
    const test = harness();
    const delays: (number | undefined)[] = [];
    for (let loss = 0; loss < 7; loss++) {
      await test.breaks();
      delays.push(test.runTimer());
    }
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    test.send(snapshot([]));
    test.wait(5000);
    await test.breaks();
    expect(test.runTimer()).toBe(500);
  });

  it('keeps the time of the first loss over all the tries, for the banner', async () => {
    const test = harness();
    test.send(snapshot([]));
    await test.breaks();
    test.wait(500);
    test.runTimer();
    await test.breaks();
    expect(test.connection()).toMatchObject({ phase: 'lost', sinceMs: 1000, retryAtMs: 2500, attempt: 2 });
  });

  it.each([
    ['a gap in the numbers', modelMessage(9, modelView('a', [])), 'went missing'],
    ['a message it does not understand', { kind: 'surprise' }, 'does not understand'],
  ])('connects again after %s', (_, message, reason) => {
    const { send, connection, opened, runTimer } = harness();
    send(snapshot([]));
    send(message);
    expect(connection()).toMatchObject({ phase: 'lost', reason: expect.stringContaining(reason) });
    expect(opened[0]?.closed).toBe(true);
    runTimer();
    send(snapshot([]));
    expect(connection().phase).toBe('live');
  });

  it('tries at once when asked to, and only one stream is open', async () => {
    const { breaks, stream, opened, timers } = harness();
    await breaks();
    stream.tryNow();
    stream.tryNow();
    expect(opened.filter(({ closed }) => !closed)).toHaveLength(1);
    expect(timers).toEqual([]);
  });

  it('stops trying when the session is void', async () => {
    const { breaks, connection, timers } = harness(401);
    await breaks();
    expect(connection().phase).toBe('signedOut');
    expect(timers).toEqual([]);
  });

  it('does nothing any more once closed', async () => {
    const { breaks, stream, connection, timers } = harness();
    stream.close();
    await breaks();
    expect(connection().phase).toBe('connecting');
    expect(timers).toEqual([]);
  });
});
