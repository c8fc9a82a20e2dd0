import { describe, expect, it } from 'vitest';
import type { ModelView, UiMessage, VersionView } from '../../contracts/ui.ts';
import { announcementsOf, createNewsFinder, type News } from './background-news.ts';
import { modelMessage, modelView, serverView, snapshot, versionView } from './testing/views.ts';

const error = { code: 'INTERNAL', message: 'bad file' };
const loading = (version: string): VersionView => versionView(version, { phase: 'loading' });
const failed = (version: string): VersionView => versionView(version, { phase: 'end', error });
const a = (...versions: readonly VersionView[]): UiMessage => modelMessage(modelView('a', versions));
const start = (...versions: readonly VersionView[]): UiMessage => snapshot([modelView('a', versions)]);

function newsOf(...messages: readonly UiMessage[]): readonly News[] {
  const finder = createNewsFinder();
  return messages.flatMap((message) => finder.after(message));
}

describe('createNewsFinder', () => {
  it.each([
    { when: 'the app starts', messages: [start(versionView('1'))], news: [] },
    { when: 'a model loads for the first time', messages: [start(loading('1')), a(versionView('1'))], news: [] },
    { when: 'a model is added', messages: [start(), a(loading('1')), a(versionView('1'))], news: [] },
    {
      when: 'a newer version becomes available',
      messages: [
        start(versionView('1')),
        a(loading('2'), versionView('1')),
        a(versionView('2'), versionView('1')),
        a(versionView('2')),
      ],
      news: [{ kind: 'versionAvailable', model: 'a', version: '2' }],
    },
    {
      when: 'a version fails, is tried again, and loads in the end',
      messages: [start(loading('1')), a(failed('1')), a(failed('1')), a(versionView('1'))],
      news: [
        { kind: 'loadFailed', model: 'a', version: '1', reason: 'bad file' },
        { kind: 'versionAvailable', model: 'a', version: '1' },
      ],
    },
    {
      when: 'the stream had a gap',
      messages: [start(versionView('1')), start(versionView('2'))],
      news: [{ kind: 'versionAvailable', model: 'a', version: '2' }],
    },
    {
      when: 'a model is removed and added again',
      messages: [
        start(versionView('1')),
        { kind: 'modelsRemoved', sequence: 2, names: [modelView('a', []).name] } satisfies UiMessage,
        a(versionView('2')),
      ],
      news: [],
    },
  ])('when $when', ({ messages, news }) => {
    expect(newsOf(...messages)).toEqual(news);
  });

  it('tells of a source after three rounds that failed, once until it recovers', () => {
    const poll = (polledAtMs: number, status: 'ok' | 'error'): UiMessage => {
      const source: ModelView['source'] = { status, message: 'no such bucket', polledAtMs, versions: [], ignored: [] };
      return modelMessage(modelView('a', [], { source }));
    };
    const first = [poll(1, 'ok'), poll(2, 'error'), poll(2, 'error'), poll(3, 'error')];
    const told = [{ kind: 'sourceFailing', model: 'a', reason: 'no such bucket' }];
    expect(newsOf(start(), ...first)).toEqual([]);
    expect(newsOf(start(), ...first, poll(4, 'error'), poll(5, 'error'))).toEqual(told);
    // A round that finds what the last one found is told by its time alone.
    const round = (polledAtMs: number): UiMessage => ({
      kind: 'numbers',
      sequence: 1,
      models: [{ name: modelView('a', []).name, source: { polledAtMs } }],
    });
    expect(newsOf(start(), ...first, round(4), round(5))).toEqual(told);
    expect(newsOf(start(), poll(1, 'ok'), round(2), round(3), round(4))).toEqual([]);
    expect(newsOf(start(), ...first, poll(4, 'ok'), poll(5, 'error'), poll(6, 'error'))).toEqual([]);
  });
});

it('tells once that the computer is in another network than the one that was exposed', () => {
  const exposed = (...elsewhere: readonly boolean[]): UiMessage => {
    const addresses = elsewhere.map((isOther, at) => ({
      interface: `wifi${at}`,
      family: 'ipv4' as const,
      ...(isOther && { isOtherNetwork: true as const }),
    }));
    const exposure = { addresses, tokenRequired: true, isFixed: false };
    const serving = { state: 'running', sinceMs: 1, fixed: [], exposure } as const;
    return { kind: 'server', sequence: 1, server: serverView({ serving }) };
  };
  const paused = { kind: 'exposurePaused', interfaces: ['wifi0'] };
  expect(newsOf(exposed(true), exposed(true))).toEqual([]);
  expect(newsOf(exposed(false), exposed(true), exposed(true))).toEqual([paused]);
  expect(newsOf(exposed(false), exposed(true), exposed(false), exposed(true))).toEqual([paused, paused]);
  expect(newsOf(exposed(true, false), exposed(true, true))).toEqual([{ ...paused, interfaces: ['wifi0', 'wifi1'] }]);
});

describe('announcementsOf', () => {
  const wanted = { versionAvailable: true, loadFailed: true, sourceFailing: true, exposurePaused: true };
  const available = (version: string): News => ({ kind: 'versionAvailable', model: 'a', version });
  const failure: News = { kind: 'loadFailed', model: 'b', version: '1', reason: 'bad file' };

  it('says one thing by itself', () => {
    expect(announcementsOf([failure], wanted, false)).toEqual([
      { title: 'b version 1 does not load', body: 'bad file', model: 'b', version: '1' },
    ]);
  });

  it('groups what is of one kind, failures first', () => {
    expect(announcementsOf([...['1', '2', '3', '4', '5'].map(available), failure], wanted, false)).toEqual([
      { title: 'b version 1 does not load', body: 'bad file', model: 'b', version: '1' },
      { title: '5 versions are available', body: 'a 1, a 2, a 3 and 2 more' },
    ]);
  });

  it('says before all else that the network was cut off', () => {
    const news: readonly News[] = [failure, { kind: 'exposurePaused', interfaces: ['Wi-Fi'] }];
    expect(announcementsOf(news, wanted, false).map(({ title }) => title)).toEqual([
      'The network cannot call your models any more',
      'b version 1 does not load',
    ]);
    expect(announcementsOf(news, { ...wanted, exposurePaused: false }, false)).toHaveLength(1);
  });

  it('says nothing to somebody who watches, and nothing that is switched off', () => {
    expect(announcementsOf([failure], wanted, true)).toEqual([]);
    expect(announcementsOf([failure, available('1')], { ...wanted, loadFailed: false }, false)).toHaveLength(1);
  });
});
