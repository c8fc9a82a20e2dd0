import { useEffect, useState } from 'react';
import type { ServableName } from '#contracts/ids.ts';
import { errorText } from '../../stores/commands.ts';
import { useServices } from '../../stores/services.tsx';

export interface Examples {
  /** Which comes next. */
  readonly name: string;
  /** Opens it, and goes on to the one after it; after the last comes the first. */
  readonly open: () => Promise<void>;
}

/** The requests that lie beside a model, one after the other; undefined where there are none, or none yet. */
export function useExamples(model: ServableName, onOpen: (body: string) => void): Examples | undefined {
  const { commands, toasts } = useServices();
  const [names, setNames] = useState<readonly string[]>([]);
  const [next, setNext] = useState(0);
  useEffect(() => {
    const leaving = new AbortController();
    commands.run('listPresets', { model }, leaving.signal).then(
      ({ presets }) => setNames(presets.filter(({ place }) => place === 'model').map(({ name }) => name)),
      // The menu of presets tells what is wrong when it is opened.
      () => undefined,
    );
    return () => leaving.abort();
  }, [commands, model]);

  const name = names[next % Math.max(1, names.length)];
  if (name === undefined) return undefined;
  return {
    name,
    async open() {
      try {
        const { body } = await commands.run('readPreset', { model, place: 'model', name });
        setNext(next + 1);
        onOpen(body);
      } catch (error) {
        toasts.getState().show({ tone: 'bad', message: errorText(error) });
      }
    },
  };
}
