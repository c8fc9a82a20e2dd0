import { describe, expect, it } from 'vitest';
import type { Ports } from './serving-state.ts';
import { createServingSwitch, type SwitchedEndpoints } from './serving-switch.ts';
import { until } from './testing/until.ts';

const USUAL: Ports = { rest: 8501, grpc: 8500 };
const OTHER: Ports = { rest: 9501, grpc: 9500 };

interface FakeEndpoints extends SwitchedEndpoints {
  readonly deadlines: number[];
  readonly drained: () => void;
}

/** A switch whose endpoints open, fail and drain when the test says so. */
function switched() {
  const opened: FakeEndpoints[] = [];
  const attempts: { readonly ports: Ports; readonly succeed: () => void; readonly fail: (why: string) => void }[] = [];
  const states: string[] = [];
  const serving = createServingSwitch<FakeEndpoints>({
    ports: USUAL,
    open(ports) {
      const { promise, resolve, reject } = Promise.withResolvers<FakeEndpoints>();
      const succeed = (): void => {
        const drained = Promise.withResolvers<void>();
        const deadlines: number[] = [];
        const endpoints: FakeEndpoints = {
          ports,
          deadlines,
          drained: drained.resolve,
          async close({ deadlineMs }) {
            deadlines.push(deadlineMs);
            await drained.promise;
          },
        };
        opened.push(endpoints);
        resolve(endpoints);
      };
      attempts.push({ ports, succeed, fail: (why) => reject(new Error(why)) });
      return promise;
    },
    explain: async (error) => ({ code: 'UNAVAILABLE', message: error instanceof Error ? error.message : '' }),
    drainDeadlineMs: 30_000,
    onChange: () => states.push(serving.state),
  });
  return { serving, opened, attempts, states };
}

/** One that is open. */
async function running() {
  const all = switched();
  const started = all.serving.start(USUAL);
  all.attempts[0]?.succeed();
  await started;
  return all;
}

describe('the switch', () => {
  it('opens, drains and closes', async () => {
    const { serving, opened, states } = await running();
    expect(serving.open).toBe(opened[0]);
    serving.stop();
    expect(serving.state).toBe('draining');
    expect(serving.open).toBeUndefined();
    opened[0]?.drained();
    await until(() => serving.state === 'stopped');
    expect(opened[0]?.deadlines).toEqual([30_000]);
    expect(states).toEqual(['starting', 'running', 'draining', 'stopped']);
  });

  it('says why it did not open, and tries again when it is asked to', async () => {
    const { serving, attempts } = switched();
    const started = serving.start(USUAL);
    attempts[0]?.fail('taken');
    await started;
    expect([serving.state, serving.problem?.message]).toEqual(['failed', 'taken']);
    const again = serving.start(USUAL);
    expect([serving.state, serving.problem]).toEqual(['starting', undefined]);
    attempts[1]?.succeed();
    await again;
    expect(serving.state).toBe('running');
  });

  it('is asked twice and opens once', async () => {
    const { serving, attempts } = switched();
    const both = Promise.all([serving.start(USUAL), serving.start(USUAL)]);
    attempts[0]?.succeed();
    await both;
    expect(attempts).toHaveLength(1);
  });

  it('closes as soon as it is open when it was stopped while it opened', async () => {
    const { serving, opened, attempts } = switched();
    const started = serving.start(USUAL);
    serving.stop();
    attempts[0]?.succeed();
    await started;
    expect(serving.state).toBe('draining');
    opened[0]?.drained();
    await until(() => serving.state === 'stopped');
  });

  it('opens beside what drains, at once', async () => {
    const { serving, opened, attempts } = await running();
    serving.stop();
    const again = serving.start(USUAL);
    attempts[1]?.succeed();
    await again;
    expect(serving.open).toBe(opened[1]);
    opened[0]?.drained();
    await until(() => serving.state === 'running');
  });

  it('waits for what drains where its port is not free before', async () => {
    const { serving, opened, attempts } = await running();
    serving.stop();
    const again = serving.start(USUAL);
    attempts[1]?.fail('in use');
    opened[0]?.drained();
    await until(() => attempts.length === 3);
    attempts[2]?.succeed();
    await again;
    expect([serving.state, serving.problem]).toEqual(['running', undefined]);
  });

  it('does not wait for what drains where that is not in the way', async () => {
    const { serving, attempts } = await running();
    serving.stop();
    const again = serving.start(OTHER);
    attempts[1]?.fail('in use');
    await again;
    expect([serving.state, attempts.length]).toEqual(['failed', 2]);
  });

  it('moves without a moment at which nothing is open', async () => {
    const { serving, opened, attempts } = await running();
    const moved = serving.start(OTHER);
    expect([serving.state, serving.open]).toEqual(['running', opened[0]]);
    expect(opened[0]?.deadlines).toEqual([]);
    attempts[1]?.succeed();
    await moved;
    expect([serving.state, serving.open]).toEqual(['running', opened[1]]);
    expect(opened[0]?.deadlines).toEqual([30_000]);
  });

  it('stays where it is when it cannot move', async () => {
    const { serving, opened, attempts } = await running();
    const moved = serving.start(OTHER);
    attempts[1]?.fail('taken');
    await moved;
    expect([serving.state, serving.open, serving.ports]).toEqual(['running', opened[0], USUAL]);
    expect(serving.problem?.message).toBe('taken');
  });

  it('ends up at the ports that were asked for last', async () => {
    const { serving, attempts } = switched();
    const both = Promise.all([serving.start(USUAL), serving.start(OTHER)]);
    attempts[0]?.succeed();
    await until(() => attempts.length === 2);
    attempts[1]?.succeed();
    await both;
    expect(serving.open?.ports).toEqual(OTHER);
  });
});

describe('the end', () => {
  it('drains with its own deadline, and nothing opens again', async () => {
    const { serving, opened, attempts } = await running();
    const closed = serving.close({ deadlineMs: 5 });
    opened[0]?.drained();
    await closed;
    expect(opened[0]?.deadlines).toContain(5);
    await serving.start(USUAL);
    expect([serving.state, attempts.length]).toEqual(['stopped', 1]);
  });

  it('waits for what is being opened, and closes it', async () => {
    const { serving, opened, attempts } = switched();
    void serving.start(USUAL);
    const closed = serving.close({ deadlineMs: 5 });
    attempts[0]?.succeed();
    await until(() => opened[0]?.deadlines?.includes(5) === true);
    opened[0]?.drained();
    await closed;
    expect(serving.state).toBe('stopped');
  });

  it('hurries what drains already, though an opening waits for it', async () => {
    const { serving, opened, attempts } = await running();
    serving.stop();
    void serving.start(USUAL);
    attempts[1]?.fail('in use');
    const closed = serving.close({ deadlineMs: 5 });
    expect(opened[0]?.deadlines).toEqual([30_000, 5]);
    opened[0]?.drained();
    await until(() => attempts.length === 3);
    attempts[2]?.fail('in use');
    await closed;
    expect(serving.state).toBe('stopped');
  });

  it('is at once where nothing was open', async () => {
    await expect(switched().serving.close({ deadlineMs: 5 })).resolves.toBeUndefined();
  });
});
