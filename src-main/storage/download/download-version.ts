import type { FileHandle } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { asServingError, ServingError } from '../../contracts/serving-error.ts';
import { cancelled, throwIfCancelled } from '../abortable.ts';
import type { Verified } from '../verified.ts';
import { combineCrc, type CrcAlgorithm, createCrc, crcToBase64, isCrcAlgorithm, type RunningCrc } from './crc.ts';
import { createGate, type Gate } from './gate.ts';
import { type FinishedPart, type Journal, openJournal } from './journal.ts';
import { onDisk, openBelow, writeAll } from './local-disk.ts';
import type { ObjectChecksum, ObjectReader, RemoteObject } from './object-reader.ts';
import type { OnProgress } from './progress.ts';
import { feed, type FileChecksum, prove } from './proof.ts';
import { type Patience, receive } from './receive.ts';
import { refuseUnsafePaths } from './safe-paths.ts';
import { isWorthAnotherTry, TransferError } from './transfer-error.ts';

export interface DownloadOptions extends Partial<Patience> {
  /** Ends the download; the promise then rejects with CANCELLED as soon as nothing of it is under way any more. */
  readonly signal: AbortSignal;
  /** Called now and then, and once at the end. */
  readonly onProgress?: OnProgress | undefined;
  /** Path of a file that notes what has come: with it, a later call for the same directory goes on from there. */
  readonly journal?: string;
  /** Default 16 MiB. */
  readonly partSizeBytes?: number;
  /** Smaller files come in one request; default 32 MiB. */
  readonly partsFromBytes?: number;
  /** Requests at a time for one file; default 8. */
  readonly requestsPerFile?: number;
  /** Requests at a time over all downloads that share it; default: 16 for this one. */
  readonly gate?: Gate;
  /** Attempts in a row, for one part, that bring next to nothing; default 5. */
  readonly attempts?: number;
  /** Wait before the next attempt, given how many have failed in a row; default: up to 0.1 s × 2^failures and 20 s. */
  readonly retryDelayMs?: (failures: number) => number;
  /** Whether a store said that requests are too many; by default RESOURCE_EXHAUSTED says so. */
  readonly isThrottled?: (error: unknown) => boolean;
}

/** A file as it was downloaded. */
export interface DownloadedFile {
  readonly object: RemoteObject;
  /** Of the bytes as they came: the store's algorithm where it named one, else CRC32. */
  readonly checksum: FileChecksum;
  readonly verified: Verified;
}

/** At a time, over all downloads that share a gate. */
export const MAX_REQUESTS = 16;

const MIB = 1024 * 1024;
const WRITE_BYTES = MIB;
/** An attempt that brings less has brought nothing: a server could go on like that for ever. */
const PROGRESS_BYTES = 16 * 1024;
const REPORT_EVERY_MS = 100;
const PATIENCE: Patience = { idleTimeoutMs: 15_000, minBytesPerSecond: 1024, slowForMs: 60_000 };
/** How often a file is fetched before it counts as corrupt. */
const MAX_FETCHES = 2;

interface Part {
  readonly file: File;
  readonly start: number;
  readonly end: number;
  /** Known once its bytes are on the disk. */
  crc?: bigint;
}

interface File {
  readonly object: RemoteObject;
  /** Computed as the bytes come. Undefined until it is known which one the store has, which the first answer tells. */
  algorithm: CrcAlgorithm | undefined;
  readonly parts: readonly Part[];
  /** What the store says of it, from the listing or from an answer. */
  expected: ObjectChecksum | undefined;
  handle?: Promise<FileHandle>;
  running: number;
  fetches: number;
}

/**
 * Downloads objects to files below a directory, several ranges at a time, and proves that each is what the store has: by
 * the number of its bytes, and by the checksum where there is one. Files are flushed to the disk, their folders are not.
 * @param directory exists; empty, but for what an earlier call left with the same journal.
 * @throws ServingError CANCELLED; what the reader throws that is not worth another try; TransferError. What has come stays.
 */
export async function downloadVersion(
  objects: readonly RemoteObject[],
  directory: string,
  reader: ObjectReader,
  options: DownloadOptions,
): Promise<readonly DownloadedFile[]> {
  refuseUnsafePaths(objects);
  throwIfCancelled(options.signal);
  const { journal: journalPath } = options;
  const opened = journalPath === undefined ? undefined : await onDisk(() => openJournal(journalPath));
  await using journal = opened?.journal;
  const over = new AbortController();
  const download = createDownload({
    objects,
    directory,
    reader,
    options,
    journal,
    over,
    signal: AbortSignal.any([options.signal, over.signal]),
  });
  try {
    await download.recall(opened?.parts ?? []);
    return await download.run();
  } catch (error) {
    if (options.signal.aborted) throw cancelled(options.signal);
    throw error;
  } finally {
    await download.close();
  }
}

interface Context {
  readonly objects: readonly RemoteObject[];
  readonly directory: string;
  readonly reader: ObjectReader;
  readonly options: DownloadOptions;
  readonly journal: Journal | undefined;
  /** Aborted when one part has failed for good, so that the others end. */
  readonly over: AbortController;
  readonly signal: AbortSignal;
}

function createDownload({ objects, directory, reader, options, journal, over, signal }: Context) {
  const { requestsPerFile = 8, attempts = 5, retryDelayMs = fullJitter, isThrottled = isExhausted } = options;
  const gate = options.gate ?? createGate(MAX_REQUESTS);
  const patience = { ...PATIENCE, ...options };
  const files = objects.map((object) => planFile(object, options));
  const spareBuffers: Buffer[] = [];
  const progress = createProgress(files, options.onProgress);
  const results = new Map<File, DownloadedFile>();
  /** In the order in which they are wanted. */
  const queue: Part[] = [];

  const handleOf = (file: File): Promise<FileHandle> =>
    (file.handle ??= onDisk(() => openBelow(directory, file.object.path)));

  const closeFile = async (file: File): Promise<void> => {
    const handle = await file.handle?.catch(() => undefined);
    delete file.handle;
    await handle?.close();
  };

  /** Takes parts for done whose bytes are on the disk. */
  async function recall(finished: readonly FinishedPart[]): Promise<void> {
    const byPath = Map.groupBy(finished, ({ path }) => path);
    for (const file of files) {
      const { path, revision, sizeBytes } = file.object;
      const same = (byPath.get(path) ?? []).filter(
        (part) => part.revision === revision && part.sizeBytes === sizeBytes,
      );
      for (const part of file.parts) {
        const claim = same.findLast(({ start, end }) => start === part.start && end === part.end);
        if (!claim) continue;
        file.algorithm ??= claim.algorithm;
        if (claim.algorithm !== file.algorithm) continue;
        throwIfCancelled(signal);
        const crc = createCrc(file.algorithm);
        const handle = await handleOf(file);
        await onDisk(() => feed(crc, handle, part.start, part.end));
        if (crc.value() !== BigInt(`0x${claim.crc}`)) continue;
        part.crc = crc.value();
        if (claim.expected) expect(file, { ...claim.expected, wholeObject: !claim.expected.value.includes('-') });
        progress.add(file, part.end - part.start);
      }
      await closeFile(file);
    }
  }

  /** Fetches one part, in as many attempts as it takes, each going on where the one before ended. */
  async function fetchPart(part: Part): Promise<void> {
    const { file, start, end } = part;
    const handle = await handleOf(file);
    let crc: RunningCrc | undefined;
    const buffer = spareBuffers.pop() ?? Buffer.allocUnsafeSlow(WRITE_BYTES);
    let buffered = 0;
    let written = start;
    const flush = async (): Promise<void> => {
      await onDisk(() => writeAll(handle, buffer.subarray(0, buffered), written));
      written += buffered;
      buffered = 0;
    };
    const onHead = (checksum: ObjectChecksum | undefined): void => {
      if (checksum) expect(file, checksum);
      if (!file.algorithm) {
        file.algorithm = crcAlgorithmFor(checksum);
        pump();
      }
      crc ??= createCrc(file.algorithm);
    };
    const fill = async (bytes: Uint8Array): Promise<void> => {
      for (let at = 0; at < bytes.length;) {
        const piece = bytes.subarray(at, at + buffer.length - buffered);
        buffer.set(piece, buffered);
        buffered += piece.length;
        at += piece.length;
        if (buffered === buffer.length) await flush();
      }
    };
    const onBytes = (bytes: Uint8Array): Promise<void> | undefined => {
      crc?.update(bytes);
      progress.add(file, bytes.length);
      if (bytes.length >= buffer.length - buffered) return fill(bytes);
      buffer.set(bytes, buffered);
      buffered += bytes.length;
      return undefined;
    };

    try {
      for (let failures = 0; written + buffered < end;) {
        const from = written + buffered;
        let startedMs = Number.NEGATIVE_INFINITY;
        try {
          await gate.run(signal, () => {
            startedMs = performance.now();
            const request = { reader, object: file.object, start: from, end };
            return receive(request, { onHead, onBytes }, patience, signal);
          });
          gate.widen();
        } catch (error) {
          throwIfCancelled(signal);
          if (!isWorthAnotherTry(error)) throw error;
          failures = written + buffered - from >= PROGRESS_BYTES ? 1 : failures + 1;
          if (failures >= attempts) throw error;
          if (isThrottled(error)) gate.narrow(startedMs);
          await delay(retryDelayMs(failures), undefined, { signal });
        }
      }
      await flush();
    } finally {
      spareBuffers.push(buffer);
    }
    if (!crc || !file.algorithm) throw new Error('a part came without an answer');
    part.crc = crc.value();
    const claim = claimOf(part, file.algorithm, part.crc);
    await onDisk(async () => journal?.add(claim));
  }

  /** Compares a file that is all there. @returns false when it is to be fetched once more. */
  async function finishFile(file: File): Promise<boolean> {
    const { object, algorithm = crcAlgorithmFor(undefined) } = file;
    const handle = await handleOf(file);
    await onDisk(() => handle.truncate(object.sizeBytes));
    const own = { algorithm, value: crcToBase64(algorithm, combined(file.parts, algorithm)) };
    const { checksum, verified } = await prove({ object, handle, own }, file.expected, reader, signal);
    if (verified === undefined) {
      if (++file.fetches >= MAX_FETCHES) {
        const words = `the bytes that came are not those that the store has (${checksum.algorithm} differs)`;
        const advice = 'upload the file again, or look for a proxy that changes it';
        throw new TransferError('corrupt', `${object.path}: ${words}, ${MAX_FETCHES} times; ${advice}`);
      }
      await onDisk(async () => journal?.discard(object.path));
      for (const part of file.parts) delete part.crc;
      progress.add(file, -object.sizeBytes);
      return false;
    }
    await onDisk(() => handle.sync());
    await closeFile(file);
    results.set(file, { object, checksum, verified });
    return true;
  }

  async function advance(part: Part | undefined, file: File): Promise<void> {
    if (part) await fetchPart(part);
    file.running--;
    if (file.running > 0 || file.parts.some(({ crc }) => crc === undefined)) return;
    throwIfCancelled(signal);
    if (!(await finishFile(file))) queue.unshift(...file.parts);
  }

  let running = 0;
  let failed: ServingError | undefined;
  const ended = Promise.withResolvers<void>();

  function begin(part: Part): void {
    const { file } = part;
    running++;
    file.running++;
    advance(part, file)
      .catch((error: unknown) => {
        failed ??= asServingError(error);
        over.abort(error);
      })
      .finally(() => {
        running--;
        pump();
      });
  }

  /** Begins what may begin; ends the download when nothing is under way. */
  function pump(): void {
    while (!failed && running < MAX_REQUESTS) {
      const index = queue.findIndex(({ file }) => file.running < (file.algorithm ? requestsPerFile : 1));
      const [part] = index < 0 ? [] : queue.splice(index, 1);
      if (!part) break;
      begin(part);
    }
    if (running > 0) return;
    if (failed) ended.reject(failed);
    else ended.resolve();
  }

  async function run(): Promise<readonly DownloadedFile[]> {
    // Files of which nothing is to come, because they are empty or came before, are compared one after the other.
    const complete = files.filter(({ parts }) => parts.every(({ crc }) => crc !== undefined));
    queue.push(...files.flatMap(({ parts }) => parts.filter(({ crc }) => crc === undefined)));
    for (const file of complete) {
      file.running++;
      await advance(undefined, file);
    }
    pump();
    await ended.promise;
    progress.end();
    return files.map((file) => results.get(file)).filter((result) => result !== undefined);
  }

  return {
    recall,
    run,
    async close(): Promise<void> {
      for (const file of files) await closeFile(file);
    },
  };
}

function planFile(object: RemoteObject, options: DownloadOptions): File {
  const { partSizeBytes = 16 * MIB, partsFromBytes = 32 * MIB } = options;
  const { sizeBytes, checksum, inOnePiece = false } = object;
  const parts: Part[] = [];
  const file: File = {
    object,
    algorithm: checksum?.wholeObject === true ? crcAlgorithmFor(checksum) : undefined,
    parts,
    expected: checksum,
    running: 0,
    fetches: 0,
  };
  const step = inOnePiece || sizeBytes < partsFromBytes ? sizeBytes : partSizeBytes;
  for (let start = 0; start < sizeBytes; start += step) {
    parts.push({ file, start, end: Math.min(start + step, sizeBytes) });
  }
  return file;
}

/** Takes note of what the store says; a word about the whole object is worth more than one about its parts. */
function expect(file: File, checksum: ObjectChecksum): void {
  if (!file.expected || (checksum.wholeObject && !file.expected.wholeObject)) file.expected = checksum;
}

/** The store's own where pieces of it can be combined: others have to be computed once all bytes are there. */
function crcAlgorithmFor(checksum: ObjectChecksum | undefined): CrcAlgorithm {
  return checksum?.wholeObject === true && isCrcAlgorithm(checksum.algorithm) ? checksum.algorithm : 'CRC32';
}

function claimOf({ file, start, end }: Part, algorithm: CrcAlgorithm, crc: bigint): FinishedPart {
  const { path, revision, sizeBytes } = file.object;
  const expected = file.expected && { algorithm: file.expected.algorithm, value: file.expected.value };
  return { ...(expected && { expected }), path, revision, sizeBytes, start, end, algorithm, crc: crc.toString(16) };
}

function combined(parts: readonly Part[], algorithm: CrcAlgorithm): bigint {
  return parts.reduce((whole, { crc = 0n, start, end }) => combineCrc(algorithm, whole, crc, end - start), 0n);
}

function createProgress(files: readonly File[], onProgress: OnProgress | undefined) {
  const totalBytes = files.reduce((total, { object }) => total + object.sizeBytes, 0);
  let doneBytes = 0;
  let reportedMs = Number.NEGATIVE_INFINITY;
  let newest = files[0]?.object.path ?? '';
  return {
    add(file: File, bytes: number): void {
      doneBytes += bytes;
      newest = file.object.path;
      const nowMs = performance.now();
      if (nowMs - reportedMs < REPORT_EVERY_MS) return;
      reportedMs = nowMs;
      onProgress?.({ doneBytes, totalBytes, file: newest });
    },
    end: (): void => onProgress?.({ doneBytes, totalBytes, file: newest }),
  };
}

function isExhausted(error: unknown): boolean {
  return error instanceof ServingError && error.code === 'RESOURCE_EXHAUSTED';
}

/** Spreads the attempts of many over the whole time, so that they do not all come at once. */
function fullJitter(failures: number): number {
  return Math.random() * Math.min(20_000, 100 * 2 ** failures);
}
