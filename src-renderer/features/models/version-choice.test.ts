import { describe, expect, it } from 'vitest';
import type { VersionPolicy } from '#contracts/model-config.ts';
import type { ModelView } from '#contracts/ui.ts';
import { modelView, unloadedVersion, version, versionView } from '../../testing/fixtures.ts';
import { choicesFor, rollBackTarget, unpickedVersions } from './version-choice.ts';

const LATEST: VersionPolicy = { kind: 'latest', count: 1 };
const only = (...texts: readonly string[]): VersionPolicy => ({ kind: 'specific', versions: texts.map(version) });
const error = { code: 'INTERNAL', message: 'why' };

/** A model whose folder has versions 1 to 3, of which `picked` are picked. */
function model(versions: ModelView['versions'], picked: readonly string[], versionPolicy = LATEST): ModelView {
  const shown = modelView('m', versions, { versionPolicy });
  const found = ['3', '2', '1'].map((text) => ({
    version: version(text),
    entry: text,
    aspired: picked.includes(text),
  }));
  return { ...shown, source: { ...shown.source, versions: found } };
}

const v3 = versionView('3');
const unloaded = unloadedVersion('2', 'end', { aspired: false, reason: 'v3 is available instead' });
const failed = unloadedVersion('2', 'end', { error, aspired: false });

describe('versions that the policy leaves out', () => {
  it.each([
    { when: 'never loaded', versions: [v3], expected: ['2', '1'] },
    { when: 'unloaded', versions: [v3, unloaded], expected: ['2', '1'] },
    { when: 'kept for a while', versions: [v3, versionView('2', { aspired: false })], expected: ['1'] },
    { when: 'held back', versions: [v3, { ...unloaded, held: 'unloaded' as const }], expected: ['1'] },
  ])('are those that are there and $when', ({ versions, expected }) => {
    expect(unpickedVersions(model(versions, ['3']))).toEqual(expected);
  });
});

describe('what a version can be chosen for', () => {
  const told = (of: ModelView, text: string): readonly string[] =>
    choicesFor(of, text).map(
      ({ kind, policy }) => `${kind} ${policy.kind === 'specific' ? policy.versions.join() : ''}`,
    );

  it.each([
    { when: 'is lower than what serves', of: model([v3], ['3']), text: '1', expected: ['rollBack 1', 'add 1,3'] },
    { when: 'serves by a policy that may change its mind', of: model([v3], ['3']), text: '3', expected: ['pin 3'] },
    { when: 'is all that serves, by its name', of: model([v3], ['3'], only('3')), text: '3', expected: [] },
    {
      when: 'is newer than what was chosen',
      of: model([versionView('1')], ['1'], only('1')),
      text: '3',
      expected: ['pin 3', 'add 1,3'],
    },
    {
      when: 'serves beside another',
      of: model([v3, versionView('2')], ['3', '2'], only('2', '3')),
      text: '2',
      expected: ['pin 2'],
    },
    { when: 'could be the only one', of: model([], [], only()), text: '2', expected: ['pin 2'] },
    { when: 'is not there', of: model([v3], ['3']), text: '9', expected: [] },
  ])('a version that $when: $expected', ({ of, text, expected }) => {
    expect(told(of, text)).toEqual(expected);
  });
});

describe('the version to roll back to', () => {
  it.each([
    { when: 'the next lower one', of: model([v3], ['3']), expected: '2' },
    { when: 'not one that failed', of: model([v3, failed], ['3']), expected: '1' },
    { when: 'none below the lowest', of: model([versionView('1')], ['1'], only('1')), expected: undefined },
    { when: 'none where nothing serves', of: model([], ['3']), expected: undefined },
  ])('is $when', ({ of, expected }) => {
    expect(rollBackTarget(of)).toBe(expected);
  });
});
