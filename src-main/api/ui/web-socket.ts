import { type WebSocket, WebSocketServer } from 'ws';
import { ServingError } from '../../contracts/serving-error.ts';
import { type Exchange, HttpStatusError } from '../http/reply.ts';
import { isFromOwnPage } from '../http/request-facts.ts';
import { takeConnection } from '../http/upgrade.ts';

const VERSION = '13';
const CLIENT_KEY = /^[+/\dA-Za-z]{22}==$/u;
/** RFC 6455 section 7.4.1. */
export const CLOSE_CODE = { goingAway: 1001, unsupportedData: 1003 } as const;
/** Whoever sends more than a word is cut off before it is read. */
const MAX_MESSAGE_BYTES = 1024;

const server = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: MAX_MESSAGE_BYTES,
});

/**
 * Completes the handshake of a WebSocket (RFC 6455) over which only the server speaks: what the client may send is what
 * keeps the connection alive and what ends it.
 * @param upgradeHead what the client has sent after its headers.
 * @throws ServingError PERMISSION_DENIED for a page of another origin, which a browser does not keep from connecting;
 *   INVALID_ARGUMENT where it is no handshake. Nothing was written then. Error when the connection was closed meanwhile, or
 *   was refused for a header that no browser sends.
 */
export function acceptWebSocket(exchange: Exchange, upgradeHead: Buffer): WebSocket {
  const { request, response, facts } = exchange;
  if (!isFromOwnPage(facts)) {
    throw new ServingError('PERMISSION_DENIED', 'The event stream is for the user interface only (Origin header)');
  }
  if (request.headers['sec-websocket-version'] !== VERSION) {
    throw new HttpStatusError(426, 'INVALID_ARGUMENT', `Sec-WebSocket-Version must be ${VERSION}`);
  }
  if (!CLIENT_KEY.test(request.headers['sec-websocket-key'] ?? '')) {
    throw new ServingError('INVALID_ARGUMENT', 'Sec-WebSocket-Key must be 16 bytes in Base64');
  }
  let accepted: WebSocket | undefined;
  // Called at once, as nobody is asked whether the client may.
  server.handleUpgrade(request, takeConnection(request, response), upgradeHead, (webSocket) => {
    accepted = webSocket;
  });
  if (!accepted) throw new Error('the connection was closed during the handshake');
  const webSocket = accepted;
  // It closes itself after each error and says why; without a listener an error would end the process.
  webSocket.on('error', () => undefined);
  webSocket.on('message', () => webSocket.close(CLOSE_CODE.unsupportedData));
  return webSocket;
}
