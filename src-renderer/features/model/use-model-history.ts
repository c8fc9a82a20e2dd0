import { useEffect, useState } from 'react';
import type { EventView, ModelView } from '#contracts/ui.ts';
import { errorText } from '../../stores/commands.ts';
import { useServer, useServices } from '../../stores/services.tsx';

/** All that is known of what happened to a model, oldest first. */
export interface ModelHistory {
  readonly events: readonly EventView[];
  /** Why older events than those of the event stream are missing. */
  readonly problem: string | undefined;
}

/** The events that are kept on the server, asked for once, and those that have come since. */
export function useModelHistory(model: ModelView): ModelHistory {
  const { commands } = useServices();
  const instanceId = useServer((state) => state.server?.instanceId);
  const [older, setOlder] = useState<{
    readonly key: string;
    readonly events: readonly EventView[];
    readonly problem?: string;
  }>();
  const key = `${instanceId ?? ''} ${model.name}`;
  useEffect(() => {
    const abort = new AbortController();
    commands.run('modelHistory', { name: model.name }, abort.signal).then(
      ({ events }) => setOlder({ key, events }),
      (error: unknown) => {
        if (!abort.signal.aborted) setOlder({ key, events: [], problem: errorText(error) });
      },
    );
    return () => abort.abort();
  }, [commands, model.name, key]);
  const known = older?.key === key ? older : undefined;
  return { events: mergeEvents(known?.events ?? [], model.history), problem: known?.problem };
}

/** By number; an event that was told anew counts as it was told last. */
export function mergeEvents(older: readonly EventView[], newer: readonly EventView[]): readonly EventView[] {
  const events = new Map(older.map((event) => [event.sequence, event]));
  for (const event of newer) events.set(event.sequence, event);
  return [...events.values()].toSorted((left, right) => left.sequence - right.sequence);
}

/** @returns the model of this name; undefined for none. */
export function useModel(name: string): ModelView | undefined {
  return useServer((state) => (Object.hasOwn(state.models, name) ? state.models[name] : undefined));
}
