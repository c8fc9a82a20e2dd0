import type { Dim } from '../../contracts/signature.ts';
import { elementType } from './element-types.ts';
import type { OnnxValueType } from './onnx-model.ts';
import type { FieldHeader, MessageTaker, Payload } from './protobuf-reader.ts';

/** Bounds on what is kept; none is near what models in use have. */
const MAX_NAME_BYTES = 65_536;
const MAX_DESCRIPTION_BYTES = 65_536;
/** Most dimensions of a tensor. */
export const MAX_DIMS = 256;

const NO_TYPE: OnnxValueType = { kind: 'no tensor', description: 'no type' };

/** Makes the errors of a file. */
export type Faulty = Pick<FieldHeader, 'malformed'>;

/** A ValueInfoProto. */
export interface Value {
  name: string;
  type: OnnxValueType;
}

export function message(taker: MessageTaker): Payload {
  return { as: 'message', taker };
}

/** A name; one that is too long is refused. */
export function shortText(take: (text: string) => void): Payload {
  return { as: 'text', maxBytes: MAX_NAME_BYTES, cut: false, take };
}

/** A text for people; one that is too long is cut. */
export function longText(take: (text: string) => void): Payload {
  return { as: 'text', maxBytes: MAX_DESCRIPTION_BYTES, cut: true, take };
}

/** StringStringEntryProto. */
export function entry(done: (key: string, value: string) => void): MessageTaker {
  let key = '';
  let text = '';
  return {
    field: ({ bytesField }) => {
      if (bytesField === 1) {
        return shortText((found) => {
          key = found;
        });
      }
      if (bytesField !== 2) return undefined;
      return longText((found) => {
        text = found;
      });
    },
    end: () => done(key, text),
  };
}

/** ValueInfoProto: adds a value to the list. */
export function valueInfo(list: Value[]): MessageTaker {
  const added: Value = { name: '', type: NO_TYPE };
  list.push(added);
  return {
    field: ({ bytesField }) => {
      if (bytesField === 1) {
        return shortText((text) => {
          added.name = text;
        });
      }
      if (bytesField !== 2) return undefined;
      return message(
        typeTaker((type) => {
          added.type = type;
        }),
      );
    },
  };
}

/** TypeProto, whose fields exclude each other: the last one counts. */
export function typeTaker(done: (type: OnnxValueType) => void): MessageTaker {
  let type = NO_TYPE;
  const describedAs = (description: string): void => {
    type = { kind: 'no tensor', description };
  };
  return {
    field: ({ bytesField }) => {
      switch (bytesField) {
        case 1:
          return message(
            tensorType((tensor) => {
              type = tensor;
            }),
          );
        case 4:
          return message(elementOf((inner) => describedAs(`sequence<${inner}>`)));
        case 5:
          return message(mapTypes((key, inner) => describedAs(`map<${key}, ${inner}>`)));
        case 7:
          describedAs('opaque');
          return undefined;
        case 8:
          return message(tensorType((tensor) => describedAs(`sparse_tensor<${describe(tensor)}>`)));
        case 9:
          return message(elementOf((inner) => describedAs(`optional<${inner}>`)));
        default:
          return undefined;
      }
    },
    end: () => done(type),
  };
}

/** TypeProto.Sequence and TypeProto.Optional, which have the same field. */
function elementOf(done: (inner: string) => void): MessageTaker {
  let inner = 'unknown';
  const take = (type: OnnxValueType): void => {
    inner = describe(type);
  };
  return {
    field: ({ bytesField }) => (bytesField === 1 ? message(typeTaker(take)) : undefined),
    end: () => done(inner),
  };
}

function mapTypes(done: (key: string, value: string) => void): MessageTaker {
  let key = 'unknown';
  let inner = 'unknown';
  const take = (type: OnnxValueType): void => {
    inner = describe(type);
  };
  return {
    field: (fields) => {
      if (fields.varintField === 1) key = elementType(Number(fields.int64())).name;
      return fields.bytesField === 2 ? message(typeTaker(take)) : undefined;
    },
    end: () => done(key, inner),
  };
}

/** TypeProto.Tensor and TypeProto.SparseTensor, which have the same fields. */
function tensorType(done: (type: OnnxValueType) => void): MessageTaker {
  let element = elementType(0);
  let dims: Dim[] | null = null;
  return {
    field: (fields) => {
      if (fields.varintField === 1) element = elementType(Number(fields.int64()));
      if (fields.bytesField !== 2) return undefined;
      dims ??= [];
      return message(shape(dims));
    },
    end: () =>
      done(
        element.dtype === undefined
          ? { kind: 'unsupported tensor', description: element.name }
          : { kind: 'tensor', dtype: element.dtype, dims },
      ),
  };
}

function shape(dims: Dim[]): MessageTaker {
  return {
    field: (fields) => {
      if (fields.bytesField !== 1) return undefined;
      if (dims.length >= MAX_DIMS) throw fields.malformed(`more than ${MAX_DIMS} dimensions`);
      return message(dimension((dim) => dims.push(dim)));
    },
  };
}

function dimension(done: (dim: Dim) => void): MessageTaker {
  let dim: Dim = null;
  return {
    field: (fields) => {
      if (fields.varintField === 1) dim = dimensionSize(Number(fields.int64()), fields);
      if (fields.bytesField !== 2) return undefined;
      return shortText((text) => {
        dim = text || null;
      });
    },
    end: () => done(dim),
  };
}

function dimensionSize(size: number, fields: Faulty): number | null {
  if (size > Number.MAX_SAFE_INTEGER) throw fields.malformed('a dimension is out of range');
  // Some exporters write -1 for a size that is not known.
  return size < 0 ? null : size;
}

/** An element type, or what else a value is, in words. */
export function describe(type: OnnxValueType): string {
  return type.kind === 'tensor' ? type.dtype : type.description;
}
