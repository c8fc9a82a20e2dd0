import { describe, expect, it } from 'vitest';
import { ServableName } from '../contracts/ids.ts';
import { LATEST_ONE, type ModelConfig, type ModelConfigMessage } from '../contracts/model-config.ts';
import { checkModelConfigs, checkTransition } from './check-model-configs.ts';

const message = (fields: Partial<ModelConfigMessage> = {}): ModelConfigMessage => ({
  name: 'm',
  basePath: '/models/m',
  modelPlatform: '',
  versionLabels: [],
  hasLoggingConfig: false,
  ...fields,
});

describe('checkModelConfigs', () => {
  it.each([
    { of: {}, config: {} },
    { of: { modelPlatform: 'tensorflow' }, config: { platform: 'tensorflow' } },
    { of: { modelType: 'MODEL_TYPE_UNSPECIFIED', modelPlatform: 'onnx' }, config: { platform: 'onnx' } },
    { of: { basePath: 's3://bucket/m' }, config: { basePath: 's3://bucket/m' } },
    { of: { basePath: String.raw`\\server\share\m` }, config: { basePath: String.raw`\\server\share\m` } },
    { of: { versionPolicy: { kind: 'all' as const } }, config: { versionPolicy: { kind: 'all' } } },
    {
      of: {
        versionLabels: [
          ['stable', '1'],
          ['constructor', '2'],
          ['stable', '3'],
        ] as const,
      },
      config: { versionLabels: { stable: '3', constructor: '2' } },
    },
    { of: { options: { isolation: 'shared' as const } }, config: { options: { isolation: 'shared' } } },
  ])('makes a model of $of', ({ of, config }) => {
    expect(checkModelConfigs([message(of)])).toEqual({
      configs: [{ name: 'm', basePath: '/models/m', versionPolicy: LATEST_ONE, ...config }],
      warnings: [],
    });
  });

  it.each([
    { of: { modelType: 'TENSORFLOW' }, warning: 'Deprecated ModelServerConfig::model_type field used.' },
    {
      of: { versionPolicy: { kind: 'specific' as const, versions: [] } },
      warning: 'No specific versions requested for servable m.',
    },
    {
      of: {
        versionPolicy: { kind: 'specific' as const, versions: [] },
        versionLabels: [['stable', '7']] as const,
      },
      warning: 'label stable of model m stands for version 7, which its version policy leaves out',
    },
  ])('warns of $of', ({ of, warning }) => {
    expect(checkModelConfigs([message(of)]).warnings).toContainEqual(expect.stringContaining(warning));
  });

  it.each([
    { of: { name: '' }, says: 'config has no usable name: a model name must not be empty' },
    { of: { name: 'a\u0000' }, says: 'a model name must not contain control characters' },
    { of: { basePath: 'x/y' }, says: 'Expected model m to have an absolute path or URI; got base_path()=x/y' },
    { of: { basePath: '' }, says: 'Expected model m to have an absolute path or URI; got base_path()=' },
    {
      of: { modelPlatform: 'pytorch' },
      says: 'Model m requests unsupported platform pytorch; supported: onnx, tensorflow',
    },
    { of: { modelType: 'OTHER' }, says: 'ModelServerConfig::model_type choice OTHER not supported' },
    {
      of: { modelType: 'TENSORFLOW', modelPlatform: 'onnx' },
      says: 'Illegal setting both ModelServerConfig::model_type (deprecated) and ModelServerConfig::model_platform',
    },
    { of: { hasLoggingConfig: true }, says: 'No request-logger-creator provided.' },
    { of: { options: { storage: { files: ['a.onnx'] } } }, says: 'Model m names its files, so nothing is listed' },
    { of: { versionLabels: [['a/b', '1']] as const }, says: 'label "a/b" of model m cannot be used' },
    { of: { versionLabels: [['__proto__', '1']] as const }, says: 'label "__proto__" of model m cannot be used' },
    { of: { versionLabels: [['', '1']] as const }, says: 'a version label must not be empty' },
    { of: { versionLabels: [['a', '-1']] as const }, says: 'label a of model m stands for "-1"' },
  ])('refuses $of', ({ of, says }) => {
    expect(() => checkModelConfigs([message(of)])).toThrow(says);
    expect(() => checkModelConfigs([message(of)])).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  it('refuses a name that comes twice', () => {
    expect(() => checkModelConfigs([message(), message({ basePath: '/other' })])).toThrow(
      'Illegal to list model m multiple times in config list',
    );
  });
});

describe('checkTransition', () => {
  const model = (name: string, platform?: ModelConfig['platform']): ModelConfig => ({
    name: ServableName.parse(name),
    basePath: '/m',
    versionPolicy: LATEST_ONE,
    ...(platform && { platform }),
  });

  it.each([
    { from: [model('m', 'onnx')], to: [model('m', 'onnx')] },
    { from: [model('m', 'onnx')], to: [model('n', 'tensorflow')] },
    { from: [model('m', 'onnx')], to: [model('m')] },
    { from: [model('m')], to: [model('m', 'tensorflow')] },
    { from: [], to: [model('m', 'tensorflow')] },
  ])('lets $from become $to', ({ from, to }) => {
    expect(() => checkTransition(from, to)).not.toThrow();
  });

  it('refuses another platform', () => {
    expect(() => checkTransition([model('m', 'onnx')], [model('m', 'tensorflow')])).toThrow(
      "Illegal to change a model's platform. For model m platform was onnx and new platform requested is tensorflow",
    );
  });
});
