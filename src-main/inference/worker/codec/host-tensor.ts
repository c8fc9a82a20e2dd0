import type { DataType } from '../../../contracts/signature.ts';

/**
 * What holds the elements of each dtype, as onnxruntime-node 1.30 takes and gives them.
 * - `bool` is one byte per element, 0 or 1.
 * - `float16` is its raw bits in a Uint16Array. Under Node 24 `new ort.Tensor('float16', …)` fails with
 *   "not enough space", because its constructor turns the data into a Float16Array whose length the native side reads as
 *   0; a plain object `{ type, dims, data, location: 'cpu' }` with a Uint16Array works. Results of a run come back as
 *   Float16Array: {@link toHostTensor} views them as Uint16Array.
 * - `bfloat16` is missing: onnxruntime-node refuses it ("Unsupported data type: 16").
 */
interface HostTensorData {
  readonly float32: Float32Array;
  readonly float64: Float64Array;
  readonly float16: Uint16Array;
  readonly int8: Int8Array;
  readonly uint8: Uint8Array;
  readonly int16: Int16Array;
  readonly uint16: Uint16Array;
  readonly int32: Int32Array;
  readonly uint32: Uint32Array;
  readonly int64: BigInt64Array;
  readonly uint64: BigUint64Array;
  readonly bool: Uint8Array;
  readonly string: readonly string[];
}

/** Bytes that an element of a string tensor counts against limits besides its characters. */
export const STRING_OVERHEAD_BYTES = 16;
/** Bytes that each of the characters counts. */
export const CHARACTER_BYTES = 2;

/** The element types a tensor in this process can have: all but bfloat16. */
type HostDataType = keyof HostTensorData;

/** One tensor in this process: row-major, `data` holds exactly the product of `dims` (1 for a scalar, `dims: []`). */
export type HostTensor = {
  [D in HostDataType]: { readonly dtype: D; readonly dims: readonly number[]; readonly data: HostTensorData[D] };
}[HostDataType];

/**
 * Checks what a run gave back and types it. The data is not copied.
 * @returns undefined where the data is not of the kind that the dtype needs, or its length is not the product of dims.
 */
export function toHostTensor(dtype: DataType, dims: readonly number[], data: unknown): HostTensor | undefined {
  const tensor = typed(dtype, dims, data);
  return tensor !== undefined && tensor.data.length === elementCount(dims) ? tensor : undefined;
}

/** Number of elements of a tensor of this shape. */
export function elementCount(dims: readonly number[]): number {
  let count = 1;
  for (const size of dims) count *= size;
  return count;
}

function typed(dtype: DataType, dims: readonly number[], data: unknown): HostTensor | undefined {
  switch (dtype) {
    case 'float32':
      return data instanceof Float32Array ? { dtype, dims, data } : undefined;
    case 'float64':
      return data instanceof Float64Array ? { dtype, dims, data } : undefined;
    case 'float16':
      return halves(dims, data);
    case 'int8':
      return data instanceof Int8Array ? { dtype, dims, data } : undefined;
    case 'uint8':
    case 'bool':
      return data instanceof Uint8Array ? { dtype, dims, data } : undefined;
    case 'int16':
      return data instanceof Int16Array ? { dtype, dims, data } : undefined;
    case 'uint16':
      return data instanceof Uint16Array ? { dtype, dims, data } : undefined;
    case 'int32':
      return data instanceof Int32Array ? { dtype, dims, data } : undefined;
    case 'uint32':
      return data instanceof Uint32Array ? { dtype, dims, data } : undefined;
    case 'int64':
      return data instanceof BigInt64Array ? { dtype, dims, data } : undefined;
    case 'uint64':
      return data instanceof BigUint64Array ? { dtype, dims, data } : undefined;
    case 'string':
      return isStrings(data) ? { dtype, dims, data } : undefined;
    case 'bfloat16':
      return undefined;
    default:
      return dtype satisfies never;
  }
}

function halves(dims: readonly number[], data: unknown): HostTensor | undefined {
  if (data instanceof Uint16Array) return { dtype: 'float16', dims, data };
  // Float16Array is newer than the library types this project is compiled against, hence by its tag.
  if (!ArrayBuffer.isView(data) || Object.prototype.toString.call(data) !== '[object Float16Array]') return undefined;
  const bits = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / Uint16Array.BYTES_PER_ELEMENT);
  return { dtype: 'float16', dims, data: bits };
}

function isStrings(data: unknown): data is readonly string[] {
  return Array.isArray(data) && data.every((element) => typeof element === 'string');
}
