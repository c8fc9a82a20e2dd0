import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../contracts/logger.ts';
import { createChildProcessHost } from './child-process-host.ts';
import { FRAME, FrameWriter } from './protocol/frames.ts';
import { encodeMessage } from './protocol/encoding.ts';
import { environmentForWorker } from './protocol/worker-environment.ts';
import { WORKER_ENTRY } from './testing/worker-setting.ts';
import { openWorkerListener, type WorkerListener } from './worker-listener.ts';

let listener: WorkerListener;
beforeEach(async () => {
  listener = await openWorkerListener(silentLogger);
});
afterEach(async () => listener.close());

function greet(workerId: string, token: string, more = ''): Socket {
  const socket = connect(listener.address);
  const writer = new FrameWriter(socket);
  const payload = encodeMessage({ kind: 'hello', workerId, token });
  writer.add(FRAME.control, 0, 0, [payload], payload.length);
  writer.flush();
  socket.write(more);
  return socket;
}

async function closed(socket: Socket): Promise<void> {
  socket.on('error', () => undefined);
  await once(socket.resume(), 'close');
}

describe('WorkerListener', () => {
  it('hands over the connection that shows the secret, with what came behind the greeting', async () => {
    const expected = listener.expect('a');
    const client = greet('a', expected.token, 'more');
    const socket = await expected.connected;
    const [chunk]: unknown[] = await once(socket.resume(), 'data');
    expect(String(chunk)).toBe('more');
    client.destroy();
  });

  it.each([
    { what: 'a wrong secret', connection: () => greet('a', 'wrong') },
    { what: 'the secret of nobody', connection: () => greet('b', 'wrong') },
    {
      what: 'something else',
      connection: () => {
        const socket = connect(listener.address);
        socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
        return socket;
      },
    },
  ])('closes a connection that shows $what', async ({ connection }) => {
    const expected = listener.expect('a');
    const stranger = connection();
    await closed(stranger);
    expect(stranger.bytesRead).toBe(0);
    // The right one is still welcome.
    const client = greet('a', expected.token);
    expect((await expected.connected).destroyed).toBe(false);
    client.destroy();
  });

  it('takes a secret only once, and none that was forgotten', async () => {
    const expected = listener.expect('a');
    const client = greet('a', expected.token);
    await expected.connected;
    const again = greet('a', expected.token);
    await closed(again);
    expect([again.destroyed, client.destroyed]).toEqual([true, false]);
    client.destroy();

    const forgotten = listener.expect('b');
    forgotten.forget();
    const late = greet('b', forgotten.token);
    await closed(late);
    expect(late.destroyed).toBe(true);
  });

  it.skipIf(process.platform === 'win32')('keeps other users out of its folder', async () => {
    expect((await stat(listener.directory)).mode & 0o777).toBe(0o700);
  });
});

describe('a worker process', { timeout: 30_000 }, () => {
  async function startWorker() {
    const expected = listener.expect('w');
    const facts = {
      socket: listener.address,
      workerId: 'w',
      token: expected.token,
      marker: `${listener.directory}/w.running`,
    };
    const started = await createChildProcessHost({ entry: WORKER_ENTRY }).start({
      env: environmentForWorker(facts, process.env),
      onLogLine: () => undefined,
    });
    return { started, socket: await expected.connected };
  }

  it('ends by itself when the main process is gone, but not by signals that the whole group gets', async () => {
    const { started, socket } = await startWorker();
    // Its second message says that it is ready, so its signal handlers are in place.
    await once(socket.resume(), 'data');
    process.kill(started.pid, 'SIGINT');
    process.kill(started.pid, 'SIGTERM');
    // Both would have taken effect by the time it reads this.
    socket.destroy();
    expect(await started.exited).toEqual({ code: 0, signal: undefined });
  });
});
