import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { SHELL_CHANNEL_PREFIX, type ShellBridge, type ShellRequestName } from '../../contracts/shell.ts';

function ask(name: ShellRequestName, request: object): Promise<unknown> {
  return ipcRenderer.invoke(`${SHELL_CHANNEL_PREFIX}${name}`, request);
}

/** The page gets these named functions and nothing else of Electron or Node. */
const bridge: ShellBridge = {
  async pickFolder() {
    const picked = await ask('pickFolder', {});
    return typeof picked === 'string' ? picked : undefined;
  },
  pathsOfDroppedFiles: (files) =>
    files
      .filter((file) => file instanceof File)
      .map((file) => webUtils.getPathForFile(file))
      .filter((path) => path !== ''),
  async revealInFolder(path) {
    await ask('revealInFolder', { path });
  },
  async notify(notification) {
    await ask('notify', notification);
  },
};

contextBridge.exposeInMainWorld('slipway', bridge);
