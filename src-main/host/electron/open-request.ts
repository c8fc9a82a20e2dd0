import { posix, win32 } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseServableVersion, ServableName } from '../../contracts/ids.ts';
import type { ShellOpenRequest } from '../../contracts/shell.ts';

/** The scheme of links that open the app. */
export const LINK_SCHEME = 'slipway';

/** Longer links are dropped: nobody writes them by hand. */
const MAX_LINK_CHARACTERS = 4096;

// oxlint-disable-next-line no-control-regex -- control characters are exactly what a link must not hold
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f]/u;

/**
 * Reads `slipway://model/NAME`, `slipway://model/NAME/VERSION` or `slipway://add?uri=URI`. Anybody may have written a link,
 * so the request is never one of our own.
 * @returns undefined for everything else.
 */
export function parseLink(text: string): ShellOpenRequest | undefined {
  if (text.length > MAX_LINK_CHARACTERS || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== `${LINK_SCHEME}:` || url.username !== '' || url.password !== '' || url.port !== '') {
    return undefined;
  }
  if (url.hostname === 'model') return modelRequest(url.pathname.split('/').slice(1));
  if (url.hostname !== 'add' || (url.pathname !== '' && url.pathname !== '/')) return undefined;
  const uris = url.searchParams.getAll('uri');
  const [uri] = uris;
  return uri !== undefined && uris.length === 1 && isPlace(uri) ? { kind: 'add', isOwn: false, uri } : undefined;
}

/**
 * What a command line wants to be opened: the first link, or the first model file, that is in it.
 * @param workingDirectory what a relative path is relative to.
 */
export function openRequestOf(
  argv: readonly string[],
  workingDirectory: string,
  platform: NodeJS.Platform,
): ShellOpenRequest | undefined {
  // A flag may hold a path that ends in .onnx, and Chromium has flags of its own; the first word is the program.
  for (const word of argv.slice(1).filter((candidate) => !candidate.startsWith('-'))) {
    const request = word.startsWith(`${LINK_SCHEME}:`)
      ? parseLink(word)
      : fileRequest(word, workingDirectory, platform);
    if (request) return request;
  }
  return undefined;
}

/** The request for a file that was opened in the file manager; undefined for what is no model file. */
export function fileRequest(
  word: string,
  workingDirectory: string,
  platform: NodeJS.Platform,
): ShellOpenRequest | undefined {
  const isWindows = platform === 'win32';
  const path = word.startsWith('file:') ? pathOfFileUrl(word, isWindows) : word;
  if (path === undefined || !path.toLowerCase().endsWith('.onnx') || CONTROL_CHARACTERS.test(path)) return undefined;
  const native = isWindows ? win32 : posix;
  return { kind: 'file', isOwn: true, path: native.resolve(workingDirectory, path) };
}

function modelRequest(segments: readonly string[]): ShellOpenRequest | undefined {
  const words = segments.at(-1) === '' ? segments.slice(0, -1) : segments;
  if (words.length < 1 || words.length > 2) return undefined;
  const [name, version] = words.map(decoded);
  const parsedName = ServableName.safeParse(name);
  if (!parsedName.success) return undefined;
  if (words.length === 1) return { kind: 'model', isOwn: false, name: parsedName.data };
  const parsedVersion = parseServableVersion(version ?? '');
  return parsedVersion && { kind: 'model', isOwn: false, name: parsedName.data, version: parsedVersion };
}

/** Linux desktops may hand over `file:` URLs where they are asked for URLs. */
function pathOfFileUrl(url: string, isWindows: boolean): string | undefined {
  try {
    return fileURLToPath(url, { windows: isWindows });
  } catch {
    return undefined;
  }
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/**
 * A URI of a store, or an absolute path on this computer. A path on another computer (`\\host\share`) is not: only
 * looking at it hands the user's Windows credentials to that host.
 */
function isPlace(uri: string): boolean {
  if (CONTROL_CHARACTERS.test(uri) || /^[\\/]{2}/u.test(uri)) return false;
  if (uri.startsWith('/') || /^[A-Za-z]:[\\/]/u.test(uri)) return true;
  if (!/^[a-z][a-z\d+.-]*:\/\/[^/]/u.test(uri) || !URL.canParse(uri)) return false;
  const { protocol, username, password } = new URL(uri);
  return protocol !== 'file:' && username === '' && password === '';
}
