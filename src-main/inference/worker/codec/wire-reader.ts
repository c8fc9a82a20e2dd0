import { ServingError } from '../../../contracts/serving-error.ts';

/** Wire types of protobuf. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const;

/** A field's tag: its number and wire type. A known number with another wire type is an unknown field. */
export function tagOf(field: number, wireType: (typeof WIRE)[keyof typeof WIRE]): number {
  return field * 8 + wireType;
}

/** Groups that may be open at once in a field that is skipped; the nesting that protobuf itself accepts. */
const MAX_GROUP_DEPTH = 100;

/**
 * Walks over the fields of one protobuf message and of those inside it, without an object for any of them.
 * `next()` takes a whole field; `enter()` and `leave()` go into a field that is a message:
 *
 *     while (reader.next()) {
 *       if (reader.tag !== INPUT) continue;
 *       const outerEnd = reader.enter();
 *       while (reader.next()) …
 *       reader.leave(outerEnd);
 *     }
 *
 * Source: the encoding guide of Protocol Buffers (https://protobuf.dev/programming-guides/encoding/).
 * The properties are public and plain, because the decoders next door read them in their loops.
 * @throws ServingError INVALID_ARGUMENT that names the message and the byte, from every method that reads.
 */
export class WireReader {
  readonly bytes: Buffer;
  /** The tag of the field that was taken last. */
  tag = 0;
  /** Where its value starts and ends: for a field of bytes without their length. */
  start = 0;
  stop = 0;
  /** Both halves of the varint that was read last, as int32. */
  low = 0;
  high = 0;
  readonly #message: string;
  #position = 0;
  #end: number;

  /** @param message what the bytes are, for errors: `PredictRequest`. */
  constructor(bytes: Buffer, message: string) {
    this.bytes = bytes;
    this.#message = message;
    this.#end = bytes.length;
  }

  /** Takes the next field of the current message. @returns false at the message's end. */
  next(): boolean {
    if (this.#position >= this.#end) return false;
    this.#varint();
    const tag = this.low >>> 0;
    if (this.high !== 0 || tag < 8) throw this.malformed('a field number is out of range');
    this.tag = tag;
    this.#take(tag);
    return true;
  }

  /** Goes into the message that the field taken last holds. @returns what {@link leave} needs. */
  enter(): number {
    const outerEnd = this.#end;
    this.#position = this.start;
    this.#end = this.stop;
    return outerEnd;
  }

  /** Goes back to behind the message. */
  leave(outerEnd: number): void {
    this.#position = this.#end;
    this.#end = outerEnd;
  }

  /** Goes to the message in these bytes, for good. */
  goTo(start: number, end: number): void {
    this.#position = start;
    this.#end = end;
  }

  /**
   * Reads the varint at `position` into `low` and `high`.
   * @param end where the bytes that hold it end.
   * @returns the position behind it.
   */
  varintAt(position: number, end: number): number {
    this.#position = position;
    const outerEnd = this.#end;
    this.#end = end;
    this.#varint();
    this.#end = outerEnd;
    return this.#position;
  }

  /** The field taken last as text. Bytes that are no UTF-8 become U+FFFD. */
  text(): string {
    return this.bytes.toString('utf8', this.start, this.stop);
  }

  /** Whether the field taken last holds exactly these bytes. */
  holds(expected: Uint8Array): boolean {
    const { bytes, start } = this;
    if (this.stop - start !== expected.length) return false;
    for (let index = 0; index < expected.length; index++) if (bytes[start + index] !== expected[index]) return false;
    return true;
  }

  /** The error of bytes that are not the message they should be. */
  malformed(what: string): ServingError {
    const message = `The request is not a valid ${this.#message} message: ${what} (byte ${this.#position})`;
    return new ServingError('INVALID_ARGUMENT', message);
  }

  #take(tag: number): void {
    switch (tag & 7) {
      case WIRE.varint:
        this.start = this.#position;
        this.#varint();
        break;
      case WIRE.fixed64:
        this.#skip(8);
        break;
      case WIRE.bytes:
        this.#varint();
        if (this.high !== 0 || this.low < 0) throw this.malformed('a length is out of range');
        this.#skip(this.low);
        break;
      case WIRE.fixed32:
        this.#skip(4);
        break;
      case WIRE.startGroup:
        this.#skipGroup(tag);
        break;
      default:
        throw this.malformed(`unknown wire type ${tag & 7}`);
    }
    this.stop = this.#position;
  }

  #skip(byteCount: number): void {
    this.start = this.#position;
    this.#position += byteCount;
    if (this.#position > this.#end) throw this.malformed('a field goes on beyond the message that holds it');
  }

  /** Groups are older than all these messages, but an unknown field may be one. */
  #skipGroup(tag: number): void {
    const open = [tag];
    for (let innermost = open.at(-1); innermost !== undefined; innermost = open.at(-1)) {
      if (this.#position >= this.#end) throw this.malformed('a group has no end');
      this.#varint();
      const inner = this.low >>> 0;
      if (this.high !== 0 || inner < 8) throw this.malformed('a field number is out of range');
      if ((inner & 7) === WIRE.endGroup) {
        if (inner - WIRE.endGroup !== innermost - WIRE.startGroup)
          throw this.malformed('a group ends that is not open');
        open.pop();
      } else if ((inner & 7) === WIRE.startGroup) {
        if (open.length === MAX_GROUP_DEPTH)
          throw this.malformed(`groups nested deeper than ${MAX_GROUP_DEPTH} levels`);
        open.push(inner);
      } else {
        this.#take(inner);
      }
    }
  }

  #varint(): void {
    const { bytes } = this;
    let position = this.#position;
    // Beyond the buffer there are zeros, which end the number; that it went too far is found out below.
    let byte = bytes[position++] ?? 0;
    let low = byte & 0x7f;
    let high = 0;
    for (let shift = 7; byte >= 0x80 && shift < 28; shift += 7) {
      byte = bytes[position++] ?? 0;
      low |= (byte & 0x7f) << shift;
    }
    if (byte >= 0x80) {
      byte = bytes[position++] ?? 0;
      low |= (byte & 0x0f) << 28;
      high = (byte & 0x7f) >>> 4;
      for (let shift = 3; byte >= 0x80 && shift < 32; shift += 7) {
        byte = bytes[position++] ?? 0;
        high |= (byte & 0x7f) << shift;
      }
      if (byte >= 0x80) throw this.malformed('a number has more than 10 bytes');
    }
    if (position > this.#end) throw this.malformed('a number goes on beyond the message that holds it');
    this.#position = position;
    this.low = low;
    this.high = high;
  }
}
