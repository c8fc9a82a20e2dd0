/** The window around the screens, and Models. */
import { expect } from '@playwright/test';
import type { KeyboardAction } from './action.ts';
import { button, intoList, row, rows, seen, status } from './action.ts';

export const WINDOW: readonly KeyboardAction[] = [
  {
    screen: 'Welcome',
    action: 'Go past the first screen',
    keys: 'Tab, Enter',
    by: async ({ page, hands }) => {
      await hands.use(page.getByRole('link', { name: 'Go to Models' }));
      await seen(page.getByRole('grid', { name: 'Models' }));
    },
  },
  {
    screen: 'Window',
    action: 'Go to a screen',
    keys: 'Ctrl+1 … Ctrl+6',
    sheet: ['Go to playground', 'Go to traffic', 'Go to sources', 'Go to logs', 'Go to settings', 'Go to models'],
    by: async ({ hands }) => {
      const titles = ['Playground', 'Traffic', 'Sources', 'Logs', 'Settings'];
      for (const [index, title] of titles.entries()) await hands.screen(String(index + 2), title);
      await hands.screen('1', 'Models');
    },
  },
  {
    screen: 'Window',
    action: 'Go to the next or previous part of the window',
    keys: 'F6, Shift+F6',
    sheet: ['Next part of the window', 'Previous part of the window'],
    by: async ({ page, hands }) => {
      await hands.to(status(page).getByRole('button', { name: 'Serving' }));
      await hands.press('F6');
      await hands.isAt(page.getByRole('navigation', { name: 'Screens' }));
      await hands.press('Shift+F6');
      await hands.isAt(status(page).getByRole('button', { name: 'Serving' }));
    },
  },
  {
    screen: 'Window',
    action: 'Choose the theme',
    keys: 'Tab to it, arrow keys',
    by: async ({ page, hands }) => {
      const theme = page.getByRole('radiogroup', { name: 'Theme' });
      await hands.choose(theme, 'Dark theme');
      await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
      await hands.choose(theme, 'Theme of the system');
    },
  },
  {
    screen: 'Command palette',
    action: 'Open it, find something, go there',
    keys: 'Ctrl+K, type, arrow keys, Enter; Esc closes it',
    sheet: ['Command palette…'],
    by: async ({ page, hands }) => {
      await hands.layer('dialog', async () => undefined, { open: 'ControlOrMeta+k' });
      await hands.press('ControlOrMeta+k');
      await page.keyboard.type('privacy');
      await hands.press('ArrowDown', 'ArrowUp', 'Enter');
      await seen(page.getByRole('heading', { level: 2, name: 'Privacy' }));
    },
  },
  {
    screen: 'Window',
    action: 'Show all keys',
    keys: '?',
    sheet: ['Keyboard shortcuts', 'Close the top layer, then clear the filter'],
    by: async ({ page, hands }) => {
      await hands.screen('1', 'Models');
      await hands.to(button(page, 'Add folder'));
      await hands.layer('dialog', (sheet) => hands.use(sheet.getByRole('switch'), 'Tab'), { open: '?' });
    },
  },
  {
    screen: 'Window',
    action: 'Open the settings',
    keys: 'Ctrl+,',
    sheet: ['Settings…'],
    by: async ({ page, hands }) => {
      await hands.press('ControlOrMeta+,');
      await seen(page.getByRole('heading', { level: 1, name: 'Settings' }));
    },
  },
  {
    screen: 'Window',
    action: 'See what runs, stop and start serving',
    keys: 'F6, Tab to “Serving”, Enter',
    by: async ({ page, hands }) => {
      await hands.to(status(page).getByRole('button', { name: 'Serving' }));
      await hands.layer('dialog', async (popover) => {
        await hands.use(popover.getByRole('button', { name: 'Stop serving' }));
        await hands.isAt(popover.getByRole('button', { name: 'Start serving' }));
        await expect(popover.getByRole('button', { name: 'Start serving' })).toBeEnabled();
        await hands.use(popover.getByRole('button', { name: 'Start serving' }));
        await expect(popover.getByRole('button', { name: 'Stop serving' })).toBeEnabled();
      });
    },
  },
  {
    screen: 'Tasks',
    action: 'See what is being done',
    keys: 'F6, Tab to “Tasks”, Enter',
    by: async ({ page, hands }) => {
      await hands.to(status(page).getByRole('button', { name: 'Tasks' }));
      await hands.layer('dialog', (popover) => seen(popover));
    },
  },
  {
    screen: 'Window',
    action: 'Copy the address of the server',
    keys: 'F6, Tab to “Copy”, Enter',
    by: async ({ page, hands }) => {
      const copy = status(page).getByRole('button', { name: /the REST address/u });
      await hands.use(copy);
      await hands.isAt(copy);
    },
  },
];

export const MODELS: readonly KeyboardAction[] = [
  {
    screen: 'Models',
    action: 'Add the models of a folder, instead of dropping it',
    keys: 'A in the list, or Tab to “Add folder”; type the path, Enter on “Add”',
    sheet: ['Add a model'],
    by: async (world) => {
      const { page, hands, models } = world;
      await hands.screen('1', 'Models');
      await intoList(world, 'Models');
      await hands.layer(
        'dialog',
        async (dialog) => {
          await hands.to(dialog.getByRole('combobox', { name: 'Path' }));
          await hands.type(models);
          const add = dialog.getByRole('button', { name: 'Add 2 models' });
          await expect(add).toBeEnabled();
          await hands.use(dialog.getByRole('checkbox', { name: 'Add grid' }), 'Space');
          await hands.press('Space');
          await hands.use(add);
        },
        { open: 'a', close: 'itself' },
      );
      await expect(row(page, 'pair')).toContainText('Available');
    },
  },
  {
    screen: 'Models',
    action: 'Filter the list',
    keys: '/, type; Esc clears',
    sheet: ['Filter this screen'],
    by: async ({ page, hands }) => {
      await hands.press('/');
      await hands.isAt(page.getByRole('textbox', { name: 'Filter models' }));
      await page.keyboard.type('pair');
      await expect(rows(page, 'Models')).toHaveCount(1);
      await hands.press('Escape');
      await expect(rows(page, 'Models')).toHaveCount(5);
    },
  },
  {
    screen: 'Models',
    action: 'Group the list',
    keys: 'Tab to “Group”, Enter, arrow keys, Enter',
    by: async ({ page, hands }) => {
      await hands.pick(button(page, /Group$/u), 'By source');
      await expect(rows(page, 'Models')).not.toHaveCount(5);
      await hands.pick(button(page, /Group$/u), 'No groups');
    },
  },
  {
    screen: 'Models',
    action: 'Sort by a column',
    keys: 'Tab to its header, Enter',
    by: async ({ page, hands }) => {
      const header = page.getByRole('columnheader', { name: 'Name' });
      await hands.use(header.getByRole('button'));
      await expect(header).toHaveAttribute('aria-sort', /ascending|descending/u);
      await hands.press('Enter');
      await hands.press('Enter');
    },
  },
  {
    screen: 'Models',
    action: 'Move in the list',
    keys: 'Arrow keys, Page Up, Page Down, Home, End',
    sheet: ['Move between rows', 'A page up or down', 'First and last row'],
    by: async (world) => {
      const { page, hands } = world;
      await intoList(world, 'Models');
      await hands.press('End');
      await hands.isAt(rows(page, 'Models').last());
      await hands.press('Home', 'ArrowDown');
      await hands.isAt(rows(page, 'Models').nth(1));
      await hands.press('PageDown');
      await hands.isAt(rows(page, 'Models').last());
      await hands.press('PageUp');
      await hands.isAt(rows(page, 'Models').first());
    },
  },
  {
    screen: 'Models',
    action: 'Select rows, and do something with all of them',
    keys: 'Space, Shift+arrow keys, Ctrl+A; Tab to the bar below; Esc clears',
    sheet: ['Select the row', 'Select the rows in between too', 'Select all in view'],
    by: async (world) => {
      const { page, hands } = world;
      await intoList(world, 'Models');
      await hands.press('Home', 'Space', 'Shift+ArrowDown');
      await seen(page.getByRole('status').filter({ hasText: '2 selected' }));
      await hands.press('ControlOrMeta+a');
      await seen(page.getByRole('status').filter({ hasText: '5 selected' }));
      await hands.use(page.getByRole('toolbar').getByRole('button', { name: 'Poll now' }));
      await intoList(world, 'Models');
      await hands.press('Escape');
      await expect(page.getByRole('status').filter({ hasText: 'selected' })).toHaveCount(0);
    },
  },
  {
    screen: 'Models',
    action: 'Show and hide the details of a row',
    keys: '→, ←',
    sheet: ['Show or hide its details'],
    by: async (world) => {
      const { page, hands } = world;
      await intoList(world, 'Models');
      await hands.press('Home', 'ArrowRight');
      const details = page.getByRole('button', { name: 'Details: digits' });
      await expect(details).toHaveAttribute('aria-expanded', 'true');
      await hands.press('ArrowLeft');
      await expect(details).toHaveAttribute('aria-expanded', 'false');
    },
  },
  {
    screen: 'Models',
    action: 'All that can be done with one model',
    keys: 'Shift+F10, arrow keys, Enter',
    sheet: ['Menu of the row'],
    by: async (world) => {
      const { page, hands } = world;
      await intoList(world, 'Models');
      await hands.layer('menu', (menu) => hands.item(menu.getByRole('menuitem', { name: 'Poll now' })), {
        open: 'Shift+F10',
        close: 'itself',
      });
      await seen(page.getByRole('grid', { name: 'Models' }));
    },
  },
  {
    screen: 'Models',
    action: 'Unload a model and load it again',
    keys: 'U',
    sheet: ['Unload it, or load it again'],
    by: async (world) => {
      const { page, hands } = world;
      await intoList(world, 'Models');
      await hands.press('Home', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown');
      await hands.isAt(row(page, 'pair'));
      await hands.layer('dialog', (dialog) => hands.use(dialog.getByRole('button', { name: 'Unload', exact: true })), {
        open: 'u',
        close: 'itself',
      });
      await expect(row(page, 'pair')).toContainText('unloaded by you');
      await page.keyboard.press('u');
      await expect(row(page, 'pair')).toContainText('Available');
      await hands.isAt(row(page, 'pair'));
    },
  },
  {
    screen: 'Models',
    action: 'Reload a model',
    keys: 'R',
    sheet: ['Load again what failed, or reload'],
    by: async ({ page, hands }) => {
      await hands.isAt(row(page, 'pair'));
      await hands.layer('dialog', (dialog) => hands.use(dialog.getByRole('button', { name: 'Reload', exact: true })), {
        open: 'r',
        close: 'itself',
      });
      await expect(row(page, 'pair')).toContainText('Available');
    },
  },
  {
    screen: 'Models',
    action: 'Remove a model, and take it back',
    keys: 'Shift+F10, “Remove”; F6 to the note, Enter on “Undo”',
    by: async (world) => {
      const { page, hands } = world;
      await hands.isAt(row(page, 'pair'));
      await hands.press('Shift+F10');
      await hands.item(page.getByRole('menuitem', { name: /^Remove/u }));
      const undo = page.getByRole('region', { name: 'Notifications' }).getByRole('button', { name: 'Undo' });
      await seen(undo);
      await expect(row(page, 'pair')).toHaveCount(0);
      const notes = page.getByRole('region', { name: 'Notifications' });
      for (let parts = 0; parts < 4 && !(await hands.isIn(notes)); parts += 1) await hands.press('F6');
      await hands.use(undo);
      await seen(row(page, 'pair'));
    },
  },
  {
    screen: 'Models',
    action: 'Show the log of a model, try it in the Playground',
    keys: 'L, P',
    sheet: ['Show its log', 'Open it in the Playground'],
    by: async (world) => {
      const { page, hands } = world;
      await intoList(world, 'Models');
      await hands.press('l');
      await seen(page.getByRole('heading', { level: 1, name: 'Logs' }));
      await hands.screen('1', 'Models');
      await intoList(world, 'Models');
      await hands.press('Home', 'p');
      await seen(page.getByRole('heading', { level: 1, name: 'Playground' }));
      await hands.screen('1', 'Models');
    },
  },
  {
    screen: 'Models',
    action: 'Add models from S3',
    keys: 'Tab to “From S3”, Enter',
    by: async ({ page, hands }) => {
      await hands.use(button(page, 'From S3'));
      await page.waitForURL(/#\/sources|add=/u);
      await hands.press('Escape');
      await hands.screen('1', 'Models');
    },
  },
];
