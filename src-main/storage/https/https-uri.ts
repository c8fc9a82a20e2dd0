import { createHash } from 'node:crypto';
import { parseServableVersion } from '../../contracts/ids.ts';
import { isLoopbackHost } from '../../contracts/loopback-host.ts';
import { ServingError } from '../../contracts/serving-error.ts';

/** What is at a place on a web server. */
export interface HttpsLocation {
  /** Scheme, host, port and path as a URL has them; no query, no fragment. */
  readonly url: string;
  /** The query with its question mark, or what stands for one ({@link concealQuery}); empty where there is none. */
  readonly query: string;
  /**
   * `manifest`: a listing of versions; `version`: a model file in a folder named by its version, which counts as a listing
   * of this one; `file`: any other model file; `server`: the server itself, which cannot be listed.
   */
  readonly kind: 'manifest' | 'version' | 'file' | 'server';
  /** Names of folders and of a file within a listing; not encoded. */
  readonly inside: readonly string[];
}

const MANIFEST_FILE = 'manifest.json';
const EXAMPLE = 'https://example.com/models/my_model/manifest.json';
const CONTROL = /\p{Cc}/u;
/** What stands for a query that is not to be shown; the mark is one that no URL contains. */
const CONCEALED = /^\?…[0-9a-f]{8}$/u;

/**
 * Takes a URI apart: `https://host[:port]/path/manifest.json`, any other `….json`, a model file `….onnx`, or a folder with
 * a slash at its end, which stands for its `manifest.json`. What follows `#/` leads into a listing, each name encoded; it
 * is never sent. `http` is for this computer only, where nobody listens in.
 * @throws ServingError INVALID_ARGUMENT with the fix; without the query, which may be a secret.
 */
export function parseHttpsUri(uri: string): HttpsLocation {
  if (CONTROL.test(uri)) throw refused('it contains a control character');
  const [address, fragment] = splitAt(uri, '#');
  const [place, search] = splitAt(address, '?');
  if (!/^https?:\/\//iu.test(place)) throw refused('it does not begin with https://');
  const parsed = /^https?:\/\/[^/\\]/iu.test(place) && URL.canParse(place) ? new URL(place) : undefined;
  if (!parsed) throw refused('its host is not one');
  const { protocol, username, password, hostname, origin } = parsed;
  // Not repeated in the message: what is before the sign may be a secret.
  if (username + password !== '') throw refused('a user and password do not belong into it');
  if (protocol === 'http:' && !isLoopbackHost(hostname)) {
    throw refused('plain HTTP is for this computer only (localhost, 127.0.0.1, [::1]); use https://');
  }
  const query = search === undefined || search === '' ? '' : `?${search}`;
  if (!/^https?:\/\/[^/]*\//iu.test(place)) return { url: origin, query: '', kind: 'server', inside: [] };

  const path = parsed.pathname.endsWith('/') ? parsed.pathname + MANIFEST_FILE : parsed.pathname;
  const url = origin + path;
  const segments = path.split('/');
  const isModel = /\.onnx$/iu.test(path);
  if (!isModel && !/\.json$/iu.test(path)) {
    throw refused('its path ends neither in .onnx (a model file) nor in .json (a manifest)');
  }
  const isNumbered = parseServableVersion(decoded(segments.at(-2) ?? '')) !== undefined;
  const kind = isModel ? (isNumbered ? 'version' : 'file') : 'manifest';
  const inside = (fragment ?? '').split('/').slice(1).map(decoded);
  if (inside.length > 0 && (kind === 'file' || inside.includes(''))) throw refused('what follows its # leads nowhere');
  return { url, query, kind, inside };
}

/** The URI of a place; {@link parseHttpsUri} gives the place back. */
export function formatHttpsUri({ url, query, inside }: Omit<HttpsLocation, 'kind'>): string {
  const fragment = inside.length === 0 ? '' : `#/${inside.map((name) => encodeURIComponent(name)).join('/')}`;
  return url + query + fragment;
}

/** The place above one in a listing, or above a file or listing: the server; undefined for that. */
export function parentOf(location: HttpsLocation): HttpsLocation | undefined {
  const { url, inside } = location;
  if (inside.length > 0) return { ...location, inside: inside.slice(0, -1) };
  switch (location.kind) {
    case 'server':
      return undefined;
    case 'file':
      // The folder, by the manifest that would list it.
      return { url: new URL(MANIFEST_FILE, url).href, query: location.query, kind: 'manifest', inside: [] };
    case 'manifest':
    case 'version':
      return { url: new URL(url).origin, query: '', kind: 'server', inside: [] };
    default:
      return location.kind satisfies never;
  }
}

/** What a place is called: the last name in a listing, a model file's own name, or that of a listing's folder. */
export function nameOf({ url, kind, inside }: HttpsLocation): string {
  const last = inside.at(-1);
  if (last !== undefined) return last;
  if (kind === 'server') return '';
  const segments = new URL(url).pathname.split('/').slice(1).map(decoded);
  const file = segments.at(-1) ?? '';
  if (kind === 'file') return file;
  if (kind === 'manifest' && file !== MANIFEST_FILE) return file.replace(/\.json$/iu, '');
  return segments.at(kind === 'version' ? -3 : -2) ?? 'model';
}

/** A place for messages, which can end in an HTTP answer: host and last names, and no query. */
export function describeHttpsLocation({ url, query, kind, inside }: HttpsLocation): string {
  const { origin, pathname } = new URL(url);
  if (kind === 'server') return origin;
  const segments = pathname.split('/').slice(1);
  const file = segments.at(-1) ?? '';
  const last = inside.at(-1);
  const place = `${origin}/${segments.length > 1 ? '…/' : ''}${file}${query === '' ? '' : '?…'}`;
  return last === undefined ? place : `${place}#/${inside.length > 1 ? '…/' : ''}${last}`;
}

/** What stands for a query wherever it is shown or kept: `?…` and eight digits that tell it from others. */
export function concealQuery(query: string): string {
  if (query === '' || isConcealed(query)) return query;
  return `?…${createHash('sha256').update(query).digest('hex').slice(0, 8)}`;
}

export function isConcealed(query: string): boolean {
  return CONCEALED.test(query);
}

function splitAt(text: string, mark: string): readonly [string, string?] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function refused(reason: string): ServingError {
  return new ServingError(
    'INVALID_ARGUMENT',
    `this is not the address of a model on a web server: ${reason}; write it like ${EXAMPLE}`,
  );
}
