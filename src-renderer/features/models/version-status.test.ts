import { describe, expect, it } from 'vitest';
import { modelView, NOW_MS, unloadedVersion, version, versionView } from '../../testing/fixtures.ts';
import { eventStatus, policyText, retryText, servedText, shownVersions, versionStatus } from './version-status.ts';

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
  const cancelled = { code: 'CANCELLED', message: 'no longer wanted' };
  it.each([
    [{ kind: 'state', phase: 'loading' }, 'loading'],
    [{ kind: 'state', phase: 'loading', error }, 'loading'],
    [{ kind: 'state', phase: 'loading', error, retryAtMs: NOW_MS }, 'retrying'],
    [{ kind: 'state', phase: 'end', error }, 'failed'],
    [{ kind: 'state', phase: 'end' }, 'unloaded'],
    [{ kind: 'state', phase: 'end', error: cancelled }, 'unloaded'],
    [{ kind: 'lost', phase: 'loading', error }, 'lost'],
    [{ kind: 'lost', phase: 'end', error }, 'lost'],
    [{ kind: 'unaspired', phase: 'available' }, 'unwanted'],
    [{ kind: 'aspired', phase: 'available' }, 'wanted'],
  ] as const)('%j: %s', (event, status) => {
    expect(eventStatus(event)).toBe(status);
  });
});

describe('policyText', () => {
  it.each([
    [{ kind: 'latest', count: 1 } as const, 'latest version', 'the latest version'],
    [{ kind: 'latest', count: 3 } as const, 'latest 3 versions', 'the latest 3 versions'],
    [{ kind: 'all' } as const, 'all versions', 'all versions'],
    [{ kind: 'specific', versions: [version('1'), version('3')] } as const, 'versions 1, 3', 'versions 1, 3'],
  ])('%j', (policy, text, served) => {
    expect(policyText(policy)).toBe(text);
    expect(servedText(policy)).toBe(served);
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
