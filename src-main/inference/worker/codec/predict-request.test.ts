import { describe, expect, it } from 'vitest';
import { ServingError } from '../../../contracts/serving-error.ts';
import type { DataType, ModelSignature } from '../../../contracts/signature.ts';
import { fromHalfBits } from './half.ts';
import { elementCount, type HostTensor } from './host-tensor.ts';
import { parsePredictRequest, type PredictRequest } from './predict-request.ts';
import type { PredictLimits } from './predict-rules.ts';
import { type Random, randomSource } from './testing/random.ts';
import { takes, tensorInfo } from './testing/signatures.ts';

const LIMITS: PredictLimits = { maxDepth: 64, maxTensorBytes: 1e9 };

function parse(body: string | Uint8Array, signature: ModelSignature, limits = LIMITS): PredictRequest {
  return parsePredictRequest(typeof body === 'string' ? Buffer.from(body) : body, signature, limits);
}

/** `CODE: message` of the error, so that one text shows both. */
function errorOf(body: string | Uint8Array, signature: ModelSignature, limits = LIMITS): string {
  try {
    parse(body, signature, limits);
  } catch (error) {
    if (error instanceof ServingError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'no error';
}

/** What came in for the input called x. */
function inputX(body: string | Uint8Array, dtype: DataType = 'float32'): HostTensor | undefined {
  return parse(body, takes(tensorInfo('x', dtype))).inputs.get('x');
}

function elements(tensor: HostTensor | undefined): unknown[] {
  const all: unknown[] = [];
  for (const element of tensor?.data ?? []) all.push(element);
  return all;
}

/** The values of `inputs` when it is the JSON text given. */
function values(dtype: DataType, json: string): unknown[] {
  return elements(inputX(`{"inputs": ${json}}`, dtype));
}

const x = takes(tensorInfo('x', 'float32'));
const ab = takes(tensorInfo('a', 'float32'), tensorInfo('b', 'int32'));

describe('the JSON dialect', () => {
  it.each([
    ['white space of all four kinds', ' \t\r\n{ \t"inputs"\r:\n[ 1 ,\t2\r,\n3 ] } '],
    ['no white space', '{"inputs":[1,2,3]}'],
    ['a byte order mark', '\u{feff}{"inputs":[1,2,3]}'],
    ['anything after the closing brace', '{"inputs":[1,2,3]} trailing } ] garbage \0'],
    ['the first of duplicate keys', '{"inputs":[1,2,3],"inputs":[4]}'],
    ['a duplicate of another kind', '{"inputs":[1,2,3],"inputs":{"x":"no"}}'],
    ['keys it does not know', '{"a":{"b":[1,{"c":null}],"d":"}"},"inputs":[1,2,3],"z":[[],{},true,false,-1.5e-7,NaN]}'],
    ['signature_name before', '{"signature_name":"serving_default","inputs":[1,2,3]}'],
    ['signature_name after', '{"inputs":[1,2,3],"signature_name":"serving_default"}'],
    ['an empty signature_name', '{"inputs":[1,2,3],"signature_name":""}'],
    ['the first of two signature names', '{"signature_name":"","inputs":[1,2,3],"signature_name":7}'],
    ['escapes in keys', String.raw`{"\u0069np\u0075ts":[1,2,3]}`],
    ['deep nesting in a key it does not know', `{"a":${'['.repeat(60)}${']'.repeat(60)},"inputs":[1,2,3]}`],
    ['invalid UTF-8 in strings', Buffer.from('{"a\u{ff}":"\u{c0}\u{80}","inputs":[1,2,3]}', 'latin1')],
    ['many spaces after commas', '{"inputs":[1,     2,\n\n\n   3]}'],
  ])('accepts %s', (_, body) => {
    expect(elements(inputX(body))).toEqual([1, 2, 3]);
  });

  it.each([
    ['', 'The document is empty'],
    ['   ', 'The document is empty. at offset: 3'],
    ['\u{feff}', 'The document is empty. at offset: 3'],
    ['\0', 'Invalid value. at offset: 0'],
    ['{', 'Missing a name for object member. at offset: 1'],
    ['{1:2}', 'Missing a name for object member. at offset: 1'],
    ["{'inputs':1}", 'Missing a name for object member. at offset: 1'],
    ['{"inputs"}', 'Missing a colon after a name of object member. at offset: 9'],
    ['{"inputs" 1}', 'Missing a colon after a name of object member. at offset: 10'],
    ['{"inputs":}', 'Invalid value. at offset: 10'],
    ['{"inputs":1', "Missing a comma or '}' after an object member. at offset: 11"],
    ['{"inputs":1]', "Missing a comma or '}' after an object member. at offset: 11"],
    ['{"inputs":1,}', 'Missing a name for object member. at offset: 12'],
    ['{"inputs":[1,2}', "Missing a comma or ']' after an array element. at offset: 14"],
    ['{"inputs":[1 2]}', "Missing a comma or ']' after an array element. at offset: 13"],
    ['{"inputs":[1,]}', 'Invalid value. at offset: 13'],
    ['{"inputs":[,1]}', 'Invalid value. at offset: 11'],
    ['{"inputs":[1,,2]}', 'Invalid value. at offset: 13'],
    ['{"inputs":[[1],]}', 'Invalid value. at offset: 15'],
    ['{"inputs":[', 'Invalid value. at offset: 11'],
    ['{"inputs":[[1', "Missing a comma or ']' after an array element. at offset: 13"],
    ['{"inputs":[01]}', "Missing a comma or ']' after an array element. at offset: 12"],
    ['{"inputs":[-01]}', "Missing a comma or ']' after an array element. at offset: 13"],
    ['{"inputs":[+1]}', 'Invalid value. at offset: 11'],
    ['{"inputs":[.5]}', 'Invalid value. at offset: 11'],
    ['{"inputs":[-]}', 'Invalid value. at offset: 12'],
    ['{"inputs":[-.5]}', 'Invalid value. at offset: 12'],
    ['{"inputs":[1.]}', 'Miss fraction part in number. at offset: 13'],
    ['{"inputs":[1.e5]}', 'Miss fraction part in number. at offset: 13'],
    ['{"inputs":[1e]}', 'Miss exponent in number. at offset: 13'],
    ['{"inputs":[1e+]}', 'Miss exponent in number. at offset: 14'],
    ['{"inputs":[1E-x]}', 'Miss exponent in number. at offset: 14'],
    ['{"inputs":[1e400]}', 'Number too big to be stored in double. at offset: 11'],
    ['{"inputs":[-1e400]}', 'Number too big to be stored in double. at offset: 11'],
    [`{"inputs":[1${'0'.repeat(400)}]}`, 'Number too big to be stored in double. at offset: 11'],
    ['{"a":1e400,"inputs":[1]}', 'Number too big to be stored in double. at offset: 5'],
    ['{"inputs":[nan]}', 'Invalid value. at offset: 12'],
    ['{"inputs":[NAN]}', 'Invalid value. at offset: 11'],
    ['{"inputs":[Infinit]}', 'Invalid value. at offset: 11'],
    ['{"inputs":[inf]}', 'Invalid value. at offset: 11'],
    ['{"inputs":[+Infinity]}', 'Invalid value. at offset: 11'],
    ['{"inputs":[0x10]}', "Missing a comma or ']' after an array element. at offset: 12"],
    ['{"inputs":[1_000]}', "Missing a comma or ']' after an array element. at offset: 12"],
    ['{"inputs":[tru]}', 'Invalid value. at offset: 14'],
    ['{"inputs":[True]}', 'Invalid value. at offset: 11'],
    ['{"inputs":[None]}', 'Invalid value. at offset: 11'],
    ['{"inputs":["abc]}', 'Missing a closing quotation mark in string. at offset: 17'],
    ['{"inputs":["a\nb"]}', 'Invalid encoding in string. at offset: 13'],
    [String.raw`{"inputs":["\x"]}`, 'Invalid escape character in string. at offset: 12'],
    [String.raw`{"inputs":["\u12g4"]}`, String.raw`Incorrect hex digit after \u escape in string. at offset: 12`],
    [String.raw`{"inputs":["\ud800"]}`, 'The surrogate pair in string is invalid. at offset: 12'],
    [String.raw`{"inputs":["\ud800\u0041"]}`, 'The surrogate pair in string is invalid. at offset: 12'],
    [String.raw`{"inputs":["\udc00"]}`, 'The surrogate pair in string is invalid. at offset: 12'],
    ['{"inputs":[1] // c\n}', "Missing a comma or '}' after an object member. at offset: 14"],
    ['{"inputs":/**/[1]}', 'Invalid value. at offset: 10'],
    ['[1,2', "Missing a comma or ']' after an array element. at offset: 4"],
    ['\u{feff}{"inputs":[x]}', 'Invalid value. at offset: 14'],
  ])('refuses %j', (body, message) => {
    expect(errorOf(body, x)).toBe(`INVALID_ARGUMENT: JSON Parse error: ${message}`);
  });

  it.each([
    ['an unknown signature', '{"signature_name":"no","inputs":[1]'],
    ['a type error', '{"inputs":["x"],"a":tru}'],
    ['ragged lists', '{"inputs":[[1],[1,2]],,}'],
    ['an error in an item', '{"instances":["x", }'],
    ['both keys', '{"inputs":[1],"instances":[1],"a":}'],
  ])('reports broken JSON before %s', (_, body) => {
    expect(errorOf(body, x)).toMatch(/^INVALID_ARGUMENT: JSON Parse error: /u);
  });
});

// Megabytes of brackets, several times over: seconds on a machine that is busy.
describe('nesting', { timeout: 60_000 }, () => {
  const nested = (depth: number): string => `{"inputs":${'['.repeat(depth)}1${']'.repeat(depth)}}`;

  it('may be as deep as the limit, the body itself included', () => {
    expect(parse(nested(63), x).inputs.get('x')?.dims.length).toBe(63);
    expect(errorOf(nested(64), x)).toBe(
      'INVALID_ARGUMENT: JSON Parse error: Nested more than 64 levels deep. at offset: 73',
    );
    expect(errorOf(`{"a":${'['.repeat(64)}${']'.repeat(64)},"inputs":1}`, x)).toMatch(/Nested more than 64/u);
  });

  it('counts what is open, not what was', () => {
    const lists = Array.from({ length: 200 }, () => '[[1]]').join();
    expect(parse(`{"inputs":[${lists}]}`, x, { ...LIMITS, maxDepth: 4 }).inputs.get('x')?.dims).toEqual([200, 1, 1]);
  });

  it.each([
    ['inputs', 'INVALID_ARGUMENT: A tensor has at most 254 axes, but here are more.'],
    ['other', 'no error'],
    ['instances', 'Not formatted correctly expecting only one'],
  ])('costs no stack: 500 000 lists in %s', (key, outcome) => {
    const body = `{"${key}":${'['.repeat(500_000)}${']'.repeat(500_000)},"inputs":[1]}`;
    expect(errorOf(body, x)).toContain('Nested more than 64 levels deep');
    expect(errorOf(body, x, { ...LIMITS, maxDepth: 1_000_000 })).toContain(outcome);
  });

  it('makes tensors of up to 254 axes, as in TensorFlow', () => {
    const limits = { ...LIMITS, maxDepth: 1_000_000 };
    const lists = (depth: number): string => `${'['.repeat(depth)}1${']'.repeat(depth)}`;
    const message = 'A tensor has at most 254 axes, but here are more.';
    expect(parse(`{"inputs": ${lists(254)}}`, x, limits).inputs.get('x')?.dims).toHaveLength(254);
    expect(errorOf(`{"inputs": ${lists(255)}}`, x, limits)).toBe(`INVALID_ARGUMENT: ${message}`);
    expect(errorOf(`{"instances": ${lists(254)}}`, x, limits)).toBe('no error');
    expect(errorOf(`{"instances": [{"x": ${lists(300)}}]}`, x, limits)).toBe(
      `INVALID_ARGUMENT: Failed to process element: 0 key: x of 'instances' list. Error: INVALID_ARGUMENT: ${message}`,
    );
  });

  it('costs no stack: 200 000 objects', () => {
    const body = `{"a":${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)},"inputs":[1]}`;
    expect(errorOf(body, x, { ...LIMITS, maxDepth: 1_000_000 })).toBe('no error');
    expect(errorOf(body, x)).toMatch(/Nested more than 64/u);
  });
});

describe('scalars by dtype', () => {
  it.each<[DataType, string, unknown[]]>([
    ['float32', '[1, -1, 0, 1.5, 1e2, 1E+2, 1e-2]', [1, -1, 0, 1.5, 100, 100, Math.fround(0.01)]],
    [
      'float32',
      '[0.1, 16777217, 3.4028235e38, 1e39, -1e39]',
      [Math.fround(0.1), 16777216, 3.4028234663852886e38, Infinity, -Infinity],
    ],
    ['float32', '[NaN, -NaN, Inf, -Inf, Infinity, -Infinity]', [NaN, NaN, Infinity, -Infinity, Infinity, -Infinity]],
    ['float32', '[-0, -0.0, 0.0, -0e0, 1e-50, -1e-50]', [0, -0, 0, -0, 0, -0]],
    ['float32', '[1.40129846432481707e-45, 7e-46, 7.1e-46]', [2 ** -149, 0, 2 ** -149]],
    ['float32', '[18446744073709551615, 18446744073709551616]', [2 ** 64, 2 ** 64]],
    [
      'float32',
      '[0.000000000000000000000000000000000000001, 123456789012345678901234567890]',
      [Math.fround(1e-39), Math.fround(1.2345678901234568e29)],
    ],
    [
      'float64',
      '[0.1, 9007199254740993, 1.7976931348623157e308, 5e-324, 2e-324]',
      [0.1, 9007199254740992, 1.7976931348623157e308, 5e-324, 0],
    ],
    ['float64', '[1e-400, 0.30000000000000004, 123456789.123456789]', [0, 0.30000000000000004, 123456789.12345679]],
    ['float16', '[1, 0.1, 65504, 65520, -1e9, 6e-8]', [1, 0.0999755859375, 65504, Infinity, -Infinity, 2 ** -24]],
    ['int8', '[-128, 127, 0, -0]', [-128, 127, 0, 0]],
    ['uint8', '[0, 255, -0]', [0, 255, 0]],
    ['int16', '[-32768, 32767]', [-32768, 32767]],
    ['uint16', '[0, 65535]', [0, 65535]],
    ['int32', '[-2147483648, 2147483647]', [-2147483648, 2147483647]],
    ['uint32', '[0, 4294967295]', [0, 4294967295]],
    [
      'int64',
      '[0, 1, -1, 4294967296, -4294967296, -4294967297]',
      [0n, 1n, -1n, 4294967296n, -4294967296n, -4294967297n],
    ],
    [
      'int64',
      '[9007199254740991, 9007199254740992, 9007199254740993, -9007199254740993]',
      [9007199254740991n, 9007199254740992n, 9007199254740993n, -9007199254740993n],
    ],
    ['int64', '[9223372036854775807, 5, -9223372036854775808]', [9223372036854775807n, 5n, -9223372036854775808n]],
    ['uint64', '[18446744073709551615, 0, 9223372036854775808]', [18446744073709551615n, 0n, 9223372036854775808n]],
    ['bool', '[true, false,true ]', [1, 0, 1]],
    ['string', '["", "a", "b c"]', ['', 'a', 'b c']],
    [
      'string',
      String.raw`["\"\\\/\b\f\n\r\t", "\u00e9\uD83D\uDE00x\u20AC", "é😀"]`,
      ['"\\/\b\f\n\r\t', 'é😀x€', 'é😀'],
    ],
    ['string', '[{"b64": "aGk="}, { "b64" : "4pyT" }, "x"]', ['hi', '✓', 'x']],
  ])('%s takes %s', (dtype, json, expected) => {
    const read = values(dtype, json).map((value) =>
      dtype === 'float16' && typeof value === 'number' ? fromHalfBits(value) : value,
    );
    expect(read).toEqual(expected);
  });

  it('leaves U+FFFD in strings as it came', () => {
    expect(values('string', '["\\ufffd", "é\u{fffd}", {"b64": "77+9"}]')).toEqual([
      '\u{fffd}',
      'é\u{fffd}',
      '\u{fffd}',
    ]);
  });

  it.each<[DataType, string, string, string]>([
    ['float32', '"1"', 'String', 'float'],
    ['float32', 'true', 'True', 'float'],
    ['float32', 'false', 'False', 'float'],
    ['float32', 'null', 'Null', 'float'],
    ['float64', '"1"', 'String', 'double'],
    ['float16', 'null', 'Null', 'half'],
    ['int32', '1.0', 'Number', 'int32'],
    ['int32', '1e2', 'Number', 'int32'],
    ['int32', '2147483648', 'Number', 'int32'],
    ['int32', '-2147483649', 'Number', 'int32'],
    ['int32', 'NaN', 'Number', 'int32'],
    ['int32', 'true', 'True', 'int32'],
    ['int8', '128', 'Number', 'int8'],
    ['int8', '-129', 'Number', 'int8'],
    ['uint8', '256', 'Number', 'uint8'],
    ['uint8', '-1', 'Number', 'uint8'],
    ['int16', '32768', 'Number', 'int16'],
    ['int16', '-32769', 'Number', 'int16'],
    ['uint16', '65536', 'Number', 'uint16'],
    ['uint32', '4294967296', 'Number', 'uint32'],
    ['uint32', '-1', 'Number', 'uint32'],
    ['int64', '9223372036854775808', 'Number', 'int64'],
    ['int64', '-9223372036854775809', 'Number', 'int64'],
    ['int64', '1.5', 'Number', 'int64'],
    ['int64', '1e3', 'Number', 'int64'],
    ['int64', '-Infinity', 'Number', 'int64'],
    ['int64', '"9"', 'String', 'int64'],
    ['uint64', '18446744073709551616', 'Number', 'uint64'],
    ['uint64', '-1', 'Number', 'uint64'],
    ['uint64', '-9007199254740993', 'Number', 'uint64'],
    ['bool', '1', 'Number', 'bool'],
    ['bool', '0', 'Number', 'bool'],
    ['bool', '"true"', 'String', 'bool'],
    ['string', '1', 'Number', 'string'],
    ['string', 'true', 'True', 'string'],
    ['string', 'null', 'Null', 'string'],
  ])('%s refuses %s', (dtype, json, type, name) => {
    const message = `JSON Value: ${json} Type: ${type} is not of expected type: ${name}`;
    const signature = takes(tensorInfo('x', dtype));
    expect(errorOf(`{"inputs": ${json}}`, signature)).toBe(`INVALID_ARGUMENT: ${message}`);
    expect(errorOf(`{"inputs": [[${json}, ${json}]]}`, signature)).toBe(`INVALID_ARGUMENT: ${message}`);
    expect(errorOf(`{"instances": [${json}]}`, signature)).toBe(
      `INVALID_ARGUMENT: Failed to process element: 0 of 'instances' list. Error: INVALID_ARGUMENT: ${message}`,
    );
  });

  it('refuses bfloat16, which onnxruntime-node does not have', () => {
    const signature = takes(tensorInfo('x', 'bfloat16'));
    const message = 'UNIMPLEMENTED: Conversion of JSON Value: 1.5 to type: bfloat16';
    expect(errorOf('{"inputs": [1.5]}', signature)).toBe(message);
    expect(errorOf('{"instances": [1.5]}', signature)).toBe(
      `INVALID_ARGUMENT: Failed to process element: 0 of 'instances' list. Error: ${message}`,
    );
    expect(errorOf('{"inputs": []}', signature)).toMatch(/^UNIMPLEMENTED/u);
  });

  const text = takes(tensorInfo('x', 'string'));
  it.each([
    ['[{"b64": 1}]', 'JSON Value: {\n    "b64": 1\n} not formatted correctly for base64 data'],
    ['[{"b64": "", "a": 1}]', 'JSON Value: {\n    "b64": "",\n    "a": 1\n} not formatted correctly for base64 data'],
    ['[{}]', 'JSON Value: {} not formatted correctly for base64 data'],
    ['[{"b65": ""}]', 'JSON Value: {\n    "b65": ""\n} not formatted correctly for base64 data'],
    [
      '["x", {"b64": "aGk", "b64": "aGk"}]',
      'JSON Value: {\n    "b64": "aGk",\n    "b64": "aGk"\n} not formatted correctly for base64 data',
    ],
    ['[{"b64": "-_"}]', 'Unable to base64 decode'],
    ['[{"b64": "a"}]', 'Unable to base64 decode'],
  ])('strings refuse %s', (json, message) => {
    expect(errorOf(`{"inputs": ${json}}`, text)).toBe(`INVALID_ARGUMENT: ${message}`);
  });

  it.each([
    { what: 'alone', json: '{"inputs": ["a", "b\u{ff}"]}', where: 'Input "x": element 1' },
    { what: 'between escapes', json: '{"inputs": ["\\n\u{c3}\\u00e9"]}', where: 'Input "x": element 0' },
    {
      what: 'in rows',
      json: '{"instances": [["a", "b"], ["a", "\u{e2}\u{82}"]]}',
      where: `Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: Input "x": element 1`,
    },
    {
      what: 'in rows with names',
      json: '{"instances": [{"x": "a"}, {"x": "\u{ed}\u{a0}\u{80}"}]}',
      where: `Failed to process element: 1 key: x of 'instances' list. Error: INVALID_ARGUMENT: Input "x": element 0`,
    },
  ])('strings refuse what is no UTF-8 $what', ({ json, where }) => {
    expect(errorOf(Buffer.from(json, 'latin1'), text)).toBe(
      `INVALID_ARGUMENT: ${where} is not UTF-8. Strings of ONNX models are UTF-8 text; raw bytes need an input of type ` +
        'uint8.',
    );
  });

  it('strings refuse base64 of what is no UTF-8, and U+0000', () => {
    expect(errorOf('{"inputs": ["a", {"b64": "/w=="}]}', text)).toBe(
      'INVALID_ARGUMENT: JSON Value: {\n    "b64": "/w=="\n} holds base64 data that is not UTF-8. Strings of ONNX models ' +
        'are UTF-8 text; raw bytes need an input of type uint8.',
    );
    expect(errorOf(String.raw`{"inputs": ["a\u0000b"]}`, text)).toMatch(/holds the character U\+0000/u);
    expect(errorOf('{"inputs": [{"b64": "AA=="}]}', text)).toMatch(/holds the character U\+0000/u);
  });
});

describe('shapes', () => {
  it.each<[string, readonly number[]]>([
    ['1', []],
    ['[1]', [1]],
    ['[]', [0]],
    ['[[]]', [1, 0]],
    ['[[],[]]', [2, 0]],
    ['[[[1,2,3],[4,5,6]]]', [1, 2, 3]],
    ['[[[1]],[[2]],[[3]]]', [3, 1, 1]],
    [' [ [ 1 , 2 ] , [ 3 , 4 ] ] ', [2, 2]],
  ])('columns: %s has shape %j', (json, dims) => {
    const request = parse(`{"inputs": ${json}}`, x);
    expect(request).toMatchObject({ format: 'column', batchRows: undefined });
    expect(request.inputs.get('x')?.dims).toEqual(dims);
    expect(request.inputs.get('x')?.data.length).toBe(elementCount(dims));
    expect(parse(`{"inputs": {"x": ${json}}}`, x).inputs).toEqual(request.inputs);
    // An item has the same shape, with one axis more around it.
    for (const rows of [1, 3]) {
      const items = Array.from({ length: rows }, () => json);
      const row = parse(`{"instances": [${items.join()}]}`, x);
      expect(row).toMatchObject({ format: 'row', batchRows: rows });
      expect(row.inputs.get('x')?.dims).toEqual([rows, ...dims]);
      expect(parse(`{"instances": [${items.map((item) => `{"x": ${item}}`).join()}]}`, x).inputs).toEqual(row.inputs);
    }
  });

  it.each([
    ['[[1],[1,2]]', 'Encountered list at unexpected size: 2 at level: 1 expected size: 1'],
    ['[[1,2],[1]]', 'Encountered list at unexpected size: 1 at level: 1 expected size: 2'],
    ['[[1,2],[]]', 'Encountered list at unexpected size: 0 at level: 1 expected size: 2'],
    ['[[],[1]]', 'Encountered list at unexpected size: 1 at level: 1 expected size: 0'],
    ['[[[1],[2]],[[3]]]', 'Encountered list at unexpected size: 1 at level: 1 expected size: 2'],
    ['[[[1],[2]],[[3],[4],[5]]]', 'Encountered list at unexpected size: 3 at level: 1 expected size: 2'],
    ['[1,[2]]', 'Encountered list at unexpected level: 1 expected < 1'],
    ['[[1,2],[3,[4]]]', 'Encountered list at unexpected level: 2 expected < 2'],
    ['[[],[[]]]', 'Encountered list at unexpected size: 1 at level: 1 expected size: 0'],
    ['[[1],2]', 'JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: 2'],
    ['[[1],"x"]', 'JSON Value: "x" found at incorrect level: 2 in the JSON DOM. Expected at level: 2'],
    ['[[[1]],[2]]', 'JSON Value: 2 found at incorrect level: 3 in the JSON DOM. Expected at level: 3'],
    // The size of a list counts before what is in it.
    ['[[1,2],[3,[4],5]]', 'Encountered list at unexpected size: 3 at level: 1 expected size: 2'],
    ['[[1,2],["x",4,5]]', 'Encountered list at unexpected size: 3 at level: 1 expected size: 2'],
    ['[[1,2],["x"]]', 'Encountered list at unexpected size: 1 at level: 1 expected size: 2'],
    ['[[[1,2]],[["x"],[1,2]]]', 'Encountered list at unexpected size: 2 at level: 1 expected size: 1'],
    ['[[[1,2]],[[1],[1,2]]]', 'Encountered list at unexpected size: 2 at level: 1 expected size: 1'],
    ['[["x"],[1,2]]', 'JSON Value: "x" Type: String is not of expected type: float'],
    ['[[1,2],["x",4],[5]]', 'JSON Value: "x" Type: String is not of expected type: float'],
    ['[[1,2],[[3,4],5]]', 'Encountered list at unexpected level: 2 expected < 2'],
    ['[{"a":1}]', 'JSON Value: {\n    "a": 1\n} Type: Object is not of expected type: float'],
  ])('columns refuse %s', (json, message) => {
    expect(errorOf(`{"inputs": ${json}}`, x)).toBe(`INVALID_ARGUMENT: ${message}`);
    expect(errorOf(`{"inputs": {"x": ${json}}}`, x)).toBe(`INVALID_ARGUMENT: ${message}`);
    // The same inside one item of two.
    expect(errorOf(`{"instances": [{"x": ${json}}, {"x": 1}]}`, x)).toBe(
      `INVALID_ARGUMENT: Failed to process element: 0 key: x of 'instances' list. Error: INVALID_ARGUMENT: ${message}`,
    );
  });

  it.each([
    ['[1, [2]]', 1, 'Expecting shape [] but got: [1]'],
    ['[[1], 2]', 1, 'Expecting shape [1] but got: []'],
    ['[1, [2, 3]]', 1, 'Expecting tensor size: 1 but got: 2'],
    ['[[1,2], [1,2], [1,2,3]]', 2, 'Expecting tensor size: 2 but got: 3'],
    ['[[1,2], [[1,2]]]', 1, 'Expecting shape [2] but got: [1,2]'],
    ['[[[1,2],[3,4]], [[1,2,3,4]]]', 1, 'Expecting shape [2,2] but got: [1,4]'],
    ['[[], [1]]', 1, 'Expecting tensor size: 0 but got: 1'],
    ['[[1,2], [[1],[2,3]]]', 1, 'Encountered list at unexpected size: 2 at level: 1 expected size: 1'],
    ['[[1,2], [1,"x"]]', 1, 'JSON Value: "x" Type: String is not of expected type: float'],
    ['[[1,2], [1,[2]]]', 1, 'Encountered list at unexpected level: 1 expected < 1'],
  ])('rows refuse %s', (items, element, message) => {
    expect(errorOf(`{"instances": ${items}}`, x)).toBe(
      `INVALID_ARGUMENT: Failed to process element: ${element} of 'instances' list. Error: INVALID_ARGUMENT: ${message}`,
    );
  });

  const image = takes(tensorInfo('image', 'float32', ['batch', 2, null]));
  it.each([
    ['{"inputs": [[[1],[2]]]}', 'no error'],
    [
      '{"inputs": []}',
      'INVALID_ARGUMENT: Input "image" has 1 axes, expected 3: the request has shape [0], the model takes [batch,2,?].',
    ],
    [
      '{"inputs": [[1,2]]}',
      'INVALID_ARGUMENT: Input "image" has 2 axes, expected 3: the request has shape [1,2], the model takes [batch,2,?].',
    ],
    [
      '{"inputs": [[[1],[2],[3]]]}',
      'INVALID_ARGUMENT: Input "image" has size 3 on axis 1, expected 2: the request has shape [1,3,1], the model takes [batch,2,?].',
    ],
    ['{"instances": [[[1],[2]], [[3],[4]]]}', 'no error'],
    [
      '{"instances": [[[1]], [[2]]]}',
      'INVALID_ARGUMENT: Input "image" has size 1 on axis 1, expected 2: the request has shape [2,1,1], the model takes [batch,2,?].',
    ],
    [
      '{"instances": [1]}',
      'INVALID_ARGUMENT: Input "image" has 1 axes, expected 3: the request has shape [1], the model takes [batch,2,?].',
    ],
  ])('%s against [batch,2,?]: %s', (body, outcome) => {
    expect(errorOf(body, image)).toBe(outcome);
  });

  it('takes any shape where the rank is unknown, only a scalar where it is 0', () => {
    expect(errorOf('{"inputs": [[[[1]]]]}', x)).toBe('no error');
    const scalar = takes(tensorInfo('x', 'float32', []));
    expect(errorOf('{"inputs": 1}', scalar)).toBe('no error');
    expect(errorOf('{"inputs": [1]}', scalar)).toMatch(/has 1 axes, expected 0/u);
    expect(errorOf('{"instances": [1]}', scalar)).toMatch(/has 1 axes, expected 0/u);
  });
});

describe('several inputs', () => {
  it('go into one tensor each, in rows', () => {
    const request = parse('{"instances": [{"a": 1.5, "b": 1}, {"b": 2, "a": 2.5}, {"a" :3.5,"b": 3}]}', ab);
    expect(request).toEqual({
      format: 'row',
      batchRows: 3,
      inputs: new Map<string, HostTensor>([
        ['a', { dtype: 'float32', dims: [3], data: Float32Array.of(1.5, 2.5, 3.5) }],
        ['b', { dtype: 'int32', dims: [3], data: Int32Array.of(1, 2, 3) }],
      ]),
    });
  });

  it('go into one tensor each, in columns, each with its own shape', () => {
    const request = parse('{"inputs": {"b": [[1, 2]], "ignored": {"x": "y"}, "a": [1, 2, 3], "a": "again"}}', ab);
    expect(request).toEqual({
      format: 'column',
      batchRows: undefined,
      inputs: new Map<string, HostTensor>([
        ['a', { dtype: 'float32', dims: [3], data: Float32Array.of(1, 2, 3) }],
        ['b', { dtype: 'int32', dims: [1, 2], data: Int32Array.of(1, 2) }],
      ]),
    });
  });

  it('may have names that JSON escapes', () => {
    const odd = takes(tensorInfo('a"b\\', 'int32'), tensorInfo('é\n', 'int32'));
    const item = String.raw`{"a\"b\\": 1, "\u00e9\n": 2}`;
    const other = String.raw`{"a\u0022b\u005c": 3, "é\n": 4}`;
    const { inputs } = parse(`{"instances": [${item}, ${other}, ${item}]}`, odd);
    expect(inputs.get('a"b\\')?.data).toEqual(Int32Array.of(1, 3, 1));
    expect(inputs.get('é\n')?.data).toEqual(Int32Array.of(2, 4, 2));
  });

  it('counts the first of equal names in an item', () => {
    const { inputs } = parse('{"instances": [{"a": 1, "a": "x", "b": 1, "b": []}, {"a": 2, "b": 2, "a": 3}]}', ab);
    expect(inputs.get('a')?.data).toEqual(Float32Array.of(1, 2));
  });

  const inItem = "INVALID_ARGUMENT: Failed to process element: 1 key: a of 'instances' list. Error: INVALID_ARGUMENT: ";
  it.each([
    [
      '{"instances": [1, 2]}',
      'INVALID_ARGUMENT: instances is a plain list, but expecting list of objects as multiple input tensors required as per tensorinfo_map',
    ],
    [
      '{"instances": [[1], {"a": 1}]}',
      'INVALID_ARGUMENT: instances is a plain list, but expecting list of objects as multiple input tensors required as per tensorinfo_map',
    ],
    [
      '{"instances": [{"b64": "aGk="}]}',
      'INVALID_ARGUMENT: instances is a plain list, but expecting list of objects as multiple input tensors required as per tensorinfo_map',
    ],
    ['{"instances": [{"a": 1, "b": 1}, 2]}', 'INVALID_ARGUMENT: Expecting object but got list at item 1 of input list'],
    [
      '{"instances": [{"a": 1, "b": 1}, {"b64": ""}]}',
      'INVALID_ARGUMENT: Expecting object but got list at item 1 of input list',
    ],
    [
      '{"instances": [{"a": 1, "b": 1, "c": 1}]}',
      "INVALID_ARGUMENT: Failed to process element: 0 key: c of 'instances' list. Error: INVALID_ARGUMENT: JSON object: does not have named input: c",
    ],
    [
      '{"instances": [{"a": 1, "b": 1}, {"a": 2}]}',
      'INVALID_ARGUMENT: Failed to process element: 1 of \'instances\' list. JSON object: {\n    "a": 2\n} keys must be equal to: a,b',
    ],
    [
      '{"instances": [{}]}',
      "INVALID_ARGUMENT: Failed to process element: 0 of 'instances' list. JSON object: {} keys must be equal to: a,b",
    ],
    ['{"instances": [{"a": 1, "b": 1}, {"a": [1, 2], "b": 1}]}', `${inItem}Expecting tensor size: 1 but got: 2`],
    ['{"instances": [{"a": 1, "b": 1}, {"a": [1], "b": 1}]}', `${inItem}Expecting shape [] but got: [1]`],
    [
      '{"instances": [{"a": 1, "b": 1}, {"a": "x", "b": 1}]}',
      `${inItem}JSON Value: "x" Type: String is not of expected type: float`,
    ],
    [
      '{"inputs": [1]}',
      'INVALID_ARGUMENT: inputs is a plain value/list, but expecting an object as multiple input tensors required as per tensorinfo_map',
    ],
    [
      '{"inputs": {"b64": "aGk="}}',
      'INVALID_ARGUMENT: inputs is a plain value/list, but expecting an object as multiple input tensors required as per tensorinfo_map',
    ],
    ['{"inputs": {"a": 1}}', "INVALID_ARGUMENT: Missing named input: b in 'inputs' object."],
    ['{"inputs": {}}', "INVALID_ARGUMENT: Missing named input: a in 'inputs' object."],
  ])('refuse %s', (body, error) => {
    expect(errorOf(body, ab)).toBe(error);
  });

  it('of which one is called b64: an object of it alone with a string is a scalar, as everywhere', () => {
    const odd = takes(tensorInfo('b64', 'string'));
    expect(parse('{"instances": [{"b64": "aGk="}]}', odd).inputs.get('b64')?.data).toEqual(['hi']);
    expect(parse('{"instances": [{"b64": ["aGk="]}]}', odd).inputs.get('b64')?.data).toEqual(['aGk=']);
    expect(errorOf('{"instances": [{"b64": ["a"]}, {"b64": "aGk="}]}', odd)).toMatch(/got list at item 1/u);
  });
});

describe('optional inputs', () => {
  const signature = takes(
    tensorInfo('a', 'float32'),
    tensorInfo('t', 'float32', null, { optional: true }),
    tensorInfo('s', 'float32', null, { optional: true }),
  );

  it.each([
    ['{"instances": [1, 2]}', ['a']],
    ['{"instances": [{"a": 1}, {"a": 2}]}', ['a']],
    ['{"instances": [{"a": 1, "t": 1}, {"t": 2, "a": 2}]}', ['a', 't']],
    ['{"inputs": [1]}', ['a']],
    ['{"inputs": {"a": [1]}}', ['a']],
    ['{"inputs": {"s": 1, "a": [1]}}', ['a', 's']],
  ])('may be left out: %s', (body, names) => {
    expect([...parse(body, signature).inputs.keys()].toSorted()).toEqual(names);
  });

  it.each([
    [
      '{"instances": [{"a": 1, "t": 1}, {"a": 2}]}',
      '1 of \'instances\' list. JSON object: {\n    "a": 2\n} keys must be equal to: a,t',
    ],
    [
      '{"instances": [{"a": 1}, {"a": 2, "t": 1}]}',
      '1 of \'instances\' list. JSON object: {\n    "a": 2,\n    "t": 1\n} keys must be equal to: a',
    ],
    [
      '{"instances": [{"a": 1}, {"a": 2, "t": 1, "t": 2}]}',
      '1 of \'instances\' list. JSON object: {\n    "a": 2,\n    "t": 1,\n    "t": 2\n} keys must be equal to: a',
    ],
    ['{"instances": [{"t": 1}]}', '0 of \'instances\' list. JSON object: {\n    "t": 1\n} keys must be equal to: a,t'],
  ])('must be in all items or in none: %s', (body, error) => {
    expect(errorOf(body, signature)).toBe(`INVALID_ARGUMENT: Failed to process element: ${error}`);
  });

  it('may be all there is', () => {
    const none = takes(tensorInfo('t', 'float32', null, { optional: true }));
    expect(parse('{"inputs": {}}', none).inputs.size).toBe(0);
    expect(parse('{"instances": [{}, {}]}', none)).toMatchObject({ batchRows: 2, inputs: new Map() });
    expect(parse('{"instances": [1]}', none).inputs.get('t')?.dims).toEqual([1]);
  });
});

describe('the body as a whole', () => {
  it.each([
    ['[1]', 'JSON Value: [\n    1\n] Is not object'],
    ['"x"', 'JSON Value: "x" Is not object'],
    ['1.5', 'JSON Value: 1.5 Is not object'],
    ['{}', "Missing 'inputs' or 'instances' key"],
    ['{"a": 1}', "Missing 'inputs' or 'instances' key"],
    [
      '{"signature_name": 1, "inputs": 1}',
      'JSON Value: {\n    "signature_name": 1,\n    "inputs": 1\n} not formatted correctly. \'signature_name\' key must be a string value.',
    ],
    [
      '{"signature_name": null}',
      'JSON Value: {\n    "signature_name": null\n} not formatted correctly. \'signature_name\' key must be a string value.',
    ],
    ['{"signature_name": "other", "inputs": 1}', 'Serving signature name: "other" not found in signature def'],
    ['{"inputs": ["x"], "signature_name": "other"}', 'Serving signature name: "other" not found in signature def'],
    [
      '{"inputs": 1, "instances": [1]}',
      'JSON Value: {\n    "inputs": 1,\n    "instances": [\n        1\n    ]\n} Not formatted correctly expecting only one of \'inputs\' or \'instances\' keys to exist ',
    ],
    [
      '{"instances": [1], "inputs": 1}',
      'JSON Value: {\n    "instances": [\n        1\n    ],\n    "inputs": 1\n} Not formatted correctly expecting only one of \'inputs\' or \'instances\' keys to exist ',
    ],
    ['{"instances": 1}', 'JSON Value: {\n    "instances": 1\n} Expecting \'instances\' to be an list/array'],
    [
      '{"instances": {"x": 1}}',
      'JSON Value: {\n    "instances": {\n        "x": 1\n    }\n} Expecting \'instances\' to be an list/array',
    ],
    ['{"instances": []}', 'JSON Value: {\n    "instances": []\n} No values in \'instances\' array'],
    ['{"instances": [{"x": 1}, 1]}', 'Expecting object but got list at item 1 of input list'],
    ['{"instances": [1, {"x": 1}]}', 'Expecting value/list but got object at item 1 of input list'],
    ['{"instances": [[1], [1], {}]}', 'Expecting value/list but got object at item 2 of input list'],
    ['{"inputs": {"y": 1}}', "Missing named input: x in 'inputs' object."],
  ])('%s is refused', (body, message) => {
    expect(errorOf(body, x)).toBe(`INVALID_ARGUMENT: ${message}`);
  });

  it('quotes at most 256 bytes of it', () => {
    const long = `{"signature_name": 1, "inputs": "${'é'.repeat(5000)}"}`;
    const [, quoted = ''] = /JSON Value: (.*)\.\.\. not formatted/su.exec(errorOf(long, x)) ?? [];
    expect(Buffer.byteLength(quoted)).toBeGreaterThan(250);
    expect(Buffer.byteLength(quoted)).toBeLessThanOrEqual(256);
    expect(quoted).not.toContain('\u{fffd}');
    const wide = `{"signature_name": 1, "inputs": [${Array.from({ length: 100_000 }, (_, index) => index).join()}]}`;
    expect(errorOf(wide, x).length).toBeLessThan(400);
    const deep = `{"signature_name": 1, "a": ${'['.repeat(60)}${']'.repeat(60)}}`;
    expect(errorOf(deep, x).length).toBeLessThan(400);
    const number = `{"inputs": [0.${'1'.repeat(1000)}]}`;
    expect(errorOf(number, takes(tensorInfo('x', 'int32'))).length).toBeLessThan(400);
  });

  it('may hold inputs of a model without inputs', () => {
    expect(parse('{"inputs": {}}', takes())).toMatchObject({ format: 'column', inputs: new Map() });
    expect(parse('{"instances": [{}, {}]}', takes())).toMatchObject({ format: 'row', batchRows: 2 });
  });
});

describe('the limit on a tensor', () => {
  const limits = { ...LIMITS, maxTensorBytes: 40 };
  it.each<[DataType, number]>([
    ['float32', 10],
    ['float64', 5],
    ['int64', 5],
    ['uint8', 40],
  ])('%s may have %i elements in 40 bytes', (dtype, count) => {
    const signature = takes(tensorInfo('x', dtype));
    const list = (length: number): string => Array.from({ length }, () => '1').join();
    for (const body of ['{"inputs": [#]}', '{"instances": [#]}', '{"instances": [{"x": [#]}]}']) {
      expect(errorOf(body.replace('#', list(count)), signature, limits)).toBe('no error');
      expect(errorOf(body.replace('#', list(count + 1)), signature, limits)).toBe(
        'RESOURCE_EXHAUSTED: Input "x" needs more than 40 bytes, the limit for one tensor. Send fewer elements at once.',
      );
    }
  });

  it('counts the items of a row together, and characters of strings', () => {
    const items = Array.from({ length: 11 }, () => '{"x": 1}').join();
    expect(errorOf(`{"instances": [${items}]}`, x, limits)).toMatch(/^RESOURCE_EXHAUSTED: Input "x"/u);
    const text = takes(tensorInfo('x', 'string'));
    expect(errorOf('{"inputs": ["a", "b"]}', text, limits)).toBe('no error');
    expect(errorOf('{"inputs": ["abcdefghijklmn"]}', text, limits)).toMatch(/^RESOURCE_EXHAUSTED: Input "x"/u);
  });

  it('comes after an error that makes the limit beside the point', () => {
    const list = Array.from({ length: 20 }, () => '1').join();
    expect(errorOf(`{"inputs": [${list}], "a": }`, x, limits)).toMatch(/JSON Parse error/u);
  });
});

describe('what comes out', () => {
  it('is exactly as large as the tensor, whatever its size', () => {
    for (const count of [1, 2, 3, 17, 63, 64, 65, 2047, 2048, 2049, 5000]) {
      const list = Array.from({ length: count }, (_, index) => index);
      for (const dtype of ['float32', 'int64', 'uint16', 'string'] as const) {
        const texts = dtype === 'string' ? list.map((value) => `"${value}"`) : list;
        for (const signature of [
          takes(tensorInfo('x', dtype)),
          takes(tensorInfo('x', dtype, ['n'])),
          takes(tensorInfo('x', dtype, [count])),
        ]) {
          const tensor = parse(`{"inputs": [${texts.join()}]}`, signature).inputs.get('x');
          const data: unknown = tensor?.data;
          expect(elements(tensor).map(Number)).toEqual(list);
          expect(!ArrayBuffer.isView(data) || data.buffer.byteLength === data.byteLength).toBe(true);
        }
      }
    }
  });

  it('does not change when the body does', () => {
    const body = Buffer.from('{"inputs": ["hello"]}');
    const tensor = inputX(body, 'string');
    body.fill(0);
    expect(tensor?.data).toEqual(['hello']);
  });

  it('is read from a view into a larger buffer as well', () => {
    const whole = Buffer.from('garbage{"inputs": [1.0625, 2.123456789012345678]}');
    expect(inputX(whole.subarray(7))?.data).toEqual(Float32Array.of(1.0625, 2.1234567890123457));
  });
});

/** A nested list of this shape, its scalars by `scalar`. */
function nestedText(random: Random, dims: readonly number[], scalar: () => string): string {
  const [size, ...inner] = dims;
  if (size === undefined) return scalar();
  const space = (): string => random.pick(['', '', '', ' ', ' ', '\n  ']);
  const items = Array.from({ length: size }, () => `${space()}${nestedText(random, inner, scalar)}${space()}`);
  return `[${items.join()}]`;
}

function flattened(value: unknown): unknown[] {
  return Array.isArray(value) ? value.flatMap(flattened) : [value];
}

describe('compared with JSON.parse', () => {
  const scalars: Readonly<
    Record<'float32' | 'float64' | 'int32' | 'uint8' | 'bool' | 'string', (random: Random) => string>
  > = {
    float32: (random) =>
      String(
        random.pick([
          random.next(),
          Math.fround(random.next()),
          random.below(256),
          Number((random.next() * 1e6).toFixed(3)),
          (random.next() - 0.5) * 10 ** (random.below(90) - 45),
        ]),
      ),
    float64: (random) =>
      String(random.pick([random.next(), random.below(1e9), -random.next() * 10 ** (random.below(600) - 300)])),
    int32: (random) => String(random.below(2 ** 32) - 2 ** 31),
    uint8: (random) => String(random.below(256)),
    bool: (random) => random.pick(['true', 'false']),
    string: (random) =>
      JSON.stringify(random.pick(['', 'a', 'ünï😀', '"\\/\n\u{1}', 'x'.repeat(random.below(50)), '\u{2028}'])),
  };
  const expectedData: Readonly<Record<keyof typeof scalars, (all: unknown[]) => unknown>> = {
    float32: (all) => Float32Array.from(all.map(Number)),
    float64: (all) => Float64Array.from(all.map(Number)),
    int32: (all) => Int32Array.from(all.map(Number)),
    uint8: (all) => Uint8Array.from(all.map(Number)),
    bool: (all) => Uint8Array.from(all.map(Number)),
    string: (all) => all,
  };

  it.each(['float32', 'float64', 'int32', 'uint8', 'bool', 'string'] as const)('random tensors of %s', (dtype) => {
    const random = randomSource(11);
    const signature = takes(tensorInfo('x', dtype));
    for (let round = 0; round < 120; round++) {
      const dims = Array.from({ length: 1 + random.below(4) }, () => random.below(round % 20 === 0 ? 14 : 5));
      // Past a zero there is no telling the inner sizes from the text.
      const zero = dims.indexOf(0);
      const shape = zero < 0 ? dims : dims.slice(0, zero + 1);
      if (shape[0] === 0) continue;
      const text = nestedText(random, shape, () => scalars[dtype](random));
      const expected = expectedData[dtype](flattened(JSON.parse(text)));
      const items: unknown = JSON.parse(text);
      const bodies = [`{"inputs": ${text}}`, `{"instances": ${text}}`, `{"inputs": {"x":${text}}}`];
      if (Array.isArray(items)) {
        bodies.push(JSON.stringify({ instances: items.map((item: unknown) => ({ x: item })) }));
      }
      for (const body of bodies) {
        const tensor = parse(body, signature).inputs.get('x');
        expect(tensor?.dims).toEqual(shape);
        expect(tensor?.data).toEqual(expected);
      }
    }
  });

  it('no body ever ends in anything but a request or a ServingError with a reason', () => {
    const random = randomSource(12);
    const wrong: string[] = [];
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      ' ',
      '1',
      '-',
      '.',
      'e',
      'NaN',
      'true',
      'null',
      '"x"',
      '"a":',
      '"inputs":',
      '"instances":',
      '{"b64":"aGk="}',
      '\0',
      '\u{e9}',
      '[1,2]',
    ];
    const signatures = [x, ab, takes(tensorInfo('x', 'string')), takes(tensorInfo('x', 'int64'))];
    for (let round = 0; round < 6000; round++) {
      const body = Array.from({ length: random.below(12) }, () => random.pick(pieces)).join('');
      const start = random.pick(['', '{"inputs":', '{"instances":[', '{"instances":[{"a":', '{"inputs":{"a":1,']);
      const outcome = errorOf(start + body + random.pick(['', '}', ']}', '}]}']), random.pick(signatures));
      if (outcome.includes('INTERNAL')) wrong.push(start + body);
    }
    expect(wrong).toEqual([]);
  });

  it('agrees with JSON.parse on what is JSON, where the dialect is the same', () => {
    const random = randomSource(13);
    const wrong: string[] = [];
    let validTexts = 0;
    const seed = '{"a":[1,-2.5e3,{"b":"c\\u00e9\\n"},[],{},true,false,null,"\\u20ac"],"d":[[1,2],[3,4.25]]}';
    const letters = '{}[],:"\\ 0123456789-+.eEtrufalsn\n\u{1}'.split('');
    for (let round = 0; round < 6000; round++) {
      const at = random.below(seed.length);
      const changed = seed.slice(0, at) + random.pick([...letters, '']) + seed.slice(at + random.below(2));
      // In a list, because about what follows the document they differ.
      const text = `{"inputs":1,"b":[${changed}]}`;
      let valid = true;
      try {
        JSON.parse(text);
      } catch {
        valid = false;
      }
      const isParseError = errorOf(text, x).includes('JSON Parse error');
      if (valid === isParseError) wrong.push(text);
      if (valid) validTexts++;
    }
    expect(wrong).toEqual([]);
    expect(validTexts).toBeGreaterThan(500);
  });
});
