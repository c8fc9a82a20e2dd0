import { type FileHandle, open, readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { asServingError, ServingError } from '../../contracts/serving-error.ts';
import type { ModelInfo } from '../../contracts/signature.ts';
import type { ClassLabels } from '../onnx-model/class-labels.ts';
import { checkExternalDataFiles } from '../onnx-model/external-data-files.ts';
import { findModelFile, isSavedModel, type VersionEntry } from '../onnx-model/model-file.ts';
import { toModelInfo } from '../onnx-model/model-info.ts';
import type { OnnxModel } from '../onnx-model/onnx-model.ts';
import { readOnnxModel } from '../onnx-model/read-onnx-model.ts';
import type { SessionSettings } from '../protocol/main-message.ts';
import { codeOfLoadFault } from './load-fault.ts';
import { type Ort, type OrtSession, tidyMessage } from './ort.ts';

export interface LoadedModel {
  readonly info: ModelInfo;
  readonly session: OrtSession;
  /** Of the outputs of a classifier, see OnnxModel. */
  readonly classLabels: ClassLabels;
  /** Native path of the version folder; undefined where a single file was loaded. */
  readonly versionFolder: string | undefined;
}

/**
 * Loads a version: finds its model file, reads the signature from it, checks that its external data stays in its folder,
 * and only then lets ONNX Runtime open it.
 * @param location absolute native path of a version directory or model file.
 * @throws ServingError whose message holds no absolute path; its code is that of {@link codeOfLoadFault} where ONNX Runtime, or
 *   the disk, is what failed.
 */
export async function loadModel(ort: Ort, location: string, settings: SessionSettings): Promise<LoadedModel> {
  const file = await modelFile(location);
  const folder = path.dirname(file);
  try {
    const { model, sizeBytes } = await readModel(file);
    const externalData = await checkExternalDataFiles(file, model.externalData);
    const info = toModelInfo(model, sizeBytes + externalData.sizeBytes);
    const session = await ort.open(file, settings, info.signature.outputs);
    return { info, session, classLabels: model.classLabels, versionFolder: file === location ? undefined : location };
  } catch (error) {
    if (error instanceof ServingError) throw error;
    throw await loadError(error, folder);
  }
}

async function modelFile(location: string): Promise<string> {
  try {
    if ((await stat(location)).isFile()) return location;
    const entries = await entriesOf(location);
    const found = findModelFile(entries);
    if (!found.ok) throw new ServingError(isSavedModel(entries) ? 'UNIMPLEMENTED' : 'NOT_FOUND', found.reason);
    return path.join(location, found.path);
  } catch (error) {
    if (error instanceof ServingError) throw error;
    throw new ServingError('NOT_FOUND', `${path.basename(location)} cannot be read`, { cause: error });
  }
}

/** Direct entries only: a model file lies nowhere deeper. */
async function entriesOf(directory: string): Promise<readonly VersionEntry[]> {
  const names = await readdir(directory);
  return Promise.all(
    names.map(async (name): Promise<VersionEntry> => {
      const status = await stat(path.join(directory, name)).catch(() => undefined);
      return { path: name, kind: status?.isFile() ? 'file' : status?.isDirectory() ? 'directory' : 'other' };
    }),
  );
}

async function readModel(file: string): Promise<{ readonly model: OnnxModel; readonly sizeBytes: number }> {
  await using handle: FileHandle = await open(file, 'r');
  const { size } = await handle.stat();
  const access = {
    sizeBytes: size,
    read: async (offset: number, length: number): Promise<Uint8Array> => {
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    },
  };
  return { model: await readOnnxModel(access, path.basename(file)), sizeBytes: size };
}

async function loadError(error: unknown, folder: string): Promise<ServingError> {
  if (!(error instanceof Error)) return asServingError(error);
  const message = tidyMessage(tidyMessage(error.message, folder), await realFolderOf(folder));
  return new ServingError(codeOfLoadFault(error, message), `the model cannot be loaded: ${message}`, { cause: error });
}

async function realFolderOf(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch {
    return folder;
  }
}
