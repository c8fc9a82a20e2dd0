import { tagOf, WIRE } from './wire-reader.ts';

/** Bytes that an unsigned number below 2^32 takes as a varint. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}

/** Bytes that a 64-bit number takes as a varint; both halves as they come, signed or not. */
export function wideVarintSize(low: number, high: number): number {
  if (high === 0) return varintSize(low >>> 0);
  const top = high >>> 0;
  // 28 bits in the first four bytes, 4 of the low half in the fifth.
  if (top < 0x8) return 5;
  if (top < 0x400) return 6;
  if (top < 0x2_0000) return 7;
  if (top < 0x100_0000) return 8;
  return top < 0x8000_0000 ? 9 : 10;
}

/** Writes an unsigned number below 2^32. @returns the position behind it. */
export function writeVarint(value: number, bytes: Uint8Array, position: number): number {
  let rest = value;
  while (rest >= 0x80) {
    bytes[position++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[position++] = rest;
  return position;
}

/** Writes a 64-bit number, given as its halves. @returns the position behind it. */
export function writeWideVarint(low: number, high: number, bytes: Uint8Array, position: number): number {
  if (high === 0) return writeVarint(low >>> 0, bytes, position);
  for (let shift = 0; shift < 28; shift += 7) bytes[position++] = ((low >>> shift) & 0x7f) | 0x80;
  const middle = (low >>> 28) | ((high & 0x7) << 4);
  const rest = high >>> 3;
  if (rest === 0) {
    bytes[position++] = middle;
    return position;
  }
  bytes[position++] = middle | 0x80;
  return writeVarint(rest, bytes, position);
}

/** Builds a protobuf message of small fields; fields stand in the order of the calls. */
export class WireWriter {
  #bytes = Buffer.allocUnsafe(256);
  #position = 0;

  /** A varint field; left out where it is 0, as proto3 has it. */
  int64(field: number, value: bigint): this {
    if (value === 0n) return this;
    this.#reserve(15);
    this.#tag(tagOf(field, WIRE.varint));
    const low = Number(BigInt.asIntN(32, value));
    const high = Number(BigInt.asIntN(32, value >> 32n));
    this.#position = writeWideVarint(low, high, this.#bytes, this.#position);
    return this;
  }

  /** A float field; left out where it is 0. */
  float(field: number, value: number): this {
    if (Object.is(value, 0)) return this;
    this.#reserve(9);
    this.#tag(tagOf(field, WIRE.fixed32));
    this.#position = this.#bytes.writeFloatLE(value, this.#position);
    return this;
  }

  /** A string field; left out where it is empty. */
  text(field: number, text: string): this {
    if (text === '') return this;
    const length = Buffer.byteLength(text);
    this.#reserve(10 + length);
    this.#tag(tagOf(field, WIRE.bytes));
    this.#position = writeVarint(length, this.#bytes, this.#position);
    this.#position += this.#bytes.write(text, this.#position);
    return this;
  }

  /** A field that is a message, empty or not; `write` adds its fields to this writer. */
  message(field: number, write: () => void): this {
    this.#reserve(10);
    this.#tag(tagOf(field, WIRE.bytes));
    // Room for a length of one byte: most messages are that short, the others are moved.
    const start = ++this.#position;
    write();
    const length = this.#position - start;
    const lengthBytes = varintSize(length);
    if (lengthBytes > 1) {
      this.#reserve(lengthBytes);
      this.#bytes.copyWithin(start + lengthBytes - 1, start, this.#position);
      this.#position += lengthBytes - 1;
    }
    writeVarint(length, this.#bytes, start - 1);
    return this;
  }

  /** What was written: a view, owned by the caller; the writer is not used again. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#position);
  }

  #tag(tag: number): void {
    this.#position = writeVarint(tag, this.#bytes, this.#position);
  }

  #reserve(byteCount: number): void {
    const needed = this.#position + byteCount;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#position);
    this.#bytes = grown;
  }
}
