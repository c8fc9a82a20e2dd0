import { connect } from 'node:net';
import { once } from 'node:events';
import { gunzipSync } from 'node:zlib';

/** One answer as it came over the wire. Header names are in lower case; equal ones are joined. */
export interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  /** Inflated where it came compressed. */
  readonly body: string;
}

/** Longest wait for an answer. */
const TIMEOUT_MS = 20_000;

/**
 * Sends these bytes on a connection of their own, which no HTTP client would.
 * @param answers how many answers to wait for; fewer come where the server closes the connection before.
 */
export async function exchange(port: number, bytes: Uint8Array, answers = 1): Promise<readonly Answer[]> {
  const socket = connect(port, '127.0.0.1');
  let received = Buffer.alloc(0);
  const found: Answer[] = [];
  const done = Promise.withResolvers<void>();
  const hasNoBody = Buffer.from(bytes.subarray(0, 5)).toString('latin1') === 'HEAD ';
  socket.setTimeout(TIMEOUT_MS, () => done.reject(new Error(`no answer in ${TIMEOUT_MS} ms`)));
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    for (let next = takeAnswer(received, hasNoBody); next !== undefined; next = takeAnswer(received, hasNoBody)) {
      received = received.subarray(next.bytes);
      // `100 Continue` announces an answer and is none.
      if (next.answer.status >= 200) found.push(next.answer);
    }
    if (found.length >= answers) done.resolve();
  });
  socket.on('error', done.reject);
  socket.on('close', () => done.resolve());
  try {
    await once(socket, 'connect');
    socket.write(bytes);
    await done.promise;
    return found;
  } finally {
    socket.destroy();
  }
}

function takeAnswer(received: Buffer, hasNoBody: boolean): { answer: Answer; bytes: number } | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [statusLine = '', ...lines] = received.toString('latin1', 0, headEnd).split('\r\n');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const [name, value] = [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const start = headEnd + 4;
  const end = start + (hasNoBody ? 0 : Number(headers.get('content-length') ?? 0));
  if (received.length < end) return undefined;
  const sent = received.subarray(start, end);
  const body = headers.get('content-encoding') === 'gzip' ? gunzipSync(sent) : sent;
  return { answer: { status: Number(statusLine.split(' ')[1]), headers, body: body.toString() }, bytes: end };
}
