import { bad, type Expected, ok, predict, type RestCase, type RestGroup } from './rest-case.ts';

const ADD = 'util/json_tensor.cc AddValueToTensor';
const BASE64 = 'util/json_tensor.cc JsonDecodeBase64Object';
const TEST = 'util/json_tensor_test.cc';
const NARROW = 'upstream does not check the range of integers narrower than 32 bits';
const UNSUPPORTED = 'upstream refuses the type; ONNX models need it';

/** Names of the types in upstream's messages (tensorflow DataTypeString). */
const NAMES: Readonly<Record<string, string>> = { float32: 'float', float64: 'double', float16: 'half' };

const taken = (dtype: string, token: string, printed: string, upstream = ADD, deviation?: string): RestCase =>
  predict(upstream, `id_${dtype}`, `{"inputs": [${token}]}`, {
    ...ok(`{"outputs": [${printed}]}`),
    ...(deviation === undefined ? {} : { deviation }),
  });
const refused = (dtype: string, token: string, type: string, deviation?: string): RestCase =>
  predict(ADD, `id_${dtype}`, `{"inputs": [${token}]}`, {
    ...bad(
      new RegExp(
        `^JSON Value: ${token.replaceAll(/[[\]{}.+\\]/gu, '\\$&')} Type: ${type} is not of expected type: ${NAMES[dtype] ?? dtype}$`,
        'u',
      ),
    ),
    ...(deviation === undefined ? {} : { deviation }),
  });
const outOfRange = (dtype: string, token: string): RestCase =>
  predict(ADD, `id_${dtype}`, `{"inputs": [${token}]}`, {
    ...bad(new RegExp(`${token}.*(?:is not of expected type: ${dtype}|range)`, 'u')),
    deviation: NARROW,
  });
const row = (dtype: string, token: string, type: string): RestCase =>
  predict(
    ADD,
    `id_${dtype}`,
    `{"instances": [${token}]}`,
    bad(
      `Failed to process element: 0 of 'instances' list. Error: INVALID_ARGUMENT: JSON Value: ${token} Type: ${type} is not of expected type: ${NAMES[dtype] ?? dtype}`,
    ),
  );
const base64 = (encoded: string, expected: Expected): RestCase =>
  predict(BASE64, 'id_string', `{"inputs": [{"b64": ${JSON.stringify(encoded)}}]}`, expected);

const SMALL = ['int8', 'uint8', 'int16', 'uint16'] as const;
const INTEGERS = [...SMALL, 'int32', 'uint32', 'int64', 'uint64'] as const;
/** `uint16` is no type of upstream's JSON. */
const because = (dtype: string): string | undefined => (dtype === 'uint16' ? UNSUPPORTED : undefined);

export const ELEMENT_TYPES: RestGroup = {
  title: '4.4 element types',
  cases: [
    ...(['float32', 'float64'] as const).flatMap((dtype) => [
      taken(dtype, '1', '1.0'),
      taken(dtype, '-1.5', '-1.5'),
      taken(dtype, 'NaN', 'NaN', `${TEST} NaN`),
      taken(dtype, '-Infinity', '-Infinity', `${TEST} Infinity`),
      refused(dtype, 'true', '(?:True|Boolean|Bool)'),
      refused(dtype, '"x"', 'String'),
      refused(dtype, 'null', 'Null'),
      refused(dtype, '{}', 'Object'),
      row(dtype, '"1.0"', 'String'),
    ]),
    taken('float32', '1e39', 'Infinity', `${TEST} FloatTensorThatExceedsMaxReturnsInf`),
    taken('float32', '-1e39', '-Infinity', `${TEST} FloatTensorThatExceedsMaxReturnsInf`),
    taken('float32', '3.4028235e38', '3.4028235e+38', `${TEST} FloatTensorWithPrecisionLoss`),
    taken('float32', '0.1234567890123', '0.12345679', `${TEST} FloatTensorWithPrecisionLoss`),
    taken('float32', '16777217', '16777216.0', `${TEST} FloatTensorWithPrecisionLoss`),
    taken('float32', '18446744073709551615', '1.8446744e+19', ADD),
    taken('float64', '1e308', '1e+308'),
    taken('float64', '18446744073709551616', '1.8446744073709552e+19'),
    taken('float16', '1.5', '1.5', ADD, UNSUPPORTED),
    taken('float16', '70000', 'Infinity', ADD, UNSUPPORTED),
    refused('float16', '"x"', 'String', UNSUPPORTED),
    ...INTEGERS.flatMap((dtype) => [
      taken(dtype, '0', '0', ADD, because(dtype)),
      taken(dtype, '127', '127', ADD, because(dtype)),
      refused(dtype, '1.0', 'Number', because(dtype)),
      refused(dtype, '1.5', 'Number', because(dtype)),
      refused(dtype, '1e2', 'Number', because(dtype)),
      refused(dtype, 'NaN', 'Number', because(dtype)),
      refused(dtype, 'true', '(?:True|Boolean|Bool)', because(dtype)),
      refused(dtype, '"1"', 'String', because(dtype)),
      refused(dtype, 'null', 'Null', because(dtype)),
    ]),
    taken('int32', '-2147483648', '-2147483648', `${TEST} Int32`),
    taken('int32', '2147483647', '2147483647', `${TEST} Int32`),
    refused('int32', '2147483648', 'Number'),
    refused('int32', '-2147483649', 'Number'),
    taken('uint32', '4294967295', '4294967295', `${TEST} UInt32`),
    refused('uint32', '4294967296', 'Number'),
    refused('uint32', '-1', 'Number'),
    taken('int64', '9223372036854775807', '9223372036854775807', `${TEST} Int64`),
    taken('int64', '-9223372036854775808', '-9223372036854775808', `${TEST} Int64`),
    taken('int64', '9007199254740993', '9007199254740993', `${TEST} Int64`),
    refused('int64', '9223372036854775808', 'Number'),
    refused('int64', '-9223372036854775809', 'Number'),
    taken('uint64', '18446744073709551615', '18446744073709551615', `${TEST} UInt64`),
    refused('uint64', '18446744073709551616', 'Number'),
    refused('uint64', '-1', 'Number'),
    taken('int64', '-0', '0'),
    taken('int8', '-128', '-128'),
    taken('uint8', '255', '255'),
    taken('int16', '-32768', '-32768'),
    taken('uint16', '65535', '65535', ADD, UNSUPPORTED),
    outOfRange('int8', '128'),
    outOfRange('int8', '-129'),
    outOfRange('uint8', '256'),
    outOfRange('uint8', '-1'),
    outOfRange('int16', '32768'),
    outOfRange('uint16', '65536'),
    row('int32', '1.5', 'Number'),
    row('int64', '"1"', 'String'),
    taken('bool', 'true, false', 'true, false', `${TEST} Bool`),
    refused('bool', '0', 'Number'),
    refused('bool', '1', 'Number'),
    refused('bool', '"true"', 'String'),
    refused('bool', 'null', 'Null'),
    taken('string', '"a", ""', '"a", ""', `${TEST} String`),
    refused('string', '1', 'Number'),
    refused('string', 'true', '(?:True|Boolean|Bool)'),
    refused('string', 'null', 'Null'),
    row('string', '1', 'Number'),
    base64('YQ==', ok('{"outputs": ["a"]}')),
    base64('YQ', ok('{"outputs": ["a"]}')),
    base64('YQ..', ok('{"outputs": ["a"]}')),
    base64(' Y Q\n=\t= ', ok('{"outputs": ["a"]}')),
    base64('', ok('{"outputs": [""]}')),
    base64('w6Q/', ok('{"outputs": ["ä?"]}')),
    base64('/w==', { ...bad(/not UTF-8/u), deviation: 'strings of ONNX models are text' }),
    base64('YQ=', bad(/Unable to base64 decode/u)),
    base64('Y', bad(/Unable to base64 decode/u)),
    base64('YQ==YQ==', bad(/Unable to base64 decode/u)),
    base64('Pj4-Pz8_', bad(/Unable to base64 decode/u)),
    base64('ä', bad(/Unable to base64 decode/u)),
    predict(
      BASE64,
      'id_string',
      '{"inputs": [{"b64": 1}]}',
      bad(/^JSON Value: \{[^]*\} not formatted correctly for base64 data$/u),
    ),
    predict(
      BASE64,
      'id_string',
      '{"inputs": [{"b64": "YQ==", "x": 1}]}',
      bad(/not formatted correctly for base64 data$/u),
    ),
    predict(BASE64, 'id_string', '{"inputs": [{"B64": "YQ=="}]}', bad(/not formatted correctly for base64 data$/u)),
    predict(BASE64, 'id_string', '{"inputs": [{}]}', bad(/not formatted correctly for base64 data$/u)),
    predict(
      BASE64,
      'id_float32',
      '{"inputs": [{"b64": "YQ=="}]}',
      bad(/Type: Object is not of expected type: float$/u),
    ),
  ],
};
