import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ServableName } from '../contracts/ids.ts';
import type { ModelConfig } from '../contracts/model-config.ts';
import type { ModelCatalogue } from './model-catalogue.ts';

export interface FollowCatalogueDeps {
  readonly catalogue: Pick<ModelCatalogue, 'models' | 'subscribe'>;
  readonly source: { updateModels(models: readonly ModelConfig[]): void };
  /** Unloads a model that was removed and drops all traces of it. */
  readonly forget: (name: ServableName) => Promise<void>;
}

/** Models that are taken away in one turn of the event loop; to take a thousand away at once would hold up requests. */
const SLICE = 8;

/**
 * Has the source follow the catalogue, from now on. New and changed models reach it at once; those that are removed leave
 * it a few at a time, in order. One that comes back before its turn just stays.
 * @returns a function that ends it.
 */
export function followCatalogue({ catalogue, source, forget }: FollowCatalogueDeps): () => void {
  /** What the source has: the models to serve, and those that are still to leave. */
  let shown = new Map<ServableName, ModelConfig>();
  let leaving = new Map<ServableName, ModelConfig>();
  let isDropping = false;
  let hasEnded = false;

  function update(): void {
    const before = new Map([...leaving, ...shown]);
    shown = new Map(catalogue.models().map(({ config }) => [config.name, config]));
    leaving = new Map([...before].filter(([name]) => !shown.has(name)));
    if (leaving.size <= SLICE) dropSlice();
    else source.updateModels([...shown.values(), ...leaving.values()]);
    void dropLeaving();
  }

  function dropSlice(): void {
    const names = [...leaving.keys()].slice(0, SLICE);
    for (const name of names) leaving.delete(name);
    source.updateModels([...shown.values(), ...leaving.values()]);
    for (const name of names) void forget(name);
  }

  async function dropLeaving(): Promise<void> {
    if (isDropping) return;
    isDropping = true;
    while (leaving.size > 0 && !hasEnded) {
      await nextTurn();
      if (leaving.size > 0 && !hasEnded) dropSlice();
    }
    isDropping = false;
  }

  update();
  const unsubscribe = catalogue.subscribe(update);
  return () => {
    hasEnded = true;
    unsubscribe();
  };
}
