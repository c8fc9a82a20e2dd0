import type { FileSystem, TreeEntry } from './file-system.ts';

/** Where the files of one version are, as the source hands it to the adapter. */
export interface StoragePath {
  readonly fileSystem: FileSystem;
  /** A version directory, or a single model file. */
  readonly path: string;
  /**
   * The place and the names, sizes and times of all files in one short text; changes when the content does. Hidden and
   * temporary files (`.DS_Store`, `*.swp`) do not count.
   */
  readonly fingerprint: string;
  /** Sum of the sizes of the files that count. */
  readonly sizeBytes: number;
}

/**
 * Judges whether a version's files are all there; the model format knows, the source does not.
 * @param version.entries all entries below the version directory (for a single file: that file).
 * @param version.isFile whether the version is a single file.
 * @returns undefined when complete, otherwise what is missing, in words: `weights.bin is missing`.
 * Never rejects for bad content: content that is complete but broken is for the loader to complain about.
 */
export type CompletenessCheck = (
  version: Omit<StoragePath, 'fingerprint'> & { readonly entries: readonly TreeEntry[]; readonly isFile: boolean },
  signal: AbortSignal,
) => Promise<string | undefined>;
