import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { encodeModel, type GraphSpec, type NodeSpec } from '../../scripts/samples/onnx-writer.ts';
import { affineModel, truncated } from '../../scripts/samples/sample-models.ts';
import { ServingError } from '../contracts/serving-error.ts';
import { ModelGraph } from '../contracts/ui-graph.ts';
import { createModelReader, livingModelReaders, type ModelReaderOptions } from './model-reader.ts';

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
      told: 'model.onnx is plain text',
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

describe.skipIf(process.platform === 'win32')('a drive that hangs', () => {
  const pipes: string[] = [];

  /** A reader whose threads wait, for what is named "pipe…", in a call that no signal ends; others answer at once. */
  async function hungReader() {
    const entry = join(directory, 'hanging.mjs');
    const wait = 'touch "$0.begun"; cat "$0"';
    await writeFile(
      entry,
      `import { execFileSync } from 'node:child_process';
       import { parentPort, workerData } from 'node:worker_threads';
       if (workerData.folder.includes('pipe')) execFileSync('/bin/sh', ['-c', '${wait}', workerData.folder]);
       parentPort.postMessage({ kind: 'checksums', sums: [] });`,
    );
    const hung = readerWith({ entry, hangsAfterMs: 200 });
    /** Asks for what hangs, and gives up when a thread waits for it. */
    async function hang(name: string): Promise<string> {
      const path = join(directory, name);
      execFileSync('mkfifo', [path]);
      pipes.push(path);
      const gone = new AbortController();
      const call = failureOf(hung.checksums(path, [], gone.signal));
      await vi.waitUntil(() => existsSync(`${path}.begun`), { timeout: 20_000 });
      gone.abort();
      expect(await call).toMatchObject({ code: 'CANCELLED' });
      return path;
    }
    return { hung, hang };
  }

  afterEach(async () => {
    // Lets those go on that wait for somebody who writes.
    for (const path of pipes.splice(0)) execFileSync('/bin/sh', ['-c', ': > "$0"', path]);
    await vi.waitUntil(() => livingModelReaders() === 0, { timeout: 20_000 });
  });

  it('takes a thread once: what it holds is refused from then on, and where there are several, everything is', async () => {
    const { hung, hang } = await hungReader();
    const paths = [await hang('pipe1'), await hang('pipe2')];
    for (const path of paths) {
      const { code, message } = await failureOf(hung.checksums(path, [], never));
      expect([code, message]).toEqual(['UNAVAILABLE', expect.stringContaining('does not answer')]);
    }
    const calls = Array.from({ length: 6 }, (_, index) => failureOf(hung.checksums(`a${index}`, [], never)));
    expect(new Set((await Promise.all(calls)).map(({ code }) => code))).toEqual(new Set(['UNAVAILABLE']));
    expect(livingModelReaders()).toBe(2);
  });

  it('leaves room for others, and is asked again when it came back', async () => {
    const { hung, hang } = await hungReader();
    const path = await hang('pipe1');
    expect(await hung.checksums('a', [], never)).toEqual([]);
    execFileSync('/bin/sh', ['-c', ': > "$0"', path]);
    await vi.waitUntil(() => livingModelReaders() === 0, { timeout: 20_000 });
    pipes.length = 0;
    await writeFile(`${directory}/pipe`, '');
    expect(await hung.checksums(`${directory}/pipe`, [], never)).toEqual([]);
  });

  it('lets the reader close, which says that a thread is left', async () => {
    const { hung, hang } = await hungReader();
    await hang('pipe1');
    await hung.close();
    expect(livingModelReaders()).toBe(1);
    expect(await failureOf(hung.checksums('a', [], never))).toMatchObject({ code: 'CANCELLED' });
  });
});

describe('closing', () => {
  it('ends what is being read', async () => {
    await write('huge', '');
    await truncate(join(directory, 'huge'), 2 ** 42);
    const closing = readerWith();
    const call = failureOf(closing.checksums(directory, ['huge'], never));
    await vi.waitUntil(() => livingModelReaders() > 0);
    await closing.close();
    expect(await call).toMatchObject({ code: 'CANCELLED' });
    expect(livingModelReaders()).toBe(0);
  });
});
