import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { ServingError } from '../contracts/serving-error.ts';
import { errnoOf, fromErrno } from '../storage/errno.ts';

/**
 * The text of a file that somebody may have put there.
 * @returns undefined where there is none.
 * @throws ServingError, naming the file without its folder, for anything but a readable file of at most `maxBytes`.
 */
export async function readSmallFile(file: string, maxBytes: number): Promise<string | undefined> {
  const name = path.basename(file);
  try {
    // Before it is opened: to open a pipe would wait for ever.
    const status = await stat(file);
    if (!status.isFile()) throw new ServingError('INVALID_ARGUMENT', `${name} is not a file`);
    if (status.size > maxBytes) {
      throw new ServingError('INVALID_ARGUMENT', `${name} is larger than ${maxBytes / 1024} KiB`);
    }
    return await readFile(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined;
    throw fromErrno(error, name);
  }
}
