import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { bigModel, slowModel } from '../samples/sample-models.ts';
import { requestsPerSecond } from './load.ts';
import type { Line } from './report.ts';
import { startServer } from './server-process.ts';
import { repositoryPath, waitUntilReady } from './slipway-process.ts';

const MOST_MS = 20;
const SATURATION_SECONDS = 5;

/** Delay of the main process's event loop while a large model loads, and while a worker computes without a pause. */
export async function loopBench(): Promise<readonly Line[]> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
  try {
    const slow = join(directory, 'slow/1/model.onnx');
    const incoming = join(directory, 'incoming/1/model.onnx');
    for (const path of [slow, incoming]) await mkdir(join(path, '..'), { recursive: true });
    await writeFile(slow, slowModel({ rounds: 2000 }));
    await writeFile(incoming, bigModel(200));
    const config = join(directory, 'models.config');
    const entry = (name: string) => `config { name: "${name}" base_path: ${JSON.stringify(join(directory, name))} }`;
    await mkdir(join(directory, 'big'));
    await writeFile(config, `model_config_list { ${entry('slow')} ${entry('big')} }`);
    await using slipway = await startServer(
      repositoryPath('out/main/headless.js'),
      [
        `--model_config_file=${config}`,
        `--data_dir=${directory}`,
        '--rest_api_port=0',
        '--ui_port=0',
        '--version_settle_millis=0',
        '--log_level=error',
      ],
      ['--import', repositoryPath('scripts/bench/loop-delay.ts')],
    );
    const available = async (name: string) => {
      while ((await fetch(`${slipway.url}/v1/models/${name}/metadata`)).status !== 200) await delay(10);
    };
    await available('slow');
    const idle = await slipway.loopDelay(() => delay(3000));
    const loading = await slipway.loopDelay(async () => {
      await rename(join(directory, 'incoming/1'), join(directory, 'big/1'));
      await available('big');
    });
    await waitUntilReady(slipway.url);
    const body = JSON.stringify({ instances: [Array.from({ length: 256 }, () => 1)] });
    const saturated = await slipway.loopDelay(() =>
      requestsPerSecond({
        url: `${slipway.url}/v1/models/slow:predict`,
        body,
        connections: 8,
        seconds: SATURATION_SECONDS,
      }),
    );
    const line = (what: string, { p99Ms, maxMs }: { p99Ms: number; maxMs: number }): Line => ({
      what: `main's event-loop delay p99 ${what}`,
      value: p99Ms,
      unit: 'ms',
      limit: { at: 'most', value: MOST_MS },
      detail: `longest ${maxMs.toFixed(1)} ms; idle p99 ${idle.p99Ms.toFixed(1)} ms`,
    });
    return [line('while a 200 MB model loads', loading), line('while a worker is saturated', saturated)];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
