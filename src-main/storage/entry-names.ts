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

/** Whether an entry below a version folder is part of the model: no segment of its path is hidden or temporary. */
export function isContentPath(path: string): boolean {
  return path.split('/').every((name) => !isHiddenName(name) && !isTemporaryName(name));
}

/** Whether a name is a model file's. */
export function isModelFileName(name: string): boolean {
  return /\.onnx$/iu.test(name) && isContentPath(name);
}
