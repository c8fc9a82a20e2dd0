import { describe, expect, it } from 'vitest';
import { parseS3Url } from './s3-url.ts';

const ACCOUNT = '0123456789abcdef0123456789abcdef';

describe('parseS3Url', () => {
  it.each([
    ['s3://models/resnet/', { uri: 's3://models/resnet', preset: 'aws' }],
    ['s3a://models/resnet', { uri: 's3://models/resnet' }],
    ['s3://10.0.0.5:9000/models/a b', { uri: 's3://models/a b', endpoint: 'http://10.0.0.5:9000', preset: 'minio' }],
    ['https://models.s3.eu-central-1.amazonaws.com/a/b', { uri: 's3://models/a/b', region: 'eu-central-1' }],
    ['https://my.models.s3.amazonaws.com/a', { uri: 's3://my.models/a', preset: 'aws' }],
    ['https://s3.eu-west-1.amazonaws.com/models/a', { uri: 's3://models/a', region: 'eu-west-1' }],
    ['https://s3-us-west-2.amazonaws.com/models', { uri: 's3://models', region: 'us-west-2' }],
    ['https://models.s3.dualstack.us-east-2.amazonaws.com/a', { uri: 's3://models/a', region: 'us-east-2' }],
    ['https://models.s3.cn-north-1.amazonaws.com.cn/a', { uri: 's3://models/a', region: 'cn-north-1' }],
    [
      'https://eu-west-1.console.aws.amazon.com/s3/buckets/models?region=eu-west-1&prefix=a/b/',
      { uri: 's3://models/a/b', region: 'eu-west-1', preset: 'aws' },
    ],
    [
      `https://${ACCOUNT}.r2.cloudflarestorage.com/models/a`,
      { uri: 's3://models/a', preset: 'r2', endpoint: `https://${ACCOUNT}.r2.cloudflarestorage.com`, region: 'auto' },
    ],
    [`https://models.${ACCOUNT}.eu.r2.cloudflarestorage.com/a`, { uri: 's3://models/a', preset: 'r2' }],
    [
      'http://localhost:9000/models/resnet%20v2/1',
      { uri: 's3://models/resnet v2/1', endpoint: 'http://localhost:9000', preset: 'minio', addressing: 'path' },
    ],
    [
      'https://models.s3.example.com/a',
      { uri: 's3://models/a', endpoint: 'https://s3.example.com', addressing: 'virtual', preset: 'other' },
    ],
    ['http://garage.lan:3900/models', { preset: 'garage' }],
    ['"https://rgw.example.com/models/a"', { uri: 's3://models/a', preset: 'ceph' }],
  ])('understands %s', (text, expected) => {
    expect(parseS3Url(text)).toMatchObject(expected);
  });

  it('leaves signatures and logins out, and says so', () => {
    const signed =
      'https://user:word@models.s3.example.com/a.onnx?X-Amz-Algorithm=AWS4-HMAC-SHA256' +
      '&X-Amz-Credential=AKIAKEY%2F20260101%2Feu-west-3%2Fs3%2Faws4_request&X-Amz-Security-Token=token&X-Amz-Signature=abcdef';
    const parsed = parseS3Url(signed);
    expect(parsed).toMatchObject({ uri: 's3://models/a.onnx', region: 'eu-west-3' });
    expect(parsed.notes).toHaveLength(2);
    expect(JSON.stringify(parsed)).not.toMatch(/AKIAKEY|abcdef|token|word/u);
  });

  it.each(['', 'models', '/models', 'gs://models', 'https://example.com', 'https://console.aws.amazon.com/ec2'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseS3Url(text)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    },
  );

  it('repeats nothing of what it refuses', () => {
    expect(() => parseS3Url('ftp://secret@host/?Signature=abc')).toThrow(/^(?!.*(?:secret|abc)).*$/su);
  });
});
