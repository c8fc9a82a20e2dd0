import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What happens to one connection, counted in bytes that come from the server. */
export interface ConnectionFault {
  readonly afterBytes: number;
  /** `end`: FIN, after what came before has been passed on. `stall`: silence, and the connection stays. */
  readonly how: 'end' | 'reset' | 'stall';
}

export interface FaultProxyOptions {
  /** On 127.0.0.1. */
  readonly targetPort: number;
  /** Asked at each new connection, counted from 1; undefined for one that works. */
  readonly faultOf?: (connection: number) => ConnectionFault | undefined;
}

/** A wire between client and server on which connections break where HTTP knows nothing of it. */
export interface FaultProxy extends AsyncDisposable {
  readonly port: number;
  /** As a URL of an HTTP server. */
  readonly url: string;
  /** Connections that were made so far. */
  readonly connections: number;
  /** Connections that a fault has hit so far. */
  readonly cuts: number;
  /** Passed on to clients, of all connections. */
  readonly bytesDown: number;
  faultOf: (connection: number) => ConnectionFault | undefined;
  /**
   * The plug is pulled: `silent` leaves all connections open and takes new ones, without a byte from then on; `refused`
   * resets them all and takes none.
   */
  unplug(how: 'silent' | 'refused'): Promise<void>;
  /** New connections work again; those that fell silent are reset. */
  plugIn(): Promise<void>;
}

/** Starts the proxy on 127.0.0.1. */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const open = new Set<Socket>();
  let connections = 0;
  let cuts = 0;
  let bytesDown = 0;
  let isSilent = false;
  let server = await listen(0, accept);
  const { port } = server;

  const proxy: FaultProxy = {
    port,
    url: `http://127.0.0.1:${port}`,
    get connections() {
      return connections;
    },
    get cuts() {
      return cuts;
    },
    get bytesDown() {
      return bytesDown;
    },
    faultOf: options.faultOf ?? (() => undefined),
    async unplug(how) {
      if (how === 'silent') {
        isSilent = true;
        for (const socket of open) socket.pause();
        return;
      }
      await close(server.listener);
      for (const socket of open) socket.resetAndDestroy();
    },
    async plugIn() {
      isSilent = false;
      for (const socket of open) socket.resetAndDestroy();
      if (!server.listener.listening) server = await listen(port, accept);
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await close(server.listener);
    },
  };

  function accept(client: Socket): void {
    connections += 1;
    const upstream = connect(options.targetPort, '127.0.0.1');
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        open.delete(socket);
        other.destroySoon();
      });
      // Half-closed connections would outlive a test.
      socket.once('end', () => other.end());
      if (isSilent) socket.pause();
    }
    if (!isSilent) client.pipe(upstream);
    passDown(upstream, client, proxy.faultOf(connections));
    if (isSilent) upstream.pause();
  }

  function passDown(upstream: Socket, client: Socket, fault: ConnectionFault | undefined): void {
    let left = fault?.afterBytes ?? Number.POSITIVE_INFINITY;
    upstream.on('data', (chunk: Buffer) => {
      const piece = chunk.length > left ? chunk.subarray(0, left) : chunk;
      left -= piece.length;
      bytesDown += piece.length;
      if (left === 0 && fault) {
        cuts += 1;
        upstream.pause();
        client.write(piece, () => {
          if (fault.how === 'reset') client.resetAndDestroy();
          if (fault.how === 'end') client.end(() => client.destroy());
        });
      } else if (!client.write(piece)) {
        upstream.pause();
        client.once('drain', () => {
          if (!isSilent) upstream.resume();
        });
      }
    });
  }

  return proxy;
}

/** Connections that are made to a proxy server, and what they were for. */
export interface ForwardProxy extends AsyncDisposable {
  readonly url: string;
  /** `CONNECT host:port` and `GET http://…`, as they came. */
  readonly requests: readonly string[];
}

/** An HTTP proxy, as companies have them: tunnels with CONNECT, and passes on plain HTTP that is asked for by its URL. */
export async function startForwardProxy(): Promise<ForwardProxy> {
  const open = new Set<Socket>();
  const requests: string[] = [];
  const keep = (socket: Socket): void => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
  };

  const { listener, port } = await listen(0, (client) => {
    keep(client);
    let head = Buffer.alloc(0);
    client.on('data', function onHead(chunk: Buffer) {
      head = Buffer.concat([head, chunk]);
      const headEnd = head.indexOf('\r\n\r\n');
      if (headEnd < 0) return;
      client.off('data', onHead);
      client.pause();
      const [line = ''] = head.toString('latin1', 0, headEnd).split('\r\n');
      const [method = '', target = ''] = line.split(' ');
      requests.push(`${method} ${target}`);
      const isTunnel = method === 'CONNECT';
      const address = isTunnel ? `https://${target}` : target;
      if (!URL.canParse(address)) {
        client.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      const { hostname, port: targetPort, pathname, search } = new URL(address);
      const upstream = connect(Number(targetPort || (isTunnel ? 443 : 80)), hostname);
      keep(upstream);
      upstream.once('connect', () => {
        if (isTunnel) {
          client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
          upstream.write(head.subarray(headEnd + 4));
        } else {
          // One request for each connection: the next could be for another host.
          const rest = head.toString('latin1', line.length, headEnd).replace(/\r\n(?:proxy-)?connection:[^\r]*/giu, '');
          upstream.write(`${method} ${pathname}${search} HTTP/1.1${rest}\r\nConnection: close`, 'latin1');
          upstream.write(head.subarray(headEnd));
        }
        client.pipe(upstream);
        upstream.pipe(client);
      });
      upstream.once('close', () => client.destroySoon());
      client.once('close', () => upstream.destroySoon());
    });
  });
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await close(listener);
    },
  };
}

async function listen(
  port: number,
  accept: (socket: Socket) => void,
): Promise<{ readonly listener: Server; readonly port: number }> {
  const listener = createServer(accept);
  listener.listen(port, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return { listener, port: address.port };
}

/** Takes no new connections; those that are open stay. */
async function close(listener: Server): Promise<void> {
  if (!listener.listening) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  // `close` waits for the connections to end, which is not what is wanted here.
  listener.close(() => undefined);
  setImmediate(() => resolve());
  await promise;
}
