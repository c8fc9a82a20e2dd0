import type { ModelView, ServerView, UiBoards, UiMessage } from '#contracts/ui.ts';
import { changedModel, withNumbers } from '#contracts/model-change.ts';
import type { ModelInfo } from '#contracts/signature.ts';
import type { ServableVersion } from '#contracts/ids.ts';
import { compareVersions } from '#contracts/ids.ts';
import type { StoreApi } from 'zustand';
import { createStore } from 'zustand';

/** Where the event stream stands. `lost` waits until `retryAtMs` and then connects again. */
export type Connection =
  | { readonly phase: 'connecting'; readonly attempt: number }
  | { readonly phase: 'live'; readonly sinceMs: number }
  | {
      readonly phase: 'lost';
      readonly sinceMs: number;
      readonly reason: string;
      readonly retryAtMs: number;
      readonly attempt: number;
    }
  /** The session cookie is missing or void; only the printed link gives a new one. */
  | { readonly phase: 'signedOut' };

/** Of all models; kept by what changes, as with a thousand of them something changes all the time. */
export interface ModelTotals {
  readonly models: number;
  /** Models that serve. One can be available and have an error at once: an old version serves, the new one failed. */
  readonly available: number;
  readonly withErrors: number;
  /** Requests that are being answered now. */
  readonly inFlight: number;
}

export interface ServerState {
  readonly connection: Connection;
  /** Undefined until the first snapshot; afterwards the last known, also while the connection is lost. */
  readonly server: ServerView | undefined;
  readonly models: Readonly<Record<string, ModelView>>;
  /** What else the server shows; a board that is missing has not come yet. */
  readonly boards: UiBoards;
  readonly totals: ModelTotals;
  /** Names of all models in the order shown. */
  readonly names: readonly string[];
  /** What each version was when it was last available, by {@link infoKey}; kept while it is not. */
  readonly knownInfo: Readonly<Record<string, ModelInfo>>;
  /** Models that the user removed but can still bring back. */
  readonly hidden: ReadonlySet<string>;
  readonly sequence: number | undefined;
  /** When the last message arrived, by this computer's clock. */
  readonly lastMessageAtMs: number | undefined;
  /** What to add to this computer's clock to get the server's. */
  readonly clockOffsetMs: number;
}

export interface ServerActions {
  /** Takes one message. @returns false at a gap in the numbers: nothing was changed and a new snapshot is needed. */
  received(message: UiMessage, nowMs: number): boolean;
  connectionChanged(connection: Connection): void;
  /** Hides a model that is about to be removed, or shows it again. */
  setHidden(name: string, hidden: boolean): void;
}

export type ServerStore = StoreApi<ServerState & ServerActions>;

export const infoKey = (name: string, version: string): string => `${name}/${version}`;

const byName = new Intl.Collator('en', { numeric: true }).compare;

/** A message takes its time, most of all while the page begins: so much apart, two clocks may as well be the same one. */
const SAME_CLOCK_MS = 1000;

const offsetOf = (apartMs: number): number => (Math.abs(apartMs) < SAME_CLOCK_MS ? 0 : apartMs);

/** What the server says, as one store; fed by the event stream and by nothing else. */
export function createServerStore(): ServerStore {
  return createStore<ServerState & ServerActions>((set, get) => ({
    connection: { phase: 'connecting', attempt: 0 },
    server: undefined,
    models: {},
    totals: NO_MODELS,
    boards: {},
    names: [],
    knownInfo: {},
    hidden: new Set(),
    sequence: undefined,
    lastMessageAtMs: undefined,
    clockOffsetMs: 0,

    received(message, nowMs) {
      const state = get();
      if (message.kind !== 'snapshot' && message.sequence !== (state.sequence ?? Number.NaN) + 1) return false;
      const arrived = { sequence: message.sequence, lastMessageAtMs: nowMs };
      switch (message.kind) {
        case 'snapshot': {
          const models = Object.fromEntries(message.models.map((model) => [model.name, model]));
          set({
            ...arrived,
            server: message.server,
            clockOffsetMs: offsetOf(message.nowMs - nowMs),
            models,
            totals: totalsAfter(NO_MODELS, [], message.models),
            boards: message.boards,
            names: Object.keys(models).toSorted(byName),
            // Names come from other servers too after a restart: what is gone is forgotten.
            knownInfo: remember(
              Object.fromEntries(
                Object.entries(state.knownInfo).filter(([key]) => key.slice(0, key.lastIndexOf('/')) in models),
              ),
              message.models,
            ),
            hidden: new Set([...state.hidden].filter((name) => name in models)),
          });
          return true;
        }
        case 'models': {
          const changed = message.models.map((change) => changedModel(ownModel(state.models, change.name), change));
          const fresh = changed.flatMap(({ name }) => (Object.hasOwn(state.models, name) ? [] : [name]));
          set({
            ...arrived,
            ...withModels(state, changed),
            names: fresh.length > 0 ? [...state.names, ...fresh].toSorted(byName) : state.names,
            knownInfo: remember(state.knownInfo, changed),
          });
          return true;
        }
        case 'numbers': {
          const changed = message.models.flatMap((numbers) => {
            const model = ownModel(state.models, numbers.name);
            return model ? [withNumbers(model, numbers)] : [];
          });
          set({ ...arrived, ...(changed.length > 0 && withModels(state, changed)) });
          return true;
        }
        case 'modelsRemoved': {
          const gone = new Set<string>(message.names);
          set({
            ...arrived,
            models: Object.fromEntries(Object.entries(state.models).filter(([name]) => !gone.has(name))),
            totals: totalsAfter(
              state.totals,
              message.names.flatMap((name) => ownModel(state.models, name) ?? []),
              [],
            ),
            names: state.names.filter((name) => !gone.has(name)),
            hidden: new Set([...state.hidden].filter((name) => !gone.has(name))),
          });
          return true;
        }
        case 'boards':
          set({ ...arrived, boards: { ...state.boards, ...message.boards } });
          return true;
        case 'server':
          set({ ...arrived, server: message.server });
          return true;
        default:
          return message satisfies never;
      }
    },

    connectionChanged: (connection) => set({ connection }),

    setHidden(name, hidden) {
      set((state) => {
        const next = new Set(state.hidden);
        if (hidden) next.add(name);
        else next.delete(name);
        return { hidden: next };
      });
    },
  }));
}

/** A model may be named like what every object has: `constructor`. */
function ownModel(models: Readonly<Record<string, ModelView>>, name: string): ModelView | undefined {
  return Object.hasOwn(models, name) ? models[name] : undefined;
}

function withModels(
  { models, totals }: Pick<ServerState, 'models' | 'totals'>,
  changed: readonly ModelView[],
): Pick<ServerState, 'models' | 'totals'> {
  return {
    models: { ...models, ...Object.fromEntries(changed.map((model) => [model.name, model])) },
    totals: totalsAfter(
      totals,
      changed.flatMap(({ name }) => ownModel(models, name) ?? []),
      changed,
    ),
  };
}

const NO_MODELS: ModelTotals = { models: 0, available: 0, withErrors: 0, inFlight: 0 };

/** @returns the same object where all is as it was. */
function totalsAfter(before: ModelTotals, gone: readonly ModelView[], come: readonly ModelView[]): ModelTotals {
  const after = { ...before };
  const count = (model: ModelView, sign: 1 | -1): void => {
    after.models += sign;
    if (model.versions.some((version) => version.phase === 'available')) after.available += sign;
    if (hasError(model)) after.withErrors += sign;
    for (const { inFlight } of model.versions) after.inFlight += sign * inFlight;
  };
  for (const model of gone) count(model, -1);
  for (const model of come) count(model, 1);
  const isSame =
    after.models === before.models &&
    after.available === before.available &&
    after.withErrors === before.withErrors &&
    after.inFlight === before.inFlight;
  return isSame ? before : after;
}

function remember(
  known: Readonly<Record<string, ModelInfo>>,
  models: readonly ModelView[],
): Readonly<Record<string, ModelInfo>> {
  const fresh: Record<string, ModelInfo> = {};
  for (const model of models) {
    for (const { version, info } of model.versions) if (info) fresh[infoKey(model.name, version)] = info;
  }
  // The same object while nothing is new, so that what reads it does not render again.
  return Object.keys(fresh).length === 0 ? known : { ...known, ...fresh };
}

/** What the latest version of a model takes and gives, also while no version is available. */
export function latestKnownInfo(
  knownInfo: Readonly<Record<string, ModelInfo>>,
  model: ModelView,
): { readonly version: ServableVersion; readonly info: ModelInfo } | undefined {
  const served = model.versions.find((version) => version.phase === 'available' && version.info);
  if (served?.info) return { version: served.version, info: served.info };
  for (const { version } of model.versions.toSorted((a, b) => compareVersions(b.version, a.version))) {
    const info = knownInfo[infoKey(model.name, version)];
    if (info) return { version, info };
  }
  return undefined;
}

/** Whether anything about a model needs a person: its folder cannot be read, or a version failed to load. */
export function hasError(model: ModelView): boolean {
  return (
    model.source.status === 'error' ||
    model.versions.some(
      ({ error, phase, held }) =>
        error !== undefined && error.code !== 'CANCELLED' && phase !== 'available' && held === undefined,
    )
  );
}
