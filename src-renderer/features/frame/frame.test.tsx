import { act, cleanup, configure, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AppCommandId } from '#contracts/app-commands.ts';
import type { ShellBridge, ShellOpenRequest } from '#contracts/shell.ts';
import type { TaskView } from '#contracts/ui-tasks.ts';
import { App } from '../../app.tsx';
import { createAppStore } from '../../stores/app-store.ts';
import type { Command } from '../../stores/commands.ts';
import type { Services } from '../../stores/services.tsx';
import { modelView, NOW_MS, serverView, snapshot, version, versionView } from '../../testing/fixtures.ts';
import { fakeCommands, fakeServices } from '../../testing/services.ts';
import { sampleToTry } from './welcome-screen.tsx';

beforeAll(() => configure({ asyncUtilTimeout: 10_000 }));

const churn = modelView('churn', [versionView('2')]);

function open(over: Partial<Services> = {}, message = snapshot([churn]), route = '/models') {
  const services = fakeServices(over);
  services.server.getState().received(message, NOW_MS);
  services.server.getState().connectionChanged({ phase: 'live', sinceMs: NOW_MS });
  window.location.hash = route;
  render(<App services={services} />);
  return services;
}

/** The desktop shell, with what it may tell the page. */
function fakeShell() {
  const told = {
    command: (_id: AppCommandId): void => undefined,
    open: (_request: ShellOpenRequest): void => undefined,
  };
  const runCommand = vi.fn<ShellBridge['runCommand']>(() => Promise.resolve());
  const quitNow = vi.fn<ShellBridge['quitNow']>(() => Promise.resolve());
  const never = (): Promise<never> => Promise.reject(new Error('the test did not expect this request'));
  const shell: ShellBridge = {
    pickFolder: never,
    pathsOfDroppedFiles: () => [],
    revealInFolder: never,
    runCommand,
    quitNow,
    desktop: never,
    changeDesktop: never,
    onCommand(callback) {
      told.command = callback;
      return () => undefined;
    },
    onOpen(callback) {
      told.open = callback;
      return () => undefined;
    },
  };
  return { shell, told, runCommand, quitNow };
}

const pressCtrl = (key: string): void => void fireEvent.keyDown(document.body, { key, code: 'Key', ctrlKey: true });
const paletteOptions = async (text: string): Promise<readonly (string | null)[]> => {
  pressCtrl('k');
  // It is loaded when it is first asked for, which may take a busy machine a while.
  const input = await screen.findByRole('combobox', { name: 'Command palette' }, { timeout: 20_000 });
  await userEvent.type(input, text);
  return screen.queryAllByRole('option').map((option) => option.textContent);
};

beforeEach(() => {
  window.location.hash = '';
});
afterEach(cleanup);

describe('commands', () => {
  it('come from the menu bar and lead to the same code as the keys', () => {
    const { shell, told } = fakeShell();
    const { appearance } = open({ shell });
    act(() => told.command('goLogs'));
    expect(window.location.hash).toBe('#/logs');
    act(() => told.command('toggleDensity'));
    expect(appearance.getState().density).toBe('compact');
    act(() => told.command('addModel'));
    expect(window.location.hash).toBe('#/models?add=');
  });

  it('of the shell are asked of it, and are not offered in a browser', async () => {
    const { shell, runCommand } = fakeShell();
    open({ shell });
    expect(await paletteOptions('zoom in')).toHaveLength(1);
    await userEvent.keyboard('{Enter}');
    await waitFor(() => expect(runCommand).toHaveBeenCalledWith('zoomIn'));
    cleanup();
    open();
    expect(await paletteOptions('zoom in')).toEqual(['Nothing matches “zoom in”.']);
  });

  it('are found in the palette with models, versions and settings', async () => {
    open();
    expect(await paletteOptions('churn')).toEqual([
      expect.stringContaining('churnModel'),
      expect.stringContaining('churn v2Version, available'),
      expect.stringContaining('Play churnPlayground'),
      expect.stringContaining('Graph of churnModel'),
      expect.stringContaining('Unload churn v2…Version'),
      expect.stringContaining('Reload churn v2…Version'),
      expect.stringContaining('Versions of churnModel'),
      expect.stringContaining('Overview of churnModel'),
      expect.stringContaining('Serve only churn v2…Version'),
    ]);
    await userEvent.keyboard('{ArrowDown}{Enter}');
    await waitFor(() => expect(window.location.hash).toBe('#/models/churn/2'));
    expect(screen.queryByRole('dialog')).toBeNull();
  });
});

describe('what is looked for in the palette by what it is about', () => {
  it.each([
    { query: 'label', first: 'Versions of churn', to: '#/models/churn' },
    { query: 'checksum', first: 'Overview of churn', to: '#/models/churn?tab=overview' },
    { query: 'graph churn', first: 'Graph of churn', to: '#/models/churn?tab=graph' },
    { query: 's3', first: 'Connect a store…', to: '#/sources/new' },
    { query: 'expose', first: 'Server', to: '#/settings/server' },
    { query: 'record', first: 'Privacy', to: '#/settings/privacy' },
  ])('$query', async ({ query, first, to }) => {
    open();
    const found = await paletteOptions(query);
    expect(found[0]).toContain(first);
    await userEvent.keyboard('{Enter}');
    await waitFor(() => expect(window.location.hash).toBe(to));
  });
});

describe('what can be done with versions', () => {
  const model = modelView('churn', [versionView('2')]);
  const earlier = { version: version('1'), entry: '1', aspired: false };
  const models = [{ ...model, source: { ...model.source, versions: [...model.source.versions, earlier] } }];

  it.each([
    { query: 'roll back', title: 'Roll back churn to v1…', to: '#/models/churn/1' },
    { query: 'pin', title: 'Serve only churn v2…', to: '#/models/churn/2' },
    { query: 'unload', title: 'Unload churn v2…', to: '#/models/churn/2' },
    { query: 'reload churn', title: 'Reload churn v2…', to: '#/models/churn/2' },
    { query: 'load as well', title: 'Load churn v1 as well…', to: '#/models/churn/1' },
  ])('is found in the palette by “$query”, and shows its preview', async ({ query, title, to }) => {
    open({}, snapshot(models));
    const found = await paletteOptions(query);
    expect(found[0]).toContain(title);
    await userEvent.keyboard('{Enter}');
    await screen.findByRole('dialog', { name: /churn/u }, { timeout: 20_000 });
    expect(window.location.hash).toBe(to);
  });
});

describe('what the desktop was asked to open', () => {
  it('is shown at once where the user did it', () => {
    const { shell, told } = fakeShell();
    open({ shell });
    act(() => told.open({ kind: 'file', isOwn: true, path: '/models/a b.onnx' }));
    expect(window.location.hash).toBe('#/models?add=%2Fmodels%2Fa%20b.onnx');
  });

  it('is asked about where it is a link, and not done without a yes', async () => {
    const { shell, told } = fakeShell();
    open({ shell });
    act(() => told.open({ kind: 'model', isOwn: false, name: 'churn', version: '2' }));
    const dialog = screen.getByRole('dialog');
    expect(dialog.textContent).toContain('Show version 2 of the model churn');
    expect(window.location.hash).toBe('#/models');
    await userEvent.click(within(dialog).getByRole('button', { name: 'Cancel' }));
    expect(window.location.hash).toBe('#/models');
    act(() => told.open({ kind: 'model', isOwn: false, name: 'churn', version: '2' }));
    await userEvent.click(screen.getByRole('button', { name: 'Open' }));
    expect(window.location.hash).toBe('#/models/churn/2');
  });
});

describe('while the server stops', () => {
  const draining = () =>
    snapshot([modelView('churn', [versionView('2', { inFlight: 2 }), versionView('1', { inFlight: 1 })])], {
      server: serverView({ isQuitting: true }),
    });

  it('says how many requests it waits for, and lets the desktop user not wait', async () => {
    const { shell, quitNow } = fakeShell();
    open({ shell }, draining());
    const layer = screen.getByRole('alertdialog', { name: 'Finishing 3 requests…' });
    await userEvent.click(within(layer).getByRole('button', { name: 'Quit now' }));
    expect(quitNow).toHaveBeenCalledOnce();
  });

  it('offers no way to quit in a browser, and goes when the server is gone', () => {
    const { server } = open({}, draining());
    expect(within(screen.getByRole('alertdialog')).queryByRole('button')).toBeNull();
    act(() =>
      server
        .getState()
        .connectionChanged({ phase: 'lost', sinceMs: NOW_MS, reason: 'gone', retryAtMs: NOW_MS, attempt: 1 }),
    );
    expect(screen.queryByRole('alertdialog')).toBeNull();
    expect(screen.getByRole('alert').textContent).toBe('Disconnected');
  });
});

describe('tasks', () => {
  const task = (over: Partial<TaskView>): TaskView => ({
    id: '1',
    kind: 'download',
    title: 'resnet v8',
    state: 'running',
    startedMs: NOW_MS - 3000,
    cancellable: true,
    ...over,
  });
  const tasks = [
    task({ progress: { done: 30, total: 100, unit: 'bytes', perSecond: 10 }, route: '/models/resnet' }),
    task({ id: '2', title: 'load test', cancellable: false }),
    task({ id: '3', title: 'bert v1', state: 'failed', endedMs: NOW_MS - 1000, detail: 'the store does not answer' }),
  ];

  it('are in the status bar, with what each is at, and can be stopped where that is possible', async () => {
    const cancelTask = vi.fn<Command<'cancelTask'>>(() => Promise.resolve({}));
    open({ commands: fakeCommands({ cancelTask }) }, snapshot([churn], { boards: { tasks } }));
    const button = within(screen.getByRole('contentinfo')).getByRole('button', { name: /2 tasks/u });
    expect(button.textContent).toContain('30 %, 10 B/s');
    await userEvent.click(button);
    const popover = screen.getByRole('dialog', { name: 'Tasks' });
    const running = within(popover).getByRole('region', { name: 'Running' });
    expect(running.textContent).toContain('30 B of 100 B, 10 B/s, 7 s left');
    expect(within(popover).getByRole('region', { name: 'Ended' }).textContent).toContain('the store does not answer');
    await userEvent.click(within(running).getByRole('button', { name: 'Cancel: resnet v8' }));
    expect(cancelTask).toHaveBeenCalledWith({ id: '1' });
    expect(within(running).queryByRole('button', { name: 'Cancel: load test' })).toBeNull();
  });
});

describe('the welcome', () => {
  const firstRun = () => createAppStore({ getItem: () => null, setItem: () => undefined });
  const sample = modelView('half_plus_two', [versionView('1')], { origin: 'sample' });

  it('is shown at the first start to who has samples only, and not again', async () => {
    const app = firstRun();
    open({ app }, snapshot([sample]), '');
    expect(
      await screen.findByRole('heading', { name: 'Serve models from this computer' }, { timeout: 20_000 }),
    ).toBeDefined();
    expect(screen.getByRole('link', { name: 'Open the Playground' }).getAttribute('href')).toBe(
      '#/play?model=half_plus_two',
    );
    expect(app.getState().isFirstRun).toBe(false);
  });

  it('is not shown to who has models', () => {
    open({ app: firstRun() }, snapshot([sample, churn]), '');
    expect(window.location.hash).toBe('#/models');
  });

  it.each([
    { when: 'the best one answers', ready: ['a', 'digits'], waiting: [], expected: { name: 'digits', isReady: true } },
    { when: 'the best one still loads', ready: ['a'], waiting: ['digits'], expected: { name: 'a', isReady: true } },
    { when: 'all still load', ready: [], waiting: ['a', 'digits'], expected: { name: 'digits', isReady: false } },
    { when: 'there is none', ready: [], waiting: [], expected: undefined },
  ])('tries a sample that answers: $when', ({ ready, waiting, expected }) => {
    const models = [
      ...ready.map((text) => modelView(text, [versionView('1')], { origin: 'sample' })),
      ...waiting.map((text) => modelView(text, [], { origin: 'sample' })),
    ];
    expect(sampleToTry([churn, ...models])).toEqual(expected);
  });
});
