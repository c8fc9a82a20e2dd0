import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../contracts/logger.ts';
import { createChildProcessHost } from './child-process-host.ts';
import { createInferenceRuntime } from './inference-runtime.ts';
import { checkInstalledOrt } from './installed-ort.ts';
import { WORKER_ENTRY } from './testing/worker-setting.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-test-'));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

async function install(packageJson: string): Promise<void> {
  const target = path.join(folder, 'node_modules', 'onnxruntime-node');
  await mkdir(target, { recursive: true });
  await writeFile(path.join(target, 'package.json'), packageJson);
}

/** Where the built code lies relative to the packages. */
const code = (): string => path.join(folder, 'out', 'main', 'chunks', 'start.js');

describe('checkInstalledOrt', () => {
  it('takes what this project has installed, also through the runtime', async () => {
    const host = createChildProcessHost({ entry: WORKER_ENTRY });
    await expect(createInferenceRuntime({ host, log: silentLogger }).ready()).resolves.toBeUndefined();
  });

  it('takes a version that will do', async () => {
    await install('{"version": "1.27.0"}');
    await expect(checkInstalledOrt(code())).resolves.toBeUndefined();
  });

  it.each([
    { packageJson: '{"version": "1.26.1"}', message: 'onnxruntime-node 1.26.1 is too old: 1.27 or newer is needed' },
    { packageJson: '{}', message: '1.27 or newer is needed' },
    { packageJson: '', message: 'onnxruntime-node is not installed' },
  ])('refuses $packageJson', async ({ packageJson, message }) => {
    await install(packageJson);
    await expect(checkInstalledOrt(code())).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringContaining(message),
    });
  });
});
