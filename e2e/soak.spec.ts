import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Client, credentials } from '@grpc/grpc-js';
import { loadSync, type MethodDefinition } from '@grpc/proto-loader';
import { expect } from '@playwright/test';
import { z } from 'zod';
import { affineModel } from '../scripts/samples/sample-models.ts';
import { repositoryPath, type Slipway, startSlipway, temporaryDirectory, writeVersion } from './testing/slipway.ts';
import { test } from './testing/test.ts';

const MODEL = 'soaked';
const SWAPS = 30;
/** Swaps after which the server has all that it needs: what it holds from then on is compared with the end. */
const SETTLING_SWAPS = 5;
const REST_CALLERS = 4;
const GRPC_CALLERS = 4;
const MOST_EXTRA_WORKERS = 1;
const MOST_EXTRA_BYTES = 120e6;
const MOST_EXTRA_HANDLES = 10;
/** The model of version V answers X with 0.5 X + V, so that an answer tells who gave it. */
const INPUT = [1, 2, 5];
const versionOf = (answer: readonly number[]): number => {
  const version = (answer[0] ?? Number.NaN) - 0.5 * 1;
  expect(answer).toEqual(INPUT.map((value) => 0.5 * value + version));
  return version;
};

/** Which version may answer: one that was available when the call began, or one that came since. */
interface Turn {
  /** The newest that was seen to be available. */
  available: number;
  /** The newest whose files were begun. */
  written: number;
}

/** What one caller saw. */
interface Tally {
  calls: number;
  readonly versions: Set<number>;
  readonly faults: string[];
}

type Call = () => Promise<{ readonly said: number; readonly values: readonly number[] }>;

/** Makes a call again and again until stopped. */
async function keepCalling(call: Call, turn: Turn, signal: AbortSignal): Promise<Tally> {
  const tally: Tally = { calls: 0, versions: new Set(), faults: [] };
  while (!signal.aborted) {
    const least = turn.available;
    try {
      const { said, values } = await call();
      const most = turn.written;
      const version = versionOf(values);
      tally.calls += 1;
      tally.versions.add(version);
      if (said !== version) tally.faults.push(`version ${version} answered and ${said} was named`);
      if (version < least || version > most) {
        tally.faults.push(`version ${version} answered a call of the time from ${least} to ${most}`);
      }
    } catch (error) {
      tally.faults.push(String(error));
    }
  }
  return tally;
}

const Predictions = z.object({ predictions: z.array(z.number()) });

function restCall(server: Slipway, agent: Agent): Call {
  const body = JSON.stringify({ instances: INPUT });
  return async () => {
    const { promise, resolve, reject } = Promise.withResolvers<{ said: number; values: readonly number[] }>();
    const call = httpRequest(`${server.restUrl}/v1/models/${MODEL}:predict`, { method: 'POST', agent }, (response) => {
      text(response).then((answer) => {
        if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${answer}`);
        resolve({
          said: Number(response.headers['slipway-model-version']),
          values: Predictions.parse(JSON.parse(answer)).predictions,
        });
      }, reject);
    });
    call.on('error', reject);
    call.end(body);
    return promise;
  };
}

const definitions = loadSync('tensorflow_serving/apis/prediction_service.proto', {
  includeDirs: [repositoryPath('resources/protos')],
  keepCase: true,
  longs: String,
  enums: String,
  oneofs: true,
});
const Response = z.object({
  model_spec: z.object({ name: z.literal(MODEL), version: z.object({ value: z.string() }) }),
  outputs: z.record(z.string(), z.object({ float_val: z.array(z.number()) })),
});

type Method = MethodDefinition<object, object>;
const isMethod = (found: unknown): found is Method =>
  typeof found === 'object' && found !== null && 'requestSerialize' in found;

function grpcCall(client: Client): Call {
  const service: Readonly<Record<string, unknown>> = { ...definitions['tensorflow.serving.PredictionService'] };
  const method = service['Predict'];
  if (!isMethod(method)) throw new Error('the .proto files have no Predict');
  const { path, requestSerialize, responseDeserialize } = method;
  const request = {
    model_spec: { name: MODEL },
    inputs: {
      x: {
        dtype: 'DT_FLOAT',
        tensor_shape: { dim: [{ size: String(INPUT.length) }] },
        tensor_content: Buffer.from(Float32Array.from(INPUT).buffer),
      },
    },
  };
  return () =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, value) => {
        if (error) {
          reject(error);
          return;
        }
        const { model_spec: spec, outputs } = Response.parse(value);
        resolve({ said: Number(spec.version.value), values: Object.values(outputs)[0]?.float_val ?? [] });
      });
    });
}

/** What the server holds on to. */
interface Holdings {
  readonly workers: number;
  /** Of all workers. */
  readonly workerBytes: number;
  readonly serverBytes: number;
  /** Open files and sockets; 0 where the system does not tell. */
  readonly handles: number;
}

async function holdings(server: Slipway): Promise<Holdings> {
  const page = await (await fetch(`${server.restUrl}/monitoring/prometheus/metrics`)).text();
  const values = (name: string): readonly number[] =>
    page
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .map((line) => Number(line.slice(line.lastIndexOf(' '))));
  const workers = values('slipway_worker_resident_memory_bytes');
  const descriptors = `/proc/${server.process.pid}/fd`;
  return {
    workers: workers.length,
    workerBytes: workers.reduce((sum, bytes) => sum + bytes, 0),
    serverBytes: values('process_resident_memory_bytes')[0] ?? Number.NaN,
    handles: existsSync(descriptors) ? (await readdir(descriptors)).length : 0,
  };
}

/** Has the servers that are started meanwhile put their temporary files there. */
function useTemporaryFolder(path: string): Disposable {
  const names = ['TMPDIR', 'TMP', 'TEMP'];
  const before = names.map((name) => process.env[name]);
  for (const name of names) process.env[name] = path;
  return {
    [Symbol.dispose]() {
      names.forEach((name, index) => {
        const value = before[index];
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      });
    },
  };
}

test(`${SWAPS} swaps of a version under REST and gRPC load fail not one call and leave nothing behind`, async () => {
  test.setTimeout(90_000);
  await using directory = await temporaryDirectory();
  const models = join(directory.path, MODEL);
  const temporary = join(directory.path, 'tmp');
  const staging = join(directory.path, 'staging');
  await mkdir(temporary);
  await writeVersion(models, 1, affineModel({ scale: 0.5, offset: 1 }));
  using _ = useTemporaryFolder(temporary);
  await using server = await startSlipway({
    dataDirectory: join(directory.path, 'data'),
    flags: [`--model_name=${MODEL}`, `--model_base_path=${models}`, '--version_settle_millis=100'],
  });
  const untilState = (version: number, state: string) =>
    server.untilStatus(MODEL, (versions) =>
      versions.some((status) => status.version === String(version) && status.state === state),
    );
  await untilState(1, 'AVAILABLE');

  const turn: Turn = { available: 1, written: 1 };
  const stop = new AbortController();
  const agent = new Agent({ keepAlive: true });
  const client = new Client(server.grpcAddress, credentials.createInsecure());
  const callers = [
    ...Array.from({ length: REST_CALLERS }, () => keepCalling(restCall(server, agent), turn, stop.signal)),
    ...Array.from({ length: GRPC_CALLERS }, () => keepCalling(grpcCall(client), turn, stop.signal)),
  ];

  let early: Holdings | undefined;
  for (let version = 2; version <= SWAPS + 1; version += 1) {
    turn.written = version;
    const model = affineModel({ scale: 0.5, offset: version });
    if (version % 2 === 0) {
      await writeVersion(models, version, model);
    } else {
      await writeVersion(staging, version, model);
      await rename(join(staging, String(version)), join(models, String(version)));
    }
    await untilState(version, 'AVAILABLE');
    turn.available = version;
    await untilState(version - 1, 'END');
    await rm(join(models, String(version - 1)), { recursive: true });
    if (version === SETTLING_SWAPS + 1) early = await holdings(server);
  }
  const late = await holdings(server);
  stop.abort();
  const tallies = await Promise.all(callers);
  agent.destroy();
  client.close();

  expect(tallies.flatMap(({ faults }) => faults)).toEqual([]);
  const everyVersion = Array.from({ length: SWAPS + 1 }, (_unused, index) => index + 1);
  const restVersions = new Set(tallies.slice(0, REST_CALLERS).flatMap(({ versions }) => [...versions]));
  const grpcVersions = new Set(tallies.slice(REST_CALLERS).flatMap(({ versions }) => [...versions]));
  expect([...restVersions].toSorted((left, right) => left - right)).toEqual(everyVersion);
  expect([...grpcVersions].toSorted((left, right) => left - right)).toEqual(everyVersion);

  expect(early).toBeDefined();
  if (!early) return;
  expect(late.workers).toBeLessThanOrEqual(early.workers + MOST_EXTRA_WORKERS);
  expect(late.workerBytes).toBeLessThan(early.workerBytes + MOST_EXTRA_BYTES);
  expect(late.serverBytes).toBeLessThan(early.serverBytes + MOST_EXTRA_BYTES);
  expect(late.handles).toBeLessThanOrEqual(early.handles + MOST_EXTRA_HANDLES);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expect(await readdir(temporary)).toEqual([]);
  test.info().annotations.push({
    type: 'calls',
    description: String(tallies.reduce((sum, { calls }) => sum + calls, 0)),
  });
});
