import type { BigIntStats, Dirent } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { posix, win32 } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Logger, silentLogger } from '../contracts/logger.ts';
import { ServingError } from '../contracts/serving-error.ts';
import { abortable } from './abortable.ts';
import { errnoOf, fromErrno } from './errno.ts';
import { type FileSystemCalls, sharedFileSystemCalls } from './file-system-calls.ts';
import {
  type DirectoryEntry,
  type FileStatus,
  type FileSystem,
  MAX_TREE_ENTRIES,
  type RandomAccessFile,
  type TreeEntry,
} from './file-system.ts';
import { alsoTelling, createRereading, type Reading, type Telling } from './local-rereading.ts';
import { nodeWatch, type WatchFunction, watchLocal } from './local-watch.ts';

export interface LocalFileSystemOptions {
  /** Whose path rules hold; the running system's unless told otherwise. Tests use it to read Windows paths anywhere. */
  readonly platform?: NodeJS.Platform;
  /** Told once when the system has no watches left and changes are seen by polling only. */
  readonly log?: Logger;
  /** Replaces `fs.watch` in tests. */
  readonly watch?: WatchFunction;
  /** Replaces the calls of the whole process in tests. */
  readonly calls?: FileSystemCalls;
}

/** Makes one call to the operating system for the operation that is under way. */
type Ask = <T>(work: () => Promise<T>) => Promise<T>;

/** Deeper than any model, and below what a path may hold: ends walks where directories have no identity to compare. */
const MAX_DEPTH = 64;

/**
 * The computer's own disks and mounted drives: scheme `file`. Takes absolute plain paths (on Windows with a drive letter
 * or `\\host\share`) and `file:` URIs; `~` is for the caller to resolve.
 */
export function createLocalFileSystem(options: LocalFileSystemOptions = {}): FileSystem {
  const platform = options.platform ?? process.platform;
  const log = options.log ?? silentLogger;
  const paths = platform === 'win32' ? win32 : posix;
  const calls = options.calls ?? sharedFileSystemCalls();
  const rereading = createRereading();
  let watchesRanOut = false;

  const call = <T>(path: string, signal: AbortSignal, operation: (ask: Ask) => Promise<T>): Promise<T> =>
    abortable(signal, () => operation((work) => calls.run(path, signal, work))).catch((error: unknown) => {
      throw fromErrno(error, paths.basename(path) || path);
    });

  return {
    scheme: 'file',
    parse: (uri) => (platform === 'win32' ? parseWindowsPath(uri) : parsePosixPath(uri)),
    join: (directory, ...names) => paths.join(directory, ...names),
    parent(path) {
      const parent = paths.dirname(path);
      return parent === path ? undefined : parent;
    },
    baseName: (path) => paths.basename(path),

    stat: (path, signal) => call(path, signal, async (ask) => statusOf(await statEntry(path, ask))),
    list: (directory, signal, before) =>
      call(directory, signal, (ask) => {
        const reading = listing(directory, { ask, paths, width: calls.width });
        return rereading.read(directory, before, reading, ask);
      }),
    listRecursive: (directory, signal, maxEntries = MAX_TREE_ENTRIES, before) =>
      call(directory, signal, (ask) => {
        const reading = walking(directory, { ask, paths, width: calls.width }, maxEntries, signal);
        return rereading.read(directory, before, reading, ask);
      }),
    open: (path, signal) => call(path, signal, (ask) => openFile(path, ask, paths)),
    async localize(path, signal) {
      await this.stat(path, signal);
      return { path, [Symbol.asyncDispose]: () => Promise.resolve() };
    },

    watch(path, onChange, signal) {
      if (watchesRanOut) return;
      watchLocal(path, onChange, signal, {
        paths,
        watch: options.watch ?? nodeWatch,
        ask: (work) => calls.run(path, signal, work),
        // Linux has no recursive watches; Node's imitation walks the whole tree and watches every file.
        recursive: platform === 'darwin' || platform === 'win32',
        onExhausted(error) {
          if (!watchesRanOut) {
            log.warn({ error }, 'the system has no file watches left; changes are seen by polling only');
          }
          watchesRanOut = true;
        },
      });
    },
  };
}

function parsePosixPath(uri: string): string {
  const path = isFileUri(uri) ? fromFileUri(uri, false) : uri;
  refuseNul(path);
  if (/^(?:[a-z]:[\\/]|\\\\)/iu.test(path)) {
    throw new ServingError('INVALID_ARGUMENT', 'this is a Windows path, and this server does not run on Windows');
  }
  if (!path.startsWith('/')) throw relativePath(path, '/models/my_model');
  return withoutTrailingSeparator(posix.normalize(path), posix);
}

function parseWindowsPath(uri: string): string {
  const path = isFileUri(uri) ? fromFileUri(uri, true) : uri;
  refuseNul(path);
  const normal = win32.normalize(path);
  if (normal.startsWith('\\\\.\\')) {
    throw new ServingError(
      'INVALID_ARGUMENT',
      'this names a device, not a folder; use a path like C:\\models\\my_model',
    );
  }
  const { root } = win32.parse(normal);
  const hasDrive = /^[a-z]:\\$/iu.test(root);
  const hasHostAndShare = /^\\\\[^\\]+\\[^\\]+\\$/u.test(root);
  if (!hasDrive && !hasHostAndShare) throw relativePath(path, 'C:\\models\\my_model');
  return withoutTrailingSeparator(normal, win32);
}

function isFileUri(uri: string): boolean {
  return /^file:/iu.test(uri);
}

function fromFileUri(uri: string, windows: boolean): string {
  const example = windows ? 'file:///C:/models/my_model' : 'file:///models/my_model';
  try {
    const url = new URL(uri);
    if (url.search || url.hash) {
      throw new ServingError('INVALID_ARGUMENT', 'in a file URI write ? as %3F and # as %23, or use a plain path');
    }
    return fileURLToPath(url, { windows });
  } catch (error) {
    if (error instanceof ServingError) throw error;
    throw new ServingError('INVALID_ARGUMENT', `not a file URI of this computer; write it like ${example}`, {
      cause: error,
    });
  }
}

function refuseNul(path: string): void {
  if (path.includes('\0')) throw new ServingError('INVALID_ARGUMENT', 'a path must not contain a NUL character');
}

function relativePath(path: string, example: string): ServingError {
  const given = path === '' ? 'the path is empty' : `"${path}" is not an absolute path`;
  return new ServingError('INVALID_ARGUMENT', `${given}; write the whole path, like ${example}`);
}

function withoutTrailingSeparator(path: string, paths: typeof posix): string {
  return path.endsWith(paths.sep) && path !== paths.parse(path).root ? path.slice(0, -1) : path;
}

function kindOf(stats: BigIntStats | Dirent): FileStatus['kind'] {
  return stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
}

/** Nanoseconds keep two writes within one millisecond apart. */
function statusOf(stats: BigIntStats): FileStatus {
  return {
    kind: kindOf(stats),
    sizeBytes: Number(stats.size),
    modifiedMs: Number(stats.mtimeNs) / 1e6,
    revision: stats.ctimeNs.toString(36),
  };
}

const DANGLING: FileStatus = { kind: 'other', sizeBytes: 0, modifiedMs: 0 };

async function statEntry(path: string, ask: Ask): Promise<BigIntStats> {
  try {
    return await ask(() => stat(path, { bigint: true }));
  } catch (error) {
    // A path through a file: nothing can be there.
    if (errnoOf(error) !== 'ENOTDIR') throw error;
    throw new ServingError('NOT_FOUND', 'a folder on the way to it is a file', { cause: error });
  }
}

/** @returns `other` for a link that dangles or loops, undefined for an entry that has vanished since it was listed. */
async function statListed(path: string, entry: Dirent, ask: Ask): Promise<BigIntStats | 'dangling' | undefined> {
  try {
    return await ask(() => stat(path, { bigint: true }));
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ELOOP' || errno === 'ENOTDIR') {
      return entry.isSymbolicLink() ? 'dangling' : undefined;
    }
    throw fromErrno(error, entry.name);
  }
}

/** How an operation goes about it. */
interface Means {
  readonly ask: Ask;
  readonly paths: typeof posix;
  /** Calls that it may have out at a time: a drive that goes away meanwhile keeps so many threads. */
  readonly width: number;
}

async function inChunks<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  if (items.length <= width) await Promise.all(items.map(work));
  else for (let at = 0; at < items.length; at += width) await Promise.all(items.slice(at, at + width).map(work));
}

function listing(directory: string, means: Means): Reading<DirectoryEntry> {
  return {
    read: () => list(directory, means),
    isUnchanged: () => Promise.resolve(true),
    isSame: (one, other) => one.name === other.name && one.kind === other.kind,
  };
}

async function list(
  directory: string,
  { ask, paths, width }: Means,
): Promise<{ readonly entries: readonly DirectoryEntry[]; readonly tells: Telling }> {
  const entries = await ask(() => readdir(directory, { withFileTypes: true }));
  const listed: DirectoryEntry[] = [];
  const links: Dirent[] = [];
  for (const entry of entries) {
    if (entry.isSymbolicLink()) links.push(entry);
    else listed.push({ name: entry.name, kind: kindOf(entry) });
  }
  await inChunks(links, width, async ({ name }) => {
    const target = await ask(() => stat(paths.join(directory, name), { bigint: true })).catch((error: unknown) => {
      // One that was not even asked about must not look as if it led nowhere.
      if (error instanceof ServingError) throw error;
      // A link that cannot be followed for whatever reason spoils itself only, never the listing.
    });
    listed.push({ name, kind: target ? kindOf(target) : 'other' });
  });
  // What a link leads to changes without a trace in the directory.
  return { entries: listed, tells: links.length > 0 ? 'never' : 'yes' };
}

/** The directories from the root of a walk down to the current one. */
interface Chain {
  readonly path: string;
  /** Where it is below the root: empty for the root, else with a `/` at its end. */
  readonly prefix: string;
  /** Device and inode; undefined where not needed so far or unknown. */
  identity?: string;
  readonly above?: Chain;
  readonly depth: number;
}

function walking(root: string, means: Means, maxEntries: number, signal: AbortSignal): Reading<TreeEntry> {
  return {
    read: (self) => walk(root, means, { maxEntries, signal, self }),
    isUnchanged: (entries) => areUnchanged(root, entries, means, maxEntries),
    isSame: isSameEntry,
  };
}

function isSameEntry(one: TreeEntry, other: TreeEntry): boolean {
  return (
    one.path === other.path &&
    one.kind === other.kind &&
    one.sizeBytes === other.sizeBytes &&
    one.modifiedMs === other.modifiedMs &&
    one.revision === other.revision
  );
}

/** Looks at each entry of an earlier walk. Directories look different when something in them came or went. */
async function areUnchanged(
  root: string,
  entries: readonly TreeEntry[],
  { ask, paths, width }: Means,
  maxEntries: number,
): Promise<boolean> {
  let areSame = entries.length <= maxEntries;
  await inChunks(entries, width, async (entry) => {
    if (!areSame) return;
    try {
      const stats = await ask(() => stat(paths.join(root, entry.path), { bigint: true }));
      if (!isSameEntry(entry, { path: entry.path, ...statusOf(stats) })) areSame = false;
    } catch (error) {
      if (error instanceof ServingError) throw error;
      areSame = false; // for the walk to say what is the matter
    }
  });
  return areSame;
}

async function walk(
  root: string,
  { ask, paths, width }: Means,
  { maxEntries, signal, self }: { maxEntries: number; signal: AbortSignal; self: BigIntStats | undefined },
): Promise<{ readonly entries: readonly TreeEntry[]; readonly tells: Telling }> {
  let tells: Telling = 'yes';
  const found: TreeEntry[] = [];
  const unvisited: Chain[] = [{ path: root, prefix: '', depth: 0 }];
  let seen = 0;

  async function entriesOf({ path, above }: Chain): Promise<readonly Dirent[]> {
    try {
      return await ask(() => readdir(path, { withFileTypes: true }));
    } catch (error) {
      if (!above) throw error;
      if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return [];
      throw fromErrno(error, paths.basename(path));
    }
  }

  async function visitEntry(directory: Chain, entry: Dirent): Promise<void> {
    const path = directory.prefix + entry.name;
    const native = paths.join(directory.path, entry.name);
    const stats = await statListed(native, entry, ask);
    if (stats === undefined) return;
    const status = stats === 'dangling' ? DANGLING : statusOf(stats);
    if (stats === 'dangling' || status.kind !== 'directory') {
      if (status.kind === 'other') tells = 'never';
      found.push({ path, ...status });
      return;
    }
    if (self) tells = alsoTelling(tells, stats, self);
    const below: Chain = {
      path: native,
      prefix: `${path}/`,
      above: directory,
      depth: directory.depth + 1,
      ...(stats.ino === 0n ? {} : { identity: identityOf(stats) }),
    };
    if (below.depth > MAX_DEPTH || (entry.isSymbolicLink() && (await isOnChain(below, ask)))) {
      tells = 'never';
      found.push({ path, ...DANGLING });
      return;
    }
    found.push({ path, ...status });
    unvisited.push(below);
  }

  for (let directory = unvisited.pop(); directory; directory = unvisited.pop()) {
    const chain = directory;
    const entries = await entriesOf(chain);
    seen += entries.length;
    if (seen > maxEntries) {
      throw new ServingError(
        'RESOURCE_EXHAUSTED',
        `"${paths.basename(root)}" holds more than ${maxEntries} files and folders; is it the right folder?`,
      );
    }
    if (signal.aborted) break;
    await inChunks(entries, width, (entry) => visitEntry(chain, entry));
  }
  // The order of two walks is the same, so that they can be compared.
  return { entries: found.toSorted((left, right) => (left.path < right.path ? -1 : 1)), tells };
}

function identityOf(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}`;
}

/** Whether a directory is the same as one of those above it, so that a walk into it would never end. */
async function isOnChain({ identity, above }: Chain, ask: Ask): Promise<boolean> {
  if (identity === undefined) return false;
  for (let chain = above; chain; chain = chain.above) {
    // Only the root has not been looked at on the way down; links to directories are rare enough to do it now.
    const { path } = chain;
    chain.identity ??= identityOf(await ask(() => stat(path, { bigint: true })));
    if (chain.identity === identity) return true;
  }
  return false;
}

async function openFile(path: string, ask: Ask, paths: typeof posix): Promise<RandomAccessFile> {
  // Looked at before it is opened: opening a named pipe would wait for a writer.
  const { kind, sizeBytes } = statusOf(await statEntry(path, ask));
  if (kind !== 'file') throw new ServingError('FAILED_PRECONDITION', `"${paths.basename(path)}" is not a file`);
  const handle = await ask(() => open(path, 'r'));
  return {
    sizeBytes,
    async read(offset, length) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, sizeBytes - offset)));
      let filled = 0;
      while (filled < bytes.length) {
        const at = filled;
        const { bytesRead } = await ask(() => handle.read(bytes, at, bytes.length - at, offset + at)).catch(
          (error: unknown) => {
            throw fromErrno(error, paths.basename(path));
          },
        );
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}
