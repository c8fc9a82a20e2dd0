import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { UtilityProcess } from 'electron';
import { WORKER_V8_FLAGS, type WorkerExit, type WorkerHost } from '../../app/worker-host.ts';
import { ServingError } from '../../contracts/serving-error.ts';

/** The one function of Electron's `utilityProcess` that is used. */
export type ForkUtilityProcess = (
  entry: string,
  args: string[],
  options: {
    env: Record<string, string>;
    execArgv: string[];
    stdio: ['ignore', 'ignore', 'pipe'];
    serviceName: string;
  },
) => UtilityProcess;

/**
 * Workers as Electron utility processes: the packaged app has no plain Node to start (its runAsNode fuse is off).
 * @param entry absolute path of the built worker.js.
 */
export function createUtilityProcessHost(fork: ForkUtilityProcess, entry: string): WorkerHost {
  return {
    async start(options) {
      const child = fork(entry, [], {
        env: { ...options.env },
        execArgv: [...WORKER_V8_FLAGS],
        stdio: ['ignore', 'ignore', 'pipe'],
        serviceName: 'Slipway inference worker',
      });
      // Electron reports a code only, also for a process that a signal ended.
      const exited = new Promise<WorkerExit>((resolve) => {
        child.once('exit', (code) => resolve({ code, signal: undefined }));
      });
      if (child.stderr) createInterface({ input: child.stderr }).on('line', (line) => options.onLogLine(line));
      const spawned = once(child, 'spawn').then(() => true);
      const started = await Promise.race([spawned, exited.then(() => false)]);
      const { pid } = child;
      if (!started || pid === undefined) {
        throw new ServingError('UNAVAILABLE', 'the inference worker process cannot be started');
      }
      return { pid, exited, kill: () => killForCertain(pid) };
    },
  };
}

/** `UtilityProcess.kill` is only SIGTERM on POSIX, which a process in the middle of a run does not answer. */
function killForCertain(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}
