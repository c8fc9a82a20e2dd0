import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, type Page } from '@playwright/test';
import { affineModel, corrupted } from '../scripts/samples/sample-models.ts';
import { expectAccessible, expectNoSidewaysScroll, skipWelcome } from './testing/page.ts';
import { startSlipway, temporaryDirectory, writeVersion, type Slipway } from './testing/slipway.ts';
import { test as base } from './testing/test.ts';

const halfPlus = (offset: number) => affineModel({ scale: 0.5, offset });
const QUICK = ['--version_settle_millis=100', '--max_num_load_retries=1'];

interface World {
  readonly directory: string;
  readonly server: Slipway;
  /** Starts another server on the same settings after the first was stopped. */
  restart(): Promise<Slipway>;
  /** What the browser complained about: broken policy, console errors, uncaught exceptions. */
}

const test = base.extend<{ world: World }>({
  world: async ({ page }, use) => {
    await using directory = await temporaryDirectory();
    const dataDirectory = join(directory.path, 'data');
    const servers = [await startSlipway({ dataDirectory, flags: QUICK })];
    await skipWelcome(page);
    try {
      await use({
        directory: directory.path,
        server: servers[0] ?? (await Promise.reject(new Error('no server'))),
        async restart() {
          const server = await startSlipway({ dataDirectory, flags: QUICK });
          servers.push(server);
          return server;
        },
      });
    } finally {
      for (const server of servers) await server[Symbol.asyncDispose]();
    }
  },
});

const row = (page: Page, model: string) => page.locator(`[data-model="${model}"]`);

async function addFolder(page: Page, path: string): Promise<void> {
  await page.getByRole('button', { name: 'Add folder' }).first().click();
  await page.getByRole('dialog').getByRole('combobox').fill(path);
}

test('a prediction is made in the playground from the form', async ({ page, world }) => {
  await page.goto(world.server.signInUrl);
  await expect(row(page, 'half_plus_three').getByText('Available')).toBeVisible();
  await expect(row(page, 'half_plus_two')).toContainText('v2');
  await expectAccessible(page);

  await page.getByRole('link', { name: 'Play: half_plus_three' }).click();
  await page.getByLabel('x[0]').fill('10');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(page.getByText('200 OK')).toBeVisible();
  await expect(page.getByText('answered by')).toContainText('v123');
  await expect(page.getByRole('region', { name: 'Output' }).getByRole('cell')).toHaveText(['8.0', '4.0', '5.5']);
  await expectAccessible(page);
});

test('form and JSON are two views of one request', async ({ page, world }) => {
  await page.goto(world.server.signInUrl);
  await row(page, 'half_plus_three').getByText('Available').waitFor();
  await page.goto(`${world.server.uiOrigin}/#/play?model=half_plus_three`);
  await page.getByLabel('x[2]').fill('-7.25');
  await page.getByText('JSON', { exact: true }).first().click();
  const body = page.getByRole('textbox', { name: 'Request body' });
  await expect(body).toContainText('-7.25');
  await body.fill('{"instances": [1.5, 2.5]}');
  await page.getByText('Form', { exact: true }).click();
  await expect(page.getByLabel('x[1]')).toHaveValue('2.5');
  await expect(page.getByLabel('x[2]')).toHaveCount(0);
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('region', { name: 'Output' }).getByRole('cell')).toHaveText(['3.75', '4.25']);
});

test('what the server refuses is shown and the request is kept', async ({ page, world }) => {
  await page.goto(world.server.signInUrl);
  await row(page, 'half_plus_three').getByText('Available').waitFor();
  await page.goto(`${world.server.uiOrigin}/#/play?model=half_plus_three`);
  await page.getByText('JSON', { exact: true }).first().click();
  const body = page.getByRole('textbox', { name: 'Request body' });
  await body.fill('{"instances": [1.5, "two"]}');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText('400 Bad request')).toBeVisible();
  await expect(page.getByText(/is not of expected type: float/u).first()).toBeVisible();
  await expect(body).toContainText('{"instances": [1.5, "two"]}');
});

test('the copied curl line gives the same answer in a shell', async ({ page, world }) => {
  test.skip(process.platform === 'win32', 'a bash line');
  await page.goto(world.server.signInUrl);
  await row(page, 'half_plus_three').getByText('Available').waitFor();
  await page.goto(`${world.server.uiOrigin}/#/play?model=half_plus_three`);
  const line = await page.locator('pre', { hasText: 'curl' }).innerText();
  const { stdout } = await promisify(execFile)('bash', ['-c', `${line} --silent`]);
  expect(JSON.parse(stdout)).toEqual({ predictions: [3.5, 4, 5.5] });
});

test('a folder is looked at before it is added, kept over a restart, and removed with a way back', async ({
  page,
  world,
}) => {
  const model = join(world.directory, 'my models', 'résnet');
  await writeVersion(model, 7, halfPlus(1));
  await mkdir(join(model, 'notes'));
  await writeFile(join(model, 'readme.txt'), 'x');
  await page.goto(world.server.signInUrl);
  await addFolder(page, model);
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText('would be served', { exact: false })).toBeVisible();
  await expect(dialog.getByText('readme.txt')).toBeVisible();
  await expect(dialog.getByText('notes')).toBeVisible();
  await dialog.getByRole('textbox', { name: /^Name of/u }).fill('resnet');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(row(page, 'resnet').getByText('Available')).toBeVisible();
  expect(await world.server.predict('resnet', { instances: [2] })).toMatchObject({ status: 200, version: '7' });

  expect(await world.server.stop()).toEqual({ code: 0, signal: null });
  const second = await world.restart();
  await page.goto(second.signInUrl);
  await expect(row(page, 'resnet').getByText('Available')).toBeVisible();

  await page.getByRole('button', { name: 'More for resnet' }).click();
  await page.getByRole('menuitem', { name: /Remove/u }).click();
  await expect(row(page, 'resnet')).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(row(page, 'resnet')).toBeVisible();

  await page.getByRole('button', { name: 'More for resnet' }).click();
  await page.getByRole('menuitem', { name: /Remove/u }).click();
  // After the time for undoing, the server forgets it too.
  await expect
    .poll(async () => (await second.predict('resnet', { instances: [2] })).status, { timeout: 20_000 })
    .toBe(404);
});

test('a path that leads nowhere says what was looked for', async ({ page, world }) => {
  await page.goto(world.server.signInUrl);
  await addFolder(page, join(world.directory, 'nothing here'));
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText(/nothing here/u).first()).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Add', exact: true })).toBeDisabled();
  await expectAccessible(page);
});

test('each step of a new version is shown with its reason, and why a corrupt one does not serve', async ({
  page,
  world,
}) => {
  const model = join(world.directory, 'm');
  await writeVersion(model, 1, halfPlus(1));
  await page.goto(world.server.signInUrl);
  await addFolder(page, model);
  await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click();
  await expect(row(page, 'm').getByText('Available')).toBeVisible();

  // Half a file, growing no further: it waits, and says for what.
  const bytes = halfPlus(2);
  await mkdir(join(model, '2'));
  await writeFile(join(model, '2', 'model.onnx'), bytes.subarray(0, bytes.length / 2));
  await expect(row(page, 'm').getByText('Discovered', { exact: true })).toBeVisible();
  await expect(row(page, 'm')).toContainText(/waiting: model\.onnx/u);
  await writeFile(join(model, '2', 'model.onnx'), bytes);
  const version = (number: number) =>
    page
      .getByRole('list', { name: 'Versions of m' })
      .getByRole('listitem')
      .filter({ hasText: new RegExp(`^version v${number}\\D`, 'u') });
  await expect(version(2).getByText('Available')).toBeVisible();

  await writeVersion(model, 3, corrupted(halfPlus(3)));
  const third = version(3);
  await expect(third).toContainText(/fail/iu);
  await expect(third).toContainText('model.onnx');
  await expect(version(2).getByText('Available')).toBeVisible();
  expect(await world.server.predict('m', { instances: [2] })).toMatchObject({ status: 200, version: '2' });
  await expectAccessible(page);

  // The timeline tells the same story.
  await page.getByRole('button', { name: 'Details: m', exact: true }).click();
  await expect(row(page, 'm')).toContainText(/v1.*v2|v2.*v1/su);
  await rm(join(model, '3'), { recursive: true });
  await expect(version(3)).not.toContainText(/retry/iu);
});

test('a lost server is told at once, with the age of what is shown', async ({ page, world }) => {
  await page.goto(world.server.signInUrl);
  await row(page, 'half_plus_three').getByText('Available').waitFor();
  await world.server.stop('SIGKILL');
  await expect(page.getByRole('alert')).toContainText('Disconnected');
  await expect(page.getByText(/data as of \d/u)).toBeVisible();
  await expect(row(page, 'half_plus_three')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Poll now: half_plus_three' })).toBeDisabled();
});

test('the printed link opens the user interface once, and nothing is shown without it', async ({
  page,
  world,
  browser,
}) => {
  await page.goto(world.server.signInUrl);
  await expect(row(page, 'half_plus_three')).toBeVisible();
  const stranger = await browser.newContext();
  try {
    const other = await stranger.newPage();
    const bare = await other.goto(world.server.uiOrigin);
    expect(bare?.status()).toBe(401);
    await expect(other.getByText('half_plus_three')).toHaveCount(0);
    const again = await other.goto(world.server.signInUrl);
    expect(again?.ok()).toBe(false);
    await expect(other.locator('body')).toContainText(/link/iu);
  } finally {
    await stranger.close();
  }
});

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1440, 900, 480]) {
    test(`both screens fit ${width} px in ${colorScheme} colours and are accessible`, async ({ page, world }) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      await page.goto(world.server.signInUrl);
      await row(page, 'half_plus_three').getByText('Available').waitFor();
      for (const screen of ['/models', '/play?model=half_plus_three']) {
        await page.goto(`${world.server.uiOrigin}/#${screen}`);
        await expect(page.getByRole('main').getByRole('heading', { level: 1 })).toBeVisible();
        await expectNoSidewaysScroll(page);
        await expectAccessible(page);
      }
    });
  }
}
