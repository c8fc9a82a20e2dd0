import type { ObjectReader, RemoteObject } from '../download/object-reader.ts';
import type { OnProgress } from '../download/progress.ts';
import type { Manifest } from './manifest.ts';

/** Names a version in the cache. */
export interface VersionKey {
  /** Where the versions of a model are: a URI that names the endpoint too, without credentials. */
  readonly source: string;
  /** Name of the version's folder or file there. */
  readonly version: string;
}

/** Keeps a version from being evicted, by this process and by others, until disposed. */
export type Lease = AsyncDisposable;

/** A complete local copy. */
export interface CachedVersion {
  /** Absolute native path of the folder that holds the objects' paths, and nothing else. To be read only. */
  readonly path: string;
  readonly lease: Lease;
  /** What was downloaded, when, and how it was verified. */
  readonly manifest: Manifest;
}

/** What was last seen of a source, as far as it can be served without it. */
export interface OfflineSource {
  /** When the source was last seen; milliseconds since the Unix epoch. */
  readonly seenMs: number;
  /** Versions of which there is a complete copy of what was listed then. */
  readonly versions: ReadonlyMap<string, readonly RemoteObject[]>;
}

/** Local copies of versions, on disk, that several processes may share. */
export interface VersionCache {
  /**
   * A complete copy of exactly these objects: the one that is there, or a new one. When another process is downloading
   * the same, that one's copy is awaited.
   * @param objects all of the version, without directory markers.
   * @throws ServingError CANCELLED on abort, once connections are closed and what was begun is removed; what the reader
   *   throws; TransferError for all else that can happen to a download. After those two what has come stays for the next
   *   try, unless the objects changed.
   */
  localize(
    key: VersionKey,
    objects: readonly RemoteObject[],
    reader: ObjectReader,
    signal: AbortSignal,
    onProgress?: OnProgress,
  ): Promise<CachedVersion>;
  /**
   * What the complete copy of the version with this content, as `fingerprintOf` names it, says about itself; undefined
   * where there is none. Never throws.
   */
  find(key: VersionKey, fingerprint: string): Promise<Manifest | undefined>;
  /** Notes what a source has, so that {@link offline} can tell. Writes only what is new; never throws. */
  remember(source: string, versions: ReadonlyMap<string, readonly RemoteObject[]>): Promise<void>;
  /** What can be served of a source that cannot be reached; undefined when it was never seen. Never throws. */
  offline(source: string): Promise<OfflineSource | undefined>;
  /** Ends heartbeats; leases that are still held are given up. */
  [Symbol.asyncDispose](): Promise<void>;
}
