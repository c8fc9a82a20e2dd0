import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { affineModel, corrupted } from '../scripts/samples/sample-models.ts';
import { expectAccessible, expectNoSidewaysScroll, skipWelcome } from './testing/page.ts';
import { startSlipway, temporaryDirectory, writeVersion, type Slipway } from './testing/slipway.ts';
import { test as base } from './testing/test.ts';

const halfPlus = (offset: number) => affineModel({ scale: 0.5, offset });
const QUICK = ['--version_settle_millis=100', '--max_num_load_retries=0'];

interface World {
  /** Of models that each test adds to as it needs. */
  readonly root: string;
  /** A server that serves the named folders of the root, from its configuration file. */
  serve(names: readonly string[], folderOf?: (name: string) => string): Promise<Slipway>;
}

const test = base.extend<{ world: World }>({
  world: async ({ page }, use) => {
    await using directory = await temporaryDirectory();
    const root = join(directory.path, 'models');
    const servers: Slipway[] = [];
    await skipWelcome(page);
    try {
      await use({
        root,
        async serve(names, folderOf = (name) => join(root, name)) {
          const file = join(directory.path, 'models.conf');
          const entries = names.map(
            (name) => `config { name: "${name}" base_path: ${JSON.stringify(folderOf(name))} }`,
          );
          await writeFile(file, `model_config_list { ${entries.join('\n')} }`);
          const flags = [...QUICK, ...(names.length > 0 ? [`--model_config_file=${file}`] : [])];
          const server = await startSlipway({ dataDirectory: join(directory.path, 'data'), flags });
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
const list = (page: Page) => page.getByRole('grid', { name: 'Models' });

/** Drops files onto the window as a file manager does, where a browser tells their names only. */
async function dropFiles(page: Page, names: readonly string[]): Promise<void> {
  const data = await page.evaluateHandle((files) => {
    const transfer = new DataTransfer();
    for (const name of files) transfer.items.add(new File(['x'], name));
    return transfer;
  }, names);
  await page.dispatchEvent('main', 'dragover', { dataTransfer: data });
  await expect(page.getByText('Drop model folders or files')).toBeVisible();
  await page.dispatchEvent('main', 'drop', { dataTransfer: data });
}

test('the list shows what serves, how much it is asked, and why a version does not load', async ({ page, world }) => {
  await writeVersion(join(world.root, 'good'), 1, halfPlus(1));
  await writeVersion(join(world.root, 'bad'), 1, halfPlus(1));
  await writeVersion(join(world.root, 'bad'), 2, corrupted(halfPlus(2)));
  const server = await world.serve(['good', 'bad', 'gone']);
  await page.goto(server.signInUrl);
  await expect(row(page, 'good').getByText('Available')).toBeVisible();
  await expect(row(page, 'good').getByText(/of memory, measured$/u)).toBeAttached();
  await expect(row(page, 'gone')).toContainText('Folder not found');

  const failed = row(page, 'bad').getByRole('listitem').filter({ hasText: 'v2' });
  await expect(failed).toContainText('Failed');
  await expect(failed).toContainText('model.onnx');
  await expect(failed.getByRole('button', { name: 'Load again: bad version 2' })).toBeEnabled();

  // Nothing where nobody asks, and a line where somebody does.
  await expect(row(page, 'good').getByRole('img')).toHaveCount(0);
  await expect(async () => {
    await server.predict('good', { instances: [1] });
    await expect(row(page, 'good').getByRole('img', { name: /requests per second/u })).toBeVisible({ timeout: 300 });
  }).toPass();
  await expect(row(page, 'good').getByText(/^\d[\d.]* m?s$/u)).toBeVisible();
  await expectAccessible(page);

  // The row opens in place, and stays where it is.
  await row(page, 'bad').getByRole('button', { name: 'Details: bad' }).click();
  await expect(row(page, 'bad').getByRole('heading', { name: 'Timeline' })).toBeVisible();
  await expect(list(page)).toHaveJSProperty('scrollTop', 0);
  await expectAccessible(page);
  await row(page, 'bad').getByRole('link', { name: 'bad', exact: true }).click();
  await expect(page).toHaveURL(/#\/models\/bad$/u);
});

test('filter, groups and order are in the address', async ({ page, world }) => {
  for (const name of ['alpha', 'beta']) await writeVersion(join(world.root, name), 1, halfPlus(1));
  await writeVersion(join(world.root, 'gamma'), 1, corrupted(halfPlus(1)));
  const server = await world.serve(['alpha', 'beta', 'gamma']);
  await page.goto(server.signInUrl);
  await expect(row(page, 'gamma').getByText('Failed')).toBeVisible();
  await page.keyboard.press('/');
  await page.keyboard.type('state:error');
  await expect(row(page, 'alpha')).toHaveCount(0);
  await expect(row(page, 'gamma')).toBeVisible();
  await expect(page).toHaveURL(/q=state%3Aerror/u);
  await page.keyboard.press('Escape');
  await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click();
  await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click();
  await page.getByRole('button', { name: /Group/u }).click();
  await page.getByRole('option', { name: 'By state' }).click();
  await expect(page).toHaveURL(/group=state&sort=-name/u);
  await page.reload();
  const lines = list(page).getByRole('row');
  await expect(lines.filter({ hasText: 'With errors' })).toBeVisible();
  const texts = (await lines.allInnerTexts()).join(' ');
  expect(texts.indexOf('gamma')).toBeLessThan(texts.indexOf('beta'));
  expect(texts.indexOf('beta')).toBeLessThan(texts.indexOf('alpha'));
  await lines.filter({ hasText: 'With errors' }).click();
  await expect(row(page, 'gamma')).toHaveCount(0);
  await expectAccessible(page);

  await page.goto(`${server.uiOrigin}/#/models?q=nothing-has-this`);
  await expect(page.getByRole('heading', { name: 'No model matches' })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Clear filter' }).last().click();
  await expect(row(page, 'alpha')).toBeVisible();
});

test('everything is reached by keys, and many models are acted on at once', async ({ page, world }) => {
  for (const name of ['m1', 'm2', 'm3']) await writeVersion(join(world.root, name), 1, halfPlus(1));
  const server = await world.serve([]);
  await page.goto(server.signInUrl);
  await row(page, 'half_plus_two').waitFor();
  await page.goto(`${server.uiOrigin}/#/models?add=${encodeURIComponent(world.root)}`);
  await page.getByRole('dialog').getByRole('button', { name: 'Add 3 models' }).click();
  await expect(row(page, 'm3').getByText('Available')).toBeVisible();
  await page.goto(`${server.uiOrigin}/#/models?q=name~m&sort=name`);
  await expect(list(page).getByRole('row')).toHaveCount(4);

  await list(page).getByRole('row').nth(1).focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('Shift+ArrowDown');
  const bar = page.getByRole('toolbar', { name: 'Selected models' });
  await expect(bar.getByText('2 selected')).toBeVisible();
  await expectAccessible(page);
  await bar.getByRole('button', { name: 'Remove' }).click();
  await expect(list(page).getByRole('row')).toHaveCount(2);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(list(page).getByRole('row')).toHaveCount(4);

  await list(page).getByRole('row').nth(1).focus();
  await page.keyboard.press('ArrowRight');
  await expect(row(page, 'm1').getByRole('heading', { name: 'Timeline' })).toBeVisible();
  await page.keyboard.press('ArrowLeft');
  await expect(row(page, 'm1').getByRole('heading', { name: 'Timeline' })).toHaveCount(0);
  await page.keyboard.press('Control+a');
  await expect(bar.getByText('3 selected')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(bar).toHaveCount(0);
  await page.keyboard.press('l');
  await expect(page).toHaveURL(/#\/logs\?model=m1$/u);
  await page.goBack();
  await list(page).getByRole('row').nth(2).focus();
  await page.keyboard.press('p');
  await expect(page).toHaveURL(/#\/play\?model=m2/u);
  await page.goBack();
  await list(page).getByRole('row').nth(3).focus();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/#\/models\/m3$/u);
});

test('files may be dropped on every screen', async ({ page, world }) => {
  const server = await world.serve([]);
  await page.goto(server.signInUrl);
  await row(page, 'half_plus_two').waitFor();
  await page.goto(`${server.uiOrigin}/#/logs`);
  await dropFiles(page, ['model.onnx']);
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('A browser does not tell where a dropped file lives');
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect(page).toHaveURL(/#\/logs/u);
});

test('several dropped paths are looked at together, as the desktop app knows them', async ({ page, world }) => {
  for (const name of ['one', 'two']) await writeVersion(join(world.root, name), 1, halfPlus(1));
  await writeVersion(join(world.root, 'half_plus_two'), 1, halfPlus(1));
  const paths = ['one', 'two', 'half_plus_two', 'nothing'].map((name) => join(world.root, name));
  // What the desktop app gives the page, as far as a drop needs it.
  await page.addInitScript((dropped) => {
    const later = (): Promise<void> => Promise.resolve();
    Object.assign(window, {
      slipway: {
        pathsOfDroppedFiles: () => dropped,
        pickFolder: () => Promise.resolve(),
        revealInFolder: later,
        runCommand: later,
        quitNow: later,
        desktop: () => Promise.reject(new Error('not of this test')),
        changeDesktop: () => Promise.reject(new Error('not of this test')),
        onCommand: () => () => undefined,
        onOpen: () => () => undefined,
      },
    });
  }, paths);
  const server = await world.serve([]);
  await page.goto(server.signInUrl);
  await row(page, 'half_plus_two').waitFor();
  await dropFiles(page, ['one', 'two', 'half_plus_two', 'nothing']);
  const dialog = page.getByRole('dialog', { name: 'Add models from 4 paths' });
  await expect(dialog.getByText('would be served', { exact: false })).toHaveCount(3);
  await expect(dialog.getByText('Another model is called half_plus_two')).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Add 3 models' })).toBeDisabled();
  await expectAccessible(page);
  await dialog.getByRole('textbox', { name: 'Name of half_plus_two' }).fill('other');
  await dialog.getByRole('checkbox', { name: 'Add two' }).uncheck();
  await dialog.getByRole('button', { name: 'Add 2 models' }).click();
  await expect(row(page, 'one').getByText('Available')).toBeVisible();
  await expect(row(page, 'other').getByText('Available')).toBeVisible();
  await expect(row(page, 'two')).toHaveCount(0);
});

test('without a model there are three ways to get one', async ({ page, world }) => {
  const server = await world.serve([]);
  await page.goto(server.signInUrl);
  await row(page, 'half_plus_two').waitFor();
  await page.keyboard.press('Tab');
  await page.getByRole('checkbox', { name: 'Select all models in view' }).check();
  await page.getByRole('toolbar').getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByRole('heading', { name: 'No models yet' })).toBeVisible();
  await expect(page.getByRole('main').getByRole('listitem')).toHaveCount(3);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Connect a store' }).click();
  await expect(page).toHaveURL(/#\/sources\/new$/u);
});

test('a thousand models are searched, sorted and scrolled', async ({ page, world }) => {
  test.setTimeout(180_000);
  await writeVersion(join(world.root, 'small'), 1, halfPlus(1));
  const names = Array.from({ length: 1000 }, (_, index) => `model-${index + 1}`);
  const server = await world.serve(names, () => join(world.root, 'small'));
  await page.goto(server.signInUrl);
  await expect(page.getByRole('main').getByRole('status').filter({ hasText: '1,000' })).toBeVisible();
  await expect(list(page)).toHaveAttribute('aria-rowcount', '1001');
  // Only what is in view is in the page.
  expect(await list(page).getByRole('row').count()).toBeLessThan(80);
  await expect(
    list(page)
      .getByRole('link', { name: /^model-/u })
      .first(),
  ).toHaveText('model-1');
  await list(page).getByRole('row').nth(1).focus();
  await page.keyboard.press('End');
  await expect(row(page, 'model-1000')).toBeVisible();
  await page.keyboard.press('Home');
  await expect(row(page, 'model-1')).toBeVisible();
  await page.getByRole('textbox', { name: 'Filter models' }).fill('name~model-99');
  await expect(page.getByRole('main').getByRole('status').filter({ hasText: '11 of 1,000' })).toBeVisible();
  await expectAccessible(page);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`every width in ${colorScheme} colours is accessible and fits, live and disconnected`, async ({
    page,
    world,
  }) => {
    test.slow();
    await writeVersion(join(world.root, 'good'), 1, halfPlus(1));
    await writeVersion(join(world.root, 'bad'), 20_260_101, corrupted(halfPlus(1)));
    const server = await world.serve(['good', 'bad', 'gone']);
    await page.emulateMedia({ colorScheme });
    await page.goto(server.signInUrl);
    await expect(row(page, 'bad').getByText('Failed')).toBeVisible();
    await row(page, 'good').getByRole('button', { name: 'Details: good' }).click();
    const look = async (): Promise<void> => {
      for (const width of [1440, 1000, 800, 480]) {
        await page.setViewportSize({ width, height: 800 });
        await expectNoSidewaysScroll(page);
        const sideways = await list(page).evaluate((element) => element.scrollWidth - element.clientWidth);
        expect(sideways, `${width} px wide`).toBe(0);
        // Twice is enough: in between only columns go.
        if (width === 1440 || width === 480) await expectAccessible(page);
      }
    };
    await look();
    await server.stop('SIGKILL');
    await expect(page.getByRole('alert')).toContainText('Disconnected');
    await page.setViewportSize({ width: 1440, height: 800 });
    await expect(page.getByRole('button', { name: 'Poll now: good' })).toBeDisabled();
    await look();
  });
}
