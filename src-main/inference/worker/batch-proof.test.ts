import { describe, expect, it } from 'vitest';
import { besideStranger, mixingFound } from './batch-proof.ts';
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

describe('besideStranger', () => {
  it.each([
    { what: 'floats', inputs: floats([1, 2], 1, 2), expected: floats([2, 2], 1, 2, 1.25, 0.75) },
    // Reversed only: a model may take its integers as indices, and others could be out of bounds.
    { what: 'integers', inputs: ints([2], 7, 9), expected: ints([4], 7, 9, 9, 7) },
    { what: 'texts', inputs: texts([2], 'a', 'b'), expected: texts([4], 'a', 'b', 'b', 'a') },
  ])('puts different $what behind the request', ({ inputs, expected }) => {
    expect(besideStranger(inputs)).toEqual(expected);
  });
});

describe('mixingFound', () => {
  it.each([
    { what: 'equal rows', alone: floats([1], 1), beside: floats([2], 1, 5) },
    { what: 'rounding in another order', alone: floats([2], 1000, 0.001), beside: floats([4], 1000, 0.0011, 5, 5) },
    { what: 'values that are no numbers', alone: floats([2], NaN, Infinity), beside: floats([4], NaN, Infinity, 5, 5) },
    { what: 'halves that are near', alone: halves([1], 1), beside: halves([2], 1.001, 3) },
    { what: 'equal texts', alone: texts([1], 'a'), beside: texts([2], 'a', 'b') },
  ])('accepts $what', ({ alone, beside }) => {
    expect(mixingFound(alone, beside, alone.get('y')?.dims[0] ?? 0)).toBeUndefined();
  });

  it.each([
    { what: 'another value', alone: floats([1], 1), beside: floats([2], 1.01, 5) },
    { what: 'a value that is no number any more', alone: floats([1], 1), beside: floats([2], NaN, 5) },
    { what: 'an infinite value', alone: floats([1], 1), beside: floats([2], Infinity, 5) },
    { what: 'another integer', alone: ints([1], 1), beside: ints([2], 2, 5) },
    { what: 'halves that are far', alone: halves([1], 1), beside: halves([2], 1.1, 3) },
    { what: 'another text', alone: texts([1], 'a'), beside: texts([2], 'b', 'a') },
    { what: 'the wrong number of rows', alone: floats([1], 1), beside: floats([1], 1) },
  ])('finds $what', ({ alone, beside }) => {
    expect(mixingFound(alone, beside, 1)).toBeDefined();
  });
});
