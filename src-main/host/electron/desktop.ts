import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type * as Electron from 'electron';
import type { Application } from '../../app/application.ts';
import { APP_COMMANDS, type AppCommandId, type ShellCommandId } from '../../contracts/app-commands.ts';
import type { Logger } from '../../contracts/logger.ts';
import type { ShellOpenRequest } from '../../contracts/shell.ts';
import { createAnnouncer } from './announcer.ts';
import type { Announcement } from './background-news.ts';
import { decideClose, decideStart } from './close-policy.ts';
import type { DesktopPreferences } from './desktop-settings.ts';
import type { JsonFile } from './json-file.ts';
import { openMainWindow, placementOf, restrictSession, type WindowApi, ZOOM } from './main-window.ts';
import { menuTemplate } from './menu-template.ts';
import { createPageChannel } from './page-channel.ts';
import { handlePageRequests } from './page-requests.ts';
import type { Quitter } from './quitter.ts';
import { mayReveal } from './reveal-policy.ts';
import { afterMessage, NOTHING_KNOWN, requestsInFlight } from './serving-overview.ts';
import type { TrayIcon } from './tray.ts';
import { type TrayAction, trayView } from './tray-view.ts';
import { type PlacementBook, placementFor, withPlacement } from './window-placement.ts';

/** The parts of Electron that the running desktop uses. */
export type DesktopApi = WindowApi &
  Pick<typeof Electron, 'app' | 'clipboard' | 'dialog' | 'ipcMain' | 'Menu' | 'Notification' | 'screen' | 'session'>;

export interface DesktopDeps {
  readonly electron: DesktopApi;
  readonly application: Application;
  readonly preferences: DesktopPreferences;
  /** Where the window stood. */
  readonly placements: JsonFile<PlacementBook>;
  /** Makes the icon in the tray. @returns undefined where there is no such thing. */
  readonly createTray: (run: (action: TrayAction) => void) => TrayIcon | undefined;
  /** Whether a hidden window can be brought back: see CloseSituation. */
  readonly canComeBack: () => Promise<boolean>;
  readonly quitter: Quitter;
  readonly preloadPath: string;
  readonly platform: NodeJS.Platform;
  readonly log: Logger;
}

/** Window, menu, tray and notifications of a running application. */
export interface Desktop {
  /** Opens the window as the settings have it for this kind of start. */
  start(situation: { readonly isLoginStart: boolean }): Promise<void>;
  /** Brings the window to the front. */
  show(): void;
  /** As {@link show}, and the page shows this. */
  open(request: ShellOpenRequest): void;
  /** The app ends: the window stays only while there is something to wait for. Never rejects. */
  quitting(): Promise<void>;
}

export function createDesktop(deps: DesktopDeps): Desktop {
  const { electron, application, preferences, placements, quitter, platform, log } = deps;
  let window: Electron.BrowserWindow | undefined;
  let overview = NOTHING_KNOWN;
  let hasRequest = false;
  const channel = createPageChannel((name, message) => openWindow()?.webContents.send(name, message));
  const tray = deps.createTray(runTrayAction);

  restrictSession(electron.session.defaultSession, application.uiOrigin);
  handleRequests();
  const isDevelopment = !electron.app.isPackaged;
  electron.Menu.setApplicationMenu(
    electron.Menu.buildFromTemplate(menuTemplate({ platform, isDevelopment, run: runCommand })),
  );
  const announce = createAnnouncer({
    wanted: () => preferences.stored().notifications,
    isWatched: () => electron.BrowserWindow.getFocusedWindow() !== null,
    show: showNotification,
  });
  tray?.show(trayView(overview));
  application.follow((message) => {
    overview = afterMessage(overview, message);
    tray?.show(trayView(overview));
    announce(message);
  });

  function openWindow(): Electron.BrowserWindow | undefined {
    return window && !window.isDestroyed() ? window : undefined;
  }

  function show(isMinimised = false): void {
    const existing = openWindow();
    if (existing) {
      if (existing.isMinimized()) existing.restore();
      existing.show();
      existing.focus();
      return;
    }
    // While it quits, a window would only be closed again.
    if (quitter.isQuitting) return;
    const opened = openMainWindow(electron, {
      preloadPath: deps.preloadPath,
      uiOrigin: application.uiOrigin,
      issueSignInUrl: () => application.issueSignInUrl(),
      placement: placementFor(placements.current(), displays()),
      isMinimised,
      onPageGone: () => channel.pageGone(),
      log,
    });
    window = opened;
    opened.on('close', (event) => {
      event.preventDefault();
      void rememberPlacement(opened);
      if (quitter.isQuitting) opened.hide();
      else closeWindow(opened);
    });
    // Windows ends the session of the user, and the process soon after.
    opened.on('session-end', () => quitter.quit(SESSION_END_MS));
  }

  /** The first display is the main one. */
  function displays(): readonly Electron.Display[] {
    const main = electron.screen.getPrimaryDisplay();
    return [main, ...electron.screen.getAllDisplays().filter(({ id }) => id !== main.id)];
  }

  async function rememberPlacement(from: Electron.BrowserWindow): Promise<void> {
    const placement = placementOf(from);
    await placements
      .update((book) => withPlacement(book, displays(), placement))
      .catch((error: unknown) => log.warn({ error }, 'the place of the window is not kept'));
  }

  let isClosing = false;
  function closeWindow(closed: Electron.BrowserWindow): void {
    if (isClosing) return;
    isClosing = true;
    void decideAndClose(closed)
      .catch((error: unknown) => log.error({ error }, 'closing the window failed'))
      .finally(() => (isClosing = false));
  }

  async function decideAndClose(closed: Electron.BrowserWindow): Promise<void> {
    const canComeBack = await deps.canComeBack();
    let decision = decideClose({ keepServing: preferences.stored().keepServing, canComeBack });
    if (decision === 'ask') {
      const keepServing = await askWhetherToKeepServing(closed);
      if (keepServing === undefined) return;
      decision = decideClose({ keepServing, canComeBack });
      // What the user said holds now, whether or not it can be kept for the next time.
      await preferences
        .change({ keepServing })
        .catch((error: unknown) => log.warn({ error }, 'the choice for closing the window is not kept'));
    }
    if (decision === 'hide') closed.hide();
    else if (decision === 'minimise') closed.minimize();
    else quitter.quit();
  }

  /** Asked once. @returns undefined when the window is to stay. */
  async function askWhetherToKeepServing(parent: Electron.BrowserWindow): Promise<boolean | undefined> {
    const where = platform === 'darwin' ? 'the Dock and the menu bar' : 'the icon in the tray';
    const { response } = await electron.dialog.showMessageBox(parent, {
      type: 'question',
      title: 'Slipway',
      message: 'Keep serving when the window is closed?',
      detail: `Models stay available, and ${where} bring${platform === 'darwin' ? '' : 's'} the window back. You can change this in Settings.`,
      buttons: ['Keep serving', 'Quit', 'Cancel'],
      defaultId: 0,
      cancelId: 2,
    });
    return response === 2 ? undefined : response === 0;
  }

  function runCommand(id: AppCommandId): void {
    if (isShellCommand(id)) return runShellCommand(id);
    show();
    channel.send('command', id);
  }

  function runShellCommand(id: ShellCommandId): void {
    if (id === 'quit') return quitter.quit();
    const contents = openWindow()?.webContents;
    if (!contents) return;
    const level = contents.getZoomLevel();
    const wanted = { zoomIn: level + ZOOM.step, zoomOut: level - ZOOM.step, zoomReset: 0 }[id];
    contents.setZoomLevel(Math.min(ZOOM.max, Math.max(ZOOM.min, wanted)));
  }

  function runTrayAction(action: TrayAction): void {
    switch (action.kind) {
      case 'open':
        return show();
      case 'openModel':
        return open({ kind: 'model', isOwn: true, name: action.name });
      case 'copyUrl':
        return void electron.clipboard
          .writeText(application.addresses().restUrl)
          .catch((error: unknown) => log.warn({ error }, 'the clipboard cannot be written'));
      case 'startServing':
        return void application
          .startServing()
          .catch((error: unknown) => log.error({ error }, 'serving cannot be started'));
      case 'stopServing':
        return application.stopServing();
      case 'quit':
        return quitter.quit();
      case 'quitNow':
        return quitter.quitNow();
      default:
        return action satisfies never;
    }
  }

  function open(request: ShellOpenRequest): void {
    hasRequest = true;
    channel.send('open', request);
    show();
  }

  /** Kept until they are closed: what is collected as garbage is not clicked any more. */
  const notifications = new Set<Electron.Notification>();
  function showNotification({ title, body, model, version }: Announcement): void {
    if (!electron.Notification.isSupported()) return;
    const notification = new electron.Notification({ title, body });
    notifications.add(notification);
    notification.once('close', () => notifications.delete(notification));
    notification.once('click', () => {
      notifications.delete(notification);
      if (model === undefined) show();
      else open({ kind: 'model', isOwn: true, name: model, ...(version !== undefined && { version }) });
    });
    notification.show();
  }

  function handleRequests(): void {
    handlePageRequests(electron.ipcMain, application.uiOrigin, {
      async pickFolder() {
        const picked = await electron.dialog.showOpenDialog({
          title: 'Choose a model folder',
          properties: ['openDirectory'],
          // Without it the dialog opens in Downloads.
          defaultPath: electron.app.getPath('home'),
        });
        return picked.filePaths[0];
      },
      async revealInFolder({ path }) {
        if (!mayReveal(path, application.servedFolders(), platform)) throw new Error('that folder is not served');
        electron.shell.showItemInFolder(path);
      },
      runCommand: async ({ id }) => runShellCommand(id),
      // It is for somebody who sees that the app waits; before that, the app has not tried to wait yet.
      quitNow: async () => (quitter.isQuitting ? quitter.quitNow() : quitter.quit()),
      desktop: () => preferences.view(),
      changeDesktop: (change) => preferences.change(change),
      listen: async ({ name }) => channel.listening(name),
    });
  }

  return {
    async start({ isLoginStart }) {
      const { startHidden } = preferences.stored();
      const canComeBack = startHidden && isLoginStart && (await becomesTrue(deps.canComeBack));
      const decision = decideStart({ startHidden, isLoginStart, canComeBack, hasRequest });
      if (decision !== 'hide') show(decision === 'minimise');
    },
    show,
    open,
    async quitting() {
      const last = openWindow();
      if (!last) return;
      const remembered = rememberPlacement(last);
      // The page says what it waits for, and offers not to.
      if (requestsInFlight(overview) === 0) last.hide();
      await remembered;
    },
  };
}

/** The system waits only so long for programs that are to end with it. */
export const SESSION_END_MS = 3000;

/** At login the panel that shows trays may start after the app. */
const TRAY_WAIT = { attempts: 20, pauseMs: 500 };

async function becomesTrue(check: () => Promise<boolean>): Promise<boolean> {
  for (let attempt = 1; attempt < TRAY_WAIT.attempts; attempt += 1) {
    if (await check()) return true;
    await sleep(TRAY_WAIT.pauseMs);
  }
  return check();
}

function isShellCommand(id: AppCommandId): id is ShellCommandId {
  return APP_COMMANDS[id].runsIn === 'shell';
}

/** The icon for the tray of a system. On a Mac the name tells it to recolour the icon. */
export function trayIconPath(iconsDirectory: string, platform: NodeJS.Platform): string {
  if (platform === 'darwin') return join(iconsDirectory, 'trayTemplate.png');
  return join(iconsDirectory, platform === 'win32' ? 'tray.ico' : 'tray.png');
}
