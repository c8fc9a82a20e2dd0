import { createHash } from 'node:crypto';
import type { Manifest } from '../../cache/manifest.ts';
import type { RemoteObject } from '../../download/object-reader.ts';
import type { OfflineNotice } from '../../file-system.ts';
import { type ChecksumsAnswer, joinNames, type ListAnswer, type TreeAnswer } from '../store-protocol.ts';

/** What is directly in a folder of a store, by name. */
export interface Children {
  readonly files: readonly string[];
  readonly directories: readonly string[];
}

/** A listing for the wire. */
export function listAnswer(
  { files, directories }: Children,
  known: string | undefined,
  offline?: OfflineNotice,
): ListAnswer {
  const columns = { files: joinNames(files.filter(isName)), directories: joinNames(directories.filter(isName)) };
  const digest = digestOf(columns.files, columns.directories, offline === undefined ? '' : 'offline');
  if (digest === known) return { unchanged: true };
  return { unchanged: false, digest, ...columns, ...(offline === undefined ? {} : { offline }) };
}

/**
 * A tree for the wire, with the folders that the paths imply.
 * @throws ServingError RESOURCE_EXHAUSTED by `refuse` where there are too many entries.
 */
export function treeAnswer(
  objects: readonly RemoteObject[],
  known: string | undefined,
  maxEntries: number,
  refuse: () => Error,
): TreeAnswer {
  const directories = new Set<string>();
  const sizesAndTimes = new Float64Array(objects.length * 2);
  let at = 0;
  for (const { path, sizeBytes, modifiedMs } of objects) {
    for (let cut = path.indexOf('/'); cut >= 0; cut = path.indexOf('/', cut + 1)) directories.add(path.slice(0, cut));
    sizesAndTimes[at] = sizeBytes;
    sizesAndTimes[at + 1] = modifiedMs;
    at += 2;
  }
  if (objects.length + directories.size > maxEntries) throw refuse();
  const files = joinNames(objects.map(({ path }) => path));
  const revisions = joinNames(objects.map(({ revision }) => revision));
  const digest = digestOf(files, revisions, Buffer.from(sizesAndTimes.buffer));
  if (digest === known) return { unchanged: true };
  return { unchanged: false, digest, files, revisions, sizesAndTimes, directories: joinNames([...directories]) };
}

/** What is known of the files of a copy, for the wire. */
export function checksumsAnswer(files: Manifest['files']): ChecksumsAnswer {
  return {
    files: joinNames(files.map(({ path }) => path)),
    algorithms: joinNames(files.map(({ checksum }) => checksum.algorithm)),
    values: joinNames(files.map(({ checksum }) => checksum.value)),
    verified: joinNames(files.map(({ verified }) => verified)),
  };
}

/** One with the separator in it would look like two; no path can have such a name, and no version. */
function isName(name: string): boolean {
  return !name.includes('\0');
}

function digestOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\u0001');
  return hash.digest('base64url');
}
