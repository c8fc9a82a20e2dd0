import { describe, expect, it } from 'vitest';
import { ServableName } from '../contracts/ids.ts';
import { silentLogger } from '../contracts/logger.ts';
import type { VersionPolicy } from '../contracts/model-config.ts';
import { ServingError } from '../contracts/serving-error.ts';
import { SourceReport } from '../contracts/source-report.ts';
import { createFileSystemRegistry } from './file-system-registry.ts';
import { createFileSystemStoragePathSource } from './storage-path-source.ts';
import { BASE, createSourceWorld, MODEL, modelConfig, type SourceWorld, specific } from './testing/source-world.ts';

const ALL: VersionPolicy = { kind: 'all' };
const latest = (count: number): VersionPolicy => ({ kind: 'latest', count });

/** A world with one model and these finished versions, started. */
async function startedWorld(policy: VersionPolicy, ...entries: readonly string[]): Promise<SourceWorld> {
  const world = createSourceWorld();
  world.files.makeDirectory(BASE);
  world.addOldVersions(BASE, ...entries);
  world.source.updateModels([modelConfig(MODEL, BASE, policy)]);
  await world.start();
  return world;
}

/** As upstream's test of the same name, in behaviour. */
describe('as TensorFlow Serving file_system_storage_path_source_test.cc', () => {
  it('NoVersionsAtStartup: an empty base path gives an empty list and a warning', async () => {
    await using world = await startedWorld(latest(1));
    world.files.makeDirectory(`${BASE}/non_numerical_child`);
    await world.clock.advance(1000);
    expect(world.takeEmissions()).toEqual(['resnet: ']);
    expect(world.source.report(MODEL)).toMatchObject({
      status: 'ok',
      message:
        'No versions of servable resnet found under base path /models/resnet. Did you forget to name your leaf ' +
        "directory as a number (eg. '/1/')?",
      ignored: [{ entry: 'non_numerical_child' }],
    });
  });

  it('NoVersionsAtStartup: a base path that does not exist is an error and gives nothing', async () => {
    await using world = createSourceWorld();
    world.source.updateModels([modelConfig()]);
    await world.start();
    expect(world.takeEmissions()).toEqual([]);
    expect(world.source.report(MODEL)).toMatchObject({
      status: 'error',
      message: 'Could not find base path /models/resnet for servable resnet with error "resnet" does not exist',
    });
  });

  it('FilesAppearAfterStartup', async () => {
    await using world = createSourceWorld();
    world.source.updateModels([modelConfig()]);
    await world.start();
    world.addOldVersions(BASE, '3');
    await world.clock.advance(1000);
    expect(world.takeEmissions()).toEqual(['resnet: 3@/models/resnet/3']);
    expect(world.source.report(MODEL)).toMatchObject({ status: 'ok' });
    expect(world.source.report(MODEL).message).toBeUndefined();
  });

  const FIVE = ['non_numerical_child', '42', '33', '30', '21', '17'];
  it.each([
    { name: 'MultipleVersions', policy: latest(1), entries: ['baz', '42', '17'], emitted: '42@42' },
    { name: 'MultipleVersionsAtTheSameTime', policy: ALL, entries: ['baz', '42', '17'], emitted: '42@42, 17@17' },
    { name: 'NLatestVersions', policy: latest(3), entries: FIVE, emitted: '42@42, 33@33, 30@30' },
    { name: 'SpecificVersions', policy: specific('17', '30'), entries: FIVE, emitted: '30@30, 17@17' },
    {
      name: 'SpecificVersionsLeadingZeros',
      policy: specific('17', '30'),
      entries: ['baz', '42', '33', '30', '21', '00017'],
      emitted: '30@30, 17@00017',
    },
    { name: 'SpecificVersionsEmpty', policy: specific(), entries: FIVE, emitted: '' },
    {
      name: 'ParseTimestampedVersion',
      policy: ALL,
      entries: ['20170111173521'],
      emitted: '20170111173521@20170111173521',
    },
    { name: 'DuplicateVersions', policy: latest(1), entries: ['baz', '0001', '001', '00001'], emitted: '1@001' },
    { name: 'DuplicateVersions, all', policy: ALL, entries: ['001', '1'], emitted: '1@1' },
    { name: 'DuplicateVersions, specific', policy: specific('1'), entries: ['001', '1'], emitted: '1@1' },
  ])('$name', async ({ policy, entries, emitted }) => {
    await using world = await startedWorld(policy, ...entries);
    expect(world.takeEmissions()).toEqual([`resnet: ${emitted.replaceAll('@', `@${BASE}/`)}`]);
  });

  it('DefaultVersionPolicy, DefaultNumLatestVersions: the one latest', async () => {
    await using world = createSourceWorld();
    world.addOldVersions(BASE, 'non_numerical_child', '42', '33', '30');
    world.source.updateModels([modelConfig()]);
    await world.start();
    expect(world.takeEmissions()).toEqual(['resnet: 42@/models/resnet/42']);
  });

  it('MultipleServables', async () => {
    await using world = createSourceWorld();
    world.addOldVersions('/models/zero', '1', '3');
    world.addOldVersions('/models/one', '42');
    world.files.makeDirectory('/models/two');
    world.source.updateModels(['zero', 'one', 'two'].map((name) => modelConfig(name, `/models/${name}`)));
    await world.start();
    expect(world.takeEmissions().toSorted()).toEqual(['one: 42@/models/one/42', 'two: ', 'zero: 3@/models/zero/3']);
  });

  it('ChangeSetOfServables: who stays sees no empty list, who goes gets one at once', async () => {
    await using world = createSourceWorld();
    for (const name of ['zero', 'one', 'two']) world.addOldVersions(`/models/${name}`, '0');
    const config = (name: string) => modelConfig(name, `/models/${name}`);
    world.source.updateModels([config('zero'), config('one')]);
    await world.start();
    expect(world.takeEmissions()).toEqual(['zero: 0@/models/zero/0', 'one: 0@/models/one/0']);
    world.source.updateModels([config('one'), config('two')]);
    expect(world.takeEmissions()).toEqual(['zero: ']);
    await world.clock.advance(5000);
    expect(world.takeEmissions()).toEqual(['two: 0@/models/two/0']);
  });

  it('ChangeVersionPolicy', async () => {
    await using world = await startedWorld(latest(2), '1', '02', '3', '5', '8', '13');
    expect(world.takeEmissions()).toEqual([`resnet: 13@${BASE}/13, 8@${BASE}/8`]);
    world.source.updateModels([modelConfig(MODEL, BASE, specific('2', '5'))]);
    await world.clock.advance(0);
    expect(world.takeEmissions()).toEqual([`resnet: 5@${BASE}/5, 2@${BASE}/02`]);
  });

  it('ServableVersionDirRenamed', async () => {
    await using world = await startedWorld(ALL, '1', '2', '3', '5', '8');
    world.takeEmissions();
    world.files.rename(`${BASE}/2`, `${BASE}/2.denied`);
    world.files.rename(`${BASE}/5`, `${BASE}/5.denied`);
    world.files.remove(`${BASE}/8`);
    await world.clock.advance(1000);
    expect(world.takeEmissions()).toEqual([`resnet: 3@${BASE}/3, 1@${BASE}/1`]);
    expect(world.source.report(MODEL).ignored.map(({ entry }) => entry)).toEqual(['2.denied', '5.denied']);
  });

  it('LastVersionNotRemoved: without that option the last version goes like any other', async () => {
    await using world = await startedWorld(latest(1), '42');
    world.takeEmissions();
    world.files.remove(`${BASE}/42`);
    await world.clock.advance(1000);
    expect(world.takeEmissions()).toEqual(['resnet: ']);
  });

  it('PollFilesystemOnlyOnce', async () => {
    await using world = createSourceWorld({ pollIntervalMs: 0 });
    world.addOldVersions(BASE, '3');
    world.source.updateModels([modelConfig()]);
    await world.start();
    expect(world.takeEmissions()).toEqual([`resnet: 3@${BASE}/3`]);
    world.addOldVersions(BASE, '4');
    await world.clock.advance(86_400_000);
    expect(world.takeEmissions()).toEqual([]);
    expect(world.source.report(MODEL).nextPollAtMs).toBeUndefined();
    await world.source.pollNow(MODEL);
    expect(world.takeEmissions()).toEqual([`resnet: 4@${BASE}/4`]);
  });

  // AttemptToChangePollingPeriod has no counterpart: the interval is fixed when the source is made.
});

describe('warnings', () => {
  it.each([
    { policy: specific(), message: 'No specific versions requested for servable resnet.' },
    {
      policy: specific('7', '1'),
      message:
        "Version 7 of servable resnet, which was requested to be served as a 'specific' version in the servable's " +
        'version policy, was not found in the file system',
    },
  ])('$message', async ({ policy, message }) => {
    await using world = await startedWorld(policy, '1');
    expect(world.source.report(MODEL)).toMatchObject({ status: 'ok', message });
    await world.clock.advance(5000);
    expect(world.warnings.filter((warning) => warning === message)).toHaveLength(1);
  });

  it('of duplicate version directories come once per folder', async () => {
    await using world = await startedWorld(latest(1), '1', '001');
    await world.clock.advance(5000);
    expect(world.warnings).toEqual(['duplicate version directories']);
  });

  it('do not list more than a hundred ignored entries', async () => {
    await using world = await startedWorld(latest(1), '1', ...Array.from({ length: 150 }, (_, index) => `x${index}`));
    const { ignored } = world.source.report(MODEL);
    expect(ignored).toHaveLength(101);
    expect(ignored.at(-1)).toEqual({ entry: '…', reason: 'and 50 more' });
  });
});

describe('a version that fails to load', () => {
  it.each([
    { failing: [], emitted: ['3'] },
    { failing: ['3'], emitted: ['3', '2'] },
    { failing: ['3', '2'], emitted: ['3', '2', '1'] },
    { failing: ['3', '2', '1'], emitted: ['3', '2', '1'] },
    { failing: ['2'], emitted: ['3'] },
  ])('with latest 1 and $failing failing, $emitted are aspired', async ({ failing, emitted }) => {
    await using world = createSourceWorld();
    world.addOldVersions(BASE, '1', '2', '3');
    for (const version of failing) world.failing.add(`resnet/${version}`);
    world.source.updateModels([modelConfig()]);
    await world.start();
    expect(world.takeEmissions()).toEqual([
      `resnet: ${emitted.map((version) => `${version}@${BASE}/${version}`).join(', ')}`,
    ]);
  });

  it('brings the older one in at the poll asked for, and lets it go when it loads after all', async () => {
    await using world = await startedWorld(latest(1), '1', '2');
    expect(world.takeEmissions()).toEqual([`resnet: 2@${BASE}/2`]);
    world.failing.add('resnet/2');
    await world.source.pollNow(MODEL);
    expect(world.takeEmissions()).toEqual([`resnet: 2@${BASE}/2, 1@${BASE}/1`]);
    world.failing.clear();
    await world.clock.advance(1000);
    expect(world.takeEmissions()).toEqual([`resnet: 2@${BASE}/2`]);
  });

  it('stays on the list while nobody knows what becomes of a newer one, so that it is not loaded again', async () => {
    await using world = await startedWorld(latest(1), '1', '2', '3');
    for (const version of ['3', '2']) world.failing.add(`resnet/${version}`);
    world.serving.add('resnet/1');
    await world.source.pollNow(MODEL);
    world.takeEmissions();
    world.addOldVersions(BASE, '4');
    await world.source.pollNow(MODEL);
    expect(world.takeEmissions()).toEqual([`resnet: 4@${BASE}/4, 3@${BASE}/3, 2@${BASE}/2`]);
    world.failing.add('resnet/4');
    await world.source.pollNow(MODEL);
    expect(world.takeEmissions()).toEqual([`resnet: 4@${BASE}/4, 3@${BASE}/3, 2@${BASE}/2, 1@${BASE}/1`]);
    world.failing.delete('resnet/4');
    world.serving.add('resnet/4');
    await world.source.pollNow(MODEL);
    expect(world.takeEmissions()).toEqual([`resnet: 4@${BASE}/4`]);
  });

  it('changes nothing for the other policies', async () => {
    await using world = await startedWorld(specific('2'), '1', '2');
    world.failing.add('resnet/2');
    await world.clock.advance(1000);
    expect(world.takeEmissions()).toEqual([`resnet: 2@${BASE}/2`]);
  });
});

describe('a version that is held back', () => {
  it('keeps its place, so that no older one is loaded in its stead', async () => {
    await using world = await startedWorld(latest(1), '1', '2');
    world.takeEmissions();
    world.held.add('resnet/2');
    await world.source.pollNow(MODEL);
    expect(world.takeEmissions()).toEqual([]);
    world.addOldVersions(BASE, '3');
    await world.source.pollNow(MODEL);
    expect(world.takeEmissions()).toEqual([`resnet: 3@${BASE}/3`]);
  });

  it('has to be complete anew when its files change, and keeps its place meanwhile', async () => {
    await using world = await startedWorld(latest(1), '1', '2');
    const [before] = world.lastData();
    world.takeEmissions();
    world.held.add('resnet/2');
    world.files.writeFile(`${BASE}/2/model.onnx`, 'other content');
    await world.source.pollNow(MODEL);
    expect(world.takeEmissions()).toEqual(['resnet: ']);
    expect(world.source.report(MODEL).versions[0]).toMatchObject({ version: '2', aspired: false });
    expect(world.source.report(MODEL).versions[0]?.waiting).toBeDefined();
    await world.clock.advance(2000);
    expect(world.takeEmissions()).toEqual([`resnet: 2@${BASE}/2`]);
    expect(world.lastData()[0]?.fingerprint).not.toBe(before?.fingerprint);
  });
});

it('a version that is to be loaded afresh says what its new files wait for, and stays on the list', async () => {
  await using world = await startedWorld(latest(1), '1');
  world.takeEmissions();
  const waiting = () => world.source.report(MODEL).versions[0]?.waiting;
  world.files.writeFile(`${BASE}/1/model.onnx`, 'other content');
  await world.source.pollNow(MODEL);
  expect(waiting()).toBeUndefined();
  world.reloading.add('resnet/1');
  await world.source.pollNow(MODEL);
  expect(waiting()).toBeDefined();
  expect(world.takeEmissions()).toEqual([]);
  await world.clock.advance(2000);
  expect(waiting()).toBeUndefined();
  expect(world.takeEmissions()).toEqual([`resnet: 1@${BASE}/1`]);
});

describe('why versions went', () => {
  it.each<{ when: string; change: (world: SourceWorld) => void; told: readonly string[] }>([
    { when: 'a newer one came', change: (world) => world.addOldVersions(BASE, '3'), told: [] },
    {
      when: 'its folder was removed',
      change: (world) => world.files.rename(`${BASE}/2`, '/away'),
      told: ['2: its folder is gone'],
    },
    {
      when: 'the policy is another one',
      change: (world) => world.source.updateModels([modelConfig(MODEL, BASE, specific('1'))]),
      told: ['2: the new policy does not pick it'],
    },
    {
      when: 'the folder of the model is another one',
      change(world) {
        world.addOldVersions('/other', '7');
        world.source.updateModels([modelConfig(MODEL, '/other')]);
      },
      told: ['2: not in the new folder'],
    },
    {
      when: 'the model was removed',
      change: (world) => world.source.updateModels([]),
      told: ['2: removed from the configuration'],
    },
  ])('is told where $when', async ({ change, told }) => {
    await using world = await startedWorld(latest(1), '1', '2');
    change(world);
    await world.source.pollNow(MODEL);
    expect(world.takeWithdrawals()).toEqual(told);
  });
});

describe('a base path that cannot be read', () => {
  it.each([
    { when: 'vanishes', error: undefined },
    { when: 'is refused', error: new ServingError('PERMISSION_DENIED', '"resnet" cannot be read') },
    { when: 'is out of reach', error: new ServingError('UNAVAILABLE', '"resnet" cannot be read') },
  ])('that $when keeps the last good state, and recovers', async ({ error }) => {
    await using world = await startedWorld(latest(1), '1');
    world.takeEmissions();
    if (error) world.files.failWith(BASE, error);
    else world.files.rename(BASE, '/models/away');
    await world.clock.advance(3000);
    expect(world.takeEmissions()).toEqual([]);
    expect(world.source.report(MODEL)).toMatchObject({ status: 'error', versions: [{ version: '1', aspired: true }] });
    expect(world.warnings).toEqual(['a poll failed; the last list stands']);
    if (error) world.files.failWith(BASE, undefined);
    else world.files.rename('/models/away', BASE);
    await world.clock.advance(1000);
    expect(world.source.report(MODEL)).toMatchObject({ status: 'ok' });
    expect(world.source.report(MODEL).message).toBeUndefined();
    expect(world.takeEmissions()).toEqual([]);
  });

  it('names an unknown scheme', async () => {
    await using world = createSourceWorld();
    world.source.updateModels([modelConfig(MODEL, 'gs://bucket/resnet')]);
    await world.start();
    expect(world.source.report(MODEL).message).toContain("'gs' is not supported");
  });

  it('does not stop the others, failing or hanging', async () => {
    await using world = createSourceWorld();
    world.addOldVersions('/models/good', '1');
    world.addOldVersions('/models/hangs', '1');
    world.files.hang('/models/hangs');
    world.source.updateModels(['missing', 'hangs', 'good'].map((name) => modelConfig(name, `/models/${name}`)));
    await world.start();
    world.addOldVersions('/models/good', '2');
    await world.clock.advance(1000);
    expect(world.takeEmissions()).toEqual(['good: 1@/models/good/1', 'good: 2@/models/good/2']);
  });

  it('that hangs is said to, is not listed twice, and comes back', async () => {
    await using world = await startedWorld(latest(1), '1');
    world.takeEmissions();
    const release = world.files.hang(BASE);
    await world.clock.advance(1000);
    world.files.resetCalls();
    const asked = world.source.pollNow(MODEL);
    await world.clock.advance(60_000);
    expect(world.files.calls.list).toBe(0);
    expect(world.source.report(MODEL)).toMatchObject({
      status: 'error',
      message: 'the folder has not answered for 10 s; what was found before stands',
    });
    release();
    await asked;
    await world.clock.advance(1000);
    expect(world.source.report(MODEL).status).toBe('ok');
  });

  it('that hangs can be replaced by another', async () => {
    await using world = createSourceWorld();
    world.addOldVersions(BASE, '1');
    world.addOldVersions('/models/other', '2');
    world.files.hang(BASE);
    world.source.updateModels([modelConfig()]);
    await world.start();
    world.source.updateModels([modelConfig(MODEL, '/models/other')]);
    await world.clock.advance(0);
    expect(world.takeEmissions()).toEqual(['resnet: 2@/models/other/2']);
  });
});

describe('the settle rule', () => {
  it('offers what was finished long ago at the first poll', async () => {
    await using world = await startedWorld(latest(1), '1');
    expect(world.takeEmissions()).toEqual([`resnet: 1@${BASE}/1`]);
  });

  it('offers what was moved into place at the next poll', async () => {
    await using world = await startedWorld(latest(1), '1');
    world.takeEmissions();
    world.addOldVersions('/staging', '2');
    world.files.rename('/staging/2', `${BASE}/2`);
    await world.clock.advance(200);
    expect(world.takeEmissions()).toEqual([`resnet: 2@${BASE}/2`]);
  });

  it('holds a version back while it is written, and says why', async () => {
    await using world = await startedWorld(latest(1), '1');
    world.takeEmissions();
    const waiting = (): string | undefined => world.source.report(MODEL).versions[0]?.waiting;
    const seen: (string | undefined)[] = [];
    for (let size = 1; size <= 4; size += 1) {
      world.files.writeFile(`${BASE}/2/model.onnx`, new Uint8Array(size * 1_000_000));
      await world.clock.advance(400);
      seen.push(waiting());
    }
    expect(seen).toEqual([
      'changed 200 ms ago, waiting for 1 s of quiet',
      'model.onnx is still growing (2 MB so far)',
      'model.onnx is still growing (3 MB so far)',
      'model.onnx is still growing (4 MB so far)',
    ]);
    expect(world.takeEmissions()).toEqual([]);
    await world.clock.advance(1000);
    expect(world.takeEmissions()).toEqual([`resnet: 2@${BASE}/2`]);
    expect(waiting()).toBeUndefined();
    expect(world.source.report(MODEL).versions[0]).toMatchObject({ aspired: true, sizeBytes: 4_000_000 });
  });

  it('looks again just when a version may be ready, not at the next interval', async () => {
    await using world = createSourceWorld({ pollIntervalMs: 60_000, watch: false });
    world.files.writeFile(`${BASE}/1/model.onnx`, 'x');
    world.source.updateModels([modelConfig()]);
    await world.start();
    await world.clock.advance(999);
    expect(world.takeEmissions()).toEqual(['resnet: ']);
    await world.clock.advance(1);
    expect(world.takeEmissions()).toEqual([`resnet: 1@${BASE}/1`]);
  });

  it('counts the version folder itself: a file that kept its old time has just come', async () => {
    await using world = createSourceWorld();
    world.files.writeFile(`${BASE}/1/model.onnx`, 'x', world.clock.now() - 86_400_000);
    world.files.setModified(`${BASE}/1`, world.clock.now() - 86_400_000);
    world.files.writeFile(`${BASE}/1/weights.bin`, 'x', world.clock.now() - 86_400_000);
    world.source.updateModels([modelConfig()]);
    await world.start();
    expect(world.source.report(MODEL).versions[0]?.waiting).toBe('changed just now, waiting for 1 s of quiet');
    await world.clock.advance(1000);
    expect(world.takeEmissions().at(-1)).toBe(`resnet: 1@${BASE}/1`);
  });

  it('is not blocked by times in the future', async () => {
    await using world = createSourceWorld();
    world.files.writeFile(`${BASE}/1/model.onnx`, 'x', world.clock.now() + 86_400_000);
    world.source.updateModels([modelConfig()]);
    await world.start();
    await world.clock.advance(1000);
    expect(world.takeEmissions().at(-1)).toBe(`resnet: 1@${BASE}/1`);
  });

  it('can be turned off', async () => {
    await using world = createSourceWorld({ settleMs: 0 });
    world.files.writeFile(`${BASE}/1/model.onnx`, 'x');
    world.source.updateModels([modelConfig()]);
    await world.start();
    expect(world.takeEmissions()).toEqual([`resnet: 1@${BASE}/1`]);
  });

  it('lets an older version serve while the only other one is unfinished', async () => {
    await using world = createSourceWorld();
    world.addOldVersions(BASE, '1');
    world.files.writeFile(`${BASE}/2/model.onnx`, 'x');
    world.source.updateModels([modelConfig()]);
    await world.start();
    expect(world.takeEmissions()).toEqual([`resnet: 1@${BASE}/1`]);
    await world.clock.advance(1000);
    expect(world.takeEmissions()).toEqual([`resnet: 2@${BASE}/2`]);
  });

  it('finishes its one poll when there is to be one only', async () => {
    await using world = createSourceWorld({ pollIntervalMs: 0 });
    world.files.writeFile(`${BASE}/1/model.onnx`, 'x');
    world.source.updateModels([modelConfig()]);
    await world.start();
    await world.clock.advance(5000);
    expect(world.takeEmissions()).toEqual(['resnet: ', `resnet: 1@${BASE}/1`]);
  });

  it('keeps what is served when its folder was replaced by one that is not finished', async () => {
    await using world = await startedWorld(latest(1), '1');
    world.takeEmissions();
    world.files.remove(`${BASE}/1`);
    world.files.writeFile(`${BASE}/2/model.onnx`, 'x');
    await world.clock.advance(500);
    expect(world.takeEmissions()).toEqual([]);
    expect(world.source.report(MODEL).message).toBe(
      'no finished version is left; what was served before stays until one is finished',
    );
    await world.clock.advance(1000);
    expect(world.takeEmissions()).toEqual([`resnet: 2@${BASE}/2`]);
  });
});

describe('completeness', () => {
  it('holds a settled version back with its reason and asks again at each poll', async () => {
    await using world = createSourceWorld();
    world.addOldVersions(BASE, '1', '2');
    world.missing.set(`${BASE}/2`, 'weights.bin is not there yet');
    world.source.updateModels([modelConfig()]);
    await world.start();
    expect(world.takeEmissions()).toEqual([`resnet: 1@${BASE}/1`]);
    expect(world.source.report(MODEL).versions[0]).toMatchObject({
      aspired: false,
      waiting: 'weights.bin is not there yet',
    });
    world.missing.clear();
    await world.clock.advance(1000);
    expect(world.takeEmissions()).toEqual([`resnet: 2@${BASE}/2`]);
  });

  it('is not asked about a version that is still written, nor about one that is offered', async () => {
    await using world = await startedWorld(latest(1), '1');
    world.files.writeFile(`${BASE}/2/model.onnx`, 'x');
    await world.clock.advance(900);
    expect(world.completenessChecks).toEqual([`${BASE}/1`]);
    await world.clock.advance(10_000);
    expect(world.completenessChecks).toEqual([`${BASE}/1`, `${BASE}/2`]);
  });

  it('that cannot be told makes the version wait', async () => {
    await using world = createSourceWorld();
    world.addOldVersions(BASE, '1');
    world.files.failWith(`${BASE}/1`, new ServingError('PERMISSION_DENIED', '"1" cannot be read: permission denied'));
    world.source.updateModels([modelConfig()]);
    await world.start();
    expect(world.source.report(MODEL)).toMatchObject({
      status: 'ok',
      versions: [{ version: '1', aspired: false, waiting: 'cannot be read: "1" cannot be read: permission denied' }],
    });
  });
});

describe('a version whose files change after it was offered', () => {
  it('stays, and its new content is passed on when it has settled', async () => {
    await using world = await startedWorld(latest(1), '1');
    world.takeEmissions();
    const [before] = world.lastData();
    world.files.writeFile(`${BASE}/1/model.onnx`, 'new content');
    await world.clock.advance(900);
    expect(world.takeEmissions()).toEqual([]);
    expect(world.source.report(MODEL).versions[0]).toMatchObject({ aspired: true });
    await world.clock.advance(1000);
    expect(world.takeEmissions()).toEqual([`resnet: 1@${BASE}/1`]);
    const [after] = world.lastData();
    expect(after?.fingerprint).not.toBe(before?.fingerprint);
    expect(after?.sizeBytes).toBe(11);
  });

  it('is noticed even when size and time are kept', async () => {
    await using world = await startedWorld(latest(1), '1');
    world.takeEmissions();
    const { modifiedMs } = await world.files.stat(`${BASE}/1/model.onnx`, new AbortController().signal);
    world.files.writeFile(`${BASE}/1/model.onnx`, 'CONTENT OF 1', modifiedMs);
    await world.clock.advance(3000);
    expect(world.takeEmissions()).toEqual([`resnet: 1@${BASE}/1`]);
  });

  it.each(['.DS_Store', 'model.onnx~', '.model.onnx.swp', 'upload.part', 'cache.tmp'])(
    'is not noticed when only %s came',
    async (name) => {
      await using world = await startedWorld(latest(1), '1');
      world.takeEmissions();
      world.files.writeFile(`${BASE}/1/${name}`, 'x');
      await world.clock.advance(5000);
      expect(world.takeEmissions()).toEqual([]);
    },
  );

  it('must be finished again before it comes back', async () => {
    await using world = await startedWorld(latest(1), '1', '2');
    world.files.writeFile(`${BASE}/1/model.onnx`, 'half writ');
    await world.clock.advance(500);
    world.source.updateModels([modelConfig(MODEL, BASE, specific('1'))]);
    world.files.writeFile(`${BASE}/1/model.onnx`, 'half written');
    await world.clock.advance(500);
    expect(world.takeEmissions()).toEqual([`resnet: 2@${BASE}/2`]);
    await world.clock.advance(1000);
    expect(world.takeEmissions()).toEqual([`resnet: 1@${BASE}/1`]);
  });

  it('stays while its files cannot be read', async () => {
    await using world = await startedWorld(latest(1), '1');
    world.takeEmissions();
    world.files.failWith(`${BASE}/1`, new ServingError('UNAVAILABLE', 'away'));
    await world.clock.advance(5000);
    expect(world.takeEmissions()).toEqual([]);
    expect(world.source.report(MODEL).versions).toMatchObject([{ version: '1', aspired: true }]);
  });
});

describe('a single model file as base path', () => {
  it('is version 1', async () => {
    await using world = createSourceWorld();
    world.files.writeFile('/models/squeeze net.onnx', 'xyz', 0);
    world.source.updateModels([modelConfig(MODEL, '/models/squeeze net.onnx')]);
    await world.start();
    expect(world.takeEmissions()).toEqual(['resnet: 1@/models/squeeze net.onnx']);
    expect(world.source.report(MODEL)).toMatchObject({
      status: 'ok',
      versions: [{ version: '1', entry: 'squeeze net.onnx', aspired: true, sizeBytes: 3 }],
    });
  });

  it('settles like any other and passes new content on', async () => {
    await using world = createSourceWorld();
    world.files.writeFile('/models/net.onnx', 'x');
    world.source.updateModels([modelConfig(MODEL, '/models/net.onnx')]);
    await world.start();
    expect(world.takeEmissions()).toEqual(['resnet: ']);
    await world.clock.advance(1000);
    expect(world.takeEmissions()).toEqual(['resnet: 1@/models/net.onnx']);
    world.files.writeFile('/models/net.onnx', 'xy');
    await world.clock.advance(2000);
    expect(world.takeEmissions()).toEqual(['resnet: 1@/models/net.onnx']);
    expect(world.lastData()[0]?.sizeBytes).toBe(2);
  });

  it('that is no model is an error; a folder of such a name is a base path', async () => {
    await using world = createSourceWorld();
    world.files.writeFile('/models/readme.txt', 'x');
    world.addOldVersions('/models/folder.onnx', '3');
    world.source.updateModels([
      modelConfig('text', '/models/readme.txt'),
      modelConfig('folder', '/models/folder.onnx'),
    ]);
    await world.start();
    expect(world.source.report(ServableName.parse('text')).message).toBe(
      'Could not read base path /models/readme.txt for servable text: "readme.txt" is not a folder',
    );
    expect(world.takeEmissions()).toEqual(['folder: 3@/models/folder.onnx/3']);
  });
});

describe('updateModels', () => {
  it('polls a changed base path at once and never passes an empty list on the way', async () => {
    await using world = await startedWorld(latest(1), '1');
    world.addOldVersions('/models/other', '5');
    world.takeEmissions();
    world.source.updateModels([modelConfig(MODEL, '/models/other')]);
    await world.clock.advance(0);
    expect(world.takeEmissions()).toEqual(['resnet: 5@/models/other/5']);
  });

  it('keeps what is served while the new base path is unfinished or missing', async () => {
    await using world = await startedWorld(latest(1), '1');
    world.takeEmissions();
    world.source.updateModels([modelConfig(MODEL, '/models/other')]);
    await world.clock.advance(500);
    expect(world.source.report(MODEL).status).toBe('error');
    world.files.writeFile('/models/other/1/model.onnx', 'x');
    await world.clock.advance(900);
    expect(world.takeEmissions()).toEqual([]);
    await world.clock.advance(1000);
    expect(world.takeEmissions()).toEqual(['resnet: 1@/models/other/1']);
  });

  it.each([
    { when: 'served', finish: (world: SourceWorld) => world.addOldVersions(BASE, '1') },
    { when: 'unfinished', finish: (world: SourceWorld) => world.files.writeFile(`${BASE}/1/model.onnx`, 'x') },
  ])('offers a finished version at once where the same one was $when before', async ({ finish }) => {
    await using world = createSourceWorld();
    finish(world);
    world.source.updateModels([modelConfig()]);
    await world.start();
    world.addOldVersions('/models/other', '1');
    world.takeEmissions();
    world.source.updateModels([modelConfig(MODEL, '/models/other')]);
    await world.clock.advance(0);
    expect(world.takeEmissions()).toEqual(['resnet: 1@/models/other/1']);
  });

  it('drops the poll under way without a trace; who waits for it gets the new one', async () => {
    await using world = await startedWorld(latest(1), '1');
    world.addOldVersions('/models/other', '2');
    world.takeReports();
    world.files.hang(BASE);
    const asked = world.source.pollNow(MODEL).then(() => world.source.report(MODEL).versions[0]?.version);
    await world.clock.advance(0);
    world.source.updateModels([modelConfig(MODEL, '/models/other')]);
    expect(await asked).toBe('2');
    expect(world.takeReports().map(({ status }) => status)).toEqual(['ok']);
  });

  it('does nothing for a model that is the same', async () => {
    await using world = await startedWorld(latest(1), '1');
    world.takeEmissions();
    world.files.resetCalls();
    world.source.updateModels([modelConfig(MODEL, BASE, latest(1))]);
    await world.clock.advance(0);
    expect(world.takeEmissions()).toEqual([]);
    expect(world.files.calls.list).toBe(0);
  });

  it('takes back what a poll under way would have found', async () => {
    await using world = createSourceWorld();
    world.addOldVersions(BASE, '1');
    const release = world.files.hang(BASE);
    world.source.updateModels([modelConfig()]);
    await world.start();
    world.source.updateModels([]);
    expect(world.takeEmissions()).toEqual(['resnet: ']);
    release();
    await world.clock.advance(5000);
    expect(world.takeEmissions()).toEqual([]);
    expect(world.source.report(MODEL)).toEqual({ status: 'pending', versions: [], ignored: [] });
  });

  it('never joins a model name to a path', async () => {
    await using world = createSourceWorld();
    world.addOldVersions(BASE, '1');
    world.source.updateModels([modelConfig('../../etc', BASE)]);
    await world.start();
    expect(world.takeEmissions()).toEqual([`../../etc: 1@${BASE}/1`]);
  });
});

describe('run', () => {
  it('makes no call after the abort and resolves, even with a poll that hangs', async () => {
    const world = await startedWorld(latest(1), '1');
    world.takeEmissions();
    world.files.hang(BASE);
    await world.clock.advance(1000);
    const asked = world.source.pollNow(MODEL);
    await world.stop();
    await asked;
    world.source.updateModels([]);
    await world.clock.advance(5000);
    expect(world.takeEmissions()).toEqual([]);
    expect(world.clock.pendingSleeps).toBe(0);
  });

  it('survives a target and a listener that throw', async () => {
    await using world = createSourceWorld();
    world.addOldVersions(BASE, '1');
    const errors: string[] = [];
    const source = createFileSystemStoragePathSource(
      {},
      {
        registry: createFileSystemRegistry([world.files]),
        clock: world.clock,
        log: { ...silentLogger, error: (_, message) => errors.push(message) },
        completenessCheck: () => Promise.resolve(undefined),
        outcomeOf: () => 'open',
      },
    );
    const life = new AbortController();
    source.updateModels([modelConfig()]);
    source.onReport(() => {
      throw new Error('listener');
    });
    let calls = 0;
    const run = source.run(() => {
      calls += 1;
      throw new Error('target');
    }, life.signal);
    await world.clock.advance(0);
    world.addOldVersions(BASE, '2');
    await world.clock.advance(1000);
    life.abort();
    await run;
    expect(calls).toBe(2);
    expect(new Set(errors)).toEqual(new Set(['the target of aspired versions threw', 'a listener of reports threw']));
  });

  it('tells of each poll, well or not', async () => {
    await using world = createSourceWorld();
    const polls: string[] = [];
    const source = createFileSystemStoragePathSource(
      { watch: false },
      {
        registry: createFileSystemRegistry([world.files]),
        clock: world.clock,
        log: silentLogger,
        completenessCheck: () => Promise.resolve(undefined),
        outcomeOf: () => 'open',
        onPolled: (name, result) => polls.push(`${name} ${result}`),
      },
    );
    const life = new AbortController();
    const config = modelConfig();
    source.updateModels([config]);
    const run = source.run(() => undefined, life.signal);
    await world.clock.advance(0);
    expect(polls).toEqual([`${config.name} error`]);
    world.addOldVersions(BASE, '1');
    await source.pollNow(config.name);
    expect(polls).toEqual([`${config.name} error`, `${config.name} ok`]);
    life.abort();
    await run;
  });

  it('runs once at a time', async () => {
    await using world = await startedWorld(latest(1), '1');
    await expect(world.source.run(() => undefined, new AbortController().signal)).rejects.toThrow('runs already');
  });

  it('keeps its pace when the clock is set back', async () => {
    await using world = createSourceWorld();
    let offsetMs = 0;
    const source = createFileSystemStoragePathSource(
      { watch: false },
      {
        registry: createFileSystemRegistry([world.files]),
        clock: { now: () => world.clock.now() + offsetMs, sleep: world.clock.sleep.bind(world.clock) },
        log: silentLogger,
        completenessCheck: () => Promise.resolve(undefined),
        outcomeOf: () => 'open',
      },
    );
    world.addOldVersions(BASE, '1');
    const life = new AbortController();
    source.updateModels([modelConfig()]);
    const run = source.run(() => undefined, life.signal);
    await world.clock.advance(0);
    world.files.resetCalls();
    offsetMs = -3_600_000;
    await world.clock.advance(3000);
    life.abort();
    await run;
    expect(world.files.calls.list).toBe(3);
  });
});

describe('pollNow', () => {
  it('resolves at once for a name that is not configured', async () => {
    const world = createSourceWorld();
    await expect(world.source.pollNow(MODEL)).resolves.toBeUndefined();
  });

  it('before the start waits for the first poll', async () => {
    await using world = createSourceWorld();
    world.addOldVersions(BASE, '1');
    world.source.updateModels([modelConfig()]);
    const asked = world.source.pollNow(MODEL).then(() => world.source.report(MODEL).status);
    await world.start();
    expect(await asked).toBe('ok');
  });

  it('during a poll asks for another one after it', async () => {
    await using world = await startedWorld(latest(1), '1');
    const release = world.files.hang(BASE);
    const first = world.source.pollNow(MODEL);
    await world.clock.advance(0);
    const second = world.source.pollNow(MODEL);
    world.files.resetCalls();
    release();
    await Promise.all([first, second]);
    expect(world.files.calls.list).toBe(1);
  });
});

describe('reports', () => {
  it('are announced when something changed, not at each poll', async () => {
    await using world = await startedWorld(latest(1), '1');
    expect(world.takeReports()).toHaveLength(1);
    const { polledAtMs } = world.source.report(MODEL);
    await world.clock.advance(5000);
    expect(world.takeReports()).toEqual([]);
    expect(world.source.report(MODEL).polledAtMs).toBe((polledAtMs ?? 0) + 5000);
  });

  it('hold to their schema, with times of the last and the next poll', async () => {
    await using world = await startedWorld(latest(1), '1', '2', 'x');
    const report = world.source.report(MODEL);
    expect(SourceReport.parse(report)).toEqual(report);
    expect(report).toEqual({
      status: 'ok',
      polledAtMs: world.clock.now(),
      nextPollAtMs: world.clock.now() + 1000,
      versions: [
        { version: '2', entry: '2', aspired: true, sizeBytes: 12 },
        { version: '1', entry: '1', aspired: false },
      ],
      ignored: [{ entry: 'x', reason: 'not a whole number: version folders are named 1, 2, 3 and so on' }],
    });
  });

  it('are there before the target hears of a version', async () => {
    const world = createSourceWorld();
    world.addOldVersions(BASE, '1');
    world.source.updateModels([modelConfig()]);
    const life = new AbortController();
    const seen: string[] = [];
    const run = world.source.run(() => seen.push(world.source.report(MODEL).status), life.signal);
    await world.clock.advance(0);
    life.abort();
    await run;
    expect(seen).toEqual(['ok']);
  });
});

describe('polls started by a watch', () => {
  it('come early, and not in swarms', async () => {
    await using world = createSourceWorld({ pollIntervalMs: 60_000 });
    world.addOldVersions(BASE, '1');
    world.source.updateModels([modelConfig()]);
    await world.start();
    await world.clock.advance(10_000);
    world.files.resetCalls();
    world.addOldVersions(BASE, '2');
    await world.clock.advance(0);
    expect(world.takeEmissions().at(-1)).toBe(`resnet: 2@${BASE}/2`);
    for (let write = 0; write < 100; write += 1) {
      world.files.writeFile(`${BASE}/1/notes.txt`, 'x'.repeat(write));
      await world.clock.advance(10);
    }
    expect(world.files.calls.list).toBeLessThanOrEqual(7);
  });

  it('do not come when they are switched off or there is to be one poll only', async () => {
    for (const options of [{ watch: false, pollIntervalMs: 60_000 }, { pollIntervalMs: 0 }]) {
      await using world = createSourceWorld(options);
      world.addOldVersions(BASE, '1');
      world.source.updateModels([modelConfig()]);
      await world.start();
      world.addOldVersions(BASE, '2');
      await world.clock.advance(10_000);
      expect(world.takeEmissions()).toEqual([`resnet: 1@${BASE}/1`]);
    }
  });

  it('end with the model', async () => {
    await using world = await startedWorld(latest(1), '1');
    world.source.updateModels([]);
    world.files.resetCalls();
    world.files.writeFile(`${BASE}/1/model.onnx`, 'y');
    await world.clock.advance(5000);
    expect(world.files.calls.list).toBe(0);
  });
});

describe('a thousand models', () => {
  it(
    'cost one listing and one walk each per poll when nothing changes, spread over the interval',
    { timeout: 60_000 },
    async () => {
      await using world = createSourceWorld();
      const names = Array.from({ length: 1000 }, (_, index) => `model-${index}`);
      for (const name of names) world.addOldVersions(`/models/${name}`, '1', '2', '3');
      world.source.updateModels(names.map((name) => modelConfig(name, `/models/${name}`)));
      await world.start();
      expect(world.takeEmissions()).toHaveLength(1000);
      await world.clock.advance(1000);

      world.files.resetCalls();
      await world.clock.advance(1000);
      expect(world.files.calls).toEqual({ stat: 0, list: 1000, listRecursive: 1000, open: 0, localize: 0 });
      expect(world.takeEmissions()).toEqual([]);

      world.files.resetCalls();
      await world.clock.advance(100);
      expect(world.files.calls.list).toBeGreaterThan(0);
      expect(world.files.calls.list).toBeLessThan(300);
    },
  );
});
