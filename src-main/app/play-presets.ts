import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { ServableName } from '../contracts/ids.ts';
import type { Logger } from '../contracts/logger.ts';
import { ServingError } from '../contracts/serving-error.ts';
import { PLAY_LIMITS, type PresetName, type PresetPlace, type PresetRow } from '../contracts/ui-play.ts';
import { readHead, readHeaded, writeHeaded, writeWhole } from './headed-file.ts';
import type { PlayModelFiles } from './play-model-files.ts';

/** The first line of a preset in the data directory; its body follows. */
const PresetHead = z.object({ model: ServableName, name: z.string(), sizeBytes: z.number() });

/** Requests kept by name, in the folder of their model or privately. */
export interface PlayPresets {
  /** Those of the model first; each by name. */
  list(
    model: ServableName,
    signal: AbortSignal,
  ): Promise<{ readonly presets: readonly PresetRow[]; readonly canWriteToModel: boolean }>;
  /** @throws ServingError NOT_FOUND, INVALID_ARGUMENT for one that is too large. */
  read(model: ServableName, place: PresetPlace, name: string, signal: AbortSignal): Promise<string>;
  /** Replaces one of this name. @throws ServingError FAILED_PRECONDITION, INVALID_ARGUMENT for one that is too large. */
  save(model: ServableName, place: PresetPlace, name: PresetName, body: string): Promise<void>;
  /** @throws ServingError NOT_FOUND, FAILED_PRECONDITION where the folder cannot be written to. */
  remove(model: ServableName, place: PresetPlace, name: string, signal: AbortSignal): Promise<void>;
}

/** A name of any text as the name of a file that every system takes. */
export const fileKey = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);

/** @param directory absolute; it is made when the first preset is saved. */
export function createPlayPresets(directory: string, files: PlayModelFiles, log: Logger): PlayPresets {
  const folderOf = (model: ServableName): string => join(directory, fileKey(model));
  const fileOf = (model: ServableName, name: string): string => join(folderOf(model), `${fileKey(name)}.json`);

  async function listPrivate(model: ServableName): Promise<readonly PresetRow[]> {
    const folder = folderOf(model);
    // Before the first preset there is no folder.
    const names = await readdir(folder).catch(() => []);
    const found = await Promise.all(
      names
        .filter((name) => name.endsWith('.json'))
        .slice(0, PLAY_LIMITS.maxPresets)
        .map(async (file): Promise<PresetRow | undefined> => {
          try {
            const { name, sizeBytes } = PresetHead.parse(await readHead(join(folder, file)));
            return { place: 'private', name, sizeBytes };
          } catch (error) {
            log.warn({ file, error }, 'a preset of the playground cannot be read');
            return undefined;
          }
        }),
    );
    return found
      .filter((row) => row !== undefined)
      .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  }

  /** @throws ServingError FAILED_PRECONDITION where the model is not on a disk of this computer. */
  function modelFile(model: ServableName, name: string): string {
    const folder = files.examplesFolder(model);
    if (folder === undefined)
      throw new ServingError(
        'FAILED_PRECONDITION',
        `"${model}" is not on a disk of this computer: save the preset privately`,
      );
    return join(folder, `${name}.json`);
  }

  return {
    async list(model, signal) {
      const folder = files.examplesFolder(model);
      const [beside, own, canWriteToModel] = await Promise.all([
        files.examples(model, signal),
        listPrivate(model),
        folder === undefined ? false : isWritable(folder),
      ]);
      return { presets: [...beside.map((file) => ({ place: 'model' as const, ...file })), ...own], canWriteToModel };
    },

    async read(model, place, name, signal) {
      if (place === 'model') return files.readExample(model, name, signal);
      const preset = await readHeaded(fileOf(model, name)).catch(() => undefined);
      if (!preset) throw new ServingError('NOT_FOUND', `there is no preset "${name}" of "${model}"`);
      return preset.rest;
    },

    async save(model, place, name, body) {
      const sizeBytes = Buffer.byteLength(body);
      if (sizeBytes > PLAY_LIMITS.maxBodyBytes) {
        throw new ServingError(
          'INVALID_ARGUMENT',
          `the request has ${sizeBytes} bytes and a preset at most ${PLAY_LIMITS.maxBodyBytes}: save it as a file instead`,
        );
      }
      const path = place === 'model' ? modelFile(model, name) : fileOf(model, name);
      await refuseTooMany(path);
      try {
        if (place === 'model') await writeWhole(path, `${body.trimEnd()}\n`);
        else await writeHeaded(path, { model, name, sizeBytes }, body);
      } catch (error) {
        throw new ServingError('FAILED_PRECONDITION', `the preset cannot be written: ${reasonOf(error)}`, {
          cause: error,
        });
      }
    },

    async remove(model, place, name, signal) {
      const known = place === 'model' ? await files.examples(model, signal) : await listPrivate(model);
      if (!known.some((row) => row.name === name))
        throw new ServingError('NOT_FOUND', `there is no preset "${name}" of "${model}"`);
      try {
        await rm(place === 'model' ? modelFile(model, name) : fileOf(model, name), { force: true });
      } catch (error) {
        throw new ServingError('FAILED_PRECONDITION', `the preset cannot be removed: ${reasonOf(error)}`, {
          cause: error,
        });
      }
    },
  };
}

async function refuseTooMany(path: string): Promise<void> {
  const [names, there] = await Promise.all([
    readdir(dirname(path)).catch(() => []),
    stat(path).then(
      () => true,
      () => false,
    ),
  ]);
  if (!there && names.filter((name) => name.endsWith('.json')).length >= PLAY_LIMITS.maxPresets)
    throw new ServingError(
      'FAILED_PRECONDITION',
      `there are ${PLAY_LIMITS.maxPresets} presets already: remove some first`,
    );
}

/** Whether files can be made there; of a folder that is not there yet, in the one that would hold it. */
async function isWritable(folder: string): Promise<boolean> {
  const can = async (path: string): Promise<boolean> =>
    access(path, constants.W_OK).then(
      () => true,
      () => false,
    );
  const exists = await stat(folder).then(
    () => true,
    () => false,
  );
  return can(exists ? folder : dirname(folder));
}

/** What the system says, without the path: `EACCES`, `ENOSPC`. */
function reasonOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string')
    return error.code;
  return 'the disk refused it';
}
