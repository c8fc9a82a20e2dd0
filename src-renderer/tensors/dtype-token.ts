import type { DataType } from '#contracts/signature.ts';
import { strings } from '../strings/index.ts';

const words = strings.tensors;

/** The text of one element as a person typed it: either its JSON token, or what is wrong with it. */
export type CheckedToken =
  { readonly ok: true; readonly token: string } | { readonly ok: false; readonly message: string };

const INTEGER_RANGE: Partial<Record<DataType, { readonly min: bigint; readonly max: bigint }>> = {
  int8: { min: -128n, max: 127n },
  int16: { min: -32_768n, max: 32_767n },
  int32: { min: -2_147_483_648n, max: 2_147_483_647n },
  int64: { min: -9_223_372_036_854_775_808n, max: 9_223_372_036_854_775_807n },
  uint8: { min: 0n, max: 255n },
  uint16: { min: 0n, max: 65_535n },
  uint32: { min: 0n, max: 4_294_967_295n },
  uint64: { min: 0n, max: 18_446_744_073_709_551_615n },
};

/** Largest finite number of each floating type. */
const FLOAT_MAX: Partial<Record<DataType, number>> = {
  float16: 65_504,
  bfloat16: 3.389_531_389_251_535_5e38,
  float32: 3.402_823_466_385_288_6e38,
  float64: Number.MAX_VALUE,
};

const WORDS: ReadonlyMap<string, string> = new Map([
  ['nan', 'NaN'],
  ['inf', 'Infinity'],
  ['+inf', 'Infinity'],
  ['infinity', 'Infinity'],
  ['+infinity', 'Infinity'],
  ['-inf', '-Infinity'],
  ['-infinity', '-Infinity'],
]);

export const isInteger = (dtype: DataType): boolean => Object.hasOwn(INTEGER_RANGE, dtype);
export const isFloat = (dtype: DataType): boolean => Object.hasOwn(FLOAT_MAX, dtype);

/** Range of an element type in words, for a field's hint: `0 to 255`; undefined for text. */
export function rangeText(dtype: DataType): string | undefined {
  const range = INTEGER_RANGE[dtype];
  if (range) return words.range(String(range.min), String(range.max));
  if (dtype === 'bool') return words.bool;
  return isFloat(dtype) ? words.float : undefined;
}

/**
 * Reads one element as typed into a form. Common ways to write a number that JSON refuses (`.5`, `1.`, `+1`, `007`,
 * `inf`) are taken and put right; digits of integers are never rounded. Text elements are taken as they are.
 */
export function checkToken(dtype: DataType, typed: string): CheckedToken {
  if (dtype === 'string') return { ok: true, token: typed };
  const text = typed.trim();
  if (text === '') return { ok: false, message: words.needsValue(rangeText(dtype) ?? dtype) };
  if (dtype === 'bool') return checkBool(text);
  const range = INTEGER_RANGE[dtype];
  if (range) {
    const match = /^([+-]?)0*(\d+)$/u.exec(text);
    if (!match) return { ok: false, message: words.needsWhole(dtype) };
    const value = BigInt(`${match[2]}`) * (match[1] === '-' ? -1n : 1n);
    if (value < range.min || value > range.max)
      return { ok: false, message: words.outOfRange(dtype, String(range.min), String(range.max)) };
    return { ok: true, token: String(value) };
  }
  return checkFloat(dtype, text);
}

function checkBool(text: string): CheckedToken {
  const lower = text.toLowerCase();
  if (lower === 'true' || lower === '1') return { ok: true, token: 'true' };
  if (lower === 'false' || lower === '0') return { ok: true, token: 'false' };
  return { ok: false, message: words.notBool };
}

function checkFloat(dtype: DataType, text: string): CheckedToken {
  const word = WORDS.get(text.toLowerCase());
  if (word !== undefined) return { ok: true, token: word };
  if (/^[+-]?\d+,\d+$/u.test(text)) return { ok: false, message: words.decimalComma(text.replace(',', '.')) };
  const match = /^([+-]?)(\d*)(?:(\.)(\d*))?([eE][+-]?\d+)?$/u.exec(text);
  const [, sign = '', whole = '', point, fraction = '', exponent = ''] = match ?? [];
  if (!match || (whole === '' && fraction === ''))
    return { ok: false, message: words.notNumber(dtype, rangeText(dtype) ?? dtype) };
  const digits = whole.replace(/^0+(?=\d)/u, '') || '0';
  const tail = point === undefined ? '' : `.${fraction === '' ? '0' : fraction}`;
  const token = `${sign === '-' ? '-' : ''}${digits}${tail}${exponent}`;
  if (Math.abs(Number(token)) > (FLOAT_MAX[dtype] ?? Number.MAX_VALUE)) {
    return {
      ok: false,
      message: words.tooLarge(dtype, String(FLOAT_MAX[dtype])),
    };
  }
  return { ok: true, token };
}
