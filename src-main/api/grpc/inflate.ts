import { createGunzip, createInflate } from 'node:zlib';
import { ServingError } from '../../contracts/serving-error.ts';

const BLOCK_BYTES = 64 * 1024;

/**
 * A message may inflate to this size whatever its ratio (a tensor of zeros compresses 1000 : 1), and beyond it only up to
 * {@link MAX_INFLATE_RATIO} times what was received. As for REST.
 */
const FREE_INFLATED_BYTES = 64 * 1024 * 1024;
const MAX_INFLATE_RATIO = 200;

export interface InflateOptions {
  /** Largest message. */
  readonly maxBytes: number;
  /** What may be inflated whatever its ratio; default 64 MiB. */
  readonly freeBytes?: number;
  /** Told how much has been inflated so far. @returns why to stop, where that is so. */
  readonly onGrown: (inflatedBytes: number) => ServingError | undefined;
}

/**
 * Inflates a message.
 * @param encoding what `grpc-encoding` says.
 * @throws ServingError RESOURCE_EXHAUSTED for a message that inflates too far, INVALID_ARGUMENT for bytes that do not,
 *   UNIMPLEMENTED for an encoding that is unknown.
 */
export function inflateMessage(message: Buffer, encoding: string, options: InflateOptions): Promise<Buffer> {
  const { maxBytes, freeBytes = FREE_INFLATED_BYTES, onGrown } = options;
  return new Promise((resolve, reject) => {
    if (encoding !== 'gzip' && encoding !== 'deflate') {
      const name = JSON.stringify(encoding.slice(0, 50));
      const error = `Message compression ${name} is not supported; send it as it is, or with gzip or deflate`;
      reject(new ServingError('UNIMPLEMENTED', error));
      return;
    }
    const zlibOptions = { chunkSize: Math.min(BLOCK_BYTES, Math.max(1024, maxBytes)) };
    const inflater = encoding === 'gzip' ? createGunzip(zlibOptions) : createInflate(zlibOptions);
    const allowedBytes = Math.max(freeBytes, message.length * MAX_INFLATE_RATIO);
    const chunks: Buffer[] = [];
    let bytes = 0;
    const fail = (error: ServingError): void => {
      inflater.destroy();
      chunks.length = 0;
      reject(error);
    };
    inflater.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        fail(new ServingError('RESOURCE_EXHAUSTED', `Message inflates to more than the limit of ${maxBytes} bytes`));
      } else if (bytes > allowedBytes) {
        fail(new ServingError('RESOURCE_EXHAUSTED', 'Compressed message inflates too far'));
      } else {
        chunks.push(chunk);
        const reason = onGrown(bytes);
        if (reason !== undefined) fail(reason);
      }
    });
    inflater.on('end', () => resolve(Buffer.concat(chunks, bytes)));
    inflater.on('error', (error) => {
      fail(new ServingError('INVALID_ARGUMENT', `Message is not valid ${encoding} data`, { cause: error }));
    });
    inflater.end(message);
  });
}
