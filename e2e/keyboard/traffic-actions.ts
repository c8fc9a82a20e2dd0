/** Traffic and Logs. */
import { expect } from '@playwright/test';
import type { KeyboardAction } from './action.ts';
import { button, intoList, main, rows, seen } from './action.ts';

export const TRAFFIC: readonly KeyboardAction[] = [
  {
    screen: 'Traffic',
    action: 'Filter the requests by text, model, status and time',
    keys: '/, type, Esc; Tab, Enter, arrow keys',
    by: async ({ page, hands }) => {
      await hands.screen('3', 'Traffic');
      await hands.press('/');
      await hands.isAt(page.getByRole('textbox', { name: 'Filter requests' }));
      await page.keyboard.type('nothing of the kind');
      await seen(page.getByRole('heading', { name: 'No request matches' }));
      await hands.press('Escape');
      await seen(rows(page, 'Requests').first());
      await hands.pick(button(page, /Model$/u), 'pair');
      await hands.pick(button(page, /Model$/u), 'All models');
      await hands.pick(button(page, /Status$/u), /^2xx|OK/u);
      await hands.pick(button(page, /Status$/u), 'Any status');
      await hands.choose(main(page).getByRole('radiogroup', { name: 'Time shown' }), '15 min');
      await hands.choose(main(page).getByRole('radiogroup', { name: 'Time shown' }), '5 min');
    },
  },
  {
    screen: 'Traffic',
    action: 'Follow new requests',
    keys: 'Tab to “Follow”, Space; F in the list',
    sheet: ['Follow new requests'],
    by: async (world) => {
      const { page, hands } = world;
      const follow = main(page).getByRole('switch', { name: 'Follow' });
      await hands.to(follow);
      for (const checked of [!(await follow.isChecked()), await follow.isChecked()]) {
        await hands.press('Space');
        await expect(follow).toBeChecked({ checked });
      }
      // The newest is in view, and what the letter does can be seen.
      await intoList(world, 'Requests');
      await hands.press('End');
      const checked = !(await follow.isChecked());
      await hands.press('f');
      await expect(follow).toBeChecked({ checked });
      await hands.press('f');
    },
  },
  {
    screen: 'Traffic',
    action: 'Choose what is recorded of a request',
    keys: 'Tab to “Bodies off”, Enter; Tab, Space',
    by: async ({ page, hands }) => {
      await hands.to(button(page, 'Bodies off'));
      await hands.layer('dialog', (popover) =>
        hands.use(popover.getByRole('switch', { name: 'Record bodies too' }), 'Space'),
      );
      await seen(button(page, /^Bodies on/u));
    },
  },
  {
    screen: 'Traffic',
    action: 'Mark a time in the chart, instead of dragging',
    keys: 'Tab to the chart, Enter, arrow keys, Shift+arrow keys, Home, End; Esc',
    sheet: [
      'Mark the newest part',
      'Move what is marked',
      'Move its end',
      'To the oldest or newest time',
      'Mark nothing',
    ],
    by: async ({ page, hands }) => {
      const brush = page.getByRole('slider', { name: 'Time to show requests of' });
      await hands.to(brush);
      const none = await brush.getAttribute('aria-valuetext');
      await hands.press('Enter');
      await expect(brush).not.toHaveAttribute('aria-valuetext', none ?? '');
      await hands.press('ArrowLeft', 'Shift+ArrowLeft', 'Home');
      await expect(brush).toHaveAttribute('aria-valuenow', '0');
      await hands.press('End', 'Escape');
      await expect(brush).toHaveAttribute('aria-valuetext', none ?? '');
    },
  },
  {
    screen: 'Traffic',
    action: 'Read a chart as a table',
    keys: 'Tab to “Latency, as a table”, Enter',
    by: async ({ page, hands }) => {
      await hands.use(page.locator('summary').first());
      await seen(main(page).getByRole('figure', { name: 'Latency' }).getByRole('table'));
      await hands.press('Enter');
    },
  },
  {
    screen: 'Traffic',
    action: 'Open a request',
    keys: 'Arrow keys, Enter',
    by: async (world) => {
      const { hands } = world;
      await intoList(world, 'Requests');
      await hands.press('Home', 'ArrowDown', 'ArrowUp');
      await hands.layer('dialog', (sheet) => hands.to(sheet.getByRole('button', { name: 'Requests around it' })));
    },
  },
  {
    screen: 'Traffic',
    action: 'Only errors; only what came around the same time',
    keys: 'E, T in the list',
    sheet: ['Only errors', 'What came around the same time'],
    by: async (world) => {
      const { page, hands } = world;
      await intoList(world, 'Requests');
      await hands.press('End', 't');
      await page.waitForURL(/from=|range=|since=/u);
      await hands.to(page.getByRole('slider', { name: 'Time to show requests of' }));
      await hands.press('Escape');
      await intoList(world, 'Requests');
      await page.keyboard.press('e');
      await seen(button(page, /errors?.*Status$/iu));
      await hands.pick(button(page, /Status$/u), 'Any status');
    },
  },
  {
    screen: 'Traffic',
    action: 'Replay a request in the Playground',
    keys: 'R in the list',
    sheet: ['Replay the request in the Playground'],
    by: async (world) => {
      const { page, hands } = world;
      await hands.screen('2', 'Playground');
      await hands.pick(button(page, /Model$/u), 'pair');
      await hands.press('ControlOrMeta+Enter');
      await seen(main(page).getByText('200 OK'));
      await hands.screen('3', 'Traffic');
      await intoList(world, 'Requests');
      await hands.press('End', 'r');
      await page.waitForURL(/#\/play\?model=pair/u);
      await hands.isAt(main(page));
      await hands.screen('3', 'Traffic');
    },
  },
  {
    screen: 'Load test',
    action: 'Run one, stop it, look at its report',
    keys: 'Tab to “Load test”, Enter; Tab through the form, Enter',
    by: async ({ page, hands }) => {
      await hands.to(button(page, 'Load test'));
      await hands.layer('dialog', async (sheet) => {
        await hands.pick(sheet.getByRole('button', { name: /Model$/u }), 'pair');
        await hands.to(sheet.getByRole('textbox', { name: 'Duration' }));
        await hands.type('60');
        await hands.use(sheet.getByRole('button', { name: 'Start load test' }));
        const stop = sheet.getByRole('button', { name: 'Stop now' });
        await seen(stop);
        await hands.use(stop);
        await seen(sheet.getByText('Stopped', { exact: true }).first());
      });
    },
  },
  {
    screen: 'Traffic',
    action: 'Save the requests, forget them',
    keys: 'Tab to “Save requests …”, Tab to “Forget all requests”, Enter',
    by: async ({ page, hands }) => {
      const saved = page.waitForEvent('download');
      await hands.use(button(page, 'Save requests as JSON lines'));
      await (await saved).cancel();
      await hands.to(button(page, 'Forget all requests'));
      await hands.layer('dialog', (dialog) => hands.to(dialog.getByRole('button', { name: 'Forget requests' })));
    },
  },
];

export const LOGS: readonly KeyboardAction[] = [
  {
    screen: 'Logs',
    action: 'Search, and go from hit to hit',
    keys: '/, type; Tab to “Next hit”, Enter; N, P in the list',
    sheet: ['Next hit', 'Previous hit'],
    by: async (world) => {
      const { page, hands } = world;
      await hands.screen('5', 'Logs');
      await hands.press('/');
      await hands.isAt(page.getByRole('textbox', { name: 'Search the log' }));
      await page.keyboard.press('ControlOrMeta+a');
      await page.keyboard.type('loaded');
      const hits = main(page).getByText(/hits$/u);
      await seen(hits);
      await intoList(world, 'Log lines');
      await hands.press('n');
      await seen(main(page).getByText(/^\d+ of \d+ hits$/u));
      const first = await hits.textContent();
      await hands.press('p');
      await expect(hits).not.toHaveText(first ?? '');
      await hands.use(button(page, /^Next hit/u));
      await expect(hits).toHaveText(first ?? '');
    },
  },
  {
    screen: 'Logs',
    action: 'Show only the hits',
    keys: 'Tab to “Highlight”, arrow keys, Space',
    by: async ({ page, hands }) => {
      await hands.choose(main(page).getByRole('radiogroup', { name: 'What a search does' }), 'Filter');
      await hands.choose(main(page).getByRole('radiogroup', { name: 'What a search does' }), 'Highlight');
      await hands.press('/', 'Escape');
    },
  },
  {
    screen: 'Logs',
    action: 'Follow new lines, wrap long ones',
    keys: 'F, W, End in the list; or Tab to the buttons',
    sheet: ['Follow new lines', 'Wrap long lines', 'Last line, and follow'],
    by: async (world) => {
      const { page, hands } = world;
      const follow = main(page).getByRole('switch', { name: 'Follow new lines' });
      await hands.to(follow);
      if (await follow.isChecked()) await hands.press('Space');
      await intoList(world, 'Log lines');
      await hands.press('f');
      await expect(follow).toBeChecked();
      await hands.press('w');
      await expect(button(page, 'Wrap long lines')).toHaveAttribute('aria-pressed', 'true');
      await hands.press('w', 'Home', 'PageDown', 'PageUp');
      await hands.to(follow);
      // To go up in the list has switched it off already, where there was a way up.
      if (await follow.isChecked()) await hands.press('Space');
      await expect(follow).not.toBeChecked();
      await intoList(world, 'Log lines');
      await hands.press('End');
      await expect(follow).toBeChecked();
    },
  },
  {
    screen: 'Logs',
    action: 'Open a line',
    keys: 'Enter on it',
    by: async (world) => {
      const { hands } = world;
      await intoList(world, 'Log lines');
      await hands.press('ArrowUp');
      await hands.layer('dialog', (sheet) => hands.to(sheet.getByRole('button', { name: /^Copy/u }).first()));
    },
  },
  {
    screen: 'Logs',
    action: 'Copy or save what is shown',
    keys: 'Tab to “Copy shown lines” or “Save shown lines”, Enter',
    by: async ({ page, hands }) => {
      await hands.use(
        main(page)
          .getByRole('button', { name: /shown lines|Copied/u })
          .first(),
      );
      const saved = page.waitForEvent('download');
      await hands.use(button(page, 'Save shown lines'));
      await (await saved).cancel();
    },
  },
];
