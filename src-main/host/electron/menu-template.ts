import type { MenuItemConstructorOptions } from 'electron';
import {
  appCommandList,
  type AppCommandGroup,
  type AppCommandId,
  type Shortcut,
} from '../../contracts/app-commands.ts';

export interface MenuOptions {
  readonly platform: NodeJS.Platform;
  /** Whether developer tools are on offer. */
  readonly isDevelopment: boolean;
  readonly run: (id: AppCommandId) => void;
}

const SEPARATOR: MenuItemConstructorOptions = { type: 'separator' };

/**
 * The menu bar: the application's commands, and between them what each program has. On a Mac the app's own commands are
 * in the first menu, elsewhere in "File".
 */
export function menuTemplate({ platform, isDevelopment, run }: MenuOptions): MenuItemConstructorOptions[] {
  const isMac = platform === 'darwin';
  const items = (group: AppCommandGroup): MenuItemConstructorOptions[] =>
    appCommandList
      .filter((command) => command.group === group)
      .map(({ id, title, menuLabel, shortcut }) => {
        const accelerator = shortcut && acceleratorOf(shortcut);
        return { id, label: menuLabel ?? title, click: () => run(id), ...(accelerator && { accelerator }) };
      });
  // The text fields of a Mac know the clipboard's keys only from here.
  const edit: MenuItemConstructorOptions[] = [
    { role: 'undo' },
    { role: 'redo' },
    SEPARATOR,
    { role: 'cut' },
    { role: 'copy' },
    { role: 'paste' },
    { role: 'selectAll' },
  ];
  const view = [...items('view'), SEPARATOR, { role: 'togglefullscreen' as const }];
  if (isDevelopment) view.push({ role: 'toggleDevTools' as const });
  return [
    ...(isMac
      ? [
          {
            role: 'appMenu' as const,
            submenu: [
              { role: 'about' as const },
              SEPARATOR,
              ...items('app').slice(0, -1),
              SEPARATOR,
              { role: 'hide' as const },
              { role: 'hideOthers' as const },
              { role: 'unhide' as const },
              SEPARATOR,
              ...items('app').slice(-1),
            ],
          },
        ]
      : []),
    {
      label: 'File',
      submenu: [...items('file'), SEPARATOR, { role: 'close' }, ...(isMac ? [] : [SEPARATOR, ...items('app')])],
    },
    { label: 'Edit', submenu: edit },
    { label: 'Go', submenu: items('go') },
    { label: 'View', submenu: view },
    ...(isMac ? [{ role: 'windowMenu' as const }] : []),
    { role: 'help', label: 'Help', submenu: [...items('help'), ...(isMac ? [] : [{ role: 'about' as const }])] },
  ];
}

/**
 * A shortcut in Electron's words. A key without Ctrl or Cmd has none: as an accelerator it would be taken away from the
 * text field in which somebody types.
 */
export function acceleratorOf({ key, mod, shift }: Shortcut): string | undefined {
  if (!mod) return undefined;
  const name = key === '+' ? 'Plus' : key.length === 1 ? key.toUpperCase() : key;
  return ['CommandOrControl', ...(shift ? ['Shift'] : []), name].join('+');
}
