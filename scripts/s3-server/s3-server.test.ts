import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHECKSUM_ALGORITHMS, checksumOf } from './checksums.ts';
import { generatedBody } from './object-store.ts';
import type { S3Failure } from './s3-failure.ts';
import { type S3TestServer, startS3Server, TEST_USER } from './s3-server.ts';

let server: S3TestServer;
const clients: S3Client[] = [];
beforeEach(async () => {
  server = await startS3Server();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await server[Symbol.asyncDispose]();
});

function clientOf(changes: S3ClientConfig = {}): S3Client {
  const client = new S3Client({
    endpoint: server.url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: TEST_USER,
    maxAttempts: 1,
    ...changes,
  });
  clients.push(client);
  return client;
}

/** A request of no SDK; no signature. */
async function plain(
  path: string,
  { headers = {}, method = 'GET' }: { headers?: Record<string, string>; method?: string } = {},
): Promise<{ status: number; headers: Record<string, unknown>; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; headers: object; text: string }>();
  const request = httpRequest(server.url, { path, headers, method, agent: false }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () =>
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() }),
    );
  });
  request.on('error', reject);
  request.end();
  const { headers: given, ...rest } = await promise;
  return { ...rest, headers: { ...given } };
}

const failure = (name: S3Failure['code'], status: number) => ({ name, $metadata: { httpStatusCode: status } });
const LIST = new ListObjectsV2Command({ Bucket: 'b' });

describe('who asks', () => {
  beforeEach(() => {
    server.put('b', 'a b+c%20ü&?#/🙂', 'abc');
  });

  it('accepts what the SDK signs, whatever the key', async () => {
    const answer = await clientOf().send(new GetObjectCommand({ Bucket: 'b', Key: 'a b+c%20ü&?#/🙂' }));
    expect(await answer.Body?.transformToString()).toBe('abc');
  });

  it('accepts it with a session token, and by a host name of the bucket', async () => {
    server.setUser({ ...TEST_USER, accessKeyId: 'AKIATEMPORARY', sessionToken: 'token' });
    const credentials = { ...TEST_USER, accessKeyId: 'AKIATEMPORARY', sessionToken: 'token' };
    expect(await clientOf({ credentials }).send(LIST)).toMatchObject({ KeyCount: 1 });
    const path = '/a%20b%2Bc%2520%C3%BC%26%3F%23/%F0%9F%99%82';
    const hosted = await plain(path, { headers: { Host: 'b.s3.test' } });
    expect(hosted.status).toBe(403);
    expect(server.requests.at(-1)).toMatchObject({ bucket: 'b', key: 'a b+c%20ü&?#/🙂' });
  });

  it.each([
    {
      when: 'the secret is wrong',
      credentials: { ...TEST_USER, secretAccessKey: 'wrong' },
      expected: failure('SignatureDoesNotMatch', 403),
    },
    {
      when: 'the key is unknown',
      credentials: { ...TEST_USER, accessKeyId: 'AKIAUNKNOWN' },
      expected: failure('InvalidAccessKeyId', 403),
    },
    {
      when: 'there is a token too many',
      credentials: { ...TEST_USER, sessionToken: 'wrong' },
      expected: failure('InvalidToken', 400),
    },
  ])('refuses when $when', async ({ credentials, expected }) => {
    await expect(clientOf({ credentials }).send(LIST)).rejects.toMatchObject(expected);
  });

  it('refuses when the token has expired', async () => {
    server.setUser({ ...TEST_USER, expired: true });
    await expect(clientOf().send(LIST)).rejects.toMatchObject(failure('ExpiredToken', 400));
  });

  it.each([
    { wrongRegion: 'malformed', expected: { ...failure('AuthorizationHeaderMalformed', 400), Region: 'eu-central-1' } },
    { wrongRegion: 'redirect', expected: failure('PermanentRedirect', 301) },
  ] as const)('refuses the wrong region ($wrongRegion)', async ({ wrongRegion, expected }) => {
    server.behaviour.wrongRegion = wrongRegion;
    server.createBucket('far', { region: 'eu-central-1' });
    const list = new ListObjectsV2Command({ Bucket: 'far' });
    await expect(clientOf().send(list)).rejects.toMatchObject(expected);
    expect(await clientOf({ region: 'eu-central-1' }).send(list)).toMatchObject({ KeyCount: 0 });
  });

  it('redirects where a client can follow', async () => {
    server.behaviour.wrongRegion = 'redirect';
    server.createBucket('far', { region: 'eu-central-1' });
    const client = clientOf({ followRegionRedirects: true });
    expect(await client.send(new ListObjectsV2Command({ Bucket: 'far' }))).toMatchObject({ KeyCount: 0 });
  });

  it.each([40, -40])('refuses a clock that is off by %i minutes, until it is corrected', async (minutes) => {
    server.behaviour.clockOffsetMs = minutes * 60_000;
    await expect(clientOf().send(LIST)).rejects.toMatchObject(failure('RequestTimeTooSkewed', 403));
    expect(await clientOf({ maxAttempts: 2 }).send(LIST)).toMatchObject({ KeyCount: 1 });
  });

  it('refuses a request without a signature, unless all may', async () => {
    expect(await plain('/b?list-type=2')).toMatchObject({
      status: 403,
      text: expect.stringContaining('<Code>AccessDenied<'),
    });
    await using open = await startS3Server({
      anonymous: [{ actions: ['s3:GetObject'], bucket: 'b', prefix: 'public/' }],
    });
    open.put('b', 'public/k', 'abc');
    open.put('b', 'private/k', 'abc');
    const statuses = await Promise.all(
      ['public/k', 'private/k', ''].map(async (key) => (await fetch(`${open.url}/b/${key}`)).status),
    );
    expect(statuses).toEqual([200, 403, 403]);
  });

  it('gives each user their own rights', async () => {
    server.setUser({ ...TEST_USER, allow: [{ actions: ['s3:GetObject'] }] });
    const client = clientOf();
    await expect(client.send(LIST)).rejects.toMatchObject(failure('AccessDenied', 403));
    expect(await client.send(new GetObjectCommand({ Bucket: 'b', Key: 'a b+c%20ü&?#/🙂' }))).toMatchObject({
      ContentLength: 3,
    });
    // Who may not list is not told what is missing.
    const missing = new GetObjectCommand({ Bucket: 'b', Key: 'missing' });
    await expect(client.send(missing)).rejects.toMatchObject(failure('AccessDenied', 403));
    server.setUser(TEST_USER);
    await expect(client.send(missing)).rejects.toMatchObject(failure('NoSuchKey', 404));
  });

  it('lets pay who has to', async () => {
    server.createBucket('paid', { requesterPays: true });
    const list = { Bucket: 'paid' };
    await expect(clientOf().send(new ListObjectsV2Command(list))).rejects.toMatchObject(failure('AccessDenied', 403));
    expect(await clientOf().send(new ListObjectsV2Command({ ...list, RequestPayer: 'requester' }))).toMatchObject({
      KeyCount: 0,
    });
  });

  it('knows the presigned URLs of the documentation', async () => {
    // Amazon S3 API reference, "Authenticating requests: using query parameters", with its example key.
    const example = {
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    };
    server.setUser(example);
    server.put('examplebucket', 'test.txt', 'abc');
    server.behaviour.clockOffsetMs = Date.UTC(2013, 4, 24) - Date.now();
    const path =
      '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request' +
      '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
      '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404';
    await using amazon = await startS3Server({ users: [example], domain: 's3.amazonaws.com' });
    amazon.put('examplebucket', 'test.txt', 'abc');
    amazon.behaviour.clockOffsetMs = server.behaviour.clockOffsetMs;
    const before = server;
    server = amazon;
    try {
      const headers = { Host: 'examplebucket.s3.amazonaws.com' };
      expect(await plain(path, { headers })).toMatchObject({ status: 200, text: 'abc' });
      expect(await plain(path.replace('86400', '86401'), { headers })).toMatchObject({ status: 403 });
      amazon.behaviour.clockOffsetMs += 86_400_000 + 10_000;
      expect(await plain(path, { headers })).toMatchObject({
        status: 403,
        text: expect.stringContaining('Request has expired'),
      });
    } finally {
      server = before;
    }
  });
});

describe('listings', () => {
  /** All pages; the names of both kinds. */
  async function listAll(
    input: Omit<ListObjectsV2CommandInput, 'Bucket'>,
  ): Promise<{ names: string[]; pages: number }> {
    const client = clientOf();
    const names: string[] = [];
    let pages = 0;
    let token: string | undefined;
    do {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket: 'b', ...input, ...(token !== undefined && { ContinuationToken: token }) }),
      );
      pages += 1;
      names.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
      names.push(...(page.CommonPrefixes ?? []).map(({ Prefix = '' }) => Prefix));
      expect(page.KeyCount).toBe((page.Contents?.length ?? 0) + (page.CommonPrefixes?.length ?? 0));
      expect(page.NextContinuationToken !== undefined).toBe(page.IsTruncated);
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return { names, pages };
  }

  it('are in the order of UTF-8 bytes, which is not that of UTF-16', async () => {
    const keys = ['a', 'a/b', 'a0', 'z', 'é', '\u{ff5e}', '🙂'];
    for (const key of keys.toReversed()) server.put('b', key, '');
    expect(await listAll({})).toEqual({ names: keys, pages: 1 });
    expect(['\u{ff5e}', '🙂'].toSorted()).toEqual(['🙂', '\u{ff5e}']);
  });

  it.each([1, 2, 3, 1000])('come in pages of %i, without a gap or a double', async (maxKeys) => {
    for (const key of ['m/', 'm/1/a', 'm/1/b', 'm/10/a', 'm/2/x/y', 'm/z', 'm0']) server.put('b', key, 'x');
    const wanted = ['m/', 'm/1/', 'm/10/', 'm/2/', 'm/z'];
    const { names, pages } = await listAll({ Prefix: 'm/', Delimiter: '/', MaxKeys: maxKeys });
    expect(names.toSorted()).toEqual(wanted);
    expect(pages).toBe(Math.ceil(wanted.length / maxKeys));
    expect((await listAll({ MaxKeys: maxKeys })).names).toEqual([
      'm/',
      'm/1/a',
      'm/1/b',
      'm/10/a',
      'm/2/x/y',
      'm/z',
      'm0',
    ]);
  });

  it('start after a key', async () => {
    for (const key of ['m/1/a', 'm/2/a', 'm/2/b', 'm/3/a']) server.put('b', key, 'x');
    expect((await listAll({ StartAfter: 'm/2/a' })).names).toEqual(['m/2/b', 'm/3/a']);
    expect((await listAll({ Prefix: 'm/', Delimiter: '/', StartAfter: 'm/2/' })).names).toEqual(['m/3/']);
    expect((await listAll({ StartAfter: 'z' })).names).toEqual([]);
  });

  it('spell keys for XML, and for URLs when asked to', async () => {
    const key = 'a b+c%20ü&<>"\u0001';
    server.put('b', key, 'x');
    expect((await listAll({ EncodingType: 'url' })).names).toEqual(['a+b%2Bc%2520%C3%BC%26%3C%3E%22%01']);
    server.delete('b', key);
    server.put('b', 'x & <y>', '');
    expect((await listAll({})).names).toEqual(['x & <y>']);
  });

  it('tell size, time, class and checksum', async () => {
    const modifiedMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
    server.put('b', 'k', 'abc', { modifiedMs, storageClass: 'GLACIER' });
    const { Contents } = await clientOf().send(LIST);
    expect(Contents).toEqual([
      {
        Key: 'k',
        ETag: '"900150983cd24fb0d6963f7d28e17f72"',
        Size: 3,
        LastModified: new Date(Date.UTC(2026, 0, 2, 3, 4, 5)),
        StorageClass: 'GLACIER',
        ChecksumAlgorithm: ['CRC32'],
        ChecksumType: 'FULL_OBJECT',
      },
    ]);
  });

  it('of version 1 go on with a marker', async () => {
    await using open = await startS3Server({ anonymous: [{}] });
    for (const key of ['m/1/a', 'm/2/a', 'm/3']) open.put('b', key, '');
    const text = await (await fetch(`${open.url}/b?prefix=m/&delimiter=/&max-keys=1`)).text();
    expect(text).toContain('<NextMarker>m/1/</NextMarker><IsTruncated>true<');
    expect(await (await fetch(`${open.url}/b?prefix=m/&delimiter=/&marker=m/1/`)).text()).toContain(
      '<Contents><Key>m/3</Key>',
    );
  });

  it('refuse a token that is not theirs and a bucket that is not there', async () => {
    server.createBucket('b');
    const client = clientOf();
    const wrongToken = new ListObjectsV2Command({ Bucket: 'b', ContinuationToken: 'xyz' });
    await expect(client.send(wrongToken)).rejects.toMatchObject(failure('InvalidArgument', 400));
    const missing = new ListObjectsV2Command({ Bucket: 'missing' });
    await expect(client.send(missing)).rejects.toMatchObject(failure('NoSuchBucket', 404));
    expect(await client.send(LIST)).toMatchObject({ KeyCount: 0, IsTruncated: false });
  });

  it('name the buckets and where they are', async () => {
    server.createBucket('two', { region: 'eu-west-1' });
    server.createBucket('one');
    const { Buckets } = await clientOf().send(new ListBucketsCommand());
    expect(Buckets?.map(({ Name, BucketRegion }) => [Name, BucketRegion])).toEqual([
      ['one', 'us-east-1'],
      ['two', 'eu-west-1'],
    ]);
    const location = await clientOf({ region: 'eu-west-1' }).send(new GetBucketLocationCommand({ Bucket: 'two' }));
    expect(location.LocationConstraint).toBe('eu-west-1');
  });
});

describe('objects', () => {
  const CONTENT = '0123456789';
  const read = async (client: S3Client, more: object): Promise<unknown> => {
    const answer = await client.send(new GetObjectCommand({ Bucket: 'b', Key: 'k', ...more }));
    const { ContentRange, $metadata } = answer;
    return [$metadata.httpStatusCode, await answer.Body?.transformToString(), ContentRange];
  };

  it.each([
    ['bytes=0-0', [206, '0', 'bytes 0-0/10']],
    ['bytes=2-4', [206, '234', 'bytes 2-4/10']],
    ['bytes=7-', [206, '789', 'bytes 7-9/10']],
    ['bytes=7-100', [206, '789', 'bytes 7-9/10']],
    ['bytes=-3', [206, '789', 'bytes 7-9/10']],
    ['bytes=-100', [206, CONTENT, 'bytes 0-9/10']],
    ['bytes=5-2', [200, CONTENT, undefined]],
    ['bytes=0-1,3-4', [200, CONTENT, undefined]],
  ])('are read by range: %s', async (Range, expected) => {
    server.put('b', 'k', CONTENT);
    expect(await read(clientOf(), { Range })).toEqual(expected);
  });

  it.each(['bytes=10-', 'bytes=10-11', 'bytes=-0'])('have no bytes in %s', async (Range) => {
    server.put('b', 'k', CONTENT);
    await expect(read(clientOf(), { Range })).rejects.toMatchObject(failure('InvalidRange', 416));
  });

  it('are given only as they are asked for', async () => {
    const { etag } = server.put('b', 'k', CONTENT);
    const client = clientOf();
    expect(await read(client, { IfMatch: etag, Range: 'bytes=0-1' })).toEqual([206, '01', 'bytes 0-1/10']);
    server.put('b', 'k', 'something else');
    await expect(read(client, { IfMatch: etag })).rejects.toMatchObject(failure('PreconditionFailed', 412));
    expect(await read(client, { IfNoneMatch: etag })).toEqual([200, 'something else', undefined]);
    const now = new Date(Date.now() + 1000);
    await expect(read(client, { IfModifiedSince: now })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
    const longAgo = new Date(0);
    await expect(read(client, { IfUnmodifiedSince: longAgo })).rejects.toMatchObject(
      failure('PreconditionFailed', 412),
    );
  });

  it.each(CHECKSUM_ALGORITHMS)('carry their %s, which the SDK checks', async (algorithm) => {
    server.put('b', 'k', CONTENT, { checksum: algorithm });
    const client = clientOf();
    const head = await client.send(new HeadObjectCommand({ Bucket: 'b', Key: 'k', ChecksumMode: 'ENABLED' }));
    expect(head).toMatchObject({
      [`Checksum${algorithm}`]: checksumOf(algorithm, Buffer.from(CONTENT)).toString('base64'),
    });
    expect(await read(client, {})).toEqual([200, CONTENT, undefined]);
    if (algorithm === 'CRC64NVME') return; // the SDK checks it with a package of its own only
    server.faults.add({ fault: { kind: 'flipBit', atByte: 3 } });
    await expect(read(client, {})).rejects.toThrow('Checksum mismatch');
    expect(await read(client, { Range: 'bytes=2-4' })).toEqual([206, '224', 'bytes 2-4/10']);
  });

  it.each([
    // The check values of the algorithms' catalogues.
    ['CRC32', 'cbf43926'],
    ['CRC32C', 'e3069283'],
    ['CRC64NVME', 'ae8b14860a799888'],
    ['SHA1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
  ] as const)('compute %s as others do', (algorithm, expected) => {
    expect(checksumOf(algorithm, Buffer.from('123456789')).toString('hex')).toBe(expected);
  });

  it('in an archive are listed and not read', async () => {
    server.put('b', 'k', CONTENT, { storageClass: 'DEEP_ARCHIVE' });
    await expect(read(clientOf(), {})).rejects.toMatchObject({
      ...failure('InvalidObjectState', 403),
      StorageClass: 'DEEP_ARCHIVE',
    });
    const head = await clientOf().send(new HeadObjectCommand({ Bucket: 'b', Key: 'k' }));
    expect(head.StorageClass).toBe('DEEP_ARCHIVE');
  });

  it('under KMS have an ETag that is no MD5', () => {
    const [one, other] = [1, 2].map(() => server.put('b', 'k', CONTENT, { encryption: 'aws:kms' }).etag);
    expect(one).not.toBe(other);
  });

  it('of any size cost no memory, and any range of them is right', async () => {
    const size = 6 * 1024 ** 3 + 5;
    server.put('b', 'k', generatedBody(size), { checksum: 'none', modifiedMs: 0, encryption: 'aws:kms' });
    const answer = await clientOf().send(
      new GetObjectCommand({ Bucket: 'b', Key: 'k', Range: `bytes=${5 * 1024 ** 3}-${5 * 1024 ** 3 + 7}` }),
    );
    const bytes = Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
    expect(bytes.readDoubleLE()).toBe((5 * 1024 ** 3) / 8);
    expect(answer.ContentRange).toBe(`bytes ${5 * 1024 ** 3}-${5 * 1024 ** 3 + 7}/${size}`);
  });
});

describe('uploads', () => {
  beforeEach(() => server.createBucket('b'));
  const stored = (): string => {
    const body = server.get('b', 'k')?.body;
    return body ? Buffer.from(body.slice(0, body.sizeBytes)).toString() : 'nothing';
  };

  it.each([undefined, ...CHECKSUM_ALGORITHMS.filter((name) => name !== 'CRC64NVME')])(
    'of a buffer are checked (%s) and stored',
    async (ChecksumAlgorithm) => {
      const put = { Bucket: 'b', Key: 'k', Body: Buffer.from('abc'), ...(ChecksumAlgorithm && { ChecksumAlgorithm }) };
      const { ETag } = await clientOf().send(new PutObjectCommand(put));
      expect(stored()).toBe('abc');
      expect(ETag).toBe('"900150983cd24fb0d6963f7d28e17f72"');
      expect(server.get('b', 'k')?.checksum?.algorithm).toBe(ChecksumAlgorithm ?? 'CRC32');
    },
  );

  it('in aws-chunked with a trailer are undone', async () => {
    const put = {
      Bucket: 'b',
      Key: 'k',
      Body: Readable.from([Buffer.from('abc'), Buffer.from('def')]),
      ContentLength: 6,
    };
    await clientOf().send(new PutObjectCommand(put));
    expect(server.requests[0]?.headers['x-amz-content-sha256']).toBe('STREAMING-UNSIGNED-PAYLOAD-TRAILER');
    expect(stored()).toBe('abcdef');
    expect(server.get('b', 'k')?.checksum?.value).toBe(checksumOf('CRC32', Buffer.from('abcdef')).toString('base64'));
  });

  it.each([
    { wrong: { ChecksumCRC32: 'AAAAAA==' }, expected: failure('BadDigest', 400) },
    { wrong: { ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' }, expected: failure('BadDigest', 400) },
  ])('are refused with $wrong', async ({ wrong, expected }) => {
    const put = new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: Buffer.from('abc'), ...wrong });
    await expect(clientOf().send(put)).rejects.toMatchObject(expected);
    expect(stored()).toBe('nothing');
  });

  it('in parts appear at once, at the end', async () => {
    const client = clientOf();
    const place = { Bucket: 'b', Key: 'k' };
    const parts = [Buffer.alloc(5 * 1024 * 1024, 'a'), Buffer.from('the rest')];
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...place, ChecksumAlgorithm: 'CRC32' }));
    const Parts: { PartNumber: number; ETag?: string }[] = [];
    for (const [index, Body] of parts.entries()) {
      const part = await client.send(new UploadPartCommand({ ...place, UploadId, Body, PartNumber: index + 1 }));
      Parts.push({ PartNumber: index + 1, ...(part.ETag !== undefined && { ETag: part.ETag }) });
    }
    expect(stored()).toBe('nothing');
    const complete = new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload: { Parts } });
    expect((await client.send(complete)).ETag).toMatch(/^"[0-9a-f]{32}-2"$/u);
    expect(stored()).toBe(Buffer.concat(parts).toString());
    // Stored at once in parts of this size, it is the same.
    const object = server.get('b', 'k');
    const again = server.put('b', 'again', Buffer.concat(parts), { partSizeBytes: 5 * 1024 * 1024 });
    expect([again.etag, again.checksum]).toEqual([object?.etag, object?.checksum]);
    expect(object?.checksum?.value).toMatch(/-2$/u);

    const second = await client.send(new GetObjectCommand({ ...place, PartNumber: 2, ChecksumMode: 'ENABLED' }));
    expect(second).toMatchObject({ PartsCount: 2, ContentLength: 8 });
    expect(second.ChecksumCRC32).toBe(checksumOf('CRC32', Buffer.from('the rest')).toString('base64'));
    expect(await second.Body?.transformToString()).toBe('the rest');
  });
});

describe('faults', () => {
  const get = new GetObjectCommand({ Bucket: 'b', Key: 'k' });
  /** What of the object came, and what went wrong. */
  async function attempt(client = clientOf()): Promise<unknown> {
    try {
      return await (await client.send(get)).Body?.transformToString();
    } catch (error) {
      return error instanceof Error ? ('code' in error ? error.code : error.name) : error;
    }
  }
  beforeEach(() => {
    server.put('b', 'k', '0123456789', { checksum: 'none' });
  });

  it.each([
    { fault: { kind: 'error', code: 'SlowDown' }, expected: 'SlowDown' },
    { fault: { kind: 'reset' }, expected: 'ECONNRESET' },
    { fault: { kind: 'cut', afterBytes: 4, how: 'end' }, expected: 'ECONNRESET' },
    { fault: { kind: 'cut', afterBytes: 4, how: 'reset' }, expected: 'ECONNRESET' },
    { fault: { kind: 'truncate', afterBytes: 4 }, expected: '0123' },
    { fault: { kind: 'flipBit', atByte: 4 }, expected: '0123556789' },
    { fault: { kind: 'answer', status: 200, body: '<html>sign in</html>' }, expected: '<html>sign in</html>' },
  ] as const)('$fault', async ({ fault, expected }) => {
    const injected = server.faults.add({ on: 'GetObject', key: 'k', fault });
    expect(await attempt()).toBe(expected);
    expect(injected.hits).toBe(1);
    injected.remove();
    expect(await attempt()).toBe('0123456789');
  });

  it('hit so many requests after so many', async () => {
    const injected = server.faults.add({ skip: 1, times: 2, fault: { kind: 'error', code: 'InternalError' } });
    const attempts: unknown[] = [];
    for (let count = 0; count < 4; count += 1) attempts.push(await attempt());
    expect(attempts).toEqual(['0123456789', 'InternalError', 'InternalError', '0123456789']);
    expect(injected.hits).toBe(2);
  });

  it('keep a client waiting, before and in the middle of an answer', async () => {
    for (const fault of [{ kind: 'stall' }, { kind: 'cut', afterBytes: 4, how: 'stall' }] as const) {
      const injected = server.faults.add({ fault });
      const waiting = new AbortController();
      const client = clientOf();
      const answer = (async () =>
        (await client.send(get, { abortSignal: waiting.signal })).Body?.transformToString())();
      const asked = await server.untilRequest(({ key }) => key === 'k');
      expect(asked.complete).toBe(false);
      waiting.abort();
      await Promise.allSettled([answer]);
      client.destroy();
      await server.untilConnections(0);
      injected.remove();
      server.clearRequests();
    }
  });

  it('change the store while a request waits, and let If-Match be ignored', async () => {
    const { etag } = server.put('b', 'k', 'before');
    const conditional = new GetObjectCommand({ Bucket: 'b', Key: 'k', IfMatch: etag });
    server.faults.add({ times: 1, fault: { kind: 'before', run: () => void server.put('b', 'k', 'after') } });
    await expect(clientOf().send(conditional)).rejects.toMatchObject(failure('PreconditionFailed', 412));
    server.faults.add({ fault: { kind: 'ignoreConditions' } });
    expect(await (await clientOf().send(conditional)).Body?.transformToString()).toBe('after');
  });

  it('lie about the range', async () => {
    const ranged = new GetObjectCommand({ Bucket: 'b', Key: 'k', Range: 'bytes=2-4' });
    server.faults.add({ times: 1, fault: { kind: 'ignoreRange' } });
    expect((await clientOf().send(ranged)).$metadata.httpStatusCode).toBe(200);
    server.faults.add({ fault: { kind: 'headers', headers: { 'content-range': 'bytes 0-2/10', ETag: '"other"' } } });
    expect(await clientOf().send(ranged)).toMatchObject({ ContentRange: 'bytes 0-2/10', ETag: '"other"' });
  });

  it('slow a connection down', async () => {
    server.put('b', 'k', Buffer.alloc(400_000));
    server.faults.add({ fault: { kind: 'slow', bytesPerSecond: 1_000_000 } });
    const startMs = performance.now();
    await attempt();
    // The first piece is free.
    expect(performance.now() - startMs).toBeGreaterThan(250);
    expect(server.requests[0]).toMatchObject({ complete: true, status: 200, bytesSent: 400_000 });
  });
});
