import { describe, expect, it } from 'vitest';
import { type ServableId, servableKey, ServableName } from '../../contracts/ids.ts';
import type { SourceReport } from '../../contracts/source-report.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import { type DownloadView, type UiBoards, UiMessage } from '../../contracts/ui.ts';
import { createManualClock } from '../../core/testing/manual-clock.ts';
import { FakeModels, version } from '../testing/fake-models.ts';
import { FakeDirectory, serverView } from '../testing/fake-ui.ts';
import { createModelTimeline } from './model-timeline.ts';
import { createUiFeed, type UiFeed } from './ui-feed.ts';

class FakeDownloads {
  readonly views = new Map<string, DownloadView>();
  readonly #listeners = new Set<(name: ServableName) => void>();

  set(id: ServableId, view: DownloadView): void {
    this.views.set(servableKey(id), view);
    for (const listener of this.#listeners) listener(id.name);
  }

  of(id: ServableId): DownloadView | undefined {
    return this.views.get(servableKey(id));
  }

  subscribe(onChange: (name: ServableName) => void): () => void {
    this.#listeners.add(onChange);
    return () => this.#listeners.delete(onChange);
  }
}

function setUp() {
  const clock = createManualClock(1_000_000);
  const models = new FakeModels();
  const directory = new FakeDirectory();
  let server = serverView();
  const downloads = new FakeDownloads();
  const timeline = createModelTimeline({ clock, states: models, directory, labels: models });
  const feed = createUiFeed({
    clock,
    states: models,
    timeline,
    directory,
    labels: models,
    loaded: (id) => models.loaded(id),
    downloads,
    expectedBytes: ({ version: of }) => (of === '3' ? 4096 : undefined),
    server: () => server,
  });
  return {
    clock,
    models,
    directory,
    downloads,
    feed,
    quit: () => {
      server = { ...server, isQuitting: true };
      feed.serverChanged();
    },
  };
}

/** Reads the feed into a list, and checks each message against the contract. */
function read(feed: UiFeed, afterSequence?: number) {
  const messages: UiMessage[] = [];
  const take = (message: UiMessage): void => {
    messages.push(UiMessage.parse(JSON.parse(JSON.stringify(message))));
  };
  const reading = feed.open(take, afterSequence);
  for (const message of reading.initial) take(message);
  return { messages, close: () => reading.close() };
}

const kinds = (messages: readonly UiMessage[]): readonly string[] =>
  messages.map((message) => `${message.sequence} ${message.kind}`);

describe('the snapshot', () => {
  it('joins configuration, states, report and servable', () => {
    const { models, directory, feed } = setUp();
    directory.set('m', {
      versions: [
        { version: version('4'), entry: '4', aspired: false, waiting: 'weights.bin is still growing', sizeBytes: 9 },
        { version: version('3'), entry: '3', aspired: true, sizeBytes: 7 },
        { version: version('2'), entry: '2', aspired: true },
        { version: version('1'), entry: '1', aspired: false },
      ],
    });
    const error = new ServingError('UNAVAILABLE', 'worker died');
    models.move('m', '3', { phase: 'loading', attempt: 2, retryAtMs: 5000, error });
    models.serve('m', '2');
    const { messages } = read(feed);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatchObject({
      kind: 'snapshot',
      sequence: 0,
      nowMs: 1_000_000,
      server: { instanceId: 'i1' },
      models: [
        {
          name: 'm',
          basePath: '/models/m',
          origin: 'settings',
          versions: [
            {
              version: '4',
              phase: 'waiting',
              reason: 'weights.bin is still growing',
              sinceMs: 1_000_000,
              sizeBytes: 9,
            },
            {
              version: '3',
              phase: 'loading',
              attempt: 2,
              maxAttempts: 6,
              retryAtMs: 5000,
              error: { code: 'UNAVAILABLE', message: 'worker died' },
              sizeBytes: 7,
              memory: { estimatedBytes: 4096 },
            },
            {
              version: '2',
              phase: 'available',
              loadMs: 5,
              sizeBytes: 123,
              worker: { pid: 4711, shared: true },
              memory: { estimatedBytes: 150, measuredBytes: 200 },
            },
          ],
          history: [
            { sequence: 1, version: '1', kind: 'found' },
            { sequence: 2, version: '2', kind: 'found' },
            { sequence: 3, version: '3', kind: 'found' },
            { sequence: 4, version: '4', kind: 'found' },
            { sequence: 5, version: '4', kind: 'waiting', reason: 'weights.bin is still growing' },
            {
              sequence: 6,
              version: '3',
              phase: 'loading',
              reason: 'is loading',
              retryAtMs: 5000,
              error: { code: 'UNAVAILABLE', message: 'worker died' },
            },
            { sequence: 7, version: '2', phase: 'available' },
          ],
        },
      ],
    });
  });

  it('has the labels of a model, pending until their version is available', async () => {
    const { clock, models, directory, feed } = setUp();
    directory.set('m', {}, { aspiredVersionPolicy: 'resource_preserving' });
    directory.set('plain');
    models.label('m', 'stable', '1');
    models.label('m', 'canary', '2');
    models.label('m', 'next', '9');
    models.serve('m', '1');
    models.move('m', '2', { phase: 'loading', attempt: 1 });
    const { messages } = read(feed);
    const stable = { label: 'stable', version: '1', pending: false };
    const canary = { label: 'canary', version: '2', pending: true };
    const next = { label: 'next', version: '9', pending: true };
    expect(messages[0]).toMatchObject({
      models: [
        { labels: [stable, canary, next], aspiredVersionPolicy: 'resource_preserving' },
        { labels: [], aspiredVersionPolicy: 'availability_preserving' },
      ],
    });
    models.serve('m', '2');
    models.move('m', '1', { phase: 'unloading' });
    await clock.advance(50);
    expect(messages[1]).toMatchObject({
      models: [{ labels: [{ ...stable, pending: true }, { ...canary, pending: false }, next] }],
    });
  });

  it('leaves out a version that ended, failed or not, and whose folder is gone', () => {
    const { models, directory, feed } = setUp();
    const error = new ServingError('CANCELLED', 'no longer wanted');
    models.move('m', '3', { phase: 'end', error }, { aspired: false });
    models.move('m', '2', { phase: 'end' }, { aspired: false });
    models.move('m', '1', { phase: 'end', error }, { aspired: true });
    directory.set('m', { versions: [{ version: version('2'), entry: '2', aspired: false }] });
    const [snapshot] = read(feed).messages;
    expect(snapshot).toMatchObject({ models: [{ versions: [{ version: '2' }, { version: '1' }] }] });
  });

  it.each([
    { aspired: false, phase: 'waiting' },
    { aspired: true, phase: 'end' },
  ])('shows a version that ended and grows again as $phase where aspired is $aspired', ({ aspired, phase }) => {
    const { models, directory, feed } = setUp();
    models.move('m', '1', { phase: 'end' }, { aspired });
    directory.set('m', { versions: [{ version: version('1'), entry: '1', aspired: false, waiting: 'grows' }] });
    expect(read(feed).messages[0]).toMatchObject({ models: [{ versions: [{ version: '1', phase }] }] });
  });
});

describe('changes', () => {
  it('of a download are told while its version loads', async () => {
    const { clock, models, directory, downloads, feed } = setUp();
    directory.set('m');
    const id = { name: ServableName.parse('m'), version: version('1') };
    const download = { doneBytes: 5, totalBytes: 10, bytesPerSecond: 2, file: 'weights.bin' };
    models.move('m', '1', { phase: 'loading', attempt: 1 });
    const { messages } = read(feed);
    downloads.set(id, download);
    await clock.advance(50);
    downloads.set(id, { ...download, doneBytes: 10 });
    await clock.advance(50);
    models.serve('m', '1');
    await clock.advance(50);
    const shown = messages.flatMap((message) =>
      message.kind === 'models' ? message.models.flatMap((model) => model.versions) : [],
    );
    expect(shown.map((view) => view.download?.doneBytes)).toEqual([5, 10, undefined]);
  });

  it('within 50 ms are one message', async () => {
    const { clock, models, directory, feed } = setUp();
    directory.set('a');
    directory.set('b');
    const { messages } = read(feed);
    models.move('a', '1', { phase: 'start' });
    models.move('a', '1', { phase: 'loading', attempt: 1 });
    models.serve('a', '1');
    models.move('b', '1', { phase: 'start' });
    await clock.advance(49);
    expect(messages).toHaveLength(1);
    await clock.advance(1);
    expect(kinds(messages)).toEqual(['0 snapshot', '1 models']);
    expect(messages[1]).toMatchObject({
      models: [
        { name: 'a', versions: [{ phase: 'available' }] },
        { name: 'b', versions: [{ phase: 'start' }] },
      ],
    });
    models.move('b', '1', { phase: 'end' });
    await clock.advance(50);
    expect(messages.slice(2)).toMatchObject([{ kind: 'models', sequence: 2, models: [{ name: 'b' }] }]);
  });

  it('are told when a model is added or removed, and when the server drains', async () => {
    const { clock, directory, feed, quit } = setUp();
    const { messages } = read(feed);
    directory.set('a');
    await clock.advance(50);
    directory.remove('a');
    await clock.advance(50);
    directory.set('short');
    directory.remove('short');
    await clock.advance(50);
    quit();
    expect(kinds(messages)).toEqual(['0 snapshot', '1 models', '2 modelsRemoved', '3 server']);
    expect(messages[3]).toMatchObject({ server: { isQuitting: true } });
  });

  it('of nothing but poll times are told every five seconds at most', async () => {
    const { clock, directory, feed } = setUp();
    directory.set('a', { polledAtMs: 1 });
    const { messages } = read(feed);
    for (let poll = 0; poll < 12; poll += 1) {
      await clock.advance(1000);
      directory.set('a', { polledAtMs: clock.now() });
    }
    expect(kinds(messages)).toEqual(['0 snapshot', '1 numbers', '2 numbers']);
    expect(messages[1]).toMatchObject({ models: [{ name: 'a', source: { polledAtMs: 1_004_000 } }] });
    const report: Partial<SourceReport> = { polledAtMs: clock.now(), status: 'error', message: 'gone' };
    directory.set('a', report);
    await clock.advance(50);
    expect(messages[3]).toMatchObject({ models: [{ source: report }] });
  });

  it('of poll times reach every reader, also where another one’s snapshot has them first', async () => {
    const { clock, directory, feed } = setUp();
    directory.set('a', { polledAtMs: 1, nextPollAtMs: 2 });
    const first = read(feed);
    await clock.advance(1000);
    directory.set('a', { polledAtMs: 3 });
    read(feed);
    await clock.advance(6000);
    expect(first.messages.slice(1)).toMatchObject([{ kind: 'numbers', models: [{ source: { polledAtMs: 3 } }] }]);
  });

  it('tell that a history began anew', async () => {
    const { clock, directory, feed } = setUp();
    directory.set('a', { versions: [{ version: version('1'), entry: '1', aspired: false }] });
    const { messages } = read(feed);
    directory.remove('a');
    directory.set('a', { versions: [{ version: version('1'), entry: '1', aspired: false }] });
    await clock.advance(50);
    const [told] = messages[1]?.kind === 'models' ? messages[1].models : [];
    expect([told?.news.length, told?.news[0]?.sequence]).toEqual([1, told?.keptFrom]);
  });

  it('of requests in flight are told within a second, as numbers only, for the versions where they changed', async () => {
    const { clock, models, directory, feed } = setUp();
    directory.set('a');
    models.serve('a', '2');
    models.serve('a', '1');
    const { messages } = read(feed);
    models.inFlight('a', '2', 3);
    await clock.advance(1000);
    expect(messages.slice(1)).toEqual([
      { kind: 'numbers', sequence: 1, models: [{ name: 'a', versions: [{ version: '2', inFlight: 3 }] }] },
    ]);
    // The same sum, spread otherwise.
    models.inFlight('a', '2', 1);
    models.inFlight('a', '1', 2);
    await clock.advance(1000);
    const versions = [
      { version: '2', inFlight: 1 },
      { version: '1', inFlight: 2 },
    ];
    expect(messages[2]).toMatchObject({ models: [{ versions }] });
    // A poll that finds nothing new does not tell the model again because of them.
    models.inFlight('a', '1', 5);
    directory.set('a', { polledAtMs: 1 });
    await clock.advance(1000);
    expect(kinds(messages).slice(3)).toEqual(['3 numbers']);
    await clock.advance(1000);
    expect(messages).toHaveLength(4);
  });

  it('of requests in flight go along with what else changed, and are not told twice', async () => {
    const { clock, models, directory, feed } = setUp();
    directory.set('a');
    models.serve('a', '1');
    const { messages } = read(feed);
    models.inFlight('a', '1', 3);
    directory.set('a', { status: 'error', message: 'gone' });
    await clock.advance(2000);
    expect(kinds(messages)).toEqual(['0 snapshot', '1 models']);
    expect(messages[1]).toMatchObject({ models: [{ versions: [{ inFlight: 3 }] }] });
  });

  it('of requests in flight reach every reader, also where another one’s snapshot has them first', async () => {
    const { clock, models, directory, feed } = setUp();
    directory.set('a');
    models.serve('a', '1');
    const first = read(feed);
    models.inFlight('a', '1', 3);
    const second = read(feed);
    await clock.advance(2000);
    expect(kinds(first.messages)).toEqual(['0 snapshot', '1 numbers']);
    expect(kinds(second.messages)).toEqual(['1 snapshot']);
    expect(second.messages[0]).toMatchObject({ models: [{ versions: [{ inFlight: 3 }] }] });
  });

  it('tell the last fifty events of a model', async () => {
    const { clock, models, directory, feed } = setUp();
    directory.set('a');
    const { messages } = read(feed);
    for (let index = 1; index <= 60; index += 1) models.move('a', '1', { phase: 'loading', attempt: index });
    await clock.advance(50);
    const [told] = messages[1]?.kind === 'models' ? messages[1].models : [];
    expect(told?.news.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 50 }, (_, at) => at + 11));
    expect(told?.keptFrom).toBe(11);
  });

  it('tell events once', async () => {
    const { clock, models, directory, feed } = setUp();
    directory.set('a');
    models.move('a', '1', { phase: 'start' });
    const { messages } = read(feed);
    models.move('a', '1', { phase: 'loading', attempt: 1 });
    await clock.advance(50);
    models.label('a', 'stable', '1');
    directory.set('a');
    await clock.advance(50);
    const told = messages.flatMap((message) => (message.kind === 'models' ? message.models : []));
    expect(told.map(({ news, keptFrom }) => [news.map(({ sequence }) => sequence), keptFrom])).toEqual([
      [[2], 1],
      [[3], 1],
    ]);
  });

  it('of very many models are told in several messages', async () => {
    const { clock, directory, feed } = setUp();
    const { messages } = read(feed);
    for (let index = 0; index < 100; index += 1) directory.set(`m${index}`);
    await clock.advance(50);
    for (let index = 0; index < 100; index += 1) directory.remove(`m${index}`);
    await clock.advance(50);
    expect(kinds(messages)).toEqual(['0 snapshot', '1 models', '2 models', '3 modelsRemoved']);
    expect(messages.map((message) => (message.kind === 'models' ? message.models.length : 0))).toEqual([0, 64, 36, 0]);
  });

  it('cost nothing while nobody reads', async () => {
    const { clock, models, directory, feed } = setUp();
    directory.set('a');
    models.serve('a', '1');
    expect(clock.pendingSleeps).toBe(0);
    const { close } = read(feed);
    close();
    await clock.advance(2000);
    models.move('a', '1', { phase: 'unloading' });
    expect(clock.pendingSleeps).toBe(0);
  });
});

describe('a reader that comes back', () => {
  it('gets what it missed, whether others read meanwhile or not', async () => {
    const { clock, models, directory, feed } = setUp();
    directory.set('a');
    const first = read(feed);
    models.serve('a', '1');
    await clock.advance(50);
    first.close();
    models.serve('a', '2');
    await clock.advance(50);
    expect(kinds(first.messages)).toEqual(['0 snapshot', '1 models']);

    const second = read(feed, 1);
    expect(kinds(second.messages)).toEqual(['2 models']);
    expect(second.messages[0]).toMatchObject({ models: [{ versions: [{ version: '2' }, { version: '1' }] }] });
    expect(kinds(read(feed, 0).messages)).toEqual(['1 models', '2 models']);
    expect(kinds(read(feed, 2).messages)).toEqual([]);
  });

  it('gets a snapshot when it missed too much, or names a number of the future', async () => {
    const { clock, models, directory, feed } = setUp();
    directory.set('a');
    const { messages } = read(feed);
    for (let index = 1; index <= 300; index += 1) {
      models.move('a', '1', { phase: 'loading', attempt: index });
      await clock.advance(50);
    }
    expect(kinds(messages).at(-1)).toBe('300 models');
    expect(kinds(read(feed, 40).messages)).toEqual(['300 snapshot']);
    expect(kinds(read(feed, 44).messages)).toHaveLength(256);
    expect(kinds(read(feed, 301).messages)).toEqual(['300 snapshot']);
  });

  it('gets a snapshot when what it missed is too large to be kept', async () => {
    const { clock, directory, feed } = setUp();
    directory.set('a');
    read(feed);
    for (let index = 1; index <= 6; index += 1) {
      directory.set('a', { message: `${index} ${'x'.repeat(1024 ** 2)}` });
      await clock.advance(50);
    }
    expect(kinds(read(feed, 2).messages)).toEqual(['6 snapshot']);
    expect(kinds(read(feed, 3).messages)).toEqual(['4 models', '5 models', '6 models']);
    directory.set('a', { message: 'x'.repeat(5 * 1024 ** 2) });
    await clock.advance(50);
    expect(kinds(read(feed, 6).messages)).toEqual(['7 snapshot']);
  });
});

it('a closed feed is silent', async () => {
  const { clock, models, directory, feed } = setUp();
  directory.set('a');
  const { messages } = read(feed);
  models.serve('a', '1');
  feed.close();
  await clock.advance(2000);
  models.serve('a', '2');
  await clock.advance(2000);
  expect(kinds(messages)).toEqual(['0 snapshot']);
  expect(clock.pendingSleeps).toBe(0);
});

describe('boards', () => {
  function withTasks() {
    const clock = createManualClock(1_000_000);
    const models = new FakeModels();
    let tasks: NonNullable<UiBoards['tasks']> = [];
    let asked = 0;
    let tell = (): void => undefined;
    const feed = createUiFeed({
      clock,
      states: models,
      timeline: { history: () => [], subscribe: () => () => undefined },
      directory: new FakeDirectory(),
      labels: models,
      loaded: () => undefined,
      boards: {
        tasks: {
          current() {
            asked += 1;
            return tasks;
          },
          subscribe(onChange) {
            tell = onChange;
            return () => undefined;
          },
        },
      },
      server: () => serverView(),
    });
    const set = (title: string): void => {
      tasks = [{ id: '1', kind: 'download', title, state: 'running', startedMs: 1, cancellable: false }];
      tell();
    };
    return { clock, feed, set, asked: () => asked };
  }

  it('are in the snapshot, and told again as a whole when they have changed', async () => {
    const { clock, feed, set } = withTasks();
    set('first');
    const { messages } = read(feed);
    expect(messages[0]).toMatchObject({ kind: 'snapshot', boards: { tasks: [{ title: 'first' }] } });
    set('second');
    set('third');
    await clock.advance(200);
    await clock.advance(1000);
    expect(messages.slice(1)).toMatchObject([{ kind: 'boards', sequence: 1, boards: { tasks: [{ title: 'third' }] } }]);
  });

  it('are not asked while nobody reads, and told to a reader that comes back', async () => {
    const { clock, feed, set, asked } = withTasks();
    read(feed).close();
    const before = asked();
    set('unseen');
    await clock.advance(1000);
    expect(asked()).toBe(before);
    expect(read(feed, 0).messages).toMatchObject([{ kind: 'boards', boards: { tasks: [{ title: 'unseen' }] } }]);
  });
});
