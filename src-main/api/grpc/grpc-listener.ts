import type { Http2Session } from 'node:http2';
import { createServer, type Socket } from 'node:net';
import { createServer as createSecureServer, Server as SecureServer } from 'node:tls';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { ServingError } from '../../contracts/serving-error.ts';
import type { Access } from '../http/access.ts';
import { createGuard, type Guard } from '../http/guard.ts';
import { createStrangers } from '../http/strangers.ts';
import { describeListenError } from '../http/listen-error.ts';
import { boundAddress, type CloseOptions, type ListenAddress } from '../http/listener.ts';
import { tlsOptions, useCertificate } from '../http/tls.ts';
import { urlHost } from '../http/url-host.ts';
import { type CallContext, type GrpcCall, StreamCall, UnaryCall, UnknownCall } from './grpc-call.ts';
import type { GrpcMethods } from './grpc-method.ts';
import type { GrpcServerDeps, GrpcServerOptions } from './grpc-options.ts';
import { createHealthService, type HealthService } from './health-service.ts';
import { openLibrary } from './library-internals.ts';
import { modelService } from './model-service.ts';
import { createTargetReader } from './model-spec.ts';
import { predictionService } from './prediction-service.ts';
import type { ProtoSchema } from './proto-schema.ts';
import { reflectionServices } from './reflection-service.ts';

/** Calls that one connection may have open; more wait at the client. */
const MAX_STREAMS = 1024;
/** A connection without a call for so long is told good-bye, as clients themselves do; the next call opens a new one. */
const MAX_IDLE_MS = 30 * 60 * 1000;
/** Time for a message to arrive. */
const REQUEST_TIMEOUT_MS = 300_000;
/** Time for which a connection may take nothing of a response. */
const WRITE_TIMEOUT_MS = 60_000;
/** Connections at one time. */
const MAX_CONNECTIONS = 1024;
/** How often both times are looked at. */
const TIMEOUT_CHECK_MS = 5000;
/** After so long without a sign of life a connection is asked for one, and closed without an answer. */
const KEEPALIVE_MS = 2 * 60 * 60 * 1000;
/** Time for a new connection to show that it speaks TLS, and HTTP/2. */
const GREETING_TIMEOUT_MS = 10_000;
/** Time for the last answers to leave before their connections are cut. */
const CUT_GRACE_MS = 100;
/** After so many looks without an open call, while the server closes, connections that are still there are cut. */
const IDLE_SWEEPS = 20;
const IDLE_SWEEP_MS = 50;
/** Refused calls are logged as warnings at most this often. */
const REFUSAL_LOG_MS = 1000;

/** Where a server listens, to be called so from this computer. */
export interface GrpcListening {
  /** As `127.0.0.1:8500`; a wildcard address is shown as the loopback address. */
  readonly address: string;
  readonly port: number;
}

interface GrpcListenerDeps extends GrpcServerDeps {
  readonly schema: ProtoSchema;
  /** Shared by all listeners of a server. */
  readonly memory: CallContext['memory'];
  readonly maxMessageBytes: number;
  /** See {@link CallContext.access}. */
  readonly access: Access | undefined;
}

/** A server of the gRPC API at one address. */
export interface GrpcListener {
  /** @throws ServingError that says who holds the port, or what else is wrong with the address or the certificate. */
  listen(address: ListenAddress): Promise<GrpcListening>;
  /** To be called when the list of configured models changed. */
  modelsChanged(): void;
  /** To be called when somebody may not call any more: ends the streams of those. */
  accessChanged(): void;
  /** Stops accepting, finishes what is in flight, cuts the rest after `deadlineMs`. May be called again to hurry. */
  close(options: CloseOptions): Promise<void>;
}

export function createGrpcListener(options: GrpcServerOptions, deps: GrpcListenerDeps): GrpcListener {
  const { log, observer, schema, maxMessageBytes } = deps;
  const greetingTimeoutMs = options.greetingTimeoutMs ?? GREETING_TIMEOUT_MS;
  const requestTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  const writeTimeoutMs = options.writeTimeoutMs ?? WRITE_TIMEOUT_MS;
  const sockets = new Set<Socket>();
  const socketsOf = new WeakMap<Http2Session, Socket>();
  let injected: Socket | undefined;
  const open = new Set<GrpcCall>();
  const sending = new Set<GrpcCall>();
  let guard: Guard = () => 'server is not open yet';
  let health: HealthService | undefined;
  let server: Server | undefined;
  let closing: Promise<void> | undefined;
  const stopping = new AbortController();
  let lastRefusalMs = -Infinity;
  let timeoutCheck: NodeJS.Timeout | undefined;

  const netServer =
    options.tls === undefined
      ? createServer({ noDelay: true })
      : createSecureServer({ ...tlsOptions(options.tls, greetingTimeoutMs), ALPNProtocols: ['h2'], noDelay: true });
  netServer.on('error', (error) => {
    if (netServer.listening) log.error({ error }, 'listener failed');
  });
  netServer.maxConnections = options.maxConnections ?? MAX_CONNECTIONS;
  const strangers = deps.access && createStrangers(options.strangers);
  netServer.on('drop', () => {
    log[refusalLevel()]({ connections: netServer.maxConnections }, 'connection refused: too many are open');
  });

  /** A client that keeps trying must not fill the log. */
  function refusalLevel(): 'warn' | 'debug' {
    if (performance.now() - lastRefusalMs <= REFUSAL_LOG_MS) return 'debug';
    lastRefusalMs = performance.now();
    return 'warn';
  }

  const createMethods = (): GrpcMethods => {
    const readTarget = createTargetReader(deps.labels);
    if (options.healthService ?? true)
      health = createHealthService({ ...deps, maxWatches: options.maxWatches, schema });
    const methods = {
      ...predictionService({ ...deps, readTarget, schema }),
      ...modelService({ ...deps, closing: stopping.signal, readTarget, schema }),
      ...health?.methods,
    };
    const present = schema.services.filter(
      (service) =>
        service.startsWith('grpc.reflection.') || Object.keys(methods).some((path) => path.startsWith(`/${service}/`)),
    );
    return { ...methods, ...reflectionServices(schema, present) };
  };

  const context: CallContext = {
    guard: (request) => guard(request),
    access: deps.access,
    observer,
    onLetIn: (ends) => strangers?.letIn(ends),
    onFailure: (path, error) => log.error({ path, error }, 'call failed unexpectedly'),
    onRefused(path, call) {
      deps.onRefused?.(call);
      log[refusalLevel()]({ path, reason: call.reason }, 'call refused');
    },
    open,
    cutConnection: (session) => socketsOf.get(session)?.destroy(),
    sending,
    maxMessageBytes,
    memory: deps.memory,
  };

  return {
    async listen({ host, port }) {
      const library = createLibraryServer(
        {
          'grpc.max_concurrent_streams': MAX_STREAMS,
          'grpc.max_connection_idle_ms': MAX_IDLE_MS,
          'grpc.keepalive_time_ms': KEEPALIVE_MS,
          // Nobody asks for its statistics, and they keep what they are about for ever.
          'grpc.enable_channelz': 0,
          ...options.channelArguments,
          'grpc.max_receive_message_length': maxMessageBytes,
          'grpc.max_send_message_length': maxMessageBytes,
        },
        createMethods(),
        context,
      );
      // The sockets are ours, TLS included: so a port in use is described, limits are as for HTTP, and none is left open.
      const injector = library.createConnectionInjector(ServerCredentials.createInsecure());
      const inject = (socket: Socket): void => {
        injected = socket;
        injector.injectConnection(socket);
        injected = undefined;
      };
      openLibrary(library, (session) => {
        if (injected !== undefined) socketsOf.set(session, injected);
        // Also where HTTP/2 was begun and not gone on with.
        const greeting = setTimeout(() => session.destroy(), greetingTimeoutMs);
        session.once('remoteSettings', () => clearTimeout(greeting));
        session.once('close', () => clearTimeout(greeting));
      });
      if (options.tls !== undefined && netServer instanceof SecureServer) useCertificate(netServer, options.tls);
      try {
        await new Promise<void>((resolve, reject) => {
          netServer.once('error', reject);
          netServer.listen({ host, port, exclusive: true }, () => {
            netServer.off('error', reject);
            resolve();
          });
        });
      } catch (error) {
        library.forceShutdown();
        health?.close();
        throw await describeListenError(error, { host, port, portFlag: 'port' });
      }
      const { port: chosen } = boundAddress(netServer, host, port);
      guard = createGuard({
        port: chosen,
        allowedHosts: options.allowedHosts ?? [],
        allowedOrigins: [],
        flags: { allowHosts: '--rest_api_allowed_hosts' },
      });
      server = library;
      timeoutCheck = setInterval(
        () => {
          const now = performance.now();
          for (const call of open) call.failIfWaitingSince(now - requestTimeoutMs);
          for (const call of sending) call.cutIfStalled(now, writeTimeoutMs);
        },
        Math.min(TIMEOUT_CHECK_MS, requestTimeoutMs, writeTimeoutMs),
      );
      netServer.on('connection', (socket: Socket) => {
        sockets.add(socket);
        if (deps.access?.([], socket)) strangers?.arrived(socket);
        socket.once('close', () => sockets.delete(socket));
        // A client that was told good-bye has to say it too.
        socket.once('finish', () => setTimeout(() => socket.destroy(), greetingTimeoutMs).unref());
        if (options.tls === undefined) inject(socket);
      });
      netServer.on('secureConnection', (socket: Socket) => {
        // Of no use to anyone, and fatal where nobody hears of it.
        socket.on('error', (error) => log.debug({ reason: error.message }, 'connection failed'));
        inject(socket);
      });
      netServer.on('tlsClientError', (error: Error, socket: Socket) => {
        log.debug({ reason: error.message }, 'TLS handshake failed');
        socket.destroy();
      });
      return { address: `${urlHost(host)}:${chosen}`, port: chosen };
    },
    modelsChanged() {
      health?.modelsChanged();
    },
    accessChanged() {
      // Other calls end by themselves, soon.
      for (const call of open) if (call instanceof StreamCall) call.checkAccess();
    },
    close({ deadlineMs }) {
      let cut = setTimeout(() => {
        giveUpCalls();
        cut = setTimeout(() => {
          giveUpCalls();
          server?.forceShutdown();
          for (const socket of sockets) socket.destroy();
        }, CUT_GRACE_MS);
      }, deadlineMs);
      closing ??= shutDown().finally(() => log.debug({}, 'gRPC listener closed'));
      return closing.finally(() => {
        clearTimeout(cut);
      });
    },
  };

  /** Tells clients and observer who it was that ended the calls; of a connection that is cut, neither could know. */
  function giveUpCalls(): void {
    for (const call of open) call.giveUp(shuttingDown());
  }

  async function shutDown(): Promise<void> {
    // Reloads wait for models, which do not come any more.
    stopping.abort(shuttingDown());
    const listenerClosed = new Promise<void>((resolve) => {
      // Fails only where it never listened, which is as good as closed.
      netServer.close(() => resolve());
    });
    health?.drain();
    // Streams last as long as their client likes; those of inference end by themselves.
    for (const call of open) {
      if (call instanceof StreamCall) call.fail(shuttingDown());
    }
    // Says good-bye on each connection, which closes when its calls are answered. It does not wait for that.
    server?.tryShutdown(() => undefined);
    // Connections in a TLS handshake are none that the library could close.
    let idleSweeps = 0;
    const sweep = setInterval(() => {
      idleSweeps = open.size === 0 ? idleSweeps + 1 : 0;
      if (idleSweeps < IDLE_SWEEPS) return;
      for (const socket of sockets) socket.destroy();
    }, IDLE_SWEEP_MS);
    await listenerClosed;
    clearInterval(sweep);
    clearInterval(timeoutCheck);
    health?.close();
  }
}

function shuttingDown(): ServingError {
  return new ServingError('UNAVAILABLE', 'server is shutting down');
}

/** Makes the library hand every call to ours. */
function createLibraryServer(
  options: Readonly<Record<string, string | number>>,
  methods: GrpcMethods,
  context: CallContext,
): Server {
  const byPath = new Map(Object.entries(methods));
  return new Server({
    ...options,
    interceptors: [
      ({ path }, base) => {
        const method = byPath.get(path);
        if (method === undefined) return new UnknownCall(path, 'other', base, context);
        return method.kind === 'unary'
          ? new UnaryCall(method.handle, path, method.api, base, context, method.maxRequestBytes)
          : new StreamCall(method.open, path, method.api, base, context, method.maxRequestBytes);
      },
    ],
  });
}
