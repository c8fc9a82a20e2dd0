import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { affineModel } from '../samples/sample-models.ts';
import { encodeModel, tensorValue } from '../samples/onnx-writer.ts';
import { LOAD_GENERATOR, median, requestsPerSecond } from './load.ts';
import type { Line } from './report.ts';
import { startServer, type ServerProcess } from './server-process.ts';
import { repositoryPath, waitUntilReady } from './slipway-process.ts';

const SECONDS = 2;
const ROUNDS = 5;
const LEAST_OF_ECHO: Readonly<Record<number, number | undefined>> = { 8: 0.38, 64: 0.55 };

/** Takes one image, float32 [N, 3, 224, 224], and gives its mean: the body costs, not the model. */
function imageMeanModel() {
  return encodeModel({
    graph: {
      name: 'mean',
      inputs: [tensorValue('image', 'float32', ['N', 3, 224, 224])],
      outputs: [tensorValue('mean', 'float32', ['N'])],
      nodes: [
        {
          operator: 'ReduceMean',
          inputs: ['image'],
          outputs: ['mean'],
          attributes: { axes: { kind: 'ints', value: [1, 2, 3] }, keepdims: { kind: 'int', value: 0 } },
        },
      ],
    },
  });
}

/** Pixels as a client that normalises them would send them: seven or so digits each. */
function imageBody(): string {
  let state = 12_345;
  const next = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.fround((state / 2 ** 32) * 4 - 2);
  };
  const plane = () =>
    Array.from({ length: 224 }, () => Array.from({ length: 224 }, () => Number(next().toPrecision(7))));
  return JSON.stringify({ instances: [[plane(), plane(), plane()]] });
}

/** Requests per second of each server under the same load, measured in turn, round by round. */
async function interleaved(
  servers: Readonly<Record<string, string>>,
  load: { readonly body: string; readonly connections: number },
): Promise<Readonly<Record<string, number>>> {
  const names = Object.keys(servers);
  const rates: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of names) {
      rates[name]?.push(await requestsPerSecond({ url: servers[name] ?? '', seconds: SECONDS, ...load }));
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(rates[name] ?? [])]));
}

function ratio(what: string, over: number, under: number, least?: number): Line {
  return {
    what,
    value: over / under,
    unit: 'x',
    ...(least === undefined ? {} : { limit: { at: 'least', value: least } }),
    detail: `${Math.round(over)} / ${Math.round(under)} requests/s, median of ${ROUNDS}, ${LOAD_GENERATOR}`,
  };
}

/** HTTP predict against a bare echo and against a session in the HTTP process; small bodies and one image as JSON. */
export async function httpBench(): Promise<readonly Line[]> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
  try {
    const small = join(directory, 'half_plus_three/123/model.onnx');
    const image = join(directory, 'image_mean/1/model.onnx');
    for (const path of [small, image]) await mkdir(join(path, '..'), { recursive: true });
    await writeFile(small, affineModel({ scale: 0.5, offset: 3 }));
    await writeFile(image, imageMeanModel());
    const config = join(directory, 'models.config');
    const entry = (name: string) => `config { name: "${name}" base_path: ${JSON.stringify(join(directory, name))} }`;
    await writeFile(config, `model_config_list { ${entry('half_plus_three')} ${entry('image_mean')} }`);

    await using echo = await startServer(repositoryPath('scripts/bench/echo-server.ts'), []);
    await using slipway = await startServer(repositoryPath('out/main/headless.js'), [
      `--model_config_file=${config}`,
      `--data_dir=${directory}`,
      '--rest_api_port=0',
      '--ui_port=0',
      '--log_level=error',
    ]);
    await using smallInProcess = await startServer(repositoryPath('scripts/bench/in-process-server.ts'), [small]);
    await using imageInProcess = await startServer(repositoryPath('scripts/bench/in-process-server.ts'), [
      image,
      '3x224x224',
    ]);
    await waitUntilReady(slipway.url);
    return [
      ...(await smallBodies(echo, slipway, smallInProcess)),
      ...(await imageBodies(echo, slipway, imageInProcess)),
    ];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function smallBodies(echo: ServerProcess, slipway: ServerProcess, inProcess: ServerProcess): Promise<Line[]> {
  const body = '{"instances": [1.0, 2.0, 5.0]}';
  const lines: Line[] = [];
  for (const connections of [1, 8, 64]) {
    const rates = await interleaved(
      {
        echo: echo.url,
        slipway: `${slipway.url}/v1/models/half_plus_three:predict`,
        inProcess: inProcess.url,
      },
      { body, connections },
    );
    const { slipway: ours = 0, echo: bare = 0, inProcess: same = 0 } = rates;
    const least = LEAST_OF_ECHO[connections];
    lines.push(ratio(`predict half_plus_three / echo, ${connections} connections`, ours, bare, least));
    lines.push(ratio(`predict half_plus_three / session in process, ${connections} connections`, ours, same));
  }
  return lines;
}

async function imageBodies(echo: ServerProcess, slipway: ServerProcess, inProcess: ServerProcess): Promise<Line[]> {
  const body = imageBody();
  const rates = await interleaved(
    { echo: echo.url, slipway: `${slipway.url}/v1/models/image_mean:predict`, inProcess: inProcess.url },
    { body, connections: 8 },
  );
  const { slipway: ours = 0, echo: bare = 0, inProcess: same = 0 } = rates;
  const megabytes = (body.length / 1e6).toFixed(1);
  return [
    ratio(`image as JSON (${megabytes} MB) / JSON.parse and copy, 8 connections`, ours, same, 1.5),
    ratio(`image as JSON (${megabytes} MB) / echo, 8 connections`, ours, bare),
  ];
}
