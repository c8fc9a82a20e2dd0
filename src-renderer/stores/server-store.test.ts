import { describe, expect, it } from 'vitest';
import type { UiMessage } from '#contracts/ui.ts';
import {
  halfPlusTwoInfo,
  modelMessage,
  modelView,
  NOW_MS,
  name,
  serverView,
  snapshot,
  unloadedVersion,
  version,
  versionView,
} from '../testing/fixtures.ts';
import type { ServerActions } from './server-store.ts';
import { createServerStore, hasError, latestKnownInfo } from './server-store.ts';

function storeWith(...models: Parameters<typeof snapshot>[0]) {
  const store = createServerStore();
  store.getState().received(snapshot(models), NOW_MS - 2500);
  return store;
}

describe('createServerStore', () => {
  it('takes a snapshot, orders names as people count, and learns the difference of the clocks', () => {
    const store = storeWith(modelView('m10', []), modelView('m9', []));
    expect(store.getState()).toMatchObject({ names: ['m9', 'm10'], sequence: 1, clockOffsetMs: 2500 });
  });

  it.each([999, -999, 0])('takes clocks %d ms apart for the same: the message took its time', (apartMs) => {
    const store = createServerStore();
    store.getState().received(snapshot([]), NOW_MS - apartMs);
    expect(store.getState().clockOffsetMs).toBe(0);
  });

  it('takes each change in turn', () => {
    const store = storeWith(modelView('a', []));
    const received: ServerActions['received'] = (...message) => store.getState().received(...message);
    expect(received(modelMessage(2, modelView('b', [])), NOW_MS)).toBe(true);
    expect(received({ kind: 'server', sequence: 3, server: serverView({ isQuitting: true }) }, NOW_MS)).toBe(true);
    expect(received({ kind: 'modelsRemoved', sequence: 4, names: [name('a')] }, NOW_MS)).toBe(true);
    expect(store.getState()).toMatchObject({ names: ['b'], sequence: 4, server: { isQuitting: true } });
    expect(Object.keys(store.getState().models)).toEqual(['b']);
  });

  it('takes a model that is named like what every object has', () => {
    const store = storeWith();
    const odd = modelView('constructor', [versionView('1')]);
    store.getState().received({ kind: 'numbers', sequence: 2, models: [{ name: name('toString') }] }, NOW_MS);
    expect(store.getState().received(modelMessage(3, odd), NOW_MS)).toBe(true);
    expect(store.getState()).toMatchObject({ names: ['constructor'], totals: { models: 1, available: 1 } });
  });

  it('takes numbers of requests in flight, and leaves everything else as it is', () => {
    const store = storeWith(modelView('a', [versionView('2'), versionView('1', { inFlight: 1 })]), modelView('b', []));
    const before = store.getState().models;
    const versions = [{ version: version('2'), inFlight: 7 }];
    store.getState().received({ kind: 'numbers', sequence: 2, models: [{ name: name('a'), versions }] }, NOW_MS);
    const { models, sequence } = store.getState();
    expect(sequence).toBe(2);
    expect(models['a']).toEqual(modelView('a', [versionView('2', { inFlight: 7 }), versionView('1', { inFlight: 1 })]));
    expect([models['b'], models['a']?.versions[1]]).toEqual([before['b'], before['a']?.versions[1]]);
    // A model that went, or a version that is not known yet, is not made up.
    const unknown = ['c', 'b'].map((each) => ({ name: name(each), versions }));
    store.getState().received({ kind: 'numbers', sequence: 3, models: unknown }, NOW_MS);
    expect([store.getState().models, store.getState().sequence]).toEqual([models, 3]);
  });

  it.each([
    ['a number is missing', 3],
    ['a number comes again', 1],
  ])('refuses a change when %s, and changes nothing', (_, sequence) => {
    const store = storeWith(modelView('a', []));
    const before = store.getState();
    expect(before.received({ kind: 'modelsRemoved', sequence, names: [name('a')] }, NOW_MS)).toBe(false);
    expect(store.getState()).toBe(before);
  });

  it('refuses a change before any snapshot', () => {
    expect(
      createServerStore()
        .getState()
        .received(modelMessage(1, modelView('a', [])), NOW_MS),
    ).toBe(false);
  });

  it('shows a model that comes back after it was hidden and removed', () => {
    const store = storeWith(modelView('a', []));
    store.getState().setHidden('a', true);
    store.getState().received({ kind: 'modelsRemoved', sequence: 2, names: [name('a')] }, NOW_MS);
    expect(store.getState().hidden.size).toBe(0);
  });

  it('remembers the signature of a version that is no longer available', () => {
    const store = storeWith(modelView('a', [versionView('1')]));
    const gone = modelView('a', [unloadedVersion('2', 'loading'), unloadedVersion('1', 'end')]);
    store.getState().received(modelMessage(2, gone), NOW_MS);
    expect(latestKnownInfo(store.getState().knownInfo, gone)).toEqual({ version: '1', info: halfPlusTwoInfo });
  });
});

describe('counts', () => {
  const failed = unloadedVersion('3', 'end', { error: { code: 'INTERNAL', message: 'no' } });
  const unreadable = modelView('d', [versionView('1')], { source: { status: 'error', versions: [], ignored: [] } });

  it('counts a model with an old version serving and a failed new one as both', () => {
    const store = storeWith(
      modelView('a', [versionView('1', { inFlight: 2 })]),
      modelView('b', [failed, versionView('2')]),
      modelView('c', []),
      unreadable,
    );
    expect(store.getState().totals).toEqual({ models: 4, available: 3, withErrors: 2, inFlight: 2 });
  });

  it('follows every change', () => {
    const store = storeWith(modelView('a', [versionView('1')]), modelView('b', [failed]));
    const told = (message: UiMessage) => {
      store.getState().received(message, NOW_MS);
      return store.getState().totals;
    };
    const two = told(modelMessage(2, modelView('c', [versionView('1', { inFlight: 3 })])));
    expect(two).toEqual({ models: 3, available: 2, withErrors: 1, inFlight: 3 });
    expect(told(modelMessage(3, modelView('b', [versionView('3')])))).toEqual({ ...two, available: 3, withErrors: 0 });
    const numbers = [{ name: name('c'), versions: [{ version: version('1'), inFlight: 1 }] }];
    const four = told({ kind: 'numbers', sequence: 4, models: numbers });
    expect(four.inFlight).toBe(1);
    // What counts the same is the same.
    expect(told(modelMessage(5, modelView('b', [versionView('4')])))).toBe(four);
    expect(told({ kind: 'modelsRemoved', sequence: 6, names: [name('c'), name('unknown')] })).toEqual({
      models: 2,
      available: 2,
      withErrors: 0,
      inFlight: 0,
    });
  });

  it('does not count an error that was overcome', () => {
    expect(
      hasError(modelView('a', [versionView('1', { error: { code: 'INTERNAL', message: 'first try failed' } })])),
    ).toBe(false);
  });
});
