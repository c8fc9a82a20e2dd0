import { ServableName, ServableVersion } from '../contracts/ids.ts';
import { asServingError, ServingError } from '../contracts/serving-error.ts';
import type { AddPreview, FolderListing } from '../contracts/ui-commands.ts';
import { isHiddenName, isModelFileName, isTemporaryName } from './entry-names.ts';
import type { DirectoryEntry, FileSystem, FileSystemRegistry } from './file-system.ts';
import { type IgnoredEntry, readVersionFolders, type VersionFolder } from './version-folders.ts';

/** A model that a path would add. */
export type InspectedModel = Omit<AddPreview['models'][number], 'nameTaken' | 'alreadyServed'>;

/** What adding a path would do, before it is held against what is served already. */
export type PathInspection = Omit<AddPreview, 'models'> & { readonly models: readonly InspectedModel[] };

/**
 * Judges from the names of its entries whether a version can be served.
 * @returns undefined when it can, otherwise why not, in words.
 */
export type DescribeVersion = (
  entries: readonly { readonly path: string; readonly kind: DirectoryEntry['kind']; readonly sizeBytes: number }[],
) => string | undefined;

/**
 * Reads a model file as far as shows whether it is one and all there.
 * @returns undefined when it is, otherwise what it is instead, in words.
 */
export type DescribeModelFile = (
  fileSystem: FileSystem,
  path: string,
  signal: AbortSignal,
) => Promise<string | undefined>;

export interface PathInspectorDeps {
  readonly registry: FileSystemRegistry;
  readonly describeVersion: DescribeVersion;
  readonly describeModelFile: DescribeModelFile;
  /** What `~` and the empty path stand for. */
  readonly homeDirectory: string;
  /** What was typed without what must not be shown again; by default all may be. */
  readonly conceal?: (path: string) => string;
}

export interface PathInspector {
  /**
   * The dry run of adding a path as a person typed, pasted or dropped it: surrounding blanks and quotes and `~` are
   * understood. Finds out whether it is a model folder, a version folder, a model file or a folder of many models, and
   * what would be served and ignored. Looks at some hundreds of entries at most, and into the model files that would be
   * served, where that is no request over a network; a bad entry is a row with its reason.
   * Rejects only with ServingError CANCELLED: a path that leads to nothing is `nothing` with a message.
   */
  inspect(input: string, signal: AbortSignal): Promise<PathInspection>;
  /**
   * The folders and model files in a folder, in natural order, hidden ones left out; for a file those beside it, for an
   * empty path the home directory. @throws ServingError of {@link FileSystem} and of its `parse`.
   */
  listFolder(input: string, signal: AbortSignal): Promise<FolderListing>;
}

/** Entries of the path that are looked at, and entries of all versions together. */
const MAX_CHILDREN = 200;
const MAX_ENTRIES = 1000;
/** Model files that are looked into. */
const MAX_FILES_READ = 50;
/** Rows of a folder listing. */
const MAX_LISTED = 500;

const LOOKED_FOR =
  'looked for version folders (1, 2, 3 and so on) with a model.onnx in them, for folders of models, and for *.onnx files';
const ONLY_VERSION = ServableVersion.parse('1');

/** What one inspection carries along. */
interface Inspection {
  readonly fileSystem: FileSystem;
  readonly signal: AbortSignal;
  readonly describeVersion: DescribeVersion;
  readonly describeModelFile: DescribeModelFile;
  readonly names: Set<string>;
  /** Entries that may still be looked at, and model files that may be looked into. */
  entriesLeft: number;
  filesLeft: number;
}

export function createPathInspector(deps: PathInspectorDeps): PathInspector {
  const { registry, describeVersion, describeModelFile, homeDirectory, conceal = (path) => path } = deps;
  return {
    async inspect(input, signal) {
      const typed = conceal(cleanPath(input, homeDirectory));
      try {
        const { fileSystem, path } = registry.resolve(typed);
        const names = new Set<string>();
        return await inspectPath(path, {
          fileSystem,
          signal,
          describeVersion,
          describeModelFile,
          names,
          entriesLeft: MAX_ENTRIES,
          filesLeft: MAX_FILES_READ,
        });
      } catch (error) {
        const { code, message } = asServingError(error);
        if (code === 'CANCELLED') throw error;
        return { path: typed, kind: 'nothing', message, models: [], ignored: [] };
      }
    },

    async listFolder(input, signal) {
      const { fileSystem, path } = registry.resolve(cleanPath(input, homeDirectory) || homeDirectory);
      const { kind } = await fileSystem.stat(path, signal);
      return listFolder(fileSystem, kind === 'file' ? (fileSystem.parent(path) ?? path) : path, signal);
    },
  };
}

/** Removes what a terminal, a file manager or a hasty hand puts around a path. */
function cleanPath(input: string, homeDirectory: string): string {
  let path = input.trim();
  const quoted = /^(["'`])(.*)\1$/su.exec(path) ?? /^([“‘])(.*)[”’]$/su.exec(path);
  if (quoted) path = quoted[2] ?? '';
  return path.replace(/^~(?=$|[\\/])/u, () => homeDirectory);
}

async function inspectPath(path: string, inspection: Inspection): Promise<PathInspection> {
  const { fileSystem, signal } = inspection;
  const { kind } = await fileSystem.stat(path, signal);
  if (kind === 'file') return inspectFile(path, inspection);
  const listed = await fileSystem.list(path, signal);
  const { versions } = readVersionFolders(listed);
  if (versions.length > 0) return inspectModelOrParent(path, listed, inspection);

  const ownFile = modelFileOf(listed, inspection);
  const asVersion = ownFile === undefined ? undefined : await inspectVersion(path, inspection);
  if (asVersion) return asVersion;
  const asParent = await inspectParent(path, listed, inspection);
  if (ownFile === undefined || asParent.models.length > 1) return asParent;
  inspection.names.clear();
  const model = await fileModel(fileSystem.join(path, ownFile), inspection);
  const message = `no version folders here: ${ownFile} would be served as version 1`;
  return { path, kind: 'file', message, models: [model], ignored: othersThan(ownFile, listed) };
}

async function inspectFile(path: string, inspection: Inspection): Promise<PathInspection> {
  const { fileSystem, signal } = inspection;
  const name = fileSystem.baseName(path);
  if (!isModelFileName(name)) {
    const advice = /\.(?:zip|tar|gz|tgz|7z)$/iu.test(name) ? 'unpack it first' : 'only *.onnx files can be served';
    return { path, kind: 'nothing', message: `"${name}" is not a model file: ${advice}`, models: [], ignored: [] };
  }
  const parent = fileSystem.parent(path);
  const siblings = parent === undefined ? [] : await fileSystem.list(parent, signal).catch(() => []);
  // The model file of a version folder stands for its version, which would be lost if the file were served alone.
  const isVersions = modelFileOf(siblings, inspection) === name;
  const asVersion = parent !== undefined && isVersions ? await inspectVersion(parent, inspection) : undefined;
  return asVersion ?? { path, kind: 'file', models: [await fileModel(path, inspection)], ignored: [] };
}

/** @returns undefined when the folder's own name is no version, or its parent cannot be listed. */
async function inspectVersion(path: string, inspection: Inspection): Promise<PathInspection | undefined> {
  const { fileSystem, signal } = inspection;
  const parent = fileSystem.parent(path);
  const entry = fileSystem.baseName(path);
  if (parent === undefined || fileSystem.baseName(parent) === '') return undefined;
  const siblings = await fileSystem.list(parent, signal).catch(() => []);
  const version = readVersionFolders(siblings).versions.find((folder) => folder.entry === entry);
  if (!version) return undefined;
  const model = await folderModel(parent, siblings, inspection);
  const message = `this is version ${version.version} of the model in "${fileSystem.baseName(parent)}", which would be added`;
  return { path, kind: 'version', message, models: [model], ignored: [] };
}

/** A folder with numbers in it is a model, unless only its other folders are models. */
async function inspectModelOrParent(
  path: string,
  listed: readonly DirectoryEntry[],
  inspection: Inspection,
): Promise<PathInspection> {
  const model = await folderModel(path, listed, inspection);
  const asModel: PathInspection = { path, kind: 'model', models: [model], ignored: [] };
  if (model.versions.some(({ served }) => served)) return asModel;
  inspection.names.clear();
  const asParent = await inspectParent(path, listed, inspection);
  if (asParent.models.some(({ versions }) => versions.some(({ served }) => served))) return asParent;
  return asModel;
}

async function inspectParent(
  path: string,
  listed: readonly DirectoryEntry[],
  inspection: Inspection,
): Promise<PathInspection> {
  const visible = listed
    .filter(({ name }) => !isHiddenName(name))
    .toSorted((left, right) => naturally(left.name, right.name));
  const models: InspectedModel[] = [];
  const ignored: IgnoredEntry[] = [];
  for (const entry of visible.slice(0, MAX_CHILDREN)) {
    const found = await inspectChild(path, entry, inspection);
    if (typeof found === 'string') ignored.push({ entry: entry.name, reason: found });
    else models.push(found);
  }
  const unseen = visible.length - MAX_CHILDREN;
  if (unseen > 0) ignored.push({ entry: '…', reason: `${unseen} more entries were not looked at` });
  if (models.length > 0) return { path, kind: 'parent', models, ignored };
  const message = `no model here: ${listed.length === 0 ? 'the folder is empty; ' : ''}${LOOKED_FOR}`;
  return { path, kind: 'nothing', message, models, ignored };
}

/** @returns the model, or why the entry is none. */
async function inspectChild(
  parent: string,
  { name, kind }: DirectoryEntry,
  inspection: Inspection,
): Promise<InspectedModel | string> {
  const { fileSystem, signal } = inspection;
  if (kind === 'other') return 'neither a file nor a folder (a link that leads nowhere?)';
  if (isTemporaryName(name)) return 'a temporary file';
  const path = fileSystem.join(parent, name);
  if (kind === 'file' && !isModelFileName(name)) return 'not a model file';
  if (inspection.entriesLeft <= 0) return 'not looked at: there is too much in this folder; add it by its own path';
  try {
    if (kind === 'file') return await fileModel(path, inspection);
    const listed = await fileSystem.list(path, signal);
    inspection.entriesLeft -= listed.length;
    if (readVersionFolders(listed).versions.length > 0) return await folderModel(path, listed, inspection);
    const ownFile = modelFileOf(listed, inspection);
    if (ownFile !== undefined) return await fileModel(fileSystem.join(path, ownFile), inspection);
    return listed.some((entry) => isModelFileName(entry.name))
      ? (inspection.describeVersion(withoutSizes(listed)) ?? 'no version folders')
      : 'no version folders and no *.onnx file in it';
  } catch (error) {
    return reasonOf(error);
  }
}

/** The model file of a folder that can be served as it is; undefined when it cannot. */
function modelFileOf(listed: readonly DirectoryEntry[], { describeVersion }: Inspection): string | undefined {
  if (describeVersion(withoutSizes(listed)) !== undefined) return undefined;
  const files = listed.filter(({ name, kind }) => kind === 'file' && isModelFileName(name)).map(({ name }) => name);
  return (
    files.find((name) => name === 'model.onnx') ?? files.find((name) => name.toLowerCase() === 'model.onnx') ?? files[0]
  );
}

async function fileModel(path: string, inspection: Inspection): Promise<InspectedModel> {
  const { fileSystem, signal } = inspection;
  const { sizeBytes } = await fileSystem.stat(path, signal);
  const stem = fileSystem.baseName(path).replace(/\.onnx$/iu, '');
  const parent = fileSystem.parent(path);
  // A hundred models are called "model"; the folder tells them apart.
  const named = /^model$/iu.test(stem) && parent !== undefined ? fileSystem.baseName(parent) || stem : stem;
  const reason = await faultOf(path, inspection);
  const version = { version: ONLY_VERSION, served: reason === undefined, sizeBytes, ...(reason && { reason }) };
  return { name: uniqueName(named, inspection), basePath: path, versions: [version], ignored: [] };
}

/** The versions of a model folder, as the default policy would serve them: the newest that can be. */
async function folderModel(
  path: string,
  listed: readonly DirectoryEntry[],
  inspection: Inspection,
): Promise<InspectedModel> {
  const { versions, ignored } = readVersionFolders(listed);
  const name = uniqueName(inspection.fileSystem.baseName(path), inspection);
  const rows: InspectedModel['versions'][number][] = [];
  let newest: ServableVersion | undefined;
  for (const folder of versions.slice(0, MAX_CHILDREN)) {
    // Where each look is a request over a network, what is too old to be served is not worth one.
    const isPassedOver = newest !== undefined && inspection.fileSystem.polling !== undefined;
    const isOld = newest !== undefined;
    const { reason: fault, sizeBytes } = isPassedOver
      ? NOT_JUDGED
      : await judgeVersion(path, folder, isOld, inspection);
    const reason = fault ?? (newest === undefined ? undefined : `older than version ${newest}`);
    const served = reason === undefined;
    if (served) newest = folder.version;
    const size = sizeBytes === undefined ? {} : { sizeBytes };
    rows.push({ version: folder.version, served, ...size, ...(served ? {} : { reason }) });
  }
  const unseen = versions.length - MAX_CHILDREN;
  return {
    name,
    basePath: path,
    versions: rows,
    ignored: unseen > 0 ? [...ignored, { entry: '…', reason: `${unseen} older versions are not shown` }] : ignored,
  };
}

interface Verdict {
  readonly reason: string | undefined;
  readonly sizeBytes: number | undefined;
}

const NOT_JUDGED: Verdict = { reason: undefined, sizeBytes: undefined };

/** @param isOld its files are not looked into: a newer one would be served. */
async function judgeVersion(
  path: string,
  { entry }: VersionFolder,
  isOld: boolean,
  inspection: Inspection,
): Promise<Verdict> {
  const { fileSystem, signal, describeVersion } = inspection;
  if (inspection.entriesLeft <= 0) return { reason: 'not looked at', sizeBytes: 0 };
  try {
    const folder = fileSystem.join(path, entry);
    const entries = await fileSystem.listRecursive(folder, signal, inspection.entriesLeft);
    inspection.entriesLeft -= entries.length;
    const sizeBytes = entries.reduce((sum, { kind, sizeBytes: size }) => sum + (kind === 'file' ? size : 0), 0);
    const file = modelFileOf(
      entries.filter((each) => !each.path.includes('/')).map((each) => ({ name: each.path, kind: each.kind })),
      inspection,
    );
    const fault = file === undefined || isOld ? undefined : await faultOf(fileSystem.join(folder, file), inspection);
    return { reason: describeVersion(entries) ?? fault, sizeBytes };
  } catch (error) {
    return { reason: reasonOf(error), sizeBytes: 0 };
  }
}

/** Why a model file cannot be served; undefined too where it is not looked into. */
async function faultOf(path: string, inspection: Inspection): Promise<string | undefined> {
  const { fileSystem, signal, describeModelFile } = inspection;
  if (fileSystem.polling !== undefined || inspection.filesLeft <= 0) return undefined;
  inspection.filesLeft -= 1;
  return describeModelFile(fileSystem, path, signal);
}

/** Why an entry cannot be looked at. @throws the error again when it is a cancellation, which no row should show. */
function reasonOf(error: unknown): string {
  const { code, message } = asServingError(error);
  if (code === 'CANCELLED') throw error;
  return message;
}

/** A name fit for a URL without escapes, made of a folder's or file's name; letters of all scripts stay. */
function uniqueName(text: string, { names }: Inspection): ServableName {
  const plain = text.normalize('NFC').replaceAll(/[^\p{L}\p{M}\p{N}._-]+/gu, '_');
  const base = plain.replaceAll(/^[._]+|_+$/gu, '').slice(0, 200) || 'model';
  let name = base;
  for (let count = 2; names.has(name); count += 1) name = `${base}_${count}`;
  names.add(name);
  return ServableName.parse(name);
}

function othersThan(taken: string, listed: readonly DirectoryEntry[]): IgnoredEntry[] {
  return listed
    .filter(({ name }) => name !== taken && !isHiddenName(name))
    .toSorted((left, right) => naturally(left.name, right.name))
    .slice(0, MAX_CHILDREN)
    .map(({ name, kind }) => ({
      entry: name,
      reason: kind === 'directory' ? 'not a version folder' : `beside ${taken}, not served itself`,
    }));
}

function withoutSizes(listed: readonly DirectoryEntry[]): Parameters<DescribeVersion>[0] {
  return listed.map(({ name, kind }) => ({ path: name, kind, sizeBytes: 0 }));
}

async function listFolder(fileSystem: FileSystem, path: string, signal: AbortSignal): Promise<FolderListing> {
  const listed = (await fileSystem.list(path, signal))
    .filter(({ name }) => !isHiddenName(name))
    .toSorted((left, right) => naturally(left.name, right.name));
  const folders = listed.filter(({ kind }) => kind === 'directory').slice(0, MAX_LISTED);
  const files = listed.filter(({ name, kind }) => kind === 'file' && isModelFileName(name)).slice(0, MAX_LISTED);
  const parent = fileSystem.parent(path);
  const sized = await Promise.all(
    files.map(async ({ name }) => {
      const file = fileSystem.join(path, name);
      const status = await fileSystem.stat(file, signal).catch((error: unknown) => {
        if (error instanceof ServingError && error.code === 'CANCELLED') throw error;
      });
      return status ? [{ name, path: file, sizeBytes: status.sizeBytes }] : [];
    }),
  );
  return {
    path,
    ...(parent === undefined ? {} : { parent }),
    folders: folders.map(({ name }) => ({ name, path: fileSystem.join(path, name) })),
    files: sized.flat(),
  };
}

function naturally(left: string, right: string): number {
  return left.localeCompare(right, 'en', { numeric: true, sensitivity: 'base' });
}
