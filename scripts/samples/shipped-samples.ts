import { DIGITS_VERSIONS, digitsFiles, TRAINED_FILES } from './digits/shipped-digits.ts';
import { affineModel } from './sample-models.ts';

const PRODUCER_NAME = 'slipway samples';

/** Path relative to resources/models. */
export interface SampleFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * Files of the models that are served when nobody names another, as far as they are made without training: all but
 * {@link TRAINED_SAMPLES}.
 */
export function shippedSamples(): readonly SampleFile[] {
  return [...tutorialModels(), ...digitsFiles()];
}

/** Paths of the files that `scripts/samples/train-digits.ts` makes: only their quality is tested, as training takes minutes. */
export const TRAINED_SAMPLES: readonly string[] = DIGITS_VERSIONS.flatMap((version) =>
  TRAINED_FILES.map((name) => `digits/${version}/${name}`),
);

/** The functions of TensorFlow Serving's own test data, so that its tutorials answer the same here. */
export function tutorialModels(): readonly SampleFile[] {
  return [
    {
      path: 'half_plus_two/1/model.onnx',
      bytes: affineModel({
        scale: 0.5,
        offset: 2,
        producer: { name: PRODUCER_NAME, version: '1.0' },
        modelVersion: 1,
        description: 'y = x / 2 + 2 for every number of a batch. First version.',
        metadata: { formula: 'x / 2 + 2', example: '[1.0, 2.0, 5.0] gives [2.5, 3.0, 4.5]' },
      }),
    },
    {
      path: 'half_plus_two/2/model.onnx',
      bytes: affineModel({
        scale: 0.5,
        offset: 2,
        producer: { name: PRODUCER_NAME, version: '2.0' },
        modelVersion: 2,
        description: 'y = x / 2 + 2 for every number of a batch. Second version: computes the same as the first.',
        metadata: { formula: 'x / 2 + 2', example: '[1.0, 2.0, 5.0] gives [2.5, 3.0, 4.5]' },
      }),
    },
    {
      path: 'half_plus_three/123/model.onnx',
      bytes: affineModel({
        scale: 0.5,
        offset: 3,
        producer: { name: PRODUCER_NAME, version: '1.0' },
        modelVersion: 123,
        description: 'y = x / 2 + 3 for every number of a batch.',
        metadata: { formula: 'x / 2 + 3', example: '[1.0, 2.0, 5.0] gives [3.5, 4.0, 5.5]' },
      }),
    },
  ];
}
