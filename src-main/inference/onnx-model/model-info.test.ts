import { describe, expect, it } from 'vitest';
import { encodeModel, tensorValue, type ValueSpec } from '../../../scripts/samples/onnx-writer.ts';
import { affineModel, optionalInputModel, zipMapModel } from '../../../scripts/samples/sample-models.ts';
import { type Dim, ModelInfo, type TensorInfo } from '../../contracts/signature.ts';
import { batchingRule, toModelInfo } from './model-info.ts';
import { readOnnxModel } from './read-onnx-model.ts';
import { dynamicallyQuantizedModel } from '../testing/models.ts';
import { memoryFile } from './testing/memory-file.ts';

const infoOf = async (bytes: Uint8Array): Promise<ModelInfo> =>
  toModelInfo(await readOnnxModel(memoryFile(bytes)), bytes.length);
const modelOf = (inputs: ValueSpec[], outputs: ValueSpec[]): Uint8Array =>
  encodeModel({ graph: { name: 'g', inputs, outputs, nodes: [] } });
const value = (name: string, dims: Dim[] | null): TensorInfo => ({ name, dtype: 'float32', dims, optional: false });

describe('batchingRule', () => {
  it.each([
    { inputs: [value('x', ['batch'])], outputs: [value('y', ['batch', 3])] },
    { inputs: [value('x', [null, 3])], outputs: [value('y', [null])] },
    // Exporters give every open dimension its own name, so that names tell nothing.
    { inputs: [value('x', ['unk__1'])], outputs: [value('y', ['unk__2'])] },
  ])('is on for %j', (signature) => {
    expect(batchingRule(signature, []).enabled).toBe(true);
  });

  it.each([
    {
      inputs: [value('x', [1, 3])],
      outputs: [value('y', ['batch'])],
      reason: 'dimension 0 of input x is fixed to 1: requests are not batched',
    },
    {
      inputs: [value('x', ['batch']), value('threshold', [])],
      outputs: [value('y', ['batch'])],
      reason: 'input threshold is a scalar: requests are not batched',
    },
    {
      inputs: [value('x', ['batch'])],
      outputs: [value('y', ['batch']), value('mean', [])],
      reason: 'output mean is a scalar: requests are not batched',
    },
    {
      inputs: [value('x', ['batch'])],
      outputs: [value('y', null)],
      reason: 'output y has an unknown number of dimensions: requests are not batched',
    },
    {
      inputs: [value('x', ['batch'])],
      outputs: [value('y', [1000])],
      reason: 'dimension 0 of output y is fixed to 1000: requests are not batched',
    },
    { inputs: [], outputs: [value('y', ['n'])], reason: 'the model has no inputs: requests are not batched' },
  ])('is off: $reason', ({ inputs, outputs, reason }) => {
    expect(batchingRule({ inputs, outputs }, [])).toEqual({ enabled: false, reason });
  });
});

describe('toModelInfo', () => {
  it('turns batches off for operators whose results depend on all rows, and names them', async () => {
    const quantized = await infoOf(dynamicallyQuantizedModel());
    expect(quantized.batching).toEqual({
      enabled: false,
      reason:
        'the model has the operator DynamicQuantizeLinear, whose results depend on all rows of a batch: requests are not batched',
    });
  });

  it('tells all about a model, as the contract has it', async () => {
    const bytes = affineModel({
      scale: 1,
      offset: 2,
      producer: { name: 'maker', version: '1.2' },
      description: 'What it does.',
      metadata: { author: 'somebody' },
    });
    const info = await infoOf(bytes);
    expect(info).toEqual({
      platform: 'onnx',
      signature: { inputs: [value('x', ['batch'])], outputs: [value('y', ['batch'])] },
      irVersion: '8',
      opsets: [{ domain: 'ai.onnx', version: '17' }],
      producer: 'maker 1.2',
      graphName: 'affine',
      description: 'What it does.',
      metadata: { author: 'somebody' },
      unsupportedOutputs: [],
      batching: {
        enabled: true,
        reason: 'dimension 0 of every input and output is open: requests that wait run together',
      },
      sizeBytes: bytes.length,
    });
    expect(ModelInfo.parse(info)).toEqual(info);
  });

  it('leaves out inputs with a default, which onnxruntime-node cannot set', async () => {
    const { signature, batching } = await infoOf(optionalInputModel());
    expect(signature.inputs.map(({ name }) => name)).toEqual(['x']);
    expect(batching.enabled).toBe(true);
  });

  it('leaves out outputs that are no tensors, and says so', async () => {
    const info = await infoOf(zipMapModel());
    expect(info.signature.outputs.map(({ name }) => name)).toEqual(['scores']);
    expect(info.unsupportedOutputs).toEqual(['probabilities: sequence<map<int64, float32>>']);
  });

  const sequence: ValueSpec = {
    name: 's',
    type: { kind: 'sequence', of: { kind: 'tensor', dtype: 'float32', dims: null } },
  };
  const x = tensorValue('x', 'float32', ['n']);

  it.each([
    {
      what: 'an input that is no tensor',
      bytes: modelOf([sequence], [x]),
      message: 'input s is sequence<float32>, which ONNX Runtime for Node cannot exchange',
    },
    {
      what: 'an input of bfloat16',
      bytes: modelOf([tensorValue('b', 'bfloat16', [])], [x]),
      message: 'input b is bfloat16',
    },
    {
      what: 'an output of float8',
      bytes: modelOf([x], [x, tensorValue('f', 17, [])]),
      message: 'output f is float8e4m3fn',
    },
    { what: 'no tensor output', bytes: modelOf([x], [sequence]), message: 'no output that is a tensor' },
  ])('refuses $what', async ({ bytes, message }) => {
    const info = infoOf(bytes);
    await expect(info).rejects.toThrow(message);
    await expect(info).rejects.toMatchObject({ code: 'UNIMPLEMENTED' });
  });
});
