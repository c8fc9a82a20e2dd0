import { act, cleanup, fireEvent, screen, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AddPreview } from '#contracts/ui-commands.ts';
import type { Command } from '../../stores/commands.ts';
import {
  label,
  modelView,
  name,
  NOW_MS,
  serverView,
  unloadedVersion,
  version,
  versionView,
} from '../../testing/fixtures.ts';
import { openPage } from '../../testing/open-page.tsx';
import { fakeCommands } from '../../testing/services.ts';

const error = { code: 'INVALID_ARGUMENT', message: 'model.onnx is cut short' };
const retrying = unloadedVersion('3', 'loading', { attempt: 3, maxAttempts: 6, retryAtMs: NOW_MS + 7500, error });

beforeEach(() => {
  window.location.hash = '';
  // Nothing has a size here, and a list shows what fits.
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(600);
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(1200);
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

describe('Models', () => {
  it('says what a version waits for, and retries it now', async () => {
    const retryVersion = vi.fn<Command<'retryVersion'>>(() => Promise.resolve({}));
    openPage('/models', [modelView('churn', [retrying, versionView('2')])], {
      commands: fakeCommands({ retryVersion }),
    });
    const rows = within(screen.getByRole('list', { name: 'Versions of churn' })).getAllByRole('listitem');
    expect(rows.map((row) => row.dataset['status'])).toEqual(['retrying', 'available']);
    expect(rows[0]?.textContent).toContain('retry 3 of 5 in 8 s');
    expect(rows[0]?.textContent).toContain(error.message);
    await userEvent.click(screen.getByRole('button', { name: 'Retry now: churn version 3' }));
    expect(retryVersion).toHaveBeenCalledWith({ name: 'churn', version: '3' });
  });

  it('leads from the menu of a row to the version to roll back to, where there is one', async () => {
    const alone = modelView('alone', [versionView('2')]);
    const churn = modelView('churn', [versionView('3'), versionView('2')]);
    openPage('/models', [alone, churn], { commands: fakeCommands({}) });
    const offered = async (of: string): Promise<HTMLElement | null> => {
      await userEvent.click(screen.getByRole('button', { name: `More for ${of}` }));
      await screen.findByRole('menu', { name: `Actions for ${of}` });
      return screen.queryByRole('menuitem', { name: /^Roll back/u });
    };
    expect(await offered('alone')).toBeNull();
    await userEvent.keyboard('{Escape}');
    const item = await offered('churn');
    expect(item?.textContent).toBe('Roll back to v2…');
    if (item) await userEvent.click(item);
    await screen.findByRole('dialog', { name: 'Versions of churn' }, { timeout: 10_000 });
  });

  it('shows labels beside their versions, and where those point that have no row', async () => {
    const ended = unloadedVersion('1', 'end');
    const labels = [
      { label: label('stable'), version: version('2'), pending: false },
      { label: label('canary'), version: version('3'), pending: true },
      { label: label('next'), version: version('9'), pending: true },
      { label: label('old'), version: version('1'), pending: true },
    ];
    openPage('/models', [modelView('churn', [retrying, versionView('2'), ended], { labels })]);
    const rows = () => within(screen.getByRole('list', { name: 'Versions of churn' })).getAllByRole('listitem');
    const [third, second] = rows();
    expect(third?.textContent).toContain('label canary, pending');
    expect(second?.textContent).toContain('label stable');
    expect(second?.textContent).not.toContain('pending');
    expect(screen.getByText('v9')).toBeDefined();
    const toggle = screen.getByRole('button', { name: 'Details: churn' });
    const row = () => screen.getByRole('row', { name: /churn/u });
    expect(row().textContent).toContain('old, pending');
    await userEvent.click(toggle);
    expect(rows()[2]?.textContent).toContain('label old, pending');
  });

  it('shows what memory a version is expected to take, and what it takes', async () => {
    const loading = unloadedVersion('3', 'loading', { memory: { estimatedBytes: 120_000_000 } });
    openPage('/models', [modelView('churn', [loading, versionView('2')])]);
    expect(screen.getByText('about 120 MB of memory expected')).toBeDefined();
    expect(screen.getByText('980 kB of memory, measured')).toBeDefined();
    await userEvent.click(screen.getByRole('button', { name: 'Details: churn' }));
    expect(screen.getByText(/^341 B, 980 kB in memory/u).textContent).toBe(
      '341 B, 980 kB in memory (≈ 1.2 MB was expected)',
    );
  });

  it('shows the requests of the last minute, and nothing where there were none', () => {
    const services = openPage('/models', [
      modelView('churn', [versionView('2')]),
      modelView('idle', [versionView('1')]),
    ]);
    const row = (model: string) => screen.getByRole('row', { name: new RegExp(model, 'u') });
    expect(within(row('churn')).queryByRole('img')).toBeNull();
    const perSecond = Array.from({ length: 60 }, (_, second) => (second < 30 ? 0 : 12));
    const churn = { name: name('churn'), perSecond, p95Ms: 8.25, clientErrors: 3, serverErrors: 1 };
    const traffic = { atMs: NOW_MS, models: [churn], lastRequest: 9 };
    act(() => void services.server.getState().received({ kind: 'boards', sequence: 2, boards: { traffic } }, NOW_MS));
    expect(within(row('churn')).getByRole('img').getAttribute('aria-label')).toBe(
      '12 requests per second, at most 12 in the last minute',
    );
    expect(within(row('churn')).getByText('8.3 ms')).toBeDefined();
    expect(within(row('churn')).getByText(/^1 failed for a reason of the server/u)).toBeDefined();
    expect(within(row('idle')).queryByRole('img')).toBeNull();
  });

  it('says for how long a download has stood still', () => {
    const download = {
      doneBytes: 5,
      totalBytes: 10,
      bytesPerSecond: 0,
      stalledSinceMs: NOW_MS - 12_000,
      file: 'w.bin',
    };
    openPage('/models', [modelView('churn', [unloadedVersion('3', 'loading', { download })])]);
    expect(screen.getByText('stalled for 12 s')).toBeDefined();
  });

  it('sorts by a column, three ways by turns, and the order is in the address', async () => {
    openPage('/models', [modelView('m2', [versionView('1')]), modelView('m10', [retrying])]);
    const names = () =>
      screen.getAllByRole('checkbox', { name: /^Select m/u }).map((box) => box.getAttribute('aria-label'));
    expect(names()).toEqual(['Select m2', 'Select m10']);
    const state = screen.getByRole('button', { name: 'State' });
    await userEvent.click(state);
    expect(names()).toEqual(['Select m10', 'Select m2']);
    expect(window.location.hash).toBe('#/models?sort=state');
    expect(screen.getByRole('columnheader', { name: 'State' }).getAttribute('aria-sort')).toBe('ascending');
    await userEvent.click(state);
    expect(window.location.hash).toBe('#/models?sort=-state');
    await userEvent.click(state);
    expect(window.location.hash).toBe('#/models');
  });

  it('groups, and folds a group', async () => {
    const s3 = { basePath: 's3://ml/prod/bert' };
    openPage('/models?group=source', [modelView('bert', [versionView('1')], s3), modelView('churn', [retrying])]);
    const group = screen.getByRole('row', { name: /^s3:\/\/ml\/prod *, unfolded, *1$/u });
    expect(screen.getByRole('row', { name: /^\/home\/ada\/models *, unfolded, *1, 1 with errors$/u })).toBeDefined();
    await userEvent.click(group);
    expect(screen.queryByRole('link', { name: 'bert' })).toBeNull();
    expect(screen.getByRole('link', { name: 'churn' })).toBeDefined();
  });

  it('acts on all that are selected, and says what did not go well', async () => {
    const pollNow = vi.fn<Command<'pollNow'>>(({ name: polled }) =>
      polled === 'm3' ? Promise.reject(new Error('no')) : Promise.resolve({}),
    );
    const removeModel = vi.fn<Command<'removeModel'>>(() => Promise.resolve({}));
    const services = openPage(
      '/models',
      ['m1', 'm2', 'm3', 'm4'].map((each) =>
        modelView(each, [versionView('1')], { origin: each === 'm2' ? 'flags' : 'settings' }),
      ),
      { commands: fakeCommands({ pollNow, removeModel }) },
    );
    const said = () => services.toasts.getState().toasts.map(({ message }) => message);
    const user = userEvent.setup();
    await user.click(screen.getByRole('checkbox', { name: 'Select m1' }));
    await user.keyboard('{Shift>}');
    await user.click(screen.getByRole('checkbox', { name: 'Select m3' }));
    await user.keyboard('{/Shift}');
    const bar = screen.getByRole('toolbar', { name: 'Selected models' });
    expect(within(bar).getByText('3 selected')).toBeDefined();
    expect(within(bar).getByRole<HTMLButtonElement>('button', { name: 'Retry failed' }).disabled).toBe(true);
    await user.click(within(bar).getByRole('button', { name: 'Poll now' }));
    expect(pollNow.mock.calls.map(([request]) => request.name)).toEqual(['m1', 'm2', 'm3']);
    await vi.waitFor(() => expect(said()).toEqual(['m3: no']));
    await user.click(within(bar).getByRole('button', { name: 'Remove' }));
    expect(services.server.getState().hidden).toEqual(new Set(['m1', 'm3']));
    expect(said().at(-1)).toMatch(/^1 model stay/u);
    act(() => services.toasts.getState().finishAll());
    expect(removeModel.mock.calls.map(([request]) => request.name)).toEqual(['m1', 'm3']);
  });

  it('is worked with keys alone', async () => {
    const retryVersion = vi.fn<Command<'retryVersion'>>(() => Promise.resolve({}));
    openPage('/models', [modelView('m1', [retrying]), modelView('m2', [versionView('1')])], {
      commands: fakeCommands({ retryVersion }),
    });
    const user = userEvent.setup();
    const [, first] = screen.getAllByRole('row');
    act(() => first?.focus());
    await user.keyboard('r');
    expect(retryVersion).toHaveBeenCalledExactlyOnceWith({ name: 'm1', version: '3' });
    await user.keyboard('{ArrowRight}');
    expect(screen.getByRole('button', { name: 'Details: m1' }).getAttribute('aria-expanded')).toBe('true');
    await user.keyboard('{ArrowLeft}');
    expect(screen.getByRole('button', { name: 'Details: m1' }).getAttribute('aria-expanded')).toBe('false');
    await user.keyboard(' ');
    expect(screen.getByText('1 selected')).toBeDefined();
    await user.keyboard('{Shift>}{ArrowDown}{/Shift}');
    expect(screen.getByText('2 selected')).toBeDefined();
    await user.keyboard('{Escape}');
    expect(screen.queryByRole('toolbar')).toBeNull();
    act(() => first?.focus());
    await user.keyboard('{Enter}');
    expect(window.location.hash).toBe('#/models/m1');
  });

  it('shows how far a download is', () => {
    const download = { doneBytes: 12_300_000, totalBytes: 97_800_000, bytesPerSecond: 4_100_000, file: 'weights.bin' };
    openPage('/models', [modelView('churn', [unloadedVersion('3', 'loading', { download }), versionView('2')])]);
    expect(screen.getByText('downloading 12.3 MB of 97.8 MB, 4.1 MB/s, 21 s left').title).toBe('weights.bin');
    const bar = screen.getByRole('progressbar', { name: 'Download of churn version 3' });
    expect([bar.getAttribute('value'), bar.getAttribute('max')]).toEqual(['12300000', '97800000']);
  });

  it('says why the configuration file is not what runs, as long as it is not', () => {
    const services = openPage('/models', [modelView('churn', [versionView('2')])]);
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
    const services = openPage('/models', []);
    expect(screen.getByText('127.0.0.1:8500')).toBeDefined();
    expect(screen.getByRole('button', { name: 'Copy the gRPC address' })).toBeDefined();
    const server = serverView({ grpcAddress: undefined });
    act(() => void services.server.getState().received({ kind: 'server', sequence: 2, server }, NOW_MS));
    expect(screen.queryByRole('button', { name: 'Copy the gRPC address' })).toBeNull();
  });

  it('filters, and the filter is in the address', async () => {
    openPage('/models', [modelView('resnet', [versionView('1')]), modelView('churn', [retrying])]);
    fireEvent.keyDown(document.body, { key: '/', code: 'Slash' });
    const box = screen.getByRole('textbox', { name: 'Filter models' });
    expect(document.activeElement).toBe(box);
    await userEvent.type(box, 'state:error');
    expect(screen.queryByRole('button', { name: 'Details: resnet' })).toBeNull();
    expect(screen.getByRole('button', { name: 'Details: churn' })).toBeDefined();
    expect(window.location.hash).toBe('#/models?q=state%3Aerror');
  });

  it('keeps a model unfolded while the filter hides it, and the filter over a visit to the other screen', async () => {
    openPage('/models', [modelView('resnet', [versionView('1')]), modelView('churn', [versionView('1')])]);
    const toggle = () => screen.getByRole('button', { name: 'Details: churn' });
    await userEvent.click(toggle());
    const box = screen.getByRole('textbox', { name: 'Filter models' });
    await userEvent.type(box, 'res');
    expect(screen.queryByRole('button', { name: 'Details: churn' })).toBeNull();
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
      const services = openPage('/models', [modelView('churn', [versionView('2')])], {
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
    const services = openPage('/models', [modelView('churn', [retrying])], { stream: { tryNow } });
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
          versions: [
            { version: version('3'), served: false, reason: 'no model.onnx' },
            { version: version('2'), served: true, sizeBytes: 10 },
            { version: version('1'), served: false, reason: 'older than version 2' },
          ],
          ignored: [{ entry: 'tmp', reason: 'not a number' }],
          nameTaken: false,
          alreadyServed: false,
        },
      ],
      ignored: [],
    };
    const addModels = vi.fn<Command<'addModels'>>(() => Promise.resolve({ added: [name('churn-2'), name('bert')] }));
    openPage('/models', [modelView('churn', [versionView('2')])], {
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
    // A newer version without its files is waited for; an older one is left alone.
    const bert = within(screen.getByRole('region', { name: 'bert' })).getAllByRole('listitem');
    expect(bert.slice(0, 3).map((row) => row.textContent)).toEqual([
      'v3not served yet: no model.onnx; it will be once its files are there and right',
      expect.stringContaining('v2would be served'),
      'v1would not be served: older than version 2',
    ]);
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

  it('is empty with three ways to get a model', async () => {
    openPage('/models', []);
    expect(screen.getByRole('heading', { name: 'No models yet' })).toBeDefined();
    expect(screen.getAllByRole('button', { name: 'Add folder' })).toHaveLength(1);
    await userEvent.click(screen.getByRole('button', { name: 'Connect a store' }));
    expect(window.location.hash).toBe('#/sources/new');
  });
});
