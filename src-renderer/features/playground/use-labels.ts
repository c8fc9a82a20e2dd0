import { useEffect, useMemo, useState } from 'react';
import type { ServableName, ServableVersion } from '#contracts/ids.ts';
import type { ModelInfo } from '#contracts/signature.ts';
import { usePlay, useServices } from '../../stores/services.tsx';
import { labelsInMetadata, parseLabels } from '../../tensors/labels.ts';

/** Names of the model's classes: from the user's file, the file beside the model, or what the model says of itself. */
export function useLabels(
  model: ServableName,
  version: ServableVersion | undefined,
  info: ModelInfo,
): readonly string[] | undefined {
  const { commands } = useServices();
  const chosen = usePlay((state) => state.labels[model]);
  const [found, setFound] = useState<readonly string[] | undefined>();
  useEffect(() => {
    const leaving = new AbortController();
    const look = async (): Promise<void> => {
      try {
        const { text } = await commands.run(
          'readLabels',
          { model, ...(version === undefined ? {} : { version }) },
          leaving.signal,
        );
        const names = text === undefined ? [] : parseLabels(text);
        if (!leaving.signal.aborted) setFound(names.length > 0 ? names : undefined);
      } catch {
        // Without names the classes are numbers.
        if (!leaving.signal.aborted) setFound(undefined);
      }
    };
    void look();
    return () => leaving.abort();
  }, [commands, model, version]);
  const known = useMemo(() => labelsInMetadata(info.metadata), [info.metadata]);
  return chosen ?? found ?? known;
}
