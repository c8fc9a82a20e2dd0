import { type ErrorCode, ServingError } from '../../contracts/serving-error.ts';

/** A failure of a store over a network. The message ends in the stable code: `... [S3_NO_SUCH_BUCKET]`. */
export class StoreError extends ServingError {
  override readonly name: string = 'ServingError';
  /** A stable name for the kind of failure, for tests, documents and searches; it begins with the scheme. */
  readonly storeCode: string;
  constructor(code: ErrorCode, storeCode: string, message: string, options?: ErrorOptions) {
    super(code, message.endsWith(`[${storeCode}]`) ? message : `${message} [${storeCode}]`, options);
    this.storeCode = storeCode;
  }
}
