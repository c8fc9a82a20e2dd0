import { posix, win32 } from 'node:path';

/**
 * Whether a path may be shown in the file manager: it is, or lies below, a folder that is being served.
 * @param path absolute native path, from the page.
 * @param roots base paths of the served models, absolute and native.
 */
export function mayReveal(path: string, roots: readonly string[], platform: NodeJS.Platform): boolean {
  const native = platform === 'win32' ? win32 : posix;
  if (!native.isAbsolute(path)) return false;
  return roots.some((root) => {
    const below = native.relative(native.resolve(root), native.resolve(path));
    return below === '' || (!native.isAbsolute(below) && below !== '..' && !below.startsWith(`..${native.sep}`));
  });
}
