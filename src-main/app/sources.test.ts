import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type S3TestServer, startS3Server } from '../../scripts/s3-server/s3-server.ts';
import { ConnectionId, ServableName } from '../contracts/ids.ts';
import type { Logger } from '../contracts/logger.ts';
import type { SecretStore } from '../contracts/secret-store.ts';
import type { ConnectionDraft, SourcesBoard } from '../contracts/ui-sources.ts';
import { createManualClock } from '../core/testing/manual-clock.ts';
import { createFileSystemRegistry } from '../storage/file-system-registry.ts';
import { createLocalFileSystem } from '../storage/local-file-system.ts';
import { createS3FileSystem } from '../storage/s3/s3-file-system.ts';
import { createFileSystemStoragePathSource } from '../storage/storage-path-source.ts';
import { createModelCatalogue } from './model-catalogue.ts';
import { createModelDirectory } from './model-directory.ts';
import { openSettingsStore } from './settings-store.ts';
import { createSources } from './sources.ts';
import { createTaskBoard } from './task-board.ts';

/* A connection from the form to a model that is found through it, with the server's own parts and a real store. */

vi.setConfig({ testTimeout: 30_000 });

const USER = { accessKeyId: 'AKIASOURCES0000005678', secretAccessKey: 'secret-of-the-sources-screen' };
const MODEL = ServableName.parse('resnet');
const { signal } = new AbortController();

let directory: string;
let server: S3TestServer;
const worlds: AsyncDisposable[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sources-'));
  server = await startS3Server({ users: [USER] });
  server.put('models', 'prod/resnet/1/model.onnx', 'model');
});
afterEach(async () => {
  for (const world of worlds.splice(0)) await world[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
});

function createSecrets(): SecretStore {
  const kept = new Map<string, string>();
  return {
    available: () => Promise.resolve({ kind: 'os', label: 'Memory' }),
    get: (id) => Promise.resolve(kept.get(id)),
    set: (id, value) => Promise.resolve(void kept.set(id, value)),
    delete: (id) => Promise.resolve(void kept.delete(id)),
  };
}

async function createWorld() {
  const lines: string[] = [];
  const hear = (fields: object, message?: string): void => void lines.push(`${JSON.stringify(fields)} ${message}`);
  const log: Logger = { debug: hear, info: hear, warn: hear, error: hear, child: () => log };
  const clock = createManualClock(Date.now());
  const life = new AbortController();
  const s3 = createS3FileSystem({
    workerEntry: join(import.meta.dirname, '..', 'storage', 's3', 'worker', 'main.ts'),
    environment: { HOME: directory, AWS_MAX_ATTEMPTS: '1' },
    cache: { directory: join(directory, 'cache'), minFreeBytes: 0 },
    log,
  });
  const registry = createFileSystemRegistry([createLocalFileSystem({ log }), s3]);
  const store = await openSettingsStore(directory, log);
  const catalogue = createModelCatalogue({ configured: [], samples: [] }, store);
  const source = createFileSystemStoragePathSource(
    { watch: false },
    { registry, clock, log, completenessCheck: () => Promise.resolve(undefined), outcomeOf: () => 'open' },
  );
  const tasks = createTaskBoard({ clock });
  const polls: Promise<void>[] = [];
  const sources = createSources(
    {
      store,
      s3,
      catalogue,
      registry,
      tasks,
      clock,
      log,
      directory: createModelDirectory(catalogue, source, 1),
      secrets: createSecrets(),
      pollIntervalMs: undefined,
      cache: { directory: join(directory, 'cache'), capBytes: undefined },
      onReachedAnew: (name) => void polls.push(source.pollNow(name)),
    },
    life.signal,
  );
  await sources.start();
  catalogue.subscribe(() => source.updateModels(catalogue.models().map(({ config }) => config)));
  const running = source.run(() => undefined, life.signal);
  worlds.push({
    async [Symbol.asyncDispose]() {
      life.abort();
      await running;
      await s3[Symbol.asyncDispose]();
    },
  });
  const board = (): SourcesBoard => {
    const current = sources.board.current();
    if (!current) throw new Error('there is no board');
    return current;
  };
  return { sources, catalogue, source, tasks, board, lines, polls };
}

function draft(secretAccessKey: string): ConnectionDraft {
  return {
    name: 'Lab',
    preset: 'minio',
    endpoint: server.url,
    addressing: 'auto',
    verifyTls: true,
    requesterPays: false,
    credentials: { kind: 'keys', keys: { ...USER, secretAccessKey } },
  };
}

describe('sources', () => {
  it('go from a wrong key to the right one without a restart', async () => {
    const { sources, catalogue, source, tasks, board, lines, polls } = await createWorld();
    const wrong = 'the-wrong-secret-of-somebody';
    const tested = await sources.tests.run({ testId: 't1', uri: 's3://models/prod', draft: draft(wrong) }, signal);
    expect(tested).toMatchObject({
      state: 'failed',
      stages: expect.arrayContaining([expect.objectContaining({ stage: 'signature', code: 'S3_BAD_CREDENTIALS' })]),
    });
    expect(tasks.current()).toMatchObject([{ kind: 'connectionTest', state: 'failed', route: '/sources' }]);
    expect(board().tests).toMatchObject([{ testId: 't1', state: 'failed' }]);

    const { id } = await sources.connections.save(undefined, draft(wrong));
    await catalogue.add([{ name: MODEL, basePath: 's3://lab@models/prod/resnet' }]);
    await source.pollNow(MODEL);
    expect(board()).toMatchObject({
      connections: [{ id: 'lab', models: [MODEL], credentials: { accessKeyIdEnd: '5678' } }],
      protection: { kind: 'os' },
      roots: [
        {
          path: 's3://models/prod',
          scheme: 's3',
          connection: 'lab',
          status: 'error',
          versions: 0,
          message: expect.stringContaining('S3_BAD_CREDENTIALS'),
          pollIntervalMs: 30_000,
        },
      ],
    });

    await sources.connections.save(id, draft(USER.secretAccessKey));
    expect(polls).toHaveLength(1);
    await Promise.all(polls);
    expect(board().roots).toMatchObject([{ status: 'ok', versions: 1 }]);
    const again = await sources.tests.run({ testId: 't2', uri: 's3://models/prod', connection: id }, signal);
    expect(again.state).toBe('ok');

    const told = [
      await readFile(join(directory, 'settings.json'), 'utf8'),
      JSON.stringify(board()),
      JSON.stringify(tasks.current()),
      JSON.stringify(source.report(MODEL)),
      lines.join('\n'),
    ].join('\n');
    for (const secret of [wrong, USER.secretAccessKey, USER.accessKeyId, 'Signature='])
      expect(told).not.toContain(secret);
  });

  it('reach what names no connection by the one that fits, and keep apart what is reached in different ways', async () => {
    const { sources, catalogue, source, board, polls } = await createWorld();
    const local = join(directory, 'local', 'm');
    await catalogue.add([
      { name: MODEL, basePath: 's3://models/prod/resnet' },
      { name: ServableName.parse('other'), basePath: `s3://${server.url}/models/prod/other` },
      { name: ServableName.parse('local'), basePath: local },
    ]);
    await source.pollNow(MODEL);
    expect(board().roots).toMatchObject([
      { path: 's3://models/prod', status: 'error' },
      { path: `s3://${server.url}/models/prod` },
      { path: join(directory, 'local'), scheme: 'file', pollIntervalMs: 1000 },
    ]);
    expect(board().roots[0]).not.toHaveProperty('connection');

    await sources.connections.save(undefined, { ...draft(USER.secretAccessKey), startUri: 's3://models/prod/' });
    expect(polls).toHaveLength(2);
    await Promise.all(polls);
    expect(board()).toMatchObject({
      connections: [{ startUri: 's3://models/prod', models: [MODEL, 'other'] }],
      roots: [{ connection: 'lab', status: 'ok', versions: 1 }, { connection: 'lab' }, { scheme: 'file' }],
    });
    await expect(sources.connections.remove(ConnectionId.parse('lab'))).resolves.toBeUndefined();
    expect(board().connections).toEqual([]);
  });

  it('stop a test that nobody waits for, by its task', async () => {
    const { sources, tasks, board } = await createWorld();
    server.faults.add({ fault: { kind: 'stall' } });
    const begun = server.untilRequest(() => true);
    const request = { testId: 't', uri: 's3://models', draft: draft(USER.secretAccessKey) };
    const running = sources.tests.run(request, signal);
    await begun;
    expect(board().tests).toMatchObject([{ state: 'running' }]);
    tasks.cancel(tasks.current()[0]?.id ?? '');
    expect(await running).toMatchObject({ state: 'cancelled' });
    expect(tasks.current()).toMatchObject([{ state: 'cancelled' }]);
  });

  it('refuse to test what is no place, and say so', async () => {
    const { sources, tasks } = await createWorld();
    const request = { testId: 't', uri: 'not a place', draft: draft('x') };
    await expect(sources.tests.run(request, signal)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(tasks.current()).toMatchObject([{ state: 'failed' }]);
  });
});
