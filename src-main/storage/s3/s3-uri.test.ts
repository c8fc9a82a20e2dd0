import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServingError } from '../../contracts/serving-error.ts';
import { describeS3Location, formatS3Uri, parseS3Uri, type S3Location } from './s3-uri.ts';

const ARN = 'arn:aws:s3:eu-west-1:123456789012:accesspoint';

describe('parseS3Uri', () => {
  it.each([
    ['s3://bucket', { bucket: 'bucket', key: '' }],
    ['S3://bucket/', { bucket: 'bucket', key: '' }],
    ['s3://bucket/models/a', { bucket: 'bucket', key: 'models/a' }],
    ['s3://bucket/models/a///', { bucket: 'bucket', key: 'models/a' }],
    ['s3://my.bucket-1/a b+c%20d?e#f', { bucket: 'my.bucket-1', key: 'a b+c%20d?e#f' }],
    ['s3://bucket/a/../b//c/%2e%2e', { bucket: 'bucket', key: 'a/../b//c/%2e%2e' }],
    ['s3://bucket//a', { bucket: 'bucket', key: '/a' }],
    ['s3://bucket/a:9000/b', { bucket: 'bucket', key: 'a:9000/b' }],
    ['s3://localhost:9000/bucket/a', { endpoint: 'http://localhost:9000', bucket: 'bucket', key: 'a' }],
    ['s3://10.0.0.1:9000/bucket', { endpoint: 'http://10.0.0.1:9000', bucket: 'bucket', key: '' }],
    ['s3://[::1]:9000/bucket/a', { endpoint: 'http://[::1]:9000', bucket: 'bucket', key: 'a' }],
    ['s3://https://Minio.test:9000/bucket/a', { endpoint: 'https://minio.test:9000', bucket: 'bucket', key: 'a' }],
    ['s3://http://minio.test/bucket/a', { endpoint: 'http://minio.test', bucket: 'bucket', key: 'a' }],
    [`s3://${ARN}/point`, { bucket: `${ARN}/point`, key: '' }],
    [`s3://${ARN}/point/a/b`, { bucket: `${ARN}/point`, key: 'a/b' }],
    [`s3://${ARN}:point/a/b`, { bucket: `${ARN}:point`, key: 'a/b' }],
  ])('%s', (uri, expected) => {
    expect(parseS3Uri(uri)).toEqual(expected);
    expect(parseS3Uri(formatS3Uri(parseS3Uri(uri)))).toEqual(expected);
  });

  it.each([
    ['s3://', 'names no bucket'],
    ['s3:///models', 'names no bucket'],
    ['s3://localhost:9000', 'names no bucket'],
    ['s3://a/b', 'the name of its bucket'],
    ['s3://bad..bucket/a', 'the name of its bucket'],
    ['s3://buc ket/a', 'the name of its bucket'],
    ['s3://-bucket/a', 'the name of its bucket'],
    ['s3://bücket/a', 'the name of its bucket'],
    ['s3://bucket?versionId=1', 'the name of its bucket'],
    ['s3://localhost:99999/bucket/a', 'the port'],
    ['s3://https:///bucket/a', 'the host'],
    ['s3://bucket/a\u0000b', 'control character'],
    ['s3://bucket/a\nb', 'control character'],
    ['s3://arn:aws:sqs:eu-west-1:123456789012:queue', 'access point'],
    ['gs://bucket/a', 'does not begin with s3://'],
  ])('refuses %j', (uri, reason) => {
    expect(() => parseS3Uri(uri)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(() => parseS3Uri(uri)).toThrow(reason);
  });

  it('repeats no credentials that were put into the URI', () => {
    expect(() => parseS3Uri('s3://AKIAKEY:s3cr3t@bucket/a')).toThrow('put them into the environment');
    expect(() => parseS3Uri('s3://AKIAKEYOFSOMEBODY@bucket/a')).toThrow('put them into the environment');
    expect(() => parseS3Uri('s3://AKIAKEY:s3cr3t@bucket/a')).not.toThrow(/s3cr3t/u);
  });

  it('gives back what it was made of, or refuses', () => {
    assert(
      property(string({ unit: 'grapheme' }), (text) => {
        const location = parsed(`s3://${text}`);
        expect(location && parsed(formatS3Uri(location))).toEqual(location);
      }),
    );
  });
});

function parsed(uri: string): S3Location | undefined {
  try {
    return parseS3Uri(uri);
  } catch (error) {
    if (error instanceof ServingError) return undefined;
    throw error;
  }
}

describe('describeS3Location', () => {
  it.each([
    ['', 's3://bucket'],
    ['a', 's3://bucket/a'],
    ['a/b/c', 's3://bucket/…/c'],
  ])('names the bucket and the end of "%s"', (key, expected) => {
    expect(describeS3Location({ bucket: 'bucket', key })).toBe(expected);
  });

  it('takes the connection in front of a bucket, and not with an endpoint', () => {
    const place = { connection: 'minio-lab', bucket: 'my.bucket', key: 'a@b/c' };
    expect(parseS3Uri('s3://minio-lab@my.bucket/a@b/c/')).toEqual(place);
    expect(formatS3Uri(parseS3Uri('s3://minio-lab@my.bucket/a@b/c'))).toBe('s3://minio-lab@my.bucket/a@b/c');
    const arn = 'arn:aws:s3:eu-west-1:123456789012:accesspoint/ap';
    expect(parseS3Uri(`s3://lab@${arn}/a`)).toEqual({ connection: 'lab', bucket: arn, key: 'a' });
    expect(parseS3Uri('s3://bucket/a@b')).toEqual({ bucket: 'bucket', key: 'a@b' });
    expect(() => parseS3Uri('s3://lab@host:9000/bucket')).toThrow('the connection has its own');
    expect(() => parseS3Uri('s3://lab@https://host/bucket')).toThrow('the connection has its own');
    expect(() => parseS3Uri('s3://a@b@bucket/c')).toThrow('credentials do not belong into it');
  });
});
