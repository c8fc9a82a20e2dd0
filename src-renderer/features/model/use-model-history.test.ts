import { expect, it } from 'vitest';
import type { EventView } from '#contracts/ui.ts';
import { version } from '../../testing/fixtures.ts';
import { mergeEvents } from './use-model-history.ts';

const event = (sequence: number, reason = 'as it was'): EventView => ({
  sequence,
  atMs: sequence,
  version: version('1'),
  kind: 'waiting',
  phase: 'waiting',
  reason,
});

it('joins what was asked for with what has come since, each event as it was told last', () => {
  const merged = mergeEvents([event(1), event(2), event(3)], [event(3, 'told anew'), event(5)]);
  expect(merged.map(({ sequence, reason }) => `${sequence} ${reason}`)).toEqual([
    '1 as it was',
    '2 as it was',
    '3 told anew',
    '5 as it was',
  ]);
});
