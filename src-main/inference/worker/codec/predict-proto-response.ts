import type { HostTensor } from './host-tensor.ts';
import { TENSORFLOW_TYPES } from './tensorflow-types.ts';
import { tagOf, WIRE } from './wire-reader.ts';
import { varintSize, wideVarintSize, writeVarint, writeWideVarint } from './wire-writer.ts';

/** Source: TensorFlow Serving apis/predict.proto PredictResponse; tensorflow/core/framework/tensor.proto TensorProto. */
const OUTPUTS = tagOf(1, WIRE.bytes);
const ENTRY_KEY = tagOf(1, WIRE.bytes);
const ENTRY_VALUE = tagOf(2, WIRE.bytes);
const DTYPE = tagOf(1, WIRE.varint);
const SHAPE = tagOf(2, WIRE.bytes);
const SHAPE_DIM = tagOf(2, WIRE.bytes);
const DIM_SIZE = tagOf(1, WIRE.varint);
const CONTENT = tagOf(4, WIRE.bytes);
const STRING_VAL = tagOf(8, WIRE.bytes);

/** Fields of the typed values, all packed but string_val. */
const VALUE_TAGS: Readonly<Record<HostTensor['dtype'], number>> = {
  float32: tagOf(5, WIRE.bytes),
  float64: tagOf(6, WIRE.bytes),
  int8: tagOf(7, WIRE.bytes),
  uint8: tagOf(7, WIRE.bytes),
  int16: tagOf(7, WIRE.bytes),
  uint16: tagOf(7, WIRE.bytes),
  int32: tagOf(7, WIRE.bytes),
  string: STRING_VAL,
  int64: tagOf(10, WIRE.bytes),
  bool: tagOf(11, WIRE.bytes),
  float16: tagOf(13, WIRE.bytes),
  uint32: tagOf(16, WIRE.bytes),
  uint64: tagOf(17, WIRE.bytes),
};

/** Up to here a plain loop is faster than a view of the memory. */
const FEW = 16;

/** Sizes that are needed before the first byte is written. */
interface Measured {
  readonly tensor: HostTensor;
  readonly nameBytes: number;
  readonly shapeBytes: number;
  /** Of the values' payload; of strings, of all their fields. */
  readonly valueBytes: number;
  readonly tensorBytes: number;
  readonly entryBytes: number;
}

/**
 * Writes a PredictResponse into one buffer: the outputs in the order given, then the model_spec.
 * @param modelSpec the whole field, tag and length included.
 * @param tensorContent whether elements stand in `tensor_content`, as they are in memory, instead of in typed fields.
 * @returns owned by the caller.
 */
export function writePredictProtoResponse(
  outputs: ReadonlyMap<string, HostTensor>,
  modelSpec: Uint8Array,
  tensorContent: boolean,
): Uint8Array {
  let total = modelSpec.length;
  const entries: Measured[] = [];
  for (const [name, tensor] of outputs) {
    const entry = measure(name, tensor, tensorContent);
    entries.push(entry);
    total += 1 + varintSize(entry.entryBytes) + entry.entryBytes;
  }
  const bytes = Buffer.allocUnsafe(total);
  let position = 0;
  let index = 0;
  for (const name of outputs.keys()) {
    const entry = entries[index++];
    if (entry !== undefined) position = writeEntry(name, entry, tensorContent, bytes, position);
  }
  bytes.set(modelSpec, position);
  return bytes;
}

function measure(name: string, tensor: HostTensor, tensorContent: boolean): Measured {
  const nameBytes = Buffer.byteLength(name);
  let shapeBytes = 0;
  for (const size of tensor.dims) shapeBytes += 2 + dimBytes(size);
  const valueBytes = tensorContent ? contentSize(tensor) : valueSize(tensor);
  let tensorBytes = 2 + 1 + varintSize(shapeBytes) + shapeBytes;
  if (valueBytes > 0) {
    const tag = tensorContent ? CONTENT : VALUE_TAGS[tensor.dtype];
    tensorBytes += valueBytes;
    if (tag !== STRING_VAL) tensorBytes += varintSize(tag) + varintSize(valueBytes);
  }
  const entryBytes = 1 + varintSize(nameBytes) + nameBytes + 1 + varintSize(tensorBytes) + tensorBytes;
  return { tensor, nameBytes, shapeBytes, valueBytes, tensorBytes, entryBytes };
}

/** A size of 0 is the default, which proto3 leaves out. */
function dimBytes(size: number): number {
  return size === 0 ? 0 : 1 + wideVarintSize(size | 0, Math.floor(size / 2 ** 32));
}

function writeEntry(
  name: string,
  { tensor, nameBytes, shapeBytes, valueBytes, tensorBytes, entryBytes }: Measured,
  tensorContent: boolean,
  bytes: Buffer,
  start: number,
): number {
  let position = start;
  bytes[position++] = OUTPUTS;
  position = writeVarint(entryBytes, bytes, position);
  bytes[position++] = ENTRY_KEY;
  position = writeVarint(nameBytes, bytes, position);
  position += bytes.write(name, position);
  bytes[position++] = ENTRY_VALUE;
  position = writeVarint(tensorBytes, bytes, position);
  bytes[position++] = DTYPE;
  bytes[position++] = TENSORFLOW_TYPES[tensor.dtype].number;
  bytes[position++] = SHAPE;
  position = writeVarint(shapeBytes, bytes, position);
  for (const size of tensor.dims) {
    bytes[position++] = SHAPE_DIM;
    bytes[position++] = dimBytes(size);
    if (size === 0) continue;
    bytes[position++] = DIM_SIZE;
    position = writeWideVarint(size | 0, Math.floor(size / 2 ** 32), bytes, position);
  }
  if (valueBytes === 0) return position;
  const tag = tensorContent ? CONTENT : VALUE_TAGS[tensor.dtype];
  if (tag !== STRING_VAL) {
    position = writeVarint(tag, bytes, position);
    position = writeVarint(valueBytes, bytes, position);
  }
  return tensorContent ? writeContent(tensor, bytes, position) : writeValues(tensor, bytes, position);
}

function contentSize(tensor: HostTensor): number {
  if (tensor.dtype !== 'string') return tensor.data.byteLength;
  let size = 0;
  for (const text of tensor.data) {
    const length = Buffer.byteLength(text);
    size += varintSize(length) + length;
  }
  return size;
}

/** Elements as they are in memory. Of strings all lengths, then all bytes (TensorFlow core/platform EncodeStringList). */
function writeContent(tensor: HostTensor, bytes: Buffer, start: number): number {
  if (tensor.dtype !== 'string') return copyMemory(tensor.data, bytes, start);
  let position = start;
  for (const text of tensor.data) position = writeVarint(Buffer.byteLength(text), bytes, position);
  for (const text of tensor.data) position += bytes.write(text, position);
  return position;
}

function copyMemory(data: ArrayBufferView, bytes: Buffer, position: number): number {
  if (data instanceof Float32Array && data.length <= FEW) {
    for (let index = 0; index < data.length; index++) bytes.writeFloatLE(data[index] ?? 0, position + index * 4);
    return position + data.byteLength;
  }
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
  return position + data.byteLength;
}

function valueSize(tensor: HostTensor): number {
  switch (tensor.dtype) {
    case 'float32':
    case 'float64':
      return tensor.data.byteLength;
    case 'bool':
      return tensor.data.length;
    case 'int8':
    case 'int16':
    case 'int32':
      return signedSize(tensor.data);
    case 'uint8':
    case 'uint16':
    case 'uint32':
    case 'float16':
      return unsignedSize(tensor.data);
    case 'int64':
    case 'uint64':
      return wideSize(halvesOf(tensor.data));
    case 'string': {
      let size = 0;
      for (const text of tensor.data) {
        const length = Buffer.byteLength(text);
        size += 1 + varintSize(length) + length;
      }
      return size;
    }
    default:
      return tensor satisfies never;
  }
}

function writeValues(tensor: HostTensor, bytes: Buffer, start: number): number {
  let position = start;
  switch (tensor.dtype) {
    case 'float32':
    case 'float64':
      return copyMemory(tensor.data, bytes, position);
    case 'bool':
      for (const value of tensor.data) bytes[position++] = value === 0 ? 0 : 1;
      return position;
    case 'int8':
    case 'int16':
    case 'int32':
      return writeSigned(tensor.data, bytes, position);
    case 'uint8':
    case 'uint16':
    case 'uint32':
    case 'float16':
      return writeUnsigned(tensor.data, bytes, position);
    case 'int64':
    case 'uint64':
      return writeWide(halvesOf(tensor.data), bytes, position);
    case 'string':
      for (const text of tensor.data) {
        bytes[position++] = STRING_VAL;
        position = writeVarint(Buffer.byteLength(text), bytes, position);
        position += bytes.write(text, position);
      }
      return position;
    default:
      return tensor satisfies never;
  }
}

/** Bytes of a negative int32 as a varint: it is sign-extended to 64 bits. */
const NEGATIVE_BYTES = 10;

function signedSize(data: Int8Array | Int16Array | Int32Array): number {
  let size = 0;
  for (let index = 0; index < data.length; index++) {
    const value = data[index] ?? 0;
    size += value < 0 ? NEGATIVE_BYTES : varintSize(value);
  }
  return size;
}

function writeSigned(data: Int8Array | Int16Array | Int32Array, bytes: Uint8Array, start: number): number {
  let position = start;
  for (let index = 0; index < data.length; index++) {
    const value = data[index] ?? 0;
    if (value >= 0 && value < 0x80) bytes[position++] = value;
    else position = value < 0 ? writeNegative(value, bytes, position) : writeVarint(value, bytes, position);
  }
  return position;
}

/** Writes a negative int32: 32 bits of its own, and 32 that are all set. */
function writeNegative(value: number, bytes: Uint8Array, position: number): number {
  bytes[position] = value | 0x80;
  bytes[position + 1] = (value >>> 7) | 0x80;
  bytes[position + 2] = (value >>> 14) | 0x80;
  bytes[position + 3] = (value >>> 21) | 0x80;
  bytes[position + 4] = (value >>> 28) | 0xf0;
  bytes[position + 5] = 0xff;
  bytes[position + 6] = 0xff;
  bytes[position + 7] = 0xff;
  bytes[position + 8] = 0xff;
  bytes[position + 9] = 1;
  return position + NEGATIVE_BYTES;
}

function unsignedSize(data: Uint8Array | Uint16Array | Uint32Array): number {
  let size = 0;
  for (let index = 0; index < data.length; index++) size += varintSize(data[index] ?? 0);
  return size;
}

function writeUnsigned(data: Uint8Array | Uint16Array | Uint32Array, bytes: Uint8Array, start: number): number {
  let position = start;
  for (let index = 0; index < data.length; index++) {
    const value = data[index] ?? 0;
    if (value < 0x80) bytes[position++] = value;
    else position = writeVarint(value, bytes, position);
  }
  return position;
}

/** The same memory, low half first: every platform of onnxruntime-node is little-endian. */
function halvesOf(data: BigInt64Array | BigUint64Array): Int32Array {
  return new Int32Array(data.buffer, data.byteOffset, data.length * 2);
}

function wideSize(halves: Int32Array): number {
  let size = 0;
  for (let at = 0; at < halves.length; at += 2) size += wideVarintSize(halves[at] ?? 0, halves[at + 1] ?? 0);
  return size;
}

function writeWide(halves: Int32Array, bytes: Uint8Array, start: number): number {
  let position = start;
  for (let at = 0; at < halves.length; at += 2) {
    position = writeWideVarint(halves[at] ?? 0, halves[at + 1] ?? 0, bytes, position);
  }
  return position;
}
