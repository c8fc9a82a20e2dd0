import { ServingError } from '../../contracts/serving-error.ts';

/** Read access to any part of a file. */
export interface RandomAccess {
  readonly sizeBytes: number;
  /** Reads up to `length` bytes at `offset`; shorter only at the end of the file. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** The file ends before its content does: it may still be on its way here. */
export class TruncatedFileError extends ServingError {
  /** Size that the file must have at least, where it tells. */
  readonly neededBytes: number | undefined;
  constructor(message: string, neededBytes?: number) {
    super('INVALID_ARGUMENT', message);
    this.neededBytes = neededBytes;
  }
}

/** Wire types of protobuf. Its groups (3 and 4) were given up before ONNX began and are refused. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Headers of one field: a tag and a length, each a varint of at most ten bytes. */
const MAX_HEADER_BYTES = 20;
const MAX_VARINT_BYTES = 10;
/** Reads start small after a jump over weights, and grow while the file is read in one piece. */
const FIRST_WINDOW_BYTES = 4096;
const LAST_WINDOW_BYTES = 65_536;
/** The nesting that protobuf itself accepts, and ONNX Runtime with it. */
const MAX_DEPTH = 100;
/** Far more than the largest models in use have; a bound on the time that a hostile file can take. */
const MAX_FIELDS = 20_000_000;
/** Bound on all text that is kept. */
const MAX_TEXT_BYTES = 64 * 2 ** 20;

const decoder = new TextDecoder();

/**
 * Reads the fields of one protobuf file in order, in small windows, and jumps over what the caller does not ask for.
 * Source: the encoding guide of Protocol Buffers (https://protobuf.dev/programming-guides/encoding/).
 * Usage: `while (await reader.next(end))` look at `field` and `wireType`, then take the payload with {@link int64},
 * {@link text} or {@link enter}, or leave it. Everything throws ServingError INVALID_ARGUMENT, with the file's name and
 * the position, where the bytes make no sense, and {@link TruncatedFileError} where they end too early.
 */
export class ProtobufReader {
  readonly #file: RandomAccess;
  readonly #name: string;
  #window: Uint8Array = new Uint8Array(0);
  #windowStart = 0;
  #windowBytes = FIRST_WINDOW_BYTES;
  /** Where the next byte is read. */
  #position = 0;
  /** End of the current field, where the next one starts unless the field is entered. */
  #fieldEnd = 0;
  #value = 0n;
  #depth = 0;
  #fields = 0;
  #textBytes = 0;

  /** Number and wire type of the current field. */
  field = 0;
  wireType = 0;

  /** @param name the file's name for messages, without its folder. */
  constructor(file: RandomAccess, name: string) {
    this.#file = file;
    this.#name = name;
  }

  /** Moves to the next field of the message that goes on to `end`; false when there is none. */
  async next(end: number): Promise<boolean> {
    this.#position = this.#fieldEnd;
    if (this.#position >= end) return false;
    this.#fields += 1;
    if (this.#fields > MAX_FIELDS) throw this.malformed(`more than ${MAX_FIELDS} fields`);
    await this.#buffer(MAX_HEADER_BYTES);
    const tag = this.#varint(end);
    if (tag === 0n) throw this.#truncated('holds zeros where its next field should be');
    if (tag > 0xffff_ffffn) throw this.malformed('a field number is out of range');
    this.field = Number(tag >> 3n);
    this.wireType = Number(tag & 7n);
    if (this.field === 0) throw this.malformed('a field has number 0');
    this.#fieldEnd = this.#endOfField(end);
    return true;
  }

  /** Whether the current field has this number and wire type. */
  is(field: number, wireType: number): boolean {
    return this.field === field && this.wireType === wireType;
  }

  /** The current varint field as int64. */
  int64(): bigint {
    return BigInt.asIntN(64, this.#value);
  }

  /** Length of the current bytes field. */
  get payloadBytes(): number {
    return this.#fieldEnd - this.#position;
  }

  /** The current bytes field as text; invalid UTF-8 becomes U+FFFD. @param maxBytes longer text is refused. */
  async text(maxBytes: number): Promise<string> {
    if (this.payloadBytes > maxBytes) throw this.malformed(`a name has more than ${maxBytes} bytes`);
    return this.textStart(maxBytes);
  }

  /** As {@link text}, but longer text is cut, which an ellipsis shows. */
  async textStart(maxBytes: number): Promise<string> {
    const length = Math.min(this.payloadBytes, maxBytes);
    this.#textBytes += length;
    if (this.#textBytes > MAX_TEXT_BYTES) throw this.malformed(`more than ${MAX_TEXT_BYTES} bytes of names and texts`);
    await this.#buffer(length);
    const start = this.#position - this.#windowStart;
    const text = decoder.decode(this.#window.subarray(start, start + length));
    return length < this.payloadBytes ? `${text}…` : text;
  }

  /** The current bytes field as packed varints. @param maxCount more of them are refused. */
  async packedInt64s(maxCount: number): Promise<bigint[]> {
    const end = this.#fieldEnd;
    if (end - this.#position > maxCount * MAX_VARINT_BYTES) throw this.malformed(`more than ${maxCount} numbers`);
    const values: bigint[] = [];
    while (this.#position < end) {
      await this.#buffer(MAX_VARINT_BYTES);
      values.push(BigInt.asIntN(64, this.#varint(end)));
      if (values.length > maxCount) throw this.malformed(`more than ${maxCount} numbers`);
    }
    return values;
  }

  /** Reads the current bytes field as a message of its own: `read` gets its end and reads all of its fields. */
  async enter<T>(read: (end: number) => Promise<T>): Promise<T> {
    const end = this.#fieldEnd;
    if (this.#depth >= MAX_DEPTH) throw this.malformed(`nested deeper than ${MAX_DEPTH} levels`);
    this.#depth += 1;
    this.#fieldEnd = this.#position;
    const result = await read(end);
    this.#depth -= 1;
    this.#fieldEnd = end;
    return result;
  }

  /** An error that says what is wrong at the current position. */
  malformed(what: string): ServingError {
    return new ServingError(
      'INVALID_ARGUMENT',
      `${this.#name}: not a valid ONNX file: ${what} (byte ${this.#position})`,
    );
  }

  #truncated(what: string): TruncatedFileError {
    return new TruncatedFileError(`${this.#name} ${what} (byte ${this.#position}); is it copied in full?`);
  }

  #endOfField(end: number): number {
    const fieldStart = this.#position;
    switch (this.wireType) {
      case WIRE.varint:
        this.#value = this.#varint(end);
        return this.#position;
      case WIRE.fixed64:
        return this.#within(end, fieldStart + 8);
      case WIRE.fixed32:
        return this.#within(end, fieldStart + 4);
      case WIRE.bytes: {
        const length = this.#varint(end);
        // Beyond any file, and so that the sum below stays exact.
        if (length > 2n ** 50n) throw this.malformed('a length is out of range');
        return this.#within(end, this.#position + Number(length));
      }
      default:
        throw this.malformed(`unknown wire type ${this.wireType}`);
    }
  }

  /** The end of a field, which must lie within its message. */
  #within(end: number, fieldEnd: number): number {
    if (fieldEnd <= end) return fieldEnd;
    if (end === this.#file.sizeBytes && this.#depth === 0) {
      throw new TruncatedFileError(
        `${this.#name} ends at byte ${end}, but its content goes on to byte ${fieldEnd}; is it copied in full?`,
        fieldEnd,
      );
    }
    throw this.malformed('a field goes on beyond the message that holds it');
  }

  /** Reads a varint as uint64. The bytes must be in the window, as far as the file has them. */
  #varint(end: number): bigint {
    let low = 0;
    let value = 0n;
    for (let index = 0; index < MAX_VARINT_BYTES; index += 1) {
      const byte = this.#window[this.#position - this.#windowStart];
      if (this.#position >= end || byte === undefined) {
        throw this.#depth === 0 || byte === undefined
          ? this.#truncated('ends in the middle of a number')
          : this.malformed('a number goes on beyond its message');
      }
      this.#position += 1;
      // Four groups fit into a small integer, which is all that most numbers need.
      if (index < 4) low += (byte & 0x7f) << (7 * index);
      else value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) return BigInt.asUintN(64, value | BigInt(low));
    }
    throw this.malformed(`a number has more than ${MAX_VARINT_BYTES} bytes`);
  }

  /** Brings the next bytes into the window, as far as the file has them. */
  async #buffer(bytes: number): Promise<void> {
    const windowEnd = this.#windowStart + this.#window.length;
    const wanted = Math.min(this.#position + bytes, this.#file.sizeBytes);
    if (this.#position >= this.#windowStart && wanted <= windowEnd) return;
    const jumped = this.#position < this.#windowStart || this.#position > windowEnd;
    this.#windowBytes = jumped ? FIRST_WINDOW_BYTES : Math.min(this.#windowBytes * 2, LAST_WINDOW_BYTES);
    const length = Math.min(Math.max(this.#windowBytes, bytes), this.#file.sizeBytes - this.#position);
    this.#window = await this.#file.read(this.#position, length);
    this.#windowStart = this.#position;
    if (this.#window.length < length) throw this.#truncated('became shorter while it was read');
  }
}
