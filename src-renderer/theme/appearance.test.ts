import { describe, expect, it } from 'vitest';
import { createAppearanceStore } from './appearance.ts';

function world(stored: Readonly<Record<string, string>> = {}) {
  const kept = new Map(Object.entries(stored));
  const attributes: DOMStringMap = {};
  const store = createAppearanceStore({
    read: (key) => kept.get(key) ?? null,
    write: (key, value) => void kept.set(key, value),
    attributes,
  });
  return { store, kept, attributes };
}

describe('createAppearanceStore', () => {
  it('starts with what was kept, and with the first choice where that is none', () => {
    const { store } = world({ 'slipway.theme': 'dark', 'slipway.density': 'huge' });
    expect(store.getState()).toMatchObject({
      theme: 'dark',
      density: 'comfortable',
      contrast: 'system',
      letterKeys: 'on',
    });
  });

  it('shows a choice by an attribute, and the first of the list by none', () => {
    const { store, kept, attributes } = world();
    store.getState().choose({ density: 'compact', theme: 'light' });
    expect(attributes).toEqual({ density: 'compact', theme: 'light' });
    expect(kept.get('slipway.density')).toBe('compact');
    store.getState().choose({ theme: 'system' });
    expect(attributes).toEqual({ density: 'compact' });
    expect(kept.get('slipway.theme')).toBe('system');
    expect(store.getState().theme).toBe('system');
  });

  it('goes on for this window where storage is blocked', () => {
    const refuse = (): never => {
      throw new Error('blocked');
    };
    const attributes: DOMStringMap = {};
    const store = createAppearanceStore({ read: refuse, write: refuse, attributes });
    store.getState().choose({ theme: 'dark' });
    expect(store.getState().theme).toBe('dark');
    expect(attributes).toEqual({ theme: 'dark' });
  });
});
