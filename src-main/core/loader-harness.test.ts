import { describe, expect, it } from 'vitest';
import { ServingError } from '../contracts/serving-error.ts';
import { createFakeLoader } from './testing/fake-loader.ts';
import { createManaged, type Managed } from './testing/managed.ts';
import { servableId } from './testing/servables.ts';
import { isFailing, type VersionState } from './version-state.ts';

const broken = new ServingError('INTERNAL', 'no such operator');

/** A servable `m` whose version 1 is available. */
async function withAvailable(options: Parameters<typeof createManaged>[0] = {}) {
  const t = createManaged(options);
  const loader = createFakeLoader();
  await t.aspire('m', { 1: loader });
  t.newMoves();
  return { t, loader };
}

function retryInMs(t: Managed, version = 1): number | undefined {
  const state = t.status('m', version)?.state;
  return state?.phase === 'loading' && state.retryAtMs !== undefined ? state.retryAtMs - t.clock.now() : undefined;
}

describe('retries', () => {
  it('double their interval up to the configured one, and end after the last (RetryOnLoadErrorFailed)', async () => {
    const t = createManaged({ maxNumLoadRetries: 5, firstLoadRetryDelayMs: 1000, loadRetryIntervalMs: 5000 });
    const loader = createFakeLoader({ failures: 99 });
    await t.aspire('m', { 1: loader });
    for (const [index, delayMs] of [1000, 2000, 4000, 5000, 5000].entries()) {
      expect(t.status('m', 1)?.state).toMatchObject({
        phase: 'loading',
        attempt: index + 1,
        error: { message: `bad content (load ${index + 1})` },
      });
      expect(retryInMs(t)).toBe(delayMs);
      await t.clock.advance(delayMs - 1);
      expect(loader.loads).toBe(index + 1);
      await t.clock.advance(1);
      expect(loader.loads).toBe(index + 2);
    }
    expect(t.status('m', 1)?.state).toMatchObject({ phase: 'end', error: { message: 'bad content (load 6)' } });
    expect(t.status('m', 1)?.reason).toBe('failed to load after 6 attempts: bad content (load 6)');
    expect(t.clock.pendingSleeps).toBe(0);
  });

  it('keep the last error in sight while the next attempt runs, and drop it on success (RetryOnLoadErrorSucceeds)', async () => {
    const t = createManaged();
    const loader = createFakeLoader({ held: true, failures: 1 });
    await t.aspire('m', { 1: loader });
    await t.clock.advance(1000);
    expect(t.status('m', 1)?.state).toEqual({
      phase: 'loading',
      attempt: 2,
      error: new ServingError('INTERNAL', 'bad content (load 1)'),
    });
    await t.clock.advance(250);
    loader.finishLoad();
    await t.clock.settle();
    expect(t.status('m', 1)).toMatchObject({
      state: { phase: 'available', loadMs: 250 },
      reason: 'loaded in 250 ms',
    });
  });

  it.each(['CANCELLED', 'ABORTED'] as const)('do not happen after %s, but by hand', async (code) => {
    const t = createManaged({ maxNumLoadRetries: 5 });
    const loader = createFakeLoader({ held: true });
    await t.aspire('m', { 1: loader });
    loader.finishLoad(new ServingError(code, 'no more of it'));
    await t.clock.settle();
    expect(t.newMoves()).toEqual(['START 1', 'LOADING 1', 'END 1 (no more of it)']);
    expect(t.status('m', 1)?.reason).toBe('no more of it');
    expect(t.clock.pendingSleeps).toBe(0);
    t.manager.retry(servableId('m', 1));
    loader.finishLoad();
    await t.clock.settle();
    expect(t.status('m', 1)?.state.phase).toBe('available');
  });

  it.each(['INVALID_ARGUMENT', 'UNIMPLEMENTED'] as const)(
    'wait after %s for other content: the same would fail again',
    async (code) => {
      const t = createManaged({ maxNumLoadRetries: 5 });
      const loader = createFakeLoader({ held: true });
      await t.aspire('m', { 1: loader });
      loader.finishLoad(new ServingError(code, 'model.onnx is a text'));
      await t.clock.advance(3_600_000);
      expect(t.newMoves()).toEqual(['START 1', 'LOADING 1', 'END 1 (model.onnx is a text)']);
      expect(t.status('m', 1)?.reason).toBe(
        'cannot be loaded: model.onnx is a text; it is tried again when its files change',
      );
      expect([loader.loads, t.clock.pendingSleeps]).toEqual([1, 0]);
      await t.aspire('m', { 1: createFakeLoader({ fingerprint: 'mended' }) });
      expect(t.newMoves()).toEqual(['START 1', 'LOADING 1', 'AVAILABLE 1']);
    },
  );

  it.each([
    { when: '0', maxNumLoadRetries: 0 },
    { when: 'negative', maxNumLoadRetries: -1 },
  ])('do not happen where their number is $when', async ({ maxNumLoadRetries }) => {
    const t = createManaged({ maxNumLoadRetries });
    await t.aspire('m', { 1: createFakeLoader({ failures: 1 }) });
    expect(t.newMoves()).toEqual(['START 1', 'LOADING 1', 'END 1 (bad content (load 1))']);
  });

  it('follow at once where the interval is 0 or negative (upstream: no wait)', async () => {
    const t = createManaged({ loadRetryIntervalMs: -1 });
    await t.aspire('m', { 1: createFakeLoader({ failures: 2 }) });
    expect(t.status('m', 1)?.state.phase).toBe('available');
  });

  it('count anything that is thrown as a failure, as INTERNAL when it is no ServingError', async () => {
    const t = createManaged({ maxNumLoadRetries: 0 });
    const loader = {
      ...createFakeLoader(),
      load: () => {
        throw new Error('a bug');
      },
    };
    await t.aspire('m', { 1: loader });
    expect(t.status('m', 1)?.state).toMatchObject({ phase: 'end', error: { code: 'INTERNAL' } });
  });
});

describe('un-aspiring a version that is not available yet', () => {
  it('ends the wait for a retry at once, without another load (RetryOnLoadErrorCancelledLoad)', async () => {
    const t = createManaged();
    const loader = createFakeLoader({ failures: 99 });
    await t.aspire('m', { 1: loader });
    t.newMoves();
    await t.aspire('m', {});
    expect(t.newMoves()).toEqual(['END 1 (Loading of servable cancelled)']);
    expect(t.status('m', 1)).toMatchObject({ aspired: false, reason: 'no longer aspired; its load was cancelled' });
    await t.clock.advance(600_000);
    expect([loader.loads, t.clock.pendingSleeps]).toEqual([1, 0]);
  });

  it('aborts the load that runs', async () => {
    const t = createManaged();
    const loader = createFakeLoader({ held: true });
    await t.aspire('m', { 1: loader });
    expect(loader.signal?.aborted).toBe(false);
    await t.aspire('m', {});
    expect(loader.signal?.reason).toMatchObject({ code: 'CANCELLED' });
    expect(t.newMoves()).toEqual(['START 1', 'LOADING 1', 'END 1 (Loading of servable cancelled)']);
    expect(loader.unloads).toBe(0);
  });

  it('unloads what was loaded all the same, before it ends', async () => {
    const t = createManaged();
    const loader = createFakeLoader({ held: true, ignoresAbort: true });
    await t.aspire('m', { 1: loader });
    await t.aspire('m', {});
    expect(t.status('m', 1)).toMatchObject({
      state: { phase: 'loading' },
      aspired: false,
      reason: 'no longer aspired: its load is being cancelled',
    });
    t.newMoves();
    loader.finishLoad();
    await t.clock.settle();
    expect([loader.doing, t.newMoves()]).toEqual(['unloading', []]);
    expect(t.refusal('m')).toBe('NOT_FOUND: Servable not found for request: Latest(m)');
    loader.finishUnload();
    await t.clock.settle();
    expect(t.newMoves()).toEqual(['END 1 (Loading of servable cancelled)']);
  });

  it('and aspiring it again loads it afresh, after the cancelled load has ended (LoadAfterCancelledLoad)', async () => {
    const t = createManaged();
    const first = createFakeLoader({ held: true, ignoresAbort: true });
    const second = createFakeLoader();
    await t.aspire('m', { 1: first });
    await t.aspire('m', {});
    await t.aspire('m', { 1: second });
    expect(second.loads).toBe(0);
    t.newMoves();
    first.finishLoad(broken);
    await t.clock.settle();
    expect(t.newMoves()).toEqual(['END 1 (Loading of servable cancelled)', 'START 1', 'LOADING 1', 'AVAILABLE 1']);
    expect(second.loads).toBe(1);
  });

  it('cancels the successor of one that serves without touching that one', async () => {
    const { t, loader } = await withAvailable();
    const successor = createFakeLoader({ held: true });
    await t.aspire('m', { 2: successor });
    await t.aspire('m', { 1: loader });
    expect(t.newMoves()).toEqual(['START 2', 'LOADING 2', 'END 2 (Loading of servable cancelled)']);
    expect(t.acquire('m').id.version).toBe('1');
  });
});

describe('content that changes', () => {
  it('brings a version back that ended in an error', async () => {
    const t = createManaged({ maxNumLoadRetries: 0 });
    await t.aspire('m', { 1: createFakeLoader({ fingerprint: 'a', failures: 1 }) });
    await t.aspire('m', { 1: createFakeLoader({ fingerprint: 'a' }) });
    expect(t.status('m', 1)?.state.phase).toBe('end');
    t.newMoves();
    await t.aspire('m', { 1: createFakeLoader({ fingerprint: 'b' }) });
    expect(t.newMoves()).toEqual(['START 1', 'LOADING 1', 'AVAILABLE 1']);
    expect(t.acquire('m').servable.fingerprint).toBe('b');
  });

  it('ends the wait for a retry, and attempts count from the first', async () => {
    const t = createManaged();
    await t.aspire('m', { 1: createFakeLoader({ fingerprint: 'a', failures: 99 }) });
    await t.clock.advance(1000);
    expect(retryInMs(t)).toBe(2000);
    await t.aspire('m', { 1: createFakeLoader({ fingerprint: 'b', failures: 1 }) });
    expect(t.status('m', 1)?.state).toMatchObject({ phase: 'loading', attempt: 1 });
    expect([retryInMs(t), t.clock.pendingSleeps]).toEqual([1000, 1]);
    await t.clock.advance(1000);
    expect(t.acquire('m').servable).toEqual({ fingerprint: 'b', load: 2 });
  });

  it.each([{ ignoresAbort: false }, { ignoresAbort: true }])(
    'during the load starts it over (load ignores abort: $ignoresAbort)',
    async ({ ignoresAbort }) => {
      const t = createManaged();
      const old = createFakeLoader({ fingerprint: 'a', held: true, ignoresAbort });
      await t.aspire('m', { 1: old });
      t.newMoves();
      await t.aspire('m', { 1: createFakeLoader({ fingerprint: 'b' }) });
      expect(old.signal?.aborted).toBe(true);
      if (ignoresAbort) {
        old.finishLoad();
        await t.clock.settle();
        old.finishUnload();
        await t.clock.settle();
      }
      expect(t.newMoves()).toEqual(['LOADING 1', 'LOADING 1', 'AVAILABLE 1']);
      expect(t.acquire('m').servable.fingerprint).toBe('b');
      expect(old.doing).toBe('empty');
    },
  );

  it('while it waits for its turn is what gets loaded', async () => {
    const t = createManaged({ maxConcurrentLoads: 1, initialConcurrentLoads: 1 });
    const first = createFakeLoader({ held: true });
    await t.aspire('first', { 1: first });
    const old = createFakeLoader({ fingerprint: 'a' });
    await t.aspire('m', { 1: old });
    await t.aspire('m', { 1: createFakeLoader({ fingerprint: 'b' }) });
    first.finishLoad();
    await t.clock.settle();
    expect([t.acquire('m').servable.fingerprint, old.loads]).toEqual(['b', 0]);
  });

  it('while it serves is left for the next load; said once', async () => {
    const { t, loader } = await withAvailable();
    await t.aspire('m', { 1: createFakeLoader({ fingerprint: 'new' }) });
    const told = t.events.length;
    await t.aspire('m', { 1: createFakeLoader({ fingerprint: 'new' }) });
    expect(t.events).toHaveLength(told);
    expect(t.status('m', 1)?.reason).toBe('v1 keeps serving its old content: its files changed after it was loaded');
    expect(t.acquire('m').servable.fingerprint).toBe('content');
    loader.lose();
    await t.clock.settle();
    expect(t.acquire('m').servable.fingerprint).toBe('new');
  });
});

describe('retry by hand', () => {
  it('loads at once what waits for its next attempt, as that attempt', async () => {
    const t = createManaged();
    await t.aspire('m', { 1: createFakeLoader({ failures: 1 }) });
    t.manager.retry(servableId('m', 1));
    await t.clock.settle();
    expect(t.status('m', 1)?.state.phase).toBe('available');
    expect(t.clock.pendingSleeps).toBe(0);
    expect(t.events.find(({ reason }) => reason.includes('by hand'))?.reason).toBe('attempt 2 of 6, asked for by hand');
  });

  it('loads again what ended in an error, with all attempts', async () => {
    const t = createManaged({ maxNumLoadRetries: 1 });
    await t.aspire('m', { 1: createFakeLoader({ failures: 3 }) });
    await t.clock.advance(1000);
    expect(t.status('m', 1)?.state.phase).toBe('end');
    t.newMoves();
    t.manager.retry(servableId('m', 1));
    await t.clock.advance(1000);
    expect(t.newMoves()).toEqual(['START 1', 'LOADING 1', 'LOADING 1', 'LOADING 1', 'AVAILABLE 1']);
  });

  it('leaves alone what loads or is about to', async () => {
    const t = createManaged({ automatic: false });
    const loader = createFakeLoader({ held: true });
    await t.aspire('m', { 1: loader });
    t.manager.retry(servableId('m', 1));
    t.manager.tick();
    t.manager.retry(servableId('m', 1));
    expect([t.manager.tick(), loader.loads]).toEqual([[], 1]);
  });

  it('is refused where there is nothing to retry', async () => {
    const { t } = await withAvailable();
    await t.aspire('n', { 1: broken });
    const refusal = (name: string, version: number): string => {
      try {
        t.manager.retry(servableId(name, version));
      } catch (error) {
        if (error instanceof ServingError) return `${error.code}: ${error.message}`;
      }
      return 'accepted';
    };
    expect(refusal('m', 1)).toBe('FAILED_PRECONDITION: Version 1 of m is available; there is nothing to retry');
    expect(refusal('n', 1)).toBe('FAILED_PRECONDITION: Version 1 of n cannot be loaded: no such operator');
    expect(refusal('m', 2)).toBe('NOT_FOUND: Version 2 of m is not among the versions to serve');
    const handle = t.acquire('m');
    await t.aspire('m', {});
    expect(refusal('m', 1)).toBe('FAILED_PRECONDITION: Version 1 of m is being unloaded');
    handle[Symbol.dispose]();
  });
});

describe('draining', () => {
  it('waits for the handles of that version alone, then unloads', async () => {
    const { t, loader } = await withAvailable();
    await t.aspire('other', { 1: createFakeLoader() });
    using other = t.acquire('other');
    const [first, second] = [t.acquire('m'), t.acquire('m')];
    expect(t.status('m', 1)?.inFlight).toBe(2);
    await t.aspire('m', {});
    expect(t.status('m', 1)).toMatchObject({
      state: { phase: 'unloading' },
      inFlight: 2,
      reason: 'v1 is no longer aspired; 2 requests may finish within 30 s',
    });
    first[Symbol.dispose]();
    await t.clock.settle();
    expect(loader.unloads).toBe(0);
    second[Symbol.dispose]();
    await t.clock.settle();
    expect(loader.unloads).toBe(1);
    expect([t.clock.pendingSleeps, other.signal.aborted]).toEqual([0, false]);
    expect(t.status('m', 1)?.reason).toBe('unloaded');
  });

  it('ends at the deadline: handles learn why, and the unload goes ahead', async () => {
    const { t, loader } = await withAvailable({ drainDeadlineMs: 5000 });
    using handle = t.acquire('m');
    const { signal } = handle;
    await t.aspire('m', {});
    await t.clock.advance(4999);
    expect([signal.aborted, loader.unloads]).toEqual([false, 0]);
    await t.clock.advance(1);
    expect(signal.reason).toMatchObject({
      name: 'ServingError',
      code: 'UNAVAILABLE',
      message:
        'Version 1 of m is being unloaded, and the request was cut off: it still ran 5 s after the version was taken out of service',
    });
    expect(loader.unloads).toBe(1);
    expect(t.status('m', 1)).toMatchObject({ state: { phase: 'end' }, reason: 'unloaded; 1 request cut off' });
  });

  it('tells a handle that looks at its signal only afterwards, too', async () => {
    const { t } = await withAvailable({ drainDeadlineMs: 0 });
    using handle = t.acquire('m');
    await t.aspire('m', {});
    await t.clock.advance(0);
    expect(handle.signal.aborted).toBe(true);
  });

  it('takes up no place among the unloads: a request that hangs delays no other servable', async () => {
    const t = createManaged({ maxConcurrentUnloads: 1 });
    await t.aspire('a', { 1: createFakeLoader() });
    const quick = createFakeLoader();
    await t.aspire('b', { 1: quick });
    const handle = t.acquire('a');
    await t.aspire('a', {});
    await t.aspire('b', {});
    expect(quick.unloads).toBe(1);
    handle[Symbol.dispose]();
  });

  it('of the old version gives no request to it, and none is refused', async () => {
    const { t } = await withAvailable();
    using old = t.acquire('m');
    await t.aspire('m', { 2: createFakeLoader() });
    using latest = t.acquire('m');
    expect([old.id.version, latest.id.version]).toEqual(['1', '2']);
    expect(t.status('m', 1)).toMatchObject({
      state: { phase: 'unloading' },
      reason: 'v2 is available instead; 1 request may finish within 30 s',
    });
    expect(t.refusal('m', 1)).toBe('NOT_FOUND: Servable not found for request: Specific(m, 1)');
  });

  it('survives an unload that fails against its contract', async () => {
    const t = createManaged();
    await t.aspire('m', { 1: { ...createFakeLoader(), unload: () => Promise.reject(broken) } });
    await t.aspire('m', {});
    expect(t.status('m', 1)?.state).toEqual({ phase: 'end' });
  });
});

describe('a servable that is lost', () => {
  it('loads again at once through the same loader; its handles learn why', async () => {
    const { t, loader } = await withAvailable();
    using held = t.acquire('m');
    using unseen = t.acquire('m');
    const { signal } = held;
    loader.lose();

    expect(signal.reason).toMatchObject({
      code: 'UNAVAILABLE',
      message: 'Version 1 of m was lost: worker ended by SIGKILL',
    });
    expect(unseen.signal.aborted).toBe(true);
    expect(t.refusal('m')).toBe('UNAVAILABLE: Version 1 of m was lost and loads again: worker ended by SIGKILL');
    expect(t.refusal('m', 1)).toBe('UNAVAILABLE: Version 1 of m was lost and loads again: worker ended by SIGKILL');
    const lost = t.events.find(({ kind }) => kind === 'lost');
    expect(lost).toMatchObject({
      state: { phase: 'loading', attempt: 1 },
      reason: 'lost: worker ended by SIGKILL; loads again at once',
    });
    await t.clock.settle();
    expect(t.newMoves()).toEqual(['LOADING 1', 'LOADING 1', 'AVAILABLE 1']);
    expect([loader.loads, loader.unloads, t.acquire('m').servable.load]).toEqual([2, 0, 2]);
    expect(t.status('m', 1)?.reason).toBe('loaded again in 0 ms');
  });

  it('does not count as failing until an attempt to load it again has failed', async () => {
    const t = createManaged();
    const loader = createFakeLoader({ held: true });
    await t.aspire('m', { 1: loader });
    loader.finishLoad();
    await t.clock.settle();
    const states: VersionState[] = [];
    t.manager.states.subscribe(({ state }) => states.push(state));
    loader.lose();
    await t.clock.settle();
    expect(states).toMatchObject([
      { phase: 'loading', lost: true },
      { phase: 'loading', lost: true },
    ]);
    expect(states.map(isFailing)).toEqual([false, false]);

    loader.finishLoad(broken);
    await t.clock.advance(1000);
    expect(states.slice(2)).toMatchObject([{ retryAtMs: t.clock.now() }, { attempt: 2 }]);
    expect(states.slice(2).map(isFailing)).toEqual([true, true]);

    loader.finishLoad();
    await t.clock.settle();
    loader.lose();
    expect(states.slice(4)).toMatchObject([{ phase: 'available' }, { phase: 'loading', lost: true }]);
    expect(states.slice(4).map(isFailing)).toEqual([false, false]);
  });

  it('is no obstacle for the latest of what is left', async () => {
    const t = createManaged({ initialConcurrentLoads: 3 });
    const two = createFakeLoader({ held: true });
    await t.aspire('m', { 1: createFakeLoader(), 2: two });
    two.finishLoad();
    await t.clock.settle();
    expect(t.acquire('m').id.version).toBe('2');
    two.lose();
    expect(t.acquire('m').id.version).toBe('1');
    expect(t.refusal('m', 2)).toContain('UNAVAILABLE');
    await t.clock.settle();
    two.finishLoad();
    await t.clock.settle();
    expect(t.acquire('m').id.version).toBe('2');
  });

  it('loads again later and later, whoever is to blame', async () => {
    const { t, loader } = await withAvailable();
    const waits: (number | undefined)[] = [];
    for (let loss = 0; loss < 5; loss += 1) {
      loader.lose(broken, false);
      waits.push(retryInMs(t));
      await t.clock.advance(waits.at(-1) ?? 0);
      expect(t.status('m', 1)?.state.phase).toBe('available');
    }
    expect(waits).toEqual([undefined, 1000, 2000, 4000, 8000]);
  });

  it('is given up after too many losses that it is to blame for', async () => {
    const { t, loader } = await withAvailable({ maxLosses: 3, lossWindowMs: 60_000 });
    loader.lose();
    await t.clock.advance(0);
    loader.lose(broken, false);
    await t.clock.advance(1000);
    loader.lose();
    await t.clock.advance(2000);
    using handle = t.acquire('m');
    t.newMoves();
    loader.lose(new ServingError('UNAVAILABLE', 'worker ended by SIGSEGV'));

    const text = 'lost 3 times within 1 min, the last time because: worker ended by SIGSEGV';
    expect(t.newMoves()).toEqual(['UNLOADING 1']);
    expect(t.events.at(-1)).toMatchObject({ kind: 'lost', reason: text });
    expect(handle.signal.aborted).toBe(true);
    expect(t.refusal('m')).toBe('NOT_FOUND: Servable not found for request: Latest(m)');
    await t.clock.settle();
    expect(t.newMoves()).toEqual([`END 1 (Version 1 of m was given up: ${text})`]);
    expect(t.events.at(-1)).toMatchObject({ kind: 'state', reason: text });
    expect([loader.doing, loader.unloads, t.clock.pendingSleeps]).toEqual(['empty', 1, 0]);
    t.manager.retry(servableId('m', 1));
    await t.clock.settle();
    expect(t.acquire('m').servable.load).toBe(4 + 1);
  });

  it('is not given up for losses long ago', async () => {
    const { t, loader } = await withAvailable({ maxLosses: 2, lossWindowMs: 60_000 });
    for (let loss = 0; loss < 5; loss += 1) {
      loader.lose();
      await t.clock.advance(60_000);
      expect(t.status('m', 1)?.state.phase).toBe('available');
    }
  });

  it('counts as lost when it goes between the end of its load and our hearing of it', async () => {
    const t = createManaged();
    const loader = createFakeLoader({ held: true });
    await t.aspire('m', { 1: loader });
    loader.finishLoad();
    loader.lose();
    await t.clock.settle();
    expect(t.newMoves()).toEqual(['START 1', 'LOADING 1', 'AVAILABLE 1', 'LOADING 1', 'LOADING 1']);
    expect([loader.doing, loader.violations]).toEqual(['loading', []]);
  });

  it('is unloaded when its load was cancelled at the same time', async () => {
    const t = createManaged();
    const loader = createFakeLoader({ held: true, ignoresAbort: true });
    await t.aspire('m', { 1: loader });
    await t.aspire('m', {});
    loader.finishLoad();
    loader.lose();
    await t.clock.settle();
    expect([loader.doing, t.status('m', 1)?.state.phase]).toEqual(['unloading', 'loading']);
    loader.finishUnload();
    await t.clock.settle();
    expect([t.status('m', 1)?.state.phase, loader.violations]).toEqual(['end', []]);
  });

  it('ends in the error of its loads when it cannot be loaded again', async () => {
    const t = createManaged({ maxNumLoadRetries: 1 });
    const loader = createFakeLoader({ held: true });
    await t.aspire('m', { 1: loader });
    loader.finishLoad();
    await t.clock.settle();
    loader.lose();
    await t.clock.settle();
    loader.finishLoad(broken);
    await t.clock.settle();
    expect(t.refusal('m')).toContain('UNAVAILABLE');
    await t.clock.advance(1000);
    loader.finishLoad(broken);
    await t.clock.settle();
    expect(t.status('m', 1)?.state).toEqual({ phase: 'end', error: broken });
    expect(t.refusal('m')).toContain('NOT_FOUND');
    expect(loader.unloads).toBe(0);
  });

  it('is unloaded when it is un-aspired while it waits to load again', async () => {
    const { t, loader } = await withAvailable();
    loader.lose();
    await t.clock.settle();
    loader.lose();
    expect(retryInMs(t)).toBe(1000);
    await t.aspire('m', {});
    expect(t.status('m', 1)).toMatchObject({
      state: { phase: 'end', error: { code: 'CANCELLED' } },
      aspired: false,
      reason: 'no longer aspired; it was not loaded again after it was lost',
    });
    expect([loader.doing, loader.unloads, t.clock.pendingSleeps]).toEqual(['empty', 1, 0]);
  });

  it('loads again although un-aspired, as long as it is all that could serve', async () => {
    const { t, loader } = await withAvailable({ maxNumLoadRetries: 0 });
    await t.aspire('m', { 2: createFakeLoader({ failures: 1 }) });
    loader.lose();
    await t.clock.settle();
    expect(t.acquire('m').id.version).toBe('1');
    expect(t.status('m', 1)).toMatchObject({
      aspired: false,
      reason: 'v1 keeps serving: v2 failed to load (bad content (load 1))',
    });
  });

  it('no longer loads again once its successor is available', async () => {
    const { t, loader } = await withAvailable();
    const successor = createFakeLoader({ held: true });
    loader.lose();
    await t.clock.settle();
    loader.lose();
    await t.aspire('m', { 2: successor });
    expect(t.status('m', 1)).toMatchObject({
      state: { phase: 'loading' },
      reason: 'v1 loads again and serves until v2 is available',
    });
    successor.finishLoad();
    await t.clock.settle();
    expect(t.status('m', 1)?.state.phase).toBe('end');
    expect([loader.loads, loader.doing, t.clock.pendingSleeps]).toEqual([2, 'empty', 0]);
  });

  it('is re-adopted in whatever it does, when aspired again', async () => {
    const { t, loader } = await withAvailable();
    loader.lose();
    await t.clock.settle();
    loader.lose();
    await t.aspire('m', { 2: createFakeLoader({ held: true }) });
    await t.aspire('m', { 1: createFakeLoader() });
    expect(t.status('m', 1)).toMatchObject({ aspired: true, state: { phase: 'loading' }, reason: 'aspired again' });
    await t.clock.advance(1000);
    expect(t.acquire('m').servable.load).toBe(3);
  });

  it('while it drains is unloaded at once, and ends without an error', async () => {
    const { t, loader } = await withAvailable();
    using handle = t.acquire('m');
    await t.aspire('m', {});
    t.newMoves();
    loader.lose();
    expect(handle.signal.aborted).toBe(true);
    await t.clock.settle();
    expect(t.newMoves()).toEqual(['END 1']);
    expect(t.status('m', 1)?.reason).toBe('gone before it was unloaded: worker ended by SIGKILL');
    expect([loader.doing, loader.unloads, t.clock.pendingSleeps]).toEqual(['empty', 1, 0]);
  });

  it('while it waits for its turn to unload keeps that turn', async () => {
    const t = createManaged({ maxConcurrentUnloads: 1 });
    const first = createFakeLoader({ held: true });
    await t.aspire('first', { 1: first });
    first.finishLoad();
    const loader = createFakeLoader();
    await t.aspire('m', { 1: loader });
    await t.aspire('first', {});
    await t.aspire('m', {});
    loader.lose();
    await t.clock.settle();
    expect([first.doing, loader.unloads, t.status('m', 1)?.state.phase]).toEqual(['unloading', 0, 'unloading']);
    first.finishUnload();
    await t.clock.settle();
    expect([loader.doing, t.status('m', 1)?.state.phase]).toEqual(['empty', 'end']);
    expect(t.status('m', 1)?.reason).toBe('gone before it was unloaded: worker ended by SIGKILL');
  });

  it('and whose files have changed is unloaded before the new content is loaded', async () => {
    const t = createManaged();
    const old = createFakeLoader({ fingerprint: 'a', held: true });
    const fresh = createFakeLoader({ fingerprint: 'b' });
    await t.aspire('m', { 1: old });
    old.finishLoad();
    await t.clock.settle();
    await t.aspire('m', { 1: fresh });
    old.lose();
    await t.clock.settle();
    expect([old.doing, fresh.loads]).toEqual(['unloading', 0]);
    old.finishUnload();
    await t.clock.settle();
    expect([old.doing, t.acquire('m').servable.fingerprint]).toEqual(['empty', 'b']);
  });

  it('loads nothing when it is un-aspired while its old content is still being unloaded', async () => {
    const t = createManaged();
    const old = createFakeLoader({ fingerprint: 'a', held: true });
    const fresh = createFakeLoader({ fingerprint: 'b' });
    await t.aspire('m', { 1: old });
    old.finishLoad();
    await t.clock.settle();
    await t.aspire('m', { 1: fresh });
    old.lose();
    await t.aspire('m', {});
    expect(old.doing).toBe('unloading');
    old.finishUnload();
    await t.clock.settle();
    expect([old.doing, fresh.loads, t.status('m', 1)?.state.phase]).toEqual(['empty', 0, 'end']);
  });

  it.each([
    { outcome: 'stays ended', meanwhile: [], expected: 'end' },
    { outcome: 'stays ended when only listed again', meanwhile: [['content']], expected: 'end' },
    {
      outcome: 'comes back with content that was new before',
      before: ['changed'],
      meanwhile: [],
      expected: 'available',
    },
    { outcome: 'comes back with new content', meanwhile: [['changed']], expected: 'available' },
    { outcome: 'comes back when un-aspired and aspired again', meanwhile: [[], ['content']], expected: 'available' },
  ])('and given up $outcome (while it is unloaded)', async ({ before = [], meanwhile, expected }) => {
    const t = createManaged({ maxLosses: 1 });
    const loader = createFakeLoader({ held: true });
    await t.aspire('m', { 1: loader });
    loader.finishLoad();
    await t.clock.settle();
    for (const fingerprint of before) await t.aspire('m', { 1: createFakeLoader({ fingerprint }) });
    loader.lose();
    for (const fingerprints of meanwhile) {
      const items = fingerprints.map((fingerprint) => [1, createFakeLoader({ fingerprint })] as const);
      await t.aspire('m', Object.fromEntries(items));
    }
    expect([loader.doing, t.status('m', 1)?.state.phase]).toEqual(['unloading', 'unloading']);
    loader.finishUnload();
    await t.clock.settle();
    expect(t.status('m', 1)?.state.phase).toBe(expected);
    expect(loader.violations).toEqual([]);
  });

  it('ends although the unload after it fails against its contract', async () => {
    const t = createManaged();
    const loader = createFakeLoader();
    await t.aspire('m', {
      1: { ...loader, load: (context) => loader.load(context), unload: () => Promise.reject(broken) },
    });
    using handle = t.acquire('m');
    await t.aspire('m', {});
    loader.lose();
    await t.clock.settle();
    expect(handle.signal.aborted).toBe(true);
    expect(t.status('m', 1)?.state).toEqual({ phase: 'end' });
  });

  it('during its unload changes nothing, nor after its end', async () => {
    const t = createManaged();
    const loader = createFakeLoader({ held: true });
    await t.aspire('m', { 1: loader });
    loader.finishLoad();
    await t.clock.settle();
    await t.aspire('m', {});
    t.newMoves();
    loader.lose();
    expect(t.newMoves()).toEqual([]);
    loader.finishUnload();
    await t.clock.settle();
    expect(t.newMoves()).toEqual(['END 1']);
  });

  it('for the second time by one loss changes nothing', async () => {
    const t = createManaged();
    let lose: ((error: ServingError, blamed: boolean) => void) | undefined;
    const loader = createFakeLoader();
    await t.aspire('m', {
      1: {
        ...loader,
        load: (context) => {
          lose ??= context.onLost;
          return Promise.resolve({ fingerprint: 'content', load: 1 });
        },
      },
    });
    lose?.(broken, true);
    await t.clock.settle();
    t.newMoves();
    lose?.(broken, true);
    await t.clock.settle();
    expect(t.newMoves()).toEqual([]);
  });
});
