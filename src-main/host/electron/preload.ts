import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { SHELL_CHANNEL_PREFIX, type ShellNotification, type ShellRequestName } from '../../contracts/shell.ts';

function ask(name: ShellRequestName, request: object): Promise<unknown> {
  return ipcRenderer.invoke(`${SHELL_CHANNEL_PREFIX}${name}`, request);
}

/** The page gets these named functions and nothing else of Electron or Node. */
const bridge = {
  async pickFolder(): Promise<string | undefined> {
    const picked = await ask('pickFolder', {});
    return typeof picked === 'string' ? picked : undefined;
  },
  pathsOfDroppedFiles: (files: readonly unknown[]): string[] =>
    files
      .filter((file) => file instanceof File)
      .map((file) => webUtils.getPathForFile(file))
      .filter((path) => path !== ''),
  async revealInFolder(path: string): Promise<void> {
    await ask('revealInFolder', { path });
  },
  async notify(notification: ShellNotification): Promise<void> {
    await ask('notify', notification);
  },
};

contextBridge.exposeInMainWorld('slipway', bridge);
