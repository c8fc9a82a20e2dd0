import { ServingError } from '../contracts/serving-error.ts';

/** @throws ServingError CANCELLED when the signal has aborted. */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw cancelled(signal);
}

/**
 * The work's result, or a rejection with ServingError CANCELLED as soon as the signal aborts. The work itself goes on
 * unseen: a call into the operating system cannot be taken back.
 */
export function abortable<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    throwIfCancelled(signal);
    const onAbort = (): void => reject(cancelled(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    const settled = (): void => signal.removeEventListener('abort', onAbort);
    work().then(resolve, reject).finally(settled);
  });
}

/** The error of a call whose signal has aborted. */
export function cancelled(signal: AbortSignal): ServingError {
  return new ServingError('CANCELLED', 'the call was cancelled', { cause: signal.reason });
}
