import { join } from 'node:path';
import type * as Electron from 'electron';
import { z } from 'zod';
import type { Application } from '../../app/application.ts';
import type { Logger } from '../../contracts/logger.ts';
import type { SecretStore } from '../../contracts/secret-store.ts';
import { asServingError } from '../../contracts/serving-error.ts';
import type { ShellOpenRequest } from '../../contracts/shell.ts';
import { createDesktop, type Desktop, type DesktopApi, SESSION_END_MS, trayIconPath } from './desktop.ts';
import { createDesktopPreferences, DEFAULT_DESKTOP_SETTINGS, StoredDesktopSettings } from './desktop-settings.ts';
import { openJsonFile } from './json-file.ts';
import { createLoginItem, LOGIN_START_FLAG } from './login-item.ts';
import { fileRequest, LINK_SCHEME, openRequestOf, parseLink } from './open-request.ts';
import { createQuitter } from './quitter.ts';
import { openSecretStore } from './secret-store.ts';
import type { SessionBus } from './session-bus.ts';
import { isTrayShown } from './tray-host.ts';
import { createTrayIcon, type TrayIcon } from './tray.ts';
import type { TrayAction } from './tray-view.ts';
import { PlacementBook } from './window-placement.ts';

/** The parts of Electron that the shell uses. */
export type ElectronApi = DesktopApi & Pick<typeof Electron, 'crashReporter' | 'powerMonitor' | 'safeStorage' | 'Tray'>;

/** The process that the shell runs in. */
export interface ShellProcess {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  readonly pid: number;
  readonly execPath: string;
  readonly argv: readonly string[];
  readonly workingDirectory: string;
  /** Calls back when the system asks the process to end. */
  readonly onEndSignal: (listener: () => void) => void;
  /** Ends the process by force, where a thread that waits for a drive that is gone would hold up its exit. */
  readonly endIfHeldUp: () => void;
}

export interface ShellDependencies {
  readonly electron: ElectronApi;
  /** Starts the application; rejects with a ServingError whose message is fit for the user. */
  readonly startApplication: (secrets: SecretStore) => Promise<Application>;
  /** Absolute paths: of the built preload script, the icons, and the folder of settings. */
  readonly preloadPath: string;
  readonly iconsDirectory: string;
  readonly dataDirectory: string;
  readonly process: ShellProcess;
  readonly bus: SessionBus;
  readonly log: Logger;
}

/** What a second instance hands over. Chromium puts the words of the command line into an order of its own. */
const Handover = z.object({ argv: z.array(z.string()), workingDirectory: z.string() });
type Handover = z.infer<typeof Handover>;

/**
 * Runs the desktop shell: one instance, a window on the user interface, a tray where there is one, and a quit that drains
 * first. A second instance hands over to the first and ends.
 */
export async function runShell(deps: ShellDependencies): Promise<void> {
  const { electron, log } = deps;
  const { platform, argv, workingDirectory } = deps.process;
  const { app } = electron;
  // Before anything else, so that a second instance never touches ports or settings.
  if (!app.requestSingleInstanceLock({ argv: [...argv], workingDirectory } satisfies Handover)) {
    app.exit(0);
    return;
  }
  electron.crashReporter.start({ uploadToServer: false });
  // The sandbox is on for every window, whatever options it is made with.
  app.enableSandbox();

  let application: Application | undefined;
  let desktop: Desktop | undefined;
  /** What is to be opened as soon as there is a window. */
  let waiting = openRequestOf(argv, workingDirectory, platform);
  const quitter = createQuitter({
    stop: () => application?.stop() ?? Promise.resolve(),
    exit() {
      deps.process.endIfHeldUp();
      app.exit(0);
    },
    onQuitting: async () => desktop?.quitting(),
    log,
  });

  function open(request: ShellOpenRequest | undefined): void {
    if (!desktop) waiting = request ?? waiting;
    else if (request) desktop.open(request);
    else desktop.show();
  }

  app.on('second-instance', (_event, _argv, _directory, data) => {
    const handover = Handover.safeParse(data);
    open(handover.success ? openRequestOf(handover.data.argv, handover.data.workingDirectory, platform) : undefined);
  });
  // macOS has events for what others get on their command line.
  app.on('open-url', (event, url) => {
    event.preventDefault();
    open(parseLink(url));
  });
  app.on('open-file', (event, path) => {
    event.preventDefault();
    open(fileRequest(path, workingDirectory, platform));
  });
  app.on('activate', () => desktop?.show());
  // The window decides what its end means: see close-policy.ts.
  app.on('window-all-closed', () => undefined);
  app.on('child-process-gone', (_event, { type, reason, exitCode, name }) => {
    log.error({ type, reason, exitCode, name }, 'a process is gone');
  });
  app.on('before-quit', (event) => {
    // Timers may stop once quitting has begun, so all waiting happens before the exit.
    event.preventDefault();
    quitter.quit();
  });
  deps.process.onEndSignal(() => quitter.quit(SESSION_END_MS));

  async function start(): Promise<void> {
    // An installed app only: otherwise links would open the bare Electron of a checkout.
    if (app.isPackaged) app.setAsDefaultProtocolClient(LINK_SCHEME);
    electron.powerMonitor.on('shutdown', () => quitter.quit(SESSION_END_MS));
    const { dataDirectory } = deps;
    const secrets = await openSecretStore(join(dataDirectory, 'secrets.json'), electron.safeStorage, platform, log);
    try {
      application = await deps.startApplication(secrets);
    } catch (error) {
      log.error({ error }, 'start failed');
      electron.dialog.showErrorBox('Slipway cannot start', asServingError(error).message);
      app.exit(1);
      return;
    }
    // A quit that came while the application was starting has had nothing to stop yet.
    if (quitter.isQuitting) {
      await application.stop();
      return;
    }

    let tray: TrayIcon | undefined;
    const canComeBack = async (): Promise<boolean> => {
      if (platform === 'darwin') return true;
      return tray !== undefined && (platform !== 'linux' || isTrayShown(deps.bus, deps.process.pid));
    };
    desktop = createDesktop({
      electron,
      application,
      preferences: createDesktopPreferences({
        file: await openJsonFile(
          join(dataDirectory, 'desktop.json'),
          StoredDesktopSettings,
          DEFAULT_DESKTOP_SETTINGS,
          log,
        ),
        loginItem: createLoginItem({ app, ...deps.process, program: deps.process.execPath }),
        canComeBack,
      }),
      placements: await openJsonFile(join(dataDirectory, 'state.json'), PlacementBook, {}, log),
      createTray: (run) => (tray = createTray(deps, run)),
      canComeBack,
      quitter,
      preloadPath: deps.preloadPath,
      platform,
      log,
    });
    if (waiting) desktop.open(waiting);
    await desktop.start({ isLoginStart: isLoginStart(deps) });
  }

  await app.whenReady();
  await start();
}

function createTray(
  { electron, iconsDirectory, process: { platform }, log }: ShellDependencies,
  run: (action: TrayAction) => void,
): TrayIcon | undefined {
  try {
    return createTrayIcon({
      createTray: () => new electron.Tray(trayIconPath(iconsDirectory, platform)),
      menuOf: (template) => electron.Menu.buildFromTemplate(template),
      run,
      platform,
    });
  } catch (error) {
    log.warn({ error }, 'there is no icon in the tray');
    return undefined;
  }
}

function isLoginStart({ electron, process: { platform, argv } }: ShellDependencies): boolean {
  if (platform === 'darwin') return electron.app.getLoginItemSettings().wasOpenedAtLogin;
  return argv.includes(LOGIN_START_FLAG);
}
