import { createHash } from 'node:crypto';
import { inWords } from '../core/words.ts';
import type { TreeEntry } from './file-system.ts';
import { bytesInWords } from './words.ts';

/** What a version's files looked like when they were last seen, and since when they look like that. */
export interface Sighting {
  /** Names, sizes and times of all entries. */
  readonly signature: string;
  readonly sizes: ReadonlyMap<string, number>;
  /** Milliseconds since the Unix epoch; never in the future of the poll that made the sighting. */
  readonly quietSinceMs: number;
  /** The file that grew since the sighting before. */
  readonly growing?: { readonly path: string; readonly sizeBytes: number };
}

/**
 * Names a content in one short text. `place` is part of it, so that one content at two places counts as two.
 * The times of directories do not count: they change with every temporary file.
 */
export function fingerprintOf(place: string, entries: readonly TreeEntry[]): string {
  const lines = entries.map(({ path, kind, sizeBytes, modifiedMs, revision }) =>
    kind === 'file' ? `${path}\0${sizeBytes}\0${modifiedMs}\0${revision ?? ''}` : `${path}\0${kind}`,
  );
  return createHash('sha256')
    .update(`${place}\n${lines.toSorted().join('\n')}`)
    .digest('base64url');
}

/** The newest time among entries; 0 where none has one. */
export function newestOf(entries: readonly TreeEntry[]): number {
  return entries.reduce((newest, { modifiedMs }) => Math.max(newest, modifiedMs), 0);
}

/**
 * A version seen for the first time is quiet since its newest time, so one that was finished long ago is ready at once;
 * a time in the future means nothing and counts as now.
 */
export function firstSighting(entries: readonly TreeEntry[], newestMs: number, nowMs: number): Sighting {
  return { ...appearance(entries), quietSinceMs: newestMs > nowMs ? nowMs : newestMs };
}

/** A version seen again: what changed since the last sighting changed now, whatever its times say. */
export function nextSighting(previous: Sighting | undefined, entries: readonly TreeEntry[], nowMs: number): Sighting {
  const current = appearance(entries);
  if (current.signature === previous?.signature) {
    // The minimum: a clock that was set back must not put the quiet off.
    return { ...current, quietSinceMs: Math.min(previous.quietSinceMs, nowMs) };
  }
  const growing = entries.find(
    ({ path, kind, sizeBytes }) => kind === 'file' && sizeBytes > (previous?.sizes.get(path) ?? Infinity),
  );
  return {
    ...current,
    quietSinceMs: nowMs,
    ...(growing ? { growing: { path: growing.path, sizeBytes: growing.sizeBytes } } : {}),
  };
}

/** @returns why a version is not settled yet, in words; undefined when it has been quiet for long enough. */
export function whyUnsettled({ quietSinceMs, growing }: Sighting, settleMs: number, nowMs: number): string | undefined {
  const quietMs = nowMs - quietSinceMs;
  if (quietMs >= settleMs) return undefined;
  if (growing) return `${growing.path} is still growing (${bytesInWords(growing.sizeBytes)} so far)`;
  const when = quietMs < 50 ? 'just now' : `${inWords(quietMs)} ago`;
  return `changed ${when}, waiting for ${inWords(settleMs)} of quiet`;
}

function appearance(entries: readonly TreeEntry[]): Pick<Sighting, 'signature' | 'sizes'> {
  const files = entries.filter(({ kind }) => kind === 'file');
  const lines = entries.map(({ path, kind, sizeBytes, modifiedMs }) => `${path}\0${kind}\0${sizeBytes}\0${modifiedMs}`);
  return {
    signature: lines.toSorted().join('\n'),
    sizes: new Map(files.map(({ path, sizeBytes }) => [path, sizeBytes])),
  };
}
