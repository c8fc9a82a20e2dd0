import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import type { UtilityProcess } from 'electron';
import { describe, expect, it, vi } from 'vitest';
import { createUtilityProcessHost, type ForkUtilityProcess } from './utility-process-host.ts';

function stub() {
  const stderr = new PassThrough();
  const child = Object.assign(new EventEmitter(), { pid: undefined as number | undefined, stderr });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the stub has only what the host uses
  const fork = vi.fn<ForkUtilityProcess>(() => child as unknown as UtilityProcess);
  return { child, stderr, fork, host: createUtilityProcessHost(fork, '/app/worker.js') };
}

describe('createUtilityProcessHost', () => {
  it('starts the entry with exactly the given environment and hands on its error lines', async () => {
    const { child, stderr, fork, host } = stub();
    const lines: string[] = [];
    const starting = host.start({ env: { ORT_DISABLE_TELEMETRY: '1' }, onLogLine: (line) => lines.push(line) });
    child.pid = 4242;
    child.emit('spawn');
    const worker = await starting;
    expect(worker.pid).toBe(4242);
    expect(fork.mock.calls[0]?.[0]).toBe('/app/worker.js');
    expect(fork.mock.calls[0]?.[2].env).toEqual({ ORT_DISABLE_TELEMETRY: '1' });
    expect(fork.mock.calls[0]?.[2].execArgv).toContain('--max-semi-space-size=8');
    stderr.write('abort: bad model\n');
    await vi.waitFor(() => expect(lines).toEqual(['abort: bad model']));
    child.emit('exit', 134);
    await expect(worker.exited).resolves.toEqual({ code: 134, signal: undefined });
  });

  it('rejects when the process ends before it runs', async () => {
    const { child, host } = stub();
    const starting = host.start({ env: {}, onLogLine: () => undefined });
    child.emit('exit', 1);
    await expect(starting).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
