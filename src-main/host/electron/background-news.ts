import type { DesktopNotifications } from '../../contracts/shell.ts';
import type { ModelView, ServerView, UiMessage, VersionView } from '../../contracts/ui.ts';

export type NewsKind = keyof DesktopNotifications;

/** Something that happened while nobody looked. */
export type News =
  | {
      readonly kind: Exclude<NewsKind, 'exposurePaused'>;
      readonly model: string;
      /** The version that it is about; undefined for news of a source. */
      readonly version?: string;
      /** Why, in the words of the user interface. */
      readonly reason?: string;
    }
  | { readonly kind: 'exposurePaused'; readonly interfaces: readonly string[] };

type ModelNews = Exclude<News, { kind: 'exposurePaused' }>;

/** Polls of a source that fail one after the other before it is news: one may be a hiccup. */
const FAILED_ROUNDS = 3;

/** What news is found in. */
type Facts = Pick<ModelView, 'name' | 'versions' | 'source'>;

/** What was last seen of a model. */
interface Seen {
  readonly facts: Facts;
  readonly available: ReadonlySet<string>;
  readonly failed: ReadonlySet<string>;
  /** Whether anything was there that a change could be news against. */
  readonly hadState: boolean;
  readonly failedRounds: number;
  readonly lastPollMs: number | undefined;
}

/**
 * Finds the news in the messages of the user interface. What the first snapshot says is old, and so is the first version
 * that becomes available of a model that has just started or was just added.
 */
export function createNewsFinder(): { after(message: UiMessage): readonly News[] } {
  const models = new Map<string, Seen>();
  /** Undefined before the first word of it: what is paused at the start is not news. */
  let paused: readonly string[] | undefined;

  function lookAtExposure({ serving }: ServerView): News[] {
    const elsewhere = serving.exposure?.addresses.filter(({ isOtherNetwork }) => isOtherNetwork) ?? [];
    const interfaces = [...new Set(elsewhere.map((address) => address.interface))];
    const isNews = paused !== undefined && interfaces.some((name) => !paused?.includes(name));
    paused = interfaces;
    return isNews ? [{ kind: 'exposurePaused', interfaces }] : [];
  }

  function look({ name, versions, source }: Facts): News[] {
    const model = { name, versions, source };
    const before = models.get(model.name);
    const seen = seenIn(model, before);
    models.set(model.name, seen);
    return before ? newsBetween(before, seen, model) : [];
  }

  return {
    after(message) {
      switch (message.kind) {
        case 'models':
          return message.models.flatMap(look);
        case 'numbers':
          return message.models.flatMap(({ name, source }) => {
            const known = models.get(name)?.facts;
            return known && source ? look({ ...known, source: { ...known.source, ...source } }) : [];
          });
        case 'modelsRemoved':
          for (const name of message.names) models.delete(name);
          return [];
        case 'snapshot':
          // A later one follows a gap: what changed in it is news all the same.
          return [...message.models.flatMap(look), ...lookAtExposure(message.server)];
        case 'server':
          return lookAtExposure(message.server);
        case 'boards':
          return [];
        default:
          return message satisfies never;
      }
    },
  };
}

function seenIn(facts: Facts, before: Seen | undefined): Seen {
  const { versions, source } = facts;
  const versionsWith = (test: (version: VersionView) => boolean): ReadonlySet<string> =>
    new Set(versions.filter(test).map(({ version }) => version));
  const available = versionsWith(({ phase }) => phase === 'available');
  const failed = versionsWith(({ error }) => error !== undefined);
  const isNewRound = source.polledAtMs !== before?.lastPollMs;
  const rounds = (before?.failedRounds ?? 0) + (isNewRound ? 1 : 0);
  return {
    facts,
    available,
    failed,
    hadState: before?.hadState === true || available.size > 0 || failed.size > 0,
    failedRounds: source.status === 'error' ? rounds : 0,
    lastPollMs: source.polledAtMs,
  };
}

function newsBetween(before: Seen, now: Seen, { name: model, versions, source }: Facts): ModelNews[] {
  const news: ModelNews[] = [];
  for (const { version, error } of versions) {
    if (now.available.has(version) && !before.available.has(version) && before.hadState) {
      news.push({ kind: 'versionAvailable', model, version });
    }
    if (now.failed.has(version) && !before.failed.has(version)) {
      news.push({ kind: 'loadFailed', model, version, ...(error && { reason: error.message }) });
    }
  }
  if (now.failedRounds >= FAILED_ROUNDS && before.failedRounds < FAILED_ROUNDS) {
    news.push({ kind: 'sourceFailing', model, ...(source.message !== undefined && { reason: source.message }) });
  }
  return news;
}

/** A message for the operating system to show. */
export interface Announcement {
  readonly title: string;
  readonly body: string;
  /** What it is about when it is about one model. */
  readonly model?: string;
  readonly version?: string;
}

/** How many are named in a message about several. */
const MAX_NAMED = 3;

/**
 * The messages to show for what happened since the last ones: at most one of each kind.
 * @param isWatched whether a window of the app has the user's attention, who then sees it all there.
 */
export function announcementsOf(
  news: readonly News[],
  wanted: DesktopNotifications,
  isWatched: boolean,
): readonly Announcement[] {
  if (isWatched) return [];
  const ofModels = (['loadFailed', 'sourceFailing', 'versionAvailable'] as const).flatMap((kind) => {
    const ofKind = wanted[kind] ? news.filter((item): item is ModelNews => item.kind === kind) : [];
    const [first] = ofKind;
    if (!first) return [];
    return [ofKind.length === 1 ? single(first) : several(kind, ofKind)];
  });
  const paused = wanted.exposurePaused ? news.findLast((item) => item.kind === 'exposurePaused') : undefined;
  return paused ? [pausedExposure(paused.interfaces), ...ofModels] : ofModels;
}

function pausedExposure(interfaces: readonly string[]): Announcement {
  return {
    title: 'The network cannot call your models any more',
    body: `Another network than the one you chose: ${interfaces.join(', ')}. Open Slipway to expose them here too.`,
  };
}

function single({ kind, model, version, reason = '' }: ModelNews): Announcement {
  const about = { model, ...(version !== undefined && { version }) };
  switch (kind) {
    case 'versionAvailable':
      return { title: `${model} version ${version} is available`, body: 'It serves requests now.', ...about };
    case 'loadFailed':
      return { title: `${model} version ${version} does not load`, body: reason, ...about };
    case 'sourceFailing':
      return { title: `The source of ${model} cannot be read`, body: reason, ...about };
    default:
      return kind satisfies never;
  }
}

function several(kind: ModelNews['kind'], news: readonly ModelNews[]): Announcement {
  const names = news.map(({ model, version }) => (version === undefined ? model : `${model} ${version}`));
  const left = names.length - MAX_NAMED;
  const body = `${names.slice(0, MAX_NAMED).join(', ')}${left > 0 ? ` and ${left} more` : ''}`;
  const count = news.length;
  switch (kind) {
    case 'versionAvailable':
      return { title: `${count} versions are available`, body };
    case 'loadFailed':
      return { title: `${count} versions do not load`, body };
    case 'sourceFailing':
      return { title: `The sources of ${count} models cannot be read`, body };
    default:
      return kind satisfies never;
  }
}
