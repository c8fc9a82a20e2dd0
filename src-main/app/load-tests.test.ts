import { createServer, type ServerResponse } from 'node:http';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { silentLogger } from '../contracts/logger.ts';
import { ServableName } from '../contracts/ids.ts';
import { LOAD_TEST_LIMITS, LoadTestReport } from '../contracts/ui-traffic.ts';
import { createManualClock } from '../core/testing/manual-clock.ts';
import { createLoadTestClient } from './load-test-client.ts';
import { runLoadTestLoop } from './load-test-loop.ts';
import type { LoadTestJob } from './load-test-protocol.ts';
import { createLoadTestReports } from './load-test-reports.ts';
import { createLoadTestTally, type LoadTestAnswer } from './load-test-tally.ts';
import { createLoadTests, type StartLoadTestThread } from './load-tests.ts';
import { createTaskBoard } from './task-board.ts';

const START = 1_700_000_000_000;
const PLAN = { model: ServableName.parse('m n'), concurrency: 4, durationMs: 2000 };

async function temporaryDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'slipway-load-tests-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function setUp({ isServing = true } = {}) {
  const clock = createManualClock(START);
  const tasks = createTaskBoard({ clock });
  const directory = join(await temporaryDirectory(), 'load-tests');
  const reports = createLoadTestReports(directory, silentLogger);
  const threads: { job: LoadTestJob; on: Parameters<StartLoadTestThread>[1] }[] = [];
  const tests = createLoadTests({
    clock,
    tasks,
    reports,
    restUrl: () => (isServing ? 'http://127.0.0.1:8501' : undefined),
    startThread(job, on) {
      threads.push({ job, on });
      return { stop: () => on.end('its thread has ended before its time') };
    },
    log: silentLogger,
  });
  const thread = () => {
    const last = threads.at(-1);
    if (!last) throw new Error('no thread was started');
    return last;
  };
  /** Until the task has ended, which it does when the report is saved. */
  const ended = (): Promise<void> =>
    new Promise((done) => {
      const look = (): void => {
        if (tasks.current().every(({ state }) => state !== 'running')) done();
      };
      tasks.subscribe(look);
      look();
    });
  return { clock, tasks, tests, reports, directory, thread, ended };
}

const countsAfter = (elapsedMs: number, answers: readonly LoadTestAnswer[]) => {
  const tally = createLoadTestTally();
  for (const [index, answer] of answers.entries()) tally.add(answer, index * 500);
  return tally.counts(elapsedMs);
};

it('counts what callers see', () => {
  const counts = countsAfter(2100, [
    { status: 200, durationMs: 2 },
    { status: 200, durationMs: 4 },
    { status: 404, durationMs: 1, error: '404: no such model' },
    { status: 503, durationMs: 9, error: '503: busy' },
    { status: undefined, error: 'connect ECONNREFUSED' },
  ]);
  expect(counts).toMatchObject({
    ok: 2,
    clientErrors: 1,
    serverErrors: 1,
    unanswered: 1,
    firstError: '404: no such model',
    minMs: 1,
    meanMs: 4,
    maxMs: 9,
    perSecond: [2, 2],
  });
  expect(counts.latency.reduce((sum, count) => sum + count, 0)).toBe(4);
  expect(counts.p50Ms).toBeGreaterThanOrEqual(1);
  expect(counts.p99Ms).toBeLessThanOrEqual(9);
  expect(countsAfter(10, [])).toMatchObject({ p95Ms: 0, minMs: 0, meanMs: 0, perSecond: [] });
});

it('keeps as many requests in flight as there are callers, and none after its time', async () => {
  let nowMs = 0;
  let inFlight = 0;
  let most = 0;
  const tally = createLoadTestTally();
  await runLoadTestLoop(
    {
      concurrency: 3,
      durationMs: 100,
      now: () => nowMs,
      async send() {
        most = Math.max(most, (inFlight += 1));
        await Promise.resolve();
        inFlight -= 1;
        nowMs += 1;
        return { status: 200, durationMs: 1 };
      },
    },
    tally,
  );
  expect(most).toBe(3);
  expect(inFlight).toBe(0);
  const { ok } = tally.counts(100);
  // Those that were in flight at the end are waited for.
  expect(ok).toBeGreaterThanOrEqual(100);
  expect(ok).toBeLessThanOrEqual(102);
});

it('sends over HTTP, says what was answered, and what was not', async () => {
  const seen: unknown[] = [];
  const answers: ((response: ServerResponse) => void)[] = [
    (response) => response.end('{}'),
    (response) => response.writeHead(404).end('{"error": "no such model"}'),
    (response) => response.destroy(),
  ];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      seen.push([request.method, request.url, body]);
      answers.shift()?.(response);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const url = `http://127.0.0.1:${port}/v1/models/m:predict`;
  const client = createLoadTestClient({ url, body: '[1]', concurrency: 1, durationMs: 1000 });
  expect(await client.send()).toEqual({ status: 200, durationMs: expect.any(Number) });
  expect(await client.send()).toMatchObject({ status: 404, error: '404: {"error": "no such model"}' });
  expect(await client.send()).toEqual({ status: undefined, error: expect.any(String) });
  expect(seen).toEqual(Array.from({ length: 3 }, () => ['POST', '/v1/models/m:predict', '[1]']));
  client.close();
});

it('is a task, has a live result, and leaves a report', async () => {
  const { tasks, tests, thread, ended, directory } = await setUp();
  const { id, taskId } = tests.start({ ...PLAN, body: '{}' });
  expect(thread().job).toEqual({
    concurrency: 4,
    durationMs: 2000,
    body: '{}',
    url: 'http://127.0.0.1:8501/v1/models/m%20n:predict',
  });
  expect(tasks.current()).toMatchObject([{ id: taskId, kind: 'loadTest', state: 'running', cancellable: true }]);
  expect(() => tests.start({ ...PLAN, body: '{}' })).toThrow(expect.objectContaining({ code: 'FAILED_PRECONDITION' }));

  const counts = countsAfter(1000, [{ status: 200, durationMs: 3 }]);
  thread().on.message({ kind: 'progress', counts });
  expect(tasks.current()).toMatchObject([{ progress: { done: 1000, total: 2000, unit: 'milliseconds' } }]);
  expect(await tests.result(id)).toMatchObject({ state: 'running', counts, bodyBytes: 2, startedMs: START });

  thread().on.end(undefined);
  await ended();
  expect(tasks.current()).toMatchObject([{ state: 'done', detail: '1 answers, none failed, p95 3.00 ms' }]);
  const report = await tests.result(id);
  expect(LoadTestReport.parse(report)).toMatchObject({ id, state: 'done', counts });
  expect(await readdir(directory)).toEqual([`${id}.json`]);
  await tests.remove(id);
  await expect(tests.result(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(tests.remove(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

it.each([
  { how: 'stopped', state: 'stopped', task: 'cancelled' },
  { how: 'broken', state: 'failed', task: 'failed' },
] as const)('is told as $how', async ({ how, state, task }) => {
  const { tasks, tests, thread, ended } = await setUp();
  const { id, taskId } = tests.start({ ...PLAN, body: '' });
  if (how === 'stopped') tasks.cancel(taskId);
  else thread().on.end('out of memory');
  await ended();
  expect(tasks.current()).toMatchObject([{ state: task }]);
  expect(await tests.result(id)).toMatchObject({ state, ...(state === 'failed' && { problem: 'out of memory' }) });
});

it('stops what runs when the server does', async () => {
  const { tests } = await setUp();
  const { id } = tests.start({ ...PLAN, body: '' });
  await tests.close();
  expect(await tests.result(id)).toMatchObject({ state: 'stopped' });
  await tests.close();
});

it('tests nothing while the endpoint is closed', async () => {
  const { tests, tasks } = await setUp({ isServing: false });
  const start = () => tests.start({ ...PLAN, body: '' });
  expect(start).toThrow(expect.objectContaining({ code: 'FAILED_PRECONDITION' }));
  expect(tasks.current()).toEqual([]);
});

it('refuses a body that is too long', async () => {
  const { tests } = await setUp();
  const body = 'x'.repeat(LOAD_TEST_LIMITS.maxBodyBytes + 1);
  expect(() => tests.start({ ...PLAN, body })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
});

it('keeps the newest reports, and reads no file that is none', async () => {
  const { reports, directory } = await setUp();
  expect(await reports.list()).toEqual([]);
  const report = (index: number): LoadTestReport => ({
    id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    plan: PLAN,
    startedMs: START + index,
    bodyBytes: 1,
    state: 'done',
    counts: countsAfter(1000, []),
  });
  for (let index = 0; index <= LOAD_TEST_LIMITS.maxReports; index += 1) await reports.save(report(index));
  await writeFile(join(directory, 'broken.json'), '{');
  const kept = await reports.list();
  expect(kept).toHaveLength(LOAD_TEST_LIMITS.maxReports);
  expect(kept[0]).toEqual(report(LOAD_TEST_LIMITS.maxReports));
  expect(kept.at(-1)).toEqual(report(1));
});
