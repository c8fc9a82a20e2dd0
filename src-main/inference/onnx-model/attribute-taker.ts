import type { GraphAttribute } from '../../contracts/ui-graph.ts';
import type { FieldHeader, MessageTaker, Payload } from './protobuf-reader.ts';
import { describe, message, shortText, typeTaker } from './takers.ts';
import { floatsIn, floatText, varintsIn } from './tensor-elements.ts';
import { sparseTensorTaker, tensorTaker, type TensorSummary } from './tensor-taker.ts';

/** A graph in an attribute, as far as the attribute's text needs it. */
export interface AttributeGraph {
  readonly taker: MessageTaker;
  /** In words, once it is read. */
  readonly describe: () => string;
}

/** Longest text of an attribute, in characters. */
const MAX_TEXT = 300;
/** Elements of a list that are kept; no text has room for more. */
const MAX_ITEMS = 100;
const MAX_STRING_BYTES = MAX_TEXT * 4;

/** onnx.proto AttributeProto.AttributeType. */
const TYPE_NAMES: readonly (string | undefined)[] = [
  undefined,
  'float',
  'int',
  'string',
  'tensor',
  'graph',
  'floats',
  'ints',
  'strings',
  'tensors',
  'graphs',
  'sparse_tensor',
  'sparse_tensors',
  'type_proto',
  'type_protos',
];

/** The type that a field's being there means, for files older than the field that says it. */
const TYPE_OF_FIELD: Readonly<Record<number, string>> = {
  2: 'float',
  3: 'int',
  4: 'string',
  5: 'tensor',
  6: 'graph',
  7: 'floats',
  8: 'ints',
  9: 'strings',
  10: 'tensors',
  11: 'graphs',
  14: 'type_proto',
  15: 'type_protos',
  22: 'sparse_tensor',
  23: 'sparse_tensors',
};

/**
 * AttributeProto.
 * @param graph makes the taker of a graph that is met.
 */
export function attributeTaker(
  graph: (fields: FieldHeader) => AttributeGraph,
  done: (attribute: GraphAttribute) => void,
): MessageTaker {
  let name = '';
  let type: string | undefined;
  let fromField: string | undefined;
  const items: (() => string)[] = [];
  let isCut = false;
  let only: AttributeGraph | undefined;

  const add = (text: string | (() => string)): void => {
    if (items.length >= MAX_ITEMS) isCut = true;
    else items.push(typeof text === 'string' ? () => text : text);
  };
  const addAll = (texts: readonly string[]): void => texts.forEach((text) => add(text));
  const addTensor = (tensor: TensorSummary): void => add(tensorText(tensor));
  const addSparse = (tensor: TensorSummary): void => add(`sparse ${tensorText(tensor)}`);

  function payloadOf(fields: FieldHeader): Payload | undefined {
    switch (fields.bytesField) {
      case 1:
        return shortText((text) => {
          name = text;
        });
      case 4: // s
      case 9: // strings
        return { as: 'head', maxBytes: MAX_STRING_BYTES, take: (head, sizeBytes) => add(stringText(head, sizeBytes)) };
      case 5: // t
      case 10: // tensors
        return message(tensorTaker(addTensor));
      case 6: {
        // A message that comes twice is one.
        const met = only === undefined;
        only ??= graph(fields);
        if (met) add(only.describe);
        return message(only.taker);
      }
      case 11: {
        const found = graph(fields);
        add(found.describe);
        return message(found.taker);
      }
      case 7: {
        const take = (head: Uint8Array, sizeBytes: number): void => {
          addAll(floatsIn(head));
          if (head.length < sizeBytes) isCut = true;
        };
        return { as: 'head', maxBytes: MAX_ITEMS * 4, take };
      }
      case 8: {
        const take = (head: Uint8Array, sizeBytes: number): void => {
          addAll(varintsIn(head));
          if (head.length < sizeBytes) isCut = true;
        };
        return { as: 'head', maxBytes: MAX_ITEMS * 10, take };
      }
      case 14: // tp
      case 15: // type_protos
        return message(typeTaker((found) => add(describe(found))));
      case 22: // sparse_tensor
      case 23: // sparse_tensors
        return message(sparseTensorTaker(addSparse));
      default:
        return undefined;
    }
  }

  return {
    field(fields) {
      const { varintField, floatField } = fields;
      if (varintField === 20) type = TYPE_NAMES[Number(fields.int64())] ?? type;
      if (varintField === 3 || varintField === 8) add(String(fields.int64()));
      if (floatField === 2 || floatField === 7) add(floatText(fields.float32()));
      fromField ??= TYPE_OF_FIELD[Math.max(varintField, floatField, fields.bytesField)];
      return payloadOf(fields);
    },
    end() {
      const known = type ?? fromField ?? 'undefined';
      const isList = known.endsWith('s');
      let text = isList ? '[' : '';
      for (const [index, item] of items.entries()) {
        if (text.length > MAX_TEXT) break;
        text += `${index > 0 ? ', ' : ''}${item()}`;
      }
      if (isCut && text.length <= MAX_TEXT) text += ', …';
      else if (text.length > MAX_TEXT) text = `${text.slice(0, MAX_TEXT)}…`;
      else if (isList) text += ']';
      done({ name, type: known, text });
    },
  };
}

function stringText(head: Uint8Array, sizeBytes: number): string {
  const text = new TextDecoder().decode(head);
  return head.length < sizeBytes ? `"${text}` : JSON.stringify(text);
}

/** `float32 [3, 4]`, `int64 [2] = [1, -1]`, `float32 = 0.5`. */
function tensorText({ dtype, dims, elements }: TensorSummary): string {
  const shape = dims.length === 0 ? '' : ` [${dims.map((dim) => dim ?? '?').join(', ')}]`;
  if (!elements || (elements.length === 0 && dims.length > 0)) return `${dtype}${shape}`;
  return `${dtype}${shape} = ${dims.length === 0 ? elements.join() : `[${elements.join(', ')}]`}`;
}
