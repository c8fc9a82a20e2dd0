import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { affineModel, slowModel } from '../../scripts/samples/sample-models.ts';
import type { ModelServable } from '../contracts/model-servable.ts';
import { predictionLog, predictRequest, tfRecords } from './testing/warm-up-files.ts';
import { createWorkerSetting, requestOf, type VersionFiles, type WorkerSetting } from './testing/worker-setting.ts';

const NEVER = new AbortController().signal;
const HALF_PLUS_TWO = affineModel({ scale: 0.5, offset: 2 });
const RECORDS = 'assets.extra/tf_serving_warmup_requests';

const golden = (...requests: readonly unknown[]): string => JSON.stringify({ requests });

async function predict(model: ModelServable, body: unknown): Promise<unknown> {
  const { body: answer } = await model.infer(requestOf(body), NEVER);
  return JSON.parse(Buffer.from(answer).toString());
}

describe('warm-up', { timeout: 30_000 }, () => {
  let setting: WorkerSetting;
  beforeAll(async () => {
    setting = await createWorkerSetting({ sharedWorkers: 1 });
  });
  afterAll(async () => setting[Symbol.asyncDispose]());

  it.each<{
    what: string;
    files: Record<string, Uint8Array | string>;
    requests: number;
    records: number;
    iterations?: number;
  }>([
    {
      what: 'a record',
      files: { [RECORDS]: tfRecords([predictionLog(6, predictRequest([1, 2]))]) },
      requests: 1,
      records: 1,
    },
    {
      what: 'a golden request, to its last bit',
      files: {
        'warmup.json': golden({
          body: { instances: [1, 2, 5] },
          expected: { predictions: [2.5, 3, 4.5] },
          tolerance: 0,
        }),
      },
      requests: 1,
      records: 1,
    },
    {
      what: 'both, several times',
      files: {
        [RECORDS]: tfRecords([predictionLog(6, predictRequest([1])), predictionLog(6, predictRequest([]))]),
        'assets.extra/warmup.json': golden({ body: { inputs: [1] }, expected: { outputs: [2.50001] } }),
      },
      requests: 9,
      records: 3,
      iterations: 3,
    },
    {
      what: 'answers that are no numbers',
      files: {
        'warmup.json':
          '{"requests": [{"body": {"instances": [NaN, Infinity]}, "expected": {"predictions": [NaN, Infinity]}}]}',
      },
      requests: 1,
      records: 1,
    },
  ])('runs $what before the model serves', async ({ files, requests, records, iterations }) => {
    const options = iterations === undefined ? {} : { options: { warmup: { iterations } } };
    const model = await setting.serve('good/1', { 'model.onnx': HALF_PLUS_TWO, ...files }, options);
    const warmup = { files: Object.keys(files), requests, records };
    expect(model.warmup).toMatchObject(warmup);
    expect(setting.warmups.at(-1)).toEqual({ label: 'good/1', code: 'OK', ms: expect.any(Number), ...warmup });
    expect(await predict(model, { instances: [4] })).toEqual({ predictions: [4] });
    await model.unload();
  });

  it.each<{
    what: string;
    files: Record<string, Uint8Array | string>;
    code: string;
    message: string;
    records?: number;
    requests: number;
  }>([
    {
      what: 'an answer that is another one',
      files: {
        'warmup.json': golden(
          { body: { instances: [1] } },
          {
            name: 'three halves',
            body: { instances: [1, 2, 5] },
            expected: { predictions: [2.5, 3.25, 4.75] },
            tolerance: 0.01,
          },
        ),
      },
      code: 'FAILED_PRECONDITION',
      records: 1,
      requests: 2,
      message:
        'warm-up request "three halves" of warmup.json: predictions[1] is 3.0, expected 3.25 (tolerance 0.01); 2 values differ in all',
    },
    {
      what: 'a request that the model refuses',
      files: { 'warmup.json': golden({ name: 'bad', body: { instances: ['x'] } }) },
      code: 'INVALID_ARGUMENT',
      requests: 1,
      message: 'warm-up request "bad" of warmup.json: ',
    },
    {
      what: 'a record that the model refuses',
      files: {
        [RECORDS]: tfRecords([predictionLog(6, predictRequest([1])), predictionLog(6, Buffer.alloc(0))]),
      },
      code: 'INVALID_ARGUMENT',
      records: 1,
      requests: 2,
      message: `warm-up record 2 of ${RECORDS}: `,
    },
    {
      what: 'a kind of record that cannot be run',
      files: { [RECORDS]: tfRecords([predictionLog(5, Buffer.alloc(0))]) },
      code: 'UNIMPLEMENTED',
      requests: 0,
      message: 'Unsupported log_type for warmup: 5',
    },
    {
      what: 'a file in another format',
      files: { [RECORDS]: 'no records, but text' },
      code: 'DATA_LOSS',
      requests: 0,
      message: 'Please verify your warmup data is in TFRecord format.',
    },
    {
      what: 'a file that cannot be read',
      files: { 'warmup.json': '{"requests": [' },
      code: 'INVALID_ARGUMENT',
      requests: 0,
      message: 'warmup.json: line 1, column 15: expected a value',
    },
  ])('fails the load for $what, and leaves nothing behind', async ({ files, code, message, records = 0, requests }) => {
    const folder = await setting.write(`bad/1`, { 'model.onnx': HALF_PLUS_TWO, ...files });
    const failure = await setting.load('bad/1', folder).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(String(failure)).not.toContain(folder);
    expect(setting.warmups.at(-1)).toMatchObject({ label: 'bad/1', code, records, requests });
    expect(setting.pool.stats().workers.flatMap(({ models }) => models)).toEqual([]);
    // Off, the same version serves.
    const model = await setting.load('bad/1', folder, { options: { warmup: { enabled: false } } });
    expect(model.warmup).toBeUndefined();
    expect(await predict(model, { instances: [4] })).toEqual({ predictions: [4] });
    await model.unload();
  });

  it('does not run for a single file, which has no folder of its own', async () => {
    const folder = await setting.write('single/1', { 'm.onnx': HALF_PLUS_TWO, 'warmup.json': 'nonsense' });
    const model = await setting.load('single/1', `${folder}/m.onnx`);
    expect(model.warmup).toBeUndefined();
    await model.unload();
  });

  const LONG: VersionFiles = {
    'model.onnx': slowModel({ rounds: 2000, size: 4 }),
    'warmup.json': golden(...Array.from({ length: 1000 }, () => ({ body: { instances: [[1, 2, 3, 4]] } }))),
  };

  it('lets neighbours answer meanwhile, and ends when the load is no longer wanted', async () => {
    const neighbour = await setting.serve('neighbour/1', HALF_PLUS_TWO);
    const controller = new AbortController();
    const iterations = { options: { warmup: { iterations: 1_000_000 } } };
    const load = setting.serve('long/1', LONG, { ...iterations, signal: controller.signal });
    const outcome = Promise.allSettled([load]);
    const handle = setting.lastTurn() + 1;
    for (let round = 0; round < 3; round += 1) {
      await expect.poll(() => setting.lastTurn(), { interval: 1 }).toBe(handle);
      expect(await predict(neighbour, { instances: [4] })).toEqual({ predictions: [4] });
    }
    controller.abort();
    expect(await outcome).toMatchObject([{ status: 'rejected', reason: { code: 'CANCELLED' } }]);
    expect(setting.pool.stats().workers).toMatchObject([{ shared: true, models: ['neighbour/1'] }]);
    expect(await predict(neighbour, { instances: [4] })).toEqual({ predictions: [4] });
    expect([setting.losses, setting.log.lines.filter(({ level }) => level === 'warn')]).toEqual([[], []]);
    await neighbour.unload();
  });

  it('ends with its process when the server ends', async () => {
    const own = await createWorkerSetting({ sharedWorkers: 1 });
    const outcome = Promise.allSettled([own.serve('long/1', LONG, { options: { warmup: { iterations: 1_000_000 } } })]);
    await expect.poll(() => own.lastTurn(), { timeout: 10_000 }).toBe(1);
    await own[Symbol.asyncDispose]();
    expect(await outcome).toMatchObject([{ status: 'rejected', reason: { code: 'UNAVAILABLE' } }]);
    expect(own.losses).toEqual([]);
  });
});
