import { afterEach, expect, it } from 'vitest';
import { silentLogger } from '../../contracts/logger.ts';
import type { RequestObserver } from '../../contracts/request-outcome.ts';
import type { Clock } from '../../core/clock.ts';
import { createGrpcServer } from '../grpc/grpc-server.ts';
import { methodOf, PROTOS_DIRECTORY, TestClient } from '../grpc/testing/grpc-client.ts';
import { createRestServer } from '../rest/rest-server.ts';
import { FakeModels, jsonResponse, name } from '../testing/fake-models.ts';
import { createTrafficTally } from './traffic-tally.ts';

const CALLERS = 4;
const CALLS_EACH = 25;
const PREDICT = '/tensorflow.serving.PredictionService/Predict';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** A model that answers when all callers wait for it: so many are in flight each time, and never more. */
function crowdedModel(): FakeModels {
  const models = new FakeModels();
  let waiting: (() => void)[] = [];
  models.serve('m', '1', async (_request, signal) => {
    await new Promise<void>((done) => {
      waiting.push(done);
      signal.addEventListener('abort', () => done(), { once: true });
      if (waiting.length < CALLERS) return;
      const all = waiting;
      waiting = [];
      for (const release of all) release();
    });
    return jsonResponse('{}');
  });
  return models;
}

/** Each look is far enough from the one before for the tally to count anew. */
function hurryingClock(): Clock {
  let nowMs = 1_700_000_000_000;
  return { now: () => (nowMs += 50), sleep: () => new Promise(() => undefined) };
}

type Call = () => Promise<unknown>;
type OpenServer = (models: FakeModels, observer: RequestObserver) => Promise<Call>;

const overRest: OpenServer = async (models, observe) => {
  const server = createRestServer(
    {},
    { handles: models, states: models, labels: models, models: () => [name('m')], log: silentLogger, observe },
  );
  closers.push(() => server.close({ deadlineMs: 0 }));
  const { url } = await server.listen({ host: '127.0.0.1', port: 0 });
  return async () => {
    const response = await fetch(`${url}/v1/models/m:predict`, { method: 'POST', body: '{"instances": [1]}' });
    expect(response.status).toBe(200);
    await response.arrayBuffer();
  };
};

const overGrpc: OpenServer = async (models, observer) => {
  const server = createGrpcServer(
    { protosDirectory: PROTOS_DIRECTORY },
    {
      handles: models,
      states: models,
      labels: models,
      models: () => [name('m')],
      observer,
      reload: () => Promise.resolve(),
      counterValue: () => undefined,
      log: silentLogger,
    },
  );
  closers.push(() => server.close({ deadlineMs: 0 }));
  const { address } = await server.listen({ host: '127.0.0.1', port: 0 });
  const client = new TestClient(address);
  closers.push(() => client[Symbol.dispose]());
  const request = methodOf(PREDICT).requestSerialize({
    model_spec: { name: 'm' },
    inputs: { x: { dtype: 'DT_FLOAT' } },
  });
  return async () => expect(await client.raw(PREDICT, request)).toMatchObject({ code: 'OK' });
};

it.each([
  { api: 'REST', open: overRest },
  { api: 'gRPC', open: overGrpc },
])('of callers by $api who wait for their answers, as many are in flight as there are', async ({ open }) => {
  const models = crowdedModel();
  const tally = createTrafficTally({
    clock: hurryingClock(),
    modelNamed: name,
    inFlight: () => models.held,
    lastRequest: () => 0,
  });
  const call = await open(models, tally.observe);
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      for (let sent = 0; sent < CALLS_EACH; sent += 1) await call();
    }),
  );
  tally.close();
  expect(Math.max(...tally.history({}).inFlight)).toBe(CALLERS);
  expect(Math.max(...tally.history({ model: name('m') }).inFlight)).toBe(CALLERS);
});
