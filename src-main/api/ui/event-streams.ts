import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { ServingError } from '../../contracts/serving-error.ts';
import type { UiMessage } from '../../contracts/ui.ts';
import type { Exchange } from '../http/reply.ts';
import type { UiFeed, UiFeedReading } from './ui-feed.ts';
import { acceptWebSocket, CLOSE_CODE } from './web-socket.ts';

export interface EventStreamOptions {
  /** Identifies this process in event ids, so that a number of an earlier one is never taken for ours. */
  readonly instanceId: string;
  /** Sent while nothing happens, so that both ends notice a dead connection. */
  readonly heartbeatMs: number;
  /** A reader with more than this waiting for it is cut off; it comes back and gets a snapshot. */
  readonly maxBufferedBytes: number;
  readonly maxStreams: number;
}

/** The open event streams. */
export interface EventStreams {
  /**
   * Answers with a stream: a snapshot, or what was missed since `Last-Event-ID`, then each change. Where the client asks
   * for a WebSocket, each text in it is one message; otherwise each event is (server-sent events, WHATWG HTML section 9.2).
   * A browser keeps at most six connections to one server over which it reads such events or calls commands, and
   * counts WebSockets apart: with events alone, a page in a seventh tab would wait for ever.
   * @throws ServingError RESOURCE_EXHAUSTED when too many streams are open, and as {@link acceptWebSocket} says.
   */
  open(exchange: Exchange, headers: readonly string[]): void;
  has(socket: Duplex): boolean;
  /** Ends every stream. Nothing is written to it any more, though it stays open until its reader took all. */
  closeAll(): void;
}

/** One reader's end of a connection. */
interface Sink {
  readonly connection: Duplex;
  /** Whether nothing may be written any more. */
  hasEnded(): boolean;
  waitingBytes(): number;
  send(message: UiMessage): void;
  beat(): void;
  /** What is written still goes out. */
  end(): void;
  cut(): void;
  onClosed(closed: () => void): void;
}

export function createEventStreams(feed: UiFeed, options: EventStreamOptions): EventStreams {
  const { instanceId, heartbeatMs, maxBufferedBytes, maxStreams } = options;
  const streams = new Map<Sink, UiFeedReading>();
  let heartbeat: NodeJS.Timeout | undefined;

  const eventOf = onceEach(
    (message: UiMessage) => `id: ${instanceId}:${message.sequence}\ndata: ${JSON.stringify(message)}\n\n`,
  );
  const textOf = onceEach((message: UiMessage) => Buffer.from(JSON.stringify(message)));

  const eventSink = (request: IncomingMessage, response: ServerResponse): Sink => ({
    connection: request.socket,
    hasEnded: () => response.writableEnded,
    waitingBytes: () => response.writableLength,
    send: (message) => void response.write(eventOf(message)),
    beat: () => void response.write(COMMENT),
    end: () => void response.end(),
    cut: () => void response.destroy(),
    onClosed(closed) {
      // Whatever fails on a stream, its reader comes back; without a listener it would end the process.
      response.on('error', () => response.destroy());
      response.on('close', closed);
    },
  });
  const socketSink = (connection: Duplex, webSocket: WebSocket): Sink => ({
    connection,
    hasEnded: () => webSocket.readyState !== webSocket.OPEN,
    waitingBytes: () => webSocket.bufferedAmount,
    send: (message) => webSocket.send(textOf(message), { binary: false }),
    beat: () => webSocket.ping(),
    end: () => webSocket.close(CLOSE_CODE.goingAway),
    cut: () => webSocket.terminate(),
    onClosed: (closed) => void webSocket.on('close', closed),
  });

  const write = (sink: Sink, send: () => void): void => {
    // A stream that was ended stays among the streams until its reader has everything.
    if (sink.hasEnded()) return;
    // Looked at before the write, so that one message may be larger than the limit.
    if (sink.waitingBytes() > maxBufferedBytes) sink.cut();
    else send();
  };

  const start = (sink: Sink, afterSequence: number | undefined): void => {
    const reading = feed.open((message) => write(sink, () => sink.send(message)), afterSequence);
    streams.set(sink, reading);
    heartbeat ??= setInterval(() => {
      for (const each of streams.keys()) write(each, () => each.beat());
    }, heartbeatMs).unref();
    sink.onClosed(() => {
      reading.close();
      streams.delete(sink);
      if (streams.size > 0) return;
      clearInterval(heartbeat);
      heartbeat = undefined;
    });
    for (const message of reading.initial) sink.send(message);
  };

  return {
    open(exchange, headers) {
      const { request, response, upgradeHead } = exchange;
      if (streams.size >= maxStreams) {
        throw new ServingError('RESOURCE_EXHAUSTED', `More than ${maxStreams} pages of the user interface are open`);
      }
      if (upgradeHead !== undefined) {
        const webSocket = acceptWebSocket(exchange, upgradeHead);
        try {
          start(socketSink(request.socket, webSocket), undefined);
        } catch (error) {
          // There is no response any more that could say so.
          webSocket.terminate();
          throw error;
        }
        return;
      }
      // A stream is the last answer on its connection, which then ends with it.
      response.shouldKeepAlive = false;
      response.writeHead(200, ['Content-Type', 'text/event-stream', 'Cache-Control', 'no-store', ...headers]);
      if (request.method === 'HEAD') {
        response.end();
        return;
      }
      // It sends the headers even where nothing was missed.
      response.write(COMMENT);
      start(eventSink(request, response), sequenceOf(request.headers['last-event-id'], instanceId));
    },
    has: (socket) => [...streams.keys()].some(({ connection }) => connection === socket),
    closeAll() {
      for (const [sink, reading] of streams) {
        reading.close();
        sink.end();
      }
    },
  };
}

/** An event that is none. */
const COMMENT = ':\n\n';

/** One message goes to every stream; it is encoded once. */
function onceEach<T extends WeakKey, R>(encode: (value: T) => R): (value: T) => R {
  const known = new WeakMap<T, R>();
  return (value) => {
    const encoded = known.get(value) ?? encode(value);
    known.set(value, encoded);
    return encoded;
  };
}

function sequenceOf(lastEventId: string | string[] | undefined, instanceId: string): number | undefined {
  const prefix = `${instanceId}:`;
  if (typeof lastEventId !== 'string' || !lastEventId.startsWith(prefix)) return undefined;
  const digits = lastEventId.slice(prefix.length);
  return /^\d{1,15}$/u.test(digits) ? Number(digits) : undefined;
}
