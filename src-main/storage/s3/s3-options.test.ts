import { describe, expect, it } from 'vitest';
import { environmentForSdk, readS3Options } from './s3-options.ts';

describe('readS3Options', () => {
  it('has defaults for everything', () => {
    expect(readS3Options({})).toEqual({
      credentials: 'chain',
      instanceMetadata: false,
      verifyTls: true,
      proxy: {},
      requesterPays: false,
      connectTimeoutMs: 5000,
      idleTimeoutMs: 15_000,
      maxAttempts: 3,
    });
  });

  it.each([
    [{ AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'us-west-2' }, { region: 'eu-west-1' }],
    [{ AWS_REGION: ' ', AWS_DEFAULT_REGION: 'us-west-2' }, { region: 'us-west-2' }],
    [{ AWS_ENDPOINT_URL_S3: 'http://a:1/', AWS_ENDPOINT_URL: 'http://b:2' }, { endpoint: 'http://a:1' }],
    [{ AWS_ENDPOINT_URL: 'http://b:2', S3_ENDPOINT: 'c:3' }, { endpoint: 'http://b:2' }],
    [
      { AWS_ENDPOINT_URL: 'http://b:2', S3_ENDPOINT: 'c:3', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
      { endpoint: 'https://c:3' },
    ],
    [{ S3_ENDPOINT: 'minio:9000' }, { endpoint: 'https://minio:9000' }],
    [{ S3_ENDPOINT: 'minio:9000', S3_USE_HTTPS: '0' }, { endpoint: 'http://minio:9000' }],
    [{ S3_ENDPOINT: 'http://minio:9000', S3_USE_HTTPS: '1' }, { endpoint: 'http://minio:9000' }],
    [{ S3_FORCE_PATH_STYLE: 'false' }, { forcePathStyle: false }],
    [{ AWS_NO_SIGN_REQUEST: 'YES' }, { credentials: 'anonymous' }],
    [{ awsAnonymousCredential: 'true' }, { credentials: 'anonymous' }],
    [{ AWS_PROFILE: 'work' }, { profile: 'work' }],
    [{ AWS_EC2_METADATA_DISABLED: 'false' }, { instanceMetadata: true }],
    [{ AWS_CA_BUNDLE: '/a.pem', S3_CA_FILE: '/b.pem' }, { caFile: '/a.pem' }],
    [
      { S3_CA_FILE: '/b.pem', S3_VERIFY_SSL: '0' },
      { caFile: '/b.pem', verifyTls: false },
    ],
    [{ HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a,b' }, { proxy: { https: 'http://p:1', except: 'a,b' } }],
    [{ https_proxy: 'http://p:1', HTTPS_PROXY: 'http://p:2' }, { proxy: { https: 'http://p:1' } }],
    [{ S3_REQUESTER_PAYS: 'on' }, { requesterPays: true }],
    [
      { S3_CONNECT_TIMEOUT_MSEC: '100', S3_REQUEST_TIMEOUT_MSEC: '200' },
      { connectTimeoutMs: 100, idleTimeoutMs: 200 },
    ],
    [{ AWS_MAX_ATTEMPTS: '1' }, { maxAttempts: 1 }],
  ])('%j', (environment, expected) => {
    expect(readS3Options(environment)).toMatchObject(expected);
  });

  it.each([
    [{ S3_VERIFY_SSL: 'maybe' }, 'S3_VERIFY_SSL must be true or false'],
    [{ AWS_MAX_ATTEMPTS: '0' }, 'AWS_MAX_ATTEMPTS must be a whole number above 0'],
    [{ AWS_ENDPOINT_URL: 'minio:9000' }, 'AWS_ENDPOINT_URL must be like https://host:port'],
    [{ S3_ENDPOINT: 'ftp://minio' }, 'S3_ENDPOINT must be like https://host:port'],
    [{ S3_ENDPOINT: 'https://key:secret@minio' }, 'S3_ENDPOINT must be like https://host:port'],
  ])('refuses %j', (environment, message) => {
    expect(() => readS3Options(environment)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', message }));
  });
});

describe('environmentForSdk', () => {
  it.each([
    [{}, 'true'],
    [{ AWS_EC2_METADATA_DISABLED: 'true' }, 'true'],
    [{ AWS_EC2_METADATA_DISABLED: 'false' }, 'false'],
  ])('lets the SDK ask the metadata service only where that was asked for: %j', (environment, expected) => {
    const given = { ...environment, HOME: '/home/a', EMPTY: undefined };
    const result = environmentForSdk(given, readS3Options(given));
    expect(result).toEqual({ HOME: '/home/a', AWS_EC2_METADATA_DISABLED: expected });
  });
});
