import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import type { Application } from '../../app/application.ts';
import { silentLogger } from '../../contracts/logger.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import { runShell, type ElectronApi } from './shell.ts';

const UI = 'http://127.0.0.1:8510';

/** A stand-in for the parts of Electron that the shell touches; it records what is asked of it. */
function electronStub({ firstInstance = true } = {}) {
  const calls: string[] = [];
  const windows: WindowStub[] = [];
  const ipc = new Map<string, (event: unknown, argument: unknown) => Promise<unknown>>();
  const app = Object.assign(new EventEmitter(), {
    requestSingleInstanceLock: () => firstInstance,
    exit: (code: number) => void calls.push(`exit ${code}`),
    quit: () => void app.emit('before-quit', { preventDefault: () => calls.push('quit prevented') }),
    enableSandbox: () => void calls.push('sandbox'),
    whenReady: async () => undefined,
    getPath: () => '/home/ann',
  });

  class WindowStub extends EventEmitter {
    readonly options: Record<string, unknown>;
    readonly webContents = Object.assign(new EventEmitter(), {
      openHandler: undefined as undefined | ((details: { url: string }) => { action: string }),
      setWindowOpenHandler(handler: (details: { url: string }) => { action: string }) {
        this.openHandler = handler;
      },
    });
    readonly loaded: string[] = [];
    constructor(options: Record<string, unknown>) {
      super();
      this.options = options;
      windows.push(this);
    }
    static getAllWindows = () => windows;
    loadURL = async (url: string) => void this.loaded.push(url);
    isDestroyed = () => false;
    isMinimized = () => true;
    restore = () => void calls.push('restore');
    show = () => void calls.push('show');
    hide = () => void calls.push('hide');
    focus = () => void calls.push('focus');
  }

  const stub = {
    app,
    BrowserWindow: WindowStub,
    dialog: {
      showErrorBox: (title: string, text: string) => void calls.push(`error box: ${title}: ${text}`),
      showOpenDialog: async () => ({ canceled: false, filePaths: ['/models/picked'] }),
    },
    ipcMain: {
      handle: (channel: string, handler: (event: unknown, argument: unknown) => Promise<unknown>) =>
        void ipc.set(channel, handler),
    },
    nativeTheme: { shouldUseDarkColors: true },
    Notification: { isSupported: () => false },
    session: {
      defaultSession: {
        setPermissionRequestHandler: vi.fn<() => void>(),
        setPermissionCheckHandler: vi.fn<() => void>(),
      },
    },
    shell: {
      openExternal: async (url: string) => void calls.push(`browser: ${url}`),
      showItemInFolder: (path: string) => void calls.push(`reveal: ${path}`),
    },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the stub has only the parts that the shell touches
  const api = stub as unknown as ElectronApi;
  return { api, app, calls, windows, ipc };
}

function applicationStub(stop: () => Promise<void> = async () => undefined): Application {
  let links = 0;
  return {
    restUrl: 'http://127.0.0.1:8501',
    grpcAddress: undefined,
    uiOrigin: UI,
    issueSignInUrl: () => `${UI}/ui/sign-in?token=${(links += 1)}`,
    servedFolders: () => ['/models/a'],
    stop,
  };
}

async function started(application = applicationStub()) {
  const stub = electronStub();
  await runShell({
    electron: stub.api,
    startApplication: async () => application,
    preloadPath: '/preload.cjs',
    platform: 'linux',
    log: silentLogger,
  });
  return stub;
}

describe('runShell', () => {
  it('leaves the field to a first instance without starting anything', async () => {
    const { api, calls } = electronStub({ firstInstance: false });
    const startApplication = vi.fn<() => Promise<Application>>();
    await runShell({ electron: api, startApplication, preloadPath: '', platform: 'linux', log: silentLogger });
    expect(startApplication).not.toHaveBeenCalled();
    expect(calls).toEqual(['exit 0']);
  });

  it('opens a sandboxed, isolated window on a fresh sign-in link', async () => {
    const { windows, calls } = await started();
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

  it('shows the window it has when a second instance starts', async () => {
    const { app, windows, calls } = await started();
    app.emit('second-instance');
    expect(windows).toHaveLength(1);
    expect(calls).toEqual(expect.arrayContaining(['restore', 'show', 'focus']));
  });

  it('stops the application before it exits, once', async () => {
    const stopped = Promise.withResolvers<void>();
    const stop = vi.fn<() => Promise<void>>(() => stopped.promise);
    const { app, calls } = await started(applicationStub(stop));
    app.quit();
    app.quit();
    expect(stop).toHaveBeenCalledTimes(1);
    expect(calls.filter((call) => call === 'quit prevented')).toHaveLength(2);
    expect(calls).not.toContain('exit 0');
    stopped.resolve();
    await vi.waitFor(() => expect(calls.at(-1)).toBe('exit 0'));
  });

  it('says why it cannot start and ends', async () => {
    const { api, calls, windows } = electronStub();
    const taken = new ServingError('UNAVAILABLE', 'port 8501 is taken by python (pid 42)');
    const startApplication = () => Promise.reject(taken);
    await runShell({ electron: api, startApplication, preloadPath: '', platform: 'linux', log: silentLogger });
    expect(calls).toEqual(
      expect.arrayContaining(['error box: Slipway cannot start: port 8501 is taken by python (pid 42)', 'exit 1']),
    );
    expect(windows).toHaveLength(0);
  });

  it('keeps the window on the user interface and opens links in the browser', async () => {
    const { windows, calls } = await started();
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
    const { windows } = await started();
    for (let crash = 0; crash < 3; crash += 1)
      windows[0]?.webContents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 5 });
    expect(windows[0]?.loaded).toEqual([`${UI}/ui/sign-in?token=1`, `${UI}/ui/sign-in?token=2`]);
  });

  it('answers its own page only, and parses what it asks', async () => {
    const { ipc, calls } = await started();
    const own = { senderFrame: { url: `${UI}/#/models` } };
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
  });
});
