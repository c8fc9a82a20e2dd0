import { describe, expect, it } from 'vitest';
import type { ServingState } from '#contracts/ui-serving.ts';
import type { ModelView, VersionView } from '#contracts/ui.ts';
import { createServerStore } from '../../stores/server-store.ts';
import {
  modelInfo,
  modelMessage,
  modelView,
  NOW_MS,
  snapshot,
  unloadedVersion,
  versionView,
} from '../../testing/fixtures.ts';
import { availabilityOf, awaitVersion } from './await-version.ts';

const info = modelInfo([], []);
const failure = { code: 'INVALID_ARGUMENT', message: 'model.onnx is cut short' };
const ready = (version: string): VersionView => versionView(version, { info });
const loading = (version: string): VersionView => unloadedVersion(version, 'loading');
const failed = (version: string): VersionView => unloadedVersion(version, 'end', { error: failure });

function storeOf(versions: readonly VersionView[], serving: ServingState = 'running') {
  const store = createServerStore();
  const message = snapshot([modelView('m', versions)]);
  store.getState().received(
    {
      ...message,
      ...('server' in message && {
        server: { ...message.server, serving: { ...message.server.serving, state: serving } },
      }),
    },
    NOW_MS,
  );
  return store;
}

describe('availabilityOf', () => {
  it.each<[string, string, readonly VersionView[], unknown]>([
    ['it is available', '2', [ready('2'), ready('1')], { kind: 'available', version: '2' }],
    ['any is available', '', [loading('3'), ready('2')], { kind: 'available', version: '2' }],
    ['it is loading', '3', [loading('3'), ready('2')], { kind: 'waits' }],
    ['it waits', '3', [unloadedVersion('3', 'waiting')], { kind: 'waits' }],
    [
      'its load failed and is tried again',
      '3',
      [unloadedVersion('3', 'loading', { retryAtMs: NOW_MS, error: failure })],
      { kind: 'waits' },
    ],
    [
      'its load failed for good',
      '3',
      [failed('3'), ready('2')],
      { kind: 'never', reason: 'v3 could not be loaded: model.onnx is cut short' },
    ],
    [
      'it was taken out',
      '3',
      [unloadedVersion('3', 'end')],
      { kind: 'never', reason: 'v3 was taken out before it was available.' },
    ],
    ['it is gone', '4', [ready('2')], { kind: 'never', reason: 'v4 is not there any more.' }],
    ['all failed', '', [failed('3')], { kind: 'never', reason: 'v3 could not be loaded: model.onnx is cut short' }],
    ['one failed and another loads', '', [failed('3'), loading('2')], { kind: 'waits' }],
    ['there is none', '', [], { kind: 'never', reason: 'm has no version that could be loaded.' }],
  ])('when %s', (_, version, versions, expected) => {
    expect(availabilityOf(storeOf(versions).getState(), 'm', version)).toEqual(expected);
  });

  it.each<[ServingState, string]>([
    ['stopped', 'waits'],
    ['starting', 'waits'],
    ['failed', 'never'],
  ])('while serving is %s: %s', (state, kind) => {
    expect(availabilityOf(storeOf([ready('1')], state).getState(), 'm', '1').kind).toBe(kind);
  });

  it('tells that a model is gone', () => {
    expect(availabilityOf(storeOf([]).getState(), 'other', '')).toMatchObject({ kind: 'never' });
  });
});

describe('awaitVersion', () => {
  const told = (model: ModelView) => modelMessage(2, model);

  it('resolves by what the server tells', async () => {
    const store = storeOf([loading('3')]);
    const verdict = awaitVersion(store, 'm', '3', new AbortController().signal);
    store.getState().received(told(modelView('m', [ready('3')])), NOW_MS);
    expect(await verdict).toEqual({ kind: 'available', version: '3' });
  });

  it('is given up', async () => {
    const store = storeOf([loading('3')]);
    const abort = new AbortController();
    const verdict = awaitVersion(store, 'm', '3', abort.signal);
    abort.abort();
    expect(await verdict).toBeUndefined();
  });
});
