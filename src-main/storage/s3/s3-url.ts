import { ServingError } from '../../contracts/serving-error.ts';
import type { ParsedS3Url } from '../../contracts/ui-sources.ts';
import { formatS3Uri, parseS3Uri } from './s3-uri.ts';

/** Host of Amazon S3: bucket, kind, region. Sources: the endpoints page of the S3 user guide, and its older forms. */
const AWS_HOST =
  /^(?:(?<bucket>[a-z0-9][a-z0-9._-]*)\.)?s3(?:-(?<kind>website|accelerate|fips))?(?:[.-](?:dualstack\.)?(?<region>[a-z]{2}(?:-[a-z]+)+-\d))?\.amazonaws\.com(?:\.cn)?$/u;
const R2_HOST =
  /^(?:(?<bucket>[a-z0-9][a-z0-9-]*)\.)?(?<account>[0-9a-f]{32}(?:\.(?:eu|fedramp))?)\.r2\.cloudflarestorage\.com$/u;
/** A bucket's name, then what hosts of stores often begin with. */
const BUCKET_IN_HOST = /^(?<bucket>[a-z0-9][a-z0-9-]*)\.(?<host>(?:s3|rgw|minio|storage|objects?)[.-].+)$/u;
const CONSOLE_HOST = /^(?:(?<region>[a-z0-9-]+)\.)?console\.aws\.amazon\.com$/u;

/**
 * Understands what people paste for a place in S3: `s3://` URIs, URLs with the bucket in the path or in the host's name,
 * those with a signature, which is dropped, and those of the AWS console.
 * @throws ServingError INVALID_ARGUMENT. Nothing of the text is in the message: it may hold a signature.
 */
export function parseS3Url(text: string): ParsedS3Url {
  const pasted = text.trim().replace(/^(["'<])(.*)["'>]$/su, '$2');
  if (/^s3a?n?:\/\//iu.test(pasted)) return fromUri(pasted.replace(/^s3[an]:/iu, 's3:'));
  if (!/^https?:\/\//iu.test(pasted) || !URL.canParse(pasted)) throw refused();
  const url = new URL(pasted);
  const notes: string[] = [];
  if (url.username + url.password !== '') notes.push('The login in the URL was left out.');
  const isSigned = [...url.searchParams.keys()].some((name) =>
    /^(?:x-amz-signature|signature|awsaccesskeyid)$/iu.test(name),
  );
  if (isSigned) notes.push('The signature in the URL was left out: choose credentials that may read it.');
  const ofConsole = CONSOLE_HOST.exec(url.hostname)?.groups;
  if (ofConsole) return fromConsole(url, ofConsole['region'], notes);
  return fromHttp(url, notes);
}

function fromUri(uri: string): ParsedS3Url {
  const { endpoint, bucket, key } = parseS3Uri(uri);
  return {
    uri: formatS3Uri({ bucket, key }),
    bucket,
    key,
    ...(endpoint === undefined ? { preset: 'aws' } : { preset: presetOf(new URL(endpoint)), endpoint }),
    notes: [],
  };
}

function fromConsole(url: URL, inHost: string | undefined, notes: readonly string[]): ParsedS3Url {
  const bucket = /^\/s3\/(?:buckets|object)\/([^/]+)/u.exec(url.pathname)?.[1];
  if (bucket === undefined) throw refused();
  const region = url.searchParams.get('region') ?? inHost;
  return placed(bucket, url.searchParams.get('prefix') ?? '', {
    preset: 'aws',
    ...(region !== undefined && region !== null && { region }),
    notes,
  });
}

function fromHttp(url: URL, notes: string[]): ParsedS3Url {
  const aws = AWS_HOST.exec(url.hostname)?.groups;
  const [inPath = '', ...rest] = decodedPath(url).slice(1).split('/');
  const afterBucket = rest.join('/');
  const whole = decodedPath(url).slice(1);
  if (aws) {
    const { bucket, region, kind } = aws;
    if (kind === 'website') notes.push('This is the address of a web site; the bucket behind it is taken.');
    const place = { preset: 'aws' as const, ...(region !== undefined && { region }), notes };
    return bucket === undefined ? placed(inPath, afterBucket, place) : placed(bucket, whole, place);
  }
  const r2 = R2_HOST.exec(url.hostname)?.groups;
  if (r2) {
    const endpoint = `https://${r2['account'] ?? ''}.r2.cloudflarestorage.com`;
    const place = { preset: 'r2' as const, endpoint, region: 'auto', addressing: 'path' as const, notes };
    const { bucket } = r2;
    return bucket === undefined ? placed(inPath, afterBucket, place) : placed(bucket, whole, place);
  }
  const inHost = BUCKET_IN_HOST.exec(url.hostname)?.groups;
  const region = regionOfSignature(url);
  const common = { preset: presetOf(url), ...(region !== undefined && { region }), notes };
  const { bucket, host } = inHost ?? {};
  if (bucket !== undefined && host !== undefined) {
    const endpoint = `${url.protocol}//${host}${url.port === '' ? '' : `:${url.port}`}`;
    return placed(bucket, whole, { ...common, endpoint, addressing: 'virtual' });
  }
  return placed(inPath, afterBucket, { ...common, endpoint: url.origin, addressing: 'path' });
}

function placed(bucket: string, key: string, place: Omit<ParsedS3Url, 'uri' | 'bucket' | 'key'>): ParsedS3Url {
  if (bucket === '') {
    throw new ServingError('INVALID_ARGUMENT', 'this URL names no bucket; add its name after the host');
  }
  // The grammar of URIs judges the bucket and cuts what is too much.
  const parsed = parseS3Uri(formatS3Uri({ bucket, key }));
  return { uri: formatS3Uri(parsed), bucket: parsed.bucket, key: parsed.key, ...place };
}

function decodedPath({ pathname }: URL): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}

/** A signature says which region it is for: `KEY/DATE/REGION/s3/aws4_request`. */
function regionOfSignature({ searchParams }: URL): string | undefined {
  for (const [name, value] of searchParams) {
    const region = /^x-amz-credential$/iu.test(name) ? value.split('/').at(-3) : undefined;
    if (region !== undefined && /^[a-z0-9-]{1,40}$/iu.test(region)) return region;
  }
  return undefined;
}

function presetOf({ port, hostname }: URL): ParsedS3Url['preset'] {
  if (hostname.endsWith('.amazonaws.com')) return 'aws';
  if (port === '9000' || hostname.includes('minio')) return 'minio';
  if (port === '3900' || hostname.includes('garage')) return 'garage';
  return /\brgw\b|ceph/u.test(hostname) ? 'ceph' : 'other';
}

function refused(): ServingError {
  return new ServingError(
    'INVALID_ARGUMENT',
    'this is no place in S3; paste an address like s3://my-bucket/models or https://my-bucket.s3.eu-central-1.amazonaws.com/models',
  );
}
