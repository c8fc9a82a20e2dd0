import { act, cleanup, configure, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import type { DesktopChange, DesktopView, ShellBridge } from '#contracts/shell.ts';
import type { RecordingSettings } from '#contracts/ui-traffic.ts';
import { App } from '../../app.tsx';
import type { Command } from '../../stores/commands.ts';
import { modelView, NOW_MS, snapshot } from '../../testing/fixtures.ts';
import { fakeCommands, fakeServices } from '../../testing/services.ts';
import { PARTS } from './parts.ts';
import { serverSettings } from './testing/fixtures.ts';

const RECORDING: RecordingSettings = { enabled: true, sampleRate: 1, bodies: false, maxBodyBytes: 4096 };
const page = { requests: [], firstSeen: 0, lastSeen: 0, more: false, kept: 0 };
const listRequests: Command<'listRequests'> = () => Promise.resolve({ ...page, settings: RECORDING });

function open(
  route: string,
  commands: Parameters<typeof fakeCommands>[0] = {},
  over: Parameters<typeof fakeServices>[0] = {},
  models: Parameters<typeof snapshot>[0] = [],
) {
  const services = fakeServices({
    commands: fakeCommands({
      serverSettings: () => Promise.resolve(serverSettings()),
      listRequests,
      logLevel: () => Promise.resolve({ level: 'info' }),
      removedSamples: () => Promise.resolve({ names: [] }),
      ...commands,
    }),
    ...over,
  });
  services.server.getState().received(snapshot(models), NOW_MS);
  services.server.getState().connectionChanged({ phase: 'live', sinceMs: NOW_MS });
  window.location.hash = route;
  render(<App services={services} />);
  return services;
}

const lose = (services: ReturnType<typeof open>): void =>
  act(() =>
    services.server
      .getState()
      .connectionChanged({ phase: 'lost', sinceMs: NOW_MS, reason: 'gone', retryAtMs: NOW_MS + 1000, attempt: 1 }),
  );

function shell(view: DesktopView, changeDesktop: (change: DesktopChange) => Promise<DesktopView>): ShellBridge {
  const unused = () => Promise.reject(new Error('not in this test'));
  return {
    pickFolder: unused,
    pathsOfDroppedFiles: () => [],
    revealInFolder: unused,
    runCommand: unused,
    quitNow: unused,
    desktop: () => Promise.resolve(view),
    changeDesktop,
    onCommand: () => () => undefined,
    onOpen: () => () => undefined,
  };
}

const row = async (id: string) => {
  const found = await waitFor(() => {
    const element = document.querySelector<HTMLElement>(`[data-setting="${id}"]`);
    if (!element) throw new Error(`no row ${id}`);
    return element;
  });
  return { element: found, ...within(found) };
};

beforeAll(async () => {
  // The screen comes when it is asked for, which on a busy machine takes longer than a query waits.
  configure({ asyncUtilTimeout: 10_000 });
  await import('./settings-screen.tsx');
});
beforeEach(() => {
  window.location.hash = '';
});
afterEach(cleanup);

describe('Settings', () => {
  it('shows what the server was started with: value, flag, default, and that it needs a restart', async () => {
    const timeout = [
      { kind: 'duration', ms: 60_000 },
      { kind: 'duration', ms: 30_000 },
    ] as const;
    open('/settings', { serverSettings: () => Promise.resolve(serverSettings({ restTimeout: timeout })) });
    const timeoutRow = await row('restTimeout');
    const { element } = timeoutRow;
    for (const text of [
      'REST timeout',
      'Changed',
      '1 min',
      '--rest_api_timeout_in_ms',
      'Default: 30 s',
      'Needs a restart',
    ])
      expect(element.textContent).toContain(text);
    // What cannot be changed here looks like nothing that could.
    expect(['switch', 'textbox', 'button'].flatMap((role) => timeoutRow.queryAllByRole(role))).toEqual([]);
    expect((await row('memoryLimit')).element.textContent).toContain('No limit');
  });

  it('says who reaches each port', async () => {
    const open0 = { reach: 'network', listensAt: '0.0.0.0:8501' } as const;
    open('/settings/server', { serverSettings: () => Promise.resolve(serverSettings({}, open0)) });
    expect((await row('port-rest')).element.textContent).toMatch(/Your network.*listens on 0\.0\.0\.0:8501/u);
    expect((await row('port-grpc')).element.textContent).toContain('This computer only');
  });

  it('finds rows by words over all sections, keeps them in the address, and clears with Escape', async () => {
    open('/settings/about');
    const search = await screen.findByRole('textbox', { name: 'Search settings' });
    fireEvent.change(search, { target: { value: 'cors' } });
    search.focus();
    expect((await row('localPages')).element.textContent).toContain('Web pages of this computer');
    expect(screen.getByText('2 settings found')).toBeDefined();
    expect(window.location.hash).toBe('#/settings/about?q=cors');
    expect(document.querySelector('[data-setting="theme"]')).toBeNull();
    await userEvent.keyboard('{Escape}');
    expect(window.location.hash).toBe('#/settings/about');
    fireEvent.change(search, { target: { value: 'nothing has this' } });
    expect(screen.getByText('No setting matches “nothing has this”')).toBeDefined();
  });

  it('changes the look at once', async () => {
    const { appearance } = open('/settings/appearance');
    await userEvent.click(await screen.findByRole('radio', { name: 'Compact' }));
    expect(appearance.getState().density).toBe('compact');
    expect((await row('density')).element.textContent).toContain('Changed');
    expect((await row('density')).element.textContent).toContain('Live');
  });

  it('switches recording, and goes back to the truth where that fails', async () => {
    const setRecording = vi.fn<Command<'setRecording'>>((wanted) =>
      wanted.enabled ? Promise.reject(new Error('the disk is full')) : Promise.resolve(wanted),
    );
    let current = RECORDING;
    open('/settings/privacy', {
      setRecording: async (wanted) => (current = await setRecording(wanted)),
      listRequests: () => Promise.resolve({ ...page, settings: current }),
    });
    const record = await row('record');
    await userEvent.click(record.getByRole('switch'));
    expect(setRecording).toHaveBeenLastCalledWith({ ...RECORDING, enabled: false });
    const bodies = await row('bodies');
    await waitFor(() => expect(bodies.getByRole<HTMLInputElement>('switch').disabled).toBe(true));
    await userEvent.click(record.getByRole('switch'));
    expect((await record.findByRole('alert')).textContent).toBe('Not changed: the disk is full');
    await waitFor(() => expect(record.getByRole<HTMLInputElement>('switch').checked).toBe(false));
  });

  it.each([
    ['clearRequests', 'Wipe recorded calls', 'Wiped the recorded calls.', [{}]],
    [
      'clearPlayHistory',
      'Wipe Playground history',
      'Wiped the history of the Playground.',
      [{ model: 'a' }, { model: 'b' }],
    ],
  ] as const)('asks before it wipes: %s', async (command, action, done, requests) => {
    const wipe = vi.fn<(request: object) => Promise<Record<string, never>>>(() => Promise.resolve({}));
    open('/settings/privacy', { [command]: wipe }, {}, [modelView('a', []), modelView('b', [])]);
    await userEvent.click(await screen.findByRole('button', { name: action }));
    const dialog = within(await screen.findByRole('dialog'));
    expect(wipe).not.toHaveBeenCalled();
    await userEvent.click(dialog.getByRole('button', { name: action }));
    expect(wipe.mock.calls.map(([request]) => request)).toEqual(requests);
    expect(await screen.findByText(done)).toBeDefined();
  });

  it('keeps what it knows while the server is gone, and lets only the choices of the page be changed', async () => {
    const services = open('/settings/privacy');
    const record = await row('record');
    lose(services);
    expect(screen.getByText(/What it said last is shown/u)).toBeDefined();
    expect(record.getByRole<HTMLInputElement>('switch').disabled).toBe(true);
    act(() => void (window.location.hash = '/settings/appearance'));
    await userEvent.click(await screen.findByRole('radio', { name: 'Dark' }));
    expect(services.appearance.getState().theme).toBe('dark');
  });

  it('says why the settings cannot be read, and tries again', async () => {
    let fails = true;
    open('/settings', {
      serverSettings: () =>
        fails ? Promise.reject(new Error('no answer in time')) : Promise.resolve(serverSettings()),
    });
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain('no answer in time');
    fails = false;
    await userEvent.click(within(alert).getByRole('button', { name: 'Try again' }));
    expect((await row('uiPort')).element.textContent).toContain('--ui_port');
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('changes how much is logged, and goes back to the truth where that fails', async () => {
    const setLogLevel = vi.fn<Command<'setLogLevel'>>(({ level }) =>
      level === 'error' ? Promise.reject(new Error('not now')) : Promise.resolve({ level }),
    );
    open('/settings/server', { setLogLevel, logLevel: () => Promise.resolve({ level: 'debug' }) });
    const level = await row('logLevel');
    await userEvent.click(level.getByRole('radio', { name: 'Warnings' }));
    await waitFor(() =>
      expect(level.getByRole('radio', { name: 'Warnings' }).getAttribute('aria-checked')).toBe('true'),
    );
    await userEvent.click(level.getByRole('radio', { name: 'Errors' }));
    expect((await level.findByRole('alert')).textContent).toBe('Not changed: not now');
    await waitFor(() => expect(level.getByRole('radio', { name: 'Debug' }).getAttribute('aria-checked')).toBe('true'));
  });

  it('brings removed samples back', async () => {
    let names = [modelView('digits', []).name];
    const restoreSamples = vi.fn<Command<'restoreSamples'>>(() => {
      const restored = names;
      names = [];
      return Promise.resolve({ names: restored });
    });
    open('/settings/models', { restoreSamples, removedSamples: () => Promise.resolve({ names }) });
    const samples = await row('restoreSamples');
    expect(await samples.findByText('Not served any more: digits.')).toBeDefined();
    await userEvent.click(samples.getByRole('button', { name: 'Restore' }));
    expect(await screen.findByText('Restored: digits.')).toBeDefined();
    expect(await samples.findByText(/None is removed/u)).toBeDefined();
  });

  it('says what Slipway is, where its data is, and that it sends nothing', async () => {
    const folder = [
      { kind: 'text', text: '~/.config/slipway' },
      { kind: 'text', text: '~/.config/slipway' },
    ] as const;
    open('/settings/about', { serverSettings: () => Promise.resolve(serverSettings({ dataDirectory: folder })) });
    expect((await row('aboutDataFolder')).element.textContent).toContain('~/.config/slipway');
    expect((await row('aboutTelemetry')).element.textContent).toContain('None');
  });

  it('shows the licences of everything that it contains', async () => {
    const answers = [new Response('', { status: 404 }), new Response('elkjs 0.12.1 (EPL-2.0)')];
    const fetched = vi.spyOn(globalThis, 'fetch').mockImplementation(async () => answers.shift() ?? Response.error());
    open('/settings/about');
    await userEvent.click((await row('notices')).getByRole('button', { name: 'Show licences' }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Open-source licences' }));
    expect(await dialog.findByText('The server answered with status 404.')).toBeDefined();
    await userEvent.click(dialog.getByRole('button', { name: 'Try again' }));
    expect(await dialog.findByText('elkjs 0.12.1 (EPL-2.0)')).toBeDefined();
    expect(fetched).toHaveBeenLastCalledWith('/third-party-notices.txt');
    fetched.mockRestore();
  });

  it('imports preferences, undoes that, and says what is wrong with a file', async () => {
    const { appearance } = open('/settings/advanced');
    const button = await screen.findByRole('button', { name: 'Choose a file of preferences' });
    const upload = async (preferences: object): Promise<void> => {
      const text = JSON.stringify({ kind: 'slipway-preferences', formatVersion: 1, preferences });
      // What the system's dialog does.
      const dialog = vi.spyOn(HTMLInputElement.prototype, 'click').mockImplementationOnce(function choose(
        this: HTMLInputElement,
      ) {
        fireEvent.change(this, { target: { files: [new File([text], 'p.json', { type: 'application/json' })] } });
      });
      await userEvent.click(button);
      dialog.mockRestore();
    };
    await upload({ theme: 'dark', letterKeys: 'off' });
    expect(await screen.findByText('Imported preferences: 2 choices changed.')).toBeDefined();
    expect(appearance.getState()).toMatchObject({ theme: 'dark', letterKeys: 'off' });
    await userEvent.click(screen.getByRole('button', { name: 'Undo' }));
    expect(appearance.getState()).toMatchObject({ theme: 'system', letterKeys: 'on' });
    await upload({ theme: 'pink' });
    expect((await screen.findByRole('alert')).textContent).toContain('preferences.theme');
    expect(appearance.getState().theme).toBe('system');
  });

  it('says in a browser that start-up belongs to the desktop app, and there shows what the system allows', async () => {
    open('/settings/startup');
    expect(await screen.findByText('These belong to the desktop app')).toBeDefined();
    expect(screen.queryByRole('switch')).toBeNull();
    cleanup();

    const notifications = { versionAvailable: true, loadFailed: true, sourceFailing: true, exposurePaused: true };
    const view: DesktopView = {
      startAtLogin: false,
      startHidden: false,
      notifications,
      trayProblem: 'There is no tray here.',
    };
    const changeDesktop = vi.fn<ShellBridge['changeDesktop']>((change) =>
      change.startHidden
        ? Promise.reject(new Error('the disk is full'))
        : Promise.resolve({ ...view, startAtLogin: change.startAtLogin ?? view.startAtLogin }),
    );
    open('/settings/startup', {}, { shell: shell(view, changeDesktop) });
    const login = await row('startAtLogin');
    await userEvent.click(login.getByRole('switch'));
    expect(changeDesktop).toHaveBeenCalledWith({ startAtLogin: true });
    await waitFor(() => expect(login.getByRole<HTMLInputElement>('switch').checked).toBe(true));
    const keep = await row('keepServing');
    expect(keep.element.textContent).toContain('There is no tray here.');
    expect(keep.getByRole<HTMLInputElement>('switch').disabled).toBe(true);
    const hiddenStart = await row('startHidden');
    await userEvent.click(hiddenStart.getByRole('switch'));
    expect((await hiddenStart.findByRole('alert')).textContent).toBe('Not changed: the disk is full');
  });

  it('leads back from a section that there is not', async () => {
    open('/settings/updates');
    await userEvent.click(await screen.findByRole('link', { name: 'Go to Server' }));
    expect((await row('uiPort')).element).toBeDefined();
  });
});

it.each(PARTS)('$packageName is under the licence that it is said to be under', async ({ packageName, licence }) => {
  const [scope, inScope] = packageName.split('/');
  // The bundler has to see how deep the folder is.
  const read: unknown = await (inScope === undefined
    ? import(`../../../node_modules/${scope}/package.json`)
    : import(`../../../node_modules/${scope}/${inScope}/package.json`));
  expect(z.object({ license: z.string() }).parse(read).license).toBe(licence);
});
