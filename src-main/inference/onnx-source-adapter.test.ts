import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServableName, ServableVersion } from '../contracts/ids.ts';
import { type Logger, silentLogger } from '../contracts/logger.ts';
import type { ModelOptions } from '../contracts/model-config.ts';
import type { ModelServable } from '../contracts/model-servable.ts';
import { ServingError } from '../contracts/serving-error.ts';
import type { Loader } from '../core/loader.ts';
import type { FileSystem } from '../storage/file-system.ts';
import { createMemoryFileSystem } from '../storage/testing/memory-file-system.ts';
import { WorkerLostError, type WorkerModel } from './inference-worker.ts';
import { createOnnxSourceAdapter, type DownloadListener, type PerModelOptions } from './onnx-source-adapter.ts';
import type { PoolLoadRequest, WorkerPool } from './worker-pool.ts';

type EstimateRequest = Parameters<WorkerPool['estimateBytes']>[0];

const NAME = ServableName.parse('m');
const ID = { name: NAME, version: ServableVersion.parse('1') };

/** A disk that counts how many copies of its folders are kept. */
function countingFileSystem(copy: string): { readonly fileSystem: FileSystem; readonly copies: () => number } {
  let copies = 0;
  const fileSystem: FileSystem = {
    ...createMemoryFileSystem(),
    async localize(_path, signal, onProgress) {
      if (signal.aborted) throw new ServingError('CANCELLED', 'aborted');
      onProgress?.({ doneBytes: 77, totalBytes: 77, file: 'model.onnx' });
      copies += 1;
      return {
        path: copy,
        async [Symbol.asyncDispose]() {
          copies -= 1;
        },
      };
    },
  };
  return { fileSystem, copies: () => copies };
}

function setUp(
  perModel: PerModelOptions & { readonly downloads?: DownloadListener } = {},
  copy = '/copy/models/m/1',
  log: Logger = silentLogger,
) {
  const { fileSystem, copies } = countingFileSystem(copy);
  const requests: PoolLoadRequest[] = [];
  const unloaded: string[] = [];
  let failure: Error | undefined;
  const model: WorkerModel = {
    id: ID,
    memory: { estimatedBytes: 93, measuredBytes: 500 },
    info: {
      platform: 'onnx',
      signature: { inputs: [], outputs: [] },
      irVersion: '8',
      opsets: [],
      producer: '',
      graphName: '',
      description: '',
      metadata: {},
      unsupportedOutputs: [],
      batching: { enabled: false, reason: '' },
      sizeBytes: 1,
    },
    loadMs: 1,
    warmup: undefined,
    placement: { pid: 1, shared: true },
    infer: async () => ({
      body: new Uint8Array(),
      queueMs: 0,
      runMs: 0,
      batchRows: 1,
      rows: 1,
      runRows: 1,
      paddingRows: 0,
    }),
    unload: async () => {
      unloaded.push('m');
    },
  };
  const pool = {
    // One byte more where the model is to be apart.
    estimateBytes: ({ sizeBytes, alone, options }: EstimateRequest): number =>
      sizeBytes + (alone || options?.isolation === 'dedicated' ? 1 : 0),
    load: async (request: PoolLoadRequest): Promise<WorkerModel> => {
      requests.push(request);
      if (failure) throw failure;
      return model;
    },
  };
  const adapter = createOnnxSourceAdapter({ ...perModel, pool, log });
  const storagePath = { fileSystem, path: '/models/m/1', fingerprint: 'f', sizeBytes: 77 };
  const [adapted] = adapter.adapt(NAME, [{ id: ID, ok: true, data: storagePath }]);
  if (!adapted?.ok) throw new Error('not adapted');
  const loader: Loader<ModelServable> = adapted.data;
  const losses: boolean[] = [];
  const load = async (signal = new AbortController().signal): Promise<ModelServable> =>
    loader.load({ signal, onLost: (_error, blamed) => losses.push(blamed) });
  const failWith = (error: Error | undefined): void => {
    failure = error;
  };
  return { adapter, loader, model, requests, unloaded, losses, copies, load, failWith };
}

describe('a warm-up', () => {
  const warmup = { files: ['assets.extra/tf_serving_warmup_requests'], records: 3, requests: 6, ms: 1.5 };
  const watched = () => {
    const told: unknown[] = [];
    const lines: unknown[] = [];
    const log = { ...silentLogger, info: (...line: readonly unknown[]) => void lines.push(line) };
    const onWarmedUp = (...facts: readonly unknown[]) => void told.push(facts);
    return { ...setUp({ onWarmedUp }, undefined, log), told, lines };
  };

  it("that ended well is told, and logged in TensorFlow Serving's words", async () => {
    const { load, requests, told, lines } = watched();
    await load();
    lines.length = 0;
    requests[0]?.onWarmedUp(warmup, 'OK');
    expect(told).toEqual([[ID, { records: 3, ms: 1.5, code: 'OK' }]]);
    expect(lines).toEqual([
      [
        { servable: 'm', version: '1' },
        'Finished reading warmup data for model at /models/m/1/assets.extra/tf_serving_warmup_requests. ' +
          'Number of warmup records read: 3. Elapsed time (microseconds): 1500.',
      ],
    ]);
  });

  it('that failed is told, and not logged as finished', async () => {
    const { load, requests, told, lines } = watched();
    await load();
    lines.length = 0;
    requests[0]?.onWarmedUp({ ...warmup, records: 0 }, 'DATA_LOSS');
    expect([told, lines]).toEqual([[[ID, { records: 0, ms: 1.5, code: 'DATA_LOSS' }]], []]);
  });
});

describe('what a loader says about memory', () => {
  it('is a guess by the size of the files before the load, and the measured value while it is loaded', async () => {
    const { loader, load, requests } = setUp();
    expect(loader.memoryBytes).toBe(77);
    await load();
    expect(loader.memoryBytes).toBe(500);
    await loader.unload();
    expect(loader.memoryBytes).toBe(77);
    await load();
    // From now on it gets a process of its own.
    requests[1]?.onLost(new ServingError('UNAVAILABLE', 'died'), true);
    expect(loader.memoryBytes).toBe(78);
  });

  it('goes by the options of the model', () => {
    expect(setUp({ optionsFor: () => ({ isolation: 'dedicated' }) }).loader.memoryBytes).toBe(78);
  });
});

describe('what a loader says about a download', () => {
  const heard: string[] = [];
  let stop = new AbortController();
  beforeEach(() => {
    stop = new AbortController();
  });
  const downloads: DownloadListener = {
    began: () => stop.signal,
    progressed: ({ version }, { doneBytes, totalBytes, file }) =>
      heard.push(`${version}: ${file}, ${doneBytes} of ${totalBytes}`),
    ended: ({ version }, result) => heard.push(`${version}: ${result}`),
  };

  it('is how far it is and how it ended', async () => {
    const { load } = setUp({ downloads });
    await load();
    expect(heard.splice(0)).toEqual(['1: model.onnx, 77 of 77', '1: complete']);
    await expect(load(AbortSignal.abort())).resolves.toBeDefined();
    expect(heard.splice(0)).toEqual([]);
  });

  it('is that it failed', async () => {
    const { load } = setUp({ downloads });
    await expect(load(AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(heard.splice(0)).toEqual(['1: failed']);
  });

  it('is that somebody cancelled it, and the load says so', async () => {
    const { load } = setUp({ downloads });
    stop.abort();
    await expect(load()).rejects.toMatchObject({
      code: 'CANCELLED',
      message: 'the download was cancelled; retry the version to load it',
    });
    expect(heard.splice(0)).toEqual(['1: cancelled']);
  });
});

describe('options of one model', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'slipway-options-'));
  });
  afterEach(async () => rm(folder, { recursive: true }));

  const parseBatchingParameters = (text: string) => {
    if (text === 'wrong') throw new ServingError('INVALID_ARGUMENT', 'line 1, column 1: no');
    return { parameters: { maxBatchSize: Number(text) }, warnings: [] };
  };

  it('are looked up at each load', async () => {
    let options: ModelOptions | undefined = { isolation: 'dedicated' };
    const asked: string[] = [];
    const { load, loader, requests } = setUp({
      optionsFor: (name) => {
        asked.push(name);
        return options;
      },
    });
    await load();
    await loader.unload();
    options = undefined;
    await load();
    expect([asked, requests.map((request) => request.options)]).toEqual([
      ['m', 'm'],
      [{ isolation: 'dedicated' }, {}],
    ]);
  });

  it.each([
    { when: 'there is a file', text: '32', options: undefined, expected: { batching: { maxBatchSize: 32 } } },
    {
      when: 'there is none, whatever holds for all models',
      text: undefined,
      options: undefined,
      expected: { batching: { enabled: false } },
    },
    {
      when: 'the model has parameters of its own',
      text: '32',
      options: { batching: { enabled: false } },
      expected: { batching: { enabled: false } },
    },
    {
      when: 'the model has other options',
      text: '32',
      options: { isolation: 'shared' as const },
      expected: { isolation: 'shared', batching: { maxBatchSize: 32 } },
    },
  ])('take batching_params.pbtxt into account: $when', async ({ text, options, expected }) => {
    if (text !== undefined) await writeFile(path.join(folder, 'batching_params.pbtxt'), text);
    const { load, requests } = setUp({ parseBatchingParameters, optionsFor: () => options }, folder);
    await load();
    expect(requests[0]?.options).toEqual(expected);
  });

  it('does not look for that file unless told to', async () => {
    await writeFile(path.join(folder, 'batching_params.pbtxt'), '32');
    const { load, requests } = setUp({}, folder);
    await load();
    expect(requests[0]?.options).toEqual({});
  });

  it.each([
    { what: 'wrong text', text: 'wrong', message: 'batching_params.pbtxt: line 1, column 1: no' },
    { what: 'too much text', text: ' '.repeat(70_000), message: 'batching_params.pbtxt is larger than 64 KiB' },
  ])('fail the load for $what, and give the copy back', async ({ text, message }) => {
    await writeFile(path.join(folder, 'batching_params.pbtxt'), text);
    const { load, requests, copies } = setUp({ parseBatchingParameters }, folder);
    await expect(load()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message });
    expect([requests, copies()]).toEqual([[], 0]);
  });
});

describe('createOnnxSourceAdapter', () => {
  it('passes errors through, so that the version stays aspired', () => {
    const { adapter } = setUp();
    const failed = { id: ID, ok: false, error: new ServingError('NOT_FOUND', 'gone') } as const;
    expect(adapter.adapt(NAME, [failed])).toEqual([failed]);
  });

  it('loads the local copy and keeps it until the unload', async () => {
    const { loader, model, requests, unloaded, copies, load } = setUp();
    expect(loader.fingerprint).toBe('f');
    expect(await load()).toBe(model);
    expect(requests).toMatchObject([{ id: ID, path: '/copy/models/m/1', sizeBytes: 77, alone: false }]);
    expect(copies()).toBe(1);
    await loader.unload();
    expect([unloaded, copies()]).toEqual([['m'], 0]);
    // Load and unload alternate on one loader.
    await load();
    expect(copies()).toBe(1);
  });

  it('leaves no copy behind when the load fails', async () => {
    const { copies, load, failWith } = setUp();
    failWith(new ServingError('INVALID_ARGUMENT', 'broken'));
    await expect(load()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: 'broken' });
    expect(copies()).toBe(0);
  });

  it('says CANCELLED whatever an aborted load failed with', async () => {
    const { copies, load, failWith } = setUp();
    failWith(new ServingError('UNAVAILABLE', 'killed'));
    await expect(load(AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(copies()).toBe(0);
  });

  it.each([
    { blamed: true, alone: true },
    { blamed: false, alone: false },
  ])('after a loss (blamed: $blamed) the next load is alone: $alone', async ({ blamed, alone }) => {
    const { loader, requests, unloaded, losses, copies, load } = setUp();
    await load();
    requests[0]?.onLost(new ServingError('UNAVAILABLE', 'died'), blamed);
    expect(losses).toEqual([blamed]);
    await load();
    expect(requests.map((request) => request.alone)).toEqual([false, alone]);
    expect(copies()).toBe(1);
    await loader.unload();
    expect([unloaded, copies()]).toEqual([['m'], 0]);
  });

  it.each([true, false])('after its worker died during a load (blamed: %s) too', async (blamed) => {
    const { requests, load, failWith } = setUp();
    failWith(new WorkerLostError('died', blamed));
    await expect(load()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    failWith(undefined);
    await load();
    expect(requests.map((request) => request.alone)).toEqual([false, blamed]);
  });

  it('has nothing to unload after a loss', async () => {
    const { loader, requests, unloaded, copies, load } = setUp();
    await load();
    requests[0]?.onLost(new ServingError('UNAVAILABLE', 'died'), true);
    await loader.unload();
    expect([unloaded, copies()]).toEqual([[], 0]);
  });

  it('gives back each copy once, however often it is told to unload', async () => {
    const { loader, requests, unloaded, copies, load } = setUp();
    await loader.unload();
    await load();
    requests[0]?.onLost(new ServingError('UNAVAILABLE', 'died'), false);
    await Promise.all([loader.unload(), loader.unload()]);
    await loader.unload();
    expect([unloaded, copies()]).toEqual([[], 0]);
    await load();
    // A worker that is gone twice over has nothing to say about the model that was loaded since.
    requests[0]?.onLost(new ServingError('UNAVAILABLE', 'died'), false);
    await loader.unload();
    expect([unloaded, copies()]).toEqual([['m'], 0]);
  });
});
