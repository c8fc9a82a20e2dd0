import { mkdir, readFile, rm } from 'node:fs/promises';
import { posix } from 'node:path';
import type { App } from 'electron';
import { defaultDataDirectory } from '../../app/data-directory.ts';
import { replaceFile } from '../../app/replace-file.ts';
import { isNotFound } from './json-file.ts';

/** The flag with which the system starts the app at login. */
export const LOGIN_START_FLAG = '--at-login';

export interface LoginItemState {
  readonly isOn: boolean;
  /** Set where it cannot be switched, with the reason in words. */
  readonly problem?: string;
}

/** Whether the system starts the app at login: what the system says, never what was once asked of it. */
export interface LoginItem {
  read(): Promise<LoginItemState>;
  /** @throws Error when the system does not take it. */
  set(isOn: boolean): Promise<void>;
}

export interface LoginItemOptions {
  readonly app: Pick<App, 'getLoginItemSettings' | 'setLoginItemSettings' | 'isPackaged'>;
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  /** Absolute path of the running program. */
  readonly program: string;
}

/** By the system's own way on macOS and Windows, by a file of ours on Linux. */
export function createLoginItem(options: LoginItemOptions): LoginItem {
  const { app, platform } = options;
  if (!app.isPackaged) {
    const problem = 'Only the installed app can start at login.';
    return {
      read: () => Promise.resolve({ isOn: false, problem }),
      set: () => Promise.reject(new Error(problem)),
    };
  }
  return platform === 'linux' ? autostartFile(options) : systemLoginItem(app, platform);
}

function systemLoginItem(app: LoginItemOptions['app'], platform: NodeJS.Platform): LoginItem {
  // Windows compares the arguments, and macOS has none.
  const args = platform === 'win32' ? { args: [LOGIN_START_FLAG] } : {};
  return {
    read() {
      const { openAtLogin, executableWillLaunchAtLogin, status } = app.getLoginItemSettings(args);
      const isOn = platform === 'win32' ? executableWillLaunchAtLogin : openAtLogin;
      const problem =
        platform === 'darwin' && status === 'requires-approval'
          ? 'Allow Slipway in System Settings, General, Login Items.'
          : undefined;
      return Promise.resolve({ isOn, ...(problem !== undefined && { problem }) });
    },
    set(isOn) {
      app.setLoginItemSettings({ openAtLogin: isOn, ...args });
      return Promise.resolve();
    },
  };
}

/** Source: the Desktop Application Autostart Specification of freedesktop.org. */
function autostartFile({ env, homeDirectory, program }: LoginItemOptions): LoginItem {
  const dataDirectory = defaultDataDirectory({ platform: 'linux', env, homeDirectory });
  const path = posix.join(posix.dirname(dataDirectory), 'autostart', 'slipway.desktop');
  // The program inside a mounted AppImage is at another place each time; this variable names the image.
  const command = env['APPIMAGE'] ?? program;
  return {
    async read() {
      try {
        return { isOn: isEnabled(await readFile(path, 'utf8')) };
      } catch (error) {
        if (isNotFound(error)) return { isOn: false };
        return { isOn: false, problem: 'The autostart file cannot be read.' };
      }
    },
    async set(isOn) {
      if (!isOn) return rm(path, { force: true });
      await mkdir(posix.dirname(path), { recursive: true });
      await replaceFile(path, autostartEntry(command));
    },
  };
}

function autostartEntry(command: string): string {
  return [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Slipway',
    'Comment=Serve machine-learning models on this computer',
    `Exec=${execWord(command)} ${LOGIN_START_FLAG}`,
    'Icon=slipway',
    'Terminal=false',
    'X-GNOME-Autostart-enabled=true',
    '',
  ].join('\n');
}

/**
 * A word of an `Exec` line: quoted as the Desktop Entry Specification wants it, then escaped once more as each string of
 * such a file is.
 */
export function execWord(word: string): string {
  const quoted = `"${word.replaceAll(/["`$\\]/gu, String.raw`\$&`)}"`;
  return quoted.replaceAll('\\', String.raw`\\`).replaceAll('%', '%%');
}

/** Whoever switches it off in the desktop's own settings does so by one of these lines. */
function isEnabled(entry: string): boolean {
  return !/^\s*(?:Hidden\s*=\s*true|X-GNOME-Autostart-enabled\s*=\s*false)\s*$/mu.test(entry);
}
