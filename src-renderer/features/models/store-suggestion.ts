import { useEffect, useState } from 'react';
import type { ConnectionId } from '#contracts/ids.ts';
import type { ConnectionView, ParsedS3Url } from '#contracts/ui-sources.ts';
import { useBoard, useServices } from '../../stores/services.tsx';

/** Whether a path is the URI of a place in S3. */
export const isStoreUri = (path: string): boolean => /^s3:\/\//iu.test(path.trim());

/** A place in S3 as the add dialog takes it. */
export interface StorePlace {
  readonly path: string;
  readonly connection: ConnectionId | undefined;
}

/** Which of the connections reaches a place that was given by its address. */
function placeOf(
  { uri, endpoint }: Pick<ParsedS3Url, 'uri' | 'endpoint'>,
  connections: readonly Pick<ConnectionView, 'id' | 'endpoint'>[],
): StorePlace {
  if (endpoint === undefined) return { path: uri, connection: undefined };
  const known = connections.find((connection) => connection.endpoint === endpoint);
  if (known) return { path: uri, connection: known.id };
  return { path: uri.replace(/^s3:\/\//u, `s3://${endpoint}/`), connection: undefined };
}

/** The place in S3 that an `https` address stands for; undefined for every other path. */
export function useStoreSuggestion(path: string): StorePlace | undefined {
  const { commands } = useServices();
  const connections = useBoard('sources')?.connections ?? [];
  const [known, setKnown] = useState<{ readonly text: string; readonly url: ParsedS3Url } | undefined>();
  const text = path.trim();
  const isAddress = /^https?:\/\/[^/]+\/./iu.test(text);
  useEffect(() => {
    if (!isAddress) return undefined;
    const abort = new AbortController();
    commands.run('parseS3Url', { text }, abort.signal).then(
      (url) => setKnown({ text, url }),
      // No place in S3: nothing to offer.
      () => undefined,
    );
    return () => abort.abort();
  }, [commands, isAddress, text]);
  return isAddress && known?.text === text ? placeOf(known.url, connections) : undefined;
}
