import type { MenuItemConstructorOptions } from 'electron';
import { describe, expect, it } from 'vitest';
import { appCommandList } from '../../contracts/app-commands.ts';
import { acceleratorOf, menuTemplate } from './menu-template.ts';

function flat(items: readonly MenuItemConstructorOptions[]): MenuItemConstructorOptions[] {
  return items.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? flat(item.submenu) : [])]);
}

const template = (platform: NodeJS.Platform, run = (_id: string): void => undefined) =>
  menuTemplate({ platform, isDevelopment: false, run });

describe('menuTemplate', () => {
  it.each(['linux', 'darwin', 'win32'] as const)('has each command once on %s', (platform) => {
    const ids = flat(template(platform)).flatMap(({ id }) => (id === undefined ? [] : [id]));
    expect(ids.toSorted()).toEqual(appCommandList.map(({ id }) => id).toSorted());
  });

  it('runs the command that is clicked', () => {
    const ran: string[] = [];
    const item = flat(template('linux', (id) => ran.push(id))).find(({ id }) => id === 'goLogs');
    expect(item).toMatchObject({ label: 'Logs', accelerator: 'CommandOrControl+5' });
    Reflect.apply(item?.click ?? (() => undefined), undefined, []);
    expect(ran).toEqual(['goLogs']);
  });

  it('starts with the menu of the app on a Mac only, which ends in quit', () => {
    const [first] = template('darwin');
    expect(first).toMatchObject({ role: 'appMenu' });
    expect(flat(first ? [first] : []).at(-1)).toMatchObject({ id: 'quit' });
    expect(template('win32')[0]).toMatchObject({ label: 'File' });
    expect(flat(template('win32').slice(0, 1)).at(-1)).toMatchObject({ id: 'quit' });
  });

  it('offers developer tools in development only', () => {
    const roles = (isDevelopment: boolean) =>
      flat(menuTemplate({ platform: 'linux', isDevelopment, run: () => undefined })).map(({ role }) => role);
    expect(roles(true)).toContain('toggleDevTools');
    expect(roles(false)).not.toContain('toggleDevTools');
  });
});

describe('acceleratorOf', () => {
  it.each([
    [{ key: 'k', mod: true }, 'CommandOrControl+K'],
    [{ key: ',', mod: true }, 'CommandOrControl+,'],
    [{ key: '+', mod: true, shift: true }, 'CommandOrControl+Shift+Plus'],
    [{ key: '?' }, undefined],
    [{ key: '/' }, undefined],
  ] as const)('%j: %s', (shortcut, accelerator) => {
    expect(acceleratorOf(shortcut)).toBe(accelerator);
  });
});
