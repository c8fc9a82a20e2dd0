import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { evaluate, predict, TEST_SETS, testImages } from './digits/evaluation.ts';
import { DIGITS_VERSIONS, exampleImage, TRAINED_FILES } from './digits/shipped-digits.ts';
import { bestClass } from './digits/network.ts';
import { trainedNetwork } from './train-digits.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'resources', 'models', 'digits');
const MAX_BYTES = 200_000;
/** Other processors add up in another order, which may tip the scales for an image or two of two thousand. */
const TOLERANCE = 2;

const Score = z.object({ images: z.int(), right: z.int(), accuracy: z.number() });
const Metrics = z.object({
  parameters: z.int(),
  trainingImages: z.int(),
  heldOutStyles: Score,
  newImages: Score,
  mouseDrawings: Score,
});

const metricsOf = async (version: number): Promise<z.infer<typeof Metrics>> =>
  Metrics.parse(JSON.parse(await readFile(join(FOLDER, String(version), 'metrics.json'), 'utf8')));

const modelOf = async (version: number): Promise<Buffer> => readFile(join(FOLDER, String(version), 'model.onnx'));

describe('the sample digits', { timeout: 120_000 }, () => {
  const images = {
    newImages: testImages('newImages'),
    heldOutStyles: testImages('heldOutStyles'),
    mouseDrawings: testImages('mouseDrawings'),
  };

  it.each(DIGITS_VERSIONS)('reads as well in version %i as its metrics say', async (version) => {
    const model = await modelOf(version);
    const metrics = await metricsOf(version);
    for (const set of TEST_SETS) {
      const { right, images: count } = await evaluate(model, images[set]);
      expect(metrics[set].images).toBe(count);
      expect(metrics[set].accuracy).toBeCloseTo(metrics[set].right / count, 4);
      expect(Math.abs(right - metrics[set].right)).toBeLessThanOrEqual(TOLERANCE);
    }
  });

  it.each(TEST_SETS)('reads at least 97 of 100 %s in its second version, and no more in its first', async (set) => {
    const [first, second] = await Promise.all([metricsOf(1), metricsOf(2)]);
    expect(second[set].accuracy).toBeGreaterThanOrEqual(0.97);
    expect(first[set].accuracy).toBeLessThanOrEqual(second[set].accuracy);
  });

  it('reads each of its examples, and is sure of it', async () => {
    const examples = Array.from({ length: 10 }, (_, digit) => exampleImage(digit));
    const scores = await predict(await modelOf(2), examples);
    for (const { digit } of examples) {
      expect(bestClass(scores, digit)).toBe(digit);
      expect(scores[digit * 10 + digit]).toBeGreaterThan(0.9);
    }
  });

  it.each(DIGITS_VERSIONS)('is small in version %i', async (version) => {
    const files = await Promise.all(TRAINED_FILES.map((name) => readFile(join(FOLDER, String(version), name))));
    for (const file of files) expect(file.length).toBeLessThanOrEqual(MAX_BYTES);
  });
});

describe('trainedNetwork', { timeout: 120_000 }, () => {
  const mean = (losses: readonly number[]): number => losses.reduce((sum, loss) => sum + loss, 0) / losses.length;

  it('learns', () => {
    const { losses } = trainedNetwork(1, { steps: 100 });
    expect(mean(losses.slice(0, 10))).toBeGreaterThan(2);
    expect(mean(losses.slice(-10))).toBeLessThan(1.8);
  });

  it.each(DIGITS_VERSIONS)('learns the same each time in version %i', (version) => {
    const [one, two] = [1, 2].map(() => trainedNetwork(version, { steps: 3 }).losses);
    expect(one).toHaveLength(3);
    expect(one).toEqual(two);
  });
});
