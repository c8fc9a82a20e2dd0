/** Which pictures of an output make sense, and which one is shown first. */
import type { ImageSpec } from './image-tensor.ts';
import { imageSpecOf } from './image-tensor.ts';
import type { OutputTable } from './response.ts';

export const OUTPUT_VIEWS = ['bars', 'table', 'heatmap', 'image', 'boxes', 'line', 'raw'] as const;
export type OutputView = (typeof OUTPUT_VIEWS)[number];

export interface ViewChoice {
  /** In the order of the switch; `table` and `raw` are always among them. */
  readonly possible: readonly OutputView[];
  readonly guess: OutputView;
}

/** Fewer points than this are read sooner as numbers. */
const MIN_LINE = 12;
const MAX_BOX_COLUMNS = 6;
/** How far from 1 the sum of probabilities may be, as half precision leaves it. */
const SUM_TOLERANCE = 0.02;

/** A shape as it is looked at: scores that were pooled over a picture, such as `[1, 1000, 1, 1]`, are those of `[1, 1000]`. */
export function shapeToView(shape: readonly number[]): readonly number[] {
  const rank = shape.findLastIndex((size) => size !== 1) + 1;
  return shape.length > 2 && rank > 1 ? shape.slice(0, rank) : shape;
}

/**
 * @param shape see {@link shapeToView}
 * @param first values of the first row, or of all where there are no rows; NaN for what is no number
 * @param hasLabels whether names of as many classes are known
 * @param hasPicture whether an input of the request is a picture, on which boxes could lie
 */
export function chooseView(
  { shape, dtype }: Pick<OutputTable, 'shape' | 'dtype'>,
  first: readonly number[],
  { hasLabels, hasPicture }: { readonly hasLabels: boolean; readonly hasPicture: boolean },
): ViewChoice {
  const isText = dtype === 'string' || first.some(Number.isNaN) || first.length === 0;
  const flat = shape.filter((size, axis) => size !== 1 || axis === shape.length - 1);
  const last = shape.at(-1) ?? 1;
  if (isText || dtype === 'bool') return { possible: ['table', 'raw'], guess: 'table' };
  const possible = new Set<OutputView>(['table', 'raw']);
  const isVector = shape.length >= 1 && shape.length <= 2 && last > 1;
  if (isVector) possible.add('bars');
  if (isVector || flat.length === 1) possible.add('line');
  const picture = imageSpecOf({ dtype: dtype ?? 'float32', dims: shape });
  if (picture) possible.add('image');
  if (flat.length >= 2 && (shape.at(-2) ?? 1) > 1) possible.add('heatmap');
  const isBoxes = shape.length >= 2 && last >= 4 && last <= MAX_BOX_COLUMNS;
  if (isBoxes && hasPicture) possible.add('boxes');
  return { possible: OUTPUT_VIEWS.filter((view) => possible.has(view)), guess: guess() };

  function guess(): OutputView {
    // One plane alone is as likely a map of values; those of a batch are pictures.
    if (picture && (picture.channels > 1 || shape.length === 4)) return 'image';
    if (possible.has('boxes') && (shape.length === 3 || dtype !== 'float32' || !sumsToOne(first))) return 'boxes';
    if (isVector && shape.length === 2 && (sumsToOne(first) || hasLabels)) return 'bars';
    if (isVector && shape.length === 1 && last > 2 && sumsToOne(first)) return 'bars';
    if (possible.has('heatmap') && last >= MIN_LINE && (shape.at(-2) ?? 0) >= MIN_LINE) return 'heatmap';
    if (possible.has('line') && last >= MIN_LINE * 4) return 'line';
    return 'table';
  }
}

const sumsToOne = (values: readonly number[]): boolean =>
  values.length > 1 &&
  values.every((value) => value >= 0 && value <= 1 + SUM_TOLERANCE) &&
  Math.abs(values.reduce((sum, value) => sum + value, 0) - 1) <= SUM_TOLERANCE;

export interface Bar {
  readonly index: number;
  readonly label: string;
  readonly value: number;
}

/** The greatest values of one row, greatest first. Without a name a class is its number. */
export function topBars(
  values: readonly number[],
  labels: readonly string[] | undefined,
  count: number,
): readonly Bar[] {
  return values
    .map((value, index) => ({ index, value, label: labels?.[index] ?? `class ${index}` }))
    .toSorted((a, b) =>
      Number.isNaN(a.value) ? 1 : Number.isNaN(b.value) ? -1 : b.value - a.value || a.index - b.index,
    )
    .slice(0, count);
}

/** One rectangle on a picture, its corners as shares of width and height. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly score: number | undefined;
  readonly label: string | undefined;
}

/** How the first four numbers of a row are meant. */
export const BOX_FORMATS = ['xyxy', 'yxyx', 'xywh', 'cxcywh'] as const;
export type BoxFormat = (typeof BOX_FORMATS)[number];

/**
 * Rows of 4 to 6 numbers as boxes: four of the place, then score and class, where they are there. Numbers above 2 are pixels,
 * the others shares of the picture.
 */
export function readBoxes(
  rows: readonly (readonly number[])[],
  format: BoxFormat,
  picture: { readonly width: number; readonly height: number },
  labels: readonly string[] | undefined,
): readonly Box[] {
  const arePixels = rows.some((row) => row.slice(0, 4).some((value) => value > 2));
  return rows.map((row) => {
    const [left, top, right, bottom] = corners(row, format);
    const [w, h] = arePixels ? [picture.width, picture.height] : [1, 1];
    const [, , , , score, classIndex] = row;
    return {
      left: left / w,
      top: top / h,
      right: right / w,
      bottom: bottom / h,
      score,
      label: classIndex === undefined ? undefined : (labels?.[classIndex] ?? `class ${classIndex}`),
    };
  });
}

function corners(row: readonly number[], format: BoxFormat): readonly [number, number, number, number] {
  const [a = 0, b = 0, c = 0, d = 0] = row;
  switch (format) {
    case 'xyxy':
      return [a, b, c, d];
    case 'yxyx':
      return [b, a, d, c];
    case 'xywh':
      return [a, b, a + c, b + d];
    case 'cxcywh':
      return [a - c / 2, b - d / 2, a + c / 2, b + d / 2];
    default:
      return format satisfies never;
  }
}

/** How an output's own shape holds a picture, without the axis of the batch. */
export function outputPicture(
  shape: readonly number[],
): (ImageSpec & { readonly height: number; readonly width: number }) | undefined {
  const spec = imageSpecOf({ dtype: 'float32', dims: shape });
  return spec?.height === undefined || spec.width === undefined
    ? undefined
    : { ...spec, height: spec.height, width: spec.width };
}
