import { createKeybindingsHandler } from 'tinykeys';
import type { AppCommand, AppCommandId, Shortcut } from '#contracts/app-commands.ts';
import { APP_COMMANDS, appCommandList } from '#contracts/app-commands.ts';

const TEXT = 'input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable=true]';

/** Marks what lies over the page and takes its keys: `data-layer="modal"`. */
const LAYER = '[data-layer=modal]';

/** Commands whose key works above a layer too: it opens and closes theirs. */
const ABOVE_LAYERS: ReadonlySet<AppCommandId> = new Set(['palette']);

/** As tinykeys writes it. A key without `mod` may need any other modifier to be typed at all, by the keyboard's layout. */
function binding({ key, mod, shift }: Shortcut): string {
  if (mod) return ['$mod', ...(shift ? ['Shift'] : []), key].join('+');
  return `[Shift]+[Alt]+${key}`;
}

/**
 * The keys of the commands that the page does itself. A key that is text counts only where nobody types; all wait while a
 * layer is open, since it belongs to what is below.
 * @returns a listener for `keydown`.
 */
export function createShortcuts(run: (id: AppCommandId) => void, isLayerOpen: () => boolean = hasLayer) {
  const withMod: Record<string, (event: KeyboardEvent) => void> = {};
  const plain: Record<string, (event: KeyboardEvent) => void> = {};
  for (const { id, shortcut, runsIn } of appCommandList) {
    if (!shortcut || runsIn !== 'page') continue;
    const bindings = 'mod' in shortcut ? withMod : plain;
    bindings[binding(shortcut)] = (event) => {
      if (isLayerOpen() && !ABOVE_LAYERS.has(id)) return;
      event.preventDefault();
      run(id);
    };
  }
  const used = (event: KeyboardEvent): boolean => event.defaultPrevented || event.repeat || event.isComposing;
  const onMod = createKeybindingsHandler(withMod, { ignore: used });
  const onPlain = createKeybindingsHandler(plain, {
    ignore: (event) => used(event) || (event.target instanceof Element && event.target.closest(TEXT) !== null),
  });
  return (event: KeyboardEvent): void => {
    onMod(event);
    onPlain(event);
  };
}

/** The key of a command; undefined for one without. */
export function shortcutOf(id: AppCommandId): Shortcut | undefined {
  const command: AppCommand = APP_COMMANDS[id];
  return command.shortcut;
}

/** For `aria-keyshortcuts`: `Control+K Meta+K`. */
export function ariaKeys(id: AppCommandId): string | undefined {
  const shortcut = shortcutOf(id);
  if (!shortcut) return undefined;
  const name = shortcut.key.length === 1 ? shortcut.key.toUpperCase() : shortcut.key;
  return shortcut.mod ? `Control+${name} Meta+${name}` : name;
}

const hasLayer = (): boolean => document.querySelector(LAYER) !== null;
