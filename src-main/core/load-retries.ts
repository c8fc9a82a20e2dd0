import type { ErrorCode, ServingError } from '../contracts/serving-error.ts';
import { counted, inWords } from './words.ts';

/** When a version is loaded again after its load failed, or after it was lost. */
export interface LoadRetryOptions {
  /** Attempts after the first one. */
  readonly maxNumLoadRetries: number;
  /** The longest wait between two attempts. */
  readonly loadRetryIntervalMs: number;
  /** The wait after the first failed attempt; it doubles from attempt to attempt. */
  readonly firstLoadRetryDelayMs: number;
  /** So many blamed losses within {@link lossWindowMs} end the version. */
  readonly maxLosses: number;
  readonly lossWindowMs: number;
}

/** What follows a failure, and why, in words; `isExhausted`: where all attempts there are were made, and more than one. */
export type AfterFailure =
  | { readonly kind: 'end'; readonly reason: string; readonly isExhausted?: boolean }
  | { readonly kind: 'retry'; readonly delayMs: number; readonly reason: string };

/** What follows a loss; `reason` says what had happened before it was given up. */
export type AfterLoss =
  { readonly kind: 'end'; readonly reason: string } | { readonly kind: 'retry'; readonly delayMs: number };

/**
 * Errors that another attempt with the same content would end in again: see `load` of a Loader. TensorFlow Serving has the
 * hook for it (`should_retry_model_load`), but no default.
 */
const FAULTS_OF_CONTENT: ReadonlySet<ErrorCode> = new Set(['INVALID_ARGUMENT', 'UNIMPLEMENTED']);

export function maxAttempts({ maxNumLoadRetries }: LoadRetryOptions): number {
  return Math.max(0, maxNumLoadRetries) + 1;
}

/** @param attempt the one that failed; the first is 1. */
export function afterFailedLoad(
  { code, message }: ServingError,
  attempt: number,
  options: LoadRetryOptions,
): AfterFailure {
  if (code === 'CANCELLED' || code === 'ABORTED') return { kind: 'end', reason: message };
  if (FAULTS_OF_CONTENT.has(code)) {
    // The message may ask something of the reader.
    const next = /[.?!]$/u.test(message) ? ' It' : '; it';
    return { kind: 'end', reason: `cannot be loaded: ${message}${next} is tried again when its files change` };
  }
  const attempts = maxAttempts(options);
  if (attempt >= attempts) {
    const reason = `failed to load after ${counted(attempts, 'attempt')}: ${message}`;
    return { kind: 'end', reason, isExhausted: attempts > 1 };
  }
  const delayMs = backoffMs(attempt, options);
  const reason = `attempt ${attempt} of ${attempts} failed: ${message}; next one in ${inWords(delayMs)}`;
  return { kind: 'retry', delayMs, reason };
}

/** Counts the losses of one version. */
export interface LossHistory {
  /** @param blamed whether the version itself may have caused it: only such losses count towards giving up. */
  lost(error: ServingError, blamed: boolean, nowMs: number): AfterLoss;
}

export function createLossHistory(options: LoadRetryOptions): LossHistory {
  const { lossWindowMs, maxLosses } = options;
  let losses: readonly { readonly atMs: number; readonly blamed: boolean }[] = [];
  return {
    lost({ message }, blamed, nowMs) {
      losses = [...losses.filter(({ atMs }) => atMs > nowMs - lossWindowMs), { atMs: nowMs, blamed }];
      const blamedLosses = losses.filter((loss) => loss.blamed).length;
      if (blamed && blamedLosses >= maxLosses) {
        const often = `${counted(blamedLosses, 'time')} within ${inWords(lossWindowMs)}`;
        return { kind: 'end', reason: `lost ${often}, the last time because: ${message}` };
      }
      // All losses slow the next load down, so that a crash that is another model's fault cannot become a busy loop.
      return { kind: 'retry', delayMs: losses.length === 1 ? 0 : backoffMs(losses.length - 1, options) };
    },
  };
}

/** @param failures how often it went wrong in a row, at least once. */
function backoffMs(failures: number, { loadRetryIntervalMs, firstLoadRetryDelayMs }: LoadRetryOptions): number {
  return Math.max(0, Math.min(loadRetryIntervalMs, firstLoadRetryDelayMs * 2 ** (failures - 1)));
}
