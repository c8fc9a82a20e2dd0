import { describe, expect, it } from 'vitest';
import { between, centred, fitted, opening, panned, toDrawing, visibleRect, zoomed } from './viewport.ts';

const screen = { width: 800, height: 600 };
const tall = { width: 300, height: 20_000 };
const small = { width: 400, height: 300 };

describe('viewport', () => {
  it('keeps the point below the pointer while zooming', () => {
    const view = { x: 100, y: 50, scale: 1 };
    const at = { x: 200, y: 100 };
    const before = toDrawing(view, at);
    expect(toDrawing(zoomed(view, 1.5, at, { width: 4000, height: 4000 }, screen), at)).toEqual(before);
  });

  it('zooms within bounds', () => {
    const view = { x: 0, y: 0, scale: 1 };
    expect(zoomed(view, 1000, { x: 0, y: 0 }, small, screen).scale).toBe(3);
    expect(zoomed(view, 1e-9, { x: 0, y: 0 }, small, screen).scale).toBe(0.01);
  });

  it('never loses the drawing', () => {
    const { x, y, width, height } = visibleRect(
      panned({ x: 0, y: 0, scale: 1 }, -99_999, 99_999, small, screen),
      screen,
    );
    expect([x < small.width, y + height > 0]).toEqual([true, true]);
    expect([width, height]).toEqual([800, 600]);
  });

  it('begins with all of it where that can be read, else at the start', () => {
    expect(opening(small, screen)).toEqual(fitted(small, screen));
    const start = opening(tall, screen);
    expect([start.y, start.scale]).toEqual([0, 1]);
    expect(fitted(tall, screen).scale).toBeCloseTo(576 / 20_000);
  });

  it('puts a box into the middle', () => {
    const view = centred({ x: 100, y: 5000, width: 60, height: 40 }, 0.1, screen);
    expect(view.scale).toBe(0.7);
    expect(toDrawing(view, { x: 400, y: 300 }).x).toBeCloseTo(130);
    expect(toDrawing(view, { x: 400, y: 300 }).y).toBeCloseTo(5020);
  });

  it('moves from one view to the other', () => {
    const from = { x: 0, y: 0, scale: 1 };
    const to = { x: 500, y: 900, scale: 0.5 };
    expect(between(from, to, 0, screen)).toEqual(from);
    const end = between(from, to, 1, screen);
    expect([end.x, end.y, end.scale].map((value) => Math.round(value * 1000) / 1000)).toEqual([500, 900, 0.5]);
  });
});
