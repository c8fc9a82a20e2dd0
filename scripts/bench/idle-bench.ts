import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Line } from './report.ts';
import { startServer } from './server-process.ts';
import { repositoryPath, waitUntilReady } from './slipway-process.ts';

const SECONDS = 10;
/** Of /proc/PID/stat, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

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

/** User and system time of a process and its children. */
async function cpuSeconds(root: number): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/u.test(name));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  let ticks = 0;
  for (const stat of stats) {
    const pid = Number.parseInt(stat, 10);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (pid === root || Number(fields[1]) === root) ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS_PER_SECOND;
}
