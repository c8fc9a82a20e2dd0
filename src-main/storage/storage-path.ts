import type { FileSystem } from './file-system.ts';

/** Where the files of one version are, as the source hands it to the adapter. */
export interface StoragePath {
  readonly fileSystem: FileSystem;
  /** A version directory, or a single model file. */
  readonly path: string;
  /** Names, sizes and times of all files in one short text; changes when the content does. */
  readonly fingerprint: string;
  readonly sizeBytes: number;
}

/**
 * Judges whether a version's files are all there; the model format knows, the source does not.
 * @param entries all entries below the version directory (for a single file: that file).
 * @returns undefined when complete, otherwise what is missing, in words: `weights.bin is missing`.
 * Never rejects for bad content: content that is complete but broken is for the loader to complain about.
 */
export type CompletenessCheck = (
  version: Omit<StoragePath, 'fingerprint'> & { readonly entries: readonly TreeEntryLike[] },
  signal: AbortSignal,
) => Promise<string | undefined>;

interface TreeEntryLike {
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'other';
  readonly sizeBytes: number;
  /** Milliseconds since the Unix epoch; 0 where the store has no such time. */
  readonly modifiedMs: number;
}
