import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { parseServableVersion } from '../../../contracts/ids.ts';
import { asServingError, ServingError } from '../../../contracts/serving-error.ts';
import { cancelled, throwIfCancelled } from '../../abortable.ts';
import type { CachedVersion, OfflineSource, VersionCache, VersionKey } from '../../cache/cached-version.ts';
import { VERIFIED, type Verified } from '../../verified.ts';
import type { ObjectRange, ObjectReader, RemoteObject } from '../../download/object-reader.ts';
import type { OnProgress } from '../../download/progress.ts';
import { isWorthAnotherTry, TransferError } from '../../download/transfer-error.ts';
import { StoreError } from '../store-error.ts';
import type {
  ChecksumsAnswer,
  CopyAnswer,
  ListAnswer,
  LocalizeAnswer,
  ReadAnswer,
  StatAnswer,
  StoreCall,
  TreeAnswer,
} from '../store-protocol.ts';
import { checksumsAnswer, type Children, listAnswer, treeAnswer } from './answers.ts';

/** A file as a store lists it. */
export type StoredFile = Pick<RemoteObject, 'sizeBytes' | 'modifiedMs' | 'revision'>;

/** The objects of a version; `isFile`: the version is a single file, and its path the file's own name. */
export interface StoredVersion {
  readonly objects: readonly RemoteObject[];
  readonly isFile: boolean;
}

/**
 * What a store of one scheme is asked; everything else about a store over a network is the same for all. Places are URIs.
 * All reject with ServingErrors; NOT_FOUND where there is nothing, never with an empty answer.
 */
export interface StoreAccess {
  /** The place above, and the last name of this one; undefined for the top. */
  above(uri: string): { readonly parent: string; readonly name: string } | undefined;
  /** Names a place in the cache and in logs: never that of another store, and without secrets. */
  nameOf(uri: string): string;
  children(uri: string, signal: AbortSignal): Promise<Children>;
  /** All files below a folder. What {@link children} has seen just now need not be asked again. */
  objects(uri: string, signal: AbortSignal): Promise<readonly RemoteObject[]>;
  /** What a version has at present: asked anew. */
  version(uri: string, name: string, signal: AbortSignal): Promise<StoredVersion>;
  /** Undefined where nothing is there. */
  stat(uri: string, signal: AbortSignal): Promise<StoredFile | 'directory' | undefined>;
  /** Reads an object of the version at a place, for a download; as {@link ObjectReader.read}. */
  readObject(uri: string, object: RemoteObject, start: number, end: number, signal: AbortSignal): Promise<ObjectRange>;
  /** Reads a file at a place; as {@link ObjectReader.read}. */
  readFile(
    uri: string,
    file: Omit<StoredFile, 'modifiedMs'>,
    range: { readonly start: number; readonly end: number },
    signal: AbortSignal,
  ): Promise<ObjectRange>;
  /**
   * The files of a version whose paths are known, without a listing; NOT_FOUND where one is missing. Absent where the scheme
   * has no use for it.
   */
  named?(uri: string, paths: readonly string[], signal: AbortSignal): Promise<readonly RemoteObject[]>;
  /** As {@link ObjectReader.partSize}. */
  partSize?(uri: string, object: RemoteObject, part: number, signal: AbortSignal): Promise<number | undefined>;
  /**
   * By how much the store's clock was ahead in its last answer about a place, in milliseconds; undefined where it told no
   * time. Absent: times count as this computer's.
   */
  clockAheadMs?(uri: string): number | undefined;
  /** Whether a store that fails like that may be back later, with what was there. */
  isAway(error: StoreError): boolean;
  /** The errors that are the same for all stores, in the words and codes of this one. */
  readonly errors: {
    notFound(uri: string): StoreError;
    notAVersion(uri: string): StoreError;
    tooManyEntries(uri: string, maxEntries: number): StoreError;
    /** A body that broke off with an error of the connection. */
    broken(uri: string): StoreError;
    /** A failed download. */
    transfer(uri: string, error: TransferError): StoreError;
    /** An UNAVAILABLE that has no code of the store. */
    unavailable(uri: string, message: string): StoreError;
  };
}

export interface RemoteStoreDeps {
  readonly access: StoreAccess;
  readonly cache: VersionCache;
  /** Whether complete copies may stand in for a store that cannot be reached. */
  readonly offline: boolean;
  readonly onOffline: (place: string, seenMs: number | undefined) => void;
  /** How long the store may take to tell what it has; default 5 min. */
  readonly lookTimeoutMs?: number;
}

export type StoreAnswer =
  StatAnswer | ListAnswer | TreeAnswer | ReadAnswer | CopyAnswer | ChecksumsAnswer | LocalizeAnswer;

/** Does what calls ask for. Rejects with ServingError. */
export interface RemoteStore {
  do(call: StoreCall, signal: AbortSignal, onProgress: OnProgress): Promise<StoreAnswer>;
  /** Gives back what a `localize` gave. */
  release(lease: number): Promise<void>;
}

/** A place in the store as the cache knows it: a version, or a single file, of a source. */
interface Version extends VersionKey {
  /** The URI of the folder above. */
  readonly parent: string;
}

const READ_ATTEMPTS = 3;
/** A hundred pages over a slow line take less; a server that sends a byte now and then would never come to an end. */
const LOOK_TIMEOUT_MS = 300_000;

/** How much is known of the worst file of a copy. */
function worstOf({ manifest }: CachedVersion): Verified {
  const found = new Set(manifest.files.map(({ verified }) => verified));
  return VERIFIED.findLast((verified) => found.has(verified)) ?? 'checksum';
}

/** Joins a store and the cache: what is asked of the store, what is kept of it, and what stands in for it. */
export function createRemoteStore(deps: RemoteStoreDeps): RemoteStore {
  const { access, cache, offline, onOffline, lookTimeoutMs = LOOK_TIMEOUT_MS } = deps;
  /** Folders, by URI, that were listed in the life of this process. */
  const seen = new Set<string>();
  /** Folders that copies stand in for. */
  const standIns = new Map<string, OfflineSource>();
  /** What is served of a source, for the next start without the store. */
  const served = new Map<string, Map<string, readonly RemoteObject[]>>();
  const leases = new Map<number, CachedVersion>();
  let lastLease = 0;

  function versionOf(uri: string): Version | undefined {
    const above = access.above(uri);
    return above && { parent: above.parent, source: access.nameOf(above.parent), version: above.name };
  }

  /** What stands in for a place, and the path in it: that of a version, of a file in one, or of a file by itself. */
  function standInFor(uri: string): { version: Version; objects: readonly RemoteObject[]; path: string } | undefined {
    let path = '';
    for (let at = versionOf(uri); at; at = versionOf(at.parent)) {
      const objects = standIns.get(at.parent)?.versions.get(at.version);
      if (objects) return { version: at, objects, path: path.slice(1) };
      path = `/${at.version}${path}`;
    }
    return undefined;
  }

  /** Takes the store's place with what there are complete copies of; only where it was not seen since the start. */
  async function standIn(uri: string, source: string, error: unknown): Promise<OfflineSource | undefined> {
    if (!offline || seen.has(uri) || !(error instanceof StoreError) || !access.isAway(error)) return undefined;
    const copies = await cache.offline(source);
    if (!copies || copies.versions.size === 0) return undefined;
    if (!standIns.has(uri)) onOffline(source, copies.seenMs);
    standIns.set(uri, copies);
    return copies;
  }

  function noteSeen(uri: string): void {
    seen.add(uri);
    if (standIns.delete(uri)) onOffline(access.nameOf(uri), undefined);
  }

  async function list(uri: string, known: string | undefined, signal: AbortSignal): Promise<ListAnswer> {
    const source = access.nameOf(uri);
    let children: Children;
    try {
      children = await access.children(uri, signal);
    } catch (error) {
      const copies = await standIn(uri, source, error);
      if (!copies) throw error;
      const versions = [...copies.versions].filter(([version]) => parseServableVersion(version) !== undefined);
      if (versions.length === 0) throw error;
      const directories = versions.map(([version]) => version);
      const { message: reason } = asServingError(error);
      return listAnswer({ files: [], directories }, known, { seenMs: copies.seenMs, reason });
    }
    noteSeen(uri);
    const versions = served.get(source);
    if (versions) {
      const there = new Set(children.directories);
      for (const version of versions.keys()) {
        if (parseServableVersion(version) !== undefined && !there.has(version)) versions.delete(version);
      }
      await cache.remember(source, versions);
    }
    return listAnswer(children, known);
  }

  /** @param files the paths of all of them, where nothing is to be listed. */
  async function objectsOf(
    uri: string,
    files: readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<readonly RemoteObject[]> {
    const copy = standInFor(uri);
    // Without listings nobody else would find out that the store is back.
    if (files) return named(uri, files, signal);
    return copy?.path === '' ? copy.objects : access.objects(uri, signal);
  }

  async function named(uri: string, files: readonly string[], signal: AbortSignal): Promise<readonly RemoteObject[]> {
    const version = versionOf(uri);
    if (!access.named || !version) throw access.errors.notAVersion(uri);
    try {
      const objects = await access.named(uri, files, signal);
      noteSeen(version.parent);
      return objects;
    } catch (error) {
      const copies = await standIn(version.parent, version.source, error);
      const objects = copies?.versions.get(version.version);
      if (!objects) throw error;
      return objects;
    }
  }

  /** What a version has at present. */
  function present(
    uri: string,
    name: string,
    files: readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<StoredVersion> {
    return inTime(uri, signal, async (ends) =>
      files ? { objects: await named(uri, files, ends), isFile: false } : access.version(uri, name, ends),
    );
  }

  /** Gives up looking after a while. */
  async function inTime<T>(uri: string, signal: AbortSignal, look: (ends: AbortSignal) => Promise<T>): Promise<T> {
    const late = AbortSignal.timeout(lookTimeoutMs);
    try {
      return await look(AbortSignal.any([signal, late]));
    } catch (error) {
      if (!late.aborted || signal.aborted) throw error;
      const words = `the store did not tell what it has within ${lookTimeoutMs / 1000} s; it is asked again by itself`;
      throw access.errors.unavailable(uri, words);
    }
  }

  /** For answers: by how much the clock at a place is ahead. */
  function clockOf(uri: string): { readonly aheadMs?: number } {
    const aheadMs = access.clockAheadMs ? access.clockAheadMs(uri) : 0;
    return aheadMs === undefined ? {} : { aheadMs };
  }

  async function stat(uri: string, signal: AbortSignal): Promise<StatAnswer> {
    const fromCopy = (): StatAnswer | undefined => {
      const copy = standInFor(uri);
      if (!copy) return undefined;
      const file = copy.objects.find(({ path }) => path === (copy.path === '' ? copy.version.version : copy.path));
      if (file)
        return { kind: 'file', sizeBytes: file.sizeBytes, modifiedMs: file.modifiedMs, revision: file.revision };
      const isDirectory = copy.path === '' || copy.objects.some(({ path }) => path.startsWith(`${copy.path}/`));
      return isDirectory ? { kind: 'directory', sizeBytes: 0, modifiedMs: 0 } : undefined;
    };
    const known = fromCopy();
    // A single file is its own base path: it is looked at again at each poll, as a folder's listing is.
    if (known && standInFor(uri)?.path !== '') return known;
    if (known?.kind === 'directory') return known;
    try {
      const found = await access.stat(uri, signal);
      const version = versionOf(uri);
      if (version && found !== undefined && found !== 'directory') noteSeen(version.parent);
      if (found === undefined) throw access.errors.notFound(uri);
      if (found === 'directory') return { kind: 'directory', sizeBytes: 0, modifiedMs: 0 };
      const { sizeBytes, modifiedMs, revision } = found;
      return { kind: 'file', sizeBytes, modifiedMs, revision, ...clockOf(uri) };
    } catch (error) {
      const version = versionOf(uri);
      if (!version || !(await standIn(version.parent, version.source, error))) throw error;
      const copy = fromCopy();
      if (!copy) throw error;
      return copy;
    }
  }

  /** Reads the objects of a version for a download. */
  function readerFor(uri: string, name: string, files: readonly string[] | undefined): ObjectReader {
    return {
      partSize: async (object, part, signal) => access.partSize?.(uri, object, part, signal),
      read: (object, start, end, signal) => access.readObject(uri, object, start, end, signal),
      async confirm(objects, signal) {
        throwIfCancelled(signal);
        const now = await present(uri, name, files, signal).catch((error: unknown) => {
          if (error instanceof ServingError && error.code === 'NOT_FOUND') return { objects: [] };
          throw error;
        });
        if (appearance(now.objects) === appearance(objects)) return;
        throw new TransferError('changed', 'files were added, replaced or deleted while it was downloaded');
      },
    };
  }

  async function localize(
    { uri, files }: Extract<StoreCall, { kind: 'localize' }>,
    signal: AbortSignal,
    onProgress: OnProgress,
  ): Promise<LocalizeAnswer> {
    const key = versionOf(uri);
    if (!key) throw access.errors.notAVersion(uri);
    const { source, version } = key;
    const copy = standInFor(uri);
    const isOffline = copy?.path === '';
    const { objects, isFile } = isOffline
      ? { objects: copy.objects, isFile: copy.objects[0]?.path === version && copy.objects.length === 1 }
      : await present(uri, version, files, signal);
    const reader = readerFor(uri, version, files);
    const cached = await cache.localize({ source, version }, objects, reader, signal, onProgress);
    if (signal.aborted) {
      await cached.lease[Symbol.asyncDispose]();
      throw cancelled(signal);
    }
    if (!isOffline) await noteServed(source, version, objects);
    lastLease += 1;
    leases.set(lastLease, cached);
    const path = isFile ? join(cached.path, version) : cached.path;
    return { path, lease: lastLease, isOffline, verified: worstOf(cached) };
  }

  async function noteServed(source: string, version: string, objects: readonly RemoteObject[]): Promise<void> {
    const versions = served.get(source) ?? new Map<string, readonly RemoteObject[]>();
    served.set(source, versions);
    versions.set(version, objects);
    await cache.remember(source, versions);
  }

  async function read(call: Extract<StoreCall, { kind: 'read' }>, signal: AbortSignal): Promise<ReadAnswer> {
    const { uri, start, end } = call;
    const copy = standInFor(uri);
    if (copy) {
      const { version } = copy.version;
      return readCopy(copy.version, copy.objects, copy.path === '' ? version : copy.path, { start, end }, signal);
    }
    for (let attempt = 1; ; attempt += 1) {
      try {
        return { bytes: await readRange(call, signal) };
      } catch (error) {
        throwIfCancelled(signal);
        if (attempt < READ_ATTEMPTS && isWorthAnotherTry(error)) continue;
        throw error instanceof ServingError ? error : access.errors.broken(uri);
      }
    }
  }

  async function readRange(
    { uri, revision, sizeBytes, start, end }: Extract<StoreCall, { kind: 'read' }>,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const { body } = await access.readFile(uri, { revision, sizeBytes }, { start, end }, signal);
    const name = access.above(uri)?.name ?? '';
    const bytes = new Uint8Array(end - start);
    let filled = 0;
    // Leaving the loop early closes the connection.
    for await (const chunk of body) {
      if (filled + chunk.length > bytes.length) {
        throw new TransferError('bad server', `${name}: the server sent more than was asked for`);
      }
      bytes.set(chunk, filled);
      filled += chunk.length;
    }
    if (filled < bytes.length) throw new TransferError('truncated', `${name}: the answer ended too early`);
    return bytes;
  }

  async function readCopy(
    key: VersionKey,
    objects: readonly RemoteObject[],
    path: string,
    { start, end }: { readonly start: number; readonly end: number },
    signal: AbortSignal,
  ): Promise<ReadAnswer> {
    const absent: ObjectReader = {
      read: () => Promise.reject(new ServingError('UNAVAILABLE', 'the local copy is gone')),
    };
    const cached = await cache.localize({ source: key.source, version: key.version }, objects, absent, signal);
    await using _ = cached.lease;
    await using file = await open(join(cached.path, ...path.split('/')), 'r');
    const { buffer, bytesRead } = await file.read(new Uint8Array(end - start), 0, end - start, start);
    return { bytes: buffer.subarray(0, bytesRead) };
  }

  async function answer(call: StoreCall, signal: AbortSignal, onProgress: OnProgress): Promise<StoreAnswer> {
    const { uri } = call;
    switch (call.kind) {
      case 'stat':
        return inTime(uri, signal, (ends) => stat(uri, ends));
      case 'list':
        return inTime(uri, signal, (ends) => list(uri, call.known, ends));
      case 'tree': {
        const objects = await inTime(uri, signal, (ends) => objectsOf(uri, call.files, ends));
        const refuse = (): StoreError => access.errors.tooManyEntries(uri, call.maxEntries);
        return { ...treeAnswer(objects, call.known, call.maxEntries, refuse), ...clockOf(uri) };
      }
      case 'read':
        return read(call, signal);
      case 'hasCopy': {
        const key = versionOf(uri);
        return { isThere: key !== undefined && (await cache.find(key, call.fingerprint)) !== undefined };
      }
      case 'checksums': {
        const key = versionOf(uri);
        const manifest = key && (await cache.find(key, call.fingerprint));
        return checksumsAnswer(manifest?.files ?? []);
      }
      case 'localize':
        return localize(call, signal, onProgress);
      default:
        return call satisfies never;
    }
  }

  return {
    async do(call, signal, onProgress) {
      try {
        return await answer(call, signal, onProgress);
      } catch (error) {
        // Downloads know nothing of stores: their errors begin with the path in the version, if with any.
        if (error instanceof TransferError) throw access.errors.transfer(call.uri, error);
        const isBare = error instanceof ServingError && !(error instanceof StoreError);
        throw isBare && error.code === 'UNAVAILABLE' ? access.errors.unavailable(call.uri, error.message) : error;
      }
    },
    async release(lease) {
      const cached = leases.get(lease);
      leases.delete(lease);
      await cached?.lease[Symbol.asyncDispose]();
    },
  };
}

/** What must be the same for two listings to be of one content. */
function appearance(objects: readonly RemoteObject[]): string {
  return objects
    .map(({ path, sizeBytes, revision }) => `${path}\0${sizeBytes}\0${revision}`)
    .toSorted()
    .join('\n');
}
