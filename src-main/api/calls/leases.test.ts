import { describe, expect, it } from 'vitest';
import { ServingError } from '../../contracts/serving-error.ts';
import { Lease, Leases } from './leases.ts';

const GONE = new ServingError('UNAVAILABLE', 'gone');

function setUp() {
  const events: string[] = [];
  const leases = new Leases(() => events.push('removed'));
  const version = new AbortController();
  const begin = (label: string, versionSignal = version.signal): Lease => {
    const lease = new Lease(leases.controller(), versionSignal, ({ code }) => events.push(`${label} ${code}`));
    leases.begin(lease);
    return lease;
  };
  return { leases, version, events, begin };
}

describe('a call', () => {
  it('is given up with its version, and those of other versions are not', () => {
    const { leases, version, events, begin } = setUp();
    const lease = begin('call');
    const other = begin('other', new AbortController().signal);
    version.abort(GONE);
    expect([events, lease.signal.reason, other.signal.aborted]).toEqual([['removed', 'call UNAVAILABLE'], GONE, false]);
    expect([...leases]).toEqual([other]);
  });

  it('of a version that is gone already is given up at once', () => {
    const { version, events, begin } = setUp();
    version.abort(GONE);
    expect(begin('call').signal.reason).toBe(GONE);
    expect(events).toEqual(['removed', 'call UNAVAILABLE']);
  });

  it('ends once', () => {
    const { leases, events, begin } = setUp();
    const lease = begin('call');
    expect([leases.end(lease), leases.end(lease)]).toEqual([true, false]);
    leases.giveUp(lease, GONE);
    expect([events, lease.signal.aborted]).toEqual([['removed'], false]);
    const second = begin('second');
    leases.giveUp(second, GONE);
    leases.giveUp(second, GONE);
    expect([leases.end(second), events]).toEqual([false, ['removed', 'removed', 'second UNAVAILABLE']]);
  });
});

describe('a controller', () => {
  it('serves the next call, unless it was aborted', () => {
    const { leases, begin } = setUp();
    const first = begin('first');
    leases.end(first);
    const second = begin('second');
    expect(second.controller).toBe(first.controller);
    // Whoever still holds the first lease cannot reach the second call by it.
    leases.giveUp(first, GONE);
    expect(second.signal.aborted).toBe(false);
    leases.giveUp(second, GONE);
    leases.end(second);
    expect(begin('third').signal.aborted).toBe(false);
  });
});
