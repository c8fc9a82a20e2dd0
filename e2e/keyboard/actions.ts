/**
 * Every action of every screen, and the keys that do it: what `keyboard.spec.ts` goes through, what `docs/keyboard.md` lists,
 * and what the sheet of keys (`?`) is compared with. The order is one way through the application; each begins where the
 * one before has ended.
 */
import type { KeyboardAction } from './action.ts';
import { MODEL } from './model-actions.ts';
import { PLAYGROUND } from './play-actions.ts';
import { SETTINGS, SOURCES } from './sources-actions.ts';
import { LOGS, TRAFFIC } from './traffic-actions.ts';
import { MODELS, WINDOW } from './window-actions.ts';

export const KEYBOARD_ACTIONS: readonly KeyboardAction[] = [
  ...WINDOW,
  ...MODELS,
  ...MODEL,
  ...PLAYGROUND,
  ...TRAFFIC,
  ...SOURCES,
  ...LOGS,
  ...SETTINGS,
];

/** The lines of the table of `docs/keyboard.md`, below its head. */
export const keyboardTable = (): readonly string[] =>
  KEYBOARD_ACTIONS.map(({ screen, action, keys }) => `| ${screen} | ${action} | ${keys} |`);
