import { ServingError } from '../contracts/serving-error.ts';
import type { FileSystem, FileSystemRegistry } from './file-system.ts';

/** One letter before the colon is a Windows drive, never a scheme. */
const URI_SCHEME = /^([a-z][a-z0-9+.-]+):\/\//iu;

/**
 * Chooses a file system by URI scheme. Plain paths (`/models/a`, `C:\models\a`, `\\host\share\a`) and `file:` URIs go to
 * the scheme `file`. Scheme names are compared without regard to case.
 * @throws Error when two file systems claim one scheme: a bug.
 */
export function createFileSystemRegistry(fileSystems: readonly FileSystem[]): FileSystemRegistry {
  const byScheme = new Map(fileSystems.map((fileSystem) => [fileSystem.scheme, fileSystem]));
  if (byScheme.size !== fileSystems.length) throw new Error('two file systems for one URI scheme');
  const schemes = [...byScheme.keys()].toSorted();

  return {
    resolve(uri) {
      const scheme = URI_SCHEME.exec(uri)?.[1]?.toLowerCase() ?? 'file';
      const fileSystem = byScheme.get(scheme);
      if (!fileSystem) {
        throw new ServingError(
          'INVALID_ARGUMENT',
          `File system scheme '${scheme}' is not supported; use a path or URI of one of these: ${schemes.join(', ')}`,
        );
      }
      return { fileSystem, path: fileSystem.parse(uri) };
    },
  };
}
