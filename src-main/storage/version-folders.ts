import { compareVersions, parseServableVersion, type ServableVersion } from '../contracts/ids.ts';
import { isCompanion, isHiddenName, isModelFileName, isTemporaryName } from './entry-names.ts';
import type { DirectoryEntry } from './file-system.ts';

/** A folder whose name is a version. */
export interface VersionFolder {
  readonly version: ServableVersion;
  /** The folder's own name: `00123` for version 123. */
  readonly entry: string;
}

/** An entry that is left out, and why, in words for a person. */
export interface IgnoredEntry {
  readonly entry: string;
  readonly reason: string;
}

export interface VersionFolders {
  /** Highest first. */
  readonly versions: readonly VersionFolder[];
  /** In the order of their names; hidden entries are left out, and what is read beside the versions. */
  readonly ignored: readonly IgnoredEntry[];
  /** Folders that name one version twice; the losers are among `ignored` too. */
  readonly conflicts: readonly { readonly version: ServableVersion; readonly taken: string; readonly left: string }[];
}

/**
 * Reads a base path's listing: directories whose name is digits are versions, leading zeros allowed.
 * Source: TensorFlow Serving sources/storage_path/file_system_storage_path_source.cc. Deviations: signs, blanks and
 * negative numbers are refused, files are no versions, and of several folders for one version the one with the plain
 * decimal name is taken (upstream's choice depends on the policy), else the one with the fewest zeros.
 */
export function readVersionFolders(entries: readonly DirectoryEntry[]): VersionFolders {
  const byVersion = new Map<ServableVersion, string[]>();
  const ignored: IgnoredEntry[] = [];
  for (const entry of entries) {
    const version = entry.kind === 'directory' ? parseServableVersion(entry.name) : undefined;
    if (version === undefined) {
      if (!isHiddenName(entry.name) && !isCompanion(entry))
        ignored.push({ entry: entry.name, reason: whyNoVersion(entry) });
    } else {
      const names = byVersion.get(version);
      if (names) names.push(entry.name);
      else byVersion.set(version, [entry.name]);
    }
  }

  const versions: VersionFolder[] = [];
  const conflicts: VersionFolders['conflicts'][number][] = [];
  for (const [version, names] of byVersion) {
    const [taken, ...rest] = names.toSorted((left, right) => left.length - right.length);
    if (taken === undefined) continue;
    versions.push({ version, entry: taken });
    for (const left of rest) {
      conflicts.push({ version, taken, left });
      ignored.push({ entry: left, reason: `conflict: version ${version} is taken from the folder "${taken}"` });
    }
  }
  return {
    versions: versions.toSorted((left, right) => compareVersions(right.version, left.version)),
    ignored: ignored.toSorted((left, right) => (left.entry < right.entry ? -1 : 1)),
    conflicts,
  };
}

function whyNoVersion({ name, kind }: DirectoryEntry): string {
  if (kind === 'other') return 'neither a file nor a folder (a link that leads nowhere?)';
  if (isTemporaryName(name)) return 'a temporary file';
  if (kind === 'file') {
    if (isModelFileName(name)) return 'a model file outside a version folder: move it into a folder named 1';
    return parseServableVersion(name) === undefined ? 'a file' : `a file: a version is a folder named ${name}`;
  }
  if (/^\d+$/u.test(name)) return 'a number above 9223372036854775807, the largest version';
  if (/^-\d+$/u.test(name)) return 'a negative number: versions are 0 or more';
  if (/^\+\d+$/u.test(name)) return `not a plain number: rename it to ${name.slice(1)}`;
  if (/^\d+$/u.test(name.trim())) return `not a plain number: rename it to ${name.trim()}, without blanks`;
  return 'not a whole number: version folders are named 1, 2, 3 and so on';
}
