import { mkdir, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { replaceFile } from '../../app/replace-file.ts';
import type { Logger } from '../../contracts/logger.ts';

/** A small file that only this process writes: the app runs once for each data directory. */
export interface JsonFile<Content> {
  current(): Content;
  /**
   * Writes what the change makes of the content, which is current from then on. Changes are made one after the other.
   * @throws the file system's error when it cannot be written; the content before then stands.
   */
  update(change: (current: Content) => Content): Promise<void>;
}

/**
 * Opens a file of JSON, which only the user may read; it and its folder are made on the first write. A file that cannot
 * be read or understood counts as absent and is logged; a copy of it is kept beside it before it is written over.
 * @param absent the content while there is no file.
 */
export async function openJsonFile<Content>(
  path: string,
  schema: z.ZodType<Content>,
  absent: Content,
  log: Logger,
): Promise<JsonFile<Content>> {
  let last: Promise<unknown> = Promise.resolve();
  let isSpoilt = false;
  let current = absent;
  try {
    current = schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (!isNotFound(error)) {
      isSpoilt = true;
      log.error({ path, error }, 'the file cannot be understood and counts as absent');
    }
  }

  async function apply(previous: Promise<unknown>, change: (from: Content) => Content): Promise<void> {
    await previous.catch(() => undefined); // its own caller hears of it
    const changed = schema.parse(change(current));
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    if (isSpoilt) await rename(path, `${path}.unreadable`);
    isSpoilt = false;
    await replaceFile(path, `${JSON.stringify(changed, undefined, 2)}\n`);
    current = changed;
  }

  return {
    current: () => current,
    update(change) {
      const done = apply(last, change);
      last = done;
      return done;
    },
  };
}

/** Whether a file or folder is simply not there. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
