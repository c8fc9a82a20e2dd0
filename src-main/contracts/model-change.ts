import type { EventView, ModelChange, ModelNumbers, ModelView } from './ui.ts';

/** @param told the history as the reader knows it; the events in it are compared by identity. */
export function modelChange({ history, ...model }: ModelView, told: readonly EventView[]): ModelChange {
  const known = new Set(told);
  return {
    ...model,
    news: history.filter((event) => !known.has(event)),
    keptFrom: history[0]?.sequence ?? Number.MAX_SAFE_INTEGER,
  };
}

/** The model after the change. @param before undefined for one that is new to the reader. */
export function changedModel(before: ModelView | undefined, { news, keptFrom, ...model }: ModelChange): ModelView {
  const told = new Map(news.map((event) => [event.sequence, event]));
  const kept: EventView[] = [];
  for (const event of before?.history ?? []) {
    if (event.sequence < keptFrom) continue;
    kept.push(told.get(event.sequence) ?? event);
    told.delete(event.sequence);
  }
  return { ...model, history: [...kept, ...told.values()] };
}

/** The model with its newest numbers; all that they leave out stays the same object. */
export function withNumbers(model: ModelView, { source, versions }: ModelNumbers): ModelView {
  const numbers = new Map(versions?.map(({ version, inFlight }) => [version, inFlight]));
  return {
    ...model,
    // One that was planned may not be any more.
    ...(source && { source: { ...model.source, ...source, nextPollAtMs: source.nextPollAtMs } }),
    ...(versions && {
      versions: model.versions.map((view) => {
        const inFlight = numbers.get(view.version);
        return inFlight === undefined ? view : { ...view, inFlight };
      }),
    }),
  };
}
