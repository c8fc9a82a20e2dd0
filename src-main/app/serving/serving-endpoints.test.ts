import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../contracts/logger.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import type { EndpointPlace, OpenEndpoints } from '../public-endpoints.ts';
import { openServingEndpoints } from './serving-endpoints.ts';

const HOST = '127.0.0.1';
const LAN = '192.168.1.20';

/** Endpoints that are open at the host, and fail wherever `isTaken`. */
async function exposing() {
  const attempts: string[] = [];
  const state = { isTaken: true, changes: 0 };
  const closes: string[] = [];
  const drained = Promise.withResolvers<void>();
  const open = async ({ host, restPort }: EndpointPlace): Promise<OpenEndpoints> => {
    attempts.push(host);
    if (host !== HOST && state.isTaken) throw new ServingError('ALREADY_EXISTS', 'taken');
    return {
      host,
      address: host,
      restPort,
      grpcPort: undefined,
      restUrl: `http://${host}:${restPort}`,
      grpcAddress: undefined,
      async close({ deadlineMs }) {
        closes.push(`${host} within ${deadlineMs}`);
        if (host !== HOST) await drained.promise;
      },
    };
  };
  const endpoints = await openServingEndpoints(
    { host: HOST, ports: { rest: 8501, grpc: undefined }, exposed: () => [] },
    undefined,
    {
      endpoints: { open },
      access: () => undefined,
      drainDeadlineMs: 30_000,
      onChange: () => (state.changes += 1),
      log: silentLogger,
    },
  );
  attempts.length = 0;
  return { endpoints, attempts, state, closes, drained };
}

describe('an address that cannot be opened', () => {
  it('is tried ever more seldom: each attempt looks for the program that has the port', async () => {
    const { endpoints, attempts, state } = await exposing();
    const triedAt: number[] = [];
    for (let look = 0; look < 60; look += 1) {
      await endpoints.expose([LAN]);
      if (attempts.length > triedAt.length) triedAt.push(look);
    }
    expect(triedAt).toEqual([0, 2, 6, 14, 26, 38, 50]);
    expect(endpoints.stateOf(LAN)).toEqual({ kind: 'failed', problem: 'taken' });
    expect(state.changes).toBe(triedAt.length);
  });

  it('is tried at once when the user asks for it, and when it was not wanted meanwhile', async () => {
    const { endpoints, attempts, state } = await exposing();
    for (let look = 0; look < 5; look += 1) await endpoints.expose([LAN]);
    expect(attempts).toHaveLength(2);
    await endpoints.expose([LAN], true);
    expect(attempts).toHaveLength(3);
    await endpoints.expose([]);
    state.isTaken = false;
    await endpoints.expose([LAN]);
    expect(endpoints.stateOf(LAN)).toMatchObject({ kind: 'open' });
  });
});

describe('the end', () => {
  it('waits for what drains where it is exposed no more, and hurries it', async () => {
    const { endpoints, state, closes, drained } = await exposing();
    state.isTaken = false;
    await endpoints.expose([LAN]);
    await endpoints.expose([]);
    let isClosed = false;
    const closed = endpoints.close({ deadlineMs: 5 }).then(() => (isClosed = true));
    await new Promise(setImmediate);
    expect(closes).toEqual([`${LAN} within 30000`, `${LAN} within 5`, `${HOST} within 5`]);
    expect(isClosed).toBe(false);
    drained.resolve();
    await closed;
  });
});
