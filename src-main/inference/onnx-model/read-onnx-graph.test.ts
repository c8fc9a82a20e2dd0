import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  encodeModel,
  externalTensor,
  type GraphSpec,
  type ModelSpec,
  type NodeSpec,
  numberTensor,
  type TensorSpec,
  tensorValue,
} from '../../../scripts/samples/onnx-writer.ts';
import { ProtobufWriter } from '../../../scripts/samples/protobuf-writer.ts';
import { bigModel, corrupted, identityModel, truncated } from '../../../scripts/samples/sample-models.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import { ModelGraph } from '../../contracts/ui-graph.ts';
import { readOnnxGraph } from './read-onnx-graph.ts';
import { memoryFile } from './testing/memory-file.ts';

const read = (bytes: Uint8Array, maxNodes?: number): Promise<ModelGraph> =>
  readOnnxGraph(memoryFile(bytes), 'm.onnx', maxNodes);
const EMPTY: GraphSpec = { name: 'g', inputs: [], outputs: [], nodes: [] };
const model = (graph: Partial<GraphSpec>, rest: Omit<ModelSpec, 'graph'> = {}): Uint8Array =>
  encodeModel({ ...rest, graph: { ...EMPTY, ...graph } });
type Attributes = NonNullable<NodeSpec['attributes']>;
const node = (attributes: Attributes = {}, operator = 'Op'): NodeSpec => ({
  operator,
  inputs: [],
  outputs: ['o'],
  attributes,
});
const floats = (dims: readonly number[], count: number): TensorSpec =>
  numberTensor(
    't',
    'float32',
    dims,
    Array.from({ length: count }, (_, index) => index / 10),
  );
const failureOf = async (bytes: Uint8Array): Promise<string> =>
  read(bytes).then(
    () => 'read',
    (error: unknown) =>
      error instanceof ServingError ? `${error.code} ${error.message}` : `not told: ${String(error)}`,
  );

describe('readOnnxGraph', () => {
  it('reads nodes, weights and what is known of values', async () => {
    const graph = await read(
      model({
        name: 'main',
        inputs: [tensorValue('x', 'float32', ['batch', 3, null])],
        outputs: [tensorValue('y', 21, [2])],
        values: [tensorValue('h', 'int8', [1]), { name: 'untyped' }],
        initializers: [
          numberTensor('w', 'float32', [2, 3], [0, 1, 2, 3, 4, 5]),
          { name: 'words', dtype: 'string', dims: [2], data: { in: 'string_data', values: ['ab', 'c'] } },
          externalTensor('far', 'float16', [8, 2], { location: './data/w.bin', offset: 8 }),
          externalTensor('told', 'float32', [4], { location: 'w.bin', length: 100 }),
          externalTensor('evil', 'float32', [4], { location: '../../etc/passwd' }),
        ],
        nodes: [
          { name: 'first', operator: 'MatMul', inputs: ['x', '', 'w'], outputs: ['h'] },
          { operator: 'Gelu', domain: 'com.microsoft', inputs: ['h'], outputs: ['y', ''] },
          { operator: 'Add', domain: 'ai.onnx', inputs: [], outputs: [] },
        ],
      }),
    );
    const plain = { name: '', domain: '', attributes: [], subgraphs: [] };
    expect(graph).toEqual({
      graphs: [
        {
          name: 'main',
          inputs: [{ name: 'x', dtype: 'float32', dims: ['batch', 3, null] }],
          outputs: [{ name: 'y', dtype: 'uint4', dims: null }],
          values: [
            { name: 'h', dtype: 'int8', dims: [1] },
            { name: 'untyped', dtype: 'no type', dims: null },
          ],
          weights: [
            { name: 'w', dtype: 'float32', dims: [2, 3], sizeBytes: 24 },
            { name: 'words', dtype: 'string', dims: [2], sizeBytes: 3 },
            { name: 'far', dtype: 'float16', dims: [8, 2], sizeBytes: 32, file: 'data/w.bin' },
            { name: 'told', dtype: 'float32', dims: [4], sizeBytes: 100, file: 'w.bin' },
            {
              name: 'evil',
              dtype: 'float32',
              dims: [4],
              sizeBytes: 16,
              problem: 'its location leads out of the model folder by ".."',
            },
          ],
          nodes: [
            { ...plain, name: 'first', opType: 'MatMul', inputs: ['x', '', 'w'], outputs: ['h'] },
            { ...plain, opType: 'Gelu', domain: 'com.microsoft', inputs: ['h'], outputs: ['y', ''] },
            { ...plain, opType: 'Add', inputs: [], outputs: [] },
          ],
        },
      ],
      functions: [],
      omittedNodes: 0,
    });
  });

  it.each<{ attribute: Attributes[string]; type: string; text: string }>([
    { attribute: { kind: 'float', value: 0.1 }, type: 'float', text: '0.1' },
    { attribute: { kind: 'float', value: 16_777_217 }, type: 'float', text: '16777216' },
    { attribute: { kind: 'int', value: -9_223_372_036_854_775_808n }, type: 'int', text: '-9223372036854775808' },
    { attribute: { kind: 'string', value: 'same "é"' }, type: 'string', text: '"same \\"é\\""' },
    { attribute: { kind: 'ints', value: [3, -1, 300] }, type: 'ints', text: '[3, -1, 300]' },
    { attribute: { kind: 'ints', value: [] }, type: 'ints', text: '[]' },
    { attribute: { kind: 'floats', value: [0.5, 1e-7] }, type: 'floats', text: '[0.5, 1e-7]' },
    { attribute: { kind: 'strings', value: ['a', 'b'] }, type: 'strings', text: '["a", "b"]' },
    {
      attribute: { kind: 'tensor', value: floats([2, 2], 4) },
      type: 'tensor',
      text: 'float32 [2, 2] = [0, 0.1, 0.2, 0.3]',
    },
    { attribute: { kind: 'tensor', value: floats([], 1) }, type: 'tensor', text: 'float32 = 0' },
    { attribute: { kind: 'tensor', value: floats([17], 17) }, type: 'tensor', text: 'float32 [17]' },
    {
      attribute: {
        kind: 'tensor',
        value: { name: 't', dtype: 'int64', dims: [2], data: { in: 'int64_data', values: [-1, 2n ** 62n] } },
      },
      type: 'tensor',
      text: 'int64 [2] = [-1, 4611686018427387904]',
    },
    {
      attribute: {
        kind: 'tensor',
        value: { name: 't', dtype: 'string', dims: [1], data: { in: 'string_data', values: ['word'] } },
      },
      type: 'tensor',
      text: 'string [1] = ["word"]',
    },
    {
      attribute: { kind: 'tensor', value: externalTensor('t', 'int8', [2], { location: 'x' }) },
      type: 'tensor',
      text: 'int8 [2]',
    },
    {
      attribute: {
        kind: 'sparse_tensor',
        value: { values: floats([1], 1), indices: numberTensor('i', 'int64', [1], [3]), dims: [5] },
      },
      type: 'sparse_tensor',
      text: 'sparse float32 [5]',
    },
    {
      attribute: { kind: 'tensors', value: [floats([1], 1), floats([2], 2)] },
      type: 'tensors',
      text: '[float32 [1] = [0], float32 [2] = [0, 0.1]]',
    },
    {
      attribute: { kind: 'graph', value: { ...EMPTY, name: 'then_branch', nodes: [node()] } },
      type: 'graph',
      text: 'graph "then_branch", 1 node',
    },
  ])('tells $type as $text', async ({ attribute, type, text }) => {
    const { graphs } = await read(model({ nodes: [node({ a: attribute })] }));
    expect(graphs[0]?.nodes[0]?.attributes).toEqual([{ name: 'a', type, text }]);
  });

  it.each<{ what: string; attribute: Attributes[string] }>([
    { what: 'ints', attribute: { kind: 'ints', value: Array.from({ length: 5000 }, (_, index) => index) } },
    { what: 'floats', attribute: { kind: 'floats', value: Array.from({ length: 5000 }, () => 0) } },
    { what: 'text', attribute: { kind: 'string', value: 'é'.repeat(5000) } },
    { what: 'texts', attribute: { kind: 'strings', value: Array.from({ length: 5000 }, () => 'word') } },
  ])('cuts very many $what', async ({ attribute }) => {
    const { graphs } = await read(model({ nodes: [node({ a: attribute })] }));
    const text = graphs[0]?.nodes[0]?.attributes[0]?.text ?? '';
    expect(text).toMatch(/…$/u);
    expect(text.length).toBeLessThanOrEqual(305);
  });

  it('reads lists that are not packed, and attributes of old files that do not say their type', async () => {
    const ints = new ProtobufWriter().text(1, 'ints').varint(8, 7).varint(8, 9);
    const numbers = new ProtobufWriter().text(1, 'floats').float(7, 0.5).float(7, 2);
    const graph = new ProtobufWriter().message(
      1,
      new ProtobufWriter().text(4, 'Op').message(5, ints).message(5, numbers),
    );
    const { graphs } = await read(new ProtobufWriter().varint(1, 2).message(7, graph).toBytes());
    expect(graphs[0]?.nodes[0]?.attributes).toEqual([
      { name: 'ints', type: 'ints', text: '[7, 9]' },
      { name: 'floats', type: 'floats', text: '[0.5, 2]' },
    ]);
  });

  it('numbers the graphs within nodes as they are met', async () => {
    const inner: GraphSpec = { ...EMPTY, name: 'inner', nodes: [node({}, 'Deep')] };
    const branch = (name: string, nodes: readonly NodeSpec[]): Attributes[string] => ({
      kind: 'graph',
      value: { ...EMPTY, name, nodes, initializers: [numberTensor(`${name}.w`, 'uint8', [2], [1, 2])] },
    });
    const { graphs } = await read(
      model({
        nodes: [
          node(
            { then_branch: branch('then', [node({ body: { kind: 'graphs', value: [inner, inner] } }, 'Loop')]) },
            'If',
          ),
          node({ else_branch: branch('else', []) }, 'If'),
        ],
      }),
    );
    expect(graphs.map(({ name, weights }) => [name, weights.length])).toEqual([
      ['g', 0],
      ['then', 1],
      ['inner', 0],
      ['inner', 0],
      ['else', 1],
    ]);
    expect(graphs[0]?.nodes.map(({ subgraphs }) => subgraphs)).toEqual([[1], [4]]);
    expect(graphs[1]?.nodes[0]?.subgraphs).toEqual([2, 3]);
  });

  it('names the functions of the model', async () => {
    const { functions, graphs } = await read(
      model(
        { nodes: [{ operator: 'Twice', domain: 'org.example', inputs: [], outputs: [] }] },
        {
          functions: [{ domain: 'org.example', name: 'Twice', inputs: ['x'], outputs: ['y'], nodes: [node(), node()] }],
        },
      ),
    );
    expect(functions).toEqual([{ domain: 'org.example', name: 'Twice', nodes: 2 }]);
    expect(graphs[0]?.nodes[0]).toMatchObject({ opType: 'Twice', domain: 'org.example' });
  });

  it('takes weights for no inputs where the format has them among these', async () => {
    const graph = {
      inputs: [tensorValue('x', 'int8', [1]), tensorValue('w', 'int8', [1])],
      initializers: [numberTensor('w', 'int8', [1], [1])],
    };
    const inputsOf = async (irVersion: number): Promise<readonly string[] | undefined> =>
      (await read(model(graph, { irVersion }))).graphs[0]?.inputs.map(({ name }) => name);
    expect(await inputsOf(3)).toEqual(['x']);
    expect(await inputsOf(8)).toEqual(['x', 'w']);
  });

  it('counts the nodes that are too many', async () => {
    const branch: Attributes = { branch: { kind: 'graph', value: { ...EMPTY, nodes: [node(), node()] } } };
    const { graphs, omittedNodes } = await read(model({ nodes: [node(branch), node(), node(branch)] }), 2);
    expect(graphs.map(({ nodes }) => nodes.length)).toEqual([1, 1]);
    expect(omittedNodes).toBe(3);
  });

  it('leaves the weights where they are', async () => {
    const file = memoryFile(bigModel(20));
    const { graphs } = await readOnnxGraph(file, 'm.onnx');
    expect(graphs[0]?.weights.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBeGreaterThan(19_000_000);
    expect(file.reads.bytes).toBeLessThan(50_000);
  });

  const nested = (depth: number): GraphSpec => {
    let graph = EMPTY;
    for (let level = 0; level < depth; level += 1)
      graph = { ...EMPTY, nodes: [node({ g: { kind: 'graph', value: graph } })] };
    return graph;
  };
  it.each([
    { what: 'is cut off', bytes: truncated(identityModel('int8', [1])), told: 'is it copied in full?' },
    { what: 'is damaged', bytes: corrupted(identityModel('int8', [1])), told: 'not a valid ONNX file' },
    { what: 'is empty', bytes: new Uint8Array(), told: 'has no graph' },
    { what: 'is a text', bytes: new TextEncoder().encode('not a model at all\n'), told: 'is plain text' },
    { what: 'has a name of 10 MB', bytes: model({ name: 'x'.repeat(10_000_000) }), told: 'a name has more than' },
    {
      what: 'has a node with such an operator',
      bytes: model({ nodes: [node({}, 'x'.repeat(10_000_000))] }),
      told: 'a name has more than',
    },
    { what: 'has graphs in graphs in graphs', bytes: model(nested(60)), told: 'nested deeper than 100 levels' },
    {
      what: 'has a tensor of very many dimensions',
      bytes: model({
        initializers: [
          floats(
            Array.from({ length: 300 }, () => 1),
            1,
          ),
        ],
      }),
      told: 'numbers',
    },
  ])('says so where the file $what', async ({ bytes, told }) => {
    const failure = await failureOf(bytes);
    expect(failure).toContain('INVALID_ARGUMENT m.onnx');
    expect(failure).toContain(told);
  });

  it('takes sizes that make no sense for unknown', async () => {
    const huge = {
      name: 'w',
      dtype: 'float32',
      dims: [-1, 2 ** 62],
      data: { in: 'raw_data', bytes: new Uint8Array(4) },
    } as const;
    const { graphs } = await read(model({ initializers: [huge] }));
    expect(graphs[0]?.weights).toEqual([{ name: 'w', dtype: 'float32', dims: [null, null], sizeBytes: 4 }]);
  });

  it('gives what the contract says, whatever byte is damaged', async () => {
    const bytes = model({
      nodes: [node({ a: { kind: 'tensor', value: floats([2], 2) }, b: { kind: 'graph', value: nested(2) } })],
      initializers: [externalTensor('w', 'float32', [2], { location: 'w.bin', length: 8 })],
      values: [tensorValue('h', 'int8', ['n'])],
    });
    for (let at = 0; at < bytes.length; at += 1) {
      for (const value of [0, 0x7f, 0xff, (bytes[at] ?? 0) ^ 1]) {
        const damaged = bytes.slice();
        damaged[at] = value;
        const outcome = await read(damaged).then(
          (graph) => ModelGraph.safeParse(graph).error?.message,
          (error: unknown) => (error instanceof ServingError ? undefined : String(error)),
        );
        expect(outcome, `byte ${at} as ${value}`).toBeUndefined();
      }
    }
  });
});

const SHARED = join(import.meta.dirname, '../../../../shared/models/onnx');
describe.skipIf(!existsSync(SHARED))('models of others', () => {
  const files = existsSync(SHARED) ? readdirSync(SHARED).filter((name) => name.endsWith('.onnx')) : [];
  it.each(files)('%s comes out whole', async (name) => {
    const { graphs, omittedNodes } = ModelGraph.parse(await read(readFileSync(join(SHARED, name))));
    const [main] = graphs;
    expect(omittedNodes).toBe(0);
    expect(main?.nodes.length).toBeGreaterThan(100);
    // What a node takes was given by an input, a weight or a node before it: nothing is lost, and the order is kept.
    // Empty is what is left out.
    const given = [...(main?.inputs ?? []), ...(main?.weights ?? [])].map((value) => value.name);
    const known = new Set(['', ...given]);
    for (const { inputs, outputs, opType } of main?.nodes ?? []) {
      expect(opType).not.toBe('');
      for (const input of inputs) expect(known).toContain(input);
      for (const output of outputs) known.add(output);
    }
    for (const output of main?.outputs ?? []) expect(known).toContain(output.name);
  });
});
