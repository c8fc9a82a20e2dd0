import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Line } from './report.ts';
import { repositoryPath } from './slipway-process.ts';

const MODELS = 1000;
const SECONDS = 8;
const MOST_POLL_CPU_MS = 200;
const MOST_TURN_MS = 50;
const LONG_AGO = new Date('2020-01-01T00:00:00Z');

const Result = z.object({
  pollCpuMs: z.number(),
  bareCpuMs: z.number(),
  turnMs: z.number(),
  firstPollsMs: z.number(),
});

/** CPU of one poll of many local models that do not change, and what the event loop notices when they are added. */
export async function pollBench(): Promise<readonly Line[]> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
  try {
    await makeModels(directory);
    const child = fork(
      repositoryPath('scripts/bench/poll-process.ts'),
      [directory, String(MODELS), String(SECONDS)],
      // As many threads as the hosts have.
      { env: { ...process.env, UV_THREADPOOL_SIZE: '64' } },
    );
    const exited = once(child, 'exit');
    const [message]: unknown[] = await Promise.race([
      once(child, 'message'),
      exited.then(([code]) => {
        throw new Error(`the poller ended with code ${String(code)}`);
      }),
    ]);
    await exited;
    const { pollCpuMs, bareCpuMs, turnMs, firstPollsMs } = Result.parse(message);
    return [
      {
        what: `CPU of one poll of ${MODELS} local models`,
        value: pollCpuMs,
        unit: 'ms',
        limit: { at: 'most', value: MOST_POLL_CPU_MS },
        detail: `all threads, mean of ${SECONDS} polls, nothing changed; its ${3 * MODELS} bare calls: ${Math.round(bareCpuMs)} ms`,
      },
      {
        what: `longest turn of the event loop when ${MODELS} models are added to the source`,
        value: turnMs,
        unit: 'ms',
        limit: { at: 'most', value: MOST_TURN_MS },
        detail: `CPU time, median of 3; all found after ${Math.round(firstPollsMs)} ms`,
      },
    ];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function makeModels(directory: string): Promise<void> {
  for (let index = 0; index < MODELS; index += 1) {
    const version = join(directory, `model_${index}`, '1');
    await mkdir(version, { recursive: true });
    const file = join(version, 'model.onnx');
    await writeFile(file, 'not looked into');
    for (const path of [file, version]) await utimes(path, LONG_AGO, LONG_AGO);
  }
}
