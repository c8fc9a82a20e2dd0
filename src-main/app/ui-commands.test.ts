import { describe, expect, it } from 'vitest';
import { checkModelConfigs } from '../config/check-model-configs.ts';
import { parseModelConfigFile } from '../config/model-config-file.ts';
import { ServableName } from '../contracts/ids.ts';
import { LATEST_ONE, type ModelConfig } from '../contracts/model-config.ts';
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
  const unused = () => Promise.reject(new Error('not in this test'));
  const commands = createUiCommands({
    catalogue,
    inspector: { inspect: unused, listFolder: unused },
    pollNow: unused,
    retryVersion: () => undefined,
    tasks: { cancel: () => undefined },
    logBook: { read: () => [] },
    timeline: { history: () => [] },
    changes: {
      preview: () => {
        throw new Error('not in this test');
      },
      previewVersions: () => {
        throw new Error('not in this test');
      },
      apply: unused,
    },
    holds: { unload: () => undefined, load: unused, reload: unused },
    traffic: {
      trafficHistory: unused,
      listRequests: unused,
      requestDetail: unused,
      setRecording: unused,
      clearRequests: unused,
      refusedCalls: unused,
      exportRequests: unused,
      startLoadTest: unused,
      loadTestResult: unused,
      listLoadTests: unused,
      deleteLoadTest: unused,
    },
    settings: {
      serverSettings: unused,
      removedSamples: unused,
      restoreSamples: unused,
      logLevel: unused,
      setLogLevel: unused,
    },
    graph: { modelGraph: unused, modelFiles: unused },
    serving: {
      startServing: unused,
      stopServing: unused,
      networkAddresses: unused,
      setExposure: unused,
      createAccessToken: unused,
      revokeAccessToken: unused,
    },
    play: {
      listPresets: unused,
      readPreset: unused,
      savePreset: unused,
      deletePreset: unused,
      listPlayHistory: unused,
      readPlayHistory: unused,
      addPlayHistory: unused,
      clearPlayHistory: unused,
      readLabels: unused,
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
  return { commands };
}

describe('createUiCommands', () => {
  it('exports all models that are served, wherever they come from', async () => {
    const models = [model('sample'), model('m', { versionPolicy: { kind: 'all' }, options: { isolation: 'shared' } })];
    const { commands } = world(models.slice(1), models.slice(0, 1));
    const { text } = await commands.exportConfig({}, never);
    expect(checkModelConfigs(parseModelConfigFile(text).messages ?? []).configs).toEqual(models);
  });
});
