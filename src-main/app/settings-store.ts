import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { ServableName } from '../contracts/ids.ts';
import { ModelConfig } from '../contracts/model-config.ts';
import { ServingError } from '../contracts/serving-error.ts';
import type { Logger } from '../contracts/logger.ts';

/** What is kept between two runs. */
const StoredSettings = z.object({
  formatVersion: z.literal(1),
  /** Models that were added in the user interface. */
  models: z.array(ModelConfig).readonly(),
  /** Sample models that were removed and are not to come back. */
  removedSamples: z.array(ServableName).readonly(),
});
export type StoredSettings = z.infer<typeof StoredSettings>;

const EMPTY: StoredSettings = { formatVersion: 1, models: [], removedSamples: [] };

/** The settings file of one data directory. */
export interface SettingsStore {
  current(): StoredSettings;
  /**
   * Writes the settings, then makes them current; changes are applied one after the other.
   * @throws ServingError UNAVAILABLE when the file cannot be written; the current settings then stand.
   */
  update(change: (current: StoredSettings) => StoredSettings): Promise<void>;
}

/**
 * Opens `settings.json` in a directory, which is made on the first write. A file that cannot be understood is set aside
 * under another name, never overwritten, and the defaults are used.
 */
export async function openSettingsStore(directory: string, log: Logger): Promise<SettingsStore> {
  const path = join(directory, 'settings.json');
  let current = await load(path, log);
  let last: Promise<void> = Promise.resolve();

  async function apply(previous: Promise<void>, change: (from: StoredSettings) => StoredSettings): Promise<void> {
    await previous.catch(() => undefined); // its own caller hears of it
    const changed = StoredSettings.parse(change(current));
    try {
      await replaceFile(path, `${JSON.stringify(changed, undefined, 2)}\n`);
    } catch (error) {
      const message = `the settings file cannot be written (${errorCode(error)})`;
      throw new ServingError('UNAVAILABLE', message, { cause: error });
    }
    current = changed;
  }

  return {
    current: () => current,
    update(change) {
      last = apply(last, change);
      return last;
    },
  };
}

async function load(path: string, log: Logger): Promise<StoredSettings> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') log.error({ path, error }, 'settings file cannot be read; defaults are used');
    return EMPTY;
  }
  try {
    return StoredSettings.parse(JSON.parse(text));
  } catch (error) {
    const aside = `${path}.unreadable-${randomUUID().slice(0, 8)}`;
    log.error({ path, aside, error }, 'settings file cannot be understood; it is set aside and defaults are used');
    await rename(path, aside).catch((renameError: unknown) => {
      log.error({ path, error: renameError }, 'settings file cannot be set aside');
    });
    return EMPTY;
  }
}

/** Either the old or the whole new text is in the file, whenever the machine stops. */
async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error';
}
