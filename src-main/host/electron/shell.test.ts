import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Application } from '../../app/application.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import { applicationStub, UI } from './testing/electron-stub.ts';
import { startedShell } from './testing/run-shell.ts';
import { modelMessage, modelView, serverView, snapshot, versionView } from './testing/views.ts';

const own = { senderFrame: { url: `${UI}/#/models` } };

describe('the start', () => {
  it('leaves the field to a first instance without starting anything', async () => {
    const startApplication = vi.fn<() => Promise<Application>>();
    const { calls } = await startedShell({ isFirstInstance: false, startApplication });
    expect(startApplication).not.toHaveBeenCalled();
    expect(calls).toEqual(['exit 0']);
  });

  it('keeps crash reports on this computer', async () => {
    const { calls } = await startedShell();
    expect(calls).toContain('crash reports: {"uploadToServer":false}');
  });

  it('opens a sandboxed, isolated window on a fresh sign-in link', async () => {
    const { windows, calls } = await startedShell();
    expect(calls).toContain('sandbox');
    expect(windows).toHaveLength(1);
    expect(windows[0]?.loaded).toEqual([`${UI}/ui/sign-in?token=1`]);
    expect(windows[0]?.options['webPreferences']).toEqual({
      preload: '/preload.cjs',
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
    });
  });

  it('says why it cannot start and ends', async () => {
    const taken = new ServingError('UNAVAILABLE', 'port 8501 is taken by python (pid 42)');
    const { calls, windows } = await startedShell({ startApplication: () => Promise.reject(taken) });
    expect(calls).toEqual(
      expect.arrayContaining(['error box: Slipway cannot start: port 8501 is taken by python (pid 42)', 'exit 1']),
    );
    expect(windows).toHaveLength(0);
  });

  it('hands the application a store for secrets that says how they are kept', async () => {
    const { application } = applicationStub();
    const startApplication = vi.fn<(secrets: { available(): Promise<unknown> }) => Promise<Application>>(
      async () => application,
    );
    await startedShell({ startApplication });
    await expect(startApplication.mock.calls[0]?.[0].available()).resolves.toMatchObject({ kind: 'plain' });
  });

  it.each([
    { isPackaged: true, registered: true },
    { isPackaged: false, registered: false },
  ])('takes links over when it is installed ($isPackaged)', async ({ isPackaged, registered }) => {
    const { calls } = await startedShell({ isPackaged });
    expect(calls.includes('client of slipway')).toBe(registered);
  });
});

describe('a start at login', () => {
  const argv = ['/opt/slipway', '--at-login'];
  async function hiddenStart(showsTray: boolean) {
    const first = await startedShell();
    await first.ipc.get('slipway:changeDesktop')?.(own, { startHidden: true });
    return startedShell({ argv, showsTray, dataDirectory: first.dataDirectory });
  }

  it('opens no window when the user wants it so and the tray shows the icon', async () => {
    const { windows, app } = await hiddenStart(true);
    expect(windows).toHaveLength(0);
    app.emit('activate');
    expect(windows).toHaveLength(1);
  });

  it('opens the window otherwise', async () => {
    expect((await startedShell({ argv })).windows).toHaveLength(1);
  });
});

describe('the window', () => {
  it('keeps to the user interface and opens links in the browser', async () => {
    const { windows, calls } = await startedShell();
    const contents = windows[0]?.webContents;
    const prevented: string[] = [];
    for (const url of [`${UI}/#/play`, 'https://onnx.ai/', 'file:///etc/passwd']) {
      contents?.emit('will-navigate', { url, preventDefault: () => prevented.push(url) });
    }
    expect(prevented).toEqual(['https://onnx.ai/', 'file:///etc/passwd']);
    expect(contents?.openHandler?.({ url: 'https://onnx.ai/docs' })).toEqual({ action: 'deny' });
    expect(calls.filter((call) => call.startsWith('browser'))).toEqual([
      'browser: https://onnx.ai/',
      'browser: https://onnx.ai/docs',
    ]);
  });

  it('reloads a crashed page once, with a new link', async () => {
    const { windows } = await startedShell();
    for (let crash = 0; crash < 3; crash += 1)
      windows[0]?.webContents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 5 });
    expect(windows[0]?.loaded).toEqual([`${UI}/ui/sign-in?token=1`, `${UI}/ui/sign-in?token=2`]);
  });

  it('opens where it stood', async () => {
    const { windows, dataDirectory } = await startedShell();
    windows[0]?.userCloses();
    await vi.waitFor(async () => expect(await readFile(join(dataDirectory, 'state.json'), 'utf8')).toContain('700'));
    const again = await startedShell({ dataDirectory });
    expect(again.windows[0]?.options).toMatchObject({ x: 5, y: 6, width: 700, height: 500 });
  });
});

describe('closing the window', () => {
  it.each([
    { when: 'nobody chose, there is no tray', options: { showsTray: false }, done: 'exit 0' },
    { when: 'the user keeps serving', options: { clicked: 0 }, done: 'hide' },
    { when: 'the user quits', options: { clicked: 1 }, done: 'exit 0' },
  ])('when $when: $done', async ({ options, done }) => {
    const { windows, calls } = await startedShell(options);
    expect(windows[0]?.userCloses()).toBe(true);
    await vi.waitFor(() => expect(calls).toContain(done));
  });

  it('asks once', async () => {
    const { windows, calls } = await startedShell({ clicked: 0 });
    const hides = () => calls.filter((call) => call === 'hide').length;
    windows[0]?.userCloses();
    await vi.waitFor(() => expect(hides()).toBe(1));
    windows[0]?.userCloses();
    await vi.waitFor(() => expect(hides()).toBe(2));
    expect(calls.filter((call) => call.startsWith('asked'))).toHaveLength(1);
  });

  it('changes nothing when the user cancels', async () => {
    const { windows, calls, ipc } = await startedShell({ clicked: 2 });
    windows[0]?.userCloses();
    await vi.waitFor(() => expect(calls.some((call) => call.startsWith('asked'))).toBe(true));
    expect(calls).not.toContain('hide');
    expect(calls).not.toContain('exit 0');
    await expect(ipc.get('slipway:desktop')?.(own, {})).resolves.not.toHaveProperty('keepServing');
  });
});

describe('the page', () => {
  it('is answered only where it is our own, and what it asks is parsed', async () => {
    const { ipc, calls } = await startedShell();
    const reveal = ipc.get('slipway:revealInFolder');
    await expect(ipc.get('slipway:pickFolder')?.(own, {})).resolves.toBe('/models/picked');
    await expect(ipc.get('slipway:pickFolder')?.({ senderFrame: { url: 'http://evil.test/' } }, {})).rejects.toThrow(
      'foreign',
    );
    await expect(ipc.get('slipway:pickFolder')?.({ senderFrame: null }, {})).rejects.toThrow('foreign');
    await expect(reveal?.(own, { path: 5 })).rejects.toThrow('expected string');
    await expect(reveal?.(own, { path: '/etc' })).rejects.toThrow('not served');
    await reveal?.(own, { path: '/models/a/1' });
    expect(calls).toContain('reveal: /models/a/1');
    await expect(ipc.get('slipway:runCommand')?.(own, { id: 'goModels' })).rejects.toThrow('no command of the shell');
  });

  it('gets what it is to open and do once it listens, and again after a reload', async () => {
    const { windows, ipc, menus } = await startedShell({ argv: ['/opt/slipway', 'slipway://model/resnet/3'] });
    const [window] = windows;
    expect(window?.sent).toEqual([]);
    await ipc.get('slipway:listen')?.(own, { name: 'open' });
    const open = { kind: 'model', isOwn: false, name: 'resnet', version: '3' };
    expect(window?.sent).toEqual([['slipway:on:open', open]]);
    window?.webContents.emit('did-start-navigation', { isMainFrame: true, isSameDocument: false });
    const goLogs = menus[0]
      ?.flatMap(({ submenu }) => (Array.isArray(submenu) ? submenu : []))
      .find(({ id }) => id === 'goLogs');
    Reflect.apply(goLogs?.click ?? (() => undefined), undefined, []);
    expect(window?.sent).toHaveLength(1);
    await ipc.get('slipway:listen')?.(own, { name: 'command' });
    expect(window?.sent.at(-1)).toEqual(['slipway:on:command', 'goLogs']);
  });

  it('zooms within bounds', async () => {
    const { windows, ipc } = await startedShell();
    const zoom = (id: string) => ipc.get('slipway:runCommand')?.(own, { id });
    await zoom('zoomIn');
    expect(windows[0]?.zoomLevel).toBe(0.5);
    for (let click = 0; click < 12; click += 1) await zoom('zoomOut');
    expect(windows[0]?.zoomLevel).toBe(-3);
    await zoom('zoomReset');
    expect(windows[0]?.zoomLevel).toBe(0);
  });

  it('reads and changes the settings of the desktop', async () => {
    const { ipc } = await startedShell({ showsTray: false });
    const change = ipc.get('slipway:changeDesktop');
    await expect(ipc.get('slipway:desktop')?.(own, {})).resolves.toEqual({
      startAtLogin: false,
      startHidden: false,
      notifications: { versionAvailable: true, loadFailed: true, sourceFailing: true, exposurePaused: true },
      startAtLoginProblem: 'Only the installed app can start at login.',
      trayProblem: expect.stringContaining('no tray icons'),
    });
    await expect(change?.(own, { keepServing: true, notifications: { loadFailed: false } })).resolves.toMatchObject({
      keepServing: true,
      notifications: { versionAvailable: true, loadFailed: false },
    });
    await expect(change?.(own, { startAtLogin: true })).rejects.toThrow('installed app');
    await expect(change?.(own, { keepServing: 'yes' })).rejects.toThrow('expected boolean');
  });
});

describe('a second instance', () => {
  it('shows the window there is', async () => {
    const { app, windows, calls } = await startedShell();
    app.emit('second-instance', {}, [], '', undefined);
    expect(windows).toHaveLength(1);
    expect(calls).toEqual(expect.arrayContaining(['restore', 'show', 'focus']));
  });

  it('hands over what it was to open, with its own working directory', async () => {
    const { app, ipc, windows } = await startedShell();
    const argv = ['/opt/slipway', 'net.onnx'];
    app.emit('second-instance', {}, ['reordered'], '', { argv, workingDirectory: '/srv' });
    await ipc.get('slipway:listen')?.(own, { name: 'open' });
    expect(windows[0]?.sent).toEqual([['slipway:on:open', { kind: 'file', isOwn: true, path: '/srv/net.onnx' }]]);
  });

  it('comes as events on a Mac', async () => {
    const { app, ipc, windows } = await startedShell({ platform: 'darwin' });
    const event = { preventDefault: () => undefined };
    app.emit('open-url', event, 'slipway://add?uri=s3://ml');
    app.emit('open-file', event, '/Users/ann/net.onnx');
    await ipc.get('slipway:listen')?.(own, { name: 'open' });
    expect(windows[0]?.sent).toEqual([
      ['slipway:on:open', { kind: 'add', isOwn: false, uri: 's3://ml' }],
      ['slipway:on:open', { kind: 'file', isOwn: true, path: '/Users/ann/net.onnx' }],
    ]);
  });
});

describe('the tray', () => {
  it('shows the state and sets its menu again only when that has changed', async () => {
    const { trays, tell } = await startedShell();
    const [tray] = trays;
    const models = [modelView('a&b', [versionView('1')])];
    tell(snapshot(models));
    const { menusSet } = tray ?? {};
    tell(snapshot(models));
    expect(tray?.menusSet).toBe(menusSet);
    expect(tray?.tooltip).toBe('Slipway: Serving 1 model on http://127.0.0.1:8501');
    expect(tray?.menu.map(({ label }) => label)).toContain('a&&b: version 1');
  });

  it('does what is clicked', async () => {
    const { trays, calls, tell } = await startedShell();
    tell(snapshot([]));
    const click = (label: string) => {
      const item = trays[0]?.menu.find((candidate) => candidate.label === label);
      Reflect.apply(item?.click ?? (() => undefined), undefined, []);
    };
    click('Copy REST URL');
    expect(calls).toContain('clipboard: http://127.0.0.1:8501');
    click('Stop serving');
    tell(snapshot([], serverView({ serving: { state: 'stopped', sinceMs: 0, fixed: [] } })));
    click('Start serving');
    expect(calls.filter((call) => call.endsWith(' serving'))).toEqual(['stop serving', 'start serving']);
    click('Quit');
    await vi.waitFor(() => expect(calls).toContain('exit 0'));
  });

  it('may be missing', async () => {
    const { windows, calls } = await startedShell({ hasTray: false });
    windows[0]?.userCloses();
    await vi.waitFor(() => expect(calls).toContain('exit 0'));
  });
});

describe('notifications', () => {
  it('tell of the background, and lead to the model', async () => {
    vi.useFakeTimers();
    try {
      const { tell, notifications, windows, ipc } = await startedShell();
      tell(snapshot([modelView('a', [versionView('1')])]));
      tell(modelMessage(modelView('a', [versionView('2')])));
      vi.advanceTimersByTime(2000);
      expect(notifications.map(({ content }) => content.title)).toEqual(['a version 2 is available']);
      notifications[0]?.emit('click');
      await ipc.get('slipway:listen')?.(own, { name: 'open' });
      expect(windows[0]?.sent).toEqual([['slipway:on:open', { kind: 'model', isOwn: true, name: 'a', version: '2' }]]);
      // The window is there now, so nothing needs to be told.
      tell(modelMessage(modelView('a', [versionView('3')])));
      vi.advanceTimersByTime(2000);
      expect(notifications).toHaveLength(1);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('the quit', () => {
  it('stops the application before it exits, once', async () => {
    const stopped = Promise.withResolvers<void>();
    const stop = vi.fn<() => Promise<void>>(() => stopped.promise);
    const { app, calls } = await startedShell({ stop });
    app.quit();
    app.quit();
    expect(stop).toHaveBeenCalledTimes(1);
    expect(calls.filter((call) => call === 'quit prevented')).toHaveLength(2);
    expect(calls).not.toContain('exit 0');
    stopped.resolve();
    await vi.waitFor(() => expect(calls.slice(-2)).toEqual(['end by force where held up', 'exit 0']));
  });

  it('leaves the window while requests are finished, and lets the user end them', async () => {
    const { app, calls, tell, ipc } = await startedShell({ stop: () => new Promise(() => undefined) });
    tell(snapshot([modelView('a', [versionView('1', { inFlight: 3 })])], serverView()));
    app.quit();
    expect(calls).not.toContain('hide');
    await ipc.get('slipway:quitNow')?.(own, {});
    expect(calls.at(-1)).toBe('exit 0');
  });

  it('takes the window away where there is nothing to wait for', async () => {
    const { app, calls } = await startedShell();
    app.quit();
    expect(calls).toContain('hide');
  });

  it('quits in order when the page asks too early to end at once', async () => {
    const stop = vi.fn<() => Promise<void>>(async () => undefined);
    const { ipc, calls } = await startedShell({ stop });
    await ipc.get('slipway:quitNow')?.(own, {});
    await vi.waitFor(() => expect(calls.at(-1)).toBe('exit 0'));
    expect(stop).toHaveBeenCalledTimes(1);
  });

  it.each(['a signal', 'the shutdown of the system'])('takes three seconds at most after %s', async (cause) => {
    vi.useFakeTimers();
    try {
      const { signal, powerMonitor, calls } = await startedShell({ stop: () => new Promise(() => undefined) });
      if (cause === 'a signal') signal();
      else powerMonitor.emit('shutdown');
      vi.advanceTimersByTime(2999);
      expect(calls).not.toContain('exit 0');
      vi.advanceTimersByTime(1);
      expect(calls).toContain('exit 0');
    } finally {
      vi.useRealTimers();
    }
  });
});
