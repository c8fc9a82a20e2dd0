import { parentPort, workerData } from 'node:worker_threads';
import { createVersionCache } from '../../cache/version-cache.ts';
import { createPostedLog } from '../../remote/worker/posted-log.ts';
import { createRemoteStore } from '../../remote/worker/remote-store.ts';
import { serveStore } from '../../remote/worker/serve-store.ts';
import { HttpsError } from '../https-error.ts';
import { HttpsWorkerSettings } from '../https-options.ts';
import { createHttpsAccess } from './https-access.ts';
import { createWebListings } from './web-listing.ts';
import { createWebRequests } from './web-requests.ts';

/** The thread that talks to web servers: TLS, downloads and checksums hold up nobody but it. */
if (!parentPort) throw new Error('this file runs in a worker thread');
const port = parentPort;
const { connection, cache: cacheOptions, offline } = HttpsWorkerSettings.parse(workerData);
const log = createPostedLog((message) => port.postMessage(message, []));
const requests = createWebRequests(connection);
const cache = createVersionCache({
  ...cacheOptions,
  log,
  download: {
    idleTimeoutMs: connection.idleTimeoutMs,
    isThrottled: (error) => error instanceof HttpsError && error.httpsCode === 'HTTPS_THROTTLED',
  },
});
const store = createRemoteStore({
  access: createHttpsAccess(createWebListings(requests), requests),
  cache,
  offline,
  onOffline(uri, seenMs) {
    if (seenMs === undefined) log.info({ uri }, 'the server can be reached again');
    else log.warn({ uri, seen: new Date(seenMs).toISOString() }, 'offline: copies stand in for the server');
  },
});
serveStore(port, store, log, async () => {
  await cache[Symbol.asyncDispose]();
  requests[Symbol.dispose]();
});
