import { describe, expect, it } from 'vitest';
import { environmentForWorker, takeWorkerEnvironment } from './worker-environment.ts';

const FACTS = { socket: '/tmp/s', workerId: 'w', token: 'secret', marker: '/tmp/m' };

describe('environmentForWorker', () => {
  it('passes on what a process needs, and nothing that is secret or changes its start', () => {
    const parent = {
      PATH: '/bin',
      HOME: '/home/me',
      LD_LIBRARY_PATH: '/lib',
      EMPTY: undefined,
      NODE_OPTIONS: '--inspect-brk',
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
      DATABASE_PASSWORD: 'c',
      GITHUB_TOKEN: 'd',
      SLIPWAY_ANYTHING: 'e',
    };
    expect(environmentForWorker(FACTS, parent)).toEqual({
      PATH: '/bin',
      HOME: '/home/me',
      LD_LIBRARY_PATH: '/lib',
      ORT_DISABLE_TELEMETRY: '1',
      MALLOC_MMAP_THRESHOLD_: '1048576',
      SLIPWAY_WORKER_SOCKET: '/tmp/s',
      SLIPWAY_WORKER_ID: 'w',
      SLIPWAY_WORKER_TOKEN: 'secret',
      SLIPWAY_WORKER_MARKER: '/tmp/m',
    });
  });

  it('keeps telemetry off whatever the parent says', () => {
    expect(environmentForWorker(FACTS, { ORT_DISABLE_TELEMETRY: '0' })['ORT_DISABLE_TELEMETRY']).toBe('1');
  });
});

describe('takeWorkerEnvironment', () => {
  it('reads the facts once and forgets the secret', () => {
    const environment: Record<string, string | undefined> = environmentForWorker(FACTS, {});
    expect(takeWorkerEnvironment(environment)).toEqual(FACTS);
    expect(environment['SLIPWAY_WORKER_TOKEN']).toBeUndefined();
    expect(() => takeWorkerEnvironment(environment)).toThrow('token');
  });
});
