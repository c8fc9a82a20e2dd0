import { describe, expect, it } from 'vitest';
import { createRequestRecorder } from '../api/recording/request-recorder.ts';
import { checkModelConfigs } from '../config/check-model-configs.ts';
import { parseModelConfigFile } from '../config/model-config-file.ts';
import { ServableName } from '../contracts/ids.ts';
import { LATEST_ONE, type ModelConfig } from '../contracts/model-config.ts';
import type { RequestOutcome } from '../contracts/request-outcome.ts';
import { createModelCatalogue } from './model-catalogue.ts';
import { createUiCommands } from './ui-commands.ts';

const model = (name: string, fields: Partial<ModelConfig> = {}): ModelConfig => ({
  name: ServableName.parse(name),
  basePath: `/models/${name}`,
  versionPolicy: LATEST_ONE,
  platform: 'onnx',
  ...fields,
});
const never = new AbortController().signal;
const SETTINGS = { enabled: true, sampleRate: 1, bodies: false, maxBodyBytes: 0 };
const OUTCOME: RequestOutcome = {
  entrypoint: 'REST',
  method: 'predict',
  model: 'm',
  version: undefined,
  code: 'OK',
  httpStatus: 200,
  error: undefined,
  startedAtMs: 1,
  durationMs: 2,
  queueMs: undefined,
  runMs: undefined,
  batchRows: undefined,
  rows: undefined,
  runRows: undefined,
  paddingRows: undefined,
  requestBytes: 3,
  responseBytes: 4,
  requestBody: [],
  responseBody: undefined,
  encoding: 'json',
};

function world(configured: readonly ModelConfig[], samples: readonly ModelConfig[]) {
  const store = {
    current: () => ({ formatVersion: 1 as const, models: [], removedSamples: [] }),
    update: () => Promise.reject(new Error('not in this test')),
    refresh: () => Promise.resolve(false),
  };
  const catalogue = createModelCatalogue(
    { configured: configured.map((config) => ({ config, origin: 'config' as const })), samples },
    store,
  );
  const recorder = createRequestRecorder({ settings: SETTINGS });
  const unused = () => Promise.reject(new Error('not in this test'));
  const commands = createUiCommands({
    catalogue,
    inspector: { inspect: unused, listFolder: unused },
    pollNow: unused,
    retryVersion: () => undefined,
    recorder,
    tasks: { cancel: () => undefined },
    logBook: { read: () => [] },
    timeline: { history: () => [] },
    changes: {
      preview: () => {
        throw new Error('not in this test');
      },
      apply: unused,
    },
    traffic: {
      history: () => {
        throw new Error('not in this test');
      },
    },
    sources: {
      saveConnection: unused,
      deleteConnection: unused,
      testConnection: unused,
      browsePrefix: unused,
      parseS3Url: unused,
      listAwsProfiles: unused,
      cancelDownload: unused,
    },
  });
  return { commands, recorder };
}

describe('createUiCommands', () => {
  it('exports all models that are served, wherever they come from', async () => {
    const models = [model('sample'), model('m', { versionPolicy: { kind: 'all' }, options: { isolation: 'shared' } })];
    const { commands } = world(models.slice(1), models.slice(0, 1));
    const { text } = await commands.exportConfig({}, never);
    expect(checkModelConfigs(parseModelConfigFile(text).messages ?? []).configs).toEqual(models);
  });

  it('lists, exports and clears what is recorded, and changes how it is', async () => {
    const { commands, recorder } = world([], []);
    recorder.observe(OUTCOME);
    recorder.observe({ ...OUTCOME, model: 'n' });
    const listed = await commands.listRequests({}, never);
    expect(listed).toMatchObject({ settings: SETTINGS, requests: [{ model: 'm' }, { model: 'n' }] });
    const [first] = listed.requests;
    const later = await commands.listRequests({ afterSequence: first?.sequence }, never);
    expect(later.requests).toMatchObject([{ model: 'n' }]);
    const { text } = await commands.exportRequests({}, never);
    const exported = text.trimEnd().split('\n');
    expect(exported.map((line) => JSON.parse(line))).toMatchObject([{ model: 'm' }, { model: 'n' }]);

    expect(await commands.setRecording({ ...SETTINGS, enabled: false }, never)).toMatchObject({ enabled: false });
    await commands.clearRequests({}, never);
    recorder.observe(OUTCOME);
    expect((await commands.listRequests({}, never)).requests).toEqual([]);
  });
});
