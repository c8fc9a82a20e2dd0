import { describe, expect, it } from 'vitest';
import { LATEST_ONE } from '../contracts/model-config.ts';
import { ServingError } from '../contracts/serving-error.ts';
import type { FileSystemStoragePathSourceOptions } from './storage-path-source.ts';
import { BASE, createSourceWorld, MODEL, modelConfig, type SourceWorld, specific } from './testing/source-world.ts';

const POLLING = { intervalMs: 30_000, leastIntervalMs: 5000, settleMs: 10_000 };
const AWAY = new ServingError('UNAVAILABLE', 'the endpoint does not answer');
const SEEN_MS = Date.UTC(2026, 10, 22, 14, 2, 11);

function storeWorld(options: FileSystemStoragePathSourceOptions = {}, random = () => 0.5): SourceWorld {
  return createSourceWorld(options, { polling: POLLING, random });
}

async function startedStore(options?: FileSystemStoragePathSourceOptions, random?: () => number): Promise<SourceWorld> {
  const world = storeWorld(options, random);
  world.addOldVersions(BASE, '1');
  world.source.updateModels([modelConfig()]);
  await world.start();
  return world;
}

/** How long from the end of the last poll to the next, as it was planned. */
function plannedMs({ source }: SourceWorld): number | undefined {
  const { polledAtMs = NaN, nextPollAtMs } = source.report(MODEL);
  return nextPollAtMs === undefined ? undefined : nextPollAtMs - polledAtMs;
}

describe('the polls of a store over a network', () => {
  it.each([
    { asked: undefined, random: 0.5, plannedMs: 30_000 },
    { asked: undefined, random: 0, plannedMs: 27_000 },
    { asked: undefined, random: 1, plannedMs: 33_000 },
    { asked: 60_000, random: 0.5, plannedMs: 60_000 },
    { asked: 1000, random: 0.5, plannedMs: 5000 },
    { asked: 1000, random: 0, plannedMs: 5000 },
    { asked: 0, random: 0.5, plannedMs: undefined },
  ])(
    'asked for every $asked ms, with chance at $random: $plannedMs ms',
    async ({ asked, random, plannedMs: planned }) => {
      await using world = await startedStore(asked === undefined ? {} : { pollIntervalMs: asked }, () => random);
      expect(plannedMs(world)).toBe(planned);
    },
  );

  it('cost one listing each while nothing changes', async () => {
    await using world = await startedStore();
    world.files.resetCalls();
    await world.clock.advance(90_000);
    expect(world.files.calls).toEqual({ stat: 0, list: 3, listRecursive: 0, open: 0, localize: 0 });
  });

  it('find a new version, which settles for as long as the store advises', async () => {
    await using world = await startedStore({ watch: false });
    world.takeEmissions();
    await world.clock.advance(29_000);
    world.files.writeFile(`${BASE}/2/model.onnx`, 'x');
    await world.clock.advance(1000);
    expect(world.source.report(MODEL).versions[0]?.waiting).toBe('changed 1 s ago, waiting for 10 s of quiet');
    await world.clock.advance(8999);
    expect(world.takeEmissions()).toEqual([]);
    await world.clock.advance(1);
    expect(world.takeEmissions()).toEqual([`resnet: 2@${BASE}/2`]);
  });

  it('look again at a version that fails to load, and offer what has replaced it', async () => {
    await using world = await startedStore({ watch: false });
    const [before] = world.lastData();
    world.takeEmissions();
    world.files.writeFile(`${BASE}/1/model.onnx`, 'mended');
    await world.clock.advance(60_000);
    expect(world.takeEmissions()).toEqual([]);
    world.failing.add('resnet/1');
    await world.clock.advance(60_000);
    expect(world.takeEmissions()).toEqual([`resnet: 1@${BASE}/1`]);
    expect(world.lastData()[0]?.fingerprint).not.toBe(before?.fingerprint);
  });

  it('are made at longer and longer intervals while they fail, up to 5 min', async () => {
    await using world = await startedStore();
    world.takeEmissions();
    world.files.failWith(BASE, AWAY);
    const planned: (number | undefined)[] = [];
    for (let failure = 0; failure < 7; failure += 1) {
      await world.source.pollNow(MODEL);
      planned.push(plannedMs(world));
    }
    expect(planned).toEqual([30_000, 60_000, 120_000, 240_000, 300_000, 300_000, 300_000]);
    expect(world.takeEmissions()).toEqual([]);
    world.files.failWith(BASE, undefined);
    await world.clock.advance(300_000);
    expect(world.source.report(MODEL).status).toBe('ok');
    expect(plannedMs(world)).toBe(30_000);
  });

  it('are logged once while they fail in one way, and shown with the newest request', async () => {
    await using world = await startedStore();
    for (const request of ['4442587FB7D0A2F9', 'tx0000+5/a=']) {
      world.files.failWith(BASE, new ServingError('PERMISSION_DENIED', `no (AccessDenied, request ${request}). Ask.`));
      await world.source.pollNow(MODEL);
    }
    expect(world.warnings).toEqual(['a poll failed; the last list stands']);
    expect(world.source.report(MODEL).message).toContain('no (AccessDenied, request tx0000+5/a=). Ask.');
    world.files.failWith(BASE, AWAY);
    await world.source.pollNow(MODEL);
    expect(world.warnings).toHaveLength(2);
  });

  it('are tried again until one goes well, where there is to be one only', async () => {
    await using world = storeWorld({ pollIntervalMs: 0 });
    world.addOldVersions(BASE, '1');
    world.files.failWith(BASE, AWAY);
    world.source.updateModels([modelConfig()]);
    await world.start();
    world.files.failWith(BASE, undefined);
    await world.clock.advance(30_000);
    expect(world.takeEmissions()).toEqual([`resnet: 1@${BASE}/1`]);
    world.files.resetCalls();
    await world.clock.advance(86_400_000);
    expect(world.files.calls.list).toBe(0);
  });
});

describe('a version in a store over a network', () => {
  const HOUR_MS = 3_600_000;

  /** Polls a store whose version 1 has one file, written so long ago by the store's clock. */
  async function polledStore(ageMs: number, aheadMs: number | undefined): Promise<SourceWorld> {
    const world = storeWorld({ watch: false });
    world.files.setClockAhead(aheadMs);
    world.files.writeFile(`${BASE}/1/model.onnx`, 'x', world.clock.now() + (aheadMs ?? 0) - ageMs);
    world.source.updateModels([modelConfig()]);
    await world.start();
    return world;
  }

  it.each([
    { aheadMs: HOUR_MS, ageMs: 10_000, waitMs: 0 },
    { aheadMs: -HOUR_MS, ageMs: 10_000, waitMs: 0 },
    { aheadMs: HOUR_MS, ageMs: 4000, waitMs: 6000 },
    { aheadMs: -HOUR_MS, ageMs: 4000, waitMs: 6000 },
    { aheadMs: 0, ageMs: -5000, waitMs: 10_000 },
    { aheadMs: undefined, ageMs: HOUR_MS, waitMs: 10_000 },
  ])(
    'whose newest file is $ageMs ms old by a clock that is $aheadMs ms ahead settles in $waitMs ms',
    async ({ aheadMs, ageMs, waitMs }) => {
      await using world = await polledStore(ageMs, aheadMs);
      if (waitMs > 0) await world.clock.advance(waitMs - 1);
      expect(world.takeEmissions().at(-1)).toBe(waitMs > 0 ? 'resnet: ' : `resnet: 1@${BASE}/1`);
      await world.clock.advance(1);
      expect(world.lastData()).toHaveLength(1);
    },
  );

  it('that was loaded before is offered at once, and nothing of it is read', async () => {
    await using world = storeWorld();
    world.files.writeFile(`${BASE}/1/model.onnx`, 'x');
    world.files.copies.add(`${BASE}/1`);
    world.source.updateModels([modelConfig()]);
    await world.start();
    expect(world.takeEmissions()).toEqual([`resnet: 1@${BASE}/1`]);
    expect(world.completenessChecks).toEqual([]);
    expect(world.files.calls).toMatchObject({ stat: 0, list: 1, listRecursive: 1, open: 0 });
  });

  it('costs a listing, and what it takes to see whether it has changed, while it waits', async () => {
    await using world = storeWorld({ watch: false });
    world.addOldVersions(BASE, '1');
    world.missing.set(`${BASE}/1`, 'weights.bin is not there yet');
    world.source.updateModels([modelConfig()]);
    await world.start();
    world.files.resetCalls();
    await world.clock.advance(60_000);
    expect(world.files.calls).toEqual({ stat: 0, list: 2, listRecursive: 2, open: 0, localize: 0 });
  });
});

describe('a marker file', () => {
  it.each([
    { where: 'in a store over a network', createWorld: storeWorld },
    { where: 'on a disk', createWorld: createSourceWorld },
  ])('$where is waited for', async ({ createWorld }) => {
    await using world = createWorld({ watch: false });
    world.addOldVersions(BASE, '1');
    world.source.updateModels([{ ...modelConfig(), options: { storage: { markerFile: '_SUCCESS' } } }]);
    await world.start();
    expect(world.source.report(MODEL).versions[0]?.waiting).toBe('_SUCCESS is not there yet');
    await world.clock.advance(120_000);
    expect(world.lastData()).toEqual([]);
    world.files.writeFile(`${BASE}/1/_SUCCESS`, '');
    await world.clock.advance(60_000);
    expect(world.lastData()).toMatchObject([{ path: `${BASE}/1` }]);
    // It says when, not what: written again it changes nothing.
    world.takeEmissions();
    world.failing.add('resnet/1');
    world.files.writeFile(`${BASE}/1/_SUCCESS`, 'again');
    await world.clock.advance(60_000);
    expect(world.takeEmissions()).toEqual([]);
  });

  it('that is no longer asked for is not waited for', async () => {
    await using world = storeWorld();
    world.addOldVersions(BASE, '1');
    world.source.updateModels([{ ...modelConfig(), options: { storage: { markerFile: 'READY' } } }]);
    await world.start();
    expect(world.lastData()).toEqual([]);
    world.source.updateModels([modelConfig()]);
    await world.clock.advance(0);
    expect(world.lastData()).toHaveLength(1);
  });
});

describe('a model that names its versions and their files', () => {
  const files = { storage: { files: ['model.onnx', 'data/weights.bin'] } };
  const named = { ...modelConfig(MODEL, BASE, specific('9', '10')), options: files };

  it('is served without a listing, each version as soon as it has all of them', async () => {
    await using world = storeWorld({ watch: false });
    world.addOldVersions(BASE, '9', '10', '11');
    world.files.writeFile(`${BASE}/9/data/weights.bin`, 'w', world.clock.now() - 60_000);
    world.source.updateModels([named]);
    await world.start();
    expect(world.takeEmissions()).toEqual([`resnet: 9@${BASE}/9`]);
    expect(world.source.report(MODEL)).toMatchObject({
      status: 'ok',
      versions: [{ version: '10', waiting: expect.stringContaining('cannot be read') }, { version: '9' }],
    });
    world.files.writeFile(`${BASE}/10/data/weights.bin`, 'w', world.clock.now() - 60_000);
    await world.clock.advance(30_000);
    expect(world.takeEmissions()).toEqual([`resnet: 10@${BASE}/10, 9@${BASE}/9`]);
    expect(world.files.calls.list).toBe(0);
  });

  it.each([
    { when: 'the versions are not named', config: { ...named, versionPolicy: LATEST_ONE }, createWorld: storeWorld },
    { when: 'it is on a disk', config: named, createWorld: createSourceWorld },
  ])('is refused where $when', async ({ config, createWorld }) => {
    await using world = createWorld();
    world.source.updateModels([config]);
    await world.start();
    expect(world.source.report(MODEL)).toMatchObject({ status: 'error', message: expect.stringContaining('"files"') });
    expect(world.takeEmissions()).toEqual([]);
  });
});

describe('a store that cannot be reached at the start', () => {
  it('is served from what is kept of it, says so, and is taken up again without a change', async () => {
    await using world = storeWorld();
    world.addOldVersions(BASE, '1', '2');
    // What is kept is complete, whatever can be told of it now.
    world.files.setModified(BASE, world.clock.now());
    world.missing.set(`${BASE}/2`, 'cannot be read');
    world.files.setOffline({ seenMs: SEEN_MS, reason: AWAY.message });
    world.source.updateModels([modelConfig()]);
    await world.start();
    expect(world.takeEmissions()).toEqual([`resnet: 2@${BASE}/2`]);
    expect(world.source.report(MODEL)).toMatchObject({
      status: 'error',
      message: 'offline copy from 2026-11-22 14:02:11 UTC: the endpoint does not answer',
      versions: [{ version: '2', aspired: true }, { version: '1' }],
    });
    world.files.setOffline(undefined);
    world.missing.clear();
    await world.clock.advance(30_000);
    expect(world.source.report(MODEL)).toMatchObject({ status: 'ok' });
    expect(world.source.report(MODEL).message).toBeUndefined();
    expect(world.takeEmissions()).toEqual([]);
  });

  it('is looked at in full once it is back: a version may have been replaced meanwhile', async () => {
    await using world = storeWorld({ watch: false });
    world.addOldVersions(BASE, '1');
    world.files.setOffline({ seenMs: SEEN_MS, reason: AWAY.message });
    world.source.updateModels([modelConfig()]);
    await world.start();
    world.takeEmissions();
    world.files.setOffline(undefined);
    world.files.writeFile(`${BASE}/1/model.onnx`, 'other', world.clock.now() - 3_600_000);
    await world.clock.advance(40_000);
    expect(world.takeEmissions()).toEqual([`resnet: 1@${BASE}/1`]);
    expect(world.lastData()[0]?.sizeBytes).toBe(5);
  });
});
