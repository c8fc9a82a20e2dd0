import { batchingProblem, type BatchingParameters } from '../contracts/model-config.ts';
import {
  asBoolean,
  asCount,
  asString,
  failAt,
  readFields,
  type Readers,
  readTextFile,
  unwrapped,
} from './text-fields.ts';
import type { TextField } from './text-proto.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Batching parameters that are being read. */
export interface BatchingFields {
  readonly parameters: Mutable<BatchingParameters>;
  /** Fields that were understood and change nothing, with the reason. */
  readonly warnings: string[];
}

const MAX_INT32 = 2_147_483_647;

/** Wrapped numbers, upstream's default for one that is left out being 0. */
const wrappedCount = (value: Parameters<typeof asCount>[0], name: string, min: number): number => {
  const count = unwrapped(value, name, 0, (inner) => asCount(inner, `value of ${name}`, min, MAX_INT32));
  if (count < min) failAt(value.place, `${name} is at least ${min}: write ${name} { value: ${min} }`);
  return count;
};

/** Fields of upstream's message BatchingParameters, in a file of its own or in the pragma of one model. */
export const BATCHING_FIELDS: Readers<BatchingFields> = {
  max_batch_size: (value, { parameters }) => {
    parameters.maxBatchSize = wrappedCount(value, 'max_batch_size', 1);
  },
  batch_timeout_micros: (value, { parameters }) => {
    parameters.batchTimeoutMicros = wrappedCount(value, 'batch_timeout_micros', 0);
  },
  max_enqueued_batches: (value, { parameters }) => {
    parameters.maxEnqueuedBatches = wrappedCount(value, 'max_enqueued_batches', 1);
  },
  num_batch_threads: (value, { warnings }) => {
    wrappedCount(value, 'num_batch_threads', 1);
    warnings.push(
      'num_batch_threads has no effect: each model runs one batch at a time, on the threads of its session',
    );
  },
  thread_pool_name: (value, { warnings }) => {
    unwrapped(value, 'thread_pool_name', '', (inner) => asString(inner, 'value of thread_pool_name'));
    warnings.push('thread_pool_name has no effect: there is no pool of batch threads');
  },
  allowed_batch_sizes: (value, { parameters }) => {
    const sizes = parameters.allowedBatchSizes ?? [];
    const size = asCount(value, 'allowed_batch_sizes', 1, MAX_INT32);
    parameters.allowedBatchSizes = [...sizes, size];
  },
  pad_variable_length_inputs: (value, { parameters }) => {
    parameters.padVariableLengthInputs = asBoolean(value, 'pad_variable_length_inputs');
  },
  enable_large_batch_splitting: (value, { parameters }) => {
    parameters.enableLargeBatchSplitting = unwrapped(value, 'enable_large_batch_splitting', false, (inner) =>
      asBoolean(inner, 'value of enable_large_batch_splitting'),
    );
  },
  max_execution_batch_size: (value, { parameters }) => {
    parameters.maxExecutionBatchSize = wrappedCount(value, 'max_execution_batch_size', 1);
  },
};

/** Source: TensorFlow Serving servables/tensorflow/session_bundle_config.proto. */
export function readBatchingParameters(
  fields: readonly TextField[],
  readers: Readers<BatchingFields> = BATCHING_FIELDS,
): { readonly parameters: BatchingParameters; readonly warnings: readonly string[] } {
  const found: BatchingFields = { parameters: {}, warnings: [] };
  readFields(fields, 'BatchingParameters', found, readers, ['allowed_batch_sizes']);
  const contradiction = batchingProblem(found.parameters);
  if (contradiction) {
    const place = fields.findLast(({ name }) => name === contradiction.field)?.place;
    failAt(place ?? { line: 1, column: 1 }, contradiction.problem);
  }
  return found;
}

/**
 * Reads a `--batching_parameters_file`, or the batching_params.pbtxt of a version.
 * @throws ServingError INVALID_ARGUMENT; the message says where and what.
 */
export function parseBatchingParameters(text: string): {
  readonly parameters: BatchingParameters;
  readonly warnings: readonly string[];
} {
  return readTextFile(text, (fields) => readBatchingParameters(fields));
}
