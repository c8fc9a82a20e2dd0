import { readFileSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { getCACertificates } from 'node:tls';
import { errnoOf } from '../../errno.ts';
import type { ConnectionOptions } from '../connection-options.ts';
import { LeanHttpAgent, LeanHttpsAgent } from './lean-agents.ts';

type AgentOptions = Pick<ConnectionOptions, 'caFile' | 'verifyTls' | 'proxy'>;

/** More than one download has ranges under way, so that listing waits for none. */
const MAX_SOCKETS = 64;

/** Keeps connections open, and goes through the proxy where there is one. */
export function createHttpAgent({ proxy }: AgentOptions): HttpAgent {
  const options = { keepAlive: true, maxSockets: MAX_SOCKETS };
  return isDirect(proxy)
    ? new LeanHttpAgent(options)
    : new HttpAgent({ ...options, proxyEnv: proxyEnvironment(proxy) });
}

/**
 * The same over TLS.
 * @param unreadable makes the error for a file of authorities that cannot be read.
 */
export function createHttpsAgent(
  { caFile, verifyTls, proxy }: AgentOptions,
  unreadable: (errno: string) => Error,
): HttpsAgent {
  const options = {
    keepAlive: true,
    maxSockets: MAX_SOCKETS,
    rejectUnauthorized: verifyTls,
    // Reading the system's takes long, so plain HTTP does without.
    ca: [...getCACertificates('default'), ...getCACertificates('system'), ...readAuthorities(caFile, unreadable)],
  };
  return isDirect(proxy)
    ? new LeanHttpsAgent(options)
    : new HttpsAgent({ ...options, proxyEnv: proxyEnvironment(proxy) });
}

function isDirect({ http, https }: ConnectionOptions['proxy']): boolean {
  return http === undefined && https === undefined;
}

/** Host and port of the proxy that an agent takes for an address, for messages; undefined where it goes straight. */
export function proxyHostFor(address: string, { http, https, except }: ConnectionOptions['proxy']): string | undefined {
  const { protocol, hostname, host } = new URL(address);
  const proxy = protocol === 'https:' ? https : http;
  if (proxy === undefined || !URL.canParse(proxy)) return undefined;
  for (const entry of (except ?? '').split(',')) {
    const name = entry.trim().replace(/^\*?\./u, '');
    if (name === '*') return undefined;
    if (name !== '' && (name === host || hostname === name || hostname.endsWith(`.${name}`))) return undefined;
  }
  return new URL(proxy).host;
}

function proxyEnvironment({ http, https, except }: ConnectionOptions['proxy']): Record<string, string> {
  return {
    ...(http === undefined ? {} : { HTTP_PROXY: http }),
    ...(https === undefined ? {} : { HTTPS_PROXY: https }),
    ...(except === undefined ? {} : { NO_PROXY: except }),
  };
}

function readAuthorities(caFile: string | undefined, unreadable: (errno: string) => Error): readonly string[] {
  if (caFile === undefined) return [];
  try {
    return [readFileSync(caFile, 'utf8')];
  } catch (error) {
    throw unreadable(errnoOf(error) ?? 'unknown error');
  }
}
