import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type S3TestServer, startS3Server, TEST_USER } from '../../../scripts/s3-server/s3-server.ts';
import { fileSystemSuite } from '../testing/file-system-suite.ts';
import { createS3FileSystem, type S3FileSystem, type S3FileSystemOptions } from './s3-file-system.ts';

const WORKER_ENTRY = join(import.meta.dirname, 'worker', 'main.ts');
const { signal } = new AbortController();

/** A server with a bucket, a file system that talks to it, and a folder for its cache. */
interface World extends AsyncDisposable {
  readonly server: S3TestServer;
  readonly fileSystem: S3FileSystem;
  readonly directory: string;
  readonly offline: [string, boolean][];
  readonly put: (key: string, content: string) => void;
  /** A file system like that of another process. */
  another(change?: Partial<S3FileSystemOptions>): S3FileSystem;
}

async function createWorld(environment: Readonly<Record<string, string>> = {}): Promise<World> {
  const server = await startS3Server();
  server.createBucket('bucket');
  const directory = await mkdtemp(join(tmpdir(), 'slipway s3 é-'));
  const offline: World['offline'] = [];
  const systems: S3FileSystem[] = [];
  const another = (change: Partial<S3FileSystemOptions> = {}): S3FileSystem => {
    const created = createS3FileSystem({
      workerEntry: WORKER_ENTRY,
      environment: {
        AWS_ENDPOINT_URL: server.url,
        AWS_ACCESS_KEY_ID: TEST_USER.accessKeyId,
        AWS_SECRET_ACCESS_KEY: TEST_USER.secretAccessKey,
        AWS_CONFIG_FILE: join(directory, 'config'),
        AWS_SHARED_CREDENTIALS_FILE: join(directory, 'credentials'),
        AWS_MAX_ATTEMPTS: '1',
        ...environment,
      },
      cache: { directory: join(directory, 'cache'), minFreeBytes: 0 },
      onOffline: (path, sinceMs) => offline.push([path, sinceMs !== undefined]),
      ...change,
    });
    systems.push(created);
    return created;
  };
  return {
    server,
    fileSystem: another(),
    directory,
    offline,
    put: (key, content) => void server.put('bucket', key, content),
    another,
    async [Symbol.asyncDispose]() {
      await Promise.all(systems.map((system) => system[Symbol.asyncDispose]()));
      await server[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

describe('the shared suite', () => {
  // One thread for all tests: each would load the SDK anew.
  let shared: World;
  let roots = 0;
  beforeAll(async () => {
    shared = await createWorld();
  });
  afterAll(() => shared[Symbol.asyncDispose]());

  fileSystemSuite('s3', () => {
    roots += 1;
    const prefix = `roots/${roots}`;
    const { server, fileSystem, put } = shared;
    const keys = new Set<string>();
    return Promise.resolve({
      fileSystem,
      rootUri: `s3://bucket/${prefix}`,
      write(path, content) {
        keys.add(`${prefix}/${path}`);
        put(`${prefix}/${path}`, content);
        return Promise.resolve();
      },
      remove(path) {
        for (const key of keys) if (key.startsWith(`${prefix}/${path}/`)) server.delete('bucket', key);
        return Promise.resolve();
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  });
});

describe('createS3FileSystem', () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld();
  });
  afterEach(() => world[Symbol.asyncDispose]());

  it('downloads a version once, and says how far it is', async () => {
    const { fileSystem, put, server } = world;
    const progress: number[] = [];
    put('m/1/model.onnx', 'abc');
    put('m/1/data/weights.bin', 'x'.repeat(1000));
    await using copy = await fileSystem.localize('s3://bucket/m/1', signal, ({ doneBytes }) =>
      progress.push(doneBytes),
    );
    expect(await readFile(join(copy.path, 'model.onnx'), 'utf8')).toBe('abc');
    expect(await readFile(join(copy.path, 'data', 'weights.bin'), 'utf8')).toBe('x'.repeat(1000));
    expect(progress.at(-1)).toBe(1003);
    server.clearRequests();
    await using again = await world.another().localize('s3://bucket/m/1', signal);
    expect(again.path).toBe(copy.path);
    expect(server.requests.map(({ operation }) => operation)).toEqual(['ListObjectsV2']);
  });
});
