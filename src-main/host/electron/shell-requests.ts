import { z } from 'zod';
import { APP_COMMANDS, isAppCommandId, type ShellCommandId } from '../../contracts/app-commands.ts';
import type { DesktopChange, ShellMessageName, ShellRequestName } from '../../contracts/shell.ts';

const Change: z.ZodType<DesktopChange> = z.strictObject({
  startAtLogin: z.boolean().optional(),
  keepServing: z.boolean().optional(),
  startHidden: z.boolean().optional(),
  notifications: z
    .strictObject({
      versionAvailable: z.boolean(),
      loadFailed: z.boolean(),
      sourceFailing: z.boolean(),
      exposurePaused: z.boolean(),
    })
    .partial()
    .optional(),
});

function isShellCommand(id: unknown): id is ShellCommandId {
  return isAppCommandId(id) && APP_COMMANDS[id].runsIn === 'shell';
}

const MessageName: z.ZodType<ShellMessageName> = z.enum(['command', 'open']);

/** What the page may ask of the shell: the schema of each request. */
export const SHELL_REQUESTS = {
  pickFolder: z.object({}),
  revealInFolder: z.object({ path: z.string().min(1) }),
  runCommand: z.object({ id: z.custom<ShellCommandId>(isShellCommand, 'that is no command of the shell') }),
  quitNow: z.object({}),
  desktop: z.object({}),
  changeDesktop: Change,
  /** The page now listens for messages of this name. */
  listen: z.object({ name: MessageName }),
} as const satisfies Record<ShellRequestName, z.ZodType>;

export type ShellRequest<Name extends ShellRequestName> = z.infer<(typeof SHELL_REQUESTS)[Name]>;
