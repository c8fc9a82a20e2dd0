import { isDeepStrictEqual } from 'node:util';
import type { Menu, MenuItemConstructorOptions, Tray } from 'electron';
import type { TrayAction, TrayItem, TrayView } from './tray-view.ts';

export interface TrayDeps {
  /** Makes the icon. @throws Error where the system has no tray at all. */
  readonly createTray: () => Tray;
  readonly menuOf: (template: MenuItemConstructorOptions[]) => Menu;
  readonly run: (action: TrayAction) => void;
  readonly platform: NodeJS.Platform;
}

/** The icon in the system's tray. */
export interface TrayIcon {
  show(view: TrayView): void;
}

export function createTrayIcon({ createTray, menuOf, run, platform }: TrayDeps): TrayIcon {
  const tray = createTray();
  let shown: TrayView | undefined;
  // On a Mac a click opens the menu, as it does for every icon up there.
  if (platform !== 'darwin') tray.on('click', () => run({ kind: 'open' }));
  return {
    show(view) {
      // An open menu closes when it is replaced.
      if (isDeepStrictEqual(view, shown)) return;
      shown = view;
      tray.setToolTip(view.tooltip);
      // Linux shows changes of a menu only when it is set again, so a new one is made each time.
      tray.setContextMenu(menuOf(view.items.map((item) => menuItem(item, run))));
    },
  };
}

function menuItem(item: TrayItem, run: TrayDeps['run']): MenuItemConstructorOptions {
  if (item === 'separator') return { type: 'separator' };
  // A single ampersand would underline the letter after it.
  const label = item.label.replaceAll('&', '&&');
  const { action } = item;
  return action ? { label, click: () => run(action) } : { label, enabled: false };
}
