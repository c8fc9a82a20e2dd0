import type { Bucket, SortedKey, StoredObject } from './object-store.ts';
import { S3Failure } from './s3-failure.ts';
import { encodeForSignature, type S3Request } from './s3-request.ts';
import { type XmlElement, xmlDocument } from './xml.ts';

/** One page of a listing. */
interface Page {
  readonly objects: readonly StoredObject[];
  readonly commonPrefixes: readonly string[];
  /** Where the next page starts; undefined at the end. */
  readonly next?: string;
  /** The last entry: what ListObjects calls NextMarker. */
  readonly last?: string;
}

/** Answers ListObjectsV2 and ListObjects (version 1). */
export function listObjects(bucket: Bucket, request: S3Request, maxKeysPerPage: number): string {
  const { query } = request;
  const isV2 = request.operation === 'ListObjectsV2';
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const token = query.get('continuation-token');
  const after = query.get(isV2 ? 'start-after' : 'marker') ?? '';
  const encoding = query.get('encoding-type');
  if (encoding !== undefined && encoding !== 'url') {
    throw new S3Failure('InvalidArgument', { message: 'Invalid Encoding Method specified in Request' });
  }
  const maxKeys = Number(query.get('max-keys') ?? '1000');
  if (!Number.isInteger(maxKeys) || maxKeys < 0) {
    throw new S3Failure('InvalidArgument', { message: 'Argument maxKeys must be an integer between 0 and 2147483647' });
  }
  const from = token === undefined ? startAfter(bucket.sortedKeys(), after, delimiter, prefix) : readToken(token);
  const page = readPage(bucket, { prefix, delimiter, from, limit: Math.min(maxKeys, maxKeysPerPage) });

  // A space as `+` is what Amazon S3 sends; clients have to know.
  const encoded = (text: string): string =>
    encoding === 'url' ? encodeForSignature(text).replaceAll('%20', '+').replaceAll('%2F', '/') : text;
  const elements: XmlElement[] = [
    ['Name', bucket.name],
    ['Prefix', encoded(prefix)],
  ];
  if (delimiter !== '') elements.push(['Delimiter', encoded(delimiter)]);
  elements.push(['MaxKeys', maxKeys]);
  if (encoding !== undefined) elements.push(['EncodingType', encoding]);
  if (isV2) {
    elements.push(['KeyCount', page.objects.length + page.commonPrefixes.length]);
    if (token !== undefined) elements.push(['ContinuationToken', token]);
    if (after !== '') elements.push(['StartAfter', encoded(after)]);
    if (page.next !== undefined) elements.push(['NextContinuationToken', writeToken(page.next)]);
  } else {
    elements.push(['Marker', encoded(after)]);
    if (page.next !== undefined && delimiter !== '') elements.push(['NextMarker', encoded(page.last ?? '')]);
  }
  elements.push(['IsTruncated', page.next !== undefined]);
  elements.push(...page.objects.map((object): XmlElement => ['Contents', contentsOf(object, encoded)]));
  elements.push(...page.commonPrefixes.map((name): XmlElement => ['CommonPrefixes', [['Prefix', encoded(name)]]]));
  return xmlDocument('ListBucketResult', elements);
}

function contentsOf(object: StoredObject, encoded: (text: string) => string): readonly XmlElement[] {
  const elements: XmlElement[] = [
    ['Key', encoded(object.key)],
    // Listings round to the second, like the Last-Modified header.
    ['LastModified', new Date(Math.floor(object.modifiedMs / 1000) * 1000).toISOString()],
    ['ETag', object.etag],
  ];
  if (object.checksum) {
    elements.push(['ChecksumAlgorithm', object.checksum.algorithm], ['ChecksumType', object.checksum.type]);
  }
  elements.push(['Size', object.body.sizeBytes], ['StorageClass', object.storageClass]);
  return elements;
}

interface PageRequest {
  readonly prefix: string;
  readonly delimiter: string;
  /** First key that may be given, in bytes. */
  readonly from: Buffer;
  readonly limit: number;
}

function readPage(bucket: Bucket, { prefix, delimiter, from, limit }: PageRequest): Page {
  const keys = bucket.sortedKeys();
  const prefixBytes = Buffer.from(prefix);
  const objects: StoredObject[] = [];
  const commonPrefixes: string[] = [];
  let last: string | undefined;
  let index = firstFrom(keys, Buffer.compare(from, prefixBytes) > 0 ? from : prefixBytes);
  for (;;) {
    const entry = keys[index];
    if (!entry?.key.startsWith(prefix) || limit === 0)
      return { objects, commonPrefixes, ...(last !== undefined && { last }) };
    if (objects.length + commonPrefixes.length === limit) {
      return { objects, commonPrefixes, next: entry.key, ...(last !== undefined && { last }) };
    }
    const cut = delimiter === '' ? -1 : entry.key.indexOf(delimiter, prefix.length);
    if (cut < 0) {
      const object = bucket.get(entry.key);
      if (object) objects.push(object);
      last = entry.key;
      index += 1;
    } else {
      last = entry.key.slice(0, cut + delimiter.length);
      commonPrefixes.push(last);
      index = firstFrom(keys, afterPrefix(last));
    }
  }
}

/** A key, or the common prefix that an earlier page ended with, is not given again. */
function startAfter(keys: readonly SortedKey[], after: string, delimiter: string, prefix: string): Buffer {
  if (after === '') return Buffer.alloc(0);
  const isCommonPrefix = delimiter !== '' && after.startsWith(prefix) && after.endsWith(delimiter);
  if (isCommonPrefix && after.length > prefix.length) return afterPrefix(after);
  const next = Buffer.concat([Buffer.from(after), Buffer.alloc(1)]);
  return keys[firstFrom(keys, next)]?.bytes ?? next;
}

/** Below every key after those that start with `prefix`. */
function afterPrefix(prefix: string): Buffer {
  const bytes = Buffer.from(prefix);
  const at = bytes.length - 1;
  // The last byte of a delimiter is below 0xff, as every byte of UTF-8 is.
  bytes[at] = (bytes[at] ?? 0) + 1;
  return bytes;
}

function firstFrom(keys: readonly SortedKey[], from: Buffer): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = keys[middle];
    if (entry && Buffer.compare(entry.bytes, from) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

const TOKEN = /^1:(.*)$/su;

function writeToken(next: string): string {
  return Buffer.from(`1:${next}`).toString('base64');
}

function readToken(token: string): Buffer {
  const [, next] = TOKEN.exec(Buffer.from(token, 'base64').toString()) ?? [];
  if (next === undefined) {
    throw new S3Failure('InvalidArgument', { message: 'The continuation token provided is incorrect' });
  }
  return Buffer.from(next);
}
