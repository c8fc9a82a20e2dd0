import { inspect } from 'node:util';

const CHECK_MS = 2000;
/** Now, and not when the thread runs: the parent may be gone by then. */
const PARENT = process.ppid;

/**
 * On Windows the number of the parent stays when it is gone, and elsewhere it changes, even while the parent is a zombie.
 * No module but Node's own, so it is text: a bundle has no second file for it.
 */
const WATCH = (everyMs: number): string => `
  const isGone = () => {
    if (process.ppid !== ${PARENT}) return true;
    try {
      process.kill(${PARENT}, 0);
      return false;
    } catch (error) {
      return error.code === 'ESRCH';
    }
  };
  setInterval(() => {
    if (isGone()) process.kill(process.pid, 'SIGKILL');
  }, ${everyMs});`;

/**
 * Ends this process soon after its parent, also in the middle of a run: the main thread learns that the connection is
 * closed only between two turns. It takes a thread, with 15 MB of memory and 5 ms of this one's time, so it is not started
 * before there is a model that could run.
 */
export function startOrphanWatch(everyMs = CHECK_MS): void {
  const complain = (error: unknown): void => {
    process.stderr.write(`a busy worker would outlive the main process: ${inspect(error)}\n`);
  };
  try {
    // Loaded only here: at the top it would add 3 ms to the start of every worker.
    const threads = process.getBuiltinModule('node:worker_threads');
    const thread = new threads.Worker(WATCH(everyMs), {
      eval: true,
      env: threads.SHARE_ENV,
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 8, stackSizeMb: 1 },
    });
    thread.on('error', complain);
    thread.unref();
  } catch (error) {
    complain(error);
  }
}
