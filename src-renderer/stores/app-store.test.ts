import { describe, expect, it } from 'vitest';
import type { AppMemory } from './app-store.ts';
import { createAppStore } from './app-store.ts';

function memoryOf(entries: Readonly<Record<string, string>> = {}): AppMemory & { readonly kept: Map<string, string> } {
  const kept = new Map(Object.entries(entries));
  return { kept, getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) };
}
const blocked: AppMemory = {
  getItem() {
    throw new Error('blocked');
  },
  setItem() {
    throw new Error('blocked');
  },
};

describe('createAppStore', () => {
  it('remembers what was used, newest first, each once, and no more than eight', () => {
    const memory = memoryOf();
    const store = createAppStore(memory);
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'c']) store.getState().used(id);
    expect(createAppStore(memory).getState().recent).toEqual(['c', 'i', 'h', 'g', 'f', 'e', 'd', 'b']);
  });

  it('takes what it cannot read for nothing', () => {
    expect(createAppStore(memoryOf({ 'slipway.recent': '{"a":' })).getState().recent).toEqual([]);
    expect(createAppStore(memoryOf({ 'slipway.recent': '[1]' })).getState().recent).toEqual([]);
  });

  it('welcomes once', () => {
    const memory = memoryOf();
    const store = createAppStore(memory);
    expect(store.getState().isFirstRun).toBe(true);
    store.getState().welcomed();
    expect(store.getState().isFirstRun).toBe(false);
    expect(createAppStore(memory).getState().isFirstRun).toBe(false);
  });

  it('goes on for this window where storage is blocked', () => {
    const store = createAppStore(blocked);
    store.getState().used('a');
    store.getState().welcomed();
    expect(store.getState()).toMatchObject({ recent: ['a'], isFirstRun: false });
  });

  it('has the filter that was offered last, and the one before when that is taken back', () => {
    const store = createAppStore(memoryOf());
    const filter = () => ({ focus: () => undefined, clear: () => false });
    const [first, second] = [filter(), filter()];
    const takeFirst = store.getState().offerFilter(first);
    const takeSecond = store.getState().offerFilter(second);
    expect(store.getState().filter).toBe(second);
    takeSecond();
    expect(store.getState().filter).toBe(first);
    takeFirst();
    expect(store.getState().filter).toBeUndefined();
  });
});
