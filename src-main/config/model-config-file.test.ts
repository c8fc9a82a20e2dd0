import { describe, expect, it } from 'vitest';
import { parseModelConfigFile } from './model-config-file.ts';

const one = (fields: string) => `model_config_list { config { name: "m" base_path: "/models/m" ${fields} } }`;

describe('parseModelConfigFile', () => {
  it('reads a list with every kind of policy', () => {
    const text = `
      # two colons more or less make no difference
      model_config_list: {
        config { name: 'a' base_path: "/models/a" model_platform: "onnx" }
        config < name: "b", base_path: "s3://bucket/b", model_version_policy { latest { num_versions: 2 } } >
        config { name: "c" base_path: "C:\\\\models\\\\c" model_version_policy: { all: {} } }
        config { name: "d" base_path: "/d" model_version_policy { specific { versions: 7 versions: [9007199254740993, 7] } } }
      }`;
    expect(parseModelConfigFile(text)).toEqual([
      { name: 'a', basePath: '/models/a', versionPolicy: { kind: 'latest', count: 1 } },
      { name: 'b', basePath: 's3://bucket/b', versionPolicy: { kind: 'latest', count: 2 } },
      { name: 'c', basePath: String.raw`C:\models\c`, versionPolicy: { kind: 'all' } },
      { name: 'd', basePath: '/d', versionPolicy: { kind: 'specific', versions: ['7', '9007199254740993'] } },
    ]);
  });

  it.each([
    ['', []],
    ['model_config_list {}', []],
    [one('model_version_policy { latest {} }'), [{ kind: 'latest', count: 1 }]],
    [one('model_version_policy { latest { num_versions: 0 } }'), [{ kind: 'latest', count: 1 }]],
    [one('model_version_policy { specific {} }'), [{ kind: 'specific', versions: [] }]],
    [one('model_version_policy { all {} latest { num_versions: 3 } }'), [{ kind: 'latest', count: 3 }]],
  ])('reads %j', (text, policies) => {
    expect(parseModelConfigFile(text).map(({ versionPolicy }) => versionPolicy)).toEqual(policies);
  });

  it.each([
    [
      one('base_pth: "/x"'),
      'line 1, column 63: message ModelConfig has no field "base_pth" in this server; known here: name',
    ],
    ['config {}', 'message ModelServerConfig has no field "config"'],
    ['model_config_list { config { base_path: "/x" } }', 'config has no usable name: a model name must not be empty'],
    [
      'model_config_list { config { name: "m" base_path: "x/y" } }',
      'Expected model m to have an absolute path or URI; got base_path()=x/y',
    ],
    [
      'model_config_list { config { name: "m" } }',
      'Expected model m to have an absolute path or URI; got base_path()=',
    ],
    [one('model_platform: "tensorflow"'), 'Model m requests unsupported platform tensorflow; supported: onnx'],
    [`${one('')} ${one('')}`, 'Illegal to list model m multiple times in config list'],
    [one('model_version_policy { specific { versions: -1 } }'), 'versions is a whole number'],
    [one('model_version_policy { latest { num_versions: "1" } }'), 'num_versions is a whole number'],
    [one('model_version_policy: "latest"'), 'model_version_policy is a message'],
    ['model_config_list { config { name: m } }', 'name is a string: write it in quotes'],
  ])('refuses %j', (text, message) => {
    expect(() => parseModelConfigFile(text)).toThrow(message);
    expect(() => parseModelConfigFile(text)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});
