import type { Point, Rect } from './layout.ts';

/** Which part of a drawing is in view: the drawing's point at the upper left corner, and screen pixels for one of its units. */
export interface Viewport extends Point {
  readonly scale: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const MAX_SCALE = 3;
/** A drawing of any size fits the window at some scale; below this nothing can be told apart. */
const MIN_SCALE = 0.01;
/** Text can be read. */
const READABLE_SCALE = 0.7;
const MARGIN_PX = 24;

/** The point of the drawing below a point of the screen. */
export const toDrawing = ({ x, y, scale }: Viewport, at: Point): Point => ({
  x: x + at.x / scale,
  y: y + at.y / scale,
});

/** The part of the drawing that is in view. */
export const visibleRect = ({ x, y, scale }: Viewport, { width, height }: Size): Rect => ({
  x,
  y,
  width: width / scale,
  height: height / scale,
});

/** Moves the picture by screen pixels, as a hand would; some of it stays in view. */
export function panned(view: Viewport, dx: number, dy: number, drawing: Size, screen: Size): Viewport {
  return held({ ...view, x: view.x - dx / view.scale, y: view.y - dy / view.scale }, drawing, screen);
}

/** Larger or smaller by a factor; the point below `at` stays there. */
export function zoomed(view: Viewport, factor: number, at: Point, drawing: Size, screen: Size): Viewport {
  const scale = Math.min(MAX_SCALE, Math.max(MIN_SCALE, view.scale * factor));
  const fixed = toDrawing(view, at);
  return held({ scale, x: fixed.x - at.x / scale, y: fixed.y - at.y / scale }, drawing, screen);
}

/** The whole drawing in the middle of the screen, not larger than life. */
export function fitted(drawing: Size, screen: Size): Viewport {
  const scale = Math.min(
    1,
    Math.max(
      MIN_SCALE,
      Math.min((screen.width - MARGIN_PX) / drawing.width, (screen.height - MARGIN_PX) / drawing.height),
    ),
  );
  return {
    scale,
    x: (drawing.width - screen.width / scale) / 2,
    y: (drawing.height - screen.height / scale) / 2,
  };
}

/** Where one begins: everything if that can be read, else the start at a size that can be. */
export function opening(drawing: Size, screen: Size): Viewport {
  const whole = fitted(drawing, screen);
  if (whole.scale >= READABLE_SCALE) return whole;
  const scale = Math.min(1, Math.max(READABLE_SCALE, (screen.width - MARGIN_PX) / drawing.width));
  return { scale, x: (drawing.width - screen.width / scale) / 2, y: 0 };
}

/** The box in the middle, at a size that can be read. */
export function centred({ x, y, width, height }: Rect, scale: number, screen: Size): Viewport {
  const next = Math.max(scale, READABLE_SCALE);
  return { scale: next, x: x + width / 2 - screen.width / next / 2, y: y + height / 2 - screen.height / next / 2 };
}

/** Between two views, `part` from 0 to 1: for movements that the eye can follow. */
export function between(from: Viewport, to: Viewport, part: number, screen: Size): Viewport {
  const mix = (a: number, b: number): number => a + (b - a) * part;
  const scale = from.scale * (to.scale / from.scale) ** part;
  const centre = (view: Viewport): Point => toDrawing(view, { x: screen.width / 2, y: screen.height / 2 });
  const x = mix(centre(from).x, centre(to).x);
  const y = mix(centre(from).y, centre(to).y);
  return { scale, x: x - screen.width / scale / 2, y: y - screen.height / scale / 2 };
}

/** Keeps a third of the screen on the drawing. */
function held(view: Viewport, drawing: Size, screen: Size): Viewport {
  const edge = (at: number, size: number, shown: number): number =>
    Math.min(size - Math.min(size, shown) / 3, Math.max(at, Math.min(size, shown) / 3 - shown));
  return {
    scale: view.scale,
    x: edge(view.x, drawing.width, screen.width / view.scale),
    y: edge(view.y, drawing.height, screen.height / view.scale),
  };
}

export const overlaps = (a: Rect, b: Rect): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
