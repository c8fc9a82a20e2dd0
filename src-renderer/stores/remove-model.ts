import type { ServableName } from '#contracts/ids.ts';
import { strings } from '../strings/index.ts';
import { errorText } from './commands.ts';
import type { Services } from './services.tsx';

const UNDO_MS = 8000;

/**
 * Takes models off the list at once and off the server after the time to undo: the server keeps serving them until then.
 * What the server refuses to remove is back on the list with the reason.
 */
export function removeModelsWithUndo(
  { server, toasts, commands }: Pick<Services, 'server' | 'toasts' | 'commands'>,
  names: readonly ServableName[],
): void {
  const setHidden = (hidden: boolean): void => {
    for (const name of names) server.getState().setHidden(name, hidden);
  };
  setHidden(true);
  toasts.getState().show({
    tone: 'neutral',
    message: strings.models.removed(names),
    durationMs: UNDO_MS,
    action: { label: strings.models.undo, run: () => setHidden(false) },
    onExpire: () => {
      for (const name of names) {
        commands.run('removeModel', { name }).catch((error: unknown) => {
          server.getState().setHidden(name, false);
          toasts.getState().show({ tone: 'bad', message: strings.models.notRemoved(name, errorText(error)) });
        });
      }
    },
  });
}
