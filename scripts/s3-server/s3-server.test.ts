import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { startS3Server, TEST_USER } from './s3-server.ts';

it('smoke', async () => {
  await using server = await startS3Server();
  server.put('models', 'm/1/model.onnx', 'abc');
  const client = new S3Client({
    endpoint: server.url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: TEST_USER,
  });
  const listed = await client.send(new ListObjectsV2Command({ Bucket: 'models', Prefix: 'm/', Delimiter: '/' }));
  expect(listed.CommonPrefixes).toEqual([{ Prefix: 'm/1/' }]);
  const got = await client.send(new GetObjectCommand({ Bucket: 'models', Key: 'm/1/model.onnx', Range: 'bytes=0-0' }));
  expect(await got.Body?.transformToString()).toBe('a');
  client.destroy();
});
