import type { DataType, ModelSignature } from '#contracts/signature.ts';
import type { Json } from './lossless-json.ts';
import { NumberToken, parseJson, printCompact } from './lossless-json.ts';

/** One output as shown: its shape, and the text of its first cells in row-major order. */
export interface OutputTable {
  readonly name: string;
  readonly dtype: DataType | undefined;
  /** Read off the first branch of each level. */
  readonly shape: readonly number[];
  readonly cells: readonly string[];
  /** Elements in all, of which `cells` holds the first. */
  readonly total: number;
  /** All of it, as it stands in the answer; see {@link allCells}. */
  readonly value: Json;
}

export type ResponseReading =
  | { readonly kind: 'outputs'; readonly outputs: readonly OutputTable[] }
  | { readonly kind: 'error'; readonly message: string }
  | { readonly kind: 'other' };

/** More cells than this are not shown as a table. */
const MAX_CELLS = 1000;
const MAX_TABLE_CHARACTERS = 32_000_000;

/** Reads the body of a predict response, in row (`predictions`) or column form (`outputs`), or its error. */
export function readResponse(text: string, signature: ModelSignature): ResponseReading {
  if (text.length > MAX_TABLE_CHARACTERS) return { kind: 'other' };
  const parsed = parseJson(text);
  if (!parsed.ok || !(parsed.value instanceof Map)) return { kind: 'other' };
  const body = parsed.value;
  const error = body.get('error');
  if (typeof error === 'string') return { kind: 'error', message: error };
  const predictions = body.get('predictions');
  const value = predictions ?? body.get('outputs');
  if (value === undefined) return { kind: 'other' };
  const names = signature.outputs.map((output) => output.name);
  const columns = predictions === undefined ? columnsOf(value, names) : rowsToColumns(value, names);
  return {
    kind: 'outputs',
    outputs: [...columns].map(([name, tensor]) =>
      tableOf(name, tensor, signature.outputs.find((output) => output.name === name)?.dtype),
    ),
  };
}

const isNamed = (value: Json | undefined, names: readonly string[]): value is Map<string, Json> =>
  value instanceof Map && [...value.keys()].some((key) => names.includes(key));

function columnsOf(value: Json, names: readonly string[]): ReadonlyMap<string, Json> {
  return isNamed(value, names) ? value : new Map([[names[0] ?? 'output', value]]);
}

function rowsToColumns(rows: Json, names: readonly string[]): ReadonlyMap<string, Json> {
  if (!Array.isArray(rows) || !isNamed(rows[0], names)) return new Map([[names[0] ?? 'output', rows]]);
  const columns = new Map<string, Json[]>();
  for (const row of rows) {
    if (!(row instanceof Map)) continue;
    for (const [name, value] of row) {
      const column = columns.get(name) ?? [];
      column.push(value);
      columns.set(name, column);
    }
  }
  return columns;
}

function tableOf(name: string, tensor: Json, dtype: DataType | undefined): OutputTable {
  const shape: number[] = [];
  let probe: Json | undefined = tensor;
  while (Array.isArray(probe)) {
    shape.push(probe.length);
    probe = probe[0];
  }
  return {
    name,
    dtype,
    shape,
    cells: firstCells(tensor, MAX_CELLS),
    total: shape.reduce((product, size) => product * size, 1),
    value: tensor,
  };
}

function firstCells(tensor: Json, limit: number): string[] {
  const cells: string[] = [];
  const collect = (value: Json): void => {
    if (cells.length >= limit) return;
    if (Array.isArray(value)) for (const item of value) collect(item);
    else
      cells.push(value instanceof NumberToken ? value.text : typeof value === 'string' ? value : printCompact(value));
  };
  collect(tensor);
  return cells;
}

/** Every cell of an output: for files and pictures, not for a table. */
export const allCells = ({ value, total, cells }: OutputTable): readonly string[] =>
  cells.length === total ? cells : firstCells(value, Number.POSITIVE_INFINITY);
