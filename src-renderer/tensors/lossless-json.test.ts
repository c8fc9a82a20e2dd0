import { describe, expect, it } from 'vitest';
import { NumberToken, parseJson, printCompact, printJson } from './lossless-json.ts';

function read(text: string) {
  const parsed = parseJson(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
}

describe('parseJson', () => {
  it.each([
    '9223372036854775807',
    '-9223372036854775808',
    '18446744073709551615',
    '0.10000000000000000555',
    '1e400',
    '-0',
    'NaN',
    'Infinity',
    '-Infinity',
    '1E-7',
  ])('keeps the number %s as it was written', (text) => {
    expect(read(text)).toEqual(new NumberToken(text));
    expect(printCompact(read(`[${text}]`))).toBe(`[${text}]`);
  });

  it.each([
    [String.raw`"a\"b\\c\u00e9\ud83d\ude00\n"`, 'a"b\\cé😀\n'],
    ['"naïve 漢字"', 'naïve 漢字'],
    ['true', true],
    ['null', null],
    [' [ ] ', []],
  ])('reads %s', (text, value) => {
    expect(read(text)).toEqual(value);
  });

  it('takes the first of two equal keys, as TensorFlow Serving does', () => {
    expect(printCompact(read('{"a": 1, "a": 2}'))).toBe('{"a": 1}');
  });

  it.each([
    ['', 1, 1, 'ends too early'],
    ['[1,\n 2,', 2, 4, 'ends too early'],
    ['[1 2]', 1, 4, 'Expected , or ]'],
    ['{"a" 1}', 1, 6, 'colon'],
    ["{'a': 1}", 1, 2, 'double quotes'],
    ['{"a": tru}', 1, 7, 'true'],
    ['[01]', 1, 2, 'Not a number'],
    ['[1.]', 1, 2, 'Not a number'],
    ['[.5]', 1, 2, 'Not a number'],
    ['[+1]', 1, 2, 'Not a number'],
    ['[1,]', 1, 4, 'Unexpected ]'],
    ['"a\nb"', 1, 3, 'must be escaped'],
    ['"abc', 1, 1, 'closing quote'],
    ['{} x', 1, 4, 'after the end'],
    [String.raw`"\q"`, 1, 1, 'Bad escape'],
  ])('refuses %j at line %i, column %i', (text, line, column, message) => {
    expect(parseJson(text)).toEqual({ ok: false, line, column, message: expect.stringContaining(message) });
  });

  it('refuses a depth that would exhaust the stack', () => {
    expect(parseJson('['.repeat(100_000))).toMatchObject({ ok: false, message: 'Nested deeper than 100 levels' });
  });
});

describe('printJson', () => {
  it('keeps on one line what fits', () => {
    expect(printJson(read('{"instances":[1.0,2.0,5.0]}'))).toBe('{"instances": [1.0, 2.0, 5.0]}');
  });

  it('fills rows of numbers up to the width, and puts lists of lists one per line', () => {
    expect(printJson(read('{"x":[[1,2,3,4,5,6],[1,2]]}'), 20)).toBe(
      '{\n  "x": [\n    [\n      1, 2, 3, 4, 5,\n      6\n    ],\n    [1, 2]\n  ]\n}',
    );
  });

  it('gives a text that means the same', () => {
    const text = `{"a": [${Array.from({ length: 300 }, (_, index) => index).join(', ')}], "b": {"b64": "AQ=="}, "c": [NaN, ["x"]]}`;
    expect(printCompact(read(printJson(read(text))))).toBe(text);
  });
});
