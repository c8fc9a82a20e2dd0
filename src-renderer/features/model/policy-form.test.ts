import { describe, expect, it } from 'vitest';
import type { VersionPolicy } from '#contracts/model-config.ts';
import { label, modelView, unloadedVersion, version, versionView } from '../../testing/fixtures.ts';
import { changeOf, choosableVersions, labelMoves, labelProblem, type PolicyForm, policyFormOf } from './policy-form.ts';

const model = modelView('m', [versionView('3'), unloadedVersion('2', 'end')], {
  labels: [{ label: label('stable'), version: version('3'), pending: false }],
});

describe('the change that a form asks for', () => {
  it.each<[string, Partial<PolicyForm>, unknown]>([
    ['none', {}, {}],
    ['two at once', { count: 2 }, { versionPolicy: { kind: 'latest', count: 2 } }],
    ['all', { kind: 'all', count: 7 }, { versionPolicy: { kind: 'all' } }],
    [
      'chosen ones, in order',
      { kind: 'specific', versions: new Set([version('10'), version('9')]) },
      { versionPolicy: { kind: 'specific', versions: ['9', '10'] } },
    ],
    ['another way', { transition: 'resource_preserving' }, { aspiredVersionPolicy: 'resource_preserving' }],
    ['no labels', { labels: [] }, { labels: [] }],
    [
      'a label elsewhere',
      { labels: [{ key: 0, label: ' stable ', version: version('2') }] },
      { labels: [{ label: 'stable', version: '2' }] },
    ],
    ['a label without a version', { labels: [{ key: 0, label: 'new', version: undefined }] }, undefined],
    ['a label without a name', { labels: [{ key: 0, label: '', version: version('2') }] }, undefined],
  ])('is %s', (_, over, change) => {
    expect(changeOf(model, { ...policyFormOf(model), ...over })).toEqual(change);
  });

  it('is none where the same versions are chosen in another order', () => {
    const specific: VersionPolicy = { kind: 'specific', versions: [version('9'), version('10')] };
    const pinned = modelView('m', [], { versionPolicy: specific });
    const form = policyFormOf(pinned);
    expect(changeOf(pinned, { ...form, versions: new Set([version('10'), version('9')]) })).toEqual({});
  });
});

it('begins with what is proposed, and offers what serves now where versions are to be chosen', () => {
  const specific: VersionPolicy = { kind: 'specific', versions: [version('2')] };
  expect(changeOf(model, policyFormOf(model, specific))).toEqual({ versionPolicy: specific });
  expect([...policyFormOf(model).versions]).toEqual(['3']);
});

it('offers versions that are there, and those that are asked for', () => {
  const form = { ...policyFormOf(model), versions: new Set([version('9')]) };
  expect(choosableVersions(model, form)).toEqual([
    { version: '9', isThere: false },
    { version: '3', isThere: true },
    { version: '2', isThere: true },
  ]);
});

it.each([
  ['', undefined],
  ['stable', undefined],
  ['a/b', 'a version label must not contain "/" or ":"'],
])('the label %j has the problem %s', (text, problem) => {
  expect(labelProblem({ key: 0, label: text, version: undefined })).toBe(problem);
});

describe('what a change does to the labels', () => {
  it.each([
    ['nothing where it leaves them alone', {}, []],
    ['one is removed', { labels: [] }, [{ label: 'stable', from: '3', to: undefined }]],
    [
      'one moves, and one is new',
      {
        labels: [
          { label: label('stable'), version: version('2') },
          { label: label('canary'), version: version('3') },
        ],
      },
      [
        { label: 'canary', from: undefined, to: '3' },
        { label: 'stable', from: '3', to: '2' },
      ],
    ],
  ])('%s', (_, change, moves) => {
    expect(labelMoves(model, change)).toEqual(moves);
  });
});
