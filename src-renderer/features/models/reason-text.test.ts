import { describe, expect, it } from 'vitest';
import { modelView, unloadedVersion, versionView } from '../../testing/fixtures.ts';
import { sourceProblem, whyText } from './reason-text.ts';

const error = { code: 'INVALID_ARGUMENT', message: 'model.onnx is cut short' };

describe('whyText', () => {
  it.each([
    [versionView('1', { reason: 'loaded in 2 s' }), ''],
    [versionView('1', { reason: 'loaded again in 2 s' }), 'loaded again'],
    [versionView('1', { reason: 'aspired again: v1 keeps serving' }), 'v1 keeps serving'],
    [versionView('1', { reason: 'v1 serves until v2 is available' }), 'v1 serves until v2 is available'],
    [
      unloadedVersion('1', 'waiting', { reason: 'discovered, waiting: model.onnx: 1 of 2 bytes' }),
      'waiting: model.onnx: 1 of 2 bytes',
    ],
    [unloadedVersion('1', 'waiting', { reason: 'no model.onnx yet' }), 'waiting: no model.onnx yet'],
    [unloadedVersion('1', 'start', { reason: 'aspired; waits to be loaded' }), ''],
    [unloadedVersion('1', 'loading', { reason: 'loading' }), ''],
    [unloadedVersion('1', 'loading', { reason: 'loading again after it was lost' }), 'loading again after it was lost'],
    [unloadedVersion('1', 'unloading', { reason: 'v2 is available instead' }), 'v2 is available instead'],
    [unloadedVersion('1', 'end', { reason: 'unloaded' }), ''],
    [unloadedVersion('1', 'end', { reason: 'unloaded; 2 requests cut off' }), '2 requests cut off'],
    [
      unloadedVersion('1', 'end', { error, reason: `failed to load after 6 attempts: ${error.message}` }),
      `after 6 attempts: ${error.message}`,
    ],
    [unloadedVersion('1', 'end', { error, reason: `cannot be loaded: ${error.message}` }), error.message],
    [unloadedVersion('1', 'end', { error, reason: 'lost 3 times within 60 s' }), 'lost 3 times within 60 s'],
    // Why it failed outlives that nobody wants it any more.
    [unloadedVersion('1', 'end', { error, reason: 'no longer aspired' }), error.message],
  ])('%#: %s', (view, why) => {
    expect(whyText(view)).toBe(why);
  });
});

describe('sourceProblem', () => {
  const found = { versions: [], ignored: [] };
  const of = (status: 'ok' | 'error', message?: string) =>
    sourceProblem(
      modelView('a.b', [], {
        basePath: '/srv/a',
        source: { ...found, status, ...(message !== undefined && { message }) },
      }),
    );
  it.each([
    [
      'Could not find base path /srv/a for servable a.b with error "a" does not exist',
      { tone: 'bad', title: 'Folder not found', text: '"a" does not exist', isOld: true },
    ],
    [
      'Could not read base path /srv/a for servable a.b: permission denied',
      { tone: 'bad', title: 'Folder unreadable', text: 'permission denied', isOld: true },
    ],
    ['something else', { tone: 'bad', title: 'Folder unreadable', text: 'something else', isOld: true }],
    [
      'offline copy from 2026-11-22 14:02:11 UTC: the endpoint does not answer',
      { tone: 'warn', title: 'Offline copy', text: 'from 2026-11-22 14:02:11 UTC: the endpoint does not answer' },
    ],
  ])('%s', (message, problem) => {
    expect(of('error', message)).toEqual(problem);
  });

  it('does not call a place in S3 a folder', () => {
    const basePath = 's3://bucket/a';
    const message = `Could not find base path ${basePath} for servable a.b with error no such key`;
    const model = modelView('a.b', [], { basePath, source: { ...found, status: 'error', message } });
    expect(sourceProblem(model)).toMatchObject({ title: 'S3 path not found', text: 'no such key' });
  });

  it('is nothing where nothing is wrong', () => {
    expect(of('ok')).toBeUndefined();
  });

  it('leaves out what the row says anyway', () => {
    expect(
      of(
        'ok',
        "No versions of servable a.b found under base path /srv/a. Did you forget to name your leaf directory as a number (eg. '/1/')?",
      ),
    ).toEqual({ tone: 'warn', text: 'No version folder. A version is a sub-folder named by a number, such as 1.' });
    const missing = (version: number) =>
      `Version ${version} of servable a.b, which was requested to be served as a 'specific' version in the servable's version policy, was not found in the file system`;
    expect(of('ok', `${missing(3)}; ${missing(4)}`)?.text).toBe(
      'Version 3 is asked for, but not there; Version 4 is asked for, but not there',
    );
    expect(of('ok', 'no finished version is left')?.text).toBe('no finished version is left');
  });
});
