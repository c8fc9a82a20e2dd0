import { DATA_TYPES } from '../../../contracts/model-format.ts';
import { ServingError } from '../../../contracts/serving-error.ts';
import type { DataType, TensorInfo } from '../../../contracts/signature.ts';
import { CHARACTER_BYTES, type HostTensor, STRING_OVERHEAD_BYTES } from './host-tensor.ts';
import { MAX_RANK } from './shape-check.ts';
import { stringProblem } from './string-rules.ts';
import { TENSORFLOW_TYPES, tensorflowTypeName } from './tensorflow-types.ts';
import { tagOf, WIRE, type WireReader } from './wire-reader.ts';

/** Bounds on the tensors of one request. */
export interface TensorLimits {
  /** Bytes that one input's data may take in memory. */
  readonly maxTensorBytes: number;
  /** Bytes of one input that may be filled in, by repeating the last value: they cost the sender nothing. */
  readonly maxFilledBytes: number;
}

const DTYPE = tagOf(1, WIRE.varint);
const SHAPE = tagOf(2, WIRE.bytes);
const CONTENT = tagOf(4, WIRE.bytes);
const SHAPE_DIM = tagOf(2, WIRE.bytes);
const DIM_SIZE = tagOf(1, WIRE.varint);

/** Where a dtype's elements stand when they come one by one: the field, and how each is written. */
interface ValueField {
  readonly name: string;
  readonly packedTag: number;
  readonly singleTag: number;
}

function valueField(name: string, field: number, wireType: 0 | 1 | 2 | 5): ValueField {
  return { name, packedTag: tagOf(field, WIRE.bytes), singleTag: tagOf(field, wireType) };
}

const INT_VAL = valueField('int_val', 7, WIRE.varint);
const HALF_VAL = valueField('half_val', 13, WIRE.varint);
/** Source: tensorflow/core/framework/tensor.proto. */
const VALUE_FIELDS: Readonly<Record<DataType, ValueField>> = {
  float32: valueField('float_val', 5, WIRE.fixed32),
  float64: valueField('double_val', 6, WIRE.fixed64),
  int8: INT_VAL,
  uint8: INT_VAL,
  int16: INT_VAL,
  uint16: INT_VAL,
  int32: INT_VAL,
  string: valueField('string_val', 8, WIRE.bytes),
  int64: valueField('int64_val', 10, WIRE.varint),
  bool: valueField('bool_val', 11, WIRE.varint),
  float16: HALF_VAL,
  bfloat16: HALF_VAL,
  uint32: valueField('uint32_val', 16, WIRE.varint),
  uint64: valueField('uint64_val', 17, WIRE.varint),
};

/**
 * Fields that the values of one tensor may come in. Each is kept as two numbers until shape and dtype are known, eight
 * times as much as the smallest takes in the message.
 */
const MAX_VALUE_FIELDS = 2 ** 23;

/** Up to here a plain loop is faster than copying memory. */
const FEW = 16;

/**
 * Reads the TensorProto that `reader` has gone to. Source: TensorFlow core/framework/tensor.cc Tensor::FromProto:
 * `tensor_content` comes before the typed values; fewer typed values than elements repeat the last one, none at all are
 * zeros or empty strings. Deviations: more values than elements are refused instead of cut off, as are integers beyond
 * the range of their dtype; strings must be UTF-8 without U+0000.
 * @returns a tensor in memory of its own.
 * @throws ServingError INVALID_ARGUMENT where bytes, dtype, shape or values are wrong; RESOURCE_EXHAUSTED beyond the limits,
 *   before any memory is taken.
 */
export function readTensorProto(reader: WireReader, input: TensorInfo, limits: TensorLimits): HostTensor {
  return new TensorProtoReader(reader, input, limits).read();
}

class TensorProtoReader {
  readonly #reader: WireReader;
  readonly #input: TensorInfo;
  readonly #limits: TensorLimits;
  readonly #field: ValueField;
  readonly #dims: number[] = [];
  #dtype = 0;
  /** Elements, as the shape says. */
  #count = 1;
  #contentStart = 0;
  #contentEnd = 0;
  /** Pairs of start and end: where encoded values stand, in order. */
  readonly #values: number[] = [];
  #valueBytes = 0;

  constructor(reader: WireReader, input: TensorInfo, limits: TensorLimits) {
    this.#reader = reader;
    this.#input = input;
    this.#limits = limits;
    this.#field = VALUE_FIELDS[input.dtype];
  }

  read(): HostTensor {
    this.#scan();
    this.#checkDtype();
    this.#countElements();
    const { dtype } = this.#input;
    const dims = this.#dims;
    switch (dtype) {
      case 'float32':
        return { dtype, dims, data: this.#fewSingles() ?? new Float32Array(this.#fixed(4)) };
      case 'float64':
        return { dtype, dims, data: new Float64Array(this.#fixed(8)) };
      case 'float16':
        return { dtype, dims, data: this.#small(Uint16Array, 0, 0xffff) };
      case 'int8':
        return { dtype, dims, data: this.#small(Int8Array, -(2 ** 7), 2 ** 7 - 1) };
      case 'uint8':
        return { dtype, dims, data: this.#small(Uint8Array, 0, 2 ** 8 - 1) };
      case 'int16':
        return { dtype, dims, data: this.#small(Int16Array, -(2 ** 15), 2 ** 15 - 1) };
      case 'uint16':
        return { dtype, dims, data: this.#small(Uint16Array, 0, 2 ** 16 - 1) };
      case 'int32':
        return { dtype, dims, data: this.#small(Int32Array, -(2 ** 31), 2 ** 31 - 1) };
      case 'uint32':
        // The varint's low half, as its bits are: protobuf cuts off what is above.
        return { dtype, dims, data: new Uint32Array(this.#small(Int32Array, -(2 ** 31), 2 ** 31 - 1).buffer) };
      case 'bool':
        return { dtype, dims, data: this.#booleans() };
      case 'int64':
        return { dtype, dims, data: new BigInt64Array(this.#wide()) };
      case 'uint64':
        return { dtype, dims, data: new BigUint64Array(this.#wide()) };
      case 'string':
        return { dtype, dims, data: this.#strings() };
      case 'bfloat16':
        throw new ServingError('UNIMPLEMENTED', `Input "${this.#input.name}": ONNX Runtime for Node has no bfloat16`);
      default:
        return dtype satisfies never;
    }
  }

  /** Notes where everything stands; the values come when dtype and shape are known, whatever the order. */
  #scan(): void {
    const reader = this.#reader;
    const { packedTag, singleTag } = this.#field;
    while (reader.next()) {
      switch (reader.tag) {
        case DTYPE:
          this.#dtype = reader.low;
          break;
        case SHAPE:
          this.#scanShape();
          break;
        case CONTENT:
          this.#contentStart = reader.start;
          this.#contentEnd = reader.stop;
          break;
        case packedTag:
        case singleTag:
          if (this.#values.length === 2 * MAX_VALUE_FIELDS) throw this.#tooManyFields();
          this.#values.push(reader.start, reader.stop);
          this.#valueBytes += reader.stop - reader.start;
          break;
      }
    }
  }

  #scanShape(): void {
    const reader = this.#reader;
    const shapeEnd = reader.enter();
    while (reader.next()) {
      // unknown_rank is not looked at, as in TensorShape's constructor.
      if (reader.tag !== SHAPE_DIM) continue;
      if (this.#dims.length === MAX_RANK) throw this.#error(`a tensor has at most ${MAX_RANK} axes, but here are more`);
      const dimEnd = reader.enter();
      let size = 0;
      while (reader.next()) if (reader.tag === DIM_SIZE) size = reader.high * 2 ** 32 + (reader.low >>> 0);
      this.#dims.push(size);
      reader.leave(dimEnd);
    }
    reader.leave(shapeEnd);
  }

  #checkDtype(): void {
    const expected = TENSORFLOW_TYPES[this.#input.dtype];
    if (this.#dtype === expected.number) return;
    if (this.#dtype === 0) throw this.#error('it has no dtype');
    // Wording: TensorFlow core/common_runtime, as a run with the wrong dtype answers.
    const mismatch = `Expects input "${this.#input.name}" to be ${expected.name} but ${tensorflowTypeName(this.#dtype)} is provided`;
    throw new ServingError('INVALID_ARGUMENT', mismatch);
  }

  /** Checks the shape, and that what it asks for may be allocated. */
  #countElements(): void {
    let count = 1;
    for (const size of this.#dims) {
      if (size < 0) throw this.#error(`shape ${this.#shape()} has a negative size`);
      count *= size;
      // Also where a zero follows, as TensorFlow multiplies from the left and refuses what overflows on the way.
      if (count > Number.MAX_SAFE_INTEGER || size > Number.MAX_SAFE_INTEGER) {
        throw this.#error(`shape ${this.#shape()} has too many elements`);
      }
    }
    this.#count = count;
    const { dtype } = this.#input;
    const bytesEach = DATA_TYPES[dtype].bytes ?? STRING_OVERHEAD_BYTES;
    if (count * bytesEach > this.#limits.maxTensorBytes) throw this.#tooLarge();
    if (this.#contentEnd > this.#contentStart) return;
    // No encoding of a number is shorter than this; how many there are is known only when they are read.
    const shortest = dtype === 'float32' ? 4 : dtype === 'float64' ? 8 : 1;
    const atMost = dtype === 'string' ? this.#values.length / 2 : Math.floor(this.#valueBytes / shortest);
    if ((count - atMost) * bytesEach > this.#limits.maxFilledBytes) {
      throw new ServingError(
        'RESOURCE_EXHAUSTED',
        `Input "${this.#input.name}" has shape ${this.#shape()}, but at most ${atMost} values came with it; no more than ` +
          `${this.#limits.maxFilledBytes} bytes are filled in by repeating the last one. Send all elements.`,
      );
    }
  }

  /** A few float32 that came in one piece: such small arrays are cheaper to make without memory of their own. */
  #fewSingles(): Float32Array | undefined {
    const count = this.#count;
    const { bytes } = this.#reader;
    const hasContent = this.#contentEnd > this.#contentStart;
    const start = hasContent ? this.#contentStart : (this.#values[0] ?? 0);
    const end = hasContent ? this.#contentEnd : (this.#values[1] ?? 0);
    if (count > FEW || end - start !== count * 4 || (!hasContent && this.#values.length > 2)) return undefined;
    const data = new Float32Array(count);
    for (let index = 0; index < count; index++) data[index] = bytes.readFloatLE(start + index * 4);
    return data;
  }

  /** The memory of elements of fixed size, which stand there as they are kept. */
  #fixed(bytesEach: number): ArrayBuffer {
    if (this.#contentEnd > this.#contentStart) return this.#content(bytesEach);
    const { bytes } = this.#reader;
    const values = this.#values;
    const needed = this.#count * bytesEach;
    const out = new Uint8Array(allocated(needed));
    let at = 0;
    for (let index = 0; index < values.length; index += 2) {
      const start = values[index] ?? 0;
      const end = values[index + 1] ?? 0;
      if ((end - start) % bytesEach !== 0) {
        throw this.#error(`${this.#field.name} has ${end - start} bytes, which is no multiple of ${bytesEach}`);
      }
      if (end - start > needed - at) throw this.#tooMany(this.#valueBytes / bytesEach);
      bytes.copy(out, at, start, end);
      at += end - start;
    }
    // Doubles what is filled, starting from the last value.
    for (let filled = bytesEach; at > 0 && at < needed; filled = Math.min(filled * 2, needed)) {
      const length = Math.min(filled, needed - at);
      out.copyWithin(at, at - length, at);
      at += length;
    }
    return out.buffer;
  }

  /** Integers of at most 32 bits. */
  #small<A extends SmallArray>(array: new (buffer: ArrayBuffer) => A, smallest: number, largest: number): A {
    if (this.#contentEnd > this.#contentStart)
      return new array(this.#content(DATA_TYPES[this.#input.dtype].bytes ?? 1));
    const out = new array(allocated(this.#count * (DATA_TYPES[this.#input.dtype].bytes ?? 1)));
    const at = this.#readSmall(out, smallest, largest);
    if (at > 0 && at < out.length) out.fill(out[at - 1] ?? 0, at);
    return out;
  }

  #readSmall(out: SmallArray, smallest: number, largest: number): number {
    const reader = this.#reader;
    const { bytes } = reader;
    const values = this.#values;
    const { length } = out;
    let at = 0;
    for (let index = 0; index < values.length; index += 2) {
      let position = values[index] ?? 0;
      const end = values[index + 1] ?? 0;
      while (position < end) {
        let value = bytes[position] ?? 0;
        const second = bytes[position + 1] ?? 0;
        if (value < 0x80) {
          position++;
        } else if (second < 0x80 && position + 1 < end) {
          value = (value & 0x7f) | (second << 7);
          position += 2;
        } else {
          position = reader.varintAt(position, end);
          value = reader.low;
        }
        if (at === length) throw this.#tooMany();
        if (value < smallest || value > largest) throw this.#outOfRange(value, at, smallest, largest);
        out[at++] = value;
      }
    }
    return at;
  }

  #booleans(): Uint8Array {
    const hasContent = this.#contentEnd > this.#contentStart;
    const out = new Uint8Array(hasContent ? this.#content(1) : allocated(this.#count));
    if (hasContent) {
      for (let index = 0; index < out.length; index++) if (out[index] !== 0) out[index] = 1;
      return out;
    }
    const reader = this.#reader;
    const values = this.#values;
    let at = 0;
    for (let index = 0; index < values.length; index += 2) {
      let position = values[index] ?? 0;
      const end = values[index + 1] ?? 0;
      while (position < end) {
        position = reader.varintAt(position, end);
        if (at === out.length) throw this.#tooMany();
        out[at++] = reader.low === 0 && reader.high === 0 ? 0 : 1;
      }
    }
    if (at > 0) out.fill(out[at - 1] ?? 0, at);
    return out;
  }

  /** The memory of 64-bit integers. */
  #wide(): ArrayBuffer {
    if (this.#contentEnd > this.#contentStart) return this.#content(8);
    const reader = this.#reader;
    const { bytes } = reader;
    const values = this.#values;
    const buffer = allocated(this.#count * 8);
    // Low half first: every platform of onnxruntime-node is little-endian.
    const halves = new Int32Array(buffer);
    const { length } = halves;
    let at = 0;
    for (let index = 0; index < values.length; index += 2) {
      let position = values[index] ?? 0;
      const end = values[index + 1] ?? 0;
      while (position < end) {
        if (at === length) throw this.#tooMany();
        const byte = bytes[position] ?? 0;
        if (byte < 0x80) {
          position++;
          halves[at] = byte;
        } else {
          position = reader.varintAt(position, end);
          halves[at] = reader.low;
          halves[at + 1] = reader.high;
        }
        at += 2;
      }
    }
    if (at > 0) {
      const low = halves[at - 2] ?? 0;
      const high = halves[at - 1] ?? 0;
      for (; at < length; at += 2) {
        halves[at] = low;
        halves[at + 1] = high;
      }
    }
    return buffer;
  }

  #strings(): string[] {
    const room = { bytes: this.#limits.maxTensorBytes - this.#count * STRING_OVERHEAD_BYTES };
    const texts: string[] = [];
    if (this.#contentEnd > this.#contentStart) {
      this.#readStringContent(texts, room);
      return texts;
    }
    const values = this.#values;
    if (values.length / 2 > this.#count) throw this.#tooMany(values.length / 2);
    for (let index = 0; index < values.length; index += 2) {
      texts.push(this.#string(values[index] ?? 0, values[index + 1] ?? 0, texts.length, room));
    }
    const last = texts.at(-1) ?? '';
    while (texts.length < this.#count) texts.push(last);
    return texts;
  }

  /** All lengths, then all bytes. Source: TensorFlow core/platform DecodeStringList. */
  #readStringContent(texts: string[], room: { bytes: number }): void {
    const reader = this.#reader;
    const end = this.#contentEnd;
    // Each element has a length of at least one byte, so this many lengths cost the sender as many bytes.
    if (this.#count > end - this.#contentStart) throw this.#wrongContent('a length for each element');
    const lengths: number[] = [];
    let position = this.#contentStart;
    while (lengths.length < this.#count) {
      if (position >= end) throw this.#wrongContent('a length for each element');
      position = reader.varintAt(position, end);
      if (reader.high !== 0 || reader.low < 0) throw reader.malformed('a length is out of range');
      lengths.push(reader.low);
    }
    for (const length of lengths) {
      if (length > end - position) throw this.#wrongContent('as many bytes as its lengths say');
      texts.push(this.#string(position, position + length, texts.length, room));
      position += length;
    }
    if (position !== end) throw this.#wrongContent('as many bytes as its lengths say');
  }

  #string(start: number, end: number, index: number, room: { bytes: number }): string {
    const { bytes } = this.#reader;
    const text = bytes.toString('utf8', start, end);
    room.bytes -= text.length * CHARACTER_BYTES;
    if (room.bytes < 0) throw this.#tooLarge();
    const problem = stringProblem(text, bytes, start, end);
    if (problem !== undefined) {
      throw new ServingError('INVALID_ARGUMENT', `Input "${this.#input.name}": element ${index} ${problem}`);
    }
    return text;
  }

  /** A copy of tensor_content. */
  #content(bytesEach: number): ArrayBuffer {
    const length = this.#contentEnd - this.#contentStart;
    const needed = this.#count * bytesEach;
    if (length !== needed) {
      const type = TENSORFLOW_TYPES[this.#input.dtype].name;
      throw this.#error(`tensor_content has ${length} bytes, but shape ${this.#shape()} of ${type} takes ${needed}`);
    }
    const buffer = allocated(needed);
    this.#reader.bytes.copy(new Uint8Array(buffer), 0, this.#contentStart, this.#contentEnd);
    return buffer;
  }

  #shape(): string {
    return `[${this.#dims.join(',')}]`;
  }

  /** @param came how many there are; undefined where nobody counted. */
  #tooMany(came?: number): ServingError {
    const values = came === undefined ? 'more' : `${came}`;
    return this.#error(`${this.#field.name} has ${values} values, but shape ${this.#shape()} takes ${this.#count}`);
  }

  #tooManyFields(): ServingError {
    return new ServingError(
      'RESOURCE_EXHAUSTED',
      `Input "${this.#input.name}": ${this.#field.name} comes in more than ${MAX_VALUE_FIELDS} fields. Send fewer elements ` +
        'at once, packed values or tensor_content.',
    );
  }

  #outOfRange(value: number, index: number, smallest: number, largest: number): ServingError {
    const type = TENSORFLOW_TYPES[this.#input.dtype].name;
    return this.#error(
      `value ${value} at index ${index} of ${this.#field.name} is no ${type} (${smallest} to ${largest})`,
    );
  }

  #wrongContent(expected: string): ServingError {
    return this.#error(`tensor_content of string does not have ${expected}`);
  }

  /** Wording: TensorFlow cc/saved_model/util.cc, and then what is wrong. */
  #error(what: string): ServingError {
    return new ServingError('INVALID_ARGUMENT', `tensor parsing error: ${this.#input.name}: ${what}`);
  }

  #tooLarge(): ServingError {
    return new ServingError(
      'RESOURCE_EXHAUSTED',
      `Input "${this.#input.name}" of shape ${this.#shape()} needs more than ${this.#limits.maxTensorBytes} bytes, the limit ` +
        'for one tensor. Send fewer elements at once.',
    );
  }
}

type SmallArray =
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>;

function allocated(byteLength: number): ArrayBuffer {
  try {
    return new ArrayBuffer(byteLength);
  } catch (error) {
    throw new ServingError('RESOURCE_EXHAUSTED', `Not enough memory for a tensor of ${byteLength} bytes.`, {
      cause: error,
    });
  }
}
