import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../contracts/logger.ts';
import { ServingError } from '../contracts/serving-error.ts';
import { FRAME, FrameReader, FrameWriter } from './protocol/frames.ts';
import { encodeFailure } from './protocol/encoding.ts';
import { requestOf } from './testing/worker-setting.ts';
import { MAX_PENDING_BYTES, MAX_PENDING_REQUESTS, WorkerConnection } from './worker-connection.ts';

const NEVER = new AbortController().signal;
const ROWS = { batchRows: 1, rows: 1, runRows: 1, paddingRows: 0 };

interface Frame {
  readonly type: number;
  readonly id: number;
  readonly handle: number;
}

/** The worker's side of the connection, played by the test. */
let peer: Socket;
let writer: FrameWriter;
let frames: Frame[];
let connection: WorkerConnection;
let closed: Promise<unknown>;
let stuck: number;
let runs: [number, number][];

beforeEach(async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  peer = connect(address.port, '127.0.0.1');
  const socket = await accepted;
  server.close();
  writer = new FrameWriter(peer);
  frames = [];
  stuck = 0;
  const reader = new FrameReader((type, id, handle) => frames.push({ type, id, handle }));
  peer.on('data', (chunk: Buffer) => reader.push(chunk, false));
  const closing = Promise.withResolvers<unknown>();
  closed = closing.promise;
  runs = [];
  const events = {
    onMessage: () => undefined,
    onRun: (handle: number, runMs: number) => runs.push([handle, runMs]),
    onStuck: () => (stuck += 1),
    onClosed: () => closing.resolve('closed'),
  };
  connection = new WorkerConnection(socket, events, { stuckMs: 20, log: silentLogger });
});
afterEach(() => {
  vi.useRealTimers();
  connection.fail(new ServingError('UNAVAILABLE', 'the test is over'));
  peer.destroy();
});

describe('WorkerConnection', () => {
  it('pairs answers with requests in any order', async () => {
    const first = connection.infer(7, requestOf('{"a":1}'), NEVER);
    const second = connection.infer(8, requestOf('{"b":2}'), NEVER);
    const third = connection.infer(7, requestOf('{"c":3}'), NEVER);
    await expect.poll(() => frames.length).toBe(3);
    const ids = frames.map(({ id }) => id);
    writer.addResult(ids[1] ?? 0, 8, { queueMs: 1, runMs: 2, ...ROWS, body: Buffer.from('second') });
    const failure = encodeFailure(new ServingError('INVALID_ARGUMENT', 'third'));
    writer.add(FRAME.failure, ids[2] ?? 0, 7, [failure], failure.length);
    writer.addResult(ids[0] ?? 0, 7, { queueMs: 0.5, runMs: 4, ...ROWS, body: Buffer.from('first') });
    // An answer that nobody waits for is no reason to worry.
    writer.addResult(4711, 7, { queueMs: 0, runMs: 0, ...ROWS, body: Buffer.from('nobody') });
    writer.flush();
    expect(await second).toEqual({ body: Buffer.from('second'), queueMs: 1, runMs: 2, ...ROWS });
    expect(await first).toEqual({ body: Buffer.from('first'), queueMs: 0.5, runMs: 4, ...ROWS });
    await expect(third).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: 'third' });
  });

  it('tells the worker what is not wanted any more, and still counts it as busy until it is answered', async () => {
    const controller = new AbortController();
    const request = connection.infer(7, requestOf('{}'), controller.signal);
    controller.abort();
    await expect(request).rejects.toMatchObject({ code: 'CANCELLED', message: 'request cancelled' });
    await expect.poll(() => frames.map(({ type }) => type)).toEqual([FRAME.request, FRAME.cancel]);
    expect(frames[1]).toEqual({ type: FRAME.cancel, id: frames[0]?.id, handle: 7 });
    expect([...connection.busyHandles()]).toEqual([7]);
    writer.addResult(frames[0]?.id ?? 0, 7, { queueMs: 0, runMs: 0, ...ROWS, body: Buffer.from('late') });
    writer.flush();
    await expect.poll(() => [...connection.busyHandles()]).toEqual([]);
  });

  it('notices that a run does not end long after its caller gave up', async () => {
    const waiting = connection.infer(7, requestOf('{}'), NEVER);
    const abandoned = connection.infer(7, requestOf('{}'), AbortSignal.timeout(1));
    await expect(abandoned).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(stuck).toBe(0);
    await expect.poll(() => stuck).toBeGreaterThan(0);
    connection.fail(new ServingError('UNAVAILABLE', 'gone'));
    await expect(waiting).rejects.toMatchObject({ message: 'gone' });
  });

  it('counts from the start of a run, not from when its caller gave up, nor from when the request was sent', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const before = connection.infer(7, requestOf('{}'), NEVER);
    const controller = new AbortController();
    const abandoned = connection.infer(7, requestOf('{}'), controller.signal);
    abandoned.catch(() => undefined);
    await expect.poll(() => frames.length).toBe(2);
    vi.advanceTimersByTime(15);
    writer.addResult(frames[0]?.id ?? 0, 7, { queueMs: 0, runMs: 15, ...ROWS, body: Buffer.from('first') });
    writer.flush();
    await before;
    expect(runs).toEqual([[7, 15]]);
    // The second run begins now.
    controller.abort();
    vi.advanceTimersByTime(15);
    await expect(abandoned).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(stuck).toBe(0);
    // 25 ms of the run, 10 to 20 of them after the caller gave up.
    vi.advanceTimersByTime(10);
    expect(stuck).toBeGreaterThan(0);
  });

  it('refuses requests beyond what may wait, by number', async () => {
    const request = requestOf('{}');
    const waiting = Array.from({ length: MAX_PENDING_REQUESTS }, async () => connection.infer(1, request, NEVER));
    await expect(connection.infer(1, request, NEVER)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    connection.fail(new ServingError('UNAVAILABLE', 'gone'));
    const outcomes = await Promise.allSettled(waiting);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(MAX_PENDING_REQUESTS);
  });

  it('refuses requests beyond what may wait, by bytes, but never the only one', async () => {
    // Only the announced length matters here; nobody reads what follows.
    const large = { ...requestOf('{}'), bodyBytes: MAX_PENDING_BYTES - 1 };
    const only = connection.infer(1, large, NEVER);
    await expect(connection.infer(1, requestOf('{}'), NEVER)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const beyond = { ...requestOf('{}'), bodyBytes: MAX_PENDING_BYTES };
    await expect(connection.infer(1, beyond, NEVER)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    connection.fail(new ServingError('UNAVAILABLE', 'gone'));
    await expect(only).rejects.toMatchObject({ message: 'gone' });
  });

  it.each([
    { what: 'a frame of no known type', bytes: () => Buffer.from([0, 0, 0, 0, 99, ...Buffer.alloc(11)]) },
    { what: 'a frame that is too long', bytes: () => Buffer.alloc(16, 0xff) },
    {
      what: 'a control message that is none',
      bytes: () => Buffer.from([2, 0, 0, 0, FRAME.control, ...Buffer.alloc(11), 0x7b, 0x7d]),
    },
  ])('closes when the worker sends $what', async ({ bytes }) => {
    peer.write(bytes());
    expect(await closed).toBe('closed');
  });
});
