import { batchingProblem, type BatchingParameters } from '../contracts/model-config.ts';
import { ServingError } from '../contracts/serving-error.ts';
import type { BatchLimits } from './protocol/main-message.ts';

/**
 * The bounds that batching parameters ask for. Whoever sets `maxBatchSize` has tuned it, so no batch is made smaller for
 * the sake of a short run. Source: TensorFlow Serving batching/README.md, servables/tensorflow/bundle_factory_util.cc.
 * @param defaults bounds where the parameters say nothing.
 * @throws ServingError FAILED_PRECONDITION for parameters that contradict each other: the model is not to blame.
 */
export function batchLimits(parameters: BatchingParameters | undefined, defaults: BatchLimits): BatchLimits {
  if (!parameters) return defaults;
  if (parameters.enabled === false) return { ...defaults, maxRows: 1 };
  const contradiction = batchingProblem(parameters);
  if (contradiction) throw new ServingError('FAILED_PRECONDITION', `batching parameters: ${contradiction.problem}`);
  const { maxBatchSize, batchTimeoutMicros, maxEnqueuedBatches, allowedBatchSizes } = parameters;
  const split = parameters.enableLargeBatchSplitting ?? false;
  const maxExecutionBatchSize = split ? parameters.maxExecutionBatchSize : undefined;
  const tuned = maxExecutionBatchSize ?? maxBatchSize;
  const maxRows = tuned ?? allowedBatchSizes?.at(-1) ?? defaults.maxRows;
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
