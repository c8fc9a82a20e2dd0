/**
 * Floating-point numbers as text. TensorFlow Serving prints %.6g where that reads back as the same value, else %.9g
 * (float) or %.17g (double), and appends `.0` to what has neither `.` nor `e` (util/json_tensor.cc WriteDecimal). Here
 * the digits are the fewest that read back as the same value; where the exponent form begins is as there.
 */
import { CLOSE_BRACKET, COMMA, DOT, LOWER_E, MINUS, PLUS, SPACE, ZERO } from './ascii.ts';
import { fromHalfBits, toHalfBits } from './half.ts';
import { isDigit } from './json-scanner.ts';
import { digitCount, writeDigits, writeInteger } from './json-writer.ts';

/** Largest length of what each function here writes. */
export const MAX_FLOAT_BYTES = 32;

/** Significant digits that every float32 and every double can keep (FLT_DIG); also the first try of %g. */
const SHORT_PRECISION = 6;
const SINGLE_PRECISION = 9;
const DOUBLE_PRECISION = 17;

/** From the one to below the other, %.6g prints without an exponent. */
const SMALLEST_PLAIN = 1e-4;
const MILLION = 1e6;
const BILLION = 1e9;

const singleView = new Float32Array(1);
const bitsView = new Uint32Array(singleView.buffer);

/** Per exponent field of a float32: the power of ten that scales numbers with it to nine digits before the point. */
const SCALE_EXPONENTS = Int8Array.from({ length: 256 }, (_, field) => 8 - Math.floor((field - 127) * Math.log10(2)));
const SCALES = Float64Array.from(SCALE_EXPONENTS, (exponent) => Number(`1e${exponent}`));
const NEXT_SCALES = Float64Array.from(SCALE_EXPONENTS, (exponent) => Number(`1e${exponent - 1}`));
/** Per exponent field: half the distance between neighbours. */
const HALF_GAPS = Float64Array.from({ length: 256 }, (_, field) => 2 ** (field - 127 - 24));
/**
 * Bound on the error of a float32 scaled to below 2 * 10^9: two roundings of 2^-53 each give 5e-7. A decision that is
 * closer than this is left to {@link exactSingle}.
 */
const SCALED_ERROR = 1e-6;

/**
 * Writes the float32 at `index` with the fewest digits that read back as the same float32. Takes no number, as a number
 * passed to a function of this size is put on the heap.
 * @returns the position behind it.
 */
export function writeSingle(data: Float32Array, index: number, bytes: Uint8Array, position: number): number {
  const value = data[index] ?? 0;
  if (value === (value | 0) && value < MILLION && value > -MILLION && !Object.is(value, -0)) {
    return writeWhole(value, bytes, position);
  }
  singleView[0] = value;
  const bits = bitsView[0] ?? 0;
  const field = (bits >>> 23) & 0xff;
  const isPowerOfTwo = (bits & 0x7fffff) === 0;
  if (field === 0 || field === 0xff) return writeText(exactSingle(value), bytes, position);
  const size = Math.abs(value);
  let scale = SCALES[field] ?? 0;
  let exponent = 8 - (SCALE_EXPONENTS[field] ?? 0);
  let scaled = size * scale;
  if (scaled >= BILLION) {
    scale = NEXT_SCALES[field] ?? 0;
    scaled = size * scale;
    exponent++;
  }
  // Every number closer to `scaled` than this reads back as `value`. Below a power of two the neighbours are closer.
  const reach = (HALF_GAPS[field] ?? 0) * scale * (isPowerOfTwo ? 0.5 : 1);
  const surely = reach - SCALED_ERROR;
  let digits = Math.floor(scaled / 1000 + 0.5);
  let count = SHORT_PRECISION;
  let distance = Math.abs(digits * 1000 - scaled);
  if (distance > surely) {
    // Too close to call, or with a wider reach above than below: the slow way tries it all.
    if (isPowerOfTwo || distance < reach + SCALED_ERROR) return writeText(exactSingle(value), bytes, position);
    digits = Math.floor(scaled / 100 + 0.5);
    count = 7;
    distance = Math.abs(digits * 100 - scaled);
    if (distance > surely) {
      if (distance < reach + SCALED_ERROR) return writeText(exactSingle(value), bytes, position);
      digits = Math.floor(scaled / 10 + 0.5);
      count = 8;
      distance = Math.abs(digits * 10 - scaled);
      if (distance > surely) {
        if (distance < reach + SCALED_ERROR) return writeText(exactSingle(value), bytes, position);
        // Nine digits are closer together than half of any gap between neighbours.
        digits = Math.floor(scaled + 0.5);
        count = SINGLE_PRECISION;
      }
    }
  }
  let width = digitCount(digits);
  // Rounding up may have added a digit: 99999.96 to 100000.
  if (width > count) exponent++;
  // Zeros at the end: with six digits only, or all of them after such a carry. More digits would have ended earlier.
  // As integers: the remainder of a double is slow.
  let whole = digits | 0;
  while (whole % 10 === 0) {
    whole = (whole / 10) | 0;
    width--;
  }
  if (value < 0) bytes[position++] = MINUS;
  return writeDecimal(whole, width, exponent, bytes, position);
}

/**
 * Writes the doubles from `start` to before `end`, separated, each with the fewest digits that read back as the same.
 * @param bytes has room for {@link MAX_FLOAT_BYTES} and a separator for each.
 * @returns the position behind them.
 */
export function writeDoubles(
  data: Float64Array,
  start: number,
  end: number,
  bytes: Uint8Array,
  position: number,
): number {
  // JavaScript's conversion of one number makes a string and looks into a cache; of many at once it is much cheaper.
  const values: number[] = [];
  for (let index = start; index < end; index++) values.push(data[index] ?? 0);
  // As bytes, because reading a string character by character costs several times as much.
  const text = Buffer.from(JSON.stringify(values), 'latin1');
  let at = 1;
  for (let index = start; index < end; index++) {
    if (index > start) {
      bytes[position++] = COMMA;
      bytes[position++] = SPACE;
    }
    const value = data[index] ?? 0;
    const size = Math.abs(value);
    const tokenStart = position;
    let hasPoint = false;
    let character = text[at] ?? 0;
    while (character !== COMMA && character !== CLOSE_BRACKET && character !== LOWER_E) {
      if (character === DOT) hasPoint = true;
      bytes[position++] = character;
      character = text[++at] ?? 0;
    }
    if (character === LOWER_E) {
      // The same form but for the exponent, which gets at least two digits.
      bytes[position++] = character;
      bytes[position++] = text[++at] ?? 0;
      if (!isDigit(text[at + 2] ?? 0)) bytes[position++] = ZERO;
      for (character = text[++at] ?? 0; isDigit(character); character = text[++at] ?? 0) bytes[position++] = character;
    } else if (size < MILLION && size >= SMALLEST_PLAIN) {
      // The same form but for integers.
      if (!hasPoint) {
        bytes[position++] = DOT;
        bytes[position++] = ZERO;
      }
    } else {
      position = writeText(doubleText(value), bytes, tokenStart);
    }
    at++;
  }
  return position;
}

/** Texts of halves that were written before, by their bits. */
const halfTexts: (string | undefined)[] = [];

/** Writes the half at `index` with the fewest digits that read back as the same half. @returns the position behind it. */
export function writeHalf(data: Uint16Array, index: number, bytes: Uint8Array, position: number): number {
  const bits = data[index] ?? 0;
  const text = (halfTexts[bits] ??= halfText(bits));
  return writeText(text, bytes, position);
}

function writeWhole(value: number, bytes: Uint8Array, position: number): number {
  position = writeInteger(value, bytes, position);
  bytes[position] = DOT;
  bytes[position + 1] = ZERO;
  return position + 2;
}

/**
 * Writes `digits` (an integer of `width` digits, the last one not 0) with its first digit at 10^exponent.
 * The same as {@link decimalText} for numbers that fit; it is the fast way.
 */
function writeDecimal(digits: number, width: number, exponent: number, bytes: Uint8Array, position: number): number {
  if (exponent < -4 || exponent >= (width <= SHORT_PRECISION ? SHORT_PRECISION : SINGLE_PRECISION)) {
    const end = writeDigits(digits, width, bytes, position + 1);
    bytes[position] = bytes[position + 1] ?? ZERO;
    // One digit alone has no point: 1e+06.
    bytes[position + 1] = DOT;
    return writeExponent(exponent, bytes, width === 1 ? position + 1 : end);
  }
  if (exponent < 0) {
    bytes[position] = ZERO;
    bytes[position + 1] = DOT;
    return writeDigits(digits, width - exponent - 1, bytes, position + 2);
  }
  const fractionWidth = width - exponent - 1;
  if (fractionWidth <= 0) {
    position = writeDigits(digits * 10 ** -fractionWidth, exponent + 1, bytes, position);
    bytes[position] = DOT;
    bytes[position + 1] = ZERO;
    return position + 2;
  }
  const divisor = POWERS_OF_TEN[fractionWidth] ?? 1;
  const whole = Math.floor(digits / divisor);
  position = writeDigits(whole, exponent + 1, bytes, position);
  bytes[position++] = DOT;
  return writeDigits(digits - whole * divisor, fractionWidth, bytes, position);
}

const POWERS_OF_TEN = Float64Array.from({ length: 10 }, (_, power) => 10 ** power);

function writeExponent(exponent: number, bytes: Uint8Array, position: number): number {
  bytes[position++] = LOWER_E;
  bytes[position++] = exponent < 0 ? MINUS : PLUS;
  const size = Math.abs(exponent);
  return writeDigits(size, 2, bytes, position);
}

function writeText(text: string, bytes: Uint8Array, position: number): number {
  for (let index = 0; index < text.length; index++) bytes[position + index] = text.charCodeAt(index);
  return position + text.length;
}

/** The slow way for every float32: zeros, denormals, powers of two, close calls, NaN and infinities too. */
function exactSingle(value: number): string {
  return specialText(value) ?? shortestText(value, SINGLE_PRECISION, readSingle);
}

function halfText(bits: number): string {
  const value = fromHalfBits(bits);
  return specialText(value) ?? shortestText(value, SINGLE_PRECISION, readHalf);
}

function readSingle(text: string): number {
  return Math.fround(Number(text));
}

function readHalf(text: string): number {
  return fromHalfBits(toHalfBits(Number(text)));
}

/** A double whose text in JavaScript has no exponent, or one that is not finite. That text has the fewest digits. */
function doubleText(value: number): string {
  const special = specialText(value);
  if (special !== undefined) return special;
  const text = String(Math.abs(value));
  const point = text.indexOf('.');
  const whole = point < 0 ? text : text.slice(0, point);
  const digits = point < 0 ? text : whole + text.slice(point + 1);
  let first = 0;
  while (digits[first] === '0') first++;
  let last = digits.length;
  while (digits[last - 1] === '0') last--;
  return decimalText(value < 0, digits.slice(first, last), whole.length - 1 - first, DOUBLE_PRECISION);
}

function specialText(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return 'Infinity';
  if (value === -Infinity) return '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  return undefined;
}

/**
 * The text with the fewest digits that `read` turns into `value` again. With as many digits as are needed, the nearest
 * decimal is tried and the next above and below it: at a power of two the nearest may lie on the side with the closer
 * neighbour, and miss.
 */
function shortestText(value: number, precision: number, read: (text: string) => number): string {
  const size = Math.abs(value);
  for (let count = 1; ; count++) {
    const [mantissa = '', power] = size.toExponential(count - 1).split('e');
    const digits = mantissa.replace('.', '');
    const exponent = Number(power);
    for (const step of [0, 1, -1]) {
      const candidate = String(Number(digits) + step);
      const text = `${candidate}e${exponent - count + 1}`;
      if (read(text) !== size && count < DOUBLE_PRECISION) continue;
      const carry = candidate.length - digits.length;
      return decimalText(value < 0, candidate.replace(/0+$/u, ''), exponent + carry, precision);
    }
  }
}

/** The digits, the first at 10^exponent and the last not 0, in the form that TensorFlow Serving would give them. */
function decimalText(isNegative: boolean, digits: string, exponent: number, precision: number): string {
  const sign = isNegative ? '-' : '';
  const plainBelow = digits.length <= SHORT_PRECISION ? SHORT_PRECISION : precision;
  if (exponent < -4 || exponent >= plainBelow) {
    const point = digits.length > 1 ? '.' : '';
    const power = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${digits.slice(0, 1)}${point}${digits.slice(1)}e${exponent < 0 ? '-' : '+'}${power}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}
