import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { z } from 'zod';
import { errnoOf } from '../errno.ts';

/** A file that says that this process is at something, until disposed. */
export type Claim = AsyncDisposable;

/** Files by which processes tell each other what they are at. */
export interface Claims extends AsyncDisposable {
  /**
   * Makes the file, and keeps its time fresh. @returns undefined when it is there already.
   * @throws the error of the operating system when it cannot be made.
   */
  make(path: string): Promise<Claim | undefined>;
  /**
   * As {@link make}, also in place of a file whose process is no longer at it. @returns undefined also while somebody else
   * does the same.
   */
  take(path: string): Promise<Claim | undefined>;
  /** Whether there is a file, and one whose process may still be at it. */
  isAlive(path: string): Promise<boolean>;
}

export interface ClaimsOptions {
  /** Default 5 s. */
  readonly heartbeatMs?: number;
  /** A claim of a process that cannot be asked for, for lack of a heartbeat; default 60 s. */
  readonly staleAfterMs?: number;
}

/** A process that runs may have the number of one that ended, or have been asleep with its computer. */
const STALE_FACTOR_RUNNING = 10;

const Holder = z.object({
  pid: z.int().positive(),
  /** Names the space in which process numbers are unique: this start of this computer, or this container. */
  host: z.string(),
  /** Tells a process from a later one with its number. */
  started: z.string(),
  id: z.string(),
});

/** Claims that this thread holds. */
const held = new Set<string>();

export function createClaims({ heartbeatMs = 5000, staleAfterMs = 60_000 }: ClaimsOptions = {}): Claims {
  const paths = new Map<string, string>();
  const host = thisHost();
  const started = startOf(process.pid) ?? '';
  let timer: NodeJS.Timeout | undefined;

  const beat = (): void => {
    const now = new Date();
    // One that cannot be touched is one that others may take for dead; there is nobody to tell.
    for (const path of paths.values()) utimes(path, now, now).catch(() => undefined);
  };
  const release = async (id: string): Promise<void> => {
    const path = paths.get(id);
    paths.delete(id);
    held.delete(id);
    if (paths.size === 0) clearInterval(timer);
    if (path === undefined) return;
    const own = holderOf(await readFile(path, 'utf8').catch(() => ''))?.id === id;
    if (own) await rm(path, { force: true }).catch(() => undefined);
  };

  async function stateOf(path: string): Promise<'none' | 'dead' | 'alive'> {
    const [text, modifiedMs] = await Promise.all([
      readFile(path, 'utf8').catch(() => undefined),
      stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => undefined,
      ),
    ]);
    if (text === undefined || modifiedMs === undefined) return 'none';
    const holder = holderOf(text);
    if (holder && held.has(holder.id)) return 'alive';
    return mayBeAtIt(holder, Date.now() - modifiedMs) ? 'alive' : 'dead';
  }

  function mayBeAtIt(holder: z.infer<typeof Holder> | undefined, silentMs: number): boolean {
    if (holder?.host === host && holder.pid !== process.pid) {
      return isRunning(holder) && silentMs < staleAfterMs * STALE_FACTOR_RUNNING;
    }
    // Of another computer, of another thread or an earlier life of this process, or just being written.
    return holder?.host === host && holder.started !== started ? false : silentMs < staleAfterMs;
  }

  const claims: Claims = {
    async make(path) {
      const id = randomUUID();
      const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
        if (!isThere(error)) throw error;
      });
      if (!file) return undefined;
      held.add(id);
      if (paths.size === 0) timer = setInterval(beat, heartbeatMs).unref();
      paths.set(id, path);
      try {
        await file.writeFile(JSON.stringify({ pid: process.pid, host, started, id }));
      } catch (error) {
        await rm(path, { force: true }).catch(() => undefined);
        await release(id);
        throw error;
      } finally {
        await file.close();
      }
      return { [Symbol.asyncDispose]: () => release(id) };
    },

    async take(path) {
      const made = await claims.make(path);
      if (made) return made;
      const state = await stateOf(path);
      if (state === 'alive') return undefined;
      // Given back just now: who removed it all the same would remove that of the next one.
      if (state === 'none') return claims.make(path);
      // One at a time: of two that found it dead, the slower one would remove what the faster one has made.
      const ending = `${path}-ending`;
      const ours = await claims.make(ending);
      if (!ours) {
        if ((await stateOf(ending)) === 'dead') await rm(ending, { force: true }).catch(() => undefined);
        return undefined;
      }
      await using _ = ours;
      if ((await stateOf(path)) === 'dead') await rm(path, { force: true }).catch(() => undefined);
      return await claims.make(path);
    },

    isAlive: async (path) => (await stateOf(path)) === 'alive',

    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      for (const id of paths.keys()) await release(id);
    },
  };
  return claims;
}

/** On Windows a file that is just being deleted answers with other errors than one that is there. */
function isThere(error: unknown): boolean {
  const code = errnoOf(error);
  return code === 'EEXIST' || (process.platform === 'win32' && (code === 'EPERM' || code === 'EBUSY'));
}

function isRunning({ pid, started }: z.infer<typeof Holder>): boolean {
  if (process.platform === 'linux') return startOf(pid) === started;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) !== 'ESRCH';
  }
}

/** When a process started, in the kernel's own count; undefined where it does not run or the system does not tell. */
function startOf(pid: number): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    // The 22nd field; the second one is a name, which may hold anything. Source: proc(5).
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .at(19);
  } catch {
    return undefined;
  }
}

function thisHost(): string {
  if (process.platform !== 'linux') return hostname();
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

function holderOf(text: string): z.infer<typeof Holder> | undefined {
  try {
    return Holder.parse(JSON.parse(text));
  } catch {
    return undefined; // not yet written, or cut off
  }
}
