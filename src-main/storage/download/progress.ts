/** How far the download of a version is. */
export interface DownloadProgress {
  /** Bytes that are on the disk; never less than before, but when a corrupt file is fetched again. */
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Path, within the version, of the file that the newest bytes are of. */
  readonly file: string;
}

export type OnProgress = (progress: DownloadProgress) => void;
