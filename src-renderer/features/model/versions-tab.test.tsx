import { cleanup, screen, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModelView } from '#contracts/ui.ts';
import type { ChangePreview } from '#contracts/ui-versions.ts';
import type { Command } from '../../stores/commands.ts';
import { label, modelView, unloadedVersion, version, versionView } from '../../testing/fixtures.ts';
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

/** Opens the versions of model `m`, and brings the focus to the lane of version 8. */
async function open(versions: ModelView['versions']) {
  const commands = {
    unloadVersion: vi.fn<Command<'unloadVersion'>>(() => Promise.resolve({})),
    loadVersion: vi.fn<Command<'loadVersion'>>(() => Promise.resolve({})),
    reloadVersion: vi.fn<Command<'reloadVersion'>>(() => Promise.resolve({})),
    retryVersion: vi.fn<Command<'retryVersion'>>(() => Promise.resolve({})),
    previewVersions: vi.fn<Command<'previewVersions'>>(() => Promise.resolve(preview)),
  };
  const services = openPage('/models/m', [modelView('m', versions)], {
    commands: fakeCommands({ ...commands, modelHistory: () => Promise.resolve({ events: [] }) }),
  });
  const lanes = await screen.findByRole('region', { name: 'Versions over time' }, { timeout: 10_000 });
  within(lanes).getByRole('button', { name: /^v8/u }).focus();
  return { ...commands, services };
}

const V8 = { name: 'm', version: '8' };

beforeEach(() => {
  window.location.hash = '';
});
afterEach(cleanup);

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
    await userEvent.click(within(dialog).getByRole('button', { name: 'Unload' }));
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
