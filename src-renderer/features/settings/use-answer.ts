import { useEffect, useEffectEvent, useState } from 'react';
import { errorText } from '../../stores/commands.ts';

/** What was asked for, as far as it is known. A value stays when a later question fails. */
export interface Answer<T> {
  readonly value: T | undefined;
  readonly problem: string | undefined;
}

/**
 * Asks once for each key, and again on `ask`.
 * @param key undefined while nobody can be asked.
 */
export function useAnswer<T>(
  question: (signal: AbortSignal) => Promise<T>,
  key: string | undefined,
): Answer<T> & { readonly ask: () => void; readonly set: (value: T) => void } {
  const [answer, setAnswer] = useState<Answer<T>>({ value: undefined, problem: undefined });
  const [times, setTimes] = useState(0);
  const asked = key === undefined ? undefined : `${key} ${times}`;
  const onAsk = useEffectEvent(question);
  useEffect(() => {
    if (asked === undefined) return undefined;
    const abort = new AbortController();
    const { signal } = abort;
    onAsk(signal).then(
      (value) => {
        if (!signal.aborted) setAnswer({ value, problem: undefined });
      },
      (error: unknown) => {
        if (!signal.aborted) setAnswer(({ value }) => ({ value, problem: errorText(error) }));
      },
    );
    return () => abort.abort();
  }, [asked]);
  return {
    ...answer,
    ask: () => setTimes((before) => before + 1),
    set: (value) => setAnswer({ value, problem: undefined }),
  };
}
