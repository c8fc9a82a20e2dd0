import type { ErrorCode } from '../../contracts/serving-error.ts';
import type { TransferFault } from '../download/transfer-error.ts';
import { StoreError } from '../remote/store-error.ts';
import { describeS3Location, type S3Location } from './s3-uri.ts';

/** Everything that can go wrong with a store, and the canonical code that it has for callers who know no S3. */
const CODES = {
  S3_WRONG_REGION: 'FAILED_PRECONDITION',
  S3_NO_REGION: 'FAILED_PRECONDITION',
  S3_BAD_CREDENTIALS: 'PERMISSION_DENIED',
  S3_NO_CREDENTIALS: 'PERMISSION_DENIED',
  S3_TOKEN_EXPIRED: 'PERMISSION_DENIED',
  S3_CLOCK_SKEW: 'FAILED_PRECONDITION',
  S3_NO_SUCH_BUCKET: 'NOT_FOUND',
  S3_PREFIX_NOT_FOUND: 'NOT_FOUND',
  S3_WRONG_KIND: 'FAILED_PRECONDITION',
  S3_NOT_S3: 'UNAVAILABLE',
  S3_LIST_DENIED: 'PERMISSION_DENIED',
  S3_GET_DENIED: 'PERMISSION_DENIED',
  S3_KMS_DENIED: 'PERMISSION_DENIED',
  S3_ARCHIVED: 'FAILED_PRECONDITION',
  S3_THROTTLED: 'UNAVAILABLE',
  S3_UNAVAILABLE: 'UNAVAILABLE',
  S3_UNREACHABLE: 'UNAVAILABLE',
  S3_STALLED: 'UNAVAILABLE',
  S3_TRUNCATED: 'UNAVAILABLE',
  S3_BAD_SERVER: 'UNAVAILABLE',
  S3_CORRUPT: 'DATA_LOSS',
  S3_CHANGED: 'ABORTED',
  S3_NO_SPACE: 'RESOURCE_EXHAUSTED',
  S3_TOO_MANY_KEYS: 'RESOURCE_EXHAUSTED',
  S3_UNSAFE_KEY: 'FAILED_PRECONDITION',
  S3_TLS: 'UNAVAILABLE',
  S3_BAD_OPTIONS: 'FAILED_PRECONDITION',
} as const satisfies Record<string, ErrorCode>;

/** A stable name for a kind of failure, for tests, documents and searches. */
export type S3Code = keyof typeof CODES;

/** Whether a text that came from outside is one of the codes. */
export function isS3Code(text: unknown): text is S3Code {
  return typeof text === 'string' && Object.hasOwn(CODES, text);
}

/** A failure of a store. The message ends in the stable code: `... [S3_NO_SUCH_BUCKET]`. */
export class S3Error extends StoreError {
  readonly s3Code: S3Code;
  constructor(s3Code: S3Code, message: string, options?: ErrorOptions) {
    super(CODES[s3Code], s3Code, message, options);
    this.s3Code = s3Code;
  }
}

const TRANSFER_CODES: Readonly<Record<TransferFault, S3Code>> = {
  stalled: 'S3_STALLED',
  truncated: 'S3_TRUNCATED',
  'bad server': 'S3_BAD_SERVER',
  corrupt: 'S3_CORRUPT',
  changed: 'S3_CHANGED',
  'no space': 'S3_NO_SPACE',
  'unsafe key': 'S3_UNSAFE_KEY',
};

/** The code of what can happen to any download, whatever the store. */
export function s3CodeOfTransfer(fault: TransferFault): S3Code {
  return TRANSFER_CODES[fault];
}

/** What was asked of the store. */
export type S3Operation = 'list' | 'read';

/** What is known of a failed request; nothing in it is fit for a message as it is, but for names and numbers. */
export interface S3Failure {
  readonly operation: S3Operation;
  /** S3's code, or the name of the SDK's error. */
  readonly name: string;
  /** Only looked into, never repeated: it can hold keys and signatures. */
  readonly message: string;
  readonly httpStatus?: number;
  readonly requestId?: string;
  /** The system's or TLS's name for what went wrong with the connection. */
  readonly errno?: string;
  /** The region that the bucket is in, by the answer. */
  readonly region?: string;
  /** The connection broke, and the server turned out to want TLS where it was asked over plain HTTP. */
  readonly speaksTls?: boolean;
  /** The server's time by its answer, milliseconds since the Unix epoch. */
  readonly serverMs?: number;
}

/** How the request was made. */
export interface S3Circumstances {
  readonly location: Pick<S3Location, 'bucket' | 'key'>;
  /** Host and port. */
  readonly endpointHost: string;
  /** Whether that is not AWS itself. */
  readonly isCustomEndpoint: boolean;
  readonly region?: string;
  /** Where the credentials were taken from, in words. */
  readonly credentialSource: string;
  /** The access key's public part; its last 4 characters are shown. */
  readonly accessKeyId?: string;
  /** The connection that it was made by; absent: as the environment says. */
  readonly connection?: string;
  /** Host and port of the proxy that the request went through. */
  readonly proxyHost?: string;
  readonly requesterPays: boolean;
  readonly nowMs: number;
}

/** Cause and action, as two sentences without their ends. */
interface Verdict {
  readonly s3Code: S3Code;
  readonly cause: string;
  readonly action: string;
}

const BAD_CREDENTIALS = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'AuthorizationHeaderMalformed',
  'InvalidSecurity',
  'NotSignedUp',
  'Unauthorized',
  'UnrecognizedClientException',
]);
const TOKEN_EXPIRED = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidToken',
  'TokenRefreshRequired',
  'RequestExpired',
]);
const THROTTLED = new Set([
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'TooManyRequests',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'BandwidthLimitExceeded',
]);
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
]);
const CERTIFICATE = /CERT|^ERR_TLS_|^UNABLE_TO_|^HOSTNAME_MISMATCH$|^CRL_/u;
const WRONG_PROTOCOL = /^EPROTO$|^ERR_SSL_|^HPE_/u;
const GIVE_READ_ACCESS = 'Give the user of these credentials';

/** Judges a failed request by the table of failures in the documentation of storage. */
export function s3Error(failure: S3Failure, circumstances: S3Circumstances, options?: ErrorOptions): S3Error {
  const { s3Code, cause, action } = judge(failure, circumstances);
  const facts = [
    /^[A-Za-z][A-Za-z0-9]{1,63}$/u.test(failure.name) && failure.name !== 'Error' ? failure.name : failure.errno,
    failure.httpStatus === undefined ? undefined : `HTTP ${failure.httpStatus}`,
    failure.requestId === undefined || !/^[\w+/=.-]{1,64}$/u.test(failure.requestId)
      ? undefined
      : `request ${failure.requestId}`,
    `endpoint ${circumstances.endpointHost}`,
  ].filter((fact) => fact !== undefined);
  const place = describeS3Location(circumstances.location);
  return new S3Error(s3Code, `${place}: ${cause} (${facts.join(', ')}). ${action}.`, options);
}

function judge(failure: S3Failure, circumstances: S3Circumstances): Verdict {
  return (
    ofConnection(failure, circumstances) ?? ofCredentials(failure, circumstances) ?? ofAnswer(failure, circumstances)
  );
}

function ofConnection(
  { name, message, errno = '', httpStatus, speaksTls = false }: S3Failure,
  { proxyHost, connection }: S3Circumstances,
): Verdict | undefined {
  const through = proxyHost === undefined ? '' : ` through the proxy ${proxyHost}`;
  if (CERTIFICATE.test(errno)) {
    return {
      s3Code: 'S3_TLS',
      cause: 'the certificate of the endpoint is not trusted',
      action:
        connection === undefined
          ? 'Name the file of its authority in AWS_CA_BUNDLE (or NODE_EXTRA_CA_CERTS)'
          : `Name the file of its authority as CA file of the connection "${connection}"`,
    };
  }
  const isRefused = httpStatus === 400 && (isUnreadable(message) || /HTTP request to an HTTPS/iu.test(message));
  const isPlainOnTls = speaksTls || isRefused || errno.startsWith('HPE_');
  if (WRONG_PROTOCOL.test(errno) || isPlainOnTls || /wrong version number/iu.test(message)) {
    return isPlainOnTls
      ? {
          s3Code: 'S3_TLS',
          cause: 'the endpoint speaks TLS, and was asked with http://',
          action: 'Write https:// in front of the endpoint (or S3_USE_HTTPS=true)',
        }
      : {
          s3Code: 'S3_TLS',
          cause: 'the endpoint speaks plain HTTP, and was asked with https://',
          action: 'Write http:// in front of the endpoint (or S3_USE_HTTPS=false)',
        };
  }
  if (httpStatus === 407) {
    return {
      s3Code: 'S3_UNREACHABLE',
      cause: `the proxy${proxyHost === undefined ? '' : ` ${proxyHost}`} wants a login`,
      action: 'Put user and password into HTTPS_PROXY, or except the endpoint with NO_PROXY',
    };
  }
  if (errno === 'ENOTFOUND' || errno === 'EAI_AGAIN') {
    return {
      s3Code: 'S3_UNREACHABLE',
      cause: `no address is known for the name of the ${proxyHost === undefined ? 'endpoint' : `proxy ${proxyHost}`}`,
      action:
        proxyHost === undefined
          ? 'Check how it is written, the name service, and whether a proxy is needed (HTTPS_PROXY)'
          : 'Check how it is written (HTTPS_PROXY), and the name service',
    };
  }
  const isConnectTimeout = /within the allotted \d+|connection timed? ?out|did not establish/iu.test(message);
  if (UNREACHABLE.has(errno) || (name === 'TimeoutError' && errno === '' && isConnectTimeout)) {
    return {
      s3Code: 'S3_UNREACHABLE',
      cause: `the endpoint cannot be reached${through}`,
      action:
        proxyHost === undefined
          ? 'Check the endpoint, the network, and whether a proxy is needed (HTTPS_PROXY)'
          : 'Check the proxy (HTTPS_PROXY, NO_PROXY) and the endpoint',
    };
  }
  if (name === 'TimeoutError' && errno === '') {
    return {
      s3Code: 'S3_STALLED',
      cause: `the endpoint stopped answering${through}`,
      action: 'It is tried again by itself; check the network where this stays',
    };
  }
  return undefined;
}

function ofCredentials(
  { name, message, httpStatus, region, serverMs }: S3Failure,
  circumstances: S3Circumstances,
): Verdict | undefined {
  const { credentialSource, accessKeyId, isCustomEndpoint, connection, nowMs } = circumstances;
  if (/^region is missing/iu.test(message)) {
    return {
      s3Code: 'S3_NO_REGION',
      cause: 'no region is known',
      action: 'Set AWS_REGION or AWS_DEFAULT_REGION, or region in the AWS profile',
    };
  }
  const isRedirect =
    name === 'PermanentRedirect' || httpStatus === 301 || name === 'IllegalLocationConstraintException';
  if (isRedirect || (name === 'AuthorizationHeaderMalformed' && region !== undefined)) {
    const asked = circumstances.region ?? 'another';
    return {
      s3Code: 'S3_WRONG_REGION',
      cause: `the bucket is in region ${regionOf(region)}, the ${isCustomEndpoint ? 'endpoint is for' : 'request was made in'} ${asked}`,
      action:
        connection === undefined
          ? 'Set AWS_REGION to the region of the bucket, or use the endpoint of that region'
          : `Set the region of the connection "${connection}", or use the endpoint of that region`,
    };
  }
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError' || name === 'NoCredentials') {
    if (/expired|sso session/iu.test(message)) return expired(credentialSource);
    return {
      s3Code: 'S3_NO_CREDENTIALS',
      cause: `no credentials were found; tried: ${credentialSource}`,
      action:
        connection === undefined
          ? 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; for a public bucket set AWS_NO_SIGN_REQUEST=true'
          : `Choose other credentials for the connection "${connection}"; for a public bucket, anonymous`,
    };
  }
  if (TOKEN_EXPIRED.has(name)) return expired(credentialSource);
  if (name === 'RequestTimeTooSkewed') {
    const minutes = serverMs === undefined ? undefined : Math.round(Math.abs(serverMs - nowMs) / 60_000);
    return {
      s3Code: 'S3_CLOCK_SKEW',
      cause: `the clock of this computer is off${minutes === undefined ? '' : ` by ${minutes} min`}`,
      action: 'Set the clock, best by a time service',
    };
  }
  if (BAD_CREDENTIALS.has(name) || httpStatus === 401) {
    const key = accessKeyId === undefined ? '' : `, key ending in ${accessKeyId.slice(-4)}`;
    return {
      s3Code: 'S3_BAD_CREDENTIALS',
      cause: `the store does not take the credentials (from ${credentialSource}${key})`,
      action: 'Check the access key and its secret; changed files are read again by themselves',
    };
  }
  return undefined;
}

function expired(credentialSource: string): Verdict {
  return {
    s3Code: 'S3_TOKEN_EXPIRED',
    cause: `the session token expired (from ${credentialSource})`,
    action: 'Run aws sso login or update the keys; that is noticed without a restart',
  };
}

function ofAnswer(failure: S3Failure, { requesterPays, location }: S3Circumstances): Verdict {
  const { operation, name, message, httpStatus, errno } = failure;
  if (name === 'NoSuchBucket' || name === 'InvalidBucketName') {
    return {
      s3Code: 'S3_NO_SUCH_BUCKET',
      cause: `there is no bucket "${location.bucket}" at this endpoint`,
      action: 'Check the name of the bucket and the endpoint',
    };
  }
  if (isArchived(name)) {
    return { s3Code: 'S3_ARCHIVED', cause: 'it is archived', action: 'Restore it first' };
  }
  if (httpStatus === 412 || httpStatus === 416 || (operation === 'read' && httpStatus === 404)) {
    return {
      s3Code: 'S3_CHANGED',
      cause: 'it was replaced or deleted while it was read',
      action: 'It is listed again by itself',
    };
  }
  if (httpStatus === 403) return denied(operation, message, requesterPays, location);
  if (THROTTLED.has(name) || httpStatus === 429) {
    return {
      s3Code: 'S3_THROTTLED',
      cause: 'the store asks for fewer requests',
      action: 'It is tried again, more slowly, by itself',
    };
  }
  if (httpStatus === 404 || isUnreadable(message)) return notS3();
  return {
    s3Code: 'S3_UNAVAILABLE',
    cause:
      httpStatus === undefined && errno !== undefined
        ? 'the connection to the store broke'
        : 'the store failed to answer',
    action: 'It is tried again by itself',
  };
}

function notS3(): Verdict {
  return {
    s3Code: 'S3_NOT_S3',
    cause: 'the endpoint did not answer as S3 does',
    action: 'Check the endpoint, and whether a proxy or a login page of the network answers in its place',
  };
}

function denied(
  operation: S3Operation,
  message: string,
  requesterPays: boolean,
  { bucket, key }: S3Circumstances['location'],
): Verdict {
  if (/\bkms\b/iu.test(message)) {
    return {
      s3Code: 'S3_KMS_DENIED',
      cause: 'the key that it is encrypted with may not be used',
      action: `${GIVE_READ_ACCESS} kms:Decrypt for it`,
    };
  }
  const hint = requesterPays
    ? ''
    : '; a bucket whose requester pays needs S3_REQUESTER_PAYS=true, or that of the connection';
  if (operation === 'list') {
    return {
      s3Code: 'S3_LIST_DENIED',
      cause: 'listing is denied',
      action:
        `${GIVE_READ_ACCESS} s3:ListBucket on bucket "${bucket}"${key === '' ? '' : ` with prefix "${key}/"`}, ` +
        `or name the versions and files of the model (storage { files })${hint}`,
    };
  }
  return {
    s3Code: 'S3_GET_DENIED',
    cause: 'reading is denied, or it does not exist',
    action: `${GIVE_READ_ACCESS} s3:GetObject (and kms:Decrypt where SSE-KMS is used)${hint}`,
  };
}

function isArchived(name: string): boolean {
  return name === 'InvalidObjectState' || name === 'ObjectNotInActiveTierError';
}

/** Whether the SDK could make nothing of an answer. */
function isUnreadable(message: string): boolean {
  return /deserialization error|unexpected token|xml|char '|unclosed tag|not expected|is not valid json/iu.test(
    message,
  );
}

/** @param region came with an answer. */
function regionOf(region: string | undefined): string {
  return region !== undefined && /^[a-z0-9-]{1,40}$/iu.test(region) ? region : 'another';
}
