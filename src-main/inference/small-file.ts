import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { ServingError } from '../contracts/serving-error.ts';
import { errnoOf, fromErrno } from '../storage/errno.ts';
import { sharedFileSystemCalls } from '../storage/file-system-calls.ts';

/**
 * The text of a file that somebody may have put there.
 * @returns undefined where there is none.
 * @throws ServingError, naming the file without its folder, for anything but a readable file of at most `maxBytes`;
 *   CANCELLED on abort; UNAVAILABLE where the drive hangs.
 */
export async function readSmallFile(file: string, maxBytes: number, signal: AbortSignal): Promise<string | undefined> {
  const name = path.basename(file);
  const call = <T>(work: () => Promise<T>): Promise<T> => sharedFileSystemCalls().run(path.dirname(file), signal, work);
  try {
    // Before it is opened: to open a pipe would wait for ever.
    const status = await call(() => stat(file));
    if (!status.isFile()) throw new ServingError('INVALID_ARGUMENT', `${name} is not a file`);
    if (status.size > maxBytes) {
      throw new ServingError('INVALID_ARGUMENT', `${name} is larger than ${maxBytes / 1024} KiB`);
    }
    return await call(() => readFile(file, 'utf8'));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined;
    throw fromErrno(error, name);
  }
}
