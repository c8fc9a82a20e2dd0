import { describe, expect, it } from 'vitest';
import { ServingError } from '../../../contracts/serving-error.ts';
import { elementCount, type HostTensor } from './host-tensor.ts';
import type { PredictFormat } from './predict-request.ts';
import { checkRowOutputs, writePredictResponse } from './predict-response.ts';
import { randomSource } from './testing/random.ts';
import { tensorInfo } from './testing/signatures.ts';

function write(outputs: Readonly<Record<string, HostTensor>>, format: PredictFormat): string {
  return Buffer.from(writePredictResponse(new Map(Object.entries(outputs)), format)).toString();
}

function errorOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof ServingError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'no error';
}

function floats(dims: readonly number[], ...values: number[]): HostTensor {
  return { dtype: 'float32', dims, data: Float32Array.from(values) };
}

function strings(dims: readonly number[], ...data: string[]): HostTensor {
  return { dtype: 'string', dims, data };
}

describe('the layout', () => {
  it.each<[string, Readonly<Record<string, HostTensor>>, string, string]>([
    ['one output', { y: floats([3], 3.5, 4, 5.5) }, '{"predictions": [3.5, 4.0, 5.5]}', '{"outputs": [3.5, 4.0, 5.5]}'],
    ['one row', { y: floats([1], 3.5) }, '{"predictions": [3.5]}', '{"outputs": [3.5]}'],
    [
      'a matrix',
      { y: floats([2, 2], 1, 2, 3, 4) },
      '{"predictions": [[1.0, 2.0], [3.0, 4.0]]}',
      '{"outputs": [[1.0, 2.0], [3.0, 4.0]]}',
    ],
    [
      'three axes',
      { y: floats([2, 1, 2], 1, 2, 3, 4) },
      '{"predictions": [[[1.0, 2.0]], [[3.0, 4.0]]]}',
      '{"outputs": [[[1.0, 2.0]], [[3.0, 4.0]]]}',
    ],
    ['no rows', { y: floats([0]) }, '{"predictions": []}', '{"outputs": []}'],
    ['no rows of two', { y: floats([0, 2]) }, '{"predictions": []}', '{"outputs": []}'],
    ['empty rows', { y: floats([2, 0]) }, '{"predictions": [[], []]}', '{"outputs": [[], []]}'],
    [
      'two outputs',
      { a: floats([2, 2], 1, 2, 3, 4), b: floats([2], 5, 6) },
      '{"predictions": [{"a": [1.0, 2.0], "b": 5.0}, {"a": [3.0, 4.0], "b": 6.0}]}',
      '{"outputs": {"a": [[1.0, 2.0], [3.0, 4.0]], "b": [5.0, 6.0]}}',
    ],
    [
      'two outputs, no rows',
      { a: floats([0, 2]), b: floats([0]) },
      '{"predictions": []}',
      '{"outputs": {"a": [], "b": []}}',
    ],
    [
      'two outputs with empty rows',
      { b: floats([1, 0]), a: floats([1, 1, 0]) },
      '{"predictions": [{"b": [], "a": [[]]}]}',
      '{"outputs": {"b": [[]], "a": [[[]]]}}',
    ],
    [
      'names that need escapes',
      { 'a"\n': floats([1], 1), é: floats([1], 2) },
      String.raw`{"predictions": [{"a\"\n": 1.0, "é": 2.0}]}`,
      String.raw`{"outputs": {"a\"\n": [1.0], "é": [2.0]}}`,
    ],
  ])('of %s', (_, outputs, row, column) => {
    expect(write(outputs, 'row')).toBe(row);
    expect(write(outputs, 'column')).toBe(column);
  });

  it('of scalars, in columns only', () => {
    expect(write({ y: floats([], 2) }, 'column')).toBe('{"outputs": 2.0}');
    expect(write({ a: floats([], 2), b: strings([], 'x') }, 'column')).toBe('{"outputs": {"a": 2.0, "b": "x"}}');
  });

  it('keeps the order of the map', () => {
    const outputs = new Map([
      ['z', floats([1], 1)],
      ['a', floats([1], 2)],
      ['10', floats([1], 3)],
    ]);
    expect(Buffer.from(writePredictResponse(outputs, 'row')).toString()).toBe(
      '{"predictions": [{"z": 1.0, "a": 2.0, "10": 3.0}]}',
    );
  });
});

describe('the elements', () => {
  it.each<[HostTensor, string]>([
    [
      floats([7], 1e6, 1234567, 0.1, -0, NaN, Infinity, -Infinity),
      '[1e+06, 1234567.0, 0.1, -0.0, NaN, Infinity, -Infinity]',
    ],
    [
      { dtype: 'float64', dims: [4], data: Float64Array.of(1 / 3, 12345678.9, 1e-7, 5) },
      '[0.3333333333333333, 12345678.9, 1e-07, 5.0]',
    ],
    [{ dtype: 'float16', dims: [3], data: Uint16Array.of(0x3c00, 0x2e66, 0xfc00) }, '[1.0, 0.1, -Infinity]'],
    [{ dtype: 'int8', dims: [3], data: Int8Array.of(-128, 0, 127) }, '[-128, 0, 127]'],
    [{ dtype: 'uint8', dims: [3], data: Uint8Array.of(0, 99, 255) }, '[0, 99, 255]'],
    [{ dtype: 'int16', dims: [2], data: Int16Array.of(-32768, 32767) }, '[-32768, 32767]'],
    [{ dtype: 'uint16', dims: [2], data: Uint16Array.of(1000, 65535) }, '[1000, 65535]'],
    [
      { dtype: 'int32', dims: [4], data: Int32Array.of(-2147483648, 2147483647, 10, -1000000000) },
      '[-2147483648, 2147483647, 10, -1000000000]',
    ],
    [{ dtype: 'uint32', dims: [2], data: Uint32Array.of(4294967295, 1000000007) }, '[4294967295, 1000000007]'],
    [
      {
        dtype: 'int64',
        dims: [8],
        data: BigInt64Array.of(
          0n,
          -1n,
          2n ** 53n,
          -(2n ** 53n),
          2n ** 53n + 1n,
          -(2n ** 53n) - 1n,
          2n ** 63n - 1n,
          -(2n ** 63n),
        ),
      },
      '[0, -1, 9007199254740992, -9007199254740992, 9007199254740993, -9007199254740993, 9223372036854775807, -9223372036854775808]',
    ],
    [
      { dtype: 'uint64', dims: [4], data: BigUint64Array.of(0n, 4294967296n, 2n ** 63n, 2n ** 64n - 1n) },
      '[0, 4294967296, 9223372036854775808, 18446744073709551615]',
    ],
    [{ dtype: 'bool', dims: [3], data: Uint8Array.of(1, 0, 255) }, '[true, false, true]'],
    [
      strings([4], '', 'a/b', '"\\\b\f\n\r\t\u{1}\u{7f}', 'é😀\u{2028}'),
      String.raw`["", "a/b", "\"\\\b\f\n\r\t\u0001${'\u{7f}'}", "é😀${'\u{2028}'}"]`,
    ],
  ])('of $dtype', (tensor, text) => {
    expect(write({ y: tensor }, 'column')).toBe(`{"outputs": ${text}}`);
  });

  it('of strings whose output is called …_bytes are base64', () => {
    const text = '[{"b64": "aGk="}, {"b64": ""}, {"b64": "w6k="}]';
    expect(write({ image_bytes: strings([3], 'hi', '', 'é') }, 'row')).toBe(`{"predictions": ${text}}`);
    expect(write({ image_bytes_: strings([1], 'hi') }, 'row')).toBe('{"predictions": ["hi"]}');
    expect(write({ image_bytes: floats([1], 1) }, 'row')).toBe('{"predictions": [1.0]}');
  });

  it('of a view into larger memory', () => {
    const data = BigInt64Array.of(1n, 2n, 3n, 4n).subarray(1, 3);
    expect(write({ y: { dtype: 'int64', dims: [2], data } }, 'row')).toBe('{"predictions": [2, 3]}');
    expect(write({ y: { dtype: 'float32', dims: [1], data: Float32Array.of(1, 2).subarray(1) } }, 'row')).toBe(
      '{"predictions": [2.0]}',
    );
  });
});

describe('large responses', () => {
  it.each(['float32', 'float64', 'int32', 'int64', 'bool', 'string'] as const)('of %s hold all there is', (dtype) => {
    const random = randomSource(14);
    const dims = [3, 700, 5];
    const count = elementCount(dims);
    const numbers = Array.from({ length: count }, () => random.below(2 ** 31) - 2 ** 30);
    const wide = numbers.map((value) => value * random.pick([1e-30, 1.7e-3, 3.1e20]));
    const tensors: Readonly<Record<typeof dtype, HostTensor>> = {
      float32: { dtype: 'float32', dims, data: Float32Array.from(wide) },
      float64: { dtype: 'float64', dims, data: Float64Array.from(wide) },
      int32: { dtype: 'int32', dims, data: Int32Array.from(numbers) },
      int64: { dtype: 'int64', dims, data: BigInt64Array.from(numbers, BigInt) },
      bool: { dtype: 'bool', dims, data: Uint8Array.from(numbers, (value) => value & 1) },
      string: { dtype: 'string', dims, data: numbers.map((value) => '☃'.repeat(value & 63)) },
    };
    const expected: Readonly<Record<typeof dtype, (index: number) => unknown>> = {
      float32: (index) => Math.fround(wide[index] ?? 0),
      float64: (index) => wide[index],
      int32: (index) => numbers[index],
      int64: (index) => numbers[index],
      bool: (index) => ((numbers[index] ?? 0) & 1) === 1,
      string: (index) => '☃'.repeat((numbers[index] ?? 0) & 63),
    };
    const nest = (cell: (index: number) => unknown): unknown[][][] =>
      Array.from({ length: 3 }, (_row, row) =>
        Array.from({ length: 700 }, (_line, line) =>
          Array.from({ length: 5 }, (_cell, index) => cell((row * 700 + line) * 5 + index)),
        ),
      );
    const nested = nest(expected[dtype]);
    const integers = nest(expected.int32);
    for (const format of ['row', 'column'] as const) {
      for (const other of [false, true]) {
        const outputs = other ? { y: tensors[dtype], z: tensors.int32 } : { y: tensors[dtype] };
        const parsed: unknown = JSON.parse(write(outputs, format), (_, value: unknown) =>
          dtype === 'float32' && typeof value === 'number' && !Number.isSafeInteger(value) ? Math.fround(value) : value,
        );
        const beside = (value: unknown, of: unknown): unknown => (other ? { y: value, z: of } : value);
        expect(parsed).toEqual(
          format === 'row'
            ? { predictions: nested.map((value, row) => beside(value, integers[row])) }
            : { outputs: beside(nested, integers) },
        );
      }
    }
  });
});

describe('what cannot be written', () => {
  it.each<[string, Readonly<Record<string, HostTensor>>, string]>([
    [
      'a scalar',
      { y: floats([], 1) },
      "Tensor name: y has no shape information (it is a scalar; send 'inputs' instead of 'instances')",
    ],
    [
      'a scalar beside a list',
      { a: floats([1], 1), y: floats([], 1) },
      "Tensor name: y has no shape information (it is a scalar; send 'inputs' instead of 'instances')",
    ],
    [
      'another number of rows',
      { a: floats([3], 1, 2, 3), y: floats([1], 1) },
      'Tensor name: y has inconsistent batch size: 1 expecting: 3',
    ],
    ['nothing', {}, 'Cannot convert empty tensor map to JSON'],
  ])('in rows: %s', (_, outputs, message) => {
    expect(errorOf(() => write(outputs, 'row'))).toBe(`INVALID_ARGUMENT: ${message}`);
  });

  it('is known of scalars before the run', () => {
    const check = (...outputs: Parameters<typeof tensorInfo>[2][]): string =>
      errorOf(() => checkRowOutputs({ inputs: [], outputs: outputs.map((dims) => tensorInfo('y', 'float32', dims)) }));
    expect(check(['n'], null, [1, 2])).toBe('no error');
    expect(check(['n'], [])).toMatch(/^INVALID_ARGUMENT: Tensor name: y has no shape information /u);
  });
});
