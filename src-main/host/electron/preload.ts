import { contextBridge, ipcRenderer, webUtils } from 'electron';
import {
  SHELL_CHANNEL_PREFIX,
  type DesktopView,
  type ShellBridge,
  type ShellMessageName,
  type ShellMessages,
  type ShellRequestName,
} from '../../contracts/shell.ts';

/** The main process is the other half of this very build, so what it answers is of the type that is asked for. */
function ask<Answer = void>(name: ShellRequestName, request: object): Promise<Answer> {
  return ipcRenderer.invoke(`${SHELL_CHANNEL_PREFIX}${name}`, request);
}

function listen<Name extends ShellMessageName>(name: Name, callback: (message: ShellMessages[Name]) => void) {
  const channel = `${SHELL_CHANNEL_PREFIX}on:${name}`;
  const listener = (_event: unknown, message: ShellMessages[Name]): void => callback(message);
  ipcRenderer.on(channel, listener);
  // What came while nobody listened is kept in the main process until it hears this.
  void ask('listen', { name });
  return () => void ipcRenderer.off(channel, listener);
}

/** The page gets these named functions and nothing else of Electron or Node. */
const bridge: ShellBridge = {
  pickFolder: () => ask<string | undefined>('pickFolder', {}),
  pathsOfDroppedFiles: (files) =>
    files
      .filter((file) => file instanceof File)
      .map((file) => webUtils.getPathForFile(file))
      .filter((path) => path !== ''),
  revealInFolder: (path) => ask('revealInFolder', { path }),
  runCommand: (id) => ask('runCommand', { id }),
  quitNow: () => ask('quitNow', {}),
  desktop: () => ask<DesktopView>('desktop', {}),
  changeDesktop: (change) => ask<DesktopView>('changeDesktop', change),
  onCommand: (callback) => listen('command', callback),
  onOpen: (callback) => listen('open', callback),
};

contextBridge.exposeInMainWorld('slipway', bridge);
