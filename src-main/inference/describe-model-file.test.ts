import { afterAll, beforeAll, expect, it } from 'vitest';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { affineModel } from '../../scripts/samples/sample-models.ts';
import { createLocalFileSystem } from '../storage/local-file-system.ts';
import { describeModelFile } from './describe-model-file.ts';

const MODEL = affineModel({ scale: 0.5, offset: 3 });
const files = createLocalFileSystem();
const { signal } = new AbortController();
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-describe-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

it.each<{ what: string; bytes: Uint8Array; says: unknown }>([
  { what: 'a model', bytes: MODEL, says: undefined },
  { what: 'a part of one', bytes: MODEL.subarray(0, 60), says: expect.stringContaining('is it copied in full?') },
  { what: 'a text', bytes: Buffer.from('Not found\n'), says: expect.stringContaining('model.onnx is') },
])('says of $what: $says', async ({ bytes, says }) => {
  const path = join(directory, 'model.onnx');
  await writeFile(path, bytes);
  expect(await describeModelFile(files, path, signal)).toEqual(says);
});

it('says why a file cannot be read', async () => {
  expect(await describeModelFile(files, join(directory, 'gone.onnx'), signal)).toContain('gone.onnx');
});
