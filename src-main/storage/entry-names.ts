import type { DirectoryEntry } from './file-system.ts';
/** What operating systems put into folders for themselves. Names in lower case. */
const SYSTEM_ENTRIES: ReadonlySet<string> = new Set([
  'thumbs.db',
  'desktop.ini',
  '$recycle.bin',
  'system volume information',
  'lost+found',
  '__macosx',
]);

const TEMPORARY = /(?:~|\.(?:swp|swo|tmp|temp|part|partial|crdownload|download))$/iu;

/** Whether a name is one that people do not see: dot files and the operating systems' own. */
export function isHiddenName(name: string): boolean {
  return name.startsWith('.') || SYSTEM_ENTRIES.has(name.toLowerCase());
}

/** Whether a name is one that editors, browsers and copying tools give to what they have not finished. */
export function isTemporaryName(name: string): boolean {
  return TEMPORARY.test(name);
}

/** A folder of requests that the Playground offers, beside a model's versions. */
export const EXAMPLES_FOLDER = 'examples';
/** Files with the names of a model's classes, in the order in which they are looked for. */
export const LABEL_FILES: readonly string[] = ['labels.txt', 'labels.json', 'classes.txt'];

/** Whether an entry beside a model's versions is there on purpose, and read for what it is. */
export function isCompanion({ name, kind }: Pick<DirectoryEntry, 'name' | 'kind'>): boolean {
  return kind === 'directory' ? name === EXAMPLES_FOLDER : kind === 'file' && LABEL_FILES.includes(name);
}

/** Whether an entry below a version folder is part of the model: no segment of its path is hidden or temporary. */
export function isContentPath(path: string): boolean {
  return path.split('/').every((name) => !isHiddenName(name) && !isTemporaryName(name));
}

/** Whether a name is a model file's. */
export function isModelFileName(name: string): boolean {
  return /\.onnx$/iu.test(name) && isContentPath(name);
}
