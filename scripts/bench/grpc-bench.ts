import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { affineModel } from '../samples/sample-models.ts';
import { predictRequest, readPredictions } from './grpc-messages.ts';
import { median } from './load.ts';
import { cpuSeconds } from './process-cpu.ts';
import type { Line } from './report.ts';
import { startServer } from './server-process.ts';
import { freePort } from '../lib/free-port.ts';
import { repositoryPath, waitUntilReady } from './slipway-process.ts';

const SECONDS = 2;
const ROUNDS = 5;
/** One process of grpc-js calls is busier than the server that answers them. */
const LOADS = 2;
const CONNECTIONS_PER_LOAD = 4;
const CONCURRENT = [1, 8, 64];
const LEAST_OF_ECHO: Readonly<Record<number, number | undefined>> = { 64: 0.5 };

const Result = z.union([z.object({ perSecond: z.number(), response: z.base64() }), z.object({ error: z.string() })]);

/** What one server did in one round. */
interface Round {
  readonly perSecond: number;
  /** CPU of the server and its workers for one call. */
  readonly cpuMicros: number;
}

/** gRPC Predict of a tiny model against a bare @grpc/grpc-js echo of the same message; load from processes of their own. */
export async function grpcBench(): Promise<readonly Line[]> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
  const loads: ChildProcess[] = [];
  try {
    const model = join(directory, 'half_plus_three/123/model.onnx');
    await mkdir(join(model, '..'), { recursive: true });
    await writeFile(model, affineModel({ scale: 0.5, offset: 3 }));
    await using echo = await startServer(repositoryPath('scripts/bench/grpc-echo-server.ts'), []);
    await using slipway = await startServer(repositoryPath('out/main/headless.js'), [
      '--model_name=half_plus_three',
      `--model_base_path=${join(directory, 'half_plus_three')}`,
      `--data_dir=${directory}`,
      `--port=${await freePort()}`,
      '--rest_api_port=0',
      '--ui_port=0',
      '--log_level=error',
    ]);
    await waitUntilReady(slipway.url);
    for (let count = 0; count < LOADS; count += 1) {
      const load = fork(repositoryPath('scripts/bench/grpc-load-process.ts'));
      loads.push(load);
      await once(load, 'message');
    }
    const request = predictRequest('half_plus_three', [1, 2, 5]);
    const [response] = await drive(loads.slice(0, 1), slipway.grpcAddress, request, 1, 0.1);
    const predictions = readPredictions(Buffer.from(response?.response ?? '', 'base64'));
    if (predictions.join() !== '3.5,4,5.5') throw new Error(`predictions were ${predictions.join()}`);

    const lines: Line[] = [];
    for (const concurrent of CONCURRENT) {
      const rounds: { echo: Round[]; slipway: Round[] } = { echo: [], slipway: [] };
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const [name, server] of [
          ['echo', echo],
          ['slipway', slipway],
        ] as const) {
          rounds[name].push(await measure(loads, server, request, concurrent));
        }
      }
      lines.push(...linesOf(concurrent, rounds));
    }
    return lines;
  } finally {
    for (const load of loads) load.disconnect();
    await rm(directory, { recursive: true, force: true });
  }
}

function linesOf(concurrent: number, { echo, slipway }: { readonly echo: Round[]; readonly slipway: Round[] }): Line[] {
  const of = (rounds: readonly Round[], key: keyof Round) => median(rounds.map((round) => round[key]));
  const [ours, bare] = [of(slipway, 'perSecond'), of(echo, 'perSecond')];
  const [oursMicros, bareMicros] = [of(slipway, 'cpuMicros'), of(echo, 'cpuMicros')];
  const least = LEAST_OF_ECHO[concurrent];
  return [
    {
      what: `gRPC Predict half_plus_three / grpc-js echo, ${concurrent} concurrent`,
      value: ours / bare,
      unit: 'x',
      ...(least === undefined ? {} : { limit: { at: 'least', value: least } }),
      detail: `${Math.round(ours)} / ${Math.round(bare)} calls/s, median of ${ROUNDS}`,
    },
    {
      // Tells more than the calls per second where the load takes most of the machine.
      what: `CPU of an echoed call / CPU of a gRPC Predict, ${concurrent} concurrent`,
      value: bareMicros / oursMicros,
      unit: 'x',
      detail: `${Math.round(bareMicros)} / ${Math.round(oursMicros)} us, server and worker`,
    },
  ];
}

async function measure(
  loads: readonly ChildProcess[],
  server: { readonly pid: number; readonly grpcAddress: string },
  request: Buffer,
  concurrent: number,
): Promise<Round> {
  const used = loads.slice(0, concurrent);
  const before = await cpuSeconds(server.pid);
  const results = await drive(used, server.grpcAddress, request, concurrent, SECONDS);
  const cpu = (await cpuSeconds(server.pid)) - before;
  const perSecond = results.reduce((sum, result) => sum + result.perSecond, 0);
  return { perSecond, cpuMicros: (cpu * 1e6) / (perSecond * SECONDS) };
}

/** Has each of the load processes make its share of the calls. */
async function drive(
  loads: readonly ChildProcess[],
  address: string,
  request: Buffer,
  concurrent: number,
  seconds: number,
): Promise<readonly { readonly perSecond: number; readonly response: string }[]> {
  const share = Math.ceil(concurrent / loads.length);
  const order = {
    address,
    request: request.toString('base64'),
    concurrent: share,
    connections: Math.min(share, CONNECTIONS_PER_LOAD),
    seconds,
  };
  return Promise.all(
    loads.map(async (load) => {
      const answer = once(load, 'message');
      load.send(order);
      const [message]: unknown[] = await answer;
      const result = Result.parse(message);
      if ('error' in result) throw new Error(`calls to ${address} failed: ${result.error}`);
      return result;
    }),
  );
}
