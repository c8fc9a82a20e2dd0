import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  affineModel,
  bigModel,
  classifierModel,
  copyModel,
  corrupted,
  externalDataModel,
  identityModel,
  lookupModel,
  optionalInputModel,
  regressorModel,
  scalarOutputModel,
  slowModel,
  sumAndDifferenceModel,
  textAndBytesModel,
  truncated,
  unevenOutputsModel,
  zipMapModel,
} from './sample-models.ts';

type Feeds = Record<string, Tensor>;

/** Runs a model in ONNX Runtime; the answer holds each output's dims and elements. */
async function run(model: Uint8Array | string, feeds: Feeds, fetches?: readonly string[]): Promise<unknown> {
  const session =
    typeof model === 'string' ? await InferenceSession.create(model) : await InferenceSession.create(model);
  try {
    const outputs = fetches ? await session.run(feeds, [...fetches]) : await session.run(feeds);
    return Object.fromEntries(
      Object.entries(outputs).map(([name, { dims, data }]) => [name, { dims, data: Array.from<unknown>(data) }]),
    );
  } finally {
    await session.release();
  }
}

const floats = (values: readonly number[], dims = [values.length]): Tensor => new Tensor('float32', values, dims);
const longs = (values: readonly bigint[], dims = [values.length]): Tensor => new Tensor('int64', values, dims);

describe('sample models, run by ONNX Runtime', () => {
  it.each<{ what: string; model: Uint8Array; feeds: Feeds; fetches?: string[]; expected: unknown }>([
    {
      what: 'affine, float32',
      model: affineModel({ scale: 0.5, offset: 3 }),
      feeds: { x: floats([1, 2, 5]) },
      expected: { y: { dims: [3], data: [3.5, 4, 5.5] } },
    },
    {
      what: 'affine, int64, other names, fixed dimension',
      model: affineModel({ scale: 3, offset: -1, dtype: 'int64', inputName: 'in', outputName: 'out', batchDim: 2 }),
      feeds: { in: longs([2n, 9_007_199_254_740_993n]) },
      expected: { out: { dims: [2], data: [5n, 27_021_597_764_222_978n] } },
    },
    {
      what: 'affine, float64',
      model: affineModel({ scale: 0.1, offset: 0, dtype: 'float64' }),
      feeds: { x: new Tensor('float64', [1], [1]) },
      expected: { y: { dims: [1], data: [0.1] } },
    },
    {
      what: 'identity of strings',
      model: identityModel('string', ['batch']),
      feeds: { x: new Tensor('string', ['a', 'ü'], [2]) },
      expected: { y: { dims: [2], data: ['a', 'ü'] } },
    },
    {
      what: 'identity of a scalar',
      model: identityModel('bool', []),
      feeds: { x: new Tensor('bool', [true], []) },
      expected: { y: { dims: [], data: [1] } },
    },
    {
      what: 'identity of unknown rank',
      model: identityModel('float32', null),
      feeds: { x: floats([1, 2], [1, 2, 1]) },
      expected: { y: { dims: [1, 2, 1], data: [1, 2] } },
    },
    {
      what: 'two inputs and two outputs',
      model: sumAndDifferenceModel(),
      feeds: { a: floats([1, 2, 3], [1, 3]), b: floats([10, 20, 30], [1, 3]) },
      expected: {
        sum: { dims: [1, 3], data: [11, 22, 33] },
        difference: { dims: [1, 3], data: [-9, -18, -27] },
      },
    },
    {
      what: 'mixed inputs',
      model: copyModel([
        { dtype: 'int32', dims: ['batch'] },
        { dtype: 'string', dims: [2] },
      ]),
      feeds: { x0: new Tensor('int32', [7], [1]), x1: new Tensor('string', ['a', 'b'], [2]) },
      expected: { y0: { dims: [1], data: [7] }, y1: { dims: [2], data: ['a', 'b'] } },
    },
    {
      what: 'a scalar output',
      model: scalarOutputModel(),
      feeds: { x: floats([1, 2, 6]) },
      expected: { mean: { dims: [], data: [3] } },
    },
    {
      what: 'an optional input that is left out',
      model: optionalInputModel(),
      feeds: { x: floats([1, 2]) },
      expected: { y: { dims: [2], data: [11, 12] } },
    },
    {
      what: 'the tensor output of a classifier',
      model: zipMapModel(),
      feeds: { x: floats([0.25, 0.75], [1, 2]) },
      fetches: ['scores'],
      expected: { scores: { dims: [1, 2], data: [0.25, 0.75] } },
    },
    {
      what: 'text and bytes',
      model: textAndBytesModel(),
      feeds: { x: new Tensor('string', ['a', 'ü'], [2]) },
      expected: { text: { dims: [2], data: ['a', 'ü'] }, data_bytes: { dims: [2], data: ['a', 'ü'] } },
    },
    {
      what: 'outputs of two lengths',
      model: unevenOutputsModel(),
      feeds: { x: floats([1, 2]) },
      expected: { once: { dims: [2], data: [1, 2] }, twice: { dims: [4], data: [1, 2, 1, 2] } },
    },
    {
      what: 'both classes with their scores',
      model: classifierModel({ classes: 'classes', scores: 'scores', of: 'each' }),
      feeds: { x: floats([0.25, 0.75, 1, 0], [2, 2]) },
      expected: {
        classes: { dims: [2, 2], data: ['cat', 'dog', 'cat', 'dog'] },
        scores: { dims: [2, 2], data: [0.25, 0.75, 1, 0] },
      },
    },
    {
      what: 'the best class by its number',
      model: classifierModel({ classes: 'label', scores: null, of: 'best', dtype: 'int64' }),
      feeds: { x: floats([0.25, 0.75, 1, 0], [2, 2]) },
      expected: { label: { dims: [2], data: [20n, 10n] } },
    },
    {
      what: 'scores alone',
      model: classifierModel({ classes: null, scores: 'scores', of: 'each' }),
      feeds: { x: floats([0.25, 0.75], [1, 2]) },
      expected: { scores: { dims: [1, 2], data: [0.25, 0.75] } },
    },
    {
      what: 'a regressor',
      model: regressorModel(),
      feeds: { a: floats([0.5, 1]), n: longs([2n, 3n]) },
      expected: { y: { dims: [2], data: [2.5, 4] } },
    },
    {
      what: 'a regressor with a column',
      model: regressorModel({ column: true }),
      feeds: { a: floats([0.5, 1]), n: longs([2n, 3n]) },
      expected: { y: { dims: [2, 1], data: [2.5, 4] } },
    },
    {
      what: 'a table look-up',
      model: lookupModel(3),
      feeds: { x: longs([2n]) },
      expected: { y: { dims: [1, 8], data: Array.from({ length: 8 }, () => 2) } },
    },
    {
      what: 'a slow model',
      model: slowModel({ rounds: 3, size: 2 }),
      feeds: { x: floats([1, 2], [1, 2]) },
      expected: { y: { dims: [1, 2], data: [1, 2] } },
    },
  ])('$what', async ({ model, feeds, fetches, expected }) => {
    expect(await run(model, feeds, fetches)).toEqual(expected);
  });

  it.each(['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'float16', 'float64', 'uint64'] as const)(
    'loads an identity of %s',
    async (dtype) => {
      const session = await InferenceSession.create(identityModel(dtype, ['batch']));
      expect(session.inputNames).toEqual(['x']);
      await session.release();
    },
  );

  // Facts about onnxruntime-node that the readers of this project's models rely on: were they to change, more could be served.
  it('takes an optional input that is given for one that is left out', async () => {
    const feeds = { x: floats([1]), bias: floats([100]) };
    expect(await run(optionalInputModel(), feeds)).toEqual({ y: { dims: [1], data: [11] } });
  });

  it('does not load a model with bfloat16 inputs', async () => {
    await expect(InferenceSession.create(identityModel('bfloat16', ['batch']))).rejects.toThrow('data type');
  });

  it('fails the run of a look-up beyond the table', async () => {
    await expect(run(lookupModel(3), { x: longs([3n]) })).rejects.toThrow(/indices/u);
  });

  it.each([
    ['truncated', truncated(affineModel({ scale: 1, offset: 0 }))],
    ['corrupted', corrupted(affineModel({ scale: 1, offset: 0 }))],
  ])('does not load a %s model', async (_, model) => {
    await expect(InferenceSession.create(model)).rejects.toThrow(/protobuf/iu);
  });

  it('makes a big model of the wanted size', () => {
    const size = bigModel(1).length;
    expect(size).toBeGreaterThanOrEqual(2 ** 20);
    expect(size).toBeLessThan(2 ** 20 + 1024);
  });
});

describe('externalDataModel', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-samples-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('runs from two files', async () => {
    const { model, weights } = externalDataModel(1, 'table.bin');
    await writeFile(join(folder, 'model.onnx'), model);
    await writeFile(join(folder, 'table.bin'), weights);
    expect(await run(join(folder, 'model.onnx'), { x: longs([32_767n]) })).toEqual({
      y: { dims: [1, 8], data: Array.from({ length: 8 }, () => 32_767) },
    });
  });
});
