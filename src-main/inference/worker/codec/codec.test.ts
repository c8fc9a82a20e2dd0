/**
 * The REST dialect, body to body: TensorFlow Serving util/json_tensor.cc and json_tensor_test.cc,
 * servables/tensorflow/{predict_util,classifier,regressor}.cc. What is meant to differ says so.
 */
import { describe, expect, it } from 'vitest';
import type { ModelSignature } from '../../../contracts/signature.ts';
import type { Call } from '../../protocol/call.ts';
import type { HostTensor } from './host-tensor.ts';
import { errorOf, parse } from './testing/codecs.ts';
import { tensorInfo } from './testing/signatures.ts';

const y = tensorInfo('y', 'float32', ['n']);
const one: ModelSignature = { inputs: [tensorInfo('x', 'float32')], outputs: [y] };
const text: ModelSignature = { inputs: [tensorInfo('x', 'string')], outputs: [y] };
const two: ModelSignature = { inputs: [tensorInfo('b', 'float32'), tensorInfo('a', 'int32')], outputs: [y] };
const scalarOutput: ModelSignature = { inputs: one.inputs, outputs: [tensorInfo('y', 'float32', [])] };
const item = (place: string, code: string, message: string): string =>
  `INVALID_ARGUMENT: Failed to process element: ${place} of 'instances' list. Error: ${code}: ${message}`;
const deep = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

interface Refusal {
  /** The row of TensorFlow Serving's table of errors, as the reference has it. */
  readonly row: string;
  readonly call?: Call;
  readonly body: string;
  readonly model?: ModelSignature;
  readonly error: string;
}

const refusals: readonly Refusal[] = [
  { row: '7 empty body', body: '', error: 'INVALID_ARGUMENT: JSON Parse error: The document is empty' },
  {
    row: '7 empty body',
    call: 'classifyJson',
    body: '',
    error: 'INVALID_ARGUMENT: JSON Parse error: The document is empty',
  },
  {
    row: '7 white space',
    call: 'regressJson',
    body: ' ',
    error: 'INVALID_ARGUMENT: JSON Parse error: The document is empty. at offset: 1',
  },
  { row: '8 bad JSON', body: 'x', error: 'INVALID_ARGUMENT: JSON Parse error: Invalid value. at offset: 0' },
  {
    row: '8 bad JSON',
    call: 'classifyJson',
    body: 'x',
    error: 'INVALID_ARGUMENT: JSON Parse error: Invalid value. at offset: 0',
  },
  {
    row: '8 bad JSON behind the key',
    call: 'classifyJson',
    body: '{"examples": [], }',
    error: 'INVALID_ARGUMENT: JSON Parse error: Missing a name for object member. at offset: 17',
  },
  { row: '9 not an object', body: '[1]', error: 'INVALID_ARGUMENT: JSON Value: [\n    1\n] Is not object' },
  {
    row: '9 not an object',
    call: 'regressJson',
    body: '"x"',
    error: 'INVALID_ARGUMENT: JSON Value: "x" Is not object',
  },
  {
    row: '10 signature_name not string',
    body: '{"signature_name": 1}',
    error:
      'INVALID_ARGUMENT: JSON Value: {\n    "signature_name": 1\n} not formatted correctly. \'signature_name\' key must be a string value.',
  },
  {
    row: '10 signature_name not string',
    call: 'classifyJson',
    body: '{"signature_name": null}',
    error:
      'INVALID_ARGUMENT: JSON Value: {\n    "signature_name": null\n} not formatted correctly. \'signature_name\' key must be a string value.',
  },
  {
    row: '11 unknown signature',
    body: '{"signature_name": "S", "instances": [1]}',
    error: 'INVALID_ARGUMENT: Serving signature name: "S" not found in signature def',
  },
  {
    row: '12 unknown signature',
    call: 'classifyJson',
    body: '{"signature_name": "S", "examples": [{"x": 1}]}',
    error: 'INVALID_ARGUMENT: No signature was found with the name: S',
  },
  {
    row: '12 unknown signature',
    call: 'regressJson',
    body: '{"signature_name": "S", "examples": [{"x": 1}]}',
    error: 'INVALID_ARGUMENT: No signature was found with the name: S',
  },
  { row: '13 neither key', body: '{"examples": []}', error: "INVALID_ARGUMENT: Missing 'inputs' or 'instances' key" },
  {
    row: '14 both keys',
    body: '{"inputs": 1, "instances": 2}',
    error:
      'INVALID_ARGUMENT: JSON Value: {\n    "inputs": 1,\n    "instances": 2\n} Not formatted correctly expecting only one of \'inputs\' or \'instances\' keys to exist ',
  },
  {
    row: '15 instances not a list',
    body: '{"instances": 1}',
    error: 'INVALID_ARGUMENT: JSON Value: {\n    "instances": 1\n} Expecting \'instances\' to be an list/array',
  },
  {
    row: '16 empty instances',
    body: '{"instances": []}',
    error: 'INVALID_ARGUMENT: JSON Value: {\n    "instances": []\n} No values in \'instances\' array',
  },
  {
    row: '17 plain list, several inputs',
    body: '{"instances": [1]}',
    model: two,
    error:
      'INVALID_ARGUMENT: instances is a plain list, but expecting list of objects as multiple input tensors required as per tensorinfo_map',
  },
  {
    row: '18 mixed items',
    body: '{"instances": [{"x": 1}, [1]]}',
    error: 'INVALID_ARGUMENT: Expecting object but got list at item 1 of input list',
  },
  {
    row: '18 mixed items',
    body: '{"instances": [1, {"x": 1}]}',
    error: 'INVALID_ARGUMENT: Expecting value/list but got object at item 1 of input list',
  },
  {
    row: '19 unknown key in item',
    body: '{"instances": [{"x": 1, "K": 2}]}',
    error: item('0 key: K', 'INVALID_ARGUMENT', 'JSON object: does not have named input: K'),
  },
  {
    row: '20 missing key in item',
    body: '{"instances": [{"a": 1}]}',
    model: two,
    error:
      'INVALID_ARGUMENT: Failed to process element: 0 of \'instances\' list. JSON object: {\n    "a": 1\n} keys must be equal to: a,b',
  },
  {
    row: '21 items differ in size',
    body: '{"instances": [[1, 2], [1, 2, 3]]}',
    error: item('1', 'INVALID_ARGUMENT', 'Expecting tensor size: 2 but got: 3'),
  },
  {
    row: '21 items differ in shape',
    body: '{"instances": [[1, 2], [[1, 2]]]}',
    error: item('1', 'INVALID_ARGUMENT', 'Expecting shape [2] but got: [1,2]'),
  },
  {
    row: '22 ragged: size',
    body: '{"inputs": [[1, 2], [1]]}',
    error: 'INVALID_ARGUMENT: Encountered list at unexpected size: 1 at level: 1 expected size: 2',
  },
  {
    row: '22 ragged: deeper',
    body: '{"inputs": [1, [2]]}',
    error: 'INVALID_ARGUMENT: Encountered list at unexpected level: 1 expected < 1',
  },
  {
    row: '22 ragged: flatter',
    body: '{"inputs": [[1], 2]}',
    error: 'INVALID_ARGUMENT: JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: 2',
  },
  {
    row: '22 wrapped',
    body: '{"instances": [[[1, 2], [1]]]}',
    error: item('0', 'INVALID_ARGUMENT', 'Encountered list at unexpected size: 1 at level: 1 expected size: 2'),
  },
  {
    row: '23 wrong type',
    body: '{"inputs": ["x"]}',
    error: 'INVALID_ARGUMENT: JSON Value: "x" Type: String is not of expected type: float',
  },
  {
    row: '23 wrapped',
    body: '{"instances": ["x"]}',
    error: item('0', 'INVALID_ARGUMENT', 'JSON Value: "x" Type: String is not of expected type: float'),
  },
  {
    row: '24 unsupported dtype',
    body: '{"inputs": [1.5]}',
    model: { inputs: [tensorInfo('x', 'bfloat16')], outputs: [y] },
    error: 'UNIMPLEMENTED: Conversion of JSON Value: 1.5 to type: bfloat16',
  },
  {
    row: '24 wrapped',
    body: '{"instances": [1.5]}',
    model: { inputs: [tensorInfo('x', 'bfloat16')], outputs: [y] },
    error: item('0', 'UNIMPLEMENTED', 'Conversion of JSON Value: 1.5 to type: bfloat16'),
  },
  {
    row: '25 bad b64 object',
    body: '{"inputs": [{"b64": 1}]}',
    model: text,
    error: 'INVALID_ARGUMENT: JSON Value: {\n    "b64": 1\n} not formatted correctly for base64 data',
  },
  {
    row: '25 bad b64 data',
    body: '{"inputs": [{"b64": "-"}]}',
    model: text,
    error: 'INVALID_ARGUMENT: Unable to base64 decode',
  },
  {
    row: '26 columnar, input missing',
    body: '{"inputs": {"b": 1}}',
    model: two,
    error: "INVALID_ARGUMENT: Missing named input: a in 'inputs' object.",
  },
  {
    row: '27 columnar bare value, several inputs',
    body: '{"inputs": 1}',
    model: two,
    error:
      'INVALID_ARGUMENT: inputs is a plain value/list, but expecting an object as multiple input tensors required as per tensorinfo_map',
  },
  // Deviation: before the run, and with a hint.
  {
    row: '28 row mode, scalar output',
    body: '{"instances": [1]}',
    model: scalarOutput,
    error:
      "INVALID_ARGUMENT: Tensor name: y has no shape information (it is a scalar; send 'inputs' instead of 'instances')",
  },
  {
    row: '30 classify without examples',
    call: 'classifyJson',
    body: '{"instances": [1]}',
    error:
      'INVALID_ARGUMENT: JSON Value: {\n    "instances": [\n        1\n    ]\n} When method is classify, key \'examples\' is expected and was not found',
  },
  {
    row: '30 regress without examples',
    call: 'regressJson',
    body: '{}',
    error: "INVALID_ARGUMENT: JSON Value: {} When method is classify, key 'examples' is expected and was not found",
  },
  {
    row: '31 examples empty',
    call: 'classifyJson',
    body: '{"examples": []}',
    error: 'INVALID_ARGUMENT: JSON Value: {\n    "examples": []\n} \'examples\' value is an empty array',
  },
  {
    row: '31 examples not list',
    call: 'regressJson',
    body: '{"examples": {"x": 1}}',
    error:
      'INVALID_ARGUMENT: JSON Value: {\n    "examples": {\n        "x": 1\n    }\n} Expecting \'examples\' value to be an list/array',
  },
];

describe('what TensorFlow Serving refuses', () => {
  it.each(refusals)('row $row: $body', ({ call = 'predictJson', body, model = one, error }) => {
    expect(errorOf(() => parse(call, body, model))).toBe(error);
  });

  it('row 29 row mode, outputs disagree', () => {
    const outputs = new Map<string, HostTensor>([
      ['a', { dtype: 'float32', dims: [3], data: new Float32Array(3) }],
      ['y', { dtype: 'float32', dims: [1], data: new Float32Array(1) }],
    ]);
    const request = parse('predictJson', '{"instances": [1]}', one);
    expect(errorOf(() => request.write(outputs))).toBe(
      'INVALID_ARGUMENT: Tensor name: y has inconsistent batch size: 1 expecting: 3',
    );
  });
});

// Megabytes of brackets, several times over: seconds on a machine that is busy.
describe('nesting', { timeout: 60_000 }, () => {
  it.each<[string, Call, () => string]>([
    ['lists', 'predictJson', () => `{"a": ${deep(500_000)}, "instances": [1]}`],
    ['objects', 'predictJson', () => `{"instances": [1], "a": ${'{"a":'.repeat(500_000)}1${'}'.repeat(500_000)}}`],
    ['lists', 'classifyJson', () => `{"a": ${deep(500_000)}, "examples": [{"x": 1}]}`],
  ])('of 500 000 %s is fine in what is ignored by %s', (_, call, body) => {
    const model = { ...one, outputs: [tensorInfo('scores', 'float32', ['n'])] };
    expect(errorOf(() => parse(call, body(), model))).toBe('no error');
  });

  // TensorFlow Serving's parser takes it, and the model refuses it afterwards: a shape has at most 254 axes.
  it.each([
    ['instances', (lists: string) => `{"instances": ${lists}}`],
    ['inputs', (lists: string) => `{"inputs": ${lists}}`],
    ['a named input', (lists: string) => `{"inputs": {"x": ${lists}}}`],
  ])('of 500 000 levels is no tensor: %s', (_, bodyOf) => {
    const error = errorOf(() => parse('predictJson', bodyOf(deep(500_000)), one));
    expect(error).toContain('A tensor has at most 254 axes, but here are more.');
  });

  it('is bounded, as memory is', () => {
    expect(errorOf(() => parse('predictJson', `{"a": ${deep(1_000_001)}, "instances": [1]}`, one))).toBe(
      'INVALID_ARGUMENT: JSON Parse error: Nested more than 1000000 levels deep. at offset: 1000005',
    );
  });
});

describe('the dialect', () => {
  const values = (body: string | Uint8Array, model = one): unknown[] => {
    const all: unknown[] = [];
    for (const value of parse('predictJson', body, model).inputs.get('x')?.data ?? []) all.push(value);
    return all;
  };

  it.each<[string, string | Uint8Array, unknown[]]>([
    [
      'NaN and infinities in all their spellings',
      '{"instances": [NaN, -NaN, Inf, Infinity, -Inf, -Infinity]}',
      [NaN, NaN, Infinity, Infinity, -Infinity, -Infinity],
    ],
    ['the first of duplicate keys', '{"instances": [1], "instances": [2], "instances": "x"}', [1]],
    ['a byte order mark', Buffer.from('\u{feff}{"instances": [1]}'), [1]],
    ['what follows the brace', '{"instances": [1]} {"instances": [2]} ]', [1]],
    ['raw invalid UTF-8 in strings', Buffer.from('{"\u{ff}": "\u{fe}", "instances": [1]}', 'latin1'), [1]],
    ['-0, an integer, without its sign, and -0.0', '{"instances": [-0, -0.0]}', [0, -0]],
    ['integers beyond uint64, which are doubles', '{"instances": [18446744073709551616, 1e300]}', [2 ** 64, Infinity]],
    ['an empty signature_name', '{"signature_name": "", "instances": [1]}', [1]],
  ])('has %s', (_, body, expected) => {
    expect(values(body)).toEqual(expected);
  });

  it.each(['1e400', '+1', '01', '.5', '1.', 'nan', 'infinity', "'1'", '1,', '/**/1', '// 1'])('has no %s', (token) => {
    expect(errorOf(() => values(`{"instances": [${token}]}`))).toMatch(/^INVALID_ARGUMENT: JSON Parse error: /u);
  });
});

describe('answers', () => {
  const answer = (body: string, outputs: Readonly<Record<string, HostTensor>>): string =>
    Buffer.from(parse('predictJson', body, one).write(new Map(Object.entries(outputs)))).toString();
  const row = '{"instances": [1]}';
  const column = '{"inputs": [1]}';

  it('have predictions for rows and outputs for columns', () => {
    const outputs: Readonly<Record<string, HostTensor>> = {
      b: { dtype: 'float32', dims: [2], data: Float32Array.of(1, 2.5) },
      a: { dtype: 'int64', dims: [2, 1], data: BigInt64Array.of(2n ** 62n, -1n) },
    };
    expect(answer(row, outputs)).toBe(
      '{"predictions": [{"b": 1.0, "a": [4611686018427387904]}, {"b": 2.5, "a": [-1]}]}',
    );
    expect(answer(column, outputs)).toBe('{"outputs": {"b": [1.0, 2.5], "a": [[4611686018427387904], [-1]]}}');
  });

  it.each([
    [0.1, '0.1'],
    [1, '1.0'],
    [1e6, '1e+06'],
    [9e6, '9e+06'],
    [999_999, '999999.0'],
    [1_234_567, '1234567.0'],
    [16_777_216, '16777216.0'],
    [1e-5, '1e-05'],
    [-0, '-0.0'],
    [NaN, 'NaN'],
    [Infinity, 'Infinity'],
    [-Infinity, '-Infinity'],
    [3.4028234663852886e38, '3.4028235e+38'],
  ])('have %d as %s', (value, token) => {
    expect(answer(row, { y: { dtype: 'float32', dims: [1], data: Float32Array.of(value) } })).toBe(
      `{"predictions": [${token}]}`,
    );
  });

  it('have control characters escaped, the rest as it is, and bytes as base64', () => {
    const data = ['\u{0}\u{1f}\n"\\/é\u{2028}'];
    const tensor: HostTensor = { dtype: 'string', dims: [1], data };
    expect(answer(row, { y: tensor })).toBe(String.raw`{"predictions": ["\u0000\u001f\n\"\\/é${'\u{2028}'}"]}`);
    expect(answer(row, { y_bytes: tensor })).toBe(
      `{"predictions": [{"b64": "${Buffer.from(data.join('')).toString('base64')}"}]}`,
    );
  });
});
