import { describe, expect, it } from 'vitest';
import { modelView, unloadedVersion, version, versionView } from '../../testing/fixtures.ts';
import { policyText, retryText, shownVersions, versionStatus } from './version-status.ts';

const error = { code: 'INTERNAL', message: 'no' };

describe('versionStatus', () => {
  it.each([
    [unloadedVersion('1', 'waiting'), 'waiting'],
    [unloadedVersion('1', 'start'), 'queued'],
    [unloadedVersion('1', 'loading'), 'loading'],
    [unloadedVersion('1', 'loading', { retryAtMs: 1, error }), 'retrying'],
    [versionView('1'), 'available'],
    [unloadedVersion('1', 'unloading'), 'unloading'],
    [unloadedVersion('1', 'end'), 'unloaded'],
    [unloadedVersion('1', 'end', { error }), 'failed'],
  ])('%#: %s', (view, status) => {
    expect(versionStatus(view)).toBe(status);
  });
});

describe('retryText', () => {
  it.each([
    [{ attempt: 3, maxAttempts: 6 }, 'retry 3 of 5'],
    [{ attempt: 1, maxAttempts: 6 }, 'retry 1 of 5'],
    [{ attempt: 2 }, 'retry 2'],
  ])('%j', (view, text) => {
    expect(retryText(view)).toBe(text);
  });
});

describe('policyText', () => {
  it.each([
    [{ kind: 'latest', count: 1 } as const, 'latest version'],
    [{ kind: 'latest', count: 3 } as const, 'latest 3 versions'],
    [{ kind: 'all' } as const, 'all versions'],
    [{ kind: 'specific', versions: [version('1'), version('3')] } as const, 'versions 1, 3'],
  ])('%j', (policy, text) => {
    expect(policyText(policy)).toBe(text);
  });
});

describe('shownVersions', () => {
  const ended = unloadedVersion('1', 'end');
  it.each([
    ['leaves out what ended well', [versionView('2'), ended], ['2']],
    ['keeps what failed', [unloadedVersion('2', 'end', { error }), ended], ['2']],
    ['keeps one where there is no other', [unloadedVersion('2', 'end'), ended], ['2']],
  ])('%s', (_, versions, shown) => {
    expect(shownVersions(modelView('m', versions)).map((view) => view.version)).toEqual(shown);
  });
});
