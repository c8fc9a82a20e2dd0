import type { DataType, Dim } from '#contracts/signature.ts';
import { checkToken, isFloat, isInteger } from './dtype-token.ts';
import type { Json } from './lossless-json.ts';
import { NumberToken } from './lossless-json.ts';
import { strings } from '../strings/index.ts';

const words = strings.tensors;

/**
 * A tensor as a form edits it: row-major cells, each the text of its element (`-1.5`, `9007199254740993`, `NaN`,
 * `true`, or the text itself). `cells.length` is the product of `shape`; a scalar has shape `[]`.
 */
export interface CellTensor {
  readonly shape: readonly number[];
  readonly cells: readonly string[];
}

export type ReadTensor =
  { readonly ok: true; readonly tensor: CellTensor } | { readonly ok: false; readonly message: string };

/** `uniform` and `normal` are for numbers with a fraction, `integers` are 0 to 9; text and truth are drawn in each of them. */
export const FILLS = ['zeros', 'ones', 'uniform', 'normal', 'integers'] as const;
export type Fill = (typeof FILLS)[number];

export const elementCount = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Whether a value is the form that stands for bytes: `{"b64": "..."}` and nothing else. */
export const isBase64 = (value: Json | undefined): boolean =>
  value instanceof Map && value.size === 1 && typeof value.get('b64') === 'string';

/**
 * Reads nested lists as a tensor of this element type. The shape is read off the first branch; every other branch must
 * match it. Below an empty list the signature's fixed sizes are taken, since nothing else tells them.
 */
export function readTensor(value: Json, dtype: DataType, dims: readonly Dim[] | null): ReadTensor {
  const shape: number[] = [];
  let probe: Json | undefined = value;
  while (Array.isArray(probe)) {
    shape.push(probe.length);
    probe = probe[0];
  }
  if (probe === undefined && dims) {
    for (const dim of dims.slice(shape.length)) shape.push(typeof dim === 'number' ? dim : 0);
  }
  const cells: string[] = [];
  const problem = collect(value, 0, shape, dtype, cells);
  return problem === undefined ? { ok: true, tensor: { shape, cells } } : { ok: false, message: problem };
}

function collect(
  value: Json,
  level: number,
  shape: readonly number[],
  dtype: DataType,
  cells: string[],
): string | undefined {
  if (Array.isArray(value)) {
    const size = shape[level];
    if (size === undefined) return words.unevenDepth;
    if (value.length !== size) return words.unevenLength(String(value.length), String(size), String(level));
    for (const item of value) {
      const problem = collect(item, level + 1, shape, dtype, cells);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  if (level !== shape.length) return words.unevenDepth;
  const text = cellText(value, dtype);
  if (typeof text !== 'string') return text.problem;
  cells.push(text);
  return undefined;
}

function cellText(value: Exclude<Json, Json[]>, dtype: DataType): string | { readonly problem: string } {
  if (isBase64(value)) return { problem: words.base64 };
  if (value === null || value instanceof Map)
    return { problem: words.holds(value === null ? words.null : words.object, dtype) };
  if (dtype === 'string') return typeof value === 'string' ? value : { problem: words.unquoted };
  if (typeof value === 'string') return { problem: words.holds(words.quoted, dtype) };
  if (dtype === 'bool') return typeof value === 'boolean' ? String(value) : { problem: words.noBool };
  if (typeof value === 'boolean') return { problem: words.holds(String(value), dtype) };
  const checked = checkToken(dtype, value.text);
  return checked.ok ? value.text : { problem: checked.message };
}

/** The nested lists of a tensor; the inverse of {@link readTensor}. */
export function tensorToJson({ shape, cells }: CellTensor, dtype: DataType): Json {
  let at = 0;
  const build = (level: number): Json => {
    const size = shape[level];
    if (size === undefined) {
      const cell = cells[at++] ?? '';
      if (dtype === 'string') return cell;
      return dtype === 'bool' ? cell === 'true' : new NumberToken(cell);
    }
    return Array.from({ length: size }, () => build(level + 1));
  };
  return build(0);
}

/** The nested lists of a tensor as JSON on one line: {@link tensorToJson} for very many elements. */
export function tensorText({ shape, cells }: CellTensor, dtype: DataType): string {
  const isText = dtype === 'string';
  const texts = isText ? cells.map((cell) => JSON.stringify(cell)) : cells;
  const build = (level: number, from: number, count: number): string => {
    const size = shape[level];
    if (size === undefined) return texts[from] ?? '';
    if (level === shape.length - 1) return `[${texts.slice(from, from + size).join(', ')}]`;
    const inner = size === 0 ? 0 : count / size;
    return `[${Array.from({ length: size }, (_, index) => build(level + 1, from + index * inner, inner)).join(', ')}]`;
  };
  return build(0, 0, cells.length);
}

/** What a new element holds: `0.0`, `0`, `false` or empty text. */
function zeroOf(dtype: DataType): string {
  if (dtype === 'string') return '';
  if (dtype === 'bool') return 'false';
  return isFloat(dtype) ? '0.0' : '0';
}

/** A tensor of another shape of the same rank: what both have is kept, what is new is zero. */
export function resizeTensor(tensor: CellTensor, shape: readonly number[], dtype: DataType): CellTensor {
  const count = elementCount(shape);
  const cells = Array.from({ length: count }, (_, flat) => {
    let rest = flat;
    let source = 0;
    let stride = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis] ?? 1;
      const index = rest % size;
      rest = Math.floor(rest / size);
      const oldSize = tensor.shape[axis] ?? 0;
      if (index >= oldSize) return zeroOf(dtype);
      source += index * stride;
      stride *= oldSize;
    }
    return tensor.cells[source] ?? zeroOf(dtype);
  });
  return { shape, cells };
}

/** Numbers in [0, 1) that the same seed always gives again (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const WORDS = ['anchor', 'buoy', 'cabin', 'deck', 'ferry', 'gull', 'harbour', 'keel'];

const fourDecimals = (value: number): string => (Math.floor(value * 10_000) / 10_000).toFixed(4);

/**
 * A tensor filled anew: uniform in [0, 1) or normal around 0 with deviation 1, to four decimals; integers 0 to 9; short
 * words. Element types without a fraction get integers whatever is drawn.
 */
export function fillTensor(shape: readonly number[], dtype: DataType, fill: Fill, random: () => number): CellTensor {
  const one = dtype === 'string' ? 'one' : dtype === 'bool' ? 'true' : isInteger(dtype) ? '1' : '1.0';
  const draw = (): string => {
    const drawn = random();
    if (dtype === 'string') return WORDS[Math.floor(drawn * WORDS.length)] ?? '';
    if (dtype === 'bool') return String(drawn >= 0.5);
    if (isInteger(dtype)) return String(Math.floor(drawn * 10));
    if (fill === 'integers') return `${Math.floor(drawn * 10)}.0`;
    // Box and Muller; 1 - x keeps the logarithm away from zero.
    return fourDecimals(
      fill === 'normal' ? Math.sqrt(-2 * Math.log(1 - drawn)) * Math.cos(2 * Math.PI * random()) : drawn,
    );
  };
  const next = fill === 'zeros' ? () => zeroOf(dtype) : fill === 'ones' ? () => one : draw;
  return { shape, cells: Array.from({ length: elementCount(shape) }, next) };
}

/** Cells of a copied spreadsheet range: tabs between columns; without tabs, commas, semicolons or blanks. */
export function parsePasted(text: string): readonly (readonly string[])[] {
  const lines = text.replaceAll('\r\n', '\n').replaceAll('\r', '\n').replace(/\n$/u, '').split('\n');
  const tabs = lines.some((line) => line.includes('\t'));
  return lines.map((line) =>
    (tabs ? line.split('\t') : line.trim().split(/\s*[,;]\s*|\s+/u)).map((cell) => cell.trim()),
  );
}

export type Pasted =
  | { readonly ok: true; readonly tensor: CellTensor; readonly dropped: number }
  | { readonly ok: false; readonly message: string };

/**
 * Writes pasted cells into a vector (as one column or one row) or a matrix, from the cell at `at` on. A dynamic axis
 * grows to hold them; what does not fit into a fixed axis is counted in `dropped`.
 */
export function pasteCells(
  tensor: CellTensor,
  dtype: DataType,
  at: number,
  pasted: readonly (readonly string[])[],
  growable: readonly boolean[],
): Pasted {
  const isVector = tensor.shape.length === 1;
  const rows = isVector ? [pasted.flat()] : pasted;
  const columns = tensor.shape.at(-1) ?? 1;
  const [startRow, startColumn] = isVector ? [0, at] : [Math.floor(at / columns), at % columns];
  const needRows = startRow + rows.length;
  const needColumns = startColumn + Math.max(...rows.map((row) => row.length));
  const shape = isVector
    ? [growable[0] ? Math.max(columns, needColumns) : columns]
    : [
        growable[0] ? Math.max(tensor.shape[0] ?? 0, needRows) : (tensor.shape[0] ?? 0),
        growable[1] ? Math.max(columns, needColumns) : columns,
      ];
  const resized = resizeTensor(tensor, shape, dtype);
  const cells = [...resized.cells];
  const [height, width] = isVector ? [1, shape[0] ?? 0] : [shape[0] ?? 0, shape[1] ?? 0];
  let dropped = 0;
  for (const [row, line] of rows.entries()) {
    for (const [column, cell] of line.entries()) {
      const [r, c] = [startRow + row, startColumn + column];
      if (r >= height || c >= width) {
        dropped += 1;
        continue;
      }
      const checked = checkToken(dtype, cell);
      if (!checked.ok)
        return { ok: false, message: `“${cell}” (row ${row + 1}, column ${column + 1}): ${checked.message}` };
      cells[r * width + c] = checked.token;
    }
  }
  return { ok: true, tensor: { shape, cells }, dropped };
}
