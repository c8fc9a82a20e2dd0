import type { ModelSignature } from '#contracts/signature.ts';
import { describe, expect, it } from 'vitest';
import { tensor } from '../testing/fixtures.ts';
import type { FormRequest } from './request-form.ts';
import {
  dimControls,
  exampleRequest,
  fillRequest,
  inputsNamedIn,
  readRequest,
  resizeDim,
  rowsPossible,
  withInput,
  withStyle,
  writeForm,
  writeRequest,
} from './request-form.ts';

const one: ModelSignature = {
  inputs: [tensor('x', 'float32', ['batch'])],
  outputs: [tensor('y', 'float32', ['batch'])],
};
const several: ModelSignature = {
  inputs: [tensor('ids', 'int64', ['batch']), tensor('features', 'float32', ['batch', 2])],
  outputs: [tensor('score', 'float32', ['batch'])],
};
const fixed: ModelSignature = {
  inputs: [tensor('image', 'uint8', [1, 2]), tensor('k', 'int64', [], true)],
  outputs: [tensor('label', 'string', [null])],
};

function form(text: string, signature: ModelSignature): FormRequest {
  const reading = readRequest(text, signature);
  if (reading.kind !== 'form') throw new Error(JSON.stringify(reading));
  return reading;
}

describe('form and JSON', () => {
  it.each([
    ['rows of one input', one, '{"instances": [1.0, 2.0, NaN]}'],
    ['named rows of one input', one, '{"instances": [{"x": 1.0}, {"x": 2.0}]}'],
    ['a bare column', one, '{"inputs": [1.0]}'],
    ['a named column', one, '{"inputs": {"x": [1.0]}}'],
    ['another key, kept', one, '{"signature_name": "serving_default", "instances": [1.0]}'],
    ['rows of several inputs', several, '{"instances": [{"ids": 9007199254740993, "features": [1.0, 2.0]}]}'],
    ['columns of several inputs', several, '{"inputs": {"ids": [-9223372036854775808], "features": [[1.0, 2.0]]}}'],
    ['an optional input left out', fixed, '{"inputs": {"image": [[0, 255]]}}'],
    ['uneven lists, kept as JSON', several, '{"inputs": {"ids": [1], "features": [[1.0], [2.0, 3.0]]}}'],
    ['base64, kept as JSON', one, '{"instances": [{"b64": "AQ=="}]}'],
  ])('%s: reading and writing give the same text', (_, signature, text) => {
    expect(writeRequest(form(text, signature), signature)).toBe(text);
  });

  const large = 60_000;
  it.each([
    ['a row', 'instances', true, ['batch', large]],
    ['named rows', 'instances', false, ['batch', large]],
    ['a bare column', 'inputs', true, [1, large]],
    ['a named column', 'inputs', false, [1, 3, large / 3]],
  ] as const)('writes very many elements on one line, as %s', (_, style, bare, dims) => {
    const signature: ModelSignature = { inputs: [tensor('x', 'float32', dims)], outputs: [] };
    const cells = Array.from({ length: large }, (_cell, index) => `${index}.5`);
    const shape = dims.map((dim) => (dim === 'batch' ? 1 : dim));
    const before: FormRequest = {
      kind: 'form',
      style,
      bare,
      rest: new Map([['signature_name', 'a']]),
      inputs: new Map([['x', { kind: 'tensor', tensor: { shape, cells } }]]),
    };
    const written = writeForm(before, signature);
    expect(written.text).not.toContain('\n');
    expect(form(written.text, signature)).toEqual(written.form);
    expect(written.form).toEqual(before);
  });

  it('writes very many elements as columns where rows cannot be made of them', () => {
    const signature: ModelSignature = {
      inputs: [tensor('s', 'string', ['batch']), tensor('x', 'bool', ['rows', 2])],
      outputs: [],
    };
    const before: FormRequest = {
      kind: 'form',
      style: 'instances',
      bare: false,
      rest: new Map(),
      inputs: new Map([
        ['s', { kind: 'tensor', tensor: { shape: [1], cells: ['a "b"'] } }],
        ['x', { kind: 'tensor', tensor: { shape: [30_000, 2], cells: Array.from({ length: large }, () => 'true') } }],
      ]),
    };
    const written = writeForm(before, signature);
    expect(written.text.slice(0, 50)).toBe('{"inputs": {"s": ["a \\"b\\""], "x": [[true, true], ');
    expect(written.form.style).toBe('inputs');
    expect(form(written.text, signature)).toMatchObject({ style: 'inputs' });
  });

  it('does not read what is very long', () => {
    const text = `{"instances": [${'1, '.repeat(2_000_000)}1]}`;
    expect(readRequest(text, one)).toMatchObject({ kind: 'custom', isTooLarge: true });
  });

  it.each([
    ['a list', '[1]', 'not an object'],
    ['neither key', '{"x": 1}', 'exactly one'],
    ['both keys', '{"instances": [1], "inputs": [1]}', 'exactly one'],
    ['an unknown input', '{"inputs": {"z": [1]}}', '“z”'],
    ['a missing input in a row', '{"instances": [{"ids": 1}]}', 'has no “features”'],
    ['mixed rows', '{"instances": [{"ids": 1, "features": [1, 2]}, 3]}', 'some are not'],
    ['bare values for several inputs', '{"instances": [1]}', 'one key per input'],
    ['a bare column for several inputs', '{"inputs": [1]}', 'has several'],
  ])('%s is custom', (_, text, reason) => {
    expect(readRequest(text, several)).toEqual({ kind: 'custom', reason: expect.stringContaining(reason) });
  });

  it('tells where unparseable text breaks', () => {
    expect(readRequest('{"instances": [1,\n}', one)).toEqual({
      kind: 'unparseable',
      line: 2,
      column: 1,
      message: 'Unexpected }',
    });
  });

  it('edits one cell and touches no other digit', () => {
    const before = form('{"instances": [{"ids": 9007199254740993, "features": [1.50, 2e0]}]}', several);
    const after = withInput(
      before,
      'features',
      { kind: 'tensor', tensor: { shape: [1, 2], cells: ['7', '2e0'] } },
      several,
    );
    expect(writeRequest(after, several)).toBe('{"instances": [{"ids": 9007199254740993, "features": [7, 2e0]}]}');
  });

  it('turns rows into columns and back', () => {
    const rows = '{"instances": [{"ids": 1, "features": [1.0, 2.0]}, {"ids": 2, "features": [3.0, 4.0]}]}';
    const columns = '{"inputs": {"ids": [1, 2], "features": [[1.0, 2.0], [3.0, 4.0]]}}';
    expect(writeRequest(withStyle(form(rows, several), 'inputs', several), several)).toBe(columns);
    expect(writeRequest(withStyle(form(columns, several), 'instances', several), several)).toBe(rows);
  });

  it('writes columns where rows cannot be made', () => {
    const uneven = '{"inputs": {"ids": [1, 2], "features": [[1.0, 2.0]]}}';
    expect(writeRequest(withStyle(form(uneven, several), 'instances', several), several)).toBe(uneven);
  });
});

describe('sizes', () => {
  it('asks once for an axis that several inputs share, and keeps them equal', () => {
    const start = exampleRequest(several);
    expect(dimControls(start, several)).toEqual([
      { key: 'rows', label: 'batch', size: 1, inputs: ['ids', 'features'] },
    ]);
    expect(writeRequest(resizeDim(start, several, 'rows', 2), several)).toBe(
      '{"instances": [{"ids": 0, "features": [0.0, 0.0]}, {"ids": 0, "features": [0.0, 0.0]}]}',
    );
  });

  it('tells which input disagrees', () => {
    const uneven = form('{"inputs": {"ids": [1, 2], "features": [[1.0, 2.0]]}}', several);
    expect(uneven.inputs.get('features')).toMatchObject({ problem: 'batch is 1 here and 2 in ids' });
  });

  it.each([
    ['{"inputs": {"image": [[1, 2, 3]]}}', 'Axis 1 has 3 elements; the model wants 2'],
    ['{"inputs": {"image": [1, 2]}}', 'Has 1 axes; the model wants 2'],
  ])('%s disagrees with the signature', (text, problem) => {
    expect(form(text, fixed).inputs.get('image')).toMatchObject({ problem });
  });
});

describe('exampleRequest', () => {
  it.each([
    [one, '{"instances": [1.0, 2.0, 5.0]}'],
    [several, '{"instances": [{"ids": 0, "features": [0.0, 0.0]}]}'],
    [fixed, '{"inputs": {"image": [[0, 0]]}}'],
  ])('suits the signature', (signature, text) => {
    expect(writeRequest(exampleRequest(signature), signature)).toBe(text);
  });

  it('is rows only where every input and output has an open first axis of one name', () => {
    expect([one, several, fixed].map(rowsPossible)).toEqual([true, true, false]);
  });

  it('is filled alike by the same seed', () => {
    const fill = (seed: number) =>
      writeRequest(fillRequest(exampleRequest(several), several, 'uniform', seed), several);
    expect(fill(7)).toBe(fill(7));
    expect(fill(7)).not.toBe(fill(8));
  });
});

describe('inputsNamedIn', () => {
  it.each([
    ["Missing named input: ids in 'inputs' object.", ['ids']],
    ["Failed to process element: 0 key: features of 'instances' list.", ['features']],
    ['input "ids" wants int64', ['ids']],
    ['The ids of March are unknown', []],
    ['input features_2 is unknown', []],
    ['tensor parsing error: ids: too few', ['ids']],
    ['Expecting tensor size: 2 but got: 3', []],
  ])('%s', (message, names) => {
    expect(inputsNamedIn(message, several)).toEqual(names);
  });

  it.each([
    ['Expecting tensor size: 2 but got: 3', ['x']],
    ['JSON Value: "a" Type: String is not of expected type: float', ['x']],
    ['Servable not found for request: Latest(m)', []],
  ])('of the only input: %s', (message, names) => {
    expect(inputsNamedIn(message, one)).toEqual(names);
  });

  it('takes names with special characters as they are', () => {
    const odd: ModelSignature = { inputs: [tensor('a.b:0', 'float32', [])], outputs: [] };
    expect(inputsNamedIn('input "a.b:0" is wrong', odd)).toEqual(['a.b:0']);
    expect(inputsNamedIn('input "aXb:0" is wrong', odd)).toEqual([]);
  });
});
