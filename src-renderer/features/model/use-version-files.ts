import { useEffect, useRef, useState } from 'react';
import type { ServableVersion } from '#contracts/ids.ts';
import type { ModelView } from '#contracts/ui.ts';
import type { UiCommandResult } from '#contracts/ui-commands.ts';
import { errorText } from '../../stores/commands.ts';
import { useServices } from '../../stores/services.tsx';

type Listed = UiCommandResult<'modelFiles'>;

export type FilesAnswer =
  | { readonly kind: 'waiting' }
  | ({ readonly kind: 'ready' } & Listed)
  | { readonly kind: 'failed'; readonly message: string };

/** How the computing of checksums goes. */
type Sums =
  { readonly kind: 'idle' } | { readonly kind: 'computing' } | { readonly kind: 'failed'; readonly message: string };

const WAITING: FilesAnswer = { kind: 'waiting' };
const IDLE: Sums = { kind: 'idle' };

/** The files of a version; they are asked for again when the source says that they are others. */
export function useVersionFiles(
  model: ModelView,
  version: ServableVersion,
): {
  readonly answer: FilesAnswer;
  readonly sums: Sums;
  readonly compute: () => void;
  readonly cancel: () => void;
  readonly retry: () => void;
} {
  const { commands } = useServices();
  const { name } = model;
  const [attempt, setAttempt] = useState(0);
  const [answer, setAnswer] = useState(WAITING);
  const [sums, setSums] = useState(IDLE);
  const computing = useRef<AbortController>(undefined);
  // A version that was just loaded has a copy, whose checksums are known.
  const state = model.versions.find((view) => view.version === version)?.phase === 'available';
  const sizeBytes = model.source.versions.find((found) => found.version === version)?.sizeBytes;

  useEffect(() => {
    const abort = new AbortController();
    commands.run('modelFiles', { name, version }, abort.signal).then(
      (listed) => {
        setAnswer({ kind: 'ready', ...listed });
        setSums(IDLE);
      },
      (error: unknown) => {
        if (!abort.signal.aborted) setAnswer({ kind: 'failed', message: errorText(error) });
      },
    );
    return () => {
      abort.abort();
      computing.current?.abort();
    };
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- another size or state is another answer
  }, [commands, name, version, attempt, sizeBytes, state]);

  const compute = (): void => {
    const abort = new AbortController();
    computing.current = abort;
    setSums({ kind: 'computing' });
    commands.run('modelFiles', { name, version, checksums: true }, abort.signal).then(
      (listed) => {
        setAnswer({ kind: 'ready', ...listed });
        setSums(IDLE);
      },
      (error: unknown) => setSums(abort.signal.aborted ? IDLE : { kind: 'failed', message: errorText(error) }),
    );
  };
  return {
    answer,
    sums,
    compute,
    cancel: () => computing.current?.abort(),
    retry: () => {
      setAnswer(WAITING);
      setAttempt((count) => count + 1);
    },
  };
}
