import { Agent, type ClientRequest, get, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent, get as tlsGet } from 'node:https';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { makeCertificate } from './certificate.ts';
import { startFaultProxy, startForwardProxy } from './fault-proxy.ts';
import { type S3TestServer, startS3Server } from './s3-server.ts';

const anyone = { anonymous: [{}] };
const CONTENT = Buffer.alloc(300_000, 'x');

/** The answer, or the request's error. */
async function answerTo(request: ClientRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request.once('response', resolve);
  request.on('error', reject);
  return promise;
}

/** What came of a GET on a connection of its own. */
async function fetchAll(url: string, agent: Agent | false = false): Promise<{ received: number; error?: string }> {
  let received = 0;
  try {
    for await (const chunk of await answerTo(get(url, { agent }))) received += chunk.length;
    return { received };
  } catch (error) {
    return { received, error: error instanceof Error && 'code' in error ? String(error.code) : 'unknown' };
  }
}

const servers: S3TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server[Symbol.asyncDispose]();
});

async function served(): Promise<S3TestServer> {
  const server = await startS3Server(anyone);
  servers.push(server);
  server.put('b', 'k', CONTENT);
  return server;
}

describe('the fault proxy', () => {
  it('passes everything on', async () => {
    const server = await served();
    await using proxy = await startFaultProxy({ targetPort: server.port });
    expect(await fetchAll(`${proxy.url}/b/k`)).toEqual({ received: CONTENT.length });
    expect(proxy).toMatchObject({ connections: 1, cuts: 0 });
    expect(proxy.bytesDown).toBeGreaterThan(CONTENT.length);
  });

  it.each(['end', 'reset'] as const)('cuts a connection (%s) after a number of bytes', async (how) => {
    const server = await served();
    const faultOf = (connection: number) => (connection === 1 ? { afterBytes: 100_000, how } : undefined);
    await using proxy = await startFaultProxy({ targetPort: server.port, faultOf });
    const cut = await fetchAll(`${proxy.url}/b/k`);
    expect(cut.error).toBe('ECONNRESET');
    expect(cut.received).toBeLessThan(100_000);
    expect(proxy).toMatchObject({ cuts: 1, bytesDown: 100_000 });
    expect(await fetchAll(`${proxy.url}/b/k`)).toEqual({ received: CONTENT.length });
  });

  it('lets a connection fall silent', async () => {
    const server = await served();
    await using proxy = await startFaultProxy({
      targetPort: server.port,
      faultOf: () => ({ afterBytes: 100_000, how: 'stall' }),
    });
    const request = get(`${proxy.url}/b/k`, { agent: false });
    let received = 0;
    const reading = (async () => {
      for await (const chunk of await answerTo(request)) {
        received += chunk.length;
        // All but what the headers took: no more will come.
        if (received > 98_000) request.destroy();
      }
    })();
    await expect(reading).rejects.toThrow('aborted');
    expect(received).toBeLessThan(100_000);
    expect(proxy).toMatchObject({ cuts: 1, bytesDown: 100_000 });
  });

  it('pulls the plug and puts it back', async () => {
    const server = await served();
    await using proxy = await startFaultProxy({ targetPort: server.port });
    await proxy.unplug('refused');
    expect(await fetchAll(`${proxy.url}/b/k`)).toEqual({ received: 0, error: 'ECONNREFUSED' });
    await proxy.plugIn();
    expect(await fetchAll(`${proxy.url}/b/k`)).toEqual({ received: CONTENT.length });

    await proxy.unplug('silent');
    const before = proxy.connections;
    const waiting = fetchAll(`${proxy.url}/b/k`);
    await vi.waitFor(() => expect(proxy.connections).toBe(before + 1));
    await proxy.plugIn();
    expect(await waiting).toEqual({ received: 0, error: 'ECONNRESET' });
    expect(await fetchAll(`${proxy.url}/b/k`)).toEqual({ received: CONTENT.length });
  });
});

describe('the forward proxy', () => {
  it('passes on plain HTTP that is asked for by URL', async () => {
    const server = await served();
    await using proxy = await startForwardProxy();
    expect(await fetchAll(`${proxy.url}/b/k`)).toMatchObject({ received: 0 });
    const agent = new Agent({ proxyEnv: { HTTP_PROXY: proxy.url } });
    expect(await fetchAll(`${server.url}/b/k`, agent)).toEqual({ received: CONTENT.length });
    expect(proxy.requests).toEqual(['GET /b/k', `GET ${server.url}/b/k`]);
  });

  it('tunnels TLS, with a certificate of a private root', async () => {
    const root = makeCertificate({ commonName: 'Root of the tests' });
    const tls = makeCertificate({ commonName: 'server', hosts: ['127.0.0.1', 'localhost'], issuer: root });
    await using server = await startS3Server({ ...anyone, tls });
    server.put('b', 'k', 'abc');
    await expect(answerTo(tlsGet(`${server.url}/b/k`, { agent: false }))).rejects.toMatchObject({
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    });

    await using proxy = await startForwardProxy();
    const agent = new TlsAgent({ proxyEnv: { HTTPS_PROXY: proxy.url }, ca: root.cert });
    const response = await answerTo(tlsGet(`${server.url}/b/k`, { agent }));
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
    expect(text).toBe('abc');
    expect(proxy.requests).toEqual([`CONNECT 127.0.0.1:${server.port}`]);
  });
});
