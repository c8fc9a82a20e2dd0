import type { StoreApi } from 'zustand';
import type { Connection } from '#contracts/ui-sources.ts';
import { errorText } from '../../stores/commands.ts';
import type { Services } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import type { SourcesMemory } from './sources-memory.ts';

const words = strings.sources.editor;
const UNDO_MS = 8000;

type Parts = Pick<Services, 'commands' | 'toasts'> & { readonly memory: StoreApi<SourcesMemory> };

/** Takes a connection off the list and off the server. If the server refuses, it is back with the reason. */
export function deleteConnection(parts: Parts, connection: Connection): void {
  parts.memory.getState().setHidden(connection.id, true);
  remove(parts, connection);
}

/** Takes a connection off the list at once and off the server after the time to undo. */
export function deleteConnectionWithUndo(parts: Parts, connection: Connection): void {
  const { toasts, memory } = parts;
  const { id, name } = connection;
  memory.getState().setHidden(id, true);
  toasts.getState().show({
    tone: 'neutral',
    message: words.removed(name),
    durationMs: UNDO_MS,
    action: { label: words.undo, run: () => memory.getState().setHidden(id, false) },
    onExpire: () => remove(parts, connection),
  });
}

function remove({ commands, toasts, memory }: Parts, { id, name }: Connection): void {
  commands.run('deleteConnection', { id }).then(
    () => memory.getState().setDraft(id, undefined),
    (error: unknown) => {
      memory.getState().setHidden(id, false);
      toasts.getState().show({ tone: 'bad', message: words.notRemoved(name, errorText(error)) });
    },
  );
}
