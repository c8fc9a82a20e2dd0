import { describe, expect, it } from 'vitest';
import { betweenStrangers, mixingFound, type Strangers } from './batch-proof.ts';
import type { HostTensor } from './codec/host-tensor.ts';
import { toHalfBits } from './codec/half.ts';
import type { NamedTensors } from './tensor-batch.ts';

const named = (tensor: HostTensor): NamedTensors => new Map([['y', tensor]]);
const floats = (dims: number[], ...data: number[]): NamedTensors =>
  named({ dtype: 'float32', dims, data: Float32Array.from(data) });
const halves = (dims: number[], ...data: number[]): NamedTensors =>
  named({ dtype: 'float16', dims, data: Uint16Array.from(data, toHalfBits) });
const ints = (dims: number[], ...data: number[]): NamedTensors =>
  named({ dtype: 'int32', dims, data: Int32Array.from(data) });
const texts = (dims: number[], ...data: string[]): NamedTensors => named({ dtype: 'string', dims, data });

const bytes = (dims: number[], ...data: number[]): NamedTensors =>
  named({ dtype: 'uint8', dims, data: Uint8Array.from(data) });
const longs = (dims: number[], ...data: bigint[]): NamedTensors =>
  named({ dtype: 'int64', dims, data: BigInt64Array.from(data) });
const bools = (dims: number[], ...data: number[]): NamedTensors =>
  named({ dtype: 'bool', dims, data: Uint8Array.from(data) });

describe('betweenStrangers', () => {
  const MAX = 2n ** 63n - 1n;
  const cases: { what: string; strangers: Strangers; inputs: NamedTensors; expected: NamedTensors | undefined }[] = [
    {
      what: 'floats far outside of the range, on both sides of every element',
      strangers: 'outside',
      inputs: floats([1, 2], 0.1, -2),
      expected: floats([3, 2], 2000, -1000, 0.1, -2, -1000, 2000),
    },
    {
      what: 'other floats than zeros',
      strangers: 'outside',
      inputs: floats([1], 0),
      expected: floats([3], 1000, 0, -500),
    },
    {
      what: 'halves that are still finite',
      strangers: 'outside',
      inputs: halves([1], 100),
      expected: halves([3], 65504, 100, -32752),
    },
    {
      what: 'integers outside of the range, but not far',
      strangers: 'outside',
      inputs: ints([2], 7, 9),
      expected: ints([6], 12, 1, 7, 9, 1, 12),
    },
    {
      what: 'integers within what the type holds',
      strangers: 'outside',
      inputs: bytes([2], 3, 250),
      expected: bytes([6], 255, 0, 3, 250, 0, 255),
    },
    {
      what: 'integers of 64 bits within what the type holds',
      strangers: 'outside',
      inputs: longs([1], MAX - 1n),
      expected: longs([3], MAX, MAX - 1n, MAX - 3n),
    },
    {
      what: 'integers that are an index where the others are one',
      strangers: 'inside',
      inputs: longs([3], 0n, 99n, -5n),
      expected: longs([9], 1n, 98n, -4n, 0n, 99n, -5n, 1n, 98n, -4n),
    },
    {
      what: 'the other truth values',
      strangers: 'outside',
      inputs: bools([2], 0, 1),
      expected: bools([6], 1, 0, 0, 1, 1, 0),
    },
    {
      what: 'other texts',
      strangers: 'outside',
      inputs: texts([2], 'a', 'a'),
      expected: texts([6], 'a~', 'a~', 'a', 'a', 'a~', 'a~'),
    },
    {
      what: 'nothing where only the same could be said',
      strangers: 'inside',
      inputs: floats([1], 1),
      expected: undefined,
    },
    {
      what: 'nothing where one of them equals the request',
      strangers: 'outside',
      inputs: bytes([1], 255),
      expected: undefined,
    },
    { what: 'nothing for nothing', strangers: 'outside', inputs: floats([1, 0]), expected: undefined },
  ];
  it.each(cases)('puts around the request $what', ({ strangers, inputs, expected }) => {
    expect(betweenStrangers(inputs, strangers)).toEqual(expected);
  });
});

describe('mixingFound', () => {
  it.each([
    { what: 'equal rows', alone: floats([1], 1), between: floats([3], 4, 1, 5) },
    {
      what: 'rounding in another order',
      alone: floats([2], 1000, 0.001),
      between: floats([6], 4, 4, 1000, 0.0011, 5, 5),
    },
    {
      what: 'values that are no numbers',
      alone: floats([2], NaN, Infinity),
      between: floats([6], 4, 4, NaN, Infinity, 5, 5),
    },
    { what: 'halves that are near', alone: halves([1], 1), between: halves([3], 2, 1.001, 3) },
    { what: 'equal texts', alone: texts([1], 'a'), between: texts([3], 'c', 'a', 'b') },
  ])('accepts $what', ({ alone, between }) => {
    expect(mixingFound(alone, between, alone.get('y')?.dims[0] ?? 0)).toBeUndefined();
  });

  it.each([
    { what: 'another value', alone: floats([1], 1), between: floats([3], 1, 1.01, 1) },
    { what: 'a value that is no number any more', alone: floats([1], 1), between: floats([3], 1, NaN, 1) },
    { what: 'an infinite value', alone: floats([1], 1), between: floats([3], 1, Infinity, 1) },
    { what: 'another integer', alone: ints([1], 1), between: ints([3], 1, 2, 1) },
    { what: 'halves that are far', alone: halves([1], 1), between: halves([3], 1, 1.1, 1) },
    { what: 'another text', alone: texts([1], 'a'), between: texts([3], 'a', 'b', 'a') },
    { what: 'the wrong number of rows', alone: floats([1], 1), between: floats([1], 1) },
  ])('finds $what', ({ alone, between }) => {
    expect(mixingFound(alone, between, 1)).toBeDefined();
  });
});
