/** What a worker process learns through its environment. */
import * as z from 'zod/mini';

const PREFIX = 'SLIPWAY_WORKER_';

export const WorkerEnvironment = z.object({
  /** Path of the local socket, or name of the pipe, on which the main process listens. */
  socket: z.string().check(z.minLength(1)),
  workerId: z.string().check(z.minLength(1)),
  /** Secret that the first message repeats. */
  token: z.string().check(z.minLength(1)),
  /** File in which the worker notes the handle of the model that it is running or loading. */
  marker: z.string().check(z.minLength(1)),
});
export type WorkerEnvironment = z.infer<typeof WorkerEnvironment>;

/** Variables that would change how a worker starts, or that it has no business to know. */
const WITHHELD =
  /^(?:NODE_OPTIONS|NODE_CHANNEL_FD|NODE_UNIQUE_ID|NODE_V8_COVERAGE|UV_THREADPOOL_SIZE|VITEST.*|AWS_.*|SLIPWAY_.*)$|SECRET|TOKEN|PASSWORD|CREDENTIAL/iu;

/**
 * The environment of a new worker: the parent's without secrets, the worker's own facts, telemetry off, and glibc's mmap
 * threshold fixed, without which memory of unloaded models is not given back (harmless elsewhere).
 */
export function environmentForWorker(
  facts: WorkerEnvironment,
  parent: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(parent)) {
    if (value !== undefined && !WITHHELD.test(name)) environment[name] = value;
  }
  return {
    ...environment,
    ORT_DISABLE_TELEMETRY: '1',
    MALLOC_MMAP_THRESHOLD_: '1048576',
    [`${PREFIX}SOCKET`]: facts.socket,
    [`${PREFIX}ID`]: facts.workerId,
    [`${PREFIX}TOKEN`]: facts.token,
    [`${PREFIX}MARKER`]: facts.marker,
  };
}

/**
 * Reads the worker's facts and removes the secret from the environment, so that nothing started later inherits it.
 * @throws ZodError when the process was not started as a worker.
 */
export function takeWorkerEnvironment(environment: Record<string, string | undefined>): WorkerEnvironment {
  const facts = WorkerEnvironment.parse({
    socket: environment[`${PREFIX}SOCKET`],
    workerId: environment[`${PREFIX}ID`],
    token: environment[`${PREFIX}TOKEN`],
    marker: environment[`${PREFIX}MARKER`],
  });
  delete environment[`${PREFIX}TOKEN`];
  return facts;
}
