import { useRef } from 'react';
import type { ServableName } from '#contracts/ids.ts';
import type { PlayHistoryRow } from '#contracts/ui-play.ts';
import { errorText } from '../../stores/commands.ts';
import { useServices } from '../../stores/services.tsx';

/** Steps through what was sent: each step opens a request as a new draft. */
export function useHistorySteps(
  model: ServableName,
  /** Changes when a request was added. */
  kept: number,
  onOpen: (body: string) => void,
): { readonly older: () => void; readonly newer: () => void } {
  const { commands, toasts } = useServices();
  const walk = useRef<{ readonly kept: number; readonly entries: readonly PlayHistoryRow[]; at: number }>(undefined);
  const step = async (by: 1 | -1): Promise<void> => {
    try {
      if (walk.current?.kept !== kept) {
        const { entries } = await commands.run('listPlayHistory', { model });
        // The newest one is most likely what is in the form: the first step goes to it all the same where it is not sent yet.
        walk.current = { kept, entries, at: kept > 0 ? 0 : -1 };
      }
      const { entries, at } = walk.current;
      const next = at + by;
      const row = entries[next];
      if (!row) return;
      walk.current.at = next;
      const { request } = await commands.run('readPlayHistory', { model, id: row.id });
      if (request !== undefined) onOpen(request);
    } catch (error) {
      toasts.getState().show({ tone: 'bad', message: errorText(error) });
    }
  };
  return { older: () => void step(1), newer: () => void step(-1) };
}
