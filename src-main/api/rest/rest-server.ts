import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ServableName, ServableVersion } from '../../contracts/ids.ts';
import type { Logger } from '../../contracts/logger.ts';
import type { InferenceResponse, ModelServable } from '../../contracts/model-servable.ts';
import {
  type ApiMethod,
  OWN_CLIENTS,
  type RefusalObserver,
  type RequestObserver,
} from '../../contracts/request-outcome.ts';
import { MODEL_VERSION_HEADER } from '../../contracts/rest.ts';
import { asServingError, ServingError } from '../../contracts/serving-error.ts';
import type { ServableHandle, ServableHandles } from '../../core/servable-handle.ts';
import type { ServableStates, VersionStatus } from '../../core/servable-state-monitor.ts';
import type { VersionLabels } from '../../core/version-labels.ts';
import { type Body, createBodyReader } from '../http/body.ts';
import { acceptsGzip, compress, COMPRESS_FROM_BYTES } from '../http/compression.ts';
import type { CorsOptions, GuardFlags } from '../http/guard.ts';
import type { Access } from '../http/access.ts';
import {
  type CloseOptions,
  createHttpListener,
  type HttpListener,
  type ListenAddress,
  type ListenerTls,
  type OpenListener,
} from '../http/listener.ts';
import type { StrangersOptions } from '../http/strangers.ts';
import { errorBody, type Exchange, HttpStatusError, httpStatusOf, sendError, sendText } from '../http/reply.ts';
import { findVersions, isServed } from '../model-status.ts';
import { metadataJson, modelListJson, statusJson } from './model-json.ts';
import { createPendingCalls } from './pending-calls.ts';
import { createRouteReader, METHODS, type ModelTarget, type RestMethod, type Route } from './route.ts';

const GIBIBYTE = 1024 ** 3;
/** A body announced larger than this is refused before it is sent where its model does not serve. */
const ASK_FIRST_BYTES = 1024 * 1024;
/** Answers up to this size are written together with their headers. */
const MAX_TEXT_BYTES = 4096;
/** How long a browser may remember the answer to a preflight. */
const PREFLIGHT_SECONDS = 600;
const JSON_TYPE = 'application/json';
/** What the refusals name, so that whoever reads one knows the way out. */
const GUARD_FLAGS: GuardFlags = {
  allowHosts: '--rest_api_allowed_hosts',
  origins: { allowLocal: '--rest_api_enable_cors_support', allow: '--rest_api_allowed_origins' },
};

export interface RestServerOptions {
  /** Time a model has for one request; default 30 000. */
  readonly timeoutMs?: number;
  /** Largest request body, as sent and inflated; default 1 GiB. */
  readonly maxBodyBytes?: number;
  /** Largest sum of request bodies held at one time; default twice `maxBodyBytes`. */
  readonly maxBufferedBytes?: number;
  /** Names besides the loopback ones that the Host header may hold: `name` or `name:port`. */
  readonly allowedHosts?: readonly string[];
  /**
   * The user interface's own origins, whose pages may call. Read for each request, so they can be added when its listener
   * is open.
   */
  readonly allowedOrigins?: readonly string[];
  /** Default: no further pages. */
  readonly cors?: CorsOptions;
  /** Undefined: HTTP in the clear. */
  readonly tls?: ListenerTls;
  /** Time for a connection's request headers to be complete; default 10 000. */
  readonly headersTimeoutMs?: number;
  /** Time for a whole request to arrive; default 300 000. */
  readonly requestTimeoutMs?: number;
  /** How connections are limited that nobody with access uses, where callers need a token. */
  readonly strangers?: StrangersOptions;
}

/** The page that Prometheus reads. */
interface MetricsPage {
  /** Where TensorFlow Serving's users look: `/monitoring/prometheus/metrics`. */
  readonly path: string;
  render(): Promise<{ readonly contentType: string; readonly body: string }>;
}

export interface RestServerDeps {
  readonly handles: ServableHandles<ModelServable>;
  readonly states: ServableStates;
  readonly labels: VersionLabels;
  /** Names of the models that are configured now; `/readyz` and the list of models go by them. */
  readonly models: () => readonly ServableName[];
  readonly log: Logger;
  /**
   * Is told of every call under `/v1` that passed the guard, malformed ones included; not of health, readiness and metrics,
   * which only machines ask for, not of a browser's question before a page's call, and not of unknown paths.
   */
  readonly observe?: RequestObserver;
  readonly onRefused?: RefusalObserver;
  readonly metrics?: MetricsPage;
}

/** The public REST endpoint, at any number of addresses; what limits its memory counts for all together. */
export interface RestServer {
  /**
   * Listens at one more address.
   * @param access who may call there; undefined: everybody who reaches the port.
   * @throws ServingError that says who holds the port, or what else is wrong with the address; INVALID_ARGUMENT for TLS or
   *   CORS options that do not work.
   */
  listen(address: ListenAddress, access?: Access): Promise<OpenListener>;
  /** Closes all that are open, as {@link OpenListener.close}. */
  close(options: CloseOptions): Promise<void>;
}

/** A call that the observer is going to be told of, as far as it is known. */
interface Sighting {
  readonly method: ApiMethod;
  readonly model: string;
  readonly client: string | undefined;
  readonly startedMs: number;
  version: ServableVersion | undefined;
  body: Body | undefined;
}

/** How a call ended; a response is there where a model gave one. */
interface Ending {
  readonly httpStatus: number;
  readonly error?: ServingError;
  readonly response?: InferenceResponse;
  /** Of an answer that no model gave. */
  readonly responseBytes?: number;
}

/**
 * Serves TensorFlow Serving's REST API (model_servers/http_rest_api_handler.cc), and besides it the list of models,
 * `/healthz` (this process answers), `/readyz` (every configured model has an available version) and the metrics' page.
 */
export function createRestServer(options: RestServerOptions, deps: RestServerDeps): RestServer {
  const { handles, states, labels, models, log, observe, onRefused, metrics } = deps;
  const maxBodyBytes = options.maxBodyBytes ?? GIBIBYTE;
  const allowedOrigins = options.allowedOrigins ?? [];
  const bodies = createBodyReader({ maxBodyBytes, maxBufferedBytes: options.maxBufferedBytes ?? 2 * maxBodyBytes });
  const calls = createPendingCalls(options.timeoutMs ?? 30_000);
  const readRoute = createRouteReader(metrics?.path);
  /** Requests whose answers are being prepared after the call itself has ended. */
  const preparing = new Set<IncomingMessage>();

  const listeners = new Set<HttpListener>();

  const createListener = (access: Access | undefined): HttpListener =>
    createHttpListener(
      {
        portFlag: 'rest_api_port',
        allowedHosts: options.allowedHosts ?? [],
        allowedOrigins: () => allowedOrigins,
        ...(options.cors === undefined ? {} : { cors: options.cors }),
        guardFlags: GUARD_FLAGS,
        ...(access === undefined ? {} : { access }),
        ...(options.tls === undefined ? {} : { tls: options.tls }),
        ...(options.headersTimeoutMs === undefined ? {} : { headersTimeoutMs: options.headersTimeoutMs }),
        ...(options.requestTimeoutMs === undefined ? {} : { requestTimeoutMs: options.requestTimeoutMs }),
        ...(options.strangers === undefined ? {} : { strangers: options.strangers }),
      },
      {
        handle(exchange) {
          const { request } = exchange;
          const route = readRoute(request.method ?? '', request.url ?? '');
          const sighting = observe === undefined ? undefined : sightingOf(route, clientOf(exchange));
          if (route.kind === 'inference') return runInference(exchange, route.method, route.target, sighting);
          return answer(exchange, route, sighting);
        },
        onConnectionClosed(socket: Socket) {
          calls.connectionClosed(socket);
        },
        onRefused(call) {
          onRefused?.({ entrypoint: 'REST', ...call });
        },
        isBusy: (socket) => calls.has(socket) || [...preparing].some((request) => request.socket === socket),
      },
      log,
    );

  const tell = (sighting: Sighting, { httpStatus, error, response, responseBytes = 0 }: Ending): void => {
    const { method, model, version, client, startedMs, body } = sighting;
    const durationMs = performance.now() - startedMs;
    observe?.({
      entrypoint: 'REST',
      method,
      model,
      version,
      code: error?.code ?? 'OK',
      httpStatus,
      client,
      error: error?.message,
      startedAtMs: Date.now() - durationMs,
      durationMs,
      queueMs: response?.queueMs,
      runMs: response?.runMs,
      batchRows: response?.batchRows,
      rows: response?.rows,
      runRows: response?.runRows,
      paddingRows: response?.paddingRows,
      requestBytes: body?.bytes ?? 0,
      responseBytes: response?.body.byteLength ?? responseBytes,
      requestBody: body?.chunks ?? [],
      responseBody: response?.body,
      encoding: 'json',
    });
  };

  /** The guard let the origin pass, so that a page of the user interface is one. */
  const clientOf = ({ facts: { origin, userAgent } }: Exchange): string | undefined =>
    origin !== undefined && allowedOrigins.includes(origin) ? OWN_CLIENTS.playground : userAgent;

  /** Every route but those of a model's methods. */
  async function answer(
    exchange: Exchange,
    route: Exclude<Route, { kind: 'inference' }>,
    sighting: Sighting | undefined,
  ): Promise<void> {
    const send = (status: number, text: string, headers: readonly string[] = [], type = JSON_TYPE): Promise<void> =>
      sendWhole(exchange, status, type, text, headers).then(() => {
        if (sighting !== undefined) tell(sighting, { httpStatus: status, responseBytes: Buffer.byteLength(text) });
      });
    try {
      switch (route.kind) {
        case 'status':
          await send(200, statusJson(findStatus(route.target)));
          return;
        case 'metadata': {
          const { version, json } = readMetadata(route.target);
          if (sighting !== undefined) sighting.version = version;
          await send(200, json, [MODEL_VERSION_HEADER, version]);
          return;
        }
        case 'models':
          await send(200, modelListJson(models().map((name) => [name, states.versions(name)])));
          return;
        case 'health':
          await send(200, '{"status": "ok"}\n');
          return;
        case 'readiness': {
          const readiness = readReadiness(models(), states, exchange.lifecycle.closing);
          await send(readiness.ready ? 200 : 503, `${JSON.stringify(readiness)}\n`);
          return;
        }
        case 'metrics': {
          if (metrics === undefined) throw new ServingError('NOT_FOUND', 'There are no metrics');
          const { contentType, body } = await prepare(exchange, metrics.render());
          await send(200, body, [], contentType);
          return;
        }
        case 'preflight':
          await send(200, '', preflightHeaders(exchange), 'text/plain');
          return;
        case 'methodNotAllowed': {
          const error = new HttpStatusError(405, 'UNIMPLEMENTED', `Method not allowed; allowed are ${route.allowed}`);
          sendError(exchange, error, ['Allow', route.allowed, ...corsHeaders(exchange)]);
          return;
        }
        case 'missingName':
          throw new ServingError('INVALID_ARGUMENT', 'Missing model name in request.');
        case 'malformed':
          throw new ServingError('INVALID_ARGUMENT', route.message);
        case 'unknown':
          throw new ServingError('NOT_FOUND', route.message);
        default:
          route satisfies never;
      }
    } catch (thrown) {
      const error = asServingError(thrown);
      if (error.code === 'INTERNAL') log.error({ route: route.kind, error }, 'request failed unexpectedly');
      fail(exchange, error, corsHeaders(exchange), sighting);
    }
  }

  function readMetadata(target: ModelTarget): { readonly version: ServableVersion; readonly json: string } {
    using handle = acquire(target);
    const { name, version } = handle.id;
    return { version, json: metadataJson(name, version, handle.servable.info.signature) };
  }

  async function runInference(
    exchange: Exchange,
    method: RestMethod,
    target: ModelTarget,
    sighting: Sighting | undefined,
  ): Promise<void> {
    const cors = corsHeaders(exchange);
    let body: Body | undefined;
    try {
      if (exchange.awaitsContinue || (exchange.facts.contentLength ?? 0) > ASK_FIRST_BYTES) {
        // A version is not pinned while a long upload trickles in; whether it serves is asked before, and again after.
        acquire(target)[Symbol.dispose]();
      }
      body = await bodies.read(exchange);
      if (sighting !== undefined) sighting.body = body;
      using handle = acquire(target);
      if (sighting !== undefined) sighting.version = handle.id.version;
      await infer(exchange, method, handle, body, cors, sighting);
    } catch (error) {
      fail(exchange, asServingError(error), cors, sighting);
    } finally {
      if (body !== undefined) bodies.release(body);
    }
  }

  async function infer(
    exchange: Exchange,
    method: RestMethod,
    handle: ServableHandle<ModelServable>,
    body: Body,
    cors: readonly string[],
    sighting: Sighting | undefined,
  ): Promise<void> {
    const { request, response } = exchange;
    const { version } = handle.id;
    const failed = (error: ServingError): void => {
      if (error.code === 'INTERNAL') log.error({ servable: handle.id.name, version, error }, `${method} failed`);
      fail(exchange, error, [MODEL_VERSION_HEADER, version, ...cors], sighting);
    };
    // Answers at once when the call is given up, however long the servable takes to notice.
    const call = calls.begin(request.socket, handle.signal, failed);
    try {
      const result = await handle.servable.infer(
        { method, encoding: 'json', body: body.chunks, bodyBytes: body.bytes },
        call.signal,
      );
      if (!calls.end(call)) return;
      if (result.body.byteLength >= COMPRESS_FROM_BYTES) {
        await sendLarge(exchange, 200, result.body, [
          'Content-Type',
          JSON_TYPE,
          MODEL_VERSION_HEADER,
          version,
          'X-Content-Type-Options',
          'nosniff',
        ]);
      } else {
        const head = [
          'Content-Type',
          JSON_TYPE,
          'Content-Length',
          String(result.body.byteLength),
          MODEL_VERSION_HEADER,
          version,
          'X-Content-Type-Options',
          'nosniff',
        ];
        if (cors.length > 0) head.push(...cors);
        if (exchange.lifecycle.closing) response.shouldKeepAlive = false;
        response.writeHead(200, head);
        sendBytes(response, result.body);
      }
      if (sighting !== undefined) tell(sighting, { httpStatus: 200, response: result });
    } catch (error) {
      if (calls.end(call)) failed(asServingError(error));
    }
  }

  /** Sends what an answer holds: small texts at once. */
  async function sendWhole(
    exchange: Exchange,
    status: number,
    contentType: string,
    text: string,
    headers: readonly string[],
  ): Promise<void> {
    const { request, facts } = exchange;
    if (text.length < COMPRESS_FROM_BYTES || request.method === 'HEAD' || facts.hasBody) {
      sendText(exchange, status, contentType, text, [...headers, ...corsHeaders(exchange)]);
      return;
    }
    const head = ['Content-Type', contentType, 'X-Content-Type-Options', 'nosniff', 'Cache-Control', 'no-store'];
    await sendLarge(exchange, status, Buffer.from(text), [...head, ...headers]);
  }

  /** Sends a body that is worth being compressed, where the client takes that. */
  async function sendLarge(
    exchange: Exchange,
    status: number,
    bytes: Uint8Array,
    headers: readonly string[],
  ): Promise<void> {
    const { response, facts } = exchange;
    const head = [...headers, ...corsHeaders(exchange, 'Accept-Encoding')];
    // Without memory to compress, as it is.
    const compressed = acceptsGzip(facts.acceptEncoding)
      ? await prepare(
          exchange,
          compress(bytes).catch(() => undefined),
        )
      : undefined;
    if (compressed !== undefined) head.push('Content-Encoding', 'gzip');
    const sent = compressed ?? bytes;
    if (response.headersSent || response.destroyed) return;
    head.push('Content-Length', String(sent.byteLength));
    if (exchange.lifecycle.closing) response.shouldKeepAlive = false;
    response.writeHead(status, head);
    response.end(sent);
  }

  /** Waits for a part of the answer, in which time the connection counts as busy. */
  async function prepare<T>({ request }: Exchange, part: Promise<T>): Promise<T> {
    preparing.add(request);
    try {
      return await part;
    } finally {
      preparing.delete(request);
    }
  }

  function fail(
    exchange: Exchange,
    error: ServingError,
    headers: readonly string[],
    sighting: Sighting | undefined,
  ): void {
    const httpStatus = httpStatusOf(error);
    if (exchange.request.socket.destroyed) {
      log.debug({ code: error.code, status: httpStatus }, 'client went away');
    } else {
      sendError(exchange, error, headers);
    }
    if (sighting !== undefined) {
      tell(sighting, { httpStatus, error, responseBytes: Buffer.byteLength(errorBody(error.message)) });
    }
  }

  function acquire(target: ModelTarget): ServableHandle<ModelServable> {
    return handles.acquire(target.name, versionOf(target));
  }

  function findStatus(target: ModelTarget): readonly VersionStatus[] {
    return findVersions(states, target.name, () => versionOf(target));
  }

  function versionOf({ name, version, label }: ModelTarget): ServableVersion | undefined {
    return label === undefined ? version : labels.resolve(name, label);
  }

  return {
    async listen(address, access) {
      const listener = createListener(access);
      const listening = await listener.listen(address);
      listeners.add(listener);
      const close = async (closeOptions: CloseOptions): Promise<void> => {
        await listener.close(closeOptions);
        listeners.delete(listener);
      };
      return { ...listening, close };
    },
    async close(closeOptions) {
      await Promise.all([...listeners].map((listener) => listener.close(closeOptions)));
    },
  };
}

/** @returns undefined for what no observer is told of. */
function sightingOf(route: Route, client: string | undefined): Sighting | undefined {
  const common = { client, startedMs: performance.now(), version: undefined, body: undefined };
  switch (route.kind) {
    case 'inference':
      return { method: route.method, model: route.target.name, ...common };
    case 'status':
    case 'metadata':
      return { method: route.kind, model: route.target.name, ...common };
    case 'models':
    case 'missingName':
    case 'malformed':
      return { method: 'other', model: '', ...common };
    case 'preflight':
    case 'health':
    case 'readiness':
    case 'metrics':
    case 'methodNotAllowed':
    case 'unknown':
      return undefined;
    default:
      return route satisfies never;
  }
}

/**
 * The guard let the origin pass, so it is an allowed one where there is one.
 * @param varies the request header, besides Origin, by which the answer differs.
 */
function corsHeaders({ facts }: Exchange, varies?: string): readonly string[] {
  if (facts.origin === undefined) return varies === undefined ? [] : ['Vary', varies];
  return [
    'Access-Control-Allow-Origin',
    facts.origin,
    'Vary',
    varies === undefined ? 'Origin' : `Origin, ${varies}`,
    'Access-Control-Expose-Headers',
    MODEL_VERSION_HEADER,
  ];
}

/** Ends the response with these bytes. */
function sendBytes(response: ServerResponse, bytes: Uint8Array): void {
  if (bytes.byteLength > MAX_TEXT_BYTES) {
    response.end(bytes);
    return;
  }
  // As text, head and body leave in one write; latin1 maps each byte to one character and back.
  const { buffer, byteOffset, byteLength } = bytes;
  response.end(Buffer.from(buffer, byteOffset, byteLength).toString('latin1'), 'latin1');
}

interface Readiness {
  readonly ready: boolean;
  readonly draining: boolean;
  readonly modelsConfigured: number;
  readonly modelsAvailable: number;
  readonly notAvailable: readonly ServableName[];
}

function readReadiness(names: readonly ServableName[], states: ServableStates, draining: boolean): Readiness {
  const notAvailable = names.filter((name) => !isServed(states, name));
  return {
    ready: notAvailable.length === 0 && !draining,
    draining,
    modelsConfigured: names.length,
    modelsAvailable: names.length - notAvailable.length,
    notAvailable,
  };
}

/** Upstream's answer to OPTIONS (model_servers/http_server.cc) as the Fetch standard asks for it. */
function preflightHeaders({ facts }: Exchange): readonly string[] {
  if (facts.origin === undefined) return ['Allow', METHODS];
  return [
    'Access-Control-Allow-Methods',
    METHODS,
    'Access-Control-Allow-Headers',
    'Authorization, Content-Type, Content-Encoding',
    'Access-Control-Max-Age',
    String(PREFLIGHT_SECONDS),
    // Asked for by browsers before a page on the network may call a loopback address.
    'Access-Control-Allow-Private-Network',
    'true',
  ];
}
