import { DATA_TYPES } from '../../contracts/model-format.ts';
import type { DataType } from '../../contracts/signature.ts';

/** The type of a tensor's elements. */
export interface ElementType {
  readonly name: string;
  /** Undefined for a type that cannot be served. */
  readonly dtype: DataType | undefined;
  /** Of one element; undefined where they have no fixed size. */
  readonly bits: number | undefined;
}

/** Element types of onnx.proto TensorProto.DataType that are not in DATA_TYPES: name and bits per element. */
const OTHER_ELEMENT_TYPES: Readonly<Record<number, { readonly name: string; readonly bits: number }>> = {
  14: { name: 'complex64', bits: 64 },
  15: { name: 'complex128', bits: 128 },
  17: { name: 'float8e4m3fn', bits: 8 },
  18: { name: 'float8e4m3fnuz', bits: 8 },
  19: { name: 'float8e5m2', bits: 8 },
  20: { name: 'float8e5m2fnuz', bits: 8 },
  21: { name: 'uint4', bits: 4 },
  22: { name: 'int4', bits: 4 },
  23: { name: 'float4e2m1', bits: 4 },
  24: { name: 'float8e8m0', bits: 8 },
  25: { name: 'uint2', bits: 2 },
  26: { name: 'int2', bits: 2 },
};

const DATA_TYPE_BY_NUMBER: ReadonlyMap<number, DataType> = new Map(
  Object.keys(DATA_TYPES)
    .filter((name): name is DataType => Object.hasOwn(DATA_TYPES, name))
    .map((name) => [DATA_TYPES[name].onnx, name]),
);

/** @param number as in onnx.proto TensorProto.DataType. */
export function elementType(number: number): ElementType {
  const dtype = DATA_TYPE_BY_NUMBER.get(number);
  if (dtype !== undefined) {
    const { bytes } = DATA_TYPES[dtype];
    return { name: dtype, dtype, bits: bytes === undefined ? undefined : bytes * 8 };
  }
  const other = OTHER_ELEMENT_TYPES[number];
  return { name: other?.name ?? `element type ${number}`, dtype: undefined, bits: other?.bits };
}

/** Bytes of a tensor's elements; undefined where they have no fixed size. */
export function tensorBytes(dtype: number, dims: readonly bigint[]): number | undefined {
  const { bits } = elementType(dtype);
  if (bits === undefined) return undefined;
  const bytes = (dims.reduce((product, dim) => product * dim, 1n) * BigInt(bits) + 7n) / 8n;
  return bytes >= 0n && bytes <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(bytes) : undefined;
}
