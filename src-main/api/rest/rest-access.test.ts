import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../contracts/logger.ts';
import type { RefusedCall, RequestOutcome } from '../../contracts/request-outcome.ts';
import { type Access, bearerToken } from '../http/access.ts';
import type { StrangersOptions } from '../http/strangers.ts';
import { echo, FakeModels, name } from '../testing/fake-models.ts';
import { RawConnection, rawRequest } from '../testing/raw-connection.ts';
import { createRestServer, type RestServer } from './rest-server.ts';

const PAGE = 'http://127.0.0.1:8510';
const METRICS = '/monitoring/prometheus/metrics';
const servers: RestServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close({ deadlineMs: 0 })));
});

/** A server at two ports: one for everybody, and one where callers need a token. */
async function start(strangers: StrangersOptions = {}) {
  const models = new FakeModels();
  models.serve('m', '1', echo);
  const valid = new Set(['good', 'other']);
  const access: Access = (authorization) =>
    valid.has(bearerToken(authorization) ?? '')
      ? undefined
      : { message: `refused (${authorization.length})`, challenge: 'Bearer realm="slipway"' };
  const outcomes: RequestOutcome[] = [];
  const refused: RefusedCall[] = [];
  const server = createRestServer(
    { allowedOrigins: [PAGE], strangers },
    {
      handles: models,
      states: models,
      labels: models,
      models: () => [name('m')],
      log: silentLogger,
      observe: (outcome) => outcomes.push(outcome),
      onRefused: (call) => refused.push(call),
      metrics: { path: METRICS, render: async () => ({ contentType: 'text/plain', body: 'metrics' }) },
    },
  );
  servers.push(server);
  const open = await server.listen({ host: '127.0.0.1', port: 0 });
  const guarded = await server.listen({ host: '127.0.0.1', port: 0 }, access);
  return {
    server,
    open,
    guarded,
    valid,
    outcomes,
    refused,
    port: guarded.port,
    host: `Host: 127.0.0.1:${guarded.port}`,
  };
}

const AUTHORIZED = 'Authorization: Bearer good';
const BODY = '{"instances": [1]}';
const predict = (headers: readonly string[], body = BODY): string =>
  `POST /v1/models/m:predict HTTP/1.1\r\n${headers.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

describe('at an address where callers need a token', () => {
  it.each([
    'GET /healthz',
    'GET /readyz',
    `GET ${METRICS}`,
    'GET /v1/models',
    'GET /v1/models/m',
    'GET /v1/models/m/metadata',
    'HEAD /v1/models/m',
    'POST /v1/models/m:predict',
    'PUT /v1/models/m',
    'OPTIONS /v1/models/m',
    'GET /nothing',
    'GET /v1/models/versions/3',
  ])('%s is refused without one, and not with one', async (line) => {
    const { open, port, host, outcomes, refused } = await start();
    const answer = await rawRequest(port, line);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="slipway"');
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.body).toBe(line.startsWith('HEAD') ? '' : '{"error": "refused (0)"}\n');
    expect(outcomes).toEqual([]);
    expect(refused).toEqual([
      { entrypoint: 'REST', code: 'UNAUTHENTICATED', address: '127.0.0.1', reason: 'refused (0)' },
    ]);
    const [allowed, elsewhere] = [await rawRequest(port, line, [host, AUTHORIZED]), await rawRequest(open.port, line)];
    expect(allowed.status).not.toBe(401);
    expect(allowed.status).toBe(elsewhere.status);
  });

  it.each([
    { headers: ['authorization: bearer good'], status: 200 },
    { headers: ['AUTHORIZATION: BEARER good'], status: 200 },
    { headers: ['Authorization:   Bearer   good  '], status: 200 },
    { headers: ['Authorization: Bearer bad'], status: 401 },
    { headers: ['Authorization: Basic good'], status: 401 },
    { headers: ['Authorization: good'], status: 401 },
    { headers: ['Authorization:'], status: 401 },
    { headers: [AUTHORIZED, AUTHORIZED], status: 401 },
    { headers: ['Authorization: Bearer bad', AUTHORIZED], status: 401 },
    { headers: [AUTHORIZED, 'authorization: Bearer bad'], status: 401 },
    { headers: ['Authorization: Bearer bad, Bearer good'], status: 401 },
    { headers: ['Proxy-Authorization: Bearer good'], status: 401 },
    { headers: ['Cookie: authorization=Bearer good'], status: 401 },
  ])('$headers: $status', async ({ headers, status }) => {
    const { port, host } = await start();
    expect((await rawRequest(port, 'GET /v1/models/m', [host, ...headers])).status).toBe(status);
  });

  it('a connection that was let in is asked again for each request', async () => {
    const { port, host, valid } = await start();
    using connection = await RawConnection.open(port);
    const status = async (): Promise<number> =>
      (await connection.send(`GET /v1/models/m HTTP/1.1\r\n${host}\r\n${AUTHORIZED}\r\n\r\n`).response()).status;
    expect(await status()).toBe(200);
    valid.delete('good');
    expect(await status()).toBe(401);
    valid.add('good');
    expect(await status()).toBe(200);
  });

  it('requests in one go are each let in by themselves', async () => {
    const { port, host } = await start();
    using connection = await RawConnection.open(port);
    connection.send([predict([host, AUTHORIZED]), predict([host]), predict([host, AUTHORIZED])].join(''));
    const statuses = [];
    for (let answer = 0; answer < 3; answer += 1) statuses.push((await connection.response()).status);
    expect(statuses).toEqual([200, 401, 200]);
  });

  it('the refusal comes before the body, which is not asked for', async () => {
    const { port, host, outcomes } = await start();
    using waiting = await RawConnection.open(port);
    waiting.send(`POST /v1/models/m:predict HTTP/1.1\r\n${host}\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n`);
    expect((await waiting.response()).status).toBe(401);
    using sending = await RawConnection.open(port);
    sending.send(`POST /v1/models/m:predict HTTP/1.1\r\n${host}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`);
    expect((await sending.response()).status).toBe(401);
    expect(outcomes).toEqual([]);
  });

  it('an expectation that cannot be met is not told to strangers', async () => {
    const { port, host } = await start();
    expect((await rawRequest(port, 'GET /healthz', [host, 'Expect: tea'])).status).toBe(401);
  });

  it('the guard comes first: a foreign page is refused whatever it brings', async () => {
    const { port, host } = await start();
    const foreign = [host, AUTHORIZED, 'Origin: https://evil.test'];
    expect((await rawRequest(port, 'GET /v1/models/m', foreign)).status).toBe(403);
    expect((await rawRequest(port, 'GET /v1/models/m', ['Host: evil.test', AUTHORIZED])).status).toBe(403);
  });

  it('an allowed page may ask whether it may bring a token, and reads why it may not call', async () => {
    const { port, host } = await start();
    const preflight = [host, `Origin: ${PAGE}`, 'Access-Control-Request-Method: POST'];
    const asked = await rawRequest(port, 'OPTIONS /v1/models/m:predict', preflight);
    expect(asked.status).toBe(200);
    expect(asked.headers.get('access-control-allow-headers')).toContain('Authorization');
    const refused = await rawRequest(port, 'GET /v1/models/m', [host, `Origin: ${PAGE}`]);
    expect(refused.status).toBe(401);
    expect(refused.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(refused.headers.get('vary')).toBe('Origin');
  });

  it('a preflight tells nothing: its answer is the same whatever it is about', async () => {
    const { port, host } = await start();
    const preflight = [host, `Origin: ${PAGE}`, 'Access-Control-Request-Method: POST'];
    const paths = ['/v1/models/m:predict', '/v1/models/nobody:predict', METRICS, '/nothing'];
    const answers = await Promise.all(paths.map((path) => rawRequest(port, `OPTIONS ${path}`, preflight)));
    const told = answers.map(({ status, headers, body }) => {
      const { date: _date, ...rest } = Object.fromEntries(headers);
      return { status, headers: rest, body };
    });
    expect(told[0]).toMatchObject({ status: 200, body: '' });
    for (const answer of told) expect(answer).toEqual(told[0]);
    const foreign = preflight.with(1, 'Origin: https://evil.test');
    expect((await rawRequest(port, 'OPTIONS /v1/models/m', foreign)).status).toBe(403);
    // No browser asks like this.
    expect((await rawRequest(port, 'OPTIONS /v1/models/m', [host, `Origin: ${PAGE}`])).status).toBe(401);
  });
});

describe('connections of strangers', () => {
  const get = (host: string, ...more: readonly string[]): string =>
    `GET /v1/models/m HTTP/1.1\r\n${[host, ...more].join('\r\n')}\r\n\r\n`;

  it('end with the refusal, and when nothing that may comes in time', async () => {
    const { port, host } = await start({ timeoutMs: 3000 });
    using known = await RawConnection.open(port);
    expect((await known.send(get(host, AUTHORIZED)).response()).status).toBe(200);
    using refused = await RawConnection.open(port);
    expect((await refused.send(get(host)).response()).headers.get('connection')).toBe('close');
    await refused.closed();
    using asking = await RawConnection.open(port);
    const preflight = [host, `Origin: ${PAGE}`, 'Access-Control-Request-Method: GET'].join('\r\n');
    expect((await asking.send(`OPTIONS / HTTP/1.1\r\n${preflight}\r\n\r\n`).response()).status).toBe(200);
    using silent = await RawConnection.open(port);
    await Promise.all([asking.closed(), silent.closed()]);
    expect((await known.send(get(host, AUTHORIZED)).response()).status).toBe(200);
  });

  it.each([{ max: 2 }, { maxPerAddress: 2 }])('are so many at most, and keep nobody out: %j', async (limit) => {
    const { port, host } = await start(limit);
    using known = await RawConnection.open(port);
    expect((await known.send(get(host, AUTHORIZED)).response()).status).toBe(200);
    using first = await RawConnection.open(port);
    using second = await RawConnection.open(port);
    using newcomer = await RawConnection.open(port);
    await first.closed();
    expect((await newcomer.send(get(host, AUTHORIZED)).response()).status).toBe(200);
    expect((await second.send(get(host, AUTHORIZED)).response()).status).toBe(200);
    expect((await known.send(get(host, AUTHORIZED)).response()).status).toBe(200);
  });
});

describe('a server at several addresses', () => {
  it('closes one while the other goes on', async () => {
    const { open, guarded, host } = await start();
    await guarded.close({ deadlineMs: 0 });
    await expect(rawRequest(guarded.port, 'GET /healthz', [host, AUTHORIZED])).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
    expect((await rawRequest(open.port, 'GET /healthz')).status).toBe(200);
  });
});
