import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { hasMoreElements } from './message-size.ts';

const { root } = protobuf.parse(`
  syntax = "proto3";
  message Outer { repeated Inner inner = 1; repeated string names = 2; map<string, int64> labels = 3; }
  message Inner { repeated int64 numbers = 1; Outer outer = 2; string name = 3; }
`);
root.resolveAll();
const OUTER = root.lookupType('Outer');
const encode = (message: object): Uint8Array => OUTER.encode(OUTER.fromObject(message)).finish();

describe('hasMoreElements', () => {
  it.each([
    { when: 'nothing', bytes: new Uint8Array(), elements: 0 },
    { when: 'fields', bytes: encode({ names: ['a', 'b', ''] }), elements: 3 },
    { when: 'empty messages', bytes: encode({ inner: [{}, {}] }), elements: 2 },
    { when: 'what messages hold', bytes: encode({ inner: [{ name: 'a' }, { outer: { names: ['b'] } }] }), elements: 5 },
    { when: 'numbers in one piece', bytes: encode({ inner: [{ numbers: [1, 2, 3] }] }), elements: 5 },
    { when: 'an entry of a map as one', bytes: encode({ labels: { a: 1, b: 2 } }), elements: 2 },
    { when: 'fields that are unknown', bytes: new Uint8Array([0x7a, 1, 0, 0x78, 5]), elements: 2 },
  ])('counts $when', ({ bytes, elements }) => {
    expect(hasMoreElements(OUTER, bytes, elements)).toBe(false);
    expect(hasMoreElements(OUTER, bytes, elements - 1)).toBe(true);
  });

  it('stops where there are too many, whatever comes then', () => {
    expect(hasMoreElements(OUTER, new Uint8Array([0x12, 0, 0x12, 0, 0x0f]), 1)).toBe(true);
  });

  it('throws for bytes that are no message', () => {
    expect(() => hasMoreElements(OUTER, new Uint8Array([0x0a, 100]), 10)).toThrow('index out of range');
    expect(() => hasMoreElements(OUTER, new Uint8Array([0x7f]), 10)).toThrow('invalid wire type');
  });

  it('a message within a message, very often, is refused rather than followed', () => {
    const deep = new Uint8Array(40_000).fill(0x0b);
    expect(() => hasMoreElements(OUTER, deep, 100_000)).toThrow(Error);
  });
});
