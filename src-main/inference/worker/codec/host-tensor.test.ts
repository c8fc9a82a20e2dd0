import { describe, expect, it } from 'vitest';
import type { DataType } from '../../../contracts/signature.ts';
import { toHostTensor } from './host-tensor.ts';

describe('toHostTensor', () => {
  it.each<[DataType, unknown]>([
    ['float32', Float32Array.of(1, 2)],
    ['float64', Float64Array.of(1, 2)],
    ['float16', Uint16Array.of(1, 2)],
    ['int8', Int8Array.of(1, 2)],
    ['uint8', Uint8Array.of(1, 2)],
    ['int16', Int16Array.of(1, 2)],
    ['uint16', Uint16Array.of(1, 2)],
    ['int32', Int32Array.of(1, 2)],
    ['uint32', Uint32Array.of(1, 2)],
    ['int64', BigInt64Array.of(1n, 2n)],
    ['uint64', BigUint64Array.of(1n, 2n)],
    ['bool', Uint8Array.of(1, 0)],
    ['string', ['a', 'b']],
  ])('types %s without a copy', (dtype, data) => {
    const tensor = toHostTensor(dtype, [1, 2], data);
    expect(tensor).toEqual({ dtype, dims: [1, 2], data });
    expect(tensor?.data).toBe(data);
  });

  it('takes a scalar, and an empty tensor', () => {
    expect(toHostTensor('float32', [], Float32Array.of(1))).toBeDefined();
    expect(toHostTensor('float32', [0, 3], new Float32Array(0))).toBeDefined();
  });

  it.each<[string, DataType, readonly number[], unknown]>([
    ['another kind of array', 'float32', [2], Float64Array.of(1, 2)],
    ['another length', 'float32', [3], Float32Array.of(1, 2)],
    ['no strings', 'string', [2], ['a', 1]],
    ['no array', 'string', [2], 'ab'],
    ['no data', 'int64', [2], undefined],
    ['a type that is not there', 'bfloat16', [2], Uint16Array.of(1, 2)],
    ['bytes for halves', 'float16', [2], Uint8Array.of(1, 2)],
  ])('refuses %s', (_, dtype, dims, data) => {
    expect(toHostTensor(dtype, dims, data)).toBeUndefined();
  });

  it('views a Float16Array as its bits', () => {
    const constructor: unknown = Reflect.get(globalThis, 'Float16Array');
    if (typeof constructor !== 'function') throw new Error('this Node has no Float16Array');
    const data: unknown = Reflect.construct(constructor, [[0, 1, -2]]);
    const tensor = toHostTensor('float16', [3], data);
    expect(tensor).toEqual({ dtype: 'float16', dims: [3], data: Uint16Array.of(0, 0x3c00, 0xc000) });
  });
});
