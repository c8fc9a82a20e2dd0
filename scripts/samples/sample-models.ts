/** Small models for tests, benchmarks and the samples that are shipped. Tensors are row-major. */
import type { DataType, Dim } from '../../src-main/contracts/signature.ts';
import {
  encodeModel,
  externalTensor,
  type ModelSpec,
  numberTensor,
  type NodeSpec,
  type TensorSpec,
  tensorValue,
} from './onnx-writer.ts';

type ModelBytes = Uint8Array<ArrayBuffer>;

/** What tells one model file from another without changing what it computes. */
export interface ModelFacts {
  readonly producer?: { readonly name: string; readonly version: string };
  readonly description?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly modelVersion?: number;
}

export interface AffineOptions extends ModelFacts {
  readonly scale: number;
  readonly offset: number;
  /** float32 (default), float64, int32 or int64: what ONNX Runtime multiplies and adds. */
  readonly dtype?: 'float32' | 'float64' | 'int32' | 'int64';
  readonly inputName?: string;
  readonly outputName?: string;
  /** The one dimension of input and output: a name (default `batch`), a fixed size, or null for nothing known. */
  readonly batchDim?: Dim;
}

/** y = x * scale + offset, element by element; input `x` and output `y` with dims [batch]. */
export function affineModel(options: AffineOptions): ModelBytes {
  const { scale, offset, dtype = 'float32', inputName = 'x', outputName = 'y', batchDim = 'batch', ...facts } = options;
  return encodeModel({
    ...facts,
    graph: {
      name: 'affine',
      inputs: [tensorValue(inputName, dtype, [batchDim])],
      outputs: [tensorValue(outputName, dtype, [batchDim])],
      nodes: [
        { operator: 'Mul', inputs: [inputName, 'scale'], outputs: ['scaled'] },
        { operator: 'Add', inputs: ['scaled', 'offset'], outputs: [outputName] },
      ],
      initializers: [numberTensor('scale', dtype, [], [scale]), numberTensor('offset', dtype, [], [offset])],
    },
  });
}

/** y = x for any element type ('string' too) and shape; null dims leave the rank open. */
export function identityModel(dtype: DataType, dims: readonly Dim[] | null, facts: ModelFacts = {}): ModelBytes {
  return encodeModel({
    ...facts,
    graph: {
      name: 'identity',
      inputs: [tensorValue('x', dtype, dims)],
      outputs: [tensorValue('y', dtype, dims)],
      nodes: [{ operator: 'Identity', inputs: ['x'], outputs: ['y'] }],
    },
  });
}

/** Inputs `a` and `b`, outputs `sum` and `difference`, all float32 with dims [batch, 3]. */
export function sumAndDifferenceModel(facts: ModelFacts = {}): ModelBytes {
  const dims = ['batch', 3];
  return encodeModel({
    ...facts,
    graph: {
      name: 'sum_and_difference',
      inputs: [tensorValue('a', 'float32', dims), tensorValue('b', 'float32', dims)],
      outputs: [tensorValue('sum', 'float32', dims), tensorValue('difference', 'float32', dims)],
      nodes: [
        { operator: 'Add', inputs: ['a', 'b'], outputs: ['sum'] },
        { operator: 'Sub', inputs: ['a', 'b'], outputs: ['difference'] },
      ],
    },
  });
}

/**
 * Copies each input to an output of the same type: input `x0` to output `y0` and so on. For models of mixed element
 * types and shapes.
 */
export function copyModel(
  values: readonly { readonly dtype: DataType; readonly dims: readonly Dim[] | null }[],
  facts: ModelFacts = {},
): ModelBytes {
  return encodeModel({
    ...facts,
    graph: {
      name: 'copy',
      inputs: values.map(({ dtype, dims }, index) => tensorValue(`x${index}`, dtype, dims)),
      outputs: values.map(({ dtype, dims }, index) => tensorValue(`y${index}`, dtype, dims)),
      nodes: values.map((_, index) => ({ operator: 'Identity', inputs: [`x${index}`], outputs: [`y${index}`] })),
    },
  });
}

/** The mean of input `x`, float32 with dims [batch], as the scalar output `mean`: never to be batched. */
export function scalarOutputModel(facts: ModelFacts = {}): ModelBytes {
  return encodeModel({
    ...facts,
    graph: {
      name: 'mean',
      inputs: [tensorValue('x', 'float32', ['batch'])],
      outputs: [tensorValue('mean', 'float32', [])],
      nodes: [
        {
          operator: 'ReduceMean',
          inputs: ['x'],
          outputs: ['mean'],
          attributes: { keepdims: { kind: 'int', value: 0 } },
        },
      ],
    },
  });
}

/**
 * y = x + bias; `x` and `y` float32 [batch], `bias` float32 [1], which is 10 when a request leaves it out.
 * onnxruntime-node always leaves it out: it feeds only what the session lists as inputs.
 */
export function optionalInputModel(facts: ModelFacts = {}): ModelBytes {
  return encodeModel({
    ...facts,
    graph: {
      name: 'optional_input',
      inputs: [tensorValue('x', 'float32', ['batch']), tensorValue('bias', 'float32', [1])],
      outputs: [tensorValue('y', 'float32', ['batch'])],
      nodes: [{ operator: 'Add', inputs: ['x', 'bias'], outputs: ['y'] }],
      initializers: [numberTensor('bias', 'float32', [1], [10])],
    },
  });
}

/** Copies strings `x` [batch] to `text`, and to `data_bytes`, whose name says that it holds bytes rather than text. */
export function textAndBytesModel(facts: ModelFacts = {}): ModelBytes {
  return encodeModel({
    ...facts,
    graph: {
      name: 'text_and_bytes',
      inputs: [tensorValue('x', 'string', ['batch'])],
      outputs: [tensorValue('text', 'string', ['batch']), tensorValue('data_bytes', 'string', ['batch'])],
      nodes: ['text', 'data_bytes'].map((output) => ({ operator: 'Identity', inputs: ['x'], outputs: [output] })),
    },
  });
}

/** Two outputs that cannot be split into the same rows: `once` is `x`, float32 [batch], and `twice` is `x` two times. */
export function unevenOutputsModel(facts: ModelFacts = {}): ModelBytes {
  return encodeModel({
    ...facts,
    graph: {
      name: 'uneven_outputs',
      inputs: [tensorValue('x', 'float32', ['batch'])],
      outputs: [tensorValue('once', 'float32', ['batch']), tensorValue('twice', 'float32', ['double'])],
      nodes: [
        { operator: 'Identity', inputs: ['x'], outputs: ['once'] },
        {
          operator: 'Concat',
          inputs: ['x', 'x'],
          outputs: ['twice'],
          attributes: { axis: { kind: 'int', value: 0 } },
        },
      ],
    },
  });
}

export interface ClassifierOptions extends ModelFacts {
  /** Name of the output that holds the classes, and of the one that holds the scores; null leaves it out. */
  readonly classes: string | null;
  readonly scores: string | null;
  /** `each`: both classes of every example, [batch, 2]; `best`: the one with the highest score, [batch]. */
  readonly of: 'each' | 'best';
  /** The classes: strings `cat` and `dog`, or int64 10 and 20. Default string. */
  readonly dtype?: 'string' | 'int64';
}

/** Input `x`, float32 [batch, 2], is the scores of two classes. */
export function classifierModel({ classes, scores, of, dtype = 'string', ...facts }: ClassifierOptions): ModelBytes {
  const labels =
    dtype === 'string'
      ? { name: 'labels', dtype, dims: [2], data: { in: 'string_data', values: ['cat', 'dog'] } as const }
      : numberTensor('labels', dtype, [2], [10, 20]);
  const indices: readonly NodeSpec[] =
    of === 'best'
      ? [
          {
            operator: 'ArgMax',
            inputs: ['x'],
            outputs: ['indices'],
            attributes: { axis: { kind: 'int', value: 1 }, keepdims: { kind: 'int', value: 0 } },
          },
        ]
      : [
          { operator: 'Shape', inputs: ['x'], outputs: ['shape'] },
          { operator: 'Expand', inputs: ['both', 'shape'], outputs: ['indices'] },
        ];
  return encodeModel({
    ...facts,
    graph: {
      name: 'classifier',
      inputs: [tensorValue('x', 'float32', ['batch', 2])],
      outputs: [
        ...(classes === null ? [] : [tensorValue(classes, dtype, of === 'best' ? ['batch'] : ['batch', 2])]),
        ...(scores === null ? [] : [tensorValue(scores, 'float32', ['batch', 2])]),
      ],
      nodes: [
        ...(classes === null
          ? []
          : [...indices, { operator: 'Gather', inputs: ['labels', 'indices'], outputs: [classes] }]),
        ...(scores === null ? [] : [{ operator: 'Identity', inputs: ['x'], outputs: [scores] }]),
      ],
      initializers:
        classes === null ? [] : [labels, ...(of === 'best' ? [] : [numberTensor('both', 'int64', [2], [0, 1])])],
    },
  });
}

/** `y` = `a` + `n`; `a` float32 [batch] and `n` int64 [batch], `y` float32 [batch] or, with `column`, [batch, 1]. */
export function regressorModel({
  column = false,
  ...facts
}: ModelFacts & { readonly column?: boolean } = {}): ModelBytes {
  return encodeModel({
    ...facts,
    graph: {
      name: 'regressor',
      inputs: [tensorValue('a', 'float32', ['batch']), tensorValue('n', 'int64', ['batch'])],
      outputs: [tensorValue('y', 'float32', column ? ['batch', 1] : ['batch'])],
      nodes: [
        { operator: 'Cast', inputs: ['n'], outputs: ['float_n'], attributes: { to: { kind: 'int', value: 1 } } },
        { operator: 'Add', inputs: ['a', 'float_n'], outputs: [column ? 'sum' : 'y'] },
        ...(column ? [{ operator: 'Unsqueeze', inputs: ['sum', 'last'], outputs: ['y'] }] : []),
      ],
      initializers: column ? [numberTensor('last', 'int64', [1], [1])] : [],
    },
  });
}

/**
 * Input `x` float32 [batch, 2], output `scores` the same, and output `probabilities`, a sequence of maps from class
 * (10, 20) to score: the shape in which classifiers of classical machine learning are exported.
 */
export function zipMapModel(facts: ModelFacts = {}): ModelBytes {
  return encodeModel({
    ...facts,
    opsets: { '': 17, 'ai.onnx.ml': 3 },
    graph: {
      name: 'zip_map',
      inputs: [tensorValue('x', 'float32', ['batch', 2])],
      outputs: [
        tensorValue('scores', 'float32', ['batch', 2]),
        {
          name: 'probabilities',
          type: {
            kind: 'sequence',
            of: { kind: 'map', key: 'int64', value: { kind: 'tensor', dtype: 'float32', dims: [] } },
          },
        },
      ],
      nodes: [
        { operator: 'Identity', inputs: ['x'], outputs: ['scores'] },
        {
          operator: 'ZipMap',
          domain: 'ai.onnx.ml',
          inputs: ['x'],
          outputs: ['probabilities'],
          attributes: { classlabels_int64s: { kind: 'ints', value: [10, 20] } },
        },
      ],
    },
  });
}

/** Columns of the table of {@link lookupModel}. */
const LOOKUP_COLUMNS = 8;

/**
 * y = table[x]: input `x` int64 [batch], output `y` float32 [batch, 8], whose eight numbers all equal x.
 * An index beyond the table makes the run fail, which affects every row of its batch.
 */
export function lookupModel(rows: number, facts: ModelFacts = {}): ModelBytes {
  const data = { in: 'raw_data', bytes: lookupTable(rows) } as const;
  return encodeModel(lookupSpec({ name: 'table', dtype: 'float32', dims: [rows, LOOKUP_COLUMNS], data }, facts));
}

/** A {@link lookupModel} whose table of so many megabytes (2^20 bytes) is inside the file. */
export function bigModel(megabytes: number, facts: ModelFacts = {}): ModelBytes {
  return lookupModel(rowsOf(megabytes), facts);
}

/** A {@link bigModel} in two files. `weights` belongs beside the model file, under the name `location`. */
export function externalDataModel(
  megabytes: number,
  location = 'weights.bin',
  facts: ModelFacts = {},
): { readonly model: ModelBytes; readonly weights: ModelBytes } {
  const rows = rowsOf(megabytes);
  const weights = lookupTable(rows);
  const dims = [rows, LOOKUP_COLUMNS];
  const table = externalTensor('table', 'float32', dims, { location, offset: 0, length: weights.length });
  return { model: encodeModel(lookupSpec(table, facts)), weights };
}

export interface SlowOptions extends ModelFacts {
  /** How often the matrix is multiplied; the time of a run grows with it in proportion. */
  readonly rounds: number;
  /** Columns of input and output, and edge of the matrix. Default 256: some ten microseconds per round and row. */
  readonly size?: number;
}

/** y = x after many multiplications with a unit matrix, in a loop; `x` and `y` float32 [batch, size]. */
export function slowModel({ rounds, size = 256, ...facts }: SlowOptions): ModelBytes {
  const unit = Array.from({ length: size * size }, (_, index) => (index % (size + 1) === 0 ? 1 : 0));
  return encodeModel({
    ...facts,
    graph: {
      name: 'slow',
      inputs: [tensorValue('x', 'float32', ['batch', size])],
      outputs: [tensorValue('y', 'float32', ['batch', size])],
      nodes: [
        {
          operator: 'Loop',
          inputs: ['rounds', '', 'x'],
          outputs: ['y'],
          attributes: {
            body: {
              kind: 'graph',
              value: {
                name: 'round',
                inputs: [
                  tensorValue('round', 'int64', []),
                  tensorValue('go_on', 'bool', []),
                  tensorValue('before', 'float32', ['batch', size]),
                ],
                outputs: [tensorValue('go_on_again', 'bool', []), tensorValue('after', 'float32', ['batch', size])],
                nodes: [
                  { operator: 'Identity', inputs: ['go_on'], outputs: ['go_on_again'] },
                  { operator: 'MatMul', inputs: ['before', 'unit'], outputs: ['after'] },
                ],
              },
            },
          },
        } satisfies NodeSpec,
      ],
      initializers: [
        numberTensor('rounds', 'int64', [], [rounds]),
        numberTensor('unit', 'float32', [size, size], unit),
      ],
    },
  });
}

/** The first part of a file, as if the copy had not come further: a fraction from 0 to 1, default one half. */
export function truncated(bytes: Uint8Array, fraction = 0.5): ModelBytes {
  return Uint8Array.from(bytes.subarray(0, Math.floor(bytes.length * fraction)));
}

/** A file of the same length that no protobuf reader can read. */
export function corrupted(bytes: Uint8Array): ModelBytes {
  return Uint8Array.from(bytes, (byte, index) => (index < 16 ? 0xff : byte));
}

function rowsOf(megabytes: number): number {
  return Math.max(1, Math.ceil((megabytes * 2 ** 20) / (LOOKUP_COLUMNS * 4)));
}

function lookupTable(rows: number): ModelBytes {
  const bytes = new Uint8Array(rows * LOOKUP_COLUMNS * 4);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < rows * LOOKUP_COLUMNS; index += 1) {
    view.setFloat32(index * 4, Math.floor(index / LOOKUP_COLUMNS), true);
  }
  return bytes;
}

function lookupSpec(table: TensorSpec, facts: ModelFacts): ModelSpec {
  return {
    ...facts,
    graph: {
      name: 'lookup',
      inputs: [tensorValue('x', 'int64', ['batch'])],
      outputs: [tensorValue('y', 'float32', ['batch', LOOKUP_COLUMNS])],
      nodes: [{ operator: 'Gather', inputs: ['table', 'x'], outputs: ['y'] }],
      initializers: [table],
    },
  };
}
