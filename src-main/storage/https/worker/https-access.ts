import { throwIfCancelled } from '../../abortable.ts';
import type { RemoteObject } from '../../download/object-reader.ts';
import { TransferError } from '../../download/transfer-error.ts';
import type { Children } from '../../remote/worker/answers.ts';
import type { StoreAccess } from '../../remote/worker/remote-store.ts';
import { type HttpsCode, httpsCodeOfTransfer, HttpsError } from '../https-error.ts';
import {
  concealQuery,
  describeHttpsLocation,
  formatHttpsUri,
  type HttpsLocation,
  nameOf,
  parseHttpsUri,
} from '../https-uri.ts';
import type { WebFile, WebListing, WebListings } from './web-listing.ts';
import { readRange } from './web-range.ts';
import type { WebRequests } from './web-requests.ts';

/** A server that fails like that may be back later, with what was there. */
const AWAY: ReadonlySet<string> = new Set<HttpsCode>([
  'HTTPS_UNREACHABLE',
  'HTTPS_UNAVAILABLE',
  'HTTPS_STALLED',
  'HTTPS_THROTTLED',
  'HTTPS_TLS',
  'HTTPS_WRONG_CONTENT',
  'HTTPS_REDIRECT',
  // A token that ran out, or that is not kept: what it gave is here.
  'HTTPS_UNAUTHORIZED',
  'HTTPS_SECRET_GONE',
]);
/** For how long the versions of a base path may be taken from the look at the base path. */
const REUSE_MS = 2000;
/** Smaller files come in one request anyway. */
const PROBED_FROM_BYTES = 32 * 1024 * 1024;

/** What a store over a network is asked, of web servers. */
export function createHttpsAccess(listings: WebListings, requests: WebRequests): StoreAccess {
  /** Whether servers serve parts of a large file, by its address; asked once. */
  const inOnePiece = new Map<string, boolean>();

  async function servesParts(
    { source, sizeBytes, inOnePiece: isKnown }: WebFile,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (isKnown === true) return false;
    if (sizeBytes < PROBED_FROM_BYTES) return true;
    const known = inOnePiece.get(source.url);
    if (known !== undefined) return !known;
    const answer = await requests.get(source, { range: 'bytes=0-0' }, [200, 206], signal);
    answer.body.destroy();
    if (inOnePiece.size >= 1000) inOnePiece.clear();
    inOnePiece.set(source.url, answer.status === 200);
    return answer.status === 206;
  }

  async function fileAt(uri: string, key: string, revision: string, signal: AbortSignal): Promise<WebFile> {
    const listing = await listings.of(parseHttpsUri(uri), Number.POSITIVE_INFINITY, signal);
    const file = listing.files.get(key);
    if (file?.revision === revision) return file;
    throw new TransferError('changed', `${key.slice(key.lastIndexOf('/') + 1)}: was replaced while it was read`);
  }

  return {
    above(uri) {
      // What is above a file that is none's is a place of its own, called by the mark at its end.
      if (uri.endsWith('#')) return undefined;
      const location = parseHttpsUri(uri);
      const name = location.inside.at(-1);
      if (name !== undefined)
        return { parent: formatHttpsUri({ ...location, inside: location.inside.slice(0, -1) }), name };
      return location.kind === 'file' ? { parent: `${uri}#`, name: fileNameOf(location) } : undefined;
    },
    nameOf(uri) {
      const location = parseHttpsUri(uri);
      return formatHttpsUri({ ...location, query: concealQuery(location.query) });
    },
    async children(uri, signal) {
      const location = parseHttpsUri(uri);
      return childrenOf(location, await listings.of(location, 0, signal));
    },
    async objects(uri, signal) {
      const location = parseHttpsUri(uri);
      const listing = await listings.of(location, REUSE_MS, signal);
      throwFault(location, listing);
      return objectsOf(location, listing);
    },
    async version(uri, name, signal) {
      const location = parseHttpsUri(uri);
      const listing = await listings.of(location, 0, signal);
      throwFault(location, listing);
      const isSingle = isFile(location, listing);
      const found = isSingle
        ? [...listing.files].filter(([key]) => key === keyOf(location)).map(([key, file]) => objectOf(name, key, file))
        : objectsOf(location, listing);
      const objects: RemoteObject[] = [];
      for (const object of found) {
        throwIfCancelled(signal);
        const file = listing.files.get(object.key);
        const isWhole = file !== undefined && !(await servesParts(file, signal));
        objects.push(isWhole ? { ...object, inOnePiece: true } : object);
      }
      return { objects, isFile: isSingle };
    },
    async stat(uri, signal) {
      const location = parseHttpsUri(uri);
      const listing = await listings.of(location, 0, signal);
      throwFault(location, listing);
      const file = listing.files.get(keyOf(location));
      if (file) return file;
      const prefix = `${keyOf(location)}/`;
      const isFolder = location.inside.length === 0 || [...listing.files.keys()].some((key) => key.startsWith(prefix));
      return isFolder ? 'directory' : undefined;
    },
    async readObject(uri, object, start, end, signal) {
      const file = await fileAt(uri, object.key, object.revision, signal);
      return readRange(requests, object, file, { start, end }, signal);
    },
    async readFile(uri, { sizeBytes, revision }, range, signal) {
      const key = keyOf(parseHttpsUri(uri));
      const file = await fileAt(uri, key, revision, signal);
      const path = key.slice(key.lastIndexOf('/') + 1);
      return readRange(requests, { key, path, sizeBytes, revision, modifiedMs: 0 }, file, range, signal);
    },
    isAway: ({ storeCode }) => AWAY.has(storeCode),
    errors: {
      notFound: (uri) => notFound(parseHttpsUri(uri)),
      notAVersion: (uri) => new HttpsError('HTTPS_WRONG_KIND', `${placeOf(uri)}: a whole listing cannot be a version.`),
      tooManyEntries: (uri, maxEntries) =>
        new HttpsError('HTTPS_TOO_LARGE', `${placeOf(uri)}: holds more than ${maxEntries} files and folders.`),
      broken: (uri) => new HttpsError('HTTPS_UNAVAILABLE', `${placeOf(uri)}: the connection to the server broke.`),
      transfer: (uri, { fault, message }) => new HttpsError(httpsCodeOfTransfer(fault), `${placeOf(uri)}: ${message}.`),
      unavailable: (uri, message) => new HttpsError('HTTPS_UNAVAILABLE', `${placeOf(uri)}: ${message}.`),
    },
  };
}

/** The key of a place in the files of its listing; a file that is none's has its own name. */
function keyOf(location: HttpsLocation): string {
  return location.kind === 'file' ? fileNameOf(location) : location.inside.join('/');
}

function fileNameOf(location: HttpsLocation): string {
  return nameOf({ ...location, inside: [] });
}

function placeOf(uri: string): string {
  return describeHttpsLocation(parseHttpsUri(uri));
}

function notFound(location: HttpsLocation): HttpsError {
  const where = location.inside.length > 0 ? 'is not in the manifest' : 'does not exist';
  return new HttpsError(
    'HTTPS_NOT_FOUND',
    `${describeHttpsLocation(location)}: ${where}. It is looked for again by itself.`,
  );
}

function isFile(location: HttpsLocation, { files }: WebListing): boolean {
  return files.has(keyOf(location));
}

/** @throws what makes the version unusable that a place is in. */
function throwFault({ inside: [version = ''] }: HttpsLocation, { faults }: WebListing): void {
  const fault = faults.get(version);
  if (fault) throw fault;
}

/** What is directly in a folder; a version that cannot be used is there all the same, to say why. */
function childrenOf(location: HttpsLocation, listing: WebListing): Children {
  throwFault(location, listing);
  if (isFile(location, listing)) throw notAFolder(location);
  const prefix = prefixOf(location);
  const files: string[] = [];
  const directories = new Set<string>(prefix === '' ? listing.faults.keys() : []);
  for (const key of listing.files.keys()) {
    if (!key.startsWith(prefix)) continue;
    const rest = key.slice(prefix.length);
    const cut = rest.indexOf('/');
    if (cut < 0) files.push(rest);
    else directories.add(rest.slice(0, cut));
  }
  if (files.length + directories.size === 0) throw notFound(location);
  return { files, directories: [...directories] };
}

function objectOf(path: string, key: string, file: WebFile): RemoteObject {
  const { sizeBytes, modifiedMs, revision, checksum, inOnePiece: whole } = file;
  return {
    key,
    path,
    sizeBytes,
    modifiedMs,
    revision,
    ...(checksum && { checksum }),
    ...(whole && { inOnePiece: whole }),
  };
}

/** The files below a folder, in the order of the listing. */
function objectsOf(location: HttpsLocation, listing: WebListing): readonly RemoteObject[] {
  if (isFile(location, listing)) throw notAFolder(location);
  const prefix = prefixOf(location);
  const objects: RemoteObject[] = [];
  for (const [key, file] of listing.files) {
    if (key.startsWith(prefix)) objects.push(objectOf(key.slice(prefix.length), key, file));
  }
  if (objects.length === 0) throw notFound(location);
  return objects;
}

function prefixOf({ inside }: HttpsLocation): string {
  return inside.map((name) => `${name}/`).join('');
}

function notAFolder(location: HttpsLocation): HttpsError {
  return new HttpsError('HTTPS_WRONG_KIND', `${describeHttpsLocation(location)}: this is a file, not a folder.`);
}
