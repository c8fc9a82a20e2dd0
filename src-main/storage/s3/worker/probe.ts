import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { type Agent as HttpAgent, type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { connect, isIP } from 'node:net';
import { TLSSocket } from 'node:tls';
import { createHttpAgent, createHttpsAgent } from '../../remote/worker/agents.ts';
import { S3Error } from '../s3-error.ts';
import type { S3Options } from '../s3-options.ts';

/** What an unsigned request has found out about a server. */
export interface Probe {
  readonly status: number;
  /** The server's time, by its answer. */
  readonly serverMs?: number;
  /** How long the answer took: the server's time is from within it. */
  readonly ms: number;
  readonly body: string;
  readonly tls?: {
    readonly protocol: string;
    readonly issuer: string;
    /** The system's name for what is wrong with the certificate; undefined where it is trusted. */
    readonly fault?: string;
  };
}

/** Enough to tell by what kind of server it is. */
const MAX_BODY_CHARACTERS = 1000;

/** How many addresses a host has; undefined for what is an address itself. Rejects as `dns.lookup`. */
export async function lookUp(hostname: string): Promise<number | undefined> {
  const host = hostname.replace(/^\[(.*)\]$/u, '$1');
  if (isIP(host) !== 0) return undefined;
  return (await lookup(host, { all: true })).length;
}

/** Makes a connection and ends it. Rejects with the system's error, ETIMEDOUT after the time-out. */
export async function knock(url: URL, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const socket = connect({ host: url.hostname.replace(/^\[(.*)\]$/u, '$1'), port: portOf(url) });
  try {
    await once(socket, 'connect', { signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) });
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'AbortError' && !signal.aborted;
    throw isLate ? Object.assign(new Error('connection timed out'), { code: 'ETIMEDOUT' }) : error;
  } finally {
    socket.destroy();
  }
}

/** Asks for `/` without a signature, through the proxy where there is one. A certificate is judged, not refused. */
export async function probe(url: URL, options: S3Options, signal: AbortSignal): Promise<Probe> {
  const isTls = url.protocol === 'https:';
  const agent = isTls
    ? createHttpsAgent({ ...options, verifyTls: false }, (errno) => {
        const words = `the file of authorities cannot be read (${errno}). Check the path of the CA file.`;
        return new S3Error('S3_BAD_OPTIONS', words);
      })
    : createHttpAgent(options);
  try {
    return await ask(url, agent, AbortSignal.any([signal, AbortSignal.timeout(options.idleTimeoutMs)]));
  } finally {
    agent.destroy();
  }
}

async function ask(url: URL, agent: HttpAgent, signal: AbortSignal): Promise<Probe> {
  const startMs = Date.now();
  const answered = Promise.withResolvers<IncomingMessage>();
  const sent: ClientRequest = (url.protocol === 'https:' ? requestHttps : requestHttp)(new URL('/', url), {
    agent,
    signal,
  });
  sent.once('response', answered.resolve);
  sent.on('error', answered.reject);
  sent.end();
  const response = await answered.promise;
  const ms = Date.now() - startMs;
  const tls = response.socket instanceof TLSSocket ? tlsOf(response.socket) : undefined;
  const serverMs = Date.parse(response.headers.date ?? '');
  let body = '';
  response.setEncoding('utf8');
  for await (const chunk of response) {
    body += String(chunk);
    if (body.length > MAX_BODY_CHARACTERS) break;
  }
  return {
    status: response.statusCode ?? 0,
    ms,
    body: body.slice(0, MAX_BODY_CHARACTERS),
    ...(Number.isNaN(serverMs) ? {} : { serverMs }),
    ...(tls && { tls }),
  };
}

export function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}

function tlsOf(socket: TLSSocket): NonNullable<Probe['tls']> {
  const { issuer } = socket.getPeerCertificate();
  const name = issuer?.O ?? issuer?.CN ?? 'an unnamed authority';
  const fault: unknown = socket.authorizationError;
  return {
    protocol: socket.getProtocol() ?? 'TLS',
    issuer: Array.isArray(name) ? name.join(', ') : name,
    ...(socket.authorized ? {} : { fault: fault instanceof Error ? fault.message : String(fault) }),
  };
}
