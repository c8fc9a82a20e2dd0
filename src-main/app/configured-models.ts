import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseBatchingParameters } from '../config/batching-parameters.ts';
import type { Flags } from '../config/flags.ts';
import { type CheckedModels, checkModelConfigs, isAbsoluteBasePath } from '../config/check-model-configs.ts';
import { parseModelConfigTree, readModelConfigTree } from '../config/model-config-file.ts';
import { parseMonitoringConfig } from '../config/monitoring-config.ts';
import type { ConfigurationFiles, ConfiguredModel } from '../config/settings.ts';
import { parseSslConfig } from '../config/ssl-config.ts';
import { LATEST_ONE } from '../contracts/model-config.ts';
import { asServingError, ServingError } from '../contracts/serving-error.ts';
import { errnoOf } from '../storage/errno.ts';

/** What the files say that flags name, and what in them has no effect. */
export interface ReadConfiguration {
  readonly files: ConfigurationFiles;
  /** For the log, each a sentence that begins with the flag. */
  readonly warnings: readonly string[];
}

type FileFlag = 'model_config_file' | 'ssl_config_file' | 'monitoring_config_file' | 'batching_parameters_file';

/**
 * Reads all files that the flags name.
 * @throws ServingError INVALID_ARGUMENT that names the flag, and the place in the file.
 */
export async function readConfigurationFiles(flags: Flags): Promise<ReadConfiguration> {
  const [models, ssl, monitoring, batching] = await Promise.all([
    readConfiguredModels(flags),
    readFlagFile(flags, 'ssl_config_file', parseSslConfig),
    readFlagFile(flags, 'monitoring_config_file', parseMonitoringConfig),
    readFlagFile(flags, 'batching_parameters_file', parseBatchingParameters),
  ]);
  return {
    files: {
      models: models.configured,
      ...(ssl && { ssl }),
      ...(monitoring && { monitoring }),
      ...(batching && { batching: batching.parameters }),
    },
    warnings: [
      ...models.warnings.map((warning) => `--model_config_file: ${warning}`),
      ...(batching?.warnings ?? []).map((warning) => `--batching_parameters_file: ${warning}`),
    ],
  };
}

/**
 * Reads and checks a model config file.
 * @returns undefined where the file sets no list of models: that asks for nothing.
 * @throws ServingError INVALID_ARGUMENT; the message says where and what.
 */
export async function readModelConfigText(text: string): Promise<CheckedModels | undefined> {
  // A long list takes a while, above all the first time; requests come in between.
  const tree = parseModelConfigTree(text);
  await nextTurn();
  const { messages, warnings } = readModelConfigTree(tree);
  if (!messages) return undefined;
  await nextTurn();
  const checked = checkModelConfigs(messages);
  return { configs: checked.configs, warnings: [...warnings, ...checked.warnings] };
}

interface ConfiguredModels {
  readonly configured: readonly ConfiguredModel[];
  readonly warnings: readonly string[];
}

/**
 * The models of `--model_config_file`, otherwise the single one of `--model_base_path`. A relative base path on the command
 * line is meant from the current folder.
 */
async function readConfiguredModels(flags: Flags): Promise<ConfiguredModels> {
  if (flags.model_config_file !== '') {
    const { configs, warnings } = (await readFlagFile(flags, 'model_config_file', readModelConfigText)) ?? NOTHING;
    return { configured: configs.map((config) => ({ config, origin: 'config' })), warnings };
  }
  if (flags.model_base_path === '') return { configured: [], warnings: [] };
  const basePath = isAbsoluteBasePath(flags.model_base_path) ? flags.model_base_path : resolve(flags.model_base_path);
  const config = { name: flags.model_name, basePath, versionPolicy: LATEST_ONE };
  return { configured: [{ config, origin: 'flags' }], warnings: [] };
}

/** Wording: TensorFlow Serving model_servers/server_core.cc ReloadConfig. */
const NOTHING: CheckedModels = { configs: [], warnings: ['Taking no action for empty config.'] };

/** @returns undefined where the flag names no file. */
async function readFlagFile<T>(
  flags: Flags,
  name: FileFlag,
  parse: (text: string) => T | Promise<T>,
): Promise<T | undefined> {
  const path = flags[name];
  if (path === '') return undefined;
  const flag = `--${name}=${path}`;
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ServingError('INVALID_ARGUMENT', `${flag} cannot be read (${errnoOf(error) ?? 'unknown error'})`, {
      cause: error,
    });
  });
  try {
    return await parse(text);
  } catch (error) {
    throw new ServingError('INVALID_ARGUMENT', `${flag}: ${asServingError(error).message}`, { cause: error });
  }
}
