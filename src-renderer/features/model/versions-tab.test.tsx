import { cleanup, screen, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EventView, ModelView } from '#contracts/ui.ts';
import type { ChangePreview } from '#contracts/ui-versions.ts';
import type { Command } from '../../stores/commands.ts';
import { label, modelView, NOW_MS, unloadedVersion, version, versionView } from '../../testing/fixtures.ts';
import { openPage } from '../../testing/open-page.tsx';
import { fakeCommands } from '../../testing/services.ts';

const preview: ChangePreview = {
  steps: [{ kind: 'unload', version: version('8'), serving: [], usedBytes: 0 }],
  labels: [{ label: label('stable'), version: version('8'), kind: 'blocked', reason: 'v8 is unloaded by you' }],
  notes: ['2 requests may finish before it is unloaded'],
  memory: { usedBytes: 0 },
};
const held = unloadedVersion('8', 'end', { aspired: false, held: 'unloaded' });
const error = { code: 'INTERNAL', message: 'why' };

/** Opens the versions of a model. */
async function openModel(model: ModelView, route = '/models/m') {
  const commands = {
    unloadVersion: vi.fn<Command<'unloadVersion'>>(() => Promise.resolve({})),
    loadVersion: vi.fn<Command<'loadVersion'>>(() => Promise.resolve({})),
    reloadVersion: vi.fn<Command<'reloadVersion'>>(() => Promise.resolve({})),
    retryVersion: vi.fn<Command<'retryVersion'>>(() => Promise.resolve({})),
    previewVersions: vi.fn<Command<'previewVersions'>>(() => Promise.resolve(preview)),
    previewChange: vi.fn<Command<'previewChange'>>(() => Promise.resolve(preview)),
    applyChange: vi.fn<Command<'applyChange'>>(() => Promise.resolve({})),
  };
  const services = openPage(route, [model], {
    commands: fakeCommands({ ...commands, modelHistory: () => Promise.resolve({ events: [] }) }),
  });
  await screen.findByRole('region', { name: 'Versions over time', hidden: true }, { timeout: 10_000 });
  return { ...commands, services };
}

/** Opens the versions of model `m`, and brings the focus to the lane of version 8. */
async function open(versions: ModelView['versions']) {
  const opened = await openModel(modelView('m', versions));
  screen.getByRole('button', { name: /^v8/u }).focus();
  return opened;
}

const V8 = { name: 'm', version: '8' };

beforeEach(() => {
  window.location.hash = '';
});
afterEach(cleanup);

/** Version 8 serves, 7 is there too. */
function withEarlier(): ModelView {
  const model = modelView('m', [versionView('8')]);
  const earlier = { version: version('7'), entry: '7', aspired: false };
  return { ...model, source: { ...model.source, versions: [...model.source.versions, earlier] } };
}

const laneOf = (text: string): HTMLElement => {
  const lane = document.querySelector<HTMLElement>(`[data-lane="${text}"]`);
  if (!lane) throw new Error(`there is no lane ${text}`);
  return lane;
};
const menuOf = async (text: string): Promise<readonly (string | null)[]> => {
  await userEvent.click(screen.getByRole('button', { name: `Actions for version ${text}` }));
  const items = within(await screen.findByRole('menu')).getAllByRole('menuitem');
  return items.map((item) => item.textContent);
};

describe('versions that the policy leaves out', () => {
  it('are not loaded, and say why in their lane and among the reasons', async () => {
    await openModel(withEarlier());
    expect(laneOf('7').dataset['status']).toBe('notLoaded');
    expect(laneOf('7').textContent).toContain('Not loaded');
    expect(laneOf('7').textContent).toContain('not picked, the policy serves the latest version only');
    expect(screen.getByRole('region', { name: 'Why' }).textContent).toContain(
      'v7 not loaded: not picked, the policy serves the latest version only',
    );
  });

  it('may have a label, which then leads nowhere', async () => {
    await openModel({ ...withEarlier(), labels: [{ label: label('stable'), version: version('7'), pending: true }] });
    expect(screen.getByRole('region', { name: 'Why' }).textContent).toContain(
      'Label stable leads to v7, which does not serve: calls by it are refused.',
    );
  });

  it('can be rolled back to or loaded as well; what serves alone can not be rolled back to', async () => {
    await openModel(withEarlier());
    const offered = await menuOf('8');
    expect(offered).toContain('Serve only v8…');
    expect(offered).toContain('Roll back to v7…');
    expect(offered).not.toContain('Roll back to v8…');
    expect(offered).not.toContain('Serve the latest version again…');
    expect(offered).toContain('Compare in PlaygroundNeeds a second version that serves.');
    await userEvent.keyboard('{Escape}');
    expect(await menuOf('7')).toEqual(expect.arrayContaining(['Roll back to v7…', 'Load v7 as well…']));
    await userEvent.click(screen.getByRole('menuitem', { name: 'Load v7 as well…' }));
    const sheet = await screen.findByRole('dialog', { name: 'Versions of m' });
    expect(within(sheet).getAllByRole('checkbox', { checked: true }).length).toBe(2);
  });

  it('are followed again from the menu of any version', async () => {
    await openModel({ ...withEarlier(), versionPolicy: { kind: 'specific', versions: [version('8')] } });
    await menuOf('7');
    await userEvent.click(screen.getByRole('menuitem', { name: 'Serve the latest version again…' }));
    const sheet = await screen.findByRole('dialog', { name: 'Versions of m' });
    expect(within(sheet).getByRole('radio', { name: /^Latest/u, checked: true })).toBeDefined();
  });
});

it('marks what happened to a version in its lane', async () => {
  type Happened = Pick<EventView, 'kind' | 'phase'> & Partial<EventView> & { readonly word: string };
  const happened: readonly Happened[] = [
    { kind: 'found', phase: 'waiting', word: 'Found' },
    { kind: 'waiting', phase: 'waiting', word: 'Discovered' },
    { kind: 'state', phase: 'start', word: 'Queued' },
    { kind: 'state', phase: 'loading', retryAtMs: NOW_MS, error, word: 'Retrying' },
    { kind: 'state', phase: 'end', error, word: 'Failed' },
    { kind: 'aspired', phase: 'available', word: 'Wanted' },
    { kind: 'firstRequest', phase: 'available', word: 'First call' },
    { kind: 'label', phase: 'available', word: 'Label' },
    { kind: 'unaspired', phase: 'available', word: 'Not wanted' },
  ];
  const history = happened.map(({ word, ...event }, index) => ({
    sequence: index,
    atMs: NOW_MS - (happened.length - index) * 50_000,
    version: version('8'),
    reason: word,
    ...event,
  }));
  await openModel(modelView('m', [versionView('8')], { history }));
  const markers = [...laneOf('8').querySelectorAll('[data-marker]')].map((marker) =>
    marker.getAttribute('aria-label')?.replace(/,.*/su, ''),
  );
  expect(markers).toEqual(happened.map(({ word }) => word));
});

describe('previews', () => {
  it('of a proposed policy are applied by Enter', async () => {
    const { applyChange, previewChange } = await openModel(withEarlier());
    await menuOf('8');
    await userEvent.click(screen.getByRole('menuitem', { name: 'Roll back to v7…' }));
    const sheet = await screen.findByRole('dialog', { name: 'Versions of m' });
    const apply = within(sheet).getByRole('button', { name: 'Apply' });
    await vi.waitFor(() => expect(document.activeElement).toBe(apply));
    await userEvent.keyboard('{Enter}');
    const change = { versionPolicy: { kind: 'specific', versions: ['7'] } };
    expect(previewChange).toHaveBeenCalledWith({ name: 'm', change }, expect.any(AbortSignal));
    expect(applyChange).toHaveBeenCalledWith({ name: 'm', change });
  });

  it('tell what becomes of labels, and the focus goes along with their rows', async () => {
    const { previewChange } = await openModel(withEarlier());
    previewChange.mockResolvedValue({ ...preview, steps: [], notes: [] });
    await userEvent.click(screen.getByRole('button', { name: 'Change policy' }));
    const sheet = within(await screen.findByRole('dialog', { name: 'Versions of m' }));
    await userEvent.click(sheet.getByRole('button', { name: 'Add label' }));
    const field = sheet.getByRole('textbox', { name: 'Label' });
    expect(document.activeElement).toBe(field);
    await userEvent.keyboard('canary');
    expect(await sheet.findByText('Label canary leads to v8.')).toBeDefined();
    expect(sheet.getByText('The same versions serve.')).toBeDefined();
    // One that is blocked is told of once.
    await userEvent.clear(field);
    await userEvent.type(field, 'stable');
    expect(sheet.queryByText(/^Label stable leads/u)).toBeNull();
    await userEvent.click(sheet.getByRole('button', { name: 'Remove label stable' }));
    expect(document.activeElement).toBe(sheet.getByRole('button', { name: 'Add label' }));
  });

  it('are not applied before they show what is asked for', async () => {
    const { applyChange, previewChange } = await openModel(withEarlier());
    await userEvent.click(screen.getByRole('button', { name: 'Change policy' }));
    const sheet = await screen.findByRole('dialog', { name: 'Versions of m' });
    await userEvent.click(within(sheet).getByRole('radio', { name: 'All' }));
    await vi.waitFor(() =>
      expect(within(sheet).getByRole('button', { name: 'Apply' })).toHaveProperty('disabled', false),
    );
    previewChange.mockReturnValue(new Promise(() => undefined));
    await userEvent.click(within(sheet).getByRole('radio', { name: 'Chosen' }));
    expect(within(sheet).getByRole('button', { name: 'Apply' })).toHaveProperty('disabled', true);
    expect(applyChange).not.toHaveBeenCalled();
  });
});

describe('an address that asks for something', () => {
  it.each([
    { asked: '8?do=unload', dialog: 'Unload m v8?' },
    { asked: '8?do=reload', dialog: 'Reload m v8?' },
    { asked: '7?do=pin', dialog: 'Versions of m' },
    { asked: '7?do=add', dialog: 'Versions of m' },
  ])('opens the preview, does nothing yet and forgets it: $asked', async ({ asked, dialog }) => {
    const commands = await openModel(withEarlier(), `/models/m/${asked}`);
    expect(await screen.findByRole('dialog', { name: dialog })).toBeDefined();
    expect(window.location.hash).toBe(`#/models/m/${asked.charAt(0)}`);
    for (const each of [commands.unloadVersion, commands.reloadVersion, commands.applyChange])
      expect(each).not.toHaveBeenCalled();
  });

  it('asks before it loads, too', async () => {
    const { loadVersion } = await openModel(modelView('m', [held]), '/models/m/8?do=load');
    await screen.findByRole('dialog', { name: 'Load m v8?' });
    expect(loadVersion).not.toHaveBeenCalled();
    await userEvent.keyboard('{Enter}');
    expect(loadVersion).toHaveBeenCalledWith(V8);
  });

  it('is ignored where there is nothing of the kind', async () => {
    await openModel(modelView('m', [held]), '/models/m/8?do=reload');
    expect(screen.queryByRole('dialog')).toBeNull();
  });
});

describe('keys in a lane', () => {
  it('U unloads after a preview that says what is blocked, and the toast loads it again', async () => {
    const { unloadVersion, loadVersion, previewVersions } = await open([versionView('8')]);
    await userEvent.keyboard('u');
    const dialog = screen.getByRole('dialog', { name: 'Unload m v8?' });
    expect(previewVersions).toHaveBeenCalledWith(
      { name: 'm', versions: ['8'], action: 'unload' },
      expect.any(AbortSignal),
    );
    await within(dialog).findByText('v8 finishes its requests and is unloaded');
    expect(dialog.textContent).toContain('After that no version serves');
    expect(dialog.querySelector('[data-label="blocked"]')?.textContent).toContain(
      'Label stable is blocked: calls by it are refused. v8 is unloaded by you.',
    );
    expect(unloadVersion).not.toHaveBeenCalled();
    expect(document.activeElement).toBe(within(dialog).getByRole('button', { name: 'Unload' }));
    await userEvent.keyboard('{Enter}');
    expect(unloadVersion).toHaveBeenCalledWith(V8);
    await userEvent.click(await screen.findByRole('button', { name: 'Load again' }));
    expect(loadVersion).toHaveBeenCalledWith(V8);
  });

  it('U loads what was unloaded, at once, and so does the panel that says why it is', async () => {
    const { loadVersion } = await open([held]);
    const why = screen.getByRole('region', { name: 'Why' });
    expect(why.textContent).toContain('held back: unloaded by you, until you load it');
    await userEvent.keyboard('u');
    expect(loadVersion).toHaveBeenCalledTimes(1);
    await userEvent.click(within(why).getByRole('button', { name: 'Load' }));
    expect(loadVersion).toHaveBeenCalledTimes(2);
  });

  it('R asks before it reloads what serves, and just retries what failed', async () => {
    const { reloadVersion, services } = await open([versionView('8')]);
    await userEvent.keyboard('r');
    await userEvent.click(screen.getByRole('button', { name: 'Reload' }));
    expect(reloadVersion).toHaveBeenCalledWith(V8);
    expect(services.toasts.getState().toasts.map(({ message }) => message)).toEqual(['Reloading m v8.']);
    cleanup();
    const { retryVersion } = await open([unloadedVersion('8', 'end', { error })]);
    await userEvent.keyboard('r');
    expect(retryVersion).toHaveBeenCalledWith(V8);
  });

  it('Z goes through the stretches of time, and P and C lead to the Playground', async () => {
    await open([versionView('8'), versionView('7')]);
    const chosen = () =>
      within(screen.getByRole('radiogroup', { name: 'Stretch of time' })).getByRole('radio', { checked: true })
        .textContent;
    const seen = [chosen()];
    for (let press = 0; press < 4; press += 1) {
      await userEvent.keyboard('z');
      seen.push(chosen());
    }
    expect(seen).toEqual(['10 min', '1 h', 'Since start', '1 min', '10 min']);
    await userEvent.keyboard('c');
    expect(window.location.hash).toBe('#/play?model=m&version=8&compare=7');
  });

  it('do nothing where the user wants no letters, or the version nothing of the kind', async () => {
    const { retryVersion, reloadVersion, services } = await open([held]);
    await userEvent.keyboard('prc');
    services.appearance.getState().choose({ letterKeys: 'off' });
    await userEvent.keyboard('u');
    expect([retryVersion.mock.calls, reloadVersion.mock.calls, window.location.hash]).toEqual([[], [], '#/models/m']);
    expect(screen.queryByRole('dialog')).toBeNull();
  });
});
