import type { Verified } from './verified.ts';
import type { OnProgress } from './download/progress.ts';

/** An entry of one directory listing. `other`: neither a file nor a directory (a socket, a dangling link). */
export interface DirectoryEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'other';
}

export interface FileStatus {
  readonly kind: 'file' | 'directory' | 'other';
  readonly sizeBytes: number;
  /** Milliseconds since the Unix epoch; 0 where the store has no such time. */
  readonly modifiedMs: number;
  /**
   * A token that changes whenever a file's content may have changed, even when its size and time were kept: the
   * status-change time on local disks, the ETag of an object store. It may change without need. Absent where unknown.
   */
  readonly revision?: string;
}

/** One entry below a directory; `path` is relative to it and separated by `/` on every platform. */
export interface TreeEntry extends FileStatus {
  readonly path: string;
}

/** Read access to any part of one file. */
export interface RandomAccessFile extends AsyncDisposable {
  readonly sizeBytes: number;
  /** Reads up to `length` bytes at `offset`; shorter only at the end of the file. The result is the caller's. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A directory or file as plain local files, kept until disposed. */
export interface LocalCopy extends AsyncDisposable {
  /** Absolute native path. */
  readonly path: string;
  /** How much is known of a copy, of its worst file; absent for what is local by nature. */
  readonly verified?: Verified;
}

/** The checksum that a file of a local copy had when it came. */
export interface CopyChecksum {
  /** As S3 names it: `SHA256`, `CRC64NVME`, `MD5`. */
  readonly algorithm: string;
  /** In base64; that of a file that was uploaded in parts ends in `-` and their number. */
  readonly value: string;
  /** How it was compared with the store's. */
  readonly verified: Verified;
}

/** How a store is to be polled where each look is a request over a network. Times in milliseconds. */
export interface PollingAdvice {
  /** From the start of one poll to the start of the next, where the user does not say; after errors it doubles. */
  readonly intervalMs: number;
  /** The least, whatever the user says. */
  readonly leastIntervalMs: number;
  /** How long a version's files must be unchanged before it is offered, where the user does not say. */
  readonly settleMs: number;
}

/** Since when, and why, a store's own word about a path is missing. */
export interface OfflineNotice {
  /** When the store was last heard; milliseconds since the Unix epoch. */
  readonly seenMs: number;
  /** Why it is not heard now: the message of the error. */
  readonly reason: string;
}

/** Most entries that {@link FileSystem.listRecursive} gathers unless told otherwise. */
export const MAX_TREE_ENTRIES = 100_000;

/**
 * A store of files, for one URI scheme. Paths are what {@link parse} returned; native for local disks.
 * Every method rejects with a ServingError: NOT_FOUND (nothing there), PERMISSION_DENIED, FAILED_PRECONDITION (not a
 * directory or not a file), RESOURCE_EXHAUSTED (too many entries), UNAVAILABLE (the store cannot be reached), CANCELLED
 * (aborted). Messages name the entry by its last path segment only, since they can end in an HTTP answer.
 */
export interface FileSystem {
  readonly scheme: string;
  /**
   * Absent where a look costs next to nothing. Where it is there, each poll of a model costs one {@link list}, and a
   * version is looked at again only while it is not offered yet or fails to load.
   */
  readonly polling?: PollingAdvice;
  /**
   * Turns a URI or plain path of this scheme into a path. The path itself is accepted too, here and by the registry, so
   * that a path can be stored as a base path. @throws ServingError INVALID_ARGUMENT with the fix.
   */
  parse(uri: string): string;
  /** The path of an entry of a directory. */
  join(directory: string, ...names: readonly string[]): string;
  /** The path of the directory that holds an entry; undefined for a root. */
  parent(path: string): string | undefined;
  /** The last segment of a path; empty for a root. */
  baseName(path: string): string;
  stat(path: string, signal: AbortSignal): Promise<FileStatus>;
  /**
   * Entries in no particular order. Symbolic links are followed; one that dangles is `other`.
   * @param before what an earlier call for this directory gave: it may be given again, the very same, where nothing has
   *   changed since, and that may cost less to find out than a listing.
   */
  list(directory: string, signal: AbortSignal, before?: readonly DirectoryEntry[]): Promise<readonly DirectoryEntry[]>;
  /**
   * All entries below a directory, directories included, in no particular order. Symbolic links are followed; one that
   * dangles, or leads back to a directory it is in, is `other`. Entries that vanish meanwhile are left out.
   * @param maxEntries more than these are refused with RESOURCE_EXHAUSTED; default {@link MAX_TREE_ENTRIES}.
   * @param before what an earlier call for this directory gave; as for {@link list}.
   */
  listRecursive(
    directory: string,
    signal: AbortSignal,
    maxEntries?: number,
    before?: readonly TreeEntry[],
  ): Promise<readonly TreeEntry[]>;
  /** @param known what a listing has just said of the file: it need not be asked for again where that costs something. */
  open(path: string, signal: AbortSignal, known?: FileStatus): Promise<RandomAccessFile>;
  /**
   * Makes a directory or file available as local files; for a local disk that is the path itself.
   * @param onProgress called now and then while bytes come from elsewhere; never for what is local already.
   */
  localize(path: string, signal: AbortSignal, onProgress?: OnProgress): Promise<LocalCopy>;
  /**
   * Set while the last {@link list} or {@link stat} of a base path was not answered by the store, which cannot be reached,
   * but from what it said before and local copies that are complete; all methods then answer so for what is below.
   * Absent where there is no such memory.
   */
  offline?(path: string): OfflineNotice | undefined;
  /**
   * By how many milliseconds the clock that times of files are from is ahead of this computer's, as of the last answer
   * about what is at or below a path; undefined where the store did not tell the time. Absent: it is the same clock.
   */
  clockAheadMs?(path: string): number | undefined;
  /**
   * Whether {@link localize} would find a complete copy of exactly these files, made when they were loaded before, so
   * that they are known to be a whole version. Absent where there are no copies.
   */
  hasCopy?(path: string, files: readonly TreeEntry[], signal: AbortSignal): Promise<boolean>;
  /** The checksums of the files of the copy that {@link hasCopy} tells of, by path; none where there is no such copy. */
  copyChecksums?(
    path: string,
    files: readonly TreeEntry[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, CopyChecksum>>;
  /**
   * The same store for models each of whose versions consists of these files: no directory is listed, so that being
   * allowed to read the files is enough. {@link list} is of no use there. Absent where that makes no difference.
   * @param files paths below a version's directory.
   */
  withFiles?(files: readonly string[]): FileSystem;
  /**
   * Calls `onChange` soon after something changed directly in or below a directory, or in a single file, until aborted;
   * the path need not exist yet. Never throws. Only a hint: calls may be missing or superfluous, and come in swarms.
   * Absent, or doing nothing, where the store has no such service.
   */
  watch?(path: string, onChange: () => void, signal: AbortSignal): void;
}

/** The file systems of one server, by URI scheme. */
export interface FileSystemRegistry {
  /** @throws ServingError INVALID_ARGUMENT that names the registered schemes when the URI's is not among them. */
  resolve(uri: string): { readonly fileSystem: FileSystem; readonly path: string };
}
