import type * as Electron from 'electron';
import type { z } from 'zod';
import type { Application } from '../../app/application.ts';
import type { Logger } from '../../contracts/logger.ts';
import { asServingError } from '../../contracts/serving-error.ts';
import { SHELL_CHANNEL_PREFIX, type ShellRequestName } from '../../contracts/shell.ts';
import { decideNavigation, decideNewWindow } from './navigation-policy.ts';
import { isPermissionAllowed } from './permission-policy.ts';
import { mayReveal } from './reveal-policy.ts';
import { SHELL_REQUESTS } from './shell-requests.ts';

/** The parts of Electron that the shell uses. */
export type ElectronApi = Pick<
  typeof Electron,
  'app' | 'BrowserWindow' | 'dialog' | 'ipcMain' | 'nativeTheme' | 'Notification' | 'session' | 'shell'
>;

export interface ShellDependencies {
  readonly electron: ElectronApi;
  /** Starts the application; rejects with a ServingError whose message is fit for the user. */
  readonly startApplication: () => Promise<Application>;
  readonly preloadPath: string;
  readonly platform: NodeJS.Platform;
  readonly log: Logger;
}

/** Colours of the window before the page is drawn, so that nothing flashes. They equal the page's own backgrounds. */
const BACKGROUND = { light: '#ffffff', dark: '#0f1115' };

/**
 * Runs the desktop shell: one instance, one window on the user interface, and a quit that drains first.
 * A second instance hands over to the first and ends.
 */
export async function runShell({
  electron,
  startApplication,
  preloadPath,
  platform,
  log,
}: ShellDependencies): Promise<void> {
  const { app, dialog } = electron;
  // Before anything else, so that a second instance never touches ports or settings.
  if (!app.requestSingleInstanceLock()) {
    app.exit(0);
    return;
  }

  let window: Electron.BrowserWindow | undefined;
  let application: Application | undefined;
  let quitting = false;

  function showWindow(): void {
    if (!application || quitting) return;
    if (window && !window.isDestroyed()) {
      if (window.isMinimized()) window.restore();
      window.show();
      window.focus();
      return;
    }
    window = openWindow(electron, application, preloadPath, log);
  }

  app.on('second-instance', showWindow);
  app.on('activate', showWindow);
  app.on('window-all-closed', () => {
    if (platform !== 'darwin') app.quit();
  });
  app.on('before-quit', (event) => {
    // Timers may stop once quitting has begun, so all waiting happens before the exit.
    event.preventDefault();
    if (quitting) return;
    quitting = true;
    for (const open of electron.BrowserWindow.getAllWindows()) open.hide();
    void (application?.stop() ?? Promise.resolve())
      .catch((error: unknown) => log.error({ error }, 'stopping failed'))
      .finally(() => app.exit(0));
  });
  // The sandbox is on for every window, whatever options it is made with.
  app.enableSandbox();

  await app.whenReady();
  try {
    application = await startApplication();
  } catch (error) {
    log.error({ error }, 'start failed');
    dialog.showErrorBox('Slipway cannot start', asServingError(error).message);
    app.exit(1);
    return;
  }
  // A quit that came while the application was starting has had nothing to stop yet.
  if (quitting) {
    await application.stop();
    return;
  }
  restrictSession(electron, application.uiOrigin);
  handleRequests(electron, application, platform);
  showWindow();
}

function openWindow(
  electron: ElectronApi,
  application: Application,
  preloadPath: string,
  log: Logger,
): Electron.BrowserWindow {
  const window = new electron.BrowserWindow({
    width: 1280,
    height: 840,
    minWidth: 480,
    minHeight: 400,
    show: false,
    title: 'Slipway',
    backgroundColor: electron.nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
    autoHideMenuBar: true,
    webPreferences: {
      preload: preloadPath,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
    },
  });
  window.once('ready-to-show', () => window.show());
  const { webContents } = window;
  webContents.setWindowOpenHandler(({ url }) => {
    if (decideNewWindow(url, application.uiOrigin) === 'openInBrowser') void electron.shell.openExternal(url);
    return { action: 'deny' };
  });
  webContents.on('will-navigate', (details) => {
    const decision = decideNavigation(details.url, application.uiOrigin);
    if (decision === 'allow') return;
    details.preventDefault();
    if (decision === 'openInBrowser') void electron.shell.openExternal(details.url);
  });
  webContents.on('will-attach-webview', (event) => event.preventDefault());
  let reloaded = false;
  webContents.on('render-process-gone', (_event, details) => {
    log.error({ reason: details.reason, exitCode: details.exitCode }, 'page process is gone');
    // Once only: a page that crashes each time must not spin.
    if (!reloaded) {
      reloaded = true;
      void window.loadURL(application.issueSignInUrl());
    }
  });
  void window
    .loadURL(application.issueSignInUrl())
    .catch((error: unknown) => log.error({ error }, 'page did not load'));
  return window;
}

function restrictSession({ session }: ElectronApi, uiOrigin: string): void {
  session.defaultSession.setPermissionRequestHandler((_contents, permission, callback, details) => {
    callback(isPermissionAllowed(permission, details.requestingUrl, uiOrigin));
  });
  session.defaultSession.setPermissionCheckHandler((_contents, permission, requestingOrigin) =>
    isPermissionAllowed(permission, requestingOrigin, uiOrigin),
  );
}

function handleRequests(electron: ElectronApi, application: Application, platform: NodeJS.Platform): void {
  /** The one place where the page's requests come in: the sender is checked and the argument parsed. */
  function handle<S extends z.ZodType>(
    name: ShellRequestName,
    schema: S,
    answer: (request: z.infer<S>) => Promise<unknown>,
  ): void {
    electron.ipcMain.handle(`${SHELL_CHANNEL_PREFIX}${name}`, async (event, argument: unknown) => {
      const sender = event.senderFrame?.url;
      if (sender === undefined || new URL(sender).origin !== application.uiOrigin) {
        throw new Error('request from a foreign page');
      }
      return answer(schema.parse(argument));
    });
  }

  handle('pickFolder', SHELL_REQUESTS.pickFolder, async () => {
    const picked = await electron.dialog.showOpenDialog({
      title: 'Choose a model folder',
      properties: ['openDirectory'],
      // Without it the dialog opens in Downloads.
      defaultPath: electron.app.getPath('home'),
    });
    return picked.filePaths[0];
  });
  handle('revealInFolder', SHELL_REQUESTS.revealInFolder, async ({ path }) => {
    if (!mayReveal(path, application.servedFolders(), platform)) throw new Error('that folder is not served');
    electron.shell.showItemInFolder(path);
  });
  handle('notify', SHELL_REQUESTS.notify, async ({ title, body }) => {
    if (electron.Notification.isSupported()) new electron.Notification({ title, body }).show();
  });
}
