import type { Logger } from '../contracts/logger.ts';
import type { SourcesBoard } from '../contracts/ui-sources.ts';
import { readCopies } from '../storage/cache/cache-maintenance.ts';

/** What local copies take, as of the last look. */
export interface CacheUse {
  current(): SourcesBoard['cache'];
  /** Looks again, as soon as the look before is done. Never rejects. */
  look(): Promise<void>;
  subscribe(onChange: () => void): () => void;
}

/** @param cache absolute path of the folder, and what it may hold. */
export function createCacheUse(
  cache: { readonly directory: string; readonly capBytes: number },
  log: Logger,
): CacheUse {
  const listeners = new Set<() => void>();
  let current: SourcesBoard['cache'];
  let last: Promise<void> = Promise.resolve();
  let isPlanned = false;

  async function measure(): Promise<void> {
    isPlanned = false;
    try {
      const copies = await readCopies(cache.directory);
      const usedBytes = copies.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
      current = { folder: cache.directory, usedBytes, capBytes: cache.capBytes, versions: copies.length };
      for (const listener of listeners) listener();
    } catch (error) {
      log.warn({ error }, 'the model cache cannot be measured');
    }
  }

  return {
    current: () => current,
    look() {
      if (!isPlanned) {
        isPlanned = true;
        last = last.then(measure);
      }
      return last;
    },
    subscribe(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
  };
}
