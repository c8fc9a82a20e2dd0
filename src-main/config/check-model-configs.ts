import { ServableName, type ServableVersion, ServableVersion as Version } from '../contracts/ids.ts';
import {
  LATEST_ONE,
  type ModelConfig,
  type ModelConfigMessage,
  ModelPlatform,
  VersionLabel,
} from '../contracts/model-config.ts';
import { ServingError } from '../contracts/serving-error.ts';

/** Models that may be served, each of them for itself and all together. */
export interface CheckedModels {
  readonly configs: readonly ModelConfig[];
  /** What is legal and hardly meant, each a sentence; for the log. */
  readonly warnings: readonly string[];
}

/**
 * Checks a list of models that a file or a reload request holds. Rules and wording: TensorFlow Serving
 * model_servers/server_core.cc ValidateModelConfigList, GetPlatform. Deviations: the platform may be left out (it is "onnx"
 * then), and a base path may be absolute on Windows.
 * @throws ServingError INVALID_ARGUMENT with the first fault.
 */
export function checkModelConfigs(messages: readonly ModelConfigMessage[]): CheckedModels {
  const seen = new Set<string>();
  const warnings: string[] = [];
  const configs = messages.map((message) => {
    const config = checkModel(message, warnings);
    if (seen.has(config.name)) refuse(`Illegal to list model ${config.name} multiple times in config list`);
    seen.add(config.name);
    return config;
  });
  return { configs, warnings };
}

/**
 * Checks that a new list may take the place of the one that is served. Rule and wording: TensorFlow Serving
 * model_servers/server_core.cc ValidateNoModelsChangePlatforms; a platform that was left out may become any.
 * @throws ServingError INVALID_ARGUMENT.
 */
export function checkTransition(from: readonly ModelConfig[], to: readonly ModelConfig[]): void {
  const platforms = new Map(from.map(({ name, platform }) => [name, platform]));
  for (const { name, platform } of to) {
    const before = platforms.get(name);
    if (before === undefined || platform === undefined || before === platform) continue;
    refuse(
      `Illegal to change a model's platform. For model ${name} platform was ${before} and new platform requested is ${platform}`,
    );
  }
}

/** Whether a base path is a URI, or absolute on POSIX or on Windows (drive or UNC). */
export function isAbsoluteBasePath(basePath: string): boolean {
  return /^(?:[A-Za-z][A-Za-z0-9+.-]*:\/\/|\/|[A-Za-z]:[\\/]|\\\\)/u.test(basePath);
}

function checkModel(message: ModelConfigMessage, warnings: string[]): ModelConfig {
  const parsed = ServableName.safeParse(message.name);
  if (!parsed.success) refuse(`config has no usable name: ${parsed.error.issues[0]?.message ?? 'invalid'}`);
  const name = parsed.data;
  const { basePath, aspiredVersionPolicy, options } = message;
  if (!isAbsoluteBasePath(basePath)) {
    refuse(`Expected model ${name} to have an absolute path or URI; got base_path()=${basePath}`);
  }
  const platform = platformOf(name, message, warnings);
  if (message.hasLoggingConfig) {
    // First words: TensorFlow Serving core/server_request_logger.cc.
    refuse(
      `No request-logger-creator provided. Take logging_config out of model ${name}; --record_requests records calls`,
    );
  }
  const versionPolicy = message.versionPolicy ?? LATEST_ONE;
  const versionLabels = labelsOf(name, message);
  if (versionPolicy.kind === 'specific') {
    if (versionPolicy.versions.length === 0) warnings.push(`No specific versions requested for servable ${name}.`);
    const versions = new Set(versionPolicy.versions);
    for (const [label, version] of versionLabels) {
      if (versions.has(version)) continue;
      warnings.push(
        `label ${label} of model ${name} stands for version ${version}, which its version policy leaves out`,
      );
    }
  }
  if (options?.storage?.files && versionPolicy.kind !== 'specific') {
    refuse(
      `Model ${name} names its files, so nothing is listed: name its versions too, ` +
        'model_version_policy { specific { versions: 1 } }',
    );
  }
  return {
    name,
    basePath,
    versionPolicy,
    ...(platform && { platform }),
    ...(versionLabels.size > 0 && { versionLabels: Object.fromEntries(versionLabels) }),
    ...(aspiredVersionPolicy && { aspiredVersionPolicy }),
    ...(options && { options }),
  };
}

/** @returns undefined where none is said. */
function platformOf(name: ServableName, message: ModelConfigMessage, warnings: string[]): ModelPlatform | undefined {
  const { modelPlatform, modelType = 'MODEL_TYPE_UNSPECIFIED' } = message;
  if (modelType !== 'MODEL_TYPE_UNSPECIFIED') {
    warnings.push(
      `Deprecated ModelServerConfig::model_type field used. Prefer ModelServerConfig::model_platform. Model is ${name}`,
    );
    if (modelPlatform !== '') {
      refuse(
        'Illegal setting both ModelServerConfig::model_type (deprecated) and ModelServerConfig::model_platform, ' +
          `model name is ${name}`,
      );
    }
    if (modelType === 'TENSORFLOW') return 'tensorflow';
    refuse(`ModelServerConfig::model_type choice ${modelType} not supported, model name is ${name}`);
  }
  if (modelPlatform === '') return undefined;
  const platform = ModelPlatform.safeParse(modelPlatform);
  if (platform.success) return platform.data;
  return refuse(
    `Model ${name} requests unsupported platform ${modelPlatform}; supported: ${ModelPlatform.options.join(', ')}`,
  );
}

/** By label; as in any map of Protocol Buffers, the last entry of a label counts. */
function labelsOf(name: ServableName, { versionLabels }: ModelConfigMessage): Map<VersionLabel, ServableVersion> {
  return new Map(
    versionLabels.map(([text, number]) => {
      const label = VersionLabel.safeParse(text);
      if (!label.success) {
        refuse(`label "${text}" of model ${name} cannot be used: ${label.error.issues[0]?.message ?? 'invalid'}`);
      }
      const version = Version.safeParse(number);
      if (!version.success) {
        refuse(
          `label ${text} of model ${name} stands for "${number}": ${version.error.issues[0]?.message ?? 'invalid'}`,
        );
      }
      return [label.data, version.data];
    }),
  );
}

function refuse(message: string): never {
  throw new ServingError('INVALID_ARGUMENT', message);
}
