import { expect, it, vi } from 'vitest';
import type { ServableName } from '../../contracts/ids.ts';
import type { SourceReport } from '../../contracts/source-report.ts';
import { ServingError } from '../../contracts/serving-error.ts';
import { EventView } from '../../contracts/ui.ts';
import { createManualClock } from '../../core/testing/manual-clock.ts';
import { FakeModels, name, version } from '../testing/fake-models.ts';
import { FakeDirectory } from '../testing/fake-ui.ts';
import { outcome } from '../testing/outcomes.ts';
import { createModelTimeline } from './model-timeline.ts';

const M = name('m');

function setUp() {
  const clock = createManualClock(5000);
  const models = new FakeModels();
  const directory = new FakeDirectory();
  const timeline = createModelTimeline({ clock, states: models, directory, labels: models });
  const onChange = vi.fn<(of: ServableName) => void>();
  timeline.subscribe(onChange);
  const told = () =>
    timeline
      .history(M)
      .map((event) => EventView.parse(event))
      .map(({ sequence, version: of, kind, reason }) => `${sequence} v${of} ${kind}: ${reason}`);
  return { clock, models, directory, timeline, onChange, told };
}

type Found = SourceReport['versions'][number];
const found = (text: string, more: Partial<Found> = {}): Found => ({
  version: version(text),
  entry: text,
  aspired: true,
  ...more,
});

it('tells what the manager does, with its errors', () => {
  const { models, timeline, told, onChange } = setUp();
  models.move('m', '3', {
    phase: 'loading',
    attempt: 2,
    retryAtMs: 9000,
    error: new ServingError('UNAVAILABLE', 'no'),
  });
  expect(told()).toEqual(['1 v3 state: is loading']);
  expect(timeline.history(M)[0]).toMatchObject({
    atMs: 1000,
    phase: 'loading',
    retryAtMs: 9000,
    error: { code: 'UNAVAILABLE', message: 'no' },
  });
  expect(onChange).toHaveBeenCalledWith('m');
});

it('tells what comes to a folder and goes from it, lowest version first', () => {
  const { directory, told } = setUp();
  directory.set('m', { versions: [found('8'), found('7', { entry: '007' })] });
  directory.set('m', { versions: [found('8'), found('7', { entry: '007' })] });
  directory.set('m', { versions: [found('8')] });
  expect(told()).toEqual(['1 v7 found: found as 007', '2 v8 found: found', '3 v7 gone: its folder is gone']);
});

it('tells once that a version waits, for whatever it waits last', () => {
  const { clock, directory, timeline, told } = setUp();
  directory.set('m', { versions: [found('8', { waiting: 'weights.bin is still growing' })] });
  void clock.advance(1000);
  directory.set('m', { versions: [found('8', { waiting: 'model.onnx is missing' })] });
  expect(told()).toEqual(['1 v8 found: found', '2 v8 waiting: model.onnx is missing']);
  expect(timeline.history(M)[1]).toMatchObject({ atMs: 5000, phase: 'waiting' });
  directory.set('m', { versions: [found('8')] });
  directory.set('m', { versions: [found('8', { waiting: 'it changes again' })] });
  expect(told()).toHaveLength(2);
});

it('tells of a version that waits again after something else has happened to it', () => {
  const { models, directory, told } = setUp();
  directory.set('m', { versions: [found('8', { waiting: 'grows' })] });
  directory.set('m', { versions: [found('8')] });
  models.serve('m', '8');
  directory.set('m', { versions: [found('8', { waiting: 'changes' })] });
  expect(told().slice(1)).toEqual(['2 v8 waiting: grows', '3 v8 state: is available', '4 v8 waiting: changes']);
});

it('tells of labels that are set, moved and removed', () => {
  const { models, directory, told } = setUp();
  models.label('m', 'stable', '7');
  directory.set('m');
  models.label('m', 'stable', '8');
  models.label('m', 'canary', '8');
  directory.set('m');
  models.forget('m');
  directory.set('m');
  expect(told()).toEqual([
    '1 v7 label: label stable set',
    '2 v8 label: label stable moved here from v7',
    '3 v8 label: label canary set',
  ]);
});

it('tells of the first good answer of a version, each time that it became available', () => {
  const { models, timeline, told } = setUp();
  models.serve('m', '1');
  timeline.observe(outcome({ code: 'INVALID_ARGUMENT' }));
  timeline.observe(outcome({ model: 'other' }));
  timeline.observe(outcome());
  timeline.observe(outcome());
  models.move('m', '1', { phase: 'loading', attempt: 1, lost: true });
  timeline.observe(outcome());
  models.serve('m', '1');
  timeline.observe(outcome());
  expect(told().filter((text) => text.includes('firstRequest'))).toEqual([
    '2 v1 firstRequest: answered its first request',
    '5 v1 firstRequest: answered its first request',
  ]);
});

it('keeps the last 300 events of a model, and none of one that was removed', () => {
  const { models, directory, timeline, told } = setUp();
  directory.set('m');
  for (let attempt = 1; attempt <= 310; attempt += 1) models.move('m', '1', { phase: 'loading', attempt });
  expect(told()).toHaveLength(300);
  expect(told()[0]).toContain('11 v1');
  directory.remove('m');
  expect(timeline.history(M)).toEqual([]);
});

it('ends when it is closed', () => {
  const { models, directory, timeline } = setUp();
  timeline.close();
  models.serve('m', '1');
  directory.set('m', { versions: [found('1')] });
  expect(timeline.history(M)).toEqual([]);
});
