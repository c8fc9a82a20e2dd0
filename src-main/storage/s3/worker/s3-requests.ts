import { isUtf8 } from 'node:buffer';
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
import { S3Error, s3Error, type S3Failure, type S3Operation } from '../s3-error.ts';
import { describeS3Location, formatS3Uri, type S3Location } from '../s3-uri.ts';
import type { BucketClient, S3Clients } from './s3-clients.ts';
import { archiveOf, type ListedObject, type ListPage, readListPage } from './list-page.ts';
import { failureOf, fromSdk } from './sdk-failure.ts';
import { speaksTls } from './tls-probe.ts';

export type { ListedObject, ListPage } from './list-page.ts';

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
  /**
   * Bytes [start, end) of one revision, or of any where none is given; all of it where no range is given. The body is the
   * caller's to end.
   */
  get(
    location: S3Location,
    revision: string | undefined,
    range: { readonly start: number; readonly end: number } | undefined,
    signal: AbortSignal,
  ): Promise<GetAnswer>;
  /**
   * What is known of an object without reading it.
   * @param of the revision that it must have; with `part`, counted from 1, the size is that of the part.
   */
  head(
    location: S3Location,
    of: { readonly revision?: string; readonly part?: number },
    signal: AbortSignal,
  ): Promise<HeadAnswer>;
  /** By how much the clock of the store was ahead in its last answer about this bucket; undefined where it told no time. */
  clockAheadMs(location: S3Location): number | undefined;
}

export interface HeadAnswer extends Omit<ListedObject, 'key'> {
  readonly checksum?: ObjectChecksum;
}

/** Consent to being charged, where there is one. */
interface Payer {
  readonly RequestPayer?: 'requester';
}

/** A region, other credentials: each can change once. */
const MAX_CORRECTIONS = 3;
/** A thousand keys of the longest kind, each byte written as three, and room to spare. */
const MAX_PAGE_BYTES = 16 * 1024 * 1024;

export function createS3Requests(clients: S3Clients): S3Requests {
  /** By bucket. */
  const aheadMs = new Map<string, number | undefined>();

  /** @param bodyOf the answer's body: until it is closed, the answer is not over. */
  async function send<T>(
    location: S3Location,
    operation: S3Operation,
    signal: AbortSignal,
    request: (client: BucketClient['client'], payer: Payer) => Promise<T>,
    bodyOf?: (answer: T) => unknown,
  ): Promise<T> {
    const tried = new Set<string>();
    for (let correction = 0; ; correction += 1) {
      if (signal.aborted) throw cancelled(signal);
      const bucket = await clients.of(location);
      const over = bucket.use();
      try {
        const { requesterPays } = bucket.circumstances;
        const answer = await request(bucket.client, requesterPays ? { RequestPayer: 'requester' } : {});
        aheadMs.set(bucketOf(location), bucket.clockAheadMs());
        const body = bodyOf?.(answer);
        if (body instanceof Readable) body.once('close', over);
        else over();
        return answer;
      } catch (thrown) {
        over();
        const failure = await withScheme(failureOf(thrown, operation), bucket, signal);
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
        return clients.refreshCredentials(location, bucket);
      default:
        return Promise.resolve(false);
    }
  }

  return {
    async list(location, { prefix, delimiter, maxKeys, from, withRestoreStatus = false }, signal) {
      let xml = '';
      const { $metadata } = await send(location, 'list', signal, (client, payer) => {
        const command = new ListObjectsV2Command({
          Bucket: location.bucket,
          Prefix: prefix,
          // Without it some keys cannot be sent in XML at all.
          EncodingType: 'url',
          ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
          ...(maxKeys === undefined ? {} : { MaxKeys: maxKeys }),
          ...(from === undefined ? {} : { ContinuationToken: from }),
          ...(withRestoreStatus ? { OptionalObjectAttributes: ['RestoreStatus'] } : {}),
          ...payer,
        });
        // Takes the body of a good answer before the SDK does, which would spend seconds on a hundred thousand keys.
        command.middlewareStack.add(
          (next) => async (args) => {
            const result = await next(args);
            const { response } = result;
            if (isGoodAnswer(response)) {
              xml = await textOf(response.body);
              response.body = new Uint8Array();
            }
            return result;
          },
          { step: 'deserialize', priority: 'low', name: 'takeListing' },
        );
        return client.send(command, { abortSignal: signal });
      });
      const read = readListPage(xml, prefix);
      if (read) return read;
      const { circumstances } = await clients.of(location);
      throw s3Error(
        { operation: 'list', name: '', message: 'unexpected token', ...metadataOf($metadata) },
        { location, ...circumstances, nowMs: Date.now() },
      );
    },

    async get(location, revision, range, signal) {
      const ask = (client: BucketClient['client'], payer: Payer): Promise<GetObjectCommandOutput> => {
        const command = new GetObjectCommand({
          Bucket: location.bucket,
          Key: location.key,
          ...(revision === undefined ? {} : { IfMatch: revision }),
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
      };
      const answer = await send(location, 'read', signal, ask, ({ Body }) => Body);
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

    async head(location, { revision, part }, signal) {
      const answer = await send(location, 'read', signal, (client, payer) =>
        client.send(
          new HeadObjectCommand({
            Bucket: location.bucket,
            Key: location.key,
            ChecksumMode: 'ENABLED',
            ...(revision === undefined ? {} : { IfMatch: revision }),
            ...(part === undefined ? {} : { PartNumber: part }),
            ...payer,
          }),
          { abortSignal: signal },
        ),
      );
      const { ContentLength: sizeBytes, ETag, LastModified } = answer;
      if (sizeBytes === undefined || ETag === undefined) {
        throw new S3Error('S3_BAD_SERVER', `${describeS3Location(location)}: the answer tells no size or no ETag.`);
      }
      if (revision !== undefined && ETag !== revision) {
        throw new S3Error('S3_CHANGED', `${describeS3Location(location)}: it was replaced while it was read.`);
      }
      const archivedIn = archiveOf(answer.StorageClass, /ongoing-request="false"/u.test(answer.Restore ?? ''));
      const checksum = checksumOf(answer);
      return {
        sizeBytes,
        revision: ETag,
        modifiedMs: LastModified?.getTime() ?? 0,
        ...(archivedIn === undefined ? {} : { archivedIn }),
        ...(checksum ? { checksum } : {}),
      };
    },

    clockAheadMs: (location) => aheadMs.get(bucketOf(location)),
  };
}

function bucketOf(location: S3Location): string {
  return formatS3Uri({ ...location, key: '' });
}

/** A connection over plain HTTP that breaks before any answer may be one to a server that wants TLS: that is asked. */
async function withScheme(failure: S3Failure, bucket: BucketClient, signal: AbortSignal): Promise<S3Failure> {
  const { endpoint, circumstances } = bucket;
  const isPlain = endpoint?.startsWith('http:') === true && circumstances.proxyHost === undefined;
  const mayBeTls = isPlain && failure.httpStatus === undefined && BREAKS.has(failure.errno ?? '');
  if (!mayBeTls || signal.aborted || !(await speaksTls(endpoint, signal))) return failure;
  return { ...failure, speaksTls: true };
}

/** How a server breaks a connection that it cannot make sense of. */
const BREAKS: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);

function hasHeaders(request: unknown): request is { readonly headers: Record<string, string> } {
  return typeof request === 'object' && request !== null && 'headers' in request && typeof request.headers === 'object';
}

/** @returns whether the body of an answer is there to be taken. */
function isGoodAnswer(response: unknown): response is { body: Readable | Uint8Array } {
  if (typeof response !== 'object' || response === null || !('statusCode' in response)) return false;
  return response.statusCode === 200 && 'body' in response && response.body instanceof Readable;
}

/** The text of a body; empty where it is none, or is far too long. */
async function textOf(body: Readable | Uint8Array): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) return '';
    length += chunk.length;
    if (length > MAX_PAGE_BYTES) return '';
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks, length);
  return isUtf8(bytes) ? bytes.toString() : '';
}

function metadataOf({ httpStatusCode, requestId }: ListObjectsV2CommandOutput['$metadata']): {
  httpStatus?: number;
  requestId?: string;
} {
  return {
    ...(httpStatusCode === undefined ? {} : { httpStatus: httpStatusCode }),
    ...(requestId === undefined ? {} : { requestId }),
  };
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

/** The best that an answer says about the object. */
function checksumOf(answer: Checksums): ObjectChecksum | undefined {
  const stored = [
    ['SHA256', answer.ChecksumSHA256],
    ['CRC64NVME', answer.ChecksumCRC64NVME],
    ['CRC32C', answer.ChecksumCRC32C],
    ['CRC32', answer.ChecksumCRC32],
    ['SHA1', answer.ChecksumSHA1],
  ] as const;
  for (const [algorithm, value] of stored) {
    // A checksum of the checksums of parts ends in the number of parts; one of a single part has none.
    if (value !== undefined && (answer.ChecksumType !== 'COMPOSITE' || value.includes('-'))) {
      return { algorithm, value, wholeObject: !value.includes('-') };
    }
  }
  const { ServerSideEncryption: encryption = 'AES256', SSECustomerAlgorithm: customer } = answer;
  const [, md5] = /^"([0-9a-f]{32})"$/iu.exec(answer.ETag ?? '') ?? [];
  if (md5 === undefined || encryption !== 'AES256' || customer !== undefined) return undefined;
  return { algorithm: 'MD5', value: Buffer.from(md5, 'hex').toString('base64'), wholeObject: true };
}
