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
