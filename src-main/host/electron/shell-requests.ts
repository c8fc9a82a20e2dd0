import { z } from 'zod';
import type { ShellNotification, ShellRequestName } from '../../contracts/shell.ts';

const Notification: z.ZodType<ShellNotification> = z.object({
  title: z.string().min(1).max(200),
  body: z.string().max(1000),
});

/** What the page may ask of the shell: the schema of each request. */
export const SHELL_REQUESTS = {
  pickFolder: z.object({}),
  revealInFolder: z.object({ path: z.string().min(1) }),
  notify: Notification,
} as const satisfies Record<ShellRequestName, z.ZodType>;
