import type { ConnectionId } from '../contracts/ids.ts';
import { asServingError } from '../contracts/serving-error.ts';
import { type ConnectionTest, TEST_STAGES } from '../contracts/ui-sources.ts';
import type { Clock } from '../core/clock.ts';
import type { S3FileSystem } from '../storage/s3/s3-file-system.ts';
import type { Connections, Through } from './connections.ts';
import type { TaskBoard } from './task-board.ts';

/** Ended tests that are still shown. */
const SHOWN_ENDED = 8;
/** A stage that hangs has its own time-outs; together they take less. */
const TEST_TIMEOUT_MS = 90_000;

export interface ConnectionTestRequest extends Through {
  readonly testId: string;
  readonly uri: string;
}

/** Tests of connections, for the user interface: each is a task that can be stopped. */
export interface ConnectionTests {
  /**
   * @returns the test at its end, whatever came of it, also when it was stopped.
   * @throws ServingError for what cannot be tested.
   */
  run(request: ConnectionTestRequest, signal: AbortSignal): Promise<ConnectionTest>;
  /** Those that run, and the last few that ended; newest first. */
  current(): readonly ConnectionTest[];
  subscribe(onChange: () => void): () => void;
}

export interface ConnectionTestsDeps {
  readonly connections: Pick<Connections, 'resolve'>;
  readonly s3: Pick<S3FileSystem, 'test'>;
  readonly tasks: Pick<TaskBoard, 'start'>;
  readonly clock: Pick<Clock, 'now'>;
}

export function createConnectionTests({ connections, s3, tasks, clock }: ConnectionTestsDeps): ConnectionTests {
  const listeners = new Set<() => void>();
  let tests: readonly ConnectionTest[] = [];

  function show(test: ConnectionTest): void {
    const others = tests.filter(({ testId }) => testId !== test.testId);
    const ended = new Set(others.filter(({ state }) => state !== 'running').slice(0, SHOWN_ENDED - 1));
    tests = [test, ...others.filter((each) => each.state === 'running' || ended.has(each))];
    for (const listener of listeners) listener();
  }

  return {
    async run({ testId, uri, connection, draft }, signal) {
      const through = await connections.resolve({ connection, draft });
      const stop = new AbortController();
      const ends = AbortSignal.any([signal, stop.signal, AbortSignal.timeout(TEST_TIMEOUT_MS)]);
      let test: ConnectionTest = { ...emptyTest(testId, uri, connection), startedMs: clock.now() };
      const task = tasks.start({
        kind: 'connectionTest',
        title: `Test of ${through?.name ?? 'the environment'}`,
        route: '/sources',
        cancel: () => stop.abort(),
      });
      show(test);
      try {
        const result = await s3.test(uri, through, ends, (news) => {
          test = { ...test, ...news };
          const running = news.stages.find(({ status }) => status === 'running');
          if (running) task.update({ detail: running.stage });
          show(test);
        });
        test = { ...test, ...result };
        const failed = test.stages.find(({ status }) => status === 'failed');
        task.end(failed ? 'failed' : 'done', failed?.detail);
      } catch (error) {
        const { code, message } = asServingError(error);
        const wasStopped = code === 'CANCELLED';
        task.end(wasStopped ? 'cancelled' : 'failed', wasStopped ? undefined : message);
        test = { ...test, state: wasStopped ? 'cancelled' : 'failed', stages: test.stages.map(withoutWaiting) };
        show(test);
        if (!wasStopped) throw error;
      }
      show(test);
      return test;
    },
    current: () => tests,
    subscribe(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
  };
}

function emptyTest(
  testId: string,
  uri: string,
  connection: ConnectionId | undefined,
): Omit<ConnectionTest, 'startedMs'> {
  const stages = TEST_STAGES.map((stage) => ({ stage, status: 'waiting' as const }));
  return { testId, uri, state: 'running', stages, found: {}, ...(connection !== undefined && { connection }) };
}

function withoutWaiting(stage: ConnectionTest['stages'][number]): ConnectionTest['stages'][number] {
  return stage.status === 'waiting' || stage.status === 'running' ? { stage: stage.stage, status: 'skipped' } : stage;
}
