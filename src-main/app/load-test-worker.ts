import { parentPort, workerData } from 'node:worker_threads';
import { createLoadTestClient } from './load-test-client.ts';
import { runLoadTestLoop } from './load-test-loop.ts';
import { LoadTestJob, type LoadTestMessage } from './load-test-protocol.ts';
import { createLoadTestTally } from './load-test-tally.ts';

/** The thread of a load test: its callers must not wait for the server's own work, nor that for them. */
if (!parentPort) throw new Error('this file runs in a worker thread');
const port = parentPort;
const PROGRESS_MS = 250;

const job = LoadTestJob.parse(workerData);
const tally = createLoadTestTally();
const client = createLoadTestClient(job);
const startedMs = performance.now();
const tell = (kind: LoadTestMessage['kind']): void => {
  const message: LoadTestMessage = { kind, counts: tally.counts(performance.now() - startedMs) };
  port.postMessage(message, []);
};
const telling = setInterval(() => tell('progress'), PROGRESS_MS);
await runLoadTestLoop({ ...job, send: () => client.send(), now: () => performance.now() }, tally);
clearInterval(telling);
client.close();
tell('end');
