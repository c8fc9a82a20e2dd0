import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { asServingError } from '../../contracts/serving-error.ts';
import { tfRecords } from '../testing/warm-up-files.ts';
import { LoadTurn } from './load-turn.ts';

const INFO = {
  platform: 'onnx',
  signature: { inputs: [], outputs: [] },
  irVersion: '8',
  opsets: [],
  producer: '',
  graphName: '',
  description: '',
  metadata: {},
  unsupportedOutputs: [],
  batching: { enabled: false, reason: '' },
  sizeBytes: 0,
} as const;

it('says that it warms up before it reads the first record, so that the time of reading is watched too', async () => {
  const versionFolder = await mkdtemp(path.join(tmpdir(), 'slipway-test-'));
  try {
    await mkdir(path.join(versionFolder, 'assets.extra'));
    const records = tfRecords([Buffer.alloc(800_000, Uint8Array.of(0x32, 0))]);
    await writeFile(path.join(versionFolder, 'assets.extra/tf_serving_warmup_requests'), records.subarray(0, -1));
    const events: string[] = [];
    const turn = new LoadTurn({
      handle: 1,
      warmupIterations: 1,
      open: () => {
        events.push('opened');
        return Promise.resolve({
          info: INFO,
          session: {
            run: () => Promise.resolve(new Map()),
            release: () => {
              events.push('released');
              return Promise.resolve();
            },
          },
          codec: { parse: () => ({ inputs: new Map(), write: () => Buffer.alloc(0) }) },
          versionFolder,
        });
      },
      onWarmingUp: () => events.push('warming up'),
      onReady: () => events.push('ready'),
      onFailed: (error) => events.push(asServingError(error).code),
    });
    expect(await turn.run()).toBe(false);
    expect(events).toEqual(['opened', 'warming up', 'released', 'DATA_LOSS']);
  } finally {
    await rm(versionFolder, { recursive: true, force: true });
  }
});
