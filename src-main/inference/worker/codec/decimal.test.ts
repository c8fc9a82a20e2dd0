import { describe, expect, it } from 'vitest';
import { approximateSingle, toDouble } from './decimal.ts';
import { type Random, randomSource } from './testing/random.ts';

const parse = (text: string): number => toDouble(Buffer.from(text), 0, text.length);

/** A decimal with `digits` digits, its point and exponent anywhere. */
function randomDecimal(random: Random, digits: number, exponents: number): string {
  const all = Array.from({ length: digits }, () => random.below(10)).join('');
  const point = random.below(digits);
  const whole = all.slice(0, point).replace(/^0+(?=\d)/u, '') || '0';
  const exponent = random.below(3) === 0 ? `e${random.pick(['', '+', '-'])}${random.below(exponents)}` : '';
  return `${whole}.${all.slice(point)}${exponent}`;
}

describe('toDouble', () => {
  it.each([
    '0',
    '1',
    '0.1',
    '123456789012345',
    '9007199254740993', // halfway between two doubles: to even
    '9007199254740995',
    '9007199254740992.9999999999',
    '9007199254740993.0000000001',
    '0.500000000000000166533453693773481063544750213623046875', // halfway, in full
    '0.5000000000000001665334536937734810635447502136230468751',
    '2.2250738585072011e-308',
    '2.2250738585072014e-308',
    '4.9e-324',
    '2.4703282292062327e-324', // just below half of the smallest double
    '2.4703282292062328e-324',
    '1.7976931348623157e308',
    '8.98846567431158e307',
    '1e23',
    '8.5e22',
    '6.02214076e23',
    '100000000000000000000000',
    `0.${'0'.repeat(400)}1e401`,
    `1${'0'.repeat(400)}e-400`,
    '1E+2',
    '1e-0',
    '0e999999999999',
  ])('reads %s as Number does', (text) => {
    expect(parse(text)).toBe(Number(text));
  });

  it.each(['1e309', '1.8e308', '1e999999999999', '9'.repeat(400)])('says that %s is too large', (text) => {
    expect(parse(text)).toBe(Infinity);
  });

  it('reads random decimals of 1 to 24 digits as Number does', () => {
    const random = randomSource(1);
    const wrong: string[] = [];
    for (let round = 0; round < 60_000; round++) {
      const text = randomDecimal(random, 1 + (round % 24), round % 5 === 0 ? 340 : 25);
      if (parse(text) !== Number(text)) wrong.push(text);
    }
    expect(wrong).toEqual([]);
  });

  it('reads the decimals that doubles print as', () => {
    const random = randomSource(2);
    const wrong: number[] = [];
    const bytes = new DataView(new ArrayBuffer(8));
    for (let round = 0; round < 30_000; round++) {
      bytes.setUint32(0, random.below(0x7ff00000));
      bytes.setUint32(4, random.below(2 ** 32));
      for (const value of [bytes.getFloat64(0), random.next()]) if (parse(String(value)) !== value) wrong.push(value);
    }
    expect(wrong).toEqual([]);
  });

  it('is not fooled by decimals right beside the middle of two doubles', () => {
    const random = randomSource(3);
    const wrong: string[] = [];
    for (let round = 0; round < 20_000; round++) {
      // An odd multiple of 2^-1 above 2^53 lies halfway; the digits after it decide.
      const middle = (2n ** 53n + BigInt(random.below(2 ** 32))) * 2n + 1n;
      const text = `${middle}${random.pick(['', '.0', '.00001', '.0000000000000000001', 'e0', 'e1', 'e-3'])}`;
      if (parse(text) !== Number(text)) wrong.push(text);
    }
    expect(wrong).toEqual([]);
  });
});

describe('approximateSingle', () => {
  it('gives the float32 of the exact double, or nothing', () => {
    const random = randomSource(4);
    const wrong: string[] = [];
    let given = 0;
    for (let round = 0; round < 60_000; round++) {
      const digits = Array.from({ length: 1 + random.below(30) }, () => random.below(10)).join('');
      const exponent = random.below(100) - 60;
      let mantissa = 0;
      for (const digit of digits) mantissa = mantissa * 10 + Number(digit);
      const value = approximateSingle(mantissa, exponent);
      if (value === undefined) continue;
      given++;
      const text = `${digits}e${exponent}`;
      if (value !== Math.fround(Number(text))) wrong.push(text);
    }
    expect(wrong).toEqual([]);
    expect(given).toBeGreaterThan(55_000);
  });

  it('gives nothing halfway between two float32', () => {
    expect(approximateSingle(16_777_217, 0)).toBeUndefined();
    expect(approximateSingle(33_554_434, 0)).toBeUndefined();
  });
});
