import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  encodeModel,
  externalTensor,
  type GraphSpec,
  numberTensor,
  type SparseTensorSpec,
  tensorValue,
} from '../../../scripts/samples/onnx-writer.ts';
import { checkExternalDataFiles } from './external-data-files.ts';
import { readOnnxModel } from './read-onnx-model.ts';
import { memoryFile } from './testing/memory-file.ts';

/** Numbers in the file that a model must not get at, and in the one that it may. */
const SECRET = [1.5, 2.5, 3.5];
const OWN = [4.5, 5.5, 6.5];

/** A model that answers with what it read from `location`, from one of the places where a tensor can stand. */
const PLACES: Readonly<Record<string, (location: string) => Partial<GraphSpec>>> = {
  initializer: (location) => ({
    initializers: [dense(location)],
    nodes: [{ operator: 'Identity', inputs: ['w'], outputs: ['y'] }],
  }),
  'sparse initializer': (location) => ({
    sparseInitializers: [sparse(location)],
    nodes: [{ operator: 'Identity', inputs: ['w'], outputs: ['y'] }],
  }),
  Constant: (location) => ({
    nodes: [
      {
        operator: 'Constant',
        inputs: [],
        outputs: ['y'],
        attributes: { value: { kind: 'tensor', value: dense(location) } },
      },
    ],
  }),
  'sparse Constant': (location) => ({
    nodes: [
      {
        operator: 'Constant',
        inputs: [],
        outputs: ['w'],
        attributes: { sparse_value: { kind: 'sparse_tensor', value: sparse(location) } },
      },
      { operator: 'Identity', inputs: ['w'], outputs: ['y'] },
    ],
  }),
};

function dense(location: string): ReturnType<typeof externalTensor> {
  return externalTensor('w', 'float32', [SECRET.length], { location });
}

function sparse(location: string): SparseTensorSpec {
  const indices = numberTensor(
    'indices',
    'int64',
    [SECRET.length],
    SECRET.map((_, index) => index),
  );
  return { values: dense(location), indices, dims: [SECRET.length] };
}

function modelAt(place: string, location: string): Uint8Array {
  const outputs = [tensorValue('y', 'float32', [SECRET.length])];
  return encodeModel({ graph: { name: 'g', inputs: [], outputs, nodes: [], ...PLACES[place]?.(location) } });
}

async function answerOf(model: string | Uint8Array): Promise<unknown> {
  const session =
    typeof model === 'string' ? await InferenceSession.create(model) : await InferenceSession.create(model);
  const { y } = await session.run({});
  await session.release();
  return Array.from<unknown>(y?.data ?? []);
}

describe('external data outside of the model folder', () => {
  let root: string;
  let folder: string;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'slipway-leak-'));
    folder = join(root, 'model');
    await mkdir(folder);
    const secret = numberTensor('', 'float32', [], SECRET).data;
    const own = numberTensor('', 'float32', [], OWN).data;
    if (secret.in === 'raw_data') await writeFile(join(root, 'secret'), secret.bytes);
    if (own.in === 'raw_data') await writeFile(join(folder, 'own.bin'), own.bytes);
    await symlink(join(root, 'secret'), join(folder, 'link'), 'file');
    await symlink(root, join(folder, 'folder-link'), 'junction');
    await link(join(root, 'secret'), join(folder, 'hard-link'));
  });
  afterAll(() => rm(root, { recursive: true }));

  const write = async (place: string, location: string): Promise<{ path: string; check: () => Promise<unknown> }> => {
    const bytes = modelAt(place, location);
    const path = join(folder, 'model.onnx');
    await writeFile(path, bytes);
    return {
      path,
      check: async () => checkExternalDataFiles(path, (await readOnnxModel(memoryFile(bytes))).externalData),
    };
  };

  describe.each(Object.keys(PLACES))('of kind %s', (place) => {
    it('is told apart from data inside of it, which is read', async () => {
      const { path, check } = await write(place, 'own.bin');
      expect(await check()).toEqual({ sizeBytes: OWN.length * 4 });
      expect(await answerOf(path)).toEqual(OWN);
    });

    it.each(['../secret', 'folder-link/secret', 'link'])('is refused at %s, by ONNX Runtime too', async (location) => {
      const { path, check } = await write(place, location);
      await expect(check()).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
      await expect(answerOf(path)).rejects.toThrow(/external|escapes/iu);
    });

    it('is refused at an absolute path, by ONNX Runtime too, also when it gets the model as bytes', async () => {
      const { path, check } = await write(place, join(root, 'secret'));
      await expect(check()).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
      await expect(answerOf(path)).rejects.toThrow(/absolute/iu);
      await expect(answerOf(modelAt(place, join(root, 'secret')))).rejects.toThrow(/absolute/iu);
    });

    it('is refused at a hard link, which ONNX Runtime reads', async () => {
      const { path, check } = await write(place, 'hard-link');
      await expect(check()).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
      expect(await answerOf(path)).toEqual(SECRET);
    });
  });
});
