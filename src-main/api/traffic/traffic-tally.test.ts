import { expect, it, vi } from 'vitest';
import { ServableName } from '../../contracts/ids.ts';
import { TrafficBoard } from '../../contracts/ui-traffic.ts';
import { createManualClock } from '../../core/testing/manual-clock.ts';
import { outcome } from '../testing/outcomes.ts';
import { createTrafficTally } from './traffic-tally.ts';

const START = 1_700_000_000_000;
const M = ServableName.parse('m');

function setUp() {
  const clock = createManualClock(START);
  const load = { inFlight: 0 };
  const tally = createTrafficTally({
    clock,
    modelNamed: (name) => (name === 'm' || name === 'other' ? ServableName.parse(name) : undefined),
    inFlight: () => load.inFlight,
    lastRequest: () => 7,
  });
  const onChange = vi.fn<() => void>();
  tally.subscribe(onChange);
  return { clock, tally, load, onChange };
}

it('shows each model of late, second by second', async () => {
  const { clock, tally } = setUp();
  tally.observe(outcome());
  tally.observe(outcome({ code: 'INVALID_ARGUMENT' }));
  await clock.advance(1000);
  tally.observe(outcome({ code: 'UNAVAILABLE' }));
  await clock.advance(1000);
  const board = TrafficBoard.parse(tally.current());
  expect(board).toMatchObject({ atMs: START + 2000, lastRequest: 7 });
  const [model] = board.models;
  expect(model).toMatchObject({ name: 'm', clientErrors: 1, serverErrors: 1 });
  expect(model?.perSecond).toHaveLength(60);
  expect(model?.perSecond.slice(-3)).toEqual([0, 2, 1]);
});

it('counts only what runs a model, and made-up names in the sum alone', () => {
  const { tally } = setUp();
  for (const method of ['status', 'metadata', 'other'] as const) tally.observe(outcome({ method }));
  tally.observe(outcome({ model: 'nothing', code: 'NOT_FOUND' }));
  expect(tally.current().models).toEqual([]);
  const { clientErrors } = tally.history({});
  expect(clientErrors).toEqual([]);
});

it('has the history of all and of one', async () => {
  const { clock, tally, load } = setUp();
  load.inFlight = 4;
  tally.observe(outcome());
  tally.observe(outcome({ model: 'other' }));
  tally.observe(outcome({ model: 'nothing', code: 'NOT_FOUND' }));
  await clock.advance(5000);
  expect(tally.history({})).toMatchObject({
    startMs: START,
    stepMs: 1000,
    ok: [2, 0, 0, 0, 0],
    clientErrors: [1, 0, 0, 0, 0],
    inFlight: [4, 4, 4, 4, 4],
  });
  expect(tally.history({ sinceMs: START + 3000 }).ok).toEqual([0, 0]);
  expect(tally.history({ model: M })).toMatchObject({ stepMs: 5000, ok: [1], inFlight: [4] });
  expect(tally.history({ stepMs: 2000 })).toMatchObject({ stepMs: 2000, ok: [2, 0], inFlight: [4, 4] });
  expect(tally.history({ model: ServableName.parse('quiet') }).ok).toEqual([]);
});

it('tells once a second as long as rows change, and then rests', async () => {
  const { clock, tally, onChange } = setUp();
  await clock.advance(5000);
  expect(onChange).not.toHaveBeenCalled();
  tally.observe(outcome());
  tally.observe(outcome());
  for (let second = 0; second < 70; second += 1) await clock.advance(1000);
  expect(onChange).toHaveBeenCalledTimes(62);
  expect(tally.current().models).toEqual([]);
  expect(clock.pendingSleeps).toBe(0);
  tally.observe(outcome());
  await clock.advance(1000);
  expect(onChange).toHaveBeenCalledTimes(63);
});

it('tells of calls that it does not count, since they are recorded', async () => {
  const { clock, tally, onChange } = setUp();
  tally.observe(outcome({ method: 'status' }));
  for (let second = 0; second < 5; second += 1) await clock.advance(1000);
  expect(onChange).toHaveBeenCalledTimes(2);
  expect(clock.pendingSleeps).toBe(0);
});

it('forgets a model that has been quiet for as long as the charts go back', async () => {
  const { clock, tally } = setUp();
  tally.observe(outcome());
  await clock.advance(100_000);
  expect(tally.history({ model: M }).ok.length).toBeGreaterThan(0);
  await clock.advance(900_000);
  tally.observe(outcome({ model: 'other' }));
  await clock.advance(1000);
  expect(tally.history({ model: M }).ok).toEqual([]);
});

it('tells of calls that were turned away, which nothing else counts', async () => {
  const { clock, tally, onChange } = setUp();
  expect(tally.current()).not.toHaveProperty('refused');
  const call = { entrypoint: 'REST', code: 'UNAUTHENTICATED', address: '10.0.0.1', reason: 'no token' } as const;
  tally.observeRefused(call);
  tally.observeRefused(call);
  for (let second = 0; second < 5; second += 1) await clock.advance(1000);
  expect(onChange).toHaveBeenCalledTimes(2);
  expect(TrafficBoard.parse(tally.current())).toMatchObject({ models: [], refused: { count: 2, lastMs: START } });
  expect(tally.refused()).toMatchObject([{ address: '10.0.0.1', count: 2 }]);
  expect(tally.history({}).clientErrors.every((count) => count === 0)).toBe(true);
  tally.forgetRefused();
  expect(onChange).toHaveBeenCalledTimes(3);
  expect(tally.current()).not.toHaveProperty('refused');
});

it('stops when it is closed', async () => {
  const { clock, tally, onChange } = setUp();
  tally.observe(outcome());
  tally.close();
  await clock.advance(5000);
  expect(onChange).not.toHaveBeenCalled();
});
