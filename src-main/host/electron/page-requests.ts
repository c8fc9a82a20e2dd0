import type { IpcMainInvokeEvent } from 'electron';
import { SHELL_CHANNEL_PREFIX, type ShellRequestName } from '../../contracts/shell.ts';
import { SHELL_REQUESTS, type ShellRequest } from './shell-requests.ts';

/** What the shell does for each request of the page. */
export type PageRequestHandlers = {
  readonly [Name in ShellRequestName]: (this: void, request: ShellRequest<Name>) => Promise<unknown>;
};

/** The one function of Electron's `ipcMain` that is used. */
export interface IpcHandling {
  handle(
    channel: string,
    listener: (event: Pick<IpcMainInvokeEvent, 'senderFrame'>, argument: unknown) => Promise<unknown>,
  ): void;
}

/** The one place where the page's requests come in: the sender is checked and the argument parsed. */
export function handlePageRequests(ipc: IpcHandling, uiOrigin: string, handlers: PageRequestHandlers): void {
  function handle<Name extends ShellRequestName>(name: Name, answer: PageRequestHandlers[Name]): void {
    ipc.handle(`${SHELL_CHANNEL_PREFIX}${name}`, async (event, argument) => {
      const sender = event.senderFrame?.url;
      if (sender === undefined || !URL.canParse(sender) || new URL(sender).origin !== uiOrigin) {
        throw new Error('request from a foreign page');
      }
      return answer(SCHEMAS[name].parse(argument));
    });
  }

  handle('pickFolder', handlers.pickFolder);
  handle('revealInFolder', handlers.revealInFolder);
  handle('runCommand', handlers.runCommand);
  handle('quitNow', handlers.quitNow);
  handle('desktop', handlers.desktop);
  handle('changeDesktop', handlers.changeDesktop);
  handle('listen', handlers.listen);
}

const SCHEMAS: { readonly [Name in ShellRequestName]: { parse(argument: unknown): ShellRequest<Name> } } =
  SHELL_REQUESTS;
