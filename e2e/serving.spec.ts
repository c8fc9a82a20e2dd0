import { existsSync } from 'node:fs';
import { cp, mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from '@playwright/test';
import { affineModel, bigModel, corrupted, slowModel } from '../scripts/samples/sample-models.ts';
import { repositoryPath, startSlipway, temporaryDirectory, writeVersion, type Slipway } from './testing/slipway.ts';
import { test } from './testing/test.ts';

const BODY = { instances: [1.0, 2.0, 5.0] };
const halfPlus = (offset: number) => affineModel({ scale: 0.5, offset });

/** A config file that names each of these model folders after itself. */
async function configFile(directory: string, names: readonly string[]): Promise<string> {
  const path = join(directory, 'models.config');
  const configs = names.map((name) => `config { name: "${name}" base_path: ${JSON.stringify(join(directory, name))} }`);
  await writeFile(path, `model_config_list { ${configs.join('\n')} }`);
  return path;
}

const available = (version: string) => (versions: readonly { version: string; state: string }[]) =>
  versions.some((status) => status.version === version && status.state === 'AVAILABLE');

/** Sends predictions one after the other until stopped; keeps what every answer was. */
function keepPredicting(server: Slipway, model: string) {
  const answers: { status: number; version: string | null; error?: unknown }[] = [];
  let stopped = false;
  const done = (async () => {
    while (!stopped) {
      const { status, version, json } = await server.predict(model, BODY);
      answers.push({ status, version, ...(status === 200 ? {} : { error: json }) });
    }
  })();
  return {
    answers,
    async stop() {
      stopped = true;
      await done;
      return answers;
    },
  };
}

test('the samples answer the first request of the README', async () => {
  await using directory = await temporaryDirectory();
  await using server = await startSlipway({ dataDirectory: directory.path });
  await server.untilStatus('half_plus_three', available('123'));
  await server.untilStatus('half_plus_two', available('2'));
  const response = await fetch(`${server.restUrl}/v1/models/half_plus_three:predict`, {
    method: 'POST',
    body: '{"instances": [1.0, 2.0, 5.0]}',
  });
  expect((await response.text()).trim()).toBe('{"predictions": [3.5, 4.0, 5.5]}');
  expect(response.headers.get('slipway-model-version')).toBe('123');
});

test('a version that is copied in slowly under load takes over without one failed request', async () => {
  await using directory = await temporaryDirectory();
  const model = join(directory.path, 'resnet');
  await writeVersion(model, 1, halfPlus(3));
  await using server = await startSlipway({
    dataDirectory: join(directory.path, 'data'),
    flags: ['--model_name=resnet', `--model_base_path=${model}`, '--version_settle_millis=400'],
  });
  await server.untilStatus('resnet', available('1'));
  const requests = keepPredicting(server, 'resnet');

  const bytes = halfPlus(30);
  const pieces = 8;
  await mkdir(join(model, '2'));
  const file = await open(join(model, '2', 'model.onnx'), 'w');
  for (let piece = 0; piece < pieces; piece += 1) {
    const [start, end] = [piece, piece + 1].map((at) => Math.floor((bytes.length * at) / pieces));
    await file.write(bytes.subarray(start, end));
    // The copy takes longer than the settle time all in all, and shorter between two writes.
    await delay(120);
  }
  await file.close();

  await server.untilStatus('resnet', (versions) =>
    versions.some(({ version, state }) => version === '1' && state === 'END'),
  );
  const answers = await requests.stop();
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  const answered = answers.map(({ version }) => version);
  expect(new Set(answered)).toEqual(new Set(['1', '2']));
  // Once the new version answers, the old one never does again.
  expect(answered.lastIndexOf('1')).toBeLessThan(answered.indexOf('2') + 1);
  expect((await server.predict('resnet', BODY)).json).toEqual({ predictions: [30.5, 31, 32.5] });
  expect(server.log()).not.toContain('load failed');
});

test('a corrupt version leaves the old one serving, and the reason is told', async () => {
  await using directory = await temporaryDirectory();
  const model = join(directory.path, 'm');
  await writeVersion(model, 1, halfPlus(3));
  await using server = await startSlipway({
    dataDirectory: join(directory.path, 'data'),
    flags: ['--model_name=m', `--model_base_path=${model}`, '--max_num_load_retries=0', '--version_settle_millis=50'],
  });
  await server.untilStatus('m', available('1'));
  const requests = keepPredicting(server, 'm');
  await writeVersion(model, 2, corrupted(halfPlus(3)));
  const versions = await server.untilStatus('m', (all) =>
    all.some(({ version, state }) => version === '2' && state === 'END'),
  );
  expect(versions.find(({ version }) => version === '2')?.status).toMatchObject({
    error_code: 'INVALID_ARGUMENT',
    error_message: expect.stringContaining('model.onnx'),
  });
  expect(JSON.stringify(versions)).not.toContain(directory.path);

  // The same number with good content is tried again and takes over.
  await writeVersion(model, 2, halfPlus(4));
  await server.untilStatus('m', available('2'));
  const answers = await requests.stop();
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  expect((await server.predict('m', BODY)).json).toEqual({ predictions: [4.5, 5, 6.5] });
});

test('a fresh start with a corrupt newest version serves the one before it', async () => {
  await using directory = await temporaryDirectory();
  const model = join(directory.path, 'm');
  await writeVersion(model, 1, halfPlus(3));
  await writeVersion(model, 2, corrupted(halfPlus(3)));
  await using server = await startSlipway({
    dataDirectory: join(directory.path, 'data'),
    flags: ['--model_name=m', `--model_base_path=${model}`, '--version_settle_millis=0'],
  });
  await server.untilStatus('m', available('1'));
  expect(await server.predict('m', BODY)).toMatchObject({ status: 200, version: '1' });
});

test('a worker that is killed under load takes nothing else with it and is back by itself', async () => {
  test.skip(process.platform === 'win32', 'finds the worker by its parent in /proc');
  test.skip(!existsSync('/proc/self/stat'), 'finds the worker by its parent in /proc');
  await using directory = await temporaryDirectory();
  await writeVersion(join(directory.path, 'small'), 1, halfPlus(3));
  // Larger than what shares a worker, so that the two models are in two processes.
  await writeVersion(join(directory.path, 'large'), 1, bigModel(20));
  await using server = await startSlipway({
    dataDirectory: join(directory.path, 'data'),
    flags: [`--model_config_file=${await configFile(directory.path, ['small', 'large'])}`],
  });
  await server.untilStatus('small', available('1'));
  const before = await workersOf(server.process.pid ?? 0);
  await server.untilStatus('large', available('1'));
  const requests = keepPredicting(server, 'small');
  const large = (await workersOf(server.process.pid ?? 0)).filter((pid) => !before.includes(pid));
  const victims = large.length > 0 ? large : (await workersOf(server.process.pid ?? 0)).slice(-1);
  for (const pid of victims) process.kill(pid, 'SIGKILL');
  await server.untilStatus('large', (versions) => !available('1')(versions));
  await server.untilStatus('large', available('1'));
  const answers = await requests.stop();
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  expect(await server.predict('large', { instances: [3] })).toMatchObject({ status: 200 });
});

test('a model whose own worker is killed under load answers 503 with the reason, then answers again', async () => {
  test.skip(!existsSync('/proc/self/stat'), 'finds the worker by its parent in /proc');
  await using directory = await temporaryDirectory();
  await writeVersion(join(directory.path, 'm'), 1, halfPlus(3));
  await using server = await startSlipway({
    dataDirectory: join(directory.path, 'data'),
    flags: ['--model_name=m', `--model_base_path=${join(directory.path, 'm')}`],
  });
  await server.untilStatus('m', available('1'));
  const requests = keepPredicting(server, 'm');
  for (const pid of await workersOf(server.process.pid ?? 0)) process.kill(pid, 'SIGKILL');
  await expect.poll(() => requests.answers.some(({ status }) => status === 503)).toBe(true);
  await server.untilStatus('m', available('1'));
  await expect.poll(() => requests.answers.at(-1)?.status).toBe(200);
  const failed = (await requests.stop()).filter(({ status }) => status !== 200);
  expect(failed.length).toBeGreaterThan(0);
  for (const { status, error } of failed) {
    expect(status).toBe(503);
    expect(JSON.stringify(error)).toMatch(/worker|load/u);
  }
});

test('SIGTERM finishes what is in flight and ends with code 0', async () => {
  test.skip(process.platform === 'win32', 'Windows has no SIGTERM');
  await using directory = await temporaryDirectory();
  const model = join(directory.path, 'slow');
  await writeVersion(model, 1, slowModel({ rounds: 20_000 }));
  await using server = await startSlipway({
    dataDirectory: join(directory.path, 'data'),
    flags: ['--model_name=slow', `--model_base_path=${model}`],
  });
  await server.untilStatus('slow', available('1'));
  const workers = await workersOf(server.process.pid ?? 0);
  const inFlight = server.predict('slow', { instances: [Array.from({ length: 256 }, () => 1)] });
  await delay(50);
  const ended = server.stop('SIGTERM');
  expect((await inFlight).status).toBe(200);
  expect(await ended).toEqual({ code: 0, signal: null });
  for (const pid of workers) expect(existsSync(`/proc/${pid}/stat`)).toBe(false);
});

test('a taken port is an error that says what to do', async () => {
  await using directory = await temporaryDirectory();
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const address = holder.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  try {
    const start = startSlipway({ dataDirectory: directory.path, flags: [`--rest_api_port=${port}`] });
    await expect(start).rejects.toThrow(new RegExp(`code 1 [^]*${port}[^]*--rest_api_port`, 'u'));
  } finally {
    holder.close();
  }
});

for (const { flags, says } of [
  { flags: ['--rest_api_prot=1'], says: 'unknown flag --rest_api_prot; did you mean --rest_api_port?' },
  {
    flags: ['--model_config_file=/nowhere/models.config'],
    says: '--model_config_file=/nowhere/models.config cannot be read (ENOENT)',
  },
]) {
  test(`${flags.join(' ')} ends with a message that names it`, async () => {
    await using directory = await temporaryDirectory();
    await expect(startSlipway({ dataDirectory: directory.path, flags })).rejects.toThrow(says);
  });
}

test('forty tiny models do not cost forty processes', async () => {
  test.skip(!existsSync('/proc/self/stat'), 'counts the workers in /proc');
  await using directory = await temporaryDirectory();
  const names = Array.from({ length: 40 }, (_, index) => `model_${index}`);
  await Promise.all(names.map((name) => writeVersion(join(directory.path, name), 1, halfPlus(3))));
  await using server = await startSlipway({
    dataDirectory: join(directory.path, 'data'),
    flags: [`--model_config_file=${await configFile(directory.path, names)}`, '--version_settle_millis=0'],
  });
  for (const name of names) await server.untilStatus(name, available('1'));
  expect((await workersOf(server.process.pid ?? 0)).length).toBeLessThanOrEqual(4);
});

const sharedModels = repositoryPath('../shared/models/onnx');
test('real networks from the field answer what they are known to answer', async () => {
  test.skip(!existsSync(sharedModels), 'no folder with real models beside the repository');
  test.setTimeout(180_000);
  await using directory = await temporaryDirectory();
  const names = (await readdir(sharedModels))
    .filter((name) => name.endsWith('.onnx'))
    .map((name) => basename(name, '.onnx'));
  for (const name of names) {
    await mkdir(join(directory.path, name, '1'), { recursive: true });
    await cp(join(sharedModels, `${name}.onnx`), join(directory.path, name, '1', 'model.onnx'));
  }
  await using server = await startSlipway({
    dataDirectory: join(directory.path, 'data'),
    flags: [`--model_config_file=${await configFile(directory.path, names)}`],
  });
  const image = {
    instances: [Array.from({ length: 3 }, () => Array.from({ length: 224 }, () => Array<number>(224).fill(0.5)))],
  };
  for (const name of names) {
    await server.untilStatus(name, available('1'));
    const { status, json } = await server.predict(name, image);
    expect(status, JSON.stringify(json).slice(0, 300)).toBe(200);
    // The known answer is a TensorProto whose raw floats end the file.
    const known = await readFile(join(sharedModels, `${name}_output_0.pb`));
    const values =
      JSON.stringify(json)
        .match(/-?\d+(?:\.\d+)?(?:e[-+]?\d+)?/gu)
        ?.map(Number) ?? [];
    expect(values).toHaveLength(1000);
    const offset = known.length - 4000;
    for (const [index, value] of values.entries()) expect(value).toBeCloseTo(known.readFloatLE(offset + index * 4), 6);
  }
});

/** Pids of the direct children of a process, from /proc. */
async function workersOf(parent: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/u.test(name));
  const stats = await Promise.all(
    pids.map(async (pid) => ({ pid: Number(pid), stat: await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '') })),
  );
  return stats.filter(({ stat }) => Number(/\) \S+ (\d+)/u.exec(stat)?.[1]) === parent).map(({ pid }) => pid);
}
