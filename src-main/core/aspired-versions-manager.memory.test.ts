import { describe, expect, it } from 'vitest';
import { ServingError } from '../contracts/serving-error.ts';
import { type AspiredVersionPolicy, availabilityPreserving, resourcePreserving } from './policy.ts';
import { createFakeLoader, type FakeLoader, type FakeLoaderOptions } from './testing/fake-loader.ts';
import { createManaged, type Managed } from './testing/managed.ts';
import { servableId, servableName } from './testing/servables.ts';

const MB = 1_000_000;
const broken = new ServingError('INTERNAL', 'no such operator');

function loaderOf(megabytes: number, options: FakeLoaderOptions = {}): FakeLoader {
  return createFakeLoader({ memoryBytes: megabytes * MB, ...options });
}

/** A manager with a limit of 1 GB. */
function limited(options: Parameters<typeof createManaged>[0] = {}): Managed {
  return createManaged({ totalModelMemoryLimitBytes: 1000 * MB, maxNumLoadRetries: 0, ...options });
}

const used = ({ manager }: Managed): number => manager.memory().usedBytes / MB;

describe('memory', () => {
  it('is what versions take that load, are loaded, drain or were lost', async () => {
    const t = limited();
    expect(t.manager.memory()).toEqual({ usedBytes: 0, limitBytes: 1000 * MB });
    const one = loaderOf(100, { held: true, measuredBytes: 70 * MB });
    await t.aspire('m', { 1: one });
    expect(used(t)).toBe(100);
    one.finishLoad();
    await t.clock.settle();
    expect(used(t)).toBe(70);
    one.lose();
    await t.clock.settle();
    expect([used(t), one.doing]).toEqual([70, 'loading']);
    one.finishLoad();
    await t.clock.settle();
    one.lose();
    expect([used(t), t.clock.pendingSleeps]).toEqual([70, 1]);
    await t.clock.advance(1000);
    one.finishLoad();
    await t.clock.settle();
    using handle = t.acquire('m');
    await t.aspire('m', {});
    expect(used(t)).toBe(70);
    handle[Symbol.dispose]();
    await t.clock.settle();
    expect([used(t), one.doing]).toEqual([70, 'unloading']);
    one.finishUnload();
    await t.clock.settle();
    expect(used(t)).toBe(0);
  });

  it('is expected of a version until it is loaded, and when it cannot be', async () => {
    const t = limited({ maxNumLoadRetries: 1 });
    const expected = (name: string, version: number): number | undefined =>
      t.manager.expectedBytes(servableId(name, version));
    expect(expected('m', 1)).toBeUndefined();
    const one = loaderOf(100, { held: true, measuredBytes: 70 * MB });
    await t.aspire('m', { 1: one });
    expect(expected('m', 1)).toBe(100 * MB);
    one.finishLoad();
    await t.clock.settle();
    expect(expected('m', 1)).toBeUndefined();
    await t.aspire('n', { 1: loaderOf(40, { failures: 1 }), 2: loaderOf(2000) });
    // One waits for its next attempt, the other was refused for lack of memory.
    expect([expected('n', 1), expected('n', 2)]).toEqual([40 * MB, 2000 * MB]);
    expect(t.status('n', 2)?.state).toMatchObject({ phase: 'end', error: { code: 'RESOURCE_EXHAUSTED' } });
  });

  it('is known without a limit, too, and then keeps nothing from loading', async () => {
    const t = createManaged();
    await t.aspire('m', { 1: loaderOf(10 ** 9) });
    expect(t.manager.memory()).toEqual({ usedBytes: 10 ** 9 * MB });
  });

  it('is given back by a failed load until its next attempt', async () => {
    const t = limited({ maxNumLoadRetries: 1 });
    await t.aspire('m', { 1: loaderOf(900, { failures: 1 }) });
    expect(used(t)).toBe(0);
    await t.aspire('n', { 1: loaderOf(900) });
    expect(t.status('n', 1)?.state.phase).toBe('available');
    await t.clock.advance(1000);
    expect(t.status('m', 1)).toMatchObject({
      state: { phase: 'end', error: { code: 'RESOURCE_EXHAUSTED' } },
      reason:
        'Insufficient resources to load servable {name: m version: 1}: needs about 900 MB; 900 MB of 1 GB are taken by n v1 (900 MB)',
    });
  });
});

describe('a load that does not fit', () => {
  it('and never could ends at once, whatever is under way', async () => {
    const t = limited();
    await t.aspire('busy', { 1: loaderOf(10, { held: true }) });
    const huge = loaderOf(1001);
    await t.aspire('m', { 1: huge });
    expect(t.newMoves('m')).toEqual([
      'START 1',
      'END 1 (Insufficient resources to load servable {name: m version: 1}: needs about 1 GB, and the limit is 1 GB)',
    ]);
    expect([huge.loads, t.refusal('m')]).toEqual([0, 'NOT_FOUND: Servable not found for request: Latest(m)']);
  });

  it.each<{ when: string; settle: (first: FakeLoader) => void; expected: string[] }>([
    {
      when: 'and loads when that fails',
      settle: (first) => first.finishLoad(broken),
      expected: ['LOADING 1', 'AVAILABLE 1'],
    },
    {
      when: 'and ends when that stays',
      settle: (first) => first.finishLoad(),
      expected: [
        'END 1 (Insufficient resources to load servable {name: second version: 1}: needs about 500 MB; 600 MB of 1 GB are taken by first v1 (600 MB))',
      ],
    },
  ])('waits for a load under way, $when', async ({ settle, expected }) => {
    const t = limited();
    const first = loaderOf(600, { held: true });
    await t.aspire('first', { 1: first });
    await t.aspire('second', { 1: loaderOf(500) });
    expect(t.newMoves('second')).toEqual(['START 1']);
    expect(t.status('second', 1)).toMatchObject({
      state: { phase: 'start' },
      reason: 'waits for memory: needs about 500 MB; 600 MB of 1 GB are taken by first v1 (600 MB)',
    });
    const told = t.events.length;
    await t.aspire('second', { 1: loaderOf(500) });
    expect(t.events).toHaveLength(told);

    settle(first);
    await t.clock.settle();
    expect(t.newMoves('second')).toEqual(expected);
  });

  it('does not wait for a load whose failure would not help', async () => {
    const t = limited();
    await t.aspire('big', { 1: loaderOf(900) });
    await t.aspire('small', { 1: loaderOf(50, { held: true }) });
    await t.aspire('m', { 1: loaderOf(120) });
    expect(t.status('m', 1)?.state).toMatchObject({ phase: 'end', error: { code: 'RESOURCE_EXHAUSTED' } });
  });

  it('waits for a version that drains', async () => {
    const t = limited();
    await t.aspire('old', { 1: loaderOf(900) });
    const handle = t.acquire('old');
    await t.aspire('old', {});
    await t.aspire('m', { 1: loaderOf(900) });
    expect(t.status('m', 1)?.state.phase).toBe('start');
    handle[Symbol.dispose]();
    await t.clock.settle();
    expect(t.acquire('m').id.version).toBe('1');
  });

  it('waits for a version that makes way for its successor', async () => {
    const t = limited();
    await t.aspire('swap', { 1: loaderOf(400) });
    const next = loaderOf(400, { held: true });
    await t.aspire('swap', { 2: next });
    await t.aspire('m', { 1: loaderOf(500) });
    expect(t.status('m', 1)?.state.phase).toBe('start');
    next.finishLoad();
    await t.clock.settle();
    expect([t.status('swap', 1)?.state.phase, t.acquire('m').id.version]).toEqual(['end', '1']);
  });

  it('does not keep smaller ones of other servables from loading', async () => {
    const t = limited({ initialConcurrentLoads: 3 });
    await t.aspire('first', { 1: loaderOf(600, { held: true }) });
    await t.aspire('large', { 1: loaderOf(500) });
    await t.aspire('small', { 1: loaderOf(100) });
    expect([t.status('large', 1)?.state.phase, t.acquire('small').id.version]).toEqual(['start', '1']);
  });

  it('makes way for the next version of its servable', async () => {
    const t = limited();
    await t.aspire('m', { 1: loaderOf(300), 2: loaderOf(300), 3: loaderOf(2000) });
    expect(t.acquire('m').id.version).toBe('2');
    expect(t.status('m', 1)?.state.phase).toBe('available');
    expect(t.status('m', 3)?.state).toMatchObject({ phase: 'end', error: { code: 'RESOURCE_EXHAUSTED' } });
  });

  it('is nothing to wait for once it is un-aspired', async () => {
    const t = limited();
    await t.aspire('first', { 1: loaderOf(600, { held: true }) });
    await t.aspire('m', { 1: loaderOf(500) });
    await t.aspire('m', {});
    expect(t.status('m', 1)?.state).toEqual({ phase: 'end' });
  });
});

describe('a version that was refused', () => {
  async function withRefused(options: Parameters<typeof createManaged>[0] = {}) {
    const t = limited(options);
    const first = loaderOf(600);
    const refused = loaderOf(500);
    await t.aspire('first', { 1: first });
    await t.aspire('m', { 1: refused });
    t.newMoves();
    return { t, first, refused };
  }

  it('loads by itself as soon as memory was given back', async () => {
    const { t } = await withRefused();
    await t.aspire('first', {});
    expect(t.newMoves('m')).toEqual(['START 1', 'LOADING 1', 'AVAILABLE 1']);
    expect(t.events.find(({ reason }) => reason.includes('enough memory'))?.reason).toBe(
      'there is enough memory now: loading it',
    );
  });

  it('loads by itself when a load turns out to take less than expected', async () => {
    const t = limited();
    await t.aspire('small', { 1: loaderOf(400) });
    const modest = loaderOf(600, { held: true, measuredBytes: 100 * MB });
    await t.aspire('modest', { 1: modest });
    await t.aspire('m', { 1: loaderOf(500) });
    expect(t.status('m', 1)?.state.phase).toBe('start');
    modest.finishLoad();
    await t.clock.settle();
    expect(t.status('m', 1)?.state.phase).toBe('available');
  });

  it('is left alone while nothing changes: no attempt, no event, no timer', async () => {
    const { t, first, refused } = await withRefused();
    const told = t.events.length;
    for (let poll = 0; poll < 5; poll += 1) {
      await t.aspire('m', { 1: loaderOf(500) });
      await t.aspire('first', { 1: first });
      await t.clock.advance(60_000);
    }
    expect([t.events.length, refused.loads, t.clock.pendingSleeps]).toEqual([told, 0, 0]);
  });

  it('takes what is free one after the other, without asking in vain', async () => {
    const { t } = await withRefused();
    await t.aspire('n', { 1: loaderOf(600) });
    t.newMoves();
    await t.aspire('first', {});
    // Either of them fits, but not both.
    expect(t.newMoves('m')).toEqual(['START 1', 'LOADING 1', 'AVAILABLE 1']);
    expect(t.newMoves('n')).toEqual([]);
    await t.aspire('m', {});
    expect(t.status('n', 1)?.state.phase).toBe('available');
  });

  it('asks again by hand, and is refused again with the numbers of then', async () => {
    const { t, refused } = await withRefused();
    t.manager.retry(servableId('m', 1));
    await t.clock.settle();
    expect(t.newMoves('m')).toHaveLength(2);
    expect([t.status('m', 1)?.state.phase, refused.loads]).toEqual(['end', 0]);
  });

  it('loads when a lost version that could not be loaded again is given up by its policy (it stayed refused)', async () => {
    const t = limited({ maxNumLoadRetries: 1 });
    const lost = loaderOf(600, { held: true });
    await t.aspire('lost', { 1: lost });
    lost.finishLoad();
    await t.clock.settle();
    lost.lose();
    await t.clock.settle();
    lost.finishLoad(broken);
    await t.clock.settle();
    await t.aspire('m', { 1: loaderOf(500) });
    expect(t.status('m', 1)?.state.phase).toBe('end');
    await t.aspire('lost', {});
    expect(t.status('m', 1)?.state.phase).toBe('available');
  });

  it('loads when the one that is refused next gives its place away', async () => {
    const t = limited({ maxNumLoadRetries: 1 });
    const lost = loaderOf(600, { held: true, fingerprint: 'old' });
    await t.aspire('n', { 1: lost });
    lost.finishLoad();
    await t.clock.settle();
    await t.aspire('m', { 1: loaderOf(500) });
    lost.lose();
    await t.clock.settle();
    lost.finishLoad(broken);
    await t.clock.settle();
    await t.aspire('n', { 1: loaderOf(2000, { fingerprint: 'new' }) });
    await t.clock.advance(1000);
    expect(t.status('n', 1)?.state).toMatchObject({ phase: 'end', error: { code: 'RESOURCE_EXHAUSTED' } });
    expect(t.status('m', 1)?.state.phase).toBe('available');
  });

  it('comes back although others gave memory back while it was still on its way out (it stayed refused)', async () => {
    const t = limited();
    const [a, b, c] = [loaderOf(400), loaderOf(500, { held: true }), loaderOf(50)];
    await t.aspire('a', { 1: a });
    await t.aspire('c', { 1: c });
    await t.aspire('b', { 1: b });
    b.finishLoad();
    await t.clock.settle();
    // Lost twice, so that it waits for its next attempt when larger files come.
    b.lose();
    await t.clock.settle();
    b.finishLoad();
    await t.clock.settle();
    b.lose();
    await t.clock.settle();
    await t.aspire('b', { 1: loaderOf(700, { fingerprint: 'larger' }) });
    expect(b.doing).toBe('unloading');
    await t.aspire('c', {});
    b.finishUnload();
    await t.clock.settle();
    expect(t.status('b', 1)?.state).toMatchObject({ phase: 'end', error: { code: 'RESOURCE_EXHAUSTED' } });
    await t.aspire('a', {});
    expect(t.status('b', 1)?.state.phase).toBe('available');
  });

  it('comes back although another one had taken the memory that there was for it', async () => {
    const t = limited({ maxConcurrentLoads: 1, maxLosses: 1 });
    const busy = loaderOf(0, { held: true });
    const lost = loaderOf(600);
    const better = loaderOf(500);
    await t.aspire('lost', { 1: lost });
    await t.aspire('busy', { 1: busy });
    await t.aspire('m', { 1: loaderOf(600), 2: better });
    expect([t.status('m', 1)?.state.phase, t.status('m', 2)?.state.phase]).toEqual(['end', 'end']);
    lost.lose();
    await t.clock.settle();
    busy.finishLoad();
    await t.clock.settle();
    expect([t.status('m', 1)?.state.phase, t.status('m', 2)?.state.phase]).toEqual(['end', 'available']);
    better.lose();
    await t.clock.settle();
    expect(t.status('m', 1)?.state.phase).toBe('available');
  });

  it('and has become unreadable stays as it is until it can be read', async () => {
    const t = limited({ maxNumLoadRetries: 1 });
    await t.aspire('m', { 1: loaderOf(500, { failures: 1 }) });
    await t.aspire('n', { 1: loaderOf(600) });
    await t.aspire('m', { 1: broken });
    await t.clock.advance(1000);
    expect(t.status('m', 1)?.state).toMatchObject({ phase: 'end', error: { code: 'RESOURCE_EXHAUSTED' } });
    await t.aspire('n', {});
    expect(t.status('m', 1)?.state.phase).toBe('end');
    await t.aspire('m', { 1: loaderOf(500) });
    expect(t.status('m', 1)?.state.phase).toBe('available');
  });

  it('that is un-aspired does not come back', async () => {
    const { t } = await withRefused();
    await t.aspire('m', {});
    await t.aspire('first', {});
    expect(t.status('m', 1)).toMatchObject({ aspired: false, state: { phase: 'end' } });
  });

  it('comes with smaller files', async () => {
    const { t } = await withRefused();
    await t.aspire('m', { 1: loaderOf(300, { fingerprint: 'smaller' }) });
    expect(t.status('m', 1)?.state.phase).toBe('available');
  });
});

describe('a swap without room for both', () => {
  const swap = async (policy: AspiredVersionPolicy) => {
    const chosen = { policy };
    const t = limited({ policyFor: () => chosen.policy });
    await t.aspire('m', { 1: loaderOf(800) });
    t.newMoves();
    await t.aspire('m', { 2: loaderOf(900) });
    return { t, chosen };
  };

  it('under availability preserving keeps the old version, and the new one says why', async () => {
    const { t } = await swap(availabilityPreserving);
    const why =
      'Insufficient resources to load servable {name: m version: 2}: needs about 900 MB; 800 MB of 1 GB are taken by m v1 (800 MB); the policy resource_preserving would unload v1 first';
    expect(t.newMoves()).toEqual(['START 2', `END 2 (${why})`]);
    expect([t.acquire('m').id.version, t.status('m', 1)?.reason]).toEqual([
      '1',
      `v1 keeps serving: v2 failed to load (${why})`,
    ]);
  });

  it('under resource preserving goes through', async () => {
    const { t } = await swap(resourcePreserving);
    expect(t.newMoves()).toEqual(['START 2', 'UNLOADING 1', 'END 1', 'LOADING 2', 'AVAILABLE 2']);
  });

  it('goes through as soon as the policy is changed', async () => {
    const { t, chosen } = await swap(availabilityPreserving);
    t.newMoves();
    chosen.policy = resourcePreserving;
    t.manager.policyChanged(servableName('m'));
    await t.clock.settle();
    expect(t.newMoves()).toEqual(['UNLOADING 1', 'END 1', 'START 2', 'LOADING 2', 'AVAILABLE 2']);
  });
});

describe('a version that was lost', () => {
  it('has its place kept: nobody else takes it', async () => {
    const t = limited();
    const lost = loaderOf(600);
    await t.aspire('m', { 1: lost });
    lost.lose();
    await t.clock.settle();
    lost.lose();
    await t.aspire('n', { 1: loaderOf(500) });
    expect(t.status('n', 1)?.state.phase).toBe('end');
    await t.clock.advance(1000);
    expect(t.acquire('m').servable.load).toBe(3);
  });

  it('loads again although more is taken than there is', async () => {
    const t = limited();
    const lost = loaderOf(600, { measuredBytes: 1200 * MB });
    await t.aspire('m', { 1: lost });
    lost.lose();
    await t.clock.settle();
    expect(t.acquire('m').servable.load).toBe(2);
  });

  it.each([
    { files: 'fit in the place of the old ones', megabytes: 700, expected: 'available' },
    { files: 'do not fit', megabytes: 800, expected: 'end' },
  ])('and whose new files $files', async ({ megabytes, expected }) => {
    const t = limited();
    await t.aspire('n', { 1: loaderOf(300) });
    const old = loaderOf(600, { fingerprint: 'old' });
    await t.aspire('m', { 1: old });
    await t.aspire('m', { 1: loaderOf(megabytes, { fingerprint: 'new' }) });
    old.lose();
    await t.clock.settle();
    expect(t.status('m', 1)?.state.phase).toBe(expected);
    expect([old.doing, old.violations]).toEqual(['empty', []]);
    // Refused, it still comes back by itself.
    await t.aspire('n', {});
    expect(t.acquire('m').servable.fingerprint).toBe('new');
  });
});

describe('the policy of a servable', () => {
  it('is the one of the moment', async () => {
    const chosen = { policy: availabilityPreserving };
    const t = createManaged({ policyFor: () => chosen.policy });
    await t.aspire('m', { 1: loaderOf(1) });
    chosen.policy = resourcePreserving;
    t.newMoves();
    await t.aspire('m', { 2: loaderOf(1) });
    expect(t.newMoves()).toEqual(['START 2', 'UNLOADING 1', 'END 1', 'LOADING 2', 'AVAILABLE 2']);
  });

  it('takes effect when it is changed, and changes nothing for a name that is not known', async () => {
    const chosen = { policy: availabilityPreserving };
    const t = createManaged({ policyFor: () => chosen.policy, maxNumLoadRetries: 0 });
    await t.aspire('m', { 1: loaderOf(1) });
    await t.aspire('m', { 2: loaderOf(1, { failures: 1 }) });
    expect(t.status('m', 1)?.state.phase).toBe('available');
    chosen.policy = resourcePreserving;
    t.manager.policyChanged(servableName('nobody'));
    t.manager.policyChanged(servableName('m'));
    await t.clock.settle();
    expect(t.status('m', 1)?.state.phase).toBe('end');
  });
});
