import { describe, expect, it } from 'vitest';
import { ServableName, ServableVersion } from './ids.ts';
import { changedModel, modelChange, withNumbers } from './model-change.ts';
import type { EventView, ModelView, VersionView } from './ui.ts';

const version = (text: string): VersionView => ({
  version: ServableVersion.parse(text),
  phase: 'available',
  aspired: true,
  reason: '',
  sinceMs: 0,
  inFlight: 0,
});
const event = (sequence: number, reason = ''): EventView => ({
  sequence,
  atMs: sequence,
  version: version('1').version,
  kind: 'state',
  phase: 'available',
  reason,
});
const model = (history: readonly EventView[], over: Partial<ModelView> = {}): ModelView => ({
  name: ServableName.parse('m'),
  basePath: '/models/m',
  versionPolicy: { kind: 'latest', count: 1 },
  labels: [],
  aspiredVersionPolicy: 'availability_preserving',
  origin: 'settings',
  source: { status: 'ok', versions: [], ignored: [] },
  versions: [version('2'), version('1')],
  history,
  ...over,
});

describe('a change of a model', () => {
  const one = event(1);
  const two = event(2);
  const three = event(3);
  it.each<[string, readonly EventView[], readonly EventView[], readonly number[]]>([
    ['the first events', [], [one, two], [1, 2]],
    ['a new event', [one, two], [one, two, three], [3]],
    ['an event that is told anew', [one, two], [one, event(2, 'still growing')], [2]],
    ['events that are no longer kept', [one, two], [two, three], [3]],
    ['a history that began again', [one, two], [event(7)], [7]],
    ['a history without events', [one, two], [], []],
    ['no event', [one, two], [one, two], []],
  ])('has only what is new of %s, and gives all of it back', (_, before, after, news) => {
    const change = modelChange(model(after), before);
    expect(change.news.map(({ sequence }) => sequence)).toEqual(news);
    expect(changedModel(model(before), change)).toEqual(model(after));
  });

  it('tells all of a model that nobody knows', () => {
    expect(changedModel(undefined, modelChange(model([one, two]), []))).toEqual(model([one, two]));
  });
});

describe('numbers', () => {
  it('change nothing else', () => {
    const before = model([event(1)]);
    const after = withNumbers(before, {
      name: before.name,
      source: { polledAtMs: 5, nextPollAtMs: 6 },
      versions: [{ version: version('1').version, inFlight: 7 }],
    });
    expect(after).toEqual({
      ...before,
      source: { ...before.source, polledAtMs: 5, nextPollAtMs: 6 },
      versions: [version('2'), { ...version('1'), inFlight: 7 }],
    });
    expect(withNumbers(after, { name: before.name, source: { polledAtMs: 7 } }).source).toEqual({
      ...before.source,
      polledAtMs: 7,
    });
    expect([after.versions[0], after.history]).toEqual([before.versions[0], before.history]);
    expect(withNumbers(before, { name: before.name }).versions).toBe(before.versions);
  });
});
