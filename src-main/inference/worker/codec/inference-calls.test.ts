import { describe, expect, it } from 'vitest';
import { ProtobufWriter } from '../../../../scripts/samples/protobuf-writer.ts';
import type { DataType, Dim, ModelSignature, TensorInfo } from '../../../contracts/signature.ts';
import type { ClassLabels } from '../../onnx-model/class-labels.ts';
import type { Call } from '../../protocol/call.ts';
import { toHalfBits } from './half.ts';
import type { HostTensor } from './host-tensor.ts';
import { codecFor, errorOf, parse } from './testing/codecs.ts';
import { bytesOf, type Fields, fieldsOf, mapEntry, messagesOf, modelSpec, textOf } from './testing/messages.ts';
import { randomSource } from './testing/random.ts';
import { tensorInfo } from './testing/signatures.ts';

const Y = tensorInfo('y', 'float32', ['n']);
const SCORES = tensorInfo('scores', 'float32', ['n', 2]);
/** A model that regress and, with other outputs, classify can use. */
function model(inputs: readonly TensorInfo[], ...outputs: readonly TensorInfo[]): ModelSignature {
  return { inputs, outputs: outputs.length === 0 ? [Y] : outputs };
}
const x = (dtype: DataType, dims: readonly Dim[] | null = ['n']): ModelSignature =>
  model([tensorInfo('x', dtype, dims)]);

function floats(dims: readonly number[], ...values: number[]): HostTensor {
  return { dtype: 'float32', dims, data: Float32Array.from(values) };
}

type Value = number | bigint | string | Uint8Array;
/** A tf.Feature: by its values' type a float list (1.5, or as said), an int64 list (bigint) or a bytes list. */
function feature(...values: readonly Value[]): ProtobufWriter {
  const list = new ProtobufWriter();
  for (const value of values) {
    if (typeof value === 'number') list.float(1, value);
    else if (typeof value === 'bigint') list.varint(1, value);
    else list.bytes(1, Buffer.from(value));
  }
  const [first] = values;
  const field = typeof first === 'number' ? 2 : typeof first === 'bigint' ? 3 : 1;
  return new ProtobufWriter().message(field, list);
}

function example(features: Readonly<Record<string, ProtobufWriter>>): ProtobufWriter {
  const all = new ProtobufWriter();
  for (const [name, value] of Object.entries(features)) all.message(1, mapEntry(name, value));
  return new ProtobufWriter().message(1, all);
}

/** An Input of these examples. */
function input(examples: readonly ProtobufWriter[], ...contexts: readonly ProtobufWriter[]): ProtobufWriter {
  const list = new ProtobufWriter();
  for (const one of examples) list.message(1, one);
  for (const context of contexts) list.message(2, context);
  return new ProtobufWriter().message(contexts.length > 0 ? 2 : 1, list);
}

/** A ClassificationRequest or RegressionRequest. */
function request(examples: ProtobufWriter, signatureName = ''): Uint8Array {
  return new ProtobufWriter().message(1, modelSpec('m', signatureName)).message(2, examples).toBytes();
}

const features = (...values: readonly Value[]): ProtobufWriter => example({ x: feature(...values) });

describe('examples in JSON', () => {
  it.each<[DataType, readonly Dim[] | null, string, readonly number[], unknown]>([
    ['float32', ['n'], '[{"x": 1.5}, {"x": [2]}]', [2], Float32Array.of(1.5, 2)],
    ['float32', ['n', 1], '[{"x": 1}, {"x": [2.5]}]', [2, 1], Float32Array.of(1, 2.5)],
    [
      'float32',
      ['n', 3],
      '[{"x": [1, 2.5, -0]}, {"x": [NaN,Infinity,-Infinity]}]',
      [2, 3],
      Float32Array.of(1, 2.5, 0, NaN, Infinity, -Infinity),
    ],
    ['float32', ['n', null], '[{"x": []}, {"x": []}]', [2, 0], new Float32Array(0)],
    ['float32', ['n', 'k'], '[{"x": [1, 2]}]', [1, 2], Float32Array.of(1, 2)],
    ['float32', ['n', 2, 2], '[{"x": [1, 2, 3, 4]}]', [1, 2, 2], Float32Array.of(1, 2, 3, 4)],
    ['float32', ['n', 'k', 2], '[{"x": [1, 2, 3, 4]}]', [1, 2, 2], Float32Array.of(1, 2, 3, 4)],
    ['float32', null, '[{"x": [1, 2]}]', [1, 2], Float32Array.of(1, 2)],
    ['float32', [2], '[{"x": 1}, {"x": 2}]', [2], Float32Array.of(1, 2)],
    ['float64', ['n'], '[{"x": 0.1}, {"x": 9007199254740993}]', [2], Float64Array.of(0.1, 2 ** 53)],
    ['float16', ['n'], '[{"x": 0.1}]', [1], Uint16Array.of(toHalfBits(0.1))],
    ['int8', ['n'], '[{"x": -128}, {"x": true}]', [2], Int8Array.of(-128, 1)],
    ['uint8', ['n', 2], '[{"x": [0, 255]}]', [1, 2], Uint8Array.of(0, 255)],
    ['int16', ['n'], '[{"x": -32768}]', [1], Int16Array.of(-32768)],
    ['uint16', ['n'], '[{"x": 65535}]', [1], Uint16Array.of(65535)],
    ['int32', ['n'], '[{"x": -2147483648}]', [1], Int32Array.of(-(2 ** 31))],
    ['uint32', ['n'], '[{"x": 4294967295}]', [1], Uint32Array.of(2 ** 32 - 1)],
    [
      'int64',
      ['n', 2],
      '[{"x": [9223372036854775807, -9223372036854775808]}]',
      [1, 2],
      BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n)),
    ],
    ['uint64', ['n'], '[{"x": 18446744073709551615}]', [1], BigUint64Array.of(2n ** 64n - 1n)],
    ['bool', ['n', 3], '[{"x": [true, false, 1]}]', [1, 3], Uint8Array.of(1, 0, 1)],
    ['string', ['n', 2], String.raw`[{"x": ["a\u00e9", {"b64": "aGk="}]}]`, [1, 2], ['aé', 'hi']],
    ['string', ['n'], '[{"x": {"b64": "aGk="}}]', [1], ['hi']],
    ['float32', ['n'], '[{"x": "no", "x": 2}]', [1], Float32Array.of(2)],
    ['float32', ['n'], '[{"other": "ignored", "x": 2, "z": [1, 2]}]', [1], Float32Array.of(2)],
    ['float32', ['n'], '[{"x": 2}], "examples": 1', [1], Float32Array.of(2)],
    ['float32', ['n'], '[{"x": 2}], "signature_name": "serving_default"', [1], Float32Array.of(2)],
    [
      'float32',
      ['n', 3000],
      `[{"x": [${Array.from({ length: 3000 }, (_, index) => index).join()}]}]`,
      [1, 3000],
      Float32Array.from({ length: 3000 }, (_, index) => index),
    ],
  ])('%s %j', (dtype, dims, examples, expectedDims, data) => {
    const { inputs, outputs } = parse('regressJson', `{"examples": ${examples}}`, x(dtype, dims));
    expect(inputs).toEqual(new Map([['x', { dtype, dims: expectedDims, data }]]));
    expect(outputs).toEqual(['y']);
  });

  it('take what they lack from the context, wherever it stands', () => {
    const ab = model([tensorInfo('a', 'float32', ['n']), tensorInfo('b', 'string', ['n'])]);
    const context = '"context": {"a": 9, "b": "c"}';
    const examples = '"examples": [{"a": 1}, {"b": "own"}, {}]';
    for (const body of [`{${context}, ${examples}}`, `{${examples}, ${context}}`]) {
      const { inputs } = parse('regressJson', body, ab);
      expect(inputs.get('a')?.data).toEqual(Float32Array.of(1, 9, 9));
      expect(inputs.get('b')?.data).toEqual(['c', 'own', 'c']);
    }
  });

  it('may leave optional inputs out, all of them', () => {
    const optional = model([tensorInfo('a', 'float32', ['n']), tensorInfo('t', 'float32', ['n'], { optional: true })]);
    const names = (examples: string): string[] => [
      ...parse('regressJson', `{"examples": ${examples}}`, optional).inputs.keys(),
    ];
    expect(names('[{"a": 1}, {"a": 1}]')).toEqual(['a']);
    expect(names('[{"a": 1, "t": 1}]')).toEqual(['a', 't']);
    expect(errorOf(() => names('[{"a": 1, "t": 1}, {"a": 1}]'))).toContain('Example 1: feature "t" is missing');
    expect(errorOf(() => names('[{"a": 1}, {"a": 1, "t": 1}]'))).toContain(
      'Example 1, feature "t": it must be in all examples or in none',
    );
  });

  it.each<[string, string, DataType, readonly Dim[] | null]>([
    ['[{"x": 1}, {"y": 1, "z": 2}]', 'Example 1: feature "x" is missing; it has only "y", "z"', 'float32', ['n']],
    ['[{}]', 'Example 0: feature "x" is missing; it has no features', 'float32', ['n']],
    ['[{"x": [1, 2]}]', 'Example 0, feature "x": expected 1 value, got 2; the model takes [n]', 'float32', ['n']],
    ['[{"x": []}]', 'Example 0, feature "x": expected 1 value, got 0; the model takes [n]', 'float32', ['n']],
    [
      '[{"x": [1, 2]}]',
      'Example 0, feature "x": expected 6 values, got 2; the model takes [n,2,3]',
      'float32',
      ['n', 2, 3],
    ],
    [
      '[{"x": [1, 2, 3]}]',
      'Example 0, feature "x": expected a multiple of 2 values, got 3; the model takes [n,?,2]',
      'float32',
      ['n', null, 2],
    ],
    ['[{"x": [1, 2]}, {"x": [1]}]', 'Example 1, feature "x": expected 2 values, got 1', 'float32', ['n', null]],
    [
      '[{"x": 1}, {"x": 1}]',
      'Input "x" has size 2 on axis 0, expected 1: the request has shape [2], the model takes [1].',
      'float32',
      [1],
    ],
    [
      '[{"x": "a"}]',
      'Example 0, feature "x": expected a list of float for an input of float, got bytes',
      'float32',
      ['n'],
    ],
    [
      '[{"x": 1.5}]',
      'Example 0, feature "x": expected a list of int64 for an input of int32, got float',
      'int32',
      ['n'],
    ],
    [
      '[{"x": 1e2}]',
      'Example 0, feature "x": expected a list of int64 for an input of int64, got float',
      'int64',
      ['n'],
    ],
    [
      '[{"x": 1}]',
      'Example 0, feature "x": expected a list of bytes for an input of string, got int64',
      'string',
      ['n'],
    ],
    ['[{"x": [1, 128]}]', 'Example 0, feature "x": value 128 at index 1 is no int8 (-128 to 127)', 'int8', ['n', 2]],
    [
      '[{"x": -1}]',
      'Example 0, feature "x": value -1 at index 0 is no uint64 (0 to 18446744073709551615)',
      'uint64',
      ['n'],
    ],
    ['[{"x": 2}]', 'Example 0, feature "x": value 2 at index 0 is no bool (0 to 1)', 'bool', ['n']],
    ['[{"x": 9223372036854775808}]', 'Feature: x has uint64 element. Only int64 is supported.', 'int64', ['n']],
    [
      '[{"x": 18446744073709551616}]',
      'Example 0, feature "x": expected a list of int64 for an input of int64, got float',
      'int64',
      ['n'],
    ],
    ['[{"x": null}]', 'Feature: x has element with unexpected JSON type: Null', 'float32', ['n']],
    ['[{"x": [[1]]}]', 'Feature: x has element with unexpected JSON type: Array', 'float32', ['n']],
    ['[{"x": [1, [1]]}]', 'Feature: x has element with unexpected JSON type: Array', 'float32', ['n']],
    ['[{"x": {"b65": "a"}}]', 'Feature: x has element with unexpected JSON type: Object', 'string', ['n']],
    ['[{"x": 1, "other": null}]', 'Feature: other has element with unexpected JSON type: Null', 'float32', ['n']],
    [
      '[{"x": 1, "other": [1, 1.5]}]',
      'Unexpected element type in feature: other expecting type: int64',
      'float32',
      ['n'],
    ],
    ['[{"x": [1, 1.5]}]', 'Unexpected element type in feature: x expecting type: int64', 'int64', ['n', 2]],
    ['[{"x": [1.5, 1]}]', 'Unexpected element type in feature: x expecting type: float', 'int64', ['n', 2]],
    ['[{"x": [1.5, "a"]}]', 'Unexpected element type in feature: x expecting type: float', 'float32', ['n', 2]],
    ['[{"x": ["a", 1]}]', 'Unexpected element type in feature: x expecting type: bytes', 'string', ['n', 2]],
    ['[{"x": [true, "a"]}]', 'Unexpected element type in feature: x expecting type: int64', 'bool', ['n', 2]],
    ['[{"x": {"b64": "a"}}]', 'Unable to base64 decode', 'string', ['n']],
    [
      '[{"x": ["a", {"b64": "/w=="}]}]',
      'Example 0, feature "x": value 1 is not UTF-8. Strings of ONNX models are UTF-8 text; raw bytes need an input of type uint8.',
      'string',
      ['n', 2],
    ],
    [
      String.raw`[{"x": "a\u0000"}]`,
      'Example 0, feature "x": value 0 holds the character U+0000, which ONNX Runtime strings cannot hold.',
      'string',
      ['n'],
    ],
    ['[1]', 'Example must be JSON object but got JSON Number', 'float32', ['n']],
    ['[{"x": 1}, []]', 'Example must be JSON object but got JSON Array', 'float32', ['n']],
    ['[{"x": 1}], "context": []', 'Example must be JSON object but got JSON Array', 'float32', ['n']],
    ['[{"x": 1}], "context": {"x": null}', 'Feature: x has element with unexpected JSON type: Null', 'float32', ['n']],
    ['[{"x": 1}', "JSON Parse error: Missing a comma or ']' after an array element. at offset: 22", 'float32', ['n']],
    ['[{"x": null}, {"x": nul}]', 'JSON Parse error: Invalid value. at offset: 36', 'float32', ['n']],
    ['[{"x": 1}], "signature_name": "other"', 'No signature was found with the name: other', 'float32', ['n']],
  ])('refuse %s: %s', (examples, message, dtype, dims) => {
    expect(errorOf(() => parse('regressJson', `{"examples": ${examples}}`, x(dtype, dims)))).toBe(
      `INVALID_ARGUMENT: ${message}`,
    );
  });

  it('refuse raw bytes that are no UTF-8 in a feature that the model takes, and only there', () => {
    const body = (name: string): Uint8Array =>
      Buffer.from(`{"examples": [{"x": "a"}, {"x": "b", "${name}": "c\u{ff}"}]}`, 'latin1');
    expect(errorOf(() => parse('regressJson', body('x2'), x('string', ['n'])))).toBe('no error');
    expect(
      errorOf(() =>
        parse('regressJson', Buffer.from('{"examples": [{"x": "c\u{ff}"}]}', 'latin1'), x('string', ['n'])),
      ),
    ).toBe(
      'INVALID_ARGUMENT: Example 0, feature "x": value 0 is not UTF-8. Strings of ONNX models are UTF-8 text; raw bytes ' +
        'need an input of type uint8.',
    );
  });

  it('bound the memory that a context takes in every example', () => {
    const context = `[${Array.from({ length: 20_000 }, () => 1).join()}]`;
    const examples = Array.from({ length: 20_000 }, () => '{}').join();
    const body = `{"context": {"x": ${context}}, "examples": [${examples}]}`;
    expect(errorOf(() => parse('regressJson', body, x('float32', ['n', 'k'])))).toBe(
      'RESOURCE_EXHAUSTED: Input "x" needs more than 1073741824 bytes, the limit for one tensor. Send fewer examples at once.',
    );
  });
});

describe('examples in protobuf', () => {
  it.each<[string, DataType, readonly Dim[] | null, ProtobufWriter, readonly number[], unknown]>([
    ['floats', 'float32', ['n', 2], input([features(1.5, 2), features(3, 4)]), [2, 2], Float32Array.of(1.5, 2, 3, 4)],
    [
      'packed floats',
      'float32',
      ['n', 2],
      input([example({ x: new ProtobufWriter().message(2, new ProtobufWriter().packedFloats(1, [1.5, 2])) })]),
      [1, 2],
      Float32Array.of(1.5, 2),
    ],
    ['integers for floats', 'float64', ['n'], input([features(3n)]), [1], Float64Array.of(3)],
    ['integers', 'int64', ['n', 2], input([features(-1n, 2n ** 62n)]), [1, 2], BigInt64Array.of(-1n, 2n ** 62n)],
    [
      'packed integers',
      'int32',
      ['n', 3],
      input([example({ x: new ProtobufWriter().message(3, new ProtobufWriter().packedVarints(1, [1, -2, 300])) })]),
      [1, 3],
      Int32Array.of(1, -2, 300),
    ],
    ['strings', 'string', ['n'], input([features('é'), features('')]), [2], ['é', '']],
    ['no values', 'float32', ['n', null], input([example({ x: new ProtobufWriter() })]), [1, 0], new Float32Array(0)],
    [
      'the last of equal names',
      'int32',
      ['n'],
      input([
        new ProtobufWriter().message(
          1,
          new ProtobufWriter().message(1, mapEntry('x', feature(1n))).message(1, mapEntry('x', feature(2n))),
        ),
      ]),
      [1],
      Int32Array.of(2),
    ],
    [
      'features in two parts',
      'int32',
      ['n'],
      input([
        new ProtobufWriter()
          .message(1, new ProtobufWriter().message(1, mapEntry('x', feature(1n))))
          .message(1, new ProtobufWriter().message(1, mapEntry('y', feature(2n)))),
      ]),
      [1],
      Int32Array.of(1),
    ],
    [
      'a feature in two parts',
      'int32',
      ['n', 2],
      input([
        new ProtobufWriter().message(
          1,
          new ProtobufWriter().message(1, mapEntry('x', feature(1n)).message(2, feature(2n))),
        ),
      ]),
      [1, 2],
      Int32Array.of(1, 2),
    ],
    [
      'the last of two kinds',
      'int32',
      ['n'],
      input([
        new ProtobufWriter().message(
          1,
          new ProtobufWriter().message(1, mapEntry('x', feature(1.5)).message(2, feature(2n))),
        ),
      ]),
      [1],
      Int32Array.of(2),
    ],
    [
      'the key after the value',
      'int32',
      ['n'],
      input([
        new ProtobufWriter().message(
          1,
          new ProtobufWriter().message(1, new ProtobufWriter().message(2, feature(7n)).text(1, 'x')),
        ),
      ]),
      [1],
      Int32Array.of(7),
    ],
    ['context', 'int32', ['n'], input([features(1n), example({})], features(9n)), [2], Int32Array.of(1, 9)],
    ['context in two parts', 'int32', ['n'], input([example({})], features(8n), features(9n)), [1], Int32Array.of(9)],
    [
      'the last of two lists',
      'int32',
      ['n'],
      new ProtobufWriter()
        .message(2, new ProtobufWriter().message(1, features(5n)).message(2, features(5n)))
        .message(1, new ProtobufWriter().message(1, features(6n))),
      [1],
      Int32Array.of(6),
    ],
    [
      'a list in two parts',
      'int32',
      ['n'],
      new ProtobufWriter()
        .message(1, new ProtobufWriter().message(1, features(5n)))
        .message(1, new ProtobufWriter().message(1, features(6n))),
      [2],
      Int32Array.of(5, 6),
    ],
    [
      'unknown features and fields',
      'int32',
      ['n'],
      input([
        example({ other: feature(Uint8Array.of(0xff)), x: feature(5n).bytes(50, Uint8Array.of(1)) }).varint(9, 9),
      ]).varint(7, 7),
      [1],
      Int32Array.of(5),
    ],
  ])('with %s', (_, dtype, dims, examples, expectedDims, data) => {
    for (const call of ['regressProto', 'classifyProto'] as const) {
      const signature = model([tensorInfo('x', dtype, dims)], Y, tensorInfo('classes', 'string', ['n']));
      const { inputs, outputs } = parse(call, request(examples), signature);
      expect(inputs).toEqual(new Map([['x', { dtype, dims: expectedDims, data }]]));
      expect(outputs).toEqual(call === 'regressProto' ? ['y'] : ['classes']);
    }
  });

  it('may come in two parts, before the model_spec', () => {
    const body = new ProtobufWriter()
      .message(2, input([features(1n)]))
      .message(2, input([features(2n)]))
      .message(1, modelSpec('m', 'serving_default'));
    expect(parse('regressProto', body.toBytes(), x('int32')).inputs.get('x')?.data).toEqual(Int32Array.of(1, 2));
  });

  it.each<[string, DataType, Uint8Array, string]>([
    ['no input', 'int32', new ProtobufWriter().message(1, modelSpec('m')).toBytes(), 'Input is empty.'],
    ['an empty input', 'int32', request(new ProtobufWriter()), 'Input is empty.'],
    ['no examples', 'int32', request(input([])), 'Input is empty.'],
    ['context alone', 'int32', request(input([], features(1n))), 'Input is empty.'],
    [
      'an unknown signature',
      'int32',
      request(input([features(1n)]), 'other'),
      'No signature was found with the name: other',
    ],
    [
      'a missing feature',
      'int32',
      request(input([features(1n), example({ y: feature(1n) })])),
      'Example 1: feature "x" is missing; it has only "y"',
    ],
    [
      'another kind',
      'int32',
      request(input([features(1.5)])),
      'Example 0, feature "x": expected a list of int64 for an input of int32, got float',
    ],
    [
      'too many values',
      'int32',
      request(input([features(1n), features(1n, 2n)])),
      'Example 1, feature "x": expected 1 value, got 2',
    ],
    [
      'what is out of range',
      'uint8',
      request(input([features(256n)])),
      'Example 0, feature "x": value 256 at index 0 is no uint8 (0 to 255)',
    ],
    [
      'bytes that are no text',
      'string',
      request(input([features(Uint8Array.of(0xff))])),
      'Example 0, feature "x": value 0 is not UTF-8. Strings of ONNX models are UTF-8 text; raw bytes need an input of type uint8.',
    ],
    [
      'a broken float list',
      'float32',
      request(
        input([example({ x: new ProtobufWriter().message(2, new ProtobufWriter().bytes(1, Uint8Array.of(1, 2, 3))) })]),
      ),
      'The request is not a valid tensorflow.serving.RegressionRequest message: a list of floats has a length that is no multiple of 4 (byte 27)',
    ],
  ])('refuse %s', (_, dtype, body, message) => {
    expect(errorOf(() => parse('regressProto', body, x(dtype)))).toBe(`INVALID_ARGUMENT: ${message}`);
  });

  it('cut off or changed anywhere are a request or a ServingError', () => {
    const signature = model([
      tensorInfo('a', 'float32', ['n', 2]),
      tensorInfo('b', 'int64', ['n']),
      tensorInfo('c', 'string', ['n']),
    ]);
    const whole = request(
      input(
        [example({ a: feature(1.5, 2), b: feature(2n ** 50n), c: feature('é') }), example({ a: feature(0.5, 1) })],
        example({ b: feature(-1n), c: feature('') }),
      ),
    );
    const outcome = (bytes: Uint8Array): string => errorOf(() => parse('regressProto', bytes, signature));
    expect(outcome(whole)).toBe('no error');
    for (let length = 0; length < whole.length; length++)
      expect(outcome(whole.subarray(0, length))).not.toBe('no error');
    const random = randomSource(41);
    for (let round = 0; round < 4000; round++) {
      const bytes = whole.slice();
      for (let change = random.below(3); change >= 0; change--) bytes[random.below(bytes.length)] = random.below(256);
      outcome(bytes);
    }
  });
});

describe('models that do not fit', () => {
  const classify =
    'Expected classification signature outputs to contain at least one of "classes" or "scores". Looked for a string or int64 output named "classes", "labels", "label", "output_label", and a float one named "scores", "probabilities", "output_probability", each of shape [batch] or [batch, classes]. The model has ';
  const regress =
    'Expected regression signature outputs to contain one float output of shape [batch] or [batch, 1]; of several, one named "outputs". The model has ';
  it.each<[Call, readonly TensorInfo[], string]>([
    ['classifyJson', [Y], `${classify}"y" (float [n]).`],
    ['classifyJson', [tensorInfo('classes', 'float32', ['n'])], `${classify}"classes" (float [n]).`],
    ['classifyJson', [tensorInfo('label', 'int32', ['n'])], `${classify}"label" (int32 [n]).`],
    [
      'classifyJson',
      [tensorInfo('scores', 'float32', ['n', 2, 3]), tensorInfo('label', 'string', [])],
      `${classify}"scores" (float [n,2,3]), "label" (string []).`,
    ],
    ['regressJson', [tensorInfo('y', 'int64', ['n'])], `${regress}"y" (int64 [n]).`],
    ['regressJson', [tensorInfo('y', 'float32', [null, 3])], `${regress}"y" (float [?,3]).`],
    ['regressJson', [tensorInfo('y', 'float32', [])], `${regress}"y" (float []).`],
    ['regressJson', [Y, tensorInfo('z', 'float64', null)], `${regress}"y" (float [n]), "z" (double [...]).`],
  ])('%s with %j', (call, outputs, message) => {
    const signature = model([tensorInfo('x', 'float32', ['n'])], ...outputs);
    expect(errorOf(() => parse(call, '{"examples": [{"x": 1}]}', signature))).toBe(`FAILED_PRECONDITION: ${message}`);
    const proto = call === 'classifyJson' ? 'classifyProto' : 'regressProto';
    expect(errorOf(() => parse(proto, request(input([features(1)])), signature))).toBe(
      `FAILED_PRECONDITION: ${message}`,
    );
  });

  it.each<[readonly Dim[], string]>([
    [[], 'input "x" is a scalar, so it has no axis for the examples'],
    [['n', null, 'k'], 'input "x" has more than one open axis for the values of an example'],
  ])('an input of %j', (dims, why) => {
    expect(errorOf(() => parse('regressJson', '{"examples": [{"x": 1}]}', x('float32', dims)))).toBe(
      `FAILED_PRECONDITION: The model cannot take examples: ${why}. Use predict instead.`,
    );
  });
});

const ints = (dims: readonly number[], ...values: bigint[]): HostTensor => ({
  dtype: 'int64',
  dims,
  data: BigInt64Array.from(values),
});
const strings = (dims: readonly number[], ...data: string[]): HostTensor => ({ dtype: 'string', dims, data });

/** The answer to a request with so many examples, from a model with these outputs. */
function answer(
  call: Call,
  body: string | Uint8Array,
  outputs: Readonly<Record<string, HostTensor>>,
  classLabels: ClassLabels = new Map(),
): Buffer {
  const infos = Object.entries(outputs).map(([name, { dtype, dims }]) =>
    tensorInfo(
      name,
      dtype,
      dims.map(() => null),
    ),
  );
  const signature = model([tensorInfo('x', 'float32', ['n'])], ...infos);
  const parsed = codecFor(signature, false, classLabels).parse(call, Buffer.from(body));
  return Buffer.from(parsed.write(new Map(Object.entries(outputs))));
}

const jsonOf = (rows: number): string => JSON.stringify({ examples: Array.from({ length: rows }, () => ({ x: 1 })) });
const protoOf = (rows: number): Uint8Array => request(input(Array.from({ length: rows }, () => features(1))));

function classesOf(result: Fields): unknown[] {
  return messagesOf(result, 1).map((row) =>
    messagesOf(row, 1).map((one) => [textOf(one, 1), one.has(2) ? bytesOf(one, 2).readFloatLE() : 0]),
  );
}

function valuesOf(result: Fields): number[] {
  return messagesOf(result, 1).map((one) => (one.has(1) ? bytesOf(one, 1).readFloatLE() : 0));
}

/** Name, version and signature of a ModelSpec. */
function specOf(fields: Fields, field: number): unknown {
  const spec = fieldsOf(bytesOf(fields, field));
  return [textOf(spec, 1), fieldsOf(bytesOf(spec, 2)).get(1), textOf(spec, 3)];
}

describe('classify', () => {
  it.each<[string, number, Readonly<Record<string, HostTensor>>, string]>([
    [
      'both of [batch, n]',
      2,
      { classes: strings([2, 2], 'a', 'b', 'c', 'd'), scores: floats([2, 2], 0.5, 1, 0.25, 0) },
      '[[["a", 0.5], ["b", 1.0]], [["c", 0.25], ["d", 0.0]]]',
    ],
    ['classes alone', 1, { classes: strings([1, 2], 'a"', 'é') }, String.raw`[[["a\"", 0.0], ["é", 0.0]]]`],
    ['scores alone', 1, { scores: floats([1, 2], 0.5, NaN) }, '[[["", 0.5], ["", NaN]]]'],
    [
      'both of [batch]',
      2,
      { label: strings([2], 'a', 'b'), scores: floats([2], 0.5, 1) },
      '[[["a", 0.5]], [["b", 1.0]]]',
    ],
    [
      'labels of scikit-learn, as its converters write them',
      2,
      {
        output_label: ints([2], 1n, -9223372036854775808n),
        output_probability: floats([2, 3], 0.25, 0.5, 0.25, 1, 0, 0),
      },
      '[[["1", 0.5]], [["-9223372036854775808", 1.0]]]',
    ],
    [
      'text labels of scikit-learn',
      1,
      { label: strings([1], 'setosa'), probabilities: floats([1, 3], 0.125, NaN, 0.75) },
      '[[["setosa", 0.75]]]',
    ],
    [
      'labels of which the probabilities are no tensor',
      2,
      { output_label: ints([2], 0n, 1n) },
      '[[["0", 0.0]], [["1", 0.0]]]',
    ],
    [
      'doubles and halves as scores',
      1,
      { scores: { dtype: 'float64', dims: [1, 1], data: Float64Array.of(0.1) } },
      '[[["", 0.1]]]',
    ],
    ['halves', 1, { scores: { dtype: 'float16', dims: [1], data: Uint16Array.of(toHalfBits(0.5)) } }, '[[["", 0.5]]]'],
    [
      'TensorFlow’s names before others',
      1,
      {
        label: strings([1], 'no'),
        classes: strings([1], 'yes'),
        probabilities: floats([1], 0),
        scores: floats([1], 1),
      },
      '[[["yes", 1.0]]]',
    ],
    ['no classes at all', 2, { scores: floats([2, 0]) }, '[[], []]'],
  ])('answers with %s', (_, rows, outputs, results) => {
    expect(answer('classifyJson', jsonOf(rows), outputs).toString()).toBe(`{"results": ${results}}`);
    const response = fieldsOf(answer('classifyProto', protoOf(rows), outputs));
    const expected = JSON.parse(results.replaceAll('NaN', 'null'), (_key, value: unknown) => value ?? NaN);
    const rounded = JSON.stringify(classesOf(fieldsOf(bytesOf(response, 1))), (_key, value: unknown) =>
      typeof value === 'number' ? Math.fround(value) : value,
    );
    expect(rounded).toBe(
      JSON.stringify(expected, (_key, value: unknown) => (typeof value === 'number' ? Math.fround(value) : value)),
    );
    expect(specOf(response, 2)).toEqual(['m', [7n], 'serving_default']);
  });

  const NAMES = ['red', 'green', 'blue'];
  it.each<[string, Readonly<Record<string, HostTensor>>, readonly string[], string]>([
    [
      'beside the best label',
      { label: strings([2], 'blue', 'red'), scores: floats([2, 3], 0.25, 0.25, 0.5, 1, 0, 0) },
      NAMES,
      '[[["red", 0.25], ["green", 0.25], ["blue", 0.5]], [["red", 1.0], ["green", 0.0], ["blue", 0.0]]]',
    ],
    [
      'without labels',
      { scores: floats([2, 3], 0.25, 0.25, 0.5, 1, 0, 0) },
      NAMES,
      '[[["red", 0.25], ["green", 0.25], ["blue", 0.5]], [["red", 1.0], ["green", 0.0], ["blue", 0.0]]]',
    ],
    [
      'only where their number is that of the scores',
      { label: strings([2], 'a', 'b'), scores: floats([2, 2], 0.25, 0.75, 1, 0) },
      NAMES,
      '[[["a", 0.75]], [["b", 1.0]]]',
    ],
    [
      'not where the model gives a label for each score',
      { classes: strings([2, 3], 'a', 'b', 'c', 'd', 'e', 'f'), scores: floats([2, 3], 1, 2, 3, 4, 5, 6) },
      NAMES,
      '[[["a", 1.0], ["b", 2.0], ["c", 3.0]], [["d", 4.0], ["e", 5.0], ["f", 6.0]]]',
    ],
  ])('names the classes as the classifier in the file does, %s', (_, outputs, names, results) => {
    const labels = new Map([['scores', names]]);
    expect(answer('classifyJson', jsonOf(2), outputs, labels).toString()).toBe(`{"results": ${results}}`);
    const response = fieldsOf(answer('classifyProto', protoOf(2), outputs, labels));
    expect(classesOf(fieldsOf(bytesOf(response, 1)))).toEqual(JSON.parse(results));
  });

  it.each<[Readonly<Record<string, HostTensor>>, string]>([
    [{ scores: floats([3, 2], 1, 2, 3, 4, 5, 6) }, 'Expected scores output batch size of 2. Got: 3'],
    [{ classes: strings([1], 'a') }, 'Expected classes output batch size of 2. Got: 1'],
    [
      { classes: strings([2, 2], 'a', 'b', 'c', 'd'), scores: floats([2, 3], 1, 2, 3, 4, 5, 6) },
      'Tensors class and score should match in dim_size(1). Got 2 vs. 3',
    ],
    [
      { classes: strings([2, 2], 'a', 'b', 'c', 'd'), scores: floats([2], 1, 2) },
      'Tensors class and score should match in dim_size(1). Got 2 vs. 1',
    ],
  ])('refuses %j', (outputs, message) => {
    expect(errorOf(() => answer('classifyJson', jsonOf(2), outputs))).toBe(`INVALID_ARGUMENT: ${message}`);
  });

  it('refuses outputs whose shape turns out to be another', () => {
    const signature = model([tensorInfo('x', 'float32', ['n'])], tensorInfo('scores', 'float32'));
    const parsed = parse('classifyJson', jsonOf(1), signature);
    expect(errorOf(() => parsed.write(new Map([['scores', floats([1, 1, 1], 1)]])))).toBe(
      'INVALID_ARGUMENT: Expected Tensor shape: [batch_size num_classes] but got [1,1,1]',
    );
  });
});

describe('regress', () => {
  it.each<[string, number, Readonly<Record<string, HostTensor>>, string]>([
    ['[batch]', 3, { y: floats([3], 3.5, 4, -0) }, '[3.5, 4.0, -0.0]'],
    ['[batch, 1]', 2, { y: floats([2, 1], 3.5, 1e10) }, '[3.5, 1e+10]'],
    ['a double', 1, { variable: { dtype: 'float64', dims: [1, 1], data: Float64Array.of(0.1) } }, '[0.1]'],
    ['other outputs beside it', 1, { label: ints([1], 1n), y: floats([1], NaN) }, '[NaN]'],
    ['others of its kind, named outputs', 1, { a: floats([1], 1), outputs: floats([1], 2) }, '[2.0]'],
  ])('answers with %s', (_, rows, outputs, results) => {
    expect(answer('regressJson', jsonOf(rows), outputs).toString()).toBe(`{"results": ${results}}`);
    const response = fieldsOf(answer('regressProto', protoOf(rows), outputs));
    const expected: unknown = JSON.parse(results.replaceAll('NaN', '"NaN"'));
    expect(valuesOf(fieldsOf(bytesOf(response, 1)))).toEqual(
      Array.isArray(expected) ? expected.map((value) => Math.fround(Number(value))) : [],
    );
    expect(specOf(response, 2)).toEqual(['m', [7n], 'serving_default']);
  });

  it.each<[Readonly<Record<string, HostTensor>>, string]>([
    [
      { y: floats([2, 2], 1, 2, 3, 4) },
      'Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got [2,2]',
    ],
    [{ y: floats([1], 1) }, 'Input batch size did not match output batch size: 2 vs. 1'],
  ])('refuses %j', (outputs, message) => {
    expect(errorOf(() => answer('regressJson', jsonOf(2), outputs))).toBe(`INVALID_ARGUMENT: ${message}`);
  });
});

describe('multi-inference', () => {
  const CLASSIFY = 'tensorflow/serving/classify';
  const REGRESS = 'tensorflow/serving/regress';
  const multi = (
    tasks: readonly [ProtobufWriter, string][],
    examples = input([features(1), features(2)]),
  ): Uint8Array => {
    const message = new ProtobufWriter();
    for (const [spec, method] of tasks) message.message(1, new ProtobufWriter().message(1, spec).text(2, method));
    return message.message(2, examples).toBytes();
  };
  const signature = model([tensorInfo('x', 'float32', ['n'])], Y, SCORES);
  const outputs = new Map([
    ['y', floats([2], 1, 2)],
    ['scores', floats([2, 2], 0.5, 0.25, 0.125, 1)],
  ]);

  it('answers each task from one run', () => {
    const body = multi([
      [modelSpec('m', 'serving_default'), REGRESS],
      [modelSpec('m'), CLASSIFY],
    ]);
    const parsed = parse('multiInferenceProto', body, signature);
    expect(parsed.outputs).toEqual(['y', 'scores']);
    const [first, second, ...rest] = messagesOf(fieldsOf(parsed.write(outputs)), 1);
    expect(rest).toEqual([]);
    expect(first && [specOf(first, 1), valuesOf(fieldsOf(bytesOf(first, 3)))]).toEqual([
      ['m', [7n], 'serving_default'],
      [1, 2],
    ]);
    expect(second && [specOf(second, 1), classesOf(fieldsOf(bytesOf(second, 2)))]).toEqual([
      ['m', [7n], 'serving_default'],
      [
        [
          ['', 0.5],
          ['', 0.25],
        ],
        [
          ['', 0.125],
          ['', 1],
        ],
      ],
    ]);
  });

  it.each<[string, Uint8Array, string]>([
    ['no tasks', multi([]), 'INVALID_ARGUMENT: The request has no tasks.'],
    [
      'a task without a name',
      multi([[new ProtobufWriter(), REGRESS]]),
      'INVALID_ARGUMENT: Found ModelSpec with an empty model name.',
    ],
    [
      'two models',
      multi([
        [modelSpec('m'), REGRESS],
        [modelSpec('n'), CLASSIFY],
      ]),
      'INVALID_ARGUMENT: All ModelSpecs in a MultiInferenceRequest must access the same model name.',
    ],
    [
      'the same task twice',
      multi([
        [modelSpec('m'), REGRESS],
        [modelSpec('m', 'serving_default'), REGRESS],
      ]),
      'INVALID_ARGUMENT: Duplicate evaluation of signature: serving_default',
    ],
    [
      'an unknown signature',
      multi([[modelSpec('m', 'other'), REGRESS]]),
      'INVALID_ARGUMENT: Requested signature not found in model graph: other',
    ],
    [
      'another method',
      multi([[modelSpec('m'), 'tensorflow/serving/predict']]),
      'UNIMPLEMENTED: Unsupported signature method_name: tensorflow/serving/predict',
    ],
    ['no examples', multi([[modelSpec('m'), REGRESS]], new ProtobufWriter()), 'INVALID_ARGUMENT: Input is empty.'],
    [
      'what is no message',
      Buffer.from([0x0a, 0x80]),
      'INVALID_ARGUMENT: The request is not a valid tensorflow.serving.MultiInferenceRequest message: a number goes on beyond the message that holds it (byte 1)',
    ],
  ])('refuses %s', (_, body, message) => {
    expect(errorOf(() => parse('multiInferenceProto', body, signature))).toBe(message);
  });

  it('needs a model that fits every task', () => {
    const body = multi([
      [modelSpec('m'), REGRESS],
      [modelSpec('m'), CLASSIFY],
    ]);
    expect(errorOf(() => parse('multiInferenceProto', body, model([tensorInfo('x', 'float32', ['n'])], Y)))).toMatch(
      /^FAILED_PRECONDITION: Expected classification/u,
    );
  });
});
