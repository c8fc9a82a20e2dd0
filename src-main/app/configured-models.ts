import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseBatchingParameters } from '../config/batching-parameters.ts';
import type { Flags } from '../config/flags.ts';
import { isAbsoluteBasePath, parseModelConfigFile } from '../config/model-config-file.ts';
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
      models,
      ...(ssl && { ssl }),
      ...(monitoring && { monitoring }),
      ...(batching && { batching: batching.parameters }),
    },
    warnings: (batching?.warnings ?? []).map((warning) => `--batching_parameters_file: ${warning}`),
  };
}

/**
 * The models of `--model_config_file`, otherwise the single one of `--model_base_path`. A relative base path on the command
 * line is meant from the current folder.
 */
async function readConfiguredModels(flags: Flags): Promise<readonly ConfiguredModel[]> {
  const listed = await readFlagFile(flags, 'model_config_file', parseModelConfigFile);
  if (listed) return listed.map((config) => ({ config, origin: 'config' }));
  if (flags.model_base_path === '') return [];
  const basePath = isAbsoluteBasePath(flags.model_base_path) ? flags.model_base_path : resolve(flags.model_base_path);
  return [{ config: { name: flags.model_name, basePath, versionPolicy: LATEST_ONE }, origin: 'flags' }];
}

/** @returns undefined where the flag names no file. */
async function readFlagFile<T>(flags: Flags, name: FileFlag, parse: (text: string) => T): Promise<T | undefined> {
  const path = flags[name];
  if (path === '') return undefined;
  const flag = `--${name}=${path}`;
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ServingError('INVALID_ARGUMENT', `${flag} cannot be read (${errnoOf(error) ?? 'unknown error'})`, {
      cause: error,
    });
  });
  try {
    return parse(text);
  } catch (error) {
    throw new ServingError('INVALID_ARGUMENT', `${flag}: ${asServingError(error).message}`, { cause: error });
  }
}
