import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createChildProcessHost } from './child-process-host.ts';
import { createWorkerSetting, requestOf } from './testing/worker-setting.ts';
import { DEFAULT_POOL_OPTIONS } from './worker-pool.ts';

const NEVER = new AbortController().signal;
const FAKE_WORKER = fileURLToPath(new URL('testing/fake-worker.ts', import.meta.url));
const FAKE_HOST = createChildProcessHost({ entry: FAKE_WORKER });
const { timeouts } = DEFAULT_POOL_OPTIONS;

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a worker that does not come up', { timeout: 30_000 }, () => {
  it.each([
    { behaviour: 'exit', startMs: 15_000, code: 'UNAVAILABLE', message: 'ended with exit code 3 before it was ready' },
    { behaviour: 'hang', startMs: 50, code: 'UNAVAILABLE', message: 'was not ready within 50 ms' },
    { behaviour: 'silent', startMs: 2000, code: 'UNAVAILABLE', message: 'was not ready within 2000 ms' },
    { behaviour: 'unfit', startMs: 15_000, code: 'FAILED_PRECONDITION', message: 'this library is too old' },
  ])('fails the load in time: $behaviour', async ({ behaviour, startMs, code, message }) => {
    vi.stubEnv('FAKE_WORKER', behaviour);
    await using setting = await createWorkerSetting({ timeouts: { ...timeouts, startMs } }, FAKE_HOST);
    const load = setting.load('m/1', '/nowhere');
    await expect(load).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    // A later load is not sent to the same process again.
    await expect.poll(() => setting.pool.stats().workers).toEqual([]);
  });

  it('fails the load when there is no such program', async () => {
    const host = createChildProcessHost({ entry: FAKE_WORKER, execPath: '/nowhere/node' });
    await using setting = await createWorkerSetting({}, host);
    await expect(setting.load('m/1', '/nowhere')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: 'the inference worker process cannot be started',
    });
    expect(setting.pool.stats().workers).toEqual([]);
  });

  it('leaves its last output in the log', async () => {
    vi.stubEnv('FAKE_WORKER', 'exit');
    await using setting = await createWorkerSetting({}, FAKE_HOST);
    await expect(setting.load('m/1', '/nowhere')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect.poll(() => setting.log.lines.map(({ fields }) => fields['line'])).toContain('fake worker: exit');
  });
});

describe('what a load took in a shared process', { timeout: 30_000 }, () => {
  it.each([
    { grown: 1200, told: 1200 },
    { grown: 600, told: 600 },
    // It had room that an unloaded model had left.
    { grown: 599, told: 0 },
    { grown: -5, told: 0 },
  ])('is $told of 1200 expected bytes when it grew by $grown', async ({ grown, told }) => {
    vi.stubEnv('FAKE_WORKER', 'stuck');
    vi.stubEnv('FAKE_GROWN_BYTES', String(grown));
    await using setting = await createWorkerSetting({ sharedWorkers: 1 }, FAKE_HOST);
    const oldest = await setting.load('m/1', '/nowhere', { sizeBytes: 1000 });
    const { memory } = await setting.load('m/2', '/nowhere', { sizeBytes: 1000 });
    expect(memory).toEqual({ estimatedBytes: 1200, measuredBytes: told });
    // The process itself counts beside what is known of its oldest model.
    const { measuredBytes, processBytes = 0 } = oldest.memory;
    expect(measuredBytes - processBytes).toBe(told || 1200);
  });
});

describe('a worker that goes wrong', { timeout: 30_000 }, () => {
  it.each([
    { behaviour: 'abort', signal: 'SIGABRT' },
    { behaviour: 'garbage', signal: 'SIGKILL' },
  ])('fails the load that was in progress, and blames it: $behaviour', async ({ behaviour, signal }) => {
    vi.stubEnv('FAKE_WORKER', behaviour);
    await using setting = await createWorkerSetting({}, FAKE_HOST);
    await expect(setting.load('m/1', '/nowhere')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: `the model's worker process ended by signal ${signal} during the load`,
      blamed: true,
    });
    expect(setting.losses).toEqual([]);
  });

  it.each([
    { behaviour: 'stuck', requests: 0, blamed: true, limit: '40 ms' },
    // Ten times as long as the run of 5 ms that it finished.
    { behaviour: 'stuck later', requests: 1, blamed: false, limit: '50 ms' },
  ])('is killed when a run does not end: $behaviour', async ({ behaviour, requests, blamed, limit }) => {
    vi.stubEnv('FAKE_WORKER', behaviour);
    const options = { sharedModelBytes: 0, timeouts: { ...timeouts, stuckMs: 40 } };
    await using setting = await createWorkerSetting(options, FAKE_HOST);
    const model = await setting.load('m/1', '/nowhere');
    for (let sent = 0; sent < requests; sent += 1) await model.infer(requestOf('{}'), NEVER);
    await expect(model.infer(requestOf('{}'), AbortSignal.timeout(1))).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    await setting.lost(1);
    expect(setting.losses).toMatchObject([
      { blamed, error: { message: expect.stringContaining(`did not end within ${limit}`) } },
    ]);
  });

  it('is killed when a warm-up request does not end, although nobody gave it up', async () => {
    vi.stubEnv('FAKE_WORKER', 'warm-up');
    const options = { sharedWorkers: 1, timeouts: { ...timeouts, stuckMs: 40 } };
    await using setting = await createWorkerSetting(options, FAKE_HOST);
    const outcomes = await Promise.allSettled(
      ['slow/1', 'behind/1'].map(async (label) => setting.load(label, '/nowhere')),
    );
    const what = 'was killed because a warm-up request did not end within 40 ms during the load';
    expect(outcomes).toMatchObject([
      { reason: { code: 'UNAVAILABLE', message: `the model's worker process ${what}`, blamed: true } },
      { reason: { code: 'UNAVAILABLE', message: `the worker process that the model shared ${what}`, blamed: false } },
    ]);
    expect(setting.pool.stats()).toEqual({ workers: [], restarts: 1 });
  });

  it('blames nobody else for a load that was given up while it went on', async () => {
    vi.stubEnv('FAKE_WORKER', 'warm-up');
    const options = { sharedWorkers: 1, timeouts: { ...timeouts, stuckMs: 100, unloadMs: 1 } };
    await using setting = await createWorkerSetting(options, FAKE_HOST);
    const controller = new AbortController();
    const outcomes = Promise.allSettled([
      setting.load('unwanted/1', '/nowhere', { signal: controller.signal }),
      setting.load('behind/1', '/nowhere'),
    ]);
    await expect.poll(() => setting.lastTurn(), { timeout: 10_000 }).toBe(1);
    controller.abort();
    expect(await outcomes).toMatchObject([{ reason: { code: 'CANCELLED' } }, { reason: { blamed: false } }]);
  });

  it.each([{ shared: true }, { shared: false }])(
    'is left or killed when it is stuck (shared: $shared)',
    async ({ shared }) => {
      vi.stubEnv('FAKE_WORKER', 'stuck');
      const options = {
        sharedModelBytes: shared ? 1000 : 0,
        timeouts: { ...timeouts, exitMs: 50, unloadMs: 50 },
      };
      await using setting = await createWorkerSetting(options, FAKE_HOST);
      const model = await setting.load('m/1', '/nowhere');
      const waiting = model.infer(requestOf('{}'), NEVER);
      const unload = model.unload();
      await expect(waiting).rejects.toMatchObject({ code: 'UNAVAILABLE', message: 'the model version was unloaded' });
      await unload;
      expect(setting.pool.stats().workers.map(({ models }) => models)).toEqual(shared ? [[]] : []);
      expect(setting.losses).toEqual([]);
    },
  );
});
