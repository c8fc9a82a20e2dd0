/** Pictures as tensors and back. */
import type { DataType, Dim, TensorInfo } from '#contracts/signature.ts';
import type { CellTensor } from './cell-tensor.ts';
import { elementCount } from './cell-tensor.ts';
import { isFloat } from './dtype-token.ts';
import type { Planes, Rgba } from './image-frame.ts';

/** Order of the axes without the batch: height, width, channel. `HW` has no axis of channels. */
export type ImageLayout = 'HWC' | 'CHW' | 'HW';

/** How a tensor holds a picture. */
export interface ImageSpec {
  readonly layout: ImageLayout;
  readonly channels: 1 | 3 | 4;
  /** Undefined where the model leaves it open. */
  readonly height: number | undefined;
  readonly width: number | undefined;
  /** Whether the first axis counts pictures. */
  readonly hasBatch: boolean;
}

/** Smaller than this is hardly a picture. */
const MIN_SIDE = 8;
/** What most models of open size were trained with. */
const USUAL_SIDE = 224;

const asChannels = (dim: Dim | undefined): 1 | 3 | 4 | undefined =>
  dim === 1 || dim === 3 || dim === 4 ? dim : undefined;
const isSide = (dim: Dim | undefined): boolean => dim !== undefined && (typeof dim !== 'number' || dim >= MIN_SIDE);
const fixed = (dim: Dim | undefined): number | undefined => (typeof dim === 'number' ? dim : undefined);

/** Whether a tensor looks like a picture, by its shape alone: `[N, H, W, C]`, `[N, C, H, W]`, without N, or `[N, H, W]`. */
export function imageSpecOf({ dtype, dims }: Pick<TensorInfo, 'dtype' | 'dims'>): ImageSpec | undefined {
  if (!dims || dtype === 'string' || dtype === 'bool' || dims.length < 3 || dims.length > 4) return undefined;
  const hasBatch = dims.length === 4;
  const [a, b, c] = hasBatch ? dims.slice(1) : dims;
  const last = asChannels(c);
  const first = asChannels(a);
  const channelsLast = last !== undefined && isSide(a) && isSide(b);
  const channelsFirst = first !== undefined && isSide(b) && isSide(c);
  if (channelsLast) return { layout: 'HWC', channels: last, height: fixed(a), width: fixed(b), hasBatch };
  if (channelsFirst) return { layout: 'CHW', channels: first, height: fixed(b), width: fixed(c), hasBatch };
  // [batch, 28, 28]: grey pictures, as old classifiers of digits take them. Other sides are more likely a sequence.
  if (!hasBatch && typeof a !== 'number' && typeof b === 'number' && b === c && b >= 16)
    return { layout: 'HW', channels: 1, height: b, width: b, hasBatch: true };
  return undefined;
}

/** Height and width of the picture to make: what the model fixes, else what the request has, else the usual. */
export function imageSize(
  spec: ImageSpec,
  shape: readonly number[] | undefined,
): { readonly height: number; readonly width: number } {
  const sides = shape === undefined ? {} : sidesOf(spec, shape);
  const open = (side: number | undefined): number => (side !== undefined && side >= MIN_SIDE ? side : USUAL_SIDE);
  return { height: spec.height ?? open(sides.height), width: spec.width ?? open(sides.width) };
}

function sidesOf({ layout, hasBatch }: ImageSpec, shape: readonly number[]): { height?: number; width?: number } {
  const [a, b, c] = hasBatch ? shape.slice(1) : shape;
  const [height, width] = layout === 'CHW' ? [b, c] : [a, b];
  return height === undefined || width === undefined ? {} : { height, width };
}

/** Whether a small square picture is wanted, which is drawn sooner than found as a file. */
export const isDrawable = (spec: ImageSpec): boolean =>
  spec.height !== undefined && spec.height === spec.width && spec.height <= 64;

/**
 * What a byte becomes. `unit`: 0 to 1. `signed`: -1 to 1. `bytes`: 0 to 255. `imagenet`: 0 to 1, less the mean of ImageNet by
 * its deviation. `custom`: 0 to 1, less a mean by a deviation of one's own.
 */
export const SCALES = ['unit', 'signed', 'bytes', 'imagenet', 'custom'] as const;
export type Scale = (typeof SCALES)[number];

export interface ImageCoding {
  readonly scale: Scale;
  /** Of the `custom` scale, by channel in the order of the tensor; the last counts for the channels after it. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  readonly order: 'rgb' | 'bgr';
}

const IMAGENET = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] } as const;

/** The scales that make sense for an element type: whole numbers hold bytes. */
export const scalesOf = (dtype: DataType): readonly Scale[] => (isFloat(dtype) ? SCALES : ['bytes']);

const perChannel = (values: readonly number[], channel: number, other: number): number =>
  values[channel] ?? values.at(-1) ?? other;

/** One picture as the numbers of a tensor, row-major in its layout. Alpha is opaque. */
export function encodeImage(planes: Planes, spec: ImageSpec, coding: ImageCoding, dtype: DataType): Float64Array {
  const { width, height, data } = planes;
  const count = width * height;
  const { channels, layout } = spec;
  const values = new Float64Array(count * channels);
  const byteOf = (pixel: number, channel: number): number => {
    const [red, green, blue] = [data[pixel] ?? 0, data[count + pixel] ?? 0, data[2 * count + pixel] ?? 0];
    if (channels === 1) return 0.299 * red + 0.587 * green + 0.114 * blue;
    if (channel === 3) return 255;
    const picked = coding.order === 'bgr' ? 2 - channel : channel;
    return picked === 0 ? red : picked === 1 ? green : blue;
  };
  const lift = dtype === 'int8' ? -128 : 0;
  for (let pixel = 0; pixel < count; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      const value = scaled(byteOf(pixel, channel), channel, coding);
      const at = layout === 'CHW' ? channel * count + pixel : pixel * channels + channel;
      values[at] = isFloat(dtype) ? value : Math.round(value) + lift;
    }
  }
  return values;
}

function scaled(byte: number, channel: number, { scale, mean, deviation, order }: ImageCoding): number {
  switch (scale) {
    case 'bytes':
      return byte;
    case 'unit':
      return byte / 255;
    case 'signed':
      return byte / 127.5 - 1;
    case 'imagenet': {
      // Its numbers belong to the colours, wherever those stand.
      const colour = order === 'bgr' && channel < 3 ? 2 - channel : channel;
      return (byte / 255 - perChannel(IMAGENET.mean, colour, 0)) / perChannel(IMAGENET.deviation, colour, 1);
    }
    case 'custom':
      return (byte / 255 - perChannel(mean, channel, 0)) / (perChannel(deviation, channel, 1) || 1);
    default:
      return scale satisfies never;
  }
}

export interface ValueStats {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
}

/** Least, greatest and mean of the finite values; undefined where there is none. */
export function statsOf(values: Iterable<number>): ValueStats | undefined {
  let [min, max, sum, count] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
    count += 1;
  }
  return count === 0 ? undefined : { min, max, mean: sum / count };
}

/** Four decimals are finer than what a byte can tell. */
const cellOf = (value: number): string => String(Math.round(value * 10_000) / 10_000 + 0);

/** A tensor with one picture put in; the pictures of the other rows stay where the size is the same, and are 0 where not. */
export function putImage(
  tensor: CellTensor | undefined,
  spec: ImageSpec,
  size: { readonly height: number; readonly width: number },
  row: number,
  values: Float64Array,
): CellTensor {
  const { height, width } = size;
  const item =
    spec.layout === 'HW'
      ? [height, width]
      : spec.layout === 'CHW'
        ? [spec.channels, height, width]
        : [height, width, spec.channels];
  const written = Array.from(values, cellOf);
  if (!spec.hasBatch) return { shape: item, cells: written };
  const rows = Math.max(1, tensor?.shape[0] ?? 1, row + 1);
  const length = elementCount(item);
  const kept = tensor && elementCount(tensor.shape.slice(1)) === length ? tensor.cells : [];
  const cells = Array.from({ length: rows }, (_, index) => {
    if (index === row) return written;
    const old = kept.slice(index * length, (index + 1) * length);
    return old.length === length ? old : Array.from({ length }, () => '0');
  });
  return { shape: [rows, ...item], cells: cells.flat() };
}

/**
 * A picture of what a tensor holds: grey for one channel, its values spread over black to white between the least and the
 * greatest, unless they are bytes or from 0 to 1 as they stand.
 */
export function decodeImage(
  values: readonly number[],
  spec: Pick<ImageSpec, 'layout' | 'channels'>,
  width: number,
  height: number,
): Rgba {
  const { channels, layout } = spec;
  const count = width * height;
  const { min, max } = statsOf(values) ?? { min: 0, max: 1 };
  const [low, span] =
    min >= 0 && max <= 1 ? [0, 1] : min >= 0 && max <= 255 && max > 1 ? [0, 255] : [min, max - min || 1];
  const data = new Uint8ClampedArray(count * 4);
  for (let pixel = 0; pixel < count; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      const from = channels === 1 ? 0 : channel;
      const value = values[layout === 'CHW' ? from * count + pixel : pixel * channels + from] ?? 0;
      data[pixel * 4 + channel] = Math.round(((value - low) / span) * 255);
    }
    data[pixel * 4 + 3] = 255;
  }
  return { width, height, data };
}
