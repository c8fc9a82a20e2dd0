import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { ServingError } from '../../contracts/serving-error.ts';
import { errnoOf } from '../errno.ts';
import { TransferError } from './transfer-error.ts';

const WORDS: Readonly<Record<string, string>> = {
  EROFS: 'the disk is read-only',
  EACCES: 'permission denied; give the user of this server write access to it',
  EPERM: 'permission denied; give the user of this server write access to it',
  EMFILE: 'too many open files; raise the limit (ulimit -n)',
  EIO: 'the disk reports an I/O error',
};
const NO_SPACE: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Runs calls to the disk that copies are written to; their errors become ServingErrors without any path. */
export async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fromDisk(error);
  }
}

function fromDisk(thrown: unknown): ServingError {
  if (thrown instanceof ServingError) return thrown;
  const errno = errnoOf(thrown) ?? 'unknown error';
  if (NO_SPACE.has(errno)) {
    const words = 'free some space, or put the cache elsewhere';
    return new TransferError('no space', `the disk of the model cache is full (${errno}): ${words}`, { cause: thrown });
  }
  const words = WORDS[errno] ?? 'the call to the operating system failed';
  return new ServingError('UNAVAILABLE', `the model cache cannot be written: ${words} (${errno})`, { cause: thrown });
}

/**
 * Opens a file below a directory for reading and writing, with the folders it is in; made where it is not there. Never
 * goes through a symbolic link below the directory.
 * @param path relative, separated by `/`, and one that `refuseUnsafePaths` let through.
 */
export async function openBelow(directory: string, path: string): Promise<FileHandle> {
  const root = resolve(directory);
  const target = resolve(root, ...path.split('/'));
  if (!target.startsWith(root + sep)) throw new Error('a path leads out of its folder');
  await makeFolders(root, path.split('/').slice(0, -1));
  const noLinks = constants.O_NOFOLLOW ?? 0; // not on Windows, where links need privileges
  return open(target, constants.O_RDWR | constants.O_CREAT | noLinks, 0o600);
}

async function makeFolders(root: string, names: readonly string[]): Promise<void> {
  let folder = root;
  for (const name of names) {
    folder = join(folder, name);
    await mkdir(folder, { mode: 0o700 }).catch(async (error: unknown) => {
      if (errnoOf(error) !== 'EEXIST' || !(await lstat(folder)).isDirectory()) throw error;
    });
  }
}

/** Writes all of the bytes; a write may take fewer than it was given. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** Gives the bytes [start, end) of a file in pieces, each valid until the next; fewer when the file is shorter. */
export async function* readPieces(file: FileHandle, start: number, end: number): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(1024 * 1024, Math.max(1, end - start)));
  for (let position = start; position < end;) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - position), position);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    position += bytesRead;
  }
}

/** Makes the names in a folder as lasting as their files; a no-op where a folder cannot be flushed. */
export async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } catch (error) {
    // Some network and FUSE file systems have no such call for folders.
    if (errnoOf(error) !== 'EINVAL' && errnoOf(error) !== 'ENOTSUP' && errnoOf(error) !== 'EBADF') throw error;
  } finally {
    await handle.close();
  }
}
