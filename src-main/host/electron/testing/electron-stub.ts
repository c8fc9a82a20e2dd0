import { EventEmitter } from 'node:events';
import { vi } from 'vitest';
import type { MenuItemConstructorOptions } from 'electron';
import type { Application } from '../../../app/application.ts';
import type { UiMessage } from '../../../contracts/ui.ts';
import type { ElectronApi } from '../shell.ts';

/** Origin of the user interface of {@link applicationStub}. */
export const UI = 'http://127.0.0.1:8510';

export interface ElectronStubOptions {
  readonly isFirstInstance?: boolean;
  readonly isPackaged?: boolean;
  /** Index of the button that the user clicks in a message box. */
  readonly clicked?: number;
  readonly hasTray?: boolean;
}

type IpcHandler = (event: unknown, argument: unknown) => Promise<unknown>;

/** A stand-in for the parts of Electron that the shell touches; it records what is asked of it. */
export function electronStub(options: ElectronStubOptions = {}) {
  const calls: string[] = [];
  const windows: WindowStub[] = [];
  const trays: TrayStub[] = [];
  const notifications: NotificationStub[] = [];
  const ipc = new Map<string, IpcHandler>();
  const menus: MenuItemConstructorOptions[][] = [];
  const workArea = { x: 0, y: 0, width: 1920, height: 1080 };
  const app = Object.assign(new EventEmitter(), {
    isPackaged: options.isPackaged ?? false,
    requestSingleInstanceLock: () => options.isFirstInstance ?? true,
    exit: (code: number) => void calls.push(`exit ${code}`),
    quit: () => void app.emit('before-quit', { preventDefault: () => calls.push('quit prevented') }),
    enableSandbox: () => void calls.push('sandbox'),
    whenReady: async () => undefined,
    getPath: () => '/home/ann',
    setAsDefaultProtocolClient: (scheme: string) => calls.push(`client of ${scheme}`),
    getLoginItemSettings: () => ({ openAtLogin: false, executableWillLaunchAtLogin: false }),
    setLoginItemSettings: () => undefined,
  });

  class WindowStub extends EventEmitter {
    readonly options: Record<string, unknown>;
    readonly sent: unknown[] = [];
    readonly loaded: string[] = [];
    isVisible = false;
    zoomLevel = 0;
    readonly webContents = Object.assign(new EventEmitter(), {
      openHandler: undefined as undefined | ((details: { url: string }) => { action: string }),
      setWindowOpenHandler(handler: (details: { url: string }) => { action: string }) {
        this.openHandler = handler;
      },
      send: (channel: string, message: unknown) => void this.sent.push([channel, message]),
      getZoomLevel: () => this.zoomLevel,
      setZoomLevel: (level: number) => void (this.zoomLevel = level),
    });
    constructor(given: Record<string, unknown>) {
      super();
      this.options = given;
      windows.push(this);
    }
    static getFocusedWindow = (): unknown => windows.find((window) => window.isVisible) ?? null;
    loadURL = async (url: string) => void this.loaded.push(url);
    isDestroyed = () => false;
    isMinimized = () => true;
    isMaximized = () => false;
    getNormalBounds = () => ({ x: 5, y: 6, width: 700, height: 500 });
    restore = () => void calls.push('restore');
    maximize = () => void calls.push('maximise');
    minimize = () => void calls.push('minimise');
    show = () => {
      this.isVisible = true;
      calls.push('show');
    };
    hide = () => {
      this.isVisible = false;
      calls.push('hide');
    };
    focus = () => void calls.push('focus');
    /** The user closes the window. @returns whether it stays. */
    userCloses(): boolean {
      let stays = false;
      this.emit('close', { preventDefault: () => (stays = true) });
      return stays;
    }
  }

  class TrayStub extends EventEmitter {
    readonly image: string;
    menu: readonly MenuItemConstructorOptions[] = [];
    menusSet = 0;
    tooltip = '';
    constructor(image: string) {
      super();
      if (options.hasTray === false) throw new Error('no tray');
      this.image = image;
      trays.push(this);
    }
    setToolTip = (text: string) => void (this.tooltip = text);
    setContextMenu = (menu: { template: MenuItemConstructorOptions[] }) => {
      this.menu = menu.template;
      this.menusSet += 1;
    };
  }

  class NotificationStub extends EventEmitter {
    readonly content: { title: string; body: string };
    constructor(content: { title: string; body: string }) {
      super();
      this.content = content;
      notifications.push(this);
    }
    static isSupported = () => true;
    show = () => void calls.push(`notification: ${this.content.title}`);
  }

  const stub = {
    app,
    BrowserWindow: WindowStub,
    clipboard: { writeText: async (text: string) => void calls.push(`clipboard: ${text}`) },
    crashReporter: { start: (given: unknown) => void calls.push(`crash reports: ${JSON.stringify(given)}`) },
    dialog: {
      showErrorBox: (title: string, text: string) => void calls.push(`error box: ${title}: ${text}`),
      showOpenDialog: async () => ({ canceled: false, filePaths: ['/models/picked'] }),
      showMessageBox: async (_parent: unknown, { message }: { message: string }) => {
        calls.push(`asked: ${message}`);
        return { response: options.clicked ?? 2 };
      },
    },
    ipcMain: { handle: (channel: string, handler: IpcHandler) => void ipc.set(channel, handler) },
    Menu: {
      buildFromTemplate: (template: MenuItemConstructorOptions[]) => ({ template }),
      setApplicationMenu: (menu: { template: MenuItemConstructorOptions[] }) => void menus.push(menu.template),
    },
    nativeTheme: { shouldUseDarkColors: true },
    Notification: NotificationStub,
    powerMonitor: new EventEmitter(),
    safeStorage: {
      isAsyncEncryptionAvailable: async () => false,
      getSelectedStorageBackend: () => 'basic_text',
    },
    screen: {
      getPrimaryDisplay: () => ({ id: 1, workArea }),
      getAllDisplays: () => [{ id: 1, workArea }],
    },
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
    Tray: TrayStub,
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the stub has only the parts that the shell touches
  const api = stub as unknown as ElectronApi;
  return { api, app, calls, windows, trays, notifications, menus, ipc, powerMonitor: stub.powerMonitor };
}

/** A running application; `tell` plays its event stream, and what the shell asks for is added to `calls`. */
export function applicationStub(stop: () => Promise<void> = async () => undefined, calls: string[] = []) {
  let links = 0;
  const readers = new Set<(message: UiMessage) => void>();
  const application: Application = {
    addresses: () => ({ restUrl: 'http://127.0.0.1:8501', grpcAddress: undefined }),
    startServing: async () => void calls.push('start serving'),
    stopServing: () => void calls.push('stop serving'),
    uiOrigin: UI,
    issueSignInUrl: () => `${UI}/ui/sign-in?token=${(links += 1)}`,
    servedFolders: () => ['/models/a'],
    follow(onMessage) {
      readers.add(onMessage);
      return () => void readers.delete(onMessage);
    },
    stop,
  };
  return {
    application,
    tell: (message: UiMessage) => {
      for (const reader of readers) reader(message);
    },
  };
}
