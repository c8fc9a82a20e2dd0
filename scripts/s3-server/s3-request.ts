import type { IncomingMessage } from 'node:http';
import { S3Failure } from './s3-failure.ts';

/** The operations that the server knows, by their names in the API; what it does not know is `Other`. */
export const OPERATIONS = [
  'ListBuckets',
  'CreateBucket',
  'HeadBucket',
  'GetBucketLocation',
  'ListObjects',
  'ListObjectsV2',
  'PutObject',
  'GetObject',
  'HeadObject',
  'DeleteObject',
  'CreateMultipartUpload',
  'UploadPart',
  'CompleteMultipartUpload',
  'AbortMultipartUpload',
  'Other',
] as const;
export type S3Operation = (typeof OPERATIONS)[number];

/** A request, taken apart: nothing is normalised, since keys may hold anything. */
export interface S3Request {
  readonly method: string;
  /** Percent-decoded, bucket included. */
  readonly path: string;
  /** Empty for the whole service. */
  readonly bucket: string;
  /** Empty for the bucket itself. */
  readonly key: string;
  readonly operation: S3Operation;
  readonly queryPairs: readonly (readonly [string, string])[];
  /** First value of each name. */
  readonly query: ReadonlyMap<string, string>;
  readonly headerNames: readonly string[];
  /** Several headers of one name are joined by a comma. */
  header(name: string): string | undefined;
}

/** @param domain host name below which buckets are names of their own: `bucket.domain`. */
export function parseRequest(message: IncomingMessage, domain: string): S3Request {
  const [rawPath = '', ...rest] = (message.url ?? '/').split('?');
  const path = decode(rawPath);
  const queryPairs = rest
    .join('?')
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair): [string, string] => {
      const [name = '', ...value] = pair.split('=');
      return [decodeQuery(name), decodeQuery(value.join('='))];
    });
  const query = new Map(queryPairs.toReversed());
  const header = (name: string): string | undefined => message.headersDistinct[name]?.join(',');

  const host = (header('host') ?? '').replace(/:\d+$/u, '');
  const hosted = host.endsWith(`.${domain}`) ? host.slice(0, -domain.length - 1) : undefined;
  const [, first = '', remainder = ''] = /^\/([^/]*)(?:\/([\s\S]*))?$/u.exec(path) ?? [];
  const bucket = hosted ?? first;
  const key = hosted === undefined ? remainder : path.slice(1);
  const method = message.method ?? 'GET';
  return {
    method,
    path,
    bucket,
    key,
    operation: operationOf(method, bucket, key, query),
    queryPairs,
    query,
    headerNames: Object.keys(message.headersDistinct),
    header,
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Failure('InvalidURI');
  }
}

function decodeQuery(text: string): string {
  return decode(text.replaceAll('+', '%20'));
}

/** RFC 3986, as Signature Version 4 and `EncodingType=url` want it: all but the unreserved characters. */
export function encodeForSignature(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/gu,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Sub-resources that are operations of their own, which the server has not got. */
const SUBRESOURCES = [
  'acl',
  'tagging',
  'versions',
  'versioning',
  'policy',
  'attributes',
  'delete',
  'cors',
  'lifecycle',
];

function operationOf(method: string, bucket: string, key: string, query: ReadonlyMap<string, string>): S3Operation {
  if (SUBRESOURCES.some((name) => query.has(name))) return 'Other';
  if (bucket === '') return method === 'GET' ? 'ListBuckets' : 'Other';
  if (key === '') {
    if (method === 'GET' && query.has('location')) return 'GetBucketLocation';
    if (method === 'GET' && query.has('uploads')) return 'Other';
    if (method === 'GET') return query.get('list-type') === '2' ? 'ListObjectsV2' : 'ListObjects';
    return method === 'PUT' ? 'CreateBucket' : method === 'HEAD' ? 'HeadBucket' : 'Other';
  }
  if (method === 'GET') return query.has('uploadId') ? 'Other' : 'GetObject';
  if (method === 'HEAD') return 'HeadObject';
  if (method === 'PUT') return query.has('uploadId') ? 'UploadPart' : 'PutObject';
  if (method === 'DELETE') return query.has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject';
  if (method === 'POST' && query.has('uploads')) return 'CreateMultipartUpload';
  if (method === 'POST' && query.has('uploadId')) return 'CompleteMultipartUpload';
  return 'Other';
}
