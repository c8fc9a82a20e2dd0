import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseFlags } from '../config/flags.ts';
import { readConfigurationFiles } from './configured-models.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-files-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const read = (...argv: string[]) => readConfigurationFiles(parseFlags(argv).flags);

async function fileOf(text: string): Promise<string> {
  const path = join(directory, 'file');
  await writeFile(path, text);
  return path;
}

describe('readConfigurationFiles', () => {
  it('reads nothing where no flag names anything', async () => {
    expect(await read()).toEqual({ files: { models: [] }, warnings: [] });
  });

  it('means a relative base path from the current folder, and leaves a URI as it is', async () => {
    const model = async (basePath: string) =>
      (await read('--model_name=m', `--model_base_path=${basePath}`)).files.models;
    expect(await model('models/m')).toMatchObject([
      { origin: 'flags', config: { name: 'm', basePath: resolve('models/m') } },
    ]);
    expect(await model('s3://bucket/m')).toMatchObject([{ config: { basePath: 's3://bucket/m' } }]);
  });

  it('reads the config file instead of the single model', async () => {
    const path = await fileOf('model_config_list { config { name: "a" base_path: "/a" model_type: TENSORFLOW } }');
    expect(await read('--model_base_path=/b', `--model_config_file=${path}`)).toEqual({
      files: { models: [{ origin: 'config', config: expect.objectContaining({ name: 'a', platform: 'tensorflow' }) }] },
      warnings: [expect.stringContaining('--model_config_file: Deprecated ModelServerConfig::model_type field used.')],
    });
  });

  it('says that an empty file asks for nothing', async () => {
    expect(await read(`--model_config_file=${await fileOf('')}`)).toEqual({
      files: { models: [] },
      warnings: ['--model_config_file: Taking no action for empty config.'],
    });
  });

  it('reads the files of other flags', async () => {
    const monitoring = await read(`--monitoring_config_file=${await fileOf('prometheus_config { enable: true }')}`);
    expect(monitoring.files.monitoring).toMatchObject({ enabled: true });
    const text = 'max_batch_size { value: 4 } num_batch_threads { value: 2 }';
    const batching = await read('--enable_batching', `--batching_parameters_file=${await fileOf(text)}`);
    expect(batching.files.batching).toEqual({ maxBatchSize: 4 });
    expect(batching.warnings).toEqual([
      expect.stringMatching(/^--batching_parameters_file: num_batch_threads has no/u),
    ]);
  });

  it.each([
    ['model_config_file', 'model_config_list {', ': line 1, column 20: the text ends'],
    ['model_config_file', '{"modelConfigList": 3}', ': line 1, column 21: model_config_list is a message'],
    ['ssl_config_file', 'server_key: "/etc/key.pem"', ': server_key holds no PEM text'],
    ['monitoring_config_file', 'prometheus { }', ': line 1, column 1: message MonitoringConfig has no field'],
    ['monitoring_config_file', undefined, ' cannot be read (ENOENT)'],
  ])('names --%s when its file is %j', async (flag, text, says) => {
    const path = text === undefined ? join(directory, 'none') : await fileOf(text);
    await expect(read(`--${flag}=${path}`)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(`--${flag}=${path}${says}`),
    });
  });
});
