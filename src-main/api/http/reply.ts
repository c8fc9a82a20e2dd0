import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ErrorCode, ServingError, STATUS } from '../../contracts/serving-error.ts';
import type { RequestFacts } from './request-facts.ts';

/** Longest error text sent; request targets that it quotes can be as long as the header limit. */
const MAX_MESSAGE = 1024;
/** An unread body of at most this size is read and dropped, so that the connection stays usable. */
const MAX_DROPPED_BYTES = 64 * 1024;
/** How long the rest of a larger body is read and dropped so that the client gets to see the answer. */
const LINGER_MS = 1000;

/** One request and what is to be known about it before it is answered. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly facts: RequestFacts;
  /** Shared by all exchanges of a listener; once it closes, each answer is the last one on its connection. */
  readonly lifecycle: { readonly closing: boolean };
  /** Whether the client waits for `100 Continue` before it sends the body. */
  awaitsContinue: boolean;
  /**
   * Present where the client may go on in another protocol on this connection (RFC 9110 section 7.8): what it has sent
   * after its headers. Whoever does not want that just answers, which ends the connection.
   */
  readonly upgradeHead?: Buffer;
}

/** An error whose HTTP status is more exact than that of its code. */
export class HttpStatusError extends ServingError {
  readonly httpStatus: number;
  constructor(httpStatus: number, code: ErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
    this.httpStatus = httpStatus;
  }
}

/** Status code of an error's answer. Source: TensorFlow Serving model_servers/http_server.cc ToHTTPStatusCode. */
export function httpStatusOf(error: ServingError): number {
  return error instanceof HttpStatusError ? error.httpStatus : STATUS[error.code].http;
}

/** The JSON body of a failed REST call, on one line: `{"error": "MESSAGE"}`. */
export function errorBody(message: string): string {
  return `{"error": ${JSON.stringify(message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message)}}\n`;
}

/**
 * Answers with a text body. Where the request's body was not read, a small one is dropped on the way; a large one costs
 * the connection, which is closed only after the client had time to read the answer.
 * @param text as UTF-8 where it is bytes.
 * @param headers further headers as name, value, name, value …
 */
export function sendText(
  exchange: Exchange,
  status: number,
  contentType: string,
  text: string | Uint8Array,
  headers: readonly string[] = [],
): void {
  const { request, response, facts } = exchange;
  if (response.headersSent || response.destroyed) return;
  if (exchange.lifecycle.closing) response.shouldKeepAlive = false;
  const head = [
    'Content-Type',
    contentType,
    'Content-Length',
    String(Buffer.byteLength(text)),
    'X-Content-Type-Options',
    'nosniff',
    'Cache-Control',
    'no-store',
    ...headers,
  ];
  const leftBytes = facts.hasBody && !request.complete ? (facts.contentLength ?? Infinity) : 0;
  if (leftBytes <= MAX_DROPPED_BYTES && !exchange.awaitsContinue) {
    response.writeHead(status, head).end(text);
    return;
  }
  response.writeHead(status, [...head, 'Connection', 'close']);
  if (exchange.awaitsContinue) {
    response.end(text);
    return;
  }
  // Closing with unread input resets the connection, and the client may then never see the answer.
  response.write(text);
  const finish = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(finish, LINGER_MS).unref();
  request.once('end', finish).once('error', finish).once('close', finish).resume();
}

/** Answers with a JSON text; as {@link sendText}. */
export function sendJson(
  exchange: Exchange,
  status: number,
  json: string | Uint8Array,
  headers: readonly string[] = [],
): void {
  sendText(exchange, status, 'application/json', json, headers);
}

/** Answers a failed REST call: the error's status and {@link errorBody}. */
export function sendError(exchange: Exchange, error: ServingError, headers: readonly string[] = []): void {
  sendJson(exchange, httpStatusOf(error), errorBody(error.message), headers);
}
