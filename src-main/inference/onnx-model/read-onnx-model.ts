import { CLASSIFIERS, readClassLabels } from './class-labels.ts';
import { tensorBytes } from './element-types.ts';
import { orForeign } from './foreign-file.ts';
import type { ExternalDataReference, OnnxModel, OnnxValue } from './onnx-model.ts';
import {
  type FieldHeader,
  type MessageTaker,
  type RandomAccess,
  readProtobuf,
  TruncatedFileError,
} from './protobuf-reader.ts';
import { entry, type Faulty, longText, MAX_DIMS, message, shortText, type Value, valueInfo } from './takers.ts';

/** Bounds on what is kept; none is near what models in use have. */
const MAX_METADATA_ENTRIES = 10_000;
const MAX_VALUES = 10_000;
const MAX_EXTERNAL_REFERENCES = 1_000_000;
/** No field of ModelProto has a higher number; a file with one holds something else. */
const MAX_MODEL_FIELD = 100;

/**
 * Operators that quantize by a range they take over the whole of their input, so that each row's result depends on all
 * others. Sources: ONNX operators DynamicQuantizeLinear; ONNX Runtime docs/ContribOperators.md for the other two. By
 * name only: an operator of the same name in another domain costs a model its batches, not its right answers.
 */
const MIXING_OPERATORS: ReadonlySet<string> = new Set([
  'DynamicQuantizeLinear',
  'DynamicQuantizeMatMul',
  'DynamicQuantizeLSTM',
]);

/** TensorProto.DataLocation of a tensor whose elements are in another file. */
const EXTERNAL = 1n;

/**
 * Reads what an ONNX file says about itself, and never its weights, in small windows: memory and time grow with the
 * number of nodes, not with the size of the file. Field numbers: onnx/onnx-ml.proto of the ONNX project. As in every
 * protobuf reader, a message that occurs twice is merged, so that nothing can hide in a second graph.
 * @param name the file's name for messages, without its folder.
 * @throws TruncatedFileError when the file ends before its content does; ServingError INVALID_ARGUMENT when it is no
 *   ONNX file, with what it is instead where that can be told; whatever `file.read` throws.
 */
export async function readOnnxModel(file: RandomAccess, name = 'model.onnx'): Promise<OnnxModel> {
  return orForeign(file, name, new ModelReader(file, name).read());
}

interface Entry {
  readonly key: string;
  readonly value: string;
}

/** What counts of a TensorProto. */
interface Tensor {
  name: string;
  dtype: number;
  readonly dims: bigint[];
  readonly entries: Entry[];
  inUse: boolean;
}

/** Collects from one file. Its methods make takers for the messages of onnx-ml.proto, named after them. */
class ModelReader {
  readonly #file: RandomAccess;
  readonly #name: string;

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
  readonly #inputs: Value[] = [];
  readonly #outputs: Value[] = [];
  readonly #initializers = new Set<string>();
  readonly #mixingOperators = new Set<string>();
  #hasClassifier = false;
  readonly #externalData: ExternalDataReference[] = [];

  constructor(file: RandomAccess, name: string) {
    this.#file = file;
    this.#name = name;
  }

  async read(): Promise<OnnxModel> {
    await readProtobuf(this.#file, this.#name, this.#model());
    // The graph and the operator sets come late in the file: what is cut off between two fields lacks them.
    if (!this.#hasGraph) throw this.#missing('graph');
    if (this.#opsets.length === 0 && this.#irVersion >= 3n) throw this.#missing('operator set');
    const names = this.#outputs.map(({ name }) => name);
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
      mixingOperators: [...this.#mixingOperators],
      classLabels: this.#hasClassifier ? await readClassLabels(this.#file, this.#name, names) : new Map(),
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

  #model(): MessageTaker {
    return {
      field: (fields) => {
        if (Math.max(fields.bytesField, fields.varintField) > MAX_MODEL_FIELD)
          throw fields.malformed('unknown content');
        if (fields.varintField === 1) this.#irVersion = fields.int64();
        if (fields.varintField === 5) this.#modelVersion = fields.int64();
        switch (fields.bytesField) {
          case 2:
            return shortText((text) => {
              this.#producerName = text;
            });
          case 3:
            return shortText((text) => {
              this.#producerVersion = text;
            });
          case 4:
            return shortText((text) => {
              this.#domain = text;
            });
          case 6:
            return longText((text) => {
              this.#description = text;
            });
          case 7:
            this.#hasGraph = true;
            return message(this.#mainGraph());
          case 8:
            return message(this.#operatorSet(fields));
          case 14:
            return message(entry((key, value) => this.#addMetadata(key, value)));
          case 20:
            return message(this.#trainingInfo);
          case 25:
            return message(this.#function);
          default:
            return undefined;
        }
      },
    };
  }

  #operatorSet(fields: FieldHeader): MessageTaker {
    if (this.#opsets.length >= MAX_VALUES) throw fields.malformed(`more than ${MAX_VALUES} operator sets`);
    const opset = { domain: '', version: '0' };
    this.#opsets.push(opset);
    return {
      field: ({ bytesField, varintField }) => {
        if (varintField === 2) opset.version = String(fields.int64());
        return bytesField === 1
          ? shortText((text) => {
              opset.domain = text;
            })
          : undefined;
      },
    };
  }

  #addMetadata(key: string, value: string): void {
    if (this.#metadata.size < MAX_METADATA_ENTRIES) this.#metadata.set(key, value);
  }

  /** The model's own graph, whose inputs and outputs count. */
  #mainGraph(): MessageTaker {
    const initialized = (initializer: string): unknown => this.#initializers.add(initializer);
    return {
      field: (fields) => {
        switch (fields.bytesField) {
          case 2:
            return shortText((text) => {
              this.#graphName = text;
            });
          case 5:
            return message(this.#tensor(initialized));
          case 11:
            return message(this.#value(this.#inputs, fields));
          case 12:
            return message(this.#value(this.#outputs, fields));
          case 15:
            return message(this.#sparseTensor(initialized));
          default:
            return this.#graph.field(fields);
        }
      },
    };
  }

  #value(list: Value[], fields: Faulty): MessageTaker {
    if (list.length >= MAX_VALUES) throw fields.malformed(`more than ${MAX_VALUES} inputs or outputs`);
    return valueInfo(list);
  }

  // The takers below keep nothing of one message, and there are very many such messages: one taker serves them all.

  readonly #trainingInfo: MessageTaker = {
    field: ({ bytesField }) => (bytesField === 1 || bytesField === 2 ? message(this.#graph) : undefined),
  };

  readonly #function: MessageTaker = {
    field: ({ bytesField }) => {
      if (bytesField === 7) return this.#toNode;
      return bytesField === 11 ? this.#toAttribute : undefined;
    },
  };

  /** A graph of which only the operators and the external data count. */
  readonly #graph: MessageTaker = {
    field: ({ bytesField }) => {
      if (bytesField === 1) return this.#toNode;
      if (bytesField === 5) return message(this.#tensor());
      return bytesField === 15 ? message(this.#sparseTensor()) : undefined;
    },
  };

  readonly #toOperator = shortText((operator) => {
    if (MIXING_OPERATORS.has(operator)) this.#mixingOperators.add(operator);
    if (CLASSIFIERS.has(operator)) this.#hasClassifier = true;
  });

  readonly #toNode = message({
    field: ({ bytesField }) => {
      if (bytesField === 4) return this.#toOperator;
      return bytesField === 5 ? this.#toAttribute : undefined;
    },
  });

  readonly #toAttribute = message({
    field: ({ bytesField }) => {
      switch (bytesField) {
        case 5: // t
        case 10: // tensors
          return message(this.#tensor());
        case 6: // g
        case 11: // graphs
          return message(this.#graph);
        case 22: // sparse_tensor
        case 23: // sparse_tensors
          return message(this.#sparseTensor());
        default:
          return undefined;
      }
    },
  });

  /** @param named gets the name of the values, which is the sparse tensor's own. */
  #sparseTensor(named?: (name: string) => void): MessageTaker {
    return {
      field: ({ bytesField }) => {
        if (bytesField === 1) return message(this.#tensor(named));
        return bytesField === 2 ? message(this.#tensor()) : undefined;
      },
    };
  }

  #tensor(named?: (name: string) => void): MessageTaker {
    const tensor: Tensor = { name: '', dtype: 0, dims: [], entries: [], inUse: false };
    return {
      field: (fields) => {
        if (tensor.dims.length > MAX_DIMS) throw fields.malformed(`more than ${MAX_DIMS} dimensions`);
        if (tensor.entries.length > MAX_VALUES) throw fields.malformed(`more than ${MAX_VALUES} external data entries`);
        if (fields.varintField === 1) tensor.dims.push(fields.int64());
        if (fields.varintField === 2) tensor.dtype = Number(fields.int64());
        if (fields.varintField === 14) tensor.inUse = fields.int64() === EXTERNAL;
        switch (fields.bytesField) {
          case 1:
            return { as: 'int64s', maxCount: MAX_DIMS, take: (dims) => tensor.dims.push(...dims) };
          case 8:
            return shortText((text) => {
              tensor.name = text;
            });
          case 13:
            return message(entry((key, text) => tensor.entries.push({ key, value: text })));
          default:
            return undefined;
        }
      },
      end: (fields) => {
        named?.(tensor.name);
        if (tensor.entries.length > 0) this.#addExternalData(tensor, fields);
      },
    };
  }

  #addExternalData({ name: tensor, dtype, dims, entries, inUse }: Tensor, fields: Faulty): void {
    const sizeOf = (wanted: string): number | undefined => {
      const text = entries.findLast(({ key }) => key === wanted)?.value ?? '';
      if (text === '') return undefined;
      const size = /^\d{1,16}$/u.test(text) ? Number(text) : Number.NaN;
      if (Number.isSafeInteger(size)) return size;
      throw fields.malformed(`external data of tensor ${JSON.stringify(tensor)} has no valid ${wanted}`);
    };
    const offset = sizeOf('offset') ?? 0;
    const length = sizeOf('length') ?? tensorBytes(dtype, dims);
    // Readers differ in which of two locations they take: both are reported, so both are checked.
    for (const { key, value: location } of entries) {
      if (key !== 'location') continue;
      if (this.#externalData.length >= MAX_EXTERNAL_REFERENCES) {
        throw fields.malformed(`more than ${MAX_EXTERNAL_REFERENCES} references to external data`);
      }
      this.#externalData.push({ tensor, location, offset, length, inUse });
    }
  }
}
