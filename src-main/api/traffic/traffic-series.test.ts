import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TrafficHistory } from '../../contracts/ui-traffic.ts';
import { type CountedCall, TrafficSeries } from './traffic-series.ts';

const SEED = 20_261_122;
const START = 1_700_000_000_000;
const call = (differing: Partial<CountedCall> = {}): CountedCall => ({
  verdict: 'ok',
  durationMs: 3,
  queueMs: 1,
  runMs: 2,
  ...differing,
});
const make = (steps = 5) => new TrafficSeries({ stepMs: 1000, steps, nowMs: START });

it('counts by verdict and time, in steps that are over', () => {
  const series = make();
  series.count(call(), START);
  series.count(call({ verdict: 'clientError', queueMs: undefined, runMs: undefined }), START + 999);
  series.count(call({ verdict: 'serverError', runMs: 6 }), START + 1000);
  series.sawInFlight(3, START + 1000);
  series.sawInFlight(2, START + 1500);
  const history = series.history(0, START + 2500);
  expect(TrafficHistory.parse(history)).toMatchObject({
    startMs: START,
    stepMs: 1000,
    ok: [1, 0],
    clientErrors: [1, 0],
    serverErrors: [0, 1],
    queueMs: [1, 1],
    runMs: [2, 6],
    inFlight: [0, 3],
  });
});

it('has null for times of steps without a call', () => {
  const series = make();
  series.count(call(), START);
  const { p50Ms, runMs, cells } = series.history(0, START + 3000);
  expect([p50Ms.length, p50Ms[1], runMs[2]]).toEqual([3, null, null]);
  expect(cells).toEqual([[0, expect.any(Number), 1]]);
});

it('forgets what is older than its steps, and begins with the time it was made', () => {
  const series = make(4);
  for (let second = 0; second < 10; second += 1) series.count(call(), START + second * 1000);
  expect(series.history(0, START + 10_000)).toMatchObject({ startMs: START + 7000, ok: [1, 1, 1] });
  expect(series.history(START + 9000, START + 10_000)).toMatchObject({ startMs: START + 9000, ok: [1] });
  expect(series.history(0, START + 60_000)).toMatchObject({ startMs: START + 57_000, ok: [0, 0, 0] });
  expect(make().history(0, START + 500)).toMatchObject({ startMs: START, ok: [] });
});

it('goes on in its newest step when the clock is set back', () => {
  const series = make();
  series.count(call(), START + 3000);
  series.count(call(), START + 1000);
  expect(series.history(0, START + 4000).ok).toEqual([0, 0, 0, 2]);
});

it('takes steps together, those that it knows and that are over', () => {
  const series = make(7);
  for (let second = 1; second < 10; second += 1)
    for (let count = 0; count < second; count += 1) series.count(call(), START + second * 1000);
  // Kept are seconds 4 to 10; second 10 runs.
  const together = series.history(0, START + 10_000, 3);
  expect(together).toMatchObject({ stepMs: 3000, ok: expect.arrayContaining([expect.any(Number)]) });
  const { startMs, stepMs, ok } = together;
  expect(startMs % stepMs).toBe(0);
  const secondsOf = (at: number) => [0, 1, 2].map((each) => (startMs - START) / 1000 + at * 3 + each);
  expect(ok).toEqual(ok.map((_, at) => secondsOf(at).reduce((total, second) => total + second, 0)));
  expect(startMs).toBeGreaterThanOrEqual(START + 4000);
});

describe('quantiles', () => {
  it.each([0.02, 0.12, 1, 17, 950, 99_000])('of %d ms alone are within a row of it', (durationMs) => {
    const series = make();
    for (let count = 0; count < 100; count += 1) series.count(call({ durationMs }), START);
    const { p50Ms, p99Ms } = series.history(0, START + 1000);
    for (const [quantile] of [p50Ms, p99Ms]) {
      expect(quantile).toBeGreaterThanOrEqual(durationMs < 0.1 ? 0 : durationMs * 0.75);
      expect(quantile).toBeLessThanOrEqual(Math.max(0.1, durationMs * 1.34));
    }
  });

  it('beyond the scale are its end', () => {
    const series = make();
    series.count(call({ durationMs: 1e9 }), START);
    expect(series.history(0, START + 1000)).toMatchObject({ p99Ms: [expect.closeTo(100_000, 0)], cells: [[0, 49, 1]] });
  });

  it('are in order and within a row of the true ones, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.11, max: 90_000, noNaN: true }), { minLength: 1 }), (durations) => {
        const series = make();
        for (const durationMs of durations) series.count(call({ durationMs }), START);
        const { p50Ms, p95Ms, p99Ms, cells } = series.history(0, START + 1000);
        const sorted = durations.toSorted((a, b) => a - b);
        for (const [quantile, share] of [
          [p50Ms[0], 0.5],
          [p95Ms[0], 0.95],
          [p99Ms[0], 0.99],
        ] as const) {
          const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
          expect(quantile).toBeGreaterThanOrEqual(exact / 1.34);
          expect(quantile).toBeLessThanOrEqual(exact * 1.34);
        }
        expect(p50Ms[0]).toBeLessThanOrEqual(p95Ms[0] ?? 0);
        expect(cells.reduce((total, [, , count]) => total + count, 0)).toBe(durations.length);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });
});

it('agrees with plain counting, whatever the gaps', () => {
  const gaps = fc.array(fc.record({ gapMs: fc.integer({ min: 0, max: 4000 }), ok: fc.boolean() }), { maxLength: 60 });
  fc.assert(
    fc.property(gaps, (calls) => {
      const series = make(6);
      const seen: { readonly step: number; readonly ok: boolean }[] = [];
      let nowMs = START;
      for (const { gapMs, ok } of calls) {
        nowMs += gapMs;
        series.count(call({ verdict: ok ? 'ok' : 'serverError' }), nowMs);
        seen.push({ step: Math.floor(nowMs / 1000), ok });
      }
      const { startMs, ok, serverErrors } = series.history(0, nowMs);
      for (const [at, count] of ok.entries()) {
        const inStep = seen.filter(({ step }) => step === startMs / 1000 + at);
        expect([count, serverErrors[at]]).toEqual([
          inStep.filter((each) => each.ok).length,
          inStep.filter((each) => !each.ok).length,
        ]);
      }
    }),
    { seed: SEED, numRuns: 200 },
  );
});
