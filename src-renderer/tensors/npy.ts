/** NumPy's file format for one array (.npy), versions 1 to 3; little endian is written, both are read. */
import type { DataType } from '#contracts/signature.ts';
import type { CellTensor } from './cell-tensor.ts';
import { elementCount } from './cell-tensor.ts';
import { strings } from '../strings/index.ts';

const words = strings.tensors.npy;

export interface NpyArray extends CellTensor {
  readonly dtype: DataType;
}

export type ReadNpy =
  { readonly ok: true; readonly array: NpyArray } | { readonly ok: false; readonly message: string };

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const;
/** The header with all before it fills whole blocks of this size. */
const BLOCK = 64;

interface Codec {
  readonly code: string;
  readonly bytes: number;
  read(view: DataView, at: number, little: boolean): string;
  write(view: DataView, at: number, cell: string): void;
}

const numeric = (
  code: string,
  bytes: number,
  read: (view: DataView, at: number, little: boolean) => number,
  write: (view: DataView, at: number, value: number) => void,
  text: (value: number) => string = String,
): Codec => ({
  code,
  bytes,
  read: (view, at, little) => text(read(view, at, little)),
  write: (view, at, cell) => write(view, at, Number(cell)),
});

/** The shortest decimal that is this float32 again. */
function shortFloat32(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}

const CODECS: Partial<Record<DataType, Codec>> = {
  float16: numeric(
    'f2',
    2,
    (view, at, little) => halfToNumber(view.getUint16(at, little)),
    (view, at, value) => view.setUint16(at, numberToHalf(value), true),
    (value) => (Number.isFinite(value) ? String(Number(value.toPrecision(5))) : String(value)),
  ),
  float32: numeric(
    'f4',
    4,
    (view, at, little) => view.getFloat32(at, little),
    (view, at, value) => view.setFloat32(at, value, true),
    shortFloat32,
  ),
  float64: numeric(
    'f8',
    8,
    (view, at, little) => view.getFloat64(at, little),
    (view, at, value) => view.setFloat64(at, value, true),
  ),
  int8: numeric(
    'i1',
    1,
    (view, at) => view.getInt8(at),
    (view, at, value) => view.setInt8(at, value),
  ),
  int16: numeric(
    'i2',
    2,
    (view, at, little) => view.getInt16(at, little),
    (view, at, value) => view.setInt16(at, value, true),
  ),
  int32: numeric(
    'i4',
    4,
    (view, at, little) => view.getInt32(at, little),
    (view, at, value) => view.setInt32(at, value, true),
  ),
  uint8: numeric(
    'u1',
    1,
    (view, at) => view.getUint8(at),
    (view, at, value) => view.setUint8(at, value),
  ),
  uint16: numeric(
    'u2',
    2,
    (view, at, little) => view.getUint16(at, little),
    (view, at, value) => view.setUint16(at, value, true),
  ),
  uint32: numeric(
    'u4',
    4,
    (view, at, little) => view.getUint32(at, little),
    (view, at, value) => view.setUint32(at, value, true),
  ),
  int64: {
    code: 'i8',
    bytes: 8,
    read: (view, at, little) => String(view.getBigInt64(at, little)),
    write: (view, at, cell) => view.setBigInt64(at, BigInt(cell), true),
  },
  uint64: {
    code: 'u8',
    bytes: 8,
    read: (view, at, little) => String(view.getBigUint64(at, little)),
    write: (view, at, cell) => view.setBigUint64(at, BigInt(cell), true),
  },
  bool: {
    code: 'b1',
    bytes: 1,
    read: (view, at) => String(view.getUint8(at) !== 0),
    write: (view, at, cell) => view.setUint8(at, cell === 'true' ? 1 : 0),
  },
};

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Rounds to the nearest half, to even where two are equally near. */
function numberToHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65_520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(size || 1e-30)));
  const step = 2 ** (exponent - 10);
  const steps = roundHalfEven(size / step);
  // Steps below 1024 are subnormal; 2048 of them are the first number of the next exponent.
  return sign | (((exponent + 14) << 10) + steps);
}

function roundHalfEven(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest !== 0.5) return Math.round(value);
  return low % 2 === 0 ? low : low + 1;
}

/** A .npy file. bfloat16, which NumPy does not know, is written as float32; text as UTF-32 of equal length. */
export function writeNpy(dtype: DataType, { shape, cells }: CellTensor): Uint8Array<ArrayBuffer> {
  const isText = dtype === 'string';
  const points = isText ? cells.map((cell) => Array.from(cell, (character) => character.codePointAt(0) ?? 0)) : [];
  const longest = Math.max(1, ...points.map((text) => text.length));
  const codec = CODECS[dtype === 'bfloat16' ? 'float32' : dtype];
  const bytes = isText ? longest * 4 : (codec?.bytes ?? 0);
  const code = isText ? `<U${longest}` : `${bytes === 1 ? '|' : '<'}${codec?.code ?? ''}`;
  const sizes = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dictionary = `{'descr': '${code}', 'fortran_order': False, 'shape': ${sizes}, }`;
  const before = MAGIC.length + 4;
  const headerBytes = Math.ceil((before + dictionary.length + 1) / BLOCK) * BLOCK - before;
  const header = new TextEncoder().encode(`${dictionary.padEnd(headerBytes - 1)}\n`);
  const file = new Uint8Array(before + headerBytes + cells.length * bytes);
  file.set(MAGIC);
  const view = new DataView(file.buffer);
  view.setUint8(6, 1);
  view.setUint16(8, headerBytes, true);
  file.set(header, before);
  for (const [index, cell] of cells.entries()) {
    const at = before + headerBytes + index * bytes;
    if (isText)
      for (const [offset, point] of (points[index] ?? []).entries()) view.setUint32(at + offset * 4, point, true);
    else codec?.write(view, at, cell);
  }
  return file;
}

/** Reads a .npy file of any type that a tensor can have. */
export function readNpy(file: Uint8Array): ReadNpy {
  const refuse = (message: string): ReadNpy => ({ ok: false, message });
  if (MAGIC.some((byte, index) => file[index] !== byte)) return refuse(words.none);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 12) return refuse(words.short);
  const isFirst = view.getUint8(6) === 1;
  const before = isFirst ? 10 : 12;
  const start = before + (isFirst ? view.getUint16(8, true) : view.getUint32(8, true));
  if (start > file.length) return refuse(words.short);
  const header = new TextDecoder().decode(file.subarray(before, start));
  const descr = /'descr':\s*'([<>|=])([a-zA-Z])(\d+)'/u.exec(header);
  const shapeText = /'shape':\s*\(([\d,\sL]*)\)/u.exec(header)?.[1];
  if (!descr || shapeText === undefined) return refuse(words.structured);
  const shape = [...shapeText.matchAll(/\d+/gu)].map(([size]) => Number(size));
  const [, endian = '<', kind = '', sizeText = ''] = descr;
  const little = endian !== '>';
  const text = textReader(kind, Number(sizeText));
  const known = Object.entries(CODECS).find(([, codec]) => codec.code === `${kind}${sizeText}`);
  const dtype = text ? 'string' : dtypeOf(known?.[0]);
  const bytes = text ? text.bytes : (known?.[1].bytes ?? 0);
  const read = text?.read ?? known?.[1].read.bind(known[1]);
  if (!dtype || !read) return refuse(words.unknownType(`${kind}${sizeText}`));
  const count = elementCount(shape);
  if (file.length - start < count * bytes) return refuse(words.short);
  const cells = Array.from({ length: count }, (_, index) => read(view, start + index * bytes, little));
  const isFortran = /'fortran_order':\s*True/u.test(header);
  return { ok: true, array: { dtype, shape, cells: isFortran ? fromColumnMajor(cells, shape) : cells } };
}

const dtypeOf = (name: string | undefined): DataType | undefined =>
  Object.keys(CODECS).includes(name ?? '') ? NAMES.get(name ?? '') : undefined;
const NAMES: ReadonlyMap<string, DataType> = new Map(
  (
    [
      'float16',
      'float32',
      'float64',
      'int8',
      'int16',
      'int32',
      'int64',
      'uint8',
      'uint16',
      'uint32',
      'uint64',
      'bool',
    ] as const
  ).map((name) => [name, name]),
);

function textReader(kind: string, length: number): Pick<Codec, 'bytes' | 'read'> | undefined {
  if (kind === 'U')
    return {
      bytes: length * 4,
      read: (view, at, little) =>
        String.fromCodePoint(
          ...Array.from({ length }, (_, index) => view.getUint32(at + index * 4, little)).filter(
            (point) => point !== 0,
          ),
        ),
    };
  if (kind !== 'S') return undefined;
  return {
    bytes: length,
    read: (view, at) =>
      new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at, length)).replace(/\0+$/u, ''),
  };
}

function fromColumnMajor(cells: readonly string[], shape: readonly number[]): readonly string[] {
  return cells.map((_, flat) => {
    let rest = flat;
    const index = Array.from(shape, () => 0);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis] ?? 1;
      index[axis] = rest % size;
      rest = Math.floor(rest / size);
    }
    let at = 0;
    let stride = 1;
    for (const [axis, size] of shape.entries()) {
      at += (index[axis] ?? 0) * stride;
      stride *= size;
    }
    return cells[at] ?? '';
  });
}
