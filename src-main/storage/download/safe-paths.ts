import type { RemoteObject } from './object-reader.ts';
import { TransferError } from './transfer-error.ts';

const MAX_SEGMENT_BYTES = 255;
/** Shown in messages: a key may be 1024 bytes of anything. */
const MAX_SHOWN = 80;

// eslint-disable-next-line no-control-regex -- control characters are exactly what a name must not hold
const CONTROL = /[\u0000-\u001f\u007f]/u;
const WINDOWS_CHARACTERS = /[<>:"|?*]/u;
const WINDOWS_DEVICES = /^(?:con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³])(?:\.|$)/iu;

/**
 * Refuses objects that cannot all be files below one folder, with the names they have: one such key makes the whole
 * version unusable, since leaving it out would change what the version is.
 * @param platform whose rules for names hold.
 * @throws TransferError `unsafe key`.
 */
export function refuseUnsafePaths(
  objects: readonly Pick<RemoteObject, 'path'>[],
  platform: NodeJS.Platform = process.platform,
): void {
  /** Files, and the folders they are in, in the form in which names are the same for some file systems. */
  const files = new Set<string>();
  const folders = new Map<string, string>();
  for (const { path } of objects) {
    const reason = reasonAgainst(path, platform);
    if (reason !== undefined) throw unsafe(path, reason);
    const plain = folded(path);
    if (files.has(plain)) throw unsafe(path, 'differs from another key only in case or in how accents are written');
    files.add(plain);
    for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
      const folder = path.slice(0, at);
      const same = folders.get(folded(folder));
      if (same !== undefined && same !== folder) {
        throw unsafe(path, 'is in a folder that differs from another only in case or in how accents are written');
      }
      folders.set(folded(folder), folder);
    }
  }
  for (const { path } of objects) {
    if (folders.has(folded(path))) throw unsafe(path, 'is a file and a folder at once');
  }
}

function reasonAgainst(path: string, platform: NodeJS.Platform): string | undefined {
  if (CONTROL.test(path)) return 'has control characters';
  if (path.includes('\\')) return 'has a backslash';
  if (/^[a-z]:/iu.test(path)) return 'begins with a drive letter';
  if (!path.isWellFormed()) return 'is not valid Unicode';
  for (const segment of path.split('/')) {
    if (segment === '') return 'begins or ends with "/", or has two in a row';
    if (segment === '.' || segment === '..') return `has the segment "${segment}"`;
    if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES) return `has a name of more than ${MAX_SEGMENT_BYTES} bytes`;
    if (platform !== 'win32') continue;
    if (WINDOWS_CHARACTERS.test(segment)) return 'has one of < > : " | ? *, which Windows does not take';
    if (/[. ]$/u.test(segment)) return 'has a name that ends with a dot or a space, which Windows does not take';
    if (WINDOWS_DEVICES.test(segment)) return 'has the name of a Windows device';
  }
  return undefined;
}

function folded(path: string): string {
  return path.normalize('NFC').toLowerCase();
}

function unsafe(path: string, reason: string): TransferError {
  const shown = JSON.stringify(path.length > MAX_SHOWN ? `${path.slice(0, MAX_SHOWN)}…` : path);
  return new TransferError(
    'unsafe key',
    `the key ${shown} ${reason}, so it cannot be a local file; rename or delete it in the store`,
  );
}
