import { describe, expect, it } from 'vitest';
import { ServingError } from '../contracts/serving-error.ts';
import type { VersionState } from '../core/version-state.ts';
import { findVersions, isServed, modelVersionStatus } from './model-status.ts';
import { FakeModels, name, version } from './testing/fake-models.ts';

const ERROR = new ServingError('RESOURCE_EXHAUSTED', 'too large');

describe('modelVersionStatus', () => {
  it.each<{
    readonly state: VersionState;
    readonly expected: string;
    readonly code?: string;
    readonly message?: string;
  }>([
    { state: { phase: 'start' }, expected: 'START' },
    { state: { phase: 'loading', attempt: 1 }, expected: 'LOADING' },
    { state: { phase: 'available', loadMs: 1 }, expected: 'AVAILABLE' },
    { state: { phase: 'unloading' }, expected: 'UNLOADING' },
    { state: { phase: 'end' }, expected: 'END' },
    { state: { phase: 'end', error: ERROR }, expected: 'END', code: 'RESOURCE_EXHAUSTED', message: 'too large' },
  ])('$expected $code', ({ state, expected, code = 'OK', message = '' }) => {
    const models = new FakeModels();
    models.move('m', '3', state);
    expect(models.versions(name('m')).map(modelVersionStatus)).toEqual([
      { version: '3', state: expected, status: { error_code: code, error_message: message } },
    ]);
  });
});

describe('findVersions', () => {
  const find = (model: string, wanted: string | undefined): readonly string[] => {
    const models = new FakeModels();
    models.serve('m', '1');
    models.move('m', '2', { phase: 'loading', attempt: 1 });
    const readVersion = () => (wanted === undefined ? undefined : version(wanted));
    return findVersions(models, name(model), readVersion).map(({ id }) => id.version);
  };

  it.each([
    { wanted: undefined, expected: ['2', '1'] },
    { wanted: '1', expected: ['1'] },
  ])('$wanted: $expected', ({ wanted, expected }) => {
    expect(find('m', wanted)).toEqual(expected);
  });

  it.each([
    { model: 'm', expected: 'Could not find version 3 of model m' },
    { model: 'x', expected: 'Could not find any versions of model x' },
  ])('$expected', ({ model, expected }) => {
    expect(() => find(model, '3')).toThrow(expected);
  });
});

it('a model is served by an available version, and by no other', () => {
  const models = new FakeModels();
  models.move('m', '2', { phase: 'loading', attempt: 1 });
  expect([isServed(models, name('m')), isServed(models, name('x'))]).toEqual([false, false]);
  models.serve('m', '1');
  expect(isServed(models, name('m'))).toBe(true);
});
