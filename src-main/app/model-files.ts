import type { ServableId, ServableName } from '../contracts/ids.ts';
import { parseServableVersion } from '../contracts/ids.ts';
import type { ModelConfig } from '../contracts/model-config.ts';
import { ServingError } from '../contracts/serving-error.ts';
import type { SourceReport } from '../contracts/source-report.ts';
import type { UiCommandResult } from '../contracts/ui-commands.ts';
import type { VersionFile } from '../contracts/ui-graph.ts';
import type { ModelReader } from '../inference/model-reader.ts';
import type { CopyChecksum, FileSystem, FileSystemRegistry, LocalCopy, TreeEntry } from '../storage/file-system.ts';

export interface ModelFilesDeps {
  readonly registry: FileSystemRegistry;
  /** Undefined for a model that is not served. */
  readonly configOf: (name: ServableName) => ModelConfig | undefined;
  /** What was last found of a model. */
  readonly report: (name: ServableName) => SourceReport;
  readonly reader: ModelReader;
}

/**
 * The files of versions that are served or were found, wherever they are, whether they could be loaded or not.
 * All throw ServingError NOT_FOUND for a version that is not there, and as the file system of the model.
 */
export interface ModelFiles {
  /** A ModelGraph as JSON in UTF-8. @throws FAILED_PRECONDITION without a local copy; as {@link ModelReader.graph}. */
  graph(id: ServableId, signal: AbortSignal): Promise<Uint8Array>;
  /** @param checksums whether to compute those that nobody knows yet. */
  list(id: ServableId, checksums: boolean, signal: AbortSignal): Promise<UiCommandResult<'modelFiles'>>;
}

/** Where a version is. */
interface Place {
  readonly id: ServableId;
  readonly fileSystem: FileSystem;
  /** Of the version's folder, or of the single file that it is. */
  readonly path: string;
  /** The name of the single file; undefined for a folder. */
  readonly file: string | undefined;
}

export function createModelFiles({ registry, configOf, report, reader }: ModelFilesDeps): ModelFiles {
  function placeOf(id: ServableId): Place {
    const config = configOf(id.name);
    if (!config) throw new ServingError('NOT_FOUND', `no model named "${id.name}" is served`);
    const found = report(id.name).versions.find(({ version }) => version === id.version);
    if (!found) throw new ServingError('NOT_FOUND', `no version ${id.version} of "${id.name}" was found`);
    const { fileSystem: listing, path } = registry.resolve(config.basePath);
    const named = config.options?.storage?.files;
    const fileSystem = (named && listing.withFiles?.(named)) ?? listing;
    // A base path that is a model file is its own only version, and no file has a version for its name.
    const isFile = parseServableVersion(found.entry) === undefined;
    return isFile
      ? { id, fileSystem, path, file: found.entry }
      : { id, fileSystem, path: fileSystem.join(path, found.entry), file: undefined };
  }

  return {
    async graph(id, signal) {
      const place = placeOf(id);
      await using copy = await localCopy(place, signal);
      return await reader.graph(copy.path, signal);
    },

    async list(id, checksums, signal) {
      const place = placeOf(id);
      const files = (await filesOf(place, signal)).toSorted((left, right) => (left.path < right.path ? -1 : 1));
      const { fileSystem, path, file } = place;
      if (fileSystem.copyChecksums) {
        const known = await fileSystem.copyChecksums(path, files, signal);
        const views = files.map((each) => ({
          ...viewOf(each),
          ...remoteChecksum(each, known.get(each.path), fileSystem),
        }));
        return { files: views, canCompute: false };
      }
      if (!checksums) return { files: files.map(viewOf), canCompute: files.length > 0 };
      const folder = file === undefined ? path : (fileSystem.parent(path) ?? path);
      const sums = await reader.checksums(
        folder,
        files.map((each) => each.path),
        signal,
      );
      const views = files.map((each, index): VersionFile => {
        const sum = sums[index];
        if (sum === undefined) return viewOf(each);
        return 'problem' in sum
          ? { ...viewOf(each), problem: sum.problem }
          : { ...viewOf(each), checksum: { algorithm: 'sha256', value: sum.sha256, origin: 'computed' } };
      });
      return { files: views, canCompute: false };
    },
  };
}

async function filesOf({ fileSystem, path, file }: Place, signal: AbortSignal): Promise<readonly TreeEntry[]> {
  if (file !== undefined) return [{ path: file, ...(await fileSystem.stat(path, signal)) }];
  const entries = await fileSystem.listRecursive(path, signal);
  return entries.filter(({ kind }) => kind !== 'directory');
}

/** The files of a version as local files, kept until disposed; nothing is downloaded. */
async function localCopy(place: Place, signal: AbortSignal): Promise<LocalCopy> {
  const { fileSystem, path, id } = place;
  if (!fileSystem.hasCopy) return fileSystem.localize(path, signal);
  const noCopy = (cause?: unknown): ServingError =>
    new ServingError(
      'FAILED_PRECONDITION',
      `no copy of version ${id.version} is on this computer: load the version first`,
      { cause },
    );
  if (!(await fileSystem.hasCopy(path, await filesOf(place, signal), signal))) throw noCopy();
  // The copy may be evicted, or the version change, in between: then it would be downloaded.
  const unwanted = new AbortController();
  try {
    return await fileSystem.localize(path, AbortSignal.any([signal, unwanted.signal]), () => unwanted.abort());
  } catch (error) {
    throw unwanted.signal.aborted && !signal.aborted ? noCopy(error) : error;
  }
}

/** What the cache or else the store knows. */
function remoteChecksum(
  { revision }: TreeEntry,
  known: CopyChecksum | undefined,
  { scheme }: FileSystem,
): Pick<VersionFile, 'checksum'> {
  if (known) {
    const origin = known.verified === 'size' ? 'computed' : 'verified';
    return { checksum: { ...inUsualSpelling(known), origin } };
  }
  // What other stores have for a revision need not be a checksum.
  if (scheme !== 's3' || revision === undefined) return {};
  return { checksum: { algorithm: 'ETag', value: revision.replaceAll('"', ''), origin: 'told' } };
}

/** Hashes are written in hexadecimal everywhere but in S3's headers, so that they can be compared with `sha256sum`. */
function inUsualSpelling({ algorithm, value }: CopyChecksum): { readonly algorithm: string; readonly value: string } {
  const isHash = algorithm === 'SHA256' || algorithm === 'SHA1' || algorithm === 'MD5';
  // That of an upload in parts is a hash of hashes.
  if (!isHash || value.includes('-')) return { algorithm, value };
  return { algorithm: algorithm.toLowerCase(), value: Buffer.from(value, 'base64').toString('hex') };
}

function viewOf({ path, kind, sizeBytes, modifiedMs }: TreeEntry): VersionFile {
  return {
    path,
    sizeBytes,
    ...(modifiedMs > 0 && { modifiedAtMs: modifiedMs }),
    ...(kind === 'other' && { problem: 'not a readable file' }),
  };
}
