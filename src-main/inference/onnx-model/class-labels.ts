import { ServingError } from '../../contracts/serving-error.ts';
import { type MessageTaker, type Payload, type RandomAccess, readProtobuf } from './protobuf-reader.ts';

/** Names of a classifier's classes by the name of the output whose columns they name, in the columns' order. */
export type ClassLabels = ReadonlyMap<string, readonly string[]>;

const ML_DOMAIN = 'ai.onnx.ml';

/** Operators whose second output has a column per class. Source: ONNX docs/Operators-ml.md. */
export const CLASSIFIERS: ReadonlySet<string> = new Set([
  'LinearClassifier',
  'SVMClassifier',
  'TreeEnsembleClassifier',
]);

/** The attributes that name the classes, as texts or integers; of the two one is there. */
const LABEL_ATTRIBUTES: ReadonlySet<string> = new Set([
  'classlabels_strings',
  'classlabels_ints',
  'classlabels_int64s',
]);

/** Operators that keep the columns of their first input as they are, by domain. */
const PASSES: Readonly<Record<string, ReadonlySet<string>>> = {
  '': new Set(['Cast', 'Identity']),
  'ai.onnx': new Set(['Cast', 'Identity']),
  [ML_DOMAIN]: new Set(['Normalizer']),
};

/** More, or longer ones, are not kept: the answers then name the best class alone. */
const MAX_CLASSES = 10_000;
const MAX_LABEL_BYTES = 4096;
const MAX_NAME_BYTES = 65_536;

/** What counts of a NodeProto. */
interface Node {
  firstInput: string | undefined;
  readonly outputs: string[];
  operator: string;
  domain: string;
  labels: string[];
}

/** What is known about the columns of a value. */
type Source = { readonly labels: readonly string[] } | { readonly from: string };

/**
 * Finds which outputs of the main graph are the scores of a classifier, perhaps normalized or cast, and the names of its
 * classes. Reads the file once more, with its nodes' names, so it is for files that have a classifier.
 * @param outputs names of the graph's outputs.
 * @returns nothing for what cannot be told, or is beyond the bounds.
 * @throws whatever `file.read` throws.
 */
export async function readClassLabels(
  file: RandomAccess,
  name: string,
  outputs: readonly string[],
): Promise<ClassLabels> {
  const sources = new Map<string, Source>();
  try {
    await readProtobuf(file, name, graphOf(sources));
  } catch (error) {
    // The file is sound, as it was read before: it has only more names than are worth reading.
    if (error instanceof ServingError) return new Map();
    throw error;
  }
  const found = new Map<string, readonly string[]>();
  for (const output of outputs) {
    const labels = labelsOf(output, sources);
    if (labels) found.set(output, labels);
  }
  return found;
}

function labelsOf(output: string, sources: ReadonlyMap<string, Source>): readonly string[] | undefined {
  const seen = new Set<string>();
  for (let name = output; !seen.has(name);) {
    seen.add(name);
    const source = sources.get(name);
    if (source === undefined) return undefined;
    if ('labels' in source) return source.labels;
    name = source.from;
  }
  return undefined;
}

/** ModelProto and its GraphProto. */
function graphOf(sources: Map<string, Source>): MessageTaker {
  const graph: MessageTaker = {
    field: ({ bytesField }) => (bytesField === 1 ? { as: 'message', taker: nodeTaker(sources) } : undefined),
  };
  return { field: ({ bytesField }) => (bytesField === 7 ? { as: 'message', taker: graph } : undefined) };
}

function nodeTaker(sources: Map<string, Source>): MessageTaker {
  const node: Node = { firstInput: undefined, outputs: [], operator: '', domain: '', labels: [] };
  return {
    field: ({ bytesField }) => {
      switch (bytesField) {
        case 1:
          if (node.firstInput !== undefined) return undefined;
          return shortText((text) => {
            node.firstInput = text;
          });
        case 2:
          return node.outputs.length < 2 ? shortText((text) => node.outputs.push(text)) : undefined;
        case 4:
          return shortText((text) => {
            node.operator = text;
          });
        case 5:
          // Writers put fields in the order of their numbers, so the operator is known here.
          return CLASSIFIERS.has(node.operator) ? { as: 'message', taker: labelTaker(node) } : undefined;
        case 7:
          return shortText((text) => {
            node.domain = text;
          });
        default:
          return undefined;
      }
    },
    end: () => addSource(node, sources),
  };
}

function addSource({ firstInput, outputs, operator, domain, labels }: Node, sources: Map<string, Source>): void {
  const [first, second] = outputs;
  if (domain === ML_DOMAIN && CLASSIFIERS.has(operator)) {
    if (second !== undefined && labels.length > 0) sources.set(second, { labels });
  } else if (first !== undefined && firstInput !== undefined && PASSES[domain]?.has(operator) === true) {
    sources.set(first, { from: firstInput });
  }
}

/** AttributeProto of a classifier. */
function labelTaker(node: Node): MessageTaker {
  let attribute = '';
  const labels: string[] = [];
  let fits = true;
  const add = (label: string): void => {
    if (labels.length < MAX_CLASSES && Buffer.byteLength(label) <= MAX_LABEL_BYTES) labels.push(label);
    else fits = false;
  };
  return {
    field: (fields) => {
      if (fields.bytesField === 1) {
        return shortText((text) => {
          attribute = text;
        });
      }
      if (!fits || !LABEL_ATTRIBUTES.has(attribute)) return undefined;
      if (fields.varintField === 8) add(String(fields.int64()));
      if (fields.bytesField === 8) {
        const take = (numbers: readonly bigint[]): void => numbers.forEach((number) => add(String(number)));
        return { as: 'int64s', maxCount: MAX_CLASSES, take };
      }
      // A label that is cut ends in an ellipsis, and so is too long.
      return fields.bytesField === 9 ? { as: 'text', maxBytes: MAX_LABEL_BYTES, cut: true, take: add } : undefined;
    },
    end: () => {
      if (fits && labels.length > 0) node.labels = labels;
    },
  };
}

function shortText(take: (text: string) => void): Payload {
  return { as: 'text', maxBytes: MAX_NAME_BYTES, cut: false, take };
}
