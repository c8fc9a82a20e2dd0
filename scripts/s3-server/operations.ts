import { randomUUID } from 'node:crypto';
import { type Answer, xmlAnswer } from './answer.ts';
import { checksumAlgorithm, checksumHeader, CHECKSUM_ALGORITHMS, type ChecksumType } from './checksums.ts';
import { listObjects } from './listing.ts';
import { assemble, bodyOf, Bucket, type PutOptions, type S3Store, type StoredObject } from './object-store.ts';
import { S3Failure } from './s3-failure.ts';
import type { S3Request } from './s3-request.ts';
import type { Authentication } from './signature.ts';
import { readUpload } from './upload-body.ts';
import { elementsOf, textOf, xmlDocument } from './xml.ts';

/** A request that may be answered. */
export interface OperationContext {
  readonly request: S3Request;
  readonly bucket: Bucket | undefined;
  readonly body: Buffer;
  readonly authentication: Authentication | undefined;
  readonly store: S3Store;
  /** Who may not list is not told what is missing. */
  readonly mayList: boolean;
  readonly ignoreConditions: boolean;
  readonly ignoreRange: boolean;
}

/** @throws S3Failure */
export function answerOperation(context: OperationContext): Answer {
  const { request, bucket, store } = context;
  if (request.operation === 'ListBuckets') return listBuckets(store);
  if (request.operation === 'CreateBucket') return createBucket(context);
  if (!bucket) throw new S3Failure('NoSuchBucket');
  switch (request.operation) {
    case 'HeadBucket':
      return { status: 200, headers: { 'x-amz-bucket-region': bucket.region } };
    case 'GetBucketLocation':
      return xmlAnswer(xmlDocument('LocationConstraint', []).replace('></', `>${bucket.region}</`));
    case 'ListObjects':
    case 'ListObjectsV2':
      return withHeaders(xmlAnswer(listObjects(bucket, request, store.behaviour.maxKeysPerPage)), {
        'x-amz-bucket-region': bucket.region,
      });
    case 'GetObject':
    case 'HeadObject':
      return getObject(context, bucket);
    case 'PutObject':
      return putObject(context, bucket);
    case 'DeleteObject':
      bucket.delete(request.key);
      return { status: 204, headers: {} };
    case 'CreateMultipartUpload':
      return createUpload(context, bucket);
    case 'UploadPart':
      return uploadPart(context, bucket);
    case 'CompleteMultipartUpload':
      return completeUpload(context, bucket);
    case 'AbortMultipartUpload':
      bucket.upload(request.query.get('uploadId'), request.key);
      bucket.uploads.delete(request.query.get('uploadId') ?? '');
      return { status: 204, headers: {} };
    case 'Other':
      throw new S3Failure('NotImplemented');
    default:
      return request.operation satisfies never;
  }
}

function withHeaders(answer: Answer, headers: Readonly<Record<string, string>>): Answer {
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

function listBuckets(store: S3Store): Answer {
  const buckets = [...store.buckets.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1));
  return xmlAnswer(
    xmlDocument('ListAllMyBucketsResult', [
      ['Owner', [['ID', 'owner']]],
      [
        'Buckets',
        buckets.map((bucket) => [
          'Bucket',
          [
            ['Name', bucket.name],
            ['CreationDate', new Date(bucket.createdMs).toISOString()],
            ['BucketRegion', bucket.region],
          ],
        ]),
      ],
    ]),
  );
}

function createBucket({ request, store, body }: OperationContext): Answer {
  if (store.buckets.has(request.bucket)) throw new S3Failure('BucketAlreadyOwnedByYou');
  const region = textOf(body.toString(), 'LocationConstraint') ?? store.region;
  store.buckets.set(request.bucket, new Bucket(request.bucket, { region }, store.nowMs()));
  return { status: 200, headers: { Location: `/${request.bucket}`, 'Content-Length': '0' } };
}

function existing({ request, mayList }: OperationContext, bucket: Bucket): StoredObject {
  const object = bucket.get(request.key);
  if (object) return object;
  throw mayList ? new S3Failure('NoSuchKey', { elements: { Key: request.key } }) : new S3Failure('AccessDenied');
}

const ARCHIVED = new Set(['GLACIER', 'DEEP_ARCHIVE']);

function getObject(context: OperationContext, bucket: Bucket): Answer {
  const { request } = context;
  const object = existing(context, bucket);
  if (request.operation === 'GetObject' && ARCHIVED.has(object.storageClass)) {
    throw new S3Failure('InvalidObjectState', { elements: { StorageClass: object.storageClass } });
  }
  const headers: Record<string, string> = {
    ETag: object.etag,
    'Last-Modified': new Date(object.modifiedMs).toUTCString(),
    'Accept-Ranges': 'bytes',
    'Content-Type': object.contentType,
  };
  if (object.storageClass !== 'STANDARD') headers['x-amz-storage-class'] = object.storageClass;
  if (object.encryption !== undefined) headers['x-amz-server-side-encryption'] = object.encryption;

  if (!context.ignoreConditions) {
    const unchanged = checkConditions(request, object);
    if (unchanged) return { status: 304, headers };
  }
  const size = object.body.sizeBytes;
  const part = partOf(request, object);
  const range = part ?? (context.ignoreRange ? undefined : parseRange(request.header('range'), size));
  const { start, end } = range ?? { start: 0, end: size };
  headers['Content-Length'] = String(end - start);
  if (range) headers['Content-Range'] = `bytes ${start}-${end - 1}/${size}`;
  if (object.parts && request.query.has('partNumber')) headers['x-amz-mp-parts-count'] = String(object.parts.length);

  const { checksum } = object;
  if (checksum && request.header('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED') {
    // A range has none, but where it is a part that was uploaded with one.
    const value = part ? part.checksum : range ? undefined : checksum.value;
    if (value !== undefined) {
      headers[checksumHeader(checksum.algorithm)] = value;
      headers['x-amz-checksum-type'] = checksum.type;
    }
  }
  return { status: range ? 206 : 200, headers, body: { of: object.body, start, end } };
}

/** The part that `partNumber` asks for; an object that was uploaded whole is its own part 1. */
function partOf(
  request: S3Request,
  object: StoredObject,
): { start: number; end: number; checksum?: string } | undefined {
  const number = request.query.get('partNumber');
  if (number === undefined) return undefined;
  if (request.header('range') !== undefined) {
    throw new S3Failure('InvalidRequest', {
      message: 'Cannot specify both Range header and partNumber query parameter',
    });
  }
  const whole = { start: 0, end: object.body.sizeBytes, ...(object.checksum && { checksum: object.checksum.value }) };
  const part = (object.parts ?? [whole])[Number(number) - 1];
  if (!part) throw new S3Failure('InvalidRange', { message: 'The requested partnumber is not satisfiable' });
  return part;
}

/**
 * The one range of a Range header. What is no valid single range is ignored, as RFC 9110 has it.
 * @throws S3Failure InvalidRange where no byte of the object is in it.
 */
function parseRange(header: string | undefined, sizeBytes: number): { start: number; end: number } | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/u.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const suffix = first === '';
  const start = suffix ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const end = suffix || last === '' ? sizeBytes : Math.min(sizeBytes, Number(last) + 1);
  if (!suffix && last !== '' && Number(last) < start) return undefined;
  if (start >= sizeBytes || (suffix && Number(last) === 0)) {
    throw new S3Failure('InvalidRange', {
      elements: { RangeRequested: header ?? '', ActualObjectSize: String(sizeBytes) },
      headers: { 'Content-Range': `bytes */${sizeBytes}` },
    });
  }
  return { start, end };
}

/** @returns whether the client has it already. @throws S3Failure PreconditionFailed. */
function checkConditions(request: S3Request, object: StoredObject): boolean {
  const failed = (condition: string): S3Failure =>
    new S3Failure('PreconditionFailed', { elements: { Condition: condition } });
  const names = (header: string): boolean =>
    header === '*' ||
    header.split(',').some((etag) => etag.trim().replaceAll('"', '') === object.etag.replaceAll('"', ''));
  const modifiedSeconds = Math.floor(object.modifiedMs / 1000);
  const secondsOf = (header: string): number => Math.floor(Date.parse(header) / 1000);

  const match = request.header('if-match');
  const unmodified = request.header('if-unmodified-since');
  if (match !== undefined && !names(match)) throw failed('If-Match');
  if (match === undefined && unmodified !== undefined && modifiedSeconds > secondsOf(unmodified)) {
    throw failed('If-Unmodified-Since');
  }
  const noneMatch = request.header('if-none-match');
  const modified = request.header('if-modified-since');
  if (noneMatch !== undefined) return names(noneMatch);
  return modified !== undefined && modifiedSeconds <= secondsOf(modified);
}

function putObject(context: OperationContext, bucket: Bucket): Answer {
  const { request, store } = context;
  requireLength(request);
  if (request.header('if-none-match') === '*' && bucket.get(request.key)) {
    throw new S3Failure('PreconditionFailed', { elements: { Condition: 'If-None-Match' } });
  }
  const upload = readUpload(context.body, request, context.authentication);
  // What comes without a checksum gets this one, as on Amazon S3.
  const algorithm = upload.checksum?.algorithm ?? 'CRC64NVME';
  const object = assemble(request.key, bodyOf(upload.bytes), [], {
    ...optionsOf(request),
    algorithm,
    checksumType: 'FULL_OBJECT',
    nowMs: store.nowMs(),
  });
  bucket.put(object);
  const headers: Record<string, string> = { ETag: object.etag, 'Content-Length': '0' };
  if (object.checksum) headers[checksumHeader(algorithm)] = object.checksum.value;
  return { status: 200, headers };
}

function requireLength(request: S3Request): void {
  const hasLength = request.header('content-length') !== undefined;
  if (!hasLength && request.header('x-amz-decoded-content-length') === undefined) {
    throw new S3Failure('MissingContentLength');
  }
}

function optionsOf(request: S3Request): Omit<PutOptions, 'checksum' | 'checksumType'> {
  const storageClass = request.header('x-amz-storage-class');
  const contentType = request.header('content-type');
  const encryption = request.header('x-amz-server-side-encryption');
  return {
    ...(storageClass !== undefined && { storageClass }),
    ...(contentType !== undefined && { contentType }),
    ...((encryption === 'AES256' || encryption === 'aws:kms') && { encryption }),
  };
}

function createUpload({ request }: OperationContext, bucket: Bucket): Answer {
  const algorithm = checksumAlgorithm(request.header('x-amz-checksum-algorithm'));
  const wanted = request.header('x-amz-checksum-type');
  const usual: ChecksumType = algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE';
  const checksumType = wanted === 'FULL_OBJECT' || wanted === 'COMPOSITE' ? wanted : usual;
  const id = randomUUID();
  bucket.uploads.set(id, { key: request.key, algorithm, checksumType, options: optionsOf(request), parts: new Map() });
  return xmlAnswer(
    xmlDocument('InitiateMultipartUploadResult', [
      ['Bucket', bucket.name],
      ['Key', request.key],
      ['UploadId', id],
    ]),
  );
}

const MAX_PARTS = 10_000;

function uploadPart(context: OperationContext, bucket: Bucket): Answer {
  const { request } = context;
  requireLength(request);
  const upload = bucket.upload(request.query.get('uploadId'), request.key);
  const number = Number(request.query.get('partNumber'));
  if (!(Number.isInteger(number) && number >= 1 && number <= MAX_PARTS)) {
    throw new S3Failure('InvalidArgument', {
      message: 'Part number must be an integer between 1 and 10000, inclusive',
    });
  }
  const { bytes, checksum } = readUpload(context.body, request, context.authentication);
  const { etag } = assemble('', bodyOf(bytes), [], { algorithm: undefined, checksumType: 'FULL_OBJECT', nowMs: 0 });
  upload.parts.set(number, { bytes, etag });
  const headers: Record<string, string> = { ETag: etag, 'Content-Length': '0' };
  if (checksum) headers[checksumHeader(checksum.algorithm)] = checksum.value;
  return { status: 200, headers };
}

const MIN_PART_BYTES = 5 * 1024 * 1024;

function completeUpload({ request, body, store }: OperationContext, bucket: Bucket): Answer {
  const id = request.query.get('uploadId') ?? '';
  const upload = bucket.upload(id, request.key);
  const wanted = elementsOf(body.toString(), 'Part').map((xml) => ({
    number: Number(textOf(xml, 'PartNumber')),
    etag: textOf(xml, 'ETag') ?? '',
  }));
  if (wanted.length === 0) throw new S3Failure('MalformedXML');
  const chunks: Uint8Array[] = [];
  let before = 0;
  for (const [index, { number, etag }] of wanted.entries()) {
    if (number <= before) throw new S3Failure('InvalidPartOrder');
    before = number;
    const part = upload.parts.get(number);
    if (!part || part.etag.replaceAll('"', '') !== etag.replaceAll('"', '')) throw new S3Failure('InvalidPart');
    if (part.bytes.length < MIN_PART_BYTES && index < wanted.length - 1) throw new S3Failure('EntityTooSmall');
    chunks.push(part.bytes);
  }
  const object = assemble(
    request.key,
    bodyOf(Buffer.concat(chunks)),
    chunks.map(({ length }) => length),
    { ...upload.options, algorithm: upload.algorithm, checksumType: upload.checksumType, nowMs: store.nowMs() },
  );
  const given = CHECKSUM_ALGORITHMS.map((name) => request.header(checksumHeader(name))).find(Boolean);
  if (given !== undefined && given !== object.checksum?.value.replace(/-\d+$/u, '')) throw new S3Failure('BadDigest');
  bucket.put(object);
  bucket.uploads.delete(id);
  return xmlAnswer(
    xmlDocument('CompleteMultipartUploadResult', [
      ['Location', `/${bucket.name}/${request.key}`],
      ['Bucket', bucket.name],
      ['Key', request.key],
      ['ETag', object.etag],
    ]),
  );
}
