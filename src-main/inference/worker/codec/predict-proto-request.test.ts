import { describe, expect, it } from 'vitest';
import { ProtobufWriter } from '../../../../scripts/samples/protobuf-writer.ts';
import { ServingError } from '../../../contracts/serving-error.ts';
import type { DataType, ModelSignature } from '../../../contracts/signature.ts';
import { fromHalfBits } from './half.ts';
import type { HostTensor } from './host-tensor.ts';
import { type PredictProtoRequest, PredictProtoReader } from './predict-proto-request.ts';
import { TENSORFLOW_TYPES } from './tensorflow-types.ts';
import { mapEntry, memory, modelSpec, predictRequest, tensorProto } from './testing/messages.ts';
import { randomSource } from './testing/random.ts';
import { takes, tensorInfo } from './testing/signatures.ts';

const LIMITS = { maxTensorBytes: 2 ** 30, maxFilledBytes: 2 ** 20 };

function read(bytes: Uint8Array, signature: ModelSignature, limits = LIMITS): PredictProtoRequest {
  return new PredictProtoReader(signature, limits).read(Buffer.from(bytes));
}

/** `CODE: message` of the error, so that one text shows both. */
function errorOf(request: ProtobufWriter | Uint8Array, signature: ModelSignature, limits = LIMITS): string {
  try {
    read(request instanceof ProtobufWriter ? request.toBytes() : request, signature, limits);
  } catch (error) {
    if (error instanceof ServingError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'no error';
}

function inputX(tensor: ProtobufWriter, dtype: DataType): HostTensor | undefined {
  return read(predictRequest({ x: tensor }).toBytes(), takes(tensorInfo('x', dtype))).inputs.get('x');
}

function refusalOf(tensor: ProtobufWriter, dtype: DataType, limits = LIMITS): string {
  return errorOf(predictRequest({ x: tensor }), takes(tensorInfo('x', dtype)), limits);
}

function elements(tensor: HostTensor | undefined): unknown[] {
  const all: unknown[] = [];
  for (const element of tensor?.data ?? []) all.push(element);
  return all;
}

const number = (dtype: DataType): number => TENSORFLOW_TYPES[dtype].number;
const floats = (...values: number[]): Float32Array => Float32Array.from(values);
/** Fields that no schema here knows, one of each wire type and a group with a group inside. */
const unknownFields = (): ProtobufWriter =>
  new ProtobufWriter()
    .varint(100, 1n << 63n)
    .bytes(101, Buffer.from('\u{1}\u{2}'))
    .float(102, 1);
const GROUP = Buffer.from([0xa3, 0x06, 0x08, 0x01, 0xab, 0x06, 0xac, 0x06, 0xa4, 0x06]);

/** One dtype: the field of its typed values, how they are added packed and one by one, and its memory. */
interface Case {
  readonly dtype: DataType;
  readonly field: number;
  readonly values: readonly (number | bigint)[];
  readonly content: Uint8Array;
  readonly expected: readonly unknown[];
}

const INTEGERS: readonly Case[] = [
  {
    dtype: 'int8',
    field: 7,
    values: [-128, 127, 0, -1],
    content: memory(Int8Array.of(-128, 127, 0, -1)),
    expected: [-128, 127, 0, -1],
  },
  {
    dtype: 'uint8',
    field: 7,
    values: [0, 255, 128],
    content: memory(Uint8Array.of(0, 255, 128)),
    expected: [0, 255, 128],
  },
  {
    dtype: 'int16',
    field: 7,
    values: [-32768, 32767, 300],
    content: memory(Int16Array.of(-32768, 32767, 300)),
    expected: [-32768, 32767, 300],
  },
  { dtype: 'uint16', field: 7, values: [0, 65535], content: memory(Uint16Array.of(0, 65535)), expected: [0, 65535] },
  {
    dtype: 'int32',
    field: 7,
    values: [-(2 ** 31), 2 ** 31 - 1, -1, 127, 128],
    content: memory(Int32Array.of(-(2 ** 31), 2 ** 31 - 1, -1, 127, 128)),
    expected: [-(2 ** 31), 2 ** 31 - 1, -1, 127, 128],
  },
  {
    dtype: 'uint32',
    field: 16,
    values: [0, 2 ** 32 - 1, 2 ** 31],
    content: memory(Uint32Array.of(0, 2 ** 32 - 1, 2 ** 31)),
    expected: [0, 2 ** 32 - 1, 2 ** 31],
  },
  {
    dtype: 'int64',
    field: 10,
    values: [-(2n ** 63n), 2n ** 63n - 1n, -1n, 5, 2n ** 35n, 2n ** 32n],
    content: memory(BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, -1n, 5n, 2n ** 35n, 2n ** 32n)),
    expected: [-(2n ** 63n), 2n ** 63n - 1n, -1n, 5n, 2n ** 35n, 2n ** 32n],
  },
  {
    dtype: 'uint64',
    field: 17,
    values: [2n ** 64n - 1n, 0, 2n ** 63n],
    content: memory(BigUint64Array.of(2n ** 64n - 1n, 0n, 2n ** 63n)),
    expected: [2n ** 64n - 1n, 0n, 2n ** 63n],
  },
  {
    dtype: 'bool',
    field: 11,
    values: [1, 0, 1, 2n ** 40n],
    content: Uint8Array.of(1, 0, 1, 7),
    expected: [1, 0, 1, 1],
  },
  {
    dtype: 'float16',
    field: 13,
    values: [0x3c00, 0xfc00, 1],
    content: memory(Uint16Array.of(0x3c00, 0xfc00, 1)),
    expected: [0x3c00, 0xfc00, 1],
  },
];

describe('tensors', () => {
  it.each(INTEGERS)(
    'of $dtype come packed, one by one, mixed, and as content',
    ({ dtype, field, values, content, expected }) => {
      const dims = [values.length];
      const packed = tensorProto(number(dtype), dims, (tensor) => tensor.packedVarints(field, values));
      const single = tensorProto(number(dtype), dims, (tensor) => {
        for (const value of values) tensor.varint(field, value);
      });
      const mixed = tensorProto(number(dtype), dims, (tensor) =>
        tensor
          .varint(field, values[0] ?? 0)
          .packedVarints(field, [])
          .packedVarints(field, values.slice(1)),
      );
      const raw = tensorProto(number(dtype), dims, (tensor) => tensor.bytes(4, content));
      for (const tensor of [packed, single, mixed, raw]) {
        const got = inputX(tensor, dtype);
        expect(got).toMatchObject({ dtype, dims });
        expect(elements(got)).toEqual(expected);
      }
    },
  );

  it('of float32 come packed, one by one, and as content', () => {
    const values = [1.5, -0, NaN, Infinity, 1e-45];
    const packed = tensorProto(1, [5], (tensor) => tensor.packedFloats(5, values));
    const single = tensorProto(1, [5], (tensor) => {
      for (const value of values) tensor.float(5, value);
    });
    const raw = tensorProto(1, [5], (tensor) => tensor.bytes(4, memory(floats(...values))));
    for (const tensor of [packed, single, raw]) expect(inputX(tensor, 'float32')?.data).toEqual(floats(...values));
  });

  it('of float64 come packed and as content', () => {
    const values = Float64Array.of(0.1, -1e300, 5e-324);
    for (const field of [4, 6]) {
      const tensor = tensorProto(2, [3, 1], (message) => message.bytes(field, memory(values)));
      expect(inputX(tensor, 'float64')).toEqual({ dtype: 'float64', dims: [3, 1], data: values });
    }
  });

  it('of strings come one by one and as content', () => {
    const texts = ['', 'é😀', '\u{fffd}', 'x'.repeat(300)];
    const single = tensorProto(7, [4], (tensor) => {
      for (const text of texts) tensor.text(8, text);
    });
    const lengths = Buffer.concat(
      texts.map((text) =>
        new ProtobufWriter()
          .packedVarints(1, [Buffer.byteLength(text)])
          .toBytes()
          .subarray(2),
      ),
    );
    const raw = tensorProto(7, [2, 2], (tensor) =>
      tensor.bytes(4, Buffer.concat([lengths, Buffer.from(texts.join(''))])),
    );
    expect(inputX(single, 'string')).toEqual({ dtype: 'string', dims: [4], data: texts });
    expect(inputX(raw, 'string')).toEqual({ dtype: 'string', dims: [2, 2], data: texts });
  });

  it.each<[string, DataType, (tensor: ProtobufWriter) => unknown, readonly unknown[]]>([
    ['one value', 'float32', (tensor) => tensor.float(5, 1.5), [1.5, 1.5, 1.5, 1.5, 1.5]],
    ['two values', 'float32', (tensor) => tensor.packedFloats(5, [1, 2]), [1, 2, 2, 2, 2]],
    ['one value', 'float64', (tensor) => tensor.bytes(6, memory(Float64Array.of(0.1))), [0.1, 0.1, 0.1, 0.1, 0.1]],
    ['two values', 'int32', (tensor) => tensor.packedVarints(7, [1, -2]), [1, -2, -2, -2, -2]],
    ['one value', 'uint32', (tensor) => tensor.varint(16, 2 ** 32 - 1), [1, 1, 1, 1, 1].map(() => 2 ** 32 - 1)],
    ['two values', 'int64', (tensor) => tensor.packedVarints(10, [1, -2]), [1n, -2n, -2n, -2n, -2n]],
    ['one value', 'bool', (tensor) => tensor.varint(11, 1), [1, 1, 1, 1, 1]],
    ['one value', 'string', (tensor) => tensor.text(8, 'a'), ['a', 'a', 'a', 'a', 'a']],
    ['nothing', 'float32', () => undefined, [0, 0, 0, 0, 0]],
    ['nothing', 'int64', () => undefined, [0n, 0n, 0n, 0n, 0n]],
    ['nothing', 'bool', () => undefined, [0, 0, 0, 0, 0]],
    ['nothing', 'string', () => undefined, ['', '', '', '', '']],
    ['values of another field', 'int64', (tensor) => tensor.packedVarints(7, [1, 2, 3]), [0n, 0n, 0n, 0n, 0n]],
    [
      'content before values',
      'uint8',
      (tensor) => tensor.varint(7, 9).bytes(4, Uint8Array.of(1, 2, 3, 4, 5)),
      [1, 2, 3, 4, 5],
    ],
  ])('with %s of %s fill their shape as TensorFlow does', (_, dtype, addValues, expected) => {
    const got = inputX(
      tensorProto(number(dtype), [5, 1], (tensor) => void addValues(tensor)),
      dtype,
    );
    expect(got?.dims).toEqual([5, 1]);
    expect(elements(got)).toEqual(expected);
  });

  it('repeat the last value over any number of elements', () => {
    for (const count of [3, 4, 7, 8, 9, 1000]) {
      const tensor = tensorProto(1, [count], (message) => message.packedFloats(5, [1, 2]));
      expect(elements(inputX(tensor, 'float32'))).toEqual([1, ...Array.from({ length: count - 1 }, () => 2)]);
    }
  });

  it('may be scalars and empty', () => {
    expect(inputX(new ProtobufWriter().varint(1, 1).float(5, 2), 'float32')).toMatchObject({
      dims: [],
      data: floats(2),
    });
    expect(inputX(tensorProto(1, [0, 3]), 'float32')).toMatchObject({ dims: [0, 3], data: floats() });
    expect(inputX(tensorProto(7, [2, 0]), 'string')).toEqual({ dtype: 'string', dims: [2, 0], data: [] });
    const unknownRank = new ProtobufWriter().varint(1, 1).message(2, new ProtobufWriter().varint(3, 1)).float(5, 2);
    expect(inputX(unknownRank, 'float32')).toMatchObject({ dims: [], data: floats(2) });
  });

  it('may have a shape of 254 axes', () => {
    const ones = Array.from({ length: 254 }, () => 1);
    expect(inputX(tensorProto(1, ones), 'float32')?.dims).toEqual(ones);
    expect(refusalOf(tensorProto(1, [...ones, 1]), 'float32')).toContain('at most 254 axes');
  });

  it('are read from anywhere in the body, aligned or not', () => {
    for (let name = 1; name < 9; name++) {
      const x = 'x'.repeat(name);
      const tensor = tensorProto(2, [2], (message) => message.bytes(4, memory(Float64Array.of(1.5, 2.5))));
      const { inputs } = read(predictRequest({ [x]: tensor }).toBytes(), takes(tensorInfo(x, 'float64')));
      expect(inputs.get(x)?.data).toEqual(Float64Array.of(1.5, 2.5));
    }
  });

  it('do not change when the body does', () => {
    const body = Buffer.from(predictRequest({ x: tensorProto(1, [1], (tensor) => tensor.float(5, 1)) }).toBytes());
    const { inputs } = new PredictProtoReader(takes(tensorInfo('x', 'float32')), LIMITS).read(body);
    body.fill(0);
    expect(inputs.get('x')?.data).toEqual(floats(1));
  });
});

describe('tensors that are refused', () => {
  const bad = (what: string): string => `INVALID_ARGUMENT: tensor parsing error: x: ${what}`;
  it.each<[string, DataType, ProtobufWriter, string]>([
    ['no dtype', 'float32', new ProtobufWriter().float(5, 1), bad('it has no dtype')],
    [
      'another dtype',
      'float32',
      tensorProto(2, []),
      'INVALID_ARGUMENT: Expects input "x" to be float but double is provided',
    ],
    [
      'an unknown dtype',
      'string',
      tensorProto(77, []),
      'INVALID_ARGUMENT: Expects input "x" to be string but unknown dtype enum (77) is provided',
    ],
    [
      'a dtype that no ONNX model has',
      'float32',
      tensorProto(8, []),
      'INVALID_ARGUMENT: Expects input "x" to be float but complex64 is provided',
    ],
    ['a negative size', 'float32', tensorProto(1, [2, -1]), bad('shape [2,-1] has a negative size')],
    [
      'short content',
      'float32',
      tensorProto(1, [3], (t) => t.bytes(4, Buffer.alloc(8))),
      bad('tensor_content has 8 bytes, but shape [3] of float takes 12'),
    ],
    [
      'long content',
      'int8',
      tensorProto(6, [3], (t) => t.bytes(4, Buffer.alloc(4))),
      bad('tensor_content has 4 bytes, but shape [3] of int8 takes 3'),
    ],
    [
      'content for nothing',
      'int8',
      tensorProto(6, [0], (t) => t.bytes(4, Buffer.alloc(4))),
      bad('tensor_content has 4 bytes, but shape [0] of int8 takes 0'),
    ],
    [
      'more floats',
      'float32',
      tensorProto(1, [1], (t) => t.packedFloats(5, [1, 2])),
      bad('float_val has 2 values, but shape [1] takes 1'),
    ],
    [
      'more integers',
      'int32',
      tensorProto(3, [1], (t) => t.packedVarints(7, [1, 2])),
      bad('int_val has more values, but shape [1] takes 1'),
    ],
    [
      'more 64-bit integers',
      'int64',
      tensorProto(9, [], (t) => t.packedVarints(10, [1, 2])),
      bad('int64_val has more values, but shape [] takes 1'),
    ],
    [
      'more booleans',
      'bool',
      tensorProto(10, [1], (t) => t.packedVarints(11, [1, 1])),
      bad('bool_val has more values, but shape [1] takes 1'),
    ],
    [
      'more strings',
      'string',
      tensorProto(7, [0], (t) => t.text(8, 'a')),
      bad('string_val has 1 values, but shape [0] takes 0'),
    ],
    [
      'a broken float list',
      'float32',
      tensorProto(1, [2], (t) => t.bytes(5, Buffer.alloc(7))),
      bad('float_val has 7 bytes, which is no multiple of 4'),
    ],
    [
      'too large for int8',
      'int8',
      tensorProto(6, [2], (t) => t.packedVarints(7, [1, 128])),
      bad('value 128 at index 1 of int_val is no int8 (-128 to 127)'),
    ],
    [
      'below uint8',
      'uint8',
      tensorProto(4, [1], (t) => t.varint(7, -1)),
      bad('value -1 at index 0 of int_val is no uint8 (0 to 255)'),
    ],
    [
      'too large for half',
      'float16',
      tensorProto(19, [1], (t) => t.varint(13, 65536)),
      bad('value 65536 at index 0 of half_val is no half (0 to 65535)'),
    ],
    [
      'string content without lengths',
      'string',
      tensorProto(7, [3], (t) => t.bytes(4, Buffer.from([0, 0]))),
      bad('tensor_content of string does not have a length for each element'),
    ],
    [
      'string content that ends',
      'string',
      tensorProto(7, [2], (t) => t.bytes(4, Buffer.from([1, 2, 65]))),
      bad('tensor_content of string does not have as many bytes as its lengths say'),
    ],
    [
      'string content that goes on',
      'string',
      tensorProto(7, [1], (t) => t.bytes(4, Buffer.from([1, 65, 65]))),
      bad('tensor_content of string does not have as many bytes as its lengths say'),
    ],
    [
      'a string with U+0000',
      'string',
      tensorProto(7, [2], (t) => t.text(8, 'a').text(8, 'b\0')),
      'INVALID_ARGUMENT: Input "x": element 1 holds the character U+0000, which ONNX Runtime strings cannot hold.',
    ],
    [
      'a string that is not UTF-8',
      'string',
      tensorProto(7, [1], (t) => t.bytes(8, Buffer.from([0xff]))),
      'INVALID_ARGUMENT: Input "x": element 0 is not UTF-8. Strings of ONNX models are UTF-8 text; raw bytes need an input of type uint8.',
    ],
    [
      'a broken varint',
      'int32',
      tensorProto(3, [1], (t) => t.bytes(7, Buffer.from([0x80]))),
      'INVALID_ARGUMENT: The request is not a valid tensorflow.serving.PredictRequest message: a number goes on beyond the message that holds it (byte 22)',
    ],
  ])('%s', (_, dtype, tensor, message) => {
    expect(refusalOf(tensor, dtype)).toBe(message);
  });

  it.each<[string, readonly (number | bigint)[], string]>([
    [
      'a huge axis',
      [10 ** 9],
      'RESOURCE_EXHAUSTED: Input "x" of shape [1000000000] needs more than 1073741824 bytes, the limit for one tensor. Send fewer elements at once.',
    ],
    [
      'huge axes',
      [2 ** 31, 2 ** 31],
      'INVALID_ARGUMENT: tensor parsing error: x: shape [2147483648,2147483648] has too many elements',
    ],
    [
      'an overflow before a zero',
      [2n ** 62n, 4, 0],
      'INVALID_ARGUMENT: tensor parsing error: x: shape [4611686018427388000,4,0] has too many elements',
    ],
    ['an overflow to a positive number', Array.from({ length: 250 }, () => 2 ** 16), 'has too many elements'],
    [
      'more than may be filled',
      [300_000],
      'RESOURCE_EXHAUSTED: Input "x" has shape [300000], but at most 1 values came with it; no more than 1048576 bytes are filled in by repeating the last one. Send all elements.',
    ],
  ])('a few bytes that ask for %s, before any memory is taken', (_, dims, message) => {
    expect(
      refusalOf(
        tensorProto(1, dims, (tensor) => tensor.float(5, 1)),
        'float32',
      ),
    ).toContain(message);
  });

  it('counts characters of strings', () => {
    const limits = { maxTensorBytes: 40, maxFilledBytes: 40 };
    const strings = (...texts: string[]): ProtobufWriter =>
      tensorProto(7, [texts.length], (tensor) => {
        for (const text of texts) tensor.text(8, text);
      });
    expect(refusalOf(strings('a', 'b'), 'string', limits)).toBe('no error');
    expect(refusalOf(strings('a', 'bcdef'), 'string', limits)).toMatch(/^RESOURCE_EXHAUSTED: Input "x"/u);
    expect(refusalOf(strings('', '', ''), 'string', limits)).toMatch(/^RESOURCE_EXHAUSTED: Input "x"/u);
  });

  it('refuses shapes that the model does not take, as in JSON', () => {
    const image = takes(tensorInfo('x', 'float32', ['batch', 2]));
    expect(errorOf(predictRequest({ x: tensorProto(1, [1, 3]) }), image)).toBe(
      'INVALID_ARGUMENT: Input "x" has size 3 on axis 1, expected 2: the request has shape [1,3], the model takes [batch,2].',
    );
    expect(errorOf(predictRequest({ x: tensorProto(1, [2]) }), image)).toMatch(/has 1 axes, expected 2/u);
  });
});

describe('the message', () => {
  const one = (): ProtobufWriter => tensorProto(1, [1], (tensor) => tensor.float(5, 1));
  const two = (): ProtobufWriter => tensorProto(1, [1], (tensor) => tensor.float(5, 2));
  const x = takes(tensorInfo('x', 'float32'));

  it.each<[string, () => ProtobufWriter | Uint8Array]>([
    ['model_spec last', () => new ProtobufWriter().message(2, mapEntry('x', one())).message(1, modelSpec('m'))],
    ['no model_spec', () => new ProtobufWriter().message(2, mapEntry('x', one()))],
    [
      'the key after the value',
      () => new ProtobufWriter().message(2, new ProtobufWriter().message(2, one()).text(1, 'x')),
    ],
    [
      'the same input twice: the last counts',
      () => new ProtobufWriter().message(2, mapEntry('x', two())).message(2, mapEntry('x', one())),
    ],
    [
      'two keys: the last counts',
      () => new ProtobufWriter().message(2, new ProtobufWriter().text(1, 'y').text(1, 'x').message(2, one())),
    ],
    [
      'a value in two parts',
      () =>
        new ProtobufWriter().message(
          2,
          mapEntry('x', tensorProto(1, [])).message(
            2,
            new ProtobufWriter()
              .message(2, new ProtobufWriter().message(2, new ProtobufWriter().varint(1, 1)))
              .float(5, 1),
          ),
        ),
    ],
    [
      'shape and values before dtype',
      () =>
        predictRequest({
          x: new ProtobufWriter()
            .float(5, 1)
            .message(2, new ProtobufWriter().message(2, new ProtobufWriter().varint(1, 1)))
            .varint(1, 1),
        }),
    ],
    [
      'a shape in two parts',
      () =>
        predictRequest({
          x: new ProtobufWriter()
            .message(2, new ProtobufWriter().message(2, new ProtobufWriter().varint(1, 1)))
            .varint(1, 1)
            .message(2, new ProtobufWriter())
            .float(5, 1),
        }),
    ],
    [
      'names and versions of axes and tensors',
      () =>
        predictRequest({
          x: new ProtobufWriter()
            .varint(1, 1)
            .message(2, new ProtobufWriter().message(2, new ProtobufWriter().varint(1, 1).text(2, 'batch')))
            .varint(3, 7)
            .float(5, 1),
        }),
    ],
    ['the default signature by name', () => predictRequest({ x: one() }, { signatureName: 'serving_default' })],
    [
      'unknown fields',
      () =>
        Buffer.concat([
          GROUP,
          unknownFields().message(2, mapEntry('x', one())).toBytes(),
          GROUP,
          unknownFields().toBytes(),
        ]),
    ],
    [
      'unknown fields inside',
      () =>
        new ProtobufWriter().message(
          2,
          unknownFields()
            .text(1, 'x')
            .message(2, one().bytes(99, Buffer.alloc(9))),
        ),
    ],
    ['known fields of another wire type', () => predictRequest({ x: one() }).varint(2, 1).varint(1, 1).float(3, 1)],
  ])('may have %s', (_, request) => {
    const message = request();
    const { inputs, outputs } = read(message instanceof ProtobufWriter ? message.toBytes() : message, x);
    expect(inputs).toEqual(new Map([['x', { dtype: 'float32', dims: [1], data: floats(1) }]]));
    expect(outputs).toBeUndefined();
  });

  const ab = takes(tensorInfo('a', 'float32'), tensorInfo('b', 'float32'));
  it('holds inputs in any order', () => {
    for (const request of [predictRequest({ a: one(), b: two() }), predictRequest({ b: two(), a: one() })]) {
      const { inputs } = read(request.toBytes(), ab);
      expect([...inputs].map(([name, { data }]) => [name, data])).toEqual([
        ['a', floats(1)],
        ['b', floats(2)],
      ]);
    }
  });

  const optional = takes(tensorInfo('a', 'float32'), tensorInfo('t', 'float32', null, { optional: true }));
  it.each<[string, ModelSignature, ProtobufWriter, string]>([
    [
      'a missing input',
      ab,
      predictRequest({ a: one() }),
      'input size does not match signature: 1!=2 len({a}) != len({a,b}). Sent extra: {}. Missing but required: {b}.',
    ],
    [
      'no inputs',
      ab,
      predictRequest({}),
      'input size does not match signature: 0!=2 len({}) != len({a,b}). Sent extra: {}. Missing but required: {a,b}.',
    ],
    [
      'an extra input',
      ab,
      predictRequest({ z: one(), b: one(), a: one() }),
      'input size does not match signature: 3!=2 len({a,b,z}) != len({a,b}). Sent extra: {z}. Missing but required: {}.',
    ],
    [
      'another name',
      x,
      predictRequest({ y: one() }),
      'Signature input alias: x(feed name: x) not found in request and no default value provided. Inputs expected to be in the request {y}, or default input alias set: ',
    ],
    [
      'an entry without a key',
      x,
      new ProtobufWriter().message(2, new ProtobufWriter().message(2, one())),
      'Signature input alias: x(feed name: x) not found in request and no default value provided. Inputs expected to be in the request {}, or default input alias set: ',
    ],
    [
      'the optional input alone',
      optional,
      predictRequest({ t: one() }),
      'Signature input alias: a(feed name: a) not found in request and no default value provided. Inputs expected to be in the request {t}, or default input alias set: t',
    ],
    [
      'a name that is none',
      optional,
      predictRequest({ a: one(), zz: one() }),
      'Inputs contains invalid name. Used request inputs: a, request input: a,zz',
    ],
    [
      'an entry without a tensor',
      x,
      new ProtobufWriter().message(2, new ProtobufWriter().text(1, 'x')),
      'tensor parsing error: x: it has no dtype',
    ],
    [
      'an unknown output',
      x,
      predictRequest({ x: one() }, { filter: ['y'] }),
      'output tensor alias not found in signature: y Outputs expected to be in the set {}.',
    ],
  ])('with %s is refused', (_, signature, request, message) => {
    expect(errorOf(request, signature)).toBe(`INVALID_ARGUMENT: ${message}`);
  });

  it('may leave optional inputs out', () => {
    expect([...read(predictRequest({ a: one() }).toBytes(), optional).inputs.keys()]).toEqual(['a']);
    expect([...read(predictRequest({ t: one(), a: one() }).toBytes(), optional).inputs.keys()]).toEqual(['a', 't']);
  });

  it('with an unknown signature is refused before all else', () => {
    const request = predictRequest({ y: one() }, { signatureName: 'other' });
    expect(errorOf(request, x)).toBe('FAILED_PRECONDITION: Serving signature key "other" not found.');
  });

  it('may ask for some of the outputs', () => {
    const model = { ...x, outputs: ['c', 'b', 'a'].map((name) => tensorInfo(name, 'float32')) };
    const filtered = (...filter: string[]): ProtobufWriter => predictRequest({ x: one() }, { filter });
    expect(read(filtered('a', 'c').toBytes(), model).outputs).toEqual(['a', 'c']);
    expect(errorOf(filtered('a', 'b', 'a'), model)).toBe('INVALID_ARGUMENT: duplicate output tensor alias: a');
    expect(errorOf(filtered('a', 'd'), model)).toBe(
      'INVALID_ARGUMENT: output tensor alias not found in signature: d Outputs expected to be in the set {a,b,c}.',
    );
  });

  it.each<[string, readonly number[], string]>([
    ['a length beyond the end', [0x12, 5, 1], 'a field goes on beyond the message that holds it'],
    ['a length beyond its message', [0x12, 2, 0x0a, 3, 0, 0, 0], 'a field goes on beyond the message that holds it'],
    ['half a tag', [0x80], 'a number goes on beyond the message that holds it'],
    ['a length of 4 GiB', [0x12, 0xff, 0xff, 0xff, 0xff, 0x0f], 'a length is out of range'],
    ['a length beyond 32 bits', [0x12, 0xff, 0xff, 0xff, 0xff, 0x7f], 'a length is out of range'],
    ['a varint of 11 bytes', [0x08, ...Array.from({ length: 11 }, () => 0xff)], 'a number has more than 10 bytes'],
    ['field number 0', [0x02, 0], 'a field number is out of range'],
    ['a field number beyond 29 bits', [0xfa, 0xff, 0xff, 0xff, 0x7f, 0], 'a field number is out of range'],
    ['wire type 6', [0x0e], 'unknown wire type 6'],
    ['the end of a group that is not open', [0x0c], 'unknown wire type 4'],
    ['a group without end', [0x0b, 0x08, 1], 'a group has no end'],
    ['a group with another end', [0x0b, 0x14], 'a group ends that is not open'],
    ['groups too deep', Array.from({ length: 101 }, () => 0x0b), 'groups nested deeper than 100 levels'],
    ['zeros', [0, 0, 0, 0], 'a field number is out of range'],
    [
      'what is no protobuf at all',
      [...Buffer.from('{"instances": [1.0]}')],
      'a field goes on beyond the message that holds it',
    ],
  ])('of %s is malformed', (_, bytes, what) => {
    const error = errorOf(Uint8Array.from(bytes), x);
    expect(error).toContain(
      `INVALID_ARGUMENT: The request is not a valid tensorflow.serving.PredictRequest message: ${what}`,
    );
    expect(error).toMatch(/ \(byte \d+\)$/u);
  });
});

describe('any bytes', () => {
  const signature = takes(
    tensorInfo('f', 'float32'),
    tensorInfo('i', 'int64'),
    tensorInfo('s', 'string'),
    tensorInfo('b', 'bool'),
    tensorInfo('h', 'float16'),
  );
  const whole = predictRequest(
    {
      f: tensorProto(1, [2, 2], (tensor) => tensor.bytes(4, memory(floats(1, 2, 3, 4)))),
      i: tensorProto(9, [3], (tensor) => tensor.packedVarints(10, [1, -1, 2n ** 40n])),
      s: tensorProto(7, [2], (tensor) => tensor.text(8, 'ab').text(8, 'é')),
      b: tensorProto(10, [2], (tensor) => tensor.packedVarints(11, [1, 0])),
      h: tensorProto(19, [2], (tensor) => tensor.varint(13, 1).varint(13, 0x3c00)),
    },
    { signatureName: 'serving_default' },
  ).toBytes();

  it('cut off anywhere are a request or a ServingError', () => {
    expect(errorOf(whole, signature)).toBe('no error');
    for (let length = 0; length < whole.length; length++) {
      expect(errorOf(whole.subarray(0, length), signature)).not.toBe('no error');
    }
  });

  it('changed at random are a request or a ServingError', () => {
    const random = randomSource(21);
    let fine = 0;
    for (let round = 0; round < 5000; round++) {
      const bytes = whole.slice();
      for (let change = random.below(4); change >= 0; change--) {
        bytes[random.below(bytes.length)] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)]);
      }
      if (errorOf(bytes, signature) === 'no error') fine++;
    }
    // Changes within numbers and texts are not seen.
    expect(fine).toBeGreaterThan(250);
  });

  it('at random hold what was put in', () => {
    const random = randomSource(22);
    for (let round = 0; round < 300; round++) {
      const dims = Array.from({ length: random.below(4) }, () => random.below(5));
      const count = dims.reduce((product, size) => product * size, 1);
      const integers = Array.from({ length: count }, () =>
        BigInt.asIntN(64, BigInt(Math.floor(random.next() * 2 ** 53)) << BigInt(random.below(12))),
      ).map((value) => (random.below(2) === 0 ? value : -value));
      const tensors = {
        i: tensorProto(9, dims, (tensor) => (count > 0 ? tensor.packedVarints(10, integers) : tensor)),
        h: tensorProto(19, dims, (tensor) =>
          count > 0
            ? tensor.packedVarints(
                13,
                integers.map((value) => BigInt.asUintN(16, value)),
              )
            : tensor,
        ),
      };
      const { inputs } = read(
        predictRequest(tensors).toBytes(),
        takes(tensorInfo('i', 'int64'), tensorInfo('h', 'float16')),
      );
      expect(inputs.get('i')).toEqual({ dtype: 'int64', dims, data: BigInt64Array.from(integers) });
      expect(elements(inputs.get('h')).map((bits) => fromHalfBits(Number(bits)))).toEqual(
        integers.map((value) => fromHalfBits(Number(BigInt.asUintN(16, value)))),
      );
    }
  });
});
