import type { DataType } from '../../../contracts/signature.ts';

/**
 * TensorFlow's dtypes: `name` as messages have it (DataTypeString), `number` as the enum DataType has it.
 * Source: tensorflow/core/framework/types.proto.
 */
export const TENSORFLOW_TYPES = {
  float32: { name: 'float', number: 1 },
  float64: { name: 'double', number: 2 },
  int32: { name: 'int32', number: 3 },
  uint8: { name: 'uint8', number: 4 },
  int16: { name: 'int16', number: 5 },
  int8: { name: 'int8', number: 6 },
  string: { name: 'string', number: 7 },
  int64: { name: 'int64', number: 9 },
  bool: { name: 'bool', number: 10 },
  bfloat16: { name: 'bfloat16', number: 14 },
  uint16: { name: 'uint16', number: 17 },
  float16: { name: 'half', number: 19 },
  uint32: { name: 'uint32', number: 22 },
  uint64: { name: 'uint64', number: 23 },
} as const satisfies Record<DataType, { name: string; number: number }>;

/** Dtypes that no ONNX model here has, for messages. */
const OTHER_NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'INVALID'],
  [8, 'complex64'],
  [11, 'qint8'],
  [12, 'quint8'],
  [13, 'qint32'],
  [15, 'qint16'],
  [16, 'quint16'],
  [18, 'complex128'],
  [20, 'resource'],
  [21, 'variant'],
]);

const NAMES: ReadonlyMap<number, string> = new Map([
  ...OTHER_NAMES,
  ...Object.values(TENSORFLOW_TYPES).map(({ name, number }) => [number, name] as const),
]);

/** What messages call the dtype with this number of the enum. */
export function tensorflowTypeName(number: number): string {
  return NAMES.get(number) ?? `unknown dtype enum (${number})`;
}
