import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Flags } from '../config/flags.ts';
import { isAbsoluteBasePath, parseModelConfigFile } from '../config/model-config-file.ts';
import type { ConfiguredModel } from '../config/settings.ts';
import { LATEST_ONE } from '../contracts/model-config.ts';
import { asServingError, ServingError } from '../contracts/serving-error.ts';
import { errnoOf } from '../storage/errno.ts';

/**
 * The models that the flags name: those of `--model_config_file`, otherwise the single one of `--model_base_path`. A
 * relative base path on the command line is meant from the current folder.
 * @throws ServingError INVALID_ARGUMENT that names the flag, and the place in the file.
 */
export async function readConfiguredModels(flags: Flags): Promise<readonly ConfiguredModel[]> {
  if (flags.model_config_file !== '') {
    const flag = `--model_config_file=${flags.model_config_file}`;
    const text = await readFile(flags.model_config_file, 'utf8').catch((error: unknown) => {
      const why = errnoOf(error) ?? 'unknown error';
      throw new ServingError('INVALID_ARGUMENT', `${flag} cannot be read (${why})`, { cause: error });
    });
    try {
      return parseModelConfigFile(text).map((config) => ({ config, origin: 'config' }));
    } catch (error) {
      throw new ServingError('INVALID_ARGUMENT', `${flag}: ${asServingError(error).message}`, { cause: error });
    }
  }
  if (flags.model_base_path === '') return [];
  const basePath = isAbsoluteBasePath(flags.model_base_path) ? flags.model_base_path : resolve(flags.model_base_path);
  return [{ config: { name: flags.model_name, basePath, versionPolicy: LATEST_ONE }, origin: 'flags' }];
}
