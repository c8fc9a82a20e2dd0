import { changedModel, withNumbers } from '../../contracts/model-change.ts';
import type { ModelView, ServerView, UiMessage, VersionView } from '../../contracts/ui.ts';

/** The newest state of the server and its models, as the messages of the user interface tell it. */
export interface ServingOverview {
  readonly server: ServerView | undefined;
  readonly models: ReadonlyMap<string, ModelView>;
}

export const NOTHING_KNOWN: ServingOverview = { server: undefined, models: new Map() };

/** The state after a message. */
export function afterMessage(overview: ServingOverview, message: UiMessage): ServingOverview {
  switch (message.kind) {
    case 'snapshot':
      return { server: message.server, models: new Map(message.models.map((model) => [model.name, model])) };
    case 'server':
      return { ...overview, server: message.server };
    case 'models': {
      const models = new Map(overview.models);
      for (const change of message.models) models.set(change.name, changedModel(models.get(change.name), change));
      return { ...overview, models };
    }
    case 'numbers': {
      const models = new Map(overview.models);
      for (const numbers of message.models) {
        const model = models.get(numbers.name);
        if (model) models.set(model.name, withNumbers(model, numbers));
      }
      return { ...overview, models };
    }
    case 'modelsRemoved': {
      const gone = new Set<string>(message.names);
      return { ...overview, models: new Map([...overview.models].filter(([name]) => !gone.has(name))) };
    }
    case 'boards':
      return overview;
    default:
      return message satisfies never;
  }
}

/** Requests that are being answered now. */
export function requestsInFlight({ models }: ServingOverview): number {
  let sum = 0;
  for (const { versions } of models.values()) for (const { inFlight } of versions) sum += inFlight;
  return sum;
}

/** The worst and the newest thing that can be said of a model, in few words. */
export interface ModelState {
  readonly name: string;
  readonly words: string;
  /** Smaller is more urgent. */
  readonly rank: number;
}

export function modelState(model: ModelView): ModelState {
  const { name, versions } = model;
  const of = (test: (version: VersionView) => boolean): VersionView | undefined => versions.find(test);
  const available = of(({ phase }) => phase === 'available');
  const failed = of(({ aspired, error }) => aspired && error !== undefined);
  if (failed) {
    const serving = available ? `, version ${available.version} serves` : '';
    return { name, words: `version ${failed.version} failed to load${serving}`, rank: 0 };
  }
  if (model.source.status === 'error') return { name, words: 'source cannot be read', rank: 0 };
  const loading = of(({ phase }) => phase === 'loading' || phase === 'start');
  if (loading) return { name, words: `version ${loading.version} is loading`, rank: 1 };
  if (available) return { name, words: `version ${available.version}`, rank: 2 };
  return { name, words: 'no version to serve', rank: 1 };
}
