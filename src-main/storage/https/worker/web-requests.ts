import {
  type Agent as HttpAgent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as requestPlain,
} from 'node:http';
import { request as requestTls } from 'node:https';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { cancelled, throwIfCancelled } from '../../abortable.ts';
import { errnoOf } from '../../errno.ts';
import type { ConnectionOptions } from '../../remote/connection-options.ts';
import { createHttpAgent, createHttpsAgent, proxyHostFor } from '../../remote/worker/agents.ts';
import { HttpsError, httpsError, type HttpsFailure, saidBy } from '../https-error.ts';
import { isLoopbackHost } from '../../../contracts/loopback-host.ts';

/** What is to be fetched. */
export interface WebPlace {
  /** With its query, which may be a secret. */
  readonly url: string;
  /** The same for messages. */
  readonly place: string;
}

/** The head of an answer, and its body as it comes. */
export interface WebAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: IncomingMessage;
  /** Host and port that answered. */
  readonly host: string;
}

/** Requests to web servers. */
export interface WebRequests {
  /**
   * Makes a GET request, and follows redirects: within the origin, or from https to https, five at most.
   * @param accepted the statuses that are no failure.
   * @throws HttpsError, or ServingError CANCELLED. The body throws {@link GaveUp} when the server falls silent.
   */
  get(
    target: WebPlace,
    headers: Readonly<Record<string, string>>,
    accepted: readonly number[],
    signal: AbortSignal,
  ): Promise<WebAnswer>;
  [Symbol.dispose](): void;
}

/** A connection that fell silent. */
export class GaveUp extends Error {
  readonly phase: 'connecting' | 'waiting';
  constructor(phase: 'connecting' | 'waiting') {
    super(`gave up ${phase}`);
    this.phase = phase;
  }
}

const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Addresses that are not of the internet: a redirect from there must not lead to them. */
const INTERNAL = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  INTERNAL.addSubnet(network, prefix, 'ipv4');
}
INTERNAL.addAddress('::', 'ipv6');
INTERNAL.addAddress('::1', 'ipv6');
INTERNAL.addSubnet('fc00::', 7, 'ipv6');
INTERNAL.addSubnet('fe80::', 10, 'ipv6');

export function createWebRequests(connection: ConnectionOptions): WebRequests {
  const { connectTimeoutMs, idleTimeoutMs, proxy } = connection;
  const agents = new Map<string, HttpAgent>();

  /** @throws HttpsError HTTPS_BAD_OPTIONS when the file of authorities cannot be read. */
  function agentFor(protocol: string): HttpAgent {
    const known = agents.get(protocol);
    if (known) return known;
    const made = protocol === 'http:' ? createHttpAgent(connection) : createHttpsAgent(connection, unreadable);
    agents.set(protocol, made);
    return made;
  }

  /** One request; rejects with what broke it. */
  function send(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const isTls = url.protocol === 'https:';
      const request = (isTls ? requestTls : requestPlain)(url, {
        agent: agentFor(url.protocol),
        headers: { 'accept-encoding': 'identity', 'user-agent': 'slipway', ...headers },
        signal,
        timeout: idleTimeoutMs,
      });
      const connecting = setTimeout(() => request.destroy(new GaveUp('connecting')), connectTimeoutMs);
      const connected = (): void => clearTimeout(connecting);
      let answer: IncomingMessage | undefined;
      request.once('socket', (socket) => {
        if (request.reusedSocket || !socket.connecting) connected();
        else socket.once(isTls ? 'secureConnect' : 'connect', connected);
      });
      request.on('timeout', () => (answer ?? request).destroy(new GaveUp('waiting')));
      request.once('response', (response) => {
        connected();
        answer = response;
        resolve(response);
      });
      request.on('error', (error) => {
        connected();
        reject(error);
      });
      request.end();
    });
  }

  return {
    async get({ url: first, place }, headers, accepted, signal) {
      let url = new URL(first);
      for (let redirects = 0; ; redirects += 1) {
        throwIfCancelled(signal);
        const { host } = url;
        const proxyHost = proxyHostFor(url.href, proxy);
        const failure: HttpsFailure = { place, host, ...(proxyHost !== undefined && { proxyHost }) };
        const body = await send(url, headers, signal).catch((error: unknown) => {
          throw signal.aborted ? cancelled(signal) : connectionError(error, failure);
        });
        const status = body.statusCode ?? 0;
        if (accepted.includes(status)) return { status, headers: body.headers, body, host };
        body.destroy();
        const answered = { ...failure, httpStatus: status };
        if (!REDIRECTS.has(status)) throw httpsError(answered);
        const refuse = (words: string): HttpsError => {
          const action = 'Use the address where the file is; a login page of the network may stand in between';
          return saidBy(answered, 'HTTPS_REDIRECT', `the server redirects ${words}`, action);
        };
        if (redirects >= MAX_REDIRECTS) throw refuse(`more than ${MAX_REDIRECTS} times`);
        url = redirected(url, body.headers.location, refuse);
      }
    },
    [Symbol.dispose]() {
      for (const agent of agents.values()) agent.destroy();
    },
  };
}

/** What broke a connection, in the words for it. Errors of ours stay. */
export function connectionError(error: unknown, failure: HttpsFailure): HttpsError {
  if (error instanceof HttpsError) return error;
  if (error instanceof GaveUp) return httpsError({ ...failure, gaveUp: error.phase }, { cause: error });
  const errno = errnoOf(error);
  return httpsError({ ...failure, ...(errno !== undefined && { errno }) }, { cause: error });
}

/** Where a redirect leads. @throws what `refuse` makes of the reason, where it must not be followed. */
function redirected(from: URL, location: string | undefined, refuse: (words: string) => Error): URL {
  if (location === undefined || !URL.canParse(location, from.href)) throw refuse('to nowhere');
  const to = new URL(location, from);
  if (to.username + to.password !== '') throw refuse('to an address with a password in it, which is refused');
  if (to.origin === from.origin) return to;
  if (to.protocol !== 'https:') throw refuse(`to plain HTTP at ${to.host}, which is refused`);
  if (from.protocol !== 'https:') throw refuse(`from plain HTTP to ${to.host}, which is refused`);
  if (isInternal(to.hostname) && !isInternal(from.hostname)) {
    throw refuse('to an address within this network, which is refused');
  }
  return to;
}

function isInternal(hostname: string): boolean {
  if (isLoopbackHost(hostname)) return true;
  const address = hostname.replace(/^\[(.*)\]$/u, '$1');
  return isIP(address) !== 0 && INTERNAL.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

function unreadable(errno: string): HttpsError {
  return new HttpsError(
    'HTTPS_BAD_OPTIONS',
    `the file that SSL_CERT_FILE or CURL_CA_BUNDLE names cannot be read (${errno}).`,
  );
}
