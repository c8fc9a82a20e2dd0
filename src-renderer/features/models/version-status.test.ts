import { describe, expect, it } from 'vitest';
import { modelView, unloadedVersion, version, versionView } from '../../testing/fixtures.ts';
import { eventStatus, policyText, retryText, shownVersions, versionStatus } from './version-status.ts';

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
    [unloadedVersion('1', 'end', { error: { code: 'CANCELLED', message: 'no' } }), 'unloaded'],
  ])('%#: %s', (view, status) => {
    expect(versionStatus(view)).toBe(status);
  });
});

describe('retryText', () => {
  it.each([
    [{ attempt: 3, maxAttempts: 6, reason: 'attempt 3 of 6 failed: no' }, 'retry 3 of 5'],
    [{ attempt: 1, maxAttempts: 6, reason: 'attempt 1 of 6 failed: no' }, 'retry 1 of 5'],
    [{ attempt: 2, reason: '' }, 'retry 2'],
    [{ attempt: 1, maxAttempts: 6, reason: 'lost: its worker ended; loads again in 4 s' }, 'loads again'],
  ])('%j', (view, text) => {
    expect(retryText(view)).toBe(text);
  });
});

describe('eventStatus', () => {
  it.each([
    ['state', 'loading', 'loading', 'loading'],
    ['state', 'loading', 'attempt 2 of 6', 'loading'],
    ['state', 'loading', 'attempt 2 of 6 failed: no; next one in 2 s', 'retrying'],
    ['state', 'end', 'failed to load after 6 attempts: no', 'failed'],
    ['state', 'end', 'cannot be loaded: no', 'failed'],
    ['state', 'end', 'unloaded', 'unloaded'],
    ['state', 'end', 'no longer aspired; its load was cancelled', 'unloaded'],
    ['lost', 'loading', 'lost: its worker ended; loads again at once', 'lost'],
    ['lost', 'end', 'lost 3 times within 60 s', 'lost'],
    ['unaspired', 'available', 'v1 serves until v2 is available', 'unwanted'],
    ['aspired', 'available', 'aspired again: v1 keeps serving', 'wanted'],
  ] as const)('%s, %s, %j: %s', (kind, phase, reason, status) => {
    expect(eventStatus({ kind, phase, reason })).toBe(status);
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
