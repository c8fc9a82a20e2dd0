/**
 * What the desktop shell offers to the page beyond what a browser tab can do. No schema stands here, so that the preload
 * script, which every page load runs, stays small; the main process parses each request (host/electron/shell-requests.ts).
 */
import type { AppCommandId, ShellCommandId } from './app-commands.ts';

/** Prefix of the IPC channels between the preload script and the main process. */
export const SHELL_CHANNEL_PREFIX = 'slipway:';

/** Names of the channels on which the page asks. */
export type ShellRequestName =
  'pickFolder' | 'revealInFolder' | 'runCommand' | 'quitNow' | 'desktop' | 'changeDesktop' | 'listen';

/** What the shell tells the page, by the channel it comes on. */
export interface ShellMessages {
  readonly command: AppCommandId;
  readonly open: ShellOpenRequest;
}
export type ShellMessageName = keyof ShellMessages;

/**
 * Something that the user wants to see, from outside the page. `isOwn` is false for a link, which anybody may have
 * written: the page then says what it would do and where it comes from, and does it only when the user agrees.
 */
export type ShellOpenRequest =
  /** A model, or one of its versions. The model need not exist. */
  | { readonly kind: 'model'; readonly isOwn: boolean; readonly name: string; readonly version?: string }
  /** A place to add models from, as the add dialog takes it: an absolute path or the URI of a store. */
  | { readonly kind: 'add'; readonly isOwn: boolean; readonly uri: string }
  /** A model file that was opened in the file manager: to be tried out, which means to add it first. */
  | { readonly kind: 'file'; readonly isOwn: true; readonly path: string };

/** Which background events are worth a message of the operating system. */
export interface DesktopNotifications {
  readonly versionAvailable: boolean;
  readonly loadFailed: boolean;
  readonly sourceFailing: boolean;
  /** The computer went into another network than the one that models are exposed to. */
  readonly exposurePaused: boolean;
}

/** What the user chose for the desktop app; each switch stands alone. */
export interface DesktopSettings {
  readonly startAtLogin: boolean;
  /** Whether closing the window leaves the server running; undefined until the user was asked. */
  readonly keepServing?: boolean;
  /** Whether a start at login opens no window. */
  readonly startHidden: boolean;
  readonly notifications: DesktopNotifications;
}

/** The settings as they are in fact, and what this system can do. */
export interface DesktopView extends DesktopSettings {
  /** Set where starting at login cannot be switched, with the reason in words. */
  readonly startAtLoginProblem?: string;
  /** Set where there is no tray, so that closing the window can at most minimise it. */
  readonly trayProblem?: string;
}

/** A change of some of the settings; what is left out stays. */
export interface DesktopChange {
  readonly startAtLogin?: boolean | undefined;
  readonly keepServing?: boolean | undefined;
  readonly startHidden?: boolean | undefined;
  readonly notifications?: { readonly [Kind in keyof DesktopNotifications]?: boolean | undefined } | undefined;
}

/**
 * What the preload script puts on the page as `window.slipway`; absent in a browser.
 * Promises reject with the message of the main process.
 */
export interface ShellBridge {
  /** Asks the user for a folder; undefined when the dialog was cancelled. */
  pickFolder(): Promise<string | undefined>;
  /** Absolute paths of files and folders dropped on the page (the items of a `FileList`). */
  pathsOfDroppedFiles(files: readonly object[]): readonly string[];
  /** Shows a served model's folder in the system's file manager. */
  revealInFolder(path: string): Promise<void>;
  /** Runs one of the commands that are the shell's: see `AppCommand.runsIn`. */
  runCommand(id: ShellCommandId): Promise<void>;
  /** Ends the application without waiting for running requests; for the user who saw that it waits. */
  quitNow(): Promise<void>;
  desktop(): Promise<DesktopView>;
  /** Changes settings. @returns all of them as they are then, which a system may have its own say in. */
  changeDesktop(change: DesktopChange): Promise<DesktopView>;
  /**
   * Calls back with a command that the menu bar or the tray asks the page to run; those that came before are told first.
   * A key that the page handles itself, with `preventDefault`, does not come here as well. @returns stops listening.
   */
  onCommand(callback: (id: AppCommandId) => void): () => void;
  /** Calls back with what the user wants to see; those that came before are told first. @returns stops listening. */
  onOpen(callback: (request: ShellOpenRequest) => void): () => void;
}
