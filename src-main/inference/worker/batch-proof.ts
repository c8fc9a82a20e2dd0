/**
 * Whether a model treats the rows of a batch independently. Dynamic dimensions alone do not say so: a softmax over
 * dimension 0, or quantization ranges taken over the whole batch, mix the rows. So before requests are batched, one of
 * them runs once more beside a stranger, and its own rows must come out as before.
 */
import { type HostTensor, toHostTensor } from './codec/host-tensor.ts';
import { fromHalfBits } from './codec/half.ts';
import { cutRows, joinRows, type NamedTensors } from './tensor-batch.ts';

/** Relative to the largest magnitude in the tensor: kernels for other sizes add up in another order. */
const FLOAT_TOLERANCE = 1e-4;
const HALF_TOLERANCE = 1e-2;

/** The inputs of one request, followed by a stranger's of the same shape. */
export function besideStranger(inputs: NamedTensors): NamedTensors {
  const stranger = new Map<string, HostTensor>();
  for (const [name, tensor] of inputs) stranger.set(name, strange(tensor));
  return joinRows([inputs, stranger]);
}

/**
 * Compares what a request got alone with what it got beside a stranger.
 * @returns undefined when its rows are the same, otherwise what is wrong, in words.
 */
export function mixingFound(alone: NamedTensors, beside: NamedTensors, rows: number): string | undefined {
  const shares = cutRows(beside, [rows, rows]);
  const own = shares?.[0];
  if (!own) return 'dimension 0 of an output does not follow that of the inputs';
  for (const [name, tensor] of alone) {
    const other = own.get(name);
    if (!other || !sameData(tensor, other))
      return `output "${name}" of one request depends on its neighbours in a batch`;
  }
  return undefined;
}

/** Other data that the model should accept: the same values in reverse, and for floating point other values too. */
function strange(tensor: HostTensor): HostTensor {
  const reversed: unknown =
    tensor.dtype === 'float32' || tensor.dtype === 'float64'
      ? tensor.data.toReversed().map((value) => value * 0.5 + 0.25)
      : tensor.data.toReversed();
  return toHostTensor(tensor.dtype, tensor.dims, reversed) ?? tensor;
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
  for (let index = 0; index < left.data.length; index += 1) if (left.data[index] !== right.data[index]) return false;
  return true;
}

function closeTo(left: Float32Array | Float64Array, right: Float32Array | Float64Array, tolerance: number): boolean {
  let largest = 0;
  for (const value of left) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  const allowed = largest * tolerance;
  for (let index = 0; index < left.length; index += 1) {
    const one = left[index] ?? Number.NaN;
    const two = right[index] ?? Number.NaN;
    if (!Object.is(one, two) && !(Math.abs(one - two) <= allowed)) return false;
  }
  return true;
}
