import { asServingError } from '../contracts/serving-error.ts';
import type { FileSystem } from '../storage/file-system.ts';
import { readOnnxModel } from './onnx-model/read-onnx-model.ts';

/**
 * Reads a model file in small pieces, without its weights. What ONNX Runtime thinks of its operators only shows when it
 * is loaded.
 * @returns undefined for an ONNX model that is all there, otherwise what is wrong, in words; what the file system says of a
 *   file that it cannot read.
 * @throws ServingError CANCELLED.
 */
export async function describeModelFile(
  fileSystem: FileSystem,
  path: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    await using file = await fileSystem.open(path, signal);
    const read = (offset: number, length: number) => {
      signal.throwIfAborted();
      return file.read(offset, length);
    };
    await readOnnxModel({ sizeBytes: file.sizeBytes, read }, fileSystem.baseName(path));
    return undefined;
  } catch (error) {
    const { code, message } = asServingError(error);
    if (code === 'CANCELLED') throw error;
    return message;
  }
}
