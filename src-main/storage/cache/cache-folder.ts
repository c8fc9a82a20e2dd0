import { randomUUID } from 'node:crypto';
import { lstat, mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ServingError } from '../../contracts/serving-error.ts';
import { flushFolder, onDisk } from '../download/local-disk.ts';
import { errnoOf } from '../errno.ts';
import type { Claim, Claims } from './claims.ts';
import { Manifest } from './manifest.ts';

/** One complete copy, by the name of its folder. */
export interface CopyFacts {
  readonly name: string;
  readonly manifest: Manifest;
  readonly sizeBytes: number;
  readonly usedMs: number;
}

/**
 * The folder that holds the copies, and the names in it:
 * `NAME/manifest.json`, `NAME/files/…`, `NAME/leases/ID`: a complete copy and who uses it;
 * `NAME.lock`: somebody is making or removing that copy; `NAME.tmp-ID/files`, `NAME.tmp-ID/journal`: what has come of it;
 * `NAME.gone-ID`: on its way out.
 */
export interface CacheFolder {
  /** @throws ServingError FAILED_PRECONDITION where somebody else could put in what they like. */
  make(): Promise<void>;
  /** Where the files of a copy are. */
  filesOf(name: string): string;
  /** The copy, if it is complete: all files are there and have their sizes. */
  complete(name: string): Promise<Manifest | undefined>;
  /** Removes what is in a copy's place and is none. The caller has the lock: without it, one may just be coming. */
  removeBroken(name: string): Promise<void>;
  /** Keeps a complete copy from being evicted. @returns undefined when it is gone. */
  lease(name: string): Promise<Claim | undefined>;
  /** @returns undefined when somebody else has the lock. */
  lock(name: string): Promise<Claim | undefined>;
  /** A folder to download to: what an earlier attempt left, or a new one. The caller has the lock. */
  temporary(name: string): Promise<Temporary>;
  /** Makes a download a copy. @returns once it is one, or another one was faster. */
  publish(temporary: Temporary, name: string, manifest: Manifest): Promise<void>;
  discard(temporary: Temporary): Promise<void>;
  copies(): Promise<readonly CopyFacts[]>;
  /** Removes a copy, unless it is in use. @returns whether it did. */
  evict(name: string): Promise<boolean>;
  /**
   * Removes what downloads left that nobody is at.
   * @param olderThanMs by their last change; younger ones may be taken up again.
   */
  sweep(olderThanMs: number): Promise<void>;
}

export interface Temporary {
  readonly path: string;
  readonly files: string;
  readonly journal: string;
}

const RENAME_TRIES = 10;
const RENAME_WAIT_MS = 100;
/** Who evicts looks at a folder on its way out for so long at most. */
const GONE_FOR_MS = 60_000;
const PART = /^(?<name>[0-9a-f-]+)\.(?<kind>lock|tmp|gone)(?:-.*)?$/u;

export function createCacheFolder(directory: string, claims: Claims): CacheFolder {
  const at = (...segments: readonly string[]): string => join(directory, ...segments);
  const filesOf = (name: string): string => at(name, 'files');

  const remove = async (path: string): Promise<void> => {
    const gone = `${path.replace(/\.(?:tmp|gone)-[0-9a-f]+$/u, '')}.gone-${shortId()}`;
    // Out of sight at once: removing many files takes a while, and half of them is not a copy.
    await renamePatiently(path, gone);
    await rm(gone, { recursive: true, force: true });
  };

  const isLeased = async (path: string): Promise<boolean> => {
    for (const lease of await names(join(path, 'leases'))) {
      if (await claims.isAlive(join(path, 'leases', lease))) return true;
    }
    return false;
  };

  return {
    filesOf,
    async make() {
      await onDisk(() => mkdir(directory, { recursive: true, mode: 0o700 }));
      await refuseForeign(directory);
    },

    async complete(name) {
      const manifest = await readManifest(at(name));
      return manifest && (await hasAllFiles(filesOf(name), manifest)) ? manifest : undefined;
    },

    async removeBroken(name) {
      if (await isThere(at(name))) await onDisk(() => remove(at(name)).catch(ignoreMissing));
    },

    async lease(name) {
      const path = at(name, 'leases', shortId());
      const lease = await claims.make(path).catch((error: unknown) => {
        const code = errnoOf(error);
        if (code === 'ENOENT') return undefined;
        // In a folder that cannot be written nothing can be evicted.
        if (code === 'EROFS' || code === 'EACCES') return { [Symbol.asyncDispose]: () => Promise.resolve() };
        throw error;
      });
      // Evicted between the look and the lease: a lease in a folder on its way out is none.
      if (!lease || !(await isThere(at(name, 'manifest.json')))) {
        await lease?.[Symbol.asyncDispose]();
        return undefined;
      }
      const now = new Date();
      await utimes(at(name, 'manifest.json'), now, now).catch(() => undefined);
      return lease;
    },

    lock: (name) => onDisk(() => claims.take(at(`${name}.lock`))),

    temporary: (name) =>
      onDisk(async () => {
        const path = at(`${name}.tmp-${shortId()}`);
        const left = (await names(directory)).filter((entry) => entry.startsWith(`${name}.tmp-`));
        let adopted = false;
        // Renamed first: whoever else thinks that it is his fails, instead of writing to the same files.
        for (const entry of left) adopted ||= await tryRename(at(entry), path);
        if (!adopted) await mkdir(path, { mode: 0o700 });
        await mkdir(join(path, 'files'), { recursive: true, mode: 0o700 });
        return { path, files: join(path, 'files'), journal: join(path, 'journal') };
      }),

    publish: (temporary, name, manifest) =>
      onDisk(async () => {
        await mkdir(join(temporary.path, 'leases'), { recursive: true, mode: 0o700 });
        await flushFolders(temporary.files);
        await writeFlushed(join(temporary.path, 'manifest.json'), `${JSON.stringify(manifest, undefined, 1)}\n`);
        await rm(temporary.journal, { force: true });
        await flushFolder(temporary.path);
        try {
          await renamePatiently(temporary.path, at(name));
        } catch (error) {
          if (!(await readManifest(at(name)))) throw error;
          await remove(temporary.path);
        }
        await flushFolder(directory);
      }),

    async discard(temporary) {
      await remove(temporary.path).catch(() => undefined);
    },

    async copies() {
      const copies: CopyFacts[] = [];
      for (const name of await names(directory)) {
        const manifest = PART.test(name) ? undefined : await readManifest(at(name));
        if (!manifest) continue;
        const used = await stat(at(name, 'manifest.json')).catch(() => undefined);
        const sizeBytes = manifest.files.reduce((total, file) => total + file.sizeBytes, 0);
        if (used) copies.push({ name, manifest, sizeBytes, usedMs: used.mtimeMs });
      }
      return copies;
    },

    async evict(name) {
      if ((await claims.isAlive(at(`${name}.lock`))) || (await isLeased(at(name)))) return false;
      const gone = at(`${name}.gone-${shortId()}`);
      if (!(await tryRename(at(name), gone))) return false;
      // A lease that was made meanwhile came along.
      if (await isLeased(gone)) {
        if (await tryRename(gone, at(name))) return false;
      }
      await onDisk(() => rm(gone, { recursive: true, force: true }));
      return true;
    },

    async sweep(olderThanMs) {
      const nowMs = Date.now();
      for (const entry of await names(directory)) {
        const { name = '', kind } = PART.exec(entry)?.groups ?? {};
        if (kind === undefined || (await claims.isAlive(at(`${name}.lock`)))) continue;
        const status = await stat(at(entry)).catch(() => undefined);
        if (!status) continue;
        const journal = await stat(at(entry, 'journal')).catch(() => undefined);
        const quietMs = nowMs - Math.max(status.ctimeMs, journal?.mtimeMs ?? 0);
        if (quietMs < (kind === 'tmp' ? olderThanMs : GONE_FOR_MS)) continue;
        await (kind === 'tmp' ? remove(at(entry)) : rm(at(entry), { recursive: true, force: true })).catch(
          () => undefined,
        );
      }
    },
  };
}

/** What another user owns, that user can change at any time, also after it was compared; root could do so anywhere. */
async function refuseForeign(directory: string): Promise<void> {
  const { uid } = await onDisk(() => stat(directory));
  const own = process.getuid?.();
  if (own === undefined || uid === own || uid === 0) return;
  throw new ServingError(
    'FAILED_PRECONDITION',
    'the folder of the model cache belongs to another user; name one of your own (--cache_dir)',
  );
}

async function readManifest(path: string): Promise<Manifest | undefined> {
  try {
    return Manifest.parse(JSON.parse(await readFile(join(path, 'manifest.json'), 'utf8')));
  } catch (error) {
    // None, or not one of this format: no copy.
    if (errnoOf(error) === undefined || errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

async function hasAllFiles(files: string, manifest: Manifest): Promise<boolean> {
  for (const { path, sizeBytes } of manifest.files) {
    // A link could lead to a file that is changed later, or is nobody's business here.
    const status = await lstat(join(files, ...path.split('/'))).catch(() => undefined);
    if (status?.isFile() !== true || status.size !== sizeBytes) return false;
  }
  return true;
}

/** Entries of a folder; none where it is not there. */
async function names(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return [];
    throw error;
  });
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function tryRename(from: string, to: string): Promise<boolean> {
  try {
    await renamePatiently(from, to);
    return true;
  } catch {
    return false;
  }
}

/** On Windows a virus scanner may be looking at a file for a moment. */
async function renamePatiently(from: string, to: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      const code = errnoOf(error);
      const busy = process.platform === 'win32' && (code === 'EPERM' || code === 'EBUSY' || code === 'EACCES');
      if (!busy || tries >= RENAME_TRIES || (await isThere(to))) throw error;
      await delay(RENAME_WAIT_MS);
    }
  }
}

async function writeFlushed(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function flushFolders(root: string): Promise<void> {
  for (const entry of await readdir(root, { withFileTypes: true, recursive: true })) {
    if (entry.isDirectory()) await flushFolder(join(entry.parentPath, entry.name));
  }
  await flushFolder(root);
}

function ignoreMissing(error: unknown): void {
  if (errnoOf(error) !== 'ENOENT') throw error;
}

function shortId(): string {
  return randomUUID().slice(0, 8);
}
