import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { UiMessage } from '../../contracts/ui.ts';
import { RawConnection, rawRequest } from '../testing/raw-connection.ts';
import { startUiServer } from '../testing/ui-server-setup.ts';
import type { UiServer, UiServerOptions } from './ui-server.ts';

const servers: UiServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close({ deadlineMs: 0 })));
});

async function start(options: Partial<UiServerOptions> = {}) {
  const setup = await startUiServer({ staticDirectory: import.meta.dirname, ...options });
  servers.push(setup.server);
  return setup;
}

type Setup = Awaited<ReturnType<typeof start>>;

/** The key and its answer of RFC 6455 section 1.3. */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

const handshake = (port: number): readonly string[] => [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${KEY}`,
  `Origin: http://127.0.0.1:${port}`,
];

/** Opens the event stream as a WebSocket and gives access to its frames one by one. */
async function openSocket({ port, host, cookie }: Setup) {
  const connection = await RawConnection.open(port);
  connection.send(`GET /ui/events HTTP/1.1\r\n${[host, cookie, ...handshake(port)].join('\r\n')}\r\n\r\n`);
  const head = await connection.until('\r\n\r\n');
  const frame = async () => {
    const [first = 0, second = 0] = await connection.bytes(2);
    const length =
      second === 127
        ? Number((await connection.bytes(8)).readBigUInt64BE())
        : second === 126
          ? (await connection.bytes(2)).readUInt16BE()
          : second;
    return { first, payload: await connection.bytes(length) };
  };
  const next = async (): Promise<UiMessage> => {
    const { first, payload } = await frame();
    expect(first).toBe(0x81);
    return UiMessage.parse(JSON.parse(payload.toString()));
  };
  return { connection, head, frame, next };
}

/** As a client sends it: masked. */
function clientFrame(first: number, payload: string | Buffer = ''): Buffer {
  const bytes = Buffer.from(payload);
  const mask = Buffer.of(1, 2, 3, 4);
  return Buffer.concat([
    Buffer.of(first, 0x80 | bytes.length),
    mask,
    bytes.map((byte, at) => byte ^ (mask[at % 4] ?? 0)),
  ]);
}

describe('the event stream as a WebSocket', () => {
  it('starts with a snapshot and goes on with numbered changes', async () => {
    const setup = await start();
    setup.directory.set('m');
    const { head, next, connection } = await openSocket(setup);
    using _ = connection;
    expect(head).toMatch(/^HTTP\/1\.1 101 /u);
    expect(head).toContain(`\r\nSec-WebSocket-Accept: ${ACCEPT}\r\n`);
    expect(await next()).toMatchObject({ kind: 'snapshot', sequence: 0, models: [{ name: 'm' }] });
    setup.models.serve('m', '1');
    await setup.clock.advance(50);
    expect(await next()).toMatchObject({ kind: 'models', sequence: 1 });
  });

  it.each([10, 1000, 200_000])('carries messages of any length: %d', async (length) => {
    const setup = await start();
    const { next, connection } = await openSocket(setup);
    using _ = connection;
    await next();
    setup.directory.set('m', { message: 'ä'.repeat(length) });
    await setup.clock.advance(50);
    expect(await next()).toMatchObject({ models: [{ source: { message: 'ä'.repeat(length) } }] });
  });

  it('has a heartbeat, and answers that of its reader', async () => {
    const { next, frame, connection } = await openSocket(await start({ heartbeatMs: 5 }));
    using _ = connection;
    await next();
    expect(await frame()).toEqual({ first: 0x89, payload: Buffer.alloc(0) });
    connection.send(clientFrame(0x8a));
    connection.send(clientFrame(0x89, 'are you there?'));
    let answer = await frame();
    while (answer.first === 0x89) answer = await frame();
    expect(answer).toEqual({ first: 0x8a, payload: Buffer.from('are you there?') });
  });

  it.each([
    { when: 'is asked to', sent: clientFrame(0x88, Buffer.of(3, 0xe8)), code: 1000 },
    { when: 'is sent a message', sent: clientFrame(0x81, 'hello'), code: 1003 },
    { when: 'is sent a frame in the clear', sent: Buffer.of(0x89, 0), code: 1002 },
    { when: 'is sent a control frame of several parts', sent: clientFrame(0x09), code: 1002 },
    { when: 'is sent an unknown frame', sent: clientFrame(0x8b), code: 1002 },
    { when: 'is sent too long a ping', sent: Buffer.of(0x89, 0xfe, 0, 126), code: 1002 },
  ])('says that it closes and does so when it $when', async ({ sent, code }) => {
    const setup = await start();
    const { next, frame, connection } = await openSocket(setup);
    using _ = connection;
    await next();
    // Byte by byte: nothing depends on what comes at once.
    for (const byte of sent) connection.send(Buffer.of(byte));
    const { first, payload } = await frame();
    expect([first, payload.readUInt16BE()]).toEqual([0x88, code]);
    // After a mistake of the protocol the server does not wait for the answer.
    if (code === 1003) connection.send(clientFrame(0x88, payload));
    expect(await connection.closed()).toBe('');
  });

  it('takes what is sent right after the handshake', async () => {
    const { port, host, cookie } = await start();
    using connection = await RawConnection.open(port);
    const head = `GET /ui/events HTTP/1.1\r\n${[host, cookie, ...handshake(port)].join('\r\n')}\r\n\r\n`;
    connection.send(Buffer.concat([Buffer.from(head), clientFrame(0x88)]));
    expect(await connection.until('\r\n\r\n')).toContain(' 101 ');
    // The byte of a closing frame is no text.
    expect((await connection.closed()).slice(-2)).toBe('\uFFFD\0');
  });

  it('is gone when its reader just leaves', async () => {
    const { connection, next } = await openSocket(await start());
    await next();
    connection.socket.end();
    expect(await connection.closed()).toBe('');
  });

  it('drops a reader that does not keep up', async () => {
    const setup = await start({ maxStreamBufferBytes: 100_000 });
    setup.directory.set('m');
    const { connection, next } = await openSocket(setup);
    using _ = connection;
    await next();
    connection.socket.pause();
    const closed = once(connection.socket, 'close');
    const message = 'x'.repeat(1_000_000);
    for (let index = 0; index < 100; index += 1) {
      setup.directory.set('m', { message: `${index} ${message}` });
      await setup.clock.advance(50);
    }
    connection.socket.resume();
    await closed;
    expect((await connection.closed()).length).toBeLessThan(90_000_000);
  });

  it('says that it goes when the server closes, and goes with its reader', async () => {
    const setup = await start();
    const { connection, next, frame } = await openSocket(setup);
    using _ = connection;
    await next();
    const closed = setup.server.close({ deadlineMs: 60_000 });
    const { first, payload } = await frame();
    expect([first, payload.readUInt16BE()]).toEqual([0x88, 1001]);
    connection.send(clientFrame(0x88, payload));
    await Promise.all([closed, connection.closed()]);
  });

  it('does not keep the server from closing when its reader takes nothing', async () => {
    const setup = await start({ maxStreamBufferBytes: 1_000_000_000 });
    setup.directory.set('m');
    const { connection, next } = await openSocket(setup);
    using _ = connection;
    await next();
    connection.socket.pause();
    setup.directory.set('m', { message: 'x'.repeat(10_000_000) });
    await setup.clock.advance(50);
    await setup.server.close({ deadlineMs: 10 });
    connection.socket.resume();
    // Not said to be the end: the end was not reached.
    expect((await connection.closed()).length).toBeLessThan(10_000_000);
  });

  it.each<{ when: string; change: (headers: readonly string[]) => readonly string[]; status: number; says: string }>([
    {
      when: 'nobody is signed in',
      change: (headers) => headers.filter((header) => !header.startsWith('Cookie')),
      status: 401,
      says: 'Sign in',
    },
    {
      when: 'the page is one under another name of this computer',
      change: (headers) =>
        headers.map((header) => header.replace('Origin: http://127.0.0.1', 'Origin: http://localhost')),
      status: 403,
      says: 'Origin header',
    },
    {
      when: 'the page is foreign',
      change: (headers) =>
        headers.map((header) => (header.startsWith('Origin') ? 'Origin: http://evil.example' : header)),
      status: 403,
      says: 'evil.example',
    },
    {
      when: 'no page asks',
      change: (headers) => headers.filter((header) => !header.startsWith('Origin')),
      status: 403,
      says: 'Origin header',
    },
    {
      when: 'the host is not ours',
      change: (headers) => headers.map((header) => (header.startsWith('Host') ? 'Host: evil.example' : header)),
      status: 403,
      says: 'evil.example',
    },
    {
      when: 'its version is another',
      change: (headers) => headers.map((header) => header.replace('Version: 13', 'Version: 8')),
      status: 426,
      says: 'Version must be 13',
    },
    {
      when: 'its key is none',
      change: (headers) => headers.map((header) => header.replace(KEY, 'short')),
      status: 400,
      says: 'Key must be 16 bytes',
    },
    {
      when: 'it names protocols in a way that cannot be read',
      change: (headers) => [...headers, 'Sec-WebSocket-Protocol: ,'],
      status: 400,
      says: 'Sec-WebSocket-Protocol',
    },
  ])('is refused, and its connection closed, where $when', async ({ change, status, says }) => {
    const { port, host, cookie } = await start();
    using connection = await RawConnection.open(port);
    const headers = change([host, cookie, ...handshake(port)]);
    connection.send(`GET /ui/events HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
    const response = await connection.response();
    expect(response.status).toBe(status);
    expect(response.body).toContain(says);
    expect(await connection.closed()).toBe('');
  });

  it.each([
    'GET /',
    'GET /ui/sign-in?token=x',
    'GET /no-such-file',
    'GET /ui/events',
    'HEAD /ui/events',
    'POST /ui/commands/x',
  ])('is not what becomes of a connection on which the answer to %s is due', async (line) => {
    const setup = await start();
    const { port, host, cookie } = setup;
    for (const sentCookie of [cookie, 'Cookie: none=1']) {
      using connection = await RawConnection.open(port);
      const second = ['GET /ui/events HTTP/1.1', host, sentCookie, ...handshake(port)].join('\r\n');
      connection.send(`${line} HTTP/1.1\r\n${host}\r\n${sentCookie}\r\n\r\n${second}\r\n\r\n`);
      expect(await connection.closed()).not.toContain(' 101 ');
    }
    // And nobody else is worse off.
    expect((await openSocket(setup)).head).toContain(' 101 ');
  });

  it('may come on a connection on which earlier ones were answered', async () => {
    const { port, host, cookie } = await start();
    using connection = await RawConnection.open(port);
    connection.send(`GET /no-such-file HTTP/1.1\r\n${host}\r\n${cookie}\r\n\r\n`);
    expect((await connection.response()).status).toBe(404);
    connection.send(`GET /ui/events HTTP/1.1\r\n${[host, cookie, ...handshake(port)].join('\r\n')}\r\n\r\n`);
    expect(await connection.until('\r\n\r\n')).toContain(' 101 ');
  });

  it('is one of so many at most', async () => {
    const setup = await start();
    const streams = await Promise.all(Array.from({ length: 64 }, () => openSocket(setup)));
    expect((await openSocket(setup)).head).toContain(' 429 ');
    for (const { connection } of streams) connection.socket.destroy();
    await expect.poll(async () => (await openSocket(setup)).head).toContain(' 101 ');
  });

  it.each([
    { line: 'HEAD /ui/events', status: 200 },
    { line: 'GET /ui/eventsource', status: 404 },
    { line: 'POST /ui/events', status: 405 },
  ])('is nothing that $line becomes', async ({ line, status }) => {
    const { port, host, cookie } = await start();
    expect((await rawRequest(port, line, [host, cookie, ...handshake(port)])).status).toBe(status);
  });
});
