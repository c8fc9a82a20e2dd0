import { describe, expect, it } from 'vitest';
import { PortTakenError } from '../../api/http/listen-error.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import { explainProblem, findFreePort } from './serving-problem.ts';
import { takenPort } from './testing/served.ts';

const HOST = '127.0.0.1';

describe('findFreePort', () => {
  it('leaves out ports that are taken, and those that are wanted for something else', async () => {
    const { port } = await takenPort();
    const first = (await findFreePort(HOST, port, [])) ?? 0;
    expect(first).toBeGreaterThan(port);
    expect(await findFreePort(HOST, port, [first])).toBeGreaterThan(first);
    expect(await findFreePort(HOST, first - 1, [])).toBe(first);
  });

  it('finds none behind the last port', async () => {
    expect(await findFreePort(HOST, 65_535, [])).toBeUndefined();
  });
});

describe('explainProblem', () => {
  it.each([
    ['rest_api_port', 'rest'],
    ['port', 'grpc'],
  ])('tells of --%s as %s', async (portFlag, endpoint) => {
    const { port } = await takenPort();
    const holder = { pid: 42, name: 'python3 -m', isSlipway: false };
    const error = new PortTakenError({ host: HOST, port, portFlag }, holder, undefined);
    const problem = await explainProblem(error, HOST, { rest: port, grpc: undefined });
    expect(problem).toMatchObject({ code: 'ALREADY_EXISTS', port: { endpoint, port, holder } });
    expect(problem.message).toContain('(pid 42)');
  });

  it('tells of anything else by its code, and of a bug no more than that it is one', async () => {
    const ports = { rest: 8501, grpc: undefined };
    await expect(explainProblem(new ServingError('UNAVAILABLE', 'no sockets left'), HOST, ports)).resolves.toEqual({
      code: 'UNAVAILABLE',
      message: 'no sockets left',
    });
    await expect(explainProblem(new TypeError('x is undefined'), HOST, ports)).resolves.toEqual({
      code: 'INTERNAL',
      message: 'internal error',
    });
  });
});
