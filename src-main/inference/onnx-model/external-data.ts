import type { ExternalDataReference } from './onnx-model.ts';

const MAX_LOCATION_LENGTH = 4096;
const CONTROL_CHARACTERS = /\p{Cc}/u;

export type CheckedLocation =
  /** Relative to the model file's folder, separated by `/`, without `.`, `..` and empty segments. */
  | { readonly ok: true; readonly path: string }
  /** `reason` does not repeat the location, which may name a place outside of the model's folder. */
  | { readonly ok: false; readonly reason: string };

/**
 * Checks that the location of external data stays below the model file's folder by its text alone, on every platform.
 * Links are another matter: see checkExternalDataFiles.
 */
export function checkLocation(location: string): CheckedLocation {
  const problem = problemOf(location);
  if (problem !== undefined) return { ok: false, reason: problem };
  const segments = location.split('/').filter((segment) => segment !== '' && segment !== '.');
  return segments.length > 0
    ? { ok: true, path: segments.join('/') }
    : { ok: false, reason: 'its location names no file' };
}

function problemOf(location: string): string | undefined {
  if (location === '') return 'its location is empty';
  if (location.length > MAX_LOCATION_LENGTH) return `its location has more than ${MAX_LOCATION_LENGTH} characters`;
  if (CONTROL_CHARACTERS.test(location)) return 'its location holds a control character';
  // A separator on Windows, and no character that exporters use in names.
  if (location.includes('\\')) return 'its location holds a backslash';
  if (location.startsWith('/') || /^[a-z]:/iu.test(location)) return 'its location is an absolute path';
  if (location.includes('_MEM_ADDR_')) return "its location is one of ONNX Runtime's marks for memory";
  if (location.split('/').includes('..')) return 'its location leads out of the model folder by ".."';
  return undefined;
}

/** What is needed of one file of external data. */
export interface ExternalFile {
  /** Relative to the model file's folder, separated by `/`. */
  readonly path: string;
  /** Bytes that the file must have at least. */
  readonly neededBytes: number;
  /** Whether a tensor has its elements there; otherwise the file may be missing. */
  readonly inUse: boolean;
}

/** The files that a model refers to, each once, and the tensors whose location is refused. */
export function externalFiles(references: readonly ExternalDataReference[]): {
  readonly files: readonly ExternalFile[];
  readonly refused: readonly { readonly tensor: string; readonly reason: string }[];
} {
  const files = new Map<string, ExternalFile>();
  const refused: { tensor: string; reason: string }[] = [];
  for (const { tensor, location, offset, length, inUse } of references) {
    const checked = checkLocation(location);
    if (!checked.ok) {
      refused.push({ tensor, reason: checked.reason });
      continue;
    }
    const known = files.get(checked.path);
    const neededBytes = inUse ? offset + (length ?? 0) : 0;
    files.set(checked.path, {
      path: checked.path,
      neededBytes: Math.max(known?.neededBytes ?? 0, neededBytes),
      inUse: inUse || (known?.inUse ?? false),
    });
  }
  return { files: [...files.values()], refused };
}
