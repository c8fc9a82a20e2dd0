import { describe, expect, it } from 'vitest';
import { silentLogger } from '../contracts/logger.ts';
import {
  createServableStateMonitor,
  type ServableChange,
  type ServableStateMonitorOptions,
} from './servable-state-monitor.ts';
import { createManualClock } from './testing/manual-clock.ts';
import { recordEvents, servableId, servableName } from './testing/servables.ts';
import type { VersionState } from './version-state.ts';

const m = servableName('m');

function setUp(options: ServableStateMonitorOptions = {}) {
  const clock = createManualClock(1000);
  const monitor = createServableStateMonitor(options, {
    clock,
    log: silentLogger,
    inFlight: ({ version }) => +version,
  });
  const publish = (version: number, state: VersionState, change: Partial<ServableChange> = {}): void =>
    monitor.publish({ id: servableId('m', version), kind: 'state', state, aspired: true, reason: 'why', ...change });
  return { clock, monitor, publish };
}

describe('servable state monitor', () => {
  it('numbers and dates events and keeps the last state of each version, highest first', async () => {
    const { clock, monitor, publish } = setUp();
    const events = recordEvents(monitor);
    publish(9, { phase: 'start' });
    await clock.advance(5);
    publish(10, { phase: 'start' }, { reason: 'aspired' });

    expect(events.map(({ sequence, atMs, id }) => [sequence, atMs, id.version])).toEqual([
      [1, 1000, '9'],
      [2, 1005, '10'],
    ]);
    expect(monitor.names()).toEqual([m]);
    expect(monitor.versions(m)).toEqual([
      {
        id: servableId('m', 10),
        state: { phase: 'start' },
        aspired: true,
        reason: 'aspired',
        sinceMs: 1005,
        inFlight: 10,
      },
      { id: servableId('m', 9), state: { phase: 'start' }, aspired: true, reason: 'why', sinceMs: 1000, inFlight: 9 },
    ]);
    expect(monitor.history(m)).toEqual(events);
  });

  it('dates a phase from its begin, whatever happens within it', async () => {
    const { clock, monitor, publish } = setUp();
    publish(1, { phase: 'loading', attempt: 1 });
    await clock.advance(7);
    publish(1, { phase: 'loading', attempt: 2 });
    expect(monitor.versions(m)[0]).toMatchObject({ state: { attempt: 2 }, sinceMs: 1000 });
    publish(1, { phase: 'available', loadMs: 1 });
    expect(monitor.versions(m)[0]).toMatchObject({ sinceMs: 1007 });
  });

  it('keeps the last events of each servable', () => {
    const { monitor, publish } = setUp({ historyLength: 3 });
    for (let version = 1; version <= 5; version += 1) publish(version, { phase: 'start' });
    monitor.publish({ id: servableId('n', 1), kind: 'state', state: { phase: 'start' }, aspired: true, reason: '' });
    expect(monitor.history(m).map(({ id }) => id.version)).toEqual(['3', '4', '5']);
    expect(monitor.history(servableName('n'))).toHaveLength(1);
  });

  it('keeps the versions that ended last, and all that are aspired', () => {
    const { monitor, publish } = setUp({ endedVersions: 2 });
    publish(1, { phase: 'end' });
    for (const version of [5, 2, 4, 3]) publish(version, { phase: 'end' }, { aspired: false });
    expect(monitor.versions(m).map(({ id }) => id.version)).toEqual(['4', '3', '1']);
    publish(1, { phase: 'end' }, { kind: 'unaspired', aspired: false });
    expect(monitor.versions(m).map(({ id }) => id.version)).toEqual(['4', '3']);
  });

  it('gives out copies: what a reader holds does not change under it', () => {
    const { monitor, publish } = setUp();
    publish(1, { phase: 'start' });
    const history = monitor.history(m);
    publish(1, { phase: 'loading', attempt: 1 });
    expect(history).toHaveLength(1);
  });

  it('forgets a servable altogether', () => {
    const { monitor, publish } = setUp();
    publish(1, { phase: 'end' });
    monitor.forget(m);
    expect([monitor.names(), monitor.versions(m), monitor.history(m)]).toEqual([[], [], []]);
  });

  it('shows a listener the state that its event led to', () => {
    const { monitor, publish } = setUp();
    const seen: unknown[] = [];
    monitor.subscribe(({ id }) => seen.push(monitor.versions(id.name)[0]?.state.phase));
    publish(1, { phase: 'start' });
    publish(1, { phase: 'end' });
    expect(seen).toEqual(['start', 'end']);
  });
});
