import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
import { cancelled } from '../../abortable.ts';
import type { ObjectChecksum } from '../../download/object-reader.ts';
import type { RangeAnswer } from '../../download/range-answer.ts';
import { S3Error, s3Error, type S3Operation } from '../s3-error.ts';
import { describeS3Location, type S3Location } from '../s3-uri.ts';
import type { BucketClient, S3Clients } from './s3-clients.ts';
import { failureOf, fromSdk } from './sdk-failure.ts';

/** One object of a listing. */
export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  /** Milliseconds since the Unix epoch. */
  readonly modifiedMs: number;
  /** The ETag, with its quotes. */
  readonly revision: string;
  /** Set where it has to be restored before it can be read. */
  readonly archivedIn?: string;
}

export interface ListPage {
  readonly objects: readonly ListedObject[];
  /** With the prefix, and the slash at their end. */
  readonly prefixes: readonly string[];
  /** Set where there is another page. */
  readonly next?: string;
}

export interface ListQuery {
  readonly prefix: string;
  readonly delimiter?: '/';
  readonly maxKeys?: number;
  /** What the page before gave. */
  readonly from?: string;
  /** Asks whether archived objects are restored, which not every store can tell. */
  readonly withRestoreStatus?: boolean;
}

/** The answer to a request for (a part of) an object. */
export interface GetAnswer extends RangeAnswer {
  readonly body: Readable;
  readonly checksum?: ObjectChecksum;
}

/**
 * Requests to stores. Each follows a bucket into its region, reads credentials again where the store does not take them,
 * and rejects with S3Error or ServingError CANCELLED.
 */
export interface S3Requests {
  /** One page; what is no listing of S3 is an error. */
  list(location: S3Location, query: ListQuery, signal: AbortSignal): Promise<ListPage>;
  /** Bytes [start, end) of one revision; all of it where no range is given. The body is the caller's to end. */
  get(
    location: S3Location,
    revision: string,
    range: { readonly start: number; readonly end: number } | undefined,
    signal: AbortSignal,
  ): Promise<GetAnswer>;
  /** The checksum of a whole object, where the store has one. */
  checksum(location: S3Location, revision: string, signal: AbortSignal): Promise<ObjectChecksum | undefined>;
}

/** A region, other credentials: each can change once. */
const MAX_CORRECTIONS = 3;
const ARCHIVES = new Set(['GLACIER', 'DEEP_ARCHIVE']);

export function createS3Requests(clients: S3Clients, requesterPays: boolean): S3Requests {
  const payer = requesterPays ? { RequestPayer: 'requester' as const } : {};

  async function send<T>(
    location: S3Location,
    operation: S3Operation,
    signal: AbortSignal,
    request: (client: BucketClient['client']) => Promise<T>,
  ): Promise<T> {
    const tried = new Set<string>();
    for (let correction = 0; ; correction += 1) {
      if (signal.aborted) throw cancelled(signal);
      const bucket = await clients.of(location);
      try {
        return await request(bucket.client);
      } catch (thrown) {
        const failure = failureOf(thrown, operation);
        const accessKeyId = bucket.accessKey();
        const circumstances = {
          location,
          ...bucket.circumstances,
          ...(accessKeyId === undefined ? {} : { accessKeyId }),
          nowMs: Date.now(),
        };
        const error = fromSdk(thrown, failure, circumstances, signal);
        const code = error instanceof S3Error ? error.s3Code : '';
        const isCorrected =
          correction < MAX_CORRECTIONS &&
          !tried.has(code) &&
          (await correct(location, bucket, code, failure.region ?? ''));
        if (!isCorrected) throw error;
        tried.add(code);
      }
    }
  }

  /** @returns whether another try makes sense. */
  function correct(location: S3Location, bucket: BucketClient, code: string, region: string): Promise<boolean> {
    switch (code) {
      case 'S3_WRONG_REGION':
        return Promise.resolve(/^[a-z0-9-]{1,40}$/iu.test(region) && clients.moved(location, region));
      case 'S3_BAD_CREDENTIALS':
      case 'S3_TOKEN_EXPIRED':
      case 'S3_NO_CREDENTIALS':
        return clients.refreshCredentials(bucket);
      default:
        return Promise.resolve(false);
    }
  }

  return {
    async list(location, { prefix, delimiter, maxKeys, from, withRestoreStatus = false }, signal) {
      const page = await send(location, 'list', signal, (client) =>
        client.send(
          new ListObjectsV2Command({
            Bucket: location.bucket,
            Prefix: prefix,
            // The SDK does not decode, but without it some keys cannot be sent in XML at all.
            EncodingType: 'url',
            ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
            ...(maxKeys === undefined ? {} : { MaxKeys: maxKeys }),
            ...(from === undefined ? {} : { ContinuationToken: from }),
            ...(withRestoreStatus ? { OptionalObjectAttributes: ['RestoreStatus'] } : {}),
            ...payer,
          }),
          { abortSignal: signal },
        ),
      );
      const read = readPage(page, prefix);
      if (read) return read;
      const { circumstances } = await clients.of(location);
      // A page of HTML looks to the SDK like an empty listing, and an empty listing must not unload anything.
      throw s3Error(
        { operation: 'list', name: '', message: 'unexpected token', ...metadataOf(page) },
        { location, ...circumstances, nowMs: Date.now() },
      );
    },

    async get(location, revision, range, signal) {
      const answer = await send(location, 'read', signal, (client) => {
        const command = new GetObjectCommand({
          Bucket: location.bucket,
          Key: location.key,
          IfMatch: revision,
          ...(range ? { Range: `bytes=${range.start}-${range.end - 1}` } : {}),
          ...payer,
        });
        // Asks for the stored checksum without having the SDK compute it a second time.
        command.middlewareStack.add(
          (next) => (args) => {
            const { request } = args;
            if (hasHeaders(request)) request.headers['x-amz-checksum-mode'] = 'ENABLED';
            return next(args);
          },
          { step: 'build', name: 'askForChecksum' },
        );
        return client.send(command, { abortSignal: signal });
      });
      const { Body: body } = answer;
      if (!(body instanceof Readable)) {
        throw new S3Error('S3_BAD_SERVER', `${describeS3Location(location)}: the answer has no body.`);
      }
      const checksum = checksumOf(answer);
      return {
        status: answer.$metadata.httpStatusCode ?? 0,
        contentRange: answer.ContentRange,
        contentLength: answer.ContentLength,
        revision: answer.ETag,
        body,
        ...(checksum ? { checksum } : {}),
      };
    },

    async checksum(location, revision, signal) {
      const answer = await send(location, 'read', signal, (client) =>
        client.send(
          new HeadObjectCommand({
            Bucket: location.bucket,
            Key: location.key,
            IfMatch: revision,
            ChecksumMode: 'ENABLED',
            ...payer,
          }),
          { abortSignal: signal },
        ),
      );
      return answer.ETag === revision ? checksumOf(answer) : undefined;
    },
  };
}

function hasHeaders(request: unknown): request is { readonly headers: Record<string, string> } {
  return typeof request === 'object' && request !== null && 'headers' in request && typeof request.headers === 'object';
}

function metadataOf({ $metadata }: ListObjectsV2CommandOutput): { httpStatus?: number; requestId?: string } {
  const { httpStatusCode, requestId } = $metadata;
  return {
    ...(httpStatusCode === undefined ? {} : { httpStatus: httpStatusCode }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}

/** @returns undefined for what is no listing of these keys. */
function readPage(page: ListObjectsV2CommandOutput, prefix: string): ListPage | undefined {
  const { Name, IsTruncated, NextContinuationToken, EncodingType, Contents = [], CommonPrefixes = [] } = page;
  if (Name === undefined || IsTruncated === undefined) return undefined;
  if (IsTruncated && NextContinuationToken === undefined) return undefined;
  const decode = (text: string | undefined): string | undefined => {
    const decoded = EncodingType === 'url' && text !== undefined ? decodeKey(text) : text;
    return decoded?.startsWith(prefix) ? decoded : undefined;
  };
  const objects: ListedObject[] = [];
  for (const { Key, Size, ETag, LastModified, StorageClass, RestoreStatus } of Contents) {
    const key = decode(Key);
    if (key === undefined || Size === undefined || ETag === undefined) return undefined;
    const isArchived =
      StorageClass !== undefined && ARCHIVES.has(StorageClass) && RestoreStatus?.RestoreExpiryDate === undefined;
    objects.push({
      key,
      sizeBytes: Size,
      modifiedMs: LastModified?.getTime() ?? 0,
      revision: ETag,
      ...(isArchived ? { archivedIn: StorageClass } : {}),
    });
  }
  const prefixes: string[] = [];
  for (const { Prefix } of CommonPrefixes) {
    const decoded = decode(Prefix);
    if (decoded === undefined) return undefined;
    prefixes.push(decoded);
  }
  return { objects, prefixes, ...(IsTruncated ? { next: NextContinuationToken ?? '' } : {}) };
}

function decodeKey(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

type Checksums = Pick<
  GetObjectCommandOutput,
  | 'ChecksumCRC64NVME'
  | 'ChecksumCRC32'
  | 'ChecksumCRC32C'
  | 'ChecksumSHA256'
  | 'ChecksumSHA1'
  | 'ChecksumType'
  | 'ETag'
  | 'ServerSideEncryption'
  | 'SSECustomerAlgorithm'
>;

/** The best that an answer says about the whole object. */
function checksumOf(answer: Checksums): ObjectChecksum | undefined {
  const stored = [
    ['SHA256', answer.ChecksumSHA256],
    ['CRC64NVME', answer.ChecksumCRC64NVME],
    ['CRC32C', answer.ChecksumCRC32C],
    ['CRC32', answer.ChecksumCRC32],
    ['SHA1', answer.ChecksumSHA1],
  ] as const;
  for (const [algorithm, value] of stored) {
    // A checksum of the checksums of parts ends in the number of parts.
    if (value === undefined || answer.ChecksumType === 'COMPOSITE' || value.includes('-')) continue;
    return { algorithm, value, wholeObject: true };
  }
  const { ServerSideEncryption: encryption = 'AES256', SSECustomerAlgorithm: customer } = answer;
  const [, md5] = /^"([0-9a-f]{32})"$/iu.exec(answer.ETag ?? '') ?? [];
  if (md5 === undefined || encryption !== 'AES256' || customer !== undefined) return undefined;
  return { algorithm: 'MD5', value: Buffer.from(md5, 'hex').toString('base64'), wholeObject: true };
}
