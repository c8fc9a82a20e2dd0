import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AppCommandId } from '#contracts/app-commands.ts';
import { createShortcuts } from './shortcuts.ts';

const run = vi.fn<(id: AppCommandId) => void>();
let layerOpen = false;
const listener = createShortcuts(run, () => layerOpen);

beforeEach(() => {
  layerOpen = false;
  run.mockClear();
  document.body.innerHTML = '<input id="text"><button id="button">x</button>';
  document.addEventListener('keydown', listener);
});
afterEach(() => document.removeEventListener('keydown', listener));

function press(target: string, key: string, init: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key, code: 'Key', bubbles: true, cancelable: true, ...init });
  document.querySelector(target)?.dispatchEvent(event);
  return event;
}

describe('createShortcuts', () => {
  it.each([
    { keys: 'Ctrl+K', key: 'k', init: { ctrlKey: true }, id: 'palette' },
    { keys: 'Ctrl+K with caps lock', key: 'K', init: { ctrlKey: true }, id: 'palette' },
    { keys: 'Ctrl+5', key: '5', init: { ctrlKey: true }, id: 'goLogs' },
    { keys: 'Ctrl+,', key: ',', init: { ctrlKey: true }, id: 'settings' },
    { keys: '?', key: '?', init: { shiftKey: true }, id: 'cheatSheet' },
    { keys: '/', key: '/', init: {}, id: 'focusFilter' },
    { keys: '/ where it is above 7', key: '/', init: { shiftKey: true }, id: 'focusFilter' },
  ])('$keys', ({ key, init, id }) => {
    expect(press('#button', key, init).defaultPrevented).toBe(true);
    expect(run.mock.calls).toEqual([[id]]);
  });

  it.each([
    { when: 'a text is typed', target: '#text', key: '/', init: {} },
    { when: 'another modifier is held', target: '#button', key: 'k', init: { ctrlKey: true, altKey: true } },
    { when: 'it is the key of the desktop shell', target: '#button', key: 'q', init: { ctrlKey: true } },
    { when: 'the key repeats', target: '#button', key: 'k', init: { ctrlKey: true, repeat: true } },
  ])('does nothing where $when', ({ target, key, init }) => {
    expect(press(target, key, init).defaultPrevented).toBe(false);
    expect(run).not.toHaveBeenCalled();
  });

  it('works with Ctrl where a text is typed', () => {
    press('#text', 'k', { ctrlKey: true });
    expect(run).toHaveBeenCalledWith('palette');
  });

  it('leaves the keys to an open layer, but for the one that closes the palette', () => {
    layerOpen = true;
    press('#button', '5', { ctrlKey: true });
    press('#button', '?');
    expect(run).not.toHaveBeenCalled();
    press('#button', 'k', { ctrlKey: true });
    expect(run).toHaveBeenCalledWith('palette');
  });

  it('leaves a key alone that somebody has used', () => {
    const use = (event: Event): void => event.preventDefault();
    document.body.addEventListener('keydown', use);
    press('#button', 'k', { ctrlKey: true });
    document.body.removeEventListener('keydown', use);
    expect(run).not.toHaveBeenCalled();
  });
});
