import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { checkModelConfigs } from '../../src-main/config/check-model-configs.ts';
import { parseModelConfigFile } from '../../src-main/config/model-config-file.ts';
import { affineModel } from '../samples/sample-models.ts';
import { median } from './load.ts';
import { cpuMs } from './longest-turn.ts';
import type { Line } from './report.ts';
import { startServer } from './server-process.ts';
import { repositoryPath } from './slipway-process.ts';

const MODELS = 1000;
const PARSE_ROUNDS = 5;
const MOST_PARSE_MS = 100;
const MOST_TURN_MS = 50;
const MOST_WAIT_MS = 120_000;

const Models = z.object({ models: z.array(z.unknown()) });

/** A config file of many models: the time to read it, and how long it holds main's event loop up when a server takes it over. */
export async function configBench(): Promise<readonly Line[]> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
  try {
    const text = configText(directory);
    const parseMs = Array.from({ length: PARSE_ROUNDS }, () => {
      const start = cpuMs();
      const { configs } = checkModelConfigs(parseModelConfigFile(text).messages ?? []);
      if (configs.length !== MODELS) throw new Error(`${configs.length} models were read`);
      return cpuMs() - start;
    });
    const [first = 0] = parseMs;
    return [
      {
        what: `config file of ${MODELS} models read and checked`,
        value: median(parseMs),
        unit: 'ms',
        limit: { at: 'most', value: MOST_PARSE_MS },
        detail: `CPU time, ${Math.round(text.length / 1000)} kB, median of ${PARSE_ROUNDS}; the first ${first.toFixed(1)} ms`,
      },
      ...(await applyLines(directory, text)),
    ];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** As people write it: a policy, labels and a comment here and there. */
function configText(directory: string): string {
  const configs = Array.from({ length: MODELS }, (_, index) => {
    const name = `model_${index}`;
    return `  # number ${index}
  config {
    name: "${name}"
    base_path: ${JSON.stringify(join(directory, name))}
    model_platform: "tensorflow"
    model_version_policy { specific { versions: 1 versions: 2 } }
    version_labels { key: "stable" value: 1 }
    version_labels { key: "canary" value: 2 }
  }`;
  });
  return `model_config_list {\n${configs.join('\n')}\n}\n`;
}

async function applyLines(directory: string, text: string): Promise<readonly Line[]> {
  // Versions without a model wait for one: what is measured is the configuration, not the loading of models.
  for (let index = 0; index < MODELS; index += 1) {
    await mkdir(join(directory, `model_${index}`, '1'), { recursive: true });
  }
  const one = join(directory, 'one');
  await mkdir(join(one, '1'), { recursive: true });
  await writeFile(join(one, '1/model.onnx'), affineModel({ scale: 0.5, offset: 3 }));
  const oneModel = `model_config_list { config { name: "one" base_path: ${JSON.stringify(one)} } }`;
  const config = join(directory, 'models.config');
  const write = async (content: string): Promise<void> => {
    await writeFile(`${config}.new`, content);
    await rename(`${config}.new`, config);
  };
  await write(oneModel);
  await using slipway = await startServer(
    repositoryPath('out/main/headless.js'),
    [
      `--model_config_file=${config}`,
      '--model_config_file_poll_wait_seconds=1',
      `--data_dir=${directory}`,
      '--port=0',
      '--rest_api_port=0',
      '--ui_port=0',
      '--log_level=error',
    ],
    ['--import', repositoryPath('scripts/bench/loop-delay.ts')],
  );
  const untilModels = async (count: number): Promise<void> => {
    const end = Date.now() + MOST_WAIT_MS;
    for (;;) {
      const { models } = Models.parse(await (await fetch(`${slipway.url}/v1/models`)).json());
      if (models.length === count) break;
      if (Date.now() > end) throw new Error(`${models.length} models are served instead of ${count}`);
      await delay(100);
    }
    // The first polls of the folders belong to it.
    await delay(2000);
  };
  await untilModels(1);
  const adding = await slipway.loopDelay(async () => {
    await write(text);
    await untilModels(MODELS);
  });
  const removing = await slipway.loopDelay(async () => {
    await write(oneModel);
    await untilModels(1);
  });
  const line = (
    what: string,
    { turnMs, p99Ms, maxMs }: { readonly turnMs: number; readonly p99Ms: number; readonly maxMs: number },
  ): Line => ({
    what: `main's longest turn of the event loop when ${what}`,
    value: turnMs,
    unit: 'ms',
    limit: { at: 'most', value: MOST_TURN_MS },
    detail: `CPU time; delay on the clock p99 ${p99Ms.toFixed(1)} ms, longest ${maxMs.toFixed(1)} ms`,
  });
  return [
    line(`a config file of ${MODELS} models is applied`, adding),
    line(`one of 1 model takes the place of ${MODELS}`, removing),
  ];
}
