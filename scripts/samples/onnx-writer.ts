/**
 * Writes ONNX model files. Field numbers: onnx/onnx-ml.proto of the ONNX project.
 * What is written is taken at its word and not checked, so that tests can write wrong models too.
 */
import { DATA_TYPES } from '../../src-main/contracts/model-format.ts';
import type { DataType, Dim } from '../../src-main/contracts/signature.ts';
import { ProtobufWriter } from './protobuf-writer.ts';

/** An element type by name, or by its number in ONNX where the project has no name for it. */
export type ElementType = DataType | number;

export type TypeSpec =
  | { readonly kind: 'tensor' | 'sparse_tensor'; readonly dtype: ElementType; readonly dims: readonly Dim[] | null }
  | { readonly kind: 'sequence' | 'optional'; readonly of: TypeSpec }
  | { readonly kind: 'map'; readonly key: ElementType; readonly value: TypeSpec }
  | { readonly kind: 'opaque'; readonly domain: string; readonly name: string };

/** An input or output of a graph. */
export interface ValueSpec {
  readonly name: string;
  /** Left out: the value has no type, which ONNX allows inside subgraphs only. */
  readonly type?: TypeSpec;
}

/** Where a tensor's elements are. Raw bytes are little-endian and row-major. */
type TensorData =
  | { readonly in: 'raw_data'; readonly bytes: Uint8Array }
  | { readonly in: 'float_data'; readonly values: readonly number[] }
  | { readonly in: 'int64_data'; readonly values: readonly (number | bigint)[] }
  | { readonly in: 'string_data'; readonly values: readonly string[] }
  | { readonly in: 'external_data'; readonly entries: Readonly<Record<string, string>> };

export interface TensorSpec {
  readonly name: string;
  readonly dtype: ElementType;
  readonly dims: readonly number[];
  readonly data: TensorData;
}

/** A tensor that is zero except at `indices` (linear positions, or rows of coordinates). */
export interface SparseTensorSpec {
  readonly values: TensorSpec;
  readonly indices: TensorSpec;
  readonly dims: readonly number[];
}

type AttributeSpec =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: number | bigint }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'tensor'; readonly value: TensorSpec }
  | { readonly kind: 'graph'; readonly value: GraphSpec }
  | { readonly kind: 'sparse_tensor'; readonly value: SparseTensorSpec }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'ints'; readonly value: readonly (number | bigint)[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'tensors'; readonly value: readonly TensorSpec[] }
  | { readonly kind: 'graphs'; readonly value: readonly GraphSpec[] };

export interface NodeSpec {
  readonly name?: string;
  readonly operator: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeSpec>>;
}

export interface GraphSpec {
  readonly name: string;
  readonly inputs: readonly ValueSpec[];
  readonly outputs: readonly ValueSpec[];
  readonly nodes: readonly NodeSpec[];
  readonly initializers?: readonly TensorSpec[];
  readonly sparseInitializers?: readonly SparseTensorSpec[];
  /** Values between nodes whose type is told. */
  readonly values?: readonly ValueSpec[];
}

/** A function of the model itself: an operator that is written as a graph. */
interface FunctionSpec {
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly NodeSpec[];
}

export interface ModelSpec {
  readonly graph: GraphSpec;
  /** Default 8, which every ONNX Runtime since 1.12 loads. */
  readonly irVersion?: number;
  /** Operator sets by domain; the default is version 17 of ONNX's own, the domain `''`. */
  readonly opsets?: Readonly<Record<string, number>>;
  readonly producer?: { readonly name: string; readonly version: string };
  readonly domain?: string;
  readonly modelVersion?: number | bigint;
  readonly description?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly functions?: readonly FunctionSpec[];
  /** Graphs that initialise training; ONNX Runtime's inference leaves them alone. */
  readonly trainingInfo?: readonly { readonly initialization: GraphSpec }[];
}

const DEFAULT_IR_VERSION = 8;
const DEFAULT_OPSETS = { '': 17 };

/** The bytes of a model file; the caller owns them. */
export function encodeModel(model: ModelSpec): Uint8Array<ArrayBuffer> {
  const writer = new ProtobufWriter().varint(1, model.irVersion ?? DEFAULT_IR_VERSION);
  if (model.producer) writer.text(2, model.producer.name).text(3, model.producer.version);
  if (model.domain !== undefined) writer.text(4, model.domain);
  if (model.modelVersion !== undefined) writer.varint(5, model.modelVersion);
  if (model.description !== undefined) writer.text(6, model.description);
  writer.message(7, graphMessage(model.graph));
  for (const [domain, version] of Object.entries(model.opsets ?? DEFAULT_OPSETS)) {
    writer.message(8, opsetMessage(domain, version));
  }
  for (const [key, value] of Object.entries(model.metadata ?? {})) writer.message(14, entryMessage(key, value));
  for (const { initialization } of model.trainingInfo ?? []) {
    writer.message(20, new ProtobufWriter().message(1, graphMessage(initialization)));
  }
  for (const spec of model.functions ?? []) writer.message(25, functionMessage(spec));
  return writer.toBytes();
}

/** An input or output that is a tensor; `dims` null means that the file says nothing about the rank. */
export function tensorValue(name: string, dtype: ElementType, dims: readonly Dim[] | null): ValueSpec {
  return { name, type: { kind: 'tensor', dtype, dims } };
}

type NumberEncoder = (view: DataView, offset: number, value: number | bigint) => void;

const ENCODERS: Readonly<Partial<Record<DataType, NumberEncoder>>> = {
  float32: (view, offset, value) => view.setFloat32(offset, Number(value), true),
  float64: (view, offset, value) => view.setFloat64(offset, Number(value), true),
  int8: (view, offset, value) => view.setInt8(offset, Number(value)),
  uint8: (view, offset, value) => view.setUint8(offset, Number(value)),
  bool: (view, offset, value) => view.setUint8(offset, Number(value)),
  int16: (view, offset, value) => view.setInt16(offset, Number(value), true),
  uint16: (view, offset, value) => view.setUint16(offset, Number(value), true),
  int32: (view, offset, value) => view.setInt32(offset, Number(value), true),
  uint32: (view, offset, value) => view.setUint32(offset, Number(value), true),
  int64: (view, offset, value) => view.setBigInt64(offset, BigInt(value), true),
  uint64: (view, offset, value) => view.setBigUint64(offset, BigInt(value), true),
};

/**
 * Numbers as the raw bytes of a tensor.
 * @throws Error for element types that have no plain numbers (string, float16, bfloat16).
 */
function encodeNumbers(dtype: DataType, values: readonly (number | bigint)[]): Uint8Array<ArrayBuffer> {
  const encode = ENCODERS[dtype];
  const bytes = DATA_TYPES[dtype].bytes;
  if (!encode || bytes === undefined) throw new Error(`cannot write numbers as ${dtype}`);
  const buffer = new ArrayBuffer(values.length * bytes);
  const view = new DataView(buffer);
  values.forEach((value, index) => encode(view, index * bytes, value));
  return new Uint8Array(buffer);
}

/** A tensor with its numbers inside the file, as raw bytes. */
export function numberTensor(
  name: string,
  dtype: DataType,
  dims: readonly number[],
  values: readonly (number | bigint)[],
): TensorSpec {
  return { name, dtype, dims, data: { in: 'raw_data', bytes: encodeNumbers(dtype, values) } };
}

/** A tensor whose elements are in another file; `location` is relative to the model file and separated by `/`. */
export function externalTensor(
  name: string,
  dtype: DataType,
  dims: readonly number[],
  { location, offset, length }: { readonly location: string; readonly offset?: number; readonly length?: number },
): TensorSpec {
  const entries = {
    location,
    ...(offset === undefined ? {} : { offset: String(offset) }),
    ...(length === undefined ? {} : { length: String(length) }),
  };
  return { name, dtype, dims, data: { in: 'external_data', entries } };
}

function elementNumber(dtype: ElementType): number {
  return typeof dtype === 'number' ? dtype : DATA_TYPES[dtype].onnx;
}

function opsetMessage(domain: string, version: number): ProtobufWriter {
  return new ProtobufWriter().text(1, domain).varint(2, version);
}

function entryMessage(key: string, value: string): ProtobufWriter {
  return new ProtobufWriter().text(1, key).text(2, value);
}

function graphMessage(graph: GraphSpec): ProtobufWriter {
  const writer = new ProtobufWriter();
  for (const node of graph.nodes) writer.message(1, nodeMessage(node));
  writer.text(2, graph.name);
  for (const tensor of graph.initializers ?? []) writer.message(5, tensorMessage(tensor));
  for (const input of graph.inputs) writer.message(11, valueMessage(input));
  for (const output of graph.outputs) writer.message(12, valueMessage(output));
  for (const value of graph.values ?? []) writer.message(13, valueMessage(value));
  for (const tensor of graph.sparseInitializers ?? []) writer.message(15, sparseTensorMessage(tensor));
  return writer;
}

function functionMessage({ domain, name, inputs, outputs, nodes }: FunctionSpec): ProtobufWriter {
  const writer = new ProtobufWriter().text(1, name);
  for (const input of inputs) writer.text(4, input);
  for (const output of outputs) writer.text(5, output);
  for (const node of nodes) writer.message(7, nodeMessage(node));
  return writer.message(9, opsetMessage('', DEFAULT_OPSETS[''])).text(10, domain);
}

function nodeMessage({ name, operator, domain, inputs, outputs, attributes }: NodeSpec): ProtobufWriter {
  const writer = new ProtobufWriter();
  for (const input of inputs) writer.text(1, input);
  for (const output of outputs) writer.text(2, output);
  if (name !== undefined) writer.text(3, name);
  writer.text(4, operator);
  for (const [key, attribute] of Object.entries(attributes ?? {})) {
    writer.message(5, attributeMessage(key, attribute));
  }
  if (domain !== undefined) writer.text(7, domain);
  return writer;
}

function attributeMessage(name: string, attribute: AttributeSpec): ProtobufWriter {
  const writer = new ProtobufWriter().text(1, name);
  // Field 20 is the attribute's type: its number in AttributeProto.AttributeType, which is not its field number.
  switch (attribute.kind) {
    case 'float':
      return writer.float(2, attribute.value).varint(20, 1);
    case 'int':
      return writer.varint(3, attribute.value).varint(20, 2);
    case 'string':
      return writer.text(4, attribute.value).varint(20, 3);
    case 'tensor':
      return writer.message(5, tensorMessage(attribute.value)).varint(20, 4);
    case 'graph':
      return writer.message(6, graphMessage(attribute.value)).varint(20, 5);
    case 'floats':
      return writer.packedFloats(7, attribute.value).varint(20, 6);
    case 'ints':
      return writer.packedVarints(8, attribute.value).varint(20, 7);
    case 'strings':
      for (const text of attribute.value) writer.text(9, text);
      return writer.varint(20, 8);
    case 'tensors':
      for (const tensor of attribute.value) writer.message(10, tensorMessage(tensor));
      return writer.varint(20, 9);
    case 'graphs':
      for (const graph of attribute.value) writer.message(11, graphMessage(graph));
      return writer.varint(20, 10);
    case 'sparse_tensor':
      return writer.message(22, sparseTensorMessage(attribute.value)).varint(20, 11);
    default:
      return attribute satisfies never;
  }
}

function tensorMessage({ name, dtype, dims, data }: TensorSpec): ProtobufWriter {
  const writer = new ProtobufWriter().packedVarints(1, dims).varint(2, elementNumber(dtype)).text(8, name);
  switch (data.in) {
    case 'raw_data':
      return writer.bytes(9, data.bytes);
    case 'float_data':
      return writer.packedFloats(4, data.values);
    case 'int64_data':
      return writer.packedVarints(7, data.values);
    case 'string_data':
      for (const text of data.values) writer.text(6, text);
      return writer;
    case 'external_data':
      for (const [key, value] of Object.entries(data.entries)) writer.message(13, entryMessage(key, value));
      return writer.varint(14, 1);
    default:
      return data satisfies never;
  }
}

function sparseTensorMessage({ values, indices, dims }: SparseTensorSpec): ProtobufWriter {
  return new ProtobufWriter()
    .message(1, tensorMessage(values))
    .message(2, tensorMessage(indices))
    .packedVarints(3, dims);
}

function valueMessage({ name, type }: ValueSpec): ProtobufWriter {
  const writer = new ProtobufWriter().text(1, name);
  return type ? writer.message(2, typeMessage(type)) : writer;
}

function typeMessage(type: TypeSpec): ProtobufWriter {
  const writer = new ProtobufWriter();
  switch (type.kind) {
    case 'tensor':
      return writer.message(1, tensorTypeMessage(type));
    case 'sparse_tensor':
      return writer.message(8, tensorTypeMessage(type));
    case 'sequence':
      return writer.message(4, new ProtobufWriter().message(1, typeMessage(type.of)));
    case 'optional':
      return writer.message(9, new ProtobufWriter().message(1, typeMessage(type.of)));
    case 'map':
      return writer.message(
        5,
        new ProtobufWriter().varint(1, elementNumber(type.key)).message(2, typeMessage(type.value)),
      );
    case 'opaque':
      return writer.message(7, new ProtobufWriter().text(1, type.domain).text(2, type.name));
    default:
      return type satisfies never;
  }
}

function tensorTypeMessage(type: {
  readonly dtype: ElementType;
  readonly dims: readonly Dim[] | null;
}): ProtobufWriter {
  const writer = new ProtobufWriter().varint(1, elementNumber(type.dtype));
  if (type.dims === null) return writer;
  const shape = new ProtobufWriter();
  for (const dim of type.dims) {
    const dimension = new ProtobufWriter();
    if (typeof dim === 'number') dimension.varint(1, dim);
    else if (dim !== null) dimension.text(2, dim);
    shape.message(1, dimension);
  }
  return writer.message(2, shape);
}
