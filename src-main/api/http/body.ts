import type { Transform } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import { ServingError } from '../../contracts/serving-error.ts';
import { type Exchange, HttpStatusError } from './reply.ts';

/** After this many chunks of a body, those smaller than {@link SMALL_CHUNK_BYTES} are copied together. */
const MAX_SMALL_CHUNKS = 8;
const SMALL_CHUNK_BYTES = 4096;
const BLOCK_BYTES = 64 * 1024;

/**
 * A compressed body may inflate to this size whatever its ratio (a tensor of zeros compresses 1000 : 1), and beyond it
 * only up to {@link MAX_INFLATE_RATIO} times what was received.
 */
const FREE_INFLATED_BYTES = 64 * 1024 * 1024;
const MAX_INFLATE_RATIO = 200;

export interface BodyLimits {
  /** Largest body, as sent and inflated. */
  readonly maxBodyBytes: number;
  /** Largest sum of all bodies that are being read or answered at one time. */
  readonly maxBufferedBytes: number;
}

/** A body read to its end. Its bytes count against the reader's limit until {@link BodyReader.release}. */
export interface Body {
  /** In order, not joined; inflated where it came compressed. Owned by the receiver. */
  readonly chunks: readonly Uint8Array[];
  readonly bytes: number;
}

export interface BodyReader {
  /**
   * Reads the request's body to its end, having asked for it where the client waits for `100 Continue`.
   * @throws ServingError RESOURCE_EXHAUSTED (HTTP 413) over `maxBodyBytes`, (HTTP 429) over `maxBufferedBytes`;
   *   UNIMPLEMENTED (HTTP 415) for an unknown Content-Encoding, (HTTP 501) for another transfer coding than `chunked`; INVALID_ARGUMENT for data that does not inflate;
   *   CANCELLED when the client went away.
   */
  read(exchange: Exchange): Promise<Body>;
  /** To be called once per body read, when its bytes are no longer needed. */
  release(body: Body): void;
}

export function createBodyReader({ maxBodyBytes, maxBufferedBytes }: BodyLimits): BodyReader {
  let bufferedBytes = 0;

  const tooLarge = (): HttpStatusError =>
    new HttpStatusError(413, 'RESOURCE_EXHAUSTED', `Request body is larger than the limit of ${maxBodyBytes} bytes`);

  return {
    read(exchange) {
      const { request, facts, response } = exchange;
      return new Promise((resolve, reject) => {
        const collected = new ChunkCollector();
        let receivedBytes = 0;
        let inflate: Transform | undefined;
        let settled = false;

        const fail = (error: ServingError): void => {
          if (settled) return;
          settled = true;
          request.off('data', onData).off('data', onCompressed).off('end', onEnd).off('error', onGone);
          if (inflate !== undefined) request.unpipe(inflate);
          inflate?.destroy();
          bufferedBytes -= collected.bytes;
          collected.clear();
          // A late error of a connection that is given up anyway must not end the process.
          request.on('error', () => undefined);
          reject(error);
        };
        const onGone = (): void => {
          fail(new ServingError('CANCELLED', 'client closed the connection before the request was complete'));
        };
        const onData = (chunk: Buffer): void => {
          if (settled) return;
          if (collected.bytes + chunk.length > maxBodyBytes) {
            fail(tooLarge());
          } else if (bufferedBytes + chunk.length > maxBufferedBytes) {
            fail(
              new ServingError(
                'RESOURCE_EXHAUSTED',
                `Server holds ${bufferedBytes} bytes of requests and takes at most ${maxBufferedBytes}; try again later`,
              ),
            );
          } else {
            bufferedBytes += chunk.length;
            collected.add(chunk);
          }
        };
        const onCompressed = (chunk: Buffer): void => {
          receivedBytes += chunk.length;
          if (receivedBytes > maxBodyBytes) fail(tooLarge());
        };
        const onEnd = (): void => {
          if (settled) return;
          settled = true;
          request.off('error', onGone);
          resolve({ chunks: collected.finish(), bytes: collected.bytes });
        };

        if (facts.contentLength !== undefined && facts.contentLength > maxBodyBytes) {
          reject(tooLarge());
          return;
        }
        if (facts.hasForeignTransferCoding) {
          reject(new ServingError('UNIMPLEMENTED', 'Transfer-Encoding chunked is the only one that is supported'));
          return;
        }
        const encoding = onlyEncoding(facts.contentEncoding);
        switch (encoding) {
          case '':
            request.on('data', onData).on('end', onEnd).on('error', onGone);
            break;
          case 'gzip':
          case 'deflate': {
            const options = { chunkSize: BLOCK_BYTES };
            inflate = encoding === 'deflate' ? createInflate(options) : createGunzip(options);
            inflate.on('data', (chunk: Buffer) => {
              onData(chunk);
              const allowed = Math.max(FREE_INFLATED_BYTES, receivedBytes * MAX_INFLATE_RATIO);
              if (collected.bytes > allowed) {
                fail(new HttpStatusError(413, 'RESOURCE_EXHAUSTED', 'Compressed request body inflates too far'));
              }
            });
            inflate.on('end', onEnd);
            inflate.on('error', (error) => {
              fail(
                new ServingError('INVALID_ARGUMENT', `Request body is not valid ${encoding} data`, {
                  cause: error,
                }),
              );
            });
            request.on('error', onGone).on('data', onCompressed).pipe(inflate);
            break;
          }
          case undefined:
            reject(
              new HttpStatusError(
                415,
                'UNIMPLEMENTED',
                `Content-Encoding ${JSON.stringify(facts.contentEncoding.slice(0, 50))} is not supported; send the body as it is, or with gzip or deflate`,
              ),
            );
            return;
          default:
            encoding satisfies never;
        }
        if (exchange.awaitsContinue) {
          exchange.awaitsContinue = false;
          response.writeContinue();
        }
      });
    },
    release(body) {
      bufferedBytes -= body.bytes;
    },
  };
}

/** What a body has to be inflated from, `''` for nothing; undefined where that is unknown, or more than one thing. */
function onlyEncoding(contentEncoding: string): '' | 'gzip' | 'deflate' | undefined {
  if (contentEncoding === '') return '';
  const codings = contentEncoding
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');
  const [coding = ''] = codings;
  if (codings.length > 1) return undefined;
  if (coding === '' || coding === 'deflate') return coding;
  return coding === 'gzip' || coding === 'x-gzip' ? 'gzip' : undefined;
}

/**
 * Keeps the chunks of a body as they come, which costs nothing for the usual few. A body in millions of tiny chunks would
 * cost a hundred times its size in objects, so such chunks are copied together.
 */
class ChunkCollector {
  bytes = 0;
  #chunks: Uint8Array[] = [];
  #block: Buffer | undefined;
  #blockBytes = 0;

  add(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (chunk.length >= SMALL_CHUNK_BYTES || this.#chunks.length < MAX_SMALL_CHUNKS) {
      this.#closeBlock();
      this.#chunks.push(chunk);
      return;
    }
    if (this.#block !== undefined && this.#blockBytes + chunk.length > BLOCK_BYTES) this.#closeBlock();
    this.#block ??= Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#blockBytes += chunk.copy(this.#block, this.#blockBytes);
  }

  finish(): readonly Uint8Array[] {
    this.#closeBlock();
    return this.#chunks;
  }

  clear(): void {
    this.#chunks = [];
    this.#block = undefined;
    this.#blockBytes = 0;
    this.bytes = 0;
  }

  #closeBlock(): void {
    if (this.#block === undefined) return;
    this.#chunks.push(this.#block.subarray(0, this.#blockBytes));
    this.#block = undefined;
    this.#blockBytes = 0;
  }
}
