import { join } from 'node:path';
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader';
import { expect } from '@playwright/test';
import { z } from 'zod';
import { affineModel, slowModel } from '../../scripts/samples/sample-models.ts';
import { startSlipway, temporaryDirectory, writeVersion, type Slipway } from '../testing/slipway.ts';
import { ABOUT_MODELS, EXAMPLES, type GrpcCase, MODEL_SPEC, PREDICT, TENSORS } from './grpc-cases.ts';
import { decodeMessage, GrpcClient } from './grpc-client.ts';
import { BROKEN, writeConfiguration, writeConformanceModels } from './rest-models.ts';
import { test } from '../testing/test.ts';

const PREDICTION_SERVICE = '/tensorflow.serving.PredictionService';
const RELOAD = '/tensorflow.serving.ModelService/HandleReloadConfigRequest';
const REFLECTION = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';

const X = { x: { dtype: 'DT_FLOAT', tensor_shape: { dim: [{ size: 3 }] }, float_val: [1, 2, 5] } };

const Metadata = z.object({ metadata: z.object({ signature_def: z.object({ value: z.instanceof(Buffer) }) }) });
const ReflectionAnswers = z.tuple([
  z.object({ list_services_response: z.object({ service: z.array(z.object({ name: z.string() })) }) }),
  z.object({ file_descriptor_response: z.object({ file_descriptor_proto: z.array(z.instanceof(Buffer)) }) }),
]);

const GROUPS: Readonly<Record<string, readonly GrpcCase[]>> = {
  'gRPC: ModelSpec': MODEL_SPEC,
  'gRPC: tensors': TENSORS,
  'gRPC: predict': PREDICT,
  'gRPC: examples': EXAMPLES,
  'gRPC: metadata, status, health': ABOUT_MODELS,
};

let server: Slipway;
let client: GrpcClient;
const cleanUp = new AsyncDisposableStack();

test.beforeAll(async () => {
  const directory = cleanUp.use(await temporaryDirectory());
  const { config, serving } = await writeConformanceModels(directory.path);
  server = cleanUp.use(
    await startSlipway({
      dataDirectory: `${directory.path}/data`,
      flags: [
        `--model_config_file=${await writeConfiguration(directory.path, config)}`,
        '--max_num_load_retries=0',
        '--version_settle_millis=0',
      ],
    }),
  );
  client = cleanUp.use(new GrpcClient(server.grpcAddress));
  for (const name of serving) {
    await server.untilStatus(name, (versions) => versions.every(({ state }) => state === 'AVAILABLE'));
  }
  await server.untilStatus(BROKEN, (versions) => versions.some(({ state }) => state === 'END'));
});

test.afterAll(() => cleanUp.disposeAsync());

for (const [title, cases] of Object.entries(GROUPS)) {
  test.describe(title, () => {
    for (const { name, upstream, deviation, method, request, code = 'OK', response, error } of cases) {
      const annotation = deviation === undefined ? [] : [{ type: 'deviation', description: deviation }];
      test(`${name} [${upstream}]`, { annotation }, async () => {
        const path = method.startsWith('/') ? method : `${PREDICTION_SERVICE}/${method}`;
        const ending = await client.call(path, request);
        expect({ code: ending.code, message: ending.message }).toMatchObject({ code });
        if (response !== undefined) expect(ending).toMatchObject({ response });
        if (typeof error === 'string') expect(ending.message).toBe(error);
        if (error instanceof RegExp) expect(ending.message).toMatch(error);
      });
    }
  });
}

test.describe('gRPC: what a table cannot say', () => {
  test('metadata holds the signature [servables/tensorflow/get_model_metadata_impl.cc]', async () => {
    const request = { model_spec: { name: 'sum' }, metadata_field: ['signature_def'] };
    const { response } = await client.call(`${PREDICTION_SERVICE}/GetModelMetadata`, request);
    expect(response).toMatchObject({
      model_spec: { name: 'sum', version: { value: '1' } },
      metadata: { signature_def: { type_url: 'type.googleapis.com/tensorflow.serving.SignatureDefMap' } },
    });
    const { metadata } = Metadata.parse(response);
    const tensor = { dtype: 'DT_FLOAT', tensor_shape: { dim: [{ size: '-1', name: 'batch' }, { size: '3' }] } };
    expect(decodeMessage('tensorflow.serving.SignatureDefMap', metadata.signature_def.value)).toMatchObject({
      signature_def: {
        serving_default: {
          inputs: { a: { name: 'a', ...tensor }, b: { name: 'b', ...tensor } },
          outputs: { sum: { name: 'sum', ...tensor }, difference: { name: 'difference', ...tensor } },
          method_name: 'tensorflow/serving/predict',
        },
      },
    });
  });

  test('REST and gRPC count the same requests [model_servers/prediction_service_impl.cc]', async () => {
    const counted = async (): Promise<number> => {
      const page = await (await fetch(`${server.restUrl}/monitoring/prometheus/metrics`)).text();
      const line = /^:tensorflow:serving:request_count\{model_name="half",status="OK"\} (\d+)/mu.exec(page);
      return Number(line?.[1] ?? 0);
    };
    const before = await counted();
    await client.call(`${PREDICTION_SERVICE}/Predict`, { model_spec: { name: 'half' }, inputs: X });
    expect(await counted()).toBe(before + 1);
  });

  test('a page of the browser is refused (ours)', async () => {
    const request = { model_spec: { name: 'half' }, inputs: X };
    const headers = { origin: 'https://evil.test' };
    const { code } = await client.call(`${PREDICTION_SERVICE}/Predict`, request, { headers });
    expect(code).toBe('PERMISSION_DENIED');
  });

  test('a client without .proto files finds all it needs [grpc: src/proto/grpc/reflection/v1/reflection.proto]', async () => {
    const service = 'tensorflow.serving.PredictionService';
    const answers = await client.ask(REFLECTION, [{ list_services: '*' }, { file_containing_symbol: service }]);
    const [services, file] = ReflectionAnswers.parse(answers);
    expect(services.list_services_response.service.map(({ name }) => name)).toEqual([
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
      'tensorflow.serving.ModelService',
      service,
    ]);
    // A FileDescriptorSet is a message whose field 1 is the list of files.
    const set = Buffer.concat(
      file.file_descriptor_response.file_descriptor_proto.flatMap((bytes) => [
        Buffer.from([0x0a, (bytes.length & 0x7f) | 0x80, bytes.length >> 7]),
        bytes,
      ]),
    );
    const definitions = loadFileDescriptorSetFromBuffer(set, { keepCase: true, longs: String, enums: String });
    const definition = definitions[service];
    if (definition === undefined || 'format' in definition || definition['Predict'] === undefined)
      throw new Error('no Predict');
    // Read from descriptors, maps are lists of entries to this library.
    const inputs = [{ key: 'x', value: X.x }];
    const { code, response } = await client.callAs(definition['Predict'], { model_spec: { name: 'half' }, inputs });
    expect(code).toBe('OK');
    expect(response).toMatchObject({
      outputs: [{ key: 'y', value: { dtype: 'DT_FLOAT', float_val: [4.5, 5, 6.5] } }],
      model_spec: { version: { value: '124' } },
    });
  });
});

test('a deadline and a cancellation free the model [model_servers/prediction_service_impl.cc]', async () => {
  await using directory = await temporaryDirectory();
  await writeVersion(join(directory.path, 'slow'), 1, slowModel({ rounds: 1000 }));
  await using slow = await startSlipway({
    dataDirectory: join(directory.path, 'data'),
    flags: ['--model_name=slow', `--model_base_path=${join(directory.path, 'slow')}`, '--version_settle_millis=0'],
  });
  await slow.untilStatus('slow', (versions) => versions.some(({ state }) => state === 'AVAILABLE'));
  using caller = new GrpcClient(slow.grpcAddress);
  const predict = `${PREDICTION_SERVICE}/Predict`;
  const inputs = { x: { dtype: 'DT_FLOAT', tensor_shape: { dim: [{ size: 64 }, { size: 256 }] }, float_val: [1] } };
  const request = { model_spec: { name: 'slow' }, inputs };
  const endings = await Promise.all([
    caller.call(predict, request, { deadlineMs: 30 }),
    caller.call(predict, request, { cancelAfterMs: 30 }),
  ]);
  expect(endings.map(({ code }) => code)).toEqual(['DEADLINE_EXCEEDED', 'CANCELLED']);
  await expect(caller.call(predict, request)).resolves.toMatchObject({ code: 'OK' });
});

test.describe('gRPC: HandleReloadConfigRequest', () => {
  const model = (directory: string, name: string, more: object = {}): object => ({
    name,
    base_path: join(directory, name),
    model_platform: 'tensorflow',
    ...more,
  });
  const list = (...config: object[]): object => ({ config: { model_config_list: { config } } });

  test('the new list replaces the old one, or nothing changes [model_servers/model_service_impl.cc]', async () => {
    await using directory = await temporaryDirectory();
    const { path } = directory;
    for (const name of ['a', 'b']) await writeVersion(join(path, name), 1, affineModel({ scale: 0.5, offset: 3 }));
    const config = await writeConfiguration(
      path,
      `model_config_list { config { name: "a" base_path: ${JSON.stringify(join(path, 'a'))} model_platform: "tensorflow" } }`,
    );
    await using reloaded = await startSlipway({
      dataDirectory: join(path, 'data'),
      flags: [`--model_config_file=${config}`, '--version_settle_millis=0'],
    });
    await reloaded.untilStatus('a', (versions) => versions.some(({ state }) => state === 'AVAILABLE'));
    using caller = new GrpcClient(reloaded.grpcAddress);
    const served = async (name: string): Promise<string> => {
      const request = { model_spec: { name }, inputs: X };
      return (await caller.call(`${PREDICTION_SERVICE}/Predict`, request)).code;
    };

    const refused = [
      {
        request: list(model(path, 'a'), model(path, 'a')),
        code: 'INVALID_ARGUMENT',
        message: /^Illegal to list model a multiple times in config list/u,
      },
      {
        request: list({ ...model(path, 'b'), base_path: 'relative' }),
        code: 'INVALID_ARGUMENT',
        message: /^Expected model b to have an absolute path or URI; got base_path\(\)=relative/u,
      },
      { request: list({ ...model(path, 'b'), model_platform: 'no' }), code: 'INVALID_ARGUMENT', message: /platform/u },
      { request: list(model(path, 'b', { logging_config: {} })), code: 'INVALID_ARGUMENT', message: /request-logger/u },
      { request: { config: { custom_model_config: {} } }, code: 'INVALID_ARGUMENT', message: /ModelConfigList/u },
    ];
    for (const { request, code, message } of refused) {
      await expect(caller.call(RELOAD, request)).resolves.toMatchObject({
        code,
        message: expect.stringMatching(message),
      });
      expect(await served('a')).toBe('OK');
    }

    // Nothing set: accepted, and nothing changes.
    await expect(caller.call(RELOAD, {})).resolves.toMatchObject({ code: 'OK' });
    expect(await served('a')).toBe('OK');

    const labelled = model(path, 'b', { version_labels: { stable: 1 } });
    // The answer comes when the new model is there.
    await expect(caller.call(RELOAD, list(model(path, 'a'), labelled))).resolves.toMatchObject({ code: 'OK' });
    expect([await served('a'), await served('b')]).toEqual(['OK', 'OK']);
    const byLabel = { model_spec: { name: 'b', version_label: 'stable' }, inputs: X };
    await expect(caller.call(`${PREDICTION_SERVICE}/Predict`, byLabel)).resolves.toMatchObject({ code: 'OK' });

    await expect(caller.call(RELOAD, list(labelled))).resolves.toMatchObject({ code: 'OK' });
    await expect.poll(() => served('a')).toBe('NOT_FOUND');
    expect(await served('b')).toBe('OK');

    // An empty list is something else than nothing.
    await expect(caller.call(RELOAD, list())).resolves.toMatchObject({ code: 'OK' });
    await expect.poll(() => served('b')).toBe('NOT_FOUND');
  });
});
