/** How a worker process ended; one of the two is set. */
export interface WorkerExit {
  readonly code: number | undefined;
  readonly signal: string | undefined;
}

/** A started worker process. */
export interface WorkerProcess {
  readonly pid: number;
  /** Resolves once when the process is gone; never rejects. */
  readonly exited: Promise<WorkerExit>;
  /** Ends the process at once and for certain (SIGKILL), even in the middle of a run. No effect when it is gone. */
  kill(): void;
}

/**
 * Flags for V8 in a worker: its young generation would grow by more than 100 MB under load, for 10 % more speed with
 * the smallest models.
 */
export const WORKER_V8_FLAGS: readonly string[] = ['--max-semi-space-size=8'];

export interface WorkerStartOptions {
  /** The complete environment of the new process. */
  readonly env: Readonly<Record<string, string>>;
  /** Gets each line that the process writes to its standard error. */
  onLogLine(line: string): void;
}

/**
 * Starts worker processes: `child_process` under plain Node, `utilityProcess` under Electron. The process runs the built
 * entry of `worker/main.ts`, has no standard input, and does not end by itself when the parent gets a signal.
 */
export interface WorkerHost {
  /** Resolves when the process exists. @throws ServingError UNAVAILABLE when it cannot be started. */
  start(options: WorkerStartOptions): Promise<WorkerProcess>;
}

/** In words, for reasons that people read. */
export function describeExit({ code, signal }: WorkerExit): string {
  if (signal !== undefined) return `ended by signal ${signal}`;
  return code === undefined ? 'ended' : `ended with exit code ${code}`;
}
