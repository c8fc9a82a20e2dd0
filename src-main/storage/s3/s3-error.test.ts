import { describe, expect, it } from 'vitest';
import { type S3Circumstances, s3Error, type S3Failure } from './s3-error.ts';

const NOW_MS = Date.parse('2026-01-01T00:00:00Z');
const CIRCUMSTANCES: S3Circumstances = {
  location: { bucket: 'bucket', key: 'models/m' },
  endpointHost: 'minio.test:9000',
  isCustomEndpoint: true,
  region: 'us-east-1',
  credentialSource: 'AWS profile "work"',
  accessKeyId: 'AKIAVERYSECRET1234',
  requesterPays: false,
  nowMs: NOW_MS,
};
const list = (fields: Partial<S3Failure>): S3Failure => ({ operation: 'list', name: '', message: '', ...fields });
const read = (fields: Partial<S3Failure>): S3Failure => ({ ...list(fields), operation: 'read' });

describe('s3Error', () => {
  it('tells place, cause, facts and what to do', () => {
    const failure = list({ name: 'NoSuchBucket', httpStatus: 404, requestId: 'ABC123' });
    expect(s3Error(failure, CIRCUMSTANCES)).toMatchObject({
      name: 'ServingError',
      code: 'NOT_FOUND',
      s3Code: 'S3_NO_SUCH_BUCKET',
      message:
        's3://bucket/…/m: there is no bucket "bucket" at this endpoint (NoSuchBucket, HTTP 404, request ABC123, ' +
        'endpoint minio.test:9000). Check the name of the bucket and the endpoint. [S3_NO_SUCH_BUCKET]',
    });
  });

  it.each([
    [list({ name: 'PermanentRedirect', httpStatus: 301, region: 'eu-west-1' }), 'S3_WRONG_REGION', 'region eu-west-1'],
    [
      list({ name: 'AuthorizationHeaderMalformed', httpStatus: 400, region: 'eu-west-1' }),
      'S3_WRONG_REGION',
      'the endpoint is for us-east-1',
    ],
    [list({ name: 'Error', message: 'Region is missing' }), 'S3_NO_REGION', 'AWS_DEFAULT_REGION'],
    [
      list({ name: 'InvalidAccessKeyId', httpStatus: 403 }),
      'S3_BAD_CREDENTIALS',
      'AWS profile "work", key ending in 1234',
    ],
    [list({ name: 'SignatureDoesNotMatch', httpStatus: 403 }), 'S3_BAD_CREDENTIALS', 'Check the access key'],
    [list({ name: 'AuthorizationHeaderMalformed', httpStatus: 400 }), 'S3_BAD_CREDENTIALS', 'work'],
    [list({ name: 'CredentialsProviderError' }), 'S3_NO_CREDENTIALS', 'AWS_NO_SIGN_REQUEST'],
    [
      list({ name: 'CredentialsProviderError', message: 'The SSO session token has expired' }),
      'S3_TOKEN_EXPIRED',
      'aws sso login',
    ],
    [list({ name: 'ExpiredToken', httpStatus: 400 }), 'S3_TOKEN_EXPIRED', 'without a restart'],
    [
      list({ name: 'RequestTimeTooSkewed', httpStatus: 403, serverMs: NOW_MS + 40 * 60_000 }),
      'S3_CLOCK_SKEW',
      'off by 40 min',
    ],
    [list({ name: 'NotFound', httpStatus: 404 }), 'S3_NOT_S3', 'login page'],
    [list({ message: "Unexpected token '<'", httpStatus: 200 }), 'S3_NOT_S3', 'did not answer as S3 does'],
    [list({ name: 'AccessDenied', httpStatus: 403 }), 'S3_LIST_DENIED', 's3:ListBucket'],
    [read({ name: 'AccessDenied', httpStatus: 403 }), 'S3_GET_DENIED', 'S3_REQUESTER_PAYS'],
    [
      read({ name: 'AccessDenied', httpStatus: 403, message: 'not authorized to use the KMS key' }),
      'S3_KMS_DENIED',
      'kms:Decrypt',
    ],
    [read({ name: 'InvalidObjectState', httpStatus: 403 }), 'S3_ARCHIVED', 'Restore it first'],
    [list({ name: 'SlowDown', httpStatus: 503 }), 'S3_THROTTLED', 'fewer requests'],
    [list({ name: 'InternalError', httpStatus: 500 }), 'S3_UNAVAILABLE', 'HTTP 500'],
    [list({ name: 'TimeoutError', errno: 'ECONNRESET' }), 'S3_UNAVAILABLE', 'broke'],
    [list({ name: 'Error', errno: 'ECONNREFUSED' }), 'S3_UNREACHABLE', '(ECONNREFUSED, endpoint minio.test:9000)'],
    [list({ name: 'Error', errno: 'ENOTFOUND' }), 'S3_UNREACHABLE', 'HTTPS_PROXY'],
    [
      list({ name: 'TimeoutError', message: 'the request socket did not establish a connection with the server' }),
      'S3_UNREACHABLE',
      'cannot be reached',
    ],
    [list({ httpStatus: 407 }), 'S3_UNREACHABLE', 'wants a login'],
    [
      list({ name: 'TimeoutError', message: 'the request socket timed out after 15000 ms of inactivity' }),
      'S3_STALLED',
      'stopped answering',
    ],
    [read({ name: 'PreconditionFailed', httpStatus: 412 }), 'S3_CHANGED', 'replaced or deleted'],
    [read({ name: 'NoSuchKey', httpStatus: 404 }), 'S3_CHANGED', 'replaced or deleted'],
    [read({ name: 'InvalidRange', httpStatus: 416 }), 'S3_CHANGED', 'replaced or deleted'],
    [list({ name: 'Error', errno: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), 'S3_TLS', 'AWS_CA_BUNDLE'],
    [list({ name: 'Error', errno: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }), 'S3_TLS', 'not trusted'],
    [list({ name: 'Error', errno: 'EPROTO' }), 'S3_TLS', 'speaks plain HTTP'],
    [list({ name: 'Error', errno: 'ECONNRESET', speaksTls: true }), 'S3_TLS', 'Write https://'],
    [list({ name: 'Error', errno: 'EAI_AGAIN' }), 'S3_UNREACHABLE', 'no address is known'],
    [list({ httpStatus: 400, message: 'Deserialization error' }), 'S3_TLS', 'speaks TLS'],
  ])('judges %j as %s', (failure, s3Code, words) => {
    const error = s3Error(failure, CIRCUMSTANCES);
    expect(error).toMatchObject({ s3Code, message: expect.stringContaining(words) });
  });

  it('names the proxy that a request went through', () => {
    const circumstances = { ...CIRCUMSTANCES, proxyHost: 'proxy.test:3128' };
    expect(s3Error(list({ errno: 'ECONNREFUSED' }), circumstances).message).toContain(
      'through the proxy proxy.test:3128',
    );
  });

  it('repeats nothing that an answer says in free words', () => {
    const said = 'AKIAVERYSECRET1234 s3cr3t <script>';
    const failure = list({ name: said, message: said, requestId: said, region: said, errno: 'EIO', httpStatus: 301 });
    const { message } = s3Error(failure, CIRCUMSTANCES);
    expect(message).not.toMatch(/s3cr3t|AKIA|script/u);
  });
});
