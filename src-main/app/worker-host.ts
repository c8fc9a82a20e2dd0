/** How worker processes are started; named here because hosts build on the application alone. */
export { createChildProcessHost } from '../inference/child-process-host.ts';
export { WORKER_V8_FLAGS, type WorkerExit, type WorkerHost } from '../inference/worker-host.ts';
