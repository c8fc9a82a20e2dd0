/**
 * The hot loops of the codec: runs of scalars, from bytes straight into numbers. Each function
 * - starts with the scanner at the first byte of a value and reads `value, value, …` for as long as the values are of its
 *   kind, at most `limit` of them;
 * - returns how many it wrote to the start of `out`;
 * - leaves the scanner right behind the last value it read or, where the next value is not of its kind, at that value,
 *   and says which in `stoppedAtValue`.
 */
import { COMMA, DOT, LOWER_E, LOWER_F, LOWER_T, MINUS, PLUS, SPACE, UPPER_E, UPPER_I, UPPER_N, ZERO } from './ascii.ts';
import { approximateSingle, EXACT_POWERS_OF_TEN, toDouble } from './decimal.ts';
import { isDigit, type JsonScanner } from './json-scanner.ts';

/** Reads one run of scalars; see the head of this file. */
export type RunReader = (scanner: JsonScanner, out: Float64Array, limit: number) => number;

/** Every integer below is exact in a double, and so is every step of summing up its digits. */
const EXACT_INTEGERS = 2 ** 53;
const LARGEST_EXACT_POWER = 22;

/** Numbers as float64: the double nearest to the text. */
export const readDoubles: RunReader = (scanner, out, limit) => readFloats(scanner, out, limit, false);

/**
 * Numbers as float32: the float32 nearest to the double nearest to the text, as TensorFlow Serving computes it (RapidJSON
 * GetFloat). What is stored may be any double that rounds to it.
 */
export const readSingles: RunReader = (scanner, out, limit) => readFloats(scanner, out, limit, true);

function readFloats(scanner: JsonScanner, out: Float64Array, limit: number, single: boolean): number {
  const { bytes, view } = scanner;
  const lastWord = bytes.length - 4;
  let position = scanner.position;
  for (let count = 0; ;) {
    const start = position;
    let character = bytes[position] ?? 0;
    const isNegative = character === MINUS;
    if (isNegative) character = bytes[++position] ?? 0;
    const digits = position;
    let mantissa = character - ZERO;
    let value: number;
    if (mantissa >>> 0 > 9) {
      if (character !== UPPER_N && character !== UPPER_I) {
        if (isNegative) throw scanner.failure('Invalid value.', position);
        scanner.position = start;
        scanner.stoppedAtValue = true;
        return count;
      }
      position = scanner.endOfSpecialNumber(position);
      value = character === UPPER_N ? NaN : isNegative ? -Infinity : Infinity;
    } else {
      character = bytes[++position] ?? 0;
      if (mantissa !== 0) {
        for (let digit = character - ZERO; digit >>> 0 <= 9; digit = character - ZERO) {
          mantissa = mantissa * 10 + digit;
          character = bytes[++position] ?? 0;
        }
      }
      let exponent = 0;
      const isInteger = character !== DOT && character !== LOWER_E && character !== UPPER_E;
      if (character === DOT) {
        const fraction = ++position;
        // Four digits at a time, as one little-endian word with the first digit in its lowest byte.
        while (position <= lastWord) {
          const word = view.getInt32(position, true);
          if (((word & 0xf0f0f0f0) | (((word + 0x06060606) & 0xf0f0f0f0) >>> 4)) !== 0x33333333) break;
          const values = word - 0x30303030;
          const pairs = Math.imul(values, 10) + (values >>> 8);
          mantissa = mantissa * 10_000 + ((pairs & 0xff) * 100 + ((pairs >>> 16) & 0xff));
          position += 4;
        }
        character = bytes[position] ?? 0;
        for (let digit = character - ZERO; digit >>> 0 <= 9; digit = character - ZERO) {
          mantissa = mantissa * 10 + digit;
          character = bytes[++position] ?? 0;
        }
        exponent = fraction - position;
        if (exponent === 0) throw scanner.failure('Miss fraction part in number.', position);
      }
      if (character === LOWER_E || character === UPPER_E) {
        const sign = bytes[++position] ?? 0;
        if (sign === MINUS || sign === PLUS) position++;
        const exponentDigits = position;
        let written = 0;
        for (let digit = (bytes[position] ?? 0) - ZERO; digit >>> 0 <= 9; digit = (bytes[position] ?? 0) - ZERO) {
          if (written < 100_000) written = written * 10 + digit;
          position++;
        }
        if (position === exponentDigits) throw scanner.failure('Miss exponent in number.', position);
        exponent += sign === MINUS ? -written : written;
      }
      if (mantissa < EXACT_INTEGERS && exponent <= LARGEST_EXACT_POWER && exponent >= -LARGEST_EXACT_POWER) {
        // Both operands are exact, so the one operation rounds as the decimal number itself would (Clinger 1990).
        value =
          exponent < 0
            ? mantissa / (EXACT_POWERS_OF_TEN[-exponent] ?? 1)
            : mantissa * (EXACT_POWERS_OF_TEN[exponent] ?? 1);
      } else {
        value =
          (single ? approximateSingle(mantissa, exponent) : undefined) ?? largeValue(scanner, start, digits, position);
      }
      // The token `-0` is an integer for RapidJSON and so has no sign; `-0.0` keeps it.
      if (isNegative) value = isInteger ? 0 - value : -value;
    }
    out[count++] = value;
    if (count === limit) {
      scanner.position = position;
      scanner.stoppedAtValue = false;
      return count;
    }
    character = bytes[position] ?? 0;
    if (character !== COMMA) {
      scanner.position = position;
      if (scanner.peek() !== COMMA) {
        scanner.stoppedAtValue = false;
        return count;
      }
      position = scanner.position;
    }
    character = bytes[++position] ?? 0;
    if (character === SPACE) character = bytes[++position] ?? 0;
    if (character <= SPACE) {
      scanner.position = position;
      scanner.peek();
      position = scanner.position;
    }
  }
}

function largeValue(scanner: JsonScanner, start: number, digits: number, end: number): number {
  const value = toDouble(scanner.bytes, digits, end);
  if (value === Infinity) throw scanner.failure('Number too big to be stored in double.', start);
  return value;
}

/**
 * A reader for integer tokens from `smallest` to `largest`, both within ±(2^53 - 1). A number with a fraction or an
 * exponent is none (RapidJSON IsInt); it stops the run, as does one out of range.
 */
export function integerReader(smallest: number, largest: number): RunReader {
  return (scanner, out, limit) => readIntegers(scanner, out, limit, smallest, largest);
}

function readIntegers(
  scanner: JsonScanner,
  out: Float64Array,
  limit: number,
  smallest: number,
  largest: number,
): number {
  const { bytes } = scanner;
  let position = scanner.position;
  for (let count = 0; ;) {
    const start = position;
    let character = bytes[position] ?? 0;
    const isNegative = character === MINUS;
    if (isNegative) character = bytes[++position] ?? 0;
    let value = character - ZERO;
    let isAccepted = value >>> 0 <= 9;
    if (isAccepted) {
      character = bytes[++position] ?? 0;
      if (value !== 0) {
        for (let digit = character - ZERO; digit >>> 0 <= 9; digit = character - ZERO) {
          value = value * 10 + digit;
          character = bytes[++position] ?? 0;
        }
      }
      if (isNegative) value = 0 - value;
      isAccepted =
        value >= smallest && value <= largest && character !== DOT && character !== LOWER_E && character !== UPPER_E;
    }
    if (!isAccepted) {
      scanner.position = start;
      scanner.stoppedAtValue = true;
      return count;
    }
    out[count++] = value;
    if (count === limit) {
      scanner.position = position;
      scanner.stoppedAtValue = false;
      return count;
    }
    if (character !== COMMA) {
      scanner.position = position;
      if (scanner.peek() !== COMMA) {
        scanner.stoppedAtValue = false;
        return count;
      }
      position = scanner.position;
    }
    character = bytes[++position] ?? 0;
    if (character === SPACE) character = bytes[++position] ?? 0;
    if (character <= SPACE) {
      scanner.position = position;
      scanner.peek();
      position = scanner.position;
    }
  }
}

/** A 64-bit integer as its halves; of each the lower 32 bits count. */
export interface WideInteger {
  low: number;
  high: number;
}

/** No integer of 64 bits has more digits. */
const MOST_DIGITS = 20;
const BILLION = 1e9;

/**
 * Reads the integer token at the scanner's position into `out`.
 * @param isSigned whether it has to fit int64; otherwise uint64.
 * @returns whether it did; where it did not, or no integer token stands there, nothing moves.
 */
export function readWideInteger(scanner: JsonScanner, isSigned: boolean, out: WideInteger): boolean {
  const { bytes, position } = scanner;
  const isNegative = bytes[position] === MINUS;
  const start = isNegative ? position + 1 : position;
  if (!isDigit(bytes[start] ?? 0)) return false;
  const end = scanner.endOfNumber(position);
  const digits = end - start;
  if (digits > MOST_DIGITS) return false;
  // The last nine digits, and those before them, which are eleven at most.
  let leading = 0;
  let last = 0;
  for (let index = start; index < end; index++) {
    const digit = (bytes[index] ?? 0) - ZERO;
    if (digit >>> 0 > 9) return false;
    if (end - index > 9) leading = leading * 10 + digit;
    else last = last * 10 + digit;
  }
  // leading * 10^9 + last by parts of which each stays an exact integer.
  const upper = Math.floor(leading / 2 ** 21) * BILLION;
  const lower = (upper % 2 ** 11) * 2 ** 21 + (leading % 2 ** 21) * BILLION + last;
  const high = Math.floor(upper / 2 ** 11) + Math.floor(lower / 2 ** 32);
  const low = lower % 2 ** 32;
  const isZero = high === 0 && low === 0;
  if (isSigned ? high >= 2 ** 31 && !(isNegative && high === 2 ** 31 && low === 0) : high >= 2 ** 32) return false;
  if (isNegative && !isSigned && !isZero) return false;
  out.low = isNegative ? -low | 0 : low | 0;
  out.high = (isNegative ? (low === 0 ? -high : -high - 1) : high) | 0;
  scanner.position = end;
  return true;
}

const TRUE_TAIL = [0x72, 0x75, 0x65];
const FALSE_TAIL = [0x61, 0x6c, 0x73, 0x65];

/** `true` as 1 and `false` as 0. */
export const readBooleans: RunReader = (scanner, out, limit) => {
  const { bytes } = scanner;
  for (let count = 0; ;) {
    const start = scanner.position;
    const character = bytes[start];
    const tail = character === LOWER_T ? TRUE_TAIL : character === LOWER_F ? FALSE_TAIL : undefined;
    if (tail === undefined || !tail.every((letter, index) => bytes[start + 1 + index] === letter)) {
      scanner.stoppedAtValue = true;
      return count;
    }
    scanner.position = start + 1 + tail.length;
    out[count++] = character === LOWER_T ? 1 : 0;
    if (count === limit || scanner.peek() !== COMMA) {
      scanner.stoppedAtValue = false;
      return count;
    }
    scanner.position++;
    scanner.peek();
  }
};
