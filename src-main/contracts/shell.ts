import { z } from 'zod';

/** What the desktop shell takes from the page, by channel name; the main process parses each request. */
export const SHELL_REQUESTS = {
  pickFolder: z.object({}),
  revealInFolder: z.object({ path: z.string().min(1) }),
  notify: z.object({ title: z.string().min(1).max(200), body: z.string().max(1000) }),
} as const satisfies Record<string, z.ZodType>;

export type ShellRequestName = keyof typeof SHELL_REQUESTS;

/** Prefix of the IPC channels of {@link SHELL_REQUESTS}. */
export const SHELL_CHANNEL_PREFIX = 'slipway:';

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
  notify(notification: z.infer<(typeof SHELL_REQUESTS)['notify']>): Promise<void>;
}
