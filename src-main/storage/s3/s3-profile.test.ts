import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type S3TestServer, startS3Server } from '../../../scripts/s3-server/s3-server.ts';
import { ConnectionId } from '../../contracts/ids.ts';
import { createS3FileSystem, type S3FileSystem } from './s3-file-system.ts';
import type { S3Connection } from './s3-protocol.ts';

/* Credentials from a profile of the AWS files, as a connection names it: `fromIni` of the SDK, in the thread. */

const USER = { accessKeyId: 'AKIAOFAPROFILE000001', secretAccessKey: 'secret-of-the-profile' };
const { signal } = new AbortController();
/** A bound for what hangs. */
vi.setConfig({ testTimeout: 120_000 });

let directory: string;
let server: S3TestServer;
let fileSystem: S3FileSystem;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 's3-profile-'));
  server = await startS3Server({ users: [USER] });
  server.put('models', 'resnet/1/model.onnx', 'model');
  fileSystem = createS3FileSystem({
    workerEntry: join(import.meta.dirname, 'worker', 'main.ts'),
    environment: {
      HOME: directory,
      AWS_SHARED_CREDENTIALS_FILE: join(directory, 'elsewhere'),
      AWS_CONFIG_FILE: join(directory, 'config'),
      // Those of somebody else: a profile that is named goes before them.
      AWS_ACCESS_KEY_ID: 'AKIAOFSOMEBODYELSE01',
      AWS_SECRET_ACCESS_KEY: 'secret-of-somebody-else',
      AWS_MAX_ATTEMPTS: '1',
    },
    cache: { directory: join(directory, 'cache'), minFreeBytes: 0 },
  });
});
afterEach(async () => {
  await fileSystem[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
});

const write = (secret: string): Promise<void> =>
  writeFile(
    join(directory, 'elsewhere'),
    `[default]\naws_access_key_id = AKIAOFTHEDEFAULT0001\naws_secret_access_key = none\n\n[lab-one]\naws_access_key_id = ${USER.accessKeyId}\naws_secret_access_key = ${secret}\n`,
  );
const connection = (name: string): S3Connection => ({
  id: ConnectionId.parse('lab'),
  name: 'Lab',
  preset: 'minio',
  endpoint: server.url,
  addressing: 'auto',
  verifyTls: true,
  requesterPays: false,
  credentials: { kind: 'profile', name },
});
/** A profile that says where its store is, as `aws configure` writes it. */
const writeConfig = (section: string): Promise<void> =>
  writeFile(join(directory, 'config'), `[profile lab-one]\nregion = us-east-1\n${section}\n`);
const list = () => fileSystem.list(fileSystem.parse('s3://lab@models/resnet'), signal);

describe('a connection with an AWS profile', () => {
  it('signs with the keys of that profile, and notices those that replace them', async () => {
    await write(USER.secretAccessKey);
    fileSystem.connect([connection('lab-one')]);
    expect(await list()).toEqual([{ name: '1', kind: 'directory' }]);
    await using copy = await fileSystem.localize(fileSystem.parse('s3://lab@models/resnet/1'), signal);
    expect(copy.verified).toBe('checksum');

    server.setUser({ ...USER, secretAccessKey: 'the-next-secret' });
    await expect(list()).rejects.toMatchObject({
      s3Code: 'S3_BAD_CREDENTIALS',
      message: expect.stringContaining('from AWS profile "lab-one", key ending in 0001'),
    });
    await write('the-next-secret');
    expect(await list()).toEqual([{ name: '1', kind: 'directory' }]);
  });

  it('is tested with it', async () => {
    await write(USER.secretAccessKey);
    const result = await fileSystem.test('s3://models/resnet', connection('lab-one'), signal);
    expect(result.state).toBe('ok');
    expect(result.stages.find(({ stage }) => stage === 'signature')?.detail).toContain('AWS profile "lab-one"');
  });

  it.each([
    ['endpoint_url', (url: string) => `endpoint_url = ${url}`],
    ['services', (url: string) => `services = own\n\n[services own]\ns3 =\n  endpoint_url = ${url}`],
  ])('goes to the endpoint that the profile names by %s, with the bucket in the path', async (_, section) => {
    const url = `http://localhost:${server.port}`;
    await write(USER.secretAccessKey);
    await writeConfig(section(url));
    const { endpoint: _none, ...elsewhere } = connection('lab-one');
    const result = await fileSystem.test('s3://models/resnet', elsewhere, signal);
    expect(result).toMatchObject({ state: 'ok', found: { endpointHost: `localhost:${server.port}` } });
    fileSystem.connect([elsewhere]);
    expect(await list()).toEqual([{ name: '1', kind: 'directory' }]);
    await expect(fileSystem.list(fileSystem.parse('s3://lab@missing/resnet'), signal)).rejects.toMatchObject({
      s3Code: 'S3_NO_SUCH_BUCKET',
      message: expect.stringContaining(`endpoint localhost:${server.port}`),
    });
  });

  it('takes no other keys in place of a profile that is not there', async () => {
    await write(USER.secretAccessKey);
    const result = await fileSystem.test('s3://models/resnet', connection('missing'), signal);
    expect(result.stages.find(({ status }) => status === 'failed')).toMatchObject({
      stage: 'signature',
      code: 'S3_NO_CREDENTIALS',
    });
    expect(JSON.stringify(result)).not.toContain(directory);
    fileSystem.connect([connection('missing')]);
    await expect(list()).rejects.toMatchObject({ s3Code: 'S3_NO_CREDENTIALS' });
    expect(server.requests.filter(({ operation }) => operation === 'ListObjectsV2')).toEqual([]);
  });
});
