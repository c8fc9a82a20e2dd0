import { ServingError } from '../contracts/serving-error.ts';
import { cancelled, throwIfCancelled } from './abortable.ts';

export interface FileSystemCallsOptions {
  /** Most calls at a time; default: half of the threads that Node has for files, name look-ups and compression. */
  readonly limit?: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/**
 * Lets calls to the operating system through, which nobody can take back: one to a network drive that is gone occupies a
 * thread until the drive is back. So no more than `limit` threads are ever lost, and one folder does not take them all.
 */
export interface FileSystemCalls {
  /** How many calls one operation should have out at a time. */
  readonly width: number;
  /**
   * Makes a call, when its turn has come.
   * @param root the path that the operation is about; calls to it or below are refused while an earlier one hangs.
   * @param signal tells that nobody waits any more. It ends a call that has not begun only.
   * @param work makes one single call to the operating system.
   * @throws ServingError UNAVAILABLE at once where an earlier call to the root hangs, or too many calls do; CANCELLED;
   *   what the work throws.
   */
  run<T>(root: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
  /** Calls that are out though nobody waits for them any more, or that hang. */
  abandoned(): number;
}

interface Call {
  readonly root: string;
  readonly signal: AbortSignal;
  sinceMs: number;
}

interface Waiter {
  readonly call: Call;
  readonly begin: () => void;
  readonly refuse: (error: unknown) => void;
}

/** A call that takes longer hangs. Disks that have to spin up first are faster. */
const HANGS_AFTER_MS = 10_000;
/** The same for one that nobody waits for any more: long enough for one that was merely given up on its way. */
const HANGS_ABANDONED_AFTER_MS = 2000;
/** How often those who wait for their turn are looked at when no call comes back. */
const SWEEP_MS = 1000;
const MAX_WIDTH = 8;
/** Threads that Node starts unless told otherwise, and most that it takes. Source: libuv src/threadpool.c. */
const DEFAULT_THREADS = 4;
const MAX_THREADS = 1024;

export function createFileSystemCalls(options: FileSystemCallsOptions = {}): FileSystemCalls {
  const { limit = Math.max(1, Math.floor(threadsOf(process.env) / 2)), now = () => performance.now() } = options;
  /** Oldest first. */
  const out = new Set<Call>();
  let queue: Waiter[] = [];
  let sweep: NodeJS.Timeout | undefined;

  function hangingCalls(): readonly Call[] {
    const [oldest] = out;
    const nowMs = now();
    if (!oldest || nowMs - oldest.sinceMs < HANGS_ABANDONED_AFTER_MS) return [];
    return [...out].filter(({ sinceMs, signal }) => {
      const ms = nowMs - sinceMs;
      return ms >= HANGS_AFTER_MS || (signal.aborted && ms >= HANGS_ABANDONED_AFTER_MS);
    });
  }

  /** Why a call is not to be made, or waited for, now. */
  function refusalOf(root: string): ServingError | undefined {
    const hanging = hangingCalls();
    if (hanging.some((call) => isAtOrBelow(root, call.root))) {
      const why = 'does not answer: an earlier call to it has not come back (is it on a network drive that is gone?)';
      return new ServingError('UNAVAILABLE', `"${lastSegment(root)}" ${why}`);
    }
    if (hanging.length < limit) return undefined;
    const why = 'cannot be read now: too many other folders do not answer (are network drives gone?)';
    return new ServingError('UNAVAILABLE', `"${lastSegment(root)}" ${why}`);
  }

  /** @returns false for one that need not, or must not, wait any longer: it has been told. */
  function mayWait({ call: { root, signal }, refuse }: Waiter): boolean {
    const refusal = signal.aborted ? cancelled(signal) : refusalOf(root);
    if (refusal) refuse(refusal);
    return !refusal;
  }

  function takeTurns(): void {
    while (out.size < limit) {
      const waiter = queue.shift();
      if (!waiter) return;
      if (!mayWait(waiter)) continue;
      waiter.call.sinceMs = now();
      out.add(waiter.call);
      waiter.begin();
    }
  }

  function sweepQueue(): void {
    sweep = undefined;
    queue = queue.filter(mayWait);
    sweepLater();
  }

  function sweepLater(): void {
    if (queue.length > 0) sweep ??= setTimeout(sweepQueue, SWEEP_MS).unref();
  }

  function turnOf(call: Call): Promise<void> {
    return new Promise((begin, refuse) => {
      queue.push({ call, begin, refuse });
      sweepLater();
    });
  }

  return {
    width: Math.max(1, Math.min(MAX_WIDTH, Math.floor(limit / 4))),
    async run(root, signal, work) {
      throwIfCancelled(signal);
      const refusal = refusalOf(root);
      if (refusal) throw refusal;
      const call: Call = { root, signal, sinceMs: now() };
      if (out.size < limit) out.add(call);
      else await turnOf(call);
      try {
        return await work();
      } finally {
        out.delete(call);
        if (queue.length > 0) takeTurns();
      }
    },
    abandoned() {
      const hanging = new Set(hangingCalls());
      return Array.from(out).filter((call) => call.signal.aborted || hanging.has(call)).length;
    },
  };
}

let shared: FileSystemCalls | undefined;

/**
 * The calls of the whole process, as its threads are. Made at the first use: by then the host has settled how many
 * threads there are.
 */
export function sharedFileSystemCalls(): FileSystemCalls {
  return (shared ??= createFileSystemCalls());
}

/**
 * How many calls to the operating system are still out that nobody waits for any more, or that hang. Each holds a thread
 * that Node waits for when it exits: where there are any after a stop, only a signal ends the process for certain.
 */
export function abandonedFileSystemCalls(): number {
  return shared?.abandoned() ?? 0;
}

function threadsOf(env: NodeJS.ProcessEnv): number {
  const threads = Number.parseInt(env['UV_THREADPOOL_SIZE'] ?? '', 10);
  return Number.isNaN(threads) ? DEFAULT_THREADS : Math.min(MAX_THREADS, threads);
}

function isAtOrBelow(path: string, root: string): boolean {
  return (
    path.startsWith(root) &&
    (path.length === root.length || /[\\/]$/u.test(root) || /[\\/]/u.test(path[root.length] ?? ''))
  );
}

function lastSegment(path: string): string {
  return /[^\\/]+$/u.exec(path)?.[0] ?? path;
}
