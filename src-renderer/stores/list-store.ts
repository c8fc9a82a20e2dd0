import type { StoreApi } from 'zustand';
import { createStore } from 'zustand';

export interface ListState {
  /** Names of the models whose details are unfolded. */
  readonly open: ReadonlySet<string>;
  setOpen(name: string, open: boolean): void;
}

export type ListStore = StoreApi<ListState>;

/** How the list of models was left: it outlives the filter and the screen, not the page. */
export function createListStore(): ListStore {
  return createStore<ListState>((set) => ({
    open: new Set(),
    setOpen(name, open) {
      set((state) => {
        const next = new Set(state.open);
        if (open) next.add(name);
        else next.delete(name);
        return { open: next };
      });
    },
  }));
}
