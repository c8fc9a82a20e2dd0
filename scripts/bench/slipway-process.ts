import { once } from 'node:events';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Absolute path of a file of the repository. */
export function repositoryPath(path: string): string {
  return resolve(import.meta.dirname, '../..', path);
}

/** Waits until every model of a server is available. @throws Error after a minute. */
export async function waitUntilReady(url: string): Promise<void> {
  const end = Date.now() + 60_000;
  while (Date.now() < end) {
    const response = await fetch(`${url}/readyz`);
    if (response.status === 200) return;
    await delay(20);
  }
  throw new Error('the models were not available after a minute');
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}
