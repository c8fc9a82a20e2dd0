import { describe, expect, it, vi } from 'vitest';
import { ServableVersion } from '../contracts/ids.ts';
import { type Logger, silentLogger } from '../contracts/logger.ts';
import { ServingError } from '../contracts/serving-error.ts';
import { createAspiredVersionsManager } from './aspired-versions-manager.ts';
import { createFakeLoader, type FakeLoader, type FakeServable } from './testing/fake-loader.ts';
import { createManaged } from './testing/managed.ts';
import { createManualClock } from './testing/manual-clock.ts';
import { good, recordEvents, servableId, servableName } from './testing/servables.ts';

const corrupt = new ServingError('INVALID_ARGUMENT', 'model.onnx is corrupt');

/** A loader per version. */
function loaders(...versions: number[]): Record<number, FakeLoader> {
  return Object.fromEntries(versions.map((version) => [version, createFakeLoader()]));
}

describe('sequences of moves', () => {
  it('{1} -> {} -> {1} starts afresh with the new loader', async () => {
    const t = createManaged();
    await t.aspire('m', loaders(1));
    t.newMoves();
    await t.aspire('m', {});
    expect(t.newMoves()).toEqual(['UNLOADING 1', 'END 1']);
    const again = createFakeLoader();
    await t.aspire('m', { 1: again });
    expect(t.newMoves()).toEqual(['START 1', 'LOADING 1', 'AVAILABLE 1']);
    expect(again.loads).toBe(1);
  });

  it('latest is the highest that is available, aspired or not', async () => {
    const t = createManaged();
    await t.aspire('m', loaders(9));
    const lower = createFakeLoader({ held: true });
    await t.aspire('m', { 7: lower });
    const pin = t.acquire('m');
    expect(pin.id.version).toBe('9');
    lower.finishLoad();
    await t.clock.settle();
    // Version 9 has handed over, though it still drains.
    expect(t.acquire('m').id.version).toBe('7');
    pin[Symbol.dispose]();
  });

  it('latest goes by number, not by text', async () => {
    const t = createManaged();
    await t.aspire('m', loaders(9, 10));
    expect(t.acquire('m').id.version).toBe('10');
  });

  it('compares versions as numbers, far beyond what a double holds', async () => {
    const t = createManaged();
    const name = servableName('m');
    const versions = ['9223372036854775807', '9223372036854775806', '10', '9'];
    t.manager.setAspiredVersions(
      name,
      versions.map((version) => {
        const { id, ...item } = good('m', 1, createFakeLoader());
        return { ...item, id: { ...id, version: ServableVersion.parse(version) } };
      }),
    );
    await t.clock.settle();
    expect(t.acquire('m').id.version).toBe('9223372036854775807');
    expect(t.manager.states.versions(name).map(({ id }) => id.version)).toEqual(versions);
  });
});

describe('aspired lists', () => {
  it('that repeat what is known change nothing and tell nothing', async () => {
    const t = createManaged();
    const known = loaders(1, 2);
    await t.aspire('m', known);
    const told = t.events.length;
    await t.aspire('m', known);
    await t.aspire('m', loaders(1, 2));
    expect(t.events).toHaveLength(told);
    expect([known[1]?.loads, known[2]?.loads]).toEqual([1, 1]);
  });

  it('with nothing for an unknown servable leave no trace', async () => {
    const t = createManaged();
    await t.aspire('m', {});
    expect(t.manager.states.names()).toEqual([]);
  });

  it('with the same version twice count it once; an item of another servable is left out', async () => {
    const error = vi.fn<Logger['error']>();
    const clock = createManualClock();
    const log: Logger = { ...silentLogger, error, child: () => silentLogger };
    const manager = createAspiredVersionsManager<FakeServable>({}, { clock, log });
    const [first, second, stranger] = [createFakeLoader(), createFakeLoader(), createFakeLoader()];
    manager.setAspiredVersions(servableName('m'), [good('m', 1, first), good('m', 1, second), good('n', 2, stranger)]);
    await clock.settle();
    expect([first.loads, second.loads, stranger.loads]).toEqual([1, 0, 0]);
    expect(error).toHaveBeenCalledTimes(2);
  });

  it('with an error for a new version unload nothing that serves (AspireErrorDontUnload)', async () => {
    const t = createManaged();
    await t.aspire('m', loaders(1));
    t.newMoves();
    await t.aspire('m', { 2: corrupt });

    expect(t.newMoves()).toEqual(['END 2 (model.onnx is corrupt)']);
    expect(t.acquire('m').id.version).toBe('1');
    expect(t.status('m', 1)).toMatchObject({
      aspired: false,
      reason: 'v1 keeps serving: v2 failed to load (model.onnx is corrupt)',
    });
  });

  it('with an error for a version that serves leave it serving', async () => {
    const t = createManaged();
    await t.aspire('m', loaders(1));
    await t.aspire('m', { 1: corrupt });
    expect(t.status('m', 1)).toMatchObject({
      aspired: true,
      state: { phase: 'available' },
      reason: 'v1 keeps serving, although it could not be loaded now: model.onnx is corrupt',
    });
    expect(t.acquire('m', 1).servable.load).toBe(1);
  });

  it('with an error item end in it, and a good loader replaces it later', async () => {
    const t = createManaged();
    await t.aspire('m', { 1: corrupt });
    expect(t.status('m', 1)).toMatchObject({ aspired: true, state: { phase: 'end', error: corrupt } });
    await t.aspire('m', { 1: new ServingError('INVALID_ARGUMENT', 'model.onnx is corrupt') });
    expect(t.newMoves()).toEqual(['END 1 (model.onnx is corrupt)']);
    await t.aspire('m', { 1: new ServingError('DATA_LOSS', 'short read') });
    expect(t.newMoves()).toEqual(['END 1 (short read)']);
    await t.aspire('m', loaders(1));
    expect(t.newMoves()).toEqual(['START 1', 'LOADING 1', 'AVAILABLE 1']);
  });

  it('that go back to a smaller version swap to it without a gap (RevertToSmallerVersionNumber)', async () => {
    const t = createManaged();
    await t.aspire('m', loaders(1));
    await t.aspire('m', loaders(2));
    expect(t.acquire('m').id.version).toBe('2');
    const old = createFakeLoader({ held: true });
    await t.aspire('m', { 1: old });
    expect(t.acquire('m').id.version).toBe('2');
    old.finishLoad();
    await t.clock.settle();
    expect(t.acquire('m').id.version).toBe('1');
    expect(t.refusal('m', 2)).toBe('NOT_FOUND: Servable not found for request: Specific(m, 2)');
  });
});

describe('a version that is un-aspired and then aspired again', () => {
  it('while it serves goes on serving: no unload, no load (the trap of the original)', async () => {
    const t = createManaged({ maxNumLoadRetries: 0 });
    const [one, two] = [createFakeLoader(), createFakeLoader({ failures: 1 })];
    await t.aspire('m', { 1: one });
    await t.aspire('m', { 2: two });
    expect(t.status('m', 1)?.reason).toBe('v1 keeps serving: v2 failed to load (bad content (load 1))');
    t.newMoves();

    await t.aspire('m', { 1: createFakeLoader() });

    expect(t.newMoves()).toEqual([]);
    expect([one.loads, one.unloads]).toEqual([1, 0]);
    expect(t.status('m', 1)).toMatchObject({ aspired: true, reason: 'aspired again: v1 keeps serving' });
    expect(t.status('m', 2)).toMatchObject({ aspired: false, state: { phase: 'end' } });
    // And it is not stuck: the next version replaces it.
    await t.aspire('m', loaders(3));
    expect(t.newMoves()).toEqual(['START 3', 'LOADING 3', 'AVAILABLE 3', 'UNLOADING 1', 'END 1']);
  });

  it('because its successor failed says so (the why was lost)', async () => {
    const t = createManaged({ maxNumLoadRetries: 0 });
    const [one, two] = [createFakeLoader(), createFakeLoader({ failures: 1 })];
    await t.aspire('m', { 1: one });
    await t.aspire('m', { 2: two });
    await t.aspire('m', { 1: one, 2: two });
    expect(t.status('m', 1)).toMatchObject({
      aspired: true,
      reason: 'aspired again: v1 keeps serving: v2 failed to load (bad content (load 1))',
    });
  });

  it('with other content goes on serving the old one, and says so', async () => {
    const t = createManaged();
    await t.aspire('m', { 1: createFakeLoader({ fingerprint: 'old' }) });
    await t.aspire('m', { 2: createFakeLoader({ held: true }) });
    await t.aspire('m', { 1: createFakeLoader({ fingerprint: 'new' }) });
    expect(t.status('m', 1)).toMatchObject({
      aspired: true,
      state: { phase: 'available' },
      reason: 'aspired again: v1 keeps serving its old content: its files changed after it was loaded',
    });
    expect(t.acquire('m').servable.fingerprint).toBe('old');
  });

  it('while it unloads is loaded afresh afterwards (UnaspireThenImmediatelyReaspire)', async () => {
    const t = createManaged();
    const [first, second] = [createFakeLoader({ held: true }), createFakeLoader()];
    await t.aspire('m', { 1: first });
    first.finishLoad();
    await t.clock.settle();
    await t.aspire('m', {});
    t.newMoves();

    await t.aspire('m', { 1: second });
    expect(t.newMoves()).toEqual([]);
    expect(t.status('m', 1)).toMatchObject({
      aspired: true,
      state: { phase: 'unloading' },
      reason: 'aspired again: it is loaded afresh once it is unloaded',
    });
    first.finishUnload();
    await t.clock.settle();
    expect(t.newMoves()).toEqual(['END 1', 'START 1', 'LOADING 1', 'AVAILABLE 1']);
    expect(second.loads).toBe(1);
  });

  it('while it unloads, and is un-aspired once more, ends', async () => {
    const t = createManaged();
    const loader = createFakeLoader({ held: true });
    await t.aspire('m', { 1: loader });
    loader.finishLoad();
    await t.clock.settle();
    await t.aspire('m', {});
    await t.aspire('m', loaders(1));
    await t.aspire('m', {});
    t.newMoves();
    loader.finishUnload();
    await t.clock.settle();
    expect(t.newMoves()).toEqual(['END 1']);
    expect(t.status('m', 1)?.aspired).toBe(false);
  });

  it('after it failed is loaded afresh (UnaspireFailedServableThenImmediatelyReaspire)', async () => {
    const t = createManaged({ maxNumLoadRetries: 0 });
    await t.aspire('m', { 1: createFakeLoader({ failures: 1 }) });
    await t.aspire('m', {});
    t.newMoves();
    await t.aspire('m', loaders(1));
    expect(t.newMoves()).toEqual(['START 1', 'LOADING 1', 'AVAILABLE 1']);
  });

  it('before anything was done about it starts afresh (UnaspireNewServableThenImmediatelyReaspire)', async () => {
    const t = createManaged({ automatic: false });
    await t.aspire('m', loaders(1));
    await t.aspire('m', {});
    const second = createFakeLoader();
    await t.aspire('m', { 1: second });
    expect(t.newMoves()).toEqual(['START 1', 'END 1', 'START 1']);
    expect(t.manager.tick()).toEqual([{ kind: 'load', id: servableId('m', 1) }]);
    await t.clock.settle();
    expect(second.loads).toBe(1);
  });

  it('while another one serves: the other one serves until the fresh load is done', async () => {
    const t = createManaged();
    const one = createFakeLoader({ held: true });
    await t.aspire('m', { 1: one });
    one.finishLoad();
    await t.clock.settle();
    await t.aspire('m', loaders(2));
    expect(one.doing).toBe('unloading');
    await t.aspire('m', { 1: createFakeLoader() });
    expect(t.status('m', 2)?.reason).toBe('v2 serves until v1 is available');
    expect(t.acquire('m').id.version).toBe('2');
    one.finishUnload();
    await t.clock.settle();
    expect(t.acquire('m').id.version).toBe('1');
  });
});

describe('stepping by hand', () => {
  it('does nothing by itself, and all that is possible in one tick, unloads first', async () => {
    const t = createManaged({ automatic: false });
    await t.aspire('a', loaders(1));
    expect(t.manager.tick()).toEqual([{ kind: 'load', id: servableId('a', 1) }]);
    await t.clock.settle();
    await t.aspire('b', loaders(2));
    await t.aspire('a', {});
    expect(t.manager.tick()).toEqual([
      { kind: 'unload', id: servableId('a', 1) },
      { kind: 'load', id: servableId('b', 2) },
    ]);
    expect(t.manager.tick()).toEqual([]);
  });

  it('finds nothing to do where the manager is automatic', async () => {
    const t = createManaged();
    await t.aspire('a', loaders(1, 2, 3));
    expect(t.manager.tick()).toEqual([]);
  });

  it('refuses what a faulty policy wants, without looping', async () => {
    const { version } = servableId('m', 1);
    const t = createManaged({ policyFor: () => () => ({ kind: 'unload', version }) });
    await t.aspire('m', loaders(1));
    expect(t.newMoves()).toEqual(['START 1']);
  });
});

describe('concurrent loads and unloads', () => {
  const held = (...names: string[]): Record<string, FakeLoader> =>
    Object.fromEntries(names.map((name) => [name, createFakeLoader({ held: true })]));
  const busy = (loadersByName: Record<string, FakeLoader>): string[] =>
    Object.keys(loadersByName).filter((name) => loadersByName[name]?.doing.endsWith('ing'));

  it('are bounded', async () => {
    const t = createManaged({ maxConcurrentLoads: 2, initialConcurrentLoads: 2, maxConcurrentUnloads: 2 });
    const all = held('a', 'b', 'c', 'd');
    for (const [name, loader] of Object.entries(all)) await t.aspire(name, { 1: loader });
    expect(busy(all)).toEqual(['a', 'b']);
    all['b']?.finishLoad();
    await t.clock.settle();
    expect(busy(all)).toEqual(['a', 'c']);
    for (const name of ['a', 'c', 'd']) {
      all[name]?.finishLoad();
      await t.clock.settle();
    }
    for (const name of Object.keys(all)) await t.aspire(name, {});
    expect(busy(all)).toEqual(['a', 'b']);
    all['a']?.finishUnload();
    await t.clock.settle();
    expect(busy(all)).toEqual(['b', 'c']);
  });

  it('are wider until the first wave has settled', async () => {
    const t = createManaged({ maxConcurrentLoads: 1, initialConcurrentLoads: 3 });
    const first = held('a', 'b', 'c', 'd');
    for (const [name, loader] of Object.entries(first)) await t.aspire(name, { 1: loader });
    expect(busy(first)).toEqual(['a', 'b', 'c']);
    for (const loader of Object.values(first)) {
      loader.finishLoad();
      await t.clock.settle();
    }
    const second = held('e', 'f');
    for (const [name, loader] of Object.entries(second)) await t.aspire(name, { 1: loader });
    expect(busy(second)).toEqual(['e']);
  });

  it.each([
    { when: 'no bound is given', options: {}, expected: 4 },
    { when: 'one at a time is asked for', options: { maxConcurrentLoads: 1 }, expected: 1 },
    { when: 'three at a time are asked for', options: { maxConcurrentLoads: 3 }, expected: 3 },
    { when: 'the first wave is given alone', options: { initialConcurrentLoads: 3 }, expected: 3 },
    { when: 'it is wider', options: { maxConcurrentLoads: 1, initialConcurrentLoads: 2 }, expected: 2 },
    { when: 'it is narrower', options: { maxConcurrentLoads: 3, initialConcurrentLoads: 1 }, expected: 3 },
  ])('begin with $expected where $when', async ({ options, expected }) => {
    const t = createManaged(options);
    const all = held('a', 'b', 'c', 'd', 'e');
    for (const [name, loader] of Object.entries(all)) await t.aspire(name, { 1: loader });
    expect(busy(all)).toHaveLength(expected);
  });

  it('leave a place for others: a servable with many slow versions delays nobody', async () => {
    const t = createManaged({ initialConcurrentLoads: 2 });
    const slow = { 1: createFakeLoader({ held: true }), 2: createFakeLoader({ held: true }) };
    await t.aspire('slow', slow);
    expect([slow[2].doing, slow[1].doing]).toEqual(['loading', 'empty']);
    await t.aspire('quick', loaders(1));
    expect(t.acquire('quick').id.version).toBe('1');
    slow[2].finishLoad();
    await t.clock.settle();
    expect(slow[1].doing).toBe('loading');
  });

  it('take turns where there is only one place', async () => {
    const t = createManaged({ maxConcurrentLoads: 1 });
    const [a2, a1] = [createFakeLoader({ held: true }), createFakeLoader({ held: true })];
    await t.aspire('a', { 1: a1, 2: a2 });
    await t.aspire('b', loaders(1));
    a2.finishLoad();
    await t.clock.settle();
    expect(t.status('b', 1)?.state.phase).toBe('available');
    expect(a1.doing).toBe('loading');
  });

  it('give their place away while they wait for a retry: a failing servable delays nobody', async () => {
    const t = createManaged({ maxConcurrentLoads: 1 });
    await t.aspire('broken', { 1: createFakeLoader({ failures: 99 }) });
    await t.aspire('fine', loaders(1));
    expect(t.status('fine', 1)?.state.phase).toBe('available');
    expect(t.status('broken', 1)?.state).toMatchObject({ phase: 'loading', attempt: 1 });
  });

  it('load again first what was lost', async () => {
    const t = createManaged({ maxConcurrentLoads: 1 });
    const lost = createFakeLoader({ fingerprint: 'lost' });
    await t.aspire('z', { 1: lost });
    const [a, b] = [createFakeLoader({ held: true }), createFakeLoader({ held: true })];
    await t.aspire('a', { 1: a });
    await t.aspire('b', { 1: b });
    lost.lose();
    a.finishLoad();
    await t.clock.settle();
    expect([lost.doing, b.doing]).toEqual(['loaded', 'loading']);
    expect(lost.loads).toBe(2);
  });
});

describe('listeners', () => {
  it('find the manager in order, whatever they call, and hear of everything in order', async () => {
    const t = createManaged();
    const heard: number[] = [];
    const acquired: unknown[] = [];
    t.manager.states.subscribe(({ id, state }) => {
      if (id.name !== 'a') return;
      if (state.phase === 'available') {
        acquired.push(t.acquire('a').id);
        t.manager.setAspiredVersions(servableName('b'), [good('b', 1, createFakeLoader())]);
        t.manager.setAspiredVersions(servableName('a'), []);
      }
    });
    const seen: boolean[] = [];
    t.manager.states.subscribe(({ sequence, id, state }) => {
      heard.push(sequence);
      seen.push(t.status(id.name, Number(id.version))?.state === state);
    });
    await t.aspire('a', loaders(1));
    expect(acquired).toEqual([servableId('a', 1)]);
    expect(heard).toEqual(heard.map((_, index) => index + 1));
    expect(seen).toEqual(heard.map(() => true));
    expect(t.status('b', 1)?.state.phase).toBe('available');
    expect(t.status('a', 1)?.state.phase).toBe('unloading');
  });

  it('are told a reason with every event', async () => {
    const t = createManaged({ maxNumLoadRetries: 1 });
    await t.aspire('m', loaders(1));
    await t.aspire('m', { 2: createFakeLoader({ failures: 9 }) });
    await t.clock.advance(5000);
    await t.aspire('m', {});
    expect(t.events.map(({ id, kind, state, reason }) => `${kind} v${id.version} ${state.phase}: ${reason}`)).toEqual([
      'state v1 start: aspired; waits to be loaded',
      'state v1 loading: loading',
      'state v1 available: loaded in 0 ms',
      'state v2 start: aspired; waits to be loaded',
      'state v2 loading: loading',
      'unaspired v1 available: v1 serves until v2 is available',
      'state v2 loading: attempt 1 of 2 failed: bad content (load 1); next one in 1 s',
      'state v2 loading: attempt 2 of 2',
      'state v2 end: failed to load after 2 attempts: bad content (load 2)',
      'unaspired v1 available: v1 keeps serving: v2 failed to load (bad content (load 2))',
      'unaspired v2 end: no longer aspired',
      'state v1 unloading: v1 is no longer aspired',
      'state v1 end: unloaded',
    ]);
  });
});

describe('forget', () => {
  it('unloads what is left and then drops all traces', async () => {
    const t = createManaged();
    await t.aspire('m', loaders(1, 2));
    const handle = t.acquire('m');
    let forgotten = false;
    void t.manager.forget(servableName('m')).then(() => (forgotten = true));
    await t.clock.settle();
    expect([forgotten, t.status('m', 2)?.state.phase]).toEqual([false, 'unloading']);
    handle[Symbol.dispose]();
    await t.clock.settle();
    expect([forgotten, t.manager.states.names()]).toEqual([true, []]);
  });

  it('is off when the servable is aspired again', async () => {
    const t = createManaged();
    await t.aspire('m', loaders(1));
    const handle = t.acquire('m');
    const forgotten = t.manager.forget(servableName('m'));
    await t.aspire('m', loaders(1));
    handle[Symbol.dispose]();
    await t.clock.settle();
    await forgotten;
    expect(t.status('m', 1)?.state.phase).toBe('available');
  });

  it('drops a servable that has ended already, or was never there', async () => {
    const t = createManaged();
    await t.aspire('m', loaders(1));
    await t.aspire('m', {});
    await t.manager.forget(servableName('m'));
    await t.manager.forget(servableName('nobody'));
    expect(t.manager.states.names()).toEqual([]);
  });
});

describe('shutDown', () => {
  it('unloads everything in whatever state it is, leaves no sleep behind and takes no more', async () => {
    const t = createManaged({ initialConcurrentLoads: 2 });
    const loading = createFakeLoader({ held: true });
    const serving = createFakeLoader();
    const lost = createFakeLoader();
    await t.aspire('serving', { 1: serving });
    await t.aspire('lost', { 1: lost });
    await t.aspire('failing', { 1: createFakeLoader({ failures: 99 }) });
    await t.aspire('error', { 1: corrupt });
    lost.lose();
    await t.clock.settle();
    lost.lose();
    await t.aspire('loading', { 1: loading });
    expect(t.clock.pendingSleeps).toBe(2);

    await t.manager.shutDown();

    expect(t.clock.pendingSleeps).toBe(0);
    expect([loading.doing, serving.doing, lost.doing]).toEqual(['empty', 'empty', 'empty']);
    const { states } = t.manager;
    expect(states.names().flatMap((name) => states.versions(name).map(({ state }) => state.phase))).toEqual(
      Array.from({ length: 5 }, () => 'end'),
    );
    const late = createFakeLoader();
    await t.aspire('late', { 1: late });
    expect(late.loads).toBe(0);
    expect(t.refusal('serving')).toBe('UNAVAILABLE: The server is shutting down');
  });

  it('waits for handles, until its signal aborts', async () => {
    const t = createManaged();
    await t.aspire('m', loaders(1));
    await t.aspire('n', loaders(1));
    const [m, n] = [t.acquire('m'), t.acquire('n')];
    const { signal } = n;
    const impatience = new AbortController();
    let done = false;
    void t.manager.shutDown(impatience.signal).then(() => (done = true));
    m[Symbol.dispose]();
    await t.clock.settle();
    expect([done, signal.aborted]).toEqual([false, false]);
    impatience.abort();
    await t.clock.settle();
    expect(done).toBe(true);
    expect(signal.reason).toMatchObject({
      code: 'UNAVAILABLE',
      message: 'Version 1 of n is being unloaded, and the request was cut off: the server stops',
    });
    expect(t.clock.pendingSleeps).toBe(0);
  });

  it('unloads what its policy would keep', async () => {
    const t = createManaged({
      policyFor: () => (versions) => {
        const fresh = versions.find(({ phase }) => phase === 'new');
        return fresh && { kind: 'load', version: fresh.version };
      },
    });
    await t.aspire('m', loaders(1));
    await t.aspire('m', {});
    expect(t.status('m', 1)).toMatchObject({
      state: { phase: 'available' },
      aspired: false,
      reason: 'v1 is no longer aspired; its policy keeps it',
    });
    await t.manager.shutDown();
    expect(t.status('m', 1)?.state.phase).toBe('end');
  });

  it('is the same for every caller, and done at once where there is nothing', async () => {
    const t = createManaged({ policyFor: () => () => undefined });
    const aborted = new AbortController();
    aborted.abort();
    await Promise.all([t.manager.shutDown(), t.manager.shutDown(aborted.signal)]);
    await t.manager.shutDown();
    expect(t.events).toEqual([]);
  });
});

describe('manager without a monitor listener', () => {
  it('records events all the same', async () => {
    const clock = createManualClock();
    const manager = createAspiredVersionsManager<FakeServable>({}, { clock, log: silentLogger });
    manager.setAspiredVersions(servableName('m'), [good('m', 1, createFakeLoader())]);
    await clock.settle();
    const events = recordEvents(manager.states);
    expect([events.length, manager.states.history(servableName('m')).length]).toEqual([0, 3]);
  });
});
