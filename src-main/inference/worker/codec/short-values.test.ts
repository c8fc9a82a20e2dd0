import { describe, expect, it } from 'vitest';
import { writePredictResponse } from './predict-response.ts';
import { errorOf, parse } from './testing/codecs.ts';
import { takes, tensorInfo } from './testing/signatures.ts';

/** What comes out of a tensor of this kind for the values as they stand in a body. */
function read(dtype: 'int64' | 'uint64' | 'string', values: readonly string[]): readonly unknown[] {
  const { inputs } = parse(
    'predictJson',
    `{"instances": [${values.join(', ')}]}`,
    takes(tensorInfo('x', dtype, ['n'])),
  );
  return [...(inputs.get('x')?.data ?? [])];
}

describe('integers beyond those that a double holds', () => {
  const around = (middle: bigint): bigint[] => [-2n, -1n, 0n, 1n, 2n].map((step) => middle + step);
  const sizes = [...Array.from({ length: 65 }, (_, bits) => 2n ** BigInt(bits)), 10n ** 18n, 10n ** 9n, 999_999_999n];
  const all = sizes.flatMap((size) => [...around(size), ...around(-size)]);

  it.each([
    { dtype: 'int64', smallest: -(2n ** 63n), largest: 2n ** 63n - 1n },
    { dtype: 'uint64', smallest: 0n, largest: 2n ** 64n - 1n },
  ] as const)('are read digit by digit: $dtype', ({ dtype, smallest, largest }) => {
    const fitting = all.filter((value) => value >= smallest && value <= largest);
    expect(read(dtype, fitting.map(String))).toEqual(fitting);
    for (const value of all.filter((other) => other < smallest || other > largest)) {
      expect(errorOf(() => read(dtype, [String(value)]))).toContain(`JSON Value: ${value} Type: Number`);
    }
  });

  it.each(['9007199254740993.0', '9007199254740993e0', '100000000000000000000', '-100000000000000000000'])(
    'are no integers in another form: %s',
    (token) => expect(errorOf(() => read('int64', [token]))).toContain('is not of expected type: int64'),
  );
});

describe('many short strings', () => {
  const texts = Array.from({ length: 40_000 }, (_, index) =>
    index % 7 === 0 ? `ä${index}` : index % 11 === 0 ? `"${index}\\\n` : 'x'.repeat(index % 90) + String(index),
  );

  it('are read as they were written, whichever part of the body they stand in', () => {
    expect(
      read(
        'string',
        texts.map((text) => JSON.stringify(text)),
      ),
    ).toEqual(texts);
  });

  it('are read from base64 in its plainest form and in any other', () => {
    const value = (text: string, index: number): string => {
      const base64 = Buffer.from(text).toString('base64');
      return [`{"b64":"${base64}"}`, `{"b64": "${base64}"}`, `{ "b64" : "${base64}" }`][index % 3] ?? '';
    };
    expect(read('string', texts.map(value))).toEqual(texts);
    expect(errorOf(() => read('string', ['{"b64":"a"}']))).toContain('Unable to base64 decode');
    expect(errorOf(() => read('string', ['{"b64":"/w=="}']))).toContain('holds base64 data that is not UTF-8');
    expect(errorOf(() => read('string', ['{"b64":"AA=="}']))).toContain('holds the character U+0000');
    expect(errorOf(() => read('string', ['{"b64":"YQ==","c":1}']))).toContain('does not have named input: b64');
  });

  it('are written so that they are read back', () => {
    const body = writePredictResponse(new Map([['y', { dtype: 'string', dims: [texts.length], data: texts }]]), 'row');
    expect(JSON.parse(Buffer.from(body).toString())).toEqual({ predictions: texts });
    expect(Buffer.from(body).toString()).toContain('{"predictions": ["ä0", "x1", "xx2", ');
  });
});
