import { describe, expect, it } from 'vitest';
import { encodeModel, type NodeSpec, tensorValue } from '../../../scripts/samples/onnx-writer.ts';
import { ProtobufWriter } from '../../../scripts/samples/protobuf-writer.ts';
import type { OnnxModel } from './onnx-model.ts';
import { readOnnxModel } from './read-onnx-model.ts';
import { memoryFile } from './testing/memory-file.ts';

const ML = 'ai.onnx.ml';
const read = (bytes: Uint8Array): Promise<OnnxModel> => readOnnxModel(memoryFile(bytes));
const texts = (...value: readonly string[]) => ({ classlabels_strings: { kind: 'strings', value } }) as const;

function classifier(attributes: NonNullable<NodeSpec['attributes']>, more: Partial<NodeSpec> = {}): NodeSpec {
  return {
    operator: 'LinearClassifier',
    domain: ML,
    inputs: ['x'],
    outputs: ['label', 'scores'],
    attributes: { coefficients: { kind: 'floats', value: [1, 2] }, ...attributes },
    ...more,
  };
}

function modelOf(...nodes: readonly NodeSpec[]): Uint8Array {
  return encodeModel({
    opsets: { '': 17, [ML]: 3 },
    graph: {
      name: 'g',
      inputs: [tensorValue('x', 'float32', ['n', 2])],
      outputs: [tensorValue('label', 'string', ['n']), tensorValue('scores', 'float32', ['n', 2])],
      nodes,
    },
  });
}

const pass = (operator: string, from: string, to: string, domain?: string): NodeSpec => ({
  operator,
  inputs: [from],
  outputs: [to],
  ...(domain !== undefined && { domain }),
});

describe('class labels', () => {
  it.each<{ what: string; nodes: readonly NodeSpec[]; expected: readonly string[] }>([
    { what: 'texts', nodes: [classifier(texts('a', 'é'))], expected: ['a', 'é'] },
    {
      what: 'integers',
      nodes: [classifier({ classlabels_ints: { kind: 'ints', value: [7, -1n] } })],
      expected: ['7', '-1'],
    },
    {
      what: 'those of trees',
      nodes: [
        classifier(
          {
            nodes_featureids: { kind: 'ints', value: [9, 9, 9] },
            classlabels_int64s: { kind: 'ints', value: [0, 9_007_199_254_740_993n] },
          },
          { operator: 'TreeEnsembleClassifier' },
        ),
      ],
      expected: ['0', '9007199254740993'],
    },
    {
      what: 'those of vector machines',
      nodes: [classifier(texts('a', 'b'), { operator: 'SVMClassifier' })],
      expected: ['a', 'b'],
    },
    {
      what: 'scores that are normalized and cast',
      nodes: [
        classifier(texts('a', 'b'), { outputs: ['label', 'raw'] }),
        pass('Normalizer', 'raw', 'normalized', ML),
        pass('Cast', 'normalized', 'scores'),
      ],
      expected: ['a', 'b'],
    },
    {
      what: 'the classifier that gives the scores, of several',
      nodes: [
        classifier(texts('a', 'b')),
        classifier({ classlabels_ints: { kind: 'ints', value: [0, 1] } }, { outputs: ['other', 'unused'] }),
      ],
      expected: ['a', 'b'],
    },
  ])('are found: $what', async ({ nodes, expected }) => {
    const { classLabels } = await read(modelOf(...nodes));
    expect([...classLabels]).toEqual([['scores', expected]]);
  });

  it('are found where integers are written one by one', async () => {
    const attribute = new ProtobufWriter().text(1, 'classlabels_ints').varint(8, 3).varint(8, 4).varint(20, 7);
    const node = new ProtobufWriter().text(1, 'x').text(2, 'l').text(2, 's').text(4, 'LinearClassifier');
    node.message(5, attribute).text(7, ML);
    const output = new ProtobufWriter().text(1, 's');
    const graph = new ProtobufWriter().message(1, node).message(12, output);
    const opset = new ProtobufWriter().text(1, ML).varint(2, 3);
    const { classLabels } = await read(new ProtobufWriter().varint(1, 8).message(7, graph).message(8, opset).toBytes());
    expect([...classLabels]).toEqual([['s', ['3', '4']]]);
  });

  it.each<{ what: string; nodes: readonly NodeSpec[] }>([
    { what: 'a classifier that names no classes', nodes: [classifier({})] },
    { what: 'a classifier of another domain', nodes: [classifier(texts('a', 'b'), { domain: 'my.own' })] },
    {
      what: 'scores that are computed from those of a classifier',
      nodes: [classifier(texts('a', 'b'), { outputs: ['label', 'raw'] }), pass('Softmax', 'raw', 'scores')],
    },
    {
      what: 'one classifier of several whose scores are put together',
      nodes: [
        classifier(texts('a', 'b'), { outputs: ['l1', 's1'] }),
        classifier(texts('a', 'b'), { outputs: ['l2', 's2'] }),
        { operator: 'Sum', inputs: ['s1', 's2'], outputs: ['scores'] },
      ],
    },
    {
      what: 'values that pass on each other',
      nodes: [
        classifier(texts('a', 'b'), { outputs: ['l', 's'] }),
        pass('Identity', 'scores', 'y'),
        pass('Identity', 'y', 'scores'),
      ],
    },
    { what: 'a label that is very long', nodes: [classifier(texts('a', 'b'.repeat(5000)))] },
    {
      what: 'very many labels',
      nodes: [classifier(texts(...Array.from({ length: 10_001 }, (_, index) => String(index))))],
    },
  ])('are not made up for $what', async ({ nodes }) => {
    const { classLabels } = await read(modelOf(...nodes));
    expect([...classLabels]).toEqual([]);
  });
});
