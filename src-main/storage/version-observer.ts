import type { ServableVersion } from '../contracts/ids.ts';
import { asServingError } from '../contracts/serving-error.ts';
import type { Clock } from '../core/clock.ts';
import { abortable, throwIfCancelled } from './abortable.ts';
import { isContentPath } from './entry-names.ts';
import type { FileSystem, TreeEntry } from './file-system.ts';
import type { CompletenessCheck, StoragePath } from './storage-path.ts';
import {
  fingerprintOf,
  firstSighting,
  newestOf,
  nextSighting,
  type Sighting,
  whyUnsettled,
} from './version-settling.ts';

/** Where one version was found. */
export interface VersionPlace {
  readonly version: ServableVersion;
  readonly fileSystem: FileSystem;
  /** A version directory, or a single model file. */
  readonly path: string;
  /** Set for a single model file: itself. */
  readonly file?: TreeEntry;
}

/** What one look at a version found. */
export interface Observation {
  /** Set when the version may be loaded. The same object as long as the content is the same. */
  readonly offered?: StoragePath;
  /** Set when it may not, or newer files of it may not be: why, in words. */
  readonly waiting?: string;
  /** When another look may find it settled, in milliseconds since the Unix epoch. */
  readonly readyAtMs?: number;
  readonly sizeBytes?: number;
}

export interface VersionObserverDeps {
  /** How long all entries must be unchanged; 0 turns the rule off. Default: what the file system advises, else 1000. */
  readonly settleMs?: number;
  readonly clock: Clock;
  readonly completenessCheck: CompletenessCheck;
}

/** In what light a version is looked at. */
export interface Circumstances {
  /** The store cannot be reached; what is there is a complete copy of what it had. */
  readonly isKept: boolean;
  /** What was offered may be wrong, or no longer so, and is worth another look where a look costs something. */
  readonly isDoubtful: boolean;
  /** Nobody serves by what was offered: once the files have changed it is worth nothing, until they are finished again. */
  readonly isUnused: boolean;
  /** Somebody wants to know what keeps newer files from being offered, though what was offered before stands. */
  readonly isToBeFresh: boolean;
  /** A file, by its path below the version's directory, without which the version is not finished. */
  readonly markerFile?: string | undefined;
}

const DEFAULT_SETTLE_MS = 1000;

interface VersionMemory {
  sighting?: Sighting;
  offered?: StoragePath;
  sizeBytes?: number;
  /** The entries of what is offered, and what looking at them gave: while they are the same, so is that. */
  unchanged?: { readonly path: string; readonly entries: readonly TreeEntry[]; readonly observation: Observation };
}

/** Remembers the versions of one base path between polls and decides which are finished, so that they may be loaded. */
export interface VersionObserver {
  /** Looks at a version's files. Rejects only with ServingError CANCELLED. */
  observe(place: VersionPlace, circumstances: Circumstances, signal: AbortSignal): Promise<Observation>;
  /** The size when the version was last looked at. */
  sizeOf(version: ServableVersion): number | undefined;
  /**
   * Ends a poll: forgets versions that were not found, and that versions were offered which are not aspired now: when
   * their turn comes again they have to be complete again.
   */
  retain(found: ReadonlySet<ServableVersion>, aspired: ReadonlySet<ServableVersion>): void;
  /** An observer for another base path. What is offered stands until the same version there is complete. */
  moved(): VersionObserver;
}

export function createVersionObserver(
  deps: VersionObserverDeps,
  offeredBefore: readonly (readonly [ServableVersion, StoragePath])[] = [],
): VersionObserver {
  const memories = new Map<ServableVersion, VersionMemory>(
    offeredBefore.map(([version, offered]) => [version, { offered }]),
  );

  function memoryOf(version: ServableVersion): VersionMemory {
    const known = memories.get(version);
    if (known) return known;
    const fresh: VersionMemory = {};
    memories.set(version, fresh);
    return fresh;
  }

  const settleMsOf = ({ polling }: FileSystem): number => deps.settleMs ?? polling?.settleMs ?? DEFAULT_SETTLE_MS;

  async function sight(
    memory: VersionMemory,
    { fileSystem, path, file }: VersionPlace,
    entries: readonly TreeEntry[],
    signal: AbortSignal,
  ): Promise<Sighting> {
    if (memory.sighting || memory.offered?.path === path) {
      return nextSighting(memory.sighting, entries, deps.clock.now());
    }
    if (fileSystem.polling)
      return firstSighting(entries, newestByOwnClock(fileSystem, path, entries), deps.clock.now());
    // A file just created or renamed into place with an old time shows in its directory's time only.
    const ownMs = file || settleMsOf(fileSystem) === 0 ? 0 : (await fileSystem.stat(path, signal)).modifiedMs;
    return firstSighting(entries, Math.max(ownMs, newestOf(entries)), deps.clock.now());
  }

  async function look(
    memory: VersionMemory,
    place: VersionPlace,
    { isKept, isDoubtful, markerFile }: Circumstances,
    signal: AbortSignal,
  ): Promise<Observation> {
    const { fileSystem, path, file } = place;
    // With a sighting, new content was found and has yet to settle.
    const isCertain = !isDoubtful && memory.sighting === undefined;
    if (fileSystem.polling && !file && isCertain && memory.offered?.path === path) {
      const { offered } = memory;
      return { offered, sizeBytes: offered.sizeBytes };
    }
    const known = memory.unchanged?.path === path ? memory.unchanged : undefined;
    const entries = file ? [file] : await fileSystem.listRecursive(path, signal, undefined, known?.entries);
    if (known && known.entries === entries) return known.observation;
    delete memory.unchanged;
    const content = file ? [file] : entries.filter((entry) => isContentPath(entry.path) && entry.path !== markerFile);
    const fingerprint = fingerprintOf(path, content);
    const sizeBytes = content.reduce((sum, entry) => sum + (entry.kind === 'file' ? entry.sizeBytes : 0), 0);
    memory.sizeBytes = sizeBytes;
    if (memory.offered?.fingerprint === fingerprint) {
      delete memory.sighting;
      const observation = { offered: memory.offered, sizeBytes };
      memory.unchanged = { path, entries, observation };
      return observation;
    }

    const version = { fileSystem, path, sizeBytes };
    const isMarked = markerFile === undefined || file !== undefined || isThere(markerFile, entries);
    if (!isKept && !isMarked) {
      memory.sighting = await sight(memory, place, entries, signal);
      return { waiting: `${markerFile} is not there yet`, sizeBytes };
    }
    // What was loaded before was found finished then, and is so still: it need neither settle nor be read.
    const files = entries.filter(({ kind }) => kind === 'file');
    if (!isKept && !((await fileSystem.hasCopy?.(path, files, signal)) ?? false)) {
      const sighting = await sight(memory, place, entries, signal);
      memory.sighting = sighting;
      const settleMs = settleMsOf(fileSystem);
      const unsettled = whyUnsettled(sighting, settleMs, deps.clock.now());
      if (unsettled !== undefined) {
        return { waiting: unsettled, readyAtMs: sighting.quietSinceMs + settleMs, sizeBytes };
      }
      // Asked at each poll: what is missing may lie outside the folder, and a check may lose its patience.
      const missing = await abortable(signal, () =>
        deps.completenessCheck({ ...version, entries, isFile: file !== undefined }, signal),
      );
      if (missing !== undefined) return { waiting: missing, sizeBytes };
    }
    memory.offered = { ...version, fingerprint };
    delete memory.sighting;
    return { offered: memory.offered, sizeBytes };
  }

  return {
    async observe(place, circumstances, signal) {
      const memory = memoryOf(place.version);
      const observation = await look(memory, place, circumstances, signal).catch((thrown: unknown): Observation => {
        throwIfCancelled(signal);
        return { waiting: `cannot be read: ${asServingError(thrown).message}` };
      });
      throwIfCancelled(signal);
      // Files of an offered version that change, vanish or cannot be read take nothing away from it.
      if (!memory.offered || observation.offered || circumstances.isUnused) return observation;
      const { waiting, ...rest } = observation;
      const { offered } = memory;
      return circumstances.isToBeFresh && waiting !== undefined ? { ...rest, offered, waiting } : { ...rest, offered };
    },
    sizeOf: (version) => memories.get(version)?.sizeBytes,
    retain(found, aspired) {
      for (const [version, memory] of memories) {
        if (!found.has(version)) memories.delete(version);
        else if (!aspired.has(version)) {
          delete memory.offered;
          delete memory.unchanged;
        }
      }
    },
    moved() {
      const offered: [ServableVersion, StoragePath][] = [];
      for (const [version, memory] of memories) if (memory.offered) offered.push([version, memory.offered]);
      return createVersionObserver(deps, offered);
    },
  };
}

function isThere(file: string, entries: readonly TreeEntry[]): boolean {
  return entries.some(({ path, kind }) => path === file && kind === 'file');
}

/** When the newest file was written, by this computer's clock; where that cannot be told, in the future. */
function newestByOwnClock(fileSystem: FileSystem, path: string, entries: readonly TreeEntry[]): number {
  const newestMs = newestOf(entries);
  const aheadMs = fileSystem.clockAheadMs ? fileSystem.clockAheadMs(path) : 0;
  return newestMs === 0 || aheadMs === undefined ? Infinity : newestMs - aheadMs;
}
