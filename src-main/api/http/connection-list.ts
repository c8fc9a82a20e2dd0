import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * The open connections of a listener. Node calls a connection idle only after its first request, and knows nothing of
 * those in a TLS handshake, so its own list does not do.
 */
export interface ConnectionList {
  opened(socket: Socket): void;
  /** Instead of `opened` where TLS comes before the requests. */
  handshaking(socket: Socket): void;
  /** To be called when a TLS handshake is done, with the socket on which the requests come. */
  secured(socket: Socket): void;
  closed(socket: Socket): void;
  /** To be called when an answer is begun; answers leave in order, so where the last one is out, all are. */
  answering(socket: Socket, response: ServerResponse): void;
  /** Whether an answer is still to leave, or to let go of the connection. */
  isAnswering(socket: Duplex): boolean;
  /** Whether the connection is open; a secured one goes by the socket on which the requests come. */
  has(socket: Duplex): boolean;
  /** Closes every connection without an answer that is still to leave. */
  closeIdle(): void;
  /** Closes every connection at once. */
  cut(): void;
  isEmpty(): boolean;
}

export function createConnectionList(): ConnectionList {
  /** Each with the last answer that was begun on it. */
  const connections = new Map<Duplex, ServerResponse | undefined>();
  /** Connections before and in a TLS handshake, by their peer; the secured one then takes their place. */
  const byPeer = new Map<string, Socket>();
  return {
    opened(socket) {
      connections.set(socket, undefined);
    },
    handshaking(socket) {
      const peer = peerOf(socket);
      connections.set(socket, undefined);
      byPeer.set(peer, socket);
      socket.once('close', () => {
        if (byPeer.get(peer) === socket) byPeer.delete(peer);
      });
    },
    secured(socket) {
      const peer = peerOf(socket);
      const carrier = byPeer.get(peer);
      byPeer.delete(peer);
      if (carrier !== undefined) connections.delete(carrier);
      connections.set(socket, undefined);
    },
    closed(socket) {
      connections.delete(socket);
    },
    answering(socket, response) {
      connections.set(socket, response);
    },
    isAnswering(socket) {
      const response = connections.get(socket);
      // All of it may be written before Node takes it off its connection, which can have no other one until then.
      return response !== undefined && !(response.writableFinished && response.socket === null);
    },
    has: (socket) => connections.has(socket),
    closeIdle() {
      for (const [socket, response] of connections) {
        if (response === undefined || response.writableFinished) socket.destroy();
      }
    },
    cut() {
      for (const socket of connections.keys()) socket.destroy();
    },
    isEmpty: () => connections.size === 0,
  };
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? ''} ${remotePort ?? ''}`;
}
