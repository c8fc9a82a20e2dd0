import { createHash } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { ServableName } from '../contracts/ids.ts';
import { ModelConfig } from '../contracts/model-config.ts';
import { asServingError, ServingError } from '../contracts/serving-error.ts';
import { Connection } from '../contracts/ui-sources.ts';
import type { Logger } from '../contracts/logger.ts';
import { errnoOf } from '../storage/errno.ts';
import { StoredServing, StoredToken } from './serving/serving-settings.ts';
import { acquireFileLock, type FileLockOptions } from './file-lock.ts';
import { replaceFile } from './replace-file.ts';

const FORMAT_VERSION = 1;

/** A sample as it was changed by hand; where its files are, each installation knows. */
const ChangedSample = ModelConfig.omit({ basePath: true });

/** What is kept between two runs. */
const StoredSettings = z.object({
  formatVersion: z.literal(FORMAT_VERSION),
  /** Models that were added in the user interface. */
  models: z.array(ModelConfig).readonly(),
  /** Sample models that were removed and are not to come back. */
  removedSamples: z.array(ServableName).readonly(),
  /** Absent before the first. */
  changedSamples: z.array(ChangedSample).readonly().optional(),
  /** Connections to stores, without their secrets; absent before the first. */
  connections: z.array(Connection).readonly().optional(),
  /** Absent before anything was chosen. */
  serving: StoredServing.optional(),
});
export type StoredSettings = z.infer<typeof StoredSettings>;

const EMPTY: StoredSettings = { formatVersion: FORMAT_VERSION, models: [], removedSamples: [] };

/** What every format has. */
const AnyFormat = z.looseObject({ formatVersion: z.number().int().min(1) });

/** The settings file of one data directory. */
export interface SettingsStore {
  /** As of the start, the last own change that was written, or the last {@link SettingsStore.refresh}. */
  current(): StoredSettings;
  /**
   * Reads the file again, applies the change to what is there now, writes it, then makes the result current. Changes are
   * applied one after the other, also those of other processes with the same data directory: none undoes another's.
   * So the models that another process added or removed become current together with the first own change after it. A
   * change that throws leaves the file and the current settings alone, whatever others have written.
   * @param change a pure function, which may be called more than once; meanwhile {@link current} is what it is given.
   * @throws ServingError FAILED_PRECONDITION while there is a file that cannot be read, kept or understood and whose
   *   content would be lost; UNAVAILABLE when the file cannot be written. The current settings then stand.
   */
  update(change: (current: StoredSettings) => StoredSettings): Promise<void>;
  /**
   * Takes over what other processes have written. A file that cannot be read or understood in full changes nothing.
   * Costs one look at the file's time as long as nobody writes. Never rejects.
   * @returns whether {@link SettingsStore.current} has changed.
   */
  refresh(): Promise<boolean>;
}

export interface OpenedSettingsStore extends SettingsStore {
  /** Why not all of the file could be used as it was opened; undefined where it could, or where there was none. */
  readonly problem: ServingError | undefined;
}

export interface SettingsStoreOptions {
  readonly lock?: FileLockOptions;
}

/** What the settings file holds. */
interface Reading {
  /** Undefined where there is no file, or nothing in it can be understood. */
  readonly settings: StoredSettings | undefined;
  /** Set where a part of the file would be lost if it were written anew: the whole content, and what is wrong with it. */
  readonly imperfect?: { readonly bytes: Uint8Array; readonly faults: readonly string[] };
}

const FILE_NAME = 'settings.json';

/**
 * Opens `settings.json` in a directory, which is made on the first write. Entries that cannot be understood are left
 * out, and a copy of the file is kept beside it. Of a file that cannot be read, or is of a newer format, nothing is used
 * and nothing is changed. All of that is logged; opening never fails.
 */
export async function openSettingsStore(
  directory: string,
  log: Logger,
  options: SettingsStoreOptions = {},
): Promise<OpenedSettingsStore> {
  const path = join(directory, FILE_NAME);
  /** The last content whose faults were logged. */
  let reported: string | undefined;
  let current = EMPTY;
  let problem: ServingError | undefined;
  let last: Promise<unknown> = Promise.resolve();
  /** What {@link stampOf} said of the file when it was last read by a refresh. */
  let refreshed: string | undefined;

  /** Keeps a copy of a file that would not survive being written anew. @throws ServingError FAILED_PRECONDITION. */
  async function keepCopy({ imperfect }: Reading): Promise<void> {
    if (!imperfect) return;
    const { bytes, faults } = imperfect;
    // Named by its content, so that many starts with one broken file keep one copy.
    const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    const copy = `${path}.unreadable-${digest}`;
    if (digest !== reported) {
      for (const fault of faults) log.error({ path, fault }, 'a part of the settings file cannot be understood');
      log.error({ path, copy }, 'what can be understood of the settings file is used; a copy of it is kept');
      reported = digest;
    }
    try {
      await replaceFile(copy, bytes);
    } catch (error) {
      const message =
        `${FILE_NAME} in the data directory cannot be understood in full (${faults[0] ?? ''}), and no copy of it can ` +
        `be kept (${errnoOf(error) ?? 'unknown error'}); correct the file or move it away, then try again`;
      throw new ServingError('FAILED_PRECONDITION', message, { cause: error });
    }
  }

  /** @returns false when the lock was lost on the way: nothing was written. */
  async function tryApply(change: (from: StoredSettings) => StoredSettings): Promise<boolean> {
    await using lock = await acquireLock();
    const reading = await readSettings(path);
    await keepCopy(reading);
    const before = current;
    let changed: StoredSettings;
    try {
      // Where nothing can be read (any more), what was read last stands: whoever empties a file takes no model away.
      current = reading.settings ?? before;
      changed = StoredSettings.parse(change(current));
    } finally {
      current = before;
    }
    const bytes = Buffer.from(`${JSON.stringify(changed, undefined, 2)}\n`);
    const isWritten = await replaceFile(path, bytes, () => lock.isHeld()).catch((error: unknown) => {
      throw cannotBeWritten(error);
    });
    if (isWritten) current = changed;
    return isWritten;
  }

  async function acquireLock(): ReturnType<typeof acquireFileLock> {
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      return await acquireFileLock(`${path}.lock`, options.lock);
    } catch (error) {
      throw cannotBeWritten(error);
    }
  }

  async function refresh(previous: Promise<unknown>): Promise<boolean> {
    await previous.catch(() => undefined);
    const stamp = await stampOf(path);
    if (stamp === undefined || stamp === refreshed) return false;
    const reading = await readSettings(path).catch(() => undefined);
    refreshed = stamp;
    if (!reading?.settings || reading.imperfect || isDeepStrictEqual(reading.settings, current)) return false;
    current = reading.settings;
    return true;
  }

  async function apply(previous: Promise<unknown>, change: (from: StoredSettings) => StoredSettings): Promise<void> {
    await previous.catch(() => undefined); // its own caller hears of it
    for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts += 1) if (await tryApply(change)) return;
    throw new ServingError('UNAVAILABLE', 'other processes keep changing the settings; try again in a few seconds');
  }

  try {
    const reading = await readSettings(path).catch((error: unknown) => {
      problem = asServingError(error);
      throw error;
    });
    current = reading.settings ?? EMPTY;
    if (reading.imperfect) problem = notUnderstood(reading.imperfect.faults);
    await keepCopy(reading);
  } catch (error) {
    log.error({ path, error }, 'the settings file cannot be used as it is, and is left alone');
  }

  return {
    current: () => current,
    problem,
    update(change) {
      const done = apply(last, change);
      last = done;
      return done;
    },
    refresh() {
      const done = refresh(last);
      last = done;
      return done;
    },
  };
}

/** Differs whenever the file was replaced; undefined where there is none. */
async function stampOf(path: string): Promise<string | undefined> {
  const { ino, size, mtimeNs } = (await stat(path, { bigint: true }).catch(() => undefined)) ?? {};
  return ino === undefined ? undefined : `${ino} ${size} ${mtimeNs}`;
}

/** The lock is lost only where a disk takes seconds to write; more than once in a row is no accident. */
const MAX_ATTEMPTS = 3;

/** @throws ServingError FAILED_PRECONDITION for a file that must be left alone. */
async function readSettings(path: string): Promise<Reading> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const code = errnoOf(error) ?? 'unknown error';
    if (code === 'ENOENT') return { settings: undefined };
    const message =
      `${FILE_NAME} in the data directory cannot be read (${code}), so nothing is changed; ` +
      `give the user of this server read access to it or move it away, then try again`;
    throw new ServingError('FAILED_PRECONDITION', message, { cause: error });
  }
  const content = parseJson(bytes);
  const format = AnyFormat.safeParse(content);
  if (!format.success) return { settings: undefined, imperfect: { bytes, faults: ['it is not a settings file'] } };
  const { formatVersion } = format.data;
  if (formatVersion > FORMAT_VERSION) {
    const message =
      `${FILE_NAME} in the data directory was written by a newer version (format ${formatVersion}), so nothing is ` +
      `changed; update this server or move the file away, then try again`;
    throw new ServingError('FAILED_PRECONDITION', message);
  }
  const models = parseEntries(ModelConfig, 'models', format.data['models']);
  const removedSamples = parseEntries(ServableName, 'removedSamples', format.data['removedSamples']);
  const changedSamples = parseEntries(ChangedSample, 'changedSamples', format.data['changedSamples']);
  const connections = parseEntries(Connection, 'connections', format.data['connections']);
  const serving = parseServing(format.data['serving']);
  const settings: StoredSettings = {
    ...EMPTY,
    models: models.good,
    removedSamples: removedSamples.good,
    ...('changedSamples' in format.data && { changedSamples: changedSamples.good }),
    ...('connections' in format.data && { connections: connections.good }),
    ...(serving.good && { serving: serving.good }),
  };
  if (isDeepStrictEqual(settings, content)) return { settings };
  const parts = [models, removedSamples, changedSamples, connections, serving];
  const faults = parts.flatMap((part) => part.faults);
  if (faults.length === 0) faults.push('it lacks fields, or has some that are not known');
  return { settings, imperfect: { bytes, faults } };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** As with the lists, what cannot be understood spoils itself only. */
function parseServing(content: unknown): { readonly good?: StoredServing; readonly faults: readonly string[] } {
  if (content === undefined) return { faults: [] };
  const fields = z.record(z.string(), z.unknown()).safeParse(content).data;
  if (!fields) return { faults: ['"serving" is not an object'] };
  const tokens = parseEntries(StoredToken, 'serving.tokens', fields['tokens']);
  const faults = [...tokens.faults];
  const good: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(fields)) {
    const kept = field === 'tokens' ? tokens.good : value;
    const parsed = StoredServing.safeParse({ [field]: kept });
    if (parsed.success) good[field] = kept;
    else faults.push(`serving.${field}: ${parsed.error.issues[0]?.message ?? 'is not valid'}`);
  }
  return { good: StoredServing.parse(good), faults };
}

/** One by one, so that a bad entry spoils itself only. */
function parseEntries<Schema extends z.ZodType>(
  schema: Schema,
  field: string,
  content: unknown,
): { readonly good: readonly z.output<Schema>[]; readonly faults: readonly string[] } {
  if (content === undefined) return { good: [], faults: [] };
  if (!Array.isArray(content)) return { good: [], faults: [`"${field}" is not a list`] };
  const entries: readonly unknown[] = content;
  const good: z.output<Schema>[] = [];
  const faults: string[] = [];
  for (const [index, entry] of entries.entries()) {
    const parsed = schema.safeParse(entry);
    if (parsed.success) {
      good.push(parsed.data);
    } else {
      const reasons = parsed.error.issues.map(({ path, message }) => [...path.map(String), message].join(': '));
      faults.push(`${field}[${index}]: ${reasons.join('; ')}`);
    }
  }
  return { good, faults };
}

function notUnderstood(faults: readonly string[]): ServingError {
  const message = `${FILE_NAME} in the data directory: ${faults.join('; ')}; correct the file or move it away, then try again`;
  return new ServingError('FAILED_PRECONDITION', message);
}

function cannotBeWritten(error: unknown): ServingError {
  if (error instanceof ServingError) return error;
  const message = `the settings file cannot be written (${errnoOf(error) ?? 'unknown error'})`;
  return new ServingError('UNAVAILABLE', message, { cause: error });
}
