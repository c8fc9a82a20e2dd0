/** An entry below a version folder; `path` is relative to it and separated by `/`. */
export interface VersionEntry {
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'other';
}

/** The usual name of the model file. */
export const MODEL_FILE_NAME = 'model.onnx';

export type FoundModelFile =
  | { readonly ok: true; readonly path: string }
  /** `reason` is in words and names what is there: `no model.onnx`. */
  | { readonly ok: false; readonly reason: string };

const MAX_NAMES_SHOWN = 3;
const HOW_TO_CONVERT = `pip install tf2onnx, then in this folder: python -m tf2onnx.convert --saved-model . --output ${MODEL_FILE_NAME}`;

/**
 * Finds the model file among the entries of a version folder: `model.onnx`, or the only `*.onnx` directly in the folder.
 * Hidden files do not count, such as those that macOS leaves beside a copied file (`._model.onnx`).
 */
export function findModelFile(entries: readonly VersionEntry[]): FoundModelFile {
  const candidates = entries.filter(({ path }) => !path.includes('/') && !path.startsWith('.') && isOnnx(path));
  const files = candidates.filter(({ kind }) => kind === 'file').map(({ path }) => path);
  const named = files.filter((path) => path.toLowerCase() === MODEL_FILE_NAME);
  // Where the disk tells cases apart there can be two of them: the one with the exact name counts.
  const [chosen, ...others] = files.includes(MODEL_FILE_NAME) ? [MODEL_FILE_NAME] : named.length === 1 ? named : files;
  if (chosen !== undefined && others.length === 0) return { ok: true, path: chosen };
  if (chosen !== undefined) {
    return { ok: false, reason: `several model files (${list(files)}): name one of them ${MODEL_FILE_NAME}` };
  }
  return { ok: false, reason: whyNone(entries, candidates) };
}

/** Says why a folder with these entries cannot be served; undefined when it has a model file. */
export function describeVersion(entries: readonly VersionEntry[]): string | undefined {
  const found = findModelFile(entries);
  return found.ok ? undefined : found.reason;
}

function whyNone(entries: readonly VersionEntry[], candidates: readonly VersionEntry[]): string {
  const [candidate] = candidates;
  if (candidate) return `${candidate.path} is ${candidate.kind === 'directory' ? 'a folder' : 'not a readable file'}`;
  const nested = entries.find(({ path, kind }) => kind === 'file' && path.includes('/') && isOnnx(path));
  if (nested) return `no ${MODEL_FILE_NAME}; ${nested.path} lies too deep: move it up`;
  return isSavedModel(entries)
    ? `no ${MODEL_FILE_NAME}; this is a TensorFlow SavedModel, which is not supported yet: convert it to ONNX (${HOW_TO_CONVERT})`
    : `no ${MODEL_FILE_NAME}`;
}

/** Whether a version folder without a model file holds a model in TensorFlow's format. */
export function isSavedModel(entries: readonly VersionEntry[]): boolean {
  return entries.some(({ path }) => path === 'saved_model.pb');
}

function isOnnx(path: string): boolean {
  return path.toLowerCase().endsWith('.onnx') && !path.slice(path.lastIndexOf('/') + 1).startsWith('.');
}

function list(names: readonly string[]): string {
  const shown = names.toSorted().slice(0, MAX_NAMES_SHOWN).join(', ');
  return names.length > MAX_NAMES_SHOWN ? `${shown}, …` : shown;
}
