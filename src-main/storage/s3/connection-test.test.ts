import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../scripts/s3-server/certificate.ts';
import { startForwardProxy } from '../../../scripts/s3-server/fault-proxy.ts';
import { type S3TestServer, startS3Server } from '../../../scripts/s3-server/s3-server.ts';
import { ConnectionId } from '../../contracts/ids.ts';
import type { TestStage } from '../../contracts/ui-sources.ts';
import { createS3FileSystem, type S3FileSystem } from './s3-file-system.ts';
import type { S3Connection, S3TestResult } from './s3-protocol.ts';

/*
 * Where a test of a connection stops, under which code and with which fix, for each thing that can be wrong; and that
 * nothing it says holds a secret.
 */

const USER = { accessKeyId: 'AKIACONNECTION000001', secretAccessKey: 'secret-of-the-connection-that-is-tested' };
const { signal } = new AbortController();
const WAITS = { timeout: 20_000 };

let directory: string;
let server: S3TestServer;
let fileSystem: S3FileSystem;
const said: string[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'connection-test-'));
  server = await startS3Server({ users: [USER] });
  fileSystem = createS3FileSystem({
    workerEntry: join(import.meta.dirname, 'worker', 'main.ts'),
    environment: { HOME: directory, S3_CONNECT_TIMEOUT_MSEC: '2000', S3_REQUEST_TIMEOUT_MSEC: '2000' },
    cache: { directory: join(directory, 'cache'), minFreeBytes: 0 },
  });
}, 20_000);
afterAll(async () => {
  await fileSystem[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() => {
  server.faults.clear();
  server.setUser(USER);
  server.behaviour.clockOffsetMs = 0;
  server.createBucket('models');
  server.put('models', 'resnet/1/model.onnx', 'model');
});
afterEach(() => {
  const all = said.splice(0).join('\n');
  const told = [USER.secretAccessKey, USER.accessKeyId, 'Signature=', directory].filter((secret) =>
    all.includes(secret),
  );
  if (told.length > 0) throw new Error(`a result holds what it must not: ${told.join(', ')}`);
});

function connection(change: Partial<S3Connection> = {}): S3Connection {
  return {
    name: 'lab',
    preset: 'minio',
    endpoint: server.url,
    addressing: 'auto',
    verifyTls: true,
    requesterPays: false,
    credentials: { kind: 'keys', keys: USER },
    ...change,
  };
}

async function test(through: S3Connection, uri = 's3://models/resnet'): Promise<S3TestResult> {
  const result = await fileSystem.test(uri, through, signal, (news) => said.push(JSON.stringify(news)));
  said.push(JSON.stringify(result));
  return result;
}

const statuses = ({ stages }: S3TestResult) => Object.fromEntries(stages.map(({ stage, status }) => [stage, status]));

/** The stage that failed, which is to be the last that was tried. */
function failed({ state, stages }: S3TestResult): TestStage {
  expect(state).toBe('failed');
  const index = stages.findIndex(({ status }) => status === 'failed');
  expect(stages.slice(index + 1).filter(({ status }) => status !== 'skipped')).toEqual([]);
  return stages[index] ?? { stage: 'name', status: 'ok' };
}

describe('the test of a connection that works', WAITS, () => {
  it('passes through all stages, and tells each as it comes', async () => {
    const seen = new Set<string>();
    const result = await fileSystem.test('s3://models/resnet', connection(), signal, ({ stages }) => {
      for (const { stage, status } of stages) if (status !== 'waiting') seen.add(`${stage} ${status}`);
    });
    expect(result.state).toBe('ok');
    expect(statuses(result)).toEqual({
      name: 'skipped',
      connect: 'ok',
      tls: 'skipped',
      clock: 'ok',
      signature: 'ok',
      list: 'ok',
      read: 'ok',
    });
    expect([...seen]).toEqual(expect.arrayContaining(['connect running', 'signature running', 'read running']));
    expect(result.found).toMatchObject({
      endpointHost: new URL(server.url).host,
      addressing: { style: 'path', reason: 'the host is an IP address' },
      region: 'us-east-1',
    });
    expect(Math.abs(result.found.clockSkewMs ?? Infinity)).toBeLessThan(60_000);
  });

  it('costs one LIST and one GET of one byte', async () => {
    server.clearRequests();
    await test(connection());
    expect(server.requests.map(({ operation, status }) => `${operation} ${status}`)).toEqual([
      expect.stringContaining('40'),
      'ListObjectsV2 200',
      'GetObject 206',
    ]);
  });

  it('is content with an empty bucket, and with a single file', async () => {
    server.createBucket('empty');
    const empty = await test(connection(), 's3://empty');
    expect(statuses(empty)).toMatchObject({ list: 'ok', read: 'skipped' });
    expect(statuses(await test(connection(), 's3://models/resnet/1/model.onnx'))).toMatchObject({ read: 'ok' });
  });

  it('follows a bucket into its region where none was chosen', async () => {
    server.createBucket('abroad', { region: 'eu-central-1' });
    const result = await test(connection(), 's3://abroad');
    expect(result).toMatchObject({ state: 'ok', found: { region: 'eu-central-1' } });
  });

  it('goes through the proxy of the connection', async () => {
    await using proxy = await startForwardProxy();
    const result = await test(connection({ proxy: proxy.url }));
    expect(result).toMatchObject({ state: 'ok', found: { proxyHost: new URL(proxy.url).host } });
    expect(proxy.requests.length).toBeGreaterThan(0);
  });

  it('does without a signature for what is public', async () => {
    await using open = await startS3Server({ anonymous: [{ bucket: 'public' }] });
    open.put('public', 'a.onnx', 'model');
    const result = await test(connection({ endpoint: open.url, credentials: { kind: 'anonymous' } }), 's3://public');
    expect(result.state).toBe('ok');
    expect(statuses(result)).toMatchObject({ signature: 'skipped', list: 'ok', read: 'ok' });
  });

  it('trusts the authority that the connection names', async () => {
    const certificate = makeCertificate({ commonName: 'Lab CA', hosts: ['localhost', '127.0.0.1'] });
    await using secure = await startS3Server({ users: [USER], tls: certificate });
    secure.put('models', 'a.onnx', 'model');
    const caFile = join(directory, 'lab.pem');
    await writeFile(caFile, certificate.cert);
    const result = await test(connection({ endpoint: `https://localhost:${secure.port}`, caFile }), 's3://models');
    expect(result.state).toBe('ok');
    const detailOf = (name: string) => result.stages.find(({ stage }) => stage === name)?.detail;
    expect(detailOf('name')).toMatch(/localhost: \d address/u);
    expect(detailOf('tls')).toMatch(/^TLSv1\.3, certificate by Lab CA$/u);
    const unverified = await test(
      connection({ endpoint: `https://localhost:${secure.port}`, verifyTls: false }),
      's3://models',
    );
    expect(unverified.stages[2]).toMatchObject({ status: 'ok', detail: expect.stringContaining('NOT VERIFIED') });
  });
});

describe('the test of a connection', WAITS, () => {
  it('stops at a host that there is none of', async () => {
    const stage = failed(await test(connection({ endpoint: 'http://no-such-host.invalid:9000' })));
    expect(stage).toMatchObject({
      stage: 'name',
      code: 'S3_UNREACHABLE',
      fix: { text: expect.stringContaining('spelling of the endpoint') },
    });
  });

  it('offers path style where only the bucket in front of the host is unknown', async () => {
    const endpoint = `http://localhost:${server.port}`;
    const stage = failed(await test(connection({ endpoint, addressing: 'virtual' }), 's3://models.with.dots.invalid'));
    expect(stage).toMatchObject({ stage: 'name', fix: { change: { addressing: 'path' } } });
  });

  it('stops at a port where nothing listens', async () => {
    const unused = createServer().listen(0, '127.0.0.1');
    await once(unused, 'listening');
    const address = unused.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    unused.close();
    await once(unused, 'close');
    const stage = failed(await test(connection({ endpoint: `http://127.0.0.1:${port}` })));
    expect(stage).toMatchObject({
      stage: 'connect',
      code: 'S3_UNREACHABLE',
      fix: { text: expect.stringContaining('Nothing listens') },
    });
  });

  it('offers http for an endpoint that speaks no TLS', async () => {
    const endpoint = server.url.replace('http:', 'https:');
    const stage = failed(await test(connection({ endpoint })));
    expect(stage).toMatchObject({ stage: 'tls', code: 'S3_TLS', fix: { change: { endpoint: server.url } } });
  });

  it('offers https for an endpoint that speaks TLS', async () => {
    const certificate = makeCertificate({ commonName: 'Lab CA', hosts: ['127.0.0.1'] });
    await using secure = await startS3Server({ users: [USER], tls: certificate });
    const stage = failed(await test(connection({ endpoint: `http://127.0.0.1:${secure.port}` })));
    const fix = { change: { endpoint: `https://127.0.0.1:${secure.port}` } };
    expect(stage).toMatchObject({ stage: 'tls', code: 'S3_TLS', fix });
  });

  it('asks for the authority of a certificate that nobody knows', async () => {
    const certificate = makeCertificate({ commonName: 'Lab CA', hosts: ['127.0.0.1'] });
    await using secure = await startS3Server({ users: [USER], tls: certificate });
    const stage = failed(await test(connection({ endpoint: `https://127.0.0.1:${secure.port}` })));
    expect(stage).toMatchObject({ stage: 'tls', code: 'S3_TLS', fix: { text: expect.stringContaining('CA file') } });
    expect(JSON.stringify(stage)).not.toMatch(/verif(?:y|ication) off/iu);
  });

  it('says by how much the clock is off', async () => {
    server.behaviour.clockOffsetMs = 40 * 60_000;
    const result = await test(connection());
    expect(failed(result)).toMatchObject({
      stage: 'clock',
      code: 'S3_CLOCK_SKEW',
      detail: expect.stringContaining('40 min behind'),
      fix: { text: expect.stringContaining('Set the clock') },
    });
    expect(result.found.clockSkewMs).toBeLessThan(-39 * 60_000);
  });

  it.each([
    {
      when: 'the secret is another',
      keys: { ...USER, secretAccessKey: 'another-secret' },
      text: 'has another secret for it',
    },
    {
      when: 'the key is unknown',
      keys: { accessKeyId: 'AKIAUNKNOWN000000001', secretAccessKey: USER.secretAccessKey },
      text: 'does not know the access key',
    },
  ])('tells that $when', async ({ keys, text }) => {
    const stage = failed(await test(connection({ credentials: { kind: 'keys', keys } })));
    expect(stage).toMatchObject({
      stage: 'signature',
      code: 'S3_BAD_CREDENTIALS',
      detail: expect.stringContaining(keys.accessKeyId.slice(-4)),
      fix: { text: expect.stringContaining(text) },
    });
  });

  it.each(['malformed', 'redirect'] as const)('offers the right region (%s)', async (wrongRegion) => {
    server.behaviour.wrongRegion = wrongRegion;
    server.createBucket('abroad', { region: 'eu-central-1' });
    const stage = failed(await test(connection({ region: 'us-west-2' }), 's3://abroad'));
    expect(stage).toMatchObject({
      stage: 'signature',
      code: 'S3_WRONG_REGION',
      fix: { text: 'Use region eu-central-1', change: { region: 'eu-central-1' } },
    });
    expect((await test(connection({ region: 'eu-central-1' }), 's3://abroad')).state).toBe('ok');
  });

  it('tells a bucket that is not there from keys that are wrong', async () => {
    const stage = failed(await test(connection(), 's3://no-such-bucket'));
    expect(stage).toMatchObject({ stage: 'list', code: 'S3_NO_SUCH_BUCKET' });
  });

  it('tells that listing is denied, after the signature was taken', async () => {
    server.setUser({ ...USER, allow: [{ actions: ['s3:GetObject'] }] });
    const result = await test(connection(), 's3://models');
    expect(statuses(result)).toMatchObject({ signature: 'ok' });
    const text = 'Allow s3:ListBucket on the bucket, or give the prefix that may be listed';
    expect(failed(result)).toMatchObject({ stage: 'list', code: 'S3_LIST_DENIED', fix: { text } });
  });

  it('tells that reading is denied, after listing was allowed', async () => {
    server.setUser({ ...USER, allow: [{ actions: ['s3:ListBucket'] }] });
    const result = await test(connection());
    expect(statuses(result)).toMatchObject({ list: 'ok' });
    expect(failed(result)).toMatchObject({
      stage: 'read',
      code: 'S3_GET_DENIED',
      fix: { text: expect.stringContaining('s3:GetObject') },
    });
  });

  it('tells what is no store from one that refuses', async () => {
    const body = '<!doctype html><title>Welcome to the hotel</title>';
    server.faults.add({ fault: { kind: 'answer', status: 200, body, headers: { 'Content-Type': 'text/html' } } });
    expect(failed(await test(connection()))).toMatchObject({ stage: 'signature', code: 'S3_NOT_S3' });
  });

  it('says that stored keys are gone', async () => {
    const problem = 'the keys of the connection are not stored here';
    const stage = failed(await test(connection({ credentials: { kind: 'missing', problem } })));
    expect(stage).toMatchObject({
      stage: 'signature',
      code: 'S3_NO_CREDENTIALS',
      fix: { text: 'Enter the keys again' },
    });
  });

  it('ends when nobody wants it any more', async () => {
    server.faults.add({ fault: { kind: 'stall' } });
    const stop = new AbortController();
    const ending = fileSystem.test('s3://models', connection(), stop.signal, ({ stages }) => {
      if (stages.some(({ stage, status }) => stage === 'clock' && status === 'running')) stop.abort();
      if (stages.some(({ stage, status }) => stage === 'tls' && status === 'running')) stop.abort();
    });
    await expect(ending).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('connections', WAITS, () => {
  const named = (id: string, change: Partial<S3Connection> = {}): S3Connection => {
    return { ...connection(change), id: ConnectionId.parse(id) };
  };

  it('are used by what names them, has their endpoint, or is in the bucket of their start', async () => {
    await using other = await startS3Server({ users: [USER] });
    other.put('elsewhere', 'm/1/model.onnx', 'model');
    fileSystem.connect([named('lab', { startUri: 's3://models' }), named('other', { endpoint: other.url })]);
    const list = (uri: string) => fileSystem.list(fileSystem.parse(uri), signal);
    expect(await list('s3://models')).toMatchObject([{ name: 'resnet' }]);
    expect(await list('s3://lab@models/resnet')).toMatchObject([{ name: '1' }]);
    expect(await list('s3://other@elsewhere')).toMatchObject([{ name: 'm' }]);
    expect(await list(`s3://${other.url}/elsewhere/m`)).toMatchObject([{ name: '1' }]);
    await expect(list('s3://nobody@models')).rejects.toMatchObject({ s3Code: 'S3_BAD_OPTIONS' });
  });

  it('take effect with the next request when they change', async () => {
    fileSystem.connect([
      named('lab', { credentials: { kind: 'keys', keys: { ...USER, secretAccessKey: 'not-the-secret' } } }),
    ]);
    const list = () => fileSystem.list('s3://lab@models/resnet', signal);
    await expect(list()).rejects.toMatchObject({
      s3Code: 'S3_BAD_CREDENTIALS',
      message: expect.stringContaining('connection "lab"'),
    });
    fileSystem.connect([named('lab')]);
    expect(await list()).toMatchObject([{ name: '1' }]);
    fileSystem.connect([]);
    await expect(list()).rejects.toMatchObject({ s3Code: 'S3_BAD_OPTIONS' });
  });

  it('work as soon as their file of authorities is there', async () => {
    const certificate = makeCertificate({ commonName: 'Lab CA', hosts: ['localhost'] });
    await using secure = await startS3Server({ users: [USER], tls: certificate });
    secure.put('models', 'resnet/1/model.onnx', 'model');
    const caFile = join(directory, 'late.pem');
    fileSystem.connect([named('lab', { endpoint: `https://localhost:${secure.port}`, caFile })]);
    const list = () => fileSystem.list('s3://lab@models/resnet', signal);
    await expect(list()).rejects.toMatchObject({ s3Code: 'S3_BAD_OPTIONS', code: 'FAILED_PRECONDITION' });
    await writeFile(caFile, certificate.cert);
    expect(await list()).toMatchObject([{ name: '1' }]);
  });

  it('are browsed a thousand entries at a time', async () => {
    server.createBucket('huge');
    for (let index = 0; index < 1001; index += 1) server.put('huge', `p/${String(index).padStart(4, '0')}.bin`, 'x');
    server.put('huge', 'p/deeper/model.onnx', 'model');
    server.put('huge', 'p/', '');
    const first = await fileSystem.browse('s3://huge/p', { through: connection() }, signal);
    expect(first).toMatchObject({ uri: 's3://huge/p', parent: 's3://huge' });
    expect(first.files[0]).toMatchObject({ name: '0000.bin', uri: 's3://huge/p/0000.bin', sizeBytes: 1 });
    const second = await fileSystem.browse('s3://huge/p', { through: connection(), from: first.next }, signal);
    expect(second.next).toBeUndefined();
    expect(first.files.length + second.files.length).toBe(1001);
    expect([...first.folders, ...second.folders]).toEqual([{ name: 'deeper', uri: 's3://huge/p/deeper' }]);
  });
});
