import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { affineModel } from '../scripts/samples/sample-models.ts';
import { expectAccessible, expectAccessibleInBothThemes, expectNoSidewaysScroll, skipWelcome } from './testing/page.ts';
import { startSlipway, temporaryDirectory, writeVersion, type Slipway } from './testing/slipway.ts';
import { test as base } from './testing/test.ts';

/** On a machine that does much else, a model takes its time to load, and so do a hundred requests. */
const LOAD_MS = 45_000;

interface World {
  readonly directory: string;
  readonly server: Slipway;
}

/** `pair`: two versions, x -> 0.5 x + 2 and 0.5 x + 3, instead of the samples. */
const test = base.extend<{ served: 'samples' | 'pair'; world: World }>({
  served: ['samples', { option: true }],
  world: async ({ page, served }, use) => {
    await using directory = await temporaryDirectory();
    const pair = join(directory.path, 'pair');
    await writeVersion(pair, 1, affineModel({ scale: 0.5, offset: 2 }));
    await writeVersion(pair, 2, affineModel({ scale: 0.5, offset: 3 }));
    const config = join(directory.path, 'models.config');
    await writeFile(
      config,
      `model_config_list { config { name: "pair" base_path: "${pair}" model_version_policy { all {} } } }`,
    );
    await using server = await startSlipway({
      dataDirectory: join(directory.path, 'data'),
      flags: ['--version_settle_millis=100', ...(served === 'pair' ? [`--model_config_file=${config}`] : [])],
    });
    await skipWelcome(page);
    await page.goto(server.signInUrl);
    await use({ directory: directory.path, server });
  },
});

async function open(page: Page, { server }: World, query: string): Promise<void> {
  await page.goto(`${server.uiOrigin}/#/play?${query}`);
  await expect(page.getByRole('button', { name: 'Send', exact: true })).toBeEnabled({ timeout: LOAD_MS });
}

/** Draws a line through points given as shares of the pad. */
async function draw(page: Page, points: readonly (readonly [number, number])[]): Promise<void> {
  const box = await page.getByRole('img', { name: 'Drawing pad for image' }).boundingBox();
  if (!box) throw new Error('there is no pad');
  const [first = [0, 0], ...rest] = points.map(([x, y]) => [box.x + x * box.width, box.y + y * box.height] as const);
  await page.mouse.move(first[0], first[1]);
  await page.mouse.down();
  for (const [x, y] of rest) await page.mouse.move(x, y, { steps: 8 });
  await page.mouse.up();
}

test.setTimeout(3 * LOAD_MS);

const bars = (page: Page) => page.getByRole('region', { name: /^Output/u }).getByRole('listitem');

test('a drawn digit is answered with bars, and taken back by undo', async ({ page, world }) => {
  await open(page, world, 'model=digits');
  const min = page.getByText(/^max1\.000$/u);
  await expect(min).toHaveCount(0);
  // Who has never been here is told what to do.
  const hint = page.getByText('Draw here', { exact: true });
  await expect(hint).toBeVisible();
  await expectAccessibleInBothThemes(page);
  // A seven: across the top, then down to the left.
  await draw(page, [
    [0.25, 0.2],
    [0.75, 0.2],
    [0.45, 0.85],
  ]);
  await expect(min).toBeVisible();
  await expect(hint).toBeHidden();
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(page.getByText('200 OK')).toBeVisible();
  await expect(bars(page).first()).toContainText(/^7/u);
  await expectAccessible(page);

  // An example that lies beside the model replaces the drawing.
  await page.getByRole('button', { name: 'Presets' }).click();
  await page.getByRole('button', { name: 'digit-3' }).click();
  await expect(page.getByText('Your draft for digits was replaced.')).toBeVisible();
  await page.keyboard.press('Control+Enter');
  await expect(bars(page).first()).toContainText(/^3/u);
  // Or by one button, which stays under the finger for the next.
  const example = page.getByRole('button', { name: 'Example', exact: true });
  for (const digit of [0, 1]) {
    await example.focus();
    await page.keyboard.press('Enter');
    await expect(example).toHaveAttribute('title', new RegExp(`digit-${digit + 1}`, 'u'));
    await expect(example).toBeFocused();
    await page.keyboard.press('Control+Enter');
    await expect(bars(page).first()).toContainText(new RegExp(`^${digit}`, 'u'));
  }
  await expect(page.getByRole('region', { name: 'Input image' }).getByRole('button', { name: 'Undo' })).toBeDisabled();
  await expect(page.getByText('Draw another', { exact: true })).toBeVisible();
});

test('in a small window the answer comes into view, and later the request does first', async ({ page, world }) => {
  await page.setViewportSize({ width: 800, height: 600 });
  await open(page, world, 'model=digits');
  const status = page.getByRole('region', { name: 'Answer' }).getByText('200 OK');
  await page.getByRole('button', { name: 'Example' }).focus();
  await page.keyboard.press('Control+Enter');
  await expect(status).toBeInViewport();
  // What is told above it, too.
  await page.keyboard.press('Control+Shift+Enter');
  await expect(page.getByText('100 requests, one after the other')).toBeInViewport({ timeout: LOAD_MS });

  // Who comes back to it begins at the request.
  await page.getByRole('link', { name: 'Traffic' }).first().click();
  await expect(page.getByRole('heading', { name: 'Traffic', level: 1 })).toBeVisible();
  await page.getByRole('link', { name: 'Playground' }).first().click();
  await expect(status).toBeAttached();
  await expect(page.getByRole('button', { name: 'Example', exact: true })).toBeInViewport({ ratio: 1 });
});

test.describe('of numbers', () => {
  test.use({ served: 'pair' });

  test('two versions answer the same request, and their difference is told', async ({ page, world }) => {
    await open(page, world, 'model=pair&version=1');
    await page.getByRole('button', { name: /^Compare with|Compare with$/u }).click();
    await page.getByRole('option', { name: /^v2/u }).click();
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    const comparison = page.getByRole('region', { name: 'Comparison' });
    await expect(comparison.getByText('3 of 3 values differ')).toBeVisible();
    await expect(comparison.getByRole('row').nth(1)).toContainText(/2\.5\s*3\.5\s*1\s*40 %/u);
    await expect(comparison.getByText('answered by v1')).toBeVisible();
    await expect(comparison.getByText('answered by v2')).toBeVisible();
    await expectAccessible(page);
  });

  test('a request is kept as a preset and in the history, over a reload', async ({ page, world }) => {
    await open(page, world, 'model=pair');
    await page.getByLabel('x[0]').fill('10');
    await page.keyboard.press('Control+s');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('CON');
    await expect(dialog.getByText('Windows keeps this name for itself')).toBeVisible();
    await dialog.getByLabel('Name').fill('ten');
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByText('Saved the preset ten.')).toBeVisible();
    await page.keyboard.press('Control+Enter');
    await expect(page.getByText('200 OK')).toBeVisible();

    await page.reload();
    await expect(page.getByLabel('x[0]')).toHaveValue('1.0');
    await page.getByRole('button', { name: 'Presets' }).click();
    await page.getByRole('button', { name: 'ten', exact: true }).click();
    await expect(page.getByLabel('x[0]')).toHaveValue('10');

    await page.getByLabel('x[0]').fill('11');
    await page.getByRole('button', { name: 'History' }).click();
    await page.getByRole('list', { name: 'Requests' }).getByRole('button').click();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Open as new draft' }).click();
    await expect(page.getByLabel('x[0]')).toHaveValue('10');

    await page.getByLabel('x[0]').fill('12');
    await page.keyboard.press('Alt+ArrowLeft');
    await expect(page.getByLabel('x[0]')).toHaveValue('10');
  });

  test('a request waits for its version, and a large one is a file', async ({ page, world }) => {
    // Six megabytes go through the page several times.
    test.setTimeout(6 * LOAD_MS);
    const folder = join(world.directory, 'pair');
    await mkdir(join(folder, 'examples'));
    await writeFile(join(folder, 'examples', 'large.json'), `{"instances": [${'1.5, '.repeat(1_200_000)}2]}`);
    // A version without its file is waited for.
    await mkdir(join(folder, '3'));
    await page.goto(`${world.server.uiOrigin}/#/play?model=pair&version=3`);
    const whenAvailable = page.getByRole('button', { name: 'Send when available' });
    await expect(whenAvailable).toBeVisible({ timeout: LOAD_MS });
    await page.getByLabel('x[0]').fill('10');
    await page.keyboard.press('Control+Enter');
    await expect(page.getByText(/^Waiting for v3/u)).toBeVisible();
    await expectAccessibleInBothThemes(page);
    await page.getByRole('button', { name: 'Do not send' }).click();
    await expect(page.getByText('Cancelled before the version was available.')).toBeVisible();
    await whenAvailable.click();
    // It is sent wherever the user is by then.
    await page.getByRole('navigation').getByRole('link', { name: 'Models' }).click();
    await expect(whenAvailable).toHaveCount(0);
    await writeVersion(folder, 3, affineModel({ scale: 0.5, offset: 4 }));
    await expect(page.getByText('v3 of pair is available: your request is on its way.')).toBeVisible({
      timeout: LOAD_MS,
    });
    await page.goBack();
    await expect(page.getByText('answered by v3')).toBeVisible({ timeout: LOAD_MS });
    await expect(page.getByRole('region', { name: 'Output y' }).getByRole('cell').first()).toHaveText('9.0');

    // A preset of 6 MB: a file in both views, and what was there before can be had back.
    await page.getByRole('button', { name: 'Presets' }).click();
    await page.getByRole('button', { name: 'large', exact: true }).click();
    const chip = page.getByText('request.json', { exact: true });
    await expect(chip).toBeVisible({ timeout: LOAD_MS });
    await expect(page.getByText('6 MB', { exact: true })).toBeVisible();
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect(page.getByLabel('x[0]')).toHaveValue('10');
    await page.keyboard.press('Alt+2');
    await expect(page.getByRole('textbox', { name: 'Request body' })).toContainText('"instances": [10, 2.0, 5.0]', {
      timeout: LOAD_MS,
    });
    // What cannot be read is told where it stands.
    await page.getByRole('textbox', { name: 'Request body' }).press('Control+End');
    await page.keyboard.type(',');
    await expect(page.getByRole('alert')).toContainText('Line 1');
    await expectAccessibleInBothThemes(page);
    await page.getByRole('button', { name: 'Presets' }).click();
    await page.getByRole('button', { name: 'large', exact: true }).click();
    await expect(chip).toBeVisible({ timeout: LOAD_MS });
    await expectAccessibleInBothThemes(page);
    // It can be edited all the same: in lines, and what was typed last is what is sent.
    await page.getByRole('button', { name: 'Edit anyway' }).click();
    const body = page.getByRole('textbox', { name: 'Request body' });
    await expect(body.locator('.cm-line').nth(3)).toBeVisible({ timeout: LOAD_MS });
    await body.press('Control+End');
    await page.keyboard.type(' no end');
    const sent = page.waitForRequest(/:predict$/u);
    await page.keyboard.press('Control+Enter');
    expect((await sent).postData()).toMatch(/2\]\} no end$/u);
    await page.getByRole('button', { name: 'Presets' }).click();
    await page.getByRole('button', { name: 'large', exact: true }).click();
    await expect(chip).toBeVisible({ timeout: LOAD_MS });
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Replace the request by a file' }).click(),
    ]);
    const buffer = Buffer.from('{"instances": [41]}');
    await chooser.setFiles({ name: 'small.json', mimeType: 'application/json', buffer });
    await page.keyboard.press('Alt+1');
    await expect(page.getByLabel('x[0]')).toHaveValue('41');
  });

  test('an answer is saved as .npy and read again as an input', async ({ page, world }) => {
    await open(page, world, 'model=pair&version=1');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save y as .npy' }).click(),
    ]);
    const folder = join(world.directory, 'downloads');
    await mkdir(folder);
    const file = join(folder, 'y.npy');
    await download.saveAs(file);
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Import x from a file' }).click(),
    ]);
    await chooser.setFiles(file);
    await expect(page.getByText('y.npy was read as [3].')).toBeVisible({ timeout: LOAD_MS });
    await expect(page.getByLabel('x[0]')).toHaveValue('2.5');
    await expect(page.getByLabel('x[2]')).toHaveValue('4.5');
  });

  test('a request is sent a hundred times, and becomes a warm-up file', async ({ page, world }) => {
    await open(page, world, 'model=pair&version=1');
    await page.getByRole('button', { name: 'Send 100 times' }).click();
    await expect(page.getByText('100 requests, one after the other')).toBeVisible({ timeout: LOAD_MS });
    await page.getByRole('button', { name: 'Use as warm-up…' }).click();
    const content = page.getByRole('group', { name: 'Content of warmup.json' });
    await expect(content).toContainText('"expected": {"predictions": [2.5, 3.0, 4.5]}');
    await expectAccessible(page);
    await page.keyboard.press('Escape');

    // Their times are not those of the next answer.
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await expect(page.getByText('100 requests, one after the other')).toHaveCount(0);
    await expect(page.getByText('200 OK')).toBeVisible();
  });
});

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1440, 800]) {
    test(`the picture form fits ${width} px in ${colorScheme} colours and is accessible`, async ({ page, world }) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      await open(page, world, 'model=digits');
      await draw(page, [
        [0.3, 0.2],
        [0.7, 0.2],
        [0.5, 0.8],
      ]);
      await page.keyboard.press('Control+Enter');
      await expect(bars(page).first()).toBeVisible();
      await expectNoSidewaysScroll(page);
      await expectAccessible(page);
      const shots = process.env['SLIPWAY_SHOTS'];
      if (shots) await page.screenshot({ path: join(shots, `play-${colorScheme}-${width}.png`) });
    });
  }
}
