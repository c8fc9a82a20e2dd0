import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect as baseExpect, type Page } from '@playwright/test';
import { externalDataModel } from '../scripts/samples/sample-models.ts';
import { expectAccessible, expectNoSidewaysScroll, skipWelcome } from './testing/page.ts';
import { startSlipway, temporaryDirectory, type Slipway } from './testing/slipway.ts';
import { test as base } from './testing/test.ts';

/** The page of components takes long to come on a machine that does other things too. */
const expect = baseExpect.configure({ timeout: 20_000 });

const test = base.extend<{ server: Slipway }>({
  async server({ page }, use) {
    await using directory = await temporaryDirectory();
    await using server = await startSlipway({ dataDirectory: directory.path });
    await server.untilStatus('half_plus_three', ([first]) => first?.state === 'AVAILABLE');
    await use(server);
    // It has nothing to show of a server that is gone.
    await page.close();
  },
});

/** Opens the page on the list of models, past the welcome screen. */
async function open(page: Page, server: Slipway): Promise<void> {
  await skipWelcome(page);
  await page.goto(server.signInUrl);
  await expect(page.getByRole('heading', { name: 'Models', exact: true })).toBeVisible();
  await expect(page.locator('[data-model="half_plus_three"]').getByText('Available')).toBeVisible();
}

const palette = (page: Page) => page.getByRole('dialog', { name: 'Command palette' });
const root = (page: Page) => page.locator('html');

test('from the first start to a prediction in three clicks, and the welcome never comes again', async ({
  page,
  server,
}) => {
  await page.goto(server.signInUrl);
  await expect(page.getByRole('heading', { name: 'Serve models from this computer' })).toBeVisible();
  await expect(page.getByText('No telemetry')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Open the Playground' }).click();
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(page.getByText('200 OK')).toBeVisible();

  await page.goto(`${server.uiOrigin}/`);
  await expect(page.getByRole('heading', { name: 'Models', exact: true })).toBeVisible();
});

test('the other two ways in lead to the dialog that adds, and to a new connection', async ({ page, server }) => {
  await page.goto(server.signInUrl);
  await page.getByRole('link', { name: 'Choose a folder' }).click();
  await expect(page.getByRole('dialog').getByRole('combobox')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  expect(new URL(page.url()).hash).toBe('#/models');

  await page.goto(`${server.uiOrigin}/#/welcome`);
  await page.getByRole('link', { name: 'Connect a store' }).click();
  await expect(page.getByRole('heading', { name: 'Sources' }).first()).toBeVisible();
});

test('the palette finds and runs, remembers, and gives the focus back', async ({ page, server }) => {
  await open(page, server);
  const filter = page.getByRole('textbox', { name: 'Filter models' });
  await filter.focus();
  await page.keyboard.press('Control+k');
  await expect(palette(page).getByRole('combobox')).toBeFocused();
  await expect(palette(page).getByRole('option', { name: 'Go to logs' })).toContainText('Ctrl+5');
  await expectAccessible(page);
  await page.keyboard.press('Control+k');
  await expect(palette(page)).toHaveCount(0);
  await expect(filter).toBeFocused();

  await page.keyboard.press('Control+k');
  await page.keyboard.type('compact');
  await page.keyboard.press('Enter');
  await expect(root(page)).toHaveAttribute('data-density', 'compact');
  await expect(palette(page)).toHaveCount(0);
  await expect(filter).toBeFocused();

  await page.keyboard.press('Control+k');
  await page.keyboard.type('three v123');
  await expect(palette(page).getByRole('option').first()).toContainText('half_plus_three v123');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/#\/models\/half_plus_three\/123$/u);

  await page.keyboard.press('Control+k');
  const recent = palette(page).getByRole('group', { name: 'Recent' }).getByRole('option');
  await expect(recent).toContainText(['half_plus_three v123', 'Switch between compact and comfortable']);
  await page.keyboard.type('no such thing');
  await expect(palette(page).getByText('Nothing matches “no such thing”.')).toBeVisible();
  await expectAccessible(page);

  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+1');
  await expect(filter).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('filter this');
  await page.keyboard.press('Enter');
  await expect(filter).toBeFocused();
});

test('everything is reached by keys, which do nothing where somebody types or a layer is open', async ({
  page,
  server,
}) => {
  await open(page, server);
  const screens = ['models', 'play', 'traffic', 'sources', 'logs', 'settings'];
  for (const [index, screen] of screens.entries()) {
    await page.keyboard.press(`Control+${index + 1}`);
    await expect(page).toHaveURL(new RegExp(`#/${screen}`, 'u'));
    await expect(page.getByRole('navigation', { name: 'Screens' }).locator('[aria-current=page]')).toHaveCount(1);
  }
  await page.keyboard.press('Control+1');
  const filter = page.getByRole('textbox', { name: 'Filter models' });
  await expect(filter).toBeVisible();
  await page.keyboard.press('/');
  await expect(filter).toBeFocused();
  await page.keyboard.type('a?/b');
  await expect(filter).toHaveValue('a?/b');
  await page.keyboard.press('Tab');
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(sheet).toContainText('Ctrl+K');
  await expectAccessible(page);
  await page.keyboard.press('Control+5');
  await expect(page).toHaveURL(/#\/models/u);
  await page.keyboard.press('Escape');
  await expect(sheet).toHaveCount(0);
  // The layer went first; the filter is next.
  expect(page.url()).toContain('q=');
  await page.keyboard.press('Escape');
  await expect(filter).toHaveValue('');

  const regionOfFocus = () =>
    page.evaluate(() => document.activeElement?.closest<HTMLElement>('[data-region]')?.dataset['region']);
  const visited: (string | undefined)[] = [];
  for (const key of ['F6', 'F6', 'F6', 'Shift+F6']) {
    await page.keyboard.press(key);
    visited.push(await regionOfFocus());
  }
  // From the filter, which is in the main part.
  expect(visited).toEqual(['status', 'rail', 'main', 'rail']);
});

test('a running task is in sight on every screen, says how far it is, and can be stopped', async ({ page }) => {
  await using directory = await temporaryDirectory();
  const { model, weights } = externalDataModel(1, 'weights.bin');
  const files = [
    { name: 'model.onnx', bytes: model },
    { name: 'weights.bin', bytes: weights },
  ].map(({ name, bytes }) => ({
    name,
    size: bytes.length,
    checksum: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
  }));
  // Half of the weights come, and then nothing: a download that stands still, for as long as the test needs.
  const web = createServer((request, response) => {
    if (request.url === '/m/manifest.json')
      response.end(JSON.stringify({ formatVersion: 1, versions: { 1: { files } } }));
    else if (request.url === '/m/1/model.onnx') response.end(model);
    else {
      response.writeHead(200, { 'content-length': weights.length });
      response.write(weights.subarray(0, weights.length / 2));
    }
  }).listen(0, '127.0.0.1');
  await once(web, 'listening');
  const address = web.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  try {
    await using server = await startSlipway({
      dataDirectory: directory.path,
      flags: [
        '--model_name=slow',
        `--model_base_path=http://127.0.0.1:${address.port}/m/manifest.json`,
        '--version_settle_millis=0',
        '--max_num_load_retries=0',
      ],
    });
    // With a model of one's own there is nothing to welcome to.
    await page.goto(server.signInUrl);
    await expect(page).toHaveURL(/#\/models/u);
    await page.keyboard.press('Control+5');
    const button = page.getByRole('contentinfo').getByRole('button', { name: /slow v1/u });
    await expect(button).toBeVisible();
    await button.click();
    const tasks = page.getByRole('dialog', { name: 'Tasks' });
    const running = tasks.getByRole('region', { name: 'Running' });
    await expect(running.getByRole('progressbar')).toHaveAttribute('aria-valuetext', / of /u);
    await expectAccessible(page);
    await running.getByRole('button', { name: /^Cancel/u }).click();
    await expect(tasks.getByRole('region', { name: 'Ended' })).toContainText(/Cancelled|Failed/u);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('contentinfo').getByRole('button', { name: 'Tasks' })).toBeFocused();
  } finally {
    web.closeAllConnections();
    web.close();
  }
});

const LOOKS = [
  { name: 'light', scheme: 'light', contrast: 'no-preference', choice: {} },
  { name: 'dark', scheme: 'dark', contrast: 'no-preference', choice: {} },
  { name: 'light with high contrast of the system', scheme: 'light', contrast: 'more', choice: {} },
  {
    name: 'dark with high contrast by choice',
    scheme: 'dark',
    contrast: 'no-preference',
    choice: { contrast: 'more' },
  },
] as const;

for (const { name, scheme, contrast, choice } of LOOKS) {
  test(`every component is accessible in ${name}`, async ({ page, server }) => {
    // There is much to look at on the page of components.
    test.setTimeout(180_000);
    await page.emulateMedia({ colorScheme: scheme, contrast });
    await page.addInitScript((choices: Readonly<Record<string, string>>) => {
      for (const [key, value] of Object.entries(choices)) localStorage.setItem(`slipway.${key}`, value);
    }, choice);
    await open(page, server);
    await page.goto(`${server.uiOrigin}/#/design`);
    await expect(page.locator('.cm-content')).toHaveCount(2);
    await expectAccessible(page);
    for (const button of ['Dialog', 'Typed confirm', 'Sheet', 'Popover', 'Menu']) {
      const role = button === 'Menu' ? 'menu' : 'dialog';
      await page.getByRole('button', { name: button, exact: true }).click();
      await expect(page.getByRole(role)).toBeVisible();
      await expectAccessible(page, `[role=${role}]`);
      await page.keyboard.press('Escape');
      await expect(page.getByRole(role)).toHaveCount(0);
      await expect(page.getByRole('button', { name: button, exact: true })).toBeFocused();
    }
    await page.goto(`${server.uiOrigin}/#/welcome`);
    await expect(page.getByRole('link', { name: 'Choose a folder' })).toBeVisible();
    await expectAccessible(page);
  });
}

test('what was chosen of theme, contrast and density is there before the page is drawn', async ({ page, server }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await open(page, server);
  await page.goto(`${server.uiOrigin}/#/design`);
  const table = page.getByRole('grid', { name: 'Requests' });
  const rowHeight = async () => (await table.locator('[data-index="0"]').boundingBox())?.height;
  expect(await rowHeight()).toBe(32);
  await page.getByRole('radio', { name: 'Compact' }).click();
  await expect.poll(rowHeight).toBe(26);
  await page.getByRole('radio', { name: 'Dark', exact: true }).click();
  await page.getByRole('radio', { name: 'More' }).click();
  await page.addInitScript(() => {
    // The page's own script is a module, so nothing of it has run yet.
    document.addEventListener('readystatechange', () => {
      if (document.readyState === 'interactive')
        Reflect.set(window, 'lookAtStart', Object.fromEntries(Object.entries(document.documentElement.dataset)));
    });
  });
  await page.reload();
  expect(await page.evaluate(() => Reflect.get(window, 'lookAtStart'))).toEqual({
    theme: 'dark',
    contrast: 'more',
    density: 'compact',
  });
  await expect(page.locator('body')).toHaveCSS('background-color', 'rgb(0, 0, 0)');
});

test('lists of any length go by keys, keep their place, and follow', async ({ page, server }) => {
  await open(page, server);
  await page.goto(`${server.uiOrigin}/#/design`);
  const table = page.getByRole('grid', { name: 'Requests' });
  await expect(table).toHaveAttribute('aria-rowcount', '50001');
  await table.locator('[data-index="0"]').focus();
  const focusedRow = () => page.evaluate(() => document.activeElement?.getAttribute('aria-rowindex'));
  for (const [key, row] of [
    ['ArrowDown', '3'],
    ['End', '50001'],
    ['ArrowUp', '50000'],
    ['Home', '2'],
    ['PageDown', '7'],
  ] as const) {
    await page.keyboard.press(key);
    await expect.poll(focusedRow, { message: key }).toBe(row);
  }
  expect(await table.getByRole('row').count()).toBeLessThan(60);
  await page.keyboard.press('Space');
  await expect(page.locator('[aria-rowindex="7"][aria-selected=true]')).toBeVisible();
  await table.getByRole('button', { name: 'Total' }).click();
  await expect(table.getByRole('columnheader', { name: 'Total' })).toHaveAttribute('aria-sort', 'ascending');

  const lines = page.getByRole('grid', { name: 'Lines' });
  await expect(lines.getByText('line 199', { exact: true })).toBeInViewport();
  await page.getByRole('button', { name: '5 behind' }).click();
  await expect(lines.getByText('line 204', { exact: true })).toBeInViewport();
  await lines.hover();
  await page.mouse.wheel(0, -600);
  await expect(page.getByText('follow: paused')).toBeVisible();
  const topLine = () =>
    lines.evaluate((list) => {
      const top = list.getBoundingClientRect().top;
      return [...list.querySelectorAll('[role=row]')]
        .map((row) => ({ text: row.textContent, top: row.getBoundingClientRect().top - top }))
        .find((row) => row.top >= 0);
    });
  const before = await topLine();
  await page.getByRole('button', { name: '50 before' }).click();
  await expect.poll(async () => (await topLine())?.text).toBe(before?.text);
  expect(Math.abs(((await topLine())?.top ?? 0) - (before?.top ?? 0))).toBeLessThan(2);
  await page.getByRole('button', { name: '5 behind' }).click();
  await page.getByRole('button', { name: '5 new' }).click();
  await expect(lines.getByText('line 209', { exact: true })).toBeInViewport();
  await expect(page.getByText('follow: on')).toBeVisible();
});

const PLACES = [
  '/welcome',
  '/models',
  '/play?model=half_plus_three',
  '/traffic',
  '/sources',
  '/logs',
  '/settings',
  '/design',
];

test('at 200 % zoom everything fits the width, and what opens fits the height', async ({ page, server }) => {
  await page.setViewportSize({ width: 640, height: 400 });
  await open(page, server);
  for (const place of PLACES) {
    await page.goto(`${server.uiOrigin}/#${place}`);
    await expect(page.getByRole('main')).toBeVisible();
    await expectNoSidewaysScroll(page);
  }
  for (const key of ['Control+k', '?']) {
    await page.keyboard.press(key);
    const box = await page.getByRole('dialog').boundingBox();
    expect((box?.y ?? -1) + (box?.height ?? 0)).toBeLessThanOrEqual(400);
    expect(box?.y).toBeGreaterThanOrEqual(0);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  }
});

test('from right to left the frame is mirrored and nothing is pushed out', async ({ page, server }) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await open(page, server);
  await page.evaluate(() => (document.documentElement.dir = 'rtl'));
  for (const place of PLACES) {
    await page.goto(`${server.uiOrigin}/#${place}`);
    const rail = await page.getByRole('navigation', { name: 'Screens' }).boundingBox();
    expect((rail?.x ?? 0) + (rail?.width ?? 0)).toBe(1280);
    await expectNoSidewaysScroll(page);
  }
});

/** Every colour is the new one as soon as the system's theme is another. */
async function expectNothingFades(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme });
  const fading = await page.evaluate(
    () => document.getAnimations().filter((animation) => animation instanceof CSSTransition).length,
  );
  expect(fading).toBe(0);
}

test('nothing moves for whoever wants no motion', async ({ page, server }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page, server);
  await page.goto(`${server.uiOrigin}/#/design`);
  const spinner = page.locator('.animate-spin').first();
  await expect(spinner).toHaveCSS('animation-iteration-count', '1');
  await expectNothingFades(page, 'dark');
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  await expect(spinner).toHaveCSS('animation-iteration-count', 'infinite');
  await page.getByRole('radio', { name: 'Reduced' }).click();
  await expect(spinner).toHaveCSS('animation-iteration-count', '1');
  await expectNothingFades(page, 'light');
});
