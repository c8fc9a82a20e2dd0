/** Classifiers of digits, and how they learn. */
import {
  convolution,
  dense,
  type Convolution,
  type Dense,
  type Layer,
  type Parameter,
  relu,
  type Relu,
} from './layers.ts';
import { SIZE } from './ink.ts';
import type { LabelledImage } from './digit-images.ts';
import type { Random } from './random.ts';

export const CLASSES = 10;

/** A convolution or a dense layer, by turns with ReLU; the last layer gives one number per class, before the softmax. */
export interface Network {
  readonly layers: readonly (Convolution | Dense | Relu)[];
}

/** One hidden layer, which sees all pixels at once: small, and easily lost when a digit is out of place. */
export function hiddenLayerNetwork(hidden: number, random: Random): Network {
  return { layers: [dense(SIZE * SIZE, hidden, random), relu(), dense(hidden, CLASSES, random)] };
}

/** Two convolutions, each halving height and width, and a hidden layer. */
export function convolutionalNetwork(
  { channels, hidden }: { readonly channels: readonly [number, number]; readonly hidden: number },
  random: Random,
): Network {
  const first = convolution(
    { input: { channels: 1, size: SIZE }, channels: channels[0], kernel: 5, stride: 2 },
    random,
  );
  const second = convolution({ input: first.output, channels: channels[1], kernel: 5, stride: 2 }, random);
  const features = second.output.channels * second.output.size ** 2;
  return {
    layers: [first, relu(), second, relu(), dense(features, hidden, random), relu(), dense(hidden, CLASSES, random)],
  };
}

/** How many numbers a network has learned. */
export function parameterCount({ layers }: Network): number {
  return parametersOf(layers).reduce((sum, { values }) => sum + values.length, 0);
}

/** The probabilities of the classes, [examples, CLASSES]. */
export function probabilities({ layers }: Network, images: readonly LabelledImage[]): Float64Array {
  return softmax(forward(layers, images));
}

/** The most probable class of an example in the rows that {@link probabilities} gives. */
export function bestClass(scores: Float32Array | Float64Array, example: number): number {
  const row = scores.subarray(example * CLASSES, (example + 1) * CLASSES);
  return row.indexOf(Math.max(...row));
}

/**
 * The mean cross-entropy of a batch; adds its gradient by each parameter to {@link Parameter.gradient}.
 * @returns the loss, in nats.
 */
export function lossAndGradients({ layers }: Network, batch: readonly LabelledImage[]): number {
  const scores = softmax(forward(layers, batch));
  let loss = 0;
  // The gradient by the numbers before the softmax is the probabilities, less 1 for the right class.
  let gradient: Float64Array = scores.map((score) => score / batch.length);
  for (const [example, { digit }] of batch.entries()) {
    const index = example * CLASSES + digit;
    loss -= Math.log(Math.max(scores[index] ?? 0, Number.MIN_VALUE)) / batch.length;
    gradient[index] = (gradient[index] ?? 0) - 1 / batch.length;
  }
  for (const [index, layer] of [...layers.entries()].toReversed()) {
    layer.learn(gradient);
    // Nothing is before the first layer that could learn.
    if (index > 0) gradient = layer.backward(gradient);
  }
  return loss;
}

export interface TrainingOptions {
  readonly steps: number;
  /** Examples per step. */
  readonly batchSize: number;
  /** Of the first step; it falls to zero along a cosine. */
  readonly learningRate: number;
  readonly nextExample: () => LabelledImage;
  /** Told every hundred steps, with the mean loss since the last time. */
  readonly onProgress?: (step: number, loss: number) => void;
}

const REPORT_STEPS = 100;
/** Of Adam's running means, the share that stays at each step. */
const KEPT_OF_MEAN = 0.9;
const KEPT_OF_SQUARE = 0.999;

/**
 * Trains by Adam (Kingma and Ba 2015).
 * @returns the loss of each step before it was made.
 */
export function train(network: Network, options: TrainingOptions): readonly number[] {
  const { steps, batchSize, learningRate, nextExample, onProgress } = options;
  const parameters = parametersOf(network.layers).map((parameter) => ({ parameter, ...zeroMoments(parameter) }));
  const losses: number[] = [];
  for (let step = 1; step <= steps; step += 1) {
    const batch = Array.from({ length: batchSize }, nextExample);
    losses.push(lossAndGradients(network, batch));
    const rate = (learningRate * (1 + Math.cos((Math.PI * (step - 1)) / steps))) / 2;
    for (const { parameter, mean, square } of parameters) adam(parameter, { mean, square }, rate, step);
    if (step % REPORT_STEPS === 0) {
      const recent = losses.slice(-REPORT_STEPS);
      onProgress?.(step, recent.reduce((sum, loss) => sum + loss, 0) / recent.length);
    }
  }
  return losses;
}

interface Moments {
  readonly mean: Float64Array;
  readonly square: Float64Array;
}

function zeroMoments({ values }: Parameter): Moments {
  return { mean: new Float64Array(values.length), square: new Float64Array(values.length) };
}

function adam({ values, gradient }: Parameter, { mean, square }: Moments, rate: number, step: number): void {
  const meanShare = 1 - KEPT_OF_MEAN ** step;
  const squareShare = 1 - KEPT_OF_SQUARE ** step;
  for (let index = 0; index < values.length; index += 1) {
    const slope = gradient[index] ?? 0;
    const newMean = KEPT_OF_MEAN * (mean[index] ?? 0) + (1 - KEPT_OF_MEAN) * slope;
    const newSquare = KEPT_OF_SQUARE * (square[index] ?? 0) + (1 - KEPT_OF_SQUARE) * slope * slope;
    mean[index] = newMean;
    square[index] = newSquare;
    const move = newMean / meanShare / (Math.sqrt(newSquare / squareShare) + 1e-8);
    values[index] = (values[index] ?? 0) - rate * move;
  }
  gradient.fill(0);
}

function parametersOf(layers: readonly Layer[]): readonly Parameter[] {
  return layers.flatMap(({ parameters }) => parameters);
}

function forward(layers: readonly Layer[], images: readonly LabelledImage[]): Float64Array {
  let values: Float64Array = new Float64Array(images.length * SIZE * SIZE);
  for (const [index, { pixels }] of images.entries()) values.set(pixels, index * SIZE * SIZE);
  for (const layer of layers) values = layer.forward(values, images.length);
  return values;
}

function softmax(scores: Float64Array): Float64Array {
  const result = new Float64Array(scores.length);
  for (let start = 0; start < scores.length; start += CLASSES) {
    const row = scores.subarray(start, start + CLASSES);
    const highest = Math.max(...row);
    const weights = row.map((score) => Math.exp(score - highest));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    result.set(
      weights.map((weight) => weight / sum),
      start,
    );
  }
  return result;
}
