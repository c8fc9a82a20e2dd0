import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type S3TestServer, startS3Server, TEST_USER } from '../../../scripts/s3-server/s3-server.ts';
import { silentLogger } from '../../contracts/logger.ts';
import { Connection } from '../../contracts/ui-sources.ts';
import { createStoredAccessTokens } from '../serving/stored-access-tokens.ts';
import { openSettingsStore } from '../settings-store.ts';
import { systemClock } from '../system-clock.ts';
import { commandsHelp, isCommand, runCommand } from './run-command.ts';

vi.setConfig({ testTimeout: 30_000 });

const { signal } = new AbortController();
let directory: string;
let server: S3TestServer;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'commands-'));
  server = await startS3Server();
  const out = join(directory, 'out', 'main');
  await mkdir(out, { recursive: true });
  for (const scheme of ['s3', 'https']) {
    const source = join(import.meta.dirname, '..', '..', 'storage', scheme, 'worker', 'main.ts');
    await writeFile(join(out, `${scheme}-worker.js`), `import ${JSON.stringify(pathToFileURL(source).href)};\n`);
  }
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
});
beforeEach(() => {
  vi.stubEnv('HOME', directory);
  vi.stubEnv('AWS_ENDPOINT_URL_S3', server.url);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', TEST_USER.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', TEST_USER.secretAccessKey);
  vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
  server.faults.clear();
  server.put('models', 'resnet/1/model.onnx', 'model', { modifiedMs: Date.UTC(2026, 0, 2, 3, 4, 5) });
  server.put('models', 'resnet/10/model.onnx', 'a larger model', { modifiedMs: Date.UTC(2026, 1, 2, 3, 4, 5) });
  server.put('models', 'resnet/10/data.bin', '0123456789', { modifiedMs: Date.UTC(2026, 1, 2, 3, 4, 4) });
  server.put('models', 'resnet/notes/a.txt', 'text');
  server.put('models', 'resnet/labels.txt', 'cat', { modifiedMs: Date.UTC(2026, 0, 1) });
});
afterEach(() => vi.unstubAllEnvs());

async function run(...argv: string[]) {
  const lines: string[] = [];
  const errors: string[] = [];
  const context = { installation: directory, print: (line: string) => void lines.push(line), signal };
  const isAbout = ['ls', 's3', 'cache', 'tokens'].includes(argv[0] ?? '') && argv.length > 1;
  const isPlaced = argv.some((word) => word.startsWith('--data_dir='));
  const all = isAbout && !isPlaced ? [...argv, `--data_dir=${join(directory, 'data')}`] : argv;
  const exitCode = await runCommand(all, context, (line) => void errors.push(line));
  expect([...lines, ...errors].join('\n')).not.toContain(TEST_USER.secretAccessKey);
  return { exitCode, lines, errors, json: () => JSON.parse(lines.join('\n')) as unknown };
}

describe('a command line', () => {
  it.each([
    [['ls'], true],
    [['help'], true],
    [[], false],
    [['--rest_api_port=0'], false],
    [['-h'], false],
  ])('%j is a command: %s', (argv, expected) => {
    expect(isCommand(argv)).toBe(expected);
  });

  it.each([
    { argv: ['serve'], says: 'there is no command "serve"' },
    { argv: ['cache', 'wipe'], says: 'there is no command "cache wipe"' },
    { argv: ['cache'], says: 'there is no command "cache"' },
    { argv: ['ls'], says: 'URI is missing' },
    { argv: ['ls', 's3://a', 's3://b'], says: '"s3://b" is too much' },
    { argv: ['ls', 's3://models', '--deep'], says: '--deep' },
    { argv: ['cache', 'prune', '--cache_max_bytes=2GB'], says: 'must be a whole number' },
    { argv: ['ls', 's3://models', '--connection=Not An Id'], says: 'is not the id of a connection' },
    { argv: ['tokens'], says: 'there is no command "tokens"' },
    { argv: ['tokens', 'add'], says: 'NAME is missing' },
    { argv: ['tokens', 'add', ' '], says: 'a name has 1 to 60 characters' },
    { argv: ['tokens', 'revoke'], says: 'ID is missing' },
    { argv: ['tokens', 'list', '--cache_dir=/x'], says: '--cache_dir' },
    { argv: ['s3', 'test', 'https://models'], says: 'does not begin with s3://' },
  ])('is refused with code 2: $argv', async ({ argv, says }) => {
    const { exitCode, errors, lines } = await run(...argv);
    expect([exitCode, lines]).toEqual([2, []]);
    expect(errors.join('\n')).toContain(says);
  });

  it('explains all commands, and one', async () => {
    expect(await run('help')).toMatchObject({ exitCode: 0, lines: [commandsHelp()] });
    const { exitCode, lines } = await run('cache', 'prune', '--help');
    expect([exitCode, lines.join('\n')]).toEqual([0, expect.stringContaining('slipway cache prune [--data_dir=…]')]);
  });
});

describe('ls', () => {
  it('shows versions as they would be served, and the rest', async () => {
    const { exitCode, lines } = await run('ls', 's3://models/resnet');
    expect(exitCode).toBe(0);
    expect(lines.map((line) => line.replaceAll(/ {2,}/gu, ' | ').trim())).toEqual([
      'NAME | KIND | SIZE | FILES | MODIFIED (UTC)',
      '10 | version | 24 B | 2 | 2026-02-02 03:04:05',
      '1 | version | 5 B | 1 | 2026-01-02 03:04:05',
      'notes/ | folder | - | - | -',
      'labels.txt | file | 3 B | - | 2026-01-01 00:00:00',
    ]);
  });

  it('prints one document with --json', async () => {
    const { json } = await run('ls', 's3://models/resnet', '--json');
    expect(json()).toMatchObject({
      uri: 's3://models/resnet',
      entries: [{ name: '10', kind: 'version', sizeBytes: 24, files: 2 }, { name: '1' }, { name: 'notes' }, {}],
      isCut: false,
    });
  });

  it('shows a local folder and a single file just so', async () => {
    await mkdir(join(directory, 'local', '3'), { recursive: true });
    await writeFile(join(directory, 'local', '3', 'model.onnx'), 'model');
    const { json } = await run('ls', join(directory, 'local'), '--json');
    expect(json()).toMatchObject({ entries: [{ name: '3', kind: 'version', sizeBytes: 5, files: 1 }] });
    const file = await run('ls', 's3://models/resnet/labels.txt', '--json');
    expect(file.json()).toMatchObject({ entries: [{ name: 'labels.txt', kind: 'file', sizeBytes: 3 }] });
  });

  it('goes by a connection of the settings', async () => {
    const store = await openSettingsStore(join(directory, 'data'), silentLogger);
    const connection = Connection.parse({
      id: 'lab',
      name: 'Lab',
      preset: 'other',
      endpoint: server.url,
      addressing: 'auto',
      verifyTls: true,
      requesterPays: false,
      credentials: { kind: 'environment' },
    });
    const ofApp = {
      ...connection,
      id: 'app',
      credentials: { kind: 'keys', accessKeyIdEnd: '1234', hasSessionToken: false },
    };
    await store.update((settings) => ({ ...settings, connections: [connection, Connection.parse(ofApp)] }));
    vi.stubEnv('AWS_ENDPOINT_URL_S3', '');
    for (const argv of [['s3://lab@models'], ['s3://models', '--connection=lab']]) {
      expect(await run('ls', ...argv)).toMatchObject({ exitCode: 0 });
    }
    const nobody = await run('ls', 's3://models', '--connection=nobody');
    expect([nobody.exitCode, nobody.errors]).toEqual([1, ['slipway ls: there is no connection "nobody"']]);
    const stored = await run('ls', 's3://models', '--connection=app');
    expect([stored.exitCode, stored.errors.join('')]).toEqual([1, expect.stringContaining('are not stored here')]);
  });

  it('shows nothing that steers a terminal, whatever names are in the store', async () => {
    server.put('strange', 'm/\u001b[2J\u202egnp.txt', 'a');
    server.put('strange', 'm/two\nlines', 'b');
    for (const argv of [
      ['ls', 's3://strange/m'],
      ['ls', 's3://strange/m', '--json'],
      ['s3', 'test', 's3://strange/m'],
    ]) {
      const { exitCode, lines } = await run(...argv);
      expect(exitCode).toBe(0);
      expect(lines.join('')).not.toMatch(/[\p{Cc}\u202e]/u);
    }
    const { json } = await run('ls', 's3://strange/m', '--json');
    expect(json()).toMatchObject({ entries: [{ name: '\u001b[2J\u202egnp.txt' }, { name: 'two\nlines' }] });
  });

  it('fails with the words and the code of the store', async () => {
    const { exitCode, errors } = await run('ls', 's3://no-such-bucket');
    expect([exitCode, errors.join('')]).toEqual([1, expect.stringMatching(/no bucket .*\[S3_NO_SUCH_BUCKET\]$/u)]);
  });
});

describe('s3 test', () => {
  it('prints a line for each stage', async () => {
    const { exitCode, lines } = await run('s3', 'test', 's3://models/resnet');
    expect(exitCode).toBe(0);
    expect(lines.map((line) => line.slice(0, 17).trim())).toEqual([
      '[ -- ] name',
      '[ ok ] connect',
      '[ -- ] TLS',
      '[ ok ] clock',
      '[ ok ] signature',
      '[ ok ] list',
      '[ ok ] read',
    ]);
  });

  it.each([
    { when: 'the secret is wrong', env: { AWS_SECRET_ACCESS_KEY: 'wrong' }, exitCode: 14, code: 'S3_BAD_CREDENTIALS' },
    {
      when: 'nothing listens',
      env: { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1' },
      exitCode: 11,
      code: 'S3_UNREACHABLE',
    },
    {
      when: 'the host is unknown',
      env: { AWS_ENDPOINT_URL_S3: 'http://no-such-host.invalid' },
      exitCode: 10,
      code: 'S3_UNREACHABLE',
    },
  ])('tells the stage by its exit code when $when', async ({ env, exitCode, code }) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const result = await run('s3', 'test', 's3://models/resnet');
    expect(result.exitCode).toBe(exitCode);
    expect(result.lines.slice(-2)).toEqual([expect.stringMatching(/^To do: .+\.$/u), `Code:  ${code}`]);
  });

  it('prints one document with --json', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_S3', 'http://127.0.0.1:1');
    const { exitCode, json } = await run('s3', 'test', 's3://models/resnet', '--json');
    expect([exitCode, json()]).toEqual([
      11,
      expect.objectContaining({ state: 'failed', uri: 's3://models/resnet', stages: expect.any(Array) }),
    ]);
  });
});

describe('cache', () => {
  it('is empty at first, and says where it is', async () => {
    const { lines } = await run('cache', 'ls');
    expect(lines.at(-1)).toBe(`0 copies, 0 B in ${join(directory, 'data', 's3cache')}`);
    expect(await run('cache', 'verify')).toMatchObject({ exitCode: 0 });
    const pruned = await run('cache', 'prune', '--all', '--json');
    expect(pruned.json()).toMatchObject({ removed: [], inUse: [], leftBytes: 0 });
  });
});

it('a connection that is not found may be in settings that cannot be read, and those are named', async () => {
  const data = join(directory, 'no-connections');
  await mkdir(data, { recursive: true });
  const settings = { formatVersion: 1, models: [], removedSamples: [], connections: [{ id: 'lab' }] };
  await writeFile(join(data, 'settings.json'), JSON.stringify(settings));
  const { exitCode, lines, errors } = await run('ls', 's3://models', '--connection=lab', `--data_dir=${data}`);
  expect([exitCode, lines]).toEqual([1, []]);
  expect(errors.join('\n')).toContain('settings.json in the data directory: connections[0]: ');
});

describe('tokens', () => {
  const Added = z.object({ token: z.object({ id: z.string(), name: z.string() }), secret: z.string() });
  const settingsText = (): Promise<string> => readFile(join(directory, 'data', 'settings.json'), 'utf8');

  it('are made, shown once, listed and revoked', async () => {
    const added = await run('tokens', 'add', 'laptop');
    const [secret = ''] = added.lines;
    expect([added.exitCode, secret]).toEqual([0, expect.stringMatching(/^slipway_[\w-]{43}$/u)]);
    const { token, secret: other } = Added.parse((await run('tokens', 'add', 'build server', '--json')).json());
    expect(token.name).toBe('build server');

    const listed = await run('tokens', 'list');
    expect(listed.lines.map((line) => line.trim().split(/ {2,}/u).slice(1))).toEqual([
      ['NAME', 'CREATED (UTC)'],
      ['laptop', expect.stringMatching(/^20\d\d-/u)],
      ['build server', expect.any(String)],
    ]);
    for (const text of [listed.lines.join(''), await settingsText()]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(other);
    }

    expect(await run('tokens', 'revoke', token.id)).toMatchObject({
      exitCode: 0,
      lines: ['Token "build server" is revoked.'],
    });
    expect((await run('tokens', 'list', '--json')).json()).toEqual({
      tokens: [{ id: expect.any(String), name: 'laptop', createdAtMs: expect.any(Number) }],
    });
    expect(await settingsText()).not.toContain(token.id);
  });

  it('are refused with the reason: a name that is taken, an id that there is none of', async () => {
    await run('tokens', 'add', 'twice');
    const taken = await run('tokens', 'add', 'twice');
    expect([taken.exitCode, taken.lines, taken.errors]).toEqual([
      1,
      [],
      ['slipway tokens add: there is a token named "twice" already; choose another name'],
    ]);
    const nobody = await run('tokens', 'revoke', 'nobody');
    expect([nobody.exitCode, nobody.errors]).toEqual([1, ['slipway tokens revoke: there is no such token any more']]);
  });

  it.each([
    {
      what: 'no JSON',
      content: '{"formatVersion": 1,',
      says: 'settings.json in the data directory: it is not a settings file',
    },
    {
      what: 'broken in a part of them',
      content: '{"formatVersion": 1, "models": [], "removedSamples": [], "serving": {"tokens": [{"id": "a"}]}}',
      says: 'settings.json in the data directory: serving.tokens[0]: ',
    },
    { what: 'of a newer format', content: '{"formatVersion": 99}', says: 'was written by a newer version (format 99)' },
  ])('are neither listed nor changed while the settings are $what', async ({ content, says }) => {
    const data = join(directory, 'unreadable');
    const file = join(data, 'settings.json');
    await mkdir(data, { recursive: true });
    await writeFile(file, content);
    for (const words of [['list'], ['list', '--json'], ['add', 'new'], ['revoke', 'some']]) {
      const { exitCode, lines, errors } = await run('tokens', ...words, `--data_dir=${data}`);
      expect([exitCode, lines, errors.join('\n')]).toEqual([1, [], expect.stringContaining(says)]);
    }
    expect(await readFile(file, 'utf8')).toBe(content);
  });

  it('count at a server that runs as soon as it looks at its settings', async () => {
    const store = await openSettingsStore(join(directory, 'data'), silentLogger);
    const served = createStoredAccessTokens({ store, clock: systemClock });
    const { token, secret } = Added.parse((await run('tokens', 'add', 'remote', '--json')).json());
    const mayCall = (): boolean => served.access([`Bearer ${secret}`]) === undefined;
    expect([mayCall(), await store.refresh(), mayCall()]).toEqual([false, true, true]);
    await run('tokens', 'revoke', token.id);
    expect([await store.refresh(), mayCall()]).toEqual([true, false]);
    served.close();
  });
});
