import type { Socket } from 'node:net';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { once } from 'node:events';
import type { Fault } from './faults.ts';
import { type ObjectBody, PIECE_BYTES } from './object-store.ts';
import type { S3Failure } from './s3-failure.ts';
import { xmlDocument } from './xml.ts';

/** An answer before it is sent. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The part of a body that is sent. */
  readonly body?: { readonly of: ObjectBody; readonly start: number; readonly end: number };
}

export function xmlAnswer(xml: string, status = 200): Answer {
  return textAnswer(status, xml, { 'Content-Type': 'application/xml' });
}

export function textAnswer(status: number, text: string, headers: Readonly<Record<string, string>>): Answer {
  const bytes = Buffer.from(text);
  return {
    status,
    headers: { 'Content-Length': String(bytes.length), ...headers },
    body: {
      of: { sizeBytes: bytes.length, slice: (start, end) => bytes.subarray(start, end) },
      start: 0,
      end: bytes.length,
    },
  };
}

export function failureAnswer(
  failure: S3Failure,
  ids: { readonly resource: string; readonly requestId: string },
): Answer {
  const xml = xmlDocument(
    'Error',
    [
      ['Code', failure.code],
      ['Message', failure.message],
      ...Object.entries(failure.elements),
      ['Resource', ids.resource],
      ['RequestId', ids.requestId],
      ['HostId', `host-${ids.requestId}`],
    ],
    '',
  );
  return textAnswer(failure.status, xml, { 'Content-Type': 'application/xml', ...failure.headers });
}

export interface SendOptions {
  readonly faults: readonly Fault[];
  /** The whole connection's limit. */
  readonly pace: Pace | undefined;
  /** HEAD: headers only. */
  readonly headersOnly: boolean;
  onSent(bytes: number): void;
}

/** Pieces that are small enough for a fault to come at a chosen byte, and for a pace to be even. */
const PACED_PIECE_BYTES = 64 * 1024;

/** Sends an answer with its faults. @returns whether all of it was sent. */
export async function sendAnswer(response: ServerResponse, answer: Answer, options: SendOptions): Promise<boolean> {
  const { faults } = options;
  const cut = faults.find((fault) => fault.kind === 'cut');
  const truncate = faults.find((fault) => fault.kind === 'truncate');
  const flips = faults.filter((fault) => fault.kind === 'flipBit');
  const slow = faults.find((fault) => fault.kind === 'slow');
  const pace = slow ? createPace(slow.bytesPerSecond) : options.pace;

  const headers: Record<string, string> = { ...answer.headers };
  for (const fault of faults) {
    if (fault.kind !== 'headers') continue;
    for (const [name, value] of Object.entries(fault.headers)) {
      for (const present of Object.keys(headers)) {
        if (present.toLowerCase() === name.toLowerCase()) delete headers[present];
      }
      if (value !== null) headers[name] = value;
    }
  }
  if (truncate) {
    delete headers['Content-Length'];
    response.useChunkedEncodingByDefault = false;
    response.shouldKeepAlive = false;
  }
  response.writeHead(answer.status, headers);
  if (options.headersOnly || !answer.body) {
    response.end();
    return true;
  }

  const { of, start, end } = answer.body;
  const stopAt = Math.min(end, start + (cut?.afterBytes ?? truncate?.afterBytes ?? Number.POSITIVE_INFINITY));
  const pieceBytes = pace ? PACED_PIECE_BYTES : PIECE_BYTES;
  for (let at = start; at < stopAt; at += pieceBytes) {
    const pieceEnd = Math.min(stopAt, at + pieceBytes);
    let piece = of.slice(at, pieceEnd);
    for (const { atByte } of flips) {
      if (atByte < at || atByte >= pieceEnd) continue;
      piece = Uint8Array.from(piece);
      piece[atByte - at] = (piece[atByte - at] ?? 0) ^ 1;
    }
    await pace?.take(piece.length);
    if (!(await write(response, piece))) return false;
    options.onSent(piece.length);
  }
  if (cut) {
    await stop(response, cut.how);
    return false;
  }
  response.end();
  return true;
}

/** @returns false when the other side has gone. */
async function write(response: ServerResponse, piece: Uint8Array): Promise<boolean> {
  if (response.destroyed || response.closed) return false;
  if (response.write(piece)) return true;
  const given = new AbortController();
  await Promise.race([
    once(response, 'drain', { signal: given.signal }),
    once(response, 'close', { signal: given.signal }),
  ]).catch(() => undefined);
  given.abort();
  return !response.destroyed && !response.closed;
}

async function stop(response: ServerResponse, how: 'end' | 'reset' | 'stall'): Promise<void> {
  // Headers alone are written with the first piece of a body, which may not have come.
  response.flushHeaders();
  const { socket } = response;
  if (!socket || how === 'stall') return;
  await flushed(socket);
  if (how === 'reset') socket.resetAndDestroy();
  else socket.destroySoon();
}

/** Resolves when the kernel has all that was written. */
async function flushed(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once('close', () => resolve());
  socket.write('', () => resolve());
  await promise;
}

/** Spreads bytes over time. */
export interface Pace {
  take(bytes: number): Promise<void>;
}

export function createPace(bytesPerSecond: number): Pace {
  let freeMs = 0;
  return {
    async take(bytes) {
      const nowMs = performance.now();
      const startMs = Math.max(nowMs, freeMs);
      freeMs = startMs + (bytes / bytesPerSecond) * 1000;
      // Timers are coarse: short waits are gathered.
      if (startMs - nowMs > 2) await delay(startMs - nowMs);
    },
  };
}
