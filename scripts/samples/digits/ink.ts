/** From the way of a pen to a small picture of it. */
import type { PenStroke } from './styles.ts';

/** Edge of a picture, in pixels. */
export const SIZE = 28;
/** Edge of the box that a centred digit fills, as in the MNIST data set. */
export const BOX = 20;

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Points so near each other that straight lines between them look like the curve. */
export type Line = readonly Point[];

export interface Pen {
  /** Of the line, in pixels. */
  readonly width: number;
  /** Over how many pixels the ink fades out at the edge; 1 is what anti-aliasing does. */
  readonly softness: number;
  /** Factor for the width at a place along a line, from 0 (start) to 1 (end); default 1 everywhere. */
  readonly pressure?: (along: number) => number;
}

const STEPS_BETWEEN_KNOTS = 8;

/** The curve through the knots of a stroke (Catmull-Rom), which ends at each corner and starts anew. */
export function trace(stroke: PenStroke): Line {
  const line: Point[] = [];
  let curve: Point[] = [];
  for (const [index, { x, y, corner }] of stroke.entries()) {
    curve.push({ x, y });
    if ((corner && index > 0) || index === stroke.length - 1) {
      line.push(...smoothed(curve));
      curve = [{ x, y }];
    }
  }
  return line;
}

function smoothed(places: readonly Point[]): Line {
  if (places.length < 3) return places;
  const points: Point[] = [];
  for (let index = 0; index + 1 < places.length; index += 1) {
    const [from, to] = [places[index], places[index + 1]];
    if (!from || !to) continue;
    const before = places[index - 1] ?? from;
    const after = places[index + 2] ?? to;
    for (let step = 0; step < STEPS_BETWEEN_KNOTS; step += 1) {
      const t = step / STEPS_BETWEEN_KNOTS;
      points.push({ x: spline(before.x, from.x, to.x, after.x, t), y: spline(before.y, from.y, to.y, after.y, t) });
    }
  }
  const last = places.at(-1);
  return last ? [...points, last] : points;
}

function spline(before: number, from: number, to: number, after: number, t: number): number {
  const slope = to - before;
  const bend = 2 * before - 5 * from + 4 * to - after;
  const twist = 3 * from - 3 * to + after - before;
  return from + 0.5 * t * (slope + t * (bend + t * twist));
}

/** The corners of the smallest upright box around all points. */
export function bounds(lines: readonly Line[]): { readonly min: Point; readonly max: Point } {
  const all = lines.flat();
  const xs = all.map(({ x }) => x);
  const ys = all.map(({ y }) => y);
  return {
    min: { x: Math.min(...xs), y: Math.min(...ys) },
    max: { x: Math.max(...xs), y: Math.max(...ys) },
  };
}

/** Moves lines and scales them alike in both directions, so that the longer side gets `length` and its middle `centre`. */
export function fit(lines: readonly Line[], length: number, centre: Point): readonly Line[] {
  const { min, max } = bounds(lines);
  const scale = length / Math.max(max.x - min.x, max.y - min.y, Number.MIN_VALUE);
  const middle = { x: (min.x + max.x) / 2, y: (min.y + max.y) / 2 };
  return lines.map((line) =>
    line.map(({ x, y }) => ({ x: centre.x + (x - middle.x) * scale, y: centre.y + (y - middle.y) * scale })),
  );
}

/** The middle of a picture: of pixel coordinates, where whole numbers are the middles of pixels. */
export const MIDDLE: Point = { x: (SIZE - 1) / 2, y: (SIZE - 1) / 2 };

/**
 * Draws lines, given in pixels.
 * @returns the ink of SIZE x SIZE pixels, row after row: 0 is paper, 1 is full ink.
 */
export function draw(lines: readonly Line[], { width, softness, pressure = () => 1 }: Pen): Float64Array {
  const picture = new Float64Array(SIZE * SIZE);
  for (const line of lines) {
    const segments = Math.max(1, line.length - 1);
    for (let index = 0; index < segments; index += 1) {
      const from = line[index];
      const to = line[index + 1] ?? from;
      if (from && to) drawSegment(picture, from, to, { reach: (width * pressure(index / segments)) / 2, softness });
    }
  }
  return picture;
}

function drawSegment(
  picture: Float64Array,
  from: Point,
  to: Point,
  { reach, softness }: { readonly reach: number; readonly softness: number },
): void {
  const margin = reach + softness / 2;
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const squaredLength = dx * dx + dy * dy;
  const lastRow = Math.min(SIZE - 1, Math.floor(Math.max(from.y, to.y) + margin));
  const lastColumn = Math.min(SIZE - 1, Math.floor(Math.max(from.x, to.x) + margin));
  for (let row = Math.max(0, Math.ceil(Math.min(from.y, to.y) - margin)); row <= lastRow; row += 1) {
    for (let column = Math.max(0, Math.ceil(Math.min(from.x, to.x) - margin)); column <= lastColumn; column += 1) {
      const [px, py] = [column - from.x, row - from.y];
      const along = squaredLength > 0 ? Math.min(1, Math.max(0, (px * dx + py * dy) / squaredLength)) : 0;
      const [ox, oy] = [px - along * dx, py - along * dy];
      const ink = Math.min(1, (margin - Math.sqrt(ox * ox + oy * oy)) / softness);
      const index = row * SIZE + column;
      if (ink > (picture[index] ?? 0)) picture[index] = ink;
    }
  }
}

/** Moves a picture by whole pixels so that its centre of mass comes to the middle, as the MNIST data set has it. */
export function centredByMass(picture: Float64Array): Float64Array {
  let [mass, x, y] = [0, 0, 0];
  for (const [index, ink] of picture.entries()) {
    mass += ink;
    x += ink * (index % SIZE);
    y += ink * Math.floor(index / SIZE);
  }
  if (mass === 0) return picture;
  return moved(picture, Math.round(MIDDLE.x - x / mass), Math.round(MIDDLE.y - y / mass));
}

function moved(picture: Float64Array, right: number, down: number): Float64Array {
  const result = new Float64Array(picture.length);
  for (let row = Math.max(0, down); row < Math.min(SIZE, SIZE + down); row += 1) {
    for (let column = Math.max(0, right); column < Math.min(SIZE, SIZE + right); column += 1) {
      result[row * SIZE + column] = picture[(row - down) * SIZE + column - right] ?? 0;
    }
  }
  return result;
}
