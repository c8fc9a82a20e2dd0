import { useEffect, useState } from 'react';
import type { ServableName, ServableVersion } from '#contracts/ids.ts';
import type { ModelGraph } from '#contracts/ui-graph.ts';
import { CommandError, errorText } from '../../stores/commands.ts';
import { useServices } from '../../stores/services.tsx';

export type GraphAnswer =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'ready'; readonly graph: ModelGraph }
  /** @property code as the server's errors have it, so that a known one can be explained. */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

const WAITING: GraphAnswer = { kind: 'waiting' };

/** The graph of a version, and how to ask for it once more. A version does not change, so it is asked for once. */
export function useModelGraph(name: ServableName, version: ServableVersion): readonly [GraphAnswer, () => void] {
  const { commands } = useServices();
  const [attempt, setAttempt] = useState(0);
  const key = `${name} ${version} ${attempt}`;
  const [answer, setAnswer] = useState<{ readonly key: string; readonly answer: GraphAnswer }>();
  useEffect(() => {
    const abort = new AbortController();
    commands.run('modelGraph', { name, version }, abort.signal).then(
      (graph) => setAnswer({ key, answer: { kind: 'ready', graph } }),
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const code = error instanceof CommandError ? error.code : 'UNKNOWN';
        setAnswer({ key, answer: { kind: 'failed', code, message: errorText(error) } });
      },
    );
    return () => abort.abort();
  }, [commands, name, version, key]);
  return [answer?.key === key ? answer.answer : WAITING, () => setAttempt((count) => count + 1)];
}
