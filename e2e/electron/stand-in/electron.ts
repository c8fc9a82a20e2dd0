/**
 * The parts of Electron that the built desktop app touches, in a plain Node process: what they are asked to do goes to the
 * parent process as `{ call, value }`. Utility processes are child processes.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter } from 'node:events';

function tell(call: string, value: unknown = null): void {
  process.send?.({ call, value });
}
const nothing = (): void => undefined;

const display = { id: 1, workArea: { x: 0, y: 0, width: 1920, height: 1080 } };

export const app = Object.assign(new EventEmitter(), {
  isPackaged: false,
  requestSingleInstanceLock: () => {
    tell('lock');
    return true;
  },
  exit: (code: number) => process.exit(code),
  whenReady: async () => undefined,
  setPath: (name: string, path: string) => tell('setPath', [name, path]),
  enableSandbox: nothing,
  setAppUserModelId: nothing,
});

export class BrowserWindow extends EventEmitter {
  readonly webContents = Object.assign(new EventEmitter(), { setWindowOpenHandler: nothing, send: nothing });
  static getFocusedWindow = (): null => null;
  loadURL = async (url: string): Promise<void> => tell('loadURL', url);
  isDestroyed = (): boolean => false;
  isMaximized = (): boolean => false;
  getNormalBounds = (): object => ({ ...display.workArea });
  hide = nothing;
}

export class Tray extends EventEmitter {
  setToolTip = nothing;
  setContextMenu = (menu: readonly { readonly label?: string }[]): void =>
    tell(
      'tray',
      menu.map(({ label = '' }) => label),
    );
}

export class Notification extends EventEmitter {
  static isSupported = (): boolean => false;
}

export const utilityProcess = {
  fork: (entry: string, args: string[], options: { env: NodeJS.ProcessEnv; execArgv: string[] }): ChildProcess =>
    fork(entry, args, { env: options.env, execArgv: options.execArgv, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] }),
};

export const clipboard = {};
export const crashReporter = { start: nothing };
export const dialog = { showErrorBox: (title: string, text: string) => tell('error', `${title}: ${text}`) };
export const ipcMain = { handle: nothing };
export const Menu = { buildFromTemplate: (template: unknown): unknown => template, setApplicationMenu: nothing };
export const nativeTheme = { shouldUseDarkColors: false };
export const powerMonitor = new EventEmitter();
export const safeStorage = { isAsyncEncryptionAvailable: async () => false };
export const screen = { getPrimaryDisplay: () => display, getAllDisplays: () => [display] };
export const session = {
  defaultSession: { setPermissionRequestHandler: nothing, setPermissionCheckHandler: nothing },
};
export const shell = {};
