import type { PrefixPage } from '#contracts/ui-sources.ts';
import { name, NOW_MS, snapshot } from '../../../testing/fixtures.ts';
import { serverSettings } from '../../settings/testing/fixtures.ts';
import { connection, root, sourcesBoard, stagesUpTo, test } from '../../sources/testing/fixtures.ts';
import { USUAL_MODELS } from './model-stories.ts';
import type { State, Story } from './story.ts';
import { LOST, refused } from './story.ts';

const lab = connection('lab', {
  preset: 'minio',
  endpoint: 'http://10.0.0.5:9000',
  startUri: 's3://ml/prod',
  models: [name('price')],
});
const ROOTS = [
  root('/home/ada/models', {
    pollIntervalMs: 1000,
    models: [name('resnet')],
  }),
  root('s3://ml/prod', { connection: lab.id, models: [name('price')] }),
];
const usual = sourcesBoard({
  connections: [lab, connection('archive', { preset: 'aws' })],
  roots: ROOTS,
  cache: { folder: '/home/ada/.cache/slipway', usedBytes: 97_800_000, capBytes: 10_000_000_000, versions: 2 },
});
const told = (sources: typeof usual) => snapshot(USUAL_MODELS, { boards: { sources } });

const PAGE = 1000;
const page: PrefixPage = {
  uri: 's3://ml/prod',
  parent: 's3://ml',
  folders: [{ name: 'price', uri: 's3://ml/prod/price' }],
  files: Array.from({ length: PAGE - 1 }, (_, index) => {
    const file = `part-${String(index).padStart(4, '0')}.bin`;
    return { name: file, uri: `s3://ml/prod/${file}`, sizeBytes: 1024 * (index + 1), modifiedMs: NOW_MS - 86_400_000 };
  }),
  next: 'part-0999.bin',
};

export const SOURCES: Readonly<Record<State, Story>> = {
  usual: { path: '/sources', told: told(usual) },
  empty: { path: '/sources', told: snapshot([], { boards: { sources: sourcesBoard() } }) },
  loading: {
    path: '/sources/lab',
    told: told({
      ...usual,
      tests: [test({ connection: lab.id, stages: stagesUpTo({ stage: 'signature', status: 'running' }) })],
    }),
  },
  error: {
    path: '/sources/lab',
    told: told({
      ...usual,
      roots: [
        root('s3://ml/prod', {
          connection: lab.id,
          status: 'error',
          message: 'the store refused the keys [S3_BAD_CREDENTIALS]',
        }),
      ],
      tests: [
        test({
          connection: lab.id,
          state: 'failed',
          stages: stagesUpTo({
            stage: 'signature',
            status: 'failed',
            detail: 'the store does not know the access key',
            code: 'S3_BAD_CREDENTIALS',
            fix: { text: 'Check the access key and the secret.' },
          }),
        }),
      ],
    }),
  },
  offline: { path: '/sources', told: told(usual), connection: LOST },
  huge: {
    path: '/sources/lab?at=s3%3A%2F%2Fml%2Fprod',
    told: told(usual),
    commands: { browsePrefix: () => Promise.resolve(page) },
  },
};

const SET = serverSettings({
  restTimeout: [
    { kind: 'duration', ms: 45_000 },
    { kind: 'duration', ms: 30_000 },
  ],
  loadRetries: [
    { kind: 'count', count: 5 },
    { kind: 'count', count: 5 },
  ],
});
const answers = { serverSettings: () => Promise.resolve(SET) };

/** It has everything at once, so there is nothing that it lacks and nothing to wait for. */
export const SETTINGS: Readonly<Record<Exclude<State, 'empty' | 'loading'>, Story>> = {
  usual: { path: '/settings/server', told: snapshot(USUAL_MODELS), commands: answers },
  error: {
    path: '/settings/server',
    told: snapshot(USUAL_MODELS),
    commands: { serverSettings: refused('The settings cannot be read.') },
  },
  offline: { path: '/settings/privacy', told: snapshot(USUAL_MODELS), connection: LOST, commands: answers },
  huge: { path: '/settings/server?q=port', told: snapshot(USUAL_MODELS), commands: answers },
};
