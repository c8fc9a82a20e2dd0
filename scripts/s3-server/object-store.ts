import { createHash, randomBytes } from 'node:crypto';
import {
  type ChecksumAlgorithm,
  checksumOf,
  type ChecksumType,
  runningChecksum,
  type RunningChecksum,
} from './checksums.ts';
import { S3Failure } from './s3-failure.ts';

/** The bytes of an object; a source of them can be larger than memory. */
export interface ObjectBody {
  readonly sizeBytes: number;
  /** Bytes [start, end), at most {@link PIECE_BYTES} of them at a time; not to be changed. */
  slice(start: number, end: number): Uint8Array;
}

/** How much of a body is taken at a time. */
export const PIECE_BYTES = 1024 * 1024;

export interface StoredChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
  /** Base64; with `-N` for the composite of N parts. */
  readonly value: string;
}

/** One part of an object that was uploaded in parts. */
export interface StoredPart {
  readonly start: number;
  readonly end: number;
  /** Base64. */
  readonly checksum?: string;
}

export interface StoredObject {
  readonly key: string;
  /** With its quotes. */
  readonly etag: string;
  readonly body: ObjectBody;
  readonly modifiedMs: number;
  readonly storageClass: string;
  readonly contentType: string;
  /** `aws:kms`: its ETag is no MD5. */
  readonly encryption?: string;
  readonly checksum?: StoredChecksum;
  /** Absent for an object that was uploaded whole. */
  readonly parts?: readonly StoredPart[];
}

export interface PutOptions {
  readonly storageClass?: string;
  /** `none` as for objects of before checksums; default CRC32. */
  readonly checksum?: ChecksumAlgorithm | 'none';
  /** Uploaded in parts of this size: the ETag ends in `-N`. */
  readonly partSizeBytes?: number;
  /** Only with parts; default COMPOSITE. */
  readonly checksumType?: ChecksumType;
  readonly modifiedMs?: number;
  readonly encryption?: 'AES256' | 'aws:kms';
  readonly contentType?: string;
}

export function bodyOf(bytes: Uint8Array): ObjectBody {
  return { sizeBytes: bytes.length, slice: (start, end) => bytes.subarray(start, end) };
}

/** A body of any size in which each 8 bytes tell their place, so that no two parts are alike. Costs no memory. */
export function generatedBody(sizeBytes: number): ObjectBody {
  return {
    sizeBytes,
    slice(start, end) {
      const first = Math.floor(start / 8);
      const words = new Float64Array(Math.ceil(end / 8) - first);
      for (let index = 0; index < words.length; index += 1) words[index] = first + index;
      return new Uint8Array(words.buffer).subarray(start - first * 8, end - first * 8);
    },
  };
}

function* piecesOf(body: ObjectBody, start = 0, end = body.sizeBytes): Generator<Uint8Array> {
  for (let at = start; at < end; at += PIECE_BYTES) yield body.slice(at, Math.min(end, at + PIECE_BYTES));
}

/** Makes an object with the ETag and checksum that S3 would give it. */
export function makeObject(key: string, body: ObjectBody, options: PutOptions, nowMs: number): StoredObject {
  const { checksum: wanted = 'CRC32', partSizeBytes, checksumType = 'COMPOSITE' } = options;
  const algorithm = wanted === 'none' ? undefined : wanted;
  const sizes: number[] = [];
  if (partSizeBytes !== undefined) {
    for (let at = 0; at < body.sizeBytes; at += partSizeBytes) sizes.push(Math.min(partSizeBytes, body.sizeBytes - at));
  }
  return assemble(key, body, sizes, { ...options, algorithm, checksumType, nowMs });
}

interface Assembly extends Omit<PutOptions, 'checksum' | 'checksumType'> {
  readonly algorithm: ChecksumAlgorithm | undefined;
  readonly checksumType: ChecksumType;
  readonly nowMs: number;
}

/** @param partSizes empty for an object that is uploaded whole. */
export function assemble(key: string, body: ObjectBody, partSizes: readonly number[], how: Assembly): StoredObject {
  const { algorithm } = how;
  const inParts = partSizes.length > 0;
  const whole = algorithm && inParts ? runningChecksum(algorithm) : undefined;
  // Hashing many gigabytes takes a minute: who wants no checksum and no MD5 does not wait for them.
  const isRead = algorithm !== undefined || how.encryption !== 'aws:kms';
  const md5s: Buffer[] = [];
  const partChecksums: Buffer[] = [];
  const parts: StoredPart[] = [];
  let start = 0;
  for (const size of partSizes.length > 0 ? partSizes : [body.sizeBytes]) {
    const part: RunningChecksum | undefined = algorithm && runningChecksum(algorithm);
    const md5 = createHash('md5');
    for (const piece of isRead ? piecesOf(body, start, start + size) : []) {
      md5.update(piece);
      part?.update(piece);
      whole?.update(piece);
    }
    md5s.push(md5.digest());
    const digest = part?.digest();
    if (digest) partChecksums.push(digest);
    parts.push({ start, end: start + size, ...(digest && { checksum: digest.toString('base64') }) });
    start += size;
  }
  const md5 = inParts ? createHash('md5').update(Buffer.concat(md5s)).digest() : (md5s[0] ?? Buffer.alloc(0));
  const hex = (how.encryption === 'aws:kms' ? randomBytes(16) : md5).toString('hex');
  const type = inParts ? how.checksumType : 'FULL_OBJECT';
  return {
    key,
    body,
    etag: inParts ? `"${hex}-${partSizes.length}"` : `"${hex}"`,
    modifiedMs: how.modifiedMs ?? how.nowMs,
    storageClass: how.storageClass ?? 'STANDARD',
    contentType: how.contentType ?? 'binary/octet-stream',
    ...(how.encryption !== undefined && { encryption: how.encryption }),
    ...(inParts && { parts }),
    ...(algorithm && {
      checksum: { algorithm, type, value: checksumValue(type, { algorithm, whole, parts: partChecksums }) },
    }),
  };
}

function checksumValue(
  type: ChecksumType,
  of: {
    readonly algorithm: ChecksumAlgorithm;
    readonly whole: RunningChecksum | undefined;
    readonly parts: readonly Buffer[];
  },
): string {
  const all = Buffer.concat(of.parts);
  // The only part of an object that was uploaded whole is all of it.
  if (type === 'FULL_OBJECT') return (of.whole?.digest() ?? all).toString('base64');
  return `${checksumOf(of.algorithm, all).toString('base64')}-${of.parts.length}`;
}

/** An upload in parts that is under way: nothing of it is to be seen. */
export interface Upload {
  readonly key: string;
  readonly algorithm: ChecksumAlgorithm | undefined;
  readonly checksumType: ChecksumType;
  readonly options: PutOptions;
  readonly parts: Map<number, { readonly bytes: Uint8Array; readonly etag: string }>;
}

export interface BucketOptions {
  readonly region?: string;
  /** Refuses requests that do not say that they pay. */
  readonly requesterPays?: boolean;
}

/** One bucket: its objects in the order of their keys' UTF-8 bytes, and its uploads. */
export class Bucket {
  readonly name: string;
  readonly region: string;
  readonly requesterPays: boolean;
  readonly createdMs: number;
  readonly uploads = new Map<string, Upload>();
  readonly #objects = new Map<string, StoredObject>();
  #sorted: readonly SortedKey[] | undefined;

  constructor(
    name: string,
    { region, requesterPays = false }: BucketOptions & { readonly region: string },
    createdMs: number,
  ) {
    this.name = name;
    this.region = region;
    this.requesterPays = requesterPays;
    this.createdMs = createdMs;
  }

  get(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  put(object: StoredObject): void {
    if (!this.#objects.has(object.key)) this.#sorted = undefined;
    this.#objects.set(object.key, object);
  }

  delete(key: string): void {
    if (this.#objects.delete(key)) this.#sorted = undefined;
  }

  /** The keys in the order of listings. */
  sortedKeys(): readonly SortedKey[] {
    this.#sorted ??= [...this.#objects.keys()]
      .map((key) => ({ key, bytes: Buffer.from(key) }))
      .toSorted((one, other) => Buffer.compare(one.bytes, other.bytes));
    return this.#sorted;
  }

  upload(id: string | undefined, key: string): Upload {
    const upload = this.uploads.get(id ?? '');
    if (upload?.key !== key) throw new S3Failure('NoSuchUpload', { elements: { UploadId: id ?? '' } });
    return upload;
  }
}

export interface SortedKey {
  readonly key: string;
  readonly bytes: Buffer;
}

/** How the server behaves; may be changed while it runs. */
export interface S3Behaviour {
  /** Its clock is ahead by so much. */
  clockOffsetMs: number;
  /** What it says to a signature for another region: 400 AuthorizationHeaderMalformed or 301 PermanentRedirect. */
  wrongRegion: 'malformed' | 'redirect';
  maxKeysPerPage: number;
}

/** What the operations work on. */
export interface S3Store {
  readonly buckets: Map<string, Bucket>;
  readonly region: string;
  readonly behaviour: S3Behaviour;
  nowMs(): number;
}
