import { describe, expect, it } from 'vitest';
import type { EventView } from '#contracts/ui.ts';
import { unloadedVersion, version, versionView } from '../../testing/fixtures.ts';
import { axisTicks, type Lane, laneStatus, lanesOf, percentAt, shownLanes } from './lanes.ts';

let sequence = 0;
const event = (of: string, atMs: number, phase: EventView['phase'], over: Partial<EventView> = {}): EventView => ({
  sequence: (sequence += 1),
  atMs,
  version: version(of),
  kind: 'state',
  phase,
  reason: `${phase} at ${atMs}`,
  ...over,
});
const corrupt = { code: 'INVALID_ARGUMENT', message: 'model.onnx is cut short' };

const plain = (lanes: readonly Lane[]): readonly string[] =>
  lanes.map(
    ({ version: of, segments, isOver }) =>
      `v${of}${isOver ? ' over' : ''}: ${segments.map(({ kind, fromMs, toMs }) => `${kind} ${fromMs}-${toMs ?? ''}`).join(', ')}`,
  );

describe('lanesOf', () => {
  it('shows a swap: the new one above the old one', () => {
    const events = [
      event('7', 10, 'start'),
      event('7', 11, 'loading'),
      event('7', 15, 'available'),
      event('8', 20, 'waiting', { kind: 'found' }),
      event('8', 20, 'waiting', { kind: 'waiting', reason: 'weights.bin is still growing' }),
      event('8', 30, 'start'),
      event('8', 30, 'loading'),
      event('8', 40, 'available'),
      event('7', 41, 'unloading'),
      event('7', 42, 'end'),
      event('8', 50, 'available', { kind: 'firstRequest' }),
    ];
    expect(plain(lanesOf(events, [versionView('8', { sinceMs: 40 })]))).toEqual([
      'v8: waiting 20-30, start 30-30, loading 30-40, available 40-',
      'v7 over: start 10-11, loading 11-15, available 15-41, unloading 41-42',
    ]);
  });

  it('shows retries and what is left of a failure', () => {
    const events = [
      event('8', 30, 'loading'),
      event('8', 31, 'loading', { retryAtMs: 60, error: corrupt }),
      event('8', 60, 'loading', { error: corrupt }),
      event('8', 61, 'end', { error: corrupt }),
    ];
    const [lane] = lanesOf(events, [unloadedVersion('8', 'end', { sinceMs: 61, error: corrupt })]);
    expect(plain(lane ? [lane] : [])).toEqual(['v8 over: loading 30-31, retrying 31-60, loading 60-61, failed 61-']);
    expect(lane?.markers.map(({ status, reason }) => `${status}: ${reason}`).slice(1)).toEqual([
      'retrying: model.onnx is cut short',
      'loading: model.onnx is cut short',
      'failed: model.onnx is cut short',
    ]);
  });

  it('shows how long a version was unloaded by hand', () => {
    const events = [
      event('8', 10, 'available'),
      event('8', 20, 'available', { kind: 'held', reason: 'unloaded by you' }),
      event('8', 20, 'unloading'),
      event('8', 25, 'end'),
      event('8', 30, 'end', { kind: 'released' }),
      event('8', 31, 'start'),
      event('8', 32, 'available'),
    ];
    const lanes = lanesOf(events, [versionView('8', { sinceMs: 32 })]);
    expect(plain(lanes)).toEqual(['v8: available 10-20, unloading 20-25, held 25-30, start 31-32, available 32-']);
    expect(lanes[0]?.segments[2]?.reason).toBe('unloaded by you');
    const held = unloadedVersion('8', 'end', { sinceMs: 25, held: 'unloaded' });
    expect(plain(lanesOf(events.slice(0, 4), [held]))).toEqual(['v8: available 10-20, unloading 20-25, held 25-']);
    expect(plain(lanesOf([], [held]))).toEqual(['v8: held 25-']);
  });

  it('has a version of which no event is known any more', () => {
    expect(plain(lanesOf([], [versionView('3', { sinceMs: 5 }), unloadedVersion('2', 'end', { sinceMs: 4 })]))).toEqual(
      ['v3: available 5-', 'v2 over: '],
    );
  });

  it('ends the waiting of a version whose folder is gone', () => {
    const events = [event('8', 20, 'waiting', { kind: 'waiting' }), event('8', 25, 'waiting', { kind: 'gone' })];
    expect(plain(lanesOf(events, []))).toEqual(['v8 over: waiting 20-25']);
  });

  it('keeps a version available when its folder goes or changes while it serves', () => {
    const events = [
      event('8', 20, 'available'),
      event('8', 25, 'available', { kind: 'waiting' }),
      event('8', 30, 'available', { kind: 'gone' }),
    ];
    expect(plain(lanesOf(events, [versionView('8', { sinceMs: 20 })]))).toEqual(['v8: available 20-']);
  });

  it('sorts versions as numbers', () => {
    const versions = ['10', '9', '9223372036854775807'].map((of) => versionView(of, { sinceMs: 1 }));
    expect(lanesOf([], versions).map((lane) => lane.version)).toEqual(['9223372036854775807', '10', '9']);
  });
});

describe('what a version is in one word', () => {
  const ended = unloadedVersion('8', 'end', { aspired: false });
  const cancelled = unloadedVersion('8', 'end', { aspired: false, error: { code: 'CANCELLED', message: 'why' } });
  const served = [event('8', 20, 'available'), event('8', 30, 'unloading'), event('8', 31, 'end')];

  it.each([
    { when: 'it serves', events: served.slice(0, 1), view: versionView('8'), word: 'available' },
    { when: 'it served', events: served, view: ended, word: 'unloaded' },
    { when: 'it served, and nobody speaks of it any more', events: served, view: undefined, word: 'unloaded' },
    { when: 'nobody picked it', events: [], view: undefined, word: 'notLoaded' },
    { when: 'its first load was cancelled', events: [event('8', 20, 'loading')], view: cancelled, word: 'notLoaded' },
    { when: 'its folder is gone', events: served, view: undefined, isFound: false, word: 'gone' },
  ])('is $word when $when', ({ events, view, isFound = true, word }) => {
    const found = isFound ? [version('8')] : [];
    const [lane] = lanesOf(events, view ? [view] : [], found);
    expect(lane && laneStatus(lane, view, isFound)).toBe(word);
  });
});

it('folds away what ended longest ago', () => {
  const events = ['1', '2', '3', '4'].map((of, index) => event(of, index, 'end'));
  const { shown, older } = shownLanes(lanesOf(events, [versionView('5')]), 2);
  expect([shown.map((lane) => lane.version), older]).toEqual([['5', '4', '3'], 2]);
});

it.each([
  [0, 0],
  [50, 50],
  [150, 150],
  [-10, -10],
])('%d ms is at %d percent', (atMs, percent) => {
  expect(percentAt({ fromMs: 0, toMs: 100 }, atMs)).toBe(percent);
});

it.each([
  [60_000, 6, [0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000]],
  [600_000, 6, [0, 120_000, 240_000, 360_000, 480_000, 600_000]],
  [90 * 86_400_000, 3, [0, 30, 60, 90].map((days) => days * 86_400_000)],
])('an axis of %d ms with room for %d has round ticks', (span, most, expected) => {
  expect(axisTicks({ fromMs: 0, toMs: span }, most, 0)).toEqual(expected);
});

it('an axis has the round times of the local day', () => {
  const halfHour = 30 * 60_000;
  expect(axisTicks({ fromMs: 1, toMs: 7_200_000 }, 2, halfHour)).toEqual([halfHour, halfHour + 3_600_000]);
});
