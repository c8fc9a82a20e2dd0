import { parentPort, workerData } from 'node:worker_threads';
import { createVersionCache } from '../../cache/version-cache.ts';
import { createPostedLog } from '../../remote/worker/posted-log.ts';
import { createRemoteStore } from '../../remote/worker/remote-store.ts';
import { serveStore } from '../../remote/worker/serve-store.ts';
import { S3Error } from '../s3-error.ts';
import { S3WorkerSettings } from '../s3-protocol.ts';
import { createConnectedClients } from './connected-clients.ts';
import { createS3Access } from './s3-access.ts';
import { createS3Extras } from './s3-extras.ts';
import { createS3Listing } from './s3-listing.ts';
import { createS3Requests } from './s3-requests.ts';

/** The thread that talks to stores: listing, TLS, downloads and checksums hold up nobody but it. */
if (!parentPort) throw new Error('this file runs in a worker thread');
const port = parentPort;
const { options, cache: cacheOptions, offline } = S3WorkerSettings.parse(workerData);
const log = createPostedLog((message) => port.postMessage(message, []));
const clients = createConnectedClients(options);
const requests = createS3Requests(clients);
const cache = createVersionCache({
  ...cacheOptions,
  log,
  download: {
    idleTimeoutMs: options.idleTimeoutMs,
    isThrottled: (error) => error instanceof S3Error && error.s3Code === 'S3_THROTTLED',
  },
});
const store = createRemoteStore({
  access: createS3Access({
    listing: createS3Listing(requests),
    requests,
    endpointOf: (location) => clients.optionsFor(location).endpoint,
  }),
  cache,
  offline,
  onOffline(uri, seenMs) {
    if (seenMs === undefined) log.info({ uri }, 'the store can be reached again');
    else log.warn({ uri, seen: new Date(seenMs).toISOString() }, 'offline: copies stand in for the store');
  },
});
if (!options.verifyTls) log.warn({}, 'certificates of S3 endpoints are not verified (S3_VERIFY_SSL)');
serveStore(
  port,
  store,
  log,
  async () => {
    await cache[Symbol.asyncDispose]();
    clients[Symbol.dispose]();
  },
  createS3Extras(options, clients, requests),
);
