import { useStore } from 'zustand';
import type { StoreApi } from 'zustand';
import { createStore } from 'zustand';
import type { ConnectionTest, PrefixPage } from '#contracts/ui-sources.ts';
import type { ServerStore } from '../../stores/server-store.ts';
import { useServices } from '../../stores/services.tsx';
import type { ConnectionForm } from './connection-form.ts';

/** The last listing of a place, and when it came, by this computer's clock. */
export interface Listing {
  readonly page: PrefixPage;
  readonly atMs: number;
}

/** A test as this page asked for it; while it runs, the board has it under `testId`. */
export interface TestRun {
  readonly testId: string;
  /** What was tested. */
  readonly form: ConnectionForm;
  readonly result?: ConnectionTest;
  /** Why it could not even begin. */
  readonly refusal?: string;
  readonly isStopped?: true;
}

/** What the screen remembers when it is left, for as long as the page lives. No keys are in it. */
export interface SourcesMemory {
  /** Forms with unsaved changes, by connection id; `new` for the one that is not saved yet. */
  readonly drafts: Readonly<Record<string, ConnectionForm>>;
  /** Connections that the user deleted but can still bring back. */
  readonly hidden: ReadonlySet<string>;
  /** The last good listing of each place, by {@link listingKey}. */
  readonly listings: Readonly<Record<string, Listing>>;
  /** The last test of each form, by connection id or `new`. */
  readonly tests: Readonly<Record<string, TestRun>>;
  /** Connections that were saved here: the server may not have told of them yet. */
  readonly fresh: ReadonlySet<string>;
  setDraft(id: string, form: ConnectionForm | undefined): void;
  setHidden(id: string, hidden: boolean): void;
  listed(key: string, listing: Listing): void;
  setTest(id: string, run: TestRun): void;
  /** The form that was new is a connection now. */
  saved(id: string, as: string): void;
}

/** Key of a form that is not a connection yet. */
export const NEW = 'new';

/** More listings than anyone goes back to; each can hold a thousand names. */
const MAX_LISTINGS = 20;

/** @param from where its page begins; undefined for the first. */
export const listingKey = (connection: string, uri: string, from: string | undefined): string =>
  JSON.stringify([connection, uri, from ?? null]);

function createSourcesMemory(): StoreApi<SourcesMemory> {
  return createStore<SourcesMemory>((set) => ({
    drafts: {},
    hidden: new Set(),
    listings: {},
    tests: {},
    fresh: new Set(),
    setDraft(id, form) {
      set((state) => {
        const { [id]: _before, ...others } = state.drafts;
        return { drafts: form ? { ...others, [id]: form } : others };
      });
    },
    setHidden(id, isHidden) {
      set((state) => {
        const hidden = new Set(state.hidden);
        if (isHidden) hidden.add(id);
        else hidden.delete(id);
        return { hidden, fresh: new Set([...state.fresh].filter((each) => each !== id)) };
      });
    },
    setTest: (id, run) => set((state) => ({ tests: { ...state.tests, [id]: run } })),
    saved(id, as) {
      set(({ drafts, tests, fresh }) => {
        const { [id]: _draft, ...otherDrafts } = drafts;
        const { [id]: run, ...otherTests } = tests;
        return {
          drafts: otherDrafts,
          tests: run ? { ...otherTests, [as]: run } : otherTests,
          fresh: new Set([...fresh, as]),
        };
      });
    },
    listed(key, listing) {
      set((state) => {
        const { [key]: _before, ...others } = state.listings;
        return { listings: Object.fromEntries([...Object.entries(others).slice(1 - MAX_LISTINGS), [key, listing]]) };
      });
    },
  }));
}

/** One for each page: found by the store of what its server says, which lives as long. */
const memories = new WeakMap<ServerStore, StoreApi<SourcesMemory>>();

export function useSourcesMemoryStore(): StoreApi<SourcesMemory> {
  const { server } = useServices();
  let memory = memories.get(server);
  if (!memory) {
    memory = createSourcesMemory();
    memories.set(server, memory);
  }
  return memory;
}

export function useSourcesMemory<T>(select: (state: SourcesMemory) => T): T {
  return useStore(useSourcesMemoryStore(), select);
}
