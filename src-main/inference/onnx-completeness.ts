import { asServingError } from '../contracts/serving-error.ts';
import type { Clock } from '../core/clock.ts';
import type { TreeEntry } from '../storage/file-system.ts';
import type { CompletenessCheck } from '../storage/storage-path.ts';
import { type ExternalFile, externalFiles } from './onnx-model/external-data.ts';
import { findModelFile, MODEL_FILE_NAME } from './onnx-model/model-file.ts';
import { TruncatedFileError } from './onnx-model/protobuf-reader.ts';
import { readOnnxModel } from './onnx-model/read-onnx-model.ts';

export interface OnnxCompletenessOptions {
  readonly clock: Pick<Clock, 'now'>;
  /**
   * How long after its newest change a version may lack its model file, or have one that is cut off, before it goes to
   * the loader all the same, whose error then says what is wrong. Default 60 s.
   */
  readonly graceMs?: number;
}

type Version = Parameters<CompletenessCheck>[0];

/** What one model file said about its external data, and how to tell that it is still the same file. */
interface Reading {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly revision: string | undefined;
  readonly files: readonly ExternalFile[];
}

const DEFAULT_GRACE_MS = 60_000;
/** Versions whose reading is kept; a version that is polled again and again is then read once. */
const MAX_READINGS = 256;

/**
 * Judges whether the files of an ONNX version are all there: the model file as long as its content says, and the files
 * of external data present and as long as the model needs them. Reads in small pieces, so that nothing blocks; where a
 * look costs something, as in a store over a network, it asks for nothing but pieces of the model file.
 * A version that lacks external data waits until it comes, however long: a store may show a large file only when all
 * of it is there; for the same reason one in a store over a network waits for its model file too. A broken model file, or one that refers to places it must not, counts as complete.
 * The check rejects when the file system cannot be reached, or on abort.
 */
export function createOnnxCompletenessCheck({
  clock,
  graceMs = DEFAULT_GRACE_MS,
}: OnnxCompletenessOptions): CompletenessCheck {
  const readings = new Map<string, Reading>();

  return async (version, signal) => {
    const { fileSystem, path, entries, isFile } = version;
    const ownMs = fileSystem.polling ? 0 : (await fileSystem.stat(path, signal)).modifiedMs;
    const newestByStoreMs = entries.reduce((newest, { modifiedMs }) => Math.max(newest, modifiedMs), ownMs);
    const newestMs = newestByStoreMs - (fileSystem.clockAheadMs?.(path) ?? 0);
    // A time in the future, by another computer's clock, must not make a version wait for years.
    const withinGrace = Math.abs(clock.now() - newestMs) < graceMs;

    const found = findModelFile(entries);
    if (!found.ok) {
      const isAbsent = found.reason === `no ${MODEL_FILE_NAME}`;
      // An object that was long on its way is there at once, with the time at which its upload began.
      const mayCome = withinGrace || (isAbsent && fileSystem.polling !== undefined);
      if (!mayCome) return undefined;
      return isAbsent ? `${found.reason} yet` : found.reason;
    }
    const modelPath = isFile ? path : fileSystem.join(path, found.path);
    const modelEntry = entries.find((entry) => entry.path === found.path);
    const known = readings.get(modelPath);
    readings.delete(modelPath);
    let files: readonly ExternalFile[];
    if (modelEntry && known && isSameFile(known, modelEntry)) {
      ({ files } = known);
    } else {
      try {
        files = await readExternalFiles(version, modelPath, found.path, modelEntry, signal);
      } catch (error) {
        const { code } = asServingError(error);
        if (error instanceof TruncatedFileError) {
          return withinGrace ? describeTruncated(found.path, modelEntry?.sizeBytes ?? 0, error) : undefined;
        }
        if (code === 'NOT_FOUND') return withinGrace ? `${found.path} went away while it was read` : undefined;
        if (code === 'INVALID_ARGUMENT' || code === 'PERMISSION_DENIED' || code === 'FAILED_PRECONDITION') {
          return undefined;
        }
        throw error;
      }
    }
    if (modelEntry) {
      const { sizeBytes, modifiedMs, revision } = modelEntry;
      remember(readings, modelPath, { sizeBytes, modifiedMs, revision, files });
    }
    // What lies beside a single file is not part of the version's entries; the loader looks at it.
    return isFile ? undefined : missingExternalData(version, files, signal);
  };
}

function isSameFile(known: Reading, { sizeBytes, modifiedMs, revision }: TreeEntry): boolean {
  return known.sizeBytes === sizeBytes && known.modifiedMs === modifiedMs && known.revision === revision;
}

async function readExternalFiles(
  { fileSystem }: Version,
  modelPath: string,
  name: string,
  entry: TreeEntry | undefined,
  signal: AbortSignal,
): Promise<readonly ExternalFile[]> {
  await using file = await fileSystem.open(modelPath, signal, entry);
  const { externalData } = await readOnnxModel(
    {
      sizeBytes: file.sizeBytes,
      read(offset, length) {
        signal.throwIfAborted();
        return file.read(offset, length);
      },
    },
    name,
  );
  return externalFiles(externalData).files;
}

async function missingExternalData(
  { fileSystem, path, entries }: Version,
  files: readonly ExternalFile[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const sizes = new Map(entries.filter(({ kind }) => kind === 'file').map((entry) => [entry.path, entry.sizeBytes]));
  for (const file of files) {
    if (!file.inUse) continue;
    const listedBytes = sizes.get(file.path);
    const sizeBytes =
      listedBytes === undefined && !fileSystem.polling
        ? await sizeOf(fileSystem, fileSystem.join(path, ...file.path.split('/')), signal)
        : listedBytes;
    if (sizeBytes === undefined) return `${file.path} is not there yet`;
    if (sizeBytes < file.neededBytes) return `${file.path}: ${progress(sizeBytes, file.neededBytes)}`;
  }
  return undefined;
}

/** Asks the disk itself, which may take another spelling for the same file or follow a link that the listing did not. */
async function sizeOf(
  fileSystem: Version['fileSystem'],
  path: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  try {
    const { kind, sizeBytes } = await fileSystem.stat(path, signal);
    return kind === 'file' ? sizeBytes : undefined;
  } catch (error) {
    if (asServingError(error).code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

function remember(readings: Map<string, Reading>, modelPath: string, reading: Reading): void {
  readings.set(modelPath, reading);
  const [oldest] = readings.keys();
  if (readings.size > MAX_READINGS && oldest !== undefined) readings.delete(oldest);
}

function describeTruncated(name: string, sizeBytes: number, { neededBytes }: TruncatedFileError): string {
  return neededBytes === undefined ? `${name} is not complete yet` : `${name}: ${progress(sizeBytes, neededBytes)}`;
}

/** As `1.2 of 3.4 MB`, in the unit that suits the larger one. */
function progress(haveBytes: number, neededBytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(neededBytes, 1)) / 3));
  const show = (bytes: number): string => (bytes / 1000 ** power).toFixed(1);
  return power === 0 || show(haveBytes) === show(neededBytes)
    ? `${haveBytes} of ${neededBytes} bytes`
    : `${show(haveBytes)} of ${show(neededBytes)} ${units[power]}`;
}
