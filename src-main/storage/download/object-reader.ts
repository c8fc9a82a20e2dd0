/** What a store says about the content of an object. `value` is base64, as S3 writes it. */
export interface ObjectChecksum {
  readonly algorithm: 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA1' | 'SHA256' | 'MD5';
  readonly value: string;
  /** False for a checksum of the checksums of N parts, whose value ends in `-N`: see {@link ObjectReader.partSize}. */
  readonly wholeObject: boolean;
}

/** One object of a store that belongs to a version. */
export interface RemoteObject {
  readonly key: string;
  /** Relative to the version, separated by `/`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Names this very content: the ETag of an object store. */
  readonly revision: string;
  /** Milliseconds since the Unix epoch. */
  readonly modifiedMs: number;
  readonly checksum?: ObjectChecksum;
  /** Set where the store sends all of it whatever part is asked for. */
  readonly inOnePiece?: boolean;
}

/** What a store answers to a request for a range. */
export interface ObjectRange {
  readonly body: AsyncIterable<Uint8Array>;
  /** Of the whole object, where the store sends it along. */
  readonly checksum?: ObjectChecksum;
}

/** Reads the objects of one version. Sizes and offsets are whole numbers up to 2^53. */
export interface ObjectReader {
  /**
   * Bytes [start, end) of exactly this revision. The reader has checked that the answer is of this range and this
   * revision (`checkRangeAnswer`); how many bytes come is for the caller to count. Each error is a ServingError:
   * UNAVAILABLE, DEADLINE_EXCEEDED and RESOURCE_EXHAUSTED (throttled: fewer at a time) are worth another try, others end
   * the download; {@link TransferError} `changed` when there is another revision or none. An error that is none, from
   * the body, counts as a broken connection.
   * @param signal ends the request and its body at once.
   */
  read(object: RemoteObject, start: number, end: number, signal: AbortSignal): Promise<ObjectRange>;
  /**
   * Size of one of the parts in which an object was uploaded, the first of which is 1; undefined where the store cannot
   * tell. Asked where the checksum is one of the parts' checksums. Errors are as those of {@link read}.
   */
  partSize?(object: RemoteObject, part: number, signal: AbortSignal): Promise<number | undefined>;
  /**
   * Asked once after the last byte, before the version counts as complete. Rejects with TransferError `changed` when the
   * store no longer has exactly these objects.
   */
  confirm?(objects: readonly RemoteObject[], signal: AbortSignal): Promise<void>;
}
