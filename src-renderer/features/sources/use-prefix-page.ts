import { useEffect, useEffectEvent, useState } from 'react';
import type { UiCommandRequest } from '#contracts/ui-commands.ts';
import { errorText } from '../../stores/commands.ts';
import { useConnected, useServices } from '../../stores/services.tsx';
import { strings } from '../../strings/index.ts';
import type { Listing } from './sources-memory.ts';
import { listingKey, useSourcesMemory, useSourcesMemoryStore } from './sources-memory.ts';

export type BrowseThrough = Pick<UiCommandRequest<'browsePrefix'>, 'connection' | 'draft'>;

/** One page of a place. A page that was read before is shown while, and if, it cannot be read again. */
export interface PrefixBrowsing {
  readonly listing: Listing | undefined;
  readonly isLoading: boolean;
  /** Why the last try failed; it ends in a code. */
  readonly failure: string | undefined;
  /** 0 for the first. */
  readonly pageIndex: number;
  readonly next: () => void;
  readonly previous: () => void;
  readonly reload: () => void;
}

/** How a load went, by the page and the try that it was of. */
interface Ended {
  readonly attempt: string;
  readonly message?: string;
}

/** @param through is asked at each load, so that a changed form counts from the next one on. */
export function usePrefixPage(owner: string, uri: string, through: () => BrowseThrough | undefined): PrefixBrowsing {
  const { commands, ticker } = useServices();
  const connected = useConnected();
  const memory = useSourcesMemoryStore();
  // Where the pages begin, the shown one last; another place begins anew.
  const [pages, setPages] = useState<{ readonly uri: string; readonly starts: readonly (string | undefined)[] }>({
    uri,
    starts: [undefined],
  });
  const starts = pages.uri === uri ? pages.starts : [undefined];
  const from = starts.at(-1);
  const key = listingKey(owner, uri, from);
  const listing = useSourcesMemory((state) => state.listings[key]);
  const [ended, setEnded] = useState<Ended | undefined>();
  const [reloads, setReloads] = useState(0);
  const attempt = `${key}#${reloads}`;

  /** Never rejects. */
  const load = useEffectEvent(async (signal: AbortSignal): Promise<Pick<Ended, 'message'>> => {
    const way = through();
    if (uri === '') return {};
    if (!way) return { message: strings.sources.browse.formWrong };
    try {
      const page = await commands.run('browsePrefix', { ...way, uri, ...(from !== undefined && { from }) }, signal);
      memory.getState().listed(key, { page, atMs: ticker.now() });
      return {};
    } catch (error) {
      return { message: errorText(error) };
    }
  });
  useEffect(() => {
    if (!connected) return undefined;
    const abort = new AbortController();
    void load(abort.signal).then((outcome) => {
      if (!abort.signal.aborted) setEnded({ attempt, ...outcome });
    });
    return () => abort.abort();
  }, [attempt, connected]);

  return {
    listing,
    isLoading: connected && ended?.attempt !== attempt,
    failure: ended?.attempt === attempt ? ended.message : undefined,
    pageIndex: starts.length - 1,
    next() {
      const next = listing?.page.next;
      if (next !== undefined) setPages({ uri, starts: [...starts, next] });
    },
    previous() {
      if (starts.length > 1) setPages({ uri, starts: starts.slice(0, -1) });
    },
    reload: () => setReloads(reloads + 1),
  };
}
