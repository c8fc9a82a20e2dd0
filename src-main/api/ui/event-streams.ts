import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ServingError } from '../../contracts/serving-error.ts';
import type { UiMessage } from '../../contracts/ui.ts';
import type { Exchange } from '../http/reply.ts';
import type { UiFeed, UiFeedReading } from './ui-feed.ts';

export interface EventStreamOptions {
  /** Identifies this process in event ids, so that a number of an earlier one is never taken for ours. */
  readonly instanceId: string;
  /** Sent while nothing happens, so that both ends notice a dead connection. */
  readonly heartbeatMs: number;
  /** A reader with more than this waiting for it is cut off; it comes back and gets a snapshot. */
  readonly maxBufferedBytes: number;
  readonly maxStreams: number;
}

/** The open event streams (server-sent events, WHATWG HTML section 9.2). */
export interface EventStreams {
  /**
   * Answers with a stream: a snapshot, or what was missed since `Last-Event-ID`, then each change.
   * @throws ServingError RESOURCE_EXHAUSTED when too many streams are open.
   */
  open(exchange: Exchange, headers: readonly string[]): void;
  has(socket: Duplex): boolean;
  /** Ends every stream. Nothing is written to it any more, though it stays open until its reader took all. */
  closeAll(): void;
}

export function createEventStreams(feed: UiFeed, options: EventStreamOptions): EventStreams {
  const { instanceId, heartbeatMs, maxBufferedBytes, maxStreams } = options;
  const streams = new Map<ServerResponse, UiFeedReading>();
  /** One message goes to every stream; it is turned into text once. */
  const texts = new WeakMap<UiMessage, string>();
  let heartbeat: NodeJS.Timeout | undefined;

  const textOf = (message: UiMessage): string => {
    const text = texts.get(message) ?? `id: ${instanceId}:${message.sequence}\ndata: ${JSON.stringify(message)}\n\n`;
    texts.set(message, text);
    return text;
  };
  const write = (response: ServerResponse, text: string): void => {
    // A stream that was ended stays among the streams until its reader has everything.
    if (response.writableEnded) return;
    // Looked at before the write, so that one message may be larger than the limit.
    if (response.writableLength > maxBufferedBytes) response.destroy();
    else response.write(text);
  };

  return {
    open({ request, response }, headers) {
      if (streams.size >= maxStreams) {
        throw new ServingError('RESOURCE_EXHAUSTED', `More than ${maxStreams} pages of the user interface are open`);
      }
      // A stream is the last answer on its connection, which then ends with it.
      response.shouldKeepAlive = false;
      response.writeHead(200, ['Content-Type', 'text/event-stream', 'Cache-Control', 'no-store', ...headers]);
      if (request.method === 'HEAD') {
        response.end();
        return;
      }
      const reading = feed.open(
        (message) => write(response, textOf(message)),
        sequenceOf(request.headers['last-event-id'], instanceId),
      );
      streams.set(response, reading);
      heartbeat ??= setInterval(() => {
        for (const stream of streams.keys()) write(stream, ':\n\n');
      }, heartbeatMs).unref();
      // Whatever fails on a stream, its reader comes back; without a listener it would end the process.
      response.on('error', () => response.destroy());
      response.on('close', () => {
        reading.close();
        streams.delete(response);
        if (streams.size > 0) return;
        clearInterval(heartbeat);
        heartbeat = undefined;
      });
      // The comment sends the headers even where nothing was missed.
      response.write(`:\n\n${reading.initial.map(textOf).join('')}`);
    },
    has: (socket) => [...streams.keys()].some((response) => response.socket === socket),
    closeAll() {
      for (const [response, reading] of streams) {
        reading.close();
        response.end();
      }
    },
  };
}

function sequenceOf(lastEventId: string | string[] | undefined, instanceId: string): number | undefined {
  const prefix = `${instanceId}:`;
  if (typeof lastEventId !== 'string' || !lastEventId.startsWith(prefix)) return undefined;
  const digits = lastEventId.slice(prefix.length);
  return /^\d{1,15}$/u.test(digits) ? Number(digits) : undefined;
}
