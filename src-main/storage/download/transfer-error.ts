import { type ErrorCode, ServingError } from '../../contracts/serving-error.ts';

const CODES = {
  /** No bytes, or next to none, for long. */
  stalled: 'UNAVAILABLE',
  /** The answer ended before its end. */
  truncated: 'UNAVAILABLE',
  /** The answer is not of what was asked for. */
  'bad server': 'UNAVAILABLE',
  /** All bytes came, and they are not those that the store says it has. */
  corrupt: 'DATA_LOSS',
  /** The object was replaced or deleted meanwhile: to be listed again. */
  changed: 'ABORTED',
  /** The disk, or what the cache may take of it, is full. */
  'no space': 'RESOURCE_EXHAUSTED',
  /** A key cannot be the name of a local file. */
  'unsafe key': 'FAILED_PRECONDITION',
} as const satisfies Record<string, ErrorCode>;

/** Why a version could not be downloaded, where the reason is not the store's own. */
export type TransferFault = keyof typeof CODES;

/** Its message begins with the path of the file within the version, where it is about one. */
export class TransferError extends ServingError {
  override readonly name: string = 'TransferError';
  readonly fault: TransferFault;
  constructor(fault: TransferFault, message: string, options?: ErrorOptions) {
    super(CODES[fault], message, options);
    this.fault = fault;
  }
}

/** Whether the same request may succeed a little later. What has no code is a broken connection. */
export function isWorthAnotherTry(error: unknown): boolean {
  if (error instanceof TransferError) return error.fault === 'stalled' || error.fault === 'truncated';
  if (!(error instanceof ServingError)) return true;
  return error.code === 'UNAVAILABLE' || error.code === 'DEADLINE_EXCEEDED' || error.code === 'RESOURCE_EXHAUSTED';
}
