import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { TestClient } from '../../api/grpc/testing/grpc-client.ts';
import { jsonResponse } from '../../api/testing/fake-models.ts';
import { callOn, freePort, grpcClient, predict, served, statusOf, takenPort } from './testing/served.ts';
import { until } from './testing/until.ts';

const PREDICT = '/tensorflow.serving.PredictionService/Predict';

describe('the switch', () => {
  it('stops and starts again at the same ports, and the models know nothing of it', async () => {
    const { serving, models, views } = served({ argv: ['--rest_api_port=0', `--port=${await freePort()}`] });
    models.serve('m', '1');
    await serving.begin();
    const before = serving.addresses();
    expect(await statusOf(serving)).toBe(200);
    await expect(callOn(grpcClient(serving))).resolves.toMatchObject({ code: 'OK' });
    serving.stop();
    await until(() => serving.view().state === 'stopped');
    await expect(statusOf(serving)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(callOn(grpcClient(serving))).resolves.toMatchObject({ code: 'UNAVAILABLE' });
    expect([serving.addresses().restUrl, serving.listening()]).toEqual([before.restUrl, []]);
    await serving.start({});
    expect(serving.addresses()).toMatchObject({ restUrl: before.restUrl, grpcAddress: before.grpcAddress });
    expect(await statusOf(serving)).toBe(200);
    await expect(callOn(grpcClient(serving))).resolves.toMatchObject({ code: 'OK' });
    expect([...new Set(views.map(({ state }) => state))]).toEqual(['starting', 'running', 'draining', 'stopped']);
  });

  it('finishes what is in flight before it has stopped', async () => {
    const { serving, models } = served({ argv: ['--rest_api_port=0', '--port=0'] });
    const begun = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    models.serve('m', '1', async () => {
      begun.resolve();
      await answered.promise;
      return jsonResponse('{}');
    });
    await serving.begin();
    const status = predict(serving);
    await begun.promise;
    serving.stop();
    expect(serving.view().state).toBe('draining');
    answered.resolve();
    await expect(status).resolves.toBe(200);
    await until(() => serving.view().state === 'stopped');
  });

  it('moves under load, and answers whatever it took', async () => {
    const { serving, models } = served({ argv: ['--rest_api_port=0', `--port=${await freePort()}`], given: [] });
    let begun = 0;
    models.serve('m', '1', async () => {
      begun += 1;
      await new Promise((resolve) => setTimeout(resolve, 5));
      return jsonResponse('{}');
    });
    await serving.begin();
    const over = new AbortController();
    const answers: (number | string)[] = [];
    const clients = Array.from({ length: 8 }, async () => {
      while (!over.signal.aborted) {
        // Who is still on the way to a port that closes is turned away by the system, and asks at the new one.
        const status = await predict(serving).catch((error: unknown) =>
          error instanceof Error && 'code' in error ? String(error.code) : 'failed',
        );
        if (status !== 'ECONNREFUSED') answers.push(status);
      }
    });
    const calls: string[] = [];
    const caller = (async () => {
      while (!over.signal.aborted) {
        using client = new TestClient(serving.addresses().grpcAddress ?? '');
        calls.push((await client.raw(PREDICT, Buffer.from([10, 3, 10, 1, 109]))).code);
      }
    })();
    for (let move = 0; move < 4; move += 1) {
      const before = answers.length;
      await serving.start({ restPort: await freePort(), ...(move % 2 === 1 && { grpcPort: await freePort() }) });
      expect(serving.view()).toMatchObject({ state: 'running' });
      await until(() => answers.length > before + 20);
    }
    over.abort();
    await Promise.all([...clients, caller]);
    expect(new Set(answers.filter((answer) => answer !== 'ECONNRESET'))).toEqual(new Set([200]));
    expect(new Set(calls.filter((code) => code !== 'UNAVAILABLE'))).toEqual(new Set(['OK']));
    expect(begun).toBe(
      answers.filter((answer) => answer === 200).length + calls.filter((code) => code === 'OK').length,
    );
  });

  it('leaves the endpoint alone whose port stays the same', async () => {
    const { serving, models } = served({ argv: ['--rest_api_port=0', `--port=${await freePort()}`] });
    models.serve('m', '1');
    await serving.begin();
    const watch = grpcClient(serving).stream('/grpc.health.v1.Health/Watch');
    let isOver = false;
    watch.on('error', () => (isOver = true)).on('end', () => (isOver = true));
    const told = once(watch, 'data');
    watch.write({ service: 'm' });
    await told;
    const port = await freePort();
    await serving.start({ restPort: port });
    expect(serving.addresses().restUrl).toBe(`http://127.0.0.1:${port}`);
    const next = once(watch, 'data');
    models.move('m', '1', { phase: 'end' });
    serving.stop();
    await next.catch(() => undefined);
    expect(isOver).toBe(false);
  });

  it('says who has the port and which one is free, and takes it', async () => {
    const { port } = await takenPort();
    const { serving } = served({ argv: [`--rest_api_port=${port}`, '--port=0'], remembersSwitch: true, given: [] });
    await serving.begin();
    const { state, problem } = serving.view();
    expect(state).toBe('failed');
    expect(problem).toMatchObject({ code: 'ALREADY_EXISTS', port: { endpoint: 'rest', port } });
    const free = problem?.port?.freePort ?? 0;
    expect(free).toBeGreaterThan(port);
    await serving.start({ restPort: free });
    expect(serving.addresses().restUrl).toBe(`http://127.0.0.1:${free}`);
    expect(await statusOf(serving)).toBe(200);
  });

  it('opens neither where one port is taken', async () => {
    const { port } = await takenPort();
    const rest = await freePort();
    const { serving } = served({ argv: [`--rest_api_port=${rest}`, `--port=${port}`], remembersSwitch: true });
    await serving.begin();
    expect(serving.view().problem?.port).toMatchObject({ endpoint: 'grpc', port });
    await expect(statusOf(serving)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('ends the start of a server that is to serve', async () => {
    const { port } = await takenPort();
    const { serving } = served({ argv: [`--rest_api_port=${port}`, '--port=0'] });
    await expect(serving.begin()).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
      message: expect.stringContaining('choose another port with --rest_api_port'),
    });
  });
});

describe('ports', () => {
  it('of the command line cannot be changed', async () => {
    const rest = await freePort();
    const { serving } = served({ argv: [`--rest_api_port=${rest}`, '--port=0'], given: ['restPort', 'grpcPort'] });
    await serving.begin();
    expect(serving.view().fixed).toEqual(['restPort', 'grpcPort']);
    await expect(serving.start({ restPort: rest + 1 })).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    await expect(serving.start({ grpcPort: rest + 1 })).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    await expect(serving.start({ restPort: rest })).resolves.toBeUndefined();
  });

  it('have to be two', async () => {
    const { serving } = served({ argv: ['--rest_api_port=0'], given: [] });
    await expect(serving.start({ restPort: 9000, grpcPort: 9000 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('are remembered when they are to be, and only where they could be opened', async () => {
    const { serving, kept } = served({ argv: ['--rest_api_port=0', '--port=0'] });
    await serving.begin();
    await serving.start({ restPort: await freePort() });
    expect(kept()).toBeUndefined();
    const taken = await takenPort();
    await serving.start({ restPort: taken.port, remember: true });
    expect(kept()).toBeUndefined();
    const port = await freePort();
    await serving.start({ restPort: port, remember: true });
    expect(kept()).toEqual({ restPort: port });
  });

  it('are told to be temporary until they are kept', async () => {
    const [first, moved] = [await freePort(), await freePort()];
    const { serving, views } = served({ argv: [`--rest_api_port=${first}`, '--port=0'], given: [] });
    await serving.begin();
    expect(serving.view().temporary).toBeUndefined();
    await serving.start({ restPort: moved });
    expect(serving.view().temporary).toEqual(['restPort']);
    await serving.start({ restPort: moved, remember: true });
    expect([serving.view().temporary, views.at(-1)?.temporary]).toEqual([undefined, undefined]);
    serving.stop();
    expect(serving.view().temporary).toBeUndefined();
  });

  it.each([
    { given: [], rest: 9001, grpc: 9002 },
    { given: ['restPort'], rest: 8501, grpc: 9002 },
    { given: ['restPort', 'grpcPort'], rest: 8501, grpc: 8500 },
  ] as const)('that were remembered are used unless the command line has $given', ({ given, rest, grpc }) => {
    const { serving } = served({ argv: [], given, stored: { restPort: 9001, grpcPort: 9002 } });
    const expected = { restUrl: `http://127.0.0.1:${rest}`, grpcAddress: `127.0.0.1:${grpc}` };
    expect(serving.addresses()).toEqual(expected);
  });

  it('of gRPC may be 0, which turns it off', async () => {
    const { serving } = served({ argv: ['--rest_api_port=0', `--port=${await freePort()}`], given: [] });
    await serving.begin();
    await serving.start({ grpcPort: 0, remember: true });
    expect(serving.addresses().grpcAddress).toBeUndefined();
    expect(await statusOf(serving)).toBe(200);
  });
});

describe('a switch that is remembered', () => {
  it('stays off until somebody starts it', async () => {
    const argv = ['--rest_api_port=0', '--port=0'];
    const { serving, kept } = served({ argv, remembersSwitch: true });
    await serving.begin();
    serving.stop();
    await until(() => kept()?.isOff === true);
    const next = served({ argv, remembersSwitch: true, stored: { isOff: true } });
    await next.serving.begin();
    expect(next.serving.view().state).toBe('stopped');
    await next.serving.start({});
    expect(next.kept()).toEqual({});
  });

  it('is what was asked for last', async () => {
    const { serving, kept } = served({ argv: ['--rest_api_port=0', '--port=0'], remembersSwitch: true });
    await serving.begin();
    serving.stop();
    await serving.start({});
    expect([serving.view().state, kept()]).toEqual(['running', {}]);
  });

  it('is nothing to a server that was started to serve', async () => {
    const { serving, kept } = served({ argv: ['--rest_api_port=0', '--port=0'], stored: { isOff: true } });
    await serving.begin();
    expect(serving.view().state).toBe('running');
    serving.stop();
    expect(kept()).toEqual({ isOff: true });
  });
});
