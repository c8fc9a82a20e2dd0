import { describe, expect, it } from 'vitest';
import { encodeVarint, ProtobufWriter } from './protobuf-writer.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('encodeVarint', () => {
  it.each([
    [0, '00'],
    [1, '01'],
    [127, '7f'],
    [128, '8001'],
    [150, '9601'],
    [2 ** 32, '8080808010'],
    [9_223_372_036_854_775_807n, 'ffffffffffffffff7f'],
    [-1, 'ffffffffffffffffff01'],
  ])('writes %s as %s', (value, expected) => {
    expect(hex(encodeVarint(value))).toBe(expected);
  });
});

describe('ProtobufWriter', () => {
  it.each<{ what: string; message: ProtobufWriter; expected: string }>([
    { what: 'a varint field', message: new ProtobufWriter().varint(1, 150), expected: '089601' },
    { what: 'a field number above 15', message: new ProtobufWriter().varint(20, 1), expected: 'a00101' },
    { what: 'text as UTF-8', message: new ProtobufWriter().text(2, 'é'), expected: '1202c3a9' },
    { what: 'an empty text', message: new ProtobufWriter().text(2, ''), expected: '1200' },
    { what: 'a float', message: new ProtobufWriter().float(2, 1), expected: '150000803f' },
    {
      what: 'a nested message',
      message: new ProtobufWriter().message(3, new ProtobufWriter().varint(1, 150)),
      expected: '1a03089601',
    },
    { what: 'packed varints', message: new ProtobufWriter().packedVarints(4, [3, 270]), expected: '2203038e02' },
    { what: 'packed floats', message: new ProtobufWriter().packedFloats(4, [1, 2]), expected: '22080000803f00000040' },
  ])('writes $what', ({ message, expected }) => {
    expect(hex(message.toBytes())).toBe(expected);
  });
});
