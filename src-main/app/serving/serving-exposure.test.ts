import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { endOf, TestClient } from '../../api/grpc/testing/grpc-client.ts';
import {
  callOn,
  EN0,
  EN0_NETWORKS,
  freePort,
  get,
  lan,
  served,
  type ServedSetting,
  statusOf,
} from './testing/served.ts';
import { until } from './testing/until.ts';

const exposed = { exposure: { interfaces: [EN0], tokenRequired: true, networks: EN0_NETWORKS } };

// A Mac has no other loopback address than 127.0.0.1, unless it is told to.
describe.skipIf(process.platform === 'darwin')('exposure', () => {
  /** A server that is exposed, and the URL at which it is. */
  async function exposedServer(setting: ServedSetting = {}) {
    const all = served({ argv: ['--rest_api_port=0', `--port=${await freePort()}`], given: [], ...setting });
    all.models.serve('m', '1');
    await all.serving.begin();
    await all.serving.setExposure({ interfaces: [EN0], tokenRequired: true });
    const [address] = all.serving.view().exposure?.addresses ?? [];
    return { ...all, url: `${address?.restUrl ?? ''}/v1/models/m`, grpcAddress: address?.grpcAddress ?? '' };
  }

  it('asks for a token there, and at this computer’s own address for none', async () => {
    const { serving, url } = await exposedServer();
    expect(await get(url)).toBe(401);
    const { secret, token } = await serving.tokens.create('laptop');
    expect(await get(url, { authorization: `Bearer ${secret}` })).toBe(200);
    expect(await get(url)).toBe(401);
    expect(await statusOf(serving)).toBe(200);
    expect(serving.tokens.board.current().tokens).toEqual([{ ...token, lastUsedAtMs: expect.any(Number) }]);
  });

  it('holds for gRPC too, and a token that is revoked ends its streams', async () => {
    const { serving, grpcAddress } = await exposedServer();
    const { secret, token } = await serving.tokens.create('laptop');
    using client = new TestClient(grpcAddress);
    await expect(callOn(client)).resolves.toMatchObject({ code: 'UNAUTHENTICATED' });
    const watch = client.stream('/grpc.health.v1.Health/Watch', { authorization: `Bearer ${secret}` });
    const [told, ended] = [once(watch, 'data'), endOf(watch)];
    watch.write({ service: 'm' });
    await told;
    await serving.tokens.revoke(token.id);
    await expect(ended).resolves.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('ends the streams of a token that another process revokes', async () => {
    const { serving, grpcAddress, writeSettings } = await exposedServer();
    const { secret } = await serving.tokens.create('laptop');
    using client = new TestClient(grpcAddress);
    const watch = client.stream('/grpc.health.v1.Health/Watch', { authorization: `Bearer ${secret}` });
    const [told, ended] = [once(watch, 'data'), endOf(watch)];
    watch.write({ service: 'm' });
    await told;
    await writeSettings((before) => ({ ...before, tokens: [] }));
    serving.settingsChanged();
    await expect(ended).resolves.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('without tokens lets everybody call, from the moment that is chosen until it is not', async () => {
    const { serving, url } = await exposedServer();
    await serving.setExposure({ interfaces: [EN0], tokenRequired: false });
    expect(await get(url)).toBe(200);
    await serving.setExposure({ interfaces: [EN0], tokenRequired: true });
    expect(await get(url)).toBe(401);
  });

  it('ends when no interface is chosen', async () => {
    const { serving, url, kept } = await exposedServer();
    await serving.setExposure({ interfaces: [], tokenRequired: true });
    expect(serving.view().exposure).toBeUndefined();
    expect(kept()).toEqual({});
    await expect(get(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(await statusOf(serving)).toBe(200);
  });

  it('follows the ports and the switch', async () => {
    const { serving } = await exposedServer();
    const port = await freePort();
    await serving.start({ restPort: port });
    expect(serving.view().exposure?.addresses).toMatchObject([{ restUrl: `http://127.0.0.2:${port}` }]);
    expect(await get(`http://127.0.0.2:${port}/healthz`)).toBe(401);
    serving.stop();
    await until(() => serving.view().state === 'stopped');
    expect(serving.view().exposure?.addresses).toEqual([{ ...EN0, address: '127.0.0.2' }]);
    await expect(get(`http://127.0.0.2:${port}/healthz`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('is there again at the next start, in every host', async () => {
    const { serving, views } = served({ argv: ['--rest_api_port=0', '--port=0'], stored: exposed });
    await serving.begin();
    expect(await get(`${serving.view().exposure?.addresses[0]?.restUrl ?? ''}/healthz`)).toBe(401);
    expect(views.at(-1)?.exposure?.tokenRequired).toBe(true);
  });

  it('follows an interface that loses its address and gets another', async () => {
    const { serving, setNetwork, views } = await exposedServer();
    setNetwork([]);
    await until(() => views.at(-1)?.exposure?.addresses[0]?.problem === 'en0 is not connected now');
    expect(serving.listening()).toHaveLength(1);
    setNetwork([lan('127.0.0.3')]);
    await until(() => views.at(-1)?.exposure?.addresses[0]?.restUrl?.includes('127.0.0.3') === true);
    expect(await get(`${views.at(-1)?.exposure?.addresses[0]?.restUrl ?? ''}/healthz`)).toBe(401);
  });

  it('pauses in another network until it is chosen there too', async () => {
    const { serving, url, setNetwork, views, kept } = await exposedServer();
    const elsewhere = lan('127.0.0.3', { network: '127.0.3.0/24' });
    setNetwork([elsewhere]);
    await until(() => views.at(-1)?.exposure?.addresses[0]?.isOtherNetwork === true);
    expect(views.at(-1)?.exposure?.addresses[0]).toEqual({
      ...EN0,
      address: '127.0.0.3',
      isOtherNetwork: true,
      problem: 'en0 is in another network (127.0.3.0/24) than the one that you exposed it to',
    });
    expect(serving.listening()).toHaveLength(1);
    await expect(get(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    setNetwork([lan('127.0.0.2')]);
    await until(() => views.at(-1)?.exposure?.addresses[0]?.restUrl !== undefined);
    expect(await get(url)).toBe(401);
    setNetwork([elsewhere]);
    await until(() => views.at(-1)?.exposure?.addresses[0]?.isOtherNetwork === true);
    // What else is changed of the exposure is no yes to this network.
    await serving.setExposure({ interfaces: [EN0], tokenRequired: false });
    expect(serving.listening()).toHaveLength(1);
    await serving.setExposure({ interfaces: [EN0], tokenRequired: true, acceptNetworks: true });
    expect(await get(url.replace('127.0.0.2', '127.0.0.3'))).toBe(401);
    expect(kept()?.exposure?.networks).toEqual([{ ...EN0, network: '127.0.3.0/24' }]);
  });

  it('is nowhere in force where no network was kept with it', async () => {
    const { networks: _networks, ...exposure } = exposed.exposure;
    const { serving } = served({ argv: ['--rest_api_port=0', '--port=0'], stored: { exposure } });
    await serving.begin();
    expect(serving.listening()).toHaveLength(1);
    expect(serving.view().exposure?.addresses[0]?.isOtherNetwork).toBe(true);
  });

  it('goes on where somebody who is told of it fails', async () => {
    let fails = false;
    const { serving, setNetwork } = await exposedServer({
      onChange() {
        if (fails) throw new Error('no');
      },
    });
    fails = true;
    setNetwork([]);
    await until(() => serving.listening().length === 1);
    fails = false;
    setNetwork([lan('127.0.0.3')]);
    await until(() => serving.listening().length === 2);
    expect(serving.view().exposure?.addresses).toMatchObject([{ address: '127.0.0.3', restUrl: expect.any(String) }]);
  });

  it('is no reason not to serve where it fails, and is tried again', async () => {
    const holder = createServer().listen(0, '127.0.0.2');
    await once(holder, 'listening');
    const address = holder.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { serving } = served({ argv: [`--rest_api_port=${port}`, '--port=0'], stored: exposed });
    await serving.begin();
    expect(serving.view()).toMatchObject({
      state: 'running',
      exposure: { addresses: [{ ...EN0, problem: expect.stringContaining('already in use') }] },
    });
    holder.close();
    await until(() => serving.view().exposure?.addresses[0]?.restUrl === `http://127.0.0.2:${port}`);
  });
});

describe('--host', () => {
  const HOST = {
    argv: ['--host=0.0.0.0', '--rest_api_port=0', '--port=0'],
    given: ['host', 'restPort', 'grpcPort'],
  } as const;

  it('exposes with tokens, and is for the command line alone', async () => {
    const { serving } = served({ ...HOST, stored: exposed });
    await serving.begin();
    const { exposure, fixed } = serving.view();
    expect(fixed).toEqual(['host', 'grpcPort']);
    const url = serving.addresses().restUrl.replace('127.0.0.1', '127.0.0.2');
    expect(exposure).toEqual({
      addresses: [{ ...EN0, address: '127.0.0.2', restUrl: url }],
      tokenRequired: true,
      isFixed: true,
    });
    await expect(serving.setExposure(exposed.exposure)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    expect(serving.listening()).toHaveLength(1);
    // From this computer nobody needs one.
    expect(await statusOf(serving)).toBe(200);
  });

  it.each([
    { argv: [...HOST.argv], guards: true },
    { argv: [...HOST.argv, '--require_token=false'], guards: false },
    { argv: HOST.argv.slice(1), guards: false },
  ])('guards what others reach, unless it is told not to: $argv', async ({ argv, guards }) => {
    const { serving, endpoints } = served({ argv, given: HOST.given });
    const open = vi.spyOn(endpoints, 'open');
    await serving.begin();
    const access = open.mock.calls[0]?.[0].access;
    const stranger = { localAddress: '192.168.1.20', remoteAddress: '192.168.1.21' };
    expect(access?.([], stranger)?.message.includes('token is required') ?? false).toBe(guards);
    const { secret } = await serving.tokens.create('laptop');
    expect(access?.([`Bearer ${secret}`], stranger)).toBeUndefined();
  });
});
