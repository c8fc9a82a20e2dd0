import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type S3TestServer, startS3Server, TEST_USER } from '../../scripts/s3-server/s3-server.ts';
import { affineModel, truncated } from '../../scripts/samples/sample-models.ts';
import { ServableName, ServableVersion } from '../contracts/ids.ts';
import { LATEST_ONE } from '../contracts/model-config.ts';
import { ModelGraph } from '../contracts/ui-graph.ts';
import { createModelReader } from '../inference/model-reader.ts';
import { createFileSystemRegistry } from '../storage/file-system-registry.ts';
import { createLocalFileSystem } from '../storage/local-file-system.ts';
import { createS3FileSystem } from '../storage/s3/s3-file-system.ts';
import { createModelFiles, type ModelFiles } from './model-files.ts';

vi.setConfig({ testTimeout: 30_000 });

const never = new AbortController().signal;
const NAME = ServableName.parse('m');
const id = (version: string) => ({ name: NAME, version: ServableVersion.parse(version) });
const MODEL = affineModel({ scale: 0.5, offset: 3 });
const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');
const CHANGED_MS = Date.UTC(2026, 0, 2);

let directory: string;
const opened: AsyncDisposable[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'model-files-'));
});
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
});

/** @param entries the names of the folders, or of the file, that were found as versions. */
function filesOf(basePath: string, entries: Readonly<Record<string, string>>, server?: S3TestServer) {
  const s3 = createS3FileSystem({
    workerEntry: join(import.meta.dirname, '..', 'storage', 's3', 'worker', 'main.ts'),
    environment: {
      HOME: directory,
      AWS_ENDPOINT_URL: server?.url ?? '',
      AWS_ACCESS_KEY_ID: TEST_USER.accessKeyId,
      AWS_SECRET_ACCESS_KEY: TEST_USER.secretAccessKey,
      AWS_MAX_ATTEMPTS: '1',
    },
    cache: { directory: join(directory, 'cache'), minFreeBytes: 0 },
  });
  opened.push(s3);
  const files: ModelFiles = createModelFiles({
    registry: createFileSystemRegistry([createLocalFileSystem(), s3]),
    configOf: (name) => (name === NAME ? { name, basePath, versionPolicy: LATEST_ONE } : undefined),
    report: () => ({
      status: 'ok',
      versions: Object.entries(entries).map(([version, entry]) => ({ ...id(version), entry, aspired: true })),
      ignored: [],
    }),
    reader: createModelReader({ entry: join(import.meta.dirname, '..', 'inference', 'model-reader-worker.ts') }),
  });
  return { files, s3 };
}

const operatorsIn = async (files: ModelFiles, version: string): Promise<readonly string[] | undefined> => {
  const json: unknown = JSON.parse(new TextDecoder().decode(await files.graph(id(version), never)));
  return ModelGraph.parse(json).graphs[0]?.nodes.map(({ opType }) => opType);
};

async function write(name: string, content: string | Uint8Array): Promise<void> {
  const path = join(directory, ...name.split('/'));
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, content);
  await utimes(path, CHANGED_MS / 1000, CHANGED_MS / 1000);
}

describe('files of a version on a local disk', () => {
  it('are listed at once, and their checksums computed when that is wanted', async () => {
    await write('007/model.onnx', MODEL);
    await write('007/assets/labels.txt', 'a\n');
    const { files } = filesOf(directory, { 7: '007' });
    const listed = [
      { path: 'assets/labels.txt', sizeBytes: 2, modifiedAtMs: CHANGED_MS },
      { path: 'model.onnx', sizeBytes: MODEL.length, modifiedAtMs: CHANGED_MS },
    ];
    expect(await files.list(id('7'), false, never)).toEqual({ files: listed, canCompute: true });
    const computed = (value: string) => ({ algorithm: 'sha256', value, origin: 'computed' });
    expect(await files.list(id('7'), true, never)).toEqual({
      files: [
        { ...listed[0], checksum: computed(sha256('a\n')) },
        { ...listed[1], checksum: computed(sha256(MODEL)) },
      ],
      canCompute: false,
    });
    expect(await operatorsIn(files, '7')).toEqual(['Mul', 'Add']);
  });

  it('are one, where the base path is a model file', async () => {
    await write('7.onnx', MODEL);
    const { files } = filesOf(join(directory, '7.onnx'), { 1: '7.onnx' });
    expect((await files.list(id('1'), true, never)).files).toMatchObject([
      { path: '7.onnx', checksum: { value: sha256(MODEL) } },
    ]);
    expect(await operatorsIn(files, '1')).toEqual(['Mul', 'Add']);
  });

  it('are found in a folder of the same name as the base path', async () => {
    await write('1/1/model.onnx', MODEL);
    const { files } = filesOf(join(directory, '1'), { 1: '1' });
    expect((await files.list(id('1'), false, never)).files).toHaveLength(1);
  });

  it('are told of, broken as they may be, but not of versions that nobody found', async () => {
    await write('1/model.onnx', truncated(MODEL));
    const { files } = filesOf(directory, { 1: '1', 2: '2' });
    expect((await files.list(id('1'), false, never)).files).toHaveLength(1);
    await expect(files.graph(id('1'), never)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(files.graph(id('2'), never)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(files.list(id('3'), false, never)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'no version 3 of "m" was found',
    });
    await expect(files.list({ ...id('1'), name: ServableName.parse('other') }, false, never)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('files of a version in S3', () => {
  it('have what the store tells until there is a copy, and then what was verified', async () => {
    const server = await startS3Server();
    opened.push(server);
    server.put('bucket', 'm/3/model.onnx', MODEL, { modifiedMs: CHANGED_MS });
    const { files, s3 } = filesOf('s3://bucket/m', { 3: '3' }, server);
    const before = await files.list(id('3'), true, never);
    const md5 = createHash('md5').update(MODEL).digest('hex');
    expect(before).toEqual({
      files: [
        {
          path: 'model.onnx',
          sizeBytes: MODEL.length,
          modifiedAtMs: CHANGED_MS,
          checksum: { algorithm: 'ETag', value: md5, origin: 'told' },
        },
      ],
      canCompute: false,
    });
    server.clearRequests();
    await expect(files.graph(id('3'), never)).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: 'no copy of version 3 is on this computer: load the version first',
    });
    expect(server.requests.map(({ operation }) => operation)).not.toContain('GetObject');

    await using _ = await s3.localize('s3://bucket/m/3', never);
    const [file] = (await files.list(id('3'), false, never)).files;
    expect(file?.checksum?.origin).toBe('verified');
    expect(['CRC64NVME', 'CRC32', 'md5']).toContain(file?.checksum?.algorithm);
    expect(await operatorsIn(files, '3')).toEqual(['Mul', 'Add']);
  });
});
