import { modelChange } from '../../contracts/model-change.ts';
import { compareVersions, type ServableId, type ServableName, type ServableVersion } from '../../contracts/ids.ts';
import type { ModelMemory, ModelServable } from '../../contracts/model-servable.ts';
import type {
  DownloadView,
  EventView,
  ModelChange,
  ModelNumbers,
  ModelView,
  ServerView,
  UiBoardName,
  UiBoards,
  UiMessage,
  VersionView,
} from '../../contracts/ui.ts';
import { UI_BOARD_NAMES } from '../../contracts/ui.ts';
import type { Clock } from '../../core/clock.ts';
import type { ServableStates, VersionStatus } from '../../core/servable-state-monitor.ts';
import type { VersionLabels } from '../../core/version-labels.ts';
import { errorView } from './error-view.ts';
import type { DirectoryModel, ModelDirectory } from './model-directory.ts';
import type { ModelTimeline } from './model-timeline.ts';
import type { VersionHoldsView } from './version-holds-view.ts';

/** Changes of all models within this time go out together. */
const COALESCE_MS = 50;
/** A reader takes each message as a whole, and does nothing else meanwhile. */
const MODELS_PER_MESSAGE = 64;
/** Changes of the boards within this time go out as one message. */
const BOARDS_MS = 200;
/** How often the numbers of requests in flight are compared while somebody watches; no event announces them. */
const NUMBERS_MS = 1000;
/** Of each model, polls that found nothing new are told at most this often. */
const POLL_TIMES_MS = 5000;
/** Messages kept for readers that come back, and their size at most, in characters of JSON. */
const RING_MESSAGES = 256;
const RING_CHARACTERS = 4 * 1024 ** 2;
/** Events of a model that every reader gets; the timeline keeps more. */
const SHOWN_EVENTS = 50;

/** One board of the user interface: see UiBoards. */
export interface UiBoard<Name extends UiBoardName> {
  /** What it shows now; asked for only while somebody reads. */
  current(): UiBoards[Name];
  /** Calls back after each change, as often as it likes. */
  subscribe(onChange: () => void): () => void;
}

export interface UiFeedDeps {
  readonly clock: Clock;
  readonly states: ServableStates;
  readonly timeline: Pick<ModelTimeline, 'history' | 'subscribe'>;
  readonly directory: ModelDirectory;
  readonly labels: Pick<VersionLabels, 'labelsOf'>;
  /** The servable of an available version; undefined in every other phase. */
  readonly loaded: (id: ServableId) => ModelServable | undefined;
  /** Bytes of memory that a version is expected to take, before it is loaded; undefined where that is not known. */
  readonly expectedBytes?: (id: ServableId) => number | undefined;
  /** Files of versions that come from stores at the moment; calls back with the name of a model where that changed. */
  readonly downloads?: {
    of(id: ServableId): DownloadView | undefined;
    subscribe(onChange: (name: ServableName) => void): () => void;
  };
  /** What is done to single versions by hand. */
  readonly holds?: VersionHoldsView;
  readonly boards?: { readonly [Name in UiBoardName]?: UiBoard<Name> };
  readonly server: () => ServerView;
}

/** What one reader of the feed gets. */
export interface UiFeedReading {
  /** A snapshot, or where the feed still knows them, just the messages that the reader missed. */
  readonly initial: readonly UiMessage[];
  close(): void;
}

/** Everything the user interface shows, as a snapshot and numbered changes. */
export interface UiFeed {
  /**
   * Starts to read; no change is lost or told twice between `initial` and the first call.
   * @param afterSequence the last message that the reader has from this process.
   */
  open(onMessage: (message: UiMessage) => void, afterSequence?: number): UiFeedReading;
  /** To be called when what `server()` returns has changed. */
  serverChanged(): void;
  /** Stops; readers get nothing further. */
  close(): void;
}

type InFlight = ReadonlyMap<ServableVersion, number>;

interface Kept {
  readonly message: UiMessage;
  readonly characters: number;
}

/** What the readers of the feed know of a model. */
interface Published {
  /** See {@link contentOf}. */
  readonly content: string;
  readonly history: readonly EventView[];
  /** When it was polled, as told last, and when that was told. */
  readonly polledAtMs: number | undefined;
  readonly nextPollAtMs: number | undefined;
  readonly atMs: number;
}

/**
 * Joins the states of versions, the configuration and the reports of the sources. Nothing is computed while nobody
 * reads: changes are then only noted, and told to the next reader.
 */
export function createUiFeed(deps: UiFeedDeps): UiFeed {
  const { clock, states, directory } = deps;
  const closed = new AbortController();
  const readers = new Set<(message: UiMessage) => void>();
  const dirty = new Set<ServableName>();
  const published = new Map<ServableName, Published>();
  /** What readers know; only of models that they know. */
  const shownInFlight = new Map<ServableName, InFlight>();
  const waitingSince = new Map<ServableName, ReadonlyMap<ServableVersion, number>>();
  const ring: Kept[] = [];
  let ringCharacters = 0;
  let sequence = 0;
  let flushPlanned = false;
  let watching = false;
  let hadReader = false;

  const publish = (message: UiMessage): void => {
    const characters = JSON.stringify(message).length;
    sequence = message.sequence;
    ring.push({ message, characters });
    ringCharacters += characters;
    while (ring.length > RING_MESSAGES || ringCharacters > RING_CHARACTERS) {
      ringCharacters -= ring.shift()?.characters ?? 0;
    }
    for (const reader of readers) reader(message);
  };

  const view = (model: DirectoryModel): ModelView => {
    const { name, basePath, versionPolicy } = model.config;
    const seen = waitingSince.get(name);
    const waiting = new Map(
      model.report.versions
        .filter((found) => found.waiting !== undefined)
        .map(({ version }) => [version, seen?.get(version) ?? clock.now()]),
    );
    waitingSince.set(name, waiting);
    const versions = versionViews(model, waiting);
    const available = new Set(versions.filter(({ phase }) => phase === 'available').map(({ version }) => version));
    return {
      name,
      basePath,
      versionPolicy,
      labels: deps.labels
        .labelsOf(name)
        .map(([label, version]) => ({ label, version, pending: !available.has(version) })),
      aspiredVersionPolicy: model.config.aspiredVersionPolicy ?? 'availability_preserving',
      origin: model.origin,
      source: model.report,
      versions,
      history: deps.timeline.history(name).slice(-SHOWN_EVENTS),
    };
  };

  const versionViews = (
    { config, report }: DirectoryModel,
    waiting: ReadonlyMap<ServableVersion, number>,
  ): VersionView[] => {
    const found = new Map(report.versions.map((each) => [each.version, each]));
    const views = new Map<ServableVersion, VersionView>();
    for (const [version, sinceMs] of waiting) {
      const { waiting: reason = '', aspired = false, sizeBytes } = found.get(version) ?? {};
      views.set(version, { version, phase: 'waiting', aspired, reason, sinceMs, inFlight: 0, sizeBytes });
    }
    for (const status of states.versions(config.name)) {
      const { version } = status.id;
      const isOver = status.state.phase === 'end' && !status.aspired;
      // A version that was unloaded long ago and comes back on disk is shown as what it is now; one whose folder is gone
      // is history, also when it had failed: removing it was the repair.
      if (isOver && (waiting.has(version) || !found.has(version))) continue;
      views.set(version, versionView(status, found.get(version)?.sizeBytes));
    }
    for (const { version, sizeBytes } of found.values()) {
      const hold = deps.holds?.view({ name: config.name, version });
      if (!hold) continue;
      const { as: held, sinceMs } = hold;
      // One that was held back before anything else became of it is known to nobody else.
      const shown = views.get(version) ?? {
        version,
        phase: 'end',
        aspired: false,
        reason: '',
        sinceMs,
        inFlight: 0,
        sizeBytes,
      };
      views.set(version, { ...shown, held });
    }
    return [...views.values()].toSorted((left, right) => compareVersions(right.version, left.version));
  };

  const versionView = (status: VersionStatus, foundBytes: number | undefined): VersionView => {
    const { id, state, aspired, reason, sinceMs, inFlight } = status;
    const servable = state.phase === 'available' ? deps.loaded(id) : undefined;
    const download = state.phase === 'loading' ? deps.downloads?.of(id) : undefined;
    const estimatedBytes = servable?.memory.estimatedBytes ?? deps.expectedBytes?.(id);
    return {
      version: id.version,
      phase: state.phase,
      aspired,
      reason,
      sinceMs,
      inFlight,
      sizeBytes: servable?.info.sizeBytes ?? foundBytes,
      ...(state.phase === 'loading' && {
        attempt: state.attempt,
        maxAttempts: directory.maxLoadAttempts,
        retryAtMs: state.retryAtMs,
      }),
      ...(state.phase === 'available' && { loadMs: state.loadMs }),
      ...(download !== undefined && { download }),
      ...errorView(state),
      ...(estimatedBytes !== undefined && {
        memory: { estimatedBytes, measuredBytes: servable && ownBytes(servable.memory) },
      }),
      ...(servable !== undefined && { worker: servable.placement, info: servable.info }),
    };
  };

  /** Tells what no event announces: requests in flight, and polls that found nothing new. */
  const tellNumbers = (): void => {
    const now = clock.now();
    const sources = new Map(directory.models().map(({ config, report }) => [config.name, report]));
    const models: ModelNumbers[] = [];
    for (const [name, shown] of shownInFlight) {
      const versions = states
        .versions(name)
        .map(({ id, inFlight }) => ({ version: id.version, inFlight }))
        .filter(({ version, inFlight }) => inFlight !== (shown.get(version) ?? 0));
      const last = published.get(name);
      const { polledAtMs, nextPollAtMs } = sources.get(name) ?? {};
      const isNews = polledAtMs !== last?.polledAtMs || nextPollAtMs !== last?.nextPollAtMs;
      const polled = last && isNews && now - last.atMs >= POLL_TIMES_MS;
      if (versions.length === 0 && !polled) continue;
      models.push({
        name,
        ...(versions.length > 0 && { versions }),
        ...(polled && { source: { polledAtMs, nextPollAtMs } }),
      });
      if (versions.length > 0) shownInFlight.set(name, inFlightOf(name));
      if (polled) published.set(name, { ...last, polledAtMs, nextPollAtMs, atMs: now });
    }
    for (const part of chunks(models)) publish({ kind: 'numbers', sequence: sequence + 1, models: part });
  };

  const inFlightOf = (name: ServableName): InFlight =>
    new Map(states.versions(name).map(({ id, inFlight }) => [id.version, inFlight]));

  const flush = (): void => {
    const models = new Map(directory.models().map((model) => [model.config.name, model]));
    const names = [...dirty];
    dirty.clear();
    const removed: ServableName[] = [];
    const changes: ModelChange[] = [];
    for (const name of names) {
      const model = models.get(name);
      if (model === undefined) {
        shownInFlight.delete(name);
        waitingSince.delete(name);
        if (published.delete(name)) removed.push(name);
        continue;
      }
      const shown = view(model);
      const last = published.get(name);
      const change = modelChange(shown, last?.history ?? []);
      const known = knownOf(shown);
      // A history that begins anew may have nothing in it.
      const isSameHistory = change.news.length === 0 && last?.history[0] === shown.history[0];
      if (last?.content === known.content && isSameHistory) continue;
      published.set(name, known);
      shownInFlight.set(name, inFlightOf(name));
      changes.push(change);
    }
    if (removed.length > 0) publish({ kind: 'modelsRemoved', sequence: sequence + 1, names: removed });
    for (const part of chunks(changes)) publish({ kind: 'models', sequence: sequence + 1, models: part });
  };

  const knownOf = (shown: ModelView): Published => ({
    content: contentOf(shown),
    history: shown.history,
    polledAtMs: shown.source.polledAtMs,
    nextPollAtMs: shown.source.nextPollAtMs,
    atMs: clock.now(),
  });

  const planFlush = (): void => {
    if (flushPlanned || readers.size === 0 || dirty.size === 0) return;
    flushPlanned = true;
    void clock.sleep(COALESCE_MS, closed.signal).then(() => {
      flushPlanned = false;
      if (!closed.signal.aborted && readers.size > 0) flush();
      return undefined;
    });
  };

  const changed = (name: ServableName): void => {
    dirty.add(name);
    planFlush();
  };

  const watchNumbers = async (): Promise<void> => {
    if (watching) return;
    watching = true;
    while (readers.size > 0 && !closed.signal.aborted) {
      await clock.sleep(NUMBERS_MS, closed.signal);
      if (readers.size > 0 && !closed.signal.aborted) tellNumbers();
    }
    watching = false;
  };

  const boards = deps.boards ?? {};
  const boardNames = UI_BOARD_NAMES.filter((name) => boards[name] !== undefined);
  const dirtyBoards = new Set<UiBoardName>();
  let boardsPlanned = false;

  const boardViews = (names: Iterable<UiBoardName>): UiBoards => {
    const views: UiBoards = {};
    for (const name of names) Object.assign(views, { [name]: boards[name]?.current() });
    return views;
  };

  const tellBoards = (): void => {
    if (dirtyBoards.size === 0) return;
    const names = [...dirtyBoards];
    dirtyBoards.clear();
    publish({ kind: 'boards', sequence: sequence + 1, boards: boardViews(names) });
  };

  const boardChanged = (name: UiBoardName): void => {
    dirtyBoards.add(name);
    if (boardsPlanned || readers.size === 0) return;
    boardsPlanned = true;
    void clock.sleep(BOARDS_MS, closed.signal).then(() => {
      boardsPlanned = false;
      if (!closed.signal.aborted && readers.size > 0) tellBoards();
      return undefined;
    });
  };

  const unsubscribe = [
    ...boardNames.map((name) => boards[name]?.subscribe(() => boardChanged(name))),
    deps.timeline.subscribe(changed),
    states.subscribe((event) => changed(event.id.name)),
    directory.subscribe(changed),
    deps.downloads?.subscribe(changed),
    deps.holds?.subscribe(({ id }) => changed(id.name)),
  ];

  const snapshot = (): UiMessage => {
    const models = directory.models().map(view);
    const atMs = clock.now();
    const told = new Map(published);
    published.clear();
    shownInFlight.clear();
    for (const model of models) {
      const known = knownOf(model);
      // Those who read already still have to hear of a poll that only the new reader knows.
      const { polledAtMs, nextPollAtMs, atMs: toldMs } = (readers.size > 0 && told.get(model.name)) || known;
      published.set(model.name, { ...known, polledAtMs, nextPollAtMs, atMs: toldMs });
      shownInFlight.set(model.name, inFlightOf(model.name));
    }
    return { kind: 'snapshot', sequence, nowMs: atMs, server: deps.server(), models, boards: boardViews(boardNames) };
  };

  const missed = (afterSequence: number | undefined): readonly UiMessage[] | undefined => {
    if (afterSequence === undefined || afterSequence > sequence) return undefined;
    if (afterSequence === sequence) return [];
    const [oldest] = ring;
    if (oldest === undefined || oldest.message.sequence > afterSequence + 1) return undefined;
    return ring.map(({ message }) => message).filter((message) => message.sequence > afterSequence);
  };

  return {
    open(onMessage, afterSequence) {
      // What was noted while nobody read gets its numbers first, for readers that come back; before there was any
      // reader, no number was ever told.
      if (hadReader) {
        // The snapshot is what others are compared with from then on: what nobody announced goes to them first.
        if (readers.size > 0) for (const { config } of directory.models()) dirty.add(config.name);
        flush();
        tellNumbers();
        tellBoards();
      } else {
        dirty.clear();
        dirtyBoards.clear();
      }
      hadReader = true;
      const initial = missed(afterSequence) ?? [snapshot()];
      readers.add(onMessage);
      void watchNumbers();
      return {
        initial,
        close() {
          readers.delete(onMessage);
        },
      };
    },
    serverChanged() {
      publish({ kind: 'server', sequence: sequence + 1, server: deps.server() });
    },
    close() {
      closed.abort();
      readers.clear();
      for (const stop of unsubscribe) stop?.();
    },
  };
}

function* chunks<T>(all: readonly T[]): Iterable<readonly T[]> {
  for (let at = 0; at < all.length; at += MODELS_PER_MESSAGE) yield all.slice(at, at + MODELS_PER_MESSAGE);
}

/** What is the version's alone: whose the shared process itself is depends on who else is in it. */
const ownBytes = ({ measuredBytes, processBytes = 0 }: ModelMemory): number =>
  Math.max(0, measuredBytes - processBytes);

/** Equal for two views that differ in nothing but their history, when the base path was polled, and requests in flight. */
function contentOf({ history: _events, ...view }: ModelView): string {
  return JSON.stringify({
    ...view,
    source: { ...view.source, polledAtMs: undefined, nextPollAtMs: undefined },
    versions: view.versions.map((version) => ({ ...version, inFlight: undefined })),
  });
}
