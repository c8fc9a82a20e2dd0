import type { DataType } from '#contracts/signature.ts';
import { describe, expect, it } from 'vitest';
import { checkToken } from './dtype-token.ts';

describe('checkToken', () => {
  it.each<[DataType, string, string]>([
    ['int64', '9223372036854775807', '9223372036854775807'],
    ['int64', '-9223372036854775808', '-9223372036854775808'],
    ['int64', ' +007 ', '7'],
    ['int64', '-0', '0'],
    ['uint64', '18446744073709551615', '18446744073709551615'],
    ['uint8', '255', '255'],
    ['int8', '-128', '-128'],
    ['float32', '.5', '0.5'],
    ['float32', '1.', '1.0'],
    ['float32', '+1e3', '1e3'],
    ['float32', '-01.50', '-1.50'],
    ['float32', 'nan', 'NaN'],
    ['float64', '-inf', '-Infinity'],
    ['float32', '3.4028234663852886e38', '3.4028234663852886e38'],
    ['float16', '65504', '65504'],
    ['bool', 'TRUE', 'true'],
    ['bool', '0', 'false'],
    ['string', '  kept as it is ', '  kept as it is '],
    ['string', '', ''],
  ])('%s takes %j as %j', (dtype, typed, token) => {
    expect(checkToken(dtype, typed)).toEqual({ ok: true, token });
  });

  it.each<[DataType, string, string]>([
    ['int64', '9223372036854775808', 'goes from'],
    ['uint8', '256', '0 to 255'],
    ['uint32', '-1', 'goes from 0'],
    ['int32', '1.0', 'whole number'],
    ['int32', '1e2', 'whole number'],
    ['float32', '1e39', 'Too large for float32'],
    ['float16', '65505', 'Too large for float16'],
    ['float64', '1e400', 'Too large for float64'],
    ['float32', '1e', 'Not a number'],
    ['float32', '.', 'Not a number'],
    ['float32', '1,5', 'Not a number: write it with a point, 1.5'],
    ['float32', '1,5,2', 'Not a number: float32 takes'],
    ['float32', '', 'Needs a value'],
    ['bool', 'yes', 'true or false'],
  ])('%s refuses %j', (dtype, typed, message) => {
    expect(checkToken(dtype, typed)).toEqual({ ok: false, message: expect.stringContaining(message) });
  });
});
