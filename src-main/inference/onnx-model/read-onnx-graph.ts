import type { Graph, GraphAttribute, GraphNode, GraphWeight, ModelGraph } from '../../contracts/ui-graph.ts';
import { type AttributeGraph, attributeTaker } from './attribute-taker.ts';
import { orForeign } from './foreign-file.ts';
import {
  type FieldHeader,
  type MessageTaker,
  type RandomAccess,
  readProtobuf,
  TruncatedFileError,
} from './protobuf-reader.ts';
import { describe, type Faulty, message, shortText, type Value, valueInfo } from './takers.ts';
import { sparseTensorTaker, tensorTaker, type TensorSummary } from './tensor-taker.ts';

/** Nodes, in all graphs of a file, that are read unless told otherwise. */
const MAX_NODES = 100_000;
/** Bounds on what a hostile file can make of one list. */
const MAX_LIST = 1_000_000;
/** No field of ModelProto has a higher number; a file with one holds something else. */
const MAX_MODEL_FIELD = 100;
/** Before this version of the format every weight stands among the inputs too. */
const WEIGHTS_APART_SINCE = 4n;

interface NodeDraft extends GraphNode {
  name: string;
  opType: string;
  domain: string;
  readonly inputs: string[];
  readonly outputs: string[];
  readonly attributes: GraphAttribute[];
  readonly subgraphs: number[];
}

/** A graph that is being read. */
interface GraphDraft {
  name: string;
  readonly inputs: Value[];
  readonly outputs: Value[];
  readonly values: Value[];
  readonly nodes: NodeDraft[];
  readonly weights: GraphWeight[];
  /** Nodes that are in the file. */
  nodeCount: number;
}

interface FunctionDraft {
  domain: string;
  name: string;
  nodes: number;
}

/**
 * Reads the graph in an ONNX file and those within its nodes, in small windows and without the weights' elements. Field
 * numbers: onnx/onnx-ml.proto of the ONNX project. As in every protobuf reader, a message that occurs twice is merged.
 * @param name the file's name for messages, without its folder.
 * @param maxNodes of all graphs; further nodes are counted only, without what is in them.
 * @throws as readOnnxModel.
 */
export async function readOnnxGraph(file: RandomAccess, name: string, maxNodes = MAX_NODES): Promise<ModelGraph> {
  return orForeign(file, name, new GraphReader(file, name, maxNodes).read());
}

/** Collects from one file. Its methods make takers for the messages of onnx-ml.proto, named after them. */
class GraphReader {
  readonly #file: RandomAccess;
  readonly #name: string;
  #nodesLeft: number;
  #irVersion = 0n;
  #hasGraph = false;
  readonly #graphs: GraphDraft[] = [newGraph()];
  readonly #functions: FunctionDraft[] = [];

  constructor(file: RandomAccess, name: string, maxNodes: number) {
    this.#file = file;
    this.#name = name;
    this.#nodesLeft = maxNodes;
  }

  async read(): Promise<ModelGraph> {
    await readProtobuf(this.#file, this.#name, this.#model());
    if (!this.#hasGraph) {
      throw new TruncatedFileError(
        `${this.#name} ends at byte ${this.#file.sizeBytes} and has no graph; is it copied in full?`,
      );
    }
    const omittedNodes = this.#graphs.reduce((sum, { nodes, nodeCount }) => sum + nodeCount - nodes.length, 0);
    return { graphs: this.#graphs.map((draft) => this.#finished(draft)), functions: this.#functions, omittedNodes };
  }

  #finished({ name, inputs, outputs, values, nodes, weights }: GraphDraft): Graph {
    const weightNames = new Set(this.#irVersion < WEIGHTS_APART_SINCE ? weights.map((weight) => weight.name) : []);
    return {
      name,
      inputs: inputs.filter((input) => !weightNames.has(input.name)).map(graphValue),
      outputs: outputs.map(graphValue),
      nodes,
      weights,
      values: values.map(graphValue),
    };
  }

  #model(): MessageTaker {
    const [main = newGraph()] = this.#graphs;
    return {
      field: (fields) => {
        if (Math.max(fields.bytesField, fields.varintField) > MAX_MODEL_FIELD)
          throw fields.malformed('unknown content');
        if (fields.varintField === 1) this.#irVersion = fields.int64();
        if (fields.bytesField === 25) return message(this.#function(fields));
        if (fields.bytesField !== 7) return undefined;
        this.#hasGraph = true;
        return message(this.#graph(main));
      },
    };
  }

  #function(fields: Faulty): MessageTaker {
    const draft: FunctionDraft = { domain: '', name: '', nodes: 0 };
    within(this.#functions, fields).push(draft);
    return {
      field: ({ bytesField }) => {
        if (bytesField === 7) draft.nodes += 1;
        if (bytesField === 1) {
          return shortText((text) => {
            draft.name = text;
          });
        }
        if (bytesField !== 10) return undefined;
        return shortText((text) => {
          draft.domain = text;
        });
      },
    };
  }

  #graph(draft: GraphDraft): MessageTaker {
    const addWeight = (tensor: TensorSummary): unknown => draft.weights.push(graphWeight(tensor));
    return {
      field: (fields) => {
        switch (fields.bytesField) {
          case 1:
            draft.nodeCount += 1;
            if (this.#nodesLeft === 0) return undefined;
            this.#nodesLeft -= 1;
            return message(this.#node(draft));
          case 2:
            return shortText((text) => {
              draft.name = text;
            });
          case 5:
            within(draft.weights, fields);
            return message(tensorTaker(addWeight));
          case 11:
            return message(valueInfo(within(draft.inputs, fields)));
          case 12:
            return message(valueInfo(within(draft.outputs, fields)));
          case 13:
            return message(valueInfo(within(draft.values, fields)));
          case 15:
            within(draft.weights, fields);
            return message(sparseTensorTaker(addWeight));
          default:
            return undefined;
        }
      },
    };
  }

  #node(graph: GraphDraft): MessageTaker {
    const node: NodeDraft = {
      name: '',
      opType: '',
      domain: '',
      inputs: [],
      outputs: [],
      attributes: [],
      subgraphs: [],
    };
    graph.nodes.push(node);
    return {
      field: (fields) => {
        switch (fields.bytesField) {
          case 1:
            within(node.inputs, fields);
            return shortText((text) => node.inputs.push(text));
          case 2:
            within(node.outputs, fields);
            return shortText((text) => node.outputs.push(text));
          case 3:
            return shortText((text) => {
              node.name = text;
            });
          case 4:
            return shortText((text) => {
              node.opType = text;
            });
          case 5:
            within(node.attributes, fields);
            return message(
              attributeTaker(
                (at) => this.#subgraph(node, at),
                (attribute) => node.attributes.push(attribute),
              ),
            );
          case 7:
            return shortText((text) => {
              node.domain = text === 'ai.onnx' ? '' : text;
            });
          default:
            return undefined;
        }
      },
    };
  }

  #subgraph(node: NodeDraft, fields: FieldHeader): AttributeGraph {
    const draft = newGraph();
    node.subgraphs.push(within(this.#graphs, fields).push(draft) - 1);
    return {
      taker: this.#graph(draft),
      describe: () =>
        `graph ${JSON.stringify(draft.name)}, ${draft.nodeCount} ${draft.nodeCount === 1 ? 'node' : 'nodes'}`,
    };
  }
}

function newGraph(): GraphDraft {
  return { name: '', inputs: [], outputs: [], values: [], nodes: [], weights: [], nodeCount: 0 };
}

/** The list, if it may take one more. */
function within<T>(list: T[], fields: Faulty): T[] {
  if (list.length >= MAX_LIST) throw fields.malformed(`more than ${MAX_LIST} entries in one list`);
  return list;
}

function graphValue({ name, type }: Value): Graph['inputs'][number] {
  return type.kind === 'tensor'
    ? { name, dtype: type.dtype, dims: type.dims }
    : { name, dtype: describe(type), dims: null };
}

function graphWeight({ name, dtype, dims, sizeBytes, file, problem }: TensorSummary): GraphWeight {
  return {
    name,
    dtype,
    dims,
    sizeBytes,
    ...(file !== undefined && { file }),
    ...(problem !== undefined && { problem }),
  };
}
