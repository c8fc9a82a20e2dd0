/** What is beside the trained model files of the sample `digits`; paths are relative to resources/models. */
import type { LabelledImage } from './digit-images.ts';
import { LABELS } from './digits-model.ts';
import { SIZE } from './ink.ts';
import { jsonFile } from './json-file.ts';
import { mouseDrawings } from './mouse-drawings.ts';

/** The two versions of the sample. */
export const DIGITS_VERSIONS = [1, 2] as const;
export type DigitsVersion = (typeof DIGITS_VERSIONS)[number];

/** What `scripts/samples/train-digits.ts` writes for each version. */
export const TRAINED_FILES = ['model.onnx', 'metrics.json', 'warmup.json'] as const;

/** Which of the mouse drawings of each digit is an example. */
const EXAMPLE = 1;

/**
 * Files that need no training: the names of the classes, one to a line, and for each digit the body of a predict request,
 * in row format.
 */
export function digitsFiles(): readonly { readonly path: string; readonly bytes: Uint8Array }[] {
  const labels = new TextEncoder().encode(LABELS.map((label) => `${label}\n`).join(''));
  return [
    ...DIGITS_VERSIONS.map((version) => ({ path: `digits/${version}/labels.txt`, bytes: labels })),
    ...LABELS.map((label, digit) => ({
      path: `digits/examples/digit-${label}.json`,
      bytes: jsonFile(requestBody([exampleImage(digit)])),
    })),
  ];
}

/** The example of a digit; its pixels are rounded to two digits, which the eye does not see and makes files small. */
export function exampleImage(digit: number): LabelledImage {
  const image = mouseDrawings().filter((drawing) => drawing.digit === digit)[EXAMPLE];
  if (!image) throw new Error(`there is no drawing of ${digit}`);
  return { digit, pixels: image.pixels.map((ink) => Math.round(ink * 100) / 100) };
}

/** The body of a predict request in row format: each instance has dims [1, 28, 28]. */
export function requestBody(images: readonly LabelledImage[]): { readonly instances: readonly unknown[] } {
  return {
    instances: images.map(({ pixels }) => [
      Array.from({ length: SIZE }, (_, row) => [...pixels.subarray(row * SIZE, (row + 1) * SIZE)]),
    ]),
  };
}
