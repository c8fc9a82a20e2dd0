import { elementType } from './element-types.ts';

/** Elements of a tensor, each in words. */
export type FirstElements = readonly string[];

/** What a file gave of a tensor's elements: raw, or one by one. */
export interface GivenElements {
  /** Little-endian, as far as they were read. */
  raw: Uint8Array | undefined;
  readonly elements: string[];
}

type ElementReader = (view: DataView, offset: number) => number | bigint | boolean;

const READERS: Readonly<Record<string, ElementReader>> = {
  float32: (view, offset) => shortest(view.getFloat32(offset, true)),
  float64: (view, offset) => view.getFloat64(offset, true),
  int8: (view, offset) => view.getInt8(offset),
  uint8: (view, offset) => view.getUint8(offset),
  bool: (view, offset) => view.getUint8(offset) !== 0,
  int16: (view, offset) => view.getInt16(offset, true),
  uint16: (view, offset) => view.getUint16(offset, true),
  int32: (view, offset) => view.getInt32(offset, true),
  uint32: (view, offset) => view.getUint32(offset, true),
  int64: (view, offset) => view.getBigInt64(offset, true),
  uint64: (view, offset) => view.getBigUint64(offset, true),
};

/**
 * All elements of a tensor that has `count` of them.
 * @param dtype as in onnx.proto TensorProto.DataType.
 * @returns undefined where they are of no type that has plain numbers, or the file has not as many.
 */
export function readElements(
  { raw, elements }: GivenElements,
  dtype: number,
  count: number,
): FirstElements | undefined {
  const { name, bits = 0 } = elementType(dtype);
  if (elements.length > 0) {
    if (elements.length !== count) return undefined;
    if (name === 'float16' || name === 'bfloat16') return undefined; // bits of floats, given as integers
    return name === 'bool' ? elements.map((element) => String(element !== '0')) : elements;
  }
  const read = READERS[name];
  const bytes = bits / 8;
  if (!raw || !read || raw.length !== count * bytes) return count === 0 ? [] : undefined;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Array.from({ length: count }, (_, index) => String(read(view, index * bytes)));
}

/** The whole float32 numbers in the first bytes of a packed field. */
export function floatsIn(head: Uint8Array): FirstElements {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return Array.from({ length: Math.floor(head.length / 4) }, (_, index) => floatText(view.getFloat32(index * 4, true)));
}

/** The whole varints in the first bytes of a packed field, as signed numbers. */
export function varintsIn(head: Uint8Array): FirstElements {
  const found: string[] = [];
  let value = 0n;
  let shift = 0n;
  for (const byte of head) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte >= 0x80) continue;
    found.push(String(BigInt.asIntN(64, value)));
    value = 0n;
    shift = 0n;
  }
  return found;
}

/** A float32 as people write it: `0.1`, not `0.10000000149011612`. */
export function floatText(value: number): string {
  return String(shortest(value));
}

/** The number with the fewest digits that is the same float32. */
function shortest(value: number): number {
  for (let digits = 6; digits <= 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}
