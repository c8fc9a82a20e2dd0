import { describe, expect, it } from 'vitest';
import { afterMessage, NOTHING_KNOWN } from './serving-overview.ts';
import { modelView, serverView, snapshot, versionView } from './testing/views.ts';
import { trayView } from './tray-view.ts';

function labels(...models: Parameters<typeof snapshot>[0]): string[] {
  return trayView(afterMessage(NOTHING_KNOWN, snapshot(models))).items.map((item) =>
    item === 'separator' ? '--' : item.label,
  );
}

describe('trayView', () => {
  it('says that it is starting until it knows more', () => {
    expect(trayView(NOTHING_KNOWN)).toEqual({
      tooltip: 'Slipway: Starting…',
      items: [
        { label: 'Starting…' },
        'separator',
        { label: 'Open Slipway', action: { kind: 'open' } },
        { label: 'Quit', action: { kind: 'quit' } },
      ],
    });
  });

  it('lists the models, those with trouble first', () => {
    const error = { code: 'INTERNAL', message: 'bad' };
    expect(
      labels(modelView('a', [versionView('1')]), modelView('b', [versionView('2', { phase: 'end', error })])),
    ).toEqual([
      'Serving 2 models on http://127.0.0.1:8501',
      'Copy REST URL',
      'Stop serving',
      '--',
      'b: version 2 failed to load',
      'a: version 1',
      '--',
      'Open Slipway',
      'Quit',
    ]);
  });

  it.each([
    { tokenRequired: true, isOtherNetwork: false, label: 'Reachable by others, with a token' },
    { tokenRequired: false, isOtherNetwork: false, label: 'Reachable by others, without a token' },
    { tokenRequired: true, isOtherNetwork: true, label: 'The network changed; exposure is paused' },
  ])('says whether others can call: $label', ({ tokenRequired, isOtherNetwork, label }) => {
    const address = { interface: 'en0', family: 'ipv4', address: '192.168.1.20' } as const;
    const state = isOtherNetwork ? { isOtherNetwork: true as const } : { restUrl: 'http://192.168.1.20:8501' };
    const exposure = { addresses: [{ ...address, ...state }], tokenRequired, isFixed: false };
    const items = (serving: Parameters<typeof serverView>[0]) =>
      trayView(afterMessage(NOTHING_KNOWN, snapshot([], serverView(serving)))).items;
    const exposed = items({ serving: { state: 'running', sinceMs: 0, fixed: [], exposure } });
    expect(exposed[1]).toEqual({ label, action: { kind: 'open' } });
    const stopped = items({ serving: { state: 'stopped', sinceMs: 0, fixed: [], exposure } });
    expect(stopped).not.toContainEqual({ label, action: { kind: 'open' } });
  });

  it('lists eight at most and says how many more there are', () => {
    const many = Array.from({ length: 11 }, (_, index) => modelView(`m${index}`, [versionView('1')]));
    const listed = labels(...many).filter((label) => label.startsWith('m'));
    expect(listed).toHaveLength(8);
    expect(labels(...many)).toContain('3 more…');
  });

  it('shortens a long name', () => {
    const label = labels(modelView('ü'.repeat(200), [versionView('1')])).find((text) => text.startsWith('ü'));
    expect(label).toHaveLength(80);
  });

  it.each([
    { serving: { state: 'starting' }, line: 'Starting to serve…', items: ['Stop serving'] },
    { serving: { state: 'stopped' }, line: 'Serving stopped', items: ['Start serving'] },
    { serving: { state: 'draining' }, inFlight: 2, line: 'Finishing 2 requests…', items: ['Start serving'] },
    { serving: { state: 'draining' }, line: 'Serving stops…', items: ['Start serving'] },
    {
      serving: {
        state: 'failed',
        problem: { code: 'ALREADY_EXISTS', message: 'taken', port: { endpoint: 'rest', port: 8501 } },
      },
      line: 'Not serving: port 8501 is taken',
      items: ['Start serving'],
    },
  ] as const)('$line', ({ serving, inFlight = 0, line, items }) => {
    const server = serverView({ serving: { sinceMs: 0, fixed: [], ...serving } });
    const models = [modelView('a', [versionView('1', { inFlight })])];
    const view = trayView(afterMessage(NOTHING_KNOWN, snapshot(models, server)));
    expect(view.tooltip).toBe(`Slipway: ${line}`);
    const labelled = view.items.map((item) => (item === 'separator' ? '--' : item.label));
    expect(labelled.slice(0, labelled.indexOf('--'))).toEqual([line, ...items]);
  });

  it.each([
    [3, 'Finishing 3 requests…'],
    [1, 'Finishing 1 request…'],
    [0, 'Unloading models…'],
  ])('while it drains with %d requests: %s, and quit now', (inFlight, line) => {
    const draining = snapshot([modelView('a', [versionView('1', { inFlight })])], serverView({ isQuitting: true }));
    const { items } = trayView(afterMessage(NOTHING_KNOWN, draining));
    expect(items[0]).toEqual({ label: line });
    expect(items.at(-1)).toEqual({ label: 'Quit now', action: { kind: 'quitNow' } });
  });
});
