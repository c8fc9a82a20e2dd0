import { beforeEach, describe, expect, it } from 'vitest';
import { FakeModels, name, version } from '../api/testing/fake-models.ts';
import { FakeDirectory } from '../api/testing/fake-ui.ts';
import type { HoldChange } from '../api/ui/version-holds-view.ts';
import type { ServableId } from '../contracts/ids.ts';
import { silentLogger } from '../contracts/logger.ts';
import type { SourceReport } from '../contracts/source-report.ts';
import { createManualClock } from '../core/testing/manual-clock.ts';
import { createVersionHolds } from './version-holds.ts';

const M = name('m');
const V3: ServableId = { name: M, version: version('3') };

/** Model `m` with versions 1 to 3 in its folder, of which 3 serves, and 2 does so still. */
function setUp() {
  const models = new FakeModels();
  const directory = new FakeDirectory();
  const told: string[] = [];
  const events: string[] = [];
  /** Ends the poll that is under way. */
  let endPoll = (): void => undefined;
  const found = (waiting?: string, status: SourceReport['status'] = 'ok'): void =>
    directory.set('m', {
      status,
      versions: ['3', '2', '1'].map((text) => ({
        version: version(text),
        entry: text,
        aspired: text === '3',
        ...(text === '3' && waiting !== undefined && { waiting }),
      })),
    });
  found();
  models.serve('m', '3');
  models.move('m', '2', { phase: 'available', loadMs: 1 }, { aspired: false });
  const holds = createVersionHolds({
    held: {
      hold: (id, because) => told.push(`hold ${id.version}: ${because}`),
      release: (id) => told.push(`release ${id.version}`),
      forget: (id) => told.push(`forget ${id.version}`),
    },
    directory,
    states: models,
    pollNow: () =>
      new Promise((resolve) => {
        endPoll = resolve;
      }),
    clock: createManualClock(),
    log: silentLogger,
  });
  holds.subscribe(({ event }: HoldChange) => event && events.push(event.kind));
  return { models, directory, found, holds, told, events, as: () => holds.view(V3)?.as, endPoll: () => endPoll() };
}

describe('versions by hand', () => {
  let t: ReturnType<typeof setUp>;
  beforeEach(() => {
    t = setUp();
  });

  it('are unloaded until somebody loads them', async () => {
    t.holds.unload(V3);
    t.holds.unload(V3);
    t.found();
    expect([t.told, t.as(), t.holds.of(M)]).toEqual([['hold 3: unloaded by you'], 'unloaded', ['3']]);
    const loaded = t.holds.load(V3);
    expect(t.as()).toBe('loading');
    t.endPoll();
    await loaded;
    expect([t.told.slice(1), t.as(), t.holds.of(M)]).toEqual([['release 3'], undefined, []]);
    expect(t.events).toEqual(['held', 'released']);
  });

  it('are loaded when their files are complete', async () => {
    t.holds.unload(V3);
    const loaded = t.holds.load(V3);
    t.found('weights.bin is still growing');
    t.endPoll();
    await loaded;
    expect([t.told.slice(1), t.as()]).toEqual([[], 'loading']);
    t.found();
    expect([t.told.slice(1), t.as()]).toEqual([['release 3'], undefined]);
  });

  it('are not loaded by what was found before the files were looked at', async () => {
    t.holds.unload(V3);
    const loaded = t.holds.load(V3);
    t.directory.set('m', { versions: [{ version: version('3'), entry: '3', aspired: true }] });
    expect(t.told.slice(1)).toEqual([]);
    t.endPoll();
    await loaded;
    expect(t.told.slice(1)).toEqual(['release 3']);
  });

  it('go and come back at once when they are loaded again, and serve until their files are complete', async () => {
    const reloaded = t.holds.reload(V3);
    expect([t.told, t.as(), t.holds.of(M)]).toEqual([[], 'reloading', []]);
    t.found('weights.bin is still growing');
    t.endPoll();
    await reloaded;
    expect(t.told).toEqual([]);
    t.found();
    expect([t.told, t.as()]).toEqual([['hold 3: reloaded by you', 'release 3'], undefined]);
  });

  it('serve on where their folder cannot be read, until it can be', async () => {
    const reloaded = t.holds.reload(V3);
    t.found(undefined, 'error');
    t.endPoll();
    await reloaded;
    expect([t.told, t.as()]).toEqual([[], 'reloading']);
    t.found();
    expect([t.told, t.as()]).toEqual([['hold 3: reloaded by you', 'release 3'], undefined]);
  });

  it('stay away when they are unloaded while they wait to be loaded', async () => {
    const reloaded = t.holds.reload(V3);
    t.holds.unload(V3);
    t.endPoll();
    await reloaded;
    expect([t.told, t.as()]).toEqual([['hold 3: unloaded by you'], 'unloaded']);
  });

  it('are let go with their folder, but not because it cannot be read', () => {
    t.holds.unload(V3);
    t.directory.set('m', { status: 'error', versions: [] });
    expect(t.as()).toBe('unloaded');
    t.directory.set('m', { versions: [] });
    expect([t.told.slice(1), t.as()]).toEqual([['forget 3'], undefined]);
  });

  it('are let go with their model, also while they wait', async () => {
    t.holds.unload(V3);
    const loaded = t.holds.load(V3);
    t.directory.remove('m');
    t.endPoll();
    await loaded;
    expect([t.told.slice(1), t.as()]).toEqual([['forget 3'], undefined]);
  });

  it('can be unloaded while they serve though nobody picks them, or wait for their files', () => {
    t.holds.unload({ name: M, version: version('2') });
    t.directory.set('m', { versions: [{ version: version('4'), entry: '4', aspired: false, waiting: 'growing' }] });
    t.holds.unload({ name: M, version: version('4') });
    expect(t.told).toContain('hold 2: unloaded by you');
    expect(t.told).toContain('hold 4: unloaded by you');
  });

  it.each([
    { what: 'unload', of: '9', code: 'NOT_FOUND' },
    { what: 'unload', of: '1', code: 'FAILED_PRECONDITION' },
    { what: 'load', of: '3', code: 'FAILED_PRECONDITION' },
    { what: 'reload', of: '9', code: 'NOT_FOUND' },
    { what: 'reload', of: '2', code: 'FAILED_PRECONDITION' },
  ] as const)('refuse to $what v$of: $code', async ({ what, of, code }) => {
    const id = { name: M, version: version(of) };
    await expect((async () => t.holds[what](id))()).rejects.toMatchObject({ code });
  });

  it('are not known of models that are not served', () => {
    expect(() => t.holds.unload({ ...V3, name: name('other') })).toThrow('no model named "other" is served');
  });
});
