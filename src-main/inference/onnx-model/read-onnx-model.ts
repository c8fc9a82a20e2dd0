import { DATA_TYPES, type DataType, type Dim } from '../../contracts/signature.ts';
import type { ExternalDataReference, OnnxModel, OnnxValue, OnnxValueType } from './onnx-model.ts';
import { ProtobufReader, type RandomAccess, TruncatedFileError, WIRE } from './protobuf-reader.ts';

/** Bounds on what is kept; none is near what models in use have. */
const MAX_NAME_BYTES = 65_536;
const MAX_DESCRIPTION_BYTES = 65_536;
const MAX_METADATA_ENTRIES = 10_000;
const MAX_VALUES = 10_000;
const MAX_DIMS = 256;
const MAX_EXTERNAL_REFERENCES = 1_000_000;
/** No field of ModelProto has a higher number; a file with one holds something else. */
const MAX_MODEL_FIELD = 100;

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

/**
 * Reads what an ONNX file says about itself, and never its weights, in small windows: memory and time grow with the
 * number of nodes, not with the size of the file. Field numbers: onnx/onnx-ml.proto of the ONNX project. As in every
 * protobuf reader, a message that occurs twice is merged, so that nothing can hide in a second graph.
 * @param name the file's name for messages, without its folder.
 * @throws TruncatedFileError when the file ends before its content does; ServingError INVALID_ARGUMENT when it is no
 *   ONNX file; whatever `file.read` throws.
 */
export async function readOnnxModel(file: RandomAccess, name = 'model.onnx'): Promise<OnnxModel> {
  return new ModelReader(file, name).read();
}

interface ElementType {
  readonly name: string;
  readonly dtype: DataType | undefined;
  readonly bits: number | undefined;
}

function elementType(number: number): ElementType {
  const dtype = DATA_TYPE_BY_NUMBER.get(number);
  if (dtype !== undefined) {
    const { bytes } = DATA_TYPES[dtype];
    return { name: dtype, dtype, bits: bytes === undefined ? undefined : bytes * 8 };
  }
  const other = OTHER_ELEMENT_TYPES[number];
  return { name: other?.name ?? `element type ${number}`, dtype: undefined, bits: other?.bits };
}

/** Collects from one file; a method per message of onnx-ml.proto, which reads the fields up to `end`. */
class ModelReader {
  readonly #file: RandomAccess;
  readonly #name: string;
  readonly #reader: ProtobufReader;

  #irVersion = 0n;
  #producerName = '';
  #producerVersion = '';
  #domain = '';
  #modelVersion = 0n;
  #description = '';
  #graphName = '';
  #hasGraph = false;
  readonly #opsets: { domain: string; version: string }[] = [];
  readonly #metadata = new Map<string, string>();
  readonly #inputs: { name: string; type: OnnxValueType }[] = [];
  readonly #outputs: { name: string; type: OnnxValueType }[] = [];
  readonly #initializers = new Set<string>();
  readonly #externalData: ExternalDataReference[] = [];

  constructor(file: RandomAccess, name: string) {
    this.#file = file;
    this.#name = name;
    this.#reader = new ProtobufReader(file, name);
  }

  async read(): Promise<OnnxModel> {
    await this.#model(this.#file.sizeBytes);
    // The graph and the operator sets come late in the file: what is cut off between two fields lacks them.
    if (!this.#hasGraph) throw this.#missing('graph');
    if (this.#opsets.length === 0 && this.#irVersion >= 3n) throw this.#missing('operator set');
    return {
      irVersion: String(this.#irVersion),
      opsets: this.#opsets,
      producerName: this.#producerName,
      producerVersion: this.#producerVersion,
      domain: this.#domain,
      modelVersion: String(this.#modelVersion),
      description: this.#description,
      metadata: Object.fromEntries(this.#metadata),
      graphName: this.#graphName,
      inputs: this.#inputsWithoutWeights(),
      outputs: this.#outputs.map((output) => ({ ...output, optional: false })),
      externalData: this.#externalData,
    };
  }

  #missing(what: string): TruncatedFileError {
    return new TruncatedFileError(
      `${this.#name} ends at byte ${this.#file.sizeBytes} and has no ${what}; is it copied in full?`,
    );
  }

  #inputsWithoutWeights(): OnnxValue[] {
    const inputs = this.#inputs.map((input) => ({ ...input, optional: this.#initializers.has(input.name) }));
    return this.#irVersion < 4n ? inputs.filter(({ optional }) => !optional) : inputs;
  }

  async #model(end: number): Promise<void> {
    const reader = this.#reader;
    while (await reader.next(end)) {
      if (reader.field > MAX_MODEL_FIELD) throw reader.malformed(`unknown field ${reader.field}`);
      if (reader.is(1, WIRE.varint)) this.#irVersion = reader.int64();
      else if (reader.is(2, WIRE.bytes)) this.#producerName = await reader.text(MAX_NAME_BYTES);
      else if (reader.is(3, WIRE.bytes)) this.#producerVersion = await reader.text(MAX_NAME_BYTES);
      else if (reader.is(4, WIRE.bytes)) this.#domain = await reader.text(MAX_NAME_BYTES);
      else if (reader.is(5, WIRE.varint)) this.#modelVersion = reader.int64();
      else if (reader.is(6, WIRE.bytes)) this.#description = await reader.textStart(MAX_DESCRIPTION_BYTES);
      else if (reader.is(7, WIRE.bytes)) await this.#mainGraph();
      else if (reader.is(8, WIRE.bytes)) await reader.enter((opsetEnd) => this.#opset(opsetEnd));
      else if (reader.is(14, WIRE.bytes)) await this.#metadataEntry();
      else if (reader.is(20, WIRE.bytes)) await reader.enter((infoEnd) => this.#trainingInfo(infoEnd));
      else if (reader.is(25, WIRE.bytes)) await reader.enter((functionEnd) => this.#function(functionEnd));
    }
  }

  async #mainGraph(): Promise<void> {
    this.#hasGraph = true;
    await this.#reader.enter((end) => this.#graph(end, true));
  }

  async #opset(end: number): Promise<void> {
    const reader = this.#reader;
    let domain = '';
    let version = 0n;
    while (await reader.next(end)) {
      if (reader.is(1, WIRE.bytes)) domain = await reader.text(MAX_NAME_BYTES);
      else if (reader.is(2, WIRE.varint)) version = reader.int64();
    }
    if (this.#opsets.length >= MAX_VALUES) throw reader.malformed(`more than ${MAX_VALUES} operator sets`);
    this.#opsets.push({ domain, version: String(version) });
  }

  async #metadataEntry(): Promise<void> {
    const { key, value } = await this.#reader.enter((end) => this.#entry(end));
    if (this.#metadata.size < MAX_METADATA_ENTRIES) this.#metadata.set(key, value);
  }

  /** StringStringEntryProto. */
  async #entry(end: number): Promise<{ readonly key: string; readonly value: string }> {
    const reader = this.#reader;
    let key = '';
    let value = '';
    while (await reader.next(end)) {
      if (reader.is(1, WIRE.bytes)) key = await reader.text(MAX_NAME_BYTES);
      else if (reader.is(2, WIRE.bytes)) value = await reader.textStart(MAX_DESCRIPTION_BYTES);
    }
    return { key, value };
  }

  async #trainingInfo(end: number): Promise<void> {
    const reader = this.#reader;
    while (await reader.next(end)) {
      if (reader.is(1, WIRE.bytes) || reader.is(2, WIRE.bytes)) {
        await reader.enter((graphEnd) => this.#graph(graphEnd, false));
      }
    }
  }

  async #function(end: number): Promise<void> {
    const reader = this.#reader;
    while (await reader.next(end)) {
      if (reader.is(7, WIRE.bytes)) await reader.enter((nodeEnd) => this.#node(nodeEnd));
      else if (reader.is(11, WIRE.bytes)) await reader.enter((attributeEnd) => this.#attribute(attributeEnd));
    }
  }

  /** @param main whether this is the model's own graph, whose inputs and outputs count. */
  async #graph(end: number, main: boolean): Promise<void> {
    const reader = this.#reader;
    while (await reader.next(end)) {
      if (reader.wireType !== WIRE.bytes) continue;
      if (reader.field === 1) await reader.enter((nodeEnd) => this.#node(nodeEnd));
      else if (reader.field === 5) this.#initializer(await reader.enter((tensorEnd) => this.#tensor(tensorEnd)), main);
      else if (reader.field === 15) {
        this.#initializer(await reader.enter((tensorEnd) => this.#sparseTensor(tensorEnd)), main);
      } else if (main && reader.field === 2) this.#graphName = await reader.text(MAX_NAME_BYTES);
      else if (main && reader.field === 11) this.#inputs.push(await this.#value(this.#inputs.length));
      else if (main && reader.field === 12) this.#outputs.push(await this.#value(this.#outputs.length));
    }
  }

  #initializer(name: string, main: boolean): void {
    if (main) this.#initializers.add(name);
  }

  async #node(end: number): Promise<void> {
    const reader = this.#reader;
    while (await reader.next(end)) {
      if (reader.is(5, WIRE.bytes)) await reader.enter((attributeEnd) => this.#attribute(attributeEnd));
    }
  }

  async #attribute(end: number): Promise<void> {
    const reader = this.#reader;
    while (await reader.next(end)) {
      if (reader.wireType !== WIRE.bytes) continue;
      switch (reader.field) {
        case 5: // t
        case 10: // tensors
          await reader.enter((tensorEnd) => this.#tensor(tensorEnd));
          break;
        case 6: // g
        case 11: // graphs
          await reader.enter((graphEnd) => this.#graph(graphEnd, false));
          break;
        case 22: // sparse_tensor
        case 23: // sparse_tensors
          await reader.enter((tensorEnd) => this.#sparseTensor(tensorEnd));
          break;
        default:
      }
    }
  }

  /** @returns the name of its values, which is the sparse tensor's own. */
  async #sparseTensor(end: number): Promise<string> {
    const reader = this.#reader;
    let name = '';
    while (await reader.next(end)) {
      if (reader.is(1, WIRE.bytes)) name = await reader.enter((tensorEnd) => this.#tensor(tensorEnd));
      else if (reader.is(2, WIRE.bytes)) await reader.enter((tensorEnd) => this.#tensor(tensorEnd));
    }
    return name;
  }

  /** @returns the tensor's name. */
  async #tensor(end: number): Promise<string> {
    const reader = this.#reader;
    let name = '';
    let dtype = 0;
    let inUse = false;
    const dims: bigint[] = [];
    const entries: { readonly key: string; readonly value: string }[] = [];
    while (await reader.next(end)) {
      if (reader.is(1, WIRE.varint)) dims.push(reader.int64());
      else if (reader.is(1, WIRE.bytes)) dims.push(...(await reader.packedInt64s(MAX_DIMS)));
      else if (reader.is(2, WIRE.varint)) dtype = Number(reader.int64());
      else if (reader.is(8, WIRE.bytes)) name = await reader.text(MAX_NAME_BYTES);
      else if (reader.is(13, WIRE.bytes)) entries.push(await reader.enter((entryEnd) => this.#entry(entryEnd)));
      else if (reader.is(14, WIRE.varint)) inUse = reader.int64() === 1n;
      if (dims.length > MAX_DIMS) throw reader.malformed(`more than ${MAX_DIMS} dimensions`);
      if (entries.length > MAX_VALUES) throw reader.malformed(`more than ${MAX_VALUES} external data entries`);
    }
    this.#external(name, entries, tensorBytes(dtype, dims), inUse);
    return name;
  }

  #external(
    tensor: string,
    entries: readonly { readonly key: string; readonly value: string }[],
    expectedBytes: number | undefined,
    inUse: boolean,
  ): void {
    const lastOf = (wanted: string): string | undefined => entries.findLast(({ key }) => key === wanted)?.value;
    const offset = this.#fileSize(lastOf('offset'), tensor) ?? 0;
    const length = this.#fileSize(lastOf('length'), tensor) ?? expectedBytes;
    // Readers differ in which of two locations they take: both are reported, so both are checked.
    for (const { key, value: location } of entries) {
      if (key !== 'location') continue;
      if (this.#externalData.length >= MAX_EXTERNAL_REFERENCES) {
        throw this.#reader.malformed(`more than ${MAX_EXTERNAL_REFERENCES} references to external data`);
      }
      this.#externalData.push({ tensor, location, offset, length, inUse });
    }
  }

  #fileSize(text: string | undefined, tensor: string): number | undefined {
    if (text === undefined || text === '') return undefined;
    const size = /^\d{1,16}$/u.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(size)) return size;
    throw this.#reader.malformed(`external data of tensor ${JSON.stringify(tensor)} has no valid offset or length`);
  }

  /** ValueInfoProto. @param count how many of its kind are there already. */
  async #value(count: number): Promise<{ name: string; type: OnnxValueType }> {
    const reader = this.#reader;
    if (count >= MAX_VALUES) throw reader.malformed(`more than ${MAX_VALUES} inputs or outputs`);
    let name = '';
    let type: OnnxValueType = { kind: 'no tensor', description: 'no type' };
    await reader.enter(async (end) => {
      while (await reader.next(end)) {
        if (reader.is(1, WIRE.bytes)) name = await reader.text(MAX_NAME_BYTES);
        else if (reader.is(2, WIRE.bytes)) type = await this.#type();
      }
    });
    return { name, type };
  }

  /** TypeProto, whose fields exclude each other: the last one counts. */
  async #type(): Promise<OnnxValueType> {
    const reader = this.#reader;
    return reader.enter(async (end) => {
      let type: OnnxValueType = { kind: 'no tensor', description: 'no type' };
      while (await reader.next(end)) {
        if (reader.wireType !== WIRE.bytes) continue;
        switch (reader.field) {
          case 1:
            type = await this.#tensorType();
            break;
          case 4:
            type = { kind: 'no tensor', description: `sequence<${await this.#innerType(1)}>` };
            break;
          case 5:
            type = { kind: 'no tensor', description: `map<${await this.#mapTypes()}>` };
            break;
          case 7:
            type = { kind: 'no tensor', description: 'opaque' };
            break;
          case 8:
            type = { kind: 'no tensor', description: `sparse_tensor<${describe(await this.#tensorType())}>` };
            break;
          case 9:
            type = { kind: 'no tensor', description: `optional<${await this.#innerType(1)}>` };
            break;
          default:
        }
      }
      return type;
    });
  }

  /** The type in one field of the current message, in words. */
  async #innerType(field: number): Promise<string> {
    const reader = this.#reader;
    return reader.enter(async (end) => {
      let inner = 'unknown';
      while (await reader.next(end)) {
        if (reader.is(field, WIRE.bytes)) inner = describe(await this.#type());
      }
      return inner;
    });
  }

  async #mapTypes(): Promise<string> {
    const reader = this.#reader;
    return reader.enter(async (end) => {
      let key = 'unknown';
      let value = 'unknown';
      while (await reader.next(end)) {
        if (reader.is(1, WIRE.varint)) key = elementType(Number(reader.int64())).name;
        else if (reader.is(2, WIRE.bytes)) value = describe(await this.#type());
      }
      return `${key}, ${value}`;
    });
  }

  /** TypeProto.Tensor and TypeProto.SparseTensor, which have the same fields. */
  async #tensorType(): Promise<OnnxValueType> {
    const reader = this.#reader;
    return reader.enter(async (end) => {
      let element = elementType(0);
      let dims: readonly Dim[] | null = null;
      while (await reader.next(end)) {
        if (reader.is(1, WIRE.varint)) element = elementType(Number(reader.int64()));
        else if (reader.is(2, WIRE.bytes)) dims = await reader.enter((shapeEnd) => this.#shape(shapeEnd));
      }
      return element.dtype === undefined
        ? { kind: 'unsupported tensor', description: element.name }
        : { kind: 'tensor', dtype: element.dtype, dims };
    });
  }

  async #shape(end: number): Promise<Dim[]> {
    const reader = this.#reader;
    const dims: Dim[] = [];
    while (await reader.next(end)) {
      if (reader.is(1, WIRE.bytes)) dims.push(await reader.enter((dimEnd) => this.#dimension(dimEnd)));
      if (dims.length > MAX_DIMS) throw reader.malformed(`more than ${MAX_DIMS} dimensions`);
    }
    return dims;
  }

  async #dimension(end: number): Promise<Dim> {
    const reader = this.#reader;
    let dim: Dim = null;
    while (await reader.next(end)) {
      if (reader.is(1, WIRE.varint)) {
        const size = Number(reader.int64());
        if (size > Number.MAX_SAFE_INTEGER) throw reader.malformed('a dimension is out of range');
        // Some exporters write -1 for a size that is not known.
        dim = size < 0 ? null : size;
      } else if (reader.is(2, WIRE.bytes)) dim = (await reader.text(MAX_NAME_BYTES)) || null;
    }
    return dim;
  }
}

function describe(type: OnnxValueType): string {
  return type.kind === 'tensor' ? type.dtype : type.description;
}

/** Bytes of a tensor's elements; undefined where they have no fixed size. */
function tensorBytes(dtype: number, dims: readonly bigint[]): number | undefined {
  const { bits } = elementType(dtype);
  if (bits === undefined) return undefined;
  const bytes = (dims.reduce((product, dim) => product * dim, 1n) * BigInt(bits) + 7n) / 8n;
  return bytes >= 0n && bytes <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(bytes) : undefined;
}
