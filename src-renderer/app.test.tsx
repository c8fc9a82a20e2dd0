import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AddPreview } from '#contracts/ui-commands.ts';
import { App } from './app.tsx';
import type { Command } from './stores/commands.ts';
import type { Services } from './stores/services.tsx';
import {
  label,
  modelInfo,
  modelView,
  name,
  NOW_MS,
  serverView,
  snapshot,
  tensor,
  unloadedVersion,
  version,
  versionView,
} from './testing/fixtures.ts';
import { fakeCommands, fakeServices } from './testing/services.ts';

const error = { code: 'INVALID_ARGUMENT', message: 'model.onnx is cut short' };
const retrying = unloadedVersion('3', 'loading', { attempt: 3, maxAttempts: 6, retryAtMs: NOW_MS + 7500, error });

/** Opens the page at a route, connected, with these models. */
function open(
  route: string,
  models: Parameters<typeof snapshot>[0],
  over: Partial<Services> & { fetch?: typeof fetch } = {},
) {
  const services = fakeServices(over);
  services.server.getState().received(snapshot(models), NOW_MS);
  services.server.getState().connectionChanged({ phase: 'live', sinceMs: NOW_MS });
  window.location.hash = route;
  render(<App services={services} />);
  return services;
}

beforeEach(() => {
  window.location.hash = '';
});
afterEach(cleanup);

describe('Models', () => {
  it('says what a version waits for, and retries it now', async () => {
    const retryVersion = vi.fn<Command<'retryVersion'>>(() => Promise.resolve({}));
    open('/models', [modelView('churn', [retrying, versionView('2')])], { commands: fakeCommands({ retryVersion }) });
    const rows = within(screen.getByRole('list', { name: 'Versions of churn' })).getAllByRole('listitem');
    expect(rows.map((row) => row.dataset['status'])).toEqual(['retrying', 'available']);
    expect(rows[0]?.textContent).toContain('retry 3 of 5 in 8 s');
    expect(rows[0]?.textContent).toContain(error.message);
    await userEvent.click(screen.getByRole('button', { name: 'Retry now: churn version 3' }));
    expect(retryVersion).toHaveBeenCalledWith({ name: 'churn', version: '3' });
  });

  it('shows labels beside their versions, and where those point that have no row', async () => {
    const ended = unloadedVersion('1', 'end');
    const labels = [
      { label: label('stable'), version: version('2'), pending: false },
      { label: label('canary'), version: version('3'), pending: true },
      { label: label('next'), version: version('9'), pending: true },
      { label: label('old'), version: version('1'), pending: true },
    ];
    open('/models', [modelView('churn', [retrying, versionView('2'), ended], { labels })]);
    const rows = () => within(screen.getByRole('list', { name: 'Versions of churn' })).getAllByRole('listitem');
    const [third, second] = rows();
    expect(third?.textContent).toContain('label canary, pending');
    expect(second?.textContent).toContain('label stable');
    expect(second?.textContent).not.toContain('pending');
    expect(screen.getByText('v9')).toBeDefined();
    const toggle = screen.getByRole('button', { name: 'churn' });
    expect(toggle.parentElement?.textContent).toContain('old, pending');
    await userEvent.click(toggle);
    expect(rows()[2]?.textContent).toContain('label old, pending');
    expect(toggle.parentElement?.textContent).not.toContain('old, pending');
  });

  it('shows what memory a version is expected to take, and what it takes', async () => {
    const loading = unloadedVersion('3', 'loading', { memory: { estimatedBytes: 120_000_000 } });
    open('/models', [modelView('churn', [loading, versionView('2')])]);
    expect(screen.getByText('≈ 120 MB of memory expected')).toBeDefined();
    await userEvent.click(screen.getByRole('button', { name: 'churn' }));
    expect(screen.getByText(/^341 B, 980 kB in memory/u).textContent).toBe(
      '341 B, 980 kB in memory (≈ 1.2 MB was expected)',
    );
  });

  it('shows how far a download is', () => {
    const download = { doneBytes: 12_300_000, totalBytes: 97_800_000, bytesPerSecond: 4_100_000, file: 'weights.bin' };
    open('/models', [modelView('churn', [unloadedVersion('3', 'loading', { download }), versionView('2')])]);
    expect(screen.getByText('downloading 12.3 MB of 97.8 MB, 4.1 MB/s, 21 s left').title).toBe('weights.bin');
    const bar = screen.getByRole('progressbar', { name: 'Download of churn version 3' });
    expect([bar.getAttribute('value'), bar.getAttribute('max')]).toEqual(['12300000', '97800000']);
  });

  it('says why the configuration file is not what runs, as long as it is not', () => {
    const services = open('/models', [modelView('churn', [versionView('2')])]);
    const title = 'The configuration file was refused; what ran before it runs on';
    expect(screen.queryByText(title)).toBeNull();
    const configProblem = { message: 'line 3, column 5: no such field "nmae"', sinceMs: NOW_MS };
    const tell = (server: ReturnType<typeof serverView>, sequence: number): void => {
      act(() => void services.server.getState().received({ kind: 'server', sequence, server }, NOW_MS));
    };
    tell(serverView({ configProblem }), 2);
    expect(within(screen.getByRole('main')).getByText(title)).toBeDefined();
    expect(screen.getByText(configProblem.message)).toBeDefined();
    tell(serverView(), 3);
    expect(screen.queryByText(title)).toBeNull();
  });

  it('has the address of gRPC to copy, where it is on', () => {
    const services = open('/models', []);
    expect(screen.getByText('127.0.0.1:8500')).toBeDefined();
    expect(screen.getByRole('button', { name: 'Copy the gRPC address' })).toBeDefined();
    const server = serverView({ grpcAddress: undefined });
    act(() => void services.server.getState().received({ kind: 'server', sequence: 2, server }, NOW_MS));
    expect(screen.queryByRole('button', { name: 'Copy the gRPC address' })).toBeNull();
  });

  it('filters, and the filter is in the address', async () => {
    open('/models', [modelView('resnet', [versionView('1')]), modelView('churn', [retrying])]);
    fireEvent.keyDown(document.body, { key: '/', code: 'Slash' });
    const box = screen.getByRole('textbox', { name: 'Filter models' });
    expect(document.activeElement).toBe(box);
    await userEvent.type(box, 'state:error');
    expect(screen.queryByRole('button', { name: 'resnet' })).toBeNull();
    expect(screen.getByRole('button', { name: 'churn' })).toBeDefined();
    expect(window.location.hash).toBe('#/models?q=state%3Aerror');
  });

  it('keeps a model unfolded while the filter hides it, and the filter over a visit to the other screen', async () => {
    open('/models', [modelView('resnet', [versionView('1')]), modelView('churn', [versionView('1')])]);
    const toggle = () => screen.getByRole('button', { name: 'churn' });
    await userEvent.click(toggle());
    const box = screen.getByRole('textbox', { name: 'Filter models' });
    await userEvent.type(box, 'res');
    expect(screen.queryByRole('button', { name: 'churn' })).toBeNull();
    await userEvent.click(screen.getByRole('link', { name: 'Playground' }));
    await userEvent.click(screen.getByRole('link', { name: 'Models' }));
    expect(window.location.hash).toBe('#/models?q=res');
    await userEvent.click(screen.getByRole('link', { name: 'Models' }));
    expect(window.location.hash).toBe('#/models');
    expect(toggle().getAttribute('aria-expanded')).toBe('true');
  });

  it('removes after the time to undo, and not when undone', async () => {
    vi.useFakeTimers();
    try {
      const removeModel = vi.fn<Command<'removeModel'>>(() => Promise.resolve({}));
      const services = open('/models', [modelView('churn', [versionView('2')])], {
        commands: fakeCommands({ removeModel }),
      });
      const remove = (): void => {
        fireEvent.click(screen.getByRole('button', { name: 'More for churn' }));
        fireEvent.click(screen.getByRole('menuitem', { name: 'Remove' }));
      };
      remove();
      expect(services.server.getState().hidden).toEqual(new Set(['churn']));
      await vi.advanceTimersByTimeAsync(7900);
      fireEvent.click(screen.getByRole('button', { name: 'Undo' }));
      await vi.advanceTimersByTimeAsync(10_000);
      expect(removeModel).not.toHaveBeenCalled();
      remove();
      await vi.advanceTimersByTimeAsync(8000);
      expect(removeModel).toHaveBeenCalledExactlyOnceWith({ name: 'churn' });
    } finally {
      vi.useRealTimers();
    }
  });

  it('greys its actions while disconnected, and tries again when asked', async () => {
    const tryNow = vi.fn<() => void>();
    const services = open('/models', [modelView('churn', [retrying])], { stream: { tryNow } });
    services.server.getState().connectionChanged({
      phase: 'lost',
      sinceMs: NOW_MS - 12_000,
      reason: 'gone',
      retryAtMs: NOW_MS + 3000,
      attempt: 2,
    });
    expect((await screen.findByRole('alert')).textContent).toBe('Disconnected');
    expect(screen.getByText(/12 s ago, data as of/u)).toBeDefined();
    expect(screen.getByText('Trying again in 3 s')).toBeDefined();
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Add folder' }).disabled).toBe(true);
    await userEvent.click(screen.getByRole('button', { name: 'Try now' }));
    expect(tryNow).toHaveBeenCalledOnce();
  });

  it('adds a folder only after its preview, under the names chosen', async () => {
    const preview: AddPreview = {
      path: '/m',
      kind: 'parent',
      models: [
        {
          name: name('churn'),
          basePath: '/m/churn',
          versions: [{ version: version('1'), served: true, sizeBytes: 10 }],
          ignored: [],
          nameTaken: true,
          alreadyServed: false,
        },
        {
          name: name('bert'),
          basePath: '/m/bert',
          versions: [{ version: version('1'), served: true, sizeBytes: 10 }],
          ignored: [{ entry: 'tmp', reason: 'not a number' }],
          nameTaken: false,
          alreadyServed: false,
        },
      ],
      ignored: [],
    };
    const addModels = vi.fn<Command<'addModels'>>(() => Promise.resolve({ added: [name('churn-2'), name('bert')] }));
    open('/models', [modelView('churn', [versionView('2')])], {
      commands: fakeCommands({
        addModels,
        previewAdd: () => Promise.resolve(preview),
        listFolder: () => Promise.resolve({ path: '/', folders: [], files: [] }),
      }),
    });
    await userEvent.click(screen.getByRole('button', { name: 'Add folder' }));
    fireEvent.change(screen.getByRole('combobox', { name: 'Path' }), { target: { value: '/m' } });
    const field = await screen.findByRole('textbox', { name: 'Name of churn' });
    const add = screen.getByRole<HTMLButtonElement>('button', { name: 'Add 2 models' });
    expect(screen.getByText('Another model is called churn. Choose another name.')).toBeDefined();
    expect(screen.getByText('not a number')).toBeDefined();
    expect(add.disabled).toBe(true);
    fireEvent.change(field, { target: { value: 'churn-2' } });
    expect(add.disabled).toBe(false);
    await userEvent.click(add);
    expect(addModels).toHaveBeenCalledWith({
      models: [
        { name: 'churn-2', basePath: '/m/churn' },
        { name: 'bert', basePath: '/m/bert' },
      ],
    });
  });

  it('is empty with one thing to do', () => {
    open('/models', []);
    expect(screen.getByRole('heading', { name: 'No models yet' })).toBeDefined();
    expect(screen.getAllByRole('button', { name: 'Add folder' })).toHaveLength(1);
  });
});

describe('Playground', () => {
  const info = modelInfo([tensor('ids', 'int64', ['batch'])], [tensor('y', 'float32', ['batch'])]);
  const model = modelView('m', [versionView('2', { info })]);

  it('sends exact digits to the public endpoint and shows the answer and who gave it', async () => {
    const sent: { url: string; body: unknown }[] = [];
    const services = open('/play?model=m', [model], {
      fetch: (url, init) => {
        sent.push({ url: url instanceof Request ? url.url : url.toString(), body: init?.body });
        return Promise.resolve(new Response('{"predictions": [NaN]}', { headers: { 'Slipway-Model-Version': '2' } }));
      },
    });
    fireEvent.change(screen.getByRole('textbox', { name: 'ids[0]' }), { target: { value: '9223372036854775807' } });
    fireEvent.keyDown(document.body, { key: 'Enter', ctrlKey: true });
    const output = await screen.findByRole('region', { name: 'Output y' });
    expect(sent).toEqual([
      { url: 'http://127.0.0.1:8501/v1/models/m:predict', body: '{"instances": [9223372036854775807]}' },
    ]);
    expect(within(output).getByText('NaN')).toBeDefined();
    expect(services.play.getState().sends['m']).toMatchObject({ status: 200, version: '2' });
  });

  it('keeps form and JSON in step, both ways, and keeps text that cannot be read', async () => {
    open('/play?model=m', [model]);
    await userEvent.click(screen.getByRole('radio', { name: 'JSON' }));
    const box = (): HTMLTextAreaElement => screen.getByRole('textbox', { name: 'Request body' });
    fireEvent.change(box(), { target: { value: '{"instances": [7, 8]}' } });
    await userEvent.click(screen.getByRole('radio', { name: 'Form' }));
    expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'ids[1]' }).value).toBe('8');
    expect(screen.getByRole<HTMLInputElement>('spinbutton', { name: 'batch' }).value).toBe('2');
    await userEvent.click(screen.getByRole('radio', { name: 'JSON' }));
    fireEvent.change(box(), { target: { value: '{"instances": [7,' } });
    await userEvent.click(screen.getByRole('radio', { name: 'Form' }));
    expect(screen.getByText('The JSON cannot be read')).toBeDefined();
    await userEvent.click(screen.getByRole('button', { name: 'Edit the JSON' }));
    expect(box().value).toBe('{"instances": [7,');
  });

  it('does not send a cell that is no value, and says so', () => {
    open('/play?model=m', [model]);
    const cell = screen.getByRole('textbox', { name: 'ids[0]' });
    fireEvent.change(cell, { target: { value: '1.5' } });
    expect(cell.getAttribute('aria-invalid')).toBe('true');
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Send' }).disabled).toBe(true);
    expect(screen.getByText('One field is not a valid value yet.')).toBeDefined();
  });

  it('shows a message of the server beside the input it names', async () => {
    open('/play?model=m', [model], {
      fetch: () =>
        Promise.resolve(new Response(JSON.stringify({ error: 'input "ids" is too small' }), { status: 400 })),
    });
    await userEvent.click(screen.getByRole('button', { name: 'Send' }));
    const section = await screen.findByRole('region', { name: 'Input ids' });
    expect(within(section).getByText('input "ids" is too small')).toBeDefined();
  });

  it('lends the form of its predecessor to a version that has not loaded yet', () => {
    open('/play?model=m&version=3', [modelView('m', [retrying, versionView('2', { info })])]);
    expect(screen.getByRole('textbox', { name: 'ids[0]' })).toBeDefined();
    expect(screen.getByText('Waits for v3: retrying, retry 3 of 5 in 8 s.')).toBeDefined();
  });

  it('keeps the form of a version that went away, and says what Send waits for', async () => {
    const services = open('/play?model=m', [model]);
    services.server
      .getState()
      .received({ kind: 'model', sequence: 2, model: modelView('m', [retrying, unloadedVersion('2', 'end')]) }, NOW_MS);
    expect(await screen.findByText('Waits for v3: retrying, retry 3 of 5 in 8 s.')).toBeDefined();
    expect(screen.getByRole('textbox', { name: 'ids[0]' })).toBeDefined();
  });
});

describe('the session', () => {
  it('tells how to sign in again once it is void', () => {
    const services = fakeServices();
    services.server.getState().connectionChanged({ phase: 'signedOut' });
    render(<App services={services} />);
    expect(screen.getByRole('heading', { name: 'This session has ended' })).toBeDefined();
  });
});
