import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ServingError } from '../../contracts/serving-error.ts';
import { UiCommandError } from '../../contracts/ui-commands.ts';
import { UiMessage } from '../../contracts/ui.ts';
import { RawConnection, rawRequest } from '../testing/raw-connection.ts';
import { pathOfLink, startUiServer } from '../testing/ui-server-setup.ts';
import { EncodedJson, type UiCommandHandlers } from './commands.ts';
import type { UiServer, UiServerOptions } from './ui-server.ts';

const SECRET = 'outside the folder';
let folder = '';
const servers: UiServer[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-ui-'));
  await mkdir(join(folder, 'static', 'assets'), { recursive: true });
  await writeFile(join(folder, 'secret.txt'), SECRET);
  await symlink(join(folder, 'secret.txt'), join(folder, 'static', 'link.txt')).catch(() => undefined);
  await writeFile(
    join(folder, 'static', 'index.html'),
    '<meta property="csp-nonce" nonce="__NONCE__"><script nonce="__NONCE__" src="/assets/index-AbCd1234.js"></script>',
  );
  await writeFile(join(folder, 'static', 'assets', 'index-AbCd1234.js'), 'run("__NONCE__")');
  await writeFile(join(folder, 'static', 'icon ä.svg'), '<svg/>');
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close({ deadlineMs: 0 })));
});

async function start(options: Partial<UiServerOptions> = {}, commands: Partial<UiCommandHandlers> = {}) {
  const setup = await startUiServer({ staticDirectory: join(folder, 'static'), ...options }, commands);
  servers.push(setup.server);
  return setup;
}

describe('signing in', () => {
  it('exchanges the link once for the cookie, which then opens the page', async () => {
    const { server, port, host } = await start();
    const path = pathOfLink(server.issueSignInUrl());
    const answer = await rawRequest(port, `GET ${path}`, [host]);
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe('/');
    const setCookie = answer.headers.get('set-cookie') ?? '';
    expect(setCookie).toMatch(new RegExp(`^slipway-ui-${port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`, 'u'));
    const cookie = setCookie.split(';')[0] ?? '';
    expect((await rawRequest(port, 'GET /', [host, `Cookie: ${cookie}`])).status).toBe(200);

    const again = await rawRequest(port, `GET ${path}`, [host]);
    expect(again.status).toBe(401);
    expect(again.body).toContain('no longer valid');
    expect(again.headers.has('set-cookie')).toBe(false);
    // Whoever is signed in already just goes on.
    expect((await rawRequest(port, `GET ${path}`, [host, `Cookie: ${cookie}`])).status).toBe(303);
  });

  it('does not use the link up by looking ahead', async () => {
    const { server, port, host } = await start();
    const path = pathOfLink(server.issueSignInUrl());
    expect((await rawRequest(port, `HEAD ${path}`, [host])).status).toBe(503);
    expect((await rawRequest(port, `GET ${path}`, [host, 'Sec-Purpose: prefetch;prerender'])).status).toBe(503);
    expect((await rawRequest(port, `GET ${path}`, [host])).status).toBe(303);
  });

  it('ends with the link’s time, and with too many newer links', async () => {
    const { clock, server, get, port, host } = await start({ signInTtlMs: 1000 });
    const late = pathOfLink(server.issueSignInUrl());
    await clock.advance(1000);
    expect((await rawRequest(port, `GET ${late}`, [host])).status).toBe(401);
    const links = Array.from({ length: 17 }, () => pathOfLink(server.issueSignInUrl()));
    expect((await rawRequest(port, `GET ${links[0]}`, [host])).status).toBe(401);
    expect((await rawRequest(port, `GET ${links[1]}`, [host])).status).toBe(303);
    expect((await get('/')).status).toBe(200);
  });

  it('works from a link on a foreign page, without a redirect that would lose the strict cookie', async () => {
    const { server, port, host } = await start();
    const answer = await rawRequest(port, `GET ${pathOfLink(server.issueSignInUrl())}`, [
      host,
      'Sec-Fetch-Site: cross-site',
      'Sec-Fetch-Mode: navigate',
      'Sec-Fetch-Dest: document',
    ]);
    expect(answer.status).toBe(200);
    expect(answer.headers.has('set-cookie')).toBe(true);
    expect(answer.body).toContain('http-equiv="refresh" content="0;url=/"');
  });

  it.each(['/ui/sign-in', '/ui/sign-in?token=', '/ui/sign-in?token=x', `/ui/sign-in?token=${'a'.repeat(43)}`])(
    'is refused for %s',
    async (path) => {
      const { server, port, host } = await start();
      server.issueSignInUrl();
      expect((await rawRequest(port, `GET ${path}`, [host])).status).toBe(401);
    },
  );
});

describe('without the cookie', () => {
  it('tells when somebody asks for the page or tries a used link, and only then', async () => {
    const { server, port, host, get, signInsNeeded } = await start();
    const used = pathOfLink(server.issueSignInUrl());
    await rawRequest(port, `GET ${used}`, [host]);
    await get('/');
    for (const path of ['/icon.svg', '/ui/events', '/assets/index-AbCd1234.js']) {
      await rawRequest(port, `GET ${path}`, [host]);
    }
    expect(signInsNeeded.count).toBe(0);
    await rawRequest(port, 'GET /', [host]);
    await rawRequest(port, `GET ${used}`, [host]);
    expect(signInsNeeded.count).toBe(2);
  });

  it.each([
    'GET /',
    'GET /index.html',
    'HEAD /',
    'GET /assets/index-AbCd1234.js',
    'GET /nowhere',
    'GET /ui/events',
    'GET /ui/commands/pollNow',
    'POST /ui/commands/pollNow',
    'POST /ui/commands/nothing',
    'POST /ui/sign-in',
    'OPTIONS /',
    'DELETE /',
  ])('%s is refused and tells nothing', async (requestLine) => {
    const { port, host, session } = await start();
    const [name = ''] = session.split('=');
    for (const cookie of [[], [`Cookie: ${name}=`], [`Cookie: ${session}x`], [`Cookie: x${session}`]]) {
      const answer = await rawRequest(port, requestLine, [host, ...cookie]);
      expect(answer.status).toBe(401);
      expect(answer.body).not.toMatch(/assets|snapshot/u);
    }
  });
});

describe('requests of foreign pages', () => {
  it.each(['GET /', 'GET /ui/events', 'POST /ui/commands/pollNow', 'OPTIONS /ui/commands/pollNow'])(
    '%s is refused in spite of the cookie',
    async (requestLine) => {
      const { port, host, cookie } = await start();
      for (const headers of [
        [host, cookie, 'Origin: http://evil.test'],
        [host, cookie, 'Origin: null'],
        [host, cookie, 'Sec-Fetch-Site: cross-site'],
        [host, cookie, 'Sec-Fetch-Site: same-site'],
        ['Host: evil.test', cookie],
      ]) {
        const answer = await rawRequest(port, requestLine, headers);
        expect(answer.status).toBe(403);
        expect([...answer.headers.keys()].filter((each) => each.startsWith('access-control'))).toEqual([]);
      }
    },
  );
});

describe('the page', () => {
  it('has a fresh nonce in each load, in its text and its policy', async () => {
    const { get } = await start();
    const nonces = new Set<string>();
    for (const path of ['/', '/', '/index.html']) {
      const { status, headers, body } = await get(path);
      expect(status).toBe(200);
      expect(headers.get('cache-control')).toBe('no-store');
      const policy = headers.get('content-security-policy') ?? '';
      const nonce = /script-src 'self' 'nonce-([\w+/=]{24})'/u.exec(policy)?.[1] ?? 'no nonce';
      expect(body.split(nonce)).toHaveLength(3);
      expect(body).not.toContain('__NONCE__');
      expect(policy).toBe(
        `default-src 'none'; script-src 'self' 'nonce-${nonce}'; style-src 'self' 'nonce-${nonce}'; ` +
          "connect-src 'self' http://127.0.0.1:*; img-src 'self' data: blob:; font-src 'self'; " +
          "worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      );
      nonces.add(nonce);
    }
    expect(nonces.size).toBe(3);
  });

  it.each(['/', '/assets/index-AbCd1234.js', '/nowhere', '/ui/sign-in', '/ui/commands/nothing'])(
    'and everything else carries the security headers: %s',
    async (path) => {
      const { get } = await start();
      const { headers } = await get(path);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.has('x-powered-by')).toBe(false);
    },
  );

  it('may keep files whose name changes with their content', async () => {
    const { get } = await start();
    const { headers, body } = await get('/assets/index-AbCd1234.js?v=1');
    expect(body).toBe('run("__NONCE__")');
    expect(headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    const icon = await get('/icon%20%C3%A4.svg');
    expect(icon.headers.get('content-type')).toBe('image/svg+xml');
    expect(icon.headers.get('cache-control')).toBe('no-cache');
  });

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/..%5csecret.txt',
    '/..\\secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/%252e%252e/secret.txt',
    '//secret.txt',
    '/./index.html',
    '/assets/../index.html',
    '/INDEX.HTML',
    '/index.html/',
    '/index.html%00.js',
    '/link.txt',
    '/assets',
    '/assets/',
    '/%',
    '/C:/Windows/win.ini',
    '/\\\\server\\share',
    `/${'a/'.repeat(5000)}`,
  ])('is not reached by %s', async (path) => {
    const { get } = await start();
    const { status, body } = await get(path);
    expect(status).toBe(404);
    expect(body).not.toContain(SECRET);
    expect(body).not.toContain(folder);
  });

  it('says so when it was not built', async () => {
    const { get } = await start({ staticDirectory: join(folder, 'missing') });
    const { status, body } = await get('/');
    expect(status).toBe(503);
    expect(body).toContain('npm run build');
    expect(body).not.toContain(folder);
  });
});

/** Opens the event stream and gives access to its events one by one. */
async function openStream(
  { port, host, cookie }: { readonly port: number; readonly host: string; readonly cookie: string },
  ...headers: readonly string[]
) {
  const connection = await RawConnection.open(port);
  connection.send(`GET /ui/events HTTP/1.1\r\n${[host, cookie, ...headers].join('\r\n')}\r\n\r\n`);
  const head = await connection.until('\r\n\r\n');
  const next = async (): Promise<{ readonly id: string; readonly message: UiMessage }> => {
    const text = await connection.until('}\n\n');
    const id = /^id: (.*)$/mu.exec(text)?.[1] ?? '';
    return { id, message: UiMessage.parse(JSON.parse(/^data: (.*)$/mu.exec(text)?.[1] ?? '')) };
  };
  return { connection, head, next };
}

describe('the event stream', () => {
  it('starts with a snapshot and goes on with numbered changes', async () => {
    const setup = await start();
    setup.directory.set('m');
    const { head, next, connection } = await openStream(setup);
    using _ = connection;
    expect(head).toMatch(/^HTTP\/1\.1 200 .*Content-Type: text\/event-stream/su);
    expect(await next()).toMatchObject({ id: 'i1:0', message: { kind: 'snapshot', models: [{ name: 'm' }] } });
    setup.models.serve('m', '1');
    await setup.clock.advance(50);
    expect(await next()).toMatchObject({ id: 'i1:1', message: { kind: 'models', sequence: 1 } });
  });

  it('goes on where its reader left off', async () => {
    const setup = await start();
    setup.directory.set('m');
    const first = await openStream(setup);
    await first.next();
    first.connection.socket.destroy();
    setup.models.serve('m', '1');
    const second = await openStream(setup, 'Last-Event-ID: i1:0');
    using _ = second.connection;
    expect(await second.next()).toMatchObject({ id: 'i1:1', message: { kind: 'models' } });
  });

  it.each(['i0:0', 'i1:7', 'i1:-1', 'i1:1e0', 'i1:', '0', ''])(
    'starts anew for the Last-Event-ID %j, which it never gave',
    async (id) => {
      const setup = await start();
      setup.directory.set('m');
      const { next, connection } = await openStream(setup, `Last-Event-ID: ${id}`);
      using _ = connection;
      expect(await next()).toMatchObject({ id: 'i1:0', message: { kind: 'snapshot' } });
    },
  );

  it('has a heartbeat', async () => {
    const { next, connection } = await openStream(await start({ heartbeatMs: 5 }));
    using _ = connection;
    await next();
    expect(await connection.until(':\n\n')).toMatch(/^\s*3\r\n:\n\n$/u);
    expect(await connection.until(':\n\n')).toMatch(/^\s*3\r\n:\n\n$/u);
  });

  it('drops a reader that does not keep up', async () => {
    const setup = await start({ maxStreamBufferBytes: 100_000 });
    setup.directory.set('m');
    const { connection, next } = await openStream(setup);
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
    const received = await connection.closed();
    expect(received.length).toBeLessThan(90_000_000);
  });

  it('ends when the server closes', async () => {
    const setup = await start();
    const { connection, next } = await openStream(setup);
    using _ = connection;
    await next();
    await setup.server.close({ deadlineMs: 60_000 });
    expect(await connection.closed()).toBe('\r\n0\r\n\r\n');
  });

  it('writes nothing more to readers that are slow to take its end', async () => {
    const setup = await start({ heartbeatMs: 5, maxStreamBufferBytes: 1_000_000_000 });
    setup.directory.set('m');
    const { connection, next } = await openStream(setup);
    using _ = connection;
    await next();
    connection.socket.pause();
    setup.directory.set('m', { message: 'x'.repeat(10_000_000) });
    await setup.clock.advance(50);
    const closed = setup.server.close({ deadlineMs: 60_000 });
    setup.directory.set('m', { message: 'after the end' });
    await setup.clock.advance(50);
    // Longer than the heartbeat, whose timer was started before: it has tried to write by then.
    await delay(20);
    connection.socket.resume();
    const rest = await connection.closed();
    await closed;
    expect(rest.endsWith('\r\n0\r\n\r\n')).toBe(true);
    expect(rest).not.toContain('after the end');
  });

  it('is not opened for HEAD, nor beyond its number', async () => {
    const setup = await start();
    expect((await rawRequest(setup.port, 'HEAD /ui/events', [setup.host, setup.cookie])).status).toBe(200);
    const streams = await Promise.all(Array.from({ length: 64 }, () => openStream(setup)));
    expect((await setup.get('/ui/events')).status).toBe(429);
    for (const { connection } of streams) connection.socket.destroy();
    await expect.poll(async () => (await openStream(setup)).head).toContain('200 OK');
  });
});

describe('commands', () => {
  it('run with the parsed request and answer with the result', async () => {
    const { post } = await start(
      {},
      {
        removeModel: () => Promise.resolve({}),
        addModels: ({ models }) => Promise.resolve({ added: models.map((each) => each.name) }),
      },
    );
    expect(await post('removeModel', '{"name": "m", "unknown": 1}')).toMatchObject({ status: 200, body: '{}' });
    const added = await post('addModels', '{"models": [{"name": "ä", "basePath": "/x"}]}');
    expect(added).toMatchObject({ status: 200, body: '{"added":["ä"]}' });
  });

  it('answer with what another thread has made into JSON as it is, however long', async () => {
    const json = `{"long":"${'ä'.repeat(2_000_000)}"}`;
    const { post } = await start({}, { modelGraph: () => Promise.resolve(new EncodedJson(Buffer.from(json))) });
    const { status, body } = await post('modelGraph', '{"name": "m", "version": "1"}');
    expect(status).toBe(200);
    // Not by toBe, whose words for a difference would have all of it.
    expect(body === json).toBe(true);
  });

  it.each([
    ['removeModel', '{"name": ""}', 400, 'INVALID_ARGUMENT', 'name: a model name must not be empty'],
    ['retryVersion', '{"name": "m", "version": "01"}', 400, 'INVALID_ARGUMENT', /^version: .*leading zeros/u],
    ['addModels', '{"models": []}', 400, 'INVALID_ARGUMENT', /^models: /u],
    ['pollNow', '[]', 400, 'INVALID_ARGUMENT', /expected object/u],
    ['pollNow', '{', 400, 'INVALID_ARGUMENT', 'The command is not valid JSON'],
    ['pollNow', '', 400, 'INVALID_ARGUMENT', 'The command is not valid JSON'],
    ['nothing', '{}', 404, 'NOT_FOUND', 'There is no such command'],
    ['toString', '{}', 404, 'NOT_FOUND', 'There is no such command'],
    ['pollNow', '{"name": "m"}', 409, 'ALREADY_EXISTS', 'taken'],
    ['listFolder', '{"path": "/x"}', 500, 'INTERNAL', 'internal error'],
  ])('%s %s gives %d', async (name, body, status, code, message) => {
    const { post } = await start(
      {},
      {
        pollNow: () => Promise.reject(new ServingError('ALREADY_EXISTS', 'taken')),
        listFolder: () => Promise.reject(new Error('a bug in /home/ada')),
      },
    );
    const answer = await post(name, body);
    expect(answer.status).toBe(status);
    const error = UiCommandError.parse(JSON.parse(answer.body));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('are taken only from the page itself, as JSON, by POST, and in a sensible size', async () => {
    const saved: number[] = [];
    const { port, host, cookie, post } = await start(
      {},
      {
        pollNow: () => Promise.resolve({}),
        savePreset({ body: preset }) {
          saved.push(preset.length);
          return Promise.resolve({});
        },
      },
    );
    const body = '{"name": "m"}';
    const length = `Content-Length: ${body.length}`;
    const json = 'Content-Type: application/json';
    const send = async (headers: readonly string[]): Promise<number> =>
      (await rawRequest(port, 'POST /ui/commands/pollNow', [host, cookie, length, ...headers], body)).status;
    expect(await send([json, `Origin: http://127.0.0.1:${port}`])).toBe(200);
    expect(await send([json])).toBe(403);
    expect(await send([json, `Origin: http://localhost:${port}`])).toBe(403);
    expect(await send(['Content-Type: text/plain', `Origin: http://127.0.0.1:${port}`])).toBe(415);
    expect((await rawRequest(port, 'GET /ui/commands/pollNow', [host, cookie])).status).toBe(405);
    expect((await post('pollNow', `"${'x'.repeat(1024 * 1024)}"`)).status).toBe(413);
    // Whole requests of models are larger, and have a limit too.
    const preset = (size: number): string =>
      JSON.stringify({ model: 'm', place: 'private', name: 'p', body: 'x'.repeat(size) });
    expect((await post('savePreset', preset(3_000_000))).status).toBe(200);
    expect(saved).toEqual([3_000_000]);
    expect((await post('savePreset', preset(25 * 1024 ** 2))).status).toBe(413);
  });

  it('are aborted when the page goes away', async () => {
    const begun = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<unknown>();
    const { port, host, cookie } = await start(
      {},
      {
        pollNow: (_request, signal) =>
          new Promise((_resolve, reject) => {
            begun.resolve();
            signal.addEventListener('abort', () => {
              aborted.resolve(signal.reason);
              reject(signal.reason);
            });
          }),
      },
    );
    using connection = await RawConnection.open(port);
    const headers = [host, cookie, `Origin: http://127.0.0.1:${port}`, 'Content-Type: application/json'];
    connection.send(
      `POST /ui/commands/pollNow HTTP/1.1\r\n${headers.join('\r\n')}\r\nContent-Length: 12\r\n\r\n{"name":"m"}`,
    );
    await begun.promise;
    connection.socket.destroy();
    expect(await aborted.promise).toMatchObject({ code: 'CANCELLED' });
  });
});

it('tells under which origins its page may be opened', async () => {
  const { origins, port } = await start();
  expect(origins).toEqual([`http://127.0.0.1:${port}`, `http://localhost:${port}`, `http://[::1]:${port}`]);
});

it('two servers have sessions of their own', async () => {
  const first = await start();
  const second = await start();
  expect(second.session.split('=')[0]).not.toBe(first.session.split('=')[0]);
  const answer = await rawRequest(second.port, 'GET /', [second.host, `Cookie: ${first.session}`]);
  expect(answer.status).toBe(401);
});
