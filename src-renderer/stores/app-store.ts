import { z } from 'zod';
import type { StoreApi } from 'zustand';
import { createStore } from 'zustand';

/** What can lie over every screen; one at a time. */
export type AppLayer = 'palette' | 'cheatSheet';

/** The filter of the screen in view. */
export interface MainFilter {
  readonly focus: () => void;
  /** @returns false where there was nothing to clear. */
  readonly clear: () => boolean;
}

export interface AppState {
  readonly layer: AppLayer | undefined;
  /** The one that came last, where a screen has offered several. */
  readonly filter: MainFilter | undefined;
  /** What was chosen in the palette, newest first. */
  readonly recent: readonly string[];
  /** Whether the welcome screen was never shown in this browser or window. */
  readonly isFirstRun: boolean;
  readonly show: (layer: AppLayer | undefined) => void;
  /** @returns a function that takes the filter back. */
  readonly offerFilter: (filter: MainFilter) => () => void;
  readonly used: (id: string) => void;
  /** The welcome screen was shown: it never comes again by itself. */
  readonly welcomed: () => void;
  /** Which failure to start serving was shown last, so that none interrupts twice. */
  readonly seenFailure: string | undefined;
  readonly sawFailure: (key: string) => void;
  /** What the banner about the network said when it was folded; with anything else to say it unfolds. */
  readonly foldedExposure: string | undefined;
  /** Holds for this page only: nobody is to forget it for good. */
  readonly foldExposure: (key: string | undefined) => void;
}

export type AppStore = StoreApi<AppState>;

/** What is kept over a restart. Both may throw: storage can be blocked. */
export type AppMemory = Pick<Storage, 'getItem' | 'setItem'>;

const RECENT_KEY = 'slipway.recent';
const WELCOMED_KEY = 'slipway.welcomed';
const FAILURE_KEY = 'slipway.seenFailure';
const KEPT_RECENT = 8;
const Recent = z.array(z.string()).catch([]);

/** What concerns the page as a whole and no screen alone. */
export function createAppStore(memory: AppMemory): AppStore {
  const read = (key: string): string | undefined => {
    try {
      return memory.getItem(key) ?? undefined;
    } catch {
      return undefined;
    }
  };
  const write = (key: string, value: string): void => {
    try {
      memory.setItem(key, value);
    } catch {
      // Storage is blocked: it holds for this window.
    }
  };
  return createStore<AppState>((set, get) => {
    const filters: MainFilter[] = [];
    return {
      layer: undefined,
      filter: undefined,
      recent: Recent.parse(parsed(read(RECENT_KEY))),
      isFirstRun: read(WELCOMED_KEY) === undefined,
      seenFailure: read(FAILURE_KEY),
      foldedExposure: undefined,
      show: (layer) => set({ layer }),
      offerFilter(filter) {
        filters.push(filter);
        set({ filter });
        return () => {
          filters.splice(filters.indexOf(filter), 1);
          set({ filter: filters.at(-1) });
        };
      },
      used(id) {
        const recent = [id, ...get().recent.filter((other) => other !== id)].slice(0, KEPT_RECENT);
        write(RECENT_KEY, JSON.stringify(recent));
        set({ recent });
      },
      sawFailure(key) {
        write(FAILURE_KEY, key);
        set({ seenFailure: key });
      },
      foldExposure: (key) => set({ foldedExposure: key }),
      welcomed() {
        write(WELCOMED_KEY, 'yes');
        set({ isFirstRun: false });
      },
    };
  });
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
