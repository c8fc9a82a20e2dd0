import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { asServingError, type ServingError } from '../../../contracts/serving-error.ts';
import { throwIfCancelled } from '../../abortable.ts';
import type { ObjectChecksum } from '../../download/object-reader.ts';
import { refuseUnsafePaths } from '../../download/safe-paths.ts';
import { HttpsError, saidBy } from '../https-error.ts';
import { describeHttpsLocation, formatHttpsUri, type HttpsLocation, isConcealed, nameOf } from '../https-uri.ts';
import { type Manifest, parseManifest } from './manifest.ts';
import { connectionError, type WebAnswer, type WebPlace, type WebRequests } from './web-requests.ts';

/** One file that a web server has, by what it says itself or by a manifest. */
export interface WebFile {
  readonly sizeBytes: number;
  /** Milliseconds since the Unix epoch; 0 where nobody told. */
  readonly modifiedMs: number;
  /** The checksum of a manifest, else what {@link revisionOf} gives. */
  readonly revision: string;
  readonly source: WebPlace;
  /** Set where a manifest says it; the content is then known before it comes. */
  readonly checksum?: ObjectChecksum;
  /** Set where the server is known not to serve parts of it. */
  readonly inOnePiece?: true;
}

/** What is at an address: the files of a manifest, or a model file as if there were a manifest of it alone. */
export interface WebListing {
  /** By path below the listing; a file that is none's by its own name. */
  readonly files: ReadonlyMap<string, WebFile>;
  /** Versions that cannot be used at all, and why. */
  readonly faults: ReadonlyMap<string, ServingError>;
}

/** Asks web servers what they have, and nothing that they have said already. */
export interface WebListings {
  /**
   * @param maxAgeMs how old an answer may be that is given without asking; 0 asks in any case, `Infinity` only for what is
   *   not known.
   * @throws HttpsError; nothing is at the address, or nothing that can be understood.
   */
  of(location: HttpsLocation, maxAgeMs: number, signal: AbortSignal): Promise<WebListing>;
}

interface Known {
  readonly listing: WebListing;
  readonly takenMs: number;
  /** For asking whether it is still so. */
  readonly conditions: Readonly<Record<string, string>>;
}

/** A hundred thousand files fit. */
const MAX_MANIFEST_BYTES = 32 * 1024 * 1024;
const MAX_KNOWN = 256;
const ATTEMPTS = 3;
const RETRY_MS = 200;

/** @param now milliseconds of a clock that never goes back. */
export function createWebListings(requests: WebRequests, now: () => number = () => performance.now()): WebListings {
  /** By address with its query; the newest last. */
  const known = new Map<string, Known>();

  function remember(url: string, made: Known): WebListing {
    known.delete(url);
    known.set(url, made);
    const [oldest] = known.keys();
    if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest);
    return made.listing;
  }

  /** A server that fails for a moment is asked again. */
  async function ask(
    target: WebPlace,
    headers: Readonly<Record<string, string>>,
    accepted: readonly number[],
    signal: AbortSignal,
  ): Promise<WebAnswer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await requests.get(target, headers, accepted, signal);
      } catch (error) {
        throwIfCancelled(signal);
        const isPassing = error instanceof HttpsError && error.httpsCode === 'HTTPS_UNAVAILABLE';
        if (!isPassing || attempt >= ATTEMPTS) throw error;
        await delay(RETRY_MS * 2 ** (attempt - 1), undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async function readManifest(
    location: HttpsLocation,
    target: WebPlace,
    before: Known | undefined,
    signal: AbortSignal,
  ): Promise<Known | undefined> {
    const answer = await ask(target, before?.conditions ?? {}, before ? [200, 304] : [200], signal);
    if (answer.status === 304) {
      answer.body.resume();
      return undefined;
    }
    const text = await textOf(answer, target);
    const { host, status, headers } = answer;
    const failure = { place: target.place, host, httpStatus: status };
    const parsed = parseManifest(text);
    if (!parsed.ok && !parsed.isJson) {
      const action = 'Check the address, and whether a login page of the network answers in its place';
      throw saidBy(failure, 'HTTPS_WRONG_CONTENT', `the answer is not a manifest: ${parsed.reason}`, action);
    }
    if (!parsed.ok) {
      const action = 'Correct the manifest; docs/storage.md says what belongs into it';
      throw saidBy(failure, 'HTTPS_BAD_MANIFEST', `the manifest cannot be used: ${parsed.reason}`, action);
    }
    const listing = listingOf(location, parsed.manifest, timeOf(headers), before?.listing);
    if (listing.files.size + listing.faults.size === 0) {
      throw saidBy(failure, 'HTTPS_NOT_FOUND', 'the manifest lists no version', 'It is looked at again by itself');
    }
    return { listing, takenMs: now(), conditions: conditionsOf(headers) };
  }

  async function lookAtFile(
    location: HttpsLocation,
    target: WebPlace,
    before: Known | undefined,
    signal: AbortSignal,
  ): Promise<Known | undefined> {
    // Not HEAD, which addresses that are signed for GET refuse.
    const headers = { ...before?.conditions, range: 'bytes=0-0' };
    const answer = await ask(target, headers, before ? [200, 206, 304, 416] : [200, 206, 416], signal);
    if (answer.status === 200) answer.body.destroy();
    else answer.body.resume();
    if (answer.status === 304) return undefined;
    const { host, status } = answer;
    const failure = { place: target.place, host, httpStatus: status };
    if (isWebPage(answer.headers)) {
      const action = 'Check the address, and whether a login page of the network answers in its place';
      throw saidBy(failure, 'HTTPS_WRONG_CONTENT', 'the answer is a web page, not a model', action);
    }
    const sizeBytes = sizeOf(answer);
    if (sizeBytes === undefined) {
      const action = 'Use a server that does, or a manifest';
      throw saidBy(failure, 'HTTPS_BAD_SERVER', 'the server does not tell the size of the file', action);
    }
    const file: WebFile = {
      sizeBytes,
      modifiedMs: timeOf(answer.headers),
      revision: revisionOf(answer.headers, sizeBytes),
      source: target,
      ...(status === 200 && { inOnePiece: true }),
    };
    const name = nameOf({ ...location, kind: 'file', inside: [] });
    const path = location.kind === 'version' ? `${versionFolderOf(location)}/${name}` : name;
    return {
      listing: { files: new Map([[path, file]]), faults: new Map() },
      takenMs: now(),
      conditions: conditionsOf(answer.headers),
    };
  }

  return {
    async of(location, maxAgeMs, signal) {
      throwIfCancelled(signal);
      const top = { ...location, inside: [] };
      const place = describeHttpsLocation(top);
      if (location.kind === 'server') {
        const advice = 'a web server cannot be listed. Name a manifest (….json) or a model file (….onnx)';
        throw new HttpsError('HTTPS_WRONG_KIND', `${place}: ${advice}.`);
      }
      if (isConcealed(location.query)) {
        const advice = 'the query of this address is a secret that was not kept. Add the model anew with all of it';
        throw new HttpsError('HTTPS_SECRET_GONE', `${place}: ${advice}.`);
      }
      const url = formatHttpsUri(top);
      const before = known.get(url);
      if (before && now() - before.takenMs < maxAgeMs) return before.listing;
      const look = location.kind === 'manifest' ? readManifest : lookAtFile;
      const made = await look(location, { url, place }, before, signal);
      if (made) return remember(url, made);
      if (!before) throw new Error('nothing was asked that could be unchanged');
      return remember(url, { ...before, takenMs: now() });
    },
  };
}

/** Names the content of a file by the head of an answer: the ETag, else the time and the size. */
export function revisionOf(headers: IncomingHttpHeaders, sizeBytes: number): string {
  return headers.etag ?? `${headers['last-modified'] ?? ''} ${sizeBytes}`;
}

/** Whether an answer is a page for people, as login pages of networks are. */
export function isWebPage(headers: IncomingHttpHeaders): boolean {
  return /^text\/html\b/iu.test(headers['content-type'] ?? '');
}

/** The folder that a model file is in: the version's. */
function versionFolderOf({ url }: HttpsLocation): string {
  return new URL(url).pathname.split('/').at(-2) ?? '';
}

/** @throws HttpsError also when the connection breaks. */
async function textOf({ headers, body, host, status }: WebAnswer, { place }: WebPlace): Promise<string> {
  const failure = { place, host, httpStatus: status };
  const tooLarge = (): HttpsError => {
    const cause = `the manifest is larger than ${MAX_MANIFEST_BYTES / 1024 ** 2} MiB`;
    return saidBy(failure, 'HTTPS_TOO_LARGE', cause, 'Check the address, or take old versions out of the manifest');
  };
  try {
    if (Number(headers['content-length'] ?? 0) > MAX_MANIFEST_BYTES) throw tooLarge();
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of body) {
      if (!(chunk instanceof Uint8Array)) continue;
      length += chunk.length;
      if (length > MAX_MANIFEST_BYTES) throw tooLarge();
      chunks.push(chunk);
    }
    return new TextDecoder().decode(Buffer.concat(chunks));
  } catch (error) {
    throw connectionError(error, { place, host });
  } finally {
    body.destroy();
  }
}

function listingOf(
  location: HttpsLocation,
  { versions }: Manifest,
  manifestMs: number,
  before: WebListing | undefined,
): WebListing {
  const base = { ...location, inside: [] };
  const files = new Map<string, WebFile>();
  const faults = new Map<string, ServingError>();
  for (const [version, { modified, files: listed }] of Object.entries(versions)) {
    try {
      refuseUnsafePaths(listed.map(({ name }) => ({ path: name })));
      const made = listed.map(({ name, size, checksum, url }): readonly [string, WebFile] => {
        const path = `${version}/${name}`;
        const revision = checksum.toLowerCase();
        const same = before?.files.get(path);
        // A manifest that got another version is not a reason to take this one for changed.
        const knownMs = same?.revision === revision ? same.modifiedMs : manifestMs;
        return [
          path,
          {
            sizeBytes: size,
            modifiedMs: modified === undefined ? knownMs : Date.parse(modified),
            revision,
            source: placeOfFile(base, path, url),
            checksum: {
              algorithm: 'SHA256',
              value: Buffer.from(revision.slice('sha256:'.length), 'hex').toString('base64'),
              wholeObject: true,
            },
          },
        ];
      });
      for (const [path, file] of made) files.set(path, file);
    } catch (error) {
      faults.set(version, asServingError(error));
    }
  }
  return { files, faults };
}

/** @throws HttpsError HTTPS_OTHER_ORIGIN: whoever writes a manifest must not choose whom this computer talks to. */
function placeOfFile(manifest: HttpsLocation, path: string, url: string | undefined): WebPlace {
  const relative = url ?? path.split('/').map(encodeURIComponent).join('/');
  const place = describeHttpsLocation({ ...manifest, inside: path.split('/') });
  const target = URL.canParse(relative, manifest.url) ? new URL(relative, manifest.url) : undefined;
  if (!target || target.origin !== new URL(manifest.url).origin || target.username + target.password !== '') {
    const cause = 'its url in the manifest is not one of the same scheme, host and port as the manifest';
    throw new HttpsError(
      'HTTPS_OTHER_ORIGIN',
      `${place}: ${cause}. Put the file beside the manifest, or redirect to it.`,
    );
  }
  target.hash = '';
  // A token for the manifest is one for its files, unless they have their own.
  if (target.search === '') target.search = manifest.query;
  return { url: target.href, place };
}

function sizeOf({ status, headers }: WebAnswer): number | undefined {
  const text =
    status === 200
      ? headers['content-length']
      : /^bytes (?:\d+-\d+|\*)\/(\d+)$/u.exec(headers['content-range'] ?? '')?.[1];
  return text !== undefined && /^\d{1,15}$/u.test(text) ? Number(text) : undefined;
}

function timeOf(headers: IncomingHttpHeaders): number {
  const ms = Date.parse(headers['last-modified'] ?? '');
  return Number.isNaN(ms) ? 0 : ms;
}

function conditionsOf({ etag, 'last-modified': modified }: IncomingHttpHeaders): Readonly<Record<string, string>> {
  if (etag !== undefined) return { 'if-none-match': etag };
  return modified === undefined ? {} : { 'if-modified-since': modified };
}
