import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type Agent, createServer, get, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer, get as getByTls } from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../../scripts/s3-server/certificate.ts';
import { LeanHttpAgent, LeanHttpsAgent } from './lean-agents.ts';

const CONTENT = randomBytes(8 * 1024 * 1024 + 12_345);
const certificate = makeCertificate({ commonName: 'test', hosts: ['127.0.0.1'] });
const options = { keepAlive: true, maxSockets: 2 };

const schemes = [
  {
    scheme: 'http',
    serve: (answer: RequestListener) => createServer(answer),
    agent: (): Agent => new LeanHttpAgent(options),
    request: get,
  },
  {
    scheme: 'https',
    serve: (answer: RequestListener) => createTlsServer(certificate, answer),
    agent: (): Agent => new LeanHttpsAgent({ ...options, ca: certificate.cert }),
    request: getByTls,
  },
];

describe.each(schemes)('lean agent for $scheme', ({ scheme, serve, agent: makeAgent, request }) => {
  const closers: (() => void)[] = [];
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });

  async function setUp(answer: RequestListener) {
    const server = serve(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const agent = makeAgent();
    closers.push(
      () => agent.destroy(),
      () => server.close(),
    );
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    return async (path: string): Promise<IncomingMessage> => {
      const [response] = await once(request(`${scheme}://127.0.0.1:${port}${path}`, { agent }), 'response');
      return response;
    };
  }

  it('brings every byte, also to readers that keep what they got or are slow, over few connections', async () => {
    const connections = new Set<unknown>();
    const open = await setUp((message, response) => {
      connections.add(message.socket);
      response.end(CONTENT);
    });
    const read = async (pauseEvery: number): Promise<Buffer> => {
      const pieces: Buffer[] = [];
      for await (const piece of await open('/')) {
        pieces.push(piece);
        if (pieces.length % pauseEvery === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      return Buffer.concat(pieces);
    };
    const bodies = await Promise.all([read(1), read(7), read(1000), read(3)]);
    expect(bodies.map((body) => body.equals(CONTENT))).toEqual([true, true, true, true]);
    expect(connections.size).toBeLessThanOrEqual(2);
  });

  it('holds a server back that sends more than is read', async () => {
    let isHeldBack = false;
    const open = await setUp((_, response) => {
      isHeldBack = !response.write(CONTENT);
      response.on('drain', () => {
        isHeldBack = false;
        response.end();
      });
    });
    const response = await open('/');
    await once(response, 'readable');
    expect(isHeldBack).toBe(true);
    const pieces: Buffer[] = [];
    for await (const piece of response) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(CONTENT)).toBe(true);
  });

  it('tells of a connection that breaks within a body', async () => {
    const open = await setUp((_, response) => {
      response.writeHead(200, { 'Content-Length': CONTENT.length });
      response.write(CONTENT.subarray(0, 100_000), () => response.socket?.destroy());
    });
    const response = await open('/');
    const read = async (): Promise<void> => {
      for await (const piece of response) expect(piece).toBeInstanceOf(Uint8Array);
    };
    await expect(read()).rejects.toThrow('aborted');
  });
});
