/** Sources and Settings. */
import { expect } from '@playwright/test';
import type { KeyboardAction } from './action.ts';
import { button, main, seen } from './action.ts';

export const SOURCES: readonly KeyboardAction[] = [
  {
    screen: 'Sources',
    action: 'Look again at a watched place',
    keys: 'Tab to “Poll now”, Enter',
    by: async ({ page, hands }) => {
      await hands.screen('4', 'Sources');
      await hands.use(
        main(page)
          .getByRole('button', { name: /^Poll now/u })
          .first(),
      );
    },
  },
  {
    screen: 'Sources, connection',
    action: 'Describe a store',
    keys: 'Tab to its card, Enter; Tab, type; arrow keys',
    by: async ({ page, hands, store }) => {
      await hands.use(button(page, 'Connect MinIO'));
      await page.waitForURL(/#\/sources\/new/u);
      await hands.to(page.getByLabel('Endpoint'));
      await hands.type(store);
      await hands.to(page.getByLabel('Bucket or folder', { exact: true }));
      await hands.type('s3://lab/models');
      await hands.to(page.getByLabel('Name', { exact: true }));
      await hands.type('lab');
      await hands.choose(main(page).getByRole('radiogroup', { name: 'Credentials' }), 'Environment');
    },
  },
  {
    screen: 'Sources, connection',
    action: 'Test it, and keep it',
    keys: 'Tab to “Test”, Enter; Tab to “Save”, Enter',
    by: async ({ page, hands }) => {
      await hands.use(button(page, 'Test'));
      await seen(page.getByRole('region', { name: 'Connection test' }).getByText('Everything works'));
      await hands.use(button(page, 'Save'));
      await page.waitForURL(/#\/sources\/lab$/u);
    },
  },
  {
    screen: 'Sources',
    action: 'Move between connections; new one, test, browse',
    keys: '↑, ↓; N, T, B on its row',
    sheet: ['New connection', 'Test the connection', 'Browse its bucket'],
    by: async ({ page, hands }) => {
      const connection = page.getByRole('list', { name: 'Connections' }).getByRole('link', { name: /^lab/u });
      await hands.to(connection);
      await hands.press('ArrowUp');
      await hands.isAt(page.getByRole('link', { name: /^Watched places/u }));
      await hands.press('ArrowDown');
      await hands.isAt(connection);
      await hands.press('n');
      await page.waitForURL(/#\/sources\/new/u);
      await hands.to(connection);
      await hands.press('t');
      await seen(page.getByRole('region', { name: 'Connection test' }).getByText('Everything works'));
      await hands.to(connection);
      await hands.press('b');
      await seen(page.getByRole('grid', { name: /^Content of/u }));
    },
  },
  {
    screen: 'Sources, connection',
    action: 'Look through a bucket, serve a folder',
    keys: 'Arrow keys, Enter; S on a folder',
    sheet: ['Serve the folder'],
    by: async ({ page, hands }) => {
      const grid = page.getByRole('grid', { name: /^Content of/u });
      await hands.to(grid.locator('[data-index][tabindex="0"]'));
      await hands.press('End', 's');
      const dialog = page.getByRole('dialog');
      await hands.isAt(dialog);
      await hands.press('Escape');
      await expect(dialog).toBeHidden();
      await seen(main(page));
    },
  },
  {
    screen: 'Sources, connection',
    action: 'All that can be done with a connection',
    keys: 'Tab to “Actions for …”, Enter, arrow keys',
    by: async ({ page, hands }) => {
      await hands.to(button(page, /^Actions for/u));
      await hands.layer('menu', (menu) => seen(menu.getByRole('menuitem').first()));
    },
  },
  {
    screen: 'Sources',
    action: 'Fill in a connection from an address',
    keys: 'Tab to “Paste a URL”, type or Ctrl+V, Enter',
    by: async ({ page, hands }) => {
      await hands.to(page.getByRole('textbox', { name: 'Paste a URL' }));
      await hands.type('s3://other-bucket/models');
      await hands.press('Enter');
      await expect(page.getByLabel('Bucket or folder', { exact: true })).toHaveValue('s3://other-bucket/models');
    },
  },
];

export const SETTINGS: readonly KeyboardAction[] = [
  {
    screen: 'Settings',
    action: 'Search',
    keys: '/, type; Esc clears',
    by: async ({ page, hands }) => {
      await hands.screen('6', 'Settings');
      await hands.press('/');
      await hands.isAt(page.getByRole('textbox', { name: 'Search settings' }));
      await page.keyboard.type('log level');
      await seen(
        main(page)
          .getByRole('status')
          .filter({ hasText: /\d+ settings?/u }),
      );
      await hands.press('Escape');
    },
  },
  {
    screen: 'Settings',
    action: 'Go to a section',
    keys: 'Tab to it, ↑, ↓, Enter',
    by: async ({ page, hands }) => {
      await hands.to(page.getByRole('link', { name: 'Server', exact: true }));
      await hands.press('End');
      await hands.isAt(page.getByRole('link', { name: 'About', exact: true }));
      await hands.press('Home', 'Enter');
      await seen(page.getByRole('heading', { level: 2, name: 'Server' }));
    },
  },
  {
    screen: 'Settings',
    action: 'Change a choice, a switch, a list, a field',
    keys: 'Tab; arrow keys, Space, Enter, or type and Enter',
    by: async ({ page, hands }) => {
      await hands.choose(main(page).getByRole('radiogroup', { name: 'Log level' }), 'Warnings');
      await hands.choose(main(page).getByRole('radiogroup', { name: 'Log level' }), 'Info');
      await hands.to(page.getByRole('link', { name: 'Privacy', exact: true }));
      await hands.press('Enter');
      const record = main(page).getByRole('switch', { name: 'Record calls' });
      await hands.use(record, 'Space');
      await expect(record).not.toBeChecked();
      await hands.press('Space');
      await expect(record).toBeChecked();
      await hands.pick(button(page, /Share of calls$/u), /^10 %/u);
      await hands.pick(button(page, /Share of calls$/u), /^100 %/u);
    },
  },
  {
    screen: 'Settings',
    action: 'Choose who may connect',
    keys: 'Tab to “Listen on”, arrow keys',
    by: async ({ page, hands }) => {
      await hands.to(page.getByRole('link', { name: 'Server', exact: true }));
      await hands.press('Enter');
      const listen = main(page).getByRole('radiogroup', { name: 'Listen on' });
      await hands.choose(listen, 'Chosen networks too');
      await hands.choose(listen, 'This computer only');
    },
  },
  {
    screen: 'Settings',
    action: 'Make a token',
    keys: 'Tab to “New token”, Enter; type; Enter',
    by: async ({ page, hands }) => {
      await hands.to(button(page, /^New token/u));
      await hands.layer('dialog', async (dialog) => {
        await hands.to(dialog.getByRole('textbox').first());
        await hands.type('laptop');
      });
    },
  },
  {
    screen: 'Settings',
    action: 'Export and import',
    keys: 'Tab to the button, Enter',
    by: async ({ page, hands }) => {
      await hands.to(page.getByRole('link', { name: 'Advanced', exact: true }));
      await hands.press('Enter');
      const saved = page.waitForEvent('download');
      await hands.use(button(page, 'Export the preferences of this page'));
      await (await saved).cancel();
      const chooser = page.waitForEvent('filechooser');
      await hands.use(button(page, /^(?:Choose a file|Import)/u));
      await chooser;
    },
  },
];
