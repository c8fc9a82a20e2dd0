import { bad, type Expected, ok, predict, type RestCase, type RestGroup } from './rest-case.ts';

const PARSE = 'util/json_tensor.cc ParseJson';
const TEST = 'util/json_tensor_test.cc';
const UTF8 = 'strings of ONNX models are text: bytes that are no UTF-8 are refused';

/** `{"instances": [TOKEN]}` for a float32 model. */
const number = (token: string, printed: string, upstream = PARSE): RestCase =>
  predict(upstream, 'id_float32', `{"instances": [${token}]}`, ok(`{"predictions": [${printed}]}`), `accepts ${token}`);
const whole = (body: string | Uint8Array, expected: Expected, name: string, upstream = PARSE): RestCase =>
  predict(upstream, 'id_float32', body, expected, name);
const refused = (body: string | Uint8Array, message: string, name: string): RestCase =>
  whole(body, bad(new RegExp(`^JSON Parse error: ${message} at offset: \\d+$`, 'u')), `refuses ${name}`);
const value = (token: string, message: string): RestCase => refused(`{"instances": [${token}]}`, message, token);
const text = (literal: string, printed: string, name: string): RestCase =>
  predict(PARSE, 'id_string', `{"instances": [${literal}]}`, ok(`{"predictions": [${printed}]}`), name);
const ONE = ok('{"predictions": [1.0]}');
const bytes = (...parts: readonly (string | readonly number[])[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([...part]))));

const INVALID = 'Invalid value\\.';
const COMMA_OR_BRACKET = "Missing a comma or '\\]' after an array element\\.";
const COMMA_OR_BRACE = "Missing a comma or '\\}' after an object member\\.";
const NAME = 'Missing a name for object member\\.';
const COLON = 'Missing a colon after a name of object member\\.';

export const JSON_DIALECT: RestGroup = {
  title: '4.3 JSON dialect',
  cases: [
    number('NaN', 'NaN', `${TEST} NaN`),
    number('-NaN', 'NaN', `${TEST} NaN`),
    number('Inf', 'Infinity', `${TEST} Infinity`),
    number('Infinity', 'Infinity', `${TEST} Infinity`),
    number('-Inf', '-Infinity', `${TEST} Infinity`),
    number('-Infinity', '-Infinity', `${TEST} Infinity`),
    number('0', '0.0'),
    number('0.0', '0.0'),
    number('-0.0', '-0.0'),
    number('-1', '-1.0'),
    number('1e2', '100.0'),
    number('1E2', '100.0'),
    number('1e+2', '100.0'),
    number('25e-1', '2.5'),
    number('0.5', '0.5'),
    number('-0.25e1', '-2.5'),
    number('1.0000000000000000000000000000000001', '1.0'),
    number('100000000000000000000000', '1e+23'),
    number('0.0000000000000000000000000000000000000000000000000001', '0.0'),
    number('1e-400', '0.0'),
    number('1 , 2', '1.0, 2.0'),
    number('\t1\n,\r2 ', '1.0, 2.0'),
    whole('{"instances": [1.0]} trailing', ONE, 'ignores what follows the closing brace'),
    whole('{"instances": [1.0]}}]', ONE, 'ignores brackets behind the closing brace'),
    whole('{"instances": [1.0]}\u0000', ONE, 'ignores a NUL behind the closing brace'),
    whole('\ufeff{"instances": [1.0]}', ONE, 'skips a byte order mark'),
    whole(' \t\r\n{"instances": [1.0]}', ONE, 'skips white space before the body'),
    whole('{"instances": [1.0], "instances": [2.0]}', ONE, 'the first of two equal keys counts'),
    whole('{"instances": [1.0], "instances": "no list"}', ONE, 'the second of two equal keys may be anything'),
    whole('{"\\u0069nstances": [1.0]}', ONE, 'keys may be escaped'),
    whole('{"other": {"a": [1, {"b": null}]}, "instances": [1.0], "more": "x"}', ONE, 'ignores other keys'),
    whole(
      `{"other": ${'['.repeat(500_000)}${']'.repeat(500_000)}, "instances": [1.0]}`,
      ONE,
      '500 000 nested lists',
      `${TEST} DeeplyNestedWellFormed`,
    ),
    whole(
      `{"other": ${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}, "instances": [1.0]}`,
      ONE,
      '100 000 nested objects',
      `${TEST} DeeplyNestedWellFormed`,
    ),
    whole(
      `{"instances": ${'['.repeat(500_000)}`,
      bad(/^JSON Parse error: /u),
      '500 000 lists that do not end',
      `${TEST} DeeplyNestedMalformed`,
    ),
    whole('', bad('JSON Parse error: The document is empty'), 'an empty body', `${PARSE}, row 7`),
    whole(' \n', bad(/^JSON Parse error: The document is empty/u), 'a body of white space', PARSE),
    whole('x', bad('JSON Parse error: Invalid value. at offset: 0'), 'no JSON', `${PARSE}, row 8`),
    whole('[1.0]', bad(/^JSON Value: \[[^]*\] Is not object$/u), 'a list', `${PARSE}, row 9`),
    whole('"text"', bad('JSON Value: "text" Is not object'), 'a string', `${PARSE}, row 9`),
    whole('1', bad('JSON Value: 1 Is not object'), 'a number', `${PARSE}, row 9`),
    whole('null', bad('JSON Value: null Is not object'), 'null', `${PARSE}, row 9`),
    whole('true', bad('JSON Value: true Is not object'), 'true', `${PARSE}, row 9`),
    value('+1', INVALID),
    value('01', COMMA_OR_BRACKET),
    value('.5', INVALID),
    value('1.', 'Miss fraction part in number\\.'),
    value('1.e5', 'Miss fraction part in number\\.'),
    value('1e', 'Miss exponent in number\\.'),
    value('1e+', 'Miss exponent in number\\.'),
    value('-', INVALID),
    value('--1', INVALID),
    value('1e400', 'Number too big to be stored in double\\.'),
    value('-1e999', 'Number too big to be stored in double\\.'),
    value('nan', INVALID),
    value('NAN', INVALID),
    value('inf', INVALID),
    value('infinity', INVALID),
    value('INFINITY', INVALID),
    value('Infinit', INVALID),
    value('+Infinity', INVALID),
    value('0x10', COMMA_OR_BRACKET),
    value('1_000', COMMA_OR_BRACKET),
    value('1.0f', COMMA_OR_BRACKET),
    value('tru', INVALID),
    value('True', INVALID),
    value('nul', INVALID),
    value('undefined', INVALID),
    value("'a'", INVALID),
    value('1 2', COMMA_OR_BRACKET),
    value('1,', INVALID),
    value(',1', INVALID),
    value('1,,2', INVALID),
    value('/* */ 1', INVALID),
    value('1 // x', COMMA_OR_BRACKET),
    value('"a', 'Missing a closing quotation mark in string\\.'),
    value('"\\x41"', 'Invalid escape character in string\\.'),
    value('"\\u12g4"', 'Incorrect hex digit after \\\\u escape in string\\.'),
    value('"\\ud800"', 'The surrogate pair in string is invalid\\.'),
    value('"\\ud800\\u0041"', 'The surrogate pair in string is invalid\\.'),
    refused('{"instances": [1.0],}', NAME, 'a comma before the closing brace'),
    refused('{instances: [1.0]}', NAME, 'a key without quotation marks'),
    refused("{'instances': [1.0]}", NAME, 'a key in single quotation marks'),
    refused('{"instances" [1.0]}', COLON, 'a key without a colon'),
    refused('{"instances": [1.0]', COMMA_OR_BRACE, 'an object that does not end'),
    refused('{"instances": [1.0', COMMA_OR_BRACKET, 'a list that does not end'),
    refused('{"instances": [1.0}', COMMA_OR_BRACKET, 'a list that ends as an object'),
    refused('{"instances": }', INVALID, 'a key without a value'),
    refused('{"instances": [1.0] "a": 1}', COMMA_OR_BRACE, 'members without a comma'),
    refused('{', NAME, 'an opening brace alone'),
    refused('{"instances": [1.0], "later": [1,}', INVALID, 'a mistake behind what was asked for'),
    text('"a\\"\\\\\\/\\b\\f\\n\\r\\t"', '"a\\"\\\\/\\b\\f\\n\\r\\t"', 'simple escapes'),
    text('"\\u00e4\\u20ac"', '"ä€"', 'escapes of other letters'),
    text('"\\ud83d\\ude00"', '"😀"', 'an escaped surrogate pair'),
    text('"ä€😀"', '"ä€😀"', 'text in UTF-8'),
    text('"\u2028\u007f"', '"\u2028\u007f"', 'separators and DEL pass as they are'),
    text('""', '""', 'an empty string'),
    text('"a/b"', '"a/b"', 'a slash is not escaped'),
    predict(
      `${TEST} InvalidUTF8`,
      'id_string',
      bytes('{"instances": ["a', [0xff, 0xfe], '"]}'),
      { ...bad(/Input "x": element 0 is not UTF-8\. /u), deviation: UTF8 },
      'refuses raw bytes that are no UTF-8',
    ),
    predict(
      PARSE,
      'id_float32',
      bytes('{"x": "', [0xff], '", "instances": [1.0]}'),
      ONE,
      'bytes that are no UTF-8 where nobody looks',
    ),
  ],
};
