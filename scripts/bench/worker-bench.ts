import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../src-main/contracts/logger.ts';
import { ServableName, ServableVersion } from '../../src-main/contracts/ids.ts';
import type { ModelServable } from '../../src-main/contracts/model-servable.ts';
import type { Loader } from '../../src-main/core/loader.ts';
import { createChildProcessHost } from '../../src-main/inference/child-process-host.ts';
import { createInferenceRuntime, type InferenceRuntime } from '../../src-main/inference/inference-runtime.ts';
import { createLocalFileSystem } from '../../src-main/storage/local-file-system.ts';
import { affineModel, bigModel } from '../samples/sample-models.ts';
import { median } from './load.ts';
import type { Line } from './report.ts';
import { repositoryPath } from './slipway-process.ts';

const START_ROUNDS = 7;
const CYCLES = 50;
const CYCLE_MEGABYTES = 100;
const MEGABYTE = 1024 * 1024;

const id = { name: ServableName.parse('m'), version: ServableVersion.parse('1') };

function runtime(options: Parameters<typeof createInferenceRuntime>[0]['options'] = {}): InferenceRuntime {
  const host = createChildProcessHost({ entry: repositoryPath('out/main/worker.js') });
  return createInferenceRuntime({ host, log: silentLogger, options });
}

function loaderFor(inference: InferenceRuntime, path: string, sizeBytes: number): Loader<ModelServable> {
  const fileSystem = createLocalFileSystem({ log: silentLogger });
  const [adapted] = inference.adapter.adapt(id.name, [
    { id, ok: true, data: { fileSystem, path, fingerprint: '1', sizeBytes } },
  ]);
  if (!adapted?.ok) throw new Error('the adapter refused the model');
  return adapted.data;
}

const load = (loader: Loader<ModelServable>) =>
  loader.load({ signal: new AbortController().signal, onLost: () => undefined });

async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/u.exec(status)?.[1]) / 1024;
}

/** Start of a worker, its memory, and what is left of memory after many models came and went in one that stays. */
export async function workerBench(): Promise<readonly Line[]> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
  try {
    const small = join(directory, 'small');
    const big = join(directory, 'big');
    for (const path of [small, big]) await mkdir(path);
    await writeFile(join(small, 'model.onnx'), affineModel({ scale: 0.5, offset: 3 }));
    await writeFile(join(big, 'model.onnx'), bigModel(CYCLE_MEGABYTES));
    return [...(await startLines(small)), ...(process.platform === 'linux' ? await memoryLines(small, big) : [])];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function startLines(small: string): Promise<Line[]> {
  const bareMs: number[] = [];
  const workerMs: number[] = [];
  for (let round = 0; round < START_ROUNDS; round += 1) {
    let start = performance.now();
    await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit');
    bareMs.push(performance.now() - start);
    const inference = runtime();
    start = performance.now();
    const servable = await load(loaderFor(inference, small, 1000));
    const body = new TextEncoder().encode('{"instances": [1.0, 2.0, 5.0]}');
    await servable.infer(
      { method: 'predict', encoding: 'json', body: [body], bodyBytes: body.length },
      new AbortController().signal,
    );
    workerMs.push(performance.now() - start);
    await inference.close();
  }
  return [
    {
      what: 'worker up and first inference',
      value: median(workerMs),
      unit: 'ms',
      limit: { at: 'most', value: 200 },
      detail: `${(median(workerMs) / median(bareMs)).toFixed(2)} x a bare node process (${median(bareMs).toFixed(0)} ms), median of ${START_ROUNDS}`,
    },
  ];
}

async function memoryLines(small: string, big: string): Promise<Line[]> {
  const lines: Line[] = [];
  // A shared worker for any size, so that the process stays when its large model goes.
  const inference = runtime({ sharedModelBytes: Number.MAX_SAFE_INTEGER, sharedWorkers: 1 });
  const keeper = loaderFor(inference, small, 1000);
  const { placement } = await load(keeper);
  lines.push({
    what: 'memory of a worker with one tiny model',
    value: await residentMegabytes(placement.pid),
    unit: 'MB',
  });
  const cycle = async () => {
    const loader = loaderFor(inference, big, CYCLE_MEGABYTES * MEGABYTE);
    await load(loader);
    await loader.unload();
  };
  // The first cycle pays for what every later one uses again.
  await cycle();
  const before = await residentMegabytes(placement.pid);
  for (let count = 0; count < CYCLES; count += 1) await cycle();
  const after = await residentMegabytes(placement.pid);
  lines.push({
    what: `memory of a shared worker after ${CYCLES} loads of ${CYCLE_MEGABYTES} MB, grown by`,
    value: (after / before - 1) * 100,
    unit: '%',
    limit: { at: 'most', value: 10 },
    detail: `${before.toFixed(0)} MB to ${after.toFixed(0)} MB`,
  });
  await keeper.unload();
  await inference.close();
  return lines;
}
