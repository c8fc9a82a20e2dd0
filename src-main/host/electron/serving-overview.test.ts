import { describe, expect, it } from 'vitest';
import { ServableName } from '../../contracts/ids.ts';
import type { UiMessage } from '../../contracts/ui.ts';
import { afterMessage, modelState, NOTHING_KNOWN, requestsInFlight } from './serving-overview.ts';
import { modelMessage, modelView, serverView, snapshot, versionView } from './testing/views.ts';

const after = (...messages: readonly UiMessage[]) => messages.reduce(afterMessage, NOTHING_KNOWN);
const a = modelView('a', [versionView('2', { inFlight: 1 }), versionView('1', { inFlight: 2 })]);
const b = modelView('b', [versionView('1')]);

describe('afterMessage', () => {
  it('follows models and the server', () => {
    const overview = after(
      snapshot([a]),
      modelMessage(b),
      { kind: 'server', sequence: 2, server: serverView({ isQuitting: true }) },
      { kind: 'boards', sequence: 3, boards: {} },
      { kind: 'modelsRemoved', sequence: 4, names: [a.name] },
    );
    expect([...overview.models.keys()]).toEqual(['b']);
    expect(overview.server?.isQuitting).toBe(true);
  });

  it('counts requests in flight, also by the messages that tell only them', () => {
    const inFlight = (name: string): UiMessage => ({
      kind: 'numbers',
      sequence: 5,
      models: [{ name: ServableName.parse(name), versions: [{ version: versionView('2').version, inFlight: 7 }] }],
    });
    expect(requestsInFlight(after(snapshot([a, b])))).toBe(3);
    expect(requestsInFlight(after(snapshot([a, b]), inFlight('a'), inFlight('gone')))).toBe(9);
  });

  it('forgets what a later snapshot has not got', () => {
    expect([...after(snapshot([a]), snapshot([b])).models.keys()]).toEqual(['b']);
  });
});

describe('modelState', () => {
  const error = { code: 'INTERNAL', message: 'bad file' };
  it.each([
    { versions: [], words: 'no version to serve', rank: 1 },
    { versions: [versionView('3')], words: 'version 3', rank: 2 },
    { versions: [versionView('4', { phase: 'loading' }), versionView('3')], words: 'version 4 is loading', rank: 1 },
    {
      versions: [versionView('4', { phase: 'end', error }), versionView('3')],
      words: 'version 4 failed to load, version 3 serves',
      rank: 0,
    },
    { versions: [versionView('4', { phase: 'loading', error })], words: 'version 4 failed to load', rank: 0 },
    // A version that nobody wants any more may have failed as it likes.
    {
      versions: [versionView('4'), versionView('3', { phase: 'end', aspired: false, error })],
      words: 'version 4',
      rank: 2,
    },
  ])('$words', ({ versions, words, rank }) => {
    expect(modelState(modelView('a', versions))).toEqual({ name: 'a', words, rank });
  });

  it('tells of a source that cannot be read', () => {
    const source = { status: 'error' as const, versions: [], ignored: [] };
    expect(modelState(modelView('a', [versionView('3')], { source })).words).toBe('source cannot be read');
  });
});
