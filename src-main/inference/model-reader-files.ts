import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs';
import nodePath from 'node:path';
import { ServingError } from '../contracts/serving-error.ts';
import { errnoOf, fromErrno } from '../storage/errno.ts';
import { findModelFile, type VersionEntry } from './onnx-model/model-file.ts';
import type { RandomAccess } from './onnx-model/protobuf-reader.ts';
import type { FileSum } from './model-reader-protocol.ts';

// All calls here are synchronous, for a thread of its own: those that are not would occupy the threads that the whole
// process has for files, and a drive that hangs would take them one by one.

/** A file that is open for reading. */
export interface OpenFile extends Disposable {
  readonly access: RandomAccess;
  /** Whether the file was changed since it was opened, as far as its size and times tell. */
  isChanged(): boolean;
}

const CHUNK_BYTES = 2 ** 20;

/**
 * The model file of a version folder, or the location itself where it is a file.
 * @throws ServingError NOT_FOUND where there is none, and why; otherwise as {@link openRegularFile}.
 */
export function findModel(location: string): { readonly path: string; readonly name: string } {
  const name = nodePath.basename(location);
  const status = told(name, () => statSync(location));
  if (!status.isDirectory()) return { path: location, name };
  const found = findModelFile(told(name, () => entriesOf(location)));
  if (!found.ok) throw new ServingError('NOT_FOUND', found.reason);
  return { path: nodePath.join(location, found.path), name: found.path };
}

/** Direct entries only: a model file lies nowhere deeper. */
function entriesOf(directory: string): readonly VersionEntry[] {
  return readdirSync(directory).map((path): VersionEntry => {
    const status = statSync(nodePath.join(directory, path), { throwIfNoEntry: false });
    return { path, kind: status?.isFile() ? 'file' : status?.isDirectory() ? 'directory' : 'other' };
  });
}

/**
 * Opens a file, if it is a regular one: a pipe would be waited for, and a device may do anything.
 * @param name in messages.
 * @throws ServingError FAILED_PRECONDITION for anything else, and as `fromErrno`.
 */
export function openRegularFile(path: string, name: string): OpenFile {
  return told(name, () => {
    if (!statSync(path).isFile()) throw notAFile(name);
    // Something else may have taken its place since then, which must not be waited for.
    const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const status = fstatSync(file, { bigint: true });
    if (!status.isFile()) {
      closeSync(file);
      throw notAFile(name);
    }
    return {
      access: {
        sizeBytes: Number(status.size),
        // Rejections, not exceptions, as of any other file.
        read: async (offset, length) => told(name, () => readPart(file, offset, length)),
      },
      isChanged() {
        const now = fstatSync(file, { bigint: true });
        return now.size !== status.size || now.mtimeNs !== status.mtimeNs;
      },
      [Symbol.dispose]: () => closeSync(file),
    };
  });
}

function notAFile(name: string): ServingError {
  return new ServingError('FAILED_PRECONDITION', `"${name}" is not a file`);
}

function readPart(file: number, offset: number, length: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const count = readSync(file, bytes, filled, length - filled, offset + filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

/**
 * The checksums of files of a folder, in their order. Links are followed within the folder only: the folder may be
 * somebody else's work, and is not to have files read elsewhere.
 * @throws ServingError where the folder itself cannot be read.
 */
export async function checksumsOf(folder: string, files: readonly string[]): Promise<FileSum[]> {
  const realFolder = told(nodePath.basename(folder), () => realpathSync(folder));
  const sums: FileSum[] = [];
  for (const file of files) {
    try {
      sums.push(await checksumOf(realFolder, file));
    } catch (error) {
      if (!(error instanceof ServingError)) throw error;
      sums.push({ problem: error.message });
    }
  }
  return sums;
}

async function checksumOf(realFolder: string, path: string): Promise<FileSum> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const real = told(name, () => realpathSync(nodePath.join(realFolder, ...path.split('/'))));
  if (!isInside(realFolder, real)) return { problem: 'a link that leads out of the folder, which is not followed' };
  using file = openRegularFile(real, name);
  const { sizeBytes } = file.access;
  const hash = createHash('sha256');
  for (let offset = 0; offset < sizeBytes;) {
    const piece = await file.access.read(offset, Math.min(CHUNK_BYTES, sizeBytes - offset));
    if (piece.length === 0) break;
    hash.update(piece);
    offset += piece.length;
  }
  return file.isChanged() ? { problem: 'changed while it was read' } : { sha256: hash.digest('hex') };
}

function isInside(folder: string, path: string): boolean {
  const way = nodePath.relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${nodePath.sep}`) && !nodePath.isAbsolute(way);
}

/** What the work gives; its failures in words that hold no path. */
function told<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ServingError || errnoOf(error) === undefined) throw error;
    throw fromErrno(error, name);
  }
}
