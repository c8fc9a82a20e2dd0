import type { IncomingMessage } from 'node:http';
import type { ObjectRange, RemoteObject } from '../../download/object-reader.ts';
import { checkRangeAnswer } from '../../download/range-answer.ts';
import { TransferError } from '../../download/transfer-error.ts';
import { HttpsError } from '../https-error.ts';
import { isWebPage, revisionOf, type WebFile } from './web-listing.ts';
import { GaveUp, type WebAnswer, type WebRequests } from './web-requests.ts';

/** Bytes [start, end) of a file. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a part of a file, and of one revision of it. Where the server sends all of it instead, what comes before the part
 * is dropped and what follows is not waited for.
 * @throws as {@link ObjectReader.read} in `download/object-reader.ts`.
 */
export async function readRange(
  requests: WebRequests,
  object: RemoteObject,
  file: WebFile,
  range: Range,
  signal: AbortSignal,
): Promise<ObjectRange> {
  const { path, sizeBytes, revision } = object;
  const { source, checksum } = file;
  const isWhole = range.start === 0 && range.end === sizeBytes;
  // What a manifest names is known by its checksum; servers behind one name may each have an ETag of their own for it.
  const isPinned = checksum === undefined;
  const headers = {
    ...(isWhole ? {} : { range: `bytes=${range.start}-${range.end - 1}` }),
    ...(isPinned && revision.startsWith('"') && { 'if-match': revision }),
  };
  const accepted = isPinned ? [200, 206, 404, 412, 416] : [200, 206, 416];
  const answer = await requests.get(source, headers, accepted, signal);
  try {
    if (answer.status >= 400) throw new TransferError('changed', `${path}: was replaced or deleted while it was read`);
    checkContent(answer, path, source.place);
    const { status } = answer;
    const said = answer.headers;
    // An answer with all bytes is judged as one, also where a part of it was asked for.
    const { start, end } = status === 200 ? { start: 0, end: sizeBytes } : range;
    checkRangeAnswer(object, start, end, {
      status,
      contentRange: said['content-range'],
      contentLength: said['content-length'] === undefined ? undefined : Number(said['content-length']),
      revision: isPinned ? revisionOf(said, sizeBytes) : revision,
    });
  } catch (error) {
    answer.body.destroy();
    throw error;
  }
  const bytes = untilSilence(answer.body, path);
  return {
    body: answer.status === 200 && !isWhole ? partOf(bytes, range) : bytes,
    ...(checksum && { checksum }),
  };
}

function checkContent({ headers, host }: WebAnswer, path: string, place: string): void {
  if (isWebPage(headers) && !/\.html?$/iu.test(path)) {
    const advice = 'A login page of the network may answer in its place, or the server has one for what is not there';
    throw new HttpsError('HTTPS_WRONG_CONTENT', `${place}: the answer is a web page (host ${host}). ${advice}.`);
  }
  if (!/^(?:identity)?$/iu.test(headers['content-encoding'] ?? '')) {
    throw new TransferError('bad server', `${path}: the server sent it compressed, which it was asked not to do`);
  }
}

/** A body, with a word for a connection that has fallen silent: it is another fault than one that broke. */
async function* untilSilence(body: IncomingMessage, path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) if (chunk instanceof Uint8Array) yield chunk;
  } catch (error) {
    if (!(error instanceof GaveUp)) throw error;
    throw new TransferError('stalled', `${path}: the server stopped sending`, { cause: error });
  }
}

/** Part of what comes; nothing at all comes of each piece that is dropped, so that the wait does not look like silence. */
async function* partOf(bytes: AsyncIterable<Uint8Array>, { start, end }: Range): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const chunk of bytes) {
    yield chunk.subarray(Math.min(chunk.length, Math.max(0, start - at)), Math.max(0, end - at));
    at += chunk.length;
    if (at >= end) return;
  }
}
