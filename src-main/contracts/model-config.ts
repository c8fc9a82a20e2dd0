import { z } from 'zod';
import { ServableName, ServableVersion } from './ids.ts';

/**
 * Which of the versions found are served. Source: TensorFlow Serving config/file_system_storage_path_source.proto.
 * `latest` counts the highest numbers; a version that fails to load does not use up a place, so an older one serves.
 */
export const VersionPolicy = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('latest'), count: z.number().int().min(1) }),
  z.object({ kind: z.literal('all') }),
  z.object({ kind: z.literal('specific'), versions: z.array(ServableVersion).readonly() }),
]);
export type VersionPolicy = z.infer<typeof VersionPolicy>;

export const LATEST_ONE: VersionPolicy = { kind: 'latest', count: 1 };

/**
 * What a model's files are. `tensorflow` is what TensorFlow Serving's configuration files say; it is taken for models in
 * either format, and the files decide.
 */
export const ModelPlatform = z.enum(['onnx', 'tensorflow']);
export type ModelPlatform = z.infer<typeof ModelPlatform>;

/** A name for a version in URLs: `/v1/models/NAME/labels/LABEL`. */
export const VersionLabel = z
  .string()
  .min(1, 'a version label must not be empty')
  .max(255, 'a version label has at most 255 characters')
  .regex(/^[^/:]*$/u, 'a version label must not contain "/" or ":"')
  // As a key it would vanish from an object in silence.
  .refine((label) => label !== '__proto__', 'a version label must not be "__proto__"')
  .brand<'VersionLabel'>();
export type VersionLabel = z.infer<typeof VersionLabel>;

/** Whether a new version may load beside the old one, or only after that is gone. Names: TensorFlow Serving core. */
export const AspiredVersionPolicyName = z.enum(['availability_preserving', 'resource_preserving']);
export type AspiredVersionPolicyName = z.infer<typeof AspiredVersionPolicyName>;

const Count = z.number().int().min(1);

/** How ONNX Runtime opens a model; what is left out is chosen by the server. */
export const SessionOptions = z.object({
  /** Threads that one run may use inside an operator, and across operators. */
  intraOpNumThreads: Count.optional(),
  interOpNumThreads: Count.optional(),
  graphOptimizationLevel: z.enum(['disabled', 'basic', 'extended', 'all']).optional(),
  /** In order of preference; one that this build of ONNX Runtime has not got fails the load. */
  executionProviders: z
    .array(z.enum(['cpu', 'coreml', 'cuda', 'dml', 'webgpu', 'xnnpack']))
    .min(1)
    .readonly()
    .optional(),
});
export type SessionOptions = z.infer<typeof SessionOptions>;

const BatchingFields = z.object({
  /** False: every request runs alone. */
  enabled: z.boolean().optional(),
  maxBatchSize: Count.optional(),
  /** How long a batch that is not full waits for more rows; default 0. */
  batchTimeoutMicros: z.number().int().min(0).optional(),
  /** Batches that may wait; a request beyond them is refused with UNAVAILABLE. */
  maxEnqueuedBatches: Count.optional(),
  /** A batch is padded with copies of a row to the next of these. */
  allowedBatchSizes: z.array(Count).min(1).readonly().optional(),
  enableLargeBatchSplitting: z.boolean().optional(),
  maxExecutionBatchSize: Count.optional(),
  padVariableLengthInputs: z.boolean().optional(),
});

/**
 * Where batching parameters contradict each other: the field to blame, and why, both under upstream's names. Source:
 * TensorFlow Serving servables/tensorflow/bundle_factory_util.cc.
 * @returns undefined where they do not, or nothing is batched.
 */
export function batchingProblem({
  enabled,
  maxBatchSize,
  maxExecutionBatchSize,
  allowedBatchSizes = [],
  enableLargeBatchSplitting = false,
}: z.infer<typeof BatchingFields>): { readonly field: string; readonly problem: string } | undefined {
  if (enabled === false) return undefined;
  if (maxBatchSize !== undefined && maxExecutionBatchSize !== undefined && maxExecutionBatchSize > maxBatchSize) {
    const problem = `max_execution_batch_size (${maxExecutionBatchSize}) must not be larger than max_batch_size (${maxBatchSize})`;
    return { field: 'max_execution_batch_size', problem };
  }
  if (allowedBatchSizes.some((size, index) => size <= (allowedBatchSizes[index - 1] ?? 0))) {
    return { field: 'allowed_batch_sizes', problem: 'allowed_batch_sizes entries must be in increasing order' };
  }
  const splits = enableLargeBatchSplitting && maxExecutionBatchSize !== undefined;
  const largest = splits ? maxExecutionBatchSize : maxBatchSize;
  const last = allowedBatchSizes.at(-1);
  if (last !== undefined && largest !== undefined && last !== largest) {
    const what = splits ? 'max_execution_batch_size' : 'max_batch_size';
    const problem = `the last entry of allowed_batch_sizes must equal ${what}; it is ${last}, expected ${largest}`;
    return { field: 'allowed_batch_sizes', problem };
  }
  return undefined;
}

/**
 * Bounds of what runs as one batch, under the names and with the meanings of TensorFlow Serving's batching parameters
 * (servables/tensorflow/session_bundle_config.proto). What is left out is chosen by the server.
 */
export const BatchingParameters = BatchingFields.superRefine((parameters, context) => {
  const found = batchingProblem(parameters);
  if (found) context.addIssue({ code: 'custom', message: found.problem });
});
export type BatchingParameters = z.infer<typeof BatchingParameters>;

/** What is run before a version becomes available. */
export const WarmupOptions = z.object({
  enabled: z.boolean().optional(),
  /** How often each request is run; default 1. */
  iterations: Count.optional(),
});
export type WarmupOptions = z.infer<typeof WarmupOptions>;

/** A path below a version's folder, as stores write it. */
const PathInVersion = z
  .string()
  .regex(
    /^(?!\.{1,2}(?:\/|$))[^/\\\0]+(?:\/(?!\.{1,2}(?:\/|$))[^/\\\0]+)*$/u,
    'must be a path below the folder of a version',
  );

/** How the files of versions are found. */
export const StorageOptions = z.object({
  /** A file without which a version is not finished: whoever uploads it writes it last. It need not hold anything. */
  markerFile: PathInVersion.optional(),
  /**
   * The files of each version. With these nothing is listed, which a store may forbid; versions have to be named by a
   * policy of kind `specific`, and their folders are called by the number without zeros before it. Remote stores only.
   */
  files: z.array(PathInVersion).min(1).readonly().optional(),
});
export type StorageOptions = z.infer<typeof StorageOptions>;

/** What TensorFlow Serving has no field for. */
export const ModelOptions = z.object({
  session: SessionOptions.optional(),
  batching: BatchingParameters.optional(),
  warmup: WarmupOptions.optional(),
  /** `dedicated`: a worker process of its own whatever its size; `shared`: with others whatever its size. */
  isolation: z.enum(['auto', 'shared', 'dedicated']).optional(),
  storage: StorageOptions.optional(),
});
export type ModelOptions = z.infer<typeof ModelOptions>;

/** One model to serve. */
export const ModelConfig = z.object({
  name: ServableName,
  /**
   * Absolute path or URI of the folder whose sub-folders are the versions, or of one single model file, which is then
   * served as version 1.
   */
  basePath: z.string().min(1),
  versionPolicy: VersionPolicy,
  /** Default `onnx`. */
  platform: ModelPlatform.optional(),
  /** Version by label. */
  versionLabels: z.record(VersionLabel, ServableVersion).optional(),
  /** Default `availability_preserving`. */
  aspiredVersionPolicy: AspiredVersionPolicyName.optional(),
  options: ModelOptions.optional(),
});
export type ModelConfig = z.infer<typeof ModelConfig>;

/**
 * One `ModelConfig` message of a configuration file or of a reload request, as it was written: read, not yet checked.
 * Fields: TensorFlow Serving config/model_server_config.proto.
 */
export interface ModelConfigMessage {
  readonly name: string;
  readonly basePath: string;
  /** Empty where it was left out. */
  readonly modelPlatform: string;
  /** The deprecated enum by name (`TENSORFLOW`); undefined where it was left out. */
  readonly modelType?: string;
  readonly versionPolicy?: VersionPolicy;
  readonly versionLabels: readonly (readonly [label: string, version: string])[];
  /** Whether request logging was asked for, which no server of this kind does. */
  readonly hasLoggingConfig: boolean;
  /** What only our own files can say. */
  readonly aspiredVersionPolicy?: AspiredVersionPolicyName;
  readonly options?: ModelOptions;
}
