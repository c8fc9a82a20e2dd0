import { describe, expect, it } from 'vitest';
import type { TensorInfo } from '#contracts/signature.ts';
import type { FrameOptions, Rgba } from './image-frame.ts';
import { frameImage } from './image-frame.ts';
import type { ImageCoding, ImageSpec } from './image-tensor.ts';
import {
  decodeImage,
  encodeImage,
  imageSize,
  imageSpecOf,
  isDrawable,
  putImage,
  scalesOf,
  statsOf,
} from './image-tensor.ts';

const spec = (layout: ImageSpec['layout'], channels: 1 | 3 | 4, height?: number, width?: number, hasBatch = true) => ({
  layout,
  channels,
  height,
  width,
  hasBatch,
});

describe('imageSpecOf', () => {
  it.each<[TensorInfo['dims'], ImageSpec | undefined]>([
    [['N', 28, 28, 1], spec('HWC', 1, 28, 28)],
    [['N', 1, 28, 28], spec('CHW', 1, 28, 28)],
    [[null, 3, 'h', 'w'], spec('CHW', 3)],
    [[1, 224, 224, 3], spec('HWC', 3, 224, 224)],
    [[3, 64, 48], spec('CHW', 3, 64, 48, false)],
    [[64, 48, 4], spec('HWC', 4, 64, 48, false)],
    [['N', 28, 28], spec('HW', 1, 28, 28)],
    [['N', 128, 256], undefined],
    [['N', 10], undefined],
    [['N', 2, 2, 3], undefined],
    [['N', 3, 3, 3], undefined],
    [null, undefined],
  ])('%j', (dims, expected) => {
    expect(imageSpecOf({ dtype: 'float32', dims })).toEqual(expected);
  });

  it('sees no picture in text or truth', () => {
    expect(imageSpecOf({ dtype: 'string', dims: ['N', 28, 28, 1] })).toBeUndefined();
    expect(imageSpecOf({ dtype: 'bool', dims: ['N', 28, 28, 1] })).toBeUndefined();
  });

  it('takes open sides from the request, or the usual ones', () => {
    const open = spec('CHW', 3);
    expect(imageSize(open, [1, 3, 96, 64])).toEqual({ height: 96, width: 64 });
    expect(imageSize(open, [1, 3, 1, 1])).toEqual({ height: 224, width: 224 });
    expect(isDrawable(spec('HWC', 1, 28, 28))).toBe(true);
    expect(isDrawable(open)).toBe(false);
  });
});

/** A grey picture from rows of bytes. */
function grey(rows: readonly (readonly number[])[]): Rgba {
  const data = rows.flat().flatMap((byte) => [byte, byte, byte, 255]);
  return { width: rows[0]?.length ?? 0, height: rows.length, data: new Uint8ClampedArray(data) };
}
const redPlane = (image: Rgba, options: Omit<FrameOptions, 'invert'>): readonly (readonly number[])[] => {
  const { data, width, height } = frameImage(image, { ...options, invert: false });
  return Array.from({ length: height }, (_, y) => [...data.subarray(y * width, (y + 1) * width)].map(Math.round));
};

describe('frameImage', () => {
  it('averages what it shrinks', () => {
    const image = grey([
      [0, 100, 200, 200],
      [100, 200, 200, 200],
    ]);
    expect(redPlane(image, { width: 2, height: 1, framing: 'stretch' })).toEqual([[100, 200]]);
  });

  it('fits with black bars, or crops the middle', () => {
    const image = grey([
      [10, 20, 30, 40],
      [10, 20, 30, 40],
    ]);
    expect(redPlane(image, { width: 4, height: 4, framing: 'fit' })).toEqual([
      [0, 0, 0, 0],
      [10, 20, 30, 40],
      [10, 20, 30, 40],
      [0, 0, 0, 0],
    ]);
    expect(redPlane(image, { width: 2, height: 2, framing: 'crop' })).toEqual([
      [20, 30],
      [20, 30],
    ]);
  });

  it('lays ink by its centre of mass into 20 of 28 pixels, wherever and however large it was drawn', () => {
    const corner = grey(
      Array.from({ length: 60 }, (_, y) => Array.from({ length: 60 }, (_unused, x) => (x < 10 && y < 10 ? 255 : 0))),
    );
    const rows = redPlane(corner, { width: 28, height: 28, framing: 'mnist' });
    const inked = rows.flatMap((row, y) => row.flatMap((byte, x) => (byte > 0 ? [[x, y]] : [])));
    expect(inked).toHaveLength(20 * 20);
    expect(inked[0]).toEqual([4, 4]);
    expect(redPlane(grey([[0, 0]]), { width: 2, height: 1, framing: 'mnist' })).toEqual([[0, 0]]);
  });

  it('counts what is transparent as black, and turns bright to dark', () => {
    const clear: Rgba = { width: 1, height: 1, data: new Uint8ClampedArray([255, 255, 255, 0]) };
    const options = { width: 1, height: 1, framing: 'fit' } as const;
    expect([...frameImage(clear, { ...options, invert: false }).data]).toEqual([0, 0, 0]);
    expect([...frameImage(clear, { ...options, invert: true }).data]).toEqual([255, 255, 255]);
  });
});

const coding = (over: Partial<ImageCoding> = {}): ImageCoding => ({
  scale: 'unit',
  mean: [],
  deviation: [],
  order: 'rgb',
  ...over,
});
/** Two pixels: one red, one blue of half strength. */
const planes = { width: 2, height: 1, data: new Float32Array([255, 0, 0, 0, 0, 127.5]) };

describe('encodeImage', () => {
  it.each<[string, ImageSpec, Partial<ImageCoding>, readonly number[]]>([
    ['channels last', spec('HWC', 3), {}, [1, 0, 0, 0, 0, 0.5]],
    ['channels first', spec('CHW', 3), {}, [1, 0, 0, 0, 0, 0.5]],
    ['blue first', spec('HWC', 3), { order: 'bgr' }, [0, 0, 1, 0.5, 0, 0]],
    ['-1 to 1', spec('HWC', 3), { scale: 'signed' }, [1, -1, -1, -1, -1, 0]],
    ['bytes', spec('HWC', 3), { scale: 'bytes' }, [255, 0, 0, 0, 0, 127.5]],
    ['grey', spec('HWC', 1), {}, [0.299, 0.057]],
    ['with alpha', spec('HWC', 4), {}, [1, 0, 0, 1, 0, 0, 0.5, 1]],
    ['mean and deviation', spec('HWC', 1), { scale: 'custom', mean: [0.299], deviation: [0.5] }, [0, -0.484]],
  ])('%s', (_, imageSpec, over, expected) => {
    const values = encodeImage(planes, imageSpec, coding(over), 'float32');
    expect([...values].map((value) => Math.round(value * 1e6) / 1e6)).toEqual(expected);
  });

  it('takes the numbers of ImageNet with their colours', () => {
    const rgb = encodeImage(planes, spec('CHW', 3), coding({ scale: 'imagenet' }), 'float32');
    const bgr = encodeImage(planes, spec('CHW', 3), coding({ scale: 'imagenet', order: 'bgr' }), 'float32');
    expect(rgb[0]).toBeCloseTo((1 - 0.485) / 0.229, 6);
    expect(bgr[4]).toBe(rgb[0]);
  });

  it('rounds to whole numbers where the model takes those', () => {
    expect([...encodeImage(planes, spec('HWC', 3), coding({ scale: 'bytes' }), 'uint8')]).toEqual([
      255, 0, 0, 0, 0, 128,
    ]);
    expect(encodeImage(planes, spec('HWC', 3), coding({ scale: 'bytes' }), 'int8')[0]).toBe(127);
    expect(scalesOf('uint8')).toEqual(['bytes']);
  });
});

describe('putImage', () => {
  const small = { height: 1, width: 2 };
  it('replaces one picture of the batch and keeps the others', () => {
    const tensor = { shape: [2, 1, 2, 1], cells: ['1', '2', '3', '4'] };
    expect(putImage(tensor, spec('HWC', 1), small, 1, new Float64Array([0.12345, 1]))).toEqual({
      shape: [2, 1, 2, 1],
      cells: ['1', '2', '0.1235', '1'],
    });
  });
  it('starts anew at another size', () => {
    const tensor = { shape: [2, 1, 1, 1], cells: ['1', '2'] };
    expect(putImage(tensor, spec('CHW', 1), small, 0, new Float64Array([-0.00001, 1]))).toEqual({
      shape: [2, 1, 1, 2],
      cells: ['0', '1', '0', '0'],
    });
    expect(putImage(undefined, spec('HW', 1, 1, 2, false), small, 0, new Float64Array([1, 2])).shape).toEqual([1, 2]);
  });
});

describe('decodeImage', () => {
  it.each([
    { what: 'shares', values: [0, 0.5, 1], bytes: [0, 128, 255] },
    { what: 'bytes', values: [0, 51, 255], bytes: [0, 51, 255] },
    { what: 'anything else, spread', values: [-2, 0, 2], bytes: [0, 128, 255] },
    { what: 'all alike', values: [-3, -3, -3], bytes: [0, 0, 0] },
  ])('$what', ({ values, bytes }) => {
    const { data } = decodeImage(values, { layout: 'HW', channels: 1 }, 3, 1);
    expect([data[0], data[4], data[8]]).toEqual(bytes);
  });
  it('gives back what was encoded', () => {
    const values = encodeImage(planes, spec('CHW', 3), coding(), 'float32');
    expect([...decodeImage([...values], { layout: 'CHW', channels: 3 }, 2, 1).data]).toEqual([
      255, 0, 0, 255, 0, 0, 128, 255,
    ]);
  });
});

it('leaves out of the statistics what is no number', () => {
  expect(statsOf([1, Number.NaN, 3])).toEqual({ min: 1, max: 3, mean: 2 });
  expect(statsOf([])).toBeUndefined();
});
