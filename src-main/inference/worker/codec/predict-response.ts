import { ServingError } from '../../../contracts/serving-error.ts';
import type { ModelSignature } from '../../../contracts/signature.ts';
import { COMMA, SPACE } from './ascii.ts';
import { MAX_FLOAT_BYTES, writeDoubles, writeHalf, writeSingle } from './float-writer.ts';
import type { HostTensor } from './host-tensor.ts';
import { JsonWriter, MAX_INTEGER_BYTES, writeInteger } from './json-writer.ts';
import type { PredictFormat } from './predict-request.ts';

/** Outputs with such names hold bytes rather than text (util/json_tensor.cc kBytesTensorNameSuffix). */
const BYTES_SUFFIX = '_bytes';
/** What most numbers need with their separator, for the first guess of the response's size. */
const TYPICAL_BYTES_PER_ELEMENT = 12;
/** Room for the text around the numbers, in the same guess. */
const FRAME_BYTES = 64;
/** Elements written between two looks at the room that is left. */
const CHUNK = 512;
const SEPARATOR_BYTES = 2;

/**
 * Checks before a run that its outputs can be split into rows. Deviation: TensorFlow Serving finds this out only
 * afterwards, in the same words.
 * @throws ServingError INVALID_ARGUMENT where an output is a scalar.
 */
export function checkRowOutputs(signature: ModelSignature): void {
  for (const { name, dims } of signature.outputs) if (dims?.length === 0) throw scalarOutput(name);
}

/**
 * Writes the JSON body of a predict response on one line: `{"predictions": [3.5, 4.0, 5.5]}` for rows, `outputs` for
 * columns; one output stands for itself, several become objects by name. Source: TensorFlow Serving util/json_tensor.cc
 * MakeJsonFromTensors; deviations: the white space, the digits of floats (see float-writer.ts), half and uint16 output.
 * Not finite numbers are `NaN`, `Infinity` and `-Infinity`, which strict JSON readers refuse.
 * @param outputs by name, in the order they are to appear.
 * @returns UTF-8, owned by the caller; a view of a buffer that may be somewhat larger.
 * @throws ServingError INVALID_ARGUMENT in row format for an output that is a scalar, or has another size on axis 0 than
 *   the outputs before it.
 */
export function writePredictResponse(outputs: ReadonlyMap<string, HostTensor>, format: PredictFormat): Uint8Array {
  if (outputs.size === 0) {
    throw new ServingError('INVALID_ARGUMENT', 'Cannot convert empty tensor map to JSON');
  }
  const rows = format === 'row' ? commonRows(outputs) : 0;
  let elements = 0;
  for (const { data } of outputs.values()) elements += data.length;
  const writer = new JsonWriter(
    FRAME_BYTES + elements * TYPICAL_BYTES_PER_ELEMENT + Math.min(elements, CHUNK) * MAX_FLOAT_BYTES,
  );
  const columns: Column[] = [];
  for (const [name, tensor] of outputs) columns.push(new Column(name, tensor, writer));
  writer.ascii(format === 'row' ? '{"predictions": ' : '{"outputs": ');
  const only = columns[0];
  // The rows of one output are the output itself.
  if (columns.length === 1 && only !== undefined) only.writeAll();
  else if (format === 'row') writeRows(columns, rows, writer);
  else writeColumns(columns, writer);
  writer.ascii('}');
  return writer.finish();
}

/** Size of axis 0, which all outputs must share. */
function commonRows(outputs: ReadonlyMap<string, HostTensor>): number {
  let rows: number | undefined;
  for (const [name, { dims }] of outputs) {
    const [size] = dims;
    if (size === undefined) throw scalarOutput(name);
    rows ??= size;
    if (size !== rows) {
      const message = `Tensor name: ${name} has inconsistent batch size: ${size} expecting: ${rows}`;
      throw new ServingError('INVALID_ARGUMENT', message);
    }
  }
  return rows ?? 0;
}

function scalarOutput(name: string): ServingError {
  const hint = "(it is a scalar; send 'inputs' instead of 'instances')";
  return new ServingError('INVALID_ARGUMENT', `Tensor name: ${name} has no shape information ${hint}`);
}

function writeRows(columns: readonly Column[], rows: number, writer: JsonWriter): void {
  writer.ascii('[');
  for (let row = 0; row < rows; row++) {
    writer.ascii(row === 0 ? '{' : ', {');
    for (const [index, column] of columns.entries()) {
      writer.raw(index === 0 ? column.key : column.laterKey);
      column.writeRow(row);
    }
    writer.ascii('}');
  }
  writer.ascii(']');
}

function writeColumns(columns: readonly Column[], writer: JsonWriter): void {
  writer.ascii('{');
  for (const [index, column] of columns.entries()) {
    writer.raw(index === 0 ? column.key : column.laterKey);
    column.writeAll();
  }
  writer.ascii('}');
}

/** One output while it is written. */
class Column {
  /** `"name": `, and the same after another member. */
  readonly key: string;
  readonly laterKey: string;
  readonly #dims: readonly number[];
  /** Elements under one step along each axis. */
  readonly #strides: readonly number[];
  readonly #writer: JsonWriter;
  readonly #writeElements: ElementWriter;

  constructor(name: string, tensor: HostTensor, writer: JsonWriter) {
    this.key = `${JSON.stringify(name)}: `;
    this.laterKey = `, ${this.key}`;
    this.#dims = tensor.dims;
    const strides: number[] = [];
    let stride = 1;
    for (let axis = tensor.dims.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= tensor.dims[axis] ?? 0;
    }
    this.#strides = strides;
    this.#writer = writer;
    this.#writeElements = elementWriter(tensor, writer, name.endsWith(BYTES_SUFFIX));
  }

  writeAll(): void {
    this.#write(0, 0);
  }

  writeRow(row: number): void {
    this.#write(1, row * (this.#strides[0] ?? 0));
  }

  /** Writes the elements from `start` on that `axis` and those after it span. Nests as deep as the tensor has axes. */
  #write(axis: number, start: number): void {
    const size = this.#dims[axis];
    if (size === undefined) {
      this.#writeElements(start, start + 1);
      return;
    }
    const writer = this.#writer;
    writer.ascii('[');
    if (axis === this.#dims.length - 1) {
      this.#writeElements(start, start + size);
    } else {
      const stride = this.#strides[axis] ?? 0;
      for (let index = 0; index < size; index++) {
        if (index > 0) writer.separator();
        this.#write(axis + 1, start + index * stride);
      }
    }
    writer.ascii(']');
  }
}

/** Writes the elements from `start` to before `end`, separated. */
type ElementWriter = (start: number, end: number) => void;

function elementWriter(tensor: HostTensor, writer: JsonWriter, asBytes: boolean): ElementWriter {
  switch (tensor.dtype) {
    case 'float32':
      return numberWriter(tensor.data, writer, MAX_FLOAT_BYTES, writeSingle);
    case 'float64':
      return doubleWriter(tensor.data, writer);
    case 'float16':
      return numberWriter(tensor.data, writer, MAX_FLOAT_BYTES, writeHalf);
    case 'int8':
    case 'uint8':
    case 'int16':
    case 'uint16':
    case 'int32':
    case 'uint32':
      return numberWriter<SmallIntegers>(tensor.data, writer, MAX_INTEGER_BYTES, writeSmallInteger);
    case 'int64':
    case 'uint64':
      return wideWriter(tensor.data, writer);
    case 'bool':
      return booleanWriter(tensor.data, writer);
    case 'string':
      return stringWriter(tensor.data, writer, asBytes);
    default:
      return tensor satisfies never;
  }
}

/** Writes element `index` of `data`. @returns the position behind it. */
type WriteElement<A> = (data: A, index: number, bytes: Uint8Array, position: number) => number;

function numberWriter<A>(data: A, writer: JsonWriter, maxBytes: number, write: WriteElement<A>): ElementWriter {
  return (start, end) => {
    for (let chunk = start; chunk < end; chunk += CHUNK) {
      const chunkEnd = Math.min(end, chunk + CHUNK);
      writer.reserve((chunkEnd - chunk) * (maxBytes + SEPARATOR_BYTES));
      const { bytes } = writer;
      let { position } = writer;
      for (let index = chunk; index < chunkEnd; index++) {
        if (index > start) {
          bytes[position++] = COMMA;
          bytes[position++] = SPACE;
        }
        position = write(data, index, bytes, position);
      }
      writer.position = position;
    }
  };
}

function doubleWriter(data: Float64Array, writer: JsonWriter): ElementWriter {
  return (start, end) => {
    for (let chunk = start; chunk < end; chunk += CHUNK) {
      const chunkEnd = Math.min(end, chunk + CHUNK);
      if (chunk > start) writer.separator();
      writer.reserve((chunkEnd - chunk) * (MAX_FLOAT_BYTES + SEPARATOR_BYTES));
      writer.position = writeDoubles(data, chunk, chunkEnd, writer.bytes, writer.position);
    }
  };
}

type SmallIntegers = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;

function writeSmallInteger(data: SmallIntegers, index: number, bytes: Uint8Array, position: number): number {
  return writeInteger(data[index] ?? 0, bytes, position);
}

/** Above this size of the high half a 64-bit integer is beyond ±2^53. */
const SAFE_HIGH_HALF = 2 ** 21;

function wideWriter(data: BigInt64Array | BigUint64Array, writer: JsonWriter): ElementWriter {
  const isSigned = data instanceof BigInt64Array;
  // The same memory, low half first: every platform of onnxruntime-node is little-endian.
  const halves = new Uint32Array(data.buffer, data.byteOffset, data.length * 2);
  return (start, end) => {
    for (let index = start; index < end; index++) {
      if (index > start) writer.separator();
      writer.reserve(MAX_INTEGER_BYTES);
      const low = halves[index * 2] ?? 0;
      const unsignedHigh = halves[index * 2 + 1] ?? 0;
      const high = isSigned ? unsignedHigh | 0 : unsignedHigh;
      if (high < SAFE_HIGH_HALF && high >= -SAFE_HIGH_HALF) {
        writer.position = writeInteger(high * 2 ** 32 + low, writer.bytes, writer.position);
      } else {
        writer.raw(String(data[index]));
      }
    }
  };
}

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');

function booleanWriter(data: Uint8Array, writer: JsonWriter): ElementWriter {
  return (start, end) => {
    for (let chunk = start; chunk < end; chunk += CHUNK) {
      const chunkEnd = Math.min(end, chunk + CHUNK);
      writer.reserve((chunkEnd - chunk) * (FALSE.length + SEPARATOR_BYTES));
      const { bytes } = writer;
      let { position } = writer;
      for (let index = chunk; index < chunkEnd; index++) {
        if (index > start) {
          bytes[position++] = COMMA;
          bytes[position++] = SPACE;
        }
        const word = data[index] === 0 ? FALSE : TRUE;
        for (let letter = 0; letter < word.length; letter++) bytes[position++] = word[letter] ?? 0;
      }
      writer.position = position;
    }
  };
}

function stringWriter(data: readonly string[], writer: JsonWriter, asBytes: boolean): ElementWriter {
  return (start, end) => {
    for (let chunk = start; chunk < end; chunk += CHUNK) {
      if (chunk > start) writer.separator();
      const texts = data.slice(chunk, Math.min(end, chunk + CHUNK));
      writer.raw(asBytes ? texts.map(base64Value).join(', ') : jsonStrings(texts));
    }
  };
}

function base64Value(text: string): string {
  return `{"b64": "${Buffer.from(text).toString('base64')}"}`;
}

/** The texts as JSON strings, separated. */
function jsonStrings(texts: readonly string[]): string {
  // As a whole, because a call for each would cost more. What is not longer afterwards had nothing to escape.
  let plainLength = 1 + texts.length * 3;
  for (const text of texts) plainLength += text.length;
  if (JSON.stringify(texts).length === plainLength) return `"${texts.join('", "')}"`;
  return texts.map((text) => JSON.stringify(text)).join(', ');
}
