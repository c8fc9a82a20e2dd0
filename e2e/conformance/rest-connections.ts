/** Bytes on one connection and the answers to them, for what no single well-formed request shows. */
interface ConnectionCase {
  readonly name: string;
  readonly upstream: string;
  /** @param port the server's. One character is one byte. */
  readonly send: (port: number) => string;
  /** In order. */
  readonly answers: readonly { readonly status: number; readonly body?: string }[];
  /** Whether the server closes the connection afterwards. */
  readonly closes?: true;
}

const EVHTTP = 'util/net_http/server/internal/evhttp_server.cc';
const host = (port: number): string => `Host: 127.0.0.1:${port}`;
const BODY = '{"instances": [1.0]}';
const predict = (port: number, headers: string, body = ''): string =>
  `POST /v1/models/half:predict HTTP/1.1\r\n${host(port)}\r\n${headers}\r\n\r\n${body}`;
const sized = (port: number, body: string, more = ''): string =>
  predict(port, `Content-Length: ${body.length}${more}`, body);
const chunked = (port: number, chunks: string): string => predict(port, 'Transfer-Encoding: chunked', chunks);
const ONE = { status: 200, body: '{"predictions": [4.5]}' };
const TWO = { status: 200, body: '{"predictions": [5.0]}' };
const bytewise = (text: string): string => Array.from(text, (byte) => `1\r\n${byte}\r\n`).join('');

/** Sends the bytes as they are; the answer is an error, and the connection closes. */
const broken = (name: string, status: number, send: (port: number) => string): ConnectionCase => ({
  name,
  upstream: EVHTTP,
  send,
  answers: [{ status }],
  closes: true,
});

export const CONNECTIONS: { readonly title: string; readonly cases: readonly ConnectionCase[] } = {
  title: '4.1 connections',
  cases: [
    { name: 'a connection is kept', upstream: EVHTTP, send: (port) => sized(port, BODY), answers: [ONE] },
    {
      name: 'pipelined requests are answered in order',
      upstream: EVHTTP,
      send: (port) => sized(port, BODY) + sized(port, '{"instances": [2.0]}') + sized(port, '{}') + sized(port, BODY),
      answers: [ONE, TWO, { status: 400 }, ONE],
    },
    {
      name: 'a status behind a predict waits for it',
      upstream: EVHTTP,
      send: (port) => `${sized(port, BODY)}GET /v1/models/none HTTP/1.1\r\n${host(port)}\r\n\r\n`,
      answers: [ONE, { status: 404, body: '{"error": "Could not find any versions of model none"}\n' }],
    },
    {
      name: 'an unread body does not hurt the next request',
      upstream: EVHTTP,
      send: (port) =>
        `POST /v1/models/none:predict HTTP/1.1\r\n${host(port)}\r\nContent-Length: 2\r\n\r\n{}${sized(port, BODY)}`,
      answers: [{ status: 404 }, ONE],
    },
    {
      name: 'Connection: close',
      upstream: EVHTTP,
      send: (port) => sized(port, BODY, '\r\nConnection: close'),
      answers: [ONE],
      closes: true,
    },
    {
      name: 'HTTP/1.0 closes',
      upstream: EVHTTP,
      send: (port) => sized(port, BODY).replace('HTTP/1.1', 'HTTP/1.0'),
      answers: [ONE],
      closes: true,
    },
    {
      name: 'HTTP/1.0 with keep-alive stays',
      upstream: EVHTTP,
      send: (port) =>
        sized(port, BODY, '\r\nConnection: keep-alive').replace('HTTP/1.1', 'HTTP/1.0') + sized(port, BODY),
      answers: [ONE, ONE],
    },
    {
      name: 'empty lines before a request',
      upstream: EVHTTP,
      send: (port) => `\r\n\r\n${sized(port, BODY)}`,
      answers: [ONE],
    },
    {
      name: 'a chunk for each byte',
      upstream: EVHTTP,
      send: (port) => chunked(port, `${bytewise(BODY)}0\r\n\r\n`),
      answers: [ONE],
    },
    {
      name: 'chunk sizes in capitals and with zeros',
      upstream: EVHTTP,
      send: (port) => chunked(port, `0014\r\n${BODY}\r\n000\r\n\r\n`),
      answers: [ONE],
    },
    {
      name: 'chunks with extensions and trailers',
      upstream: EVHTTP,
      send: (port) => chunked(port, `14;a=b\r\n${BODY}\r\n0\r\nX: y\r\n\r\n`),
      answers: [ONE],
    },
    {
      name: 'a trailer is no header',
      upstream: EVHTTP,
      send: (port) => chunked(port, `14\r\n${BODY}\r\n0\r\nOrigin: http://evil.test\r\n\r\n`) + sized(port, BODY),
      answers: [ONE, ONE],
    },
    {
      name: 'Expect: 100-continue',
      upstream: EVHTTP,
      send: (port) => sized(port, BODY, '\r\nExpect: 100-continue'),
      answers: [ONE],
    },
    {
      name: 'Expect: 100-continue for a model that is not there',
      upstream: EVHTTP,
      send: (port) =>
        `POST /v1/models/none:predict HTTP/1.1\r\n${host(port)}\r\nContent-Length: 20\r\nExpect: 100-continue\r\n\r\n`,
      answers: [{ status: 404 }],
      closes: true,
    },
    {
      name: 'a body with no length is empty',
      upstream: EVHTTP,
      send: (port) => predict(port, 'A: b'),
      answers: [{ status: 400, body: '{"error": "JSON Parse error: The document is empty"}\n' }],
    },
    broken('a length and chunks', 400, (port) =>
      predict(port, 'Content-Length: 2\r\nTransfer-Encoding: chunked', '0\r\n\r\n'),
    ),
    broken('chunks and a length', 400, (port) =>
      predict(port, 'Transfer-Encoding: chunked\r\nContent-Length: 2', '0\r\n\r\n'),
    ),
    broken('two lengths', 400, (port) => predict(port, 'Content-Length: 2\r\nContent-Length: 3', '{}')),
    broken('the same length twice', 400, (port) => predict(port, 'Content-Length: 2\r\nContent-Length: 2', '{}')),
    broken('a negative length', 400, (port) => predict(port, 'Content-Length: -1')),
    broken('a hexadecimal length', 400, (port) => predict(port, 'Content-Length: 0x2', '{}')),
    broken('a chunk size that is none', 400, (port) => chunked(port, 'x\r\n')),
    broken('a chunk that is too long', 400, (port) => chunked(port, '1\r\n{}\r\n0\r\n\r\n')),
    broken('a coding before the chunks', 501, (port) =>
      predict(port, 'Transfer-Encoding: gzip, chunked', '2\r\n{}\r\n0\r\n\r\n'),
    ),
    broken('a coding behind the chunks', 400, (port) =>
      predict(port, 'Transfer-Encoding: chunked, gzip', '2\r\n{}\r\n'),
    ),
    broken('a blank before a colon', 400, (port) => predict(port, 'Content-Length : 2', '{}')),
    broken('a header that is no header', 400, (port) => predict(port, 'nonsense')),
    broken('a NUL in a header', 400, (port) => predict(port, 'A: \u0000')),
    broken('a NUL in the target', 400, (port) => `GET /v1/\u0000 HTTP/1.1\r\n${host(port)}\r\n\r\n`),
    broken('a blank in the target', 400, (port) => `GET /v1/a b HTTP/1.1\r\n${host(port)}\r\n\r\n`),
    broken('an unknown method', 400, (port) => `BREW /v1/models/half HTTP/1.1\r\n${host(port)}\r\n\r\n`),
    broken('no HTTP at all', 400, () => '\u0016\u0003\u0001\u0002\u0000\r\n\r\n'),
    broken('headers beyond 16 KiB', 431, (port) => predict(port, `A: ${'x'.repeat(17_000)}`)),
    broken('a target beyond 16 KiB', 431, (port) => `GET /${'x'.repeat(17_000)} HTTP/1.1\r\n${host(port)}\r\n\r\n`),
    {
      name: 'no Host',
      upstream: EVHTTP,
      send: () => 'GET /v1/models/half HTTP/1.1\r\n\r\n',
      answers: [{ status: 403 }],
    },
    {
      name: 'two Hosts',
      upstream: EVHTTP,
      send: (port) => `GET /v1/models/half HTTP/1.1\r\n${host(port)}\r\n${host(port)}\r\n\r\n`,
      answers: [{ status: 403 }],
    },
    {
      name: 'an upgrade is not taken',
      upstream: EVHTTP,
      send: (port) =>
        `GET /v1/models/none HTTP/1.1\r\n${host(port)}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
      answers: [{ status: 404 }],
    },
  ],
};
