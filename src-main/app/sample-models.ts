import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ServableName } from '../contracts/ids.ts';
import { LATEST_ONE, type ModelConfig } from '../contracts/model-config.ts';
import type { Logger } from '../contracts/logger.ts';

/** The models that ship with the product: each folder of the samples' directory is one. None where it is missing. */
export async function listSampleModels(directory: string, log: Logger): Promise<readonly ModelConfig[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    log.warn({ directory, error }, 'sample models cannot be listed');
    return [];
  });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ name: ServableName.parse(name), basePath: join(directory, name), versionPolicy: LATEST_ONE }))
    .toSorted((left, right) => left.name.localeCompare(right.name, 'en'));
}
