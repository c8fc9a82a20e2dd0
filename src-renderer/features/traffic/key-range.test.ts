import { expect, it } from 'vitest';
import { keyRange, type TimeRange } from './key-range.ts';

const shown: TimeRange = { fromMs: 0, toMs: 300 };
const at = (fromMs: number, toMs: number): { range: TimeRange } => ({ range: { fromMs, toMs } });

it.each<[string, string, boolean, TimeRange | undefined, ReturnType<typeof keyRange>]>([
  ['an arrow marks the newest part', 'ArrowLeft', false, undefined, at(250, 300)],
  ['Enter does so too', 'Enter', false, undefined, at(250, 300)],
  ['an arrow moves it', 'ArrowLeft', false, { fromMs: 100, toMs: 150 }, at(90, 140)],
  ['to the other side', 'ArrowRight', false, { fromMs: 100, toMs: 150 }, at(110, 160)],
  ['not beyond the start', 'ArrowLeft', false, { fromMs: 5, toMs: 55 }, at(0, 50)],
  ['not beyond the end', 'ArrowRight', false, { fromMs: 245, toMs: 295 }, at(250, 300)],
  ['Shift makes it longer', 'ArrowRight', true, { fromMs: 100, toMs: 150 }, at(100, 160)],
  ['and shorter', 'ArrowLeft', true, { fromMs: 100, toMs: 150 }, at(100, 140)],
  ['never shorter than a step', 'ArrowLeft', true, { fromMs: 100, toMs: 110 }, at(100, 110)],
  ['Home', 'Home', false, { fromMs: 100, toMs: 150 }, at(0, 50)],
  ['End', 'End', false, { fromMs: 100, toMs: 150 }, at(250, 300)],
  ['one that has left the window comes back', 'ArrowLeft', false, { fromMs: -90, toMs: -40 }, at(0, 50)],
  ['Escape marks nothing', 'Escape', false, { fromMs: 100, toMs: 150 }, { range: undefined }],
  ['Escape is for others where nothing is marked', 'Escape', false, undefined, undefined],
  ['a letter does nothing', 'x', false, { fromMs: 100, toMs: 150 }, undefined],
])('%s', (_, key, shiftKey, marked, expected) => {
  expect(keyRange({ key, shiftKey }, shown, marked)).toEqual(expected);
});
