import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServableName, ServableVersion } from '../contracts/ids.ts';
import {
  AspiredVersionPolicyName,
  BatchingParameters,
  LATEST_ONE,
  ModelConfig,
  type ModelOptions,
  ModelPlatform,
  SessionOptions,
  StorageOptions,
  VersionLabel,
  WarmupOptions,
} from '../contracts/model-config.ts';
import { checkModelConfigs } from './check-model-configs.ts';
import { exportModelConfig } from './export-model-config.ts';
import { parseModelConfigFile } from './model-config-file.ts';
import { parseTextProto } from './text-proto.ts';

function readBack(text: string): readonly ModelConfig[] {
  return checkModelConfigs(parseModelConfigFile(text).messages ?? []).configs;
}

const anyText = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
const withControls = fc.string({ unit: fc.oneof(fc.constantFrom('\n', '"', "'", '\\', '\u0001', '\t', '#'), anyText) });
const version = fc
  .bigInt({ min: 0n, max: 9_223_372_036_854_775_807n })
  .map((value) => ServableVersion.parse(`${value}`));
const versions = fc.uniqueArray(version, { maxLength: 4 });
const count = fc.integer({ min: 1, max: 1000 });
/** A message without any field that is set is the same as none. */
const orNone = <T extends object>(value: T | undefined): T | undefined =>
  value && Object.keys(value).length > 0 ? value : undefined;
const defined = (value: object): unknown =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));

const session: fc.Arbitrary<SessionOptions> = fc.record(
  {
    intraOpNumThreads: count,
    interOpNumThreads: count,
    graphOptimizationLevel: fc.constantFrom(...SessionOptions.shape.graphOptimizationLevel.unwrap().options),
    executionProviders: fc.uniqueArray(fc.constantFrom('cpu', 'coreml', 'cuda', 'dml', 'webgpu', 'xnnpack'), {
      minLength: 1,
    }),
  },
  { requiredKeys: [] },
);
const batching: fc.Arbitrary<BatchingParameters> = fc
  .record(
    {
      enabled: fc.boolean(),
      maxBatchSize: fc.constant(1000),
      batchTimeoutMicros: fc.nat(),
      maxEnqueuedBatches: count,
      allowedBatchSizes: fc
        .uniqueArray(fc.integer({ min: 1, max: 999 }), { maxLength: 4 })
        .map((sizes) => [...sizes.toSorted((left, right) => left - right), 1000]),
      enableLargeBatchSplitting: fc.boolean(),
      padVariableLengthInputs: fc.boolean(),
    },
    { requiredKeys: [] },
  )
  .map((value) => BatchingParameters.parse(value));
const warmup: fc.Arbitrary<WarmupOptions> = fc
  .record({ enabled: fc.boolean(), iterations: count }, { requiredKeys: [] })
  .map((value) => WarmupOptions.parse(value));
const storage: fc.Arbitrary<StorageOptions> = fc
  .record({ markerFile: fc.constantFrom('_SUCCESS', 'data/w "1".bin', '..a/é') }, { requiredKeys: [] })
  .map((value) => StorageOptions.parse(value));
const options: fc.Arbitrary<ModelOptions | undefined> = fc
  .record(
    { session, batching, warmup, isolation: fc.constantFrom('auto', 'shared', 'dedicated'), storage },
    { requiredKeys: [] },
  )
  .map(orNone);
const model: fc.Arbitrary<ModelConfig> = fc
  .record({
    name: anyText.filter((text) => ServableName.safeParse(text).success).map((text) => ServableName.parse(text)),
    basePath: withControls.map((text) => `/${text}`),
    versionPolicy: fc.oneof(
      count.map((number) => ({ kind: 'latest' as const, count: number })),
      fc.constant({ kind: 'all' as const }),
      versions.map((list) => ({ kind: 'specific' as const, versions: list })),
    ),
    platform: fc.constantFrom(...ModelPlatform.options),
    versionLabels: fc.option(
      fc
        .dictionary(
          anyText.filter((text) => VersionLabel.safeParse(text).success),
          version,
          { minKeys: 1, maxKeys: 3 },
        )
        .map((labels) => ModelConfig.shape.versionLabels.parse(labels)),
      { nil: undefined },
    ),
    aspiredVersionPolicy: fc.option(fc.constantFrom(...AspiredVersionPolicyName.options), { nil: undefined }),
    options,
  })
  .map((config) => ModelConfig.parse(defined(config)));
const models = fc.uniqueArray(model, { maxLength: 4, selector: ({ name }) => name });

describe('exportModelConfig', () => {
  it('writes what TensorFlow Serving reads, and the rest as comments', () => {
    const config: ModelConfig = {
      name: ServableName.parse('m"1'),
      basePath: 'C:\\models\\\nm\u0001é',
      versionPolicy: {
        kind: 'specific',
        versions: ['7', '9223372036854775807'].map((text) => ServableVersion.parse(text)),
      },
      versionLabels: { [VersionLabel.parse('stable')]: ServableVersion.parse('7') },
      aspiredVersionPolicy: 'resource_preserving',
      options: {
        session: { executionProviders: ['cuda', 'cpu'] },
        isolation: 'dedicated',
        storage: { markerFile: '_SUCCESS', files: ['m.onnx'] },
      },
    };
    const simple: ModelConfig = { ...config, name: ServableName.parse('b'), basePath: '/b', versionPolicy: LATEST_ONE };
    delete simple.versionLabels;
    delete simple.aspiredVersionPolicy;
    delete simple.options;
    expect(exportModelConfig([config, { ...simple, platform: 'tensorflow' }])).toBe(String.raw`model_config_list {
  config {
    name: "m\"1"
    base_path: "C:\\models\\\nm\001é"
    model_platform: "tensorflow"
    # slipway: model_platform: "onnx"
    model_version_policy { specific { versions: 7 versions: 9223372036854775807 } }
    version_labels { key: "stable" value: 7 }
    # slipway: aspired_version_policy: RESOURCE_PRESERVING
    # slipway: session { execution_providers: CUDA execution_providers: CPU }
    # slipway: isolation: DEDICATED
    # slipway: storage { marker_file: "_SUCCESS" files: "m.onnx" }
  }
  config {
    name: "b"
    base_path: "/b"
    model_platform: "tensorflow"
  }
}
`);
  });

  it('writes an empty list as one', () => {
    expect(parseModelConfigFile(exportModelConfig([])).messages).toEqual([]);
  });

  it('loses nothing on the way out and back', () => {
    fc.assert(
      fc.property(models, (list) => {
        expect(readBack(exportModelConfig(list))).toEqual(list);
      }),
      { numRuns: 300, seed: 20_261_122 },
    );
  });

  it('shows a reader without our comments only fields that TensorFlow Serving has', () => {
    const known = new Set(['name', 'base_path', 'model_platform', 'model_version_policy', 'version_labels']);
    fc.assert(
      fc.property(models, (list) => {
        const [file] = parseTextProto(exportModelConfig(list));
        const configs = file?.value.kind === 'message' ? file.value.fields : [];
        expect(configs).toHaveLength(list.length);
        for (const { value } of configs) {
          const names = value.kind === 'message' ? value.fields.map(({ name }) => name) : [];
          expect(names.filter((name) => !known.has(name))).toEqual([]);
        }
      }),
      { seed: 20_261_122 },
    );
  });
});
