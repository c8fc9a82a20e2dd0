import type {
  BatchingParameters,
  ModelConfig,
  ModelOptions,
  SessionOptions,
  StorageOptions,
  VersionPolicy,
} from '../contracts/model-config.ts';
import { PRAGMA } from './model-config-file.ts';

/**
 * Writes models as a file for `--model_config_file`, which TensorFlow Serving's own parser takes too: what that has no
 * fields for stands in comments. Reading it again gives the same models; a platform that was left out is written out.
 */
export function exportModelConfig(models: readonly ModelConfig[]): string {
  const lines = models.flatMap((model) => ['  config {', ...modelLines(model).map((line) => `    ${line}`), '  }']);
  return ['model_config_list {', ...lines, '}', ''].join('\n');
}

function modelLines({ platform = 'onnx', ...model }: ModelConfig): string[] {
  const { name, basePath, versionPolicy, versionLabels = {}, aspiredVersionPolicy, options = {} } = model;
  const policy = policyText(versionPolicy);
  return [
    `name: ${quoted(name)}`,
    `base_path: ${quoted(basePath)}`,
    // The only one that TensorFlow Serving has.
    'model_platform: "tensorflow"',
    ...(platform === 'tensorflow' ? [] : [pragma(`model_platform: ${quoted(platform)}`)]),
    ...(policy === undefined ? [] : [`model_version_policy { ${policy} }`]),
    ...Object.entries(versionLabels).map(
      ([label, version]) => `version_labels { key: ${quoted(label)} value: ${version} }`,
    ),
    ...(aspiredVersionPolicy ? [pragma(`aspired_version_policy: ${aspiredVersionPolicy.toUpperCase()}`)] : []),
    ...optionLines(options).map(pragma),
  ];
}

function pragma(fields: string): string {
  return `# ${PRAGMA}: ${fields}`;
}

/** Undefined for the default. */
function policyText(policy: VersionPolicy): string | undefined {
  switch (policy.kind) {
    case 'latest':
      return policy.count === 1 ? undefined : `latest { num_versions: ${policy.count} }`;
    case 'all':
      return 'all {}';
    case 'specific':
      return message(
        'specific',
        policy.versions.map((version) => `versions: ${version}`),
      );
    default:
      return policy satisfies never;
  }
}

function optionLines({ session, batching, warmup, isolation, storage }: ModelOptions): string[] {
  return [
    ...(session ? [message('session', sessionFields(session))] : []),
    ...(batching ? [message('batching', batchingFields(batching))] : []),
    ...(warmup
      ? [message('warmup', [...scalar('enabled', warmup.enabled), ...scalar('iterations', warmup.iterations)])]
      : []),
    ...scalar('isolation', isolation?.toUpperCase()),
    ...(storage ? [message('storage', storageFields(storage))] : []),
  ];
}

function storageFields({ markerFile, files = [] }: StorageOptions): string[] {
  return [
    ...(markerFile === undefined ? [] : [`marker_file: ${quoted(markerFile)}`]),
    ...files.map((file) => `files: ${quoted(file)}`),
  ];
}

function sessionFields(session: SessionOptions): string[] {
  return [
    ...scalar('intra_op_num_threads', session.intraOpNumThreads),
    ...scalar('inter_op_num_threads', session.interOpNumThreads),
    ...scalar('graph_optimization_level', session.graphOptimizationLevel?.toUpperCase()),
    ...(session.executionProviders ?? []).map((provider) => `execution_providers: ${provider.toUpperCase()}`),
  ];
}

function batchingFields(batching: BatchingParameters): string[] {
  return [
    ...scalar('enabled', batching.enabled),
    ...wrapped('max_batch_size', batching.maxBatchSize),
    ...wrapped('batch_timeout_micros', batching.batchTimeoutMicros),
    ...wrapped('max_enqueued_batches', batching.maxEnqueuedBatches),
    ...(batching.allowedBatchSizes ?? []).map((size) => `allowed_batch_sizes: ${size}`),
    ...scalar('pad_variable_length_inputs', batching.padVariableLengthInputs),
    ...wrapped('enable_large_batch_splitting', batching.enableLargeBatchSplitting),
    ...wrapped('max_execution_batch_size', batching.maxExecutionBatchSize),
  ];
}

type Scalar = string | number | boolean | undefined;

function scalar(name: string, value: Scalar): string[] {
  return value === undefined ? [] : [`${name}: ${value}`];
}

function wrapped(name: string, value: Scalar): string[] {
  return value === undefined ? [] : [`${name} { value: ${value} }`];
}

function message(name: string, fields: readonly string[]): string {
  return fields.length === 0 ? `${name} {}` : `${name} { ${fields.join(' ')} }`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '"': '\\"', '\\': '\\\\' };

/** A string of the text format: UTF-8 as it is, control characters in octal. */
function quoted(text: string): string {
  // eslint-disable-next-line no-control-regex -- they are what has to be escaped
  const escaped = text.replaceAll(/[\u0000-\u001f"\\\u007f]/gu, (character) => {
    return ESCAPES[character] ?? `\\${(character.codePointAt(0) ?? 0).toString(8).padStart(3, '0')}`;
  });
  return `"${escaped}"`;
}
