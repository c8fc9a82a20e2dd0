import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ServableName } from '../contracts/ids.ts';
import { LATEST_ONE, type ModelConfig } from '../contracts/model-config.ts';
import { followCatalogue } from './follow-catalogue.ts';

const many = (count: number, basePath = '/models'): ModelConfig[] =>
  Array.from({ length: count }, (_, index) => ({
    name: ServableName.parse(`m${index}`),
    basePath: `${basePath}/m${index}`,
    versionPolicy: LATEST_ONE,
  }));

function world(models: readonly ModelConfig[]) {
  let served = models;
  const listeners = new Set<() => void>();
  const updates: (readonly ModelConfig[])[] = [];
  const forgotten: string[] = [];
  const end = followCatalogue({
    catalogue: {
      models: () => served.map((config) => ({ config, origin: 'config' as const })),
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    source: { updateModels: (list) => updates.push(list) },
    async forget(name) {
      forgotten.push(name);
    },
  });
  return {
    updates,
    forgotten,
    end,
    change(wanted: readonly ModelConfig[]) {
      served = wanted;
      for (const listener of listeners) listener();
    },
    /** How many models the source has. */
    count: () => updates.at(-1)?.length,
    async untilCount(count: number): Promise<number> {
      let turns = 0;
      for (; updates.at(-1)?.length !== count; turns += 1) await nextTurn();
      return turns;
    },
  };
}

describe('followCatalogue', () => {
  it('gives the source all models, and each change of them, at once', () => {
    const w = world(many(1000));
    expect(w.updates).toEqual([many(1000)]);
    w.change(many(1001, '/elsewhere'));
    expect(w.updates.at(-1)).toEqual(many(1001, '/elsewhere'));
    expect(w.forgotten).toEqual([]);
  });

  it('takes a few models away at once', () => {
    const w = world(many(3));
    w.change(many(1));
    expect(w.updates.at(-1)).toEqual(many(1));
    expect(w.forgotten).toEqual(['m1', 'm2']);
  });

  it('takes many models away in many turns, after what is new has come', async () => {
    const w = world(many(1000));
    const fresh: ModelConfig = { name: ServableName.parse('new'), basePath: '/new', versionPolicy: LATEST_ONE };
    w.change([fresh]);
    expect(w.count()).toBe(1001);
    expect(w.updates.at(-1)).toContain(fresh);
    expect(await w.untilCount(1)).toBeGreaterThan(100);
    expect(w.updates.at(-1)).toEqual([fresh]);
    expect(w.forgotten).toEqual(many(1000).map(({ name }) => name));
  });

  it('lets one that comes back before its turn just stay', async () => {
    const w = world(many(100));
    w.change([]);
    const back = many(100).slice(90);
    w.change(back);
    await w.untilCount(10);
    expect(w.updates.at(-1)).toEqual(back);
    expect(w.forgotten).toEqual(many(90).map(({ name }) => name));
    expect(w.updates.every((list) => list.some(({ name }) => name === 'm95'))).toBe(true);
  });

  it('stops when it is told to', async () => {
    const w = world(many(100));
    w.change([]);
    w.end();
    const { length } = w.updates;
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    w.change(many(5));
    expect(w.updates).toHaveLength(length);
  });
});
