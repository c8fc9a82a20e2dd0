/** The screen of one model. */
import { expect, type Locator } from '@playwright/test';
import type { KeyboardAction } from './action.ts';
import { button, intoList, main, row, rows, seen } from './action.ts';

export const MODEL: readonly KeyboardAction[] = [
  {
    screen: 'Model, Versions',
    action: 'Open a model',
    keys: 'Enter on its row',
    sheet: ['Open the row'],
    by: async (world) => {
      const { page, hands } = world;
      await intoList(world, 'Models');
      await hands.press('Home');
      for (
        let steps = 0;
        steps < 6 && !(await row(page, 'pair').evaluate((at) => at === document.activeElement));
        steps += 1
      )
        await hands.press('ArrowDown');
      await hands.press('Enter');
      await seen(page.getByRole('heading', { level: 1, name: 'pair' }));
    },
  },
  {
    screen: 'Model, Versions',
    action: 'Change which versions are served, after a look at what happens then',
    keys: 'Tab to “Change policy”, Enter',
    by: async ({ page, hands }) => {
      await hands.to(button(page, 'Change policy'));
      await hands.layer(
        'dialog',
        async (sheet) => {
          await hands.choose(sheet.getByRole('radiogroup', { name: 'Which versions' }), 'All');
          await seen(sheet.getByText('v1 serves'));
          await hands.use(sheet.getByRole('button', { name: 'Apply' }));
        },
        { close: 'itself' },
      );
      await expect(page.locator('[data-lane="1"]')).toHaveAttribute('data-status', 'available');
    },
  },
  {
    screen: 'Model, Versions',
    action: 'Choose the stretch of time',
    keys: 'Tab to it, arrow keys; Z in a lane',
    sheet: ['Next stretch of time'],
    by: async ({ page, hands }) => {
      const window = main(page).getByRole('radiogroup', { name: 'Stretch of time' });
      await hands.choose(window, '1 min');
      await hands.to(page.locator('[data-lane="2"] [data-lane-name]'));
      await hands.press('z');
      await expect(window.getByRole('radio', { name: '10 min' })).toBeChecked();
    },
  },
  {
    screen: 'Model, Versions',
    action: 'Move between versions and along what happened',
    keys: 'Arrow keys, Home, End, Enter',
    sheet: [
      'Next or previous version',
      'Next or previous event',
      'First or last of them',
      'Show the event in the list below',
    ],
    by: async ({ page, hands }) => {
      await hands.press('ArrowDown');
      await hands.isAt(page.locator('[data-lane="1"] [data-lane-name]'));
      await hands.press('ArrowUp', 'ArrowRight');
      await hands.isAt(page.locator('[data-lane="2"] [data-marker]').first());
      await hands.press('End');
      await hands.isAt(page.locator('[data-lane="2"] [data-marker]').last());
      await hands.press('Home', 'ArrowRight', 'Enter');
      await seen(page.getByRole('grid', { name: /^What happened/u }));
      await hands.press('Home');
    },
  },
  {
    screen: 'Model, Versions',
    action: 'All that can be done with one version',
    keys: 'Tab to “Actions for version …”, Enter',
    by: async ({ page, hands }) => {
      await hands.to(page.getByRole('button', { name: 'Actions for version 2' }));
      await hands.layer('menu', (menu) => seen(menu.getByRole('menuitem', { name: /^Serve only/u })));
    },
  },
  {
    screen: 'Model, Versions',
    action: 'Unload or reload a version',
    keys: 'U, R in a lane',
    sheet: ['Unload it, or load it again', 'Reload it'],
    by: async ({ page, hands }) => {
      const lane = page.locator('[data-lane="1"]');
      await hands.to(lane.locator('[data-lane-name]'));
      const confirm = (name: string) => (dialog: Locator) =>
        hands.use(dialog.getByRole('button', { name, exact: true }));
      await hands.layer('dialog', confirm('Unload'), { open: 'u', close: 'itself' });
      await expect(lane).not.toHaveAttribute('data-status', 'available');
      await expect(lane).not.toHaveAttribute('data-status', 'unloading');
      await page.keyboard.press('u');
      await expect(lane).toHaveAttribute('data-status', 'available');
      await hands.isAt(lane.locator('[data-lane-name]'));
      await hands.layer('dialog', confirm('Reload'), { open: 'r', close: 'itself' });
      await expect(lane).toHaveAttribute('data-status', 'available');
    },
  },
  {
    screen: 'Model, Versions',
    action: 'Read what happened as a table',
    keys: 'Tab to the table, arrow keys',
    by: async (world) => {
      const { page, hands } = world;
      const grid = page.getByRole('grid', { name: /^What happened/u });
      await hands.to(grid.locator('[data-index][tabindex="0"]'));
      await hands.press('End', 'Home', 'ArrowDown');
      await hands.isAt(grid.locator('[data-index="1"]'));
    },
  },
  {
    screen: 'Model, Versions',
    action: 'Compare two versions, or open one in the Playground',
    keys: 'C, P in a lane',
    sheet: ['Compare it with the next one that serves'],
    by: async ({ page, hands }) => {
      await hands.to(page.locator('[data-lane="2"] [data-lane-name]'));
      await hands.press('c');
      await page.waitForURL(/compare=1/u);
      await hands.press('Alt+ArrowLeft');
      await page.goBack();
      await hands.to(page.locator('[data-lane="2"] [data-lane-name]'));
      await hands.press('p');
      await page.waitForURL(/#\/play\?model=pair&version=2/u);
      await page.goBack();
    },
  },
  {
    screen: 'Model, Overview',
    action: 'Read the facts, copy checksums',
    keys: 'Tab to “Overview”, Enter; Tab to each button',
    by: async ({ page, hands }) => {
      await hands.use(page.getByRole('link', { name: 'Overview' }));
      await seen(page.getByRole('heading', { name: 'Signature' }));
      await hands.use(button(page, 'Compute checksums'));
      await seen(main(page).getByText('Computed here').first());
      await hands.to(
        main(page)
          .getByRole('button', { name: /^Copy the /u })
          .first(),
      );
    },
  },
  {
    screen: 'Model, Graph',
    action: 'Search nodes, filter by operator, open one',
    keys: '/, type; Tab to an operator, Enter; arrow keys, Enter in the table; Esc closes',
    by: async ({ page, hands }) => {
      await hands.use(page.getByRole('link', { name: 'Graph' }));
      const nodes = rows(page, 'Nodes');
      await seen(nodes.first());
      const all = await nodes.count();
      await hands.press('/');
      await page.keyboard.type('op:Mul');
      await expect.poll(() => nodes.count()).toBeLessThan(all);
      await hands.press('Escape');
      await expect(nodes).toHaveCount(all);
      await hands.use(page.getByRole('list', { name: 'Operators' }).getByRole('button').first());
      await hands.press('Enter');
      await expect(nodes).toHaveCount(all);
      await hands.to(page.locator('[role="grid"][aria-label="Nodes"] [data-index][tabindex="0"]'));
      await hands.press('Enter');
      await seen(page.getByRole('complementary', { name: 'Details' }));
      await hands.press('Escape');
      await expect(page.getByRole('complementary', { name: 'Details' })).toBeHidden();
      await hands.isAt(page.getByRole('grid', { name: 'Nodes' }));
    },
  },
  {
    screen: 'Model, Graph',
    action: 'Read the weights, sorted',
    keys: 'Tab to “Nodes”, arrow keys; Tab to a header, Enter',
    by: async ({ page, hands }) => {
      await hands.choose(main(page).getByRole('radiogroup', { name: 'What to show' }), 'Weights');
      await hands.use(page.getByRole('grid', { name: 'Weights' }).getByRole('button', { name: 'Size' }));
    },
  },
  {
    screen: 'Model, Graph',
    action: 'Move and zoom the drawing, look at the selected node',
    keys: 'Arrow keys, Shift+arrow keys, +, -, 0, Enter',
    sheet: [
      'Move the drawing',
      'Move it further',
      'Zoom in or out',
      'Fit it into the window',
      'Details of the selected node',
    ],
    by: async ({ page, hands }) => {
      await hands.choose(main(page).getByRole('radiogroup', { name: 'What to show' }), 'Nodes');
      await hands.to(page.locator('[role="grid"][aria-label="Nodes"] [data-index][tabindex="0"]'));
      await hands.press('Enter');
      await hands.choose(main(page).getByRole('radiogroup', { name: 'What to show' }), 'Drawing');
      const drawing = page.getByRole('application');
      await expect(drawing).toHaveAttribute('data-phase', 'done');
      await hands.to(drawing);
      const looks: string[] = [];
      for (const key of ['0', '+', 'ArrowLeft', 'Shift+ArrowDown', '-', '0']) {
        await hands.press(key);
        await expect.poll(() => pixels(drawing), `${key} changes the drawing`).not.toBe(looks.at(-1));
        looks.push(await settled(drawing));
      }
      await hands.press('Enter');
      await hands.isAt(page.getByRole('complementary', { name: 'Details' }));
      await hands.press('Escape');
      await hands.isAt(drawing);
      for (const name of ['Zoom in', 'Zoom out', /SVG/u]) await hands.to(button(page, name));
    },
  },
];

/** What a canvas shows, in short. */
const pixels = (canvas: Locator): Promise<string> =>
  canvas.evaluate((element) => (element instanceof HTMLCanvasElement ? element.toDataURL() : ''));

/** The same when nothing moves any more. */
async function settled(canvas: Locator): Promise<string> {
  let last = await pixels(canvas);
  await expect
    .poll(async () => {
      const now = await pixels(canvas);
      const isStill = now === last;
      last = now;
      return isStill;
    })
    .toBe(true);
  return last;
}
