import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuSeconds } from './process-cpu.ts';
import type { Line } from './report.ts';
import { startServer } from './server-process.ts';
import { repositoryPath, waitUntilReady } from './slipway-process.ts';

const SECONDS = 10;

/** CPU of the server and its workers while the samples are loaded and nobody asks; Linux only. */
export async function idleBench(): Promise<readonly Line[]> {
  if (process.platform !== 'linux') return [];
  const directory = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
  try {
    await using slipway = await startServer(repositoryPath('out/main/headless.js'), [
      `--data_dir=${directory}`,
      '--rest_api_port=0',
      '--ui_port=0',
      '--log_level=error',
    ]);
    await waitUntilReady(slipway.url);
    await delay(2000);
    const before = await cpuSeconds(slipway.pid);
    await delay(SECONDS * 1000);
    const used = (await cpuSeconds(slipway.pid)) - before;
    return [
      {
        what: 'CPU of server and workers when idle, of one core',
        value: (used / SECONDS) * 100,
        unit: '%',
        limit: { at: 'most', value: 1 },
        detail: `${used.toFixed(2)} s in ${SECONDS} s, polling two models once a second`,
      },
    ];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
