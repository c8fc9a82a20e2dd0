import { ConnectionId } from '../../contracts/ids.ts';
import { ServingError } from '../../contracts/serving-error.ts';

/** Where something is in an S3-compatible store. */
export interface S3Location {
  /** The connection to reach it by, where the URI names one. */
  readonly connection?: ConnectionId;
  /** Scheme, host and port where the URI names an endpoint; absent: the endpoint of the options. */
  readonly endpoint?: string;
  /** A bucket's name, or the ARN of an access point. */
  readonly bucket: string;
  /** A key, or a prefix without its last `/`; empty for the bucket itself. Verbatim: nothing in it is encoded. */
  readonly key: string;
}

const SCHEME = 's3://';
const EXAMPLE = 's3://my-bucket/models/my_model';

/** A host name, IPv4 or bracketed IPv6 address with a port. */
const HOST_AND_PORT = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]):\d{1,5}$/iu;
const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/iu;
/** Names of today and, for stores that still have them, of yesterday: capitals, underscores, up to 255 characters. */
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,253}[a-z0-9]$/iu;
/** The access points of AWS; the last part is separated by `/` or `:`. */
const ARN =
  /^arn:[a-z0-9-]+:s3(?:-outposts|-object-lambda)?:[a-z0-9-]*:\d{12}:(?:outpost[/:][a-z0-9-]+[/:])?accesspoint[/:][a-z0-9.-]+(?=\/|$)/iu;
/** The id of a connection, in front of a bucket. No access key looks like one: they have capitals, or a colon after them. */
const CONNECTION = /^([a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?)@(?=[^/@]+(?:\/|$))/u;
const CONTROL = /\p{Cc}/u;

/**
 * Takes an S3 URI apart: `s3://bucket[/prefix]`, with an endpoint `s3://host:port/bucket[/prefix]` (plain HTTP) and
 * `s3://http(s)://host[:port]/bucket[/prefix]`, and `s3://arn:...:accesspoint/name[/prefix]`. In front of a bucket or an
 * ARN the connection may be named: `s3://minio-lab@bucket[/prefix]`. Keys are taken verbatim:
 * `%`, `?`, `#`, `..` and repeated `/` mean nothing, which is why no URL parser is used. Slashes at the end are dropped.
 * Sources of the endpoint forms: Triton core/src/filesystem/implementations/s3.h, OpenVINO Model Server s3filesystem.cpp.
 * @throws ServingError INVALID_ARGUMENT with the fix.
 */
export function parseS3Uri(uri: string): S3Location {
  if (uri.slice(0, SCHEME.length).toLowerCase() !== SCHEME) throw refused('it does not begin with s3://');
  const rest = uri.slice(SCHEME.length);
  if (CONTROL.test(rest)) throw refused('it contains a control character');

  const named = CONNECTION.exec(rest)?.[1];
  if (named !== undefined) {
    const place = rest.slice(named.length + 1);
    if (HOST_AND_PORT.test(place.split('/', 1)[0] ?? '') || /^https?:\/\//iu.test(place)) {
      throw refused('it names a connection and an endpoint; the connection has its own');
    }
    return { connection: ConnectionId.parse(named), ...parseS3Uri(SCHEME + place) };
  }

  const arn = ARN.exec(rest)?.[0];
  if (arn !== undefined) return { bucket: arn, key: keyOf(rest.slice(arn.length)) };
  if (/^arn:/iu.test(rest)) throw refused('its ARN is not that of an access point');

  const scheme = /^https?:\/\//iu.exec(rest)?.[0];
  const afterScheme = rest.slice(scheme?.length ?? 0);
  const [first = ''] = afterScheme.split('/', 1);
  // Not repeated in the message: what is before the sign may be a secret.
  if (first.includes('@')) {
    throw refused('credentials do not belong into it; put them into the environment or an AWS profile');
  }
  if (scheme === undefined && !HOST_AND_PORT.test(first)) return inBucket(afterScheme);
  if (!HOST.test(first)) throw refused('the host of its endpoint is not one');
  const port = Number(/:(\d+)$/u.exec(first)?.[1] ?? 1);
  if (port < 1 || port > 65_535) throw refused('the port of its endpoint is not between 1 and 65535');
  const endpoint = (scheme ?? 'http://').toLowerCase() + first.toLowerCase();
  return { endpoint, ...inBucket(afterScheme.slice(first.length + 1)) };
}

function inBucket(text: string): Pick<S3Location, 'bucket' | 'key'> {
  const [bucket = ''] = text.split('/', 1);
  if (bucket === '') throw refused('it names no bucket');
  if (!BUCKET.test(bucket) || bucket.includes('..')) {
    throw refused('the name of its bucket is not one: 3 to 63 lower-case letters, digits, dots and hyphens');
  }
  return { bucket, key: keyOf(text.slice(bucket.length)) };
}

/** @param text what follows the bucket: empty, or with a slash at its beginning, which belongs to the bucket. */
function keyOf(text: string): string {
  return text.replace(/\/+$/u, '').slice(1);
}

function refused(reason: string): ServingError {
  return new ServingError(
    'INVALID_ARGUMENT',
    `this is not the URI of a place in S3: ${reason}; write it like ${EXAMPLE}`,
  );
}

/** The URI of a place; {@link parseS3Uri} gives the place back. */
export function formatS3Uri({ connection, endpoint, bucket, key }: S3Location): string {
  const by = connection === undefined ? '' : `${connection}@`;
  const root = endpoint === undefined ? SCHEME + by + bucket : `${SCHEME}${endpoint}/${bucket}`;
  return key === '' ? root : `${root}/${key}`;
}

/** A place for messages, which can end in an HTTP answer: the bucket and the last segment. */
export function describeS3Location({ bucket, key }: Pick<S3Location, 'bucket' | 'key'>): string {
  if (key === '') return SCHEME + bucket;
  const last = key.slice(key.lastIndexOf('/') + 1);
  return last === key ? `${SCHEME}${bucket}/${key}` : `${SCHEME}${bucket}/…/${last}`;
}
