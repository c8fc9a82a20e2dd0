import { describe, expect, it } from 'vitest';
import type { BatchingParameters } from '../contracts/model-config.ts';
import { batchLimits } from './batch-limits.ts';
import type { BatchLimits } from './protocol/main-message.ts';

const DEFAULTS: BatchLimits = { maxRows: 128, maxBytes: 1000, targetMs: 20 };

describe('batchLimits', () => {
  it.each<{ when: string; parameters: BatchingParameters | undefined; expected: BatchLimits }>([
    { when: 'nothing is said', parameters: undefined, expected: DEFAULTS },
    { when: 'nothing in particular is said', parameters: {}, expected: { ...DEFAULTS, split: false } },
    {
      when: 'it is off, whatever else is said',
      parameters: { enabled: false, maxBatchSize: 4, batchTimeoutMicros: 100, allowedBatchSizes: [9, 3] },
      expected: { ...DEFAULTS, maxRows: 1 },
    },
    {
      when: 'a size is said, which needs no bound in time',
      parameters: { maxBatchSize: 1000 },
      expected: { maxRows: 1000, maxBytes: 1000, split: false, maxRequestRows: 1000 },
    },
    {
      when: 'all is said',
      parameters: {
        enabled: true,
        maxBatchSize: 64,
        batchTimeoutMicros: 1500,
        maxEnqueuedBatches: 10,
        allowedBatchSizes: [8, 16],
        enableLargeBatchSplitting: true,
        maxExecutionBatchSize: 16,
      },
      expected: { maxRows: 16, maxBytes: 1000, split: true, waitMs: 1.5, maxWaiting: 10, allowedRows: [8, 16] },
    },
    {
      when: 'a size of pieces is said, but not that requests are cut',
      parameters: { maxBatchSize: 8, maxExecutionBatchSize: 4 },
      expected: { maxRows: 8, maxBytes: 1000, split: false, maxRequestRows: 8 },
    },
    {
      when: 'no wait is said',
      parameters: { batchTimeoutMicros: 0 },
      expected: { ...DEFAULTS, split: false },
    },
    {
      when: 'only the allowed sizes are said',
      parameters: { allowedBatchSizes: [1, 2] },
      expected: { ...DEFAULTS, maxRows: 2, split: false, allowedRows: [1, 2] },
    },
  ])('when $when', ({ parameters, expected }) => {
    expect(batchLimits(parameters, DEFAULTS)).toEqual(expected);
  });

  it.each<{ parameters: BatchingParameters; message: string }>([
    {
      parameters: { maxBatchSize: 8, allowedBatchSizes: [4, 4, 8] },
      message: 'allowed_batch_sizes entries must be in increasing order',
    },
    {
      parameters: { maxBatchSize: 8, allowedBatchSizes: [2, 4] },
      message: 'the last entry of allowed_batch_sizes must equal max_batch_size; it is 4, expected 8',
    },
    {
      parameters: {
        maxBatchSize: 8,
        allowedBatchSizes: [2, 8],
        enableLargeBatchSplitting: true,
        maxExecutionBatchSize: 4,
      },
      message: 'the last entry of allowed_batch_sizes must equal max_execution_batch_size; it is 8, expected 4',
    },
    {
      parameters: { maxBatchSize: 8, enableLargeBatchSplitting: true, maxExecutionBatchSize: 9 },
      message: 'max_execution_batch_size (9) must not be larger than max_batch_size (8)',
    },
  ])('refuses what contradicts itself: $message', ({ parameters, message }) => {
    expect(() => batchLimits(parameters, DEFAULTS)).toThrow(
      expect.objectContaining({ code: 'FAILED_PRECONDITION', message: `batching parameters: ${message}` }),
    );
  });
});
