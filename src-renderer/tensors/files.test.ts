import { describe, expect, it } from 'vitest';
import type { DataType } from '#contracts/signature.ts';
import { tensor } from '../testing/fixtures.ts';
import { parseCsv, toCsv } from './csv.ts';
import { importTensor } from './import-tensor.ts';
import { labelsInMetadata, parseLabels } from './labels.ts';
import { readNpy, writeNpy } from './npy.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('npy', () => {
  it.each<[DataType, readonly string[]]>([
    ['float32', ['0.1', '-2.5', 'NaN', 'Infinity', '16777216', '1e-45']],
    ['float64', ['0.1', '-0.30000000000000004', '5e-324', '-Infinity', '0', '1']],
    ['float16', ['0', '1', '-2', '65504', 'Infinity', '0.5']],
    ['int8', ['-128', '127', '0', '1', '2', '3']],
    ['int16', ['-32768', '32767', '0', '1', '2', '3']],
    ['int32', ['-2147483648', '2147483647', '0', '1', '2', '3']],
    ['int64', ['-9223372036854775808', '9223372036854775807', '9007199254740993', '0', '1', '2']],
    ['uint8', ['0', '255', '1', '2', '3', '4']],
    ['uint16', ['0', '65535', '1', '2', '3', '4']],
    ['uint32', ['0', '4294967295', '1', '2', '3', '4']],
    ['uint64', ['0', '18446744073709551615', '1', '2', '3', '4']],
    ['bool', ['true', 'false', 'true', 'true', 'false', 'false']],
    ['string', ['', 'ö', '𝄞 clef', 'plain', 'x', 'yy']],
  ])('%s comes back as it was written', (dtype, cells) => {
    const array = { dtype, shape: [2, 3], cells };
    expect(readNpy(writeNpy(dtype, array))).toEqual({ ok: true, array });
  });

  it('rounds halves as NumPy does', () => {
    const cells = ['0.1', '65519', '65520', '6e-8', '2049', '-0.00006'];
    const read = readNpy(writeNpy('float16', { shape: [6], cells }));
    expect(read).toMatchObject({
      array: { shape: [6], cells: ['0.099976', '65504', 'Infinity', '5.9605e-8', '2048', '-0.000060022'] },
    });
  });

  it('writes a header that fills blocks of 64 bytes', () => {
    const file = writeNpy('float32', { shape: [2], cells: ['1', '2'] });
    expect(file.length % 64).toBe(8);
    expect(new TextDecoder().decode(file.subarray(10, 70))).toContain(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
    );
    expect(readNpy(writeNpy('float32', { shape: [], cells: ['7'] }))).toMatchObject({
      array: { shape: [], cells: ['7'] },
    });
  });

  /** A version 1 file by hand. */
  const npy = (header: string, data: readonly number[]): Uint8Array => {
    const text = bytes(header);
    return new Uint8Array([0x93, ...bytes('NUMPY'), 1, 0, text.length, 0, ...text, ...data]);
  };

  it('reads big endian, column-major and bytes', () => {
    expect(
      readNpy(npy("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 2), }", [0, 1, 0, 2, 0, 3, 0, 4])),
    ).toEqual({
      ok: true,
      array: { dtype: 'int16', shape: [2, 2], cells: ['1', '3', '2', '4'] },
    });
    expect(readNpy(npy("{'descr': '|S2', 'fortran_order': False, 'shape': (2,), }", [65, 0, 66, 67]))).toMatchObject({
      array: { dtype: 'string', cells: ['A', 'BC'] },
    });
  });

  it.each([
    ['nothing', new Uint8Array(), /not a \.npy/u],
    ['a picture', new Uint8Array([0x89, 0x50]), /not a \.npy/u],
    ['too few values', npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", [0, 0, 0, 0]), /cut short/u],
    ['objects', npy("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", []), /one plain type/u],
    ['complex numbers', npy("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", [0, 0, 0, 0]), /c8/u],
  ])('refuses %s', (_, file, message) => {
    const read = readNpy(file);
    expect(read.ok ? '' : read.message).toMatch(message);
  });
});

describe('csv', () => {
  it.each<[string, readonly (readonly string[])[]]>([
    [
      '1,2\n3,4\n',
      [
        ['1', '2'],
        ['3', '4'],
      ],
    ],
    [
      '1;2\r\n3;4',
      [
        ['1', '2'],
        ['3', '4'],
      ],
    ],
    ['a\tb\n', [['a', 'b']]],
    ['"x, y","say ""hi""",\n', [['x, y', 'say "hi"', '']]],
    ['"two\nlines",b', [['two\nlines', 'b']]],
    ['\ufeff1\n\n2', [['1'], ['2']]],
    ['', []],
  ])('%j', (text, rows) => {
    expect(parseCsv(text)).toEqual(rows);
  });
  it('is written by rows of the last axis', () => {
    expect(toCsv([2, 2], ['1', 'a,b', '"', '4'])).toBe('1,"a,b"\n"""",4\n');
    expect(toCsv([2], ['1', '2'])).toBe('1\n2\n');
    expect(parseCsv(toCsv([2, 2], ['1', 'a,b', '"', '4']))).toEqual([
      ['1', 'a,b'],
      ['"', '4'],
    ]);
  });
});

describe('importTensor', () => {
  const matrix = tensor('x', 'float32', ['batch', 3]);
  it.each([
    ['rows of cells', 'a.csv', '1,2,3\n4,5,6', { shape: [2, 3], cells: ['1', '2', '3', '4', '5', '6'] }],
    ['names above', 'a.csv', 'a,b,c\n1,2,3', { shape: [1, 3], cells: ['1', '2', '3'] }],
    ['a column', 'a.txt', '1\n2\n3', { shape: [1, 3], cells: ['1', '2', '3'] }],
    ['a tensor as JSON', 'a.json', '[[1,2,3]]', { shape: [1, 3], cells: ['1', '2', '3'] }],
    ['a request', 'a.json', '{"instances": [[1,2,3]]}', { shape: [1, 3], cells: ['1', '2', '3'] }],
    ['a request by name', 'a.json', '{"inputs": {"x": [[1,2,3]]}}', { shape: [1, 3], cells: ['1', '2', '3'] }],
  ])('%s', (_, name, text, expected) => {
    expect(importTensor(name, bytes(text), matrix)).toEqual({ ok: true, tensor: expected });
  });

  it.each([
    { shape: [2, 4], dims: ['batch', 2, 2], expected: [2, 2, 2] },
    { shape: [2, 2], dims: [1, 2, 2, 1], expected: [1, 2, 2, 1] },
    { shape: [2, 2], dims: ['batch', 4], expected: [1, 4] },
    { shape: [6], dims: [2, 3], expected: [2, 3] },
    { shape: [0, 3], dims: ['batch', 3], expected: [0, 3] },
    { shape: [3, 2], dims: [2, 3], expected: undefined },
    { shape: [3, 2], dims: ['batch', 3], expected: undefined },
  ])('takes $shape for $dims as $expected', ({ shape, dims, expected }) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const file = writeNpy('float32', { shape, cells: Array.from({ length: count }, (_, index) => `${index}`) });
    const read = importTensor('x.npy', file, tensor('x', 'float32', dims));
    expect(read.ok ? read.tensor.shape : undefined).toEqual(expected);
  });

  it('takes an array of another element type where nothing is lost', () => {
    const file = writeNpy('float64', { shape: [3], cells: ['1', '2', '3'] });
    expect(importTensor('x.npy', file, tensor('x', 'int32', ['n']))).toMatchObject({
      ok: true,
      tensor: { cells: ['1', '2', '3'] },
    });
    const half = writeNpy('float64', { shape: [1], cells: ['1.5'] });
    expect(importTensor('x.npy', half, tensor('x', 'int32', ['n']))).toMatchObject({ ok: false });
  });

  it.each([
    ['uneven rows', '1,2,3\n4,5', /Row 2 has 2 cells where row 1 has 3/u],
    ['the wrong size', '1,2\n3,4', /\[2, 2\]; the model wants \[batch, 3\]/u],
    ['words', '1,x,3', /“x”/u],
    ['nothing', '', /no values/u],
  ])('refuses %s', (_, text, message) => {
    const read = importTensor('a.csv', bytes(text), matrix);
    expect(read.ok ? '' : read.message).toMatch(message);
  });
});

describe('labels', () => {
  it.each([
    ['lines', 'cat\r\ndog\n', ['cat', 'dog']],
    ['a list', '["cat", "dog"]', ['cat', 'dog']],
    ['an object', '{"1": "dog", "0": "cat"}', ['cat', 'dog']],
    ['a Python dict', `{0: 'cat', 2: "dog's"}`, ['cat', 'class 1', "dog's"]],
    ['nothing', '', []],
  ])('%s', (_, text, expected) => {
    expect(parseLabels(text)).toEqual(expected);
  });
  it('are found in what a model says of itself', () => {
    expect(labelsInMetadata({ stride: '32', names: "{0: 'person', 1: 'bicycle'}" })).toEqual(['person', 'bicycle']);
    expect(labelsInMetadata({ author: 'me' })).toBeUndefined();
  });
});
