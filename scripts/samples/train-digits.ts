/**
 * Trains the sample model `digits` and writes it to resources/models: `node scripts/samples/train-digits.ts` for both
 * versions, or with `1` or `2` for one. Takes some minutes, always gives the same files, and needs no data but what
 * digits/ draws. Run it after a change to the styles, the images, the networks or the recipes; what needs no training
 * is written by `node scripts/make-samples.ts`.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { drawDigit } from './digits/digit-images.ts';
import { digitsModel, LABELS } from './digits/digits-model.ts';
import { evaluate, predict, type Score, testImages } from './digits/evaluation.ts';
import { jsonFile } from './digits/json-file.ts';
import {
  convolutionalNetwork,
  hiddenLayerNetwork,
  type Network,
  parameterCount,
  train,
  type TrainingOptions,
} from './digits/network.ts';
import { Random } from './digits/random.ts';
import {
  DIGITS_VERSIONS,
  type DigitsVersion,
  exampleImage,
  requestBody,
  TRAINED_FILES,
} from './digits/shipped-digits.ts';

interface Recipe extends Omit<TrainingOptions, 'nextExample' | 'onProgress'> {
  readonly description: string;
  readonly network: (random: Random) => Network;
}

const RECIPES: Readonly<Record<DigitsVersion, Recipe>> = {
  1: {
    description: 'Reads a handwritten digit. First version: one hidden layer.',
    network: (random) => hiddenLayerNetwork(24, random),
    steps: 2500,
    batchSize: 32,
    learningRate: 0.003,
  },
  2: {
    description: 'Reads a handwritten digit. Second version: two convolutions, trained for longer.',
    network: (random) => convolutionalNetwork({ channels: [8, 16], hidden: 40 }, random),
    steps: 4500,
    batchSize: 32,
    learningRate: 0.002,
  },
};

/** What is in metrics.json beside a model; none of the images was trained on. */
export interface DigitsMetrics {
  readonly parameters: number;
  readonly trainingImages: number;
  /** Images of styles of writing that the training never saw. */
  readonly heldOutStyles: Score;
  /** New images of the styles that it saw. */
  readonly newImages: Score;
  /** Drawn by hand, and cropped and centred as a user interface does it. */
  readonly mouseDrawings: Score;
}

/** How far an answer of another processor may be from the golden one. */
const TOLERANCE = 0.01;
const WARM_UP_DIGIT = 3;

/**
 * The network of a version, trained from its own seed.
 * @param steps less than the recipe has, to try out.
 */
export function trainedNetwork(
  version: DigitsVersion,
  { steps, onProgress }: { readonly steps?: number; readonly onProgress?: (step: number, loss: number) => void } = {},
): { readonly network: Network; readonly losses: readonly number[] } {
  const recipe = RECIPES[version];
  const network = recipe.network(new Random(version));
  const random = new Random(1000 + version);
  const losses = train(network, {
    ...recipe,
    steps: steps ?? recipe.steps,
    nextExample: () => drawDigit(random, 'trained'),
    ...(onProgress && { onProgress }),
  });
  return { network, losses };
}

async function filesOf(
  version: DigitsVersion,
  network: Network,
): Promise<Readonly<Record<(typeof TRAINED_FILES)[number], Uint8Array>>> {
  const { description, steps, batchSize } = RECIPES[version];
  const plain = digitsModel(network, {});
  const metrics: DigitsMetrics = {
    parameters: parameterCount(network),
    trainingImages: steps * batchSize,
    heldOutStyles: await evaluate(plain, testImages('heldOutStyles')),
    newImages: await evaluate(plain, testImages('newImages')),
    mouseDrawings: await evaluate(plain, testImages('mouseDrawings')),
  };
  const example = exampleImage(WARM_UP_DIGIT);
  const answer = [...(await predict(plain, [example]))].map((share) => Math.round(share * 10_000) / 10_000);
  return {
    'model.onnx': digitsModel(network, {
      producer: { name: 'slipway samples', version: `${version}.0` },
      modelVersion: version,
      description,
      metadata: {
        labels: LABELS.join(','),
        image: '28 x 28 pixels, ink 1 on paper 0, the digit 20 pixels high in the middle',
        training_data: 'made by scripts/samples/train-digits.ts of Slipway',
        accuracy_held_out_styles: String(metrics.heldOutStyles.accuracy),
        accuracy_new_images: String(metrics.newImages.accuracy),
        accuracy_mouse_drawings: String(metrics.mouseDrawings.accuracy),
      },
    }),
    'metrics.json': jsonFile(metrics),
    'warmup.json': jsonFile({
      requests: [
        {
          name: `a drawn ${WARM_UP_DIGIT}`,
          method: 'predict',
          body: requestBody([example]),
          expected: { predictions: [answer] },
          tolerance: TOLERANCE,
        },
      ],
    }),
  };
}

if (import.meta.main) {
  const wanted = process.argv.slice(2);
  const known = DIGITS_VERSIONS.map(String);
  const unknown = wanted.find((version) => !known.includes(version));
  if (unknown !== undefined)
    throw new Error(`there is no recipe for version ${unknown}: take one of ${known.join(', ')}`);
  for (const version of DIGITS_VERSIONS) {
    if (wanted.length > 0 && !wanted.includes(String(version))) continue;
    const folder = join(import.meta.dirname, '..', '..', 'resources', 'models', 'digits', String(version));
    const { network } = trainedNetwork(version, {
      onProgress: (step, loss) => process.stdout.write(`digits ${version}: step ${step}, loss ${loss.toFixed(4)}\n`),
    });
    const files = await filesOf(version, network);
    await mkdir(folder, { recursive: true });
    for (const name of TRAINED_FILES) await writeFile(join(folder, name), files[name]);
    process.stdout.write(Buffer.from(files['metrics.json']).toString());
  }
}
