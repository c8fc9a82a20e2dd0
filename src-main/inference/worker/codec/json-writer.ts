import { COMMA, MINUS, SPACE, ZERO } from './ascii.ts';

/** Largest length of what {@link writeInteger} writes. */
export const MAX_INTEGER_BYTES = 20;

/** Both digits of 0 to 99, two bytes each. */
const DIGIT_PAIRS = Buffer.from(Array.from({ length: 100 }, (_, pair) => String(pair).padStart(2, '0')).join(''));

const BILLION = 1e9;

/** Text that grows at its end. Numbers are written to `bytes` directly, after {@link reserve} made room. */
export class JsonWriter {
  /** Small ones lie in Node's shared pool: a buffer of its own would cost more than writing a short response. */
  bytes: Buffer;
  position = 0;

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafe(capacity);
  }

  /** Makes room for so many bytes more. `bytes` may be another buffer afterwards. */
  reserve(byteCount: number): void {
    const needed = this.position + byteCount;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.position);
    this.bytes = grown;
  }

  /** Writes what stands between two elements. */
  separator(): void {
    this.reserve(2);
    this.bytes[this.position++] = COMMA;
    this.bytes[this.position++] = SPACE;
  }

  /** Writes a few ASCII characters. */
  ascii(text: string): void {
    this.reserve(text.length);
    // A call into Node for each bracket would cost more than the numbers between them.
    for (let index = 0; index < text.length; index++) this.bytes[this.position++] = text.charCodeAt(index);
  }

  /** Writes the text as UTF-8. */
  raw(text: string): void {
    this.reserve(text.length * 3);
    this.position += this.bytes.write(text, this.position);
  }

  /** Writes the text as a JSON string. */
  string(text: string): void {
    this.raw(JSON.stringify(text));
  }

  /** What was written: a view, owned by the caller; the writer is not used again. */
  finish(): Uint8Array {
    return this.bytes.subarray(0, this.position);
  }
}

/** Writes an integer within ±(2^53 - 1). @returns the position behind it. */
export function writeInteger(value: number, bytes: Uint8Array, position: number): number {
  let rest = value;
  if (rest < 0) {
    bytes[position++] = MINUS;
    rest = -rest;
  }
  if (rest < BILLION) return writeDigits(rest, digitCount(rest), bytes, position);
  const high = Math.floor(rest / BILLION);
  position = writeDigits(high, digitCount(high), bytes, position);
  return writeDigits(rest - high * BILLION, 9, bytes, position);
}

/** How many decimal digits an integer from 0 to below 10^9 has; 0 has one. */
export function digitCount(value: number): number {
  if (value < 10_000) return value < 100 ? (value < 10 ? 1 : 2) : value < 1000 ? 3 : 4;
  if (value < 1_000_000) return value < 100_000 ? 5 : 6;
  return value < 10_000_000 ? 7 : value < 100_000_000 ? 8 : 9;
}

/** Writes an integer from 0 to below 10^9 with leading zeros up to `width`. @returns the position behind it. */
export function writeDigits(value: number, width: number, bytes: Uint8Array, position: number): number {
  let rest = value | 0;
  let at = position + width;
  while (at - position >= 2) {
    const quotient = (rest / 100) | 0;
    const pair = (rest - quotient * 100) * 2;
    bytes[--at] = DIGIT_PAIRS[pair + 1] ?? 0;
    bytes[--at] = DIGIT_PAIRS[pair] ?? 0;
    rest = quotient;
  }
  if (at > position) bytes[position] = ZERO + (rest % 10);
  return position + width;
}
