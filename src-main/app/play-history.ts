import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServableName } from '../contracts/ids.ts';
import type { Logger } from '../contracts/logger.ts';
import { ServingError } from '../contracts/serving-error.ts';
import { PLAY_LIMITS, PlayHistoryEntry, PlayHistoryRow } from '../contracts/ui-play.ts';
import { readHead, readHeaded, writeHeaded } from './headed-file.ts';
import { fileKey } from './play-presets.ts';

/** Requests of the playground and their answers on disk. An entry never changes; the oldest make room. */
export interface PlayHistory {
  /** Newest first. */
  list(model: ServableName): Promise<readonly PlayHistoryRow[]>;
  /** @throws ServingError NOT_FOUND. */
  read(model: ServableName, id: string): Promise<PlayHistoryEntry>;
  /** Bodies that are too large are left out. @returns the entry's id. */
  add(entry: Omit<PlayHistoryEntry, 'id'>): Promise<string>;
  clear(model: ServableName): Promise<void>;
}

/** The first line of an entry's file, and what follows it. */
const HistoryHead = PlayHistoryEntry.omit({ request: true, response: true });
const Bodies = PlayHistoryEntry.pick({ request: true, response: true });

/** Digits enough for the milliseconds of any date: ids sort by time as text. */
const TIME_DIGITS = 14;
interface HistoryLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
}
const LIMITS: HistoryLimits = { maxEntries: PLAY_LIMITS.maxHistory, maxBytes: PLAY_LIMITS.maxHistoryBytes };

/** @param directory absolute; it is made with the first entry. */
export function createPlayHistory(directory: string, log: Logger, limits = LIMITS): PlayHistory {
  const folderOf = (model: ServableName): string => join(directory, fileKey(model));
  const fileOf = (model: ServableName, id: string): string => join(folderOf(model), `${id}.json`);
  /** Of entries that are known: they never change, so each file is read once. */
  const rows = new Map<string, PlayHistoryRow>();
  // One after another, so that two additions do not both see room for themselves.
  let last: Promise<unknown> = Promise.resolve();

  /** Names of files, oldest first. */
  async function filesOf(folder: string): Promise<readonly string[]> {
    const names = await readdir(folder).catch(() => []);
    return names.filter((name) => name.endsWith('.json')).toSorted();
  }

  async function rowOf(model: ServableName, id: string): Promise<PlayHistoryRow | undefined> {
    const known = rows.get(id);
    if (known) return known;
    try {
      const row = PlayHistoryRow.parse(await readHead(fileOf(model, id)));
      rows.set(id, row);
      return row;
    } catch (error) {
      log.warn({ servable: model, id, error }, 'an entry of the playground’s history cannot be read');
      return undefined;
    }
  }

  async function makeRoom(model: ServableName): Promise<void> {
    const own = await filesOf(folderOf(model));
    const tooMany = own.slice(0, Math.max(0, own.length - limits.maxEntries));
    await Promise.all(tooMany.map((file) => rm(join(folderOf(model), file), { force: true })));
    const folders = await readdir(directory).catch(() => []);
    const all = await Promise.all(
      folders.map(async (folder) => {
        const path = join(directory, folder);
        return Promise.all(
          (await filesOf(path)).map(async (file) => ({
            file,
            path: join(path, file),
            bytes: (await stat(join(path, file)).catch(() => undefined))?.size ?? 0,
          })),
        );
      }),
    );
    const oldestFirst = all.flat().toSorted((a, b) => (a.file < b.file ? -1 : 1));
    let bytes = oldestFirst.reduce((sum, file) => sum + file.bytes, 0);
    for (const file of oldestFirst) {
      if (bytes <= limits.maxBytes) return;
      await rm(file.path, { force: true });
      bytes -= file.bytes;
    }
  }

  async function add(entry: Omit<PlayHistoryEntry, 'id'>): Promise<string> {
    const id = `${String(Math.round(entry.atMs)).padStart(TIME_DIGITS, '0')}-${randomUUID()}`;
    const { request, response, ...row } = entry;
    const bodies = { ...(fits(request) && { request }), ...(fits(response) && { response }) };
    try {
      await writeHeaded(fileOf(entry.model, id), { ...row, id }, JSON.stringify(bodies));
      await makeRoom(entry.model);
    } catch (error) {
      throw new ServingError('FAILED_PRECONDITION', 'the history cannot be written to the data directory', {
        cause: error,
      });
    }
    return id;
  }

  return {
    async list(model) {
      const files = await filesOf(folderOf(model));
      const found = await Promise.all(files.toReversed().map((file) => rowOf(model, file.slice(0, -'.json'.length))));
      return found.filter((row) => row !== undefined);
    },
    async read(model, id) {
      const file = await readHeaded(fileOf(model, id)).catch(() => undefined);
      if (!file) throw new ServingError('NOT_FOUND', 'this request is not kept any more');
      return PlayHistoryEntry.parse({ ...HistoryHead.parse(file.head), ...Bodies.parse(JSON.parse(file.rest)) });
    },
    async add(entry) {
      const added = last.then(() => add(entry));
      last = added.catch(() => undefined);
      return added;
    },
    async clear(model) {
      await rm(folderOf(model), { recursive: true, force: true });
    },
  };
}

const fits = (body: string | undefined): boolean =>
  body !== undefined && Buffer.byteLength(body) <= PLAY_LIMITS.maxHistoryBodyBytes;
