/**
 * What the desktop shell offers to the page beyond what a browser tab can do. No schema stands here, so that the preload
 * script, which every page load runs, stays small; the main process parses each request (host/electron/shell-requests.ts).
 */

/** Prefix of the IPC channels between the preload script and the main process. */
export const SHELL_CHANNEL_PREFIX = 'slipway:';

/** Names of those channels. */
export type ShellRequestName = 'pickFolder' | 'revealInFolder' | 'notify';

/** A message of the operating system's own kind: title of 1 to 200 characters, body of at most 1000. */
export interface ShellNotification {
  readonly title: string;
  readonly body: string;
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
  notify(notification: ShellNotification): Promise<void>;
}
