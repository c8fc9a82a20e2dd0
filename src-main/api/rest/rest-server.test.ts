import { once } from 'node:events';
import { createServer } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../contracts/logger.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import { echo, FakeModels, jsonResponse, name, waitForAbort } from '../testing/fake-models.ts';
import { posted, RawConnection, rawRequest } from '../testing/raw-connection.ts';
import { createRestServer, type RestServer, type RestServerOptions } from './rest-server.ts';

const PREDICT = 'POST /v1/models/m:predict';
const servers: RestServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close({ deadlineMs: 0 })));
});

async function start(options: RestServerOptions = {}, configured: readonly string[] = ['m']) {
  const models = new FakeModels();
  const server = createRestServer(options, {
    handles: models,
    states: models,
    models: () => configured.map(name),
    log: silentLogger,
  });
  servers.push(server);
  const { port, url } = await server.listen({ host: '127.0.0.1', port: 0 });
  return { models, server, port, url, host: `Host: 127.0.0.1:${port}` };
}

/** A promise and the function that resolves it. */
function signalled(): { readonly happened: Promise<void>; readonly happen: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { happened: promise, happen: resolve };
}

describe('status', () => {
  it('lists the versions of a model in TensorFlow Serving’s shape', async () => {
    const { models, port } = await start();
    models.serve('m', '1');
    models.move('m', '2', { phase: 'end', error: new ServingError('DATA_LOSS', 'file is cut off') });
    models.move('m', '3', { phase: 'loading', attempt: 1 });
    models.move('m', '10', { phase: 'unloading' });
    models.move('m', '9223372036854775807', { phase: 'start' });
    const { status, headers, body } = await rawRequest(port, 'GET /v1/models/m');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json');
    const ok = { error_code: 'OK', error_message: '' };
    expect(JSON.parse(body)).toEqual({
      model_version_status: [
        { version: '9223372036854775807', state: 'START', status: ok },
        { version: '10', state: 'UNLOADING', status: ok },
        { version: '3', state: 'LOADING', status: ok },
        { version: '2', state: 'END', status: { error_code: 'DATA_LOSS', error_message: 'file is cut off' } },
        { version: '1', state: 'AVAILABLE', status: ok },
      ],
    });
  });

  it('is printed byte for byte as upstream does', async () => {
    const { models, port } = await start();
    models.serve('m', '123');
    const { body } = await rawRequest(port, 'GET /v1/models/m/versions/00123?x');
    expect(body).toBe(
      '{\n "model_version_status": [\n  {\n   "version": "123",\n   "state": "AVAILABLE",\n   "status": {\n' +
        '    "error_code": "OK",\n    "error_message": ""\n   }\n  }\n ]\n}\n',
    );
  });

  it.each([
    ['/v1/models/none', 404, 'Could not find any versions of model none'],
    ['/v1/models/m/versions/2', 404, 'Could not find version 2 of model m'],
    ['/v1/models/m/labels/stable', 400, 'Unrecognized servable version label: stable'],
    ['/v1/models/none/metadata', 404, 'Servable not found for request: Latest(none)'],
    ['/v1/models/m/versions/2/metadata', 404, 'Servable not found for request: Specific(m, 2)'],
    ['/v1/models/versions/3', 400, 'Missing model name in request.'],
    ['/v1/models/m/', 400, 'Malformed request: GET /v1/models/m/'],
    ['/', 404, 'Not found: /'],
  ])('GET %s gives %d', async (path, expected, message) => {
    const { models, port } = await start();
    models.serve('m', '1');
    const { status, body, headers } = await rawRequest(port, `GET ${path}`);
    expect({ status, body }).toEqual({ status: expected, body: `{"error": ${JSON.stringify(message)}}\n` });
    expect(headers.get('content-type')).toBe('application/json');
  });

  it('HEAD gives the headers of GET', async () => {
    const { models, port } = await start();
    models.serve('m', '1');
    const get = await rawRequest(port, 'GET /v1/models/m');
    const head = await rawRequest(port, 'HEAD /v1/models/m');
    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'));
  });
});

describe('metadata', () => {
  it('describes the signature as SignatureDef and names the version', async () => {
    const { models, port } = await start();
    models.serve('m', '7', echo, {
      inputs: [
        { name: 'image', dtype: 'float32', dims: ['batch', 3, null], optional: false },
        { name: '__proto__', dtype: 'string', dims: null, optional: true },
      ],
      outputs: [{ name: 'label', dtype: 'int64', dims: [], optional: false }],
    });
    const { headers, body } = await rawRequest(port, 'GET /v1/models/m/metadata');
    expect(headers.get('slipway-model-version')).toBe('7');
    expect(body).toContain('"__proto__": {\n');
    const dim = [
      { size: '-1', name: 'batch' },
      { size: '3', name: '' },
      { size: '-1', name: '' },
    ];
    expect(JSON.parse(body)).toMatchObject({
      model_spec: { name: 'm', signature_name: '', version: '7' },
      metadata: {
        signature_def: {
          signature_def: {
            serving_default: {
              inputs: { image: { dtype: 'DT_FLOAT', tensor_shape: { dim, unknown_rank: false }, name: 'image' } },
              outputs: { label: { dtype: 'DT_INT64', tensor_shape: { dim: [], unknown_rank: false }, name: 'label' } },
              method_name: 'tensorflow/serving/predict',
              defaults: {},
            },
          },
        },
      },
    });
    expect(body).toMatch(/"dtype": "DT_STRING",\s+"tensor_shape": \{\s+"dim": \[\],\s+"unknown_rank": true/u);
    expect(models.held).toBe(0);
  });
});

describe('the server’s own routes', () => {
  it('list the models, those without versions too', async () => {
    const { models, port } = await start({}, ['m', 'empty']);
    models.serve('m', '1');
    const { body } = await rawRequest(port, 'GET /v1/models');
    expect(JSON.parse(body)).toMatchObject({
      models: [
        { name: 'm', model_version_status: [{ version: '1', state: 'AVAILABLE' }] },
        { name: 'empty', model_version_status: [] },
      ],
    });
  });

  it('tell liveness from readiness', async () => {
    const { models, port } = await start({}, ['m', 'slow']);
    models.serve('m', '1');
    models.move('slow', '1', { phase: 'loading', attempt: 1 });
    expect((await rawRequest(port, 'GET /healthz')).status).toBe(200);
    const before = await rawRequest(port, 'GET /readyz');
    expect(before.status).toBe(503);
    expect(JSON.parse(before.body)).toEqual({
      ready: false,
      draining: false,
      modelsConfigured: 2,
      modelsAvailable: 1,
      notAvailable: ['slow'],
    });
    models.serve('slow', '1');
    expect((await rawRequest(port, 'GET /readyz')).status).toBe(200);
    expect((await rawRequest(port, 'DELETE /readyz')).status).toBe(405);
  });
});

describe('predict', () => {
  it('gives the bytes to the model and its answer back, with the version that answered', async () => {
    const { models, port } = await start();
    models.serve('m', '1');
    models.serve('m', '2');
    const text = '{"instances": ["ä", "\u{1F600}"]}';
    const latest = await rawRequest(port, PREDICT, ...posted(port, text));
    expect(latest).toMatchObject({ status: 200, body: text });
    expect(latest.headers.get('content-type')).toBe('application/json');
    expect(latest.headers.get('slipway-model-version')).toBe('2');
    const first = await rawRequest(port, 'POST /v1/models/m/versions/1:predict?x=1', ...posted(port, text));
    expect(first.headers.get('slipway-model-version')).toBe('1');
    expect(models.held).toBe(0);
  });

  it('takes an answer that is larger than one write', async () => {
    const { models, port } = await start();
    const answer = `[${'ü,'.repeat(200_000)}0]`;
    models.serve('m', '1', () => Promise.resolve(jsonResponse(answer)));
    expect((await rawRequest(port, PREDICT, ...posted(port, '{}'))).body).toBe(answer);
  });

  it.each([
    ['POST /v1/models/none:predict', 404, 'Servable not found for request: Latest(none)'],
    ['POST /v1/models/m/versions/2:predict', 404, 'Servable not found for request: Specific(m, 2)'],
    ['POST /v1/models/m/labels/x:predict', 400, 'Unrecognized servable version label: x'],
    ['POST /v1/models/m:PREDICT', 400, 'Malformed request: POST /v1/models/m:PREDICT'],
    ['PUT /v1/models/m', 400, 'Malformed request: PUT /v1/models/m'],
    ['POST /v1/models/m:classify', 501, 'Method classify is not implemented: use POST /v1/models/NAME:predict'],
  ])('%s gives %d', async (requestLine, expected, message) => {
    const { models, port } = await start();
    models.serve('m', '1');
    const { status, body } = await rawRequest(port, requestLine, ...posted(port, '{}'));
    expect({ status, body }).toEqual({ status: expected, body: `{"error": ${JSON.stringify(message)}}\n` });
  });

  it('passes a model’s error on, and keeps what is not meant for callers to itself', async () => {
    const { models, port } = await start();
    models.serve('m', '1', () => Promise.reject(new ServingError('UNAVAILABLE', 'worker died')));
    const unavailable = await rawRequest(port, PREDICT, ...posted(port, '{}'));
    expect(unavailable).toMatchObject({ status: 503, body: '{"error": "worker died"}\n' });
    expect(unavailable.headers.get('slipway-model-version')).toBe('1');
    models.serve('m', '2', () => Promise.reject(new Error('ENOENT /home/ada/secret.onnx')));
    const bug = await rawRequest(port, PREDICT, ...posted(port, '{}'));
    expect(bug).toMatchObject({ status: 500, body: '{"error": "internal error"}\n' });
    expect(models.held).toBe(0);
  });

  it('answers 504 at the deadline and aborts the model’s work', async () => {
    const { models, port } = await start({ timeoutMs: 30 });
    const aborted = signalled();
    models.serve('m', '1', (request, signal) => {
      signal.addEventListener('abort', aborted.happen, { once: true });
      return waitForAbort(request, signal);
    });
    const { status, body } = await rawRequest(port, PREDICT, ...posted(port, '{}'));
    expect({ status, body }).toEqual({
      status: 504,
      body: '{"error": "Request exceeded its deadline of 30 ms (--rest_api_timeout_in_ms)"}\n',
    });
    await aborted.happened;
    await expect.poll(() => models.held).toBe(0);
  });

  it('answers at the deadline even where the model does not notice, and holds the version until it does', async () => {
    const { models, port } = await start({ timeoutMs: 30 });
    const late = Promise.withResolvers<ReturnType<typeof jsonResponse>>();
    models.serve('m', '1', () => late.promise);
    const [first, second] = await Promise.all([
      rawRequest(port, PREDICT, ...posted(port, '{}')),
      rawRequest(port, PREDICT, ...posted(port, '{}')),
    ]);
    expect([first.status, second.status]).toEqual([504, 504]);
    expect(models.held).toBe(2);
    late.resolve(jsonResponse('{}'));
    await late.promise;
    models.serve('m', '2');
    expect((await rawRequest(port, PREDICT, ...posted(port, '[1]'))).body).toBe('[1]');
    expect(models.held).toBe(0);
  });

  it('aborts the model’s work when its client goes away', async () => {
    const { models, port } = await start();
    const begun = signalled();
    const aborted = Promise.withResolvers<unknown>();
    models.serve('m', '1', (request, signal) => {
      signal.addEventListener('abort', () => aborted.resolve(signal.reason), { once: true });
      begun.happen();
      return waitForAbort(request, signal);
    });
    using connection = await RawConnection.open(port);
    connection.send(`${PREDICT} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}`);
    await begun.happened;
    connection.socket.destroy();
    expect(await aborted.promise).toMatchObject({ code: 'CANCELLED' });
    await expect.poll(() => models.held).toBe(0);
  });

  it('answers with the reason when the version is given up', async () => {
    const { models, port } = await start();
    const begun = signalled();
    const giveUp = models.serve('m', '1', (request, signal) => {
      begun.happen();
      return waitForAbort(request, signal);
    });
    const answer = rawRequest(port, PREDICT, ...posted(port, '{}'));
    await begun.happened;
    giveUp.abort(new ServingError('UNAVAILABLE', 'version 1 of m was unloaded'));
    expect(await answer).toMatchObject({ status: 503, body: '{"error": "version 1 of m was unloaded"}\n' });
  });

  it('never reuses the signal of a call that was given up', async () => {
    const { models, port } = await start();
    const seen: AbortSignal[] = [];
    const infer = (_request: unknown, signal: AbortSignal) => {
      seen.push(signal);
      return Promise.resolve(jsonResponse(String(signal.aborted)));
    };
    const giveUp = models.serve('m', '1', infer);
    giveUp.abort(new ServingError('UNAVAILABLE', 'gone'));
    expect((await rawRequest(port, PREDICT, ...posted(port, '{}'))).status).toBe(503);
    models.serve('m', '1', infer);
    expect((await rawRequest(port, PREDICT, ...posted(port, '{}'))).body).toBe('false');
    expect(seen.map(({ aborted }) => aborted)).toEqual([true, false]);
  });
});

describe('request bodies', () => {
  const text = JSON.stringify({ instances: Array.from({ length: 5000 }, (_, index) => index) });

  it.each([
    { encoding: 'gzip', bytes: gzipSync(text) },
    { encoding: 'GZIP', bytes: gzipSync(text) },
    { encoding: 'x-gzip', bytes: gzipSync(text) },
    { encoding: 'deflate', bytes: deflateSync(text) },
    { encoding: 'identity', bytes: Buffer.from(text) },
    {
      encoding: 'gzip',
      bytes: Buffer.concat([gzipSync(text.slice(0, 99)), gzipSync(text.slice(99))]),
    },
  ])('may come as $encoding', async ({ encoding, bytes }) => {
    const { models, port } = await start();
    models.serve('m', '1');
    const answer = await rawRequest(port, PREDICT, ...posted(port, bytes, `Content-Encoding: ${encoding}`));
    expect(answer.body).toBe(text);
  });

  it.each([
    { what: 'no gzip data', encoding: 'gzip', bytes: Buffer.from('{}'), status: 400, message: /not valid gzip data/u },
    { what: 'cut gzip data', encoding: 'gzip', bytes: gzipSync(text).subarray(0, 50), status: 400, message: /gzip/u },
    { what: 'an empty gzip body', encoding: 'gzip', bytes: Buffer.alloc(0), status: 400, message: /gzip/u },
    {
      what: 'an unknown encoding',
      encoding: 'br',
      bytes: Buffer.from('x'),
      status: 415,
      message: /br.* is not supported.*gzip/u,
    },
    { what: 'two encodings', encoding: 'gzip, gzip', bytes: Buffer.from('x'), status: 415, message: /not supported/u },
  ])('$what: $status', async ({ encoding, bytes, status, message }) => {
    const { models, port } = await start();
    models.serve('m', '1');
    const answer = await rawRequest(port, PREDICT, ...posted(port, bytes, `Content-Encoding: ${encoding}`));
    expect(answer.status).toBe(status);
    expect(answer.body).toMatch(message);
  });

  it('that inflate beyond the limit are refused', async () => {
    const { models, port } = await start({ maxBodyBytes: 1_000_000 });
    models.serve('m', '1');
    const bomb = gzipSync(Buffer.alloc(1_000_001));
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => rawRequest(port, PREDICT, ...posted(port, bomb, 'Content-Encoding: gzip'))),
    );
    for (const { status, body } of answers) {
      expect([413, 429]).toContain(status);
      expect(body).toMatch(/limit of 1000000 bytes|try again later/u);
    }
    const ok = gzipSync(Buffer.alloc(1_000_000, 48));
    const answer = await rawRequest(port, PREDICT, ...posted(port, ok, 'Content-Encoding: gzip'));
    expect(answer.body.length).toBe(1_000_000);
  });

  it('that inflate a thousand times are refused long before the limit', async () => {
    const { models, port } = await start();
    models.serve('m', '1');
    const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024));
    const { status, body } = await rawRequest(port, PREDICT, ...posted(port, bomb, 'Content-Encoding: gzip'));
    expect({ status, body }).toEqual({ status: 413, body: '{"error": "Compressed request body inflates too far"}\n' });
  });

  it('that are announced too large are refused before they are sent, and the connection closes', async () => {
    const { models, port, host } = await start({ maxBodyBytes: 1000 });
    models.serve('m', '1');
    using connection = await RawConnection.open(port);
    connection.send(`${PREDICT} HTTP/1.1\r\n${host}\r\nContent-Length: 100000000\r\n\r\n`);
    const { status, headers, body } = await connection.response();
    expect(status).toBe(413);
    expect(headers.get('connection')).toBe('close');
    expect(body).toBe('{"error": "Request body is larger than the limit of 1000 bytes"}\n');
    await connection.closed();
  });

  it('that turn out too large are refused while the client still sends', async () => {
    const { models, port, host } = await start({ maxBodyBytes: 100_000 });
    models.serve('m', '1');
    using connection = await RawConnection.open(port);
    connection.send(`${PREDICT} HTTP/1.1\r\n${host}\r\nTransfer-Encoding: chunked\r\n\r\n`);
    for (let index = 0; index < 40; index += 1) connection.send(`1000\r\n${'x'.repeat(4096)}\r\n`);
    expect((await connection.response()).status).toBe(413);
    await connection.closed();
  });

  it('are given back to the shared budget, whatever became of them', async () => {
    const { models, port } = await start({ maxBodyBytes: 1000, maxBufferedBytes: 1000 });
    const begun = signalled();
    models.serve('m', '1', (request, signal) => {
      begun.happen();
      return waitForAbort(request, signal);
    });
    models.serve('m', '2');
    const body = 'x'.repeat(900);
    using holder = await RawConnection.open(port);
    holder.send(
      `POST /v1/models/m/versions/1:predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n${body}`,
    );
    await begun.happened;
    const refused = await rawRequest(port, PREDICT, ...posted(port, body));
    expect(refused.status).toBe(429);
    expect(refused.body).toMatch(/try again later/u);
    const gone = once(holder.socket, 'close');
    holder.socket.destroy();
    await gone;
    for (let round = 0; round < 3; round += 1) {
      await expect.poll(async () => (await rawRequest(port, PREDICT, ...posted(port, body))).status).toBe(200);
    }
  });

  it('in many tiny chunks arrive whole and in few pieces', async () => {
    const { models, port, host } = await start();
    let pieces = 0;
    models.serve('m', '1', (request, signal) => {
      pieces = request.body.length;
      expect(request.bodyBytes).toBe(request.body.reduce((sum, { length }) => sum + length, 0));
      return echo(request, signal);
    });
    using connection = await RawConnection.open(port);
    const chunks = Array.from(text, (character) => `1\r\n${character}\r\n`).join('');
    connection.send(`${PREDICT} HTTP/1.1\r\n${host}\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const large = 'y'.repeat(5000);
    connection.send(`${chunks}1388\r\n${large}\r\n1\r\nz\r\n0\r\n\r\n`);
    expect((await connection.response()).body).toBe(`${text}${large}z`);
    expect(pieces).toBeLessThan(20);
  });
});

describe('Expect: 100-continue', () => {
  const head = (length: number): string =>
    `Host: localhost\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`;

  it('asks for a body that is wanted', async () => {
    const { models, port } = await start();
    models.serve('m', '1');
    using connection = await RawConnection.open(port);
    connection.send(`${PREDICT} HTTP/1.1\r\n${head(2)}`);
    expect(await connection.until('\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    connection.send('{}');
    expect((await connection.response()).body).toBe('{}');
  });

  it.each([
    { what: 'of a model that is not there', line: 'POST /v1/models/none:predict', length: 2, status: 404 },
    { what: 'that is too large', line: PREDICT, length: 1001, status: 413 },
    { what: 'for no route', line: 'POST /nowhere', length: 2, status: 404 },
  ])('spares the client a body $what', async ({ line, length, status }) => {
    const { models, port } = await start({ maxBodyBytes: 1000 });
    models.serve('m', '1');
    using connection = await RawConnection.open(port);
    connection.send(`${line} HTTP/1.1\r\n${head(length)}`);
    expect((await connection.response()).status).toBe(status);
    expect(await connection.closed()).toBe('');
  });

  it('is refused from a foreign page before anything else', async () => {
    const { models, port } = await start();
    models.serve('m', '1');
    using connection = await RawConnection.open(port);
    connection.send(`${PREDICT} HTTP/1.1\r\nOrigin: http://evil.test\r\n${head(2)}`);
    expect((await connection.response()).status).toBe(403);
  });

  it('is the only expectation that is met', async () => {
    const { port, host } = await start();
    expect((await rawRequest(port, 'GET /healthz', [host, 'Expect: more'])).status).toBe(417);
  });

  it.each([[['Host: evil.test']], [['Host: localhost', 'Origin: http://evil.test']]])(
    'is judged after the guard: %j',
    async (headers) => {
      const { port } = await start();
      expect((await rawRequest(port, 'GET /healthz', [...headers, 'Expect: more'])).status).toBe(403);
    },
  );
});

describe('connections', () => {
  it('are kept, and pipelined requests are answered in order', async () => {
    const { models, port, host } = await start();
    models.serve('m', '1', async (request, signal) => {
      // The first request is the slowest.
      const answer = await echo(request, signal);
      const turns = 10 - request.bodyBytes;
      for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
      return answer;
    });
    using connection = await RawConnection.open(port);
    const bodies = ['1', '22', '333'];
    connection.send(
      bodies.map((body) => `${PREDICT} HTTP/1.1\r\n${host}\r\nContent-Length: ${body.length}\r\n\r\n${body}`).join(''),
    );
    for (const body of bodies) expect((await connection.response()).body).toBe(body);
    connection.send(`POST /nowhere HTTP/1.1\r\n${host}\r\nContent-Length: 2\r\n\r\n{}`);
    expect((await connection.response()).status).toBe(404);
    connection.send(`GET /healthz HTTP/1.1\r\n${host}\r\n\r\n`);
    expect((await connection.response()).status).toBe(200);
  });

  it.each([
    { what: 'no HTTP', data: '\u0016\u0003\u0001 hello\r\n\r\n', status: 400 },
    { what: 'two lengths', data: 'POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', status: 400 },
    {
      what: 'a length and chunks',
      data: 'POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      status: 400,
    },
    { what: 'a header flood', data: `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(10_000)}\r\n`, status: 431 },
    { what: 'a huge header', data: `GET / HTTP/1.1\r\na: ${'x'.repeat(20_000)}\r\n\r\n`, status: 431 },
    { what: 'a huge target', data: `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`, status: 431 },
  ])('with $what are told and closed', async ({ data, status }) => {
    const { port } = await start();
    using connection = await RawConnection.open(port);
    connection.send(data);
    const answer = await connection.response();
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toHaveProperty('error');
    await connection.closed();
  });

  it('with a broken request behind one that is still worked on are cut, not mixed up', async () => {
    const { models, port, host } = await start();
    const begun = signalled();
    models.serve('m', '1', (request, signal) => {
      begun.happen();
      return waitForAbort(request, signal);
    });
    using connection = await RawConnection.open(port);
    connection.send(`${PREDICT} HTTP/1.1\r\n${host}\r\nContent-Length: 2\r\n\r\n{}`);
    await begun.happened;
    connection.send('nonsense\r\n\r\n');
    expect(await connection.closed()).toBe('');
  });

  it('that send their headers drop by drop are ended', async () => {
    const { port } = await start({ headersTimeoutMs: 50 });
    using connection = await RawConnection.open(port);
    connection.send('GET / HTTP/1.1\r\nHost: loc');
    const answer = await connection.response();
    expect(answer.status).toBe(408);
    await connection.closed();
  });

  it('no header escapes the guard behind thousands of others', async () => {
    const { port, host } = await start();
    const filler = Array.from({ length: 2500 }, () => 'a:');
    expect((await rawRequest(port, 'GET /healthz', [host, ...filler, 'Origin: http://evil.test'])).status).toBe(403);
  });
});

describe('the guard', () => {
  it.each(['GET /v1/models', 'HEAD /healthz', PREDICT, 'OPTIONS /v1/models', 'DELETE /nowhere', 'PUT *'])(
    'stands before %s',
    async (requestLine) => {
      const { models, port, host } = await start();
      models.serve('m', '1');
      for (const headers of [
        ['Host: evil.test'],
        [],
        [host, host],
        [host, 'Origin: null'],
        [host, 'Origin: http://evil.test', 'Access-Control-Request-Method: POST'],
        [host, 'Sec-Fetch-Site: cross-site'],
      ]) {
        const answer = await rawRequest(port, requestLine, headers);
        expect(answer.status).toBe(403);
        expect(answer.headers.has('access-control-allow-origin')).toBe(false);
      }
    },
  );

  it('wants a Host of HTTP/1.0 too', async () => {
    const { port } = await start();
    using connection = await RawConnection.open(port);
    connection.send('GET /healthz HTTP/1.0\r\n\r\n');
    expect((await connection.response()).status).toBe(403);
  });
});

describe('cross-origin requests of an allowed origin', () => {
  const origin = 'http://127.0.0.1:8510';

  it('pass the preflight', async () => {
    const { port, host } = await start({ allowedOrigins: [origin] });
    const { status, headers } = await rawRequest(port, 'OPTIONS /v1/models/m:predict', [
      host,
      `Origin: ${origin}`,
      'Sec-Fetch-Site: same-site',
      'Access-Control-Request-Method: POST',
      'Access-Control-Request-Headers: content-type',
    ]);
    expect(status).toBe(200);
    expect(headers.get('access-control-allow-origin')).toBe(origin);
    expect(headers.get('access-control-allow-methods')).toContain('POST');
    expect(headers.get('access-control-allow-headers')).toContain('Content-Type');
    expect(headers.get('vary')).toBe('Origin');
  });

  it.each(['POST /v1/models/m:predict', 'POST /v1/models/none:predict', 'GET /v1/models/m', 'GET /nowhere'])(
    'may read the answer to %s',
    async (requestLine) => {
      const { models, port } = await start({ allowedOrigins: [origin] });
      models.serve('m', '1');
      const [headers, body] = posted(port, '{}', `Origin: ${origin}`);
      const answer = await rawRequest(port, requestLine, headers, body);
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
      expect(answer.headers.get('access-control-expose-headers')).toBe('Slipway-Model-Version');
      expect(answer.headers.get('vary')).toBe('Origin');
    },
  );

  it('are the only ones that get such headers', async () => {
    const { port } = await start({ allowedOrigins: [origin] });
    const { headers } = await rawRequest(port, 'OPTIONS /healthz');
    expect([...headers.keys()].filter((each) => each.startsWith('access-control'))).toEqual([]);
    expect(headers.get('allow')).toBe('GET, HEAD, POST, OPTIONS');
  });
});

describe('close', () => {
  it('finishes what is in flight, closes idle connections and takes no new ones', async () => {
    const { models, server, port, host } = await start();
    const begun = signalled();
    const answer = Promise.withResolvers<ReturnType<typeof jsonResponse>>();
    models.serve('m', '1', () => {
      begun.happen();
      return answer.promise;
    });
    using idle = await RawConnection.open(port);
    idle.send(`GET /healthz HTTP/1.1\r\n${host}\r\n\r\n`);
    await idle.response();
    using busy = await RawConnection.open(port);
    busy.send(`${PREDICT} HTTP/1.1\r\n${host}\r\nContent-Length: 2\r\n\r\n{}`);
    await begun.happened;

    const closed = server.close({ deadlineMs: 60_000 });
    await idle.closed();
    await expect(RawConnection.open(port)).rejects.toThrow('ECONNREFUSED');
    answer.resolve(jsonResponse('[1]'));
    const response = await busy.response();
    expect(response.body).toBe('[1]');
    expect(response.headers.get('connection')).toBe('close');
    await busy.closed();
    await closed;
  });

  it.each([
    { what: 'never said a word', sent: () => '' },
    { what: 'sent half a request', sent: (host: string) => `GET /healthz HTTP/1.1\r\n${host}\r\n` },
    {
      what: 'sent half a second request',
      sent: (host: string) => `GET /healthz HTTP/1.1\r\n${host}\r\n\r\nGET /healthz HTTP/1.1\r\n`,
    },
  ])('does not wait for a connection that $what', async ({ sent }) => {
    const { server, port, host } = await start();
    using silent = await RawConnection.open(port);
    silent.send(sent(host));
    // The answer on another connection shows that the server has taken the first one.
    expect((await rawRequest(port, 'GET /healthz')).status).toBe(200);
    await server.close({ deadlineMs: 60_000 });
    await silent.closed();
  });

  it('waits for a body that is still on its way', async () => {
    const { models, server, port, host } = await start();
    models.serve('m', '1');
    using slow = await RawConnection.open(port);
    slow.send(`${PREDICT} HTTP/1.1\r\n${host}\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n`);
    await slow.until('100 Continue\r\n\r\n');
    using silent = await RawConnection.open(port);
    const closed = server.close({ deadlineMs: 60_000 });
    // Closed by the same sweep that has to leave the other one alone.
    await silent.closed();
    slow.send('[1]');
    expect((await slow.response()).body).toBe('[1]');
    await closed;
  });

  it('cuts what is not finished at the deadline', async () => {
    const { models, server, port, host } = await start();
    const begun = signalled();
    models.serve('m', '1', (request, signal) => {
      begun.happen();
      return waitForAbort(request, signal);
    });
    using busy = await RawConnection.open(port);
    busy.send(`${PREDICT} HTTP/1.1\r\n${host}\r\nContent-Length: 2\r\n\r\n{}`);
    await begun.happened;
    const patient = server.close({ deadlineMs: 60_000 });
    await server.close({ deadlineMs: 10 });
    await patient;
    await busy.closed();
    await expect.poll(() => models.held).toBe(0);
  });
});

describe('listen', () => {
  it('says who holds a taken port and what to do', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const address = holder.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const models = new FakeModels();
    const server = createRestServer({}, { handles: models, states: models, models: () => [], log: silentLogger });
    await expect(server.listen({ host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
      message: expect.stringMatching(
        new RegExp(
          `^port ${port} on 127\\.0\\.0\\.1 is already in use by ${process.platform === 'linux' ? 'this very program' : '.*'}: .*--rest_api_port$`,
          'u',
        ),
      ),
    });
    holder.close();
    await server.close({ deadlineMs: 0 });
  });

  it('says so when the address is not this computer’s', async () => {
    const models = new FakeModels();
    const server = createRestServer({}, { handles: models, states: models, models: () => [], log: silentLogger });
    await expect(server.listen({ host: '192.0.2.1', port: 0 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: '192.0.2.1 is no address of this computer: choose another with --host',
    });
  });
});
