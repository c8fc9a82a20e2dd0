import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConnectionId } from '../contracts/ids.ts';
import { type Logger, silentLogger } from '../contracts/logger.ts';
import { noSecretStore, type SecretStore } from '../contracts/secret-store.ts';
import { ServingError } from '../contracts/serving-error.ts';
import type { ConnectionDraft } from '../contracts/ui-sources.ts';
import type { S3Connection } from '../storage/s3/s3-protocol.ts';
import { createConnections, withConnection } from './connections.ts';
import { openSettingsStore } from './settings-store.ts';

const KEYS = {
  accessKeyId: 'AKIAOFTHEFORM00001234',
  secretAccessKey: 'typed-into-the-form',
  sessionToken: 'token-too',
};
const { signal } = new AbortController();

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'connections-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Keeps secrets in memory; `locked` makes them unreadable. */
function createMemorySecrets() {
  const kept = new Map<string, string>();
  const state = { locked: false, plain: false };
  const store: SecretStore = {
    available: () => Promise.resolve({ kind: state.plain ? 'plain' : 'os', label: 'Memory' }),
    get: (id) =>
      state.locked
        ? Promise.reject(new ServingError('FAILED_PRECONDITION', 'a stored secret can no longer be read'))
        : Promise.resolve(kept.get(id)),
    async set(id, value, { allowPlain = false } = {}) {
      if (state.plain && !allowPlain) throw new ServingError('FAILED_PRECONDITION', 'would be kept unencrypted');
      kept.set(id, value);
    },
    async delete(id) {
      kept.delete(id);
    },
  };
  return { store, kept, state };
}

async function createWorld({ secrets, namedBy = [] }: { secrets?: SecretStore; namedBy?: readonly string[] } = {}) {
  const lines: string[] = [];
  const hear = (fields: object, message?: string): void => void lines.push(`${JSON.stringify(fields)} ${message}`);
  const log: Logger = { debug: hear, info: hear, warn: hear, error: hear, child: () => log };
  const store = await openSettingsStore(directory, log);
  const connected: (readonly S3Connection[])[] = [];
  const browsed: (S3Connection | undefined)[] = [];
  const memory = createMemorySecrets();
  const connections = createConnections({
    store,
    secrets: secrets ?? memory.store,
    s3: {
      connect: (all) => connected.push(all),
      browse(uri, { through }, browsing) {
        browsed.push(through);
        if (uri.endsWith('/silent')) {
          return new Promise((_, reject) => {
            const end = (): void => reject(new ServingError('CANCELLED', 'cancelled'));
            if (browsing.aborted) end();
            browsing.addEventListener('abort', end);
          });
        }
        const files = [{ name: 'a.onnx', uri: `${uri}/a.onnx`, sizeBytes: 1, modifiedMs: 0 }];
        return Promise.resolve({ uri, parent: 's3://bkt', folders: [{ name: 'f', uri: `${uri}/f` }], files });
      },
    },
    namedBy: () => namedBy,
    log,
    browseTimeoutMs: 20,
  });
  await connections.refresh();
  return { connections, connected, browsed, memory, lines, store };
}

function draft(change: Partial<ConnectionDraft> = {}): ConnectionDraft {
  return {
    name: 'MinIO Lab',
    preset: 'minio',
    endpoint: 'http://127.0.0.1:9000',
    region: 'us-east-1',
    addressing: 'auto',
    verifyTls: true,
    requesterPays: false,
    credentials: { kind: 'keys', keys: KEYS },
    ...change,
  };
}

describe('connections', () => {
  it('keep keys among the secrets and nowhere else', async () => {
    const { connections, connected, memory, lines } = await createWorld();
    const saved = await connections.save(undefined, draft());
    expect(saved).toMatchObject({
      id: 'minio-lab',
      credentials: { kind: 'keys', accessKeyIdEnd: '1234', hasSessionToken: true },
    });
    expect(JSON.parse(memory.kept.get('connection:minio-lab') ?? '')).toEqual(KEYS);
    expect(connected.at(-1)).toMatchObject([{ id: 'minio-lab', credentials: { kind: 'keys', keys: KEYS } }]);

    const file = await readFile(join(directory, 'settings.json'), 'utf8');
    const told = [file, JSON.stringify(connections.current()), lines.join('\n')].join('\n');
    expect(file).toContain('minio-lab');
    for (const secret of Object.values(KEYS)) expect(told).not.toContain(secret);
  });

  it('are there again after a start, with their keys', async () => {
    const { connections, memory } = await createWorld();
    await connections.save(undefined, draft());
    const { connected, lines } = await createWorld({ secrets: memory.store });
    expect(connected.at(-1)).toMatchObject([{ name: 'MinIO Lab', credentials: { keys: KEYS } }]);
    expect(lines).toEqual([]);
  });

  it('take the keys of the form, or else those that are stored', async () => {
    const { connections, connected } = await createWorld();
    const { id } = await connections.save(undefined, draft());
    await connections.save(id, draft({ name: 'Renamed', credentials: { kind: 'keys' } }));
    expect(connected.at(-1)).toMatchObject([{ id, name: 'Renamed', credentials: { keys: KEYS } }]);
    const newKeys = { accessKeyId: 'AKIANEW00000000009876', secretAccessKey: 'new' };
    await connections.save(id, draft({ credentials: { kind: 'keys', keys: newKeys } }));
    expect(connected.at(-1)).toMatchObject([{ id, credentials: { keys: newKeys } }]);
    await expect(connections.save(undefined, draft({ credentials: { kind: 'keys' } }))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('enter the access key'),
    });
  });

  it.each([
    ['MinIO Lab', 'minio-lab'],
    ['Émile’s bucket', 'e-mile-s-bucket'],
    ['new', 'connection'],
    ['***', 'connection'],
  ])('called %s have the id %s, and a number behind it the second time', async (name, id) => {
    const { connections } = await createWorld();
    expect((await connections.save(undefined, draft({ name }))).id).toBe(id);
    expect((await connections.save(undefined, draft({ name: `${name} ` }))).id).toBe(`${id}-2`);
  });

  it('forget keys that are no longer used', async () => {
    const { connections, memory } = await createWorld();
    const { id } = await connections.save(undefined, draft());
    await connections.save(id, draft({ credentials: { kind: 'environment' } }));
    expect(memory.kept.size).toBe(0);
    await connections.save(id, draft());
    await connections.remove(id);
    expect([memory.kept.size, connections.current()]).toEqual([0, []]);
  });

  it('refuse keys where none are kept, and save the rest', async () => {
    const { connections } = await createWorld({ secrets: noSecretStore });
    await expect(connections.save(undefined, draft())).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringContaining('use an AWS profile'),
    });
    expect(connections.current()).toEqual([]);
    const credentials = { kind: 'profile', name: 'lab' } as const;
    expect(await connections.save(undefined, draft({ credentials }))).toMatchObject({ id: 'minio-lab', credentials });
    expect(connections.protection().kind).toBe('none');
  });

  it('keep keys unencrypted only where the user says so', async () => {
    const { connections, memory } = await createWorld();
    memory.state.plain = true;
    await expect(connections.save(undefined, draft())).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    await connections.save(undefined, draft({ credentials: { kind: 'keys', keys: KEYS, allowPlain: true } }));
    expect(memory.kept.size).toBe(1);
  });

  it('say why one cannot be used whose keys cannot be read, and are used once they can', async () => {
    const { connections, memory } = await createWorld();
    const { id } = await connections.save(undefined, draft());
    memory.state.locked = true;
    const { connections: later, connected } = await createWorld({ secrets: memory.store });
    expect(later.problemOf(id)).toContain('can no longer be read');
    expect(connected.at(-1)).toMatchObject([{ credentials: { kind: 'missing' } }]);
    memory.state.locked = false;
    await later.save(id, draft());
    expect(later.problemOf(id)).toBeUndefined();
  });

  it('have ids of their own, made of their names', async () => {
    const { connections } = await createWorld();
    const idOf = async (name: string) => {
      const saved = await connections.save(undefined, draft({ name, credentials: { kind: 'anonymous' } }));
      return saved.id;
    };
    expect(await idOf('Käse & Brot')).toBe('ka-se-brot');
    expect(await idOf('Käse & Brot')).toBe('ka-se-brot-2');
    expect(await idOf('日本')).toBe('connection');
  });

  it('tell which are reached in another way', async () => {
    const { connections } = await createWorld();
    const { id } = await connections.save(undefined, draft());
    const told: string[][] = [];
    connections.subscribe((ids) => told.push([...ids]));
    await connections.save(id, draft({ credentials: { kind: 'keys' } }));
    await connections.save(id, draft({ region: 'eu-central-1' }));
    await connections.remove(id);
    expect(told).toEqual([[], [id], [id]]);
  });

  it('are not removed while models name them', async () => {
    const { connections } = await createWorld({ namedBy: ['resnet', 'bert', 'a', 'b'] });
    const { id } = await connections.save(undefined, draft());
    await expect(connections.remove(id)).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringContaining('resnet, bert, a and others'),
    });
    await expect(connections.remove(ConnectionId.parse('nobody'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('follow what another process writes', async () => {
    const { connections, store, connected } = await createWorld();
    const { connections: other } = await createWorld();
    await other.save(undefined, draft({ credentials: { kind: 'environment' } }));
    await store.refresh();
    await connections.refresh();
    expect(connected.at(-1)).toMatchObject([{ id: 'minio-lab' }]);
  });

  it('name themselves in what they find', async () => {
    const { connections, browsed } = await createWorld();
    const { id } = await connections.save(undefined, draft());
    const page = await connections.browse({ connection: id, uri: 's3://bkt/p' }, signal);
    expect(page).toMatchObject({
      uri: 's3://minio-lab@bkt/p',
      parent: 's3://minio-lab@bkt',
      folders: [{ uri: 's3://minio-lab@bkt/p/f' }],
      files: [{ uri: 's3://minio-lab@bkt/p/a.onnx' }],
    });
    expect(browsed).toMatchObject([{ id, credentials: { keys: KEYS } }]);
    expect(await connections.browse({ uri: 's3://bkt/p' }, signal)).toMatchObject({ uri: 's3://bkt/p' });
    expect(browsed[1]).toBeUndefined();
  });

  it('are not browsed for ever', async () => {
    const { connections } = await createWorld();
    await expect(connections.browse({ uri: 's3://bkt/silent' }, signal)).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      message: expect.stringMatching(/^s3:\/\/bkt\/silent: .* Test the connection\. \[S3_STALLED\]$/u),
    });
    const left = new AbortController();
    const browsing = connections.browse({ uri: 's3://bkt/silent' }, left.signal);
    left.abort();
    await expect(browsing).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('withConnection', () => {
  const id = ConnectionId.parse('lab');
  it.each([
    ['s3://bucket/a', 's3://lab@bucket/a'],
    [' s3://bucket/a/ ', 's3://lab@bucket/a'],
    ['s3://http://host:9000/bucket/a', 's3://lab@bucket/a'],
    ['s3://other@bucket/a', 's3://other@bucket/a'],
    ['/models/a', '/models/a'],
  ])('makes of %s: %s', (uri, expected) => {
    expect(withConnection(uri, id)).toBe(expected);
    expect(withConnection(uri, undefined)).toBe(uri);
  });
});

describe('a store of settings', () => {
  it('knows files of releases without connections', async () => {
    const store = await openSettingsStore(directory, silentLogger);
    await store.update((current) => current);
    expect(JSON.parse(await readFile(join(directory, 'settings.json'), 'utf8'))).not.toHaveProperty('connections');
  });
});
