import { isUtf8 } from 'node:buffer';
import { ServingError } from '../../../contracts/serving-error.ts';
import { DATA_TYPES } from '../../../contracts/model-format.ts';
import type { DataType, TensorInfo } from '../../../contracts/signature.ts';
import { COMMA, OPEN_BRACE, QUOTE } from './ascii.ts';
import { decodeBase64, decodeBase64Bytes, decodedLength } from './base64.ts';
import { toHalfBits } from './half.ts';
import { CHARACTER_BYTES, type HostTensor, STRING_OVERHEAD_BYTES } from './host-tensor.ts';
import type { JsonScanner } from './json-scanner.ts';
import { jsonStringProblem } from './string-rules.ts';
import {
  integerReader,
  readBooleans,
  readDoubles,
  readSingles,
  readWideInteger,
  type RunReader,
  type WideInteger,
} from './number-reader.ts';
import { TENSORFLOW_TYPES } from './tensorflow-types.ts';

/** Where the scalars of one input go, in the order of the text. */
export interface TensorSink {
  readonly dtype: DataType;
  /**
   * Takes scalars from the scanner, which stands at the first byte of one: `scalar, scalar, …` for as long as they fit
   * the dtype and there are no more than `limit` (1, or no matter how many).
   * @returns how many it took. The scanner is then behind the last one, or at the value that does not fit, and says so
   *   in `stoppedAtValue`; `limit` 1 leaves it behind the value in any case.
   * @throws ServingError RESOURCE_EXHAUSTED when the tensor gets too large.
   */
  take(scanner: JsonScanner, limit: number): number;
  /** Why the valid JSON value at the scanner's position does not fit. Moves nothing. */
  refusal(scanner: JsonScanner): ServingError;
  /** Forgets all that was taken. */
  clear(): void;
  /** What was taken, as a tensor in memory of exactly its size, owned by the caller. The sink is not used again. */
  finish(dims: readonly number[]): HostTensor;
}

/** Scalars read before they are stored. The readers see this one array only, which keeps them fast. */
const SCRATCH_LENGTH = 2048;
const scratch = new Float64Array(SCRATCH_LENGTH);
/** Bytes of one short base64 value, decoded: memory of its own for each would cost more than all the rest. */
const base64Scratch = Buffer.alloc(4096);
/** Up to here a plain loop is faster than making a view for `set`. */
const FEW = 64;

/**
 * @param remainingBytes what is left of the body: a bound on how many elements can come.
 * @param maxBytes how large the tensor's data may get.
 */
export function createTensorSink(input: TensorInfo, remainingBytes: number, maxBytes: number): TensorSink {
  const room: Room = { input, remainingBytes, maxBytes };
  switch (input.dtype) {
    case 'float32':
      return new NumberSink(room, readSingles, float32Array, (dims, data) => ({ dtype: 'float32', dims, data }));
    case 'float64':
      return new NumberSink(room, readDoubles, float64Array, (dims, data) => ({ dtype: 'float64', dims, data }));
    case 'float16':
      return new NumberSink(room, readHalves, uint16Array, (dims, data) => ({ dtype: 'float16', dims, data }));
    case 'int8':
      return new NumberSink(room, readInt8, int8Array, (dims, data) => ({ dtype: 'int8', dims, data }));
    case 'uint8':
      return new NumberSink(room, readUint8, uint8Array, (dims, data) => ({ dtype: 'uint8', dims, data }));
    case 'int16':
      return new NumberSink(room, readInt16, int16Array, (dims, data) => ({ dtype: 'int16', dims, data }));
    case 'uint16':
      return new NumberSink(room, readUint16, uint16Array, (dims, data) => ({ dtype: 'uint16', dims, data }));
    case 'int32':
      return new NumberSink(room, readInt32, int32Array, (dims, data) => ({ dtype: 'int32', dims, data }));
    case 'uint32':
      return new NumberSink(room, readUint32, uint32Array, (dims, data) => ({ dtype: 'uint32', dims, data }));
    case 'bool':
      return new NumberSink(room, readBooleans, uint8Array, (dims, data) => ({ dtype: 'bool', dims, data }));
    case 'int64':
      return new WideSink(room, true, bigInt64Array, (dims, data) => ({
        dtype: 'int64',
        dims,
        data,
      }));
    case 'uint64':
      return new WideSink(room, false, bigUint64Array, (dims, data) => ({ dtype: 'uint64', dims, data }));
    case 'string':
      return new StringSink(room);
    case 'bfloat16':
      return new UnsupportedSink(input.dtype);
    default:
      return input.dtype satisfies never;
  }
}

interface Room {
  readonly input: TensorInfo;
  readonly remainingBytes: number;
  readonly maxBytes: number;
}

type NumberArray =
  Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;
type WideArray = BigInt64Array | BigUint64Array;

const float32Array = (length: number): Float32Array => new Float32Array(length);
const float64Array = (length: number): Float64Array => new Float64Array(length);
const int8Array = (length: number): Int8Array => new Int8Array(length);
const uint8Array = (length: number): Uint8Array => new Uint8Array(length);
const int16Array = (length: number): Int16Array => new Int16Array(length);
const uint16Array = (length: number): Uint16Array => new Uint16Array(length);
const int32Array = (length: number): Int32Array => new Int32Array(length);
const uint32Array = (length: number): Uint32Array => new Uint32Array(length);
const bigInt64Array = (length: number): BigInt64Array => new BigInt64Array(length);
const bigUint64Array = (length: number): BigUint64Array => new BigUint64Array(length);

const readInt8 = integerReader(-(2 ** 7), 2 ** 7 - 1);
const readUint8 = integerReader(0, 2 ** 8 - 1);
const readInt16 = integerReader(-(2 ** 15), 2 ** 15 - 1);
const readUint16 = integerReader(0, 2 ** 16 - 1);
const readInt32 = integerReader(-(2 ** 31), 2 ** 31 - 1);
const readUint32 = integerReader(0, 2 ** 32 - 1);
const readSafeInteger = integerReader(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
const readSafeNatural = integerReader(0, Number.MAX_SAFE_INTEGER);

const readHalves: RunReader = (scanner, out, limit) => {
  const count = readDoubles(scanner, out, limit);
  for (let index = 0; index < count; index++) out[index] = toHalfBits(out[index] ?? 0);
  return count;
};

/** Numbers that a double holds: all dtypes of at most four bytes, float64, and bool. */
class NumberSink<A extends NumberArray> implements TensorSink {
  readonly dtype: DataType;
  readonly #room: Room;
  readonly #read: RunReader;
  readonly #allocate: (length: number) => A;
  readonly #toTensor: (dims: readonly number[], data: A) => HostTensor;
  #data: A | undefined;
  #count = 0;

  constructor(
    room: Room,
    read: RunReader,
    allocate: (length: number) => A,
    toTensor: (dims: readonly number[], data: A) => HostTensor,
  ) {
    this.dtype = room.input.dtype;
    this.#room = room;
    this.#read = read;
    this.#allocate = allocate;
    this.#toTensor = toTensor;
  }

  take(scanner: JsonScanner, limit: number): number {
    const start = this.#count;
    for (;;) {
      const count = this.#read(scanner, scratch, Math.min(limit, SCRATCH_LENGTH));
      this.#store(count);
      if (count < SCRATCH_LENGTH || !continuesRun(scanner)) return this.#count - start;
    }
  }

  refusal(scanner: JsonScanner): ServingError {
    return typeError(scanner, this.dtype);
  }

  clear(): void {
    this.#count = 0;
  }

  finish(dims: readonly number[]): HostTensor {
    const data = this.#data;
    return this.#toTensor(dims, data?.length === this.#count ? data : this.#copy(this.#count));
  }

  #store(count: number): void {
    const start = this.#count;
    const data = this.#roomFor(start + count);
    if (count > FEW) data.set(scratch.subarray(0, count), start);
    else for (let index = 0; index < count; index++) data[start + index] = scratch[index] ?? 0;
    this.#count = start + count;
  }

  #roomFor(needed: number): A {
    const data = this.#data;
    if (data !== undefined && needed <= data.length) return data;
    return (this.#data = this.#copy(nextLength(this.#room, data?.length ?? 0, needed)));
  }

  #copy(length: number): A {
    const copy = allocated(this.#allocate, length);
    if (this.#data !== undefined && this.#count > 0) copy.set(this.#data.subarray(0, this.#count));
    return copy;
  }
}

/** What {@link readWideInteger} read last. */
const wide: WideInteger = { low: 0, high: 0 };

/** 64-bit integers, stored as two halves, so that no BigInt is made for them. */
class WideSink<A extends WideArray> implements TensorSink {
  readonly dtype: DataType;
  readonly #room: Room;
  readonly #isSigned: boolean;
  readonly #read: RunReader;
  readonly #allocate: (length: number) => A;
  readonly #toTensor: (dims: readonly number[], data: A) => HostTensor;
  #data: A;
  /** The same memory, low half first: every platform of onnxruntime-node is little-endian. */
  #halves: Int32Array;
  #count = 0;

  constructor(
    room: Room,
    isSigned: boolean,
    allocate: (length: number) => A,
    toTensor: (dims: readonly number[], data: A) => HostTensor,
  ) {
    this.dtype = room.input.dtype;
    this.#room = room;
    this.#isSigned = isSigned;
    this.#read = isSigned ? readSafeInteger : readSafeNatural;
    this.#allocate = allocate;
    this.#toTensor = toTensor;
    this.#data = allocate(0);
    this.#halves = new Int32Array(this.#data.buffer);
  }

  take(scanner: JsonScanner, limit: number): number {
    const start = this.#count;
    for (;;) {
      const count = this.#read(scanner, scratch, Math.min(limit, SCRATCH_LENGTH));
      this.#reserve(count);
      this.#storeHalves(count);
      if (scanner.stoppedAtValue) {
        if (!this.#takeWide(scanner)) return this.#count - start;
        if (limit === 1 || !continuesRun(scanner)) return this.#count - start;
      } else if (count < SCRATCH_LENGTH || !continuesRun(scanner)) {
        return this.#count - start;
      }
    }
  }

  refusal(scanner: JsonScanner): ServingError {
    return typeError(scanner, this.dtype);
  }

  clear(): void {
    this.#count = 0;
  }

  finish(dims: readonly number[]): HostTensor {
    const data = this.#data;
    return this.#toTensor(dims, data.length === this.#count ? data : this.#copy(this.#count));
  }

  #takeWide(scanner: JsonScanner): boolean {
    if (!readWideInteger(scanner, this.#isSigned, wide)) return false;
    this.#reserve(1);
    const target = this.#count++ * 2;
    this.#halves[target] = wide.low;
    this.#halves[target + 1] = wide.high;
    scanner.stoppedAtValue = false;
    return true;
  }

  #storeHalves(count: number): void {
    const halves = this.#halves;
    let target = this.#count * 2;
    for (let index = 0; index < count; index++) {
      const value = scratch[index] ?? 0;
      halves[target++] = value | 0;
      halves[target++] = Math.floor(value / 2 ** 32);
    }
    this.#count += count;
  }

  #reserve(count: number): void {
    const needed = this.#count + count;
    if (needed <= this.#data.length) return;
    this.#data = this.#copy(nextLength(this.#room, this.#data.length, needed));
    this.#halves = new Int32Array(this.#data.buffer);
  }

  #copy(length: number): A {
    const copy = allocated(this.#allocate, length);
    const halves = new Int32Array(copy.buffer);
    halves.set(this.#halves.subarray(0, this.#count * 2));
    return copy;
  }
}

class StringSink implements TensorSink {
  readonly dtype = 'string';
  readonly #room: Room;
  #strings: string[] = [];
  #bytes = 0;

  constructor(room: Room) {
    this.#room = room;
  }

  take(scanner: JsonScanner, limit: number): number {
    for (let count = 0; ;) {
      const start = scanner.position;
      const text = this.#read(scanner);
      if (text === undefined || jsonStringProblem(text, scanner, start) !== undefined) {
        scanner.position = start;
        scanner.stoppedAtValue = true;
        return count;
      }
      this.#bytes += STRING_OVERHEAD_BYTES + text.length * CHARACTER_BYTES;
      if (this.#bytes > this.#room.maxBytes) throw tooLarge(this.#room);
      this.#strings.push(text);
      count++;
      scanner.stoppedAtValue = false;
      if (limit === 1 || !continuesRun(scanner)) return count;
    }
  }

  refusal(scanner: JsonScanner): ServingError {
    const character = scanner.peek();
    if (character === QUOTE) return this.#refusedText(scanner);
    if (character !== OPEN_BRACE) return typeError(scanner, this.dtype);
    if (!scanner.isBase64Object()) {
      return invalid(`JSON Value: ${scanner.quote()} not formatted correctly for base64 data`);
    }
    const start = scanner.position;
    const bytes = decodeBase64(scanner.readBase64Text());
    scanner.position = start;
    if (bytes === undefined) return invalid('Unable to base64 decode');
    if (isUtf8(bytes)) return refusedNul(scanner);
    return invalid(
      `JSON Value: ${scanner.quote()} holds base64 data that is not UTF-8. Strings of ONNX models are UTF-8 text; ` +
        'raw bytes need an input of type uint8.',
    );
  }

  clear(): void {
    this.#strings = [];
    this.#bytes = 0;
  }

  finish(dims: readonly number[]): HostTensor {
    return { dtype: 'string', dims, data: this.#strings };
  }

  #refusedText(scanner: JsonScanner): ServingError {
    const start = scanner.position;
    const text = scanner.readString();
    const problem = jsonStringProblem(text, scanner, start) ?? '';
    scanner.position = start;
    if (text.includes('\0')) return refusedNul(scanner);
    return invalid(`Input "${this.#room.input.name}": element ${this.#strings.length} ${problem}`);
  }

  /** The string or base64 value at the scanner's position; undefined where none stands there, or no UTF-8. */
  #read(scanner: JsonScanner): string | undefined {
    const character = scanner.bytes[scanner.position];
    if (character === QUOTE) return scanner.readString();
    if (character !== OPEN_BRACE) return undefined;
    const plain = scanner.readPlainBase64();
    if (plain) return decodedText(scanner.bytes, plain.start, plain.end);
    if (!scanner.isBase64Object()) return undefined;
    const bytes = decodeBase64(scanner.readBase64Text());
    if (bytes === undefined || !isUtf8(bytes)) return undefined;
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  }
}

/** The base64 from `start` to before `end` as text; undefined where it is none, or not of UTF-8. */
function decodedText(bytes: Uint8Array, start: number, end: number): string | undefined {
  const size = decodedLength(end - start);
  const out = size <= base64Scratch.length ? base64Scratch : Buffer.allocUnsafe(size);
  const length = decodeBase64Bytes(bytes, start, end, out);
  if (length < 0) return undefined;
  const text = out.toString('utf8', 0, length);
  // Only what was no UTF-8 became this character, or it was there from the start.
  return text.includes('\u{fffd}') && !isUtf8(out.subarray(0, length)) ? undefined : text;
}

/** Takes nothing. Only bfloat16 gets one: onnxruntime-node has no such tensors. */
class UnsupportedSink implements TensorSink {
  readonly dtype: DataType;

  constructor(dtype: DataType) {
    this.dtype = dtype;
  }

  take(scanner: JsonScanner): number {
    scanner.stoppedAtValue = true;
    return 0;
  }

  refusal(scanner: JsonScanner): ServingError {
    return unsupported(scanner.quote(), this.dtype);
  }

  clear(): void {
    // Nothing was taken.
  }

  finish(): HostTensor {
    // Only an empty list comes here, which has no value to quote.
    throw unsupported('[]', this.dtype);
  }
}

/** Steps over the comma after a scalar. @returns whether there was one; then the scanner is at the next value. */
function continuesRun(scanner: JsonScanner): boolean {
  if (scanner.stoppedAtValue || scanner.peek() !== COMMA) return false;
  scanner.position++;
  scanner.peek();
  return true;
}

function typeError(scanner: JsonScanner, dtype: DataType): ServingError {
  const type = scanner.typeAt(scanner.peek()) ?? 'Null';
  const expected = TENSORFLOW_TYPES[dtype].name;
  return invalid(`JSON Value: ${scanner.quote()} Type: ${type} is not of expected type: ${expected}`);
}

function unsupported(quoted: string, dtype: DataType): ServingError {
  const type = TENSORFLOW_TYPES[dtype].name;
  return new ServingError('UNIMPLEMENTED', `Conversion of JSON Value: ${quoted} to type: ${type}`);
}

/** onnxruntime-node passes strings on as C strings, so it would cut the value there without a word. */
function refusedNul(scanner: JsonScanner): ServingError {
  return invalid(`JSON Value: ${scanner.quote()} holds the character U+0000, which ONNX Runtime strings cannot hold.`);
}

function invalid(message: string): ServingError {
  return new ServingError('INVALID_ARGUMENT', message);
}

function tooLarge({ input, maxBytes }: Room): ServingError {
  return new ServingError(
    'RESOURCE_EXHAUSTED',
    `Input "${input.name}" needs more than ${maxBytes} bytes, the limit for one tensor. Send fewer elements at once.`,
  );
}

/**
 * The length to grow to, at least `needed`. The first guess is the number of elements that the signature's fixed sizes
 * multiply up to, so that one item of a model with fixed sizes is read without a copy.
 */
function nextLength(room: Room, length: number, needed: number): number {
  const most = Math.floor(room.maxBytes / (DATA_TYPES[room.input.dtype].bytes ?? 1));
  if (needed > most) throw tooLarge(room);
  const wanted = length === 0 ? fixedElements(room.input) : Math.max(length * 2, 16);
  // No value is shorter than a digit and a comma.
  const possible = Math.ceil(room.remainingBytes / 2) + 1;
  return Math.max(needed, Math.min(wanted, possible, most));
}

function fixedElements(input: TensorInfo): number {
  let count = 1;
  for (const dim of input.dims ?? []) if (typeof dim === 'number') count *= dim;
  return count;
}

function allocated<A>(allocate: (length: number) => A, length: number): A {
  try {
    return allocate(length);
  } catch (error) {
    throw new ServingError('RESOURCE_EXHAUSTED', `Not enough memory for a tensor of ${length} elements.`, {
      cause: error,
    });
  }
}
