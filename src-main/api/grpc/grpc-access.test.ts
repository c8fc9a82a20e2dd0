import { once } from 'node:events';
import { connect, constants } from 'node:http2';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../contracts/logger.ts';
import type { RefusedCall } from '../../contracts/request-outcome.ts';
import { type Access, bearerToken } from '../http/access.ts';
import type { StrangersOptions } from '../http/strangers.ts';
import { FakeModels } from '../testing/fake-models.ts';
import { createGrpcServer } from './grpc-server.ts';
import { endOf, PROTOS_DIRECTORY, TestClient } from './testing/grpc-client.ts';

const STATUS = '/tensorflow.serving.ModelService/GetModelStatus';
const RELOAD = '/tensorflow.serving.ModelService/HandleReloadConfigRequest';
const WATCH = '/grpc.health.v1.Health/Watch';
const AUTHORIZED = { authorization: 'Bearer good' };

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** A server at two ports: one for everybody, and one where callers need a token. */
async function start(strangers: StrangersOptions = {}) {
  const models = new FakeModels();
  models.serve('m', '1');
  const valid = new Set(['good']);
  const observed: string[] = [];
  const refused: RefusedCall[] = [];
  const access: Access = (authorization) =>
    valid.has(bearerToken(authorization) ?? '')
      ? undefined
      : { message: `refused (${authorization.length})`, challenge: 'Bearer' };
  const server = createGrpcServer(
    { protosDirectory: PROTOS_DIRECTORY, strangers },
    {
      handles: models,
      states: models,
      labels: models,
      models: () => models.names(),
      observer: ({ code }) => void observed.push(code),
      onRefused: (call) => refused.push(call),
      reload: () => Promise.resolve(),
      counterValue: () => undefined,
      log: silentLogger,
    },
  );
  closers.push(() => server.close({ deadlineMs: 0 }));
  const open = await server.listen({ host: '127.0.0.1', port: 0 });
  const guarded = await server.listen({ host: '127.0.0.1', port: 0 }, access);
  const clientOf = (address: string): TestClient => {
    const client = new TestClient(address);
    closers.push(() => client[Symbol.dispose]());
    return client;
  };
  return { server, valid, observed, refused, guarded, open: clientOf(open.address), client: clientOf(guarded.address) };
}

describe('at an address where callers need a token', () => {
  it.each([
    '/tensorflow.serving.PredictionService/Predict',
    '/tensorflow.serving.PredictionService/GetModelMetadata',
    STATUS,
    '/grpc.health.v1.Health/Check',
    '/no.such.Service/Method',
  ])('%s is refused without one, and not with one', async (path) => {
    const { client, open, refused } = await start();
    const nothing = Buffer.alloc(0);
    await expect(client.raw(path, nothing)).resolves.toEqual({ code: 'UNAUTHENTICATED', message: 'refused (0)' });
    expect(refused).toEqual([
      { entrypoint: 'GRPC', code: 'UNAUTHENTICATED', address: '127.0.0.1', reason: 'refused (0)' },
    ]);
    const allowed = await client.raw(path, nothing, { headers: AUTHORIZED });
    expect(allowed.code).not.toBe('UNAUTHENTICATED');
    expect(allowed.code).toBe((await open.raw(path, nothing)).code);
  });

  it.each([WATCH, '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'])(
    'the stream of %s is refused without one',
    async (path) => {
      const { client } = await start();
      await expect(endOf(client.stream(path))).resolves.toEqual({ code: 'UNAUTHENTICATED', message: 'refused (0)' });
    },
  );

  it.each([
    [{ authorization: 'bearer good' }, 'OK'],
    [{ Authorization: 'BEARER good' }, 'OK'],
    [{ authorization: 'Bearer bad' }, 'UNAUTHENTICATED'],
    [{ authorization: 'good' }, 'UNAUTHENTICATED'],
    [{ authorization: 'Bearer bad, Bearer good' }, 'UNAUTHENTICATED'],
    [{ 'x-authorization': 'Bearer good' }, 'UNAUTHENTICATED'],
  ])('%j: %s', async (headers, code) => {
    const { client } = await start();
    await expect(client.call(STATUS, { model_spec: { name: 'm' } }, headers)).resolves.toMatchObject({ code });
  });

  it('the configuration is not changed, whoever asks', async () => {
    const { client, open } = await start();
    await expect(client.call(RELOAD, {})).resolves.toMatchObject({ code: 'UNAUTHENTICATED' });
    const refused = await client.call(RELOAD, { config: { model_config_list: { config: [] } } }, AUTHORIZED);
    expect(refused).toMatchObject({ code: 'PERMISSION_DENIED', message: expect.stringContaining('loopback') });
    await expect(open.call(RELOAD, {})).resolves.toMatchObject({ code: 'OK' });
  });

  it('a call is refused before its message has come', async () => {
    const { guarded } = await start();
    const session = connect(`http://${guarded.address}`);
    closers.push(() => session.destroy());
    const stream = session.request({ ':method': 'POST', ':path': STATUS, 'content-type': 'application/grpc' });
    const [headers] = await once(stream, 'response');
    expect(headers).toMatchObject({ 'grpc-status': '16' });
    stream.close(constants.NGHTTP2_CANCEL);
  });

  it('nothing of a refused call is kept, also where its client leaves it open', async () => {
    const { guarded, observed } = await start();
    const session = connect(`http://${guarded.address}`);
    closers.push(() => session.destroy());
    const closed = [STATUS, '/no.such.Service/Method', WATCH].map(async (path) => {
      const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' });
      stream.resume();
      // Ended by the server: this side is never closed.
      await once(stream, 'close');
      return stream.rstCode;
    });
    await expect(Promise.all(closed)).resolves.toEqual([0, 0, 0]);
    expect(observed).toEqual([]);
  });

  it('a connection is asked again for each call, and an open stream ends with its token', async () => {
    const { server, client, valid } = await start();
    const { authorization } = AUTHORIZED;
    const watch = client.stream(WATCH, { authorization });
    const ended = endOf(watch);
    const first = once(watch, 'data');
    watch.write({ service: 'm' });
    await first;
    server.accessChanged();
    await expect(client.call(STATUS, { model_spec: { name: 'm' } }, AUTHORIZED)).resolves.toMatchObject({ code: 'OK' });
    valid.clear();
    server.accessChanged();
    await expect(ended).resolves.toEqual({ code: 'UNAUTHENTICATED', message: 'refused (1)' });
    await expect(client.call(STATUS, { model_spec: { name: 'm' } }, AUTHORIZED)).resolves.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });
});

describe('a server at several addresses', () => {
  it('closes one while the other goes on', async () => {
    const { guarded, open, client } = await start();
    await guarded.close({ deadlineMs: 0 });
    await expect(client.call(STATUS, {}, AUTHORIZED)).resolves.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(open.call(STATUS, { model_spec: { name: 'm' } })).resolves.toMatchObject({ code: 'OK' });
  });
});

it('a connection on which nobody may call ends, and keeps nobody out', async () => {
  const { client, guarded } = await start({ max: 1, timeoutMs: 300 });
  const silent = connect(`http://${guarded.address}`);
  await once(silent, 'remoteSettings');
  const ended = once(silent, 'close');
  // It takes the only place, and the oldest goes.
  await expect(client.raw('/no.such.Service/Method', Buffer.alloc(0), { headers: AUTHORIZED })).resolves.toMatchObject({
    code: 'UNIMPLEMENTED',
  });
  await ended;
  const late = connect(`http://${guarded.address}`);
  await once(late, 'close');
  await expect(client.raw('/no.such.Service/Method', Buffer.alloc(0), { headers: AUTHORIZED })).resolves.toMatchObject({
    code: 'UNIMPLEMENTED',
  });
});
