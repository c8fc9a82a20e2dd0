import type { RemoteObject } from './object-reader.ts';
import { TransferError } from './transfer-error.ts';

/** The head of an HTTP answer to a request for a range, as far as it tells what was sent. */
export interface RangeAnswer {
  readonly status: number;
  readonly contentRange?: string | undefined;
  readonly contentLength?: number | undefined;
  readonly revision?: string | undefined;
}

const CONTENT_RANGE = /^bytes (\d+)-(\d+)\/(\d+)$/u;

/**
 * Checks that an answer is of the range and the revision that were asked for. A 200 is fine only for all bytes.
 * @throws TransferError `changed` for another revision or size, `bad server` for another range.
 */
export function checkRangeAnswer(object: RemoteObject, start: number, end: number, answer: RangeAnswer): void {
  const { path, sizeBytes, revision } = object;
  if (answer.revision !== undefined && answer.revision !== revision) {
    throw new TransferError('changed', `${path}: was replaced while it was read`);
  }
  const whole = start === 0 && end === sizeBytes;
  if (answer.status === 206 || answer.contentRange !== undefined) {
    const [, first, last, total] = CONTENT_RANGE.exec(answer.contentRange ?? '') ?? [];
    if (total !== undefined && Number(total) !== sizeBytes) {
      throw new TransferError('changed', `${path}: has another size than when it was listed`);
    }
    if (Number(first) !== start || Number(last) !== end - 1) {
      throw badServer(path, `sent ${answer.contentRange ?? 'no Content-Range'} for bytes ${start}-${end - 1}`);
    }
  } else if (answer.status !== 200 || !whole) {
    throw badServer(path, `answered ${answer.status} without a range to a request for bytes ${start}-${end - 1}`);
  }
  if (answer.revision === undefined) throw badServer(path, 'did not say which revision it sent (no ETag)');
  if (answer.contentLength !== undefined && answer.contentLength !== end - start) {
    throw whole && answer.status === 200
      ? new TransferError('changed', `${path}: has another size than when it was listed`)
      : badServer(path, `announced ${answer.contentLength} bytes for a range of ${end - start}`);
  }
}

function badServer(path: string, words: string): TransferError {
  return new TransferError(
    'bad server',
    `${path}: the server ${words}; ranges must work and not be changed on the way`,
  );
}
