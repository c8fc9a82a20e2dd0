import type { Readable } from 'node:stream';
import { throwIfCancelled } from '../../abortable.ts';
import type { ObjectChecksum, RemoteObject } from '../../download/object-reader.ts';
import { checkRangeAnswer } from '../../download/range-answer.ts';
import { refuseUnsafePaths } from '../../download/safe-paths.ts';
import { TransferError } from '../../download/transfer-error.ts';
import { errnoOf } from '../../errno.ts';
import type { StoreAccess, StoredVersion } from '../../remote/worker/remote-store.ts';
import { type S3Code, s3CodeOfTransfer, S3Error } from '../s3-error.ts';
import { describeS3Location, formatS3Uri, parseS3Uri, type S3Location } from '../s3-uri.ts';
import type { S3Listing } from './s3-listing.ts';
import type { HeadAnswer, S3Requests } from './s3-requests.ts';

export interface S3AccessDeps {
  readonly listing: S3Listing;
  readonly requests: S3Requests;
  /** The endpoint of a URI that names none: what is in the cache must not be mistaken for another store's. */
  readonly endpointOf: (location: S3Location) => string | undefined;
}

/** A store that fails like that may be back later, and what was there is likely to be there still. */
const OFFLINE_CODES: ReadonlySet<string> = new Set<S3Code>([
  'S3_UNREACHABLE',
  'S3_UNAVAILABLE',
  'S3_STALLED',
  'S3_THROTTLED',
  'S3_NOT_S3',
  'S3_TLS',
  'S3_TOKEN_EXPIRED',
  'S3_NO_CREDENTIALS',
]);

/** What a store over a network is asked, by the API of S3. */
export function createS3Access({ listing, requests, endpointOf }: S3AccessDeps): StoreAccess {
  /** An answer of another revision though the store lists the same as before is not what the store has. */
  async function whoIsWrong(
    place: S3Location,
    { path, revision }: RemoteObject,
    error: unknown,
    signal: AbortSignal,
  ): Promise<unknown> {
    if (!(error instanceof TransferError) || error.fault !== 'changed') return error;
    const now = await listing.stat(place, signal).catch(() => undefined);
    if (now === undefined || now === 'directory' || now.revision !== revision) return error;
    return new TransferError('bad server', `${path}: the server sent another content than it lists`);
  }

  /** What the store keeps of the whole object. One that refuses to tell has none. */
  async function checksumOf(
    place: S3Location,
    revision: string,
    signal: AbortSignal,
  ): Promise<ObjectChecksum | undefined> {
    return (await requests.head(place, { revision }, signal).catch(() => undefined))?.checksum;
  }

  /** What a file of a version is by itself, for whoever may not list. */
  async function named(uri: string, path: string, signal: AbortSignal): Promise<RemoteObject> {
    const location = parseS3Uri(uri);
    const place = { ...location, key: location.key === '' ? path : `${location.key}/${path}` };
    const { archivedIn, sizeBytes, modifiedMs, revision } = await headOf(place, signal);
    if (archivedIn !== undefined) {
      throw new S3Error('S3_ARCHIVED', `${describeS3Location(place)}: archived (${archivedIn}). Restore it first.`);
    }
    return { key: place.key, path, sizeBytes, modifiedMs, revision };
  }

  async function headOf(place: S3Location, signal: AbortSignal): Promise<HeadAnswer> {
    try {
      return await requests.head(place, {}, signal);
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      if (error.s3Code === 'S3_CHANGED') {
        throw new S3Error('S3_PREFIX_NOT_FOUND', `${describeS3Location(place)}: does not exist.`);
      }
      // The answer to such a request has no body that says what is wrong; that to one for a byte has.
      const answer = await requests.get(place, undefined, { start: 0, end: 1 }, signal);
      answer.body.destroy();
      return requests.head(place, {}, signal);
    }
  }

  async function version(uri: string, name: string, signal: AbortSignal): Promise<StoredVersion> {
    const location = parseS3Uri(uri);
    try {
      return { objects: await listing.objects(location, false, signal), isFile: false };
    } catch (error) {
      if (!(error instanceof S3Error) || error.s3Code !== 'S3_WRONG_KIND') throw error;
      const found = await listing.stat(location, signal);
      if (found === undefined || found === 'directory') throw error;
      const { key, sizeBytes, modifiedMs, revision } = found;
      return { objects: [{ key, path: name, sizeBytes, modifiedMs, revision }], isFile: true };
    }
  }

  return {
    above(uri) {
      const { key, ...place } = parseS3Uri(uri);
      if (key === '') return undefined;
      const cut = key.lastIndexOf('/');
      return { parent: formatS3Uri({ ...place, key: key.slice(0, Math.max(cut, 0)) }), name: key.slice(cut + 1) };
    },
    nameOf(uri) {
      const location = parseS3Uri(uri);
      const { bucket, key, endpoint = endpointOf(location) } = location;
      return formatS3Uri({ bucket, key, ...(endpoint === undefined ? {} : { endpoint }) });
    },
    children: (uri, signal) => listing.children(parseS3Uri(uri), signal),
    objects: (uri, signal) => listing.objects(parseS3Uri(uri), true, signal),
    version,
    async named(uri, paths, signal) {
      const objects = await Promise.all(paths.map((path) => named(uri, path, signal)));
      refuseUnsafePaths(objects);
      return objects;
    },
    stat: (uri, signal) => listing.stat(parseS3Uri(uri), signal),
    clockAheadMs: (uri) => requests.clockAheadMs(parseS3Uri(uri)),
    async partSize(uri, object, part, signal) {
      try {
        const place = { ...parseS3Uri(uri), key: object.key };
        return (await requests.head(place, { revision: object.revision, part }, signal)).sizeBytes;
      } catch (error) {
        throwIfCancelled(signal);
        // Not every store knows of parts; one that cannot be reached is asked again.
        if (error instanceof S3Error && (error.code === 'UNAVAILABLE' || error.code === 'ABORTED')) throw error;
        return undefined;
      }
    },
    async readObject(uri, object, start, end, signal) {
      const place = { ...parseS3Uri(uri), key: object.key };
      const isWhole = start === 0 && end === object.sizeBytes;
      const [answer, checksum] = await Promise.all([
        requests.get(place, object.revision, isWhole ? undefined : { start, end }, signal),
        // Answers to ranges carry none. A store that refuses to tell has none.
        start === 0 && !isWhole ? checksumOf(place, object.revision, signal) : undefined,
      ]);
      try {
        checkRangeAnswer(object, start, end, answer);
      } catch (error) {
        answer.body.destroy();
        throw await whoIsWrong(place, object, error, signal);
      }
      // What the store keeps comes before an MD5 in an ETag, for which the whole file would be read again.
      const stored = checksum ?? answer.checksum;
      return { body: answer.body, ...(stored ? { checksum: stored } : {}) };
    },
    async readFile(uri, { sizeBytes, revision }, { start, end }, signal) {
      const location = parseS3Uri(uri);
      const { key } = location;
      const object = { key, path: key.slice(key.lastIndexOf('/') + 1), sizeBytes, revision, modifiedMs: 0 };
      const range = start === 0 && end === sizeBytes ? undefined : { start, end };
      const answer = await requests.get(location, revision, range, signal);
      try {
        checkRangeAnswer(object, start, end, answer);
      } catch (error) {
        answer.body.destroy();
        throw error;
      }
      return { body: untilSilence(answer.body, object) };
    },
    isAway: ({ storeCode }) => OFFLINE_CODES.has(storeCode),
    errors: {
      notFound: (uri) => new S3Error('S3_PREFIX_NOT_FOUND', `${placeOf(uri)}: does not exist.`),
      notAVersion: (uri) => new S3Error('S3_WRONG_KIND', `${placeOf(uri)}: a whole bucket cannot be a version.`),
      tooManyEntries: (uri, maxEntries) =>
        new S3Error('S3_TOO_MANY_KEYS', `${placeOf(uri)}: holds more than ${maxEntries} files and folders.`),
      broken: (uri) => new S3Error('S3_UNAVAILABLE', `${placeOf(uri)}: the connection to the store broke.`),
      transfer: (uri, { fault, message }) => new S3Error(s3CodeOfTransfer(fault), `${placeOf(uri)}: ${message}.`),
      unavailable: (uri, message) => new S3Error('S3_UNAVAILABLE', `${placeOf(uri)}: ${message}.`),
    },
  };
}

function placeOf(uri: string): string {
  return describeS3Location(parseS3Uri(uri));
}

/** A body, with a word for a connection that has fallen silent: it is another fault than one that broke. */
async function* untilSilence(body: Readable, { path }: RemoteObject): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) if (chunk instanceof Uint8Array) yield chunk;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'TimeoutError' || errnoOf(error) !== undefined) throw error;
    throw new TransferError('stalled', `${path}: the server stopped sending`, { cause: error });
  }
}
