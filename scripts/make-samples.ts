/**
 * Writes the sample models of resources/models; run it by `node scripts/make-samples.ts` after a change to
 * samples/shipped-samples.ts. The trained files of the model `digits` are written by `node scripts/samples/train-digits.ts`,
 * which takes minutes.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { shippedSamples } from './samples/shipped-samples.ts';

const folder = join(import.meta.dirname, '..', 'resources', 'models');
for (const { path, bytes } of shippedSamples()) {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, bytes);
}
