import { createHash } from 'node:crypto';
import type { RemoteObject } from './object-reader.ts';

/** SHA-256, in hex, over what makes a version what it is: the paths, sizes and revisions of its objects. */
export function fingerprintOf(objects: readonly Pick<RemoteObject, 'path' | 'sizeBytes' | 'revision'>[]): string {
  const facts = objects.map(({ path, sizeBytes, revision }) => JSON.stringify([path, sizeBytes, revision]));
  return createHash('sha256').update(facts.toSorted().join('\n')).digest('hex');
}
