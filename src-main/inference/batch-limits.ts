import type { BatchingParameters } from '../contracts/model-config.ts';
import { ServingError } from '../contracts/serving-error.ts';
import type { BatchLimits } from './protocol/main-message.ts';

/**
 * The bounds that batching parameters ask for. Whoever sets `maxBatchSize` has tuned it, so no batch is made smaller for
 * the sake of a short run. Source: TensorFlow Serving batching/README.md, servables/tensorflow/bundle_factory_util.cc.
 * @param defaults bounds where the parameters say nothing.
 * @throws ServingError INVALID_ARGUMENT for parameters that contradict each other.
 */
export function batchLimits(parameters: BatchingParameters | undefined, defaults: BatchLimits): BatchLimits {
  if (!parameters) return defaults;
  if (parameters.enabled === false) return { ...defaults, maxRows: 1 };
  const { maxBatchSize, batchTimeoutMicros, maxEnqueuedBatches, allowedBatchSizes } = parameters;
  const split = parameters.enableLargeBatchSplitting ?? false;
  const maxExecutionBatchSize = split ? parameters.maxExecutionBatchSize : undefined;
  if (maxBatchSize !== undefined && maxExecutionBatchSize !== undefined && maxExecutionBatchSize > maxBatchSize) {
    throw refusal(
      `max_execution_batch_size (${maxExecutionBatchSize}) must not be larger than max_batch_size (${maxBatchSize})`,
    );
  }
  const lastAllowed = allowedBatchSizes?.at(-1);
  const tuned = maxExecutionBatchSize ?? maxBatchSize;
  const maxRows = tuned ?? lastAllowed ?? defaults.maxRows;
  if (allowedBatchSizes) checkAllowedSizes(allowedBatchSizes, maxRows, maxExecutionBatchSize !== undefined);
  return {
    maxRows,
    maxBytes: defaults.maxBytes,
    split,
    ...(tuned === undefined && defaults.targetMs !== undefined && { targetMs: defaults.targetMs }),
    ...(maxBatchSize !== undefined && !split && { maxRequestRows: maxBatchSize }),
    ...(batchTimeoutMicros !== undefined && batchTimeoutMicros > 0 && { waitMs: batchTimeoutMicros / 1000 }),
    ...(maxEnqueuedBatches !== undefined && { maxWaiting: maxEnqueuedBatches }),
    ...(allowedBatchSizes && { allowedRows: [...allowedBatchSizes] }),
  };
}

function checkAllowedSizes(sizes: readonly number[], maxRows: number, splits: boolean): void {
  let last = 0;
  for (const size of sizes) {
    if (size <= last) throw refusal(`allowed_batch_sizes must be increasing; ${size} comes after ${last}`);
    last = size;
  }
  if (last !== maxRows) {
    const what = splits ? 'max_execution_batch_size' : 'max_batch_size';
    throw refusal(`the last entry of allowed_batch_sizes must equal ${what}; it is ${last}, expected ${maxRows}`);
  }
}

function refusal(message: string): ServingError {
  return new ServingError('INVALID_ARGUMENT', `batching parameters: ${message}`);
}
