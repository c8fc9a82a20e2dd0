import { createHash } from 'node:crypto';
import {
  checksumAlgorithm,
  type ChecksumAlgorithm,
  CHECKSUM_ALGORITHMS,
  checksumHeader,
  checksumOf,
} from './checksums.ts';
import { S3Failure } from './s3-failure.ts';
import type { S3Request } from './s3-request.ts';
import { type Authentication, EMPTY_SHA256, hmac, sameSignature, sha256 } from './signature.ts';

/** What a client uploaded, checked against everything it said about it. */
export interface UploadBody {
  readonly bytes: Buffer;
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly value: string };
}

/**
 * Undoes `aws-chunked` and checks signatures of chunks, length, SHA-256, MD5 and checksum.
 * @throws S3Failure where something does not match.
 */
export function readUpload(raw: Buffer, request: S3Request, authentication: Authentication | undefined): UploadBody {
  const payload = authentication?.payload ?? request.header('x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD';
  const isStreaming = payload.startsWith('STREAMING-');
  const { bytes, trailers } = isStreaming
    ? decodeChunks(raw, payload, authentication)
    : { bytes: raw, trailers: new Map<string, string>() };
  if (!isStreaming && payload !== 'UNSIGNED-PAYLOAD' && sha256(raw) !== payload) {
    throw new S3Failure('XAmzContentSHA256Mismatch');
  }
  const decodedLength = request.header('x-amz-decoded-content-length');
  if (isStreaming && Number(decodedLength) !== bytes.length) throw new S3Failure('IncompleteBody');
  const md5 = request.header('content-md5');
  if (md5 !== undefined && md5 !== md5Of(bytes)) throw new S3Failure('BadDigest');

  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const name = checksumHeader(algorithm);
    const given = request.header(name) ?? trailers.get(name);
    if (given === undefined) continue;
    const value = checksumOf(algorithm, bytes).toString('base64');
    if (value !== given) {
      throw new S3Failure('BadDigest', {
        message: `The ${algorithm} you specified did not match the calculated checksum.`,
      });
    }
    return { bytes, checksum: { algorithm, value } };
  }
  const announced = checksumAlgorithm(request.header('x-amz-sdk-checksum-algorithm'));
  if (announced && request.header('x-amz-trailer') !== undefined) {
    throw new S3Failure('InvalidRequest', { message: 'The trailer that was announced did not come' });
  }
  return { bytes };
}

function md5Of(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('base64');
}

interface Decoded {
  readonly bytes: Buffer;
  readonly trailers: ReadonlyMap<string, string>;
}

function decodeChunks(raw: Buffer, payload: string, authentication: Authentication | undefined): Decoded {
  const isSigned = payload.startsWith('STREAMING-AWS4-HMAC-SHA256-PAYLOAD');
  const chunks: Buffer[] = [];
  let previous = authentication?.signature ?? '';
  const sign = (kind: string, tail: readonly string[]): Buffer => {
    if (!authentication) throw new S3Failure('SignatureDoesNotMatch');
    const { timestamp, scope, signingKey } = authentication;
    return hmac(signingKey, [`AWS4-HMAC-SHA256-${kind}`, timestamp, scope, previous, ...tail].join('\n'));
  };
  const check = (expected: Buffer, given: string): void => {
    if (!sameSignature(expected, given)) throw new S3Failure('SignatureDoesNotMatch');
    previous = given;
  };

  let at = 0;
  const line = (): string => {
    const end = raw.indexOf('\r\n', at);
    if (end < 0) throw new S3Failure('IncompleteBody');
    const text = raw.toString('latin1', at, end);
    at = end + 2;
    return text;
  };
  for (;;) {
    const [, digits = '', signature = ''] = /^([0-9a-f]+)(?:;chunk-signature=([0-9a-f]{64}))?$/iu.exec(line()) ?? [];
    const size = Number.parseInt(digits, 16);
    if (!(at + size <= raw.length)) throw new S3Failure('IncompleteBody');
    const chunk = raw.subarray(at, at + size);
    if (isSigned) check(sign('PAYLOAD', [EMPTY_SHA256, sha256(chunk)]), signature);
    if (size === 0) break;
    chunks.push(chunk);
    at += size;
    if (line() !== '') throw new S3Failure('IncompleteBody');
  }

  const trailers = new Map<string, string>();
  while (at < raw.length) {
    const [name = '', ...value] = line().split(':');
    if (name !== '') trailers.set(name.trim().toLowerCase(), value.join(':').trim());
  }
  if (isSigned && payload.endsWith('-TRAILER')) {
    const signature = trailers.get('x-amz-trailer-signature') ?? '';
    trailers.delete('x-amz-trailer-signature');
    const canonical = [...trailers].map(([name, value]) => `${name}:${value}\n`).join('');
    check(sign('TRAILER', [sha256(canonical)]), signature);
  }
  return { bytes: Buffer.concat(chunks), trailers };
}
