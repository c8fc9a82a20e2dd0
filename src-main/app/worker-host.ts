/** How worker processes are started; named here because hosts build on the application alone. */
export { createChildProcessHost } from '../inference/child-process-host.ts';
export type { WorkerExit, WorkerHost } from '../inference/worker-host.ts';
