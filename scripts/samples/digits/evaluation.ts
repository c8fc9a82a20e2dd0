/** How well a model file reads digits that it was not trained on. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { drawDigit, type LabelledImage } from './digit-images.ts';
import { SIZE } from './ink.ts';
import { mouseDrawings } from './mouse-drawings.ts';
import { bestClass } from './network.ts';
import { Random } from './random.ts';

/** Seeds of the test sets; training has others. */
const SEEDS = { heldOutStyles: 0x48_45_4c_44, newImages: 0x4e_45_57 } as const;
const IMAGES = 2000;
const PEN_WIDTHS = [1.5, 2, 2.5, 3, 4];

export interface Score {
  readonly images: number;
  readonly right: number;
  /** `right` of `images`, rounded to four digits. */
  readonly accuracy: number;
}

/** The test sets, by how far they are from the training data. */
export const TEST_SETS = ['newImages', 'heldOutStyles', 'mouseDrawings'] as const;
export type TestSet = (typeof TEST_SETS)[number];

/**
 * The images of a test set, always the same: new images in styles of the training, images in styles that it never saw,
 * and drawings that were made with a mouse, each with pens of several widths.
 */
export function testImages(set: TestSet): readonly LabelledImage[] {
  switch (set) {
    case 'mouseDrawings':
      return PEN_WIDTHS.flatMap((width) => mouseDrawings(width));
    case 'newImages':
    case 'heldOutStyles': {
      const random = new Random(SEEDS[set]);
      return Array.from({ length: IMAGES }, () => drawDigit(random, set === 'newImages' ? 'trained' : 'heldOut'));
    }
    default:
      return set satisfies never;
  }
}

/** Runs a model file as it will be served. */
export async function evaluate(model: Uint8Array, images: readonly LabelledImage[]): Promise<Score> {
  const scores = await predict(model, images);
  const right = images.filter(({ digit }, example) => bestClass(scores, example) === digit).length;
  return { images: images.length, right, accuracy: Math.round((right / images.length) * 10_000) / 10_000 };
}

/** The probabilities that a model file gives, [images, 10]. */
export async function predict(model: Uint8Array, images: readonly LabelledImage[]): Promise<Float32Array> {
  const pixels = new Float32Array(images.length * SIZE * SIZE);
  for (const [index, image] of images.entries()) pixels.set(image.pixels, index * SIZE * SIZE);
  const session = await InferenceSession.create(model);
  try {
    const { probabilities } = await session.run({
      image: new Tensor('float32', pixels, [images.length, 1, SIZE, SIZE]),
    });
    if (!(probabilities?.data instanceof Float32Array)) throw new Error('the model has no output "probabilities"');
    return probabilities.data;
  } finally {
    await session.release();
  }
}
