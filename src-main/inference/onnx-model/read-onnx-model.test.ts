import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import {
  encodeModel,
  externalTensor,
  type GraphSpec,
  type ModelSpec,
  type NodeSpec,
  numberTensor,
  tensorValue,
  type TypeSpec,
} from '../../../scripts/samples/onnx-writer.ts';
import { ProtobufWriter } from '../../../scripts/samples/protobuf-writer.ts';
import {
  affineModel,
  bigModel,
  copyModel,
  corrupted,
  externalDataModel,
  identityModel,
  optionalInputModel,
  scalarOutputModel,
  slowModel,
  sumAndDifferenceModel,
  truncated,
  zipMapModel,
} from '../../../scripts/samples/sample-models.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import type { OnnxModel } from './onnx-model.ts';
import { TruncatedFileError } from './protobuf-reader.ts';
import { readOnnxModel } from './read-onnx-model.ts';
import { memoryFile } from './testing/memory-file.ts';

const read = (bytes: Uint8Array): Promise<OnnxModel> => readOnnxModel(memoryFile(bytes));
const float32 = { kind: 'tensor', dtype: 'float32', dims: ['batch'] } as const;

/** A graph that does nothing, to hang other things on. */
const EMPTY_GRAPH: GraphSpec = { name: 'g', inputs: [], outputs: [], nodes: [] };
const withGraph = (graph: Partial<GraphSpec>, model: Omit<ModelSpec, 'graph'> = {}): Uint8Array =>
  encodeModel({ ...model, graph: { ...EMPTY_GRAPH, ...graph } });
const external = (name: string) => externalTensor(name, 'float32', [2, 3], { location: `${name}.bin`, offset: 8 });
const node = (attributes: NonNullable<NodeSpec['attributes']>): NodeSpec => ({
  operator: 'Op',
  inputs: [],
  outputs: ['o'],
  attributes,
});

/** What onnxruntime-node says about the same values. */
const asMetadata = (values: OnnxModel['inputs']): unknown[] =>
  values.map(({ name, type }) =>
    type.kind === 'tensor'
      ? { name, isTensor: true, type: type.dtype, shape: (type.dims ?? []).map((dim) => dim ?? '') }
      : { name, isTensor: false },
  );

const outcomeOf = async (bytes: Uint8Array): Promise<string> => {
  const file = memoryFile(bytes);
  const result = await readOnnxModel(file).then(
    () => 'read',
    (error: unknown) => (error instanceof ServingError ? error.code : String(error)),
  );
  // A window is read at most once: no input makes the reader go round in circles.
  return file.reads.bytes <= bytes.length + 65_536 ? result : 'reads too much';
};

describe('readOnnxModel', () => {
  it('reads all that a file says about itself', async () => {
    const bytes = encodeModel({
      irVersion: 9,
      opsets: { '': 19, 'ai.onnx.ml': 3 },
      producer: { name: 'maker', version: '1.2' },
      domain: 'org.example',
      modelVersion: 9_007_199_254_740_993n,
      description: 'What it does.',
      metadata: { author: 'é', ['__proto__']: 'harmless' },
      graph: { ...EMPTY_GRAPH, name: 'main', inputs: [tensorValue('x', 'float32', ['batch'])] },
    });
    const model = await read(bytes);
    expect(model).toEqual({
      irVersion: '9',
      opsets: [
        { domain: '', version: '19' },
        { domain: 'ai.onnx.ml', version: '3' },
      ],
      producerName: 'maker',
      producerVersion: '1.2',
      domain: 'org.example',
      modelVersion: '9007199254740993',
      description: 'What it does.',
      metadata: Object.fromEntries([
        ['author', 'é'],
        ['__proto__', 'harmless'],
      ]),
      graphName: 'main',
      inputs: [{ name: 'x', type: float32, optional: false }],
      outputs: [],
      mixingOperators: [],
      classLabels: new Map(),
      externalData: [],
    });
  });

  it.each<{ what: string; type: TypeSpec | undefined; expected: unknown }>([
    {
      what: 'a scalar',
      type: { kind: 'tensor', dtype: 'int64', dims: [] },
      expected: { kind: 'tensor', dtype: 'int64', dims: [] },
    },
    {
      what: 'a tensor of unknown rank',
      type: { kind: 'tensor', dtype: 'string', dims: null },
      expected: { kind: 'tensor', dtype: 'string', dims: null },
    },
    {
      what: 'fixed, named and unknown dimensions',
      type: { kind: 'tensor', dtype: 'bfloat16', dims: ['n', 3, null, 0] },
      expected: { kind: 'tensor', dtype: 'bfloat16', dims: ['n', 3, null, 0] },
    },
    {
      what: 'dimension -1',
      type: { kind: 'tensor', dtype: 'bool', dims: [-1] },
      expected: { kind: 'tensor', dtype: 'bool', dims: [null] },
    },
    {
      what: 'an element type without a name here',
      type: { kind: 'tensor', dtype: 17, dims: [1] },
      expected: { kind: 'unsupported tensor', description: 'float8e4m3fn' },
    },
    {
      what: 'an element type of the future',
      type: { kind: 'tensor', dtype: 99, dims: [1] },
      expected: { kind: 'unsupported tensor', description: 'element type 99' },
    },
    {
      what: 'a sequence of maps',
      type: {
        kind: 'sequence',
        of: { kind: 'map', key: 'int64', value: { kind: 'tensor', dtype: 'float32', dims: [] } },
      },
      expected: { kind: 'no tensor', description: 'sequence<map<int64, float32>>' },
    },
    {
      what: 'an optional',
      type: { kind: 'optional', of: { kind: 'tensor', dtype: 22, dims: null } },
      expected: { kind: 'no tensor', description: 'optional<int4>' },
    },
    {
      what: 'a sparse tensor',
      type: { kind: 'sparse_tensor', dtype: 'float64', dims: [3] },
      expected: { kind: 'no tensor', description: 'sparse_tensor<float64>' },
    },
    {
      what: 'an opaque type',
      type: { kind: 'opaque', domain: 'd', name: 'n' },
      expected: { kind: 'no tensor', description: 'opaque' },
    },
    { what: 'a value without a type', type: undefined, expected: { kind: 'no tensor', description: 'no type' } },
  ])('reads $what', async ({ type, expected }) => {
    const value = type ? { name: 'v', type } : { name: 'v' };
    const { inputs, outputs } = await read(withGraph({ inputs: [value], outputs: [value] }));
    expect(inputs).toEqual([{ name: 'v', type: expected, optional: false }]);
    expect(outputs).toEqual([{ name: 'v', type: expected, optional: false }]);
  });

  it('takes an input with an initializer for optional, and before IR version 4 for weights', async () => {
    const inputs = [tensorValue('x', 'float32', ['batch']), tensorValue('w', 'float32', [1])];
    const initializers = [numberTensor('w', 'float32', [1], [1])];
    const namesOf = async (irVersion: number): Promise<unknown> =>
      (await read(withGraph({ inputs, initializers }, { irVersion }))).inputs.map(({ name, optional }) => [
        name,
        optional,
      ]);
    expect(await namesOf(3)).toEqual([['x', false]]);
    expect(await namesOf(4)).toEqual([
      ['x', false],
      ['w', true],
    ]);
  });

  describe('operators that mix the rows of a batch', () => {
    const quantize: NodeSpec = { operator: 'DynamicQuantizeLinear', inputs: ['x'], outputs: ['q', 's', 'z'] };
    const inside: GraphSpec = { ...EMPTY_GRAPH, nodes: [quantize] };
    const body = { domain: 'd', name: 'f', inputs: [], outputs: ['o'], nodes: [quantize] };

    it.each<{ where: string; bytes: Uint8Array }>([
      { where: 'the graph', bytes: withGraph({ nodes: [node({}), quantize, quantize] }) },
      {
        where: 'subgraphs in subgraphs',
        bytes: withGraph({
          nodes: [
            node({
              body: {
                kind: 'graph',
                value: { ...EMPTY_GRAPH, nodes: [node({ body: { kind: 'graph', value: inside } })] },
              },
            }),
          ],
        }),
      },
      { where: 'functions', bytes: withGraph({}, { functions: [body] }) },
    ])('are found in $where, each once', async ({ bytes }) => {
      expect((await read(bytes)).mixingOperators).toEqual(['DynamicQuantizeLinear']);
    });

    it('are no others', async () => {
      expect((await read(withGraph({ nodes: [node({})] }))).mixingOperators).toEqual([]);
    });
  });

  describe('external data', () => {
    const subgraph = (...names: string[]): GraphSpec => ({ ...EMPTY_GRAPH, initializers: names.map(external) });
    const sparse = {
      values: external('values'),
      indices: external('indices'),
      dims: [3],
    };

    it.each<{ where: string; bytes: Uint8Array; tensors: string[] }>([
      {
        where: 'initializers',
        bytes: withGraph({ initializers: [external('a'), external('b')] }),
        tensors: ['a', 'b'],
      },
      {
        where: 'sparse initializers',
        bytes: withGraph({ sparseInitializers: [sparse] }),
        tensors: ['values', 'indices'],
      },
      {
        where: 'tensor attributes',
        bytes: withGraph({ nodes: [node({ value: { kind: 'tensor', value: external('a') } })] }),
        tensors: ['a'],
      },
      {
        where: 'lists of tensors',
        bytes: withGraph({ nodes: [node({ v: { kind: 'tensors', value: [external('a'), external('b')] } })] }),
        tensors: ['a', 'b'],
      },
      {
        where: 'sparse attributes',
        bytes: withGraph({ nodes: [node({ v: { kind: 'sparse_tensor', value: sparse } })] }),
        tensors: ['values', 'indices'],
      },
      {
        where: 'subgraphs in subgraphs',
        bytes: withGraph({
          nodes: [
            node({
              body: {
                kind: 'graph',
                value: { ...subgraph('a'), nodes: [node({ body: { kind: 'graph', value: subgraph('b') } })] },
              },
            }),
          ],
        }),
        tensors: ['b', 'a'],
      },
      {
        where: 'lists of graphs',
        bytes: withGraph({ nodes: [node({ v: { kind: 'graphs', value: [subgraph('a'), subgraph('b')] } })] }),
        tensors: ['a', 'b'],
      },
      {
        where: 'functions',
        bytes: withGraph(
          {},
          {
            functions: [
              {
                domain: 'd',
                name: 'f',
                inputs: [],
                outputs: ['o'],
                nodes: [node({ value: { kind: 'tensor', value: external('a') } })],
              },
            ],
          },
        ),
        tensors: ['a'],
      },
      {
        where: 'training graphs',
        bytes: withGraph({}, { trainingInfo: [{ initialization: subgraph('a') }] }),
        tensors: ['a'],
      },
      {
        where: 'a second graph of the same file, which protobuf merges with the first',
        bytes: Buffer.concat([withGraph({}), withGraph({ initializers: [external('a')] })]),
        tensors: ['a'],
      },
    ])('is found in $where', async ({ bytes, tensors }) => {
      const { externalData } = await read(bytes);
      expect(externalData).toEqual(
        tensors.map((tensor) => ({ tensor, location: `${tensor}.bin`, offset: 8, length: 24, inUse: true })),
      );
    });

    const entriesOf = async (entries: Record<string, string>): Promise<OnnxModel['externalData']> => {
      const tensor = { name: 't', dtype: 'float32', dims: [4], data: { in: 'external_data', entries } } as const;
      return (await read(withGraph({ initializers: [tensor] }))).externalData;
    };

    it('takes offset and length from the file', async () => {
      expect(await entriesOf({ location: 'w', offset: '4096', length: '16' })).toMatchObject([
        { location: 'w', offset: 4096, length: 16 },
      ]);
    });

    it.each(['-1', '1e3', '0x10', 'NaN', '99999999999999999999', ' 1'])('refuses offset %j', async (offset) => {
      await expect(entriesOf({ location: 'w', offset })).rejects.toThrow('external data of tensor "t"');
    });

    it('has no length where the shape gives none', async () => {
      const dims = [2 ** 40, 2 ** 40];
      const bytes = withGraph({ initializers: [externalTensor('t', 'float32', dims, { location: 'w' })] });
      expect((await read(bytes)).externalData).toMatchObject([{ length: undefined }]);
    });

    it('is told apart from a left-over reference', async () => {
      const entry = new ProtobufWriter().text(1, 'location').text(2, 'old.bin');
      const tensor = new ProtobufWriter().varint(2, 1).text(8, 't').message(13, entry);
      const graph = new ProtobufWriter().message(5, tensor);
      const bytes = Buffer.concat([withGraph({}), new ProtobufWriter().message(7, graph).toBytes()]);
      expect((await read(bytes)).externalData).toMatchObject([{ location: 'old.bin', inUse: false }]);
    });
  });

  it('does not read weights', async () => {
    const file = memoryFile(bigModel(8));
    const model = await readOnnxModel(file);
    expect(model.inputs).toMatchObject([{ name: 'x' }]);
    expect(model.outputs).toMatchObject([{ name: 'y', type: { dims: ['batch', 8] } }]);
    expect(file.reads.bytes).toBeLessThan(20_000);
  });

  it('cuts a description that is very long', async () => {
    const { description } = await read(withGraph({}, { description: 'x'.repeat(100_000) }));
    expect(description).toBe(`${'x'.repeat(65_536)}…`);
  });

  describe('bad files', () => {
    const whole = affineModel({ scale: 1, offset: 2, metadata: { key: 'value' } });

    it.each([
      ['no bytes', new Uint8Array(0)],
      ['half of a file', truncated(whole)],
      ['a file that lacks its last byte', whole.subarray(0, -1)],
      ['a file that ends before the graph', whole.subarray(0, 2)],
      ['zeros', new Uint8Array(1000)],
    ])('knows %s for cut off', async (_, bytes) => {
      await expect(read(bytes)).rejects.toThrow(TruncatedFileError);
    });

    it('knows a file that ends between graph and operator sets for cut off', async () => {
      const graph = new ProtobufWriter().varint(1, 8).message(7, new ProtobufWriter().text(2, 'g')).toBytes();
      await expect(read(graph)).rejects.toThrow('model.onnx ends at byte 7 and has no operator set');
    });

    it('refuses a corrupted model', async () => {
      const failure = await read(corrupted(whole)).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'INVALID_ARGUMENT' });
      expect(String(failure)).toContain('model.onnx: not a valid ONNX file: ');
      expect(failure).not.toBeInstanceOf(TruncatedFileError);
    });

    it('refuses what is nested deeper than ONNX Runtime reads', async () => {
      let graph: GraphSpec = EMPTY_GRAPH;
      for (let depth = 0; depth < 60; depth += 1) {
        const attributes = { body: { kind: 'graph', value: graph } } as const;
        graph = { ...EMPTY_GRAPH, nodes: [{ operator: 'If', inputs: [], outputs: [], attributes }] };
      }
      const bytes = encodeModel({ graph });
      await expect(read(bytes)).rejects.toThrow('nested deeper than 100 levels');
      await expect(InferenceSession.create(bytes)).rejects.toThrow(/protobuf/iu);
    });

    it.each([
      [
        'dimensions',
        withGraph({
          inputs: [
            tensorValue(
              'x',
              'float32',
              Array.from({ length: 300 }, () => 1),
            ),
          ],
        }),
      ],
      ['inputs', withGraph({ inputs: Array.from({ length: 10_001 }, (_, i) => tensorValue(`x${i}`, 'bool', [])) })],
    ])('refuses absurdly many %s', async (_, bytes) => {
      await expect(read(bytes)).rejects.toThrow(/more than/u);
    });

    it('passes on what the file system says', async () => {
      const failure = new ServingError('UNAVAILABLE', 'gone');
      await expect(readOnnxModel({ sizeBytes: 10, read: () => Promise.reject(failure) })).rejects.toBe(failure);
    });
  });

  describe('fuzz', () => {
    const seeds = [
      affineModel({ scale: 0.5, offset: 3, metadata: { a: 'b' }, description: 'd' }),
      zipMapModel(),
      slowModel({ rounds: 2, size: 2 }),
      externalDataModel(1).model,
    ];
    it('takes every cut of a file for cut off', async () => {
      const others: string[] = [];
      let cuts = 0;
      for (const [index, seed] of seeds.entries()) {
        for (let length = 0; length < seed.length; length += 1) {
          const failure = await read(seed.subarray(0, length)).catch((error: unknown) => error);
          if (failure instanceof TruncatedFileError) cuts += 1;
          else others.push(failure instanceof Error ? failure.message : `seed ${index} read`);
        }
      }
      expect(cuts).toBeGreaterThan(800);
      // Cut right behind the first operator set, these two are whole files without metadata, and without a second set.
      expect(others).toEqual(['seed 0 read', 'seed 1 read']);
    });

    it('reads or refuses every file with flipped bits, and throws nothing but ServingError', async () => {
      // A linear congruential generator with a fixed seed (constants: Numerical Recipes), so that failures come again.
      let state = 20_260_101;
      const random = (below: number): number => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return state % below;
      };
      const outcomes = new Set<string>();
      for (let round = 0; round < 3000; round += 1) {
        const bytes = Uint8Array.from(seeds[round % seeds.length] ?? []);
        for (let flips = 1 + random(4); flips > 0; flips -= 1) {
          const index = random(bytes.length);
          bytes[index] = (bytes[index] ?? 0) ^ (1 << random(8));
        }
        outcomes.add(await outcomeOf(bytes));
      }
      expect([...outcomes].toSorted()).toEqual(['INVALID_ARGUMENT', 'read']);
    });
  });

  describe('against ONNX Runtime', () => {
    it.each([
      ['affine', affineModel({ scale: 1, offset: 2, batchDim: null })],
      ['identity', identityModel('uint8', [2, 'n', 3])],
      ['two inputs', sumAndDifferenceModel()],
      ['scalar', scalarOutputModel()],
      [
        'mixed',
        copyModel([
          { dtype: 'float16', dims: ['batch'] },
          { dtype: 'string', dims: [2, 2] },
        ]),
      ],
      ['optional input', optionalInputModel()],
      ['classifier', zipMapModel()],
    ])('sees the same signature: %s', async (_, bytes) => {
      const session = await InferenceSession.create(bytes);
      const model = await read(bytes);
      expect(asMetadata(model.inputs.filter(({ optional }) => !optional))).toEqual(session.inputMetadata);
      expect(asMetadata(model.outputs)).toEqual(session.outputMetadata);
      await session.release();
    });
  });

  // Real models lie beside the checkout where somebody put them.
  const REAL_MODELS = join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'models', 'onnx');
  describe.skipIf(!existsSync(REAL_MODELS))('real models', () => {
    it.each([
      ['light_densenet121', 'fc6_1'],
      ['light_resnet50', 'gpu_0/softmax_1'],
      ['light_shufflenet', 'gpu_0/softmax_1'],
      ['light_squeezenet', 'softmaxout_1'],
    ])('%s', async (name, output) => {
      const path = join(REAL_MODELS, `${name}.onnx`);
      const handle = await open(path);
      try {
        const { size } = await handle.stat();
        const model = await readOnnxModel({
          sizeBytes: size,
          read: async (offset, length) => {
            const { buffer, bytesRead } = await handle.read(new Uint8Array(length), 0, length, offset);
            return buffer.subarray(0, bytesRead);
          },
        });
        const session = await InferenceSession.create(path);
        expect(model.inputs.map((input) => input.name)).toEqual(session.inputNames);
        expect(model.inputs).toMatchObject([{ type: { dtype: 'float32', dims: [1, 3, 224, 224] }, optional: false }]);
        expect(model.outputs).toMatchObject([{ name: output, type: { dtype: 'float32' } }]);
        expect(session.outputNames).toEqual([output]);
        await session.release();
      } finally {
        await handle.close();
      }
    });
  });
});
