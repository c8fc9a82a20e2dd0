import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { ServingError } from '../contracts/serving-error.ts';
import { WORKER_V8_FLAGS, type WorkerExit, type WorkerHost } from './worker-host.ts';

export interface ChildProcessHostOptions {
  /** Absolute path of the worker's entry: the built worker.js, or worker/main.ts in tests. */
  readonly entry: string;
  /** The Node executable; default: the one that runs this process. */
  readonly execPath?: string;
  /** Arguments for it besides {@link WORKER_V8_FLAGS}. */
  readonly execArgs?: readonly string[];
}

/** Workers as child processes of plain Node. */
export function createChildProcessHost({
  entry,
  execPath = process.execPath,
  execArgs = [],
}: ChildProcessHostOptions): WorkerHost {
  return {
    async start(options) {
      const child = spawn(execPath, [...WORKER_V8_FLAGS, ...execArgs, entry], {
        env: options.env,
        stdio: ['ignore', 'ignore', 'pipe'],
        windowsHide: true,
      });
      const exited = new Promise<WorkerExit>((resolve) => {
        child.once('exit', (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined }));
      });
      createInterface({ input: child.stderr }).on('line', (line) => options.onLogLine(line));
      await once(child, 'spawn').catch((error: unknown) => {
        throw new ServingError('UNAVAILABLE', 'the inference worker process cannot be started', { cause: error });
      });
      // A later `error` event tells only that a kill failed, for instance because the process is gone already.
      child.on('error', () => undefined);
      const { pid } = child;
      if (pid === undefined) throw new ServingError('UNAVAILABLE', 'the inference worker process cannot be started');
      return {
        pid,
        exited,
        kill: () => {
          child.kill('SIGKILL');
        },
      };
    },
  };
}
