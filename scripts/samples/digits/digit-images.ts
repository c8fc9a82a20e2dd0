/** Endless pictures of handwritten digits, no two alike, made from the drawings of {@link STYLES}. */
import { BOX, bounds, centredByMass, draw, fit, type Line, MIDDLE, type Pen, type Point, SIZE, trace } from './ink.ts';
import type { Random } from './random.ts';
import { type PenStroke, type Style, STYLES } from './styles.ts';

export interface LabelledImage {
  /** 28 x 28 pixels, row after row; 0 is paper and 1 full ink, in steps of 1/255. */
  readonly pixels: Float64Array;
  readonly digit: number;
}

/** How much the pictures differ: `tidy` is one careful writer, `varied` is everybody. */
export type Variety = 'tidy' | 'varied';

export type StyleChoice = 'trained' | 'heldOut';

/** A picture of a digit, where each digit and then each of its styles is as likely as any other. */
export function drawDigit(random: Random, choice: StyleChoice, variety: Variety = 'varied'): LabelledImage {
  const digit = random.below(10);
  const style = random.pick(STYLES.filter((one) => one.digit === digit && one.heldOut === (choice === 'heldOut')));
  return { pixels: drawStyle(style, random, variety), digit };
}

/** A picture of a style; see {@link LabelledImage.pixels}. */
export function drawStyle({ strokes }: Style, random: Random, variety: Variety = 'varied'): Float64Array {
  const much = variety === 'varied' ? 1 : 0.4;
  const angular = variety === 'varied' && random.chance(0.3);
  const unsteady = strokes.map((stroke) => trace(wobble(stroke, random, 2.2 * much)));
  const drawn = angular ? unsteady.map((line) => asByMouse(line, random)) : unsteady;
  const lines = slanted(bent(drawn, random, much), random, much);
  const pen = randomPen(random, much);
  const placed = placement(lines, pen, random, variety);
  return onPaper(placed, random, much);
}

/** Rounds to the 256 grey levels of an image file, so that a picture and its copy in a file are the same. */
export function quantized(picture: Float64Array): Float64Array {
  return picture.map((ink) => Math.round(Math.min(1, Math.max(0, ink)) * 255) / 255);
}

/** A hand never passes the same places twice, nor sets the pen down where it should. */
function wobble(stroke: PenStroke, random: Random, deviation: number): PenStroke {
  const [right, down] = [random.normal(deviation * 0.7), random.normal(deviation * 0.7)];
  return stroke.map(({ x, y, corner }) => ({
    x: x + right + random.normal(deviation),
    y: y + down + random.normal(deviation),
    corner,
  }));
}

/** A mouse reports few places, with straight lines between them. */
function asByMouse(line: Line, random: Random): Line {
  const stepLength = random.between(8, 22);
  const kept: Point[] = [];
  let sinceLast = Infinity;
  let previous = line[0];
  for (const point of line) {
    sinceLast += previous ? Math.hypot(point.x - previous.x, point.y - previous.y) : 0;
    previous = point;
    if (sinceLast < stepLength && point !== line.at(-1)) continue;
    kept.push({ x: point.x + random.normal(0.8), y: point.y + random.normal(0.8) });
    sinceLast = 0;
  }
  return kept;
}

/** Bends the whole sheet in slow waves: the elastic distortion that learning from few drawings needs. */
function bent(lines: readonly Line[], random: Random, much: number): readonly Line[] {
  const waves = Array.from({ length: 3 }, () => {
    const angle = random.between(0, 2 * Math.PI);
    const frequency = random.between(0.5, 1.5) * ((2 * Math.PI) / 100);
    return {
      x: Math.cos(angle) * frequency,
      y: Math.sin(angle) * frequency,
      phase: random.between(0, 2 * Math.PI),
      right: random.normal(2.2 * much),
      down: random.normal(2.2 * much),
    };
  });
  return mapPoints(lines, (point) => {
    let { x, y } = point;
    for (const wave of waves) {
      const height = Math.sin(point.x * wave.x + point.y * wave.y + wave.phase);
      x += wave.right * height;
      y += wave.down * height;
    }
    return { x, y };
  });
}

/** Makes it narrow or wide, lets it lean, and turns it. */
function slanted(lines: readonly Line[], random: Random, much: number): readonly Line[] {
  const narrow = 2 ** random.between(-0.9 * much, 0.3 * much);
  const shear = random.normal(0.18 * much) + 0.08;
  const angle = random.normal(0.12 * much);
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  return mapPoints(lines, ({ x, y }) => {
    const leaning = (x - 50) * narrow - (y - 50) * shear;
    return { x: leaning * cosine - (y - 50) * sine, y: leaning * sine + (y - 50) * cosine };
  });
}

function randomPen(random: Random, much: number): Pen {
  const swell = random.normal(0.15 * much);
  const phase = random.between(0, 2 * Math.PI);
  return {
    width: 2.4 * 2 ** random.between(-0.95 * much, 0.85 * much),
    softness: random.between(0.7, 1 + 0.8 * much),
    pressure: (along) => Math.max(0.5, 1 + swell * Math.sin(along * Math.PI * 2 + phase)),
  };
}

/** Mostly centred and scaled as in the MNIST data set; of varied pictures, many are as whoever drew them left them. */
function placement(lines: readonly Line[], pen: Pen, random: Random, variety: Variety): Float64Array {
  if (variety === 'tidy') return centredByMass(draw(fit(lines, BOX - pen.width, MIDDLE), pen));
  if (random.chance(0.6)) {
    const length = (BOX - pen.width) * random.between(0.92, 1.08);
    const middle = { x: MIDDLE.x + random.between(-1, 1), y: MIDDLE.y + random.between(-1, 1) };
    const picture = draw(fit(lines, length, middle), pen);
    return random.chance(0.5) ? centredByMass(picture) : picture;
  }
  const length = random.between(12, 25 - pen.width);
  const fitted = fit(lines, length, MIDDLE);
  const { min, max } = bounds(fitted);
  const free = (from: number, to: number): number =>
    Math.max(-5, Math.min(5, ((SIZE - 1 - pen.width - (to - from)) / 2) * random.between(-1, 1)));
  return draw(mapPoints(fitted, move({ x: free(min.x, max.x), y: free(min.y, max.y) })), pen);
}

/** Ink is not always black, paper not always clean, and scaling blurs. */
function onPaper(picture: Float64Array, random: Random, much: number): Float64Array {
  const blurred = random.chance(0.25 * much) ? blur(picture, random.between(0.1, 0.5)) : picture;
  const strength = random.chance(0.6) ? 1 : random.between(1 - 0.35 * much, 1);
  const noise = random.chance(0.3) ? random.between(0, 0.08 * much) : 0;
  return quantized(blurred.map((ink) => Math.max(0, ink * strength + (noise > 0 ? random.normal(noise) : 0))));
}

/** @param share how much of its ink a pixel gives to its four neighbours. */
function blur(picture: Float64Array, share: number): Float64Array {
  const at = (row: number, column: number): number =>
    row < 0 || column < 0 || row >= SIZE || column >= SIZE ? 0 : (picture[row * SIZE + column] ?? 0);
  return picture.map((ink, index) => {
    const [row, column] = [Math.floor(index / SIZE), index % SIZE];
    const around = at(row - 1, column) + at(row + 1, column) + at(row, column - 1) + at(row, column + 1);
    return ink * (1 - share) + (around / 4) * share;
  });
}

function mapPoints(lines: readonly Line[], map: (point: Point) => Point): readonly Line[] {
  return lines.map((line) => line.map(map));
}

function move(by: Point): (point: Point) => Point {
  return ({ x, y }) => ({ x: x + by.x, y: y + by.y });
}
