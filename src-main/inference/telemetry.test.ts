import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { affineModel } from '../../scripts/samples/sample-models.ts';
import { createWorkerSetting, requestOf } from './testing/worker-setting.ts';

/** Variables that make telemetry of many tools stay quiet by themselves, so they must not be what keeps it quiet here. */
const CI_VARIABLES = ['CI', 'GITHUB_ACTIONS', 'TF_BUILD', 'BUILD_BUILDID', 'DO_NOT_TRACK', 'ORT_DISABLE_TELEMETRY'];

let home: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'slipway-home-'));
  for (const name of CI_VARIABLES) vi.stubEnv(name, undefined);
  vi.stubEnv('HOME', home);
  vi.stubEnv('USERPROFILE', home);
  for (const name of [
    'XDG_CONFIG_HOME',
    'XDG_CACHE_HOME',
    'XDG_DATA_HOME',
    'XDG_STATE_HOME',
    'LOCALAPPDATA',
    'APPDATA',
  ]) {
    vi.stubEnv(name, path.join(home, name.toLowerCase()));
  }
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true, force: true });
});

/** Every socket of the process that is not a local one: `TCP`, `UDP` or the like, with its line in /proc. */
async function networkSockets(pid: number): Promise<readonly string[]> {
  const descriptors = await readdir(`/proc/${pid}/fd`);
  const targets = await Promise.all(
    descriptors.map(async (name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')),
  );
  const inodes = new Set(targets.flatMap((target) => /^socket:\[(\d+)\]$/u.exec(target)?.[1] ?? []));
  const tables = await Promise.all(
    ['tcp', 'tcp6', 'udp', 'udp6', 'raw', 'raw6'].map(async (protocol) => {
      const table = await readFile(`/proc/${pid}/net/${protocol}`, 'utf8').catch(() => '');
      return table.split('\n').map((line) => `${protocol} ${line.trim()}`);
    }),
  );
  // The tenth column is the inode.
  return tables.flat().filter((line) => inodes.has(line.split(/\s+/u)[10] ?? ''));
}

/** Loads a model in a worker, runs it once, and looks at the process before it ends. */
async function useWorker(look: (pid: number) => Promise<void>): Promise<void> {
  await using setting = await createWorkerSetting();
  const model = await setting.serve('m/1', affineModel({ scale: 1, offset: 1 }));
  await model.infer(requestOf({ instances: [1] }), new AbortController().signal);
  await look(model.placement.pid);
  await model.unload();
}

describe('telemetry of ONNX Runtime', { timeout: 30_000 }, () => {
  it('leaves no file behind on a machine that is no build server', async () => {
    // Where it is on, it makes Microsoft/DeveloperTools/.onnxruntime/onnxruntime.db below the cache folder at once.
    await useWorker(async () => {
      expect(await readdir(home)).toEqual([]);
    });
    expect(await readdir(home)).toEqual([]);
  });

  it.runIf(process.platform === 'linux')(
    'is off before the process begins, and nothing reaches for the network',
    async () => {
      await useWorker(async (pid) => {
        const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
        expect(environment.split('\0')).toContain('ORT_DISABLE_TELEMETRY=1');
        expect(await networkSockets(pid)).toEqual([]);
      });
    },
  );
});
