import type { StoreApi } from 'zustand';
import { createStore } from 'zustand';

/** What the dialog that adds models opens with. */
export interface AddRequest {
  /** Of this computer, or URIs of places in stores; empty leaves them to the user. */
  readonly paths: readonly string[];
  /** Said in the dialog, such as why a drop brought no path. */
  readonly notice?: string;
}

export interface ListState {
  /** Names of the models whose details are unfolded. */
  readonly open: ReadonlySet<string>;
  /** Names of the models that a bulk action would act on. */
  readonly selected: ReadonlySet<string>;
  /** Where a range begins: the model that was selected or taken back last. */
  readonly anchor: string | undefined;
  /** Keys of the groups whose models are folded away. */
  readonly folded: ReadonlySet<string>;
  /** The dialog that adds models, while it is asked for; it lies over whichever screen is in view. */
  readonly adding: AddRequest | undefined;
  setOpen(name: string, open: boolean): void;
  toggleSelected(name: string): void;
  /** Selects all from the anchor to a model. @param order all names in the order shown. */
  selectTo(name: string, order: readonly string[]): void;
  select(names: Iterable<string>): void;
  setFolded(group: string, folded: boolean): void;
  add(request: AddRequest | undefined): void;
}

export type ListStore = StoreApi<ListState>;

/** How the list of models was left: it outlives the filter and the screen, not the page. */
export function createListStore(): ListStore {
  return createStore<ListState>((set) => ({
    open: new Set(),
    selected: new Set(),
    anchor: undefined,
    folded: new Set(),
    adding: undefined,
    setOpen: (name, open) => set((state) => ({ open: changed(state.open, name, open) })),
    toggleSelected(name) {
      set((state) => ({ selected: changed(state.selected, name, !state.selected.has(name)), anchor: name }));
    },
    selectTo(name, order) {
      set(({ selected, anchor }) => {
        const to = order.indexOf(name);
        const from = anchor === undefined ? -1 : order.indexOf(anchor);
        if (to === -1) return {};
        if (from === -1) return { selected: changed(selected, name, true), anchor: name };
        return { selected: new Set([...selected, ...order.slice(Math.min(from, to), Math.max(from, to) + 1)]) };
      });
    },
    select: (names) => set({ selected: new Set(names), anchor: undefined }),
    setFolded: (group, folded) => set((state) => ({ folded: changed(state.folded, group, folded) })),
    add: (adding) => set({ adding }),
  }));
}

function changed(names: ReadonlySet<string>, name: string, isIn: boolean): ReadonlySet<string> {
  const next = new Set(names);
  if (isIn) next.add(name);
  else next.delete(name);
  return next;
}
