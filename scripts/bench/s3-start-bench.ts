import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { affineModel } from '../samples/sample-models.ts';
import { median } from './load.ts';
import type { Line } from './report.ts';
import { BUCKET, MIB, startStore, type Store, workFolder } from './s3-processes.ts';
import { startServer, type ServerProcess } from './server-process.ts';
import { repositoryPath, waitUntilReady } from './slipway-process.ts';

const ROUNDS = 3;
const MODEL_BYTES = 512 * MIB;
const MOST_DELAY_MS = 20;
const MOST_START_S = 2;
/** In each bundle of the SDK, and in nothing else. */
const MARK_OF_SDK = 'ListObjectsV2Command';

const Loaded = z.object({ modules: z.array(z.string()), threads: z.number() });

/** The whole server with a model from S3: its main thread while it downloads, a second start, and a start without S3. */
export async function s3StartBench(): Promise<readonly Line[]> {
  await using store = await startStore();
  await store.putBytes('half/1/model.onnx', affineModel({ scale: 0.5, offset: 3 }));
  await store.put('half/1/more.bin', MODEL_BYTES, 'CRC32');
  const delays: number[] = [];
  const turns: number[] = [];
  const seconds: number[] = [];
  let readBytes = 0;
  let threads = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    await using folder = await workFolder(MODEL_BYTES, 'memory');
    const first = await startSlipway(folder.path, store);
    const { p99Ms, turnMs } = await first.loopDelay(() => waitUntilReady(first.url));
    delays.push(p99Ms);
    turns.push(turnMs);
    threads += Loaded.parse(await first.ask('loaded')).threads;
    await first[Symbol.asyncDispose]();
    await store.traffic();

    const startMs = performance.now();
    await using second = await startSlipway(folder.path, store);
    await waitUntilReady(second.url);
    seconds.push((performance.now() - startMs) / 1000);
    ({ readBytes } = await store.traffic());
  }
  return [
    {
      what: "main's event-loop delay p99 while a model of 512 MiB comes from S3",
      value: median(delays),
      unit: 'ms',
      limit: { at: 'most', value: MOST_DELAY_MS },
      detail: `median of ${ROUNDS} starts, from the open port until it serves; longest turn ${median(turns).toFixed(1)} ms of CPU`,
    },
    {
      what: 'second start with that model in the cache, until it serves',
      value: median(seconds),
      unit: 's',
      limit: { at: 'most', value: MOST_START_S },
      detail: `median of ${ROUNDS} starts, from the start of the process`,
    },
    { what: 'bytes that it downloaded', value: readBytes, unit: '', limit: { at: 'most', value: 0 } },
    await startWithoutS3(threads),
  ];
}

function startSlipway(directory: string, store: Store | undefined): Promise<ServerProcess> {
  const model = store ? ['--model_name=half', `--model_base_path=s3://${BUCKET}/half`] : [];
  // gRPC is off: whatever else runs here may have its port.
  const args = [
    `--data_dir=${join(directory, 'data')}`,
    '--rest_api_port=0',
    '--port=0',
    '--ui_port=0',
    '--log_level=error',
  ];
  return startServer(
    repositoryPath('out/main/headless.js'),
    [...model, ...args],
    ['loop-delay.ts', 'watch-loading.ts'].flatMap((name) => ['--import', repositoryPath(`scripts/bench/${name}`)]),
    store?.environment,
  );
}

/** @param threadsWithS3 what was counted with S3, to be sure that it is counted. */
async function startWithoutS3(threadsWithS3: number): Promise<Line> {
  await using folder = await workFolder(0, 'disk');
  await using slipway = await startSlipway(folder.path, undefined);
  await waitUntilReady(slipway.url);
  const { modules, threads } = Loaded.parse(await slipway.ask('loaded'));
  const bundles = await filesWithSdk();
  const opened = modules.filter((url) => url.startsWith('file:') && bundles.has(fileURLToPath(url)));
  if (threadsWithS3 === 0 || bundles.size === 0) throw new Error('what loads the SDK is no longer noticed');
  return {
    what: 'files of the SDK opened, and threads started, without an s3:// model',
    value: opened.length + threads,
    unit: '',
    limit: { at: 'most', value: 0 },
    detail: `until the sample models serve; ${modules.length} modules were loaded, ${bundles.size} of out/main hold the SDK`,
  };
}

async function filesWithSdk(): Promise<ReadonlySet<string>> {
  const directory = repositoryPath('out/main');
  const found = new Set<string>();
  for (const name of await readdir(directory, { recursive: true })) {
    const path = join(directory, name);
    if (name.endsWith('.js') && (await readFile(path, 'utf8')).includes(MARK_OF_SDK)) found.add(path);
  }
  return found;
}
