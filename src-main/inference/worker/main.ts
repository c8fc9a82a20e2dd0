/** Entry of a worker process. It is started by the main process only, through a WorkerHost. */
import { config, locales } from 'zod/mini';
import { takeWorkerEnvironment } from '../protocol/worker-environment.ts';
import { createCodec } from './codec/codec.ts';
import { fatal, WorkerServer } from './worker-server.ts';

process.on('uncaughtException', (error) => fatal('uncaught exception', error));
// Under Electron an unhandled rejection would only be a warning.
process.on('unhandledRejection', (error) => fatal('unhandled rejection', error));
// Ctrl-C and service managers signal the whole process group, but the main process still needs its workers to finish
// what is in flight. It ends them by message, and a worker ends by itself when the connection closes.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

// What a schema refuses is a line in the log of the main process; without a language it would only say "Invalid input".
config(locales.en());

const server = new WorkerServer(takeWorkerEnvironment(process.env), createCodec);
await server.start();
