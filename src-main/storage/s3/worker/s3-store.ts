import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { parseServableVersion } from '../../../contracts/ids.ts';
import { asServingError, ServingError } from '../../../contracts/serving-error.ts';
import { cancelled, throwIfCancelled } from '../../abortable.ts';
import type { CachedVersion, OfflineSource, VersionCache } from '../../cache/cached-version.ts';
import type { ObjectReader, RemoteObject } from '../../download/object-reader.ts';
import type { OnProgress } from '../../download/progress.ts';
import { checkRangeAnswer } from '../../download/range-answer.ts';
import { isWorthAnotherTry, TransferError } from '../../download/transfer-error.ts';
import { errnoOf } from '../../errno.ts';
import { type S3Code, S3Error } from '../s3-error.ts';
import type { ListAnswer, LocalizeAnswer, ReadAnswer, S3Call, StatAnswer, TreeAnswer } from '../s3-protocol.ts';
import { describeS3Location, formatS3Uri, parseS3Uri, type S3Location } from '../s3-uri.ts';
import { type Children, listAnswer, type S3Listing, treeAnswer } from './s3-listing.ts';
import type { S3Requests } from './s3-requests.ts';

export interface S3StoreDeps {
  readonly listing: S3Listing;
  readonly requests: S3Requests;
  readonly cache: VersionCache;
  /** The endpoint of URIs that name none: what is in the cache must not be mistaken for another store's. */
  readonly endpoint: string | undefined;
  /** Whether complete copies may stand in for a store that cannot be reached. */
  readonly offline: boolean;
  readonly onOffline: (uri: string, seenMs: number | undefined) => void;
}

export type S3Answer = StatAnswer | ListAnswer | TreeAnswer | ReadAnswer | LocalizeAnswer;

/** Does what calls ask for. Rejects with ServingError. */
export interface S3Store {
  do(call: S3Call, signal: AbortSignal, onProgress: OnProgress): Promise<S3Answer>;
  /** Gives back what a `localize` gave. */
  release(lease: number): Promise<void>;
}

/** A place in the store as the cache knows it: a version, or a single file, of a source. */
interface Version {
  /** The URI of the folder above, and how it is called in the cache. */
  readonly parent: string;
  readonly source: string;
  readonly version: string;
}

/** A store that fails like that may be back later, and what was there is likely to be there still. */
const OFFLINE_CODES: ReadonlySet<S3Code> = new Set([
  'S3_UNREACHABLE',
  'S3_UNAVAILABLE',
  'S3_STALLED',
  'S3_THROTTLED',
  'S3_NOT_S3',
  'S3_TLS',
  'S3_TOKEN_EXPIRED',
  'S3_NO_CREDENTIALS',
]);
const READ_ATTEMPTS = 3;

export function createS3Store({ listing, requests, cache, endpoint, offline, onOffline }: S3StoreDeps): S3Store {
  /** Folders, by URI, that were listed in the life of this process. */
  const seen = new Set<string>();
  /** Folders that copies stand in for. */
  const standIns = new Map<string, OfflineSource>();
  /** What is served of a source, for the next start without the store. */
  const served = new Map<string, Map<string, readonly RemoteObject[]>>();
  const leases = new Map<number, CachedVersion>();
  let lastLease = 0;

  function versionOf({ key, ...place }: S3Location): Version | undefined {
    if (key === '') return undefined;
    const cut = key.lastIndexOf('/');
    const parent = { ...place, key: key.slice(0, Math.max(cut, 0)) };
    const own = place.endpoint ?? endpoint;
    return {
      parent: formatS3Uri(parent),
      source: formatS3Uri({ ...parent, ...(own === undefined ? {} : { endpoint: own }) }),
      version: key.slice(cut + 1),
    };
  }

  /** What stands in for a place, and the path in it: that of a version, of a file in one, or of a file by itself. */
  function standInFor(
    location: S3Location,
  ): { version: Version; objects: readonly RemoteObject[]; path: string } | undefined {
    let path = '';
    for (let { key } = location; key !== ''; key = key.slice(0, Math.max(key.lastIndexOf('/'), 0))) {
      const version = versionOf({ ...location, key });
      const objects = version && standIns.get(version.parent)?.versions.get(version.version);
      if (version && objects) return { version, objects, path: path === '' ? '' : path.slice(1) };
      path = `/${key.slice(key.lastIndexOf('/') + 1)}${path}`;
    }
    return undefined;
  }

  /** Takes the store's place with what there are complete copies of; only where it was not seen since the start. */
  async function standIn(uri: string, source: string, error: unknown): Promise<OfflineSource | undefined> {
    if (!offline || seen.has(uri) || !(error instanceof S3Error) || !OFFLINE_CODES.has(error.s3Code)) return undefined;
    const copies = await cache.offline(source);
    if (!copies || copies.versions.size === 0) return undefined;
    if (!standIns.has(uri)) onOffline(uri, copies.seenMs);
    standIns.set(uri, copies);
    return copies;
  }

  function noteSeen(uri: string): void {
    seen.add(uri);
    if (standIns.delete(uri)) onOffline(uri, undefined);
  }

  function sourceOf(location: S3Location): string {
    const own = location.endpoint ?? endpoint;
    return formatS3Uri({ ...location, ...(own === undefined ? {} : { endpoint: own }) });
  }

  async function list(location: S3Location, known: string | undefined, signal: AbortSignal): Promise<ListAnswer> {
    const uri = formatS3Uri(location);
    const source = sourceOf(location);
    let children: Children;
    try {
      children = await listing.children(location, signal);
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

  async function objectsOf(
    location: S3Location,
    mayReuse: boolean,
    signal: AbortSignal,
  ): Promise<readonly RemoteObject[]> {
    const copy = standInFor(location);
    return copy?.path === '' ? copy.objects : listing.objects(location, mayReuse, signal);
  }

  async function stat(location: S3Location, signal: AbortSignal): Promise<StatAnswer> {
    const fromCopy = (): StatAnswer | undefined => {
      const copy = standInFor(location);
      if (!copy) return undefined;
      const file = copy.objects.find(({ path }) => path === (copy.path === '' ? copy.version.version : copy.path));
      if (file)
        return { kind: 'file', sizeBytes: file.sizeBytes, modifiedMs: file.modifiedMs, revision: file.revision };
      const isDirectory = copy.path === '' || copy.objects.some(({ path }) => path.startsWith(`${copy.path}/`));
      return isDirectory ? { kind: 'directory', sizeBytes: 0, modifiedMs: 0 } : undefined;
    };
    const known = fromCopy();
    // A single file is its own base path: it is looked at again at each poll, as a folder's listing is.
    if (known && standInFor(location)?.path !== '') return known;
    if (known?.kind === 'directory') return known;
    try {
      const found = await listing.stat(location, signal);
      const version = versionOf(location);
      if (version && found !== undefined && found !== 'directory') noteSeen(version.parent);
      if (found === undefined) throw notThere(location);
      if (found === 'directory') return { kind: 'directory', sizeBytes: 0, modifiedMs: 0 };
      const { sizeBytes, modifiedMs, revision } = found;
      return { kind: 'file', sizeBytes, modifiedMs, revision };
    } catch (error) {
      const version = versionOf(location);
      if (!version || !(await standIn(version.parent, version.source, error))) throw error;
      const copy = fromCopy();
      if (!copy) throw error;
      return copy;
    }
  }

  function notThere(location: S3Location): S3Error {
    return new S3Error('S3_PREFIX_NOT_FOUND', `${describeS3Location(location)}: does not exist.`);
  }

  /** Reads objects of one store for downloads. */
  function readerFor(location: S3Location, relist: () => Promise<readonly RemoteObject[]>): ObjectReader {
    return {
      async read(object, start, end, signal) {
        const place = { ...location, key: object.key };
        const isWhole = start === 0 && end === object.sizeBytes;
        const [answer, checksum] = await Promise.all([
          requests.get(place, object.revision, isWhole ? undefined : { start, end }, signal),
          // Answers to ranges carry none. A store that refuses to tell has none.
          start === 0 && !isWhole
            ? requests.checksum(place, object.revision, signal).catch(() => undefined)
            : undefined,
        ]);
        try {
          checkRangeAnswer(object, start, end, answer);
        } catch (error) {
          answer.body.destroy();
          throw await whoIsWrong(place, object, error, signal);
        }
        const stored = answer.checksum ?? checksum;
        return { body: untilSilence(answer.body, object), ...(stored ? { checksum: stored } : {}) };
      },
      async confirm(objects, signal) {
        throwIfCancelled(signal);
        const now = await relist().catch((error: unknown) => {
          if (error instanceof S3Error && error.s3Code === 'S3_PREFIX_NOT_FOUND') return [];
          throw error;
        });
        if (appearance(now) === appearance(objects)) return;
        throw new TransferError('changed', 'files were added, replaced or deleted while it was downloaded');
      },
    };
  }

  /** An answer of another revision though the store lists the same as before is not what the store has. */
  async function whoIsWrong(
    place: S3Location,
    { path, revision }: RemoteObject,
    error: unknown,
    signal: AbortSignal,
  ): Promise<unknown> {
    if (!(error instanceof TransferError) || error.fault !== 'changed') return error;
    const now = await listing.stat(place, signal).catch(() => undefined);
    if (now === undefined || now === 'directory' || now.revision !== revision) return error;
    return new TransferError('bad server', `${path}: the server sent another content than it lists`);
  }

  async function localize(location: S3Location, signal: AbortSignal, onProgress: OnProgress): Promise<LocalizeAnswer> {
    const version = versionOf(location);
    if (!version) {
      throw new S3Error('S3_WRONG_KIND', `${describeS3Location(location)}: a whole bucket cannot be a version.`);
    }
    const copy = standInFor(location);
    const isOffline = copy?.path === '';
    const { objects, isFile } = isOffline
      ? { objects: copy.objects, isFile: copy.objects[0]?.path === version.version && copy.objects.length === 1 }
      : await findObjects(location, version.version, signal);
    const relist = async (): Promise<readonly RemoteObject[]> =>
      (await findObjects(location, version.version, signal)).objects;
    const { source, version: name } = version;
    const cached = await cache.localize(
      { source, version: name },
      objects,
      readerFor(location, relist),
      signal,
      onProgress,
    );
    if (signal.aborted) {
      await cached.lease[Symbol.asyncDispose]();
      throw cancelled(signal);
    }
    if (!isOffline) await noteServed(source, name, objects);
    lastLease += 1;
    leases.set(lastLease, cached);
    return { path: isFile ? join(cached.path, name) : cached.path, lease: lastLease, isOffline };
  }

  async function findObjects(
    location: S3Location,
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly objects: readonly RemoteObject[]; readonly isFile: boolean }> {
    try {
      return { objects: await listing.objects(location, false, signal), isFile: false };
    } catch (error) {
      if (!(error instanceof S3Error) || error.s3Code !== 'S3_WRONG_KIND') throw error;
      const found = await listing.stat(location, signal);
      if (found === undefined || found === 'directory') throw error;
      const { key, sizeBytes, modifiedMs, revision } = found;
      return { objects: [{ key, path: name, sizeBytes, modifiedMs, revision }], isFile: true };
    }
  }

  async function noteServed(source: string, version: string, objects: readonly RemoteObject[]): Promise<void> {
    const versions = served.get(source) ?? new Map<string, readonly RemoteObject[]>();
    served.set(source, versions);
    versions.set(version, objects);
    await cache.remember(source, versions);
  }

  async function read(call: Extract<S3Call, { kind: 'read' }>, signal: AbortSignal): Promise<ReadAnswer> {
    const { uri, revision, sizeBytes, start, end } = call;
    const location = parseS3Uri(uri);
    const copy = standInFor(location);
    if (copy) {
      const { source, version } = copy.version;
      const path = copy.path === '' ? version : copy.path;
      return readCopy({ source, version }, copy.objects, path, { start, end }, signal);
    }
    const name = location.key.slice(location.key.lastIndexOf('/') + 1);
    const object = { key: location.key, path: name, sizeBytes, revision, modifiedMs: 0 };
    for (let attempt = 1; ; attempt += 1) {
      try {
        return { bytes: await readRange(location, object, start, end, signal) };
      } catch (error) {
        throwIfCancelled(signal);
        if (attempt >= READ_ATTEMPTS || !isWorthAnotherTry(error)) throw broken(error, location);
      }
    }
  }

  async function readRange(
    location: S3Location,
    object: RemoteObject,
    start: number,
    end: number,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const range = start === 0 && end === object.sizeBytes ? undefined : { start, end };
    const answer = await requests.get(location, object.revision, range, signal);
    try {
      checkRangeAnswer(object, start, end, answer);
      const bytes = new Uint8Array(end - start);
      let filled = 0;
      for await (const chunk of untilSilence(answer.body, object)) {
        if (filled + chunk.length > bytes.length) {
          throw new TransferError('bad server', `${object.path}: the server sent more than was asked for`);
        }
        bytes.set(chunk, filled);
        filled += chunk.length;
      }
      if (filled < bytes.length) throw new TransferError('truncated', `${object.path}: the answer ended too early`);
      return bytes;
    } finally {
      answer.body.destroy();
    }
  }

  async function readCopy(
    key: { readonly source: string; readonly version: string },
    objects: readonly RemoteObject[],
    path: string,
    { start, end }: { readonly start: number; readonly end: number },
    signal: AbortSignal,
  ): Promise<ReadAnswer> {
    const absent: ObjectReader = {
      read: () => Promise.reject(new ServingError('UNAVAILABLE', 'the local copy is gone')),
    };
    const cached = await cache.localize(key, objects, absent, signal);
    await using _ = cached.lease;
    await using file = await open(join(cached.path, ...path.split('/')), 'r');
    const { buffer, bytesRead } = await file.read(new Uint8Array(end - start), 0, end - start, start);
    return { bytes: buffer.subarray(0, bytesRead) };
  }

  return {
    async do(call, signal, onProgress) {
      const location = parseS3Uri(call.uri);
      switch (call.kind) {
        case 'stat':
          return stat(location, signal);
        case 'list':
          return list(location, call.known, signal);
        case 'tree': {
          const objects = await objectsOf(location, true, signal);
          return treeAnswer(objects, call.known, call.maxEntries, () => {
            const place = describeS3Location(location);
            return new S3Error('S3_TOO_MANY_KEYS', `${place}: holds more than ${call.maxEntries} files and folders.`);
          });
        }
        case 'read':
          return read(call, signal);
        case 'localize':
          return localize(location, signal, onProgress);
        default:
          return call satisfies never;
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

/** A body, with a word for a connection that has fallen silent: it is another fault than one that broke. */
async function* untilSilence(body: Readable, { path }: RemoteObject): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) if (chunk instanceof Uint8Array) yield chunk;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'TimeoutError' || errnoOf(error) !== undefined) throw error;
    throw new TransferError('stalled', `${path}: the server stopped sending`, { cause: error });
  }
}

/** A body that breaks throws an error of the connection. */
function broken(error: unknown, location: S3Location): ServingError {
  if (error instanceof ServingError) return error;
  return new S3Error('S3_UNAVAILABLE', `${describeS3Location(location)}: the connection to the store broke.`);
}
