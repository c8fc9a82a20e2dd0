import { describe, expect, it } from 'vitest';
import { type ErrorCode, ServingError } from '../contracts/serving-error.ts';
import { afterFailedLoad, createLossHistory, type LoadRetryOptions } from './load-retries.ts';

const OPTIONS: LoadRetryOptions = {
  maxNumLoadRetries: 4,
  loadRetryIntervalMs: 5000,
  firstLoadRetryDelayMs: 1000,
  maxLosses: 2,
  lossWindowMs: 60_000,
};
const failed = (code: ErrorCode): ServingError => new ServingError(code, 'no');

describe('afterFailedLoad', () => {
  it.each<{ code: ErrorCode; attempt: number; expected: object }>([
    { code: 'UNAVAILABLE', attempt: 1, expected: { kind: 'retry', delayMs: 1000 } },
    { code: 'FAILED_PRECONDITION', attempt: 2, expected: { kind: 'retry', delayMs: 2000 } },
    { code: 'UNKNOWN', attempt: 4, expected: { kind: 'retry', delayMs: 5000 } },
    { code: 'INTERNAL', attempt: 5, expected: { kind: 'end', isExhausted: true } },
    {
      code: 'INVALID_ARGUMENT',
      attempt: 1,
      expected: { kind: 'end', reason: 'cannot be loaded: no; it is tried again when its files change' },
    },
    { code: 'UNIMPLEMENTED', attempt: 1, expected: { kind: 'end' } },
    { code: 'CANCELLED', attempt: 1, expected: { kind: 'end', reason: 'no' } },
    { code: 'ABORTED', attempt: 1, expected: { kind: 'end', reason: 'no' } },
  ])('attempt $attempt ending in $code: $expected', ({ code, attempt, expected }) => {
    expect(afterFailedLoad(failed(code), attempt, OPTIONS)).toMatchObject(expected);
  });

  it('is told in sentences where the fault asks something', () => {
    const error = new ServingError('INVALID_ARGUMENT', 'is it whole?');
    expect(afterFailedLoad(error, 1, OPTIONS).reason).toBe(
      'cannot be loaded: is it whole? It is tried again when its files change',
    );
  });

  it('does not speak of retries where there are none to make', () => {
    const next = afterFailedLoad(failed('INTERNAL'), 1, { ...OPTIONS, maxNumLoadRetries: 0 });
    expect(next).toEqual({ kind: 'end', reason: 'failed to load after 1 attempt: no', isExhausted: false });
  });
});

describe('a history of losses', () => {
  const error = failed('UNAVAILABLE');

  it('slows loads down by every loss, and ends by those that the version is blamed for', () => {
    const history = createLossHistory(OPTIONS);
    expect(history.lost(error, true, 0)).toEqual({ kind: 'retry', delayMs: 0 });
    expect(history.lost(error, false, 1)).toEqual({ kind: 'retry', delayMs: 1000 });
    expect(history.lost(error, false, 2)).toEqual({ kind: 'retry', delayMs: 2000 });
    expect(history.lost(error, true, 3)).toEqual({
      kind: 'end',
      reason: 'lost 2 times within 1 min, the last time because: no',
    });
  });

  it('forgets those that are long ago', () => {
    const history = createLossHistory(OPTIONS);
    history.lost(error, true, 0);
    expect(history.lost(error, true, 60_000)).toEqual({ kind: 'retry', delayMs: 0 });
  });
});
