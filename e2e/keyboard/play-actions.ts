/** The Playground. */
import { expect } from '@playwright/test';
import type { KeyboardAction } from './action.ts';
import { button, main, seen } from './action.ts';

export const PLAYGROUND: readonly KeyboardAction[] = [
  {
    screen: 'Playground',
    action: 'Choose model, version and another one to compare with',
    keys: 'Tab, Enter, arrow keys, Enter',
    by: async ({ page, hands }) => {
      await hands.screen('2', 'Playground');
      await hands.pick(button(page, /Model$/u), 'pair');
      await hands.pick(button(page, /Version$/u), /^v2/u);
      await hands.pick(button(page, /Compare with$/u), /^v1/u);
      await page.waitForURL(/compare=1/u);
    },
  },
  {
    screen: 'Playground',
    action: 'Fill in numbers, send the request',
    keys: 'Tab, type; Ctrl+Enter',
    sheet: ['Send the request'],
    by: async ({ page, hands }) => {
      await hands.to(page.getByRole('textbox', { name: 'x[0]' }));
      await hands.type('7');
      await hands.press('ControlOrMeta+Enter');
      const comparison = page.getByRole('region', { name: 'Comparison' });
      await seen(comparison.getByText(/values differ/u));
      await hands.pick(button(page, /Compare with$/u), 'nothing');
    },
  },
  {
    screen: 'Playground',
    action: 'Fill an input with zeros, ones or random numbers',
    keys: 'Tab to “Fill”, Enter, arrow keys, Enter',
    by: async ({ page, hands }) => {
      await hands.to(button(page, 'Fill x'));
      await hands.layer('menu', (menu) => hands.item(menu.getByRole('menuitem').nth(1)), { close: 'itself' });
      await expect(page.getByRole('textbox', { name: 'x[0]' })).not.toHaveValue('7');
    },
  },
  {
    screen: 'Playground',
    action: 'Import numbers from a file, instead of dropping or pasting it',
    keys: 'Tab to “Import…”, Enter',
    by: async ({ page, hands }) => {
      const chooser = page.waitForEvent('filechooser');
      await hands.use(button(page, 'Import x from a file'));
      await (
        await chooser
      ).setFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('[4, 5, 6]') });
      await expect(page.getByRole('textbox', { name: 'x[2]' })).toHaveValue('6');
      await hands.isAt(button(page, 'Import x from a file'));
    },
  },
  {
    screen: 'Playground',
    action: 'Send it 100 times',
    keys: 'Ctrl+Shift+Enter',
    sheet: ['Send it 100 times'],
    by: async ({ page, hands }) => {
      await hands.press('ControlOrMeta+Shift+Enter');
      await seen(main(page).getByText('median'));
    },
  },
  {
    screen: 'Playground',
    action: 'Keep the request as a preset, open it again',
    keys: 'Ctrl+S; Tab to “Presets”, Enter',
    sheet: ['Keep it as a preset'],
    by: async ({ page, hands }) => {
      await hands.to(page.getByRole('textbox', { name: 'x[1]' }));
      await hands.layer(
        'dialog',
        async (dialog) => {
          await hands.to(dialog.getByLabel('Name'));
          await hands.type('by keys');
          await hands.use(dialog.getByRole('button', { name: 'Save', exact: true }));
        },
        { open: 'ControlOrMeta+s', close: 'itself' },
      );
      await hands.to(button(page, 'Presets'));
      await hands.layer('dialog', (list) => hands.to(list.getByRole('button', { name: 'by keys', exact: true })));
    },
  },
  {
    screen: 'Playground',
    action: 'Look through what was sent before',
    keys: 'Alt+←, Alt+→; Tab to “History”, Enter',
    sheet: ['Older or newer request'],
    by: async ({ page, hands }) => {
      await hands.press('Alt+ArrowLeft', 'Alt+ArrowRight');
      await hands.to(button(page, 'History'));
      await hands.layer('dialog', (sheet) => hands.to(sheet.getByRole('listitem').first().getByRole('button').first()));
    },
  },
  {
    screen: 'Playground',
    action: 'Write the request as JSON; Esc and Tab leave the editor',
    keys: 'Alt+2, Alt+1',
    sheet: ['As a form, as JSON'],
    by: async ({ page, hands }) => {
      await hands.press('Alt+2');
      const body = page.getByRole('textbox', { name: 'Request body' });
      await hands.to(body);
      await hands.type('{"instances": [10]}');
      await hands.press('ControlOrMeta+Enter');
      await seen(main(page).getByText('200 OK'));
      await hands.press('Escape');
      await hands.to(button(page, 'Send'));
      await hands.press('Alt+1');
      await expect(page.getByRole('textbox', { name: 'x[0]' })).toHaveValue('10');
    },
  },
  {
    screen: 'Playground',
    action: 'Choose how an output is shown, save it as a file',
    keys: 'Tab, Enter, arrow keys, Enter',
    by: async ({ page, hands }) => {
      await hands.pick(button(page, /Show y as$/u), 'Table');
      const saved = page.waitForEvent('download');
      await hands.use(
        main(page)
          .getByRole('button', { name: /^Save y as /u })
          .first(),
      );
      await (await saved).cancel();
    },
  },
  {
    screen: 'Playground',
    action: 'Copy the request as a command',
    keys: 'Tab to “Language”, Enter; Tab to “Copy”, Enter',
    by: async ({ page, hands }) => {
      const copyAs = page.getByRole('region', { name: 'Copy as' });
      await hands.pick(copyAs.getByRole('button', { name: /Language$/u }), 'Python');
      await expect(copyAs.getByRole('group', { name: 'Snippet' })).toContainText('import');
      await hands.use(copyAs.getByRole('button', { name: /^Cop/u }).first());
    },
  },
  {
    screen: 'Playground',
    action: 'Move in a grid of numbers',
    keys: '↑, ↓, Enter, Tab',
    sheet: ['Next or previous row of a grid of numbers'],
    by: async ({ page, hands }) => {
      await hands.pick(button(page, /Model$/u), 'grid');
      await hands.use(page.getByRole('spinbutton', { name: 'batch' }), 'ArrowUp');
      await hands.to(page.locator('[data-cell="0"]'));
      await hands.press('ArrowDown');
      await hands.isAt(page.locator('[data-cell="3"]'));
      await hands.press('ArrowUp', 'Enter', 'Tab');
    },
  },
  {
    screen: 'Playground',
    action: 'Give a picture without drawing it',
    keys: 'Tab to “Draw”, arrow keys to “From a file”, Enter on “choose a file”; or arrow keys to “Values”',
    by: async ({ page, hands }) => {
      await hands.pick(button(page, /Model$/u), 'digits');
      await hands.choose(
        main(page).getByRole('radiogroup', { name: 'Where the picture of image comes from' }),
        'From a file',
      );
      const chooser = page.waitForEvent('filechooser');
      await hands.use(button(page, 'Choose a picture for image'));
      await chooser;
      await hands.pick(button(page, /Framing$/u), 'Stretch');
      await hands.use(page.getByRole('checkbox', { name: 'Invert' }), 'Space');
      await hands.choose(main(page).getByRole('radiogroup', { name: 'Show image as' }), 'Values');
      await hands.to(button(page, 'Import image from a file'));
    },
  },
];
