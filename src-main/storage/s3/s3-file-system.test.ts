import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type S3TestServer, startS3Server, TEST_USER } from '../../../scripts/s3-server/s3-server.ts';
import { fileSystemSuite } from '../testing/file-system-suite.ts';
import { createS3FileSystem, type S3FileSystem, type S3FileSystemOptions } from './s3-file-system.ts';

const WORKER_ENTRY = join(import.meta.dirname, 'worker', 'main.ts');
const { signal } = new AbortController();
/** For tests that start threads of their own, each of which loads the SDK. */
const STARTS_THREADS = { timeout: 30_000 };

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
  // One thread for most tests, and a bucket for each.
  let world: World;
  let buckets = 0;
  let bucket: string;
  let base: string;
  beforeAll(async () => {
    world = await createWorld();
  });
  beforeEach(() => {
    buckets += 1;
    bucket = `bucket-${buckets}`;
    base = `s3://${bucket}/m`;
    world.server.faults.clear();
    world.server.clearRequests();
    world.offline.length = 0;
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const put = (key: string, content: string): void => void world.server.put(bucket, key, content);

  it('downloads a version once, and says how far it is', STARTS_THREADS, async () => {
    const { fileSystem, server } = world;
    const progress: number[] = [];
    put('m/1/model.onnx', 'abc');
    put('m/1/data/weights.bin', 'x'.repeat(1000));
    await using copy = await fileSystem.localize(`${base}/1`, signal, ({ doneBytes }) => progress.push(doneBytes));
    expect(await readFile(join(copy.path, 'model.onnx'), 'utf8')).toBe('abc');
    expect(await readFile(join(copy.path, 'data', 'weights.bin'), 'utf8')).toBe('x'.repeat(1000));
    expect(progress.at(-1)).toBe(1003);
    server.clearRequests();
    await using again = await world.another().localize(`${base}/1`, signal);
    expect(again.path).toBe(copy.path);
    expect(server.requests.map(({ operation }) => operation)).toEqual(['ListObjectsV2']);
  });

  it('starts nothing and asks for nothing before the first call', () => {
    const { server, fileSystem } = world;
    expect(fileSystem.parent(fileSystem.parse(`${base}/`))).toBe(`s3://${bucket}`);
    expect(server.requests).toEqual([]);
    expect(() => world.another({ workerEntry: '/nowhere', environment: { AWS_MAX_ATTEMPTS: 'x' } })).not.toThrow();
  });

  it('costs one request for each poll, and gives the same listings while nothing changes', async () => {
    const { fileSystem, server } = world;
    put('m/1/model.onnx', 'abc');
    put('m/2/model.onnx', 'abc');
    const entries = await fileSystem.list(base, signal);
    const tree = await fileSystem.listRecursive(`${base}/2`, signal);
    server.clearRequests();
    expect(await fileSystem.list(base, signal, entries)).toBe(entries);
    expect(await fileSystem.listRecursive(`${base}/2`, signal, undefined, tree)).toBe(tree);
    expect(server.requests).toHaveLength(1);
    put('m/2/model.onnx', 'xyz');
    expect(await fileSystem.list(base, signal, entries)).toBe(entries);
    const changed = await fileSystem.listRecursive(`${base}/2`, signal, undefined, tree);
    expect(changed).toEqual([expect.objectContaining({ path: 'model.onnx', sizeBytes: 3 })]);
    expect(changed[0]?.revision).not.toBe(tree[0]?.revision);
  });

  it('takes a bucket for a base path', async () => {
    put('1/model.onnx', 'abc');
    expect(await world.fileSystem.list(`s3://${bucket}`, signal)).toEqual([{ name: '1', kind: 'directory' }]);
    expect(await world.fileSystem.stat(`s3://${bucket}`, signal)).toMatchObject({ kind: 'directory' });
    await expect(world.fileSystem.localize(`s3://${bucket}`, signal)).rejects.toMatchObject({
      s3Code: 'S3_WRONG_KIND',
    });
  });

  it('takes the endpoint from a URI', STARTS_THREADS, async () => {
    put('m/1/model.onnx', 'abc');
    const fileSystem = world.another({
      environment: { AWS_ACCESS_KEY_ID: TEST_USER.accessKeyId, AWS_SECRET_ACCESS_KEY: TEST_USER.secretAccessKey },
    });
    const { port } = world.server;
    for (const uri of [`s3://127.0.0.1:${port}/${bucket}/m`, `s3://http://127.0.0.1:${port}/${bucket}/m`]) {
      expect(await fileSystem.list(fileSystem.parse(uri), signal)).toEqual([{ name: '1', kind: 'directory' }]);
    }
  });

  it('reads a large file in pieces, and of one revision only', async () => {
    const { fileSystem, server } = world;
    const content = Array.from({ length: 100_000 }, (_, index) => String(index).padStart(10, '0')).join('');
    put('m/1/model.onnx', content);
    await using file = await fileSystem.open(`${base}/1/model.onnx`, signal);
    server.clearRequests();
    const text = async (offset: number, length: number): Promise<string> =>
      new TextDecoder().decode(await file.read(offset, length));
    expect(await text(262_140, 20)).toBe(content.slice(262_140, 262_160));
    expect(await text(5, 20)).toBe(content.slice(5, 25));
    expect(server.requests.map(({ headers }) => headers['range'])).toEqual(['bytes=0-262143', 'bytes=262144-524287']);
    expect(await text(10, 600_000)).toBe(content.slice(10, 600_010));
    put('m/1/model.onnx', content.toLowerCase());
    put('m/1/model.onnx', content.replaceAll('0', '1'));
    await expect(file.read(900_000, 10)).rejects.toMatchObject({ s3Code: 'S3_CHANGED' });
  });

  it('serves a model that is a single file', async () => {
    const { fileSystem } = world;
    put('m/model.onnx', 'abc');
    put('m/model.onnx.bak', 'abcd');
    expect(await fileSystem.stat(`${base}/model.onnx`, signal)).toMatchObject({ kind: 'file', sizeBytes: 3 });
    await using copy = await fileSystem.localize(`${base}/model.onnx`, signal);
    expect(await readFile(copy.path, 'utf8')).toBe('abc');
  });

  it('has copies stand in for a store that is gone, and says so', STARTS_THREADS, async () => {
    const { server, offline } = world;
    const fileSystem = world.another();
    put('m/1/model.onnx', 'abc');
    put('m/2/model.onnx', 'abcd');
    await fileSystem.list(base, signal);
    const tree = await fileSystem.listRecursive(`${base}/1`, signal);
    await (await fileSystem.localize(`${base}/1`, signal))[Symbol.asyncDispose]();
    await fileSystem[Symbol.asyncDispose]();
    const gone = server.faults.add({ fault: { kind: 'reset' } });

    const later = world.another();
    expect(await later.list(base, signal)).toEqual([{ name: '1', kind: 'directory' }]);
    expect(await later.listRecursive(`${base}/1`, signal)).toEqual(tree);
    expect(await later.stat(`${base}/1`, signal)).toMatchObject({ kind: 'directory' });
    await using file = await later.open(`${base}/1/model.onnx`, signal);
    expect(new TextDecoder().decode(await file.read(0, 10))).toBe('abc');
    await using copy = await later.localize(`${base}/1`, signal);
    expect(await readFile(join(copy.path, 'model.onnx'), 'utf8')).toBe('abc');
    expect(offline).toEqual([[base, true]]);
    await expect(world.another({ offline: false }).list(base, signal)).rejects.toMatchObject({
      s3Code: 'S3_UNAVAILABLE',
    });

    gone.remove();
    expect(await later.list(base, signal)).toHaveLength(2);
    expect(offline).toEqual([
      [base, true],
      [base, false],
    ]);
    // Seen once, it is no longer replaced: what is loaded stays by itself.
    server.faults.add({ fault: { kind: 'reset' } });
    await expect(later.list(base, signal)).rejects.toMatchObject({ s3Code: 'S3_UNAVAILABLE' });
  });

  it('fails the calls of a thread that died, and starts another', STARTS_THREADS, async () => {
    const { fileSystem, directory } = world;
    put('m/1/model.onnx', 'abc');
    const dying = join(directory, 'dying.mjs');
    const marker = join(directory, 'died');
    await writeFile(
      dying,
      `import { existsSync, writeFileSync } from 'node:fs';
       if (existsSync(${JSON.stringify(marker)})) await import(${JSON.stringify(pathToFileURL(WORKER_ENTRY).href)});
       else { writeFileSync(${JSON.stringify(marker)}, ''); process.exit(1); }`,
    );
    const mortal = world.another({ workerEntry: dying });
    await expect(mortal.list(base, signal)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await mortal.list(base, signal)).toHaveLength(1);
    expect(await fileSystem.list(base, signal)).toHaveLength(1);
  });
});
