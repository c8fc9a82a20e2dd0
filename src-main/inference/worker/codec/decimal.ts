/**
 * Decimal text to double, exactly rounded (to nearest, ties to even), without a string wherever that can be proved.
 * JSON produced from doubles has up to 17 digits; `Number(text)` on each of them would cost more than all the rest.
 */
import { DOT, LOWER_E, MINUS, PLUS, UPPER_E, ZERO } from './ascii.ts';

/** 10^0 to 10^22: the powers of ten that are doubles exactly. */
export const EXACT_POWERS_OF_TEN: Float64Array = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));

/** Beyond this size of exponent `Number` decides, so that no intermediate result overflows or underflows. */
const LARGEST_APPROXIMATED_EXPONENT = 250;
const POWERS_OF_TEN = Float64Array.from({ length: LARGEST_APPROXIMATED_EXPONENT + 1 }, (_, power) =>
  Number(`1e${power}`),
);

/**
 * Bound on the relative error of {@link approximateSingle}'s product. Up to 1e40 at most 25 digits were added after the
 * mantissa left the exact integers; each costs two roundings of at most 2^-53, the power of ten and its product one
 * each: (2 * 25 + 2) * 2^-53 < 2^-47. Taken twice as large.
 */
const RELATIVE_ERROR = 2 ** -46;

/**
 * The float32 nearest to the double nearest to `mantissa * 10^exponent`, where `mantissa` was summed up digit by digit
 * in double arithmetic and so may have lost its last bits.
 * @returns undefined where rounding errors could decide; then use {@link toDouble}.
 */
export function approximateSingle(mantissa: number, exponent: number): number | undefined {
  if (mantissa >= 1e40 || exponent < -LARGEST_APPROXIMATED_EXPONENT || exponent > LARGEST_APPROXIMATED_EXPONENT) {
    return undefined;
  }
  const value = exponent < 0 ? mantissa / (POWERS_OF_TEN[-exponent] ?? 1) : mantissa * (POWERS_OF_TEN[exponent] ?? 1);
  // Rounding to float32 is monotonic: where both ends of the error interval round alike, so does the true value.
  const low = Math.fround(value - value * RELATIVE_ERROR);
  const high = Math.fround(value + value * RELATIVE_ERROR);
  return low === high ? low : undefined;
}

/** Digits that {@link toDouble} takes in its first and its second half. */
const HIGH_DIGITS = 15;
const LOW_DIGITS = 7;
/** 2^27 + 1: splits a double into two halves of 26 bits (Dekker). */
const SPLITTER = 134_217_729;
/** The two-double result is good to about 2^-102; see the comment where it is used. */
const PAIR_ERROR = 2 ** -98;

/**
 * The double nearest to a number token of the JSON grammar, without its sign.
 * @returns Infinity where it is too large for a double.
 */
export function toDouble(bytes: Uint8Array, start: number, end: number): number {
  let high = 0;
  let low = 0;
  let digits = 0;
  let lowDigits = 0;
  let exponent = 0;
  let afterDot = false;
  let position = start;
  for (; position < end; position++) {
    const character = bytes[position] ?? 0;
    if (character === DOT) {
      afterDot = true;
      continue;
    }
    if (character === LOWER_E || character === UPPER_E) break;
    const digit = character - ZERO;
    if (afterDot) exponent--;
    if (digits < HIGH_DIGITS) {
      high = high * 10 + digit;
      if (high !== 0) digits++;
    } else {
      low = low * 10 + digit;
      lowDigits++;
    }
  }
  if (position < end) exponent += tokenExponent(bytes, position + 1, end);
  if (lowDigits <= LOW_DIGITS && exponent >= -22 && exponent <= 22) {
    const value = roundedPair(high, low, lowDigits, exponent);
    if (value !== undefined) return value;
  }
  return Number(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1'));
}

function tokenExponent(bytes: Uint8Array, start: number, end: number): number {
  let position = start;
  const sign = bytes[position];
  if (sign === MINUS || sign === PLUS) position++;
  let exponent = 0;
  for (; position < end; position++) exponent = Math.min(exponent * 10 + ((bytes[position] ?? 0) - ZERO), 100_000);
  return sign === MINUS ? -exponent : exponent;
}

/**
 * `(high * 10^lowDigits + low) * 10^exponent`, computed as an unevaluated sum of two doubles.
 * @returns undefined where the error of that sum could decide which way it rounds.
 */
function roundedPair(high: number, low: number, lowDigits: number, exponent: number): number | undefined {
  // The integer, below 10^22, as head + tail exactly: the tail's two parts are integers below 2^21 each.
  const shift = EXACT_POWERS_OF_TEN[lowDigits] ?? 1;
  const product = high * shift;
  const head = product + low;
  const tail = productError(high, shift, product) + (low - (head - product));
  const power = EXACT_POWERS_OF_TEN[Math.abs(exponent)] ?? 1;
  let sum: number;
  let correction: number;
  if (exponent < 0) {
    sum = head / power;
    const back = sum * power;
    // The remainder of a correctly rounded division is a double, so only adding the tail and dividing again round.
    correction = (head - back - productError(sum, power, back) + tail) / power;
  } else {
    sum = head * power;
    correction = productError(head, power, sum) + tail * power;
  }
  // `correction` is at most 2^-51 of `sum` and carries at most three roundings: the pair is off by less than 2^-102.
  const value = sum + correction;
  const rest = correction - (value - sum);
  const slack = value * PAIR_ERROR;
  return value + (rest + slack) === value && value + (rest - slack) === value ? value : undefined;
}

/** `left * right - product`, exactly, for `product = left * right` as rounded (Dekker 1971). */
function productError(left: number, right: number, product: number): number {
  const leftScaled = left * SPLITTER;
  const leftHigh = leftScaled - (leftScaled - left);
  const leftLow = left - leftHigh;
  const rightScaled = right * SPLITTER;
  const rightHigh = rightScaled - (rightScaled - right);
  const rightLow = right - rightHigh;
  return leftLow * rightLow - (product - leftHigh * rightHigh - leftLow * rightHigh - leftHigh * rightLow);
}
