import type { TestStage } from '../../../contracts/ui-sources.ts';
import type { BucketAddressing } from '../s3-connections.ts';
import type { S3Error } from '../s3-error.ts';
import type { S3Options } from '../s3-options.ts';
import type { S3Location } from '../s3-uri.ts';

export type Fix = NonNullable<TestStage['fix']>;

/** What is known where a stage fails. */
export interface FixContext {
  readonly location: S3Location;
  readonly options: S3Options;
  readonly addressing: BucketAddressing;
  readonly endpoint: URL;
  readonly errno?: string | undefined;
  /** The one that the bucket is in. */
  readonly region?: string;
}

/** What to do about a failed stage of a test, in one sentence without its end; with a change where one is clear. */
export function fixFor(error: S3Error, context: FixContext): Fix | undefined {
  const { location, options, addressing, endpoint, errno = '', region } = context;
  switch (error.s3Code) {
    case 'S3_UNREACHABLE':
      return { text: unreachableText(context, errno) };
    case 'S3_TLS':
      return tlsFix(error, endpoint, location);
    case 'S3_CLOCK_SKEW':
      return { text: 'Set the clock of this computer, best by a time service' };
    case 'S3_WRONG_REGION':
      return region === undefined
        ? { text: 'Set the region that the bucket is in' }
        : { text: `Use region ${region}`, change: { region } };
    case 'S3_NO_REGION':
      return {
        text: 'Use us-east-1: the region of a bucket elsewhere is then found by itself',
        change: { region: 'us-east-1' },
      };
    case 'S3_BAD_CREDENTIALS':
      return { text: credentialsText(error, options) };
    case 'S3_NO_CREDENTIALS':
      return options.problem === undefined
        ? {
            text: 'Enter keys or choose a profile; for a public bucket, anonymous',
            change: { credentials: { kind: 'anonymous' } },
          }
        : { text: 'Enter the keys again' };
    case 'S3_TOKEN_EXPIRED':
      return { text: 'Run aws sso login, or enter new keys with a new session token' };
    case 'S3_NO_SUCH_BUCKET':
      return addressing.style === 'virtual' && options.forcePathStyle === false
        ? { text: 'Check the name of the bucket; where it is right, use path style', change: { addressing: 'path' } }
        : { text: `Check the name of the bucket, and that ${endpoint.host} is the store that has it` };
    case 'S3_LIST_DENIED':
      return { text: listDeniedText(context) };
    case 'S3_GET_DENIED':
      return options.requesterPays
        ? { text: 'Allow s3:GetObject (and kms:Decrypt where SSE-KMS is used) on what is below the prefix' }
        : {
            text: 'Allow s3:GetObject (and kms:Decrypt where SSE-KMS is used) on what is below the prefix; where the requester pays, turn that on',
          };
    case 'S3_KMS_DENIED':
      return { text: 'Allow kms:Decrypt for the key that the objects are encrypted with' };
    case 'S3_ARCHIVED':
      return { text: 'Restore the objects from the archive first' };
    case 'S3_NOT_S3':
      return {
        text: 'Check the endpoint: with MinIO it is the port of the API, not of the console; a login page of the network answers so, too',
      };
    case 'S3_BAD_OPTIONS':
      return { text: 'Check the path of the CA file: it is read on the computer that Slipway runs on' };
    case 'S3_THROTTLED':
    case 'S3_STALLED':
    case 'S3_UNAVAILABLE':
      return { text: 'Test again in a while; where this stays, look at the log of the store' };
    default:
      return undefined;
  }
}

function unreachableText({ options, endpoint }: FixContext, errno: string): string {
  const hasProxy = (endpoint.protocol === 'https:' ? options.proxy.https : options.proxy.http) !== undefined;
  if (hasProxy) return 'Check the proxy, and whether the endpoint is to be reached without it (NO_PROXY)';
  if (errno === 'ECONNREFUSED') return `Nothing listens at ${endpoint.host}: check the port, and that the store runs`;
  return 'Check the endpoint and the network, and whether a proxy is needed';
}

function tlsFix(error: S3Error, endpoint: URL, { endpoint: inUri }: S3Location): Fix {
  if (/speaks (?:TLS|plain HTTP)/u.test(error.message)) {
    const wanted = error.message.includes('speaks TLS') ? 'https:' : 'http:';
    const text = `Begin the endpoint with ${wanted}//`;
    // A change is one of the connection.
    if (inUri !== undefined) return { text };
    return { text, change: { endpoint: `${wanted}//${hostAndPort(endpoint)}` } };
  }
  return {
    text: 'Name the file with the certificate of its authority (PEM) as CA file; ask whoever runs the store for it',
  };
}

/** With the port written out, since that of the other protocol is another one. */
function hostAndPort({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port === '' ? (protocol === 'https:' ? '443' : '80') : port}`;
}

function credentialsText({ message }: S3Error, { credentials, profile }: S3Options): string {
  const where =
    credentials === 'keys' ? 'Enter' : profile === undefined ? 'Set' : `In the AWS profile "${profile}" set`;
  if (/\(InvalidAccessKeyId\b/u.test(message))
    return `The store does not know the access key. ${where} one of this store`;
  if (/\(SignatureDoesNotMatch\b/u.test(message)) {
    return `The store knows the access key, but has another secret for it. ${where} the secret again`;
  }
  return `${where} the access key and its secret again`;
}

function listDeniedText({ location, options }: FixContext): string {
  if (options.credentials === 'anonymous') return 'The bucket is not open to everybody: choose credentials';
  if (location.key === '') return 'Allow s3:ListBucket on the bucket, or give the prefix that may be listed';
  return 'Allow s3:ListBucket on the bucket with this prefix';
}
