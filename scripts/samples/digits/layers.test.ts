import { describe, expect, it } from 'vitest';
import { convolution, dense, type Layer, relu } from './layers.ts';
import { Random } from './random.ts';

const STEP = 1e-5;

const normals = (count: number, random: Random): Float64Array =>
  Float64Array.from({ length: count }, () => random.normal(1));

const dot = (left: Float64Array, right: Float64Array): number =>
  left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0);

/** How `loss` changes with each of the values, by trying. */
function slopes(values: Float64Array, loss: () => number): number[] {
  return Array.from(values, (value, index) => {
    values[index] = value + STEP;
    const above = loss();
    values[index] = value - STEP;
    const below = loss();
    values[index] = value;
    return (above - below) / (2 * STEP);
  });
}

/** How far apart two lists are where they are farthest apart. */
function distance(left: Float64Array, right: readonly number[]): number {
  return Math.max(
    Math.abs(left.length - right.length),
    ...right.map((value, index) => Math.abs(value - (left[index] ?? NaN))),
  );
}

describe.each<{ what: string; layer: (random: Random) => Layer; inputs: number }>([
  { what: 'a dense layer', layer: (random) => dense(7, 6, random), inputs: 7 },
  { what: 'ReLU', layer: () => relu(), inputs: 9 },
  {
    what: 'a convolution that halves an even size',
    layer: (random) => convolution({ input: { channels: 2, size: 6 }, channels: 5, kernel: 5, stride: 2 }, random),
    inputs: 2 * 6 * 6,
  },
  {
    what: 'a convolution of an odd size that keeps it',
    layer: (random) => convolution({ input: { channels: 3, size: 5 }, channels: 2, kernel: 3, stride: 1 }, random),
    inputs: 3 * 5 * 5,
  },
])('$what', ({ layer: make, inputs }) => {
  const EXAMPLES = 3;

  it('has the gradients that trying gives', () => {
    const random = new Random(11);
    const layer = make(random);
    const input = normals(EXAMPLES * inputs, random);
    for (const { values } of layer.parameters) values.set(normals(values.length, random));
    const weights = normals(layer.forward(input, EXAMPLES).length, random);
    const loss = (): number => dot(layer.forward(input, EXAMPLES), weights);

    layer.forward(input, EXAMPLES);
    layer.learn(weights);
    expect(distance(layer.backward(weights), slopes(input, loss))).toBeLessThan(1e-5);
    for (const { values, gradient } of layer.parameters) {
      expect(distance(gradient, slopes(values, loss))).toBeLessThan(1e-5);
    }
  });

  it('treats each example as if it were alone', () => {
    const random = new Random(12);
    const layer = make(random);
    const input = normals(EXAMPLES * inputs, random);
    const together = layer.forward(input, EXAMPLES).slice();
    const alone = Array.from({ length: EXAMPLES }, (_, example) => [
      ...layer.forward(input.slice(example * inputs, (example + 1) * inputs), 1),
    ]).flat();
    for (const [index, value] of alone.entries()) expect(together[index]).toBeCloseTo(value, 12);
  });
});
