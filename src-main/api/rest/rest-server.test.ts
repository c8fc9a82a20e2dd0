import { once } from 'node:events';
import { type IncomingHttpHeaders, request as plainRequest } from 'node:http';
import { request as secureRequest, type RequestOptions } from 'node:https';
import { createServer } from 'node:net';
import { deflateSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../contracts/logger.ts';
import type { RequestOutcome } from '../../contracts/request-outcome.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import { COMPRESS_FROM_BYTES } from '../http/compression.ts';
import { AUTHORITY_CERT, CLIENT_CERT, CLIENT_KEY, SERVER_CERT, SERVER_KEY } from '../testing/certificates.ts';
import { echo, FakeModels, jsonResponse, name, waitForAbort } from '../testing/fake-models.ts';
import { posted, RawConnection, rawRequest } from '../testing/raw-connection.ts';
import { createRestServer, type RestServer, type RestServerDeps, type RestServerOptions } from './rest-server.ts';

const PREDICT = 'POST /v1/models/m:predict';
const servers: RestServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close({ deadlineMs: 0 })));
});

async function start(
  options: RestServerOptions = {},
  configured: readonly string[] = ['m'],
  more: Pick<RestServerDeps, 'metrics' | 'observe'> = {},
) {
  const models = new FakeModels();
  const server = createRestServer(options, {
    handles: models,
    states: models,
    labels: models,
    models: () => configured.map(name),
    log: silentLogger,
    ...more,
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
  ])('%s gives %d', async (requestLine, expected, message) => {
    const { models, port } = await start();
    models.serve('m', '1');
    const { status, body } = await rawRequest(port, requestLine, ...posted(port, '{}'));
    expect({ status, body }).toEqual({ status: expected, body: `{"error": ${JSON.stringify(message)}}\n` });
  });

  it.each(['predict', 'classify', 'regress'])('asks for %s what the path asks for', async (method) => {
    const { models, port } = await start();
    models.serve('m', '1', (request) =>
      Promise.resolve(jsonResponse(`${request.method} ${request.encoding} ${request.bodyBytes}`)),
    );
    const { status, body } = await rawRequest(port, `POST /v1/models/m:${method}`, ...posted(port, '{}'));
    expect({ status, body }).toEqual({ status: 200, body: `${method} json 2` });
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

describe('labels', () => {
  it.each([
    ['POST /v1/models/m/labels/stable:predict', 200, '1'],
    ['POST /v1/models/m/labels/canary:classify', 200, '2'],
    ['GET /v1/models/m/labels/canary/metadata', 200, '2'],
  ])('%s reaches their version', async (requestLine, expected, version) => {
    const { models, port } = await start();
    models.serve('m', '1');
    models.serve('m', '2');
    models.label('m', 'stable', '1');
    models.label('m', 'canary', '2');
    const { status, headers } = await rawRequest(port, requestLine, ...posted(port, '{}'));
    expect([status, headers.get('slipway-model-version')]).toEqual([expected, version]);
  });

  it('choose the version of a status', async () => {
    const { models, port } = await start();
    models.serve('m', '1');
    models.serve('m', '2');
    models.label('m', 'the stable one', '1');
    const { body } = await rawRequest(port, 'GET /v1/models/m/labels/the%20stable%20one');
    expect(JSON.parse(body)).toMatchObject({ model_version_status: [{ version: '1' }] });
  });

  it.each([
    ['POST /v1/models/m/labels/later:predict', 404, 'Servable not found for request: Specific(m, 3)'],
    ['GET /v1/models/m/labels/later/metadata', 404, 'Servable not found for request: Specific(m, 3)'],
    ['GET /v1/models/m/labels/later', 404, 'Could not find version 3 of model m'],
    ['GET /v1/models/m/labels/x', 400, 'Unrecognized servable version label: x'],
    ['GET /v1/models/none/labels/x', 404, 'Could not find any versions of model none'],
    ['POST /v1/models/none/labels/x:predict', 400, 'Unrecognized servable version label: x'],
  ])('%s gives %d', async (requestLine, expected, message) => {
    const { models, port } = await start();
    models.serve('m', '1');
    models.label('m', 'later', '3');
    const { status, body } = await rawRequest(port, requestLine, ...posted(port, '{}'));
    expect({ status, body }).toEqual({ status: expected, body: `{"error": ${JSON.stringify(message)}}\n` });
  });
});

describe('the metrics’ page', () => {
  const metrics = (render: () => Promise<{ contentType: string; body: string }>) => ({
    metrics: { path: '/monitoring/prometheus/metrics', render },
  });
  const page = () => Promise.resolve({ contentType: 'text/plain; version=0.0.4', body: '# TYPE a counter\na{} 1\n' });

  it.each([
    'GET /monitoring/prometheus/metrics',
    'GET /monitoring/prometheus/metrics?name[]=a',
    'GET http://localhost/monitoring/prometheus/metrics',
  ])('answers %s', async (requestLine) => {
    const { port } = await start({}, [], metrics(page));
    const { status, headers, body } = await rawRequest(port, requestLine);
    expect([status, headers.get('content-type'), body]).toEqual([
      200,
      'text/plain; version=0.0.4',
      '# TYPE a counter\na{} 1\n',
    ]);
  });

  it('is not there where nobody makes it, has two methods, and is guarded', async () => {
    const without = await start();
    expect((await rawRequest(without.port, 'GET /monitoring/prometheus/metrics')).status).toBe(404);
    const { port, host } = await start({}, [], metrics(page));
    expect((await rawRequest(port, 'HEAD /monitoring/prometheus/metrics')).status).toBe(200);
    expect((await rawRequest(port, 'POST /monitoring/prometheus/metrics')).status).toBe(405);
    const foreign = await rawRequest(port, 'GET /monitoring/prometheus/metrics', [host, 'Origin: http://evil.test']);
    expect(foreign.status).toBe(403);
  });

  it('that fails says so', async () => {
    const { port } = await start(
      {},
      [],
      metrics(() => Promise.reject(new Error('secret'))),
    );
    const { status, body } = await rawRequest(port, 'GET /monitoring/prometheus/metrics');
    expect({ status, body }).toEqual({ status: 500, body: '{"error": "internal error"}\n' });
  });

  it('is not mixed up with the refusal of a broken request behind it', async () => {
    const rendered = Promise.withResolvers<{ contentType: string; body: string }>();
    const begun = signalled();
    const { port, host } = await start(
      {},
      [],
      metrics(() => {
        begun.happen();
        return rendered.promise;
      }),
    );
    using connection = await RawConnection.open(port);
    connection.send(`GET /monitoring/prometheus/metrics HTTP/1.1\r\n${host}\r\n\r\n`);
    await begun.happened;
    connection.send('nonsense\r\n\r\n');
    expect(await connection.closed()).toBe('');
    rendered.resolve({ contentType: 'text/plain', body: 'x' });
  });
});

describe('compressed answers', () => {
  const large = JSON.stringify({ predictions: Array.from({ length: 10_000 }, (_, index) => index * index) });
  const small = large.slice(0, COMPRESS_FROM_BYTES - 1);
  const ask = async (answer: string, headers: Record<string, string>) => {
    const { models, url } = await start({ allowedOrigins: ['http://127.0.0.1:8510'] });
    models.serve('m', '1', () => Promise.resolve(jsonResponse(answer)));
    const address = new URL('/v1/models/m:predict', url);
    return new Promise<{ headers: IncomingHttpHeaders; body: Buffer }>((resolve, reject) => {
      plainRequest(address, { method: 'POST', headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }));
      })
        .on('error', reject)
        .end('{}');
    });
  };

  it.each(['gzip', 'gzip, deflate, br', '*'])('come for Accept-Encoding: %s', async (acceptEncoding) => {
    const { headers, body } = await ask(large, { 'Accept-Encoding': acceptEncoding });
    expect(headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-type': 'application/json',
      'content-length': String(body.length),
      vary: 'Accept-Encoding',
      'slipway-model-version': '1',
    });
    expect(body.length).toBeLessThan(large.length / 2);
    expect(gunzipSync(body).toString()).toBe(large);
  });

  it.each([{}, { 'Accept-Encoding': 'br' }, { 'Accept-Encoding': 'gzip;q=0' }])('do not come for %j', async (sent) => {
    const { headers, body } = await ask(large, sent);
    expect(headers['content-encoding']).toBeUndefined();
    expect(headers.vary).toBe('Accept-Encoding');
    expect(body.toString()).toBe(large);
  });

  it('never come where they are small', async () => {
    const { headers, body } = await ask(small, { 'Accept-Encoding': 'gzip' });
    expect(headers['content-encoding']).toBeUndefined();
    expect(headers.vary).toBeUndefined();
    expect(body.toString()).toBe(small);
  });

  it('vary by origin too', async () => {
    const { headers } = await ask(large, { 'Accept-Encoding': 'gzip', Origin: 'http://127.0.0.1:8510' });
    expect(headers).toMatchObject({
      vary: 'Origin, Accept-Encoding',
      'access-control-allow-origin': 'http://127.0.0.1:8510',
    });
  });

  it('come for long lists, and HEAD tells their plain length', async () => {
    const configured = Array.from({ length: 1000 }, (_, index) => `model${index}`);
    const { port, host } = await start({}, configured);
    const plain = await rawRequest(port, 'GET /v1/models', [host]);
    const packed = await rawRequest(port, 'GET /v1/models', [host, 'Accept-Encoding: gzip']);
    const head = await rawRequest(port, 'HEAD /v1/models', [host, 'Accept-Encoding: gzip']);
    expect(packed.headers.get('content-encoding')).toBe('gzip');
    expect(Number(packed.headers.get('content-length'))).toBeLessThan(Buffer.byteLength(plain.body) / 2);
    expect(head.headers.get('content-length')).toBe(plain.headers.get('content-length'));
  });

  it('leave in order with the others of a connection', async () => {
    const { models, port, host } = await start();
    models.serve('m', '1', ({ bodyBytes }) => Promise.resolve(jsonResponse(bodyBytes === 1 ? large : 'small')));
    using connection = await RawConnection.open(port);
    for (const body of ['1', '22']) {
      connection.send(
        `${PREDICT} HTTP/1.1\r\n${host}\r\nAccept-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
    }
    expect((await connection.response()).headers.get('content-encoding')).toBe('gzip');
    expect((await connection.response()).body).toBe('small');
  });
});

describe('the observer', () => {
  const watch = async (options: RestServerOptions = {}) => {
    const outcomes: RequestOutcome[] = [];
    const server = await start(options, ['m'], { observe: (outcome) => outcomes.push(outcome) });
    server.models.serve('m', '1', () =>
      Promise.resolve({
        body: Buffer.from('[1]'),
        queueMs: 2,
        runMs: 3,
        batchRows: 4,
        rows: 2,
        runRows: 4,
        paddingRows: 1,
      }),
    );
    server.models.serve('m', '2', () => Promise.reject(new ServingError('UNAVAILABLE', 'worker died')));
    return { ...server, outcomes };
  };

  it('is told of an answered call, with its bodies by reference', async () => {
    const { port, outcomes } = await watch();
    const before = Date.now();
    await rawRequest(
      port,
      'POST /v1/models/m/versions/1:regress',
      ...posted(port, gzipSync('{"a": 1}'), 'Content-Encoding: gzip', 'User-Agent: curl/8.5.0'),
    );
    expect(outcomes).toEqual([
      {
        entrypoint: 'REST',
        method: 'regress',
        model: 'm',
        version: '1',
        code: 'OK',
        httpStatus: 200,
        client: 'curl/8.5.0',
        error: undefined,
        startedAtMs: expect.any(Number),
        durationMs: expect.any(Number),
        queueMs: 2,
        runMs: 3,
        batchRows: 4,
        rows: 2,
        runRows: 4,
        paddingRows: 1,
        requestBytes: 8,
        responseBytes: 3,
        requestBody: [Buffer.from('{"a": 1}')],
        responseBody: Buffer.from('[1]'),
        encoding: 'json',
      },
    ]);
    const [outcome] = outcomes;
    expect(outcome?.durationMs).toBeGreaterThan(0);
    expect(outcome?.startedAtMs).toBeGreaterThan(before - 1000);
    expect(outcome?.startedAtMs).toBeLessThanOrEqual(Date.now());
  });

  it.each([
    [
      'POST /v1/models/m:predict',
      {
        method: 'predict',
        model: 'm',
        version: '2',
        code: 'UNAVAILABLE',
        httpStatus: 503,
        error: 'worker died',
        requestBytes: 2,
        responseBytes: 25,
      },
    ],
    [
      'POST /v1/models/none:predict',
      { method: 'predict', model: 'none', version: undefined, code: 'NOT_FOUND', httpStatus: 404 },
    ],
    [
      'POST /v1/models/m/labels/x:predict',
      { method: 'predict', model: 'm', code: 'INVALID_ARGUMENT', httpStatus: 400 },
    ],
    ['GET /v1/models/m', { method: 'status', model: 'm', code: 'OK', httpStatus: 200, version: undefined }],
    ['HEAD /v1/models/none', { method: 'status', model: 'none', code: 'NOT_FOUND', httpStatus: 404 }],
    ['GET /v1/models/m/versions/1/metadata', { method: 'metadata', model: 'm', version: '1', code: 'OK' }],
    ['GET /v1/models', { method: 'other', model: '', code: 'OK' }],
    [
      'PUT /v1/models/m',
      { method: 'other', model: '', code: 'INVALID_ARGUMENT', error: 'Malformed request: PUT /v1/models/m' },
    ],
  ])('is told of %s', async (requestLine, expected) => {
    const { port, outcomes } = await watch();
    await rawRequest(port, requestLine, ...posted(port, '{}'));
    expect(outcomes).toHaveLength(1);
    expect(outcomes[0]).toMatchObject(expected);
  });

  it('is not told of what a browser asks before a call of its page', async () => {
    const { port, outcomes } = await watch();
    expect((await rawRequest(port, 'OPTIONS /v1/models/m:predict')).status).toBe(200);
    expect(outcomes).toEqual([]);
  });

  it('is told which calls come from the user interface, whatever its browser calls itself', async () => {
    const own = 'http://127.0.0.1:8510';
    const { port, outcomes } = await watch({
      allowedOrigins: [own],
      cors: { local: false, origins: ['https://app.example'] },
    });
    const browser = 'User-Agent: Mozilla/5.0 Chrome/120.0.0.0';
    for (const origin of [own, 'https://app.example']) {
      await rawRequest(port, PREDICT, ...posted(port, '{}', browser, `Origin: ${origin}`));
    }
    expect(outcomes.map(({ client }) => client)).toEqual(['slipway-playground', 'Mozilla/5.0 Chrome/120.0.0.0']);
  });

  it('is told once of a call that is given up, whatever comes after', async () => {
    const { models, port, outcomes } = await watch({ timeoutMs: 30 });
    const late = Promise.withResolvers<ReturnType<typeof jsonResponse>>();
    models.serve('m', '3', () => late.promise);
    await rawRequest(port, PREDICT, ...posted(port, '{}'));
    late.resolve(jsonResponse('{}'));
    await expect.poll(() => models.held).toBe(0);
    expect(outcomes.map(({ code, httpStatus }) => [code, httpStatus])).toEqual([['DEADLINE_EXCEEDED', 504]]);
  });

  it('is told of a client that went away', async () => {
    const { models, port, outcomes } = await watch();
    const begun = signalled();
    models.serve('m', '3', (call, signal) => {
      begun.happen();
      return waitForAbort(call, signal);
    });
    using connection = await RawConnection.open(port);
    connection.send(`${PREDICT} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}`);
    await begun.happened;
    connection.socket.destroy();
    await expect.poll(() => outcomes).toMatchObject([{ code: 'CANCELLED', httpStatus: 499, requestBytes: 2 }]);
  });

  it('hears nothing of probes, unknown paths and foreign pages', async () => {
    const { port, host, outcomes } = await watch();
    for (const line of ['GET /healthz', 'GET /readyz', 'POST /healthz', 'GET /', 'GET /favicon.ico']) {
      await rawRequest(port, line);
    }
    await rawRequest(port, 'GET /v1/models', [host, 'Origin: http://evil.test']);
    expect(outcomes).toEqual([]);
  });
});

describe('TLS', () => {
  const serverTls = { key: SERVER_KEY, cert: SERVER_CERT, clientVerify: false };
  const call = (url: string, options: RequestOptions): Promise<{ status: number | undefined; body: string }> =>
    new Promise((resolve, reject) => {
      secureRequest(
        new URL('/v1/models/m:predict', url),
        { method: 'POST', ca: AUTHORITY_CERT, agent: false, ...options },
        (response) => {
          let body = '';
          response.setEncoding('utf8').on('data', (text: string) => (body += text));
          response.on('end', () => resolve({ status: response.statusCode, body }));
        },
      )
        .on('error', reject)
        .end('[1]');
    });

  it('serves over https, and says so in its address', async () => {
    const { models, port, url } = await start({ tls: serverTls });
    models.serve('m', '1');
    expect(url).toBe(`https://127.0.0.1:${port}`);
    expect(await call(url, {})).toEqual({ status: 200, body: '[1]' });
    expect(await call(url, { headers: { Origin: 'https://evil.test' } })).toMatchObject({ status: 403 });
    await expect(call(url, { ca: '' })).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s', async (maxVersion) => {
    const { models, url } = await start({ tls: serverTls });
    models.serve('m', '1');
    expect(await call(url, { maxVersion })).toMatchObject({ status: 200 });
  });

  it('speaks nothing older', async () => {
    const { url } = await start({ tls: serverTls });
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await expect(call(url, old)).rejects.toThrow(/protocol version/u);
  });

  it('turns away clients without a certificate where one is asked for', async () => {
    const { models, url } = await start({ tls: { ...serverTls, ca: AUTHORITY_CERT, clientVerify: true } });
    models.serve('m', '1');
    expect(await call(url, { key: CLIENT_KEY, cert: CLIENT_CERT })).toEqual({ status: 200, body: '[1]' });
    await expect(call(url, {})).rejects.toThrow(/certificate required|ECONNRESET|EPIPE|socket hang up/u);
  });

  it.each([
    {
      what: 'no key',
      tls: { ...serverTls, key: 'x' },
      message: /^TLS: server_key, server_cert or custom_ca cannot be used/u,
    },
    { what: 'the key of another certificate', tls: { ...serverTls, key: CLIENT_KEY }, message: /key values mismatch/u },
    {
      what: 'no authority for its clients',
      tls: { ...serverTls, clientVerify: true },
      message: /client_verify needs custom_ca/u,
    },
  ])('does not start with $what', async ({ tls, message }) => {
    await expect(start({ tls })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(message),
    });
  });

  it('is not upset by a client that speaks plain HTTP, and closes without waiting for one that never speaks', async () => {
    const { models, server, port, url } = await start({ tls: serverTls });
    models.serve('m', '1');
    using plain = await RawConnection.open(port);
    plain.send('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await plain.closed();
    using silent = await RawConnection.open(port);
    expect(await call(url, {})).toMatchObject({ status: 200 });
    await server.close({ deadlineMs: 60_000 });
    await silent.closed();
  });

  it('finishes what is in flight when it closes', async () => {
    const { models, server, url } = await start({ tls: serverTls });
    const begun = signalled();
    const late = Promise.withResolvers<ReturnType<typeof jsonResponse>>();
    models.serve('m', '1', () => {
      begun.happen();
      return late.promise;
    });
    const answer = call(url, {});
    await begun.happened;
    const closed = server.close({ deadlineMs: 60_000 });
    // More than one sweep of idle connections.
    setTimeout(() => late.resolve(jsonResponse('[2]')), 150);
    expect(await answer).toEqual({ status: 200, body: '[2]' });
    await closed;
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
    { encoding: 'identity, gzip', bytes: gzipSync(text) },
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
    {
      what: 'gzip in deflate',
      encoding: 'gzip, deflate',
      bytes: Buffer.from('x'),
      status: 415,
      message: /not supported/u,
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
    {
      what: 'chunks and a length',
      data: 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n',
      status: 400,
    },
    { what: 'equal lengths', data: 'POST / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n', status: 400 },
    { what: 'a list of lengths', data: 'POST / HTTP/1.1\r\nContent-Length: 2, 2\r\n\r\n', status: 400 },
    { what: 'a signed length', data: 'POST / HTTP/1.1\r\nContent-Length: +2\r\n\r\n', status: 400 },
    {
      what: 'a length beyond 64 bits',
      data: `POST / HTTP/1.1\r\nContent-Length: 1${'0'.repeat(20)}\r\n\r\n`,
      status: 400,
    },
    {
      what: 'chunks that are not the last coding',
      data: 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n',
      status: 400,
    },
    { what: 'a blank before the colon', data: 'POST / HTTP/1.1\r\nContent-Length : 2\r\n\r\n{}', status: 400 },
    { what: 'a folded header', data: 'POST / HTTP/1.1\r\nTransfer-Encoding:\r\n chunked\r\n\r\n', status: 400 },
    { what: 'a NUL in a header', data: 'GET / HTTP/1.1\r\nA: b\u0000c\r\n\r\n', status: 400 },
    { what: 'a bare line feed in a header', data: 'GET / HTTP/1.1\r\nA: b\nHost: localhost\r\n\r\n', status: 400 },
    { what: 'a NUL in the target', data: 'GET /\u0000 HTTP/1.1\r\n\r\n', status: 400 },
    { what: 'a blank in the target', data: 'GET /a b HTTP/1.1\r\n\r\n', status: 400 },
    { what: 'a control character in the target', data: 'GET /\u0001 HTTP/1.1\r\n\r\n', status: 400 },
    { what: 'a version of HTTP that there is not', data: 'GET / HTTP/3.0\r\n\r\n', status: 400 },
    { what: 'a method that there is not', data: 'BREW / HTTP/1.1\r\n\r\n', status: 400 },
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

  it('smuggle nothing behind a body in a foreign coding', async () => {
    const { models, port, host } = await start();
    models.serve('m', '1');
    using connection = await RawConnection.open(port);
    connection.send(`${PREDICT} HTTP/1.1\r\n${host}\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`);
    expect((await connection.response()).status).toBe(501);
  });

  it.each([
    { what: 'a size that is none', chunk: 'x\r\n{}\r\n0\r\n\r\n' },
    { what: 'more data than its size', chunk: '1\r\n{}\r\n0\r\n\r\n' },
    { what: 'a size beyond 64 bits', chunk: `${'f'.repeat(17)}\r\n` },
  ])('with a chunk of $what are told and closed', async ({ chunk }) => {
    const { models, port, host } = await start();
    models.serve('m', '1');
    using connection = await RawConnection.open(port);
    connection.send(`${PREDICT} HTTP/1.1\r\n${host}\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`);
    expect((await connection.response()).status).toBe(400);
    await connection.closed();
    expect(models.held).toBe(0);
  });

  it('take chunks with extensions and trailers, which change nothing', async () => {
    const { models, port, host } = await start();
    models.serve('m', '1');
    using connection = await RawConnection.open(port);
    connection.send(
      `${PREDICT} HTTP/1.1\r\n${host}\r\nTransfer-Encoding: chunked\r\nTrailer: Origin\r\n\r\n` +
        '2;name=value\r\n[1\r\n1\r\n]\r\n0\r\nOrigin: http://evil.test\r\n\r\n',
    );
    expect(await connection.response()).toMatchObject({ status: 200, body: '[1]' });
    connection.send(`GET /healthz HTTP/1.1\r\n${host}\r\n\r\n`);
    expect((await connection.response()).status).toBe(200);
  });

  it('of HTTP/1.0 close after the answer, or stay where they ask to', async () => {
    const { models, port, host } = await start();
    models.serve('m', '1');
    using connection = await RawConnection.open(port);
    const head = `${PREDICT} HTTP/1.0\r\n${host}\r\nContent-Length: 2\r\n`;
    connection.send(`${head}Connection: keep-alive\r\n\r\n{}`);
    const kept = await connection.response();
    expect([kept.body, kept.headers.get('connection')]).toEqual(['{}', 'keep-alive']);
    connection.send(`${head}\r\n{}`);
    expect((await connection.response()).body).toBe('{}');
    await connection.closed();
  });

  it('close where the client asks for it', async () => {
    const { port, host } = await start();
    using connection = await RawConnection.open(port);
    connection.send(`GET /healthz HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`);
    expect((await connection.response()).headers.get('connection')).toBe('close');
    await connection.closed();
  });

  it('cannot be turned into something else', async () => {
    const { port, host } = await start();
    const upgraded = await rawRequest(port, 'GET /healthz', [host, 'Connection: Upgrade', 'Upgrade: websocket']);
    expect(upgraded.status).toBe(200);
    using tunnel = await RawConnection.open(port);
    tunnel.send(`CONNECT evil.test:443 HTTP/1.1\r\n${host}\r\n\r\n`);
    expect(await tunnel.closed()).toBe('');
  });

  it('that send a body drop by drop are ended', async () => {
    const { models, port, host } = await start({ requestTimeoutMs: 60 });
    models.serve('m', '1');
    using connection = await RawConnection.open(port);
    connection.send(`${PREDICT} HTTP/1.1\r\n${host}\r\nContent-Length: 100\r\n\r\n{`);
    expect((await connection.response()).status).toBe(408);
    await connection.closed();
    expect(models.held).toBe(0);
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

  const cors = { local: true, origins: ['https://app.example'] };

  it.each(['http://localhost:3000', 'https://app.example'])('come from %s where it is allowed', async (page) => {
    const { models, port } = await start({ cors });
    models.serve('m', '1');
    const { status, headers } = await rawRequest(port, PREDICT, ...posted(port, '{}', `Origin: ${page}`));
    expect([status, headers.get('access-control-allow-origin')]).toEqual([200, page]);
  });

  it.each(['https://other.example', 'null', 'file://'])('do not come from %s', async (page) => {
    const { models, port } = await start({ cors });
    models.serve('m', '1');
    const { status, headers, body } = await rawRequest(port, PREDICT, ...posted(port, '{}', `Origin: ${page}`));
    expect([status, headers.get('access-control-allow-origin')]).toEqual([403, undefined]);
    expect(body).toMatch(/--rest_api_allowed_origins.*--rest_api_enable_cors_support/u);
  });

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
    const server = createRestServer(
      {},
      { handles: models, states: models, labels: models, models: () => [], log: silentLogger },
    );
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
    const server = createRestServer(
      {},
      { handles: models, states: models, labels: models, models: () => [], log: silentLogger },
    );
    await expect(server.listen({ host: '192.0.2.1', port: 0 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: '192.0.2.1 is no address of this computer: choose another with --host',
    });
  });
});
