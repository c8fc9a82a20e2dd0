import { describe, expect, it } from 'vitest';
import { encodeModel, externalTensor } from '../../scripts/samples/onnx-writer.ts';
import { affineModel, corrupted, externalDataModel } from '../../scripts/samples/sample-models.ts';
import { ServingError } from '../contracts/serving-error.ts';
import type { PollingAdvice } from '../storage/file-system.ts';
import { createMemoryFileSystem, type MemoryFileSystem } from '../storage/testing/memory-file-system.ts';
import { createOnnxCompletenessCheck } from './onnx-completeness.ts';

const VERSION = 'memory:///models/m/1';
const WHOLE = affineModel({ scale: 1, offset: 2 });
/** The time at which everything is written; checks run later. */
const WRITTEN_MS = 1_000_000;
const SIGNAL = new AbortController().signal;

interface Setup {
  readonly fileSystem: MemoryFileSystem;
  /** What the check says so many milliseconds after everything was written. */
  readonly check: (afterMs?: number, path?: string) => Promise<string | undefined>;
}

function setUp(files: Readonly<Record<string, Uint8Array>>, polling?: PollingAdvice): Setup {
  const fileSystem = createMemoryFileSystem({ now: () => WRITTEN_MS, ...(polling && { polling }) });
  fileSystem.makeDirectory(VERSION);
  for (const [name, content] of Object.entries(files)) fileSystem.writeFile(`${VERSION}/${name}`, content);
  let nowMs = WRITTEN_MS;
  const judge = createOnnxCompletenessCheck({ clock: { now: () => nowMs } });
  return {
    fileSystem,
    async check(afterMs = 0, path = VERSION) {
      nowMs = WRITTEN_MS + afterMs;
      const status = await fileSystem.stat(path, SIGNAL);
      const entries =
        status.kind === 'file'
          ? [{ ...status, path: path.slice(path.lastIndexOf('/') + 1) }]
          : await fileSystem.listRecursive(path, SIGNAL);
      return judge({ fileSystem, path, sizeBytes: 0, entries, isFile: status.kind === 'file' }, SIGNAL);
    },
  };
}

describe('createOnnxCompletenessCheck', () => {
  it.each<{ what: string; files: Record<string, Uint8Array>; reason: string }>([
    { what: 'an empty folder', files: {}, reason: 'no model.onnx yet' },
    { what: 'a partial download', files: { 'model.onnx.part': WHOLE }, reason: 'no model.onnx yet' },
    {
      what: 'several model files',
      files: { 'a.onnx': WHOLE, 'b.onnx': WHOLE },
      reason: 'several model files (a.onnx, b.onnx): name one of them model.onnx',
    },
    {
      what: 'an empty model file',
      files: { 'model.onnx': new Uint8Array(0) },
      reason: 'model.onnx is not complete yet',
    },
    {
      what: 'a model file whose space is reserved',
      files: { 'model.onnx': new Uint8Array(5000) },
      reason: 'model.onnx is not complete yet',
    },
    {
      what: 'half of a model file',
      files: { 'model.onnx': WHOLE.subarray(0, 60) },
      reason: `model.onnx: 60 of ${WHOLE.length - 6} bytes`,
    },
  ])('lets $what wait for a minute, then leaves it to the loader', async ({ files, reason }) => {
    const { check } = setUp(files);
    expect(await check(0)).toBe(reason);
    expect(await check(59_999)).toBe(reason);
    expect(await check(60_000)).toBeUndefined();
  });

  it('has a version in a store over a network wait for its model file, but not for a better one', async () => {
    const polling = { intervalMs: 30_000, leastIntervalMs: 5000, settleMs: 10_000 };
    const { fileSystem, check } = setUp({ 'weights.bin': WHOLE }, polling);
    expect(await check(86_400_000)).toBe('no model.onnx yet');
    fileSystem.writeFile(`${VERSION}/saved_model.pb`, 'x');
    expect(await check(0)).toContain('TensorFlow SavedModel');
    expect(await check(86_400_000)).toBeUndefined();
  });

  it('counts the minute from the newest change', async () => {
    const { fileSystem, check } = setUp({ 'model.onnx': WHOLE.subarray(0, 60) });
    fileSystem.writeFile(`${VERSION}/notes.txt`, 'x', WRITTEN_MS + 30_000);
    expect(await check(89_999)).toBeDefined();
    expect(await check(90_000)).toBeUndefined();
  });

  it('does not wait for a time that lies far in the future', async () => {
    const { fileSystem, check } = setUp({ 'model.onnx': WHOLE.subarray(0, 60) });
    fileSystem.setModified(VERSION, WRITTEN_MS + 1e10);
    expect(await check(0)).toBeUndefined();
  });

  it.each<{ what: string; files: Record<string, Uint8Array> }>([
    { what: 'a whole model', files: { 'model.onnx': WHOLE } },
    { what: 'a whole model of another name', files: { 'half.onnx': WHOLE, '._half.onnx': new Uint8Array(4) } },
    { what: 'a corrupt model', files: { 'model.onnx': corrupted(WHOLE) } },
    {
      what: 'a model that refers to places it must not',
      files: {
        'model.onnx': encodeModel({
          graph: {
            name: 'g',
            inputs: [],
            outputs: [],
            nodes: [],
            initializers: [externalTensor('w', 'float32', [1], { location: '../../secret' })],
          },
        }),
      },
    },
  ])('takes $what for complete at once', async ({ files }) => {
    expect(await setUp(files).check()).toBeUndefined();
  });

  it('waits for external data, however long, and tells how far it is', async () => {
    const { model, weights } = externalDataModel(3, 'data/weights.bin');
    const { fileSystem, check } = setUp({ 'model.onnx': model });
    expect(await check()).toBe('data/weights.bin is not there yet');
    expect(await check(1e9)).toBe('data/weights.bin is not there yet');
    fileSystem.writeFile(`${VERSION}/data/weights.bin`, weights.subarray(0, 1_200_000));
    expect(await check(1e9)).toBe('data/weights.bin: 1.2 of 3.1 MB');
    fileSystem.writeFile(`${VERSION}/data/weights.bin`, weights.subarray(0, -1));
    expect(await check(1e9)).toBe('data/weights.bin: 3145727 of 3145728 bytes');
    fileSystem.writeFile(`${VERSION}/data/weights.bin`, weights);
    expect(await check(1e9)).toBeUndefined();
    expect(fileSystem.calls.open, 'the model file is read once while it stays as it is').toBe(1);
  });

  it('reads the model file again when it changed', async () => {
    const { fileSystem, check } = setUp({ 'model.onnx': externalDataModel(1, 'a.bin').model });
    expect(await check()).toBe('a.bin is not there yet');
    fileSystem.writeFile(`${VERSION}/model.onnx`, externalDataModel(1, 'b.bin').model, WRITTEN_MS + 1);
    expect(await check()).toBe('b.bin is not there yet');
  });

  it('judges a single file by itself', async () => {
    const { fileSystem, check } = setUp({});
    fileSystem.writeFile('memory:///models/single.onnx', WHOLE.subarray(0, 60));
    expect(await check(0, 'memory:///models/single.onnx')).toMatch(/^single\.onnx: 60 of/u);
    fileSystem.writeFile('memory:///models/single.onnx', externalDataModel(1).model);
    expect(await check(0, 'memory:///models/single.onnx')).toBeUndefined();
  });

  it('leaves a model file that it may not read to the loader', async () => {
    const { fileSystem, check } = setUp({ 'model.onnx': WHOLE });
    fileSystem.failWith(`${VERSION}/model.onnx`, new ServingError('PERMISSION_DENIED', 'no'));
    expect(await check()).toBeUndefined();
  });

  it('rejects when the store cannot be reached', async () => {
    const { fileSystem, check } = setUp({ 'model.onnx': WHOLE });
    fileSystem.failWith(`${VERSION}/model.onnx`, new ServingError('UNAVAILABLE', 'gone'));
    await expect(check()).rejects.toThrow('gone');
  });

  it('stops on abort', async () => {
    const { fileSystem } = setUp({ 'model.onnx': WHOLE });
    const abort = new AbortController();
    const judge = createOnnxCompletenessCheck({ clock: { now: () => WRITTEN_MS } });
    const entries = await fileSystem.listRecursive(VERSION, SIGNAL);
    abort.abort(new ServingError('CANCELLED', 'no longer wanted'));
    const judged = judge({ fileSystem, path: VERSION, sizeBytes: 0, entries, isFile: false }, abort.signal);
    await expect(judged).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
