import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { generatedBody } from '../../scripts/s3-server/object-store.ts';
import { type S3TestServer, startS3Server, TEST_USER } from '../../scripts/s3-server/s3-server.ts';
import { affineModel, externalDataModel } from '../../scripts/samples/sample-models.ts';
import { ConnectionId, ServableName, ServableVersion } from '../contracts/ids.ts';
import { silentLogger } from '../contracts/logger.ts';
import { LATEST_ONE, type ModelConfig } from '../contracts/model-config.ts';
import { createAspiredVersionsManager } from '../core/aspired-versions-manager.ts';
import { connectSourceToTarget } from '../core/connect-source.ts';
import type { Loader } from '../core/loader.ts';
import type { SourceAdapter } from '../core/source.ts';
import { createManualClock, type ManualClock } from '../core/testing/manual-clock.ts';
import { isFailing, outcomeOf, type VersionState } from '../core/version-state.ts';
import { adaptSource } from '../core/connect-source.ts';
import { createOnnxCompletenessCheck } from '../inference/onnx-completeness.ts';
import { createFileSystemRegistry } from '../storage/file-system-registry.ts';
import type { LocalCopy } from '../storage/file-system.ts';
import { createS3FileSystem } from '../storage/s3/s3-file-system.ts';
import type { S3Connection } from '../storage/s3/s3-protocol.ts';
import type { StoragePath } from '../storage/storage-path.ts';
import { createFileSystemStoragePathSource } from '../storage/storage-path-source.ts';
import { createDownloadBoard, type DownloadBoard } from './download-board.ts';
import { retryFailed } from './manager-queries.ts';

/*
 * Models in S3 from the first poll to their local copies, with everything that is asked of the store in between. Time stands
 * still unless a test moves it, so that what happens without that happens at once.
 */

vi.setConfig({ testTimeout: 30_000 });

const MODEL = ServableName.parse('m');
const MIB = 1024 * 1024;
const FINISHED_MS = 3_600_000;
const halfPlusThree = affineModel({ scale: 0.5, offset: 3 });

let directory: string;
let server: S3TestServer;
const worlds: AsyncDisposable[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 's3-models-'));
  server = await startS3Server();
});
afterEach(async () => {
  for (const world of worlds.splice(0)) await world[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
});

/** What was asked since the last time. */
function asked(): readonly string[] {
  const operations = server.requests.map(({ operation }) => operation);
  server.clearRequests();
  return operations;
}

const put = (key: string, content: Parameters<S3TestServer['put']>[2], modifiedMs = Date.now() - FINISHED_MS): void =>
  void server.put('bucket', key, content, { modifiedMs });

interface World extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly downloads: DownloadBoard;
  poll(name?: ServableName): Promise<void>;
  /** Why the highest version is not offered. */
  waiting(): string | undefined;
  message(name?: ServableName): string | undefined;
  state(version: string, name?: ServableName): VersionState | undefined;
  until(version: string, phase: VersionState['phase'], name?: ServableName): Promise<VersionState>;
  untilItIs(version: string, wanted: (state: VersionState) => boolean, name?: ServableName): Promise<VersionState>;
  retry(version: string): void;
  /** As after a change of the connections; models are reached anew. */
  connect(connections: readonly S3Connection[]): void;
}

/** The server's own parts, but that a model is loaded when its files are there. */
function start(configs: readonly Partial<ModelConfig>[] = [{}], connections: readonly S3Connection[] = []): World {
  const clock = createManualClock(Date.now());
  const fileSystem = createS3FileSystem({
    workerEntry: join(import.meta.dirname, '..', 'storage', 's3', 'worker', 'main.ts'),
    environment: {
      HOME: directory,
      AWS_ENDPOINT_URL: server.url,
      AWS_ACCESS_KEY_ID: TEST_USER.accessKeyId,
      AWS_SECRET_ACCESS_KEY: TEST_USER.secretAccessKey,
      AWS_MAX_ATTEMPTS: '1',
    },
    cache: { directory: join(directory, 'cache'), minFreeBytes: 0 },
  });
  fileSystem.connect(connections);
  const downloads = createDownloadBoard({ clock, log: silentLogger });
  const manager = createAspiredVersionsManager<string>({ maxNumLoadRetries: 5 }, { clock, log: silentLogger });
  const source = createFileSystemStoragePathSource(
    { watch: false },
    {
      registry: createFileSystemRegistry([fileSystem]),
      clock,
      log: silentLogger,
      completenessCheck: createOnnxCompletenessCheck({ clock }),
      outcomeOf: ({ name, version }) => outcomeOf(manager.states.versions(name), version),
    },
  );
  manager.states.subscribe(({ id, kind, state }) => {
    if (kind === 'state' && isFailing(state)) void source.pollNow(id.name);
  });
  const adapter: SourceAdapter<StoragePath, Loader<string>> = {
    adapt: (_, versions) =>
      versions.map((version) => {
        if (!version.ok) return version;
        const { id, data } = version;
        let copy: LocalCopy | undefined;
        const loader: Loader<string> = {
          fingerprint: data.fingerprint,
          memoryBytes: 0,
          async load({ signal }) {
            const over = AbortSignal.any([signal, downloads.began(id)]);
            try {
              copy = await data.fileSystem.localize(data.path, over, (progress) => downloads.progressed(id, progress));
              return copy.path;
            } finally {
              downloads.ended(id, copy ? 'complete' : over.aborted ? 'cancelled' : 'failed');
            }
          },
          async unload() {
            await copy?.[Symbol.asyncDispose]();
          },
        };
        return { id, ok: true, data: loader };
      }),
  };
  source.updateModels(
    configs.map((config) => ({ name: MODEL, basePath: 's3://bucket/m', versionPolicy: LATEST_ONE, ...config })),
  );
  const life = new AbortController();
  const ended = connectSourceToTarget(adaptSource(source, adapter), manager, life.signal);
  const state = (version: string, name = MODEL): VersionState | undefined =>
    manager.states.versions(name).find(({ id }) => id.version === version)?.state;
  const world: World = {
    clock,
    downloads,
    poll: (name = MODEL) => source.pollNow(name),
    waiting: () => source.report(MODEL).versions[0]?.waiting,
    message: (name = MODEL) => source.report(name).message,
    state,
    until: (version, phase, name) => world.untilItIs(version, (now) => now.phase === phase, name),
    async untilItIs(version, wanted, name = MODEL) {
      const { promise, resolve } = Promise.withResolvers<VersionState>();
      const look = (): void => {
        const now = state(version, name);
        if (now && wanted(now)) resolve(now);
      };
      const stop = manager.states.subscribe(look);
      look();
      return promise.finally(stop);
    },
    retry: (version) => manager.retry({ name: MODEL, version: ServableVersion.parse(version) }),
    connect(changed) {
      fileSystem.connect(changed);
      void source.pollNow(MODEL);
      retryFailed(manager, MODEL, silentLogger);
    },
    async [Symbol.asyncDispose]() {
      life.abort();
      await manager.shutDown(AbortSignal.abort());
      await ended;
      await fileSystem[Symbol.asyncDispose]();
    },
  };
  worlds.push(world);
  return world;
}

const LIST = 'ListObjectsV2';

describe('a version that waits', () => {
  it('costs one listing for each poll, and is read once', async () => {
    const { model, weights } = externalDataModel(2, 'weights.bin');
    put('m/1/model.onnx', model);
    const world = start();
    await world.poll();
    expect(world.waiting()).toBe('weights.bin is not there yet');
    // The poll of the start, and the one that was asked for.
    expect(asked()).toEqual([LIST, 'GetObject', LIST]);
    for (let poll = 0; poll < 3; poll += 1) {
      await world.poll();
      expect(asked()).toEqual([LIST]);
    }
    put('m/1/weights.bin', weights.subarray(0, 100));
    await world.poll();
    expect(asked()).toEqual([LIST]);
    expect(world.waiting()).toMatch(/^changed just now/u);
    await world.clock.advance(10_000);
    await world.poll();
    expect(world.waiting()).toBe('weights.bin: 0.0 of 2.1 MB');
    expect(asked().filter((operation) => operation !== LIST)).toEqual([]);
  });

  it('is told of by its marker, for one listing a poll', async () => {
    put('m/1/model.onnx', halfPlusThree);
    const world = start([{ options: { storage: { markerFile: '_SUCCESS' } } }]);
    await world.poll();
    expect(world.waiting()).toBe('_SUCCESS is not there yet');
    expect(asked()).toEqual([LIST, LIST]);
    put('m/1/_SUCCESS', '');
    await world.poll();
    await world.clock.advance(10_000);
    await world.poll();
    await world.until('1', 'available');
  });
});

describe('a version that serves', () => {
  it('costs one listing for each poll', async () => {
    put('m/1/model.onnx', halfPlusThree);
    const world = start();
    await world.until('1', 'available');
    await world.poll();
    asked();
    await world.poll();
    await world.poll();
    expect(asked()).toEqual([LIST, LIST]);
  });

  it('is there at once at the next start, of which the store hears two listings', async () => {
    const { model, weights } = externalDataModel(2, 'weights.bin');
    // Just written: but for the copy it would have to settle.
    put('m/1/model.onnx', model, Date.now());
    put('m/1/weights.bin', weights, Date.now());
    const first = start();
    await first.poll();
    expect(first.waiting()).toMatch(/waiting for 10 s of quiet$/u);
    await first.clock.advance(10_000);
    await first.until('1', 'available');
    await first[Symbol.asyncDispose]();
    asked();
    const second = start();
    await second.until('1', 'available');
    expect(asked()).toEqual([LIST, LIST]);
  });

  it.each([
    {
      when: 'a login page answers',
      fault: { kind: 'answer', status: 200, body: '<html><p>Sign in</p></html>' },
      code: 'S3_NOT_S3',
    },
    { when: 'listing is denied', fault: { kind: 'error', code: 'AccessDenied' }, code: 'S3_LIST_DENIED' },
    { when: 'the store is gone', fault: { kind: 'reset' }, code: 'S3_UNAVAILABLE' },
  ] as const)('goes on, and so do two others, when $when', async ({ fault, code }) => {
    const names = ['a', 'b', 'c'].map((name) => ServableName.parse(name));
    for (const name of names) put(`${name}/1/model.onnx`, halfPlusThree);
    const world = start(names.map((name) => ({ name, basePath: `s3://bucket/${name}` })));
    for (const name of names) await world.until('1', 'available', name);
    server.faults.add({ fault });
    for (const name of names) {
      await world.poll(name);
      expect(world.message(name)).toContain(`[${code}]`);
      expect(world.state('1', name)?.phase).toBe('available');
    }
    // Neither is a prefix without a key a reason to unload.
    server.faults.clear();
    server.delete('bucket', 'a/1/model.onnx');
    await world.poll(names[0]);
    expect(world.message(names[0])).toContain('[S3_PREFIX_NOT_FOUND]');
    expect(world.state('1', names[0])?.phase).toBe('available');
  });
});

describe('a key that may not list', () => {
  it('serves versions and files that are named', async () => {
    server.setUser({ ...TEST_USER, allow: [{ actions: ['s3:GetObject'] }] });
    put('m/7/model.onnx', halfPlusThree);
    const world = start([
      {
        versionPolicy: { kind: 'specific', versions: [ServableVersion.parse('7')] },
        options: { storage: { files: ['model.onnx'] } },
      },
    ]);
    await world.until('7', 'available');
    expect(new Set(asked())).toEqual(new Set(['HeadObject', 'GetObject']));
    await world.poll();
    expect(asked()).toEqual([]);
  });
});

describe('a connection', () => {
  const lab = (): S3Connection => ({
    id: ConnectionId.parse('lab'),
    name: 'Lab',
    preset: 'minio',
    endpoint: server.url,
    addressing: 'path',
    verifyTls: true,
    requesterPays: false,
    credentials: { kind: 'keys', keys: TEST_USER },
  });

  it('that breaks is not held against the files: once it is mended, what failed by it is loaded', async () => {
    put('m/1/model.onnx', halfPlusThree);
    server.setUser({ ...TEST_USER, allow: [{ actions: ['s3:ListBucket'] }] });
    const world = start([{ basePath: 's3://lab@bucket/m' }], [lab()]);
    const failsBy = (code: string) => (state: VersionState) =>
      'error' in state && (state.error?.message ?? '').includes(`[${code}]`);
    await world.untilItIs('1', failsBy('S3_GET_DENIED'));

    world.connect([]);
    expect(await world.untilItIs('1', failsBy('S3_BAD_OPTIONS'))).toMatchObject({
      phase: 'loading',
      error: { code: 'FAILED_PRECONDITION' },
    });
    const isOver = (state: VersionState): boolean => state.phase === 'end' || 'retryAtMs' in state;
    while ((await world.untilItIs('1', isOver)).phase !== 'end') await world.clock.advance(60_000);

    server.setUser(TEST_USER);
    world.connect([lab()]);
    await world.until('1', 'available');
  });
});

describe('a download', () => {
  const body = generatedBody(40 * MIB);

  it('of what is replaced meanwhile ends at once, is listed at once, and loaded as it is then', async () => {
    put('m/1/model.onnx', halfPlusThree);
    put('m/1/weights.bin', body);
    server.faults.add({
      on: 'GetObject',
      key: 'm/1/weights.bin',
      skip: 1,
      times: 1,
      fault: { kind: 'before', run: () => put('m/1/weights.bin', generatedBody(40 * MIB - 8)) },
    });
    const world = start();
    expect(await world.until('1', 'end')).toMatchObject({
      error: { code: 'ABORTED', message: expect.stringMatching(/replaced .*\[S3_CHANGED\]$/u) },
    });
    // No time has passed: no other attempt was made, and what is there now is known of, which has to settle.
    const refused = server.requests.findLastIndex(({ status }) => status === 412);
    await world.poll();
    const after = server.requests.slice(refused + 1).map(({ operation }) => operation);
    expect(after.filter((operation) => operation !== LIST)).toEqual([]);
    expect(after).toContain(LIST);
    expect(world.state('1')?.phase).toBe('end');
    await world.clock.advance(10_000);
    await world.until('1', 'available');
  });

  it('that is cancelled ends at once with nothing left, and goes on by hand', async () => {
    put('m/1/model.onnx', halfPlusThree);
    put('m/1/weights.bin', generatedBody(100 * MIB));
    const stalled = server.faults.add({
      on: 'GetObject',
      key: 'm/1/weights.bin',
      fault: { kind: 'cut', afterBytes: MIB, how: 'stall' },
    });
    const world = start();
    await server.untilRequest(({ headers }) => headers['range']?.startsWith('bytes=100663296-') ?? false);
    expect(server.connections).toBeGreaterThan(3);
    world.downloads.cancel({ name: MODEL, version: ServableVersion.parse('1') });
    expect(await world.until('1', 'end')).toMatchObject({ error: { code: 'CANCELLED' } });
    // Those that have nothing to do, three at most, may stay for the next listing.
    await server.untilConnections(3);
    const left = await readdir(join(directory, 'cache'), { recursive: true });
    expect(left.filter((path) => path.includes('weights.bin'))).toEqual([]);
    await world.poll();
    await world.clock.advance(600_000);
    expect(world.state('1')).toMatchObject({ phase: 'end', error: { code: 'CANCELLED' } });
    stalled.remove();
    world.retry('1');
    await world.until('1', 'available');
  });
});
