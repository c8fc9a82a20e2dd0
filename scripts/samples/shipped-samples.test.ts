import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { shippedSamples, TRAINED_SAMPLES, tutorialModels } from './shipped-samples.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'resources', 'models');
const ANSWERS: Readonly<Record<string, readonly number[]>> = {
  half_plus_two: [2.5, 3, 4.5],
  half_plus_three: [3.5, 4, 5.5],
};

describe('resources/models', () => {
  it('holds the samples and nothing else', async () => {
    const entries = await readdir(FOLDER, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    expect(files.toSorted()).toEqual(
      [...shippedSamples().map(({ path }) => path), ...TRAINED_SAMPLES].map((path) => join(FOLDER, path)).toSorted(),
    );
  });

  describe.each(shippedSamples())('$path', ({ path, bytes }) => {
    it('is what scripts/make-samples.ts writes', async () => {
      const committed = await readFile(join(FOLDER, path));
      expect(committed.equals(bytes), 'run node scripts/make-samples.ts').toBe(true);
    });
  });

  describe.each(tutorialModels())('$path', ({ path }) => {
    it('answers as the tutorials of TensorFlow Serving say', async () => {
      const session = await InferenceSession.create(join(FOLDER, path));
      const { y } = await session.run({ x: new Tensor('float32', [1, 2, 5], [3]) });
      expect(Array.from<unknown>(y?.data ?? [])).toEqual(ANSWERS[path.split('/')[0] ?? '']);
      await session.release();
    });
  });
});
