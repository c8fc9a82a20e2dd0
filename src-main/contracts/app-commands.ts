/**
 * The commands of the application: one list for the menu bar, the command palette, the shortcuts and the cheat sheet.
 * No schema stands here, since the preload script has a part in it.
 */

/** A key press; `mod` is Cmd on a Mac and Ctrl elsewhere. */
export interface Shortcut {
  /**
   * As `KeyboardEvent.key` has it, letters in lower case. A key without `mod` is text while somebody types, so it counts
   * only outside text fields, whatever modifiers the keyboard's layout needs for it.
   */
  readonly key: string;
  readonly mod?: true;
  readonly shift?: true;
}

/** Where a command stands in the menu bar, and under which heading in the palette and the cheat sheet. */
export type AppCommandGroup = 'file' | 'go' | 'view' | 'help' | 'app';

export interface AppCommand {
  /** As the palette and the cheat sheet say it. */
  readonly title: string;
  /** As the menu says it, under the heading of its group; the title where there is none. */
  readonly menuLabel?: string;
  readonly group: AppCommandGroup;
  readonly shortcut?: Shortcut;
  /**
   * `page`: the page does it, also when the menu asks. `shell`: the desktop shell does it; the page asks by
   * `ShellBridge.runCommand`, and in a browser, which has its own way of doing it, does not offer it.
   */
  readonly runsIn: 'page' | 'shell';
}

/** In the order in which menus and lists show them. */
export const APP_COMMANDS = {
  addModel: { title: 'Add model…', group: 'file', runsIn: 'page' },
  copyRestUrl: { title: 'Copy REST URL', group: 'file', runsIn: 'page' },
  startServing: { title: 'Start serving', group: 'file', runsIn: 'page' },
  stopServing: { title: 'Stop serving', group: 'file', runsIn: 'page' },

  goModels: go('models', '1'),
  goPlayground: go('playground', '2'),
  goTraffic: go('traffic', '3'),
  goSources: go('sources', '4'),
  goLogs: go('logs', '5'),
  goSettings: go('settings', '6'),
  palette: { title: 'Command palette…', group: 'go', shortcut: { key: 'k', mod: true }, runsIn: 'page' },
  focusFilter: { title: 'Filter this screen', group: 'go', shortcut: { key: '/' }, runsIn: 'page' },

  toggleTheme: { title: 'Switch between light and dark', group: 'view', runsIn: 'page' },
  toggleDensity: { title: 'Switch between compact and comfortable', group: 'view', runsIn: 'page' },
  zoomIn: { title: 'Zoom in', group: 'view', shortcut: { key: '=', mod: true }, runsIn: 'shell' },
  zoomOut: { title: 'Zoom out', group: 'view', shortcut: { key: '-', mod: true }, runsIn: 'shell' },
  zoomReset: { title: 'Actual size', group: 'view', shortcut: { key: '0', mod: true }, runsIn: 'shell' },

  cheatSheet: { title: 'Keyboard shortcuts', group: 'help', shortcut: { key: '?' }, runsIn: 'page' },
  about: { title: 'About Slipway', group: 'help', runsIn: 'page' },

  settings: { title: 'Settings…', group: 'app', shortcut: { key: ',', mod: true }, runsIn: 'page' },
  quit: { title: 'Quit Slipway', group: 'app', shortcut: { key: 'q', mod: true }, runsIn: 'shell' },
} as const satisfies Record<string, AppCommand>;

export type AppCommandId = keyof typeof APP_COMMANDS;
/** The commands that the page may ask the desktop shell to run. */
export type ShellCommandId = {
  [Id in AppCommandId]: (typeof APP_COMMANDS)[Id]['runsIn'] extends 'shell' ? Id : never;
}[AppCommandId];

/** All commands in order, typed by the interface. */
export const appCommandList: readonly (AppCommand & { readonly id: AppCommandId })[] = listOf(APP_COMMANDS);

export function isAppCommandId(text: unknown): text is AppCommandId {
  return typeof text === 'string' && Object.hasOwn(APP_COMMANDS, text);
}

/** A shortcut as people know it from menus: `⇧⌘K` on a Mac, `Ctrl+Shift+K` elsewhere. */
export function shortcutText({ key, mod, shift }: Shortcut, isMac: boolean): string {
  const name = key.length === 1 ? key.toUpperCase() : key;
  if (isMac) return `${shift ? '⇧' : ''}${mod ? '⌘' : ''}${name}`;
  return [...(mod ? ['Ctrl'] : []), ...(shift ? ['Shift'] : []), name].join('+');
}

function go<Name extends string>(screen: Name, key: string) {
  return {
    title: `Go to ${screen}`,
    menuLabel: `${screen.slice(0, 1).toUpperCase()}${screen.slice(1)}`,
    group: 'go',
    shortcut: { key, mod: true },
    runsIn: 'page',
  } as const;
}

function listOf(commands: Readonly<Record<AppCommandId, AppCommand>>) {
  return Object.keys(commands)
    .filter(isAppCommandId)
    .map((id) => ({ id, ...commands[id] }));
}
