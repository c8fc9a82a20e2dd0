/**
 * The body of a predict request, read as a form and written back. The JSON text is the truth; a form is what one reading
 * of it gave. What the form cannot express is never lost: it is shown as JSON, for one input or as a whole.
 */
import type { Dim, ModelSignature, TensorInfo } from '#contracts/signature.ts';
import type { CellTensor, Fill } from './cell-tensor.ts';
import {
  elementCount,
  fillTensor,
  isBase64,
  readTensor,
  resizeTensor,
  seededRandom,
  tensorText,
  tensorToJson,
} from './cell-tensor.ts';
import type { Json, JsonObject } from './lossless-json.ts';
import { parseJson, printCompact, printJson } from './lossless-json.ts';
import { strings } from '../strings/index.ts';

const words = strings.tensors.body;

/** `instances`: one item per row of the batch. `inputs`: one whole tensor per input. */
export type RequestStyle = 'instances' | 'inputs';

export type InputReading =
  /** `problem` tells where the shape disagrees with the signature; the request can be sent all the same. */
  | { readonly kind: 'tensor'; readonly tensor: CellTensor; readonly problem?: string }
  /** A value that has no field: lists of uneven length, base64 data, another type. */
  | { readonly kind: 'json'; readonly value: Json; readonly reason: string }
  /** Left out of the request. */
  | { readonly kind: 'absent' };

export interface FormRequest {
  readonly kind: 'form';
  readonly style: RequestStyle;
  /** The only input stands without its name: `{"inputs": [1.0]}`. Row style with one input is always bare or not by item. */
  readonly bare: boolean;
  /** Other keys of the body, such as `signature_name`, kept as they are. */
  readonly rest: ReadonlyMap<string, Json>;
  readonly inputs: ReadonlyMap<string, InputReading>;
}

export type RequestReading =
  | FormRequest
  | { readonly kind: 'unparseable'; readonly message: string; readonly line: number; readonly column: number }
  | { readonly kind: 'custom'; readonly reason: string; readonly isTooLarge?: boolean };

/** Larger texts are sent as they are and not read as a form: reading one would stop the page for a second and more. */
const MAX_FORM_CHARACTERS = 5_000_000;

/** Reads a request body. */
export function readRequest(text: string, signature: ModelSignature): RequestReading {
  if (text.length > MAX_FORM_CHARACTERS) {
    return { kind: 'custom', reason: words.tooLarge, isTooLarge: true };
  }
  const parsed = parseJson(text);
  if (!parsed.ok) return { kind: 'unparseable', message: parsed.message, line: parsed.line, column: parsed.column };
  const body = parsed.value;
  if (!(body instanceof Map)) return { kind: 'custom', reason: words.noObject };
  const instances = body.get('instances');
  const inputs = body.get('inputs');
  if ((instances === undefined) === (inputs === undefined)) {
    return { kind: 'custom', reason: words.oneKey };
  }
  const columns = instances === undefined ? readColumnar(inputs ?? null, signature) : readRows(instances, signature);
  if ('reason' in columns) return { kind: 'custom', reason: columns.reason };
  const rest = new Map([...body].filter(([key]) => key !== 'instances' && key !== 'inputs'));
  return withProblems(
    {
      kind: 'form',
      style: instances === undefined ? 'inputs' : 'instances',
      bare: columns.bare,
      rest,
      inputs: new Map(signature.inputs.map((info) => [info.name, readInput(columns.byName.get(info.name), info)])),
    },
    signature,
  );
}

interface Columns {
  readonly byName: JsonObject;
  readonly bare: boolean;
}
interface NoForm {
  readonly reason: string;
}

function readColumnar(inputs: Json, signature: ModelSignature): Columns | NoForm {
  const only = signature.inputs.length === 1 ? signature.inputs[0] : undefined;
  if (inputs instanceof Map && !isBase64(inputs)) {
    const unknown = [...inputs.keys()].find((key) => !signature.inputs.some((info) => info.name === key));
    if (unknown !== undefined) return { reason: `“${unknown}” is not an input of this model.` };
    return { byName: inputs, bare: false };
  }
  if (!only) return { reason: '“inputs” must be an object with one key per input, since this model has several.' };
  return { byName: new Map([[only.name, inputs]]), bare: true };
}

function readRows(instances: Json, signature: ModelSignature): Columns | NoForm {
  if (!Array.isArray(instances)) return { reason: words.noList };
  const only = signature.inputs.length === 1 ? signature.inputs[0] : undefined;
  const named = instances.filter((item) => item instanceof Map && !isBase64(item)).length;
  if (named === 0) {
    if (!only) return { reason: words.noNames };
    return { byName: new Map([[only.name, instances]]), bare: true };
  }
  const byName = new Map<string, Json[]>(signature.inputs.map((info) => [info.name, []]));
  for (const [row, item] of instances.entries()) {
    if (!(item instanceof Map)) return { reason: words.mixed };
    const unknown = [...item.keys()].find((key) => !byName.has(key));
    if (unknown !== undefined) return { reason: words.unknown(unknown, String(row)) };
    for (const [name, column] of byName) {
      const value = item.get(name);
      if (value === undefined) return { reason: words.missing(name, String(row)) };
      column.push(value);
    }
  }
  return { byName: new Map(byName), bare: false };
}

function readInput(value: Json | undefined, info: TensorInfo): InputReading {
  if (value === undefined) return { kind: 'absent' };
  const read = readTensor(value, info.dtype, info.dims);
  if (!read.ok) return { kind: 'json', value, reason: read.message };
  return { kind: 'tensor', tensor: read.tensor };
}

/** Reads one input's own JSON, as typed into its editor. */
export function readInputText(
  text: string,
  info: TensorInfo,
): InputReading | { readonly kind: 'unparseable'; readonly message: string } {
  const parsed = parseJson(text);
  if (!parsed.ok)
    return { kind: 'unparseable', message: `${parsed.message} (line ${parsed.line}, column ${parsed.column})` };
  return readInput(parsed.value, info);
}

/** One input as JSON. */
export function inputToJson(reading: InputReading, info: TensorInfo): Json | undefined {
  if (reading.kind === 'absent') return undefined;
  return reading.kind === 'json' ? reading.value : tensorToJson(reading.tensor, info.dtype);
}

/** Forms with more elements are written without line breaks, which takes a tenth of the time. */
const MAX_INDENTED_ELEMENTS = 50_000;

/** The request body of a form. Rows that cannot be made (uneven or missing inputs) are written as columns. */
export function writeRequest(form: FormRequest, signature: ModelSignature): string {
  return writeForm(form, signature).text;
}

/** Like {@link writeRequest}; `form` is what reading the text gives, without reading it. */
export function writeForm(
  form: FormRequest,
  signature: ModelSignature,
): { readonly text: string; readonly form: FormRequest } {
  const elements = [...form.inputs.values()].reduce(
    (sum, reading) => sum + (reading.kind === 'tensor' ? elementCount(reading.tensor.shape) : 0),
    0,
  );
  if (elements > MAX_INDENTED_ELEMENTS) return writeOnOneLine(form, signature);
  const columns: JsonObject = new Map();
  for (const info of signature.inputs) {
    const value = inputToJson(form.inputs.get(info.name) ?? { kind: 'absent' }, info);
    if (value !== undefined) columns.set(info.name, value);
  }
  const body: JsonObject = new Map(form.rest);
  const rows = form.style === 'instances' ? toRows(columns, signature, form.bare) : undefined;
  const [onlyColumn] = columns.values();
  if (rows) body.set('instances', rows);
  else if (form.bare && columns.size === 1 && signature.inputs.length === 1 && onlyColumn !== undefined)
    body.set('inputs', onlyColumn);
  else body.set('inputs', columns);
  return { text: printJson(body), form: { ...form, style: rows ? 'instances' : 'inputs' } };
}

/** Like {@link writeForm}, with the cells as they are and nothing made of them in between. */
function writeOnOneLine(form: FormRequest, signature: ModelSignature): ReturnType<typeof writeForm> {
  const sent = signature.inputs.flatMap((info) => {
    const reading = form.inputs.get(info.name) ?? { kind: 'absent' };
    return reading.kind === 'absent' ? [] : [{ info, name: JSON.stringify(info.name), reading }];
  });
  const whole = ({ info, reading }: (typeof sent)[number]): string =>
    reading.kind === 'json' ? printCompact(reading.value) : tensorText(reading.tensor, info.dtype);
  const rowsOf = ({ info, reading }: (typeof sent)[number]): readonly string[] | undefined => {
    if (reading.kind === 'json') return Array.isArray(reading.value) ? reading.value.map(printCompact) : undefined;
    const [count, ...shape] = reading.tensor.shape;
    if (count === undefined) return undefined;
    const size = elementCount(shape);
    return Array.from({ length: count }, (_, row) =>
      tensorText({ shape, cells: reading.tensor.cells.slice(row * size, (row + 1) * size) }, info.dtype),
    );
  };
  const columns = sent.map((input) => ({ name: input.name, rows: rowsOf(input) }));
  const count = columns[0]?.rows?.length;
  const asRows =
    form.style === 'instances' &&
    sent.length === signature.inputs.length &&
    columns.every(({ rows }) => rows !== undefined && rows.length === count);
  const rest = [...form.rest].map(([key, value]) => `${JSON.stringify(key)}: ${printCompact(value)}`);
  const [only] = sent;
  const isBare = form.bare && sent.length === 1 && signature.inputs.length === 1 && only !== undefined;
  if (asRows) {
    const items = Array.from({ length: count ?? 0 }, (_, row) => {
      const values = columns.map(({ name, rows }) => ({ name, text: rows?.[row] ?? 'null' }));
      return isBare
        ? values.map(({ text }) => text).join('')
        : `{${values.map(({ name, text }) => `${name}: ${text}`).join(', ')}}`;
    });
    rest.push(`"instances": [${items.join(', ')}]`);
  } else {
    rest.push(
      `"inputs": ${isBare ? whole(only) : `{${sent.map((input) => `${input.name}: ${whole(input)}`).join(', ')}}`}`,
    );
  }
  return { text: `{${rest.join(', ')}}`, form: { ...form, style: asRows ? 'instances' : 'inputs' } };
}

function toRows(columns: JsonObject, signature: ModelSignature, bare: boolean): Json[] | undefined {
  const lists: [string, Json[]][] = [];
  for (const info of signature.inputs) {
    const column = columns.get(info.name);
    if (!Array.isArray(column)) return undefined;
    lists.push([info.name, column]);
  }
  const first = lists[0]?.[1];
  if (!first || lists.some(([, column]) => column.length !== first.length)) return undefined;
  if (bare && lists.length === 1) return first;
  return first.map((_, row) => new Map(lists.map(([name, column]) => [name, column[row] ?? null])));
}

/** A form in another style; text is only rewritten by {@link writeRequest}. */
export function withStyle(form: FormRequest, style: RequestStyle, signature: ModelSignature): FormRequest {
  return { ...form, style, bare: style === 'instances' && signature.inputs.length === 1 };
}

/** A form with one input replaced. */
export function withInput(
  form: FormRequest,
  name: string,
  reading: InputReading,
  signature: ModelSignature,
): FormRequest {
  return withProblems({ ...form, inputs: new Map(form.inputs).set(name, reading) }, signature);
}

/** Whether every input and output has its own batch axis of open size, so that a request can be a list of rows. */
export function rowsPossible({ inputs, outputs }: ModelSignature): boolean {
  const open = (info: TensorInfo): boolean =>
    info.dims === null || (info.dims.length > 0 && typeof info.dims[0] !== 'number');
  const names = new Set(inputs.map((info) => info.dims?.[0]));
  return (
    inputs.length > 0 && names.size === 1 && inputs.every((info) => open(info) && !info.optional) && outputs.every(open)
  );
}

/** A size that the user chooses once for all the axes that share it. */
export interface DimControl {
  readonly key: string;
  /** The axis' name in the model, or the input and axis where it has none. */
  readonly label: string;
  readonly size: number;
  readonly inputs: readonly string[];
}

function dimKey(info: TensorInfo, axis: number, dim: Dim, style: RequestStyle): string | undefined {
  if (typeof dim === 'number') return undefined;
  if (axis === 0 && style === 'instances') return 'rows';
  return dim === null ? `axis:${info.name}:${axis}` : `name:${dim}`;
}

/** The open sizes of a form's inputs. Inputs that are shown as JSON have none. */
export function dimControls(form: FormRequest, signature: ModelSignature): readonly DimControl[] {
  const controls = new Map<string, DimControl & { inputs: string[] }>();
  for (const info of signature.inputs) {
    const reading = form.inputs.get(info.name);
    if (reading?.kind !== 'tensor' || reading.tensor.shape.length !== info.dims?.length) continue;
    for (const [axis, dim] of info.dims.entries()) {
      const key = dimKey(info, axis, dim, form.style);
      if (key === undefined) continue;
      const known = controls.get(key);
      if (known) {
        if (!known.inputs.includes(info.name)) known.inputs.push(info.name);
        continue;
      }
      const label =
        typeof dim === 'string' ? dim : axis === 0 && form.style === 'instances' ? 'rows' : `${info.name} axis ${axis}`;
      controls.set(key, { key, label, size: reading.tensor.shape[axis] ?? 0, inputs: [info.name] });
    }
  }
  return [...controls.values()];
}

/** A form in which every axis of this size is `size` long: what was there is kept, new cells are zero. */
export function resizeDim(form: FormRequest, signature: ModelSignature, key: string, size: number): FormRequest {
  const inputs = new Map(form.inputs);
  for (const info of signature.inputs) {
    const reading = form.inputs.get(info.name);
    if (reading?.kind !== 'tensor' || reading.tensor.shape.length !== info.dims?.length) continue;
    const shape = reading.tensor.shape.map((old, axis) =>
      dimKey(info, axis, info.dims?.[axis] ?? null, form.style) === key ? size : old,
    );
    if (shape.every((length, axis) => length === reading.tensor.shape[axis])) continue;
    inputs.set(info.name, { kind: 'tensor', tensor: resizeTensor(reading.tensor, shape, info.dtype) });
  }
  return withProblems({ ...form, inputs }, signature);
}

/** Marks the inputs whose shape disagrees with the signature or with another input. */
function withProblems(form: FormRequest, signature: ModelSignature): FormRequest {
  const seen = new Map<string, { readonly size: number; readonly input: string; readonly label: string }>();
  const inputs = new Map<string, InputReading>();
  for (const info of signature.inputs) {
    const reading = form.inputs.get(info.name) ?? { kind: 'absent' };
    if (reading.kind !== 'tensor') {
      inputs.set(info.name, reading);
      continue;
    }
    const problem = shapeProblem(info, reading.tensor.shape, form.style, seen);
    inputs.set(info.name, { kind: 'tensor', tensor: reading.tensor, ...(problem === undefined ? {} : { problem }) });
  }
  return { ...form, inputs };
}

function shapeProblem(
  info: TensorInfo,
  shape: readonly number[],
  style: RequestStyle,
  seen: Map<string, { readonly size: number; readonly input: string; readonly label: string }>,
): string | undefined {
  if (info.dims === null) return undefined;
  if (info.dims.length !== shape.length) return words.rank(String(shape.length), String(info.dims.length));
  for (const [axis, dim] of info.dims.entries()) {
    const size = shape[axis] ?? 0;
    if (typeof dim === 'number' && dim !== size) return words.axis(String(axis), String(size), String(dim));
    const key = dimKey(info, axis, dim, style);
    if (key === undefined) continue;
    const other = seen.get(key);
    if (other && other.size !== size) return words.differs(other.label, String(size), String(other.size), other.input);
    if (!other) seen.set(key, { size, input: info.name, label: typeof dim === 'string' ? dim : words.rows });
  }
  return undefined;
}

/** Sizes an input starts with: 1 for each open axis. */
const startShape = (info: TensorInfo): readonly number[] =>
  (info.dims ?? []).map((dim) => (typeof dim === 'number' ? dim : 1));

/** A small request that the model accepts: zeros, one row, optional inputs left out. */
export function exampleRequest(signature: ModelSignature): FormRequest {
  const rows = rowsPossible(signature);
  const only = signature.inputs.length === 1 ? signature.inputs[0] : undefined;
  const inputs = new Map<string, InputReading>();
  for (const info of signature.inputs) {
    if (info.optional) inputs.set(info.name, { kind: 'absent' });
    else inputs.set(info.name, { kind: 'tensor', tensor: fillTensor(startShape(info), info.dtype, 'zeros', () => 0) });
  }
  // Three plain numbers show at a glance what a model of single numbers does; zeros would hide it.
  if (rows && only?.dims?.length === 1 && only.dtype.startsWith('float')) {
    inputs.set(only.name, { kind: 'tensor', tensor: { shape: [3], cells: ['1.0', '2.0', '5.0'] } });
  }
  return {
    kind: 'form',
    style: rows ? 'instances' : 'inputs',
    bare: rows && only !== undefined,
    rest: new Map(),
    inputs,
  };
}

/** A form in which one input (or each that is sent) is filled anew in its present shape. */
export function fillRequest(
  form: FormRequest,
  signature: ModelSignature,
  fill: Fill,
  seed: number,
  onlyInput?: string,
): FormRequest {
  const random = seededRandom(seed);
  const inputs = new Map(form.inputs);
  for (const info of signature.inputs) {
    const reading = form.inputs.get(info.name);
    if (reading === undefined || reading.kind === 'absent' || (onlyInput !== undefined && info.name !== onlyInput))
      continue;
    const shape = reading.kind === 'tensor' ? reading.tensor.shape : startShape(info);
    inputs.set(info.name, { kind: 'tensor', tensor: fillTensor(shape, info.dtype, fill, random) });
  }
  return withProblems({ ...form, inputs }, signature);
}

/**
 * Which of the model's inputs a server's message is about: those that it names (`"x"`, `'x'`, `key: x`, `input x`, `tensor
 * parsing error: x`), or the only one that there is where it tells of a tensor without its name.
 */
export function inputsNamedIn(message: string, signature: ModelSignature): readonly string[] {
  const names = signature.inputs.map((info) => info.name);
  const named = names.filter((name) => {
    const escaped = name.replace(/[.*+?^${}()|[\]\\/-]/gu, '\\$&');
    return new RegExp(
      `["'“\`]${escaped}["'”\`]|(?:key|input|tensor name|tensor parsing error):? ${escaped}(?![\\w.])`,
      'iu',
    ).test(message);
  });
  return named.length === 0 && names.length === 1 && OF_A_TENSOR.test(message) ? names : named;
}

const OF_A_TENSOR = /\b(?:tensor size|tensor dtype|element|shape|axis|axes|JSON value)\b/iu;
