import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  affineModel,
  bigModel,
  corrupted,
  identityModel,
  lookupModel,
  slowModel,
} from '../../scripts/samples/sample-models.ts';
import { ServingError } from '../contracts/serving-error.ts';
import type { ModelServable } from '../contracts/model-servable.ts';
import { ORPHAN_WATCH_BYTES } from './inference-worker.ts';
import { DEFAULT_POOL_OPTIONS } from './worker-pool.ts';
import {
  dynamicallyQuantizedModel,
  runningSumModel,
  softmaxOverBatchModel,
  unknownOperatorModel,
} from './testing/models.ts';
import { predictRequest } from './testing/warm-up-files.ts';
import { createWorkerSetting, requestOf, type WorkerSetting } from './testing/worker-setting.ts';

const NEVER = new AbortController().signal;
const HALF_PLUS_TWO = affineModel({ scale: 0.5, offset: 2 });
/** Far longer than any test: it only ends with its process. */
const ENDLESS = slowModel({ rounds: 2e9, size: 4 });
const ENDLESS_REQUEST = requestOf({ instances: [[1, 2, 3, 4]] });

async function predict(model: ModelServable, body: unknown, chunks = 1): Promise<unknown> {
  const { body: answer } = await model.infer(requestOf(body, chunks), NEVER);
  return JSON.parse(Buffer.from(answer).toString());
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a model in a worker', { timeout: 30_000 }, () => {
  let setting: WorkerSetting;
  beforeAll(async () => {
    setting = await createWorkerSetting({ sharedWorkers: 1 });
  });
  afterAll(async () => setting[Symbol.asyncDispose]());

  it('answers through the socket, whatever the size of the bodies', async () => {
    const model = await setting.serve('half_plus_two/1', HALF_PLUS_TWO);
    expect(model.info.signature.inputs).toEqual([{ name: 'x', dtype: 'float32', dims: ['batch'], optional: false }]);
    expect(model.info.sizeBytes).toBe(HALF_PLUS_TWO.length);
    expect(await predict(model, { instances: [1, 2, 5] })).toEqual({ predictions: [2.5, 3, 4.5] });
    expect(await predict(model, { inputs: [1, 2, 5] }, 5)).toEqual({ outputs: [2.5, 3, 4.5] });
    // About 2 MB there and back, in pieces as a network would deliver them.
    const instances = Array.from({ length: 300_000 }, (_, index) => index);
    expect(await predict(model, { instances }, 40)).toEqual({ predictions: instances.map((x) => x / 2 + 2) });

    await expect(predict(model, '{"instances": [1, ')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(predict(model, { instances: [[1]] })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const { queueMs, runMs } = await model.infer(requestOf({ instances: [1] }), NEVER);
    expect(queueMs).toBeGreaterThanOrEqual(0);
    expect(runMs).toBeGreaterThan(0);
  });

  it('answers request messages of gRPC with complete messages', async () => {
    const model = await setting.serve('proto/7', HALF_PLUS_TWO);
    const body = predictRequest([1, 2]);
    const request = { method: 'predict', encoding: 'proto', body: [body], bodyBytes: body.length } as const;
    const answer = await model.infer(request, NEVER);
    const message = Buffer.from(answer.body);
    for (const part of ['proto', 'serving_default', Buffer.from(Float32Array.of(2.5, 3).buffer)]) {
      expect(message.includes(part)).toBe(true);
    }
    expect(answer.batchRows).toBe(2);
    await expect(model.infer({ ...request, body: [Buffer.from('?')], bodyBytes: 1 }, NEVER)).rejects.toMatchObject({
      code: expect.stringMatching(/INVALID_ARGUMENT|INTERNAL/u),
    });
    await expect(model.infer({ ...request, method: 'multi_inference', encoding: 'json' }, NEVER)).rejects.toMatchObject(
      { code: 'UNIMPLEMENTED', message: 'multi_inference is not served as json' },
    );
  });

  it('gives requests that came together the answers they get alone, and fails only the bad ones', async () => {
    const model = await setting.serve('lookup/1', lookupModel(100));
    const good = (index: number) => ({
      status: 'fulfilled',
      value: { predictions: [Array.from({ length: 8 }, () => index)] },
    });
    const bad = (code: string) => ({ status: 'rejected', reason: { code } });
    const requests = [
      ...Array.from({ length: 40 }, (_, index) => ({ body: { instances: [index] }, expected: good(index) })),
      // Outside of the table, which makes the run of the whole batch fail.
      { body: { instances: [100] }, expected: bad('INVALID_ARGUMENT') },
      { body: { instances: [41] }, expected: good(41) },
      { body: 'nonsense', expected: bad('INVALID_ARGUMENT') },
      { body: { instances: [42] }, expected: good(42) },
    ];
    const answers = await Promise.allSettled(requests.map(async ({ body }) => predict(model, body)));
    expect(answers).toMatchObject(requests.map(({ expected }) => expected));
    expect(model.info.batching.enabled).toBe(true);
  });

  it('says so when requests of a model cannot be batched after all', async () => {
    const model = await setting.serve('mixing/1', softmaxOverBatchModel());
    expect(model.info.batching.enabled).toBe(true);
    const answers = await Promise.all([1, 2, 3].map(async (x) => predict(model, { instances: [x] })));
    expect(answers).toEqual([{ predictions: [1] }, { predictions: [1] }, { predictions: [1] }]);
    expect(model.info.batching).toMatchObject({ enabled: false, reason: expect.stringContaining('neighbours') });
  });

  it.each([
    { label: 'quantized/1', bytes: dynamicallyQuantizedModel(), row: (x: number) => [x, 2 * x] },
    { label: 'running_sum/1', bytes: runningSumModel(), row: (x: number) => x },
  ])('gives a request beside large values what it gets alone: $label', async ({ label, bytes, row }) => {
    const model = await setting.serve(label, bytes);
    const small = { instances: [row(0.1)] };
    const alone = await predict(model, small);
    // What comes first proves whether requests may run together, so it is nothing that stands out.
    await Promise.all([1, 2, 3].map(async () => predict(model, { instances: [row(1)] })));
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => predict(model, index % 2 ? small : { instances: [row(1000)] })),
    );
    expect(answers.filter((_, index) => index % 2)).toEqual(Array.from({ length: 10 }, () => alone));
    expect(model.info.batching.enabled).toBe(false);
  });

  it('ends the wait of a cancelled request, and never runs one that was still queued', async () => {
    // So long that what waits behind it is cancelled before it ends, however busy the machine is.
    const slow = await setting.serve('slow/1', slowModel({ rounds: 100_000, size: 4 }));
    const quick = await setting.serve('quick/1', HALF_PLUS_TWO);
    const endless = await setting.serve('endless/1', ENDLESS);
    const running = predict(slow, { instances: [[1, 2, 3, 4]] });
    const reason = new ServingError('DEADLINE_EXCEEDED', 'too late');
    const controller = new AbortController();
    const queued = endless.infer(ENDLESS_REQUEST, controller.signal);
    const timedOut = endless.infer(ENDLESS_REQUEST, AbortSignal.timeout(1));
    controller.abort(reason);
    await expect(queued).rejects.toBe(reason);
    await expect(timedOut).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await expect(endless.infer(ENDLESS_REQUEST, AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
    // Neither of the endless runs has begun: the process still answers.
    expect(await running).toEqual({ predictions: [[1, 2, 3, 4]] });
    expect(await predict(quick, { instances: [1] })).toEqual({ predictions: [2.5] });
  });

  it.each([
    { what: 'no model file', files: { 'readme.txt': Buffer.from('hi') }, code: 'NOT_FOUND' },
    {
      what: 'a SavedModel',
      files: { 'saved_model.pb': Buffer.alloc(10), 'variables/variables.index': Buffer.alloc(10) },
      code: 'UNIMPLEMENTED',
    },
    { what: 'a broken file', files: { 'model.onnx': corrupted(HALF_PLUS_TWO) }, code: 'INVALID_ARGUMENT' },
    { what: 'an operator nobody knows', files: { 'model.onnx': unknownOperatorModel() }, code: 'INVALID_ARGUMENT' },
    {
      what: 'a type that cannot be exchanged',
      files: { 'model.onnx': identityModel('bfloat16', ['batch']) },
      code: 'UNIMPLEMENTED',
    },
  ])('is refused for $what, without naming its folder', async ({ files, code }) => {
    const folder = await setting.write('bad/1', files);
    const refusal = await setting.load('bad/1', folder).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code });
    expect(String(refusal)).not.toContain(folder);
    expect(setting.pool.stats().workers.flatMap(({ models }) => models)).not.toContain('bad/1');
    await rm(folder, { recursive: true });
  });
});

describe('WorkerPool', { timeout: 60_000 }, () => {
  it('puts forty small models into two processes and takes them out again', async () => {
    await using setting = await createWorkerSetting({ sharedWorkers: 2 });
    const names = Array.from({ length: 40 }, (_, index) => index);
    const models = await Promise.all(
      names.map(async (index) => setting.serve(`m${index}/1`, affineModel({ scale: 1, offset: index }))),
    );
    const stats = setting.pool.stats().workers;
    expect(stats.map(({ shared, models: labels }) => [shared, labels.length])).toEqual([
      [true, 20],
      [true, 20],
    ]);
    const answers = await Promise.all(models.map(async (model) => predict(model, { instances: [1] })));
    expect(answers).toEqual(names.map((index) => ({ predictions: [1 + index] })));
    await Promise.all(models.map(async (model) => model.unload()));
    expect(setting.pool.stats().workers.map(({ models: labels }) => labels)).toEqual([[], []]);
    // The processes stay warm for the next model.
    const again = await setting.serve('again/1', HALF_PLUS_TWO);
    expect(stats.map(({ pid }) => pid)).toContain(again.placement.pid);
  });

  it('ends a shared process that nobody needs any more', async () => {
    await using setting = await createWorkerSetting({ sharedIdleMs: 1 });
    const model = await setting.serve('m/1', HALF_PLUS_TWO);
    await model.unload();
    await expect.poll(() => setting.pool.stats().workers).toEqual([]);
  });

  it('gives a large model a process of its own, which ends with it', async () => {
    await using setting = await createWorkerSetting({ sharedModelBytes: 100 });
    const [large, small] = await Promise.all([
      setting.serve('large/1', HALF_PLUS_TWO, { sizeBytes: 101 }),
      setting.serve('small/1', HALF_PLUS_TWO, { sizeBytes: 100 }),
    ]);
    expect([large.placement.shared, small.placement.shared]).toEqual([false, true]);
    expect(exists(large.placement.pid)).toBe(true);
    await large.unload();
    expect(exists(large.placement.pid)).toBe(false);
    expect(setting.losses).toEqual([]);
    await expect(predict(large, { instances: [1] })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await predict(small, { instances: [1] })).toEqual({ predictions: [2.5] });
  });

  it('tells everyone in a killed process why, and blames only who was running', async () => {
    await using setting = await createWorkerSetting({ sharedWorkers: 1 });
    const culprit = await setting.serve('culprit/1', ENDLESS);
    const bystander = await setting.serve('bystander/1', HALF_PLUS_TWO);
    const idle = await setting.serve('idle/1', HALF_PLUS_TWO);
    expect(new Set([culprit, bystander, idle].map(({ placement }) => placement.pid)).size).toBe(1);
    await predict(bystander, { instances: [1] });
    expect(setting.lastTurn()).toBe(2);
    const outcomes = Promise.allSettled([
      culprit.infer(ENDLESS_REQUEST, NEVER),
      bystander.infer(requestOf({ instances: [1] }), NEVER),
    ]);
    await expect.poll(() => setting.lastTurn()).toBe(1);
    process.kill(culprit.placement.pid, 'SIGKILL');
    await setting.lost(3);
    expect(setting.pool.stats().restarts).toBe(1);
    expect(await outcomes).toMatchObject([
      { status: 'rejected', reason: { code: 'UNAVAILABLE', message: expect.stringContaining('SIGKILL') } },
      { status: 'rejected', reason: { code: 'UNAVAILABLE', message: expect.stringContaining('SIGKILL') } },
    ]);
    expect(setting.losses.map(({ label, blamed }) => [label, blamed])).toEqual([
      ['culprit/1', true],
      ['bystander/1', false],
      ['idle/1', false],
    ]);
    await expect(predict(idle, { instances: [1] })).rejects.toMatchObject({ code: 'UNAVAILABLE' });

    const [apart, back] = await Promise.all([
      setting.serve('culprit/1', ENDLESS, { alone: true }),
      setting.serve('bystander/1', HALF_PLUS_TWO),
    ]);
    expect([apart.placement.shared, back.placement.shared]).toEqual([false, true]);
    expect(await predict(back, { instances: [1] })).toEqual({ predictions: [2.5] });
  });

  it('kills a process that does not end when it is told to', async () => {
    const setting = await createWorkerSetting({
      sharedModelBytes: 0,
      timeouts: { ...DEFAULT_POOL_OPTIONS.timeouts, exitMs: 50 },
    });
    const model = await setting.serve('endless/1', ENDLESS);
    const running = model.infer(ENDLESS_REQUEST, NEVER);
    running.catch(() => undefined);
    await setting[Symbol.asyncDispose]();
    expect(exists(model.placement.pid)).toBe(false);
    await expect(running).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(setting.losses).toEqual([]);
  });

  it('replaces a process in which a run does not end, and blames the model', async () => {
    await using setting = await createWorkerSetting({
      sharedWorkers: 1,
      timeouts: { ...DEFAULT_POOL_OPTIONS.timeouts, stuckMs: 50 },
    });
    const endless = await setting.serve('endless/1', ENDLESS);
    const neighbour = await setting.serve('neighbour/1', HALF_PLUS_TWO);
    await expect(endless.infer(ENDLESS_REQUEST, AbortSignal.timeout(100))).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    // Behind the endless run.
    await expect(predict(neighbour, { instances: [1] })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('a run did not end within 50 ms'),
    });
    await setting.lost(2);
    expect(setting.losses.map(({ label, blamed }) => [label, blamed])).toEqual([
      ['endless/1', true],
      ['neighbour/1', false],
    ]);
  });

  it('lets a model whose runs are long finish them after its caller gave up', async () => {
    await using setting = await createWorkerSetting({
      sharedWorkers: 1,
      timeouts: { ...DEFAULT_POOL_OPTIONS.timeouts, stuckMs: 4 },
    });
    const slow = await setting.serve('slow/1', slowModel({ rounds: 20_000, size: 4 }));
    const neighbour = await setting.serve('neighbour/1', HALF_PLUS_TWO);
    await predict(slow, { instances: [[1, 2, 3, 4]] });
    await expect(slow.infer(ENDLESS_REQUEST, AbortSignal.timeout(1))).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    expect(await predict(neighbour, { instances: [1] })).toEqual({ predictions: [2.5] });
    expect(setting.losses).toEqual([]);
  });

  it('loads again when the temporary folder can be written again, or was cleaned', async () => {
    await using setting = await createWorkerSetting();
    const folder = await setting.write('m/1', HALF_PLUS_TWO);
    const temporary = await mkdtemp(path.join(tmpdir(), 'slip-'));
    try {
      const missing = path.join(temporary, 't');
      for (const name of ['TMPDIR', 'TEMP', 'TMP']) vi.stubEnv(name, missing);
      await expect(setting.load('m/1', folder)).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: 'the temporary folder cannot be written (ENOENT)',
      });
      await mkdir(missing);
      const first = await setting.load('m/1', folder);
      expect(await predict(first, { instances: [1] })).toEqual({ predictions: [2.5] });

      await rm(missing, { recursive: true });
      await mkdir(missing);
      process.kill(first.placement.pid, 'SIGKILL');
      await setting.lost(1);
      const second = await setting.load('m/1', folder);
      expect(await predict(second, { instances: [1] })).toEqual({ predictions: [2.5] });
    } finally {
      vi.unstubAllEnvs();
      await rm(temporary, { recursive: true, force: true });
    }
  });

  it('gives up a load that is no longer wanted, and the others go on', async () => {
    await using setting = await createWorkerSetting({ sharedModelBytes: 1000, sharedWorkers: 1 });
    const neighbour = await setting.serve('neighbour/1', HALF_PLUS_TWO);
    const folder = await setting.write('unwanted/1', lookupModel(10));
    const outcomes = await Promise.allSettled(
      [100, 1_000_000].map(async (sizeBytes) => {
        const controller = new AbortController();
        const load = setting.load('unwanted/1', folder, { sizeBytes, signal: controller.signal });
        setImmediate(() => controller.abort());
        return load;
      }),
    );
    expect(outcomes).toMatchObject([
      { status: 'rejected', reason: { code: 'CANCELLED' } },
      { status: 'rejected', reason: { code: 'CANCELLED' } },
    ]);
    expect(setting.pool.stats().workers).toMatchObject([{ shared: true, models: ['neighbour/1'] }]);
    expect(await predict(neighbour, { instances: [1] })).toEqual({ predictions: [2.5] });
    expect(setting.losses).toEqual([]);
  });
});

describe('options per model', { timeout: 30_000 }, () => {
  it('goes by the wish for a process of its own, whatever the size', async () => {
    await using setting = await createWorkerSetting({ sharedModelBytes: 100 });
    const [apart, together, suspect] = await Promise.all([
      setting.serve('apart/1', HALF_PLUS_TWO, { sizeBytes: 1, options: { isolation: 'dedicated' } }),
      setting.serve('together/1', HALF_PLUS_TWO, { sizeBytes: 101, options: { isolation: 'shared' } }),
      setting.serve('suspect/1', HALF_PLUS_TWO, { sizeBytes: 1, alone: true, options: { isolation: 'shared' } }),
    ]);
    expect([apart, together, suspect].map(({ placement }) => placement.shared)).toEqual([false, true, false]);
  });

  it('refuses an execution provider that is not there, and says which are', async () => {
    await using setting = await createWorkerSetting();
    const load = setting.serve('m/1', HALF_PLUS_TWO, {
      options: { session: { executionProviders: ['xnnpack', 'cpu'] } },
    });
    await expect(load).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringMatching(/has no execution provider "xnnpack"; it has (?:\w+, )*cpu/u),
    });
  });

  it('opens the model with the threads and optimizations that are asked for', async () => {
    const session = { intraOpNumThreads: 3 } as const;
    await using setting = await createWorkerSetting({ sharedModelBytes: 0, session });
    const wide = await setting.serve('wide/1', HALF_PLUS_TWO);
    const own = { intraOpNumThreads: 7, interOpNumThreads: 2, graphOptimizationLevel: 'disabled' } as const;
    const wider = await setting.serve('wider/1', HALF_PLUS_TWO, { options: { session: own } });
    for (const model of [wide, wider]) expect(await predict(model, { instances: [1] })).toEqual({ predictions: [2.5] });
    if (process.platform !== 'linux') return;
    // The calling thread works too, and threads across operators come on top.
    const [three, eight] = await Promise.all(
      [wide, wider].map(async ({ placement }) => (await readdir(`/proc/${placement.pid}/task`)).length),
    );
    expect((eight ?? 0) - (three ?? 0)).toBeGreaterThanOrEqual(4);
  });

  it('keeps to the batching parameters', async () => {
    await using setting = await createWorkerSetting({ sharedWorkers: 1, batching: { maxBatchSize: 4 } });
    const bounded = await setting.serve('bounded/1', HALF_PLUS_TWO);
    const instances = [1, 2, 3, 4, 5];
    await expect(predict(bounded, { instances })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'Task size 5 is larger than maximum input batch size 4',
    });
    const batching = {
      maxBatchSize: 2,
      enableLargeBatchSplitting: true,
      allowedBatchSizes: [2],
      batchTimeoutMicros: 3000,
    };
    const split = await setting.serve('split/1', HALF_PLUS_TWO, { options: { batching } });
    const { body, batchRows } = await split.infer(requestOf({ instances }), NEVER);
    expect([JSON.parse(Buffer.from(body).toString()), batchRows]).toEqual([{ predictions: [2.5, 3, 3.5, 4, 4.5] }, 5]);
    // Waits for company that does not come.
    const { queueMs } = await split.infer(requestOf({ instances: [1] }), NEVER);
    expect(queueMs).toBeGreaterThanOrEqual(3);

    const contradiction = { maxBatchSize: 8, allowedBatchSizes: [2] };
    await expect(
      setting.serve('wrong/1', HALF_PLUS_TWO, { options: { batching: contradiction } }),
    ).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
    });
  });

  it('says that inputs are not padded', async () => {
    await using setting = await createWorkerSetting({ batching: { padVariableLengthInputs: true } });
    await setting.serve('m/1', HALF_PLUS_TWO);
    expect(setting.log.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('pad_variable_length_inputs') }),
    );
  });

  it('refuses a request when too many wait already', async () => {
    const options = { options: { batching: { maxBatchSize: 1, maxEnqueuedBatches: 2 } } };
    await using setting = await createWorkerSetting();
    const slow = await setting.serve('slow/1', slowModel({ rounds: 20_000, size: 4 }), options);
    const request = { instances: [[1, 2, 3, 4]] };
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, async () => predict(slow, request)));
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refused.length).toBeGreaterThan(10);
    expect(refused[0]).toMatchObject({
      code: 'UNAVAILABLE',
      message: 'The batch scheduling queue to which this task was submitted is full; max_enqueued_batches is 2',
    });
    // Room again.
    expect(await predict(slow, request)).toEqual({ predictions: [[1, 2, 3, 4]] });
  });
});

describe('memory of a model', { timeout: 30_000 }, () => {
  it('is what the load took in a shared process, and all of a process of its own', async () => {
    await using setting = await createWorkerSetting({ sharedModelBytes: 1e9, sharedWorkers: 1 });
    const bytes = bigModel(40);
    await setting.serve('small/1', HALF_PLUS_TWO);
    const [shared, apart] = [
      await setting.serve('shared/1', bytes, { sizeBytes: bytes.length }),
      await setting.serve('apart/1', bytes, { sizeBytes: bytes.length, options: { isolation: 'dedicated' } }),
    ];
    expect(shared.memory.estimatedBytes).toBe(Math.ceil(bytes.length * 1.2));
    // A process costs about as much on any system; what is measured is the truth.
    const { estimatedBytes, measuredBytes } = apart.memory;
    expect(estimatedBytes).toBe(Math.ceil(bytes.length * 1.2) + 118_000_000 + ORPHAN_WATCH_BYTES);
    expect(measuredBytes / estimatedBytes).toBeGreaterThan(0.5);
    expect(measuredBytes / estimatedBytes).toBeLessThan(2);
    expect(shared.memory.measuredBytes).toBeGreaterThan(bytes.length * 0.8);
    expect(shared.memory.measuredBytes).toBeLessThan(bytes.length * 3);
    const worker = setting.pool.stats().workers.find(({ pid }) => pid === apart.placement.pid);
    expect(apart.memory.measuredBytes).toBe((worker?.rssBytes ?? 0) + ORPHAN_WATCH_BYTES);
    expect(apart.memory.measuredBytes).toBeGreaterThan(bytes.length + 20e6);
  });

  it('counts a shared process itself once, with the oldest of its models', async () => {
    await using setting = await createWorkerSetting({ sharedWorkers: 1 });
    const [first, second] = [await setting.serve('a/1', HALF_PLUS_TWO), await setting.serve('b/1', HALF_PLUS_TWO)];
    const before = second.memory.measuredBytes;
    const base = first.memory.measuredBytes;
    expect(base).toBeGreaterThan(30e6 + ORPHAN_WATCH_BYTES);
    expect(before).toBeLessThan(30e6);
    // Each tells of the process, and one of them how much of its own number that is.
    expect(first.placement.processBytes).toBe(first.memory.processBytes);
    expect([second.placement.processBytes, second.memory.processBytes]).toEqual([first.memory.processBytes, undefined]);
    expect(base - (first.memory.processBytes ?? 0)).toBeLessThan(30e6);
    await first.unload();
    expect(first.memory.measuredBytes).toBeLessThan(30e6);
    expect(second.memory.measuredBytes).toBeGreaterThan(before + 30e6);
  });
});
