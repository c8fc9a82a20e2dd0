import { describe, expect, it } from 'vitest';
import { label, modelView, unloadedVersion, version, versionView } from '../../testing/fixtures.ts';
import { parseModelFilter } from './model-filter.ts';

const error = { code: 'INTERNAL', message: 'no' };
const models = [
  modelView('resnet50', [versionView('1')], { origin: 'sample' }),
  modelView('My Churn', [unloadedVersion('3', 'loading', { retryAtMs: 1, error }), versionView('2')], {
    basePath: '/srv/churn model',
  }),
  modelView('broken', [unloadedVersion('1', 'end', { error })]),
  modelView('slow', [unloadedVersion('1', 'waiting')], {
    basePath: 's3://ml/prod/slow',
    labels: [{ label: label('Stable'), version: version('1'), pending: true }],
  }),
  modelView('none', [], { source: { status: 'error', message: 'denied', versions: [], ignored: [] } }),
];

describe('parseModelFilter', () => {
  it.each([
    ['', ['resnet50', 'My Churn', 'broken', 'slow', 'none']],
    ['RES', ['resnet50']],
    ['srv', ['My Churn']],
    ['my churn', ['My Churn']],
    ['"churn model"', ['My Churn']],
    ['"churn my"', []],
    ['state:error', ['My Churn', 'broken', 'none']],
    ['state:retrying', ['My Churn']],
    ['state:waiting,failed', ['broken', 'slow']],
    ['state:available -state:error', ['resnet50']],
    ['state:empty', ['none']],
    ['origin:sample', ['resnet50']],
    ['-res', ['My Churn', 'broken', 'slow', 'none']],
    ['STATE:Error broken', ['broken']],
    ['name~res', ['resnet50']],
    ['name:churn', ['My Churn']],
    // The path alone does not count.
    ['name~srv', []],
    ['name~"my ch"', ['My Churn']],
    ['name~res,slow', ['resnet50', 'slow']],
    ['source:s3', ['slow']],
    ['source:folder state:error', ['My Churn', 'broken', 'none']],
    ['source:prod', ['slow']],
    ['source:"churn model"', ['My Churn']],
    ['label:stable', ['slow']],
    ['-label:sta', ['resnet50', 'My Churn', 'broken', 'none']],
    // While it is being typed.
    ['-label:', ['resnet50', 'My Churn', 'broken', 'slow', 'none']],
    ['state:', ['resnet50', 'My Churn', 'broken', 'slow', 'none']],
  ])('%j', (text, names) => {
    const filter = parseModelFilter(text);
    expect(models.filter((model) => filter.matches(model)).map(({ name }) => name)).toEqual(names);
  });

  it('names an origin that does not exist', () => {
    expect(parseModelFilter('origin:moon').problem).toMatch(/^There is no origin “moon”\. Try flags, .* or sample\.$/u);
  });

  it('names a state that does not exist, and what there is', () => {
    expect(parseModelFilter('state:bogus').problem).toMatch(
      /^There is no state “bogus”\. Try error, .* unloaded or held\.$/u,
    );
  });
});
