import { randomUUID } from 'node:crypto';
import { open, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { ServingError } from '../contracts/serving-error.ts';
import { errnoOf } from '../storage/errno.ts';

export interface FileLockOptions {
  /** A lock that the same holder has had for so long is taken from it; default 5000. */
  readonly staleAfterMs?: number;
  /** Longest wait for others; default 10,000. */
  readonly waitMs?: number;
}

/** A lock that is held until disposed. */
export interface FileLock extends AsyncDisposable {
  /** False when another process lost its patience and took the lock: what it protects may have changed since. */
  isHeld(): Promise<boolean>;
}

const RETRY_MS = 20;

const Holder = z.object({ pid: z.number().int().positive(), host: z.string() });

/**
 * Holds a lock file, so that one process at a time is at work. One whose process is gone, or that does not change hands
 * for long, is taken over; what is done under the lock is therefore to be followed by a last look at `isHeld`.
 * @param path of the lock file; its folder exists.
 * @throws ServingError UNAVAILABLE when others hold it for too long; the error of the operating system when the file
 *   cannot be made.
 */
export async function acquireFileLock(path: string, options: FileLockOptions = {}): Promise<FileLock> {
  const { staleAfterMs = 5000, waitMs = 10_000 } = options;
  const own = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() });
  const startMs = performance.now();
  let seen: { readonly text: string; readonly sinceMs: number } | undefined;
  while (!(await tryCreate(path, own))) {
    const text = await contentOf(path);
    const nowMs = performance.now();
    // By the own clock: the times of files on a network drive are another computer's.
    if (text !== seen?.text) seen = text === undefined ? undefined : { text, sinceMs: nowMs };
    if (seen && (isHolderGone(seen.text) || nowMs - seen.sinceMs >= staleAfterMs)) {
      // Looked at once more: another one who waits may have been faster.
      if ((await contentOf(path)) === seen.text) await rm(path, { force: true }).catch(() => undefined);
    }
    if (nowMs - startMs >= waitMs)
      throw new ServingError('UNAVAILABLE', 'another process is changing the settings; try again in a few seconds');
    await delay(RETRY_MS);
  }
  const isHeld = async (): Promise<boolean> => (await contentOf(path)) === own;
  return {
    isHeld,
    async [Symbol.asyncDispose]() {
      // A lock file that cannot be removed is taken over by the next one in time.
      if (await isHeld()) await rm(path, { force: true }).catch(() => undefined);
    },
  };
}

/** @returns false when the lock file is there. */
async function tryCreate(path: string, text: string): Promise<boolean> {
  const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
    if (!isHeldByOther(error)) throw error;
  });
  if (!file) return false;
  try {
    await file.writeFile(text);
  } catch (error) {
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  } finally {
    await file.close();
  }
  return true;
}

/** On Windows a file that is just being deleted answers with other errors than one that is there. */
function isHeldByOther(error: unknown): boolean {
  const code = errnoOf(error);
  return (
    code === 'EEXIST' || (process.platform === 'win32' && (code === 'EPERM' || code === 'EACCES' || code === 'EBUSY'))
  );
}

/** @returns undefined when there is no lock file, or it cannot be read now. */
function contentOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

/** Whether the holder's process has certainly ended; process numbers of other computers say nothing. */
function isHolderGone(text: string): boolean {
  const holder = parseHolder(text);
  if (holder?.host !== hostname()) return false;
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    return errnoOf(error) === 'ESRCH';
  }
}

function parseHolder(text: string): z.infer<typeof Holder> | undefined {
  try {
    return Holder.parse(JSON.parse(text));
  } catch {
    return undefined; // not yet written, or cut off
  }
}
