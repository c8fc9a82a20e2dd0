import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from '../../contracts/logger.ts';
import type { RefusedCall } from '../../contracts/request-outcome.ts';
import { asServingError, ServingError } from '../../contracts/serving-error.ts';
import type { Access } from './access.ts';
import { type CorsOptions, createGuard, type Guard, type GuardFlags } from './guard.ts';
import { describeListenError } from './listen-error.ts';
import { errorBody, type Exchange, HttpStatusError, sendError } from './reply.ts';
import { readRequestFacts, type RequestFacts } from './request-facts.ts';
import { createConnectionList } from './connection-list.ts';
import { createStrangers, type StrangersOptions } from './strangers.ts';
import { type ListenerTls, tlsOptions, useCertificate } from './tls.ts';
import { responseToUpgrade } from './upgrade.ts';
import { urlHost } from './url-host.ts';

export type { ListenerTls };

/** Request line and headers together; what exceeds it is answered with 431. */
const MAX_HEADER_BYTES = 16 * 1024;
/** Time for a connection's request headers to be complete; ends connections that send them drop by drop. */
const HEADERS_TIMEOUT_MS = 10_000;
/** Time for a whole request to arrive, its body included. */
const REQUEST_TIMEOUT_MS = 300_000;
/** How long an idle connection is kept; long, because a client that reuses it just then sees a reset. */
const KEEP_ALIVE_TIMEOUT_MS = 60_000;
/** Refused requests are logged as warnings at most this often. */
const REFUSAL_LOG_MS = 1000;
/** Connections at one time, at an address where callers need a token; as of gRPC. */
const MAX_CHECKED_CONNECTIONS = 1024;
/**
 * How often connections that became idle are closed while the listener closes; also the time in which a new connection
 * has to send its request then.
 */
const IDLE_SWEEP_MS = 50;
/** How often the two request timeouts are looked at. */
const TIMEOUT_CHECK_MS = 5000;

export interface ListenAddress {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

export interface Listening {
  /** Without a slash at its end; a wildcard address is shown as the loopback address. */
  readonly url: string;
  /** The address that `host` stands for. */
  readonly address: string;
  readonly port: number;
}

export interface CloseOptions {
  readonly deadlineMs: number;
}

/** One that is closed by itself, while others of its server go on. */
export interface OpenListener extends Listening {
  /** Stops accepting, finishes what is in flight, cuts the rest after `deadlineMs`. May be called again to hurry. */
  close(options: CloseOptions): Promise<void>;
}

export interface HttpListenerOptions {
  /** The flag that chooses the port, for error messages; without dashes. */
  readonly portFlag: string;
  /** See {@link createGuard}. */
  readonly allowedHosts: readonly string[];
  /** Origins whose pages may call, once the port is known. */
  readonly allowedOrigins: (port: number) => readonly string[];
  /** See {@link createGuard}. */
  readonly cors?: CorsOptions;
  readonly guardFlags?: GuardFlags;
  readonly navigablePath?: string;
  /** Who may call, after the guard; undefined: everybody who reaches the port. */
  readonly access?: Access;
  /** How connections are limited that nobody with access uses. */
  readonly strangers?: StrangersOptions;
  /** TLS 1.2 or later; undefined: in the clear. */
  readonly tls?: ListenerTls;
  /** Time for a connection's headers to be complete; default 10 s. */
  readonly headersTimeoutMs?: number;
  /** Time for a whole request to arrive; default 300 s. */
  readonly requestTimeoutMs?: number;
}

export interface HttpListenerHandlers {
  /** Answers a request that passed the guard. What it throws or rejects with is logged and answered with 500. */
  handle(exchange: Exchange): void | Promise<void>;
  /**
   * Whether a request that asks to go on in another protocol may do so: `handle` then gets it with `upgradeHead`. Every
   * other one is answered as if it had not asked, and all of them where this is left out.
   */
  mayUpgrade?(request: IncomingMessage): boolean;
  onConnectionClosed?(socket: Socket): void;
  /** Told of each request that the guard or {@link HttpListenerOptions.access} turned away. */
  onRefused?(call: Omit<RefusedCall, 'entrypoint'>): void;
  /** Whether an answer is still to be written to the connection, so that nothing else may be written before it. */
  isBusy(socket: Duplex): boolean;
}

/** A `node:http` server with limits against misuse, a guard before every route, and an orderly end. */
export interface HttpListener {
  /** @throws ServingError as {@link describeListenError} says; INVALID_ARGUMENT for TLS options that do not work. */
  listen(address: ListenAddress): Promise<Listening>;
  /** Whether {@link close} was called: each further answer is the last one on its connection. */
  isClosing(): boolean;
  /**
   * Stops accepting connections, closes those without a request in progress, and resolves when the others are answered;
   * those that are not after `deadlineMs` are cut. A second call may bring the deadline forward.
   */
  close(options: CloseOptions): Promise<void>;
}

export function createHttpListener(
  options: HttpListenerOptions,
  handlers: HttpListenerHandlers,
  log: Logger,
): HttpListener {
  let guard: Guard | undefined;
  let closing: Promise<void> | undefined;
  let lastRefusalMs = -Infinity;
  let onConnectionGone: (() => void) | undefined;
  const lifecycle = { closing: false };
  const connections = createConnectionList();
  const requestTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  const headersTimeoutMs = Math.min(options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS, requestTimeoutMs);
  const server = createNodeServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      connectionsCheckingInterval: Math.min(TIMEOUT_CHECK_MS, headersTimeoutMs),
      // The guard answers a missing Host itself, with a reason.
      requireHostHeader: false,
      noDelay: true,
      shouldUpgradeCallback: (request) => handlers.mayUpgrade?.(request) ?? false,
    },
    options.tls,
  );
  // Whoever reaches it without a token must not use up the files that this process may open.
  if (options.access) server.maxConnections = MAX_CHECKED_CONNECTIONS;
  const strangers = options.access && createStrangers(options.strangers);
  // Node drops headers silently beyond a count; the size limit bounds them already, and none may escape the guard.
  server.maxHeadersCount = 0;

  /** Answers a request that is refused. @returns the exchange of one that may pass. */
  const admit = (
    request: IncomingMessage,
    response: ServerResponse,
    { awaitsContinue = false, upgradeHead }: Partial<Pick<Exchange, 'awaitsContinue' | 'upgradeHead'>> = {},
  ): Exchange | undefined => {
    connections.answering(request.socket, response);
    const facts = readRequestFacts(request.rawHeaders);
    const exchange: Exchange = {
      request,
      response,
      facts,
      lifecycle,
      awaitsContinue,
      ...(upgradeHead !== undefined && { upgradeHead }),
    };
    const refusal = guard?.({
      method: request.method ?? '',
      url: request.url ?? '',
      localAddress: request.socket.localAddress,
      facts,
    });
    if (refusal !== undefined) {
      refuse(request, 'PERMISSION_DENIED', refusal);
      sendError(exchange, new ServingError('PERMISSION_DENIED', refusal));
      return undefined;
    }
    if (isPreflight(request, facts)) return exchange;
    const denied = options.access?.(facts.authorization, request.socket);
    if (denied === undefined) {
      strangers?.letIn(request.socket);
      return exchange;
    }
    // Its next request comes on another connection, which may be one too many.
    if (strangers?.has(request.socket)) response.shouldKeepAlive = false;
    refuse(request, 'UNAUTHENTICATED', denied.message);
    const readable = facts.origin === undefined ? [] : ['Access-Control-Allow-Origin', facts.origin, 'Vary', 'Origin'];
    const headers = ['WWW-Authenticate', denied.challenge, ...readable];
    sendError(exchange, new ServingError('UNAUTHENTICATED', denied.message), headers);
    return undefined;
  };

  const refuse = (request: IncomingMessage, code: RefusedCall['code'], reason: string): void => {
    handlers.onRefused?.({ code, address: request.socket.remoteAddress, reason });
    // A page that keeps trying must not fill the log.
    const level = performance.now() - lastRefusalMs > REFUSAL_LOG_MS ? 'warn' : 'debug';
    if (level === 'warn') lastRefusalMs = performance.now();
    log[level]({ method: request.method, reason }, 'request refused');
  };

  const serve = (exchange: Exchange | undefined): void => {
    if (exchange === undefined) return;
    const { request, response } = exchange;
    const failed = (error: unknown): void => {
      log.error({ method: request.method, error }, 'request failed unexpectedly');
      if (response.headersSent) response.destroy();
      else sendError(exchange, asServingError(error));
    };
    try {
      const handled = handlers.handle(exchange);
      if (handled !== undefined) handled.catch(failed);
    } catch (error) {
      failed(error);
    }
  };

  server.on('request', (request, response) => {
    serve(admit(request, response));
  });
  server.on('checkContinue', (request, response) => {
    serve(admit(request, response, { awaitsContinue: true }));
  });
  if (handlers.mayUpgrade) {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, upgradeHead: Buffer) => {
      // Its answer would come before those that are due.
      if (connections.isAnswering(socket)) socket.destroy();
      else serve(admit(request, responseToUpgrade(request), { upgradeHead }));
    });
  }
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const exchange = admit(request, response, { awaitsContinue: true });
    if (exchange === undefined) return;
    sendError(
      exchange,
      new HttpStatusError(417, 'INVALID_ARGUMENT', 'the only Expect header supported is 100-continue'),
    );
  });
  const follow = (socket: Socket): void => {
    socket.on('close', () => {
      connections.closed(socket);
      handlers.onConnectionClosed?.(socket);
      onConnectionGone?.();
    });
  };
  server.on('connection', (socket: Socket) => {
    // Who may call without a token is none of them.
    if (options.access?.([], socket)) strangers?.arrived(socket);
    if (options.tls === undefined) connections.opened(socket);
    else connections.handshaking(socket);
    follow(socket);
  });
  // With TLS, requests come on another object than the connection that carries them.
  server.on('secureConnection', (socket: Socket) => {
    connections.secured(socket);
    follow(socket);
  });
  server.on('clientError', (error, socket) => {
    if (!connections.has(socket)) {
      // Without a TLS handshake there is no way to answer. (Node crashes when such a socket is asked for its protocol.)
      log.debug({ reason: error.message }, 'TLS handshake failed');
      socket.destroy();
      return;
    }
    refuseBrokenRequest(error, socket, handlers.isBusy(socket));
  });
  server.on('error', (error) => {
    if (server.listening) log.error({ error }, 'listener failed');
  });

  return {
    async listen({ host, port }) {
      if (options.tls !== undefined && server instanceof SecureServer) useCertificate(server, options.tls);
      try {
        await new Promise<void>((resolve, reject) => {
          server.once('error', reject);
          server.listen({ host, port, exclusive: true }, () => {
            server.off('error', reject);
            resolve();
          });
        });
      } catch (error) {
        throw await describeListenError(error, { host, port, portFlag: options.portFlag });
      }
      const bound = boundAddress(server, host, port);
      const chosen = bound.port;
      guard = createGuard({
        port: chosen,
        allowedHosts: options.allowedHosts,
        allowedOrigins: options.allowedOrigins(chosen),
        ...(options.cors === undefined ? {} : { cors: options.cors }),
        ...(options.guardFlags === undefined ? {} : { flags: options.guardFlags }),
        ...(options.navigablePath === undefined ? {} : { navigablePath: options.navigablePath }),
      });
      const scheme = options.tls === undefined ? 'http' : 'https';
      return { url: `${scheme}://${urlHost(host)}:${chosen}`, ...bound };
    },
    isClosing: () => lifecycle.closing,
    close({ deadlineMs }) {
      const cut = setTimeout(() => {
        server.closeAllConnections();
        // Node's own list has none that went on in another protocol.
        connections.cut();
      }, deadlineMs);
      lifecycle.closing = true;
      closing ??= new Promise((resolve) => {
        // Answers whose headers had left before promised to keep their connection, and some connections never speak.
        const sweep = setInterval(() => {
          connections.closeIdle();
        }, IDLE_SWEEP_MS);
        // Closes idle connections too; fails only where the server never listened, which is as good as closed.
        server.close(() => {
          clearInterval(sweep);
          // The server counts a connection as closed before the connection's own listeners hear of it.
          onConnectionGone = () => {
            if (connections.isEmpty()) resolve();
          };
          onConnectionGone();
        });
      });
      return closing.finally(() => {
        clearTimeout(cut);
      });
    },
  };
}

/** Where a server that listens does so, given what it was asked for. */
export function boundAddress(
  server: Pick<Server, 'address'>,
  host: string,
  port: number,
): { readonly address: string; readonly port: number } {
  const bound = server.address();
  return typeof bound === 'object' && bound !== null
    ? { address: bound.address, port: bound.port }
    : { address: host, port };
}

/**
 * A browser asks before it calls for a page, and brings no token then (Fetch standard, CORS-preflight request). The guard
 * knows the page; the answer is the same whatever is asked for, so it tells nothing.
 */
function isPreflight({ method, headers }: IncomingMessage, { origin }: RequestFacts): boolean {
  return method === 'OPTIONS' && origin !== undefined && headers['access-control-request-method'] !== undefined;
}

function createNodeServer(options: ServerOptions, tls: ListenerTls | undefined): Server {
  if (tls === undefined) return createServer(options);
  return createSecureServer({ ...options, ...tlsOptions(tls) });
}

/** Answers what is no HTTP request, in plain bytes because there is no response object. */
function refuseBrokenRequest(error: Error, socket: Duplex, busy: boolean): void {
  if (!socket.writable || busy) {
    socket.destroy();
    return;
  }
  const code = 'code' in error ? error.code : undefined;
  const [status, message] =
    code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', `Request headers exceed ${MAX_HEADER_BYTES} bytes`]
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'Request did not arrive in time']
        : ['400 Bad Request', 'Malformed HTTP request'];
  const body = errorBody(message);
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
