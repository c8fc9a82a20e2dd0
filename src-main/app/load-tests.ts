import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { Logger } from '../contracts/logger.ts';
import { ServingError } from '../contracts/serving-error.ts';
import {
  LOAD_TEST_LIMITS,
  type LoadTestCounts,
  type LoadTestPlan,
  type LoadTestReport,
} from '../contracts/ui-traffic.ts';
import type { Clock } from '../core/clock.ts';
import { type LoadTestJob, LoadTestMessage } from './load-test-protocol.ts';
import type { LoadTestReports } from './load-test-reports.ts';
import { createLoadTestTally } from './load-test-tally.ts';
import type { RunningTask, TaskBoard } from './task-board.ts';

export interface LoadTestsDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly tasks: Pick<TaskBoard, 'start'>;
  readonly reports: LoadTestReports;
  /** Base URL of the public REST endpoint; undefined while it takes no requests. */
  readonly restUrl: () => string | undefined;
  readonly startThread: StartLoadTestThread;
  readonly log: Logger;
}

/** Starts the thread of a load test. `onEnd` is called once, with what was wrong where it did not end by itself. */
export type StartLoadTestThread = (
  job: LoadTestJob,
  on: { readonly message: (message: LoadTestMessage) => void; readonly end: (problem: string | undefined) => void },
) => { readonly stop: () => void };

/** Load tests against this server, one at a time; each is a task. See the commands. */
export interface LoadTests {
  start(plan: LoadTestPlan & { readonly body: string }): { readonly id: string; readonly taskId: string };
  result(id: string): Promise<LoadTestReport>;
  list(): Promise<readonly LoadTestReport[]>;
  remove(id: string): Promise<void>;
  /** Stops what runs; it is saved as stopped. */
  close(): Promise<void>;
}

interface Running {
  report: LoadTestReport;
  readonly stop: () => void;
  /** Resolves when it has ended and is saved. */
  readonly ended: Promise<unknown>;
}

export function createLoadTests(deps: LoadTestsDeps): LoadTests {
  let running: Running | undefined;

  function start({ body, ...plan }: LoadTestPlan & { readonly body: string }): { id: string; taskId: string } {
    if (running) throw new ServingError('FAILED_PRECONDITION', 'another load test is running; stop it first');
    const bodyBytes = Buffer.byteLength(body);
    if (bodyBytes > LOAD_TEST_LIMITS.maxBodyBytes) {
      throw new ServingError(
        'INVALID_ARGUMENT',
        `body: a load test sends at most ${LOAD_TEST_LIMITS.maxBodyBytes} bytes; this body has ${bodyBytes}`,
      );
    }
    const restUrl = deps.restUrl();
    if (restUrl === undefined)
      throw new ServingError('FAILED_PRECONDITION', 'Slipway is not serving; start serving, then test again');
    const id = randomUUID();
    let wasStopped = false;
    const stop = (): void => {
      wasStopped = true;
      thread.stop();
    };
    const task = deps.tasks.start({
      kind: 'loadTest',
      title: `${titleOf(plan)}, ${plan.concurrency} at once`,
      route: `/traffic?test=${id}`,
      cancel: stop,
    });
    const saved = Promise.withResolvers<unknown>();
    const test: Running = {
      report: {
        id,
        plan,
        startedMs: deps.clock.now(),
        bodyBytes,
        state: 'running',
        counts: createLoadTestTally().counts(0),
      },
      stop,
      ended: saved.promise,
    };
    running = test;
    const url = predictUrl(restUrl, plan);
    const thread = deps.startThread(
      { concurrency: plan.concurrency, durationMs: plan.durationMs, url, body },
      {
        message({ counts }) {
          test.report = { ...test.report, counts };
          tellProgress(task, plan, counts);
        },
        end(problem) {
          const state = wasStopped ? 'stopped' : problem === undefined ? 'done' : 'failed';
          test.report = { ...test.report, state, ...(state === 'failed' && { problem: problem ?? '' }) };
          void finish(test, task).then(saved.resolve);
        },
      },
    );
    return { id, taskId: task.id };
  }

  async function finish(test: Running, task: RunningTask): Promise<void> {
    const { report } = test;
    await deps.reports.save(report);
    running = undefined;
    const summary = summaryOf(report.counts);
    if (report.state === 'stopped') task.end('cancelled', summary);
    else if (report.state === 'failed') task.end('failed', report.problem ?? summary);
    else task.end('done', summary);
    deps.log.info({ servable: report.plan.model, state: report.state }, 'load test has ended');
  }

  async function list(): Promise<readonly LoadTestReport[]> {
    const saved = await deps.reports.list();
    const current = running?.report;
    return current ? [current, ...saved.filter(({ id }) => id !== current.id)] : saved;
  }

  return {
    start,
    list,
    async result(id) {
      if (running?.report.id === id) return running.report;
      const report = (await list()).find((each) => each.id === id);
      if (!report) throw new ServingError('NOT_FOUND', 'there is no such load test any more');
      return report;
    },
    async remove(id) {
      if (running?.report.id === id)
        throw new ServingError('FAILED_PRECONDITION', 'this load test runs; stop it first');
      if (!(await deps.reports.remove(id))) throw new ServingError('NOT_FOUND', 'there is no such load test any more');
    },
    async close() {
      const last = running;
      last?.stop();
      await last?.ended;
    },
  };
}

/** @param entry absolute path of the built thread. */
export function loadTestThreads(entry: string): StartLoadTestThread {
  return (job, on) => {
    const worker = new Worker(entry, { workerData: job, name: 'load-test' });
    let problem: string | undefined;
    let isOver = false;
    worker.on('message', (message: unknown) => {
      const known = LoadTestMessage.parse(message);
      isOver = known.kind === 'end';
      on.message(known);
    });
    worker.on('error', (error) => {
      problem = error instanceof Error ? error.message : String(error);
    });
    worker.on('exit', () => on.end(isOver ? undefined : (problem ?? 'its thread has ended before its time')));
    return { stop: () => void worker.terminate() };
  };
}

function tellProgress(task: RunningTask, plan: LoadTestPlan, counts: LoadTestCounts): void {
  task.update({
    progress: {
      done: Math.min(plan.durationMs, Math.round(counts.elapsedMs)),
      total: plan.durationMs,
      unit: 'milliseconds',
    },
    detail: summaryOf(counts),
  });
}

/** `1,204 answers, 12 failed, p95 4.1 ms` */
function summaryOf({ ok, clientErrors, serverErrors, unanswered, p95Ms }: LoadTestCounts): string {
  const failed = clientErrors + serverErrors + unanswered;
  const answers = (ok + clientErrors + serverErrors).toLocaleString('en-US');
  return `${answers} answers, ${failed === 0 ? 'none' : failed.toLocaleString('en-US')} failed, p95 ${p95Ms.toPrecision(3)} ms`;
}

const titleOf = ({ model, version }: LoadTestPlan): string =>
  `Load test of ${model}${version === undefined ? '' : ` v${version}`}`;

function predictUrl(restUrl: string, { model, version }: LoadTestPlan): string {
  const at = version === undefined ? '' : `/versions/${version}`;
  return `${restUrl.replace(/\/$/u, '')}/v1/models/${encodeURIComponent(model)}${at}:predict`;
}
