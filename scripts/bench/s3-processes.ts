import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { z } from 'zod';
import { TEST_USER } from '../s3-server/s3-server.ts';
import { startServer, type ServerProcess } from './server-process.ts';
import { repositoryPath } from './slipway-process.ts';

export const MIB = 1024 * 1024;

const Traffic = z.object({ requests: z.number(), reads: z.number(), readBytes: z.number() });

const Cost = z.object({
  ms: z.number(),
  /** Of all threads but the main one. */
  cpuMs: z.number(),
  mainCpuMs: z.number(),
  /** The most that there was beyond what there was before. */
  rssGrowthBytes: z.number(),
  /** Of the main thread's event loop. */
  p99Ms: z.number(),
  maxMs: z.number(),
  turnMs: z.number(),
  /** Files that came of it. */
  count: z.number(),
});
export type Cost = z.infer<typeof Cost>;

/** The S3 server in a process of its own. */
export interface Store extends AsyncDisposable {
  readonly url: string;
  /** Settings of the environment that lead to it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  put(key: string, sizeBytes: number, checksum: 'CRC32' | 'CRC64NVME'): Promise<void>;
  putBytes(key: string, bytes: Uint8Array): Promise<void>;
  /** Puts so many small objects below a prefix. */
  putMany(prefix: string, count: number): Promise<void>;
  /** What was asked for since the last time. */
  traffic(): Promise<z.infer<typeof Traffic>>;
}

export const BUCKET = 'bench';

/** @param bytesPerSecond that each connection gets; undefined for no limit. */
export async function startStore(bytesPerSecond?: number): Promise<Store> {
  const process = await startServer(
    repositoryPath('scripts/bench/s3-server-process.ts'),
    bytesPerSecond === undefined ? [] : [String(bytesPerSecond)],
  );
  const ask = async (question: object): Promise<void> => void (await process.ask(question));
  return {
    url: process.url,
    environment: {
      AWS_ENDPOINT_URL: process.url,
      AWS_ACCESS_KEY_ID: TEST_USER.accessKeyId,
      AWS_SECRET_ACCESS_KEY: TEST_USER.secretAccessKey,
      AWS_SESSION_TOKEN: undefined,
      AWS_PROFILE: undefined,
      AWS_REGION: 'us-east-1',
      NO_PROXY: '127.0.0.1',
      no_proxy: '127.0.0.1',
    },
    put: (key, sizeBytes, checksum) => ask({ kind: 'put', bucket: BUCKET, key, sizeBytes, checksum }),
    putBytes: (key, bytes) =>
      ask({ kind: 'putBytes', bucket: BUCKET, key, base64: Buffer.from(bytes).toString('base64') }),
    putMany: (prefix, count) => ask({ kind: 'putMany', bucket: BUCKET, prefix, count }),
    traffic: async () => Traffic.parse(await process.ask({ kind: 'traffic' })),
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

/** A client that has done nothing yet. @param directory of its cache. */
function startClient(store: Store, directory: string): Promise<ServerProcess> {
  return startServer(
    repositoryPath('scripts/bench/s3-client-process.ts'),
    [repositoryPath('out/main/s3-worker.js'), directory],
    [],
    store.environment,
  );
}

/** Has a fresh client do one thing. @param key of a version. */
export async function costOf(kind: 'localize' | 'tree', store: Store, key: string, directory: string): Promise<Cost> {
  await using client = await startClient(store, join(directory, 'cache'));
  return Cost.parse(await client.ask({ kind, uri: `s3://${BUCKET}/${key}` }));
}

/** Milliseconds that curl takes to get an object into a file. @throws Error when it fails. */
export async function curlMs(store: Store, key: string, directory: string): Promise<number> {
  const path = join(directory, 'by-curl');
  const start = performance.now();
  const curl = spawn('curl', ['-sS', '--fail', '--noproxy', '*', '-o', path, `${store.url}/${BUCKET}/${key}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(curl, 'exit');
  const ms = performance.now() - start;
  await rm(path, { force: true });
  if (code !== 0) throw new Error(`curl ended with code ${String(code)}`);
  return ms;
}

export interface WorkFolder extends AsyncDisposable {
  readonly path: string;
  readonly isInMemory: boolean;
}

/** A folder for so many bytes; in memory where there is room, so that the disk's speed is not what is measured. */
export async function workFolder(bytes: number, wish: 'memory' | 'disk'): Promise<WorkFolder> {
  const isInMemory = wish === 'memory' && process.platform === 'linux' && (await hasRoom('/dev/shm', bytes));
  const path = await mkdtemp(join(isInMemory ? '/dev/shm' : tmpdir(), 'slipway-bench-'));
  return { path, isInMemory, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** The cache leaves 2 GiB free. */
async function hasRoom(directory: string, bytes: number): Promise<boolean> {
  const found = await statfs(directory).catch(() => undefined);
  return found !== undefined && found.bavail * found.bsize > bytes + 3 * 1024 ** 3;
}
