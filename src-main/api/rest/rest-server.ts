import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ServableName } from '../../contracts/ids.ts';
import type { Logger } from '../../contracts/logger.ts';
import type { ModelServable } from '../../contracts/model-servable.ts';
import { MODEL_VERSION_HEADER } from '../../contracts/rest.ts';
import { asServingError, ServingError } from '../../contracts/serving-error.ts';
import type { ServableHandle, ServableHandles } from '../../core/servable-handle.ts';
import type { ServableStates } from '../../core/servable-state-monitor.ts';
import { type Body, createBodyReader } from '../http/body.ts';
import { createHttpListener, type ListenAddress, type Listening } from '../http/listener.ts';
import { type Exchange, HttpStatusError, httpStatusOf, sendError, sendJson, sendText } from '../http/reply.ts';
import { metadataJson, modelListJson, statusJson } from './model-json.ts';
import { createPendingCalls } from './pending-calls.ts';
import { createRouteReader, METHODS, type ModelTarget, type Route } from './route.ts';

const GIBIBYTE = 1024 ** 3;
/** A body announced larger than this is refused before it is sent where its model does not serve. */
const ASK_FIRST_BYTES = 1024 * 1024;
/** Answers up to this size are written together with their headers. */
const MAX_TEXT_BYTES = 4096;
/** How long a browser may remember the answer to a preflight. */
const PREFLIGHT_SECONDS = 600;

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
   * Origins whose pages may call (exact): the user interface's own, and what the user allows. Read for each request, so
   * the user interface's can be added when its listener is open.
   */
  readonly allowedOrigins?: readonly string[];
  /** Time for a connection's request headers to be complete; default 10 000. */
  readonly headersTimeoutMs?: number;
}

export interface RestServerDeps {
  readonly handles: ServableHandles<ModelServable>;
  readonly states: ServableStates;
  /** Names of the models that are configured now; `/readyz` and the list of models go by them. */
  readonly models: () => readonly ServableName[];
  readonly log: Logger;
}

/** The public REST endpoint. */
export interface RestServer {
  /** @throws ServingError that says who holds the port, or what else is wrong with the address. */
  listen(address: ListenAddress): Promise<Listening>;
  /** Stops accepting, finishes what is in flight, cuts the rest after `deadlineMs`. May be called again to hurry. */
  close(options: { readonly deadlineMs: number }): Promise<void>;
}

/**
 * Serves TensorFlow Serving's REST API (model_servers/http_rest_api_handler.cc), and besides it the list of models,
 * `/healthz` (this process answers) and `/readyz` (every configured model has an available version).
 */
export function createRestServer(options: RestServerOptions, deps: RestServerDeps): RestServer {
  const { handles, states, models, log } = deps;
  const maxBodyBytes = options.maxBodyBytes ?? GIBIBYTE;
  const allowedOrigins = options.allowedOrigins ?? [];
  const bodies = createBodyReader({ maxBodyBytes, maxBufferedBytes: options.maxBufferedBytes ?? 2 * maxBodyBytes });
  const calls = createPendingCalls(options.timeoutMs ?? 30_000);
  const readRoute = createRouteReader();

  const listener = createHttpListener(
    {
      portFlag: 'rest_api_port',
      allowedHosts: options.allowedHosts ?? [],
      allowedOrigins: () => allowedOrigins,
      ...(options.headersTimeoutMs === undefined ? {} : { headersTimeoutMs: options.headersTimeoutMs }),
    },
    {
      handle(exchange) {
        const { request } = exchange;
        const route = readRoute(request.method ?? '', request.url ?? '');
        if (route.kind === 'inference' && route.method === 'predict') return predict(exchange, route.target);
        try {
          answer(exchange, route);
        } catch (error) {
          sendError(exchange, asServingError(error), corsHeaders(exchange));
        }
        return undefined;
      },
      onConnectionClosed(socket: Socket) {
        calls.connectionClosed(socket);
      },
      isBusy: (socket) => calls.has(socket),
    },
    log,
  );

  /** Every route but predict; answers at once. */
  function answer(exchange: Exchange, route: Route): void {
    const cors = corsHeaders(exchange);
    switch (route.kind) {
      case 'status':
        sendJson(exchange, 200, statusJson(findStatus(states, route.target)), cors);
        return;
      case 'metadata': {
        using handle = acquire(handles, route.target);
        const { name, version } = handle.id;
        const json = metadataJson(name, version, handle.servable.info.signature);
        sendJson(exchange, 200, json, [MODEL_VERSION_HEADER, version, ...cors]);
        return;
      }
      case 'inference':
        throw new ServingError(
          'UNIMPLEMENTED',
          `Method ${route.method} is not implemented: use POST /v1/models/NAME:predict`,
        );
      case 'models':
        sendJson(exchange, 200, modelListJson(models().map((name) => [name, states.versions(name)])), cors);
        return;
      case 'health':
        sendJson(exchange, 200, '{"status": "ok"}\n', cors);
        return;
      case 'readiness': {
        const readiness = readReadiness(models(), states, listener.isClosing());
        sendJson(exchange, readiness.ready ? 200 : 503, `${JSON.stringify(readiness)}\n`, cors);
        return;
      }
      case 'preflight':
        answerPreflight(exchange, cors);
        return;
      case 'methodNotAllowed': {
        const error = new HttpStatusError(405, 'UNIMPLEMENTED', `Method not allowed; allowed are ${route.allowed}`);
        sendError(exchange, error, ['Allow', route.allowed, ...cors]);
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
  }

  async function predict(exchange: Exchange, target: ModelTarget): Promise<void> {
    const cors = corsHeaders(exchange);
    let body: Body | undefined;
    try {
      if (exchange.awaitsContinue || (exchange.facts.contentLength ?? 0) > ASK_FIRST_BYTES) {
        // A version is not pinned while a long upload trickles in; whether it serves is asked before, and again after.
        acquire(handles, target)[Symbol.dispose]();
      }
      body = await bodies.read(exchange);
      using handle = acquire(handles, target);
      await infer(exchange, handle, body, cors);
    } catch (error) {
      fail(exchange, asServingError(error), cors);
    } finally {
      if (body !== undefined) bodies.release(body);
    }
  }

  async function infer(
    exchange: Exchange,
    handle: ServableHandle<ModelServable>,
    body: Body,
    cors: readonly string[],
  ): Promise<void> {
    const { request, response } = exchange;
    const { version } = handle.id;
    const failed = (error: ServingError): void => {
      if (error.code === 'INTERNAL') log.error({ servable: handle.id.name, version, error }, 'predict failed');
      fail(exchange, error, [MODEL_VERSION_HEADER, version, ...cors]);
    };
    // Answers at once when the call is given up, however long the servable takes to notice.
    const call = calls.begin(request.socket, handle.signal, failed);
    try {
      const result = await handle.servable.infer(
        { method: 'predict', body: body.chunks, bodyBytes: body.bytes },
        call.signal,
      );
      if (!calls.end(call)) return;
      const head = [
        'Content-Type',
        'application/json',
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
    } catch (error) {
      if (calls.end(call)) failed(asServingError(error));
    }
  }

  function fail(exchange: Exchange, error: ServingError, headers: readonly string[]): void {
    if (exchange.request.socket.destroyed) {
      log.debug({ code: error.code, status: httpStatusOf(error) }, 'client went away');
    } else {
      sendError(exchange, error, headers);
    }
  }

  return {
    listen: (address) => listener.listen(address),
    close: (closeOptions) => listener.close(closeOptions),
  };
}

/** The guard let the origin pass, so it is an allowed one where there is one. */
function corsHeaders({ facts }: Exchange): readonly string[] {
  if (facts.origin === undefined) return [];
  return [
    'Access-Control-Allow-Origin',
    facts.origin,
    'Vary',
    'Origin',
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

function acquire(handles: ServableHandles<ModelServable>, target: ModelTarget): ServableHandle<ModelServable> {
  refuseLabel(target);
  return handles.acquire(target.name, target.version);
}

/** No labels can be configured yet, so every label is unknown. Wording: TensorFlow Serving server_core.cc. */
function refuseLabel({ label }: ModelTarget): void {
  if (label !== undefined) {
    throw new ServingError('INVALID_ARGUMENT', `Unrecognized servable version label: ${label}`);
  }
}

/** Wording: TensorFlow Serving model_servers/get_model_status_impl.cc. */
function findStatus(states: ServableStates, target: ModelTarget): ReturnType<ServableStates['versions']> {
  refuseLabel(target);
  const { name, version } = target;
  const versions = states.versions(name);
  if (versions.length === 0) throw new ServingError('NOT_FOUND', `Could not find any versions of model ${name}`);
  if (version === undefined) return versions;
  const wanted = versions.filter(({ id }) => id.version === version);
  if (wanted.length === 0) throw new ServingError('NOT_FOUND', `Could not find version ${version} of model ${name}`);
  return wanted;
}

interface Readiness {
  readonly ready: boolean;
  readonly draining: boolean;
  readonly modelsConfigured: number;
  readonly modelsAvailable: number;
  readonly notAvailable: readonly ServableName[];
}

function readReadiness(names: readonly ServableName[], states: ServableStates, draining: boolean): Readiness {
  const notAvailable = names.filter((name) => !states.versions(name).some(({ state }) => state.phase === 'available'));
  return {
    ready: notAvailable.length === 0 && !draining,
    draining,
    modelsConfigured: names.length,
    modelsAvailable: names.length - notAvailable.length,
    notAvailable,
  };
}

function answerPreflight(exchange: Exchange, cors: readonly string[]): void {
  if (cors.length === 0) {
    sendText(exchange, 200, 'text/plain', '', ['Allow', METHODS]);
    return;
  }
  sendText(exchange, 200, 'text/plain', '', [
    'Access-Control-Allow-Methods',
    METHODS,
    'Access-Control-Allow-Headers',
    'Content-Type, Content-Encoding',
    'Access-Control-Max-Age',
    String(PREFLIGHT_SECONDS),
    // Asked for by browsers before a page on the network may call a loopback address.
    'Access-Control-Allow-Private-Network',
    'true',
    ...cors,
  ]);
}
