import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type S3TestServer, startS3Server, TEST_USER } from '../../../../scripts/s3-server/s3-server.ts';
import { readS3Options } from '../s3-options.ts';
import { parseS3Uri } from '../s3-uri.ts';
import { createS3Clients } from './s3-clients.ts';
import { createS3Listing, type S3Listing } from './s3-listing.ts';
import { createS3Requests } from './s3-requests.ts';

const BASE = parseS3Uri('s3://bucket/m');
const at = (path: string) => parseS3Uri(`s3://bucket/m/${path}`);
const { signal } = new AbortController();

describe('createS3Listing', () => {
  let server: S3TestServer;
  let clients: ReturnType<typeof createS3Clients>;
  let listing: S3Listing;
  let nowMs: number;

  beforeEach(async () => {
    server = await startS3Server();
    server.createBucket('bucket');
    clients = createS3Clients(readS3Options({ AWS_ENDPOINT_URL: server.url, AWS_MAX_ATTEMPTS: '1' }));
    nowMs = 0;
    listing = createS3Listing(createS3Requests(clients), () => nowMs);
    vi.stubEnv('AWS_ACCESS_KEY_ID', TEST_USER.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', TEST_USER.secretAccessKey);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    clients[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });

  const put = (...keys: readonly string[]): void => {
    for (const key of keys) server.put('bucket', key, 'abc');
  };
  const paths = async (path: string, mayReuse = true): Promise<readonly string[]> =>
    (await listing.objects(at(path), mayReuse, signal)).map((object) => object.path);

  it('needs one request for a base path and what is in its versions', async () => {
    put('m/1/model.onnx', 'm/2/model.onnx', 'm/2/data/w', 'm/notes.txt');
    expect(await listing.children(BASE, signal)).toEqual({ files: ['notes.txt'], directories: ['1', '2'] });
    expect(await paths('2')).toEqual(['data/w', 'model.onnx']);
    expect(await paths('1')).toEqual(['model.onnx']);
    expect(server.requests).toHaveLength(1);
  });

  it('takes what it has seen for the present once, for a moment, and only where that will do', async () => {
    put('m/1/a', 'm/2/a', 'm/3/a');
    await listing.children(BASE, signal);
    put('m/1/b', 'm/2/b', 'm/3/b');
    expect(await paths('1')).toEqual(['a']);
    expect(await paths('1')).toEqual(['a', 'b']);
    expect(await paths('2', false)).toEqual(['a', 'b']);
    nowMs = 2001;
    expect(await paths('3')).toEqual(['a', 'b']);
  });

  it('asks for the folders alone where there are more keys than a page holds', async () => {
    server.behaviour.maxKeysPerPage = 3;
    put('m/1/a', 'm/1/b', 'm/2/a', 'm/2/b', 'm/3/a');
    const expected = { files: [], directories: ['1', '2', '3'] };
    expect(await listing.children(BASE, signal)).toEqual(expected);
    server.clearRequests();
    expect(await listing.children(BASE, signal)).toEqual(expected);
    expect(server.requests.map(({ query }) => query.get('delimiter'))).toEqual(['/']);
    expect(await paths('1')).toEqual(['a', 'b']);
  });

  it('reads all pages of a version', async () => {
    server.behaviour.maxKeysPerPage = 2;
    put('m/1/a', 'm/1/b', 'm/1/c', 'm/1/d', 'm/1/e', 'm/10/x');
    expect(await paths('1')).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('refuses to cut a listing off', async () => {
    server.behaviour.maxKeysPerPage = 1;
    for (let count = 0; count < 201; count += 1) put(`m/1/${count}`);
    await expect(listing.objects(at('1'), false, signal)).rejects.toMatchObject({ s3Code: 'S3_TOO_MANY_KEYS' });
  });

  it('takes no more keys than it would in all, however many a page has', async () => {
    const keys = Array.from({ length: 100_001 }, (_, index) => `m/1/${index}`);
    const contents = keys.map((key) => `<Contents><Key>${key}</Key><Size>1</Size><ETag>"e"</ETag></Contents>`).join('');
    const rest = '<IsTruncated>true</IsTruncated><NextContinuationToken>on</NextContinuationToken>';
    const body = `<ListBucketResult><Name>bucket</Name>${rest}${contents}</ListBucketResult>`;
    server.faults.add({ fault: { kind: 'answer', status: 200, body } });
    await expect(listing.objects(at('1'), false, signal)).rejects.toMatchObject({ s3Code: 'S3_TOO_MANY_KEYS' });
    expect(server.requests).toHaveLength(2);
  });

  it('reads only the beginning of a refusal', async () => {
    const body = 'x'.repeat(48 * 1024 * 1024);
    server.faults.add({ fault: { kind: 'answer', status: 500, body } });
    await expect(listing.children(BASE, signal)).rejects.toMatchObject({ s3Code: 'S3_NOT_S3' });
    await server.untilConnections(0);
    expect(server.requests[0]?.bytesSent).toBeLessThan(body.length);
  });

  it('counts no folder that only markers make', async () => {
    put('m/1/model.onnx', 'm/1/empty/');
    server.put('bucket', 'm/2/', '');
    expect(await listing.children(BASE, signal)).toEqual({ files: [], directories: ['1'] });
    expect(await paths('1')).toEqual(['model.onnx']);
    const nothing = { s3Code: 'S3_PREFIX_NOT_FOUND' };
    await expect(listing.objects(at('2'), true, signal)).rejects.toMatchObject(nothing);
    server.delete('bucket', 'm/1/model.onnx');
    await expect(listing.children(BASE, signal)).rejects.toMatchObject(nothing);
  });

  it('does not take a sibling for what is in a folder', async () => {
    put('m/1-old/a', 'm/10/a', 'm/1.txt');
    await expect(listing.children(at('1'), signal)).rejects.toMatchObject({ s3Code: 'S3_PREFIX_NOT_FOUND' });
    await expect(listing.stat(at('1'), signal)).resolves.toBeUndefined();
    put('m/1/a');
    await expect(listing.stat(at('1'), signal)).resolves.toBe('directory');
    await expect(listing.stat(at('1.txt'), signal)).resolves.toMatchObject({ sizeBytes: 3 });
  });

  it('refuses archived objects until they are restored', async () => {
    put('m/1/model.onnx');
    server.put('bucket', 'm/1/weights.bin', 'abc', { storageClass: 'DEEP_ARCHIVE' });
    await listing.children(BASE, signal);
    await expect(listing.objects(at('1'), true, signal)).rejects.toMatchObject({
      s3Code: 'S3_ARCHIVED',
      message: expect.stringContaining('archived (DEEP_ARCHIVE). Restore it first.'),
    });
  });
});
