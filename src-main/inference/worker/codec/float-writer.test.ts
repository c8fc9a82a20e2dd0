import { describe, expect, it } from 'vitest';
import { MAX_FLOAT_BYTES, writeDoubles, writeHalf, writeSingle } from './float-writer.ts';
import { fromHalfBits, toHalfBits } from './half.ts';
import { randomSource } from './testing/random.ts';

const buffer = Buffer.alloc(2 * MAX_FLOAT_BYTES);
const singles = new Float32Array(1);
const singleBits = new Uint32Array(singles.buffer);

function single(value: number): string {
  singles[0] = value;
  return buffer.toString('latin1', 0, writeSingle(singles, 0, buffer, 0));
}

function double(value: number): string {
  return buffer.toString('latin1', 0, writeDoubles(Float64Array.of(value), 0, 1, buffer, 0));
}

function half(bits: number): string {
  return buffer.toString('latin1', 0, writeHalf(Uint16Array.of(bits), 0, buffer, 0));
}

/** Significant digits of a number token. */
function digitsOf(token: string): string {
  return token.replace(/e.*/u, '').replace(/^-/u, '').replace('.', '').replace(/^0+/u, '').replace(/0+$/u, '');
}

/** Whether a number with `count` digits reads back as the float32 `value`. */
function hasShorter(value: number, count: number): boolean {
  const [mantissa = '', exponent = ''] = Math.abs(value)
    .toExponential(count - 1)
    .split('e');
  const nearest = Number(mantissa.replace('.', ''));
  return [nearest - 1, nearest, nearest + 1].some(
    (digits) => Math.fround(Number(`${digits}e${Number(exponent) - count + 1}`)) === Math.abs(value),
  );
}

/** What is wrong with the text of a float32, undefined where nothing is. */
function flawOf(value: number): string | undefined {
  const token = single(value);
  const digits = digitsOf(token).length;
  if (!Object.is(Math.fround(Number(token)), value)) return `${value}: ${token} reads back as another number`;
  if (digits > 1 && hasShorter(value, digits - 1)) return `${value}: ${token} is not the shortest`;
  const isToken = /^-?\d+(?:\.\d+(?:e[+-]\d\d)?|e[+-]\d\d)$/u.test(token) && token.length <= MAX_FLOAT_BYTES;
  return isToken ? undefined : `${value}: ${token} is not of the form`;
}

function flaws(values: Iterable<number>): string[] {
  return Array.from(values, flawOf).filter((flaw) => flaw !== undefined);
}

/** The float32 with these bits; 1 instead of a zero. */
function ofBits(bits: number): number {
  singleBits[0] = bits;
  return singles[0] || 1;
}

describe('writeSingle', () => {
  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [-1, '-1.0'],
    [0.1, '0.1'],
    [0.5, '0.5'],
    [2.5, '2.5'],
    [100, '100.0'],
    [999999, '999999.0'],
    [-999999, '-999999.0'],
    [1e6, '1e+06'],
    [-1e6, '-1e+06'],
    [9e6, '9e+06'],
    [1234567, '1234567.0'],
    [1234560, '1.23456e+06'],
    [16777216, '16777216.0'],
    [123456.703, '123456.7'],
    [99999.96, '99999.96'],
    [999999.94, '999999.94'],
    [3.14159274, '3.1415927'],
    [0.0001, '0.0001'],
    [0.00012345679, '0.00012345679'],
    [0.00001, '1e-05'],
    [1.5e-5, '1.5e-05'],
    [123456789, '123456790.0'],
    [1234567890, '1.234568e+09'], // the text lies halfway to the next float32; to even is back,
    [1e9, '1e+09'],
    [1e10, '1e+10'],
    [3.4028234663852886e38, '3.4028235e+38'],
    [1.1754943508222875e-38, '1.1754944e-38'],
    [1.401298464324817e-45, '1e-45'],
    [2.802596928649634e-45, '3e-45'],
    [2 ** -126 - 2 ** -149, '1.1754942e-38'],
    [2 ** 90, '1.2379401e+27'],
    [8388608, '8388608.0'],
    [NaN, 'NaN'],
    [Infinity, 'Infinity'],
    [-Infinity, '-Infinity'],
  ])('writes %d as %s', (value, text) => {
    expect(single(value)).toBe(text);
  });

  it('writes the shortest text that reads back, for every exponent and random mantissas', () => {
    const random = randomSource(6);
    const edges = [0, 1, 2, 3, 0x7fffff, 0x7ffffe, 0x400000, 0x3fffff];
    for (let exponent = 0; exponent < 255; exponent++) {
      const mantissas = [...edges, ...Array.from({ length: 300 }, () => random.below(0x800000))];
      expect(flaws(mantissas.map((mantissa) => ofBits((random.below(2) << 31) | (exponent << 23) | mantissa)))).toEqual(
        [],
      );
    }
  });

  it('writes the shortest text for denormals', () => {
    const random = randomSource(7);
    const small = Array.from({ length: 2000 }, (_, bits) => ofBits(bits));
    const large = Array.from({ length: 2000 }, () => ofBits(random.below(0x800000)));
    expect(flaws([...small, ...large])).toEqual([]);
  });

  it('writes the shortest text for decimals of few digits', () => {
    const random = randomSource(8);
    const decimal = (): number => (1 + random.below(10 ** (1 + random.below(9)))) * 10 ** (random.below(30) - 15);
    expect(flaws(Array.from({ length: 30_000 }, () => Math.fround(decimal())))).toEqual([]);
  });

  it('writes the shortest text for integers beyond a million', () => {
    const random = randomSource(9);
    expect(flaws(Array.from({ length: 30_000 }, () => Math.fround(1e6 + random.below(2 ** 31))))).toEqual([]);
  });
});

describe('writeDoubles', () => {
  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [0.1, '0.1'],
    [1 / 3, '0.3333333333333333'],
    [-2 / 3, '-0.6666666666666666'],
    [12345678.9, '12345678.9'],
    [1e6, '1e+06'],
    [-1e6, '-1e+06'],
    [1234567, '1234567.0'],
    [1234560, '1.23456e+06'],
    [12345678901234568, '12345678901234568.0'],
    [123456789012345680, '1.2345678901234568e+17'],
    [1e16, '1e+16'],
    [1e21, '1e+21'],
    [1.5e300, '1.5e+300'],
    [1e-7, '1e-07'],
    [1.25e-7, '1.25e-07'],
    [-1.25e-10, '-1.25e-10'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [0.0000123, '1.23e-05'],
    [-0.000012345678901234568, '-1.2345678901234568e-05'],
    [5e-324, '5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [NaN, 'NaN'],
    [Infinity, 'Infinity'],
    [-Infinity, '-Infinity'],
  ])('writes %d as %s', (value, text) => {
    expect(double(value)).toBe(text);
  });

  it('separates, whatever the forms', () => {
    const out = Buffer.alloc(1000);
    const data = Float64Array.of(7, 1, NaN, 1e-9, 0.00002, 1e25, 123456789, 2.5, 7);
    expect(out.toString('latin1', 0, writeDoubles(data, 1, 8, out, 0))).toBe(
      '1.0, NaN, 1e-09, 2e-05, 1e+25, 123456789.0, 2.5',
    );
  });

  it('writes what reads back, with as few digits as JavaScript', () => {
    const random = randomSource(10);
    const view = new DataView(new ArrayBuffer(8));
    const wrong: string[] = [];
    for (let round = 0; round < 20_000; round++) {
      view.setUint32(0, random.below(2 ** 32));
      view.setUint32(4, random.below(2 ** 32));
      for (const value of [view.getFloat64(0), random.next(), random.below(2 ** 32) * random.below(2 ** 21)]) {
        if (!Number.isFinite(value)) continue;
        const token = double(value);
        if (Number(token) !== value || digitsOf(token) !== digitsOf(String(value))) wrong.push(token);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('writeHalf', () => {
  it.each([
    [0x0000, '0.0'],
    [0x8000, '-0.0'],
    [0x3c00, '1.0'],
    [0x2e66, '0.1'],
    [0x7bff, '65500.0'],
    [0x0001, '6e-08'],
    [0x7c00, 'Infinity'],
    [0xfc00, '-Infinity'],
    [0x7e00, 'NaN'],
  ])('writes %i as %s', (bits, text) => {
    expect(half(bits)).toBe(text);
  });

  it('writes every half so that it reads back', () => {
    const finite = Array.from({ length: 0x10000 }, (_, bits) => bits).filter((bits) =>
      Number.isFinite(fromHalfBits(bits)),
    );
    expect(finite.filter((bits) => toHalfBits(Number(half(bits))) !== bits)).toEqual([]);
  });
});
