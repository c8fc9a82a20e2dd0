import type { DataType, Dim } from '#contracts/signature.ts';
import { describe, expect, it } from 'vitest';
import {
  fillTensor,
  parsePasted,
  pasteCells,
  readTensor,
  resizeTensor,
  seededRandom,
  tensorToJson,
} from './cell-tensor.ts';
import { parseJson, printCompact } from './lossless-json.ts';

function read(text: string, dtype: DataType, dims: readonly Dim[] | null = null) {
  const parsed = parseJson(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return readTensor(parsed.value, dtype, dims);
}

describe('readTensor', () => {
  it.each<[string, DataType, readonly number[], readonly string[]]>([
    ['1.5', 'float32', [], ['1.5']],
    ['[9007199254740993, -1]', 'int64', [2], ['9007199254740993', '-1']],
    ['[[1, 2, 3], [4, 5, NaN]]', 'float32', [2, 3], ['1', '2', '3', '4', '5', 'NaN']],
    ['[true, false]', 'bool', [2], ['true', 'false']],
    ['["a", ""]', 'string', [2], ['a', '']],
    ['[]', 'float32', [0], []],
  ])('%s as %s has shape %j, and is written back alike', (text, dtype, shape, cells) => {
    const tensor = { shape, cells };
    expect(read(text, dtype)).toEqual({ ok: true, tensor });
    expect(printCompact(tensorToJson(tensor, dtype))).toBe(text);
  });

  it('takes sizes below an empty list from the signature', () => {
    expect(read('[]', 'float32', ['batch', 4])).toEqual({ ok: true, tensor: { shape: [0, 4], cells: [] } });
  });

  it.each<[string, DataType, string]>([
    ['[[1, 2], [3]]', 'float32', 'differ in length'],
    ['[[1], 2]', 'float32', 'nested deeper'],
    ['[1, [2]]', 'float32', 'nested deeper'],
    ['["1"]', 'float32', 'in quotes'],
    ['[1.0]', 'int64', 'whole number'],
    ['[9223372036854775808]', 'int64', 'goes from'],
    ['[1]', 'bool', 'true or false'],
    ['[true]', 'float32', 'true where float32'],
    ['[null]', 'float32', 'null'],
    ['[1]', 'string', 'without quotes'],
    ['[{"b64": "AQ=="}]', 'string', 'base64'],
  ])('%s has no cells as %s', (text, dtype, message) => {
    expect(read(text, dtype)).toEqual({ ok: false, message: expect.stringContaining(message) });
  });
});

describe('resizeTensor', () => {
  const square = { shape: [2, 2], cells: ['1', '2', '3', '4'] };
  it.each([
    { to: [3, 2], cells: ['1', '2', '3', '4', '0', '0'] },
    { to: [2, 3], cells: ['1', '2', '0', '3', '4', '0'] },
    { to: [1, 1], cells: ['1'] },
    { to: [0, 2], cells: [] },
  ])('keeps what both have: $to', ({ to, cells }) => {
    expect(resizeTensor(square, to, 'int32')).toEqual({ shape: to, cells });
  });
});

describe('fillTensor', () => {
  it('gives the same numbers for the same seed, and others for another', () => {
    const draw = (seed: number) => fillTensor([4], 'float32', 'uniform', seededRandom(seed)).cells;
    expect(draw(42)).toEqual(draw(42));
    expect(draw(42)).not.toEqual(draw(43));
    expect(draw(42).every((cell) => /^0\.\d{4}$/u.test(cell))).toBe(true);
  });

  it.each<[DataType, string, string]>([
    ['float16', '0.0', '1.0'],
    ['int64', '0', '1'],
    ['bool', 'false', 'true'],
    ['string', '', 'one'],
  ])('%s: zeros are %j, ones are %j', (dtype, zero, one) => {
    expect(fillTensor([], dtype, 'zeros', Math.random).cells).toEqual([zero]);
    expect(fillTensor([], dtype, 'ones', Math.random).cells).toEqual([one]);
  });
});

describe('paste', () => {
  it.each([
    [
      '1\t2\r\n3\t4\r\n',
      [
        ['1', '2'],
        ['3', '4'],
      ],
    ],
    ['1, 2; 3 4', [['1', '2', '3', '4']]],
    ['two words\tb', [['two words', 'b']]],
    ['5', [['5']]],
  ])('reads %j', (text, cells) => {
    expect(parsePasted(text)).toEqual(cells);
  });

  it('grows open axes and counts what a fixed axis cannot take', () => {
    const matrix = { shape: [1, 2], cells: ['0', '0'] };
    expect(
      pasteCells(
        matrix,
        'int32',
        1,
        [
          ['1', '2'],
          ['3', '4'],
        ],
        [true, false],
      ),
    ).toEqual({
      ok: true,
      tensor: { shape: [2, 2], cells: ['0', '1', '0', '3'] },
      dropped: 2,
    });
  });

  it('lets a column flow along a vector', () => {
    const vector = { shape: [2], cells: ['0', '0'] };
    expect(pasteCells(vector, 'float32', 1, [['1'], ['.5']], [true])).toEqual({
      ok: true,
      tensor: { shape: [3], cells: ['0', '1', '0.5'] },
      dropped: 0,
    });
  });

  it('changes nothing when one value is wrong, and says which', () => {
    const result = pasteCells({ shape: [2], cells: ['0', '0'] }, 'int32', 0, [['1', 'x']], [true]);
    expect(result).toEqual({ ok: false, message: expect.stringContaining('“x” (row 1, column 2)') });
  });
});
