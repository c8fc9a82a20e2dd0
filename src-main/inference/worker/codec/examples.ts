import { DATA_TYPES } from '../../../contracts/model-format.ts';
import { ServingError } from '../../../contracts/serving-error.ts';
import type { ModelSignature, TensorInfo } from '../../../contracts/signature.ts';
import { toHalfBits } from './half.ts';
import { type HostTensor, STRING_OVERHEAD_BYTES } from './host-tensor.ts';
import { checkShapes } from './shape-check.ts';
import { TENSORFLOW_TYPES } from './tensorflow-types.ts';

/** The values of one feature of a tf.Example; `empty` where it has none, whose kind then does not count. */
export type Feature =
  | { readonly kind: 'float'; readonly values: readonly number[] }
  /** Integers beyond ±(2^53 - 1) are bigint. */
  | { readonly kind: 'int64'; readonly values: readonly (number | bigint)[] }
  /** `problem`: why one of the values cannot be text. */
  | { readonly kind: 'bytes'; readonly values: readonly string[]; readonly problem?: string }
  | { readonly kind: 'empty'; readonly values: readonly [] };

/** Features by name: one tf.Example. */
export type Example = ReadonlyMap<string, Feature>;

/**
 * Examples in one request, and values of the features in one example. Each takes memory before it is known where it goes,
 * up to 16 times as much as in the smallest message.
 */
const MAX_EXAMPLES = 2 ** 20;
const MAX_VALUES = 2 ** 24;

/** Counts the values of one example while they are read. */
export class ValueCount {
  #room = MAX_VALUES;

  /** The next example begins. */
  reset(): void {
    this.#room = MAX_VALUES;
  }

  /** @throws ServingError RESOURCE_EXHAUSTED beyond {@link MAX_VALUES}. */
  add(count: number): void {
    this.#room -= count;
    if (this.#room < 0) throw exhausted(`An example has more than ${MAX_VALUES} values. Use predict instead.`);
  }
}

/** @throws ServingError RESOURCE_EXHAUSTED where so many examples are too many. */
export function checkExampleCount(count: number): void {
  if (count > MAX_EXAMPLES) throw exhausted(`More than ${MAX_EXAMPLES} examples. Send fewer examples at once.`);
}

/** Names that a message lists at most; of more features than one beyond it no other than the model's inputs count. */
export const SHOWN_NAMES = 20;

/**
 * Checks that examples can be stacked to a batch at all.
 * @throws ServingError FAILED_PRECONDITION where an input has no batch axis, or no single shape for a list of values.
 */
export function checkStackable({ inputs }: ModelSignature): void {
  for (const { name, dims } of inputs) {
    if (dims?.length === 0) throw unfit(`input "${name}" is a scalar, so it has no axis for the examples`);
    if (dims !== null && dims.slice(1).filter((dim) => typeof dim !== 'number').length > 1) {
      throw unfit(`input "${name}" has more than one open axis for the values of an example`);
    }
  }
}

/**
 * Stacks examples to the inputs of a model: feature names are input names, example after example along axis 0, the values
 * of one example filling the other axes in row-major order. Features that no input has the name of are left out, as
 * TensorFlow's parser of examples does.
 */
export class ExampleBatch {
  readonly #signature: ModelSignature;
  readonly #columns: readonly Column[];
  #row = 0;

  /**
   * @param rows how many examples will be added.
   * @param maxTensorBytes bound on each input's data, checked before memory is taken.
   * @throws ServingError RESOURCE_EXHAUSTED for too many rows.
   */
  constructor(signature: ModelSignature, rows: number, maxTensorBytes: number) {
    checkExampleCount(rows);
    this.#signature = signature;
    this.#columns = signature.inputs.map((input) => new Column(input, rows, maxTensorBytes));
  }

  /**
   * @param context features of all examples; the example's own come before them.
   * @throws ServingError INVALID_ARGUMENT that names the example and the feature; RESOURCE_EXHAUSTED beyond the bound.
   */
  add(example: Example, context?: Example): void {
    for (const column of this.#columns) {
      const feature = example.get(column.name) ?? context?.get(column.name);
      if (feature !== undefined) column.add(this.#row, feature);
      else column.leaveOut(this.#row, example, context);
    }
    this.#row++;
  }

  /** The inputs, owned by the caller. @throws ServingError INVALID_ARGUMENT where a shape does not fit the model. */
  finish(): ReadonlyMap<string, HostTensor> {
    const inputs = new Map<string, HostTensor>();
    for (const column of this.#columns) {
      const tensor = column.finish();
      if (tensor !== undefined) inputs.set(column.name, tensor);
    }
    checkShapes(inputs, this.#signature);
    return inputs;
  }
}

/** Puts the values of one example in their place. @throws ServingError for one that does not fit the dtype. */
type Store = (feature: Feature, offset: number, place: string) => void;

/** One input while examples are stacked. */
class Column {
  readonly name: string;
  readonly #input: TensorInfo;
  readonly #rows: number;
  readonly #maxTensorBytes: number;
  /** Values per example, as the first one has them. */
  #perRow = 0;
  #state: 'new' | 'filling' | 'left out' = 'new';
  #tensor: HostTensor | undefined;
  #store: Store | undefined;

  constructor(input: TensorInfo, rows: number, maxTensorBytes: number) {
    this.name = input.name;
    this.#input = input;
    this.#rows = rows;
    this.#maxTensorBytes = maxTensorBytes;
  }

  add(row: number, feature: Feature): void {
    const place = `Example ${row}, feature "${this.name}"`;
    const { length } = feature.values;
    if (this.#state === 'left out') throw invalid(`${place}: it must be in all examples or in none`);
    if (this.#state === 'new') {
      this.#begin(length, place);
      this.#state = 'filling';
    }
    if (length !== this.#perRow) throw invalid(`${place}: expected ${values(this.#perRow)}, got ${length}`);
    this.#store?.(feature, row * this.#perRow, place);
  }

  leaveOut(row: number, example: Example, context: Example | undefined): void {
    if (this.#input.optional && this.#state !== 'filling') {
      this.#state = 'left out';
      return;
    }
    const present = [...example.keys(), ...(context?.keys() ?? [])];
    const shown = present.slice(0, SHOWN_NAMES).map((name) => `"${name}"`);
    if (present.length > SHOWN_NAMES) shown.push('…');
    const names = present.length === 0 ? 'no features' : `only ${shown.join(', ')}`;
    throw invalid(`Example ${row}: feature "${this.name}" is missing; it has ${names}`);
  }

  finish(): HostTensor | undefined {
    return this.#tensor;
  }

  #begin(length: number, place: string): void {
    const dims = [this.#rows, ...itemDims(this.#input, length, place)];
    const elements = this.#rows * length;
    const bytesEach = DATA_TYPES[this.#input.dtype].bytes ?? STRING_OVERHEAD_BYTES;
    if (elements * bytesEach > this.#maxTensorBytes) {
      const limit = `more than ${this.#maxTensorBytes} bytes, the limit for one tensor. Send fewer examples at once.`;
      throw exhausted(`Input "${this.name}" needs ${limit}`);
    }
    this.#perRow = length;
    const [tensor, store] = allocate(this.#input, dims, elements);
    this.#tensor = tensor;
    this.#store = store;
  }
}

/** The shape of one example's share of an input, for so many values. */
function itemDims({ dims }: TensorInfo, length: number, place: string): number[] {
  if (dims === null) return [length];
  let fixed = 1;
  for (const dim of dims.slice(1)) if (typeof dim === 'number') fixed *= dim;
  const open = dims.slice(1).some((dim) => typeof dim !== 'number');
  const shape = `the model takes [${dims.map((dim) => dim ?? '?').join(',')}]`;
  if (open ? fixed === 0 || length % fixed !== 0 : length !== fixed) {
    throw invalid(`${place}: expected ${open ? 'a multiple of ' : ''}${values(fixed)}, got ${length}; ${shape}`);
  }
  return dims.slice(1).map((dim) => (typeof dim === 'number' ? dim : length / fixed));
}

function allocate(input: TensorInfo, dims: readonly number[], length: number): readonly [HostTensor, Store] {
  const { dtype } = input;
  switch (dtype) {
    case 'float32': {
      const data = new Float32Array(length);
      return [{ dtype, dims, data }, floatStore(data, dtype, Number)];
    }
    case 'float64': {
      const data = new Float64Array(length);
      return [{ dtype, dims, data }, floatStore(data, dtype, Number)];
    }
    case 'float16': {
      const data = new Uint16Array(length);
      return [{ dtype, dims, data }, floatStore(data, dtype, toHalfBits)];
    }
    case 'int8': {
      const data = new Int8Array(length);
      return [{ dtype, dims, data }, integerStore(data, dtype, -(2 ** 7), 2 ** 7 - 1)];
    }
    case 'uint8': {
      const data = new Uint8Array(length);
      return [{ dtype, dims, data }, integerStore(data, dtype, 0, 2 ** 8 - 1)];
    }
    case 'int16': {
      const data = new Int16Array(length);
      return [{ dtype, dims, data }, integerStore(data, dtype, -(2 ** 15), 2 ** 15 - 1)];
    }
    case 'uint16': {
      const data = new Uint16Array(length);
      return [{ dtype, dims, data }, integerStore(data, dtype, 0, 2 ** 16 - 1)];
    }
    case 'int32': {
      const data = new Int32Array(length);
      return [{ dtype, dims, data }, integerStore(data, dtype, -(2 ** 31), 2 ** 31 - 1)];
    }
    case 'uint32': {
      const data = new Uint32Array(length);
      return [{ dtype, dims, data }, integerStore(data, dtype, 0, 2 ** 32 - 1)];
    }
    case 'bool': {
      const data = new Uint8Array(length);
      return [{ dtype, dims, data }, integerStore(data, dtype, 0, 1)];
    }
    case 'int64': {
      const data = new BigInt64Array(length);
      return [{ dtype, dims, data }, wideStore(data, dtype, -(2n ** 63n), 2n ** 63n - 1n)];
    }
    case 'uint64': {
      const data = new BigUint64Array(length);
      return [{ dtype, dims, data }, wideStore(data, dtype, 0n, 2n ** 64n - 1n)];
    }
    case 'string': {
      const data: string[] = [];
      return [{ dtype, dims, data }, stringStore(data)];
    }
    case 'bfloat16':
      throw new ServingError('UNIMPLEMENTED', `Input "${input.name}": ONNX Runtime for Node has no bfloat16`);
    default:
      return dtype satisfies never;
  }
}

type Dtype = HostTensor['dtype'];

/** Integers will do for floats: JSON has only one kind of number, and `1` is one. */
function floatStore(
  data: Float32Array | Float64Array | Uint16Array,
  dtype: Dtype,
  convert: (value: number) => number,
): Store {
  return (feature, offset, place) => {
    if (feature.kind === 'bytes') throw kindError(feature, dtype, place);
    const { length } = feature.values;
    for (let index = 0; index < length; index++) data[offset + index] = convert(Number(feature.values[index]));
  };
}

function integerStore(data: { [index: number]: number }, dtype: Dtype, smallest: number, largest: number): Store {
  return (feature, offset, place) => {
    if (feature.kind !== 'int64' && feature.kind !== 'empty') throw kindError(feature, dtype, place);
    for (const [index, value] of feature.values.entries()) {
      if (value < smallest || value > largest) throw rangeError(value, index, dtype, smallest, largest, place);
      data[offset + index] = Number(value);
    }
  };
}

function wideStore(data: { [index: number]: bigint }, dtype: Dtype, smallest: bigint, largest: bigint): Store {
  return (feature, offset, place) => {
    if (feature.kind !== 'int64' && feature.kind !== 'empty') throw kindError(feature, dtype, place);
    for (const [index, value] of feature.values.entries()) {
      if (value < smallest || value > largest) throw rangeError(value, index, dtype, smallest, largest, place);
      data[offset + index] = BigInt(value);
    }
  };
}

function stringStore(data: string[]): Store {
  return (feature, _offset, place) => {
    if (feature.kind !== 'bytes' && feature.kind !== 'empty') throw kindError(feature, 'string', place);
    if (feature.kind === 'bytes' && feature.problem !== undefined) throw invalid(`${place}: ${feature.problem}`);
    for (const value of feature.values) data.push(value);
  };
}

function kindError({ kind }: Feature, dtype: Dtype, place: string): ServingError {
  const expected = dtype === 'string' ? 'bytes' : dtype.startsWith('float') ? 'float' : 'int64';
  const type = TENSORFLOW_TYPES[dtype].name;
  return invalid(`${place}: expected a list of ${expected} for an input of ${type}, got ${kind}`);
}

function rangeError(
  value: number | bigint,
  index: number,
  dtype: Dtype,
  smallest: number | bigint,
  largest: number | bigint,
  place: string,
): ServingError {
  const type = TENSORFLOW_TYPES[dtype].name;
  return invalid(`${place}: value ${value} at index ${index} is no ${type} (${smallest} to ${largest})`);
}

function values(count: number): string {
  return count === 1 ? '1 value' : `${count} values`;
}

function unfit(why: string): ServingError {
  return new ServingError('FAILED_PRECONDITION', `The model cannot take examples: ${why}. Use predict instead.`);
}

function exhausted(message: string): ServingError {
  return new ServingError('RESOURCE_EXHAUSTED', message);
}

function invalid(message: string): ServingError {
  return new ServingError('INVALID_ARGUMENT', message);
}
