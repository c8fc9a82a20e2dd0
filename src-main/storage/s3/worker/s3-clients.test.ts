import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type S3TestServer, startS3Server, TEST_USER } from '../../../../scripts/s3-server/s3-server.ts';
import { readS3Options } from '../s3-options.ts';
import { parseS3Uri, type S3Location } from '../s3-uri.ts';
import { createS3Clients, type S3Clients } from './s3-clients.ts';
import { createS3Requests, type S3Requests } from './s3-requests.ts';

const { signal } = new AbortController();
const UNUSED_AFTER_MS = 200;

let servers: readonly [S3TestServer, S3TestServer];
let clients: S3Clients;
let requests: S3Requests;
beforeEach(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', TEST_USER.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', TEST_USER.secretAccessKey);
  servers = [await startS3Server(), await startS3Server()];
  for (const server of servers) server.put('bucket', 'm/1/model.onnx', 'content');
  clients = createS3Clients(readS3Options({}), UNUSED_AFTER_MS);
  requests = createS3Requests(clients);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  clients[Symbol.dispose]();
  for (const server of servers) await server[Symbol.asyncDispose]();
});

const place = ({ port }: S3TestServer, key: string): S3Location =>
  parseS3Uri(`s3://http://127.0.0.1:${port}/bucket/${key}`);
const list = (server: S3TestServer) => requests.list(place(server, 'm'), { prefix: 'm/' }, signal);

describe('a client that nobody uses any more', () => {
  it('is closed with its connections, and made again when it is needed', async () => {
    const [server] = servers;
    await list(server);
    expect(server.connections).toBe(1);
    const { client } = await clients.of(place(server, 'm'));
    await server.untilConnections(0);
    expect((await list(server)).objects).toHaveLength(1);
    expect((await clients.of(place(server, 'm'))).client).not.toBe(client);
  });

  it('is not one whose answer is still being read', async () => {
    const [busy, idle] = servers;
    busy.faults.add({ on: 'GetObject', fault: { kind: 'cut', afterBytes: 3, how: 'stall' } });
    const revision = busy.get('bucket', 'm/1/model.onnx')?.etag;
    const answer = await requests.get(place(busy, 'm/1/model.onnx'), revision, undefined, signal);
    await list(idle);
    await idle.untilConnections(0);
    // It had nothing to do for longer than the one that was closed, but for the answer that does not end.
    expect(busy.connections).toBe(1);
    answer.body.destroy();
    await busy.untilConnections(0);
  });
});

describe('a client', () => {
  it('tells by how much the clock of its store is ahead, where that tells the time', async () => {
    const [server, other] = servers;
    server.behaviour.clockOffsetMs = -600_000;
    await list(server);
    const behindMs = -(requests.clockAheadMs(place(server, 'elsewhere')) ?? 0);
    expect(Math.abs(behindMs - 600_000)).toBeLessThan(5000);
    expect(requests.clockAheadMs(place(other, 'm'))).toBeUndefined();
    other.faults.add({ fault: { kind: 'headers', headers: { Date: 'whenever' } } });
    await list(other);
    expect(requests.clockAheadMs(place(other, 'm'))).toBeUndefined();
  });
});
