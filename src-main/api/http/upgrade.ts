import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * A response to a request that Node hands over with its bare connection, so that it is checked and refused like any
 * other. It is the last one on the connection; {@link takeConnection} takes the connection away from it.
 */
export function responseToUpgrade(request: IncomingMessage): ServerResponse {
  const { socket } = request;
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  // Node has taken its own listeners off, and without one an error would end the process.
  socket.on('error', () => socket.destroy());
  socket.setTimeout(0);
  response.assignSocket(socket);
  response.once('finish', () => socket.destroySoon());
  return response;
}

/** The connection of a request that may go on in another protocol. */
export function takeConnection(request: IncomingMessage, response: ServerResponse): Socket {
  const { socket } = request;
  response.detachSocket(socket);
  return socket;
}
