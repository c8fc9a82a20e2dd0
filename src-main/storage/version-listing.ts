import { compareVersions, ServableVersion } from '../contracts/ids.ts';
import type { ModelConfig } from '../contracts/model-config.ts';
import { ServingError } from '../contracts/serving-error.ts';
import { isModelFileName } from './entry-names.ts';
import type { DirectoryEntry, FileSystem, FileSystemRegistry } from './file-system.ts';
import { readVersionFolders, type VersionFolders } from './version-folders.ts';
import type { VersionPlace } from './version-observer.ts';

/** Where a model's versions are. */
export interface BasePath {
  readonly fileSystem: FileSystem;
  readonly path: string;
}

/** What a base path holds. */
export interface Listing {
  /** Highest version first. */
  readonly places: readonly (VersionPlace & { readonly entry: string })[];
  readonly ignored: VersionFolders['ignored'];
  readonly conflicts: VersionFolders['conflicts'];
  /** What it was read from; absent where the base path is a file, or nothing is listed. */
  readonly from?: { readonly path: string; readonly entries: readonly DirectoryEntry[] };
}

/** More entries are not listed one by one. */
const MAX_IGNORED = 100;
const ONLY_VERSION = ServableVersion.parse('1');

/** @throws ServingError INVALID_ARGUMENT for a base path, or options, of which no file system knows. */
export function resolveBase(config: ModelConfig, registry: FileSystemRegistry): BasePath {
  const { fileSystem, path } = registry.resolve(config.basePath);
  const files = config.options?.storage?.files;
  if (!files) return { fileSystem, path };
  if (!fileSystem.withFiles) {
    throw new ServingError('INVALID_ARGUMENT', `${fileSystem.scheme} lists its folders: take "files" out of "storage"`);
  }
  return { fileSystem: fileSystem.withFiles(files), path };
}

/**
 * The versions that are there: those that the configuration names, where it names their files too, else those found.
 * @param last what was found there before; given back as it is where nothing has changed.
 * @throws ServingError when the base path cannot be listed; CANCELLED after `signal` aborted.
 */
export async function listVersions(
  base: BasePath,
  config: ModelConfig,
  last: Listing | undefined,
  signal: AbortSignal,
): Promise<Listing> {
  return namedVersions(base, config) ?? (await findVersions(base, last, signal));
}

/** The versions that the configuration names together with their files; undefined where they are to be looked for. */
function namedVersions({ fileSystem, path }: BasePath, { versionPolicy, options }: ModelConfig): Listing | undefined {
  if (!options?.storage?.files) return undefined;
  if (versionPolicy.kind !== 'specific') {
    throw new ServingError('INVALID_ARGUMENT', 'with "files" in "storage" nothing is listed: name the versions too');
  }
  const versions = versionPolicy.versions.toSorted((left, right) => compareVersions(right, left));
  const places = versions.map((version) => ({
    version,
    entry: version,
    fileSystem,
    path: fileSystem.join(path, version),
  }));
  return { places, ignored: [], conflicts: [] };
}

async function findVersions(
  { fileSystem, path }: BasePath,
  last: Listing | undefined,
  signal: AbortSignal,
): Promise<Listing> {
  const entry = fileSystem.baseName(path);
  if (isModelFileName(entry)) {
    const status = await fileSystem.stat(path, signal);
    if (status.kind === 'file') {
      const file = { path: entry, ...status };
      return { places: [{ version: ONLY_VERSION, entry, fileSystem, path, file }], ignored: [], conflicts: [] };
    }
  }
  const known = last?.from?.path === path ? last : undefined;
  const entries = await fileSystem.list(path, signal, known?.from?.entries);
  if (known && known.from?.entries === entries) return known;
  const { versions, ignored, conflicts } = readVersionFolders(entries);
  const places = versions.map((folder) => ({ ...folder, fileSystem, path: fileSystem.join(path, folder.entry) }));
  return { places, ignored: shorten(ignored), conflicts, from: { path, entries } };
}

function shorten(ignored: VersionFolders['ignored']): VersionFolders['ignored'] {
  if (ignored.length <= MAX_IGNORED) return ignored;
  return [...ignored.slice(0, MAX_IGNORED), { entry: '…', reason: `and ${ignored.length - MAX_IGNORED} more` }];
}
