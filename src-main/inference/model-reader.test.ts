import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { encodeModel, type GraphSpec, type NodeSpec } from '../../scripts/samples/onnx-writer.ts';
import { affineModel, truncated } from '../../scripts/samples/sample-models.ts';
import { ServingError } from '../contracts/serving-error.ts';
import { ModelGraph } from '../contracts/ui-graph.ts';
import { createModelReader, type ModelReaderOptions } from './model-reader.ts';

vi.setConfig({ testTimeout: 30_000 });

const never = new AbortController().signal;
const readerWith = (options: Partial<ModelReaderOptions> = {}) =>
  createModelReader({ entry: join(import.meta.dirname, 'model-reader-worker.ts'), ...options });
const reader = readerWith();

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'model-reader-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const write = (name: string, content: string | Uint8Array): Promise<void> => writeFile(join(directory, name), content);
const graphOf = async (location = directory): Promise<ModelGraph> =>
  ModelGraph.parse(JSON.parse(new TextDecoder().decode(await reader.graph(location, never))));
/** As the caller gets it; what is no ServingError fails the test. */
const failureOf = async (work: Promise<unknown>): Promise<{ readonly code: string; readonly message: string }> => {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ServingError)) throw new Error(`no ServingError: ${String(error)}`);
  expect(error.message).not.toContain(directory);
  return error;
};
const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');
const manyNodes = (count: number): Uint8Array => {
  const node: NodeSpec = { name: 'n'.repeat(100), operator: 'Relu', inputs: ['x'], outputs: ['y'] };
  const graph: GraphSpec = { name: 'g', inputs: [], outputs: [], nodes: Array.from({ length: count }, () => node) };
  return encodeModel({ graph });
};

describe('the graph of a version', () => {
  it('is read from the folder or from the file itself', async () => {
    await write('model.onnx', affineModel({ scale: 1, offset: 0 }));
    const graph = await graphOf();
    expect(graph.graphs[0]?.nodes.map(({ opType }) => opType)).toEqual(['Mul', 'Add']);
    expect(await graphOf(join(directory, 'model.onnx'))).toEqual(graph);
  });

  it.each([
    { when: 'there is no model file', make: () => write('a.txt', ''), code: 'NOT_FOUND', told: 'no model.onnx' },
    {
      when: 'the file is cut off',
      make: () => write('model.onnx', truncated(affineModel({ scale: 1, offset: 0 }))),
      code: 'INVALID_ARGUMENT',
      told: 'model.onnx ends at byte',
    },
    {
      when: 'the file is no model',
      make: () => write('model.onnx', 'not a model at all'),
      code: 'INVALID_ARGUMENT',
      told: 'model.onnx: not a valid ONNX file',
    },
    {
      when: 'the folder is gone',
      make: () => rm(directory, { recursive: true }),
      code: 'NOT_FOUND',
      told: 'does not exist',
    },
  ])('is not there when $when', async ({ make, code, told }) => {
    await make();
    const failure = await failureOf(reader.graph(directory, never));
    expect(failure.code).toBe(code);
    expect(failure.message).toContain(told);
  });

  it.skipIf(process.platform === 'win32')('is not waited for where a pipe has the name of the model', async () => {
    const pipe = join(directory, 'model.onnx');
    execFileSync('mkfifo', [pipe]);
    expect(await failureOf(reader.graph(pipe, never))).toMatchObject({ code: 'FAILED_PRECONDITION' });
    expect(await failureOf(reader.graph(directory, never))).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is given up when reading it takes too long, or too much memory', async () => {
    await write('model.onnx', manyNodes(30_000));
    expect(await failureOf(readerWith({ graphTimeoutMs: 1 }).graph(directory, never))).toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      message: 'reading the graph took longer than 0.001 s and was given up',
    });
    expect(await failureOf(readerWith({ maxMemoryMiB: 16 }).graph(directory, never))).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
    });
  });

  it('is no more wanted when the caller is gone, and nobody waits for a turn that is over', async () => {
    await write('model.onnx', affineModel({ scale: 1, offset: 0 }));
    const gone = new AbortController();
    const calls = Array.from({ length: 6 }, () => failureOf(reader.graph(directory, gone.signal)));
    gone.abort();
    for (const call of calls) expect(await call).toMatchObject({ code: 'CANCELLED' });
    expect((await graphOf()).graphs).toHaveLength(1);
  });
});

describe('the checksums of files', () => {
  it('are those that everybody else computes', async () => {
    await mkdir(join(directory, 'assets'));
    const contents = { 'model.onnx': new Uint8Array(3_000_000).fill(7), 'assets/labels.txt': 'a\nb\n', empty: '' };
    for (const [name, content] of Object.entries(contents)) await write(name, content);
    expect(await reader.checksums(directory, Object.keys(contents), never)).toEqual(
      Object.values(contents).map((content) => ({ sha256: sha256(content) })),
    );
  });

  it.skipIf(process.platform === 'win32')('are not computed of what is no file of the folder', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'model-reader-outside-'));
    try {
      await writeFile(join(outside, 'secret'), 'secret');
      await symlink(join(outside, 'secret'), join(directory, 'link'));
      await symlink(outside, join(directory, 'folder'));
      await write('a', 'a');
      await symlink('a', join(directory, 'alias'));
      execFileSync('mkfifo', [join(directory, 'pipe')]);
      await symlink('/dev/zero', join(directory, 'zeros'));
      const files = ['link', 'folder/secret', '../secret', 'alias', 'pipe', 'zeros', 'gone', 'a'];
      const leadsOut = { problem: 'a link that leads out of the folder, which is not followed' };
      expect(await reader.checksums(directory, files, never)).toEqual([
        leadsOut,
        leadsOut,
        { problem: '"secret" does not exist' },
        { sha256: sha256('a') },
        { problem: '"pipe" is not a file' },
        leadsOut,
        { problem: '"gone" does not exist' },
        { sha256: sha256('a') },
      ]);
    } finally {
      await rm(outside, { recursive: true });
    }
  });

  it('are given up when nobody waits for them any more', async () => {
    // Hours of reading, and no bytes on the disk.
    await write('huge', '');
    await truncate(join(directory, 'huge'), 2 ** 42);
    const gone = new AbortController();
    const calls = [1, 2].map(() => failureOf(reader.checksums(directory, ['huge'], gone.signal)));
    await write('model.onnx', affineModel({ scale: 1, offset: 0 }));
    const waiting = graphOf();
    gone.abort();
    for (const call of calls) expect(await call).toMatchObject({ code: 'CANCELLED' });
    expect((await waiting).graphs).toHaveLength(1);
  });
});
