import { z } from 'zod';

/**
 * Element types of tensors: their number in ONNX (onnx.proto TensorProto.DataType), their name in TensorFlow
 * (tensorflow/core/framework/types.proto, as it stands in SignatureDef) and bytes per element (undefined: no fixed size).
 */
export const DATA_TYPES = {
  float32: { onnx: 1, tensorflow: 'DT_FLOAT', bytes: 4 },
  uint8: { onnx: 2, tensorflow: 'DT_UINT8', bytes: 1 },
  int8: { onnx: 3, tensorflow: 'DT_INT8', bytes: 1 },
  uint16: { onnx: 4, tensorflow: 'DT_UINT16', bytes: 2 },
  int16: { onnx: 5, tensorflow: 'DT_INT16', bytes: 2 },
  int32: { onnx: 6, tensorflow: 'DT_INT32', bytes: 4 },
  int64: { onnx: 7, tensorflow: 'DT_INT64', bytes: 8 },
  string: { onnx: 8, tensorflow: 'DT_STRING', bytes: undefined },
  bool: { onnx: 9, tensorflow: 'DT_BOOL', bytes: 1 },
  float16: { onnx: 10, tensorflow: 'DT_HALF', bytes: 2 },
  float64: { onnx: 11, tensorflow: 'DT_DOUBLE', bytes: 8 },
  uint32: { onnx: 12, tensorflow: 'DT_UINT32', bytes: 4 },
  uint64: { onnx: 13, tensorflow: 'DT_UINT64', bytes: 8 },
  bfloat16: { onnx: 16, tensorflow: 'DT_BFLOAT16', bytes: 2 },
} as const satisfies Record<string, { onnx: number; tensorflow: string; bytes: number | undefined }>;

export type DataType = keyof typeof DATA_TYPES;
export const DataType = z.custom<DataType>(
  (value) => typeof value === 'string' && Object.hasOwn(DATA_TYPES, value),
  'not a known tensor element type',
);

/** One axis: a number where its size is fixed, text where the model names it (`"batch"`), null where nothing is known. */
export const Dim = z.union([z.number().int().nonnegative(), z.string().min(1), z.null()]);
export type Dim = z.infer<typeof Dim>;

/** One input or output of a model. `dims` is null where the rank is unknown, `[]` for a scalar. */
export const TensorInfo = z.object({
  name: z.string(),
  dtype: DataType,
  dims: z.array(Dim).readonly().nullable(),
  /** An input that may be left out of a request because the model has a default for it. */
  optional: z.boolean(),
});
export type TensorInfo = z.infer<typeof TensorInfo>;

/** What a model takes and gives, in the order of the model file. */
export const ModelSignature = z.object({
  inputs: z.array(TensorInfo).readonly(),
  outputs: z.array(TensorInfo).readonly(),
});
export type ModelSignature = z.infer<typeof ModelSignature>;

/** The one signature that an ONNX model has, under the name that TensorFlow Serving's clients expect. */
export const DEFAULT_SIGNATURE_NAME = 'serving_default';

/** Facts about one loaded model version, read from its file. */
export const ModelInfo = z.object({
  platform: z.literal('onnx'),
  signature: ModelSignature,
  irVersion: z.string(),
  opsets: z.array(z.object({ domain: z.string(), version: z.string() })).readonly(),
  producer: z.string(),
  graphName: z.string(),
  description: z.string(),
  /** The file's metadata_props. */
  metadata: z.record(z.string(), z.string()),
  /** Outputs that are left out because they are no tensors, as `name: sequence<map<int64, float32>>`. */
  unsupportedOutputs: z.array(z.string()).readonly(),
  /** Whether requests may run together as one batch, and why (not). */
  batching: z.object({ enabled: z.boolean(), reason: z.string() }),
  /** Bytes of the model file and its external data. */
  sizeBytes: z.number().nonnegative(),
});
export type ModelInfo = z.infer<typeof ModelInfo>;
