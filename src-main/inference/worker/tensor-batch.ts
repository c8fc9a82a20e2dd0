/** Joining the inputs of several requests along dimension 0, and cutting the outputs apart again. */
import { ServingError } from '../../contracts/serving-error.ts';
import {
  CHARACTER_BYTES,
  elementCount,
  type HostTensor,
  STRING_OVERHEAD_BYTES,
  toHostTensor,
} from './codec/host-tensor.ts';

/** Tensors by the name of the input or output. */
export type NamedTensors = ReadonlyMap<string, HostTensor>;

/** The size of dimension 0 that all tensors share; undefined where they differ, one is a scalar, or none is there. */
export function sharedRows(tensors: NamedTensors): number | undefined {
  let rows: number | undefined;
  for (const { dims } of tensors.values()) {
    const own = dims[0];
    if (own === undefined || (rows !== undefined && own !== rows)) return undefined;
    rows = own;
  }
  return rows;
}

/** Whether two requests can be joined: the same inputs, each with the same dtype and the same dims behind the first. */
export function canJoin(left: NamedTensors, right: NamedTensors): boolean {
  if (left.size !== right.size) return false;
  for (const [name, tensor] of left) {
    const other = right.get(name);
    if (!other || other.dtype !== tensor.dtype || other.dims.length !== tensor.dims.length) return false;
    for (let axis = 1; axis < tensor.dims.length; axis += 1) {
      if (other.dims[axis] !== tensor.dims[axis]) return false;
    }
  }
  return true;
}

/** Bytes of the data; strings count as they do against the limits of the codec. */
export function byteSize(tensors: NamedTensors): number {
  let bytes = 0;
  for (const { data } of tensors.values()) {
    if (ArrayBuffer.isView(data)) bytes += data.byteLength;
    else for (const text of data) bytes += text.length * CHARACTER_BYTES + STRING_OVERHEAD_BYTES;
  }
  return bytes;
}

/** Joins requests that {@link canJoin} in order, along dimension 0. The result is the caller's. */
export function joinRows(requests: readonly NamedTensors[]): NamedTensors {
  const joined = new Map<string, HostTensor>();
  const first = requests[0];
  if (!first) return joined;
  for (const name of first.keys()) {
    const parts: HostTensor[] = [];
    for (const request of requests) {
      const tensor = request.get(name);
      if (tensor) parts.push(tensor);
    }
    joined.set(name, joinTensors(parts));
  }
  return joined;
}

/** So many copies of the first row of tensors that have at least one. The result is the caller's. */
export function repeatFirstRow(tensors: NamedTensors, count: number): NamedTensors {
  const row = new Map<string, HostTensor>();
  for (const [name, tensor] of tensors) row.set(name, rowsOf(tensor, 0, 1));
  return joinRows(Array.from({ length: count }, () => row));
}

/**
 * Cuts outputs into consecutive shares of `rows[i]` rows. The shares are views of the outputs' data.
 * @returns undefined where an output's dimension 0 is not the sum of all rows: it is then not known whose is what.
 */
export function cutRows(outputs: NamedTensors, rows: readonly number[]): readonly NamedTensors[] | undefined {
  let total = 0;
  for (const count of rows) total += count;
  for (const { dims } of outputs.values()) if (dims[0] !== total) return undefined;
  let start = 0;
  return rows.map((count) => {
    const share = new Map<string, HostTensor>();
    for (const [name, tensor] of outputs) share.set(name, rowsOf(tensor, start, count));
    start += count;
    return share;
  });
}

function joinTensors(parts: readonly HostTensor[]): HostTensor {
  const first = parts[0];
  if (!first) throw new Error('nothing to join');
  let rows = 0;
  for (const { dims } of parts) rows += dims[0] ?? 0;
  return built(first, [rows, ...first.dims.slice(1)], joinData(parts));
}

function joinData(parts: readonly HostTensor[]): unknown {
  const first = parts[0];
  if (first?.dtype === 'string') return parts.flatMap(({ data }) => Array.from<unknown>(data));
  let bytes = 0;
  for (const { data } of parts) if (ArrayBuffer.isView(data)) bytes += data.byteLength;
  const joined = new Uint8Array(bytes);
  let at = 0;
  for (const { data } of parts) {
    if (!ArrayBuffer.isView(data)) continue;
    joined.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return first ? viewAs(first, joined.buffer) : joined;
}

/** The bytes as the kind of array that `like` has. */
function viewAs(like: HostTensor, buffer: ArrayBuffer): ArrayBufferView {
  switch (like.dtype) {
    case 'float32':
      return new Float32Array(buffer);
    case 'float64':
      return new Float64Array(buffer);
    case 'float16':
    case 'uint16':
      return new Uint16Array(buffer);
    case 'int8':
      return new Int8Array(buffer);
    case 'uint8':
    case 'bool':
      return new Uint8Array(buffer);
    case 'int16':
      return new Int16Array(buffer);
    case 'int32':
      return new Int32Array(buffer);
    case 'uint32':
      return new Uint32Array(buffer);
    case 'int64':
      return new BigInt64Array(buffer);
    case 'uint64':
      return new BigUint64Array(buffer);
    case 'string':
      throw new Error('strings have no bytes');
    default:
      return like satisfies never;
  }
}

function rowsOf(tensor: HostTensor, start: number, count: number): HostTensor {
  const rest = tensor.dims.slice(1);
  const perRow = elementCount(rest);
  const from = start * perRow;
  const to = from + count * perRow;
  const data: unknown = tensor.dtype === 'string' ? tensor.data.slice(from, to) : tensor.data.subarray(from, to);
  return built(tensor, [count, ...rest], data);
}

function built({ dtype }: HostTensor, dims: readonly number[], data: unknown): HostTensor {
  const tensor = toHostTensor(dtype, dims, data);
  if (!tensor) throw new ServingError('INTERNAL', 'a batch was put together wrongly');
  return tensor;
}
