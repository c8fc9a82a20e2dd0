import { createHash } from 'node:crypto';
import type { VersionKey } from './cached-version.ts';

/** Digits of a hash in the name of a folder: short, since some systems take only short paths. */
const DIGITS = 16;

/** Name of the folder of a version with this content. Another content of the same version has another folder. */
export function folderNameOf({ source, version }: VersionKey, fingerprint: string): string {
  return `${hash(JSON.stringify([source, version])).slice(0, DIGITS)}-${fingerprint.slice(0, DIGITS)}`;
}

/** Name of the file that holds what was last seen of a source. */
export function listingNameOf(source: string): string {
  return `${hash(source).slice(0, DIGITS)}.json`;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
