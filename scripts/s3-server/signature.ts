import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { S3Failure } from './s3-failure.ts';
import { encodeForSignature, type S3Request } from './s3-request.ts';

/** Signature Version 4, seen from the server: who asks, and did they sign exactly this? */
export interface Authentication {
  readonly accessKeyId: string;
  readonly region: string;
  /** What `x-amz-content-sha256` says about the body. */
  readonly payload: string;
  /** `20260101T000000Z`. */
  readonly timestamp: string;
  readonly scope: string;
  readonly signature: string;
  readonly signingKey: Buffer;
}

/** One who may sign requests. */
export interface SigningUser {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Answers ExpiredToken from then on. */
  readonly expired?: boolean;
}

export interface SignatureRules {
  readonly users: ReadonlyMap<string, SigningUser>;
  readonly nowMs: number;
  /** What the region of the signature must be; by the bucket that is asked for. */
  regionOf(request: S3Request): string;
  /** Says that a signature is for another region. */
  wrongRegion(region: string, expected: string): S3Failure;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const MAX_SKEW_MS = 15 * 60_000;
const MAX_PRESIGNED_SECONDS = 7 * 24 * 3600;
export const EMPTY_SHA256 = sha256('');

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

export function hmac(key: string | Uint8Array, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

/** The parts of an authorization, before anything of it is believed. */
interface Claim {
  readonly credential: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly timestamp: string;
  readonly token: string | undefined;
  readonly payload: string;
  /** Lifetime of a presigned URL. */
  readonly expiresSeconds?: number;
}

/**
 * Checks the signature of a request, in its header or its URL.
 * @returns undefined for a request without one.
 * @throws S3Failure as Amazon S3 words it.
 */
export function authenticate(request: S3Request, rules: SignatureRules): Authentication | undefined {
  const claim = claimOf(request);
  if (!claim) return undefined;
  const malformed = (message: string): S3Failure => new S3Failure('AuthorizationHeaderMalformed', { message });

  const [accessKeyId = '', date = '', region = '', service = '', ending = '', ...rest] = claim.credential.split('/');
  if (rest.length > 0 || ending !== 'aws4_request') throw malformed('the Credential is mal-formed');
  if (service !== 's3') throw malformed(`incorrect service "${service}". This endpoint belongs to "s3".`);
  const user = rules.users.get(accessKeyId);
  if (!user) throw new S3Failure('InvalidAccessKeyId', { elements: { AWSAccessKeyId: accessKeyId } });

  const requestMs = parseTimestamp(claim.timestamp);
  if (requestMs === undefined || claim.timestamp.slice(0, 8) !== date) throw malformed('Invalid credential date');
  checkTime(claim, requestMs, rules.nowMs);
  checkToken(claim.token, user);
  const expectedRegion = rules.regionOf(request);
  if (region !== expectedRegion) throw rules.wrongRegion(region, expectedRegion);

  checkHeadersAreSigned(request, claim);
  const scope = `${date}/${region}/s3/aws4_request`;
  const canonical = canonicalRequest(request, claim);
  const stringToSign = [ALGORITHM, claim.timestamp, scope, sha256(canonical)].join('\n');
  const signingKey = hmac(hmac(hmac(hmac(`AWS4${user.secretAccessKey}`, date), region), 's3'), 'aws4_request');
  if (!sameSignature(hmac(signingKey, stringToSign), claim.signature)) {
    throw new S3Failure('SignatureDoesNotMatch', {
      elements: { AWSAccessKeyId: accessKeyId, StringToSign: stringToSign, CanonicalRequest: canonical },
    });
  }
  return {
    accessKeyId,
    region,
    payload: claim.payload,
    timestamp: claim.timestamp,
    scope,
    signature: claim.signature,
    signingKey,
  };
}

export function sameSignature(expected: Uint8Array, hex: string): boolean {
  const given = Buffer.from(hex, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function claimOf(request: S3Request): Claim | undefined {
  const header = request.header('authorization');
  if (header !== undefined) return claimOfHeader(header, request);
  if (request.query.has('X-Amz-Algorithm') || request.query.has('X-Amz-Signature')) return claimOfQuery(request);
  return undefined;
}

function claimOfHeader(header: string, request: S3Request): Claim {
  const [, fields] = /^AWS4-HMAC-SHA256\s+(.*)$/u.exec(header) ?? [];
  if (fields === undefined) {
    throw new S3Failure('InvalidArgument', { message: 'Unsupported Authorization Type; use AWS4-HMAC-SHA256.' });
  }
  const values = new Map(
    fields.split(',').map((field): [string, string] => {
      const [name = '', ...value] = field.trim().split('=');
      return [name, value.join('=')];
    }),
  );
  const credential = values.get('Credential');
  const signedHeaders = values.get('SignedHeaders');
  const signature = values.get('Signature');
  if (credential === undefined || signedHeaders === undefined || signature === undefined) {
    throw new S3Failure('AuthorizationHeaderMalformed');
  }
  const timestamp = request.header('x-amz-date');
  if (timestamp === undefined) {
    throw new S3Failure('AccessDenied', { message: 'AWS authentication requires a valid x-amz-date header' });
  }
  const payload = request.header('x-amz-content-sha256');
  if (payload === undefined) {
    throw new S3Failure('InvalidRequest', {
      message: 'Missing required header for this request: x-amz-content-sha256',
    });
  }
  const token = request.header('x-amz-security-token');
  return { credential, signedHeaders: signedHeaders.split(';'), signature, timestamp, token, payload };
}

function claimOfQuery(request: S3Request): Claim {
  const value = (name: string): string => {
    const found = request.query.get(name);
    if (found === undefined) {
      throw new S3Failure('AuthorizationQueryParametersError', {
        message: `Query-string authentication requires the ${name} parameter.`,
      });
    }
    return found;
  };
  const expiresSeconds = Number(value('X-Amz-Expires'));
  if (!(expiresSeconds > 0 && expiresSeconds <= MAX_PRESIGNED_SECONDS) || value('X-Amz-Algorithm') !== ALGORITHM) {
    throw new S3Failure('AuthorizationQueryParametersError');
  }
  return {
    credential: value('X-Amz-Credential'),
    signedHeaders: value('X-Amz-SignedHeaders').split(';'),
    signature: value('X-Amz-Signature'),
    timestamp: value('X-Amz-Date'),
    token: request.query.get('X-Amz-Security-Token'),
    payload: request.header('x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD',
    expiresSeconds,
  };
}

/** `20260131T235959Z` in milliseconds since the Unix epoch. */
function parseTimestamp(timestamp: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/u.exec(timestamp);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function checkTime(claim: Claim, requestMs: number, nowMs: number): void {
  if (claim.expiresSeconds !== undefined && nowMs > requestMs + claim.expiresSeconds * 1000) {
    throw new S3Failure('AccessDenied', { message: 'Request has expired' });
  }
  const isLate = claim.expiresSeconds === undefined && nowMs - requestMs > MAX_SKEW_MS;
  if (isLate || requestMs - nowMs > MAX_SKEW_MS) {
    throw new S3Failure('RequestTimeTooSkewed', {
      elements: {
        RequestTime: claim.timestamp,
        ServerTime: new Date(nowMs).toISOString(),
        MaxAllowedSkewMilliseconds: String(MAX_SKEW_MS),
      },
    });
  }
}

function checkToken(token: string | undefined, user: SigningUser): void {
  if (user.expired) throw new S3Failure('ExpiredToken', { elements: { 'Token-0': token ?? '' } });
  if (token === user.sessionToken) return;
  if (token === undefined)
    throw new S3Failure('InvalidAccessKeyId', { elements: { AWSAccessKeyId: user.accessKeyId } });
  throw new S3Failure('InvalidToken', { elements: { 'Token-0': token } });
}

/** An `x-amz-` header that is not signed could have been added by anybody on the way. */
function checkHeadersAreSigned(request: S3Request, claim: Claim): void {
  const present = request.headerNames.filter((name) => name.startsWith('x-amz-'));
  const unsigned = ['host', ...present].filter((name) => !claim.signedHeaders.includes(name));
  if (unsigned.length > 0) {
    throw new S3Failure('AccessDenied', {
      message: 'There were headers present in the request which were not signed',
      elements: { HeadersNotSigned: unsigned.join(', ') },
    });
  }
}

function canonicalRequest(request: S3Request, { signedHeaders, payload }: Claim): string {
  const query = request.queryPairs
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]): [string, string] => [encodeForSignature(name), encodeForSignature(value)])
    .toSorted(([name, value], [other, otherValue]) => compare(name, other) || compare(value, otherValue))
    .map(([name, value]) => `${name}=${value}`);
  const headers = signedHeaders.map(
    (name) => `${name}:${(request.header(name) ?? '').trim().replaceAll(/ +/gu, ' ')}\n`,
  );
  const path = request.path.split('/').map(encodeForSignature).join('/');
  return [request.method, path, query.join('&'), headers.join(''), signedHeaders.join(';'), payload].join('\n');
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
