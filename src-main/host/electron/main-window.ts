import type * as Electron from 'electron';
import type { Logger } from '../../contracts/logger.ts';
import { decideNavigation, decideNewWindow } from './navigation-policy.ts';
import { isPermissionAllowed } from './permission-policy.ts';
import { DEFAULT_SIZE, MINIMUM_SIZE, type Placement } from './window-placement.ts';

/** Colours of the window before the page is drawn, so that nothing flashes. They equal the page's own backgrounds. */
const BACKGROUND = { light: '#ffffff', dark: '#0f1115' };

/** The parts of Electron that a window needs. */
export type WindowApi = Pick<typeof Electron, 'BrowserWindow' | 'nativeTheme' | 'shell'>;

export interface MainWindowOptions {
  readonly preloadPath: string;
  readonly uiOrigin: string;
  /** A fresh link that signs the page in. */
  readonly issueSignInUrl: () => string;
  /** Where to open; undefined leaves it to the system. */
  readonly placement: Placement | undefined;
  readonly isMinimised: boolean;
  /** The page that is there goes, because another is loaded. */
  readonly onPageGone: () => void;
  readonly log: Logger;
}

/** Opens a window on the user interface, which can go nowhere else. */
export function openMainWindow(electron: WindowApi, options: MainWindowOptions): Electron.BrowserWindow {
  const { placement, uiOrigin, log } = options;
  const window = new electron.BrowserWindow({
    ...(placement?.bounds ?? DEFAULT_SIZE),
    minWidth: MINIMUM_SIZE.width,
    minHeight: MINIMUM_SIZE.height,
    show: false,
    title: 'Slipway',
    backgroundColor: electron.nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
    autoHideMenuBar: true,
    webPreferences: {
      preload: options.preloadPath,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
    },
  });
  window.once('ready-to-show', () => {
    if (options.isMinimised) return window.minimize();
    // Before it is shown, or it would be seen to grow.
    if (placement?.isMaximised) window.maximize();
    window.show();
  });
  const { webContents } = window;
  webContents.setWindowOpenHandler(({ url }) => {
    if (decideNewWindow(url, uiOrigin) === 'openInBrowser') void electron.shell.openExternal(url);
    return { action: 'deny' };
  });
  webContents.on('will-navigate', (details) => {
    const decision = decideNavigation(details.url, uiOrigin);
    if (decision === 'allow') return;
    details.preventDefault();
    if (decision === 'openInBrowser') void electron.shell.openExternal(details.url);
  });
  webContents.on('did-start-navigation', (details) => {
    if (details.isMainFrame && !details.isSameDocument) options.onPageGone();
  });
  webContents.on('will-attach-webview', (event) => event.preventDefault());

  function load(): void {
    void window.loadURL(options.issueSignInUrl()).catch((error: unknown) => log.error({ error }, 'page did not load'));
  }
  let isReloaded = false;
  webContents.on('render-process-gone', (_event, details) => {
    log.error({ reason: details.reason, exitCode: details.exitCode }, 'page process is gone');
    options.onPageGone();
    // Once only: a page that crashes each time must not spin.
    if (isReloaded) return;
    isReloaded = true;
    load();
  });
  load();
  return window;
}

/** Where the window stands now. */
export function placementOf(window: Electron.BrowserWindow): Placement {
  return { bounds: window.getNormalBounds(), isMaximised: window.isMaximized() };
}

/** Steps of the zoom, as Chromium counts them: each is a factor of 1.2. */
export const ZOOM = { step: 0.5, min: -3, max: 4 };

/** Pages get the permissions that they need and no others. */
export function restrictSession(session: Electron.Session, uiOrigin: string): void {
  session.setPermissionRequestHandler((_contents, permission, callback, details) => {
    callback(isPermissionAllowed(permission, details.requestingUrl, uiOrigin));
  });
  session.setPermissionCheckHandler((_contents, permission, requestingOrigin) =>
    isPermissionAllowed(permission, requestingOrigin, uiOrigin),
  );
}
