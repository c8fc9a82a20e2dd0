import { ServingError } from '../../contracts/serving-error.ts';
import type { RequestFacts } from './request-facts.ts';

/** Names under which a loopback listener is called without anything being configured. */
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'] as const;

/** Longest piece of a request that an error message quotes. */
const MAX_QUOTED = 100;

export interface GuardPolicy {
  /** The listener's own port. */
  readonly port: number;
  /** Further names that the Host header may hold: `name` (with the own port or none) or `name:port`. */
  readonly allowedHosts: readonly string[];
  /**
   * Origins whose pages may call: `http://127.0.0.1:8600`. Compared as a whole, and read for each request that names an
   * origin, so that one may be added when its listener is open.
   */
  readonly allowedOrigins: readonly string[];
  /** Further pages that may call. */
  readonly cors?: CorsOptions;
  /** The flags that allow what is refused, for the refusals' words; undefined where there are none. */
  readonly flags?: GuardFlags;
  /** The one path that a link on a foreign page may lead to, as a top-level GET navigation. */
  readonly navigablePath?: string;
}

/** Which pages may call besides a listener's own. */
export interface CorsOptions {
  /** The pages of this computer: http or https, localhost, 127.0.0.1 or [::1], any port. */
  readonly local: boolean;
  /** Exact origins: `https://app.example`. */
  readonly origins: readonly string[];
}

/** With dashes. */
export interface GuardFlags {
  readonly allowHosts: string;
  /** Undefined where no page is ever allowed. */
  readonly origins?: { readonly allowLocal: string; readonly allow: string };
}

export interface GuardedRequest {
  readonly method: string;
  readonly url: string;
  /** The address of this computer at which the request came in. */
  readonly localAddress: string | undefined;
  readonly facts: RequestFacts;
}

/** @returns why the request is refused, fit for the caller, or undefined where it may go on. */
export type Guard = (request: GuardedRequest) => string | undefined;

/** Matches an origin whose host is a name of this computer. */
const LOCAL_ORIGIN = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/u;

/**
 * Decides which requests a listener answers at all, for every route and method alike; a pure function of its arguments.
 *
 * - The Host header must be one of the loopback names, the very address that was called, or a configured name. A name
 *   that a foreign DNS server points at this computer (DNS rebinding) is none of them.
 * - A target that names a host itself (`GET http://host/path`) has to name one of these too.
 * - A page may call only when its exact origin is allowed, or it is this computer's own where those are. Programs send neither Origin nor Sec-Fetch-Site and pass.
 * - What a browser marks as coming from another site or port, and that names no allowed origin, is refused; this covers
 *   requests without Origin, such as images, scripts and links.
 *
 * @throws ServingError INVALID_ARGUMENT for an allowed origin that would open the listener to any page.
 */
export function createGuard(policy: GuardPolicy): Guard {
  for (const origin of [...policy.allowedOrigins, ...(policy.cors?.origins ?? [])]) checkOrigin(origin);
  const hosts = new Set<string>();
  for (const name of [...LOOPBACK_NAMES, ...policy.allowedHosts.map((host) => host.toLowerCase())]) {
    hosts.add(name);
    if (!/:\d+$/u.test(name)) hosts.add(`${name}:${policy.port}`);
  }
  const ownNames = `127.0.0.1:${policy.port} or localhost:${policy.port}`;
  const allowHost =
    policy.flags === undefined ? 'add the name to the allowed hosts' : `allow the name with ${policy.flags.allowHosts}`;

  return ({ method, url, localAddress, facts }) => {
    const { host, origin, fetchSite } = facts;
    if (host === undefined || facts.hostCount !== 1) {
      return `exactly one Host header is required, got ${facts.hostCount}`;
    }
    const wrongHost = [host, authorityOf(url) ?? host].find(
      (each) => !hosts.has(each) && !isAllowedHost(each, hosts, localAddress, policy.port),
    );
    if (wrongHost !== undefined) return `Host ${quote(wrongHost)} is not allowed: call ${ownNames}, or ${allowHost}`;
    if (origin !== undefined) {
      if (facts.originCount === 1 && isAllowedOrigin(origin, policy)) return undefined;
      return refusedOrigin(origin, policy.flags?.origins);
    }
    if (fetchSite === undefined || fetchSite === 'none' || fetchSite === 'same-origin') return undefined;
    const isNavigation = method === 'GET' && facts.fetchMode === 'navigate' && facts.fetchDest === 'document';
    if (isNavigation && policy.navigablePath === pathOf(url)) return undefined;
    return `requests from a page of another site are not allowed (Sec-Fetch-Site: ${quote(fetchSite)})`;
  };
}

/** Matches what stands before the path of a target in absolute form, which HTTP/1.1 servers have to take (RFC 9112). */
const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)/iu;
const SLASH = 47;

/** The path of a request target, without query and fragment. */
export function pathOf(url: string): string {
  const end = url.search(/[?#]/u);
  const target = end < 0 ? url : url.slice(0, end);
  if (target.charCodeAt(0) === SLASH) return target;
  const prefix = ABSOLUTE_FORM.exec(target)?.[0];
  return prefix === undefined ? target : target.slice(prefix.length) || '/';
}

function authorityOf(url: string): string | undefined {
  return url.charCodeAt(0) === SLASH ? undefined : ABSOLUTE_FORM.exec(url)?.[1];
}

function isAllowedOrigin(origin: string, { allowedOrigins, cors }: GuardPolicy): boolean {
  if (!isWebOrigin(origin)) return false;
  if (allowedOrigins.includes(origin)) return true;
  return cors !== undefined && (cors.origins.includes(origin) || (cors.local && LOCAL_ORIGIN.test(origin)));
}

function refusedOrigin(origin: string, flags: GuardFlags['origins']): string {
  const refused = `Origin ${quote(origin)} is not allowed: `;
  if (flags === undefined) return `${refused}web pages may call only from the allowed origins`;
  if (isWebOrigin(origin)) {
    return `${refused}allow it with ${flags.allow}, or the pages of this computer with ${flags.allowLocal}`;
  }
  // A file, a sandboxed frame, an extension: any number of unrelated pages have the same one.
  return (
    `${refused}it does not tell one page from another; serve the page over http, ` +
    `and allow its origin with ${flags.allow} or ${flags.allowLocal}`
  );
}

function isAllowedHost(
  host: string,
  hosts: ReadonlySet<string>,
  localAddress: string | undefined,
  port: number,
): boolean {
  const lower = host.toLowerCase();
  // `localhost.` is the fully qualified spelling of the same name.
  if (hosts.has(lower.replace(/\.(?=$|:\d+$)/u, ''))) return true;
  if (localAddress === undefined) return false;
  // An address cannot be rebound: whoever names the one that was called did call this computer.
  const address = localAddress.replace(/^::ffff:(?=\d+\.)/u, '');
  const literal = address.includes(':') ? `[${address}]` : address;
  return lower === literal || lower === `${literal}:${port}`;
}

function checkOrigin(origin: string): void {
  if (isWebOrigin(origin)) return;
  throw new ServingError(
    'INVALID_ARGUMENT',
    `allowed origin ${quote(origin)} is not of the form http://HOST:PORT or https://HOST:PORT`,
  );
}

/** Whether the text names one web site; `null`, `*` and `file://` name any number of pages. */
function isWebOrigin(text: string): boolean {
  const url = /^https?:/u.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  return url?.origin === text;
}

function quote(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text);
}
