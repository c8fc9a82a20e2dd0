import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeModel, tensorValue } from '../../scripts/samples/onnx-writer.ts';
import { createWorkerSetting, requestOf, type WorkerSetting } from './testing/worker-setting.ts';

/** As scikit-learn's converter writes a logistic regression: score and label of each class, normalized. */
const LOGISTIC = encodeModel({
  opsets: { '': 17, 'ai.onnx.ml': 3 },
  graph: {
    name: 'logistic',
    inputs: [tensorValue('x', 'float32', ['batch', 2])],
    outputs: [tensorValue('label', 'string', ['batch']), tensorValue('probabilities', 'float32', ['batch', 3])],
    nodes: [
      {
        operator: 'LinearClassifier',
        domain: 'ai.onnx.ml',
        inputs: ['x'],
        outputs: ['label', 'raw'],
        attributes: {
          coefficients: { kind: 'floats', value: [1, 0, 0, 1, 1, 1] },
          intercepts: { kind: 'floats', value: [0, 0, 0] },
          classlabels_strings: { kind: 'strings', value: ['left', 'right', 'both'] },
          multi_class: { kind: 'int', value: 1 },
          post_transform: { kind: 'string', value: 'NONE' },
        },
      },
      {
        operator: 'Normalizer',
        domain: 'ai.onnx.ml',
        inputs: ['raw'],
        outputs: ['probabilities'],
        attributes: { norm: { kind: 'string', value: 'L1' } },
      },
    ],
  },
});

describe('a classifier of scikit-learn', { timeout: 30_000 }, () => {
  let setting: WorkerSetting;
  beforeAll(async () => {
    setting = await createWorkerSetting({ sharedWorkers: 1 });
  });
  afterAll(async () => setting[Symbol.asyncDispose]());

  it('answers classify with the score of each class', async () => {
    const model = await setting.serve('logistic/1', LOGISTIC);
    const request = requestOf({ examples: [{ x: [1, 3] }, { x: [2, 0] }] });
    const { body } = await model.infer({ ...request, method: 'classify' }, new AbortController().signal);
    expect(JSON.parse(Buffer.from(body).toString())).toEqual({
      results: [
        [
          ['left', 0.125],
          ['right', 0.375],
          ['both', 0.5],
        ],
        [
          ['left', 0.5],
          ['right', 0],
          ['both', 0.5],
        ],
      ],
    });
    await model.unload();
  });
});
