import { useRef } from 'react';
import type { ConnectionId } from '#contracts/ids.ts';
import type { ConnectionDraft, ConnectionTest } from '#contracts/ui-sources.ts';
import { TEST_STAGES } from '#contracts/ui-sources.ts';
import { errorText } from '../../stores/commands.ts';
import { useBoard, useServices } from '../../stores/services.tsx';
import type { ConnectionForm } from './connection-form.ts';
import { lastTest } from './connection-state.ts';
import type { TestRun } from './sources-memory.ts';
import { useSourcesMemory, useSourcesMemoryStore } from './sources-memory.ts';

export interface ShownTest {
  /** Undefined until there was one. */
  readonly test: ConnectionTest | undefined;
  /** Why it could not be tested at all. */
  readonly refusal: string | undefined;
  readonly isRunning: boolean;
  /** What was tested; undefined for a test that this page did not ask for. */
  readonly form: ConnectionForm | undefined;
}

export interface TestRequest {
  readonly form: ConnectionForm;
  readonly draft: ConnectionDraft;
  readonly uri: string;
  readonly connection: ConnectionId | undefined;
}

/** The test of one form: what it stands at, live from the server, and how to begin and stop it. */
export function useConnectionTest(id: string): ShownTest & {
  /** Never rejects. A test that runs already is left behind: its result does not count any more. */
  readonly start: (request: TestRequest) => Promise<void>;
  readonly stop: () => void;
} {
  const { commands, toasts, server } = useServices();
  const memory = useSourcesMemoryStore();
  const run = useSourcesMemory((state) => state.tests[id]);
  const tests = useBoard('sources')?.tests ?? [];
  const abort = useRef<AbortController | undefined>(undefined);
  const live = run && tests.find(({ testId }) => testId === run.testId);
  const isRunning = run !== undefined && !run.isStopped && run.result === undefined && run.refusal === undefined;

  const start = async ({ form, draft, uri, connection }: TestRequest): Promise<void> => {
    const testId = crypto.randomUUID();
    const stopping = new AbortController();
    abort.current = stopping;
    memory.getState().setTest(id, { testId, form });
    const ended = (change: Partial<TestRun>): void => {
      // Unless another test has begun, or the form has got another id, since.
      if (memory.getState().tests[id]?.testId === testId) memory.getState().setTest(id, { testId, form, ...change });
    };
    try {
      const request = { testId, uri, draft, ...(connection && { connection }) };
      ended({ result: await commands.run('testConnection', request, stopping.signal) });
    } catch (error) {
      ended(stopping.signal.aborted ? { isStopped: true } : { refusal: errorText(error) });
    }
  };

  const stop = (): void => {
    // The server sees that nobody waits any more, and stops.
    if (abort.current) return abort.current.abort();
    // Begun before the screen was left: only the server knows of it.
    const task = server
      .getState()
      .boards.tasks?.find(({ kind, state }) => kind === 'connectionTest' && state === 'running');
    if (!task) return undefined;
    return void commands
      .run('cancelTask', { id: task.id })
      .catch((error: unknown) => toasts.getState().show({ tone: 'bad', message: errorText(error) }));
  };

  return {
    test: run
      ? (run.result ?? (run.isStopped ? stopped(live) : live) ?? (isRunning ? waiting(run.testId) : undefined))
      : lastTest(id, tests),
    refusal: run?.refusal,
    isRunning,
    form: run?.form,
    start,
    stop,
  };
}

/** A test of which the server has not told yet. */
const waiting = (testId: string): ConnectionTest => ({
  testId,
  uri: '',
  state: 'running',
  startedMs: 0,
  stages: TEST_STAGES.map((stage) => ({ stage, status: 'waiting' })),
  found: {},
});

/** The server's word that it has stopped may come a moment later. */
const stopped = (test: ConnectionTest | undefined): ConnectionTest | undefined =>
  test && { ...test, state: 'cancelled' };
