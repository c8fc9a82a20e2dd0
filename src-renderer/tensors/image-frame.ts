/** Pixels brought to the size that a model wants; plain arithmetic, so that the same picture always gives the same numbers. */

/** Rows from the top, four bytes per pixel (red, green, blue, alpha not multiplied in), as a canvas gives them. */
export interface Rgba {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/**
 * `fit`: all of the picture, with bars. `crop`: fills the frame, the middle of the picture. `stretch`: both sides as they
 * come. `mnist`: bright ink on black, cut out, scaled into 20/28 of the frame and laid with its centre of mass in the middle,
 * as the digits of MNIST were.
 */
export const FRAMINGS = ['fit', 'crop', 'stretch', 'mnist'] as const;
export type Framing = (typeof FRAMINGS)[number];

/** Three planes of one byte range, kept as floats so that nothing is rounded twice. */
export interface Planes {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue, 0 to 255, row-major, one plane after the other. */
  readonly data: Float32Array;
}

interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface FrameOptions {
  readonly width: number;
  readonly height: number;
  readonly framing: Framing;
  /** Swaps dark and bright before anything else. */
  readonly invert: boolean;
}

/** Darker than this is no ink. */
const INK = 24;
const INK_SHARE = 20 / 28;

/** A picture in the frame of a model. Transparent parts count as black, bars are black. */
export function frameImage(image: Rgba, { width, height, framing, invert }: FrameOptions): Planes {
  const source = toPlanes(image, invert);
  const whole: Rect = { x: 0, y: 0, width: source.width, height: source.height };
  const scaleX = width / source.width;
  const scaleY = height / source.height;
  switch (framing) {
    case 'stretch':
      return resample(source, whole, width, height);
    case 'crop': {
      const scale = Math.max(scaleX, scaleY);
      const [w, h] = [width / scale, height / scale];
      return resample(
        source,
        { x: (source.width - w) / 2, y: (source.height - h) / 2, width: w, height: h },
        width,
        height,
      );
    }
    case 'fit': {
      const scale = Math.min(scaleX, scaleY);
      const w = Math.max(1, Math.round(source.width * scale));
      const h = Math.max(1, Math.round(source.height * scale));
      const small = resample(source, whole, w, h);
      return place(small, width, height, Math.floor((width - w) / 2), Math.floor((height - h) / 2));
    }
    case 'mnist':
      return centreInk(source, width, height);
    default:
      return framing satisfies never;
  }
}

function toPlanes({ width, height, data }: Rgba, invert: boolean): Planes {
  const count = width * height;
  const planes = new Float32Array(count * 3);
  for (let pixel = 0; pixel < count; pixel++) {
    const alpha = (data[pixel * 4 + 3] ?? 0) / 255;
    for (let channel = 0; channel < 3; channel++) {
      const value = (data[pixel * 4 + channel] ?? 0) * alpha;
      planes[channel * count + pixel] = invert ? 255 - value : value;
    }
  }
  return { width, height, data: planes };
}

function centreInk(source: Planes, width: number, height: number): Planes {
  const box = inkBox(source);
  if (!box) return { width, height, data: new Float32Array(width * height * 3) };
  const scale = Math.min((width * INK_SHARE) / box.width, (height * INK_SHARE) / box.height);
  const w = Math.max(1, Math.round(box.width * scale));
  const h = Math.max(1, Math.round(box.height * scale));
  const ink = resample(source, box, w, h);
  const centre = centreOfMass(ink);
  // Half a pixel is where the first pixel's middle lies; the ink never leaves the frame.
  const left = clamp(Math.round(width / 2 - centre.x), 0, width - w);
  const top = clamp(Math.round(height / 2 - centre.y), 0, height - h);
  return place(ink, width, height, left, top);
}

const clamp = (value: number, min: number, max: number): number => Math.min(Math.max(value, min), max);

const brightness = ({ width, height, data }: Planes, pixel: number): number => {
  const count = width * height;
  return Math.max(data[pixel] ?? 0, data[count + pixel] ?? 0, data[2 * count + pixel] ?? 0);
};

function inkBox(planes: Planes): Rect | undefined {
  let [left, right, top, bottom] = [planes.width, -1, planes.height, -1];
  for (let y = 0; y < planes.height; y++) {
    for (let x = 0; x < planes.width; x++) {
      if (brightness(planes, y * planes.width + x) <= INK) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  return right < 0 ? undefined : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

function centreOfMass(planes: Planes): { readonly x: number; readonly y: number } {
  let [mass, sumX, sumY] = [0, 0, 0];
  for (let y = 0; y < planes.height; y++) {
    for (let x = 0; x < planes.width; x++) {
      const weight = brightness(planes, y * planes.width + x);
      mass += weight;
      sumX += weight * (x + 0.5);
      sumY += weight * (y + 0.5);
    }
  }
  return mass === 0 ? { x: planes.width / 2, y: planes.height / 2 } : { x: sumX / mass, y: sumY / mass };
}

function place(small: Planes, width: number, height: number, left: number, top: number): Planes {
  const data = new Float32Array(width * height * 3);
  for (let channel = 0; channel < 3; channel++) {
    for (let y = 0; y < small.height; y++) {
      const from = channel * small.width * small.height + y * small.width;
      data.set(small.data.subarray(from, from + small.width), channel * width * height + (y + top) * width + left);
    }
  }
  return { width, height, data };
}

interface Weight {
  readonly index: number;
  readonly weight: number;
}

/** Which pixels of one axis make each new one: the share that it covers where it shrinks, the two nearest where it grows. */
function axisWeights(from: number, length: number, size: number, count: number): readonly (readonly Weight[])[] {
  const step = length / count;
  return Array.from({ length: count }, (_, at) => {
    const weights: Weight[] = [];
    const add = (index: number, weight: number): void => {
      if (weight > 0) weights.push({ index: clamp(index, 0, size - 1), weight });
    };
    if (step <= 1) {
      const centre = from + (at + 0.5) * step - 0.5;
      const low = Math.floor(centre);
      add(low, 1 - (centre - low));
      add(low + 1, centre - low);
      return weights;
    }
    const start = from + at * step;
    const end = start + step;
    for (let index = Math.floor(start); index < end; index++) {
      add(index, (Math.min(index + 1, end) - Math.max(index, start)) / step);
    }
    return weights;
  });
}

function resample(source: Planes, rect: Rect, width: number, height: number): Planes {
  const columns = axisWeights(rect.x, rect.width, source.width, width);
  const rows = axisWeights(rect.y, rect.height, source.height, height);
  const between = new Float32Array(source.height * width);
  const data = new Float32Array(width * height * 3);
  for (let channel = 0; channel < 3; channel++) {
    const offset = channel * source.width * source.height;
    for (let y = 0; y < source.height; y++) {
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (const { index, weight } of columns[x] ?? [])
          sum += weight * (source.data[offset + y * source.width + index] ?? 0);
        between[y * width + x] = sum;
      }
    }
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (const { index, weight } of rows[y] ?? []) sum += weight * (between[index * width + x] ?? 0);
        data[channel * width * height + y * width + x] = sum;
      }
    }
  }
  return { width, height, data };
}
