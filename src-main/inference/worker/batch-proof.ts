/**
 * Whether a model treats the rows of a batch independently. Dynamic dimensions alone do not say so: a softmax over
 * dimension 0, a running sum, or quantization ranges taken over the whole batch, mix the rows. So before requests are
 * batched, one of them runs once more between two strangers, and its own rows must come out as before.
 */
import { type HostTensor, toHostTensor } from './codec/host-tensor.ts';
import { fromHalfBits, toHalfBits } from './codec/half.ts';
import { cutRows, joinRows, type NamedTensors } from './tensor-batch.ts';

/** Relative to the largest magnitude in the tensor: kernels for other sizes add up in another order. */
const FLOAT_TOLERANCE = 1e-4;
const HALF_TOLERANCE = 1e-2;

/** How much further from zero than the request's own values a stranger's are, so that any common range shows. */
const FAR = 1000;
/** Largest finite values. */
const LARGEST = { float16: 65_504, float32: 3.402_823_466_385_288_6e38, float64: Number.MAX_VALUE } as const;

/**
 * Which strangers to take: those whose integers lie outside of the request's own range, or, for models that take their
 * integers as indices and refuse others, those whose integers lie nearer to zero than the request's own.
 */
export const STRANGERS = ['outside', 'inside'] as const;
export type Strangers = (typeof STRANGERS)[number];

/**
 * The inputs of one request between those of two strangers of the same shape.
 * @returns undefined where such strangers would prove nothing: they equal the request, or are no others than `outside`.
 */
export function betweenStrangers(inputs: NamedTensors, strangers: Strangers): NamedTensors | undefined {
  const before = new Map<string, HostTensor>();
  const after = new Map<string, HostTensor>();
  let different = false;
  for (const [name, tensor] of inputs) {
    const [left, right] = [stranger(tensor, strangers, 0), stranger(tensor, strangers, 1)];
    if (tensor.data.length > 0 && (sameElements(tensor, left) || sameElements(tensor, right))) return undefined;
    before.set(name, left);
    after.set(name, right);
    different ||= tensor.data.length > 0 && (strangers === 'outside' || !isFloat(tensor));
  }
  return different ? joinRows([before, inputs, after]) : undefined;
}

/**
 * Compares what a request got alone with what it got between two strangers.
 * @returns undefined when its rows are the same, otherwise what is wrong, in words.
 */
export function mixingFound(alone: NamedTensors, between: NamedTensors, rows: number): string | undefined {
  const own = cutRows(between, [rows, rows, rows])?.[1];
  if (!own) return 'dimension 0 of an output does not follow that of the inputs';
  for (const [name, tensor] of alone) {
    const other = own.get(name);
    if (!other || !sameData(tensor, other))
      return `output "${name}" of one request depends on its neighbours in a batch`;
  }
  return undefined;
}

function isFloat({ dtype }: HostTensor): boolean {
  return dtype === 'float16' || dtype === 'float32' || dtype === 'float64';
}

/**
 * Nothing cancels out between the strangers, neither within a row nor in a column, so that sums show too.
 * @param turn 0 or 1: where one stranger's element is above the request's values, the other's is below.
 */
function stranger(tensor: HostTensor, strangers: Strangers, turn: number): HostTensor {
  const built = toHostTensor(tensor.dtype, tensor.dims, strangeData(tensor, strangers, turn));
  if (!built) throw new Error('a stranger was put together wrongly');
  return built;
}

function strangeData(tensor: HostTensor, strangers: Strangers, turn: number): unknown {
  const above = (index: number): boolean => index % 2 === turn;
  switch (tensor.dtype) {
    case 'float32':
    case 'float64': {
      const far = Math.min(FAR * Math.max(1, magnitude(tensor.data)), LARGEST[tensor.dtype]);
      return tensor.data.map((_, index) => (above(index) ? far : -far / 2));
    }
    case 'float16': {
      const far = Math.min(FAR * Math.max(1, magnitude(Float32Array.from(tensor.data, fromHalfBits))), LARGEST.float16);
      return tensor.data.map((_, index) => toHalfBits(above(index) ? far : -far / 2));
    }
    case 'bool':
      return tensor.data.map((value) => 1 - value);
    case 'string':
      return tensor.data.map((text) => (strangers === 'outside' ? `${text}~` : text.slice(0, -1) || '~'));
    case 'int64':
    case 'uint64': {
      if (strangers === 'inside') return tensor.data.map((value) => (value > 0n ? value - 1n : value + 1n));
      const { high, low } = outside(tensor);
      return tensor.data.map((_, index) => (above(index) ? high : low));
    }
    default: {
      if (strangers === 'inside') return tensor.data.map((value) => (value > 0 ? value - 1 : value + 1));
      const { high, low } = outside(tensor);
      const [highest, lowest] = [Number(high), Number(low)];
      return tensor.data.map((_, index) => (above(index) ? highest : lowest));
    }
  }
}

type Integers = Exclude<HostTensor, { readonly dtype: 'float16' | 'float32' | 'float64' | 'string' | 'bool' }>;

/**
 * Outside of the tensor's range by its width or twice that, and no further: an integer may be a length, for which the
 * model makes room.
 */
function outside({ dtype, data }: Integers): { readonly high: bigint; readonly low: bigint } {
  let max = data[0] ?? 0;
  let min = max;
  for (const value of data) {
    if (value > max) max = value;
    if (value < min) min = value;
  }
  const distance = BigInt(max) - BigInt(min) + 1n;
  const signed = dtype.startsWith('int');
  const bits = BigInt(data.BYTES_PER_ELEMENT * 8);
  const lowest = signed ? -(2n ** (bits - 1n)) : 0n;
  const highest = lowest + 2n ** bits - 1n;
  const [high, low] = [BigInt(max) + distance, BigInt(min) - 2n * distance];
  return { high: high > highest ? highest : high, low: low < lowest ? lowest : low };
}

function magnitude(values: Float32Array | Float64Array): number {
  let largest = 0;
  for (const value of values) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  return largest;
}

function sameData(left: HostTensor, right: HostTensor): boolean {
  if (left.data.length !== right.data.length) return false;
  if (
    (left.dtype === 'float32' && right.dtype === 'float32') ||
    (left.dtype === 'float64' && right.dtype === 'float64')
  ) {
    return closeTo(left.data, right.data, FLOAT_TOLERANCE);
  }
  if (left.dtype === 'float16' && right.dtype === 'float16') {
    return closeTo(
      Float32Array.from(left.data, fromHalfBits),
      Float32Array.from(right.data, fromHalfBits),
      HALF_TOLERANCE,
    );
  }
  return sameElements(left, right);
}

function sameElements(left: HostTensor, right: HostTensor): boolean {
  for (let index = 0; index < left.data.length; index += 1) if (left.data[index] !== right.data[index]) return false;
  return true;
}

function closeTo(left: Float32Array | Float64Array, right: Float32Array | Float64Array, tolerance: number): boolean {
  const allowed = magnitude(left) * tolerance;
  for (let index = 0; index < left.length; index += 1) {
    const one = left[index] ?? Number.NaN;
    const two = right[index] ?? Number.NaN;
    if (!Object.is(one, two) && !(Math.abs(one - two) <= allowed)) return false;
  }
  return true;
}
