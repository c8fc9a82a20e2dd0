import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2';
import { connect, createServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Logger, silentLogger } from '../../contracts/logger.ts';
import type { RequestOutcome } from '../../contracts/request-outcome.ts';
import { FakeModels, type Infer, jsonResponse } from '../testing/fake-models.ts';
import { createGrpcServer, type GrpcServerDeps, type GrpcServerOptions } from './grpc-server.ts';
import { endOf, methodOf, PROTOS_DIRECTORY, TestClient } from './testing/grpc-client.ts';

const PREDICT = '/tensorflow.serving.PredictionService/Predict';
const METADATA = '/tensorflow.serving.PredictionService/GetModelMetadata';
const STATUS = '/tensorflow.serving.ModelService/GetModelStatus';
const RELOAD = '/tensorflow.serving.ModelService/HandleReloadConfigRequest';
const CHECK = '/grpc.health.v1.Health/Check';
const WATCH = '/grpc.health.v1.Health/Watch';
const REFLECT = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';

const SMALL = 64 * 1024;
const MEBIBYTE = 1024 * 1024;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

interface Running {
  readonly models: FakeModels;
  readonly client: TestClient;
  readonly address: string;
  readonly port: number;
  readonly outcomes: RequestOutcome[];
}

/** Starts a server with the model `m`, version 1. */
async function start(
  options: Partial<GrpcServerOptions> = {},
  { infer, ...deps }: Partial<GrpcServerDeps> & { readonly infer?: Infer } = {},
): Promise<Running> {
  const models = new FakeModels();
  models.serve('m', '1', infer);
  const outcomes: RequestOutcome[] = [];
  const server = createGrpcServer(
    { protosDirectory: PROTOS_DIRECTORY, ...options },
    {
      handles: models,
      states: models,
      labels: models,
      models: () => models.names(),
      observer: (outcome) => outcomes.push(outcome),
      reload: () => Promise.resolve(),
      counterValue: () => undefined,
      log: silentLogger,
      ...deps,
    },
  );
  closers.push(() => server.close({ deadlineMs: 0 }));
  const { address, port } = await server.listen({ host: '127.0.0.1', port: 0 });
  const client = new TestClient(address);
  closers.push(() => client[Symbol.dispose]());
  return { models, client, address, port, outcomes };
}

const request = methodOf(PREDICT).requestSerialize({ model_spec: { name: 'm' }, output_filter: ['x'.repeat(1000)] });

/** A request for the health of the model. */
const CHECK_M = methodOf(CHECK).requestSerialize({ service: 'm' });

/** A message, or the beginning of one that declares more. */
function framed(message: Buffer, { compressed = false, declared = message.length } = {}): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt8(compressed ? 1 : 0, 0);
  header.writeUInt32BE(declared, 1);
  return Buffer.concat([header, message]);
}

function session(address: string): ClientHttp2Session {
  const opened = connectHttp2(`http://${address}`);
  opened.on('error', () => undefined);
  closers.push(() => opened.destroy());
  return opened;
}

interface Begun {
  readonly stream: ClientHttp2Stream;
  readonly status: Promise<{ readonly status: unknown; readonly message: string }>;
}

/** A call as raw HTTP/2, for what no gRPC client would send. */
function begin(on: ClientHttp2Session, path: string, headers: Readonly<Record<string, string>> = {}): Begun {
  const stream = on.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  stream.on('error', () => undefined);
  const ended = Promise.withResolvers<{ status: unknown; message: string }>();
  const look = (received: Readonly<Record<string, unknown>>): void => {
    const { 'grpc-status': status, 'grpc-message': message } = received;
    if (status !== undefined) ended.resolve({ status, message: decodeURI(String(message)) });
  };
  stream.on('response', look);
  stream.on('trailers', look);
  return { stream, status: ended.promise };
}

describe('the largest message', () => {
  it.each([
    { path: METADATA, limit: SMALL },
    { path: STATUS, limit: SMALL },
    { path: CHECK, limit: SMALL },
    { path: WATCH, limit: SMALL },
    { path: REFLECT, limit: SMALL },
    { path: RELOAD, limit: 16 * MEBIBYTE },
    { path: PREDICT, limit: 2 ** 31 - 1 },
  ])('of $path is $limit', async ({ path, limit }) => {
    const { address, outcomes } = await start();
    const { stream, status } = begin(session(address), path);
    const closed = once(stream, 'close');
    stream.resume();
    // Refused before anything of it comes, and the client needs not go on with it.
    stream.write(framed(Buffer.alloc(0), { declared: limit + 1 }));
    await expect(status).resolves.toEqual({
      status: '8',
      message: `Received message larger than max (${limit + 1} vs ${limit})`,
    });
    await closed;
    expect(outcomes).toEqual([expect.objectContaining({ code: 'RESOURCE_EXHAUSTED' })]);
  });

  it('is seen in a length that comes byte by byte', async () => {
    const { address } = await start({ maxMessageBytes: 300 });
    const on = session(address);
    const { stream, status } = begin(on, PREDICT);
    for (const byte of framed(Buffer.alloc(0), { declared: 301 })) {
      stream.write(Buffer.from([byte]));
      await new Promise((resolve) => on.ping(resolve));
    }
    await expect(status).resolves.toMatchObject({
      status: '8',
      message: 'Received message larger than max (301 vs 300)',
    });
  });

  it('is no smaller than said', async () => {
    const { client } = await start();
    const service = 'x'.repeat(SMALL - 4);
    await expect(client.call(CHECK, { service })).resolves.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('the fields of a configuration', () => {
  const pairs = (count: number): Buffer =>
    Buffer.from(Array.from({ length: count * 2 }, (_, at) => (at % 2 ? 0 : 0x0a)));
  const field = (bytes: Buffer): Buffer => {
    const length: number[] = [];
    for (let rest = bytes.length; rest > 0; rest >>>= 7) length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    return Buffer.concat([Buffer.from([0x0a, ...length]), bytes]);
  };

  it.each([
    { models: 10_000, ending: { code: 'OK' } },
    {
      models: 10_001,
      ending: { code: 'RESOURCE_EXHAUSTED', message: 'Configuration has 10001 models; at most 10000 can be served' },
    },
    {
      models: 200_000,
      ending: { code: 'RESOURCE_EXHAUSTED', message: 'Request has more than 200000 fields, which is the limit' },
    },
  ])('$models models', async ({ models, ending }) => {
    const { client } = await start();
    await expect(client.raw(RELOAD, field(field(pairs(models))))).resolves.toMatchObject(ending);
  });
});

describe('a compressed message', () => {
  const zipped = gzipSync(request);
  const bomb = gzipSync(Buffer.alloc(20 * MEBIBYTE));

  it('is inflated for the model', async () => {
    const infer = vi.fn<Infer>(() => Promise.resolve(jsonResponse('done')));
    const { address, outcomes } = await start({}, { infer });
    const { stream, status } = begin(session(address), PREDICT, { 'grpc-encoding': 'gzip' });
    stream.end(framed(zipped, { compressed: true }));
    stream.resume();
    await expect(status).resolves.toMatchObject({ status: '0' });
    expect(infer.mock.calls[0]?.[0].body).toEqual([request]);
    expect(outcomes[0]?.requestBytes).toBe(request.length);
  });

  it('may be sent as it is', async () => {
    const { address } = await start();
    const { stream, status } = begin(session(address), PREDICT, { 'grpc-encoding': 'gzip' });
    stream.end(framed(request));
    stream.resume();
    await expect(status).resolves.toMatchObject({ status: '0' });
  });

  it.each([
    {
      when: 'a small method',
      path: CHECK,
      options: {},
      message: bomb,
      expected: { status: '8', message: `Message inflates to more than the limit of ${SMALL} bytes` },
    },
    {
      when: 'a stream',
      path: WATCH,
      options: {},
      message: bomb,
      expected: { status: '8', message: `Message inflates to more than the limit of ${SMALL} bytes` },
    },
    {
      when: 'a limit for all that is held',
      path: PREDICT,
      options: { maxBufferedBytes: MEBIBYTE },
      message: bomb,
      expected: {
        status: '8',
        message: `Server holds 0 bytes of requests and takes at most ${MEBIBYTE}; try again later`,
      },
    },
    {
      when: 'nothing that it inflates to',
      path: PREDICT,
      options: {},
      message: request,
      expected: { status: '3', message: 'Message is not valid gzip data' },
    },
  ])('is refused for $when', async ({ path, options, message, expected }) => {
    const { address, client, outcomes } = await start(options);
    const { stream, status } = begin(session(address), path, { 'grpc-encoding': 'gzip' });
    stream.end(framed(message, { compressed: true }));
    stream.resume();
    await expect(status).resolves.toEqual(expected);
    expect(outcomes).toEqual([expect.objectContaining({ error: expected.message })]);
    // Nothing of it is held.
    await expect(client.raw(PREDICT, request)).resolves.toMatchObject({ code: 'OK' });
  });
});

describe('time', () => {
  it('a message that comes drop by drop has to be complete in time', async () => {
    const { address } = await start({ requestTimeoutMs: 60 });
    const { stream, status } = begin(session(address), PREDICT);
    stream.write(framed(Buffer.alloc(10), { declared: 1e6 }));
    const drops = setInterval(() => stream.write(Buffer.alloc(1)), 5);
    closers.push(() => clearInterval(drops));
    await expect(status).resolves.toMatchObject({ status: '4' });
    clearInterval(drops);
  });

  it.each(['99999999H', '2147484S', '1000H'])('a deadline of %s is a long time', async (timeout) => {
    const { address } = await start();
    const { stream, status } = begin(session(address), PREDICT, { 'grpc-timeout': timeout });
    // A deadline that is over at once would end the call before its request is there.
    await new Promise((resolve) => setTimeout(resolve, 30));
    stream.end(framed(request));
    stream.resume();
    await expect(status).resolves.toMatchObject({ status: '0' });
  });
});

describe('a response that its client does not take', () => {
  /** As long as a response is held: time for another call, which sees it. */
  const LOOKED_AT_WITHIN_MS = 1000;
  const large: Infer = () => Promise.resolve(jsonResponse('x'.repeat(MEBIBYTE)));

  it('counts as held, and its stream is ended', async () => {
    const { address, client, outcomes } = await start(
      { maxBufferedBytes: MEBIBYTE - 1, writeTimeoutMs: LOOKED_AT_WITHIN_MS },
      { infer: large },
    );
    const { stream } = begin(session(address), PREDICT);
    const closed = once(stream, 'close');
    stream.end(framed(request));
    await vi.waitUntil(() => outcomes.length === 1);
    await expect(client.raw(PREDICT, request)).resolves.toEqual({
      code: 'RESOURCE_EXHAUSTED',
      message: `Server holds ${MEBIBYTE} bytes of responses and takes at most ${MEBIBYTE - 1}; try again later`,
    });
    stream.once('aborted', () => stream.resume());
    await closed;
    expect(stream.rstCode).toBe(8);
    await vi.waitUntil(async () => (await client.raw(PREDICT, request)).code === 'OK');
  });

  it('is waited for while it is taken, however slowly', async () => {
    // Each pause is far shorter than the time, and all of them together are longer.
    const writeTimeoutMs = 1000;
    const pauseMs = 40;
    const { address } = await start({ writeTimeoutMs }, { infer: large });
    const { stream, status } = begin(session(address), PREDICT);
    const closed = once(stream, 'close');
    stream.end(framed(request));
    let bytes = 0;
    let pauses = 0;
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      pauses += 1;
      stream.pause();
      setTimeout(() => stream.resume(), pauseMs);
    });
    await closed;
    expect(bytes).toBe(MEBIBYTE + 5);
    expect(pauses * pauseMs).toBeGreaterThan(writeTimeoutMs);
    await expect(status).resolves.toMatchObject({ status: '0' });
  });

  it('ends its connection where that takes nothing at all', async () => {
    const huge: Infer = () => Promise.resolve(jsonResponse('x'.repeat(64 * MEBIBYTE)));
    const { port, outcomes, client } = await start(
      { writeTimeoutMs: LOOKED_AT_WITHIN_MS, maxBufferedBytes: 8 * MEBIBYTE },
      { infer: huge },
    );
    const upstreams: Socket[] = [];
    const proxy = createServer((socket) => {
      // What the server sends is not read.
      const upstream = connect(port, '127.0.0.1');
      upstreams.push(upstream);
      upstream.on('error', () => undefined);
      socket.on('error', () => undefined);
      socket.pipe(upstream);
    }).listen(0, '127.0.0.1');
    closers.push(
      () => proxy.close(),
      () => upstreams.forEach((upstream) => upstream.destroy()),
    );
    await once(proxy, 'listening');
    const address = proxy.address();
    const through = connectHttp2(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, {
      settings: { initialWindowSize: 2 ** 31 - 1 },
    });
    through.on('error', () => undefined);
    closers.push(() => through.destroy());
    through.once('connect', () => through.setLocalWindowSize(2 ** 31 - 1));
    begin(through, PREDICT, { ':authority': 'localhost' }).stream.end(framed(request));
    await vi.waitUntil(() => outcomes.length === 1);
    await expect(client.raw(CHECK, CHECK_M)).resolves.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    await vi.waitUntil(async () => (await client.raw(CHECK, CHECK_M)).code === 'OK');
    // What was on its way comes, and not the rest.
    const [upstream] = upstreams;
    if (upstream === undefined) throw new Error('no connection');
    const closed = once(upstream, 'close');
    let bytes = 0;
    upstream.on('data', (chunk: Buffer) => (bytes += chunk.length));
    await closed;
    expect(bytes).toBeLessThan(64 * MEBIBYTE);
  });
});

describe('calls of Watch', () => {
  it('are so many at one time', async () => {
    const { client } = await start({ maxWatches: 1 });
    const first = client.stream(WATCH);
    const firstEnd = endOf(first);
    first.write({});
    await once(first, 'data');
    const second = client.stream(WATCH);
    const end = endOf(second);
    second.write({});
    await expect(end).resolves.toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      message: '1 calls of Watch are open, which is the limit; ask by Check, or try again later',
    });
    first.cancel();
    await firstEnd;
    await vi.waitUntil(async () => {
      const third = client.stream(WATCH);
      const ended = endOf(third);
      third.write({});
      const what = await Promise.race([
        once(third, 'data').then(
          () => 'data',
          () => 'end',
        ),
        ended.then(() => 'end'),
      ]);
      third.cancel();
      return what === 'data';
    });
  });

  it('look at each model once per change', async () => {
    const configured = vi.fn<GrpcServerDeps['models']>(() => models.names());
    const { models, client } = await start({}, { models: configured });
    const seen: unknown[] = [];
    const watches = Array.from({ length: 5 }, () => {
      const watch = client.stream(WATCH);
      watch.on('data', (status) => seen.push(status));
      watch.on('error', () => undefined);
      watch.write({ service: '' });
      return watch;
    });
    await vi.waitUntil(() => seen.length === 5);
    configured.mockClear();
    models.move('m', '1', { phase: 'loading', attempt: 1, lost: true });
    await vi.waitUntil(() => seen.length === 10);
    expect(configured).toHaveBeenCalledOnce();
    for (const watch of watches) watch.cancel();
  });
});

describe('connections', () => {
  it('are so many at one time', async () => {
    const warn = vi.fn<Logger['warn']>();
    const { port } = await start({ maxConnections: 1 }, { log: { ...silentLogger, warn } });
    const first = connect(port, '127.0.0.1');
    closers.push(() => first.destroy());
    await once(first, 'connect');
    const second = connect(port, '127.0.0.1');
    second.on('error', () => undefined).resume();
    await once(second, 'close');
    expect(warn).toHaveBeenCalledWith({ connections: 1 }, 'connection refused: too many are open');
  });

  it('have to go on with HTTP/2', async () => {
    const { port } = await start({ greetingTimeoutMs: 50 });
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    await expect(once(socket, 'close')).resolves.toBeDefined();
  });

  it('stay when they did', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { address } = await start({ greetingTimeoutMs: 50 });
    const on = session(address);
    // Before the server closes, which has a deadline.
    closers.push(() => vi.useRealTimers());
    // The server greets at once; the answer to a call says that it has the client's greeting.
    const call = async (): Promise<unknown> => {
      const { stream, status } = begin(on, PREDICT);
      stream.end(framed(request));
      stream.resume();
      return status;
    };
    await expect(call()).resolves.toMatchObject({ status: '0' });
    vi.advanceTimersByTime(60_000);
    await expect(call()).resolves.toMatchObject({ status: '0' });
  });
});
