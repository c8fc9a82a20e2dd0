import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeCertificate } from '../../../scripts/s3-server/certificate.ts';
import { type ConnectionFault, startFaultProxy, startForwardProxy } from '../../../scripts/s3-server/fault-proxy.ts';
import type { Fault } from '../../../scripts/s3-server/faults.ts';
import { generatedBody } from '../../../scripts/s3-server/object-store.ts';
import { type S3ServerOptions, type S3TestServer, startS3Server } from '../../../scripts/s3-server/s3-server.ts';
import type { Logger } from '../../contracts/logger.ts';
import { createS3FileSystem, type S3FileSystem } from './s3-file-system.ts';

/*
 * What a user of the file system sees when S3, the network or the disk misbehave: each row has its code, says what to do,
 * ends in bounded time, and nothing of it holds a secret.
 */

const USER = {
  accessKeyId: 'AKIAOFTHETESTS000001',
  secretAccessKey: 'secret-that-nobody-may-see',
  sessionToken: 'token-that-nobody-may-see',
};
const KEYS = {
  AWS_ACCESS_KEY_ID: USER.accessKeyId,
  AWS_SECRET_ACCESS_KEY: USER.secretAccessKey,
  AWS_SESSION_TOKEN: USER.sessionToken,
};
/** Silence for so long counts as such; in tests of silence only, since a busy machine is silent, too. */
const IDLE_MS = 1500;
const MIB = 1024 * 1024;
/** A bound for what hangs, not for what is slow: a download of many MiB shares the machine with other tests. */
vi.setConfig({ testTimeout: 120_000 });
const signal = new AbortController().signal;
const stack: AsyncDisposable[] = [];
/** All that a user could get to read. */
const said: string[] = [];
let directory: string;
let server: S3TestServer;
let bucket: string;
/** Most tests share a server and a thread, which takes a second to start; each has a bucket of its own. */
let shared: {
  readonly directory: string;
  readonly server: S3TestServer;
  readonly fileSystem: S3FileSystem;
  /** Waits {@link IDLE_MS} for an answer and no longer. */
  readonly impatient: S3FileSystem;
};
let buckets = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 's3-faults-'));
  server = await startS3Server({ users: [USER] });
  const impatient = createFileSystem({ S3_REQUEST_TIMEOUT_MSEC: String(IDLE_MS) }, 'impatient');
  shared = { directory, server, fileSystem: createFileSystem(), impatient };
});
afterAll(async () => {
  await shared.fileSystem[Symbol.asyncDispose]();
  await shared.impatient[Symbol.asyncDispose]();
  await shared.server[Symbol.asyncDispose]();
  await rm(shared.directory, { recursive: true, force: true, maxRetries: 5 });
});
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 's3-faults-'));
  ({ server } = shared);
  server.faults.clear();
  server.clearRequests();
  server.setUser(USER);
  Object.assign(server.behaviour, { clockOffsetMs: 0, wrongRegion: 'malformed', maxKeysPerPage: 1000 });
  buckets += 1;
  bucket = `models-${buckets}`;
});
afterEach(async () => {
  for (const item of stack.splice(0).toReversed()) await item[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  const all = said.splice(0).join('\n');
  const secrets = [
    USER.secretAccessKey,
    USER.sessionToken,
    USER.accessKeyId,
    'Signature=',
    directory,
    shared.directory,
  ];
  const told = secrets.filter((secret) => all.includes(secret));
  if (told.length > 0) throw new Error(`a message holds what it must not: ${told.join(', ')}`);
});

function keep<T extends AsyncDisposable>(item: T): T {
  stack.push(item);
  return item;
}

async function serve(options: S3ServerOptions = {}): Promise<S3TestServer> {
  return keep(await startS3Server({ users: [USER], ...options }));
}

const hear = (fields: object, message?: string): void => {
  said.push(`${JSON.stringify(fields)} ${message ?? ''}`);
};
const log: Logger = { debug: hear, info: hear, warn: hear, error: hear, child: () => log };

/** A file system of its own, with nothing of the machine's environment. */
function createFileSystem(
  environment: Record<string, string> = {},
  cache = 'cache',
  limits: { readonly capBytes?: number; readonly minFreeBytes: number } = { minFreeBytes: 0 },
): S3FileSystem {
  return createS3FileSystem({
    workerEntry: join(import.meta.dirname, 'worker', 'main.ts'),
    environment: {
      HOME: directory,
      AWS_ENDPOINT_URL_S3: server.url,
      AWS_REGION: 'us-east-1',
      AWS_MAX_ATTEMPTS: '2',
      S3_CONNECT_TIMEOUT_MSEC: '20000',
      S3_REQUEST_TIMEOUT_MSEC: '60000',
      ...KEYS,
      ...environment,
    },
    cache: { directory: join(directory, cache), ...limits },
    log,
  });
}
const fileSystemOf: typeof createFileSystem = (...options) => keep(createFileSystem(...options));

/** The error of an attempt, which must not succeed. */
async function errorOf(attempt: Promise<unknown>): Promise<unknown> {
  try {
    await attempt;
  } catch (error) {
    said.push(error instanceof Error ? error.message : String(error));
    return error;
  }
  throw new Error('it succeeded');
}

const list = (fileSystem: S3FileSystem) => fileSystem.list(fileSystem.parse(`s3://${bucket}/m`), signal);
const names = async (fileSystem: S3FileSystem) => (await list(fileSystem)).map(({ name }) => name).toSorted();
const VERSIONS = ['1', '2'];
function putVersions(to = server): void {
  for (const version of VERSIONS) to.put(bucket, `m/${version}/model.onnx`, `version ${version}`);
}

describe('a listing', () => {
  beforeEach(() => putVersions());

  const failing = (code: Extract<Fault, { kind: 'error' }>['code'], message?: string): Fault => ({
    kind: 'error',
    code,
    ...(message !== undefined && { details: { message } }),
  });
  const page = (status: number, body: string): Fault => ({ kind: 'answer', status, body });
  const HTML = '<!DOCTYPE html><html><head><title>Sign in</title></head><body><p>Welcome<br></body></html>';

  it.each([
    { when: 'the store throttles for ever', fault: failing('SlowDown'), code: 'UNAVAILABLE', s3Code: 'S3_THROTTLED' },
    { when: 'the store fails', fault: failing('InternalError'), code: 'UNAVAILABLE', s3Code: 'S3_UNAVAILABLE' },
    { when: 'connections are reset', fault: { kind: 'reset' } as const, code: 'UNAVAILABLE', s3Code: 'S3_UNAVAILABLE' },
    { when: 'nothing answers', fault: { kind: 'stall' } as const, code: 'UNAVAILABLE', s3Code: 'S3_STALLED' },
    { when: 'listing is denied', fault: failing('AccessDenied'), code: 'PERMISSION_DENIED', s3Code: 'S3_LIST_DENIED' },
    {
      when: 'the token expired',
      fault: failing('ExpiredToken'),
      code: 'PERMISSION_DENIED',
      s3Code: 'S3_TOKEN_EXPIRED',
    },
    {
      when: 'clocks differ for good',
      fault: failing('RequestTimeTooSkewed'),
      code: 'FAILED_PRECONDITION',
      s3Code: 'S3_CLOCK_SKEW',
    },
    { when: 'a login page answers', fault: page(200, HTML), code: 'UNAVAILABLE', s3Code: 'S3_NOT_S3' },
    { when: 'a web server answers', fault: page(404, HTML), code: 'UNAVAILABLE', s3Code: 'S3_NOT_S3' },
    { when: 'JSON answers', fault: page(200, '{"ok":true}'), code: 'UNAVAILABLE', s3Code: 'S3_NOT_S3' },
    { when: 'nothing at all is in the answer', fault: page(200, ''), code: 'UNAVAILABLE', s3Code: 'S3_NOT_S3' },
    {
      when: 'the answer ends early',
      fault: { kind: 'truncate', afterBytes: 300 } as const,
      code: 'UNAVAILABLE',
      s3Code: 'S3_NOT_S3',
    },
  ])('is an error when $when, and fine again afterwards', async ({ fault, code, s3Code }) => {
    const fileSystem = isSilent(fault) ? shared.impatient : shared.fileSystem;
    const injected = server.faults.add({ fault });
    expect(await errorOf(list(fileSystem))).toMatchObject({
      code,
      s3Code,
      message: expect.stringMatching(/^s3:\/\/models-\d+\/m: .*endpoint 127\.0\.0\.1.*\. .*\./u),
    });
    injected.remove();
    expect(await names(fileSystem)).toEqual(VERSIONS);
  });

  it('is tried again by itself when the store throttles for a moment', async () => {
    const fileSystem = fileSystemOf({ AWS_MAX_ATTEMPTS: '3' });
    server.faults.add({ times: 2, fault: failing('SlowDown') });
    expect(await names(fileSystem)).toEqual(VERSIONS);
    expect(server.requests).toHaveLength(3);
  });

  it('costs one request', async () => {
    const { fileSystem } = shared;
    await list(fileSystem);
    await list(fileSystem);
    expect(server.requests.map(({ operation }) => operation)).toEqual(['ListObjectsV2', 'ListObjectsV2']);
  });

  it('is whole or an error', async () => {
    const { fileSystem } = shared;
    server.behaviour.maxKeysPerPage = 1;
    expect(await names(fileSystem)).toEqual(VERSIONS);
    server.faults.add({ when: ({ query }) => query.has('continuation-token'), fault: failing('InternalError') });
    expect(await errorOf(list(fileSystem))).toMatchObject({ s3Code: 'S3_UNAVAILABLE' });
  });

  it('without an entry is an error', async () => {
    const { fileSystem } = shared;
    for (const version of VERSIONS) server.delete(bucket, `m/${version}/model.onnx`);
    expect(await errorOf(list(fileSystem))).toMatchObject({ code: 'NOT_FOUND', s3Code: 'S3_PREFIX_NOT_FOUND' });
  });

  it('of a bucket whose requester pays needs consent', async () => {
    server.createBucket(bucket, { requesterPays: true });
    putVersions();
    expect(await errorOf(list(shared.fileSystem))).toMatchObject({
      code: 'PERMISSION_DENIED',
      s3Code: 'S3_LIST_DENIED',
      message: expect.stringContaining('S3_REQUESTER_PAYS=true'),
    });
    const fileSystem = fileSystemOf({ S3_REQUESTER_PAYS: 'true' });
    expect(await names(fileSystem)).toEqual(VERSIONS);
    await using copy = await fileSystem.localize(fileSystem.parse(`s3://${bucket}/m/1`), signal);
    expect(await readFile(join(copy.path, 'model.onnx'), 'utf8')).toBe('version 1');
  });

  it('of a bucket that is not there names it', async () => {
    const { fileSystem } = shared;
    expect(await errorOf(fileSystem.list(fileSystem.parse('s3://missing/m'), signal))).toMatchObject({
      code: 'NOT_FOUND',
      s3Code: 'S3_NO_SUCH_BUCKET',
      message: expect.stringContaining('"missing"'),
    });
  });

  it('says when it was made, by the clock of the store', async () => {
    const { fileSystem } = shared;
    const version = fileSystem.parse(`s3://${bucket}/m/1`);
    server.behaviour.clockOffsetMs = 120_000;
    await fileSystem.listRecursive(version, signal);
    const aheadMs = fileSystem.clockAheadMs?.(version) ?? 0;
    // The header has whole seconds, and takes a moment to come.
    expect(Math.abs(aheadMs - 120_000)).toBeLessThan(5000);
  });

  it('of many keys is whole, and refused where fewer are wanted', async () => {
    const { fileSystem } = shared;
    for (let index = 0; index < 20_000; index += 1) server.put(bucket, `many/${index}`, '');
    const many = fileSystem.parse(`s3://${bucket}/many`);
    expect(await fileSystem.listRecursive(many, signal, 20_000)).toHaveLength(20_000);
    expect(server.requests).toHaveLength(20);
    expect(await errorOf(fileSystem.listRecursive(many, signal, 5000))).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      s3Code: 'S3_TOO_MANY_KEYS',
    });
  });

  it.each(['malformed', 'redirect'] as const)(
    'finds the region of a bucket (%s), and remembers it',
    async (wrongRegion) => {
      const { fileSystem } = shared;
      server.behaviour.wrongRegion = wrongRegion;
      server.createBucket(bucket, { region: 'eu-central-1' });
      putVersions();
      expect(await names(fileSystem)).toEqual(VERSIONS);
      server.clearRequests();
      expect(await names(fileSystem)).toEqual(VERSIONS);
      expect(server.requests.map(({ status }) => status)).toEqual([200]);
    },
  );

  it.each([40, -40])('works with a clock that is off by %i minutes', async (minutes) => {
    server.behaviour.clockOffsetMs = minutes * 60_000;
    expect(await names(fileSystemOf())).toEqual(VERSIONS);
  });
});

describe('a key that may read but not list', () => {
  const reader = { ...USER, allow: [{ actions: ['s3:GetObject' as const] }] };
  const files = ['model.onnx', 'data/weights.bin'];
  beforeEach(() => {
    server.put(bucket, 'm/7/model.onnx', 'model');
    server.put(bucket, 'm/7/data/weights.bin', generatedBody(40 * MIB));
    server.setUser(reader);
  });

  it('is told which permission is missing for what', async () => {
    expect(await errorOf(list(shared.fileSystem))).toMatchObject({
      code: 'PERMISSION_DENIED',
      s3Code: 'S3_LIST_DENIED',
      message: expect.stringMatching(/s3:ListBucket on bucket "models-\d+" with prefix "m\/".*files/u),
    });
  });

  it('is enough where the files are named', async () => {
    const fileSystem = shared.fileSystem.withFiles?.(files);
    const version = shared.fileSystem.parse(`s3://${bucket}/m/7`);
    const tree = await fileSystem?.listRecursive(version, signal);
    expect(tree?.filter(({ kind }) => kind === 'file').map(({ path, sizeBytes }) => [path, sizeBytes])).toEqual([
      ['model.onnx', 5],
      ['data/weights.bin', 40 * MIB],
    ]);
    await using copy = await fileSystem?.localize(version, signal);
    expect(await readFile(join(copy?.path ?? '', 'model.onnx'), 'utf8')).toBe('model');
    expect(await fileSystem?.hasCopy?.(version, tree?.filter(({ kind }) => kind === 'file') ?? [], signal)).toBe(true);
    expect(server.requests.some(({ operation }) => operation === 'ListObjectsV2')).toBe(false);
  });

  it('is not told more of a file that is missing than that it is missing or denied', async () => {
    const version = shared.fileSystem.parse(`s3://${bucket}/m/7`);
    const tree = shared.fileSystem.withFiles?.(['model.onnx', 'missing.bin']).listRecursive(version, signal);
    expect(await errorOf(tree ?? Promise.resolve())).toMatchObject({
      code: 'PERMISSION_DENIED',
      s3Code: 'S3_GET_DENIED',
      message: expect.stringMatching(/\/missing\.bin: reading is denied, or it does not exist .*s3:GetObject/u),
    });
  });

  it('is told of a token that expired, though heads of answers do not say so', async () => {
    server.setUser({ ...reader, expired: true });
    const version = shared.fileSystem.parse(`s3://${bucket}/m/7`);
    const tree = shared.fileSystem.withFiles?.(files).listRecursive(version, signal);
    expect(await errorOf(tree ?? Promise.resolve())).toMatchObject({ s3Code: 'S3_TOKEN_EXPIRED' });
  });
});

describe('credentials', () => {
  beforeEach(() => putVersions());
  const NONE = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_SESSION_TOKEN: '' };

  it.each([
    { when: 'the secret is wrong', environment: { AWS_SECRET_ACCESS_KEY: 'wrong-one' }, s3Code: 'S3_BAD_CREDENTIALS' },
    { when: 'the key is unknown', environment: { AWS_ACCESS_KEY_ID: 'AKIAUNKNOWN' }, s3Code: 'S3_BAD_CREDENTIALS' },
    { when: 'there are none', environment: NONE, s3Code: 'S3_NO_CREDENTIALS' },
    { when: 'nobody may read', environment: { ...NONE, AWS_NO_SIGN_REQUEST: 'true' }, s3Code: 'S3_LIST_DENIED' },
  ])('are told of when $when', async ({ environment, s3Code }) => {
    expect(await errorOf(list(fileSystemOf(environment)))).toMatchObject({ code: 'PERMISSION_DENIED', s3Code });
  });

  it('are not needed where all may read', async () => {
    server = await serve({ anonymous: [{}] });
    putVersions();
    expect(await names(fileSystemOf({ ...NONE, AWS_NO_SIGN_REQUEST: 'true' }))).toEqual(VERSIONS);
  });

  it('that expired are read again once their file has changed, without a restart', async () => {
    const file = join(directory, 'credentials');
    const write = (token: string): Promise<void> =>
      writeFile(
        file,
        `[default]\naws_access_key_id = ${USER.accessKeyId}\naws_secret_access_key = ${USER.secretAccessKey}\naws_session_token = ${token}\n`,
      );
    await write('old-token');
    server.setUser({ ...USER, sessionToken: 'old-token' });
    const fileSystem = fileSystemOf({ ...NONE, AWS_SHARED_CREDENTIALS_FILE: file });
    expect(await names(fileSystem)).toEqual(VERSIONS);

    server.setUser({ ...USER, sessionToken: 'old-token', expired: true });
    expect(await errorOf(list(fileSystem))).toMatchObject({
      s3Code: 'S3_TOKEN_EXPIRED',
      message: expect.stringMatching(/from .*AWS profile.*aws sso login/u),
    });
    server.setUser(USER);
    await write(USER.sessionToken);
    expect(await names(fileSystem)).toEqual(VERSIONS);
  });
});

describe('the network', () => {
  const root = makeCertificate({ commonName: 'Root of the tests' });
  const tls = makeCertificate({ commonName: 'server', hosts: ['127.0.0.1', 'localhost'], issuer: root });

  it('without a server is told of', async () => {
    server = await serve();
    await server[Symbol.asyncDispose]();
    expect(await errorOf(list(fileSystemOf()))).toMatchObject({ code: 'UNAVAILABLE', s3Code: 'S3_UNREACHABLE' });
  });

  it('with a private root needs its file', async () => {
    server = await serve({ tls });
    putVersions();
    expect(await errorOf(list(fileSystemOf()))).toMatchObject({
      s3Code: 'S3_TLS',
      message: expect.stringContaining('AWS_CA_BUNDLE'),
    });
    const bundle = join(directory, 'root.pem');
    await writeFile(bundle, root.cert);
    expect(await names(fileSystemOf({ AWS_CA_BUNDLE: bundle }, 'second'))).toEqual(VERSIONS);
    expect(await names(fileSystemOf({ S3_VERIFY_SSL: 'false' }, 'third'))).toEqual(VERSIONS);
    expect(said.join()).toContain('not verified');
  });

  it('with http and https mixed up is told of', async () => {
    const wrong = server.url.replace('http:', 'https:');
    expect(await errorOf(list(fileSystemOf({ AWS_ENDPOINT_URL_S3: wrong })))).toMatchObject({
      code: 'UNAVAILABLE',
      s3Code: 'S3_TLS',
      message: expect.stringMatching(/speaks plain HTTP, and was asked with https:\/\/.* Write http:\/\/ /u),
    });
    server = await serve({ tls });
    const plain = server.url.replace('https:', 'http:');
    expect(await errorOf(list(fileSystemOf({ AWS_ENDPOINT_URL_S3: plain }, 'second')))).toMatchObject({
      code: 'UNAVAILABLE',
      s3Code: 'S3_TLS',
      message: expect.stringMatching(/speaks TLS, and was asked with http:\/\/.* Write https:\/\/ /u),
    });
  });

  it('with a proxy that is gone is told of', async () => {
    const proxy = await startForwardProxy();
    await proxy[Symbol.asyncDispose]();
    expect(await errorOf(list(fileSystemOf({ HTTP_PROXY: proxy.url })))).toMatchObject({
      code: 'UNAVAILABLE',
      s3Code: 'S3_UNREACHABLE',
      message: expect.stringMatching(/through the proxy 127\.0\.0\.1:\d+ .*NO_PROXY/u),
    });
  });

  it('whose endpoint has a name that nobody knows is told of', async () => {
    const fileSystem = fileSystemOf({ AWS_ENDPOINT_URL_S3: 'http://store.invalid:9000' });
    expect(await errorOf(list(fileSystem))).toMatchObject({
      code: 'UNAVAILABLE',
      s3Code: 'S3_UNREACHABLE',
      message: expect.stringMatching(
        /no address is known for the name of the endpoint .*endpoint store\.invalid:9000/u,
      ),
    });
  });

  it('of AWS without a region says where to set one', async () => {
    const fileSystem = fileSystemOf({ AWS_ENDPOINT_URL_S3: '', AWS_REGION: '' });
    expect(await errorOf(list(fileSystem))).toMatchObject({
      code: 'FAILED_PRECONDITION',
      s3Code: 'S3_NO_REGION',
      message: expect.stringMatching(/AWS_REGION or AWS_DEFAULT_REGION, or region in the AWS profile/u),
    });
  });

  it('with a proxy goes through it', async () => {
    const proxy = keep(await startForwardProxy());
    putVersions();
    expect(await names(fileSystemOf({ HTTP_PROXY: proxy.url }))).toEqual(VERSIONS);
    expect(proxy.requests[0]).toContain(`GET ${server.url}/models`);
    expect(await names(fileSystemOf({ HTTP_PROXY: proxy.url, NO_PROXY: '127.0.0.1' }, 'second'))).toEqual(VERSIONS);
    expect(proxy.requests).toHaveLength(1);

    server = await serve({ tls });
    putVersions();
    const bundle = join(directory, 'root.pem');
    await writeFile(bundle, root.cert);
    expect(await names(fileSystemOf({ HTTPS_PROXY: proxy.url, AWS_CA_BUNDLE: bundle }, 'third'))).toEqual(VERSIONS);
    expect(proxy.requests.at(-1)).toBe(`CONNECT 127.0.0.1:${server.port}`);
  });
});

describe('a download', () => {
  const SIZE = 33 * MIB + 12_345;
  const body = generatedBody(SIZE);
  const localize = (fileSystem: S3FileSystem, more = signal) =>
    fileSystem.localize(fileSystem.parse(`s3://${bucket}/m/1`), more);

  /** What is wrong with the file below `path`: nothing, when it is byte for byte the object. */
  async function differences(path: string): Promise<string> {
    const bytes = await readFile(join(path, 'weights.bin'));
    if (bytes.length !== SIZE) return `${bytes.length} bytes`;
    for (let at = 0; at < SIZE; at += MIB) {
      const end = Math.min(SIZE, at + MIB);
      if (Buffer.compare(bytes.subarray(at, end), body.slice(at, end)) !== 0) return `from byte ${at} on`;
    }
    return 'none';
  }
  /** How many versions of this test's bucket are in the cache. */
  async function inCache(): Promise<number> {
    const cache = shared.directory;
    const all = await readdir(cache, { recursive: true });
    const manifests = all.filter((path) => path.endsWith('manifest.json') && !path.includes('.tmp-'));
    const texts = await Promise.all(manifests.map((path) => readFile(join(cache, path), 'utf8')));
    return texts.filter((text) => text.includes(`/${bucket}/`)).length;
  }

  beforeEach(() => {
    server.put(bucket, 'm/1/weights.bin', body);
    server.put(bucket, 'm/1/model.onnx', 'small');
  });

  it.each([
    { when: 'whole', fault: undefined },
    { when: 'a connection is reset before the answer', fault: { kind: 'reset' } },
    { when: 'a body ends early', fault: { kind: 'cut', afterBytes: 3_000_001, how: 'end' } },
    { when: 'a body is reset', fault: { kind: 'cut', afterBytes: 3_000_001, how: 'reset' } },
    { when: 'a body falls silent', fault: { kind: 'cut', afterBytes: 3_000_001, how: 'stall' } },
    { when: 'nothing answers', fault: { kind: 'stall' } },
    { when: 'a body without length ends early', fault: { kind: 'truncate', afterBytes: 3_000_001 } },
    { when: 'the store throttles', fault: { kind: 'error', code: 'SlowDown' } },
    { when: 'one bit is wrong', fault: { kind: 'flipBit', atByte: 20 * MIB + 7 } },
  ] as const)('is right though for a moment: $when', async ({ fault }) => {
    const fileSystem = isSilent(fault) ? shared.impatient : shared.fileSystem;
    const when = { on: 'GetObject', key: 'm/1/weights.bin', times: fault?.kind === 'flipBit' ? 3 : 2 } as const;
    const injected = fault && server.faults.add({ ...when, fault });
    await using copy = await localize(fileSystem);
    expect(await differences(copy.path)).toBe('none');
    expect(injected?.hits).not.toBe(0);
    expect(await inCache()).toBe(1);
  });

  it.each([
    { how: 'end', most: 1.1 },
    { how: 'reset', most: Number.POSITIVE_INFINITY },
  ] as const)(
    'is right though every connection is cut after 3 MiB ($how)',
    { timeout: 30_000 },
    async ({ how, most }) => {
      const fault: ConnectionFault = { afterBytes: 3 * MIB, how };
      const proxy = keep(await startFaultProxy({ targetPort: server.port, faultOf: () => fault }));
      const fileSystem = fileSystemOf({ AWS_ENDPOINT_URL_S3: proxy.url });
      await using copy = await localize(fileSystem);
      expect(await differences(copy.path)).toBe('none');
      expect(proxy.cuts).toBeGreaterThan(SIZE / (3 * MIB) / 2);
      expect(proxy.bytesDown).toBeLessThan(SIZE * most);
    },
  );

  it.each([
    { when: 'bytes stay wrong', fault: { kind: 'flipBit', atByte: 20 * MIB }, code: 'DATA_LOSS', s3Code: 'S3_CORRUPT' },
    { when: 'ranges are ignored', fault: { kind: 'ignoreRange' }, code: 'UNAVAILABLE', s3Code: 'S3_BAD_SERVER' },
    {
      when: 'other ranges come',
      fault: { kind: 'headers', headers: { 'Content-Range': `bytes 0-9/${SIZE}` } },
      code: 'UNAVAILABLE',
      s3Code: 'S3_BAD_SERVER',
    },
    {
      when: 'another ETag comes',
      fault: { kind: 'headers', headers: { ETag: '"other"' } },
      code: 'UNAVAILABLE',
      s3Code: 'S3_BAD_SERVER',
    },
    {
      when: 'reading is denied',
      fault: { kind: 'error', code: 'AccessDenied' },
      code: 'PERMISSION_DENIED',
      s3Code: 'S3_GET_DENIED',
    },
    {
      when: 'its key may not be used',
      fault: { kind: 'error', code: 'AccessDenied', details: { message: 'not authorized to perform: kms:Decrypt' } },
      code: 'PERMISSION_DENIED',
      s3Code: 'S3_KMS_DENIED',
    },
    {
      when: 'bodies always end early',
      fault: { kind: 'truncate', afterBytes: 0 },
      code: 'UNAVAILABLE',
      s3Code: 'S3_TRUNCATED',
    },
    {
      when: 'bodies always fall silent',
      fault: { kind: 'cut', afterBytes: 0, how: 'stall' },
      code: 'UNAVAILABLE',
      s3Code: 'S3_STALLED',
    },
  ] as const)('ends with a reason when $when', async ({ fault, code, s3Code }) => {
    const fileSystem = isSilent(fault) ? shared.impatient : shared.fileSystem;
    server.faults.add({ on: 'GetObject', key: 'm/1/weights.bin', fault });
    expect(await errorOf(localize(fileSystem))).toMatchObject({ code, s3Code });
    expect(await inCache()).toBe(0);
  });

  it.each([
    {
      when: 'replaced after the listing',
      skip: 0,
      act: () => server.put(bucket, 'm/1/weights.bin', generatedBody(SIZE - 8)),
    },
    {
      when: 'replaced between two ranges',
      skip: 1,
      act: () => server.put(bucket, 'm/1/weights.bin', generatedBody(SIZE - 8)),
    },
    { when: 'deleted meanwhile', skip: 1, act: () => server.delete(bucket, 'm/1/weights.bin') },
  ])('of what is $when mixes nothing, whatever the store checks', async ({ skip, act }) => {
    for (const ignoresConditions of [false, true]) {
      server.faults.clear();
      server.put(bucket, 'm/1/weights.bin', body);
      if (ignoresConditions) server.faults.add({ fault: { kind: 'ignoreConditions' } });
      const run = (): void => {
        act();
      };
      server.faults.add({ on: 'GetObject', key: 'm/1/weights.bin', skip, times: 1, fault: { kind: 'before', run } });
      expect(await errorOf(localize(shared.fileSystem))).toMatchObject({ code: 'ABORTED', s3Code: 'S3_CHANGED' });
    }
  });

  it.each([
    { how: 'of the whole', options: { checksum: 'CRC64NVME' }, verified: 'checksum' },
    { how: 'of equal parts', options: { checksum: 'CRC32C', partSizeBytes: 8 * MIB }, verified: 'composite' },
    { how: 'of one part', options: { checksum: 'SHA256', partSizeBytes: SIZE }, verified: 'composite' },
    { how: 'that is an ETag', options: { checksum: 'none' }, verified: 'md5' },
    { how: 'that there is not', options: { checksum: 'none', partSizeBytes: 8 * MIB }, verified: 'size' },
    { how: 'that an encrypted ETag is not', options: { checksum: 'none', encryption: 'aws:kms' }, verified: 'size' },
  ] as const)('is compared with the checksum $how, and says so', async ({ options, verified }) => {
    server.put(bucket, 'm/1/weights.bin', body, options);
    {
      await using copy = await localize(shared.fileSystem);
      expect(copy.verified).toBe(verified);
    }
    server.put(bucket, 'm/1/other', 'so that it is another content');
    server.faults.add({ on: 'GetObject', key: 'm/1/weights.bin', fault: { kind: 'flipBit', atByte: 20 * MIB + 1 } });
    const again = await localize(shared.fileSystem).catch((error: unknown) => error);
    if (isDisposable(again)) await again[Symbol.asyncDispose]();
    expect(again).toMatchObject(verified === 'size' ? { verified } : { code: 'DATA_LOSS', s3Code: 'S3_CORRUPT' });
  });

  it('of an archive says so', async () => {
    server.put(bucket, 'm/1/weights.bin', 'x', { storageClass: 'GLACIER' });
    expect(await errorOf(localize(shared.fileSystem))).toMatchObject({
      code: 'FAILED_PRECONDITION',
      s3Code: 'S3_ARCHIVED',
      message: expect.stringContaining('Restore'),
    });
  });

  it.each(['m/1/../x', 'm/1//abs', 'm/1/a\\..\\b', 'm/1/C:\\x', 'm/1/MODEL.onnx', 'm/1/./x', 'm/1/a\u0000b'])(
    'is refused whole for the key %j',
    async (key) => {
      server.put(bucket, key, 'x');
      expect(await errorOf(localize(shared.fileSystem))).toMatchObject({
        code: 'FAILED_PRECONDITION',
        s3Code: 'S3_UNSAFE_KEY',
      });
      expect(await inCache()).toBe(0);
      expect(server.requests.some(({ operation }) => operation === 'GetObject')).toBe(false);
    },
  );

  it('keeps odd names and empty files, and leaves out markers', async () => {
    const odd = ['a b+c%20ü&', '🙂/x', '..hidden', 'zero'];
    for (const name of odd) server.put(bucket, `m/2/${name}`, name === 'zero' ? '' : name);
    server.put(bucket, 'm/2/', '');
    server.put(bucket, 'm/2/🙂/', '');
    const { fileSystem } = shared;
    await using copy = await fileSystem.localize(fileSystem.parse(`s3://${bucket}/m/2`), signal);
    const contents = await Promise.all(odd.map((name) => readFile(join(copy.path, name), 'utf8')));
    expect(contents).toEqual(['a b+c%20ü&', '🙂/x', '..hidden', '']);
    expect(await readdir(copy.path)).toHaveLength(odd.length);
  });

  it.each([
    { when: 'the disk has no room', cache: { minFreeBytes: 2 ** 60 }, message: /of disk, .* are free/u },
    { when: 'the cache may not hold it', cache: { capBytes: MIB, minFreeBytes: 0 }, message: /--cache_max_bytes/u },
  ])('is not begun where $when', async ({ cache, message }) => {
    const fileSystem = fileSystemOf({}, 'small', cache);
    expect(await errorOf(localize(fileSystem))).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      s3Code: 'S3_NO_SPACE',
      message: expect.stringMatching(message),
    });
    expect(server.requests.some(({ operation }) => operation === 'GetObject')).toBe(false);
  });

  it('that is cancelled closes its connections and leaves nothing', async () => {
    server = await serve();
    server.put(bucket, 'm/1/weights.bin', body);
    const fileSystem = fileSystemOf();
    server.faults.add({ on: 'GetObject', fault: { kind: 'cut', afterBytes: 1000, how: 'stall' } });
    const cancel = new AbortController();
    const error = errorOf(localize(fileSystem, cancel.signal));
    await server.untilRequest(({ operation }) => operation === 'GetObject');
    cancel.abort();
    expect(await error).toMatchObject({ code: 'CANCELLED' });
    // The connection of the listing may stay for the next; the others do not wait until the silence has been long enough.
    await server.untilConnections(1);
    const left = await readdir(join(directory, 'cache'), { recursive: true });
    expect(left.filter((path) => path.includes('weights.bin'))).toEqual([]);
  });

  it('is made once for all that want it', async () => {
    const [one, other] = [fileSystemOf(), fileSystemOf()];
    const copies = await Promise.all([localize(one), localize(other), localize(other)]);
    expect(new Set(copies.map(({ path }) => path)).size).toBe(1);
    for (const copy of copies) await copy[Symbol.asyncDispose]();
    const bytes = server.requests
      .filter(({ operation }) => operation === 'GetObject')
      .reduce((sum, { bytesSent }) => sum + bytesSent, 0);
    expect(bytes).toBe(SIZE + 'small'.length);
  });

  it('serves a restart without the store', async () => {
    server = await serve();
    server.put(bucket, 'm/1/model.onnx', 'small');
    const first = fileSystemOf();
    await list(first);
    await first.listRecursive(first.parse(`s3://${bucket}/m/1`), signal);
    await using copy = await localize(first);
    await server[Symbol.asyncDispose]();
    const second = fileSystemOf();
    expect(await names(second)).toEqual(['1']);
    await using again = await localize(second);
    expect(again.path).toBe(copy.path);
  });
});

/** Whether it takes a time-out to notice a fault. */
function isSilent(fault: Fault | undefined): boolean {
  return fault?.kind === 'stall' || (fault?.kind === 'cut' && fault.how === 'stall');
}

function isDisposable(value: unknown): value is AsyncDisposable {
  return typeof value === 'object' && value !== null && Symbol.asyncDispose in value;
}
