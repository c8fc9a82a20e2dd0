/** What the server and a thread that talks to stores say to each other, whatever the scheme. */
import { z } from 'zod';
import { type ErrorCode, isErrorCode } from '../../contracts/serving-error.ts';
import { VERIFIED } from '../verified.ts';

const Code = z.custom<ErrorCode>(isErrorCode, 'not a canonical status code');
const Id = z.int().min(1);
const Uri = z.string();
const Bytes = z.int().nonnegative();

/** Where a thread keeps its copies. */
export const CacheSettings = z.object({
  directory: z.string(),
  /** Default 20 GiB. */
  capBytes: z.number().optional(),
  /** Left free on the disk; default 2 GiB. */
  minFreeBytes: z.number().optional(),
});
export type CacheSettings = z.infer<typeof CacheSettings>;

/** The files of a version, where they are known, so that nothing is listed. */
const Files = z.array(z.string()).readonly().optional();

/** To the thread. `known` names an earlier listing, which need not be sent again where it is still the same. */
export const StoreCall = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('stat'), id: Id, uri: Uri }),
  z.object({ kind: z.literal('list'), id: Id, uri: Uri, known: z.string().optional() }),
  z.object({
    kind: z.literal('tree'),
    id: Id,
    uri: Uri,
    maxEntries: z.number(),
    known: z.string().optional(),
    files: Files,
  }),
  z.object({
    kind: z.literal('read'),
    id: Id,
    uri: Uri,
    revision: z.string(),
    sizeBytes: Bytes,
    start: Bytes,
    end: Bytes,
  }),
  /** Whether there is a complete copy of a version with this content. */
  z.object({ kind: z.literal('hasCopy'), id: Id, uri: Uri, fingerprint: z.string() }),
  /** What the complete copy of a version with this content has for checksums. */
  z.object({ kind: z.literal('checksums'), id: Id, uri: Uri, fingerprint: z.string() }),
  z.object({ kind: z.literal('localize'), id: Id, uri: Uri, files: Files }),
]);
export type StoreCall = z.infer<typeof StoreCall>;

export const StoreCommand = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('call'), call: StoreCall }),
  /** What only one scheme knows of: question and answer are of its own protocol. */
  z.object({ kind: z.literal('ask'), id: Id, question: z.unknown() }),
  /** From here on the store is reached as this says, by the scheme's own protocol. May hold secrets. */
  z.object({ kind: z.literal('configure'), settings: z.unknown() }),
  /** Nobody waits for the call any more; it fails with CANCELLED, once what it had begun has ended. */
  z.object({ kind: z.literal('cancel'), id: Id }),
  /** Gives back what a `localize` gave. Answered by its own id. */
  z.object({ kind: z.literal('release'), id: Id, lease: Id }),
  /** Everything is to be given back, and the thread to end. */
  z.object({ kind: z.literal('end') }),
]);
export type StoreCommand = z.infer<typeof StoreCommand>;

const Kind = z.enum(['file', 'directory']);
/** By how much the store's clock was ahead, in milliseconds; absent where it told no time. */
const AheadMs = z.number().optional();

export const StatAnswer = z.object({
  kind: Kind,
  sizeBytes: Bytes,
  modifiedMs: z.number(),
  revision: z.string().optional(),
  aheadMs: AheadMs,
});
export type StatAnswer = z.infer<typeof StatAnswer>;

/** Where a store could not be reached and copies stand in: when it was seen last, and the error now. */
const Offline = z.object({ seenMs: z.number(), reason: z.string() });

/** Columns, since a hundred thousand objects would hold up the thread that they come to. Names are joined by NUL. */
export const ListAnswer = z.union([
  z.object({ unchanged: z.literal(true) }),
  z.object({
    unchanged: z.literal(false),
    digest: z.string(),
    files: z.string(),
    directories: z.string(),
    offline: Offline.optional(),
  }),
]);
export type ListAnswer = z.infer<typeof ListAnswer>;

export const TreeAnswer = z.union([
  z.object({ unchanged: z.literal(true), aheadMs: AheadMs }),
  z.object({
    unchanged: z.literal(false),
    aheadMs: AheadMs,
    digest: z.string(),
    files: z.string(),
    revisions: z.string(),
    sizesAndTimes: z.instanceof(Float64Array),
    directories: z.string(),
  }),
]);
export type TreeAnswer = z.infer<typeof TreeAnswer>;

export const ReadAnswer = z.object({ bytes: z.custom<Uint8Array>((value) => value instanceof Uint8Array) });
export type ReadAnswer = z.infer<typeof ReadAnswer>;

export const CopyAnswer = z.object({ isThere: z.boolean() });
export type CopyAnswer = z.infer<typeof CopyAnswer>;

/** Columns, as of {@link ListAnswer}; empty where there is no copy. */
export const ChecksumsAnswer = z.object({
  files: z.string(),
  algorithms: z.string(),
  values: z.string(),
  verified: z.string(),
});
export type ChecksumsAnswer = z.infer<typeof ChecksumsAnswer>;

/** `verified`: how much is known of the worst file of a copy. */
export const LocalizeAnswer = z.object({
  path: z.string(),
  lease: Id,
  isOffline: z.boolean(),
  verified: z.enum(VERIFIED),
});
export type LocalizeAnswer = z.infer<typeof LocalizeAnswer>;

/** From the thread. `answer` is one of the answers above, by the call. */
export const StoreMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('done'), id: Id, answer: z.unknown() }),
  z.object({
    kind: z.literal('failed'),
    id: Id,
    code: Code,
    storeCode: z.string().optional(),
    message: z.string(),
  }),
  /** How far an `ask` has come, by the scheme's own protocol. */
  z.object({ kind: z.literal('news'), id: Id, news: z.unknown() }),
  z.object({ kind: z.literal('progress'), id: Id, doneBytes: Bytes, totalBytes: Bytes, file: z.string() }),
  z.object({
    kind: z.literal('log'),
    level: z.enum(['info', 'warn', 'error']),
    fields: z.record(z.string(), z.string()),
    message: z.string(),
  }),
]);
export type StoreMessage = z.infer<typeof StoreMessage>;

/** Joins names for one column; none of them holds a NUL. */
export function joinNames(names: readonly string[]): string {
  return names.join('\0');
}

/** The names of a column; none where it is empty, since no name is. */
export function splitNames(column: string): readonly string[] {
  return column === '' ? [] : column.split('\0');
}
