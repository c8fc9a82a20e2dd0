import type { Dim } from '../../contracts/signature.ts';
import { elementType, tensorBytes } from './element-types.ts';
import { checkLocation } from './external-data.ts';
import type { MessageTaker } from './protobuf-reader.ts';
import { entry, MAX_DIMS, message, shortText } from './takers.ts';
import {
  type FirstElements,
  floatsIn,
  floatText,
  type GivenElements,
  readElements,
  varintsIn,
} from './tensor-elements.ts';

/** What a TensorProto says about itself, and its first elements. */
export interface TensorSummary {
  readonly name: string;
  readonly dtype: string;
  /** A size that makes no sense is null. */
  readonly dims: readonly Dim[];
  readonly sizeBytes: number;
  /** The path of the file of external data, relative to the model file's folder; undefined where it is in the model file. */
  readonly file: string | undefined;
  /** Why the place of its external data is refused. */
  readonly problem: string | undefined;
  /** All its elements, in words; undefined where there are more than {@link MAX_ELEMENTS}, or they are not in the file. */
  readonly elements: readonly string[] | undefined;
}

/** Tensors of more elements are not shown with them. */
const MAX_ELEMENTS = 16;
const MAX_HEAD_BYTES = MAX_ELEMENTS * 10;
const MAX_ENTRIES = 100;
const EXTERNAL = 1n;

/** TensorProto. */
export function tensorTaker(done: (tensor: TensorSummary) => void): MessageTaker {
  let name = '';
  let dtype = 0;
  const dims: bigint[] = [];
  let isExternal = false;
  let storedBytes = 0;
  const entries = new Map<string, string>();
  const given: GivenElements = { raw: undefined, elements: [] };

  const add = (elements: FirstElements): void => {
    given.elements.push(...elements.slice(0, MAX_ELEMENTS + 1 - given.elements.length));
  };
  return {
    field: (fields) => {
      if (dims.length > MAX_DIMS) throw fields.malformed(`more than ${MAX_DIMS} dimensions`);
      if (fields.floatField === 4) add([floatText(fields.float32())]);
      switch (fields.varintField) {
        case 1:
          dims.push(fields.int64());
          break;
        case 2:
          dtype = Number(fields.int64());
          break;
        case 5: // int32_data
        case 7: // int64_data
        case 11: // uint64_data
          add([String(fields.int64())]);
          break;
        case 14:
          isExternal = fields.int64() === EXTERNAL;
          break;
        default:
      }
      switch (fields.bytesField) {
        case 1:
          return { as: 'int64s', maxCount: MAX_DIMS, take: (sizes) => dims.push(...sizes) };
        case 4:
          return { as: 'head', maxBytes: MAX_ELEMENTS * 4, take: (head) => add(floatsIn(head)) };
        case 5:
        case 7:
        case 11:
          return { as: 'head', maxBytes: MAX_HEAD_BYTES, take: (head) => add(varintsIn(head)) };
        case 6: {
          const take = (head: Uint8Array, sizeBytes: number): void => {
            storedBytes += sizeBytes;
            if (given.elements.length <= MAX_ELEMENTS) add([JSON.stringify(new TextDecoder().decode(head))]);
          };
          return { as: 'head', maxBytes: 100, take };
        }
        case 8:
          return shortText((text) => {
            name = text;
          });
        case 9: {
          const take = (head: Uint8Array, sizeBytes: number): void => {
            storedBytes += sizeBytes;
            given.raw = head.slice();
          };
          return { as: 'head', maxBytes: MAX_HEAD_BYTES, take };
        }
        case 13:
          if (entries.size > MAX_ENTRIES) throw fields.malformed(`more than ${MAX_ENTRIES} external data entries`);
          return message(entry((key, text) => entries.set(key, text)));
        default:
          return undefined;
      }
    },
    end() {
      const checked = isExternal ? checkLocation(entries.get('location') ?? '') : undefined;
      const length = isExternal ? Number(entries.get('length') || Number.NaN) : Number.NaN;
      const count = dims.reduce((product, dim) => product * dim, 1n);
      done({
        name,
        dtype: elementType(dtype).name,
        dims: dims.map((dim) => (dim >= 0n && dim <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(dim) : null)),
        sizeBytes: Number.isSafeInteger(length) && length >= 0 ? length : (tensorBytes(dtype, dims) ?? storedBytes),
        file: checked?.ok ? checked.path : undefined,
        problem: checked && !checked.ok ? checked.reason : undefined,
        elements:
          isExternal || count < 0n || count > BigInt(MAX_ELEMENTS)
            ? undefined
            : readElements(given, dtype, Number(count)),
      });
    },
  };
}

/** SparseTensorProto, as a tensor that is as large as what is stored of it. */
export function sparseTensorTaker(done: (tensor: TensorSummary) => void): MessageTaker {
  const dims: bigint[] = [];
  let values: TensorSummary | undefined;
  let indexBytes = 0;
  return {
    field: (fields) => {
      if (dims.length > MAX_DIMS) throw fields.malformed(`more than ${MAX_DIMS} dimensions`);
      if (fields.varintField === 3) dims.push(fields.int64());
      switch (fields.bytesField) {
        case 1:
          return message(
            tensorTaker((tensor) => {
              values = tensor;
            }),
          );
        case 2:
          return message(
            tensorTaker(({ sizeBytes }) => {
              indexBytes = sizeBytes;
            }),
          );
        case 3:
          return { as: 'int64s', maxCount: MAX_DIMS, take: (sizes) => dims.push(...sizes) };
        default:
          return undefined;
      }
    },
    end() {
      if (!values) return;
      done({
        ...values,
        dims: dims.map((dim) => (dim >= 0n && dim <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(dim) : null)),
        sizeBytes: values.sizeBytes + indexBytes,
        elements: undefined,
      });
    },
  };
}
