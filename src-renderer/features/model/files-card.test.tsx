import { act, cleanup, configure, render, screen, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModelView } from '#contracts/ui.ts';
import type { VersionFile } from '#contracts/ui-graph.ts';
import type { Command } from '../../stores/commands.ts';
import { CommandError } from '../../stores/commands.ts';
import { ServicesProvider } from '../../stores/services.tsx';
import { modelView, NOW_MS, snapshot, version, versionView } from '../../testing/fixtures.ts';
import { fakeCommands, fakeServices } from '../../testing/services.ts';
import { FilesCard } from './files-card.tsx';

type Answer = Awaited<ReturnType<Command<'modelFiles'>>>;

const model = modelView('net', [versionView('2'), versionView('1')]);
const file = (path: string, over: Partial<VersionFile> = {}): VersionFile => ({ path, sizeBytes: 1500, ...over });
const LISTED: Answer = { files: [file('assets/labels.txt'), file('model.onnx')], canCompute: true };
const checksum = (value: string, origin: 'computed' | 'verified' | 'told', algorithm = 'sha256') => ({
  checksum: { algorithm, value, origin },
});

function open(ask: Command<'modelFiles'>, shown: ModelView = model) {
  const asked = vi.fn<Command<'modelFiles'>>(ask);
  const services = fakeServices({ commands: fakeCommands({ modelFiles: asked }) });
  services.server.getState().received(snapshot([shown]), NOW_MS);
  services.server.getState().connectionChanged({ phase: 'live', sinceMs: NOW_MS });
  render(
    <ServicesProvider services={services}>
      <FilesCard model={shown} usual={version('2')} />
    </ServicesProvider>,
  );
  return { asked, services };
}

const rows = async () =>
  within(await screen.findByRole('grid', { name: 'Files' }))
    .getAllByRole('row')
    .slice(1);
const compute = () => screen.findByRole<HTMLButtonElement>('button', { name: 'Compute checksums' });

beforeAll(() => configure({ asyncUtilTimeout: 10_000 }));
beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(400);
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

describe('the files of a version', () => {
  it('are listed with what is known of each', async () => {
    open(() =>
      Promise.resolve({
        files: [
          file('a', checksum('q83v', 'verified', 'CRC64NVME')),
          file('b', checksum('0ff1ce', 'computed')),
          file('c', checksum('d41d8', 'told', 'ETag')),
          file('d', { problem: 'a link that leads out of the folder' }),
        ],
        canCompute: false,
      }),
    );
    expect((await rows()).map((row) => row.textContent)).toEqual([
      'a1.5 kBCRC64NVMEq83vSame as in the store',
      'b1.5 kBsha2560ff1ceComputed here',
      'c1.5 kBETagd41d8As the store says',
      'd1.5 kBA link that leads out of the folder',
    ]);
    expect(screen.getByText('4 files, 6 kB')).toBeTruthy();
    expect(screen.getByRole('button', { name: 'Copy the sha256 of b' })).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Compute checksums' })).toBeNull();
  });

  it('have their checksums computed when that is wanted, and no longer than that', async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const computed = { files: [file('model.onnx', checksum('beef', 'computed'))], canCompute: false };
    const answers = [Promise.resolve(LISTED), undefined, Promise.resolve(computed)];
    const { asked } = open((_, signal) => {
      signals.push(signal);
      const untilAborted = (): Promise<never> =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(new Error('aborted')));
        });
      return answers[signals.length - 1] ?? untilAborted();
    });
    await userEvent.click(await compute());
    expect(screen.getByRole('progressbar', { name: /Reading the files/u })).toBeTruthy();
    expect(asked.mock.lastCall?.[0]).toEqual({ name: 'net', version: '2', checksums: true });
    await userEvent.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(signals[1]?.aborted).toBe(true);
    // What was cancelled is no failure.
    expect(await compute()).toBeTruthy();
    expect(screen.queryByRole('alert')).toBeNull();
    await userEvent.click(await compute());
    expect(await screen.findByText('beef')).toBeTruthy();
    expect(screen.queryByRole('progressbar')).toBeNull();
  });

  it('stay in view when their checksums cannot be computed', async () => {
    open(({ checksums }) =>
      checksums ? Promise.reject(new CommandError('UNAVAILABLE', 'the disk is gone')) : Promise.resolve(LISTED),
    );
    await userEvent.click(await compute());
    expect((await screen.findByRole('alert')).textContent).toBe('The disk is gone');
    expect(await rows()).toHaveLength(2);
  });

  it('can be asked for again when they cannot be listed, but not without a server', async () => {
    const answers = [Promise.reject(new CommandError('NOT_FOUND', '"2" does not exist')), Promise.resolve(LISTED)];
    const { services } = open(() => answers.shift() ?? Promise.resolve(LISTED));
    expect((await screen.findByRole('alert')).textContent).toBe('"2" does not exist');
    const again = screen.getByRole<HTMLButtonElement>('button', { name: 'Try again' });
    act(() => services.server.getState().connectionChanged({ phase: 'connecting', attempt: 1 }));
    expect(again.disabled).toBe(true);
    act(() => services.server.getState().connectionChanged({ phase: 'live', sinceMs: NOW_MS }));
    await userEvent.click(again);
    expect(await rows()).toHaveLength(2);
    act(() => services.server.getState().connectionChanged({ phase: 'connecting', attempt: 1 }));
    expect((await compute()).disabled).toBe(true);
    expect(await rows()).toHaveLength(2);
  });

  it('are those of the version that is chosen', async () => {
    const { asked } = open(() => Promise.resolve(LISTED));
    await rows();
    await userEvent.click(screen.getByRole('button', { name: /Version/u }));
    await userEvent.click(await screen.findByRole('option', { name: 'v1' }));
    await rows();
    expect(asked.mock.calls.map(([request]) => request.version)).toEqual(['2', '1']);
  });

  it('are none where no version was found', () => {
    open(() => Promise.resolve(LISTED), modelView('net', []));
    expect(screen.getByText('No version was found yet.')).toBeTruthy();
  });
});
