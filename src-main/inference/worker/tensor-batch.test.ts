import { describe, expect, it } from 'vitest';
import type { HostTensor } from './codec/host-tensor.ts';
import { byteSize, canJoin, cutRows, joinRows, type NamedTensors, sharedRows } from './tensor-batch.ts';

const floats = (dims: number[], ...data: number[]): HostTensor => ({
  dtype: 'float32',
  dims,
  data: Float32Array.from(data),
});
const named = (tensors: Record<string, HostTensor>): NamedTensors => new Map(Object.entries(tensors));

/** Two rows of two elements, and one row of the same shape behind the batch, for every dtype. */
const EVERY_DTYPE: [HostTensor, HostTensor][] = [
  [floats([2, 2], 1, 2, 3, 4), floats([1, 2], 5, 6)],
  [
    { dtype: 'float64', dims: [2, 2], data: Float64Array.of(1, 2, 3, 4) },
    { dtype: 'float64', dims: [1, 2], data: Float64Array.of(5, 6) },
  ],
  [
    { dtype: 'float16', dims: [2, 2], data: Uint16Array.of(1, 2, 3, 4) },
    { dtype: 'float16', dims: [1, 2], data: Uint16Array.of(5, 6) },
  ],
  [
    { dtype: 'int8', dims: [2, 2], data: Int8Array.of(-1, 2, 3, 4) },
    { dtype: 'int8', dims: [1, 2], data: Int8Array.of(5, 6) },
  ],
  [
    { dtype: 'uint8', dims: [2, 2], data: Uint8Array.of(1, 2, 3, 4) },
    { dtype: 'uint8', dims: [1, 2], data: Uint8Array.of(5, 6) },
  ],
  [
    { dtype: 'bool', dims: [2, 2], data: Uint8Array.of(1, 0, 1, 0) },
    { dtype: 'bool', dims: [1, 2], data: Uint8Array.of(0, 1) },
  ],
  [
    { dtype: 'int16', dims: [2, 2], data: Int16Array.of(-1, 2, 3, 4) },
    { dtype: 'int16', dims: [1, 2], data: Int16Array.of(5, 6) },
  ],
  [
    { dtype: 'uint16', dims: [2, 2], data: Uint16Array.of(1, 2, 3, 4) },
    { dtype: 'uint16', dims: [1, 2], data: Uint16Array.of(5, 6) },
  ],
  [
    { dtype: 'int32', dims: [2, 2], data: Int32Array.of(-1, 2, 3, 4) },
    { dtype: 'int32', dims: [1, 2], data: Int32Array.of(5, 6) },
  ],
  [
    { dtype: 'uint32', dims: [2, 2], data: Uint32Array.of(1, 2, 3, 4) },
    { dtype: 'uint32', dims: [1, 2], data: Uint32Array.of(5, 6) },
  ],
  [
    { dtype: 'int64', dims: [2, 2], data: BigInt64Array.of(-1n, 2n, 3n, 4n) },
    { dtype: 'int64', dims: [1, 2], data: BigInt64Array.of(5n, 6n) },
  ],
  [
    { dtype: 'uint64', dims: [2, 2], data: BigUint64Array.of(1n, 2n, 3n, 4n) },
    { dtype: 'uint64', dims: [1, 2], data: BigUint64Array.of(5n, 6n) },
  ],
  [
    { dtype: 'string', dims: [2, 2], data: ['a', 'b', 'c', 'd'] },
    { dtype: 'string', dims: [1, 2], data: ['e', 'f'] },
  ],
];

describe('joinRows and cutRows', () => {
  it.each(EVERY_DTYPE.map(([first, second]) => ({ dtype: first.dtype, first, second })))(
    'give $dtype back as it was',
    ({ first, second }) => {
      const joined = joinRows([named({ x: first }), named({ x: second })]);
      expect(joined.get('x')?.dims).toEqual([3, 2]);
      expect(cutRows(joined, [2, 1])).toEqual([named({ x: first }), named({ x: second })]);
    },
  );

  it('joins views of a larger buffer by what they show', () => {
    const data = Float32Array.of(0, 1, 2, 3).subarray(1, 3);
    const joined = joinRows([named({ x: { dtype: 'float32', dims: [2], data } }), named({ x: floats([1], 9) })]);
    expect(joined.get('x')?.data).toEqual(Float32Array.of(1, 2, 9));
  });

  it('does not cut outputs whose dimension 0 is not the sum of the rows', () => {
    const outputs = named({ good: floats([3], 1, 2, 3), bad: floats([2], 1, 2) });
    expect(cutRows(outputs, [2, 1])).toBeUndefined();
    expect(cutRows(named({ scalar: floats([], 1) }), [1])).toBeUndefined();
  });
});

describe('sharedRows', () => {
  it.each([
    { when: 'all inputs agree', tensors: { a: floats([2], 1, 2), b: floats([2, 1], 1, 2) }, expected: 2 },
    { when: 'they differ', tensors: { a: floats([2], 1, 2), b: floats([1], 1) }, expected: undefined },
    { when: 'one is a scalar', tensors: { a: floats([], 1), b: floats([1], 1) }, expected: undefined },
    { when: 'there is none', tensors: {}, expected: undefined },
    { when: 'they are empty', tensors: { a: floats([0]) }, expected: 0 },
  ])('is $expected when $when', ({ tensors, expected }) => {
    expect(sharedRows(named(tensors))).toBe(expected);
  });
});

describe('canJoin', () => {
  const base = named({ a: floats([1, 2], 1, 2) });
  it.each([
    { what: 'another number of rows', other: { a: floats([2, 2], 1, 2, 3, 4) }, expected: true },
    { what: 'another inner size', other: { a: floats([1, 3], 1, 2, 3) }, expected: false },
    { what: 'another rank', other: { a: floats([2], 1, 2) }, expected: false },
    { what: 'another name', other: { b: floats([1, 2], 1, 2) }, expected: false },
    { what: 'one more input', other: { a: floats([1, 2], 1, 2), b: floats([1], 1) }, expected: false },
    {
      what: 'another dtype',
      other: { a: { dtype: 'int32', dims: [1, 2], data: Int32Array.of(1, 2) } satisfies HostTensor },
      expected: false,
    },
  ])('with $what: $expected', ({ other, expected }) => {
    expect(canJoin(base, named(other))).toBe(expected);
  });
});

describe('byteSize', () => {
  it('counts array bytes, and characters with an allowance per string', () => {
    const tensors = named({ a: floats([2], 1, 2), s: { dtype: 'string', dims: [1], data: ['four'] } });
    expect(byteSize(tensors)).toBe(8 + 2 * 4 + 16);
  });
});
