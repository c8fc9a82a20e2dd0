/** Files and pasted texts as the value of one input. */
import type { DataType, TensorInfo } from '#contracts/signature.ts';
import type { CellTensor } from './cell-tensor.ts';
import { elementCount, readTensor } from './cell-tensor.ts';
import { parseCsv } from './csv.ts';
import { checkToken, isInteger } from './dtype-token.ts';
import { parseJson } from './lossless-json.ts';
import { readNpy } from './npy.ts';
import { strings } from '../strings/index.ts';

const words = strings.tensors;

export type Imported =
  { readonly ok: true; readonly tensor: CellTensor } | { readonly ok: false; readonly message: string };

/** Reads a file by its name's ending and content: .npy, .json (a tensor, or the body of a request), else rows of cells. */
export function importTensor(fileName: string, bytes: Uint8Array, info: TensorInfo): Imported {
  if (/\.npy$/iu.test(fileName) || bytes[0] === 0x93) {
    const read = readNpy(bytes);
    return read.ok ? fitTensor(read.array, info) : read;
  }
  const text = new TextDecoder().decode(bytes);
  return /\.json$/iu.test(fileName) || /^\s*[[{]/u.test(text) ? importJson(text, info) : importRows(text, info);
}

function importJson(text: string, info: TensorInfo): Imported {
  const parsed = parseJson(text);
  if (!parsed.ok) return { ok: false, message: `Line ${parsed.line}, column ${parsed.column}: ${parsed.message}.` };
  let value = parsed.value;
  if (value instanceof Map) value = value.get('instances') ?? value.get('inputs') ?? value.get(info.name) ?? value;
  if (value instanceof Map) value = value.get(info.name) ?? value;
  const read = readTensor(value, info.dtype, info.dims);
  return read.ok ? fitTensor(read.tensor, info) : { ok: false, message: `${read.message}.` };
}

function importRows(text: string, info: TensorInfo): Imported {
  const rows = parseCsv(text);
  // Words above numbers are the names of the columns.
  const [first = []] = rows;
  const hasHeader =
    info.dtype !== 'string' && first.every((cell) => !checkToken(info.dtype, cell).ok) && rows.length > 1;
  const data = hasHeader ? rows.slice(1) : rows;
  const columns = data[0]?.length ?? 0;
  if (columns === 0) return { ok: false, message: words.empty };
  const uneven = data.findIndex((row) => row.length !== columns);
  if (uneven >= 0)
    return {
      ok: false,
      message: words.unevenRow(String(uneven + 1), String(data[uneven]?.length ?? 0), String(columns)),
    };
  const shape = columns === 1 ? [data.length] : [data.length, columns];
  return fitTensor({ shape, cells: data.flat().map((cell) => (info.dtype === 'string' ? cell : cell.trim())) }, info);
}

/**
 * A tensor in the element type and rank of an input. Sizes that the model fixes must come out; open ones take what is left,
 * where that is told by the number of elements.
 */
function fitTensor(tensor: CellTensor, info: Pick<TensorInfo, 'dtype' | 'dims'>): Imported {
  const cells: string[] = [];
  for (const [index, cell] of tensor.cells.entries()) {
    const checked = checkToken(info.dtype, asType(cell, info.dtype));
    if (!checked.ok) return { ok: false, message: words.element(String(index), cell, checked.message) };
    cells.push(checked.token);
  }
  const shape = fitShape(tensor.shape, info.dims);
  if (shape && isRefined(tensor.shape, shape)) return { ok: true, tensor: { shape, cells } };
  const wanted = (info.dims ?? []).map((dim) => dim ?? '?').join(', ');
  return { ok: false, message: words.wrongShape(tensor.shape.join(', '), wanted) };
}

/** `3.0` is a whole number too. */
const asType = (cell: string, dtype: DataType): string => (isInteger(dtype) ? cell.replace(/\.0*$/u, '') : cell);

function fitShape(shape: readonly number[], dims: TensorInfo['dims']): readonly number[] | undefined {
  if (!dims) return shape;
  if (dims.length === shape.length && dims.every((dim, axis) => typeof dim !== 'number' || dim === shape[axis]))
    return shape;
  const count = elementCount(shape);
  const open = dims.filter((dim) => typeof dim !== 'number').length;
  const known = elementCount(dims.filter((dim) => typeof dim === 'number'));
  if (open === 0) return known === count ? dims.map((dim) => (typeof dim === 'number' ? dim : 1)) : undefined;
  if (known === 0 || count % known !== 0) return undefined;
  // Several open sizes: the first takes all, the others are one.
  let rest = count / known;
  return dims.map((dim) => {
    if (typeof dim === 'number') return dim;
    const size = rest;
    rest = 1;
    return size;
  });
}

/**
 * Whether one shape only splits or joins neighbouring axes of the other, as `[10, 784]` and `[10, 28, 28]` do. `[2, 3]` is no
 * refinement of `[3, 2]`: its values would come to stand in other rows and columns.
 */
function isRefined(from: readonly number[], to: readonly number[]): boolean {
  const [source, target] = [boundsOf(from), boundsOf(to)];
  return [...source].every((bound) => target.has(bound)) || [...target].every((bound) => source.has(bound));
}

/** After how many elements each axis is full. */
function boundsOf(shape: readonly number[]): ReadonlySet<number> {
  const bounds = new Set<number>();
  shape.reduce((product, size) => {
    bounds.add(product * size);
    return product * size;
  }, 1);
  return bounds.add(1);
}
