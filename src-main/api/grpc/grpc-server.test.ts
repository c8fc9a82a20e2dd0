import { once } from 'node:events';
import {
  connect as connectHttp2,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2';
import { connect, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { connectivityState, credentials } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type Logger, silentLogger } from '../../contracts/logger.ts';
import type { ModelConfigMessage } from '../../contracts/model-config.ts';
import type { RequestOutcome } from '../../contracts/request-outcome.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import { AUTHORITY_CERT, CLIENT_CERT, CLIENT_KEY, SERVER_CERT, SERVER_KEY } from '../testing/certificates.ts';
import { FakeModels, type Infer, jsonResponse, name, waitForAbort } from '../testing/fake-models.ts';
import { createGrpcServer, type GrpcServer, type GrpcServerDeps, type GrpcServerOptions } from './grpc-server.ts';
import { type Ending, endOf, messageType, methodOf, PROTOS_DIRECTORY, TestClient } from './testing/grpc-client.ts';

const PREDICT = '/tensorflow.serving.PredictionService/Predict';
const METADATA = '/tensorflow.serving.PredictionService/GetModelMetadata';
const STATUS = '/tensorflow.serving.ModelService/GetModelStatus';
const RELOAD = '/tensorflow.serving.ModelService/HandleReloadConfigRequest';
const CHECK = '/grpc.health.v1.Health/Check';
const WATCH = '/grpc.health.v1.Health/Watch';
const REFLECT = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';

/** The deadline of calls that are to end by it, and not before the server works on them. */
const REACHED_WITHIN_MS = 1000;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

interface Running {
  readonly server: GrpcServer;
  readonly models: FakeModels;
  readonly client: TestClient;
  readonly address: string;
  readonly port: number;
  readonly outcomes: RequestOutcome[];
}

interface Setting {
  readonly options?: Partial<GrpcServerOptions>;
  readonly deps?: Partial<GrpcServerDeps>;
  readonly models?: FakeModels;
}

async function start({ options = {}, deps = {}, models = new FakeModels() }: Setting = {}): Promise<Running> {
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
  return { server, models, client, address, port, outcomes };
}

const predictRequest = (spec?: object): Buffer =>
  methodOf(PREDICT).requestSerialize({ ...(spec && { model_spec: spec }), inputs: { x: { dtype: 'DT_FLOAT' } } });

/** A servable that can be told when to answer. */
function heldBack(): { readonly infer: Infer; readonly begun: Promise<AbortSignal>; readonly answer: () => void } {
  const begun = Promise.withResolvers<AbortSignal>();
  const answered = Promise.withResolvers<undefined>();
  return {
    infer: async (_request, signal) => {
      begun.resolve(signal);
      await answered.promise;
      return jsonResponse('done');
    },
    begun: begun.promise,
    answer: () => answered.resolve(undefined),
  };
}

describe('inference', () => {
  it('hands the bytes to the model as they came, and its answer back', async () => {
    const { models, client, outcomes } = await start();
    const seen: unknown[] = [];
    models.serve('m', '3', (request) => {
      seen.push(request);
      return Promise.resolve({
        body: new Uint8Array([10, 0]),
        queueMs: 1,
        runMs: 2,
        batchRows: 4,
        rows: 2,
        runRows: 4,
        paddingRows: 1,
      });
    });
    const request = predictRequest({ name: 'm' });
    await expect(client.raw(PREDICT, request)).resolves.toEqual({ code: 'OK', response: '\n\0' });
    expect(seen).toEqual([{ method: 'predict', encoding: 'proto', body: [request], bodyBytes: request.length }]);
    expect(models.held).toBe(0);
    expect(outcomes).toEqual([
      expect.objectContaining({
        entrypoint: 'GRPC',
        method: 'predict',
        model: 'm',
        version: '3',
        code: 'OK',
        httpStatus: undefined,
        client: expect.stringMatching(/^grpc-node-js\//u),
        error: undefined,
        queueMs: 1,
        runMs: 2,
        batchRows: 4,
        rows: 2,
        runRows: 4,
        paddingRows: 1,
        requestBytes: request.length,
        responseBytes: 2,
        requestBody: [request],
        responseBody: Buffer.from([10, 0]),
        encoding: 'proto',
      }),
    ]);
  });

  it.each([
    { path: PREDICT, method: 'predict' },
    { path: '/tensorflow.serving.PredictionService/Classify', method: 'classify' },
    { path: '/tensorflow.serving.PredictionService/Regress', method: 'regress' },
  ])('$method', async ({ path, method }) => {
    const { models, client } = await start();
    models.serve('m', '3', (request) => Promise.resolve(jsonResponse(`${request.method} ${request.encoding}`)));
    await expect(client.raw(path, predictRequest({ name: 'm' }))).resolves.toEqual({
      code: 'OK',
      response: `${method} proto`,
    });
  });

  it('multi_inference goes by its first task', async () => {
    const { models, client } = await start();
    models.serve('m', '3', (request) => Promise.resolve(jsonResponse(request.method)));
    const path = '/tensorflow.serving.PredictionService/MultiInference';
    const request = methodOf(path).requestSerialize({ tasks: [{ model_spec: { name: 'm' } }] });
    await expect(client.raw(path, request)).resolves.toEqual({ code: 'OK', response: 'multi_inference' });
  });

  it.each([
    { spec: { name: 'm' }, version: '4' },
    { spec: { name: 'm', version: { value: 3 } }, version: '3' },
    { spec: { name: 'm', version_label: 'stable' }, version: '3' },
  ])('$spec is answered by version $version', async ({ spec, version }) => {
    const { models, client, outcomes } = await start();
    for (const each of ['3', '4']) models.serve('m', each, () => Promise.resolve(jsonResponse(each)));
    models.label('m', 'stable', '3');
    await expect(client.raw(PREDICT, predictRequest(spec))).resolves.toEqual({ code: 'OK', response: version });
    expect(outcomes[0]?.version).toBe(version);
  });

  it.each([
    { spec: undefined, code: 'INVALID_ARGUMENT', message: 'Missing ModelSpec' },
    { spec: {}, code: 'INVALID_ARGUMENT', message: 'ModelSpec has no name specified.' },
    { spec: { name: 'x' }, code: 'NOT_FOUND', message: 'Servable not found for request: Latest(x)' },
    {
      spec: { name: 'm', version: { value: 9 } },
      code: 'NOT_FOUND',
      message: 'Servable not found for request: Specific(m, 9)',
    },
    {
      spec: { name: 'm', version_label: 'no' },
      code: 'INVALID_ARGUMENT',
      message: 'Unrecognized servable version label: no',
    },
  ])('refuses $spec', async ({ spec, code, message }) => {
    const { models, client, outcomes } = await start();
    models.serve('m', '3');
    await expect(client.raw(PREDICT, predictRequest(spec))).resolves.toEqual({ code, message });
    expect(outcomes).toEqual([expect.objectContaining({ method: 'predict', code, error: message, runMs: undefined })]);
    expect(models.held).toBe(0);
  });

  it('refuses bytes that are no message', async () => {
    const { client } = await start();
    await expect(client.raw(PREDICT, Buffer.from([0x0a, 0x7f]))).resolves.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it.each(['INVALID_ARGUMENT', 'FAILED_PRECONDITION', 'UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'UNIMPLEMENTED'] as const)(
    'an error of the model keeps its code: %s',
    async (code) => {
      const { models, client } = await start();
      models.serve('m', '3', () => Promise.reject(new ServingError(code, 'why: 100 % é')));
      await expect(client.raw(PREDICT, predictRequest({ name: 'm' }))).resolves.toEqual({
        code,
        message: 'why: 100 % é',
      });
    },
  );

  it('an error that is none of ours tells nothing of itself, and is logged', async () => {
    const error = vi.fn<Logger['error']>();
    const { models, client } = await start({ deps: { log: { ...silentLogger, error } } });
    models.serve('m', '3', () => {
      throw new Error('/home/secret');
    });
    await expect(client.raw(PREDICT, predictRequest({ name: 'm' }))).resolves.toEqual({
      code: 'INTERNAL',
      message: 'internal error',
    });
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ servable: 'm', version: '3' }), 'predict failed');
  });

  it('cuts a long message where a character ends, and survives half of a pair', async () => {
    const { models, client } = await start();
    models.serve('m', '3', () => Promise.reject(new ServingError('INVALID_ARGUMENT', `a${'é'.repeat(600)}\ud800`)));
    await expect(client.raw(PREDICT, predictRequest({ name: 'm' }))).resolves.toEqual({
      code: 'INVALID_ARGUMENT',
      message: `a${'é'.repeat(511)}...TRUNCATED`,
    });
  });
});

describe('the end of a call before its answer', () => {
  it('a deadline stops the work', async () => {
    const { models, client, outcomes } = await start();
    const held = heldBack();
    models.serve('m', '3', held.infer);
    await client.connected();
    const ending = client.raw(PREDICT, predictRequest({ name: 'm' }), { deadlineMs: REACHED_WITHIN_MS });
    const signal = await held.begun;
    await expect(ending).resolves.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await vi.waitUntil(() => signal.aborted);
    expect(signal.reason).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(outcomes).toEqual([expect.objectContaining({ code: 'DEADLINE_EXCEEDED', model: 'm' })]);
    expect(models.held).toBe(1);
    held.answer();
    await vi.waitUntil(() => models.held === 0);
    expect(outcomes).toHaveLength(1);
  });

  it('a client that cancels stops the work', async () => {
    const { models, client, outcomes } = await start();
    const held = heldBack();
    models.serve('m', '3', held.infer);
    const cancel = new AbortController();
    const ending = client.raw(PREDICT, predictRequest({ name: 'm' }), { signal: cancel.signal });
    const signal = await held.begun;
    cancel.abort();
    await expect(ending).resolves.toMatchObject({ code: 'CANCELLED' });
    await vi.waitUntil(() => signal.aborted);
    expect(signal.reason).toMatchObject({ code: 'CANCELLED' });
    expect(outcomes).toEqual([expect.objectContaining({ code: 'CANCELLED' })]);
    held.answer();
  });

  it('a version that is given up answers at once', async () => {
    const { models, client } = await start();
    const held = heldBack();
    const giveUp = models.serve('m', '3', held.infer);
    const ending = client.raw(PREDICT, predictRequest({ name: 'm' }));
    const signal = await held.begun;
    giveUp.abort(new ServingError('UNAVAILABLE', 'worker died'));
    await expect(ending).resolves.toEqual({ code: 'UNAVAILABLE', message: 'worker died' });
    expect(signal.reason).toMatchObject({ message: 'worker died' });
    held.answer();
  });

  it('a signal that was not aborted serves the next call, one that was does not', async () => {
    const { models, client } = await start();
    const signals: AbortSignal[] = [];
    models.serve('m', '3', (_request, signal) => {
      signals.push(signal);
      return signals.length === 2 ? waitForAbort(_request, signal) : Promise.resolve(jsonResponse(''));
    });
    const call = (deadlineMs: number): Promise<Ending> =>
      client.raw(PREDICT, predictRequest({ name: 'm' }), { deadlineMs });
    await call(60_000);
    await call(50);
    await call(60_000);
    expect(signals[1]).toBe(signals[0]);
    expect(signals[2]).not.toBe(signals[1]);
    expect(signals[2]?.aborted).toBe(false);
  });
});

describe('limits', () => {
  it('a message over the limit', async () => {
    const { models, client } = await start({ options: { maxMessageBytes: 100 } });
    models.serve('m', '3');
    const large = Buffer.concat([predictRequest({ name: 'm' }), Buffer.from([0x7a, 100, ...new Uint8Array(100)])]);
    await expect(client.raw(PREDICT, large)).resolves.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
  });

  it('a connection that does not say what it speaks', async () => {
    const { port, client } = await start({ options: { greetingTimeoutMs: 200 } });
    await client.call(CHECK, { service: '' });
    const silent = connect(port, '127.0.0.1').resume();
    await expect(once(silent, 'close')).resolves.toBeDefined();
    // One that speaks may be silent afterwards.
    expect(client.client.getChannel().getConnectivityState(false)).toBe(connectivityState.READY);
  });

  it('requests that are held together', async () => {
    const request = predictRequest({ name: 'm' });
    const { models, client } = await start({ options: { maxBufferedBytes: request.length } });
    const held = heldBack();
    models.serve('m', '3', held.infer);
    const first = client.raw(PREDICT, request);
    await held.begun;
    await expect(client.raw(PREDICT, request)).resolves.toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      message: `Server holds ${request.length} bytes of requests and takes at most ${request.length}; try again later`,
    });
    held.answer();
    await expect(first).resolves.toMatchObject({ code: 'OK' });
    await expect(client.raw(PREDICT, request)).resolves.toMatchObject({ code: 'OK' });
  });
});

describe('a request that is still arriving', () => {
  /** Begins a message of 1000 bytes with so many of them. @returns the stream, and the response's headers. */
  function begin(
    session: ClientHttp2Session,
    bytes: number,
  ): { readonly stream: ClientHttp2Stream; readonly response: Promise<IncomingHttpHeaders> } {
    const stream = session.request({
      ':method': 'POST',
      ':path': PREDICT,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.resume();
    stream.write(Buffer.concat([Buffer.from([0, 0, 0, 1000 >> 8, 1000 & 255]), Buffer.alloc(bytes)]));
    return { stream, response: once(stream, 'response').then(([headers]: IncomingHttpHeaders[]) => headers ?? {}) };
  }

  it('counts as held, and what is too much is let go of', async () => {
    const { address, outcomes } = await start({ options: { maxBufferedBytes: 1000 } });
    const session = connectHttp2(`http://${address}`);
    closers.push(() => session.destroy());
    const first = begin(session, 600);
    // An answer to a ping comes after what was sent before it was read.
    await new Promise((resolve) => session.ping(resolve));
    const second = begin(session, 600);
    const closed = once(second.stream, 'close');
    await expect(second.response).resolves.toMatchObject({
      'grpc-status': '8',
      'grpc-message': encodeURI('Server holds 600 bytes of requests and takes at most 1000; try again later'),
    });
    await closed;
    first.stream.close();
    await vi.waitUntil(() => outcomes.length === 2);
    const third = begin(session, 600);
    await new Promise((resolve) => session.ping(resolve));
    third.stream.end(Buffer.alloc(400));
    // It was taken, and is no ModelSpec.
    await expect(third.response).resolves.toMatchObject({ 'grpc-status': '3' });
  });

  it('fails when it does not go on', async () => {
    const { address } = await start({ options: { requestTimeoutMs: 50 } });
    const session = connectHttp2(`http://${address}`);
    closers.push(() => session.destroy());
    for (const bytes of [0, 600]) {
      await expect(begin(session, bytes).response).resolves.toMatchObject({ 'grpc-status': '4' });
    }
  });

  it('is no longer one while its model works, however long', async () => {
    const { models, client, address } = await start({ options: { requestTimeoutMs: 50 } });
    const held = heldBack();
    models.serve('m', '3', held.infer);
    const ending = client.raw(PREDICT, predictRequest({ name: 'm' }));
    await held.begun;
    const session = connectHttp2(`http://${address}`);
    closers.push(() => session.destroy());
    await expect(begin(session, 0).response).resolves.toMatchObject({ 'grpc-status': '4' });
    held.answer();
    await expect(ending).resolves.toMatchObject({ response: 'done' });
  });
});

describe('GetModelMetadata', () => {
  const MetadataEnding = z.object({
    response: z.object({ metadata: z.object({ signature_def: z.object({ value: z.instanceof(Buffer) }) }) }),
  });
  const signatureDefMap = messageType('tensorflow.serving.SignatureDefMap');

  it('describes the signature', async () => {
    const { models, client } = await start();
    models.serve('m', '12', undefined, {
      inputs: [{ name: 'x', dtype: 'float32', dims: ['batch', 3, null], optional: false }],
      outputs: [
        { name: 'y', dtype: 'int64', dims: [], optional: false },
        { name: 'z', dtype: 'string', dims: null, optional: false },
      ],
    });
    const ending = await client.call(METADATA, { model_spec: { name: 'm' }, metadata_field: ['signature_def'] });
    const any = { type_url: 'type.googleapis.com/tensorflow.serving.SignatureDefMap', value: expect.any(Buffer) };
    expect(ending).toMatchObject({
      code: 'OK',
      response: { model_spec: { name: 'm', version: { value: '12' } }, metadata: { signature_def: any } },
    });
    const { response } = MetadataEnding.parse(ending);
    const info = (dtype: string, shape: object): object => ({ dtype, tensor_shape: shape, encoding: 'name' });
    expect(signatureDefMap.deserialize(response.metadata.signature_def.value)).toMatchObject({
      signature_def: {
        serving_default: {
          inputs: {
            x: info('DT_FLOAT', {
              unknown_rank: false,
              dim: [
                { size: '-1', name: 'batch' },
                { size: '3', name: '' },
                { size: '-1', name: '' },
              ],
            }),
          },
          outputs: {
            y: info('DT_INT64', { unknown_rank: false, dim: [] }),
            z: info('DT_STRING', { unknown_rank: true, dim: [] }),
          },
          method_name: 'tensorflow/serving/predict',
        },
      },
    });
  });

  it.each([
    { request: {}, code: 'INVALID_ARGUMENT', message: 'Missing ModelSpec' },
    {
      request: { model_spec: { name: 'm' } },
      code: 'INVALID_ARGUMENT',
      message: 'GetModelMetadataRequest must specify at least one metadata_field',
    },
    {
      request: { model_spec: { name: 'm' }, metadata_field: ['signature_def', 'other'] },
      code: 'INVALID_ARGUMENT',
      message: 'Metadata field other is not supported',
    },
    {
      request: { model_spec: { name: 'x' }, metadata_field: ['signature_def'] },
      code: 'NOT_FOUND',
      message: 'Servable not found for request: Latest(x)',
    },
  ])('$message', async ({ request, code, message }) => {
    const { models, client } = await start();
    models.serve('m', '1');
    await expect(client.call(METADATA, request)).resolves.toEqual({ code, message });
  });
});

describe('GetModelStatus', () => {
  const status = (version: string, state: string, code = 'OK', message = ''): object => ({
    version,
    state,
    status: { error_code: code, error_message: message },
  });
  const END = status('1', 'END', 'RESOURCE_EXHAUSTED', 'too large');
  const AVAILABLE = status('2', 'AVAILABLE');
  const LOADING = status('3', 'LOADING');

  it.each([
    { spec: { name: 'm' }, expected: [LOADING, AVAILABLE, END] },
    { spec: { name: 'm', version: { value: 1 } }, expected: [END] },
    { spec: { name: 'm', version_label: 'stable' }, expected: [AVAILABLE] },
  ])('$spec', async ({ spec, expected }) => {
    const { models, client } = await start();
    models.move('m', '1', { phase: 'end', error: new ServingError('RESOURCE_EXHAUSTED', 'too large') });
    models.serve('m', '2');
    models.move('m', '3', { phase: 'loading', attempt: 1 });
    models.label('m', 'stable', '2');
    await expect(client.call(STATUS, { model_spec: spec })).resolves.toEqual({
      code: 'OK',
      response: { model_version_status: expected },
    });
  });

  it.each([
    { spec: undefined, code: 'INVALID_ARGUMENT', message: 'Missing ModelSpec' },
    { spec: { name: 'x' }, code: 'NOT_FOUND', message: 'Could not find any versions of model x' },
    {
      spec: { name: 'm', version: { value: 7 } },
      code: 'NOT_FOUND',
      message: 'Could not find version 7 of model m',
    },
    {
      spec: { name: 'm', version_label: 'no' },
      code: 'INVALID_ARGUMENT',
      message: 'Unrecognized servable version label: no',
    },
  ])('$message', async ({ spec, code, message }) => {
    const { models, client } = await start();
    models.serve('m', '1');
    await expect(client.call(STATUS, spec === undefined ? {} : { model_spec: spec })).resolves.toEqual({
      code,
      message,
    });
  });
});

describe('HandleReloadConfigRequest', () => {
  const LIST = { model_config_list: { config: [{ name: 'm', base_path: '/models/m', model_platform: 'tensorflow' }] } };

  it('hands every field of the configuration over', async () => {
    const reload = vi.fn<GrpcServerDeps['reload']>(() => Promise.resolve());
    const { client } = await start({ deps: { reload } });
    const config = (fields: object): object => ({ name: 'm', base_path: '/m', model_platform: 'onnx', ...fields });
    const ending = await client.call(RELOAD, {
      config: {
        model_config_list: {
          config: [
            config({ model_version_policy: { latest: { num_versions: 2 } } }),
            config({ model_version_policy: { latest: {} } }),
            config({ model_version_policy: { all: {} } }),
            config({ model_version_policy: { specific: { versions: ['9223372036854775807', 2] } } }),
            config({ model_version_policy: {}, model_type: 'TENSORFLOW', version_labels: { stable: '5' } }),
            config({ logging_config: {} }),
          ],
        },
      },
    });
    expect(ending).toEqual({
      code: 'OK',
      response: { status: { error_code: 'OK', error_message: '' }, metric: [] },
    });
    const message = (fields: Partial<ModelConfigMessage>): ModelConfigMessage => ({
      name: 'm',
      basePath: '/m',
      modelPlatform: 'onnx',
      versionLabels: [],
      hasLoggingConfig: false,
      ...fields,
    });
    expect(reload.mock.calls[0]?.[0]).toEqual([
      message({ versionPolicy: { kind: 'latest', count: 2 } }),
      message({ versionPolicy: { kind: 'latest', count: 1 } }),
      message({ versionPolicy: { kind: 'all' } }),
      expect.objectContaining({ versionPolicy: { kind: 'specific', versions: ['9223372036854775807', '2'] } }),
      message({ modelType: 'TENSORFLOW', versionLabels: [['stable', '5']] }),
      message({ hasLoggingConfig: true }),
    ]);
  });

  it.each([
    { when: 'no configuration', request: {}, expected: undefined },
    { when: 'one that sets nothing', request: { config: {} }, expected: undefined },
    { when: 'an empty list', request: { config: { model_config_list: {} } }, expected: [] },
  ])('$when', async ({ request, expected }) => {
    const reload = vi.fn<GrpcServerDeps['reload']>(() => Promise.resolve());
    const { client } = await start({ deps: { reload } });
    await expect(client.call(RELOAD, request)).resolves.toMatchObject({ code: 'OK' });
    expect(reload.mock.calls[0]?.[0]).toEqual(expected);
  });

  it('tells by how much counters grew, of those that there are', async () => {
    const counters = new Map([['/tensorflow/serving/request_count', 40]]);
    const { client } = await start({
      deps: {
        counterValue: (metric) => counters.get(metric),
        reload: () => {
          counters.set('/tensorflow/serving/request_count', 43).set('/new', 2);
          return Promise.resolve();
        },
      },
    });
    const metrics = ['/tensorflow/serving/request_count', '/unknown', '/new'];
    await expect(client.call(RELOAD, { config: LIST, metric_names: metrics })).resolves.toMatchObject({
      code: 'OK',
      response: {
        metric: [
          { name: '/tensorflow/serving/request_count', int64_value_increase: '3' },
          { name: '/new', int64_value_increase: '2' },
        ],
      },
    });
  });

  it('tells of no decrease, where the reload removed a model and what was counted for it', async () => {
    const counts = [40, 7];
    const { client } = await start({ deps: { counterValue: () => counts.shift() } });
    await expect(client.call(RELOAD, { config: LIST, metric_names: ['/count'] })).resolves.toMatchObject({
      code: 'OK',
      response: { metric: [{ name: '/count', int64_value_increase: '0' }] },
    });
  });

  it.each([
    {
      when: 'a custom configuration',
      request: { config: { custom_model_config: {} } },
      expected: {
        code: 'INVALID_ARGUMENT',
        message:
          'ServerModelConfig type not supported by HandleReloadConfigRequest. Only ModelConfigList is currently supported',
      },
    },
    {
      when: 'a version that none can have',
      request: {
        config: {
          model_config_list: { config: [{ name: 'm', model_version_policy: { specific: { versions: [-1] } } }] },
        },
      },
      expected: { code: 'INVALID_ARGUMENT', message: 'Model m: a specific version is -1, which none can have' },
    },
    {
      when: 'what the configuration is refused for',
      request: { config: LIST },
      expected: { code: 'FAILED_PRECONDITION', message: 'Request to assign label …' },
    },
  ])('$when', async ({ request, expected }) => {
    const reload = (): Promise<void> =>
      Promise.reject(new ServingError('FAILED_PRECONDITION', 'Request to assign label …'));
    const { client } = await start({ deps: { reload } });
    await expect(client.call(RELOAD, request)).resolves.toEqual(expected);
  });

  it.each([
    { when: 'its client cancels', code: 'CANCELLED', level: 'info' },
    { when: 'its client has waited enough', code: 'DEADLINE_EXCEEDED', level: 'info' },
    { when: 'a model cannot be served', code: 'INVALID_ARGUMENT', level: 'error' },
  ] as const)('is logged as $level when $when', async ({ code, level }) => {
    const info = vi.fn<Logger['info']>();
    const error = vi.fn<Logger['error']>();
    const { client } = await start({
      deps: {
        log: { ...silentLogger, info, error },
        reload: () => Promise.reject(new ServingError(code, 'why')),
      },
    });
    await expect(client.call(RELOAD, { config: LIST })).resolves.toMatchObject({ code });
    const line = [{ error: expect.objectContaining({ code }) }, 'ReloadConfig failed'];
    expect([...info.mock.calls, ...error.mock.calls]).toEqual([line]);
    expect((level === 'info' ? info : error).mock.calls).toEqual([line]);
  });

  it('is told when its client is gone', async () => {
    const begun = Promise.withResolvers<AbortSignal>();
    const { client } = await start({
      deps: {
        reload: (_models, signal) => {
          begun.resolve(signal);
          return new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason));
          });
        },
      },
    });
    const request = methodOf(RELOAD).requestSerialize({ config: LIST });
    await client.connected();
    const ending = client.raw(RELOAD, request, { deadlineMs: REACHED_WITHIN_MS });
    const signal = await begun.promise;
    await expect(ending).resolves.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await vi.waitUntil(() => signal.aborted);
  });
});

describe('health', () => {
  const check = (client: TestClient, service: string): Promise<Ending> => client.call(CHECK, { service });

  it.each(['', 'tensorflow.serving.PredictionService', 'ModelService'])(
    'the server as "%s" serves when every model does',
    async (service) => {
      const { models, client } = await start();
      models.serve('a', '1');
      models.move('b', '1', { phase: 'loading', attempt: 1 });
      await expect(check(client, service)).resolves.toMatchObject({ response: { status: 'NOT_SERVING' } });
      models.serve('b', '1');
      await expect(check(client, service)).resolves.toMatchObject({ response: { status: 'SERVING' } });
    },
  );

  it('a model by its name', async () => {
    const { models, client } = await start({ deps: { models: () => [name('a'), name('b')] } });
    models.serve('a', '1');
    await expect(check(client, 'a')).resolves.toMatchObject({ response: { status: 'SERVING' } });
    await expect(check(client, 'b')).resolves.toMatchObject({ response: { status: 'NOT_SERVING' } });
    await expect(check(client, 'c')).resolves.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('those who watch are told of each change, and of the end', async () => {
    const { models, client, server } = await start();
    models.serve('a', '1');
    const seen: string[] = [];
    const call = client.stream(WATCH);
    const ended = endOf(call);
    call.on('data', ({ status }: { status: string }) => seen.push(status));
    call.write({ service: '' });
    call.end();
    await vi.waitUntil(() => seen.length === 1);
    models.move('a', '1', { phase: 'loading', attempt: 1, lost: true });
    await vi.waitUntil(() => seen.length === 2);
    models.serve('a', '1');
    await vi.waitUntil(() => seen.length === 3);
    const closed = server.close({ deadlineMs: 10_000 });
    await expect(ended).resolves.toEqual({ code: 'UNAVAILABLE', message: 'server is shutting down' });
    await closed;
    expect(seen).toEqual(['SERVING', 'NOT_SERVING', 'SERVING', 'NOT_SERVING']);
  });

  it('a watch refuses bytes that are no request', async () => {
    const { client } = await start();
    await expect(client.raw(WATCH, Buffer.from([0xff]))).resolves.toEqual({
      code: 'INVALID_ARGUMENT',
      message: 'Request is not a grpc.health.v1.HealthCheckRequest message',
    });
  });

  it('a model that is not there can be watched until it is', async () => {
    const configured: string[] = [];
    const { models, client, server } = await start({ deps: { models: () => configured.map(name) } });
    const seen: string[] = [];
    const call = client.stream(WATCH);
    const ended = endOf(call);
    call.on('data', ({ status }: { status: string }) => seen.push(status));
    call.write({ service: 'a' });
    await vi.waitUntil(() => seen.length === 1);
    configured.push('a');
    server.modelsChanged();
    await vi.waitUntil(() => seen.length === 2);
    models.serve('a', '1');
    await vi.waitUntil(() => seen.length === 3);
    call.cancel();
    await ended;
    expect(seen).toEqual(['SERVICE_UNKNOWN', 'NOT_SERVING', 'SERVING']);
  });

  it('can be turned off', async () => {
    const { client } = await start({ options: { healthService: false } });
    await expect(check(client, '')).resolves.toMatchObject({ code: 'UNIMPLEMENTED' });
  });
});

describe('reflection', () => {
  /** Asks one question after the other on one stream. */
  async function ask(client: TestClient, path: string, requests: readonly object[]): Promise<unknown[]> {
    const call = client.stream(path);
    const responses: unknown[] = [];
    call.on('data', (response: unknown) => responses.push(response));
    const ended = endOf(call);
    for (const request of requests) call.write(request);
    call.end();
    await ended;
    return responses;
  }

  it.each(['v1', 'v1alpha'])('%s answers on one stream, in order', async (packageVersion) => {
    const { client } = await start();
    const path = `/grpc.reflection.${packageVersion}.ServerReflection/ServerReflectionInfo`;
    const responses = await ask(client, path, [
      { list_services: '*' },
      { file_by_filename: 'tensorflow_serving/apis/model.proto', host: 'h' },
      { file_containing_symbol: 'tensorflow.serving.PredictionService.Predict' },
      { file_containing_symbol: 'tensorflow.serving.Nothing' },
      { all_extension_numbers_of_type: 'tensorflow.TensorProto' },
      { file_containing_extension: { containing_type: 'tensorflow.TensorProto', extension_number: 5 } },
      {},
    ]);
    const services = [
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
      'tensorflow.serving.ModelService',
      'tensorflow.serving.PredictionService',
    ].map((service) => ({ name: service }));
    expect(responses).toEqual([
      expect.objectContaining({ list_services_response: { service: services } }),
      expect.objectContaining({
        valid_host: 'h',
        original_request: expect.objectContaining({ file_by_filename: 'tensorflow_serving/apis/model.proto' }),
        // The file, and google/protobuf/wrappers.proto.
        file_descriptor_response: { file_descriptor_proto: [expect.any(Buffer), expect.any(Buffer)] },
      }),
      expect.objectContaining({ message_response: 'file_descriptor_response' }),
      expect.objectContaining({
        error_response: { error_code: 5, error_message: 'Not found: symbol tensorflow.serving.Nothing' },
      }),
      expect.objectContaining({
        all_extension_numbers_response: { base_type_name: 'tensorflow.TensorProto', extension_number: [] },
      }),
      expect.objectContaining({ error_response: expect.objectContaining({ error_code: 5 }) }),
      expect.objectContaining({ error_response: expect.objectContaining({ error_code: 3 }) }),
    ]);
  });

  it('describes no file before it is asked for one, and each once', async () => {
    // The form of a description is read from JSON.
    const describing = vi.spyOn(protobuf.Root, 'fromJSON');
    closers.push(() => describing.mockRestore());
    const { client } = await start();
    await ask(client, REFLECT, [{ list_services: '' }]);
    expect(describing).not.toHaveBeenCalled();
    const file = { file_by_filename: 'tensorflow_serving/apis/model.proto' };
    const answers = await ask(client, REFLECT, [file, { file_containing_symbol: 'tensorflow.TensorProto' }]);
    expect(answers).toEqual(Array(2).fill(expect.objectContaining({ message_response: 'file_descriptor_response' })));
    expect(describing).toHaveBeenCalledOnce();
  });

  it('leaves health out where it is off', async () => {
    const { client } = await start({ options: { healthService: false } });
    const [services] = await ask(client, REFLECT, [{ list_services: '' }]);
    expect(JSON.stringify(services)).not.toContain('Health');
  });
});

describe('the guard', () => {
  const ROUTES = [PREDICT, METADATA, STATUS, RELOAD, CHECK, WATCH, REFLECT, '/no.Such/Method'];

  /** A call as raw HTTP/2, for what no gRPC client would send. @returns the response's headers. */
  async function rawCall(
    session: ClientHttp2Session,
    headers: Readonly<Record<string, string>>,
  ): Promise<IncomingHttpHeaders> {
    const stream = session.request({
      ':method': 'POST',
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    stream.end(Buffer.from([0, 0, 0, 0, 0]));
    const [response]: IncomingHttpHeaders[] = await once(stream, 'response');
    stream.resume();
    return response ?? {};
  }

  const REFUSED = [
    { reason: 'a name that some DNS server points here', headers: { ':authority': 'evil.test' } },
    { reason: 'a page', headers: { origin: 'http://localhost:3000' } },
    { reason: 'a page of another site', headers: { 'sec-fetch-site': 'cross-site' } },
  ];
  it.each(ROUTES.flatMap((path) => REFUSED.map(({ reason, headers }) => ({ path, reason, headers }))))(
    '$path from $reason',
    async ({ path, headers }) => {
      const { address, outcomes } = await start();
      const session = connectHttp2(`http://${address}`);
      closers.push(() => session.destroy());
      const response = await rawCall(session, { ':path': path, ...headers });
      expect(response['grpc-status']).toBe('7');
      expect(outcomes).toEqual([]);
    },
  );

  it.each(['localhost', '127.0.0.1', '[::1]', 'models.test', 'MODELS.test:PORT', 'other.test:99'])(
    'lets %s pass',
    async (authority) => {
      const { address, port } = await start({ options: { allowedHosts: ['models.test', 'other.test:99'] } });
      const session = connectHttp2(`http://${address}`);
      closers.push(() => session.destroy());
      const headers = { ':path': '/no.Such/Method', ':authority': authority.replace('PORT', String(port)) };
      await expect(rawCall(session, headers)).resolves.toMatchObject({ 'grpc-status': '12' });
    },
  );

  it.each(['/no.Such/Method', '//', `${PREDICT}/`, '/%ff%00', '/é', `/${'long'.repeat(1000)}`])(
    'an unknown path is answered: %s',
    async (path) => {
      const { address, outcomes } = await start();
      const session = connectHttp2(`http://${address}`);
      closers.push(() => session.destroy());
      await expect(rawCall(session, { ':path': path })).resolves.toMatchObject({ 'grpc-status': '12' });
      expect(outcomes).toEqual([expect.objectContaining({ method: 'other', code: 'UNIMPLEMENTED' })]);
    },
  );

  // A guard that knows methods by their path must not be passed by another spelling of one (CVE-2026-33186).
  it.each(['tensorflow.serving.PredictionService/Predict', '*'])(
    'a path that HTTP/2 does not know ends the stream: %s',
    async (path) => {
      const { address, outcomes } = await start();
      const session = connectHttp2(`http://${address}`);
      closers.push(() => session.destroy());
      await expect(rawCall(session, { ':path': path })).rejects.toThrow('NGHTTP2_PROTOCOL_ERROR');
      expect(outcomes).toEqual([]);
    },
  );

  it('refuses what is no gRPC', async () => {
    const { address } = await start();
    const session = connectHttp2(`http://${address}`);
    closers.push(() => session.destroy());
    const headers = { ':path': PREDICT, 'content-type': 'text/plain' };
    await expect(rawCall(session, headers)).resolves.toMatchObject({ ':status': 415 });
  });
});

describe('TLS', () => {
  const TLS = { key: SERVER_KEY, cert: SERVER_CERT, clientVerify: false };
  const VERIFY = { ...TLS, ca: AUTHORITY_CERT, clientVerify: true };
  const CA = Buffer.from(AUTHORITY_CERT);

  it.each([
    { when: 'the server shows its certificate', tls: TLS, creds: credentials.createSsl(CA), code: 'NOT_SERVING' },
    {
      when: 'the client has to show one, and does',
      tls: VERIFY,
      creds: credentials.createSsl(CA, Buffer.from(CLIENT_KEY), Buffer.from(CLIENT_CERT)),
      code: 'NOT_SERVING',
    },
    { when: 'the client has none', tls: VERIFY, creds: credentials.createSsl(CA), code: 'UNAVAILABLE' },
    { when: 'the client speaks in the clear', tls: TLS, creds: credentials.createInsecure(), code: 'UNAVAILABLE' },
  ])('$when', async ({ tls, creds, code }) => {
    const { port } = await start({ options: { tls }, deps: { models: () => [name('a')] } });
    using client = new TestClient(`localhost:${port}`, creds);
    expect(JSON.stringify(await client.call(CHECK, { service: '' }))).toContain(code);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s', async (maxVersion) => {
    const { port } = await start({ options: { tls: TLS } });
    const socket = connectTls({ port, host: '127.0.0.1', ca: CA, maxVersion, ALPNProtocols: ['h2'] });
    closers.push(() => socket.destroy());
    await once(socket, 'secureConnect');
    expect([socket.getProtocol(), socket.alpnProtocol]).toEqual([maxVersion, 'h2']);
  });

  it('speaks nothing older', async () => {
    const { port } = await start({ options: { tls: TLS } });
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const socket = connectTls({ port, host: '127.0.0.1', ca: CA, ALPNProtocols: ['h2'], ...old });
    await expect(once(socket, 'secureConnect')).rejects.toThrow(/protocol version/u);
  });

  it('ends a handshake that does not go on', async () => {
    const { port } = await start({ options: { tls: TLS, greetingTimeoutMs: 50 } });
    const silent = connect(port, '127.0.0.1').resume();
    await expect(once(silent, 'close')).resolves.toBeDefined();
  });

  it('ends a connection that says nothing after its handshake', async () => {
    const { port } = await start({ options: { tls: TLS, greetingTimeoutMs: 500 } });
    using client = new TestClient(`localhost:${port}`, credentials.createSsl(CA));
    await client.call(CHECK, { service: '' });
    const silent = connectTls({ port, host: '127.0.0.1', ca: CA, ALPNProtocols: ['h2'] }).resume();
    await once(silent, 'secureConnect');
    await expect(once(silent, 'close')).resolves.toBeDefined();
    expect(client.client.getChannel().getConnectivityState(false)).toBe(connectivityState.READY);
  });

  it.each([
    { when: 'a broken key', tls: { ...TLS, key: 'x' }, message: /^TLS: server_key, server_cert or custom_ca cannot/u },
    { when: 'no authority', tls: { ...TLS, clientVerify: true }, message: /client_verify needs custom_ca/u },
  ])('refuses to start with $when', async ({ tls, message }) => {
    await expect(start({ options: { tls } })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(message),
    });
  });
});

describe('listening', () => {
  it('names the flag when the port is taken, and can be closed then', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    closers.push(() => holder.close());
    await once(holder, 'listening');
    const taken = holder.address();
    const port = typeof taken === 'object' && taken !== null ? taken.port : 0;
    const models = new FakeModels();
    const server = createGrpcServer(
      { protosDirectory: PROTOS_DIRECTORY },
      {
        handles: models,
        states: models,
        labels: models,
        models: () => [],
        observer: () => undefined,
        reload: () => Promise.resolve(),
        counterValue: () => undefined,
        log: silentLogger,
      },
    );
    await expect(server.listen({ host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
      message: expect.stringMatching(/^port \d+ on 127\.0\.0\.1 is already in use by .*--port$/u),
    });
    await server.close({ deadlineMs: 0 });
  });
});

describe('closing', () => {
  it('finishes what runs, and accepts nothing new', async () => {
    const { models, client, server, address } = await start();
    const held = heldBack();
    models.serve('m', '3', held.infer);
    const ending = client.raw(PREDICT, predictRequest({ name: 'm' }));
    await held.begun;
    const closed = server.close({ deadlineMs: 10_000 });
    using late = new TestClient(address);
    await expect(late.call(CHECK, { service: '' })).resolves.toMatchObject({ code: 'UNAVAILABLE' });
    held.answer();
    await expect(ending).resolves.toEqual({ code: 'OK', response: 'done' });
    await closed;
  });

  it('a reload that waits for a model does not hold up the end', async () => {
    const begun = Promise.withResolvers<AbortSignal>();
    const { client, server } = await start({
      deps: {
        reload: (_models, signal) => {
          begun.resolve(signal);
          // However long it takes to notice.
          return new Promise(() => undefined);
        },
      },
    });
    const ending = client.call(RELOAD, { config: {} });
    const signal = await begun.promise;
    const closed = server.close({ deadlineMs: 600_000 });
    await expect(ending).resolves.toEqual({ code: 'UNAVAILABLE', message: 'server is shutting down' });
    await closed;
    expect(signal.reason).toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('cuts what still runs at the deadline, and a second call brings that forward', async () => {
    const { models, client, server, outcomes } = await start();
    const held = heldBack();
    models.serve('m', '3', held.infer);
    const ending = client.raw(PREDICT, predictRequest({ name: 'm' }));
    const signal = await held.begun;
    const closed = server.close({ deadlineMs: 60_000 });
    await server.close({ deadlineMs: 10 });
    await closed;
    // Not "cancelled": neither client nor observer is to believe that the client did it.
    await expect(ending).resolves.toEqual({ code: 'UNAVAILABLE', message: 'server is shutting down' });
    expect(signal.reason).toMatchObject({ code: 'UNAVAILABLE' });
    expect(outcomes).toEqual([expect.objectContaining({ code: 'UNAVAILABLE', error: 'server is shutting down' })]);
    held.answer();
  });

  it('does not wait for connections that say nothing, or nothing any more', async () => {
    const { port, server, client } = await start();
    await client.call(CHECK, { service: '' });
    const silent = connect(port, '127.0.0.1');
    await once(silent, 'connect');
    const gone = once(silent, 'close');
    silent.resume();
    await server.close({ deadlineMs: 60_000 });
    await expect(gone).resolves.toBeDefined();
  });
});
