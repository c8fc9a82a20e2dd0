import type { Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { ServingError } from '../../contracts/serving-error.ts';
import { externalFiles } from './external-data.ts';
import type { ExternalDataReference } from './onnx-model.ts';

export interface ExternalDataOptions {
  /**
   * Whether a file of external data may have a second name elsewhere on the disk. Such a name can give a model any file
   * of the same disk to read, and nothing tells it apart from the first one; ONNX Runtime does not look. Default false.
   */
  readonly allowHardLinks?: boolean;
}

/**
 * Checks every file that a model refers to, before ONNX Runtime opens any: it must be there, be long enough, and lie in
 * the model file's own folder even after links are followed. The folder itself may be reached by a link.
 * A model without external data is not looked at.
 * @param modelFile native path of the model file.
 * @returns sum of the sizes of the files in use.
 * @throws ServingError PERMISSION_DENIED for a file outside of the folder or with several names, NOT_FOUND for a
 *   missing one, INVALID_ARGUMENT for one that is too short or no file.
 */
export async function checkExternalDataFiles(
  modelFile: string,
  references: readonly ExternalDataReference[],
  { allowHardLinks = false }: ExternalDataOptions = {},
): Promise<{ readonly sizeBytes: number }> {
  if (references.length === 0) return { sizeBytes: 0 };
  const { files, refused } = externalFiles(references);
  const [first] = refused;
  if (first) {
    const { tensor, reason } = first;
    throw new ServingError('PERMISSION_DENIED', `external data of tensor ${JSON.stringify(tensor)}: ${reason}`);
  }

  const folder = dirname(modelFile);
  const realFolder = await realpath(folder);
  requireInside(realFolder, await realpath(modelFile), basename(modelFile));

  let sizeBytes = 0;
  for (const { path, neededBytes, inUse } of files) {
    const found = await resolveFile(join(folder, ...path.split('/')));
    if (!found) {
      if (inUse) throw new ServingError('NOT_FOUND', `external data: ${path} is missing`);
      continue;
    }
    requireInside(realFolder, found.realPath, path);
    const { status } = found;
    if (!status.isFile()) throw new ServingError('INVALID_ARGUMENT', `external data: ${path} is not a file`);
    if (status.nlink > 1 && !allowHardLinks) {
      throw new ServingError(
        'PERMISSION_DENIED',
        `external data: ${path} is a hard link to a file with ${status.nlink} names; replace it by a copy`,
      );
    }
    if (status.size < neededBytes) {
      throw new ServingError(
        'INVALID_ARGUMENT',
        `external data: ${path} has ${status.size} bytes, but the model needs ${neededBytes}`,
      );
    }
    if (inUse) sizeBytes += status.size;
  }
  return { sizeBytes };
}

async function resolveFile(path: string): Promise<{ readonly realPath: string; readonly status: Stats } | undefined> {
  try {
    const realPath = await realpath(path);
    return { realPath, status: await stat(realPath) };
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return undefined;
    }
    throw new ServingError('PERMISSION_DENIED', `external data: ${basename(path)} cannot be read`, { cause: error });
  }
}

function requireInside(realFolder: string, realPath: string, name: string): void {
  const way = relative(realFolder, realPath);
  if (way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)) return;
  throw new ServingError(
    'PERMISSION_DENIED',
    `${name} is a link that leads out of its folder, which a model with external data must not have; replace it by a copy`,
  );
}
