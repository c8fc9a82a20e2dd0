import { mkdir, readFile, rename, stat, statfs, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { type Logger, silentLogger } from '../../contracts/logger.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import { cancelled, throwIfCancelled } from '../abortable.ts';
import { type DownloadOptions, downloadVersion, MAX_REQUESTS } from '../download/download-version.ts';
import { createGate } from '../download/gate.ts';
import { onDisk } from '../download/local-disk.ts';
import type { ObjectReader, RemoteObject } from '../download/object-reader.ts';
import type { OnProgress } from '../download/progress.ts';
import { refuseUnsafePaths } from '../download/safe-paths.ts';
import { TransferError } from '../download/transfer-error.ts';
import { bytesInWords } from '../words.ts';
import { createCacheFolder } from './cache-folder.ts';
import type { CachedVersion, VersionCache, VersionKey } from './cached-version.ts';
import { type ClaimsOptions, createClaims } from './claims.ts';
import type { Manifest } from './manifest.ts';
import { fingerprintOf } from '../download/fingerprint.ts';
import { folderNameOf, listingNameOf } from './names.ts';

export interface VersionCacheOptions {
  /** Absolute path; made at the first use. */
  readonly directory: string;
  /** Most that copies may take; default 20 GiB. */
  readonly capBytes?: number | undefined;
  /** What must stay free on the disk; default 2 GiB. */
  readonly minFreeBytes?: number | undefined;
  readonly log?: Logger;
  /** How downloads are made, where not by default. */
  readonly download?: Omit<DownloadOptions, 'signal' | 'onProgress' | 'journal'>;
  readonly claims?: ClaimsOptions;
  /** Bytes free for this user on the disk of a folder; tests put in their own. */
  readonly freeBytes?: (directory: string) => Promise<number>;
}

const GIB = 1024 ** 3;
/** What a cache may hold unless told otherwise. */
export const DEFAULT_CAP_BYTES = 20 * GIB;
/** Where in the folder of a cache its copies are. */
export const VERSIONS_FOLDER = 'versions';
/** Folders, manifests and blocks that are not full. */
const OVERHEAD = 1.02;
/** How often it is looked whether another process has finished the same download. */
const LOOK_EVERY_MS = 100;
/** A download that broke off longer ago is hardly taken up again. */
const LEFTOVER_MS = 24 * 3600 * 1000;
/** How fresh the time is kept at which a source was last seen. */
const SEEN_EVERY_MS = 60_000;
/** After these, what came of a download is of no use. */
const USELESS_AFTER: ReadonlySet<string> = new Set(['corrupt', 'no space', 'unsafe key']);

const Listing = z.object({
  format: z.literal(1),
  source: z.string(),
  versions: z.record(
    z.string(),
    z.array(
      z.object({
        key: z.string(),
        path: z.string(),
        sizeBytes: z.int().nonnegative(),
        revision: z.string(),
        modifiedMs: z.number(),
      }),
    ),
  ),
});

/** A download that is under way, as far as it counts against the room that there is. */
interface Reservation {
  readonly totalBytes: number;
  leftBytes: number;
}

/** Keeps copies of versions in a folder, which other processes may use at the same time. */
export function createVersionCache(options: VersionCacheOptions): VersionCache {
  const { capBytes = DEFAULT_CAP_BYTES, minFreeBytes = 2 * GIB, log = silentLogger, freeBytes = freeBytesOf } = options;
  const versions = join(options.directory, VERSIONS_FOLDER);
  const listings = join(options.directory, 'listings');
  const claims = createClaims(options.claims);
  const folder = createCacheFolder(versions, claims);
  const gate = options.download?.gate ?? createGate(MAX_REQUESTS);
  const reservations = new Set<Reservation>();
  const lastSeen = new Map<string, { readonly text: string; readonly atMs: number }>();

  /** Removes the copies that were used longest ago, until there is room. @throws TransferError `no space`. */
  async function makeRoom(wanted: Reservation, name: string): Promise<void> {
    const copies = [...(await folder.copies())].toSorted((left, right) => left.usedMs - right.usedMs);
    const others = [...reservations].filter((reservation) => reservation !== wanted);
    const reserved = others.reduce((total, { totalBytes }) => total + totalBytes, 0);
    const coming = others.reduce((total, { leftBytes }) => total + leftBytes, 0);
    let usedBytes = copies.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
    let isSwept = false;
    for (;;) {
      const freeNow = (await freeBytes(versions)) - coming;
      const overCap = usedBytes + reserved + wanted.totalBytes > capBytes;
      const overDisk = wanted.leftBytes * OVERHEAD + minFreeBytes > freeNow;
      if (!overCap && !overDisk) return;
      if (overDisk && !isSwept) {
        isSwept = true;
        await folder.sweep(0);
        continue;
      }
      const victim = copies.shift();
      if (!victim) {
        throw overDisk
          ? noSpace(
              `needs ${bytesInWords(wanted.leftBytes)} of disk, ${bytesInWords(Math.max(0, freeNow))} are free, ` +
                `of which ${bytesInWords(minFreeBytes)} stay free; free some space, or put the cache elsewhere`,
            )
          : noSpace(
              `needs ${bytesInWords(wanted.totalBytes)}; the model cache may hold ${bytesInWords(capBytes)}, of which ` +
                `${bytesInWords(usedBytes + reserved)} are in use; allow it more (--cache_max_bytes)`,
            );
      }
      if (victim.name === name || !(await folder.evict(victim.name))) continue;
      usedBytes -= victim.sizeBytes;
      tellEvicted(victim);
    }
  }

  /** @returns false when all copies are in use. */
  async function evictOne(): Promise<boolean> {
    const copies = [...(await folder.copies())].toSorted((left, right) => left.usedMs - right.usedMs);
    for (const copy of copies) {
      if (!(await folder.evict(copy.name))) continue;
      tellEvicted(copy);
      return true;
    }
    return false;
  }

  function tellEvicted({ manifest, sizeBytes }: { manifest: Manifest; sizeBytes: number }): void {
    log.info({ source: manifest.source, version: manifest.version, sizeBytes }, 'copy evicted from the cache');
  }

  /** Makes a copy; the caller has the lock. */
  async function fetchCopy(job: Job): Promise<void> {
    const { key, objects, reader, signal, onProgress, fingerprint, name } = job;
    const totalBytes = objects.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
    const reservation = { totalBytes, leftBytes: totalBytes };
    // What came of a content that the store has no more is of use to nobody; a server may run for months.
    await folder.sweep(LEFTOVER_MS).catch(() => undefined);
    const temporary = await folder.temporary(name);
    reservations.add(reservation);
    const fetchAll = (): ReturnType<typeof downloadVersion> =>
      downloadVersion(objects, temporary.files, reader, {
        ...options.download,
        gate,
        signal,
        journal: temporary.journal,
        onProgress(progress) {
          reservation.leftBytes = totalBytes - progress.doneBytes;
          onProgress?.(progress);
        },
      });
    try {
      reservation.leftBytes -= Math.min(totalBytes, await bytesOnDisk(temporary.files, objects));
      await makeRoom(reservation, name);
      const files = await fetchAll().catch(async (error: unknown) => {
        // Another program may have filled the disk meanwhile.
        const isFull = error instanceof TransferError && error.fault === 'no space';
        if (!isFull || !(await evictOne())) throw error;
        return fetchAll();
      });
      await reader.confirm?.(objects, signal);
      throwIfCancelled(signal);
      await folder.publish(temporary, name, {
        format: 1,
        ...key,
        fingerprint,
        completedMs: Date.now(),
        files: files.map(({ object, checksum, verified }) => ({
          key: object.key,
          path: object.path,
          sizeBytes: object.sizeBytes,
          revision: object.revision,
          modifiedMs: object.modifiedMs,
          checksum,
          verified,
        })),
      });
    } catch (error) {
      const isChanged = error instanceof ServingError && error.code === 'ABORTED';
      const isUseless = isChanged || (error instanceof TransferError && USELESS_AFTER.has(error.fault));
      if (signal.aborted || isUseless) await folder.discard(temporary);
      throw signal.aborted ? cancelled(signal) : error;
    } finally {
      reservations.delete(reservation);
    }
  }

  async function useCopy(name: string, fingerprint: string): Promise<CachedVersion | undefined> {
    const manifest = await onDisk(() => folder.complete(name));
    if (manifest?.fingerprint !== fingerprint) return undefined;
    const lease = await onDisk(() => folder.lease(name));
    return lease && { path: folder.filesOf(name), lease, manifest };
  }

  return {
    async localize(key, objects, reader, signal, onProgress) {
      throwIfCancelled(signal);
      if (objects.length === 0) throw new ServingError('NOT_FOUND', 'this version has no files');
      refuseUnsafePaths(objects);
      await folder.make();
      const fingerprint = fingerprintOf(objects);
      const name = folderNameOf(key, fingerprint);
      for (;;) {
        throwIfCancelled(signal);
        const there = await useCopy(name, fingerprint);
        if (there) return there;
        await using lock = await folder.lock(name);
        if (!lock) {
          await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
          continue;
        }
        // Under the lock nobody evicts; and whoever had it may have finished.
        const since = await useCopy(name, fingerprint);
        if (since) return since;
        await folder.removeBroken(name);
        await fetchCopy({ key, objects, reader, signal, onProgress, fingerprint, name });
        const made = await useCopy(name, fingerprint);
        if (made) return made;
      }
    },

    async find(key, fingerprint) {
      const manifest = await folder.complete(folderNameOf(key, fingerprint)).catch(() => undefined);
      return manifest?.fingerprint === fingerprint ? manifest : undefined;
    },

    async remember(source, seen) {
      try {
        const text = JSON.stringify({ format: 1, source, versions: Object.fromEntries(seen) });
        const last = lastSeen.get(source);
        const nowMs = Date.now();
        const path = join(listings, listingNameOf(source));
        if (last?.text === text) {
          if (nowMs - last.atMs < SEEN_EVERY_MS) return;
          await utimes(path, new Date(nowMs), new Date(nowMs));
        } else {
          await mkdir(listings, { recursive: true, mode: 0o700 });
          const temporary = `${path}.tmp-${process.pid}`;
          await writeFile(temporary, text, { mode: 0o600 });
          await rename(temporary, path);
        }
        lastSeen.set(source, { text, atMs: nowMs });
      } catch (error) {
        log.warn({ source, error }, 'what was listed cannot be kept; a start without the store would not know it');
      }
    },

    async offline(source) {
      try {
        const path = join(listings, listingNameOf(source));
        const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
        const listing = Listing.parse(JSON.parse(text));
        if (listing.source !== source) return undefined;
        const complete = new Map<string, readonly RemoteObject[]>();
        for (const [version, objects] of Object.entries(listing.versions)) {
          const fingerprint = fingerprintOf(objects);
          const manifest = await folder.complete(folderNameOf({ source, version }, fingerprint));
          if (manifest?.fingerprint === fingerprint) complete.set(version, objects);
        }
        return { seenMs: mtimeMs, versions: complete };
      } catch {
        return undefined; // never seen, or written by another release
      }
    },

    async [Symbol.asyncDispose]() {
      await claims[Symbol.asyncDispose]();
    },
  };
}

interface Job {
  readonly key: VersionKey;
  readonly objects: readonly RemoteObject[];
  readonly reader: ObjectReader;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress | undefined;
  readonly fingerprint: string;
  readonly name: string;
}

async function freeBytesOf(directory: string): Promise<number> {
  const { bavail, bsize } = await onDisk(() => statfs(directory));
  return bavail * bsize;
}

/** What files that were begun take already; they have holes. */
async function bytesOnDisk(directory: string, objects: readonly RemoteObject[]): Promise<number> {
  let total = 0;
  for (const { path, sizeBytes } of objects) {
    const status = await stat(join(directory, ...path.split('/'))).catch(() => undefined);
    total += Math.min(sizeBytes, (status?.blocks ?? 0) * 512);
  }
  return total;
}

function noSpace(words: string): TransferError {
  return new TransferError('no space', `this version ${words}`);
}
