import { describe, expect, it } from 'vitest';
import { parseModelConfigFile } from './model-config-file.ts';

const one = (fields: string) => `model_config_list { config { name: "m" base_path: "/models/m" ${fields} } }`;
const read = (text: string) => parseModelConfigFile(text).messages;
const PLAIN = { modelPlatform: '', versionLabels: [], hasLoggingConfig: false };

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
    expect(read(text)).toEqual([
      { ...PLAIN, name: 'a', basePath: '/models/a', modelPlatform: 'onnx' },
      { ...PLAIN, name: 'b', basePath: 's3://bucket/b', versionPolicy: { kind: 'latest', count: 2 } },
      { ...PLAIN, name: 'c', basePath: String.raw`C:\models\c`, versionPolicy: { kind: 'all' } },
      {
        ...PLAIN,
        name: 'd',
        basePath: '/d',
        versionPolicy: { kind: 'specific', versions: ['7', '9007199254740993'] },
      },
    ]);
  });

  it("reads the example of TensorFlow Serving's documentation", () => {
    const text = `
      model_config_list {
        config {
          name: 'my_first_model'
          base_path: '/tmp/my_first_model/'
          model_platform: 'tensorflow'
          model_version_policy {
            specific {
              versions: 42
              versions: 43
            }
          }
          version_labels {
            key: 'stable'
            value: 42
          }
          version_labels {
            key: 'canary'
            value: 43
          }
        }
      }`;
    expect(read(text)).toEqual([
      {
        name: 'my_first_model',
        basePath: '/tmp/my_first_model/',
        modelPlatform: 'tensorflow',
        versionPolicy: { kind: 'specific', versions: ['42', '43'] },
        versionLabels: [
          ['stable', '42'],
          ['canary', '43'],
        ],
        hasLoggingConfig: false,
      },
    ]);
  });

  it.each([
    ['', undefined],
    ['# nothing\n', undefined],
    ['model_config_list {}', []],
    ['{}', undefined],
    ['\ufeff {"modelConfigList": {}}', []],
    ['{"model_config_list": {"config": []}}', []],
    ['{"model_config_list": null}', undefined],
  ])('tells no list from an empty one: %j', (text, messages) => {
    expect(read(text)).toEqual(messages);
  });

  it.each([
    [one(''), {}],
    [one('model_type: TENSORFLOW'), { modelType: 'TENSORFLOW' }],
    [one('model_type: 2'), { modelType: 'OTHER' }],
    [one('logging_config { sampling_config { sampling_rate: 0.1 } }'), { hasLoggingConfig: true }],
    [one('model_version_policy { latest {} }'), { versionPolicy: { kind: 'latest', count: 1 } }],
    [one('model_version_policy { latest { num_versions: 0 } }'), { versionPolicy: { kind: 'latest', count: 1 } }],
    [one('model_version_policy { specific {} }'), { versionPolicy: { kind: 'specific', versions: [] } }],
    [one('version_labels { value: 3 }'), { versionLabels: [['', '3']] }],
    [
      one('version_labels: [{ key: "a" value: 010 }, { key: "b" value: 0x10 }]'),
      {
        versionLabels: [
          ['a', '8'],
          ['b', '16'],
        ],
      },
    ],
    [one('\n# slipwaysession { }\n# slip-way: x\n'), {}],
    [
      one('\n# slipway: storage { marker_file: "_SUCCESS" files: ["model.onnx", "data/w.bin"] }\n'),
      { options: { storage: { markerFile: '_SUCCESS', files: ['model.onnx', 'data/w.bin'] } } },
    ],
    [
      one('\n# slipway: aspired_version_policy: RESOURCE_PRESERVING, isolation: DEDICATED\n'),
      { aspiredVersionPolicy: 'resource_preserving', options: { isolation: 'dedicated' } },
    ],
    [one('model_platform: "tensorflow"\n#slipway:model_platform: "onnx" # why\n'), { modelPlatform: 'onnx' }],
    [
      one(
        '# slipway: session { intra_op_num_threads: 2 graph_optimization_level: ALL execution_providers: [CUDA, CPU] }\n',
      ),
      {
        options: {
          session: { intraOpNumThreads: 2, graphOptimizationLevel: 'all', executionProviders: ['cuda', 'cpu'] },
        },
      },
    ],
    [
      one(
        '# slipway: batching { enabled: true max_batch_size { value: 32 } allowed_batch_sizes: 8, allowed_batch_sizes: 32 }\n' +
          '# slipway: warmup { enabled: false iterations: 3 }\n',
      ),
      {
        options: {
          batching: { enabled: true, maxBatchSize: 32, allowedBatchSizes: [8, 32] },
          warmup: { enabled: false, iterations: 3 },
        },
      },
    ],
  ])('reads %j', (text, expected) => {
    expect(read(text)).toEqual([{ ...PLAIN, name: 'm', basePath: '/models/m', ...expected }]);
  });

  it('reads JSON in both spellings of its keys', () => {
    const text = `{
      "modelConfigList": { "config": [
        {
          "name": "m", "basePath": "C:\\\\m\\u00e9", "modelPlatform": "tensorflow", "modelType": null,
          "modelVersionPolicy": { "specific": { "versions": ["9007199254740993", 7] } },
          "versionLabels": { "stableOne": "7", "canary": 9007199254740993 },
          "slipway": {
            "aspiredVersionPolicy": "RESOURCE_PRESERVING", "isolation": "SHARED",
            "session": { "intraOpNumThreads": 2, "executionProviders": ["COREML"] },
            "batching": { "maxBatchSize": "32", "batchTimeoutMicros": 0, "enableLargeBatchSplitting": true },
            "warmup": { "iterations": 2 }
          }
        },
        { "name": "n", "base_path": "/n", "model_version_policy": { "latest": { "num_versions": 3 } } }
      ] }
    }`;
    expect(read(text)).toEqual([
      {
        name: 'm',
        basePath: 'C:\\mé',
        modelPlatform: 'tensorflow',
        versionPolicy: { kind: 'specific', versions: ['9007199254740993', '7'] },
        versionLabels: [
          ['stableOne', '7'],
          ['canary', '9007199254740993'],
        ],
        hasLoggingConfig: false,
        aspiredVersionPolicy: 'resource_preserving',
        options: {
          isolation: 'shared',
          session: { intraOpNumThreads: 2, executionProviders: ['coreml'] },
          batching: { maxBatchSize: 32, batchTimeoutMicros: 0, enableLargeBatchSplitting: true },
          warmup: { iterations: 2 },
        },
      },
      { ...PLAIN, name: 'n', basePath: '/n', versionPolicy: { kind: 'latest', count: 3 } },
    ]);
  });

  it('says what of the batching parameters has no effect', () => {
    const { warnings } = parseModelConfigFile(one('# slipway: batching { num_batch_threads { value: 4 } }\n'));
    expect(warnings).toEqual([expect.stringMatching(/^model m: num_batch_threads has no effect/u)]);
  });

  it.each([
    [
      one('base_pth: "/x"'),
      'line 1, column 63: message ModelConfig has no field "base_pth" in this server; known here: name',
    ],
    ['config {}', 'line 1, column 1: message ModelServerConfig has no field "config"'],
    ['custom_model_config {}', 'line 1, column 1: ModelServer does not yet support custom model config'],
    [one('name: "n"'), 'Non-repeated field "name" is specified multiple times.'],
    [one('model_platform: ["a"]'), 'field "model_platform" takes one value, not a list'],
    [
      one('model_version_policy { all {} latest {} }'),
      'Field "latest" is specified along with field "all", another member of oneof "policy_choice".',
    ],
    [one('model_version_policy { specific { versions: -1 } }'), 'versions is a whole number'],
    [one('model_version_policy { latest { num_versions: "1" } }'), 'num_versions is a whole number'],
    [one('model_version_policy { latest { num_versions: 4294967296 } }'), 'from 0 to 4294967295'],
    [one('model_version_policy: "latest"'), 'model_version_policy is a message'],
    [one('version_labels { key: "a" value: -1 }'), 'value is a whole number from 0 to 9223372036854775807'],
    [one('version_labels { key: "a" value: 9223372036854775808 }'), 'value is a whole number'],
    [one('model_type: PYTORCH'), 'model_type is one of MODEL_TYPE_UNSPECIFIED, TENSORFLOW, OTHER'],
    ['model_config_list { config { name: m } }', 'name is a string: write it in quotes'],
    [
      one('\n# slipway: storage { files: "../x" }\n'),
      'line 2, column 29: files: "../x" must be a path below the folder',
    ],
    [one('\n# slipway: storage { marker_file: "/x" }\n'), 'marker_file: "/x" must be a path below the folder'],
    [one('\n  # slipway: isolation: ALONE\n'), 'line 2, column 25: isolation is one of AUTO, SHARED, DEDICATED'],
    [one('\n# slipway: session {\n# slipway: }\n'), 'line 2, column 21: the text ends where "}" was expected'],
    [one('\n# slipway: sesion {}\n'), 'line 2, column 12: message slipway has no field "sesion"'],
    [one('\n# slipway: isolation: AUTO\n# slipway: isolation: AUTO\n'), 'line 3, column 12: Non-repeated field'],
    [one('slipway { isolation: AUTO }'), 'message ModelConfig has no field "slipway"'],
    ['# slipway: isolation: AUTO\nmodel_config_list {}', 'line 1, column 12: comments that start with "slipway:"'],
    ['{"modelConfigList": {"config": [{"nam": "m"}]}}', 'line 1, column 34: message ModelConfig has no field "nam"'],
    ['{"modelConfigList": {"config": [{"name": "m", "name": "n"}]}}', 'Non-repeated field "name"'],
    ['{\n  "modelConfigList": {,}\n}', 'line 2, column 23: expected a key in double quotes, found ","'],
    ['{"modelConfigList": {}} x', 'line 1, column 25: expected the end of the text, found "x"'],
    ["{'modelConfigList': {}}", 'expected a key in double quotes'],
    ['{"modelConfigList": {}', 'expected "," or "}" in an object, found the end of the text'],
    ['{"a": "\u0001"}', 'the string that starts here is no JSON string'],
    [`{"a": ${'{"a":'.repeat(200)}`, 'nested deeper than 100'],
  ])('refuses %j', (text, message) => {
    expect(() => parseModelConfigFile(text)).toThrow(message);
    expect(() => parseModelConfigFile(text)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  it.each([
    { what: 'lines', separator: '\n' },
    { what: 'a single line', separator: ' ' },
  ])('reads a long list in $what', ({ separator }) => {
    const text = (models: number) =>
      `model_config_list {${separator}${Array.from({ length: models }, (_, index) =>
        ['config {', `name: "model_${index}"`, `base_path: "/srv/models/a/long/way/model_${index}"`, '}'].join(
          separator,
        ),
      ).join(separator)}${separator}}`;
    // A reader that looks at the whole text for each place would run into the time limit of tests.
    expect(read(text(20_000))).toHaveLength(20_000);
  });
});
