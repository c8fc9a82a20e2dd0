import { describe, expect, it } from 'vitest';
import { axisTimes } from './axis-times.ts';

const MINUTE = 60_000;
/** 2026-03-01 00:00:07 UTC. */
const FROM = Date.UTC(2026, 2, 1, 0, 0, 7);
const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 19);

describe('axisTimes', () => {
  it.each([
    { span: MINUTE, widthPx: 270, times: ['00:00:30', '00:01:00'] },
    { span: 5 * MINUTE, widthPx: 250, times: ['00:03:00'] },
    { span: 5 * MINUTE, widthPx: 460, times: ['00:01:00', '00:02:00', '00:03:00', '00:04:00', '00:05:00'] },
    { span: 60 * MINUTE, widthPx: 360, times: ['00:15:00', '00:30:00', '00:45:00', '01:00:00'] },
    { span: 6 * 60 * MINUTE, widthPx: 270, times: ['02:00:00', '04:00:00', '06:00:00'] },
  ])('gives round times of $span ms that have room in $widthPx px', ({ span, widthPx, times }) => {
    expect(axisTimes(FROM, FROM + span, widthPx).map(clock)).toEqual(times);
  });

  it('gives no more than fit, and at least a try where hardly anything does', () => {
    for (const widthPx of [10, 100, 333, 1280])
      for (const minutes of [0.1, 1, 7, 90, 2000])
        expect(axisTimes(FROM, FROM + minutes * MINUTE, widthPx).length).toBeLessThanOrEqual(
          Math.max(1, Math.floor(widthPx / 90)) + 1,
        );
  });
});
