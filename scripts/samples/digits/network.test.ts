import { describe, expect, it } from 'vitest';
import { drawDigit } from './digit-images.ts';
import {
  convolutionalNetwork,
  hiddenLayerNetwork,
  lossAndGradients,
  parameterCount,
  probabilities,
} from './network.ts';
import { Random } from './random.ts';

const STEP = 1e-5;

describe.each([
  { what: 'a hidden layer', make: (random: Random) => hiddenLayerNetwork(5, random) },
  {
    what: 'convolutions',
    make: (random: Random) => convolutionalNetwork({ channels: [2, 3], hidden: 4 }, random),
  },
])('a network of $what', ({ make }) => {
  const random = new Random(21);
  const batch = Array.from({ length: 4 }, () => drawDigit(random, 'trained'));
  const network = make(random);

  it('gives probabilities', () => {
    const scores = probabilities(network, batch);
    expect(scores).toHaveLength(40);
    for (let example = 0; example < 4; example += 1) {
      const row = [...scores.subarray(example * 10, (example + 1) * 10)];
      expect(Math.min(...row)).toBeGreaterThan(0);
      expect(row.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    }
  });

  it('has the gradient of its loss that trying gives', () => {
    const parameters = network.layers.flatMap((layer) => layer.parameters);
    const scratch = (): void => parameters.forEach(({ gradient }) => gradient.fill(0));
    scratch();
    // Where paper meets a bias of zero, ReLU has its kink, and trying gives the mean of both sides.
    for (const { dims, values } of parameters) if (dims.length === 1) values.fill(0.1);
    lossAndGradients(network, batch);
    const gradients = parameters.map(({ gradient }) => gradient.slice());
    for (const [parameter, { values }] of parameters.entries()) {
      const computed = gradients[parameter];
      // All of them would take long; those in between come from the same loops.
      for (let index = 0; index < values.length; index += Math.ceil(values.length / 6)) {
        const value = values[index] ?? 0;
        values[index] = value + STEP;
        const above = lossAndGradients(network, batch);
        values[index] = value - STEP;
        const below = lossAndGradients(network, batch);
        values[index] = value;
        expect(computed?.[index]).toBeCloseTo((above - below) / (2 * STEP), 6);
      }
    }
    scratch();
  });
});

it('counts what a network has learned', () => {
  expect(parameterCount(hiddenLayerNetwork(5, new Random(1)))).toBe(784 * 5 + 5 + 5 * 10 + 10);
});
