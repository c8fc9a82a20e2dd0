import type { ServableName } from '#contracts/ids.ts';
import { errorText } from './commands.ts';
import type { Services } from './services.tsx';

const UNDO_MS = 8000;

/**
 * Takes a model off the list at once and off the server after the time to undo: the server keeps serving it until then.
 * If the server refuses, the model is back on the list with the reason.
 */
export function removeModelWithUndo(
  { server, toasts, commands }: Pick<Services, 'server' | 'toasts' | 'commands'>,
  name: ServableName,
): void {
  server.getState().setHidden(name, true);
  toasts.getState().show({
    tone: 'neutral',
    message: `Removed ${name}. Its files stay where they are.`,
    durationMs: UNDO_MS,
    action: { label: 'Undo', run: () => server.getState().setHidden(name, false) },
    onExpire: () => {
      commands.run('removeModel', { name }).catch((error: unknown) => {
        server.getState().setHidden(name, false);
        toasts.getState().show({ tone: 'bad', message: `${name} was not removed: ${errorText(error)}` });
      });
    },
  });
}
