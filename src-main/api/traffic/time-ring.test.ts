import { expect, it, vi } from 'vitest';
import { TimeRing } from './time-ring.ts';

const START = 1_700_000_000_000;
const FIRST = START / 1000;

function make(steps = 4) {
  const onReused = vi.fn<(slot: number) => void>();
  return { ring: new TimeRing({ stepMs: 1000, steps, nowMs: START + 500 }, onReused), onReused };
}

it('has a place for the step that runs, the same for as long as it does', () => {
  const { ring, onReused } = make();
  expect(ring.slotAt(START + 600)).toBe(ring.slotAt(START + 999));
  expect(onReused).not.toHaveBeenCalled();
  expect(ring.slotAt(START + 1000)).toBe((FIRST + 1) % 4);
  expect(onReused.mock.calls).toEqual([[(FIRST + 1) % 4]]);
});

it('empties each place once, however long nothing happened', () => {
  const { ring, onReused } = make();
  ring.advance(START + 1_000_000);
  expect(onReused).toHaveBeenCalledTimes(4);
  expect(new Set(onReused.mock.calls.map(([slot]) => slot))).toEqual(new Set([0, 1, 2, 3]));
});

it('goes on in the newest step where the clock is set back', () => {
  const { ring, onReused } = make();
  const slot = ring.slotAt(START + 2000);
  onReused.mockClear();
  expect(ring.slotAt(START)).toBe(slot);
  expect(onReused).not.toHaveBeenCalled();
});

it('knows the places of the last full steps', () => {
  const { ring } = make();
  expect(ring.last(2, START + 5500)).toEqual([(FIRST + 3) % 4, (FIRST + 4) % 4]);
  expect(ring.last(9, START + 5500)).toHaveLength(3);
});
