import { z } from 'zod';
import { DATA_TYPES } from './model-format.ts';

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
