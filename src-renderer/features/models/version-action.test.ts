import { describe, expect, it } from 'vitest';
import type { VersionView } from '#contracts/ui.ts';
import { modelView, unloadedVersion, versionView } from '../../testing/fixtures.ts';
import { canDo, toggleOf, versionsFor } from './version-action.ts';

const error = { code: 'INTERNAL', message: 'why' };
const ACTIONS = ['unload', 'load', 'reload'] as const;

describe('canDo', () => {
  it.each<[string, VersionView, readonly string[]]>([
    ['that serves', versionView('1'), ['unload', 'reload']],
    ['that serves until another does', versionView('1', { aspired: false }), ['unload']],
    ['that is to be reloaded', versionView('1', { held: 'reloading' }), ['unload']],
    ['that failed', unloadedVersion('1', 'end', { aspired: true, error }), ['unload', 'reload']],
    ['that waits for its files', unloadedVersion('1', 'waiting', { aspired: false }), ['unload']],
    ['that unloads', versionView('1', { phase: 'unloading' }), []],
    ['that was unloaded long ago', unloadedVersion('1', 'end', { aspired: false }), []],
    ['that was unloaded by hand', unloadedVersion('1', 'end', { aspired: false, held: 'unloaded' }), ['load']],
    ['that is being unloaded by hand', versionView('1', { phase: 'unloading', held: 'unloaded' }), ['load']],
    ['that waits to be loaded', unloadedVersion('1', 'end', { aspired: false, held: 'loading' }), []],
  ])('a version %s', (_, view, expected) => {
    expect(ACTIONS.filter((action) => canDo(action, view))).toEqual(expected);
  });
});

it('finds the versions of a model, and what one key does to them', () => {
  const held = unloadedVersion('2', 'end', { aspired: false, held: 'unloaded' });
  const model = modelView('m', [versionView('3'), held]);
  expect([versionsFor('unload', model), versionsFor('load', model)]).toEqual([['3'], ['2']]);
  expect([toggleOf(model.versions), toggleOf([held]), toggleOf([])]).toEqual(['unload', 'load', 'unload']);
});
