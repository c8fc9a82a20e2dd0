import { describe, expect, it } from 'vitest';
import type { TrafficHistory } from '#contracts/ui-traffic.ts';
import { heatRows, heatTicks, heightOf, rateTop } from './heat-map.ts';
import { addSteps, knownUntil, stepsOf, withGaps } from './traffic-steps.ts';

const BOUNDS = Array.from({ length: 49 }, (_, row) => 0.1 * 10 ** (row / 8));
const history = (startMs: number, ok: readonly number[], cells: TrafficHistory['cells'] = []): TrafficHistory => {
  const none = ok.map(() => null);
  const zero = ok.map(() => 0);
  return {
    startMs,
    stepMs: 1000,
    ok,
    clientErrors: zero,
    serverErrors: zero,
    p50Ms: none,
    p95Ms: none,
    p99Ms: none,
    queueMs: none,
    runMs: none,
    inFlight: zero,
    boundsMs: BOUNDS,
    cells,
  };
};

describe('steps', () => {
  it('have their cells, and nothing where there was no call', () => {
    const { steps } = stepsOf(
      history(
        5000,
        [3, 0],
        [
          [0, 4, 2],
          [0, 7, 1],
        ],
      ),
    );
    expect(steps).toMatchObject([
      {
        atMs: 5000,
        ok: 3,
        cells: [
          [4, 2],
          [7, 1],
        ],
      },
      { atMs: 6000, cells: [], p50Ms: undefined },
    ]);
  });

  it('are added at the end, forgotten at the beginning, and replaced where they are told again', () => {
    const before = stepsOf(history(0, [1, 2, 3]));
    const all = addSteps(before, stepsOf(history(2000, [9, 4])), 1000);
    expect(all.steps.map(({ atMs, ok }) => [atMs, ok])).toEqual([
      [1000, 2],
      [2000, 9],
      [3000, 4],
    ]);
    expect(knownUntil(all)).toBe(4000);
    expect(addSteps(before, stepsOf(history(3000, [])), 0).steps).toHaveLength(3);
    const other = { ...stepsOf(history(0, [7])), stepMs: 5000 };
    expect(addSteps(before, other, 0)).toBe(other);
  });

  it('have a gap where some are missing', () => {
    const all = addSteps(stepsOf(history(0, [1])), stepsOf(history(5000, [1])), 0);
    expect(withGaps(all).map((point) => [point.atMs, 'ok' in point])).toEqual([
      [0, true],
      [1000, false],
      [5000, true],
    ]);
  });
});

describe('the scale', () => {
  it('gives each row the same height', () => {
    const rows = { low: 8, high: 27 };
    for (let row = rows.low; row <= rows.high; row += 1) {
      expect(heightOf(BOUNDS[row] ?? 0, BOUNDS, rows)).toBeCloseTo((row - rows.low + 1) / 20, 9);
    }
    expect([heightOf(0, BOUNDS, rows), heightOf(1e9, BOUNDS, rows)]).toEqual([0, 1]);
  });

  it.each([
    { what: 'nothing', cells: [] },
    { what: 'the fastest', cells: [[0, 0, 1]] },
    { what: 'the slowest', cells: [[0, 49, 1]] },
    {
      what: 'everything',
      cells: [
        [0, 0, 1],
        [0, 49, 1],
      ],
    },
  ] satisfies { what: string; cells: TrafficHistory['cells'] }[])(
    'shows $what and at least twenty rows',
    ({ cells }) => {
      const { low, high } = heatRows(stepsOf(history(0, [1], cells)));
      expect(high - low + 1).toBeGreaterThanOrEqual(20);
      expect(low).toBeGreaterThanOrEqual(0);
      expect(high).toBeLessThanOrEqual(49);
      for (const [, row] of cells) expect(row >= low && row <= high).toBe(true);
    },
  );

  it('names powers of ten', () => {
    expect(heatTicks(BOUNDS, { low: 4, high: 45 }).map(({ label }) => label)).toEqual([
      '1 ms',
      '10 ms',
      '100 ms',
      '1 s',
      '10 s',
    ]);
  });

  it.each([
    [0, 1],
    [3, 5],
    [51, 100],
    [100, 100],
    [1800, 2000],
  ])('of %d requests per second goes up to %d', (count, top) => {
    expect(rateTop(stepsOf(history(0, [count])))).toBe(top);
  });
});
