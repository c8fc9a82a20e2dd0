import { describe, expect, it } from 'vitest';
import { appCommandList, isAppCommandId, shortcutText } from './app-commands.ts';

describe('the commands of the application', () => {
  it('have no shortcut and no title twice', () => {
    const shortcuts = appCommandList.flatMap(({ shortcut }) => (shortcut ? [shortcutText(shortcut, false)] : []));
    const titles = appCommandList.map(({ title }) => title);
    expect(shortcuts).toEqual([...new Set(shortcuts)]);
    expect(titles).toEqual([...new Set(titles)]);
  });

  it('reach the six screens by their numbers', () => {
    const numbered = appCommandList.filter(({ shortcut }) => shortcut && /^\d$/u.test(shortcut.key));
    expect(numbered.map(({ menuLabel, title, shortcut }) => `${shortcut?.key} ${menuLabel ?? title}`)).toEqual([
      '1 Models',
      '2 Playground',
      '3 Traffic',
      '4 Sources',
      '5 Logs',
      '6 Settings',
      '0 Actual size',
    ]);
  });

  it.each([
    ['goModels', true],
    ['toString', false],
    ['', false],
    [7, false],
  ])('%j is one of them: %s', (id, isOne) => {
    expect(isAppCommandId(id)).toBe(isOne);
  });
});

describe('shortcutText', () => {
  it.each([
    [{ key: 'k', mod: true }, 'Ctrl+K', '⌘K'],
    [{ key: 'Enter', mod: true, shift: true }, 'Ctrl+Shift+Enter', '⇧⌘Enter'],
    [{ key: '?' }, '?', '?'],
  ] as const)('%j', (shortcut, elsewhere, onMac) => {
    expect(shortcutText(shortcut, false)).toBe(elsewhere);
    expect(shortcutText(shortcut, true)).toBe(onMac);
  });
});
