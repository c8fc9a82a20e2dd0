import { useEffect, useState } from 'react';
import type { ConnectionId } from '#contracts/ids.ts';
import type { AddPreview } from '#contracts/ui-commands.ts';
import { errorText } from '../../stores/commands.ts';
import { useServices } from '../../stores/services.tsx';

/** What the preview of a path stands at. */
export type Looking =
  | { readonly phase: 'idle' }
  | { readonly phase: 'looking' }
  | { readonly phase: 'found'; readonly preview: AddPreview }
  | { readonly phase: 'failed'; readonly message: string };

const PREVIEW_AFTER_MS = 250;

/** Looks at a path, a moment after it was changed last. */
export function usePreview(path: string, connection: ConnectionId | undefined): Looking {
  const { commands } = useServices();
  const [looking, setLooking] = useState<Looking>({ phase: 'idle' });
  const blank = path.trim() === '';
  useEffect(() => {
    if (blank) return undefined;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      setLooking((before) => (before.phase === 'found' ? before : { phase: 'looking' }));
      commands.run('previewAdd', { path, ...(connection && { connection }) }, abort.signal).then(
        (preview) => setLooking({ phase: 'found', preview }),
        (error: unknown) => {
          if (!abort.signal.aborted) setLooking({ phase: 'failed', message: errorText(error) });
        },
      );
    }, PREVIEW_AFTER_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [path, connection, blank, commands]);
  return blank ? { phase: 'idle' } : looking;
}

/** Looks at several paths at once. @param paths stay the same for as long as the component lives. */
export function usePreviews(paths: readonly string[]): readonly Looking[] {
  const { commands } = useServices();
  const [known, setKnown] = useState<ReadonlyMap<string, Looking>>(new Map());
  useEffect(() => {
    const abort = new AbortController();
    for (const path of paths) {
      const came = (looking: Looking): void => {
        if (!abort.signal.aborted) setKnown((before) => new Map(before).set(path, looking));
      };
      commands.run('previewAdd', { path }, abort.signal).then(
        (preview) => came({ phase: 'found', preview }),
        (error: unknown) => came({ phase: 'failed', message: errorText(error) }),
      );
    }
    return () => abort.abort();
  }, [commands, paths]);
  return paths.map((path) => known.get(path) ?? { phase: 'looking' });
}
