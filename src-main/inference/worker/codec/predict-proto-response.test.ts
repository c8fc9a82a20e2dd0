import { describe, expect, it } from 'vitest';
import type { ModelSignature } from '../../../contracts/signature.ts';
import { createCodec } from './codec.ts';
import type { HostTensor } from './host-tensor.ts';
import { TENSORFLOW_TYPES } from './tensorflow-types.ts';
import { bytesOf, type Fields, fieldsOf, messagesOf, predictRequest, textOf, varintsOf } from './testing/messages.ts';
import { idOf } from './testing/codecs.ts';
import { randomSource } from './testing/random.ts';
import { tensorInfo } from './testing/signatures.ts';
import { ProtobufWriter } from '../../../../scripts/samples/protobuf-writer.ts';

/** The PredictResponse to a request for these outputs. */
function write(
  outputs: Readonly<Record<string, HostTensor>>,
  { tensorContent = false, name = 'm', version = '7', filter }: Options = {},
): Buffer {
  const signature: ModelSignature = {
    inputs: [],
    outputs: Object.entries(outputs).map(([output, { dtype }]) => tensorInfo(output, dtype)),
  };
  const codec = createCodec({ id: idOf(name, version), signature, classLabels: new Map(), tensorContent });
  const request = codec.parse('predictProto', Buffer.from(predictRequest({}, filter ? { filter } : {}).toBytes()));
  expect(request.outputs).toEqual(filter);
  return Buffer.from(request.write(new Map(Object.entries(outputs))));
}

interface Options {
  readonly tensorContent?: boolean;
  readonly name?: string;
  readonly version?: string;
  readonly filter?: readonly string[];
}

/** The TensorProto of each output. */
function tensorsOf(response: Buffer): Map<string, Fields> {
  return new Map(
    messagesOf(fieldsOf(response), 1).map((entry) => [textOf(entry, 1), fieldsOf(bytesOf(entry, 2))] as const),
  );
}

function dimsOf(tensor: Fields): bigint[] {
  return messagesOf(fieldsOf(bytesOf(tensor, 2)), 2).map((dim) => {
    const [size = 0n] = dim.get(1) ?? [];
    return typeof size === 'bigint' ? size : -1n;
  });
}

const tensors: readonly { tensor: HostTensor; field: number; values: readonly (bigint | string)[]; content: Buffer }[] =
  [
    {
      tensor: { dtype: 'int8', dims: [3], data: Int8Array.of(-128, 127, 0) },
      field: 7,
      values: [-128n, 127n, 0n],
      content: Buffer.from([0x80, 0x7f, 0]),
    },
    {
      tensor: { dtype: 'uint8', dims: [2], data: Uint8Array.of(255, 127) },
      field: 7,
      values: [255n, 127n],
      content: Buffer.from([0xff, 0x7f]),
    },
    {
      tensor: { dtype: 'int16', dims: [2], data: Int16Array.of(-2, 300) },
      field: 7,
      values: [-2n, 300n],
      content: Buffer.from([0xfe, 0xff, 0x2c, 1]),
    },
    {
      tensor: { dtype: 'uint16', dims: [1], data: Uint16Array.of(65535) },
      field: 7,
      values: [65535n],
      content: Buffer.from([0xff, 0xff]),
    },
    {
      tensor: { dtype: 'int32', dims: [2], data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) },
      field: 7,
      values: [-(2n ** 31n), 2n ** 31n - 1n],
      content: Buffer.from([0, 0, 0, 0x80, 0xff, 0xff, 0xff, 0x7f]),
    },
    {
      tensor: { dtype: 'uint32', dims: [1], data: Uint32Array.of(2 ** 32 - 1) },
      field: 16,
      values: [2n ** 32n - 1n],
      content: Buffer.from([0xff, 0xff, 0xff, 0xff]),
    },
    {
      tensor: { dtype: 'int64', dims: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 40n) },
      field: 10,
      values: [-(2n ** 63n), 2n ** 40n],
      content: Buffer.from([0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 1, 0, 0]),
    },
    {
      tensor: { dtype: 'uint64', dims: [1], data: BigUint64Array.of(2n ** 64n - 1n) },
      field: 17,
      values: [-1n],
      content: Buffer.alloc(8, 0xff),
    },
    {
      tensor: { dtype: 'bool', dims: [2], data: Uint8Array.of(1, 0) },
      field: 11,
      values: [1n, 0n],
      content: Buffer.from([1, 0]),
    },
    {
      tensor: { dtype: 'float16', dims: [3], data: Uint16Array.of(0x3c00, 0xfc00, 1) },
      field: 13,
      values: [0x3c00n, 0xfc00n, 1n],
      content: Buffer.from([0, 0x3c, 0, 0xfc, 1, 0]),
    },
  ];

describe('outputs', () => {
  it.each(tensors)('of $tensor.dtype are packed varints, or content', ({ tensor, field, values, content }) => {
    const typed = tensorsOf(write({ y: tensor })).get('y');
    const raw = tensorsOf(write({ y: tensor }, { tensorContent: true })).get('y');
    expect(typed && varintsOf(bytesOf(typed, field))).toEqual(values);
    expect(raw && bytesOf(raw, 4)).toEqual(content);
    for (const fields of [typed, raw]) {
      expect(fields?.get(1)).toEqual([BigInt(TENSORFLOW_TYPES[tensor.dtype].number)]);
      expect(fields && dimsOf(fields)).toEqual([BigInt(tensor.data.length)]);
      expect(fields?.size).toBe(3);
    }
  });

  it.each([
    { tensor: { dtype: 'float32', dims: [1, 2], data: Float32Array.of(1.5, NaN) }, field: 5 },
    { tensor: { dtype: 'float64', dims: [2, 1], data: Float64Array.of(0.1, -Infinity) }, field: 6 },
  ] as const)('of $tensor.dtype are the memory itself', ({ tensor, field }) => {
    const memory = Buffer.from(tensor.data.buffer);
    for (const [place, tensorContent] of [
      [field, false],
      [4, true],
    ] as const) {
      const fields = tensorsOf(write({ y: tensor }, { tensorContent })).get('y');
      expect(fields && bytesOf(fields, place)).toEqual(memory);
      expect(fields && dimsOf(fields)).toEqual(tensor.dims.map(BigInt));
    }
  });

  it('of strings are one field each, or lengths and bytes', () => {
    const data = ['', 'é', 'x'.repeat(200)];
    const tensor: HostTensor = { dtype: 'string', dims: [3], data };
    const typed = tensorsOf(write({ y: tensor })).get('y');
    expect(typed?.get(8)?.map(String)).toEqual(data);
    const raw = tensorsOf(write({ y: tensor }, { tensorContent: true })).get('y');
    expect(raw && bytesOf(raw, 4)).toEqual(Buffer.concat([Buffer.from([0, 2, 0xc8, 1]), Buffer.from(data.join(''))]));
  });

  it('may be scalars and empty', () => {
    const scalar = tensorsOf(write({ y: { dtype: 'float32', dims: [], data: Float32Array.of(2) } })).get('y');
    expect(scalar && [bytesOf(scalar, 2).length, bytesOf(scalar, 5).readFloatLE()]).toEqual([0, 2]);
    for (const tensorContent of [false, true]) {
      const empty = tensorsOf(
        write({ y: { dtype: 'int64', dims: [0, 3], data: new BigInt64Array(0) } }, { tensorContent }),
      ).get('y');
      expect(empty && dimsOf(empty)).toEqual([0n, 3n]);
      expect([...(empty?.keys() ?? [])]).toEqual([1, 2]);
    }
  });

  it('are views into larger memory as well', () => {
    const data = BigInt64Array.of(1n, 2n, 3n, 4n).subarray(1, 3);
    const fields = tensorsOf(write({ y: { dtype: 'int64', dims: [2], data } })).get('y');
    expect(fields && varintsOf(bytesOf(fields, 10))).toEqual([2n, 3n]);
    const floats = Float32Array.of(1, 2).subarray(1);
    const raw = tensorsOf(write({ y: { dtype: 'float32', dims: [1], data: floats } }, { tensorContent: true })).get(
      'y',
    );
    expect(raw && bytesOf(raw, 4).readFloatLE()).toBe(2);
  });

  it('are those that the request asked for', () => {
    const y: HostTensor = { dtype: 'float32', dims: [1], data: Float32Array.of(1) };
    expect([...tensorsOf(write({ a: y, b: y, ç: y })).keys()]).toEqual(['a', 'b', 'ç']);
    expect([...tensorsOf(write({ a: y, b: y, c: y }, { filter: ['c', 'a'] })).keys()]).toEqual(['a', 'c']);
  });
});

describe('model_spec', () => {
  it.each(['0', '1', '127', '128', '20170111173521', '9223372036854775807'])('has version %s', (version) => {
    const spec = fieldsOf(bytesOf(fieldsOf(write({}, { name: 'modèle', version })), 2));
    const [value = 0n] = fieldsOf(bytesOf(spec, 2)).get(1) ?? [];
    expect([textOf(spec, 1), String(value), textOf(spec, 3)]).toEqual(['modèle', version, 'serving_default']);
  });

  it('may be long', () => {
    const name = 'm'.repeat(200);
    expect(textOf(fieldsOf(bytesOf(fieldsOf(write({}, { name })), 2)), 1)).toBe(name);
  });
});

it('what is written is read back', () => {
  const random = randomSource(31);
  for (let round = 0; round < 40; round++) {
    const dims = Array.from({ length: random.below(4) }, () => 1 + random.below(6));
    const count = dims.reduce((product, size) => product * size, 1);
    const numbers = Array.from({ length: count }, () => Math.floor((random.next() - 0.5) * 2 ** random.below(33)));
    const wide = numbers.map((value) => BigInt(value) ** BigInt(1 + random.below(2)));
    const all: Readonly<Record<string, HostTensor>> = {
      f: { dtype: 'float32', dims, data: Float32Array.from(numbers) },
      d: { dtype: 'float64', dims, data: Float64Array.from(numbers) },
      h: { dtype: 'float16', dims, data: Uint16Array.from(numbers) },
      i8: { dtype: 'int8', dims, data: Int8Array.from(numbers) },
      u8: { dtype: 'uint8', dims, data: Uint8Array.from(numbers) },
      i16: { dtype: 'int16', dims, data: Int16Array.from(numbers) },
      u16: { dtype: 'uint16', dims, data: Uint16Array.from(numbers) },
      i32: { dtype: 'int32', dims, data: Int32Array.from(numbers) },
      u32: { dtype: 'uint32', dims, data: Uint32Array.from(numbers) },
      i64: { dtype: 'int64', dims, data: BigInt64Array.from(wide) },
      u64: { dtype: 'uint64', dims, data: BigUint64Array.from(wide) },
      b: { dtype: 'bool', dims, data: Uint8Array.from(numbers, (value) => value & 1) },
      s: { dtype: 'string', dims, data: numbers.map((value) => 'ß'.repeat(value & 0x7f)) },
    };
    for (const tensorContent of [false, true]) {
      const request = new ProtobufWriter();
      for (const entry of messagesOf(fieldsOf(write(all, { tensorContent })), 1)) {
        request.bytes(
          2,
          Buffer.concat([new ProtobufWriter().bytes(1, bytesOf(entry, 1)).bytes(2, bytesOf(entry, 2)).toBytes()]),
        );
      }
      const signature: ModelSignature = {
        inputs: Object.entries(all).map(([name, { dtype }]) => tensorInfo(name, dtype)),
        outputs: [],
      };
      const codec = createCodec({ id: idOf('m', '1'), signature, classLabels: new Map(), tensorContent });
      const { inputs } = codec.parse('predictProto', Buffer.from(request.toBytes()));
      expect(Object.fromEntries(inputs)).toEqual(all);
    }
  }
});
