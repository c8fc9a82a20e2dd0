import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Logger } from '../../contracts/logger.ts';
import { asServingError, ServingError } from '../../contracts/serving-error.ts';
import { UI_PATHS, type UiCommandName } from '../../contracts/ui-commands.ts';
import type { Clock } from '../../core/clock.ts';
import { createBodyReader } from '../http/body.ts';
import { pathOf } from '../http/guard.ts';
import { createHttpListener, type ListenAddress, type Listening } from '../http/listener.ts';
import { type Exchange, HttpStatusError, httpStatusOf, sendJson, sendText } from '../http/reply.ts';
import { isFromOwnPage } from '../http/request-facts.ts';
import { createUiCommandRunner, EncodedJson, type UiCommandHandlers } from './commands.ts';
import { createEventStreams } from './event-streams.ts';
import { LINK_NOT_VALID, NOT_BUILT, NOT_FOUND, type PlainPage, renderPage, SIGN_IN_NEEDED, SIGNED_IN } from './page.ts';
import { createUiSession, type UiSession } from './session.ts';
import { findStaticFile, loadStaticFiles, type StaticFile, type StaticFiles } from './static-files.ts';
import type { UiFeed } from './ui-feed.ts';

const MEBIBYTE = 1024 ** 2;
const MAX_COMMAND_BYTES = MEBIBYTE;
/** Those that carry whole requests of models. */
const MAX_LARGE_COMMAND_BYTES = 24 * MEBIBYTE;
const LARGE_COMMANDS: ReadonlySet<string> = new Set<UiCommandName>(['savePreset', 'addPlayHistory', 'startLoadTest']);
const DAY_MS = 86_400_000;

export interface UiServerOptions {
  /** Folder of the built user interface. */
  readonly staticDirectory: string;
  /** What the build writes where a nonce belongs: Vite's `html.cspNonce`. */
  readonly noncePlaceholder: string;
  /** Identifies this process; the same as in the feed's server view. */
  readonly instanceId: string;
  /** Names besides the loopback ones that the Host header may hold: `name` or `name:port`. */
  readonly allowedHosts?: readonly string[];
  /** How long a sign-in link is valid; default one day, because the printed one may be opened late. */
  readonly signInTtlMs?: number;
  /** Default 15 000. */
  readonly heartbeatMs?: number;
  /** Most bytes that may wait for one reader of the event stream; default 8 MiB. */
  readonly maxStreamBufferBytes?: number;
}

export interface UiServerDeps {
  readonly feed: UiFeed;
  readonly commands: Partial<UiCommandHandlers>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Base URL of the REST endpoint that the page may call. */
  readonly restUrl: () => string;
  /**
   * Called when somebody without a session, or with a used link, asks for the page: whoever runs Slipway may then want a
   * new link. Called as often as it happens.
   */
  readonly onSignInNeeded?: () => void;
}

export interface UiListening extends Listening {
  /** Every origin under which the page may have been opened; the REST endpoint has to allow them. */
  readonly origins: readonly string[];
}

/** The listener of the user interface, apart from the serving port; to be bound to a loopback address. */
export interface UiServer {
  /** @throws ServingError that says who holds the port, or what else is wrong with the address. */
  listen(address: ListenAddress): Promise<UiListening>;
  /** A new link that signs one browser in, once. @throws Error before `listen`. */
  issueSignInUrl(): string;
  /** Ends the event streams, finishes commands, cuts the rest after `deadlineMs`. */
  close(options: { readonly deadlineMs: number }): Promise<void>;
}

/**
 * Serves the page, its event stream and its commands to whoever has the session cookie, and nothing to anybody else.
 */
export function createUiServer(options: UiServerOptions, deps: UiServerDeps): UiServer {
  const { feed, clock, log } = deps;
  const runCommand = createUiCommandRunner(deps.commands);
  const bodies = createBodyReader({ maxBodyBytes: MAX_COMMAND_BYTES, maxBufferedBytes: 16 * MAX_COMMAND_BYTES });
  const largeBodies = createBodyReader({
    maxBodyBytes: MAX_LARGE_COMMAND_BYTES,
    maxBufferedBytes: 4 * MAX_LARGE_COMMAND_BYTES,
  });
  const streams = createEventStreams(feed, {
    instanceId: options.instanceId,
    heartbeatMs: options.heartbeatMs ?? 15_000,
    maxBufferedBytes: options.maxStreamBufferBytes ?? 8 * MEBIBYTE,
    maxStreams: 64,
  });
  const runningCommands = new Map<AbortController, Socket>();
  let session: UiSession | undefined;
  let url = '';
  let files: Promise<StaticFiles | undefined> | undefined;

  const listener = createHttpListener(
    {
      portFlag: 'ui_port',
      allowedHosts: options.allowedHosts ?? [],
      allowedOrigins: ownOrigins,
      navigablePath: UI_PATHS.signIn,
    },
    {
      handle,
      mayUpgrade: (request) =>
        request.method === 'GET' &&
        pathOf(request.url ?? '') === UI_PATHS.events &&
        request.headers.upgrade?.toLowerCase() === 'websocket',
      onConnectionClosed(socket) {
        for (const [abort, each] of runningCommands) {
          if (each === socket) abort.abort(new ServingError('CANCELLED', 'client closed the connection'));
        }
      },
      isBusy: (socket) => streams.has(socket) || [...runningCommands.values()].some((each) => each === socket),
    },
    log,
  );

  async function handle(exchange: Exchange): Promise<void> {
    const { request } = exchange;
    const path = pathOf(request.url ?? '');
    const reads = request.method === 'GET' || request.method === 'HEAD';
    const isCommand = path.startsWith(UI_PATHS.commands);
    if (path === UI_PATHS.signIn && reads) {
      signIn(exchange);
    } else if (session?.isSignedIn(request.headers.cookie) !== true) {
      const error = new ServingError('UNAUTHENTICATED', 'Sign in with the link that Slipway printed when it started');
      if (isCommand) sendCommandError(exchange, error);
      else {
        sendPage(exchange, 401, SIGN_IN_NEEDED);
        // What a page loads by itself, its icon say, is nobody asking.
        if (path === '/') deps.onSignInNeeded?.();
      }
    } else if (isCommand) {
      await command(exchange, path.slice(UI_PATHS.commands.length));
    } else if (!reads) {
      sendCommandError(exchange, new HttpStatusError(405, 'UNIMPLEMENTED', 'Only GET and HEAD are allowed here'));
    } else if (path === UI_PATHS.events) {
      openStream(exchange);
    } else {
      await sendFile(exchange, path);
    }
  }

  function signIn(exchange: Exchange): void {
    const { request, facts } = exchange;
    const token = new URLSearchParams((request.url ?? '').split('?')[1] ?? '').get('token');
    // A look ahead at the link (HEAD, or a browser's prefetch) must not use it up.
    const looksAhead = request.method === 'HEAD' || String(request.headers['sec-purpose'] ?? '').includes('prefetch');
    if (looksAhead) {
      sendPage(exchange, 503, SIGN_IN_NEEDED);
      return;
    }
    const redeemed = token !== null && session?.redeemToken(token) === true;
    if (session === undefined || !(redeemed || session.isSignedIn(request.headers.cookie))) {
      log.warn({}, 'sign-in link refused');
      sendPage(exchange, 401, LINK_NOT_VALID);
      deps.onSignInNeeded?.();
      return;
    }
    const cookie = ['Set-Cookie', `${session.cookieName}=${session.cookieValue}; Path=/; HttpOnly; SameSite=Strict`];
    if (facts.fetchSite === 'cross-site' || facts.fetchSite === 'same-site') {
      // After a redirect the browser would still count the visit as the other site's and keep a strict cookie back.
      sendPage(exchange, 200, SIGNED_IN, cookie);
    } else {
      sendPage(exchange, 303, SIGNED_IN, [...cookie, 'Location', '/']);
    }
  }

  function openStream(exchange: Exchange): void {
    try {
      if (listener.isClosing()) throw new ServingError('UNAVAILABLE', 'Slipway is stopping');
      streams.open(exchange, securityHeaders(newNonce(), deps.restUrl()));
    } catch (error) {
      sendCommandError(exchange, asServingError(error));
    }
  }

  async function command(exchange: Exchange, name: string): Promise<void> {
    const { request, facts } = exchange;
    const { socket } = request;
    const abort = new AbortController();
    try {
      if (request.method !== 'POST') throw new HttpStatusError(405, 'UNIMPLEMENTED', 'Commands are sent by POST');
      if (!isFromOwnPage(facts)) {
        throw new ServingError('PERMISSION_DENIED', 'Commands come from the user interface only (Origin header)');
      }
      if (!/^application\/json(?:;|$)/iu.test(request.headers['content-type'] ?? '')) {
        throw new HttpStatusError(415, 'INVALID_ARGUMENT', 'Commands are sent as Content-Type application/json');
      }
      runningCommands.set(abort, socket);
      const reader = LARGE_COMMANDS.has(name) ? largeBodies : bodies;
      const body = await reader.read(exchange);
      reader.release(body);
      const result = await runCommand(name, parseJson(Buffer.concat(body.chunks).toString()), abort.signal);
      const json = result instanceof EncodedJson ? result.bytes : JSON.stringify(result);
      sendJson(exchange, 200, json, securityHeaders(newNonce(), deps.restUrl()));
    } catch (thrown) {
      const error = asServingError(thrown);
      if (error.code === 'INTERNAL') log.error({ command: name.slice(0, 50), error }, 'command failed');
      if (!socket.destroyed) sendCommandError(exchange, error);
    } finally {
      runningCommands.delete(abort);
    }
  }

  async function sendFile(exchange: Exchange, path: string): Promise<void> {
    const all = await files;
    const file = all === undefined ? undefined : findStaticFile(all, path);
    if (all === undefined || all.size === 0) {
      sendPage(exchange, 503, NOT_BUILT);
    } else if (file === undefined) {
      sendPage(exchange, 404, NOT_FOUND);
    } else {
      sendStaticFile(exchange, file);
    }
  }

  function sendStaticFile({ response, lifecycle }: Exchange, file: StaticFile): void {
    const nonce = newNonce();
    const body = file.isPage
      ? Buffer.from(file.body.toString('utf8').replaceAll(options.noncePlaceholder, nonce))
      : file.body;
    if (lifecycle.closing) response.shouldKeepAlive = false;
    response
      .writeHead(200, [
        'Content-Type',
        file.contentType,
        'Content-Length',
        String(body.length),
        'Cache-Control',
        file.cacheControl,
        'X-Content-Type-Options',
        'nosniff',
        ...securityHeaders(nonce, deps.restUrl()),
      ])
      .end(body);
  }

  function sendPage(exchange: Exchange, status: number, page: PlainPage, headers: readonly string[] = []): void {
    const nonce = newNonce();
    sendText(exchange, status, 'text/html; charset=utf-8', renderPage(page, nonce), [
      ...securityHeaders(nonce, deps.restUrl()),
      ...headers,
    ]);
  }

  function sendCommandError(exchange: Exchange, error: ServingError): void {
    const json = JSON.stringify({ code: error.code, message: error.message });
    sendJson(exchange, httpStatusOf(error), json, securityHeaders(newNonce(), deps.restUrl()));
  }

  return {
    async listen(address) {
      files = loadStaticFiles(options.staticDirectory).catch((error: unknown) => {
        log.error({ error }, 'files of the user interface cannot be read');
        return undefined;
      });
      const listening = await listener.listen(address);
      session = createUiSession(listening.port, options.signInTtlMs ?? DAY_MS, () => clock.now());
      ({ url } = listening);
      return { ...listening, origins: ownOrigins(listening.port) };
    },
    issueSignInUrl() {
      if (session === undefined) throw new Error('the UI server does not listen yet');
      return `${url}${UI_PATHS.signIn}?token=${session.issueToken()}`;
    },
    close(closeOptions) {
      const closing = listener.close(closeOptions);
      streams.closeAll();
      return closing;
    },
  };
}

function ownOrigins(port: number): readonly string[] {
  // A browser leaves the default port out of the origin.
  const suffix = port === 80 ? '' : `:${port}`;
  return ['127.0.0.1', 'localhost', '[::1]'].map((host) => `http://${host}${suffix}`);
}

function newNonce(): string {
  return randomBytes(16).toString('base64');
}

/** The page may call the REST API at any port: it may move while the page is open. */
function securityHeaders(nonce: string, restUrl: string): readonly string[] {
  const { protocol, hostname } = new URL(restUrl);
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    `connect-src 'self' ${protocol}//${hostname}:*`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return [
    'Content-Security-Policy',
    policy.join('; '),
    'Referrer-Policy',
    'no-referrer',
    'Cross-Origin-Opener-Policy',
    'same-origin',
    'Cross-Origin-Resource-Policy',
    'same-origin',
  ];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ServingError('INVALID_ARGUMENT', 'The command is not valid JSON', { cause: error });
  }
}
