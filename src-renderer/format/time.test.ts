import { describe, expect, it } from 'vitest';
import { formatAgo, formatCountdown, formatDuration } from './time.ts';

describe('formatCountdown', () => {
  it.each([
    [8000, '8 s'],
    [7001, '8 s'],
    [1, '1 s'],
    [0, 'now'],
    [-500, 'now'],
    [59_999, '1 min 00 s'],
    [65_000, '1 min 05 s'],
    [3_600_000, '1 h 00 min'],
    [7_380_000, '2 h 03 min'],
  ])('%i ms left: %s', (leftMs, text) => {
    expect(formatCountdown(leftMs)).toBe(text);
  });
});

describe('formatAgo', () => {
  it.each([
    [-3000, 'just now'],
    [4999, 'just now'],
    [12_000, '12 s ago'],
    [200_000, '3 min ago'],
    [7_200_000, '2 h ago'],
    [432_000_000, '5 d ago'],
  ])('%i ms: %s', (agoMs, text) => {
    expect(formatAgo(agoMs)).toBe(text);
  });
});

describe('formatDuration', () => {
  it.each([
    [0.42, '0.42 ms'],
    [8.04, '8.0 ms'],
    [12.4, '12 ms'],
    [999.6, '1.00 s'],
    [1240, '1.24 s'],
    [65_000, '1 min 05 s'],
  ])('%f ms: %s', (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });
});
