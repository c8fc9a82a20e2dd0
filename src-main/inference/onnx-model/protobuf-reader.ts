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

/** Takes the fields of one message, in the file's order. */
export interface MessageTaker {
  /** What to do with the field that `fields` stands at; undefined skips it. Not called for fields of eight bytes. */
  field(fields: FieldHeader): Payload | undefined;
  /** Called after the last field; `fields` serves for errors only. */
  end?(fields: Pick<FieldHeader, 'malformed'>): void;
}

/** How to take the payload of a field of bytes. */
export type Payload =
  | { readonly as: 'message'; readonly taker: MessageTaker }
  /** Longer text is refused, or cut, which an ellipsis shows. Invalid UTF-8 becomes U+FFFD. */
  | { readonly as: 'text'; readonly maxBytes: number; readonly cut: boolean; readonly take: (text: string) => void }
  /** Its first bytes, which are the taker's within the call only, and how many there are in all. */
  | { readonly as: 'head'; readonly maxBytes: number; readonly take: (head: Uint8Array, sizeBytes: number) => void }
  /** More numbers are refused. */
  | { readonly as: 'int64s'; readonly maxCount: number; readonly take: (values: readonly bigint[]) => void };

/** The field that the reader stands at. */
export interface FieldHeader {
  /** The number of a field of bytes; 0, which no field has, for others. */
  readonly bytesField: number;
  /** The number of a varint field; 0 for others. */
  readonly varintField: number;
  /** The number of a field of four bytes; 0 for others. */
  readonly floatField: number;
  /** Value of a varint field. */
  int64(): bigint;
  /** Value of a field of four bytes, as a float32. */
  float32(): number;
  /** An error that says what is wrong with the file here. */
  malformed(what: string): ServingError;
}

/** Wire types of protobuf. Its groups (3 and 4) were given up before ONNX began and are refused. */
const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const MAX_VARINT_BYTES = 10;
/** Groups of seven bits that a number can hold exactly; what is longer is rare and put together as bigint. */
const SMALL_VARINT_BYTES = 7;
/** A field's tag and its length or value. */
const MAX_HEADER_BYTES = 2 * MAX_VARINT_BYTES;
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
 * Reads a protobuf file from start to end in small windows, hands each field to the taker of its message, and jumps
 * over what no taker asks for. Source: the encoding guide of Protocol Buffers
 * (https://protobuf.dev/programming-guides/encoding/).
 * @param name the file's name for messages, without its folder.
 * @throws TruncatedFileError where the file ends too early; ServingError INVALID_ARGUMENT where its bytes make no sense;
 *   whatever `file.read` and the takers throw.
 */
export async function readProtobuf(file: RandomAccess, name: string, taker: MessageTaker): Promise<void> {
  await new ProtobufReader(file, name).read(taker);
}

/** A message that is being read. */
interface Frame {
  readonly taker: MessageTaker;
  readonly end: number;
}

// Everything but the refill of the window is synchronous: a promise per field would take most of the time.
class ProtobufReader implements FieldHeader {
  readonly #file: RandomAccess;
  readonly #name: string;
  #window: Uint8Array = new Uint8Array(0);
  #windowStart = 0;
  #windowBytes = FIRST_WINDOW_BYTES;
  #position = 0;
  #depth = 0;
  #value: number | bigint = 0;
  #fields = 0;
  #textBytes = 0;

  bytesField = 0;
  varintField = 0;
  floatField = 0;

  constructor(file: RandomAccess, name: string) {
    this.#file = file;
    this.#name = name;
  }

  int64(): bigint {
    return BigInt.asIntN(64, BigInt(this.#value));
  }

  float32(): number {
    const at = this.#window.byteOffset + this.#position - this.#windowStart;
    return new DataView(this.#window.buffer, at, 4).getFloat32(0, true);
  }

  malformed(what: string): ServingError {
    return new ServingError(
      'INVALID_ARGUMENT',
      `${this.#name}: not a valid ONNX file: ${what} (byte ${this.#position}); export or copy it again`,
    );
  }

  async read(taker: MessageTaker): Promise<void> {
    let frame: Frame = { taker, end: this.#file.sizeBytes };
    const outer: Frame[] = [];
    for (;;) {
      if (this.#position >= frame.end) {
        frame.taker.end?.(this);
        const next = outer.pop();
        if (!next) return;
        frame = next;
        this.#depth = outer.length;
        continue;
      }
      if (!this.#hasBuffered(MAX_HEADER_BYTES)) await this.#buffer(MAX_HEADER_BYTES);
      const fieldEnd = this.#header(frame.end);
      const payload = this.#isTakeable() ? frame.taker.field(this) : undefined;
      if (!payload || this.bytesField === 0) {
        this.#position = fieldEnd;
      } else if (payload.as === 'message') {
        if (outer.length >= MAX_DEPTH) throw this.malformed(`nested deeper than ${MAX_DEPTH} levels`);
        outer.push(frame);
        frame = { taker: payload.taker, end: fieldEnd };
        this.#depth = outer.length;
      } else if (payload.as === 'text') {
        const sizeBytes = fieldEnd - this.#position;
        const length = this.#textLength(sizeBytes, payload.maxBytes, payload.cut);
        if (!this.#hasBuffered(length)) await this.#buffer(length);
        const text = decoder.decode(this.#head(length));
        payload.take(length < sizeBytes ? `${text}…` : text);
        this.#position = fieldEnd;
      } else if (payload.as === 'head') {
        const sizeBytes = fieldEnd - this.#position;
        const length = Math.min(sizeBytes, payload.maxBytes);
        if (!this.#hasBuffered(length)) await this.#buffer(length);
        payload.take(this.#head(length), sizeBytes);
        this.#position = fieldEnd;
      } else {
        payload.take(await this.#int64s(fieldEnd, payload.maxCount));
        this.#position = fieldEnd;
      }
    }
  }

  #isTakeable(): boolean {
    return this.bytesField !== 0 || this.varintField !== 0 || this.floatField !== 0;
  }

  /** Reads a field's tag, and its value or length; returns the end of the field. */
  #header(messageEnd: number): number {
    this.#fields += 1;
    if (this.#fields > MAX_FIELDS) throw this.malformed(`more than ${MAX_FIELDS} fields`);
    const tag = this.#varint(messageEnd);
    if (tag === 0) throw this.#truncated('holds zeros where its next field should be');
    if (tag > 0xffff_ffff) throw this.malformed('a field number is out of range');
    const field = Math.floor(Number(tag) / 8);
    const wireType = Number(tag) % 8;
    if (field === 0) throw this.malformed('a field has number 0');
    this.bytesField = 0;
    this.varintField = 0;
    this.floatField = 0;
    switch (wireType) {
      case WIRE.varint:
        this.varintField = field;
        this.#value = this.#varint(messageEnd);
        return this.#position;
      case WIRE.fixed64:
        return this.#within(messageEnd, this.#position + 8);
      case WIRE.fixed32:
        this.floatField = field;
        return this.#within(messageEnd, this.#position + 4);
      case WIRE.bytes: {
        this.bytesField = field;
        const length = this.#varint(messageEnd);
        // Beyond any file, and so that the sum below stays exact.
        if (length > 2 ** 50) throw this.malformed('a length is out of range');
        return this.#within(messageEnd, this.#position + Number(length));
      }
      default:
        throw this.malformed(`unknown wire type ${wireType}`);
    }
  }

  /** The end of a field, which must lie within its message. */
  #within(messageEnd: number, fieldEnd: number): number {
    if (fieldEnd <= messageEnd) return fieldEnd;
    if (this.#depth > 0) throw this.malformed('a field goes on beyond the message that holds it');
    throw new TruncatedFileError(
      `${this.#name} ends at byte ${messageEnd}, but its content goes on to byte ${fieldEnd}; is it copied in full?`,
      fieldEnd,
    );
  }

  /** Reads a varint as uint64, a bigint only when it is long. The window must hold its bytes, as far as there are any. */
  #varint(messageEnd: number): number | bigint {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < SMALL_VARINT_BYTES; count += 1) {
      const byte = this.#byte(messageEnd);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    let long = BigInt(value);
    for (let count = SMALL_VARINT_BYTES; count < MAX_VARINT_BYTES; count += 1) {
      const byte = this.#byte(messageEnd);
      long |= BigInt(byte & 0x7f) << BigInt(7 * count);
      if (byte < 0x80) return BigInt.asUintN(64, long);
    }
    throw this.malformed(`a number has more than ${MAX_VARINT_BYTES} bytes`);
  }

  #byte(messageEnd: number): number {
    const byte = this.#position < messageEnd ? this.#window[this.#position - this.#windowStart] : undefined;
    if (byte === undefined) {
      throw this.#depth === 0
        ? this.#truncated('ends in the middle of a number')
        : this.malformed('a number goes on beyond its message');
    }
    this.#position += 1;
    return byte;
  }

  /** How much of a text is kept. */
  #textLength(sizeBytes: number, maxBytes: number, cut: boolean): number {
    if (sizeBytes > maxBytes && !cut) throw this.malformed(`a name has more than ${maxBytes} bytes`);
    const length = Math.min(sizeBytes, maxBytes);
    this.#textBytes += length;
    if (this.#textBytes > MAX_TEXT_BYTES) throw this.malformed(`more than ${MAX_TEXT_BYTES} bytes of names and texts`);
    return length;
  }

  /** The next bytes, which are in the window; its own only until the window moves on. */
  #head(length: number): Uint8Array {
    const start = this.#position - this.#windowStart;
    return this.#window.subarray(start, start + length);
  }

  async #int64s(end: number, maxCount: number): Promise<bigint[]> {
    const length = end - this.#position;
    if (length > maxCount * MAX_VARINT_BYTES) throw this.malformed(`more than ${maxCount} numbers`);
    await this.#buffer(length);
    const values: bigint[] = [];
    while (this.#position < end) values.push(BigInt.asIntN(64, BigInt(this.#varint(end))));
    if (values.length > maxCount) throw this.malformed(`more than ${maxCount} numbers`);
    return values;
  }

  #truncated(what: string): TruncatedFileError {
    return new TruncatedFileError(`${this.#name} ${what} (byte ${this.#position}); is it copied in full?`);
  }

  /** Whether the window holds the next bytes, as far as the file has them. */
  #hasBuffered(bytes: number): boolean {
    const wantedEnd = Math.min(this.#position + bytes, this.#file.sizeBytes);
    return this.#position >= this.#windowStart && wantedEnd <= this.#windowStart + this.#window.length;
  }

  async #buffer(bytes: number): Promise<void> {
    if (this.#hasBuffered(bytes)) return;
    const jumped = this.#position > this.#windowStart + this.#window.length;
    this.#windowBytes = jumped ? FIRST_WINDOW_BYTES : Math.min(this.#windowBytes * 2, LAST_WINDOW_BYTES);
    const length = Math.min(Math.max(this.#windowBytes, bytes), this.#file.sizeBytes - this.#position);
    this.#window = await this.#file.read(this.#position, length);
    this.#windowStart = this.#position;
    if (this.#window.length < length) throw this.#truncated('became shorter while it was read');
  }
}
